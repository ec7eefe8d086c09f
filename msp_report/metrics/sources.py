"""Every export over thirteen months: its rows, how far it speaks, what was rejected, and whose word it is (rule 40).

Decided here. A figure rests on rows, and these are raw (what a tool wrote down by itself), a probe's of one's own, or
the provider's word; a source that does not say is the provider's (rule 50). Shares are of accepted rows, and where a
file feeds several tables its rows count for each. A figure's coverage is that of the tables on which its page rests
(`RESTS_ON`): what stands in none of them moves none of its figures. Which source saw a service its own page says.
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
COVERAGE = ["report", "accepted", "raw_ratio", "probe_ratio", "provider_ratio", "tables"]
#: The tables on which the figures of each page rest.
RESTS_ON = {
    "availability": ("outages", "checks"),
    "capacity": ("samples",),
    "tickets": ("tickets", "ticket_events", "time_entries"),
    "requests": ("tickets", "ticket_events", "time_entries"),
    "projects": ("projects", "decisions", "project_periods"),
    "strategy": ("projects", "decisions"),
    "procurement": ("purchases", "prices", "rates"),
    "licences": ("entitlements", "installs", "purchases", "assets"),
    "backups": ("assets", "backup_jobs", "restore_tests"),
    "duties": ("duty_evidence", "backup_jobs", "restore_tests", "assets", "tickets"),
    "satisfaction": ("surveys", "tickets", "ticket_events"),
    "vendors": ("vendors", "recommendations", "purchases", "rates", "projects"),
}
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

    @property
    def coverage(self) -> pd.DataFrame:
        """Of each page with any rows, the share of them that is of each kind, with COVERAGE: accepted [count of
        rows], tables, those that came with any, with blanks between. Source: rule 40."""
        own = self.own[self.own["accepted"].gt(0)]
        pairs = [(report, table) for report, tables in RESTS_ON.items() for table in tables]
        rows = pd.DataFrame(pairs, columns=["report", "table"]).merge(own, on="table")
        if rows.empty:
            return pd.DataFrame(columns=COVERAGE)
        by_kind = rows.pivot_table(
            index="report", columns="evidence", values="accepted", aggfunc="sum", sort=False
        )
        by_kind = by_kind.reindex(columns=list(KINDS)).fillna(0)
        total = by_kind.sum(axis=1)
        found = by_kind.div(total, axis=0).add_suffix("_ratio").assign(accepted=total.astype("int64"))
        found["tables"] = rows.groupby("report", sort=False)["table"].agg(lambda of: " ".join(of.unique()))
        return found.reset_index().rename_axis(columns=None)[COVERAGE]

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
        return {"files": self.files, "coverage": self.coverage}


def analyse(case: Case) -> Analysis:
    """What came of the exports of a period and of the twelve months before it. Source: rules 40 and 41."""
    files = case.told_of_files()
    evidence = files["evidence"].where(files["evidence"].isin(KINDS), KINDS[-1])
    return Analysis(files.assign(evidence=evidence)[FILES], str(case.closing))
