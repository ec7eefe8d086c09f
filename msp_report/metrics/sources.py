"""Every export over thirteen months: its rows, how far it speaks, what was rejected, and whose word it is (rule 40).

Decided here. A figure rests on rows, and these are raw (what a tool wrote down by itself), a probe's of one's own, or
the provider's word; a source that does not say is the provider's (rule 50). Shares are of accepted rows, and where a
file feeds several tables its rows count for each.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from msp_report.model.case import Case
from msp_report.model.figures import Figure

#: Whose word a source is, the firmest first.
KINDS = ("raw", "probe", "provider")
FILES = [
    *("month", "table", "file", "evidence", "read", "accepted", "rejected", "outside", "reach", "reach_by"),
    "exported_at",
]
_NONE = "no file came"


@dataclass(frozen=True)
class Analysis:
    """What came, month by month."""

    files: pd.DataFrame
    """One row per file, table and month, as Case.told_of_files."""
    month: str

    @property
    def own(self) -> pd.DataFrame:
        """The files of the month that is reported."""
        return self.files[self.files["month"].eq(self.month)].reset_index(drop=True)

    @property
    def months(self) -> pd.DataFrame:
        """The rows accepted of each table in each month: table, then a column a month; empty where none came."""
        if self.files.empty:
            return pd.DataFrame(columns=["table"])
        wide = self.files.pivot_table(
            index="table", columns="month", values="accepted", aggfunc="sum", sort=False
        )
        wide = wide[sorted(wide.columns)].sort_index().astype("Int64")
        return wide.rename_axis(columns=None).reset_index()

    def figures(self) -> list[Figure]:
        """sources.accepted [rows, n = files], .rejected_ratio [n = rows read], and .share of each kind of evidence by
        its name [n = rows accepted]."""
        own = self.own
        read, accepted = int(own["read"].sum()), int(own["accepted"].sum())
        by_kind = own.groupby("evidence")["accepted"].sum()
        files = len(own[["file"]].drop_duplicates())
        why = None if len(own) else _NONE
        return [
            Figure.of("sources.accepted", accepted if len(own) else None, why, n=files),
            Figure.of(
                "sources.rejected_ratio", own["rejected"].sum() / read if read else None, _NONE, n=read
            ),
            *(self._share(kind, by_kind.get(kind, 0), accepted) for kind in KINDS),
        ]

    @staticmethod
    def _share(kind: str, rows: int, accepted: int) -> Figure:
        share = rows / accepted if accepted else None
        return Figure.of("sources.share", share, _NONE, subject=kind, n=accepted)

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {"files": self.files}


def analyse(case: Case) -> Analysis:
    """What came of the exports of a period and of the twelve months before it. Source: rules 40 and 41."""
    files = case.told_of_files()
    evidence = files["evidence"].where(files["evidence"].isin(KINDS), KINDS[-1])
    return Analysis(files.assign(evidence=evidence)[FILES], str(case.closing))
