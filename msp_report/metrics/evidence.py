"""Did what was due come (rule 41): every table of the month's exports, what is withheld, and what could not be used.

Decided here: a table counts as due from the first month that had it, or as soon as sources.yaml names it; one that
stands until it is replaced (`due: once`) is never withheld.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from msp_report.model.case import Case
from msp_report.model.figures import Figure
from msp_report.model.tables import TABLES


@dataclass(frozen=True)
class Analysis:
    """What came of the month's exports: `tables` as Case.arrivals, the withheld ones first; `dropped`, one row per
    rejected row that may be a record: table, file, line, reason; `replaced` as Case.replaced (rule 42)."""

    tables: pd.DataFrame
    dropped: pd.DataFrame
    replaced: pd.DataFrame

    @property
    def withheld(self) -> pd.DataFrame:
        """The tables that were due and did not come."""
        return self.tables[self.tables["state"].eq("withheld")].reset_index(drop=True)

    def figures(self) -> list[Figure]:
        """evidence.withheld_tables over all [count, n = tables that were due], and of each withheld table without a
        value, saying since when: an exception on page one, and no promise."""
        due = self.tables["state"].isin(["came", "withheld"])
        every = Figure(measure="evidence.withheld_tables", value=len(self.withheld), n=int(due.sum()))
        each = [
            Figure(
                measure="evidence.withheld_tables",
                subject=row["table"],
                verdict="no_data",
                why_missing=f"it last came for {row['last_month']}"
                if isinstance(row["last_month"], str)
                else "sources.yaml names a file that is not there",
            )
            for row in self.withheld.to_dict("records")
        ]
        return [every, *each]

    def records(self) -> dict[str, pd.DataFrame]:
        """The frame that goes beside the page."""
        return {"tables": self.tables, "dropped": self.dropped, "replaced": self.replaced}


def analyse(case: Case) -> Analysis:
    """What came of a month's exports and what did not. Source: rules 41 and 42."""
    tables = case.arrivals()
    order = tables["state"].map({"withheld": 0, "came": 1, "stands": 2, "ended": 3})
    sorted_tables = tables.loc[order.sort_values(kind="stable").index].reset_index(drop=True)
    return Analysis(sorted_tables, _dropped(case), case.replaced())


def _dropped(case: Case) -> pd.DataFrame:
    """Every rejected row that may be a record, by table, file and line."""
    found = [case.rejected(name).assign(table=name)[["table", "file", "line", "reason"]] for name in TABLES]
    return pd.concat(found, ignore_index=True)
