"""Did what was due come (rule 41): every table of the month's exports, what is withheld, and the names in what came
that join nothing (rule 44).

Decided here: a table counts as due from the first month that had it, or as soon as sources.yaml names it; one that
stands until it is replaced (`due: once`) is never withheld. A strange name speaks of harm where an outage, a failed job
or a ticket is under it; copies of a strange product are short of licences on a line of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from msp_report.model.case import Case
from msp_report.model.figures import Figure
from msp_report.model.strangers import strangers
from msp_report.params import as_contract, as_strategy


@dataclass(frozen=True)
class Analysis:
    """What came of the month's exports: `tables` as Case.arrivals, the withheld ones first; `names` that join nothing,
    as model.strangers gives them."""

    tables: pd.DataFrame
    names: pd.DataFrame

    @property
    def withheld(self) -> pd.DataFrame:
        """The tables that were due and did not come."""
        return self.tables[self.tables["state"].eq("withheld")].reset_index(drop=True)

    def figures(self) -> list[Figure]:
        """evidence.withheld_tables over all [count, n = tables that were due], and of each withheld table without a
        value, saying since when: an exception on page one, and no promise; the same way evidence.strange_names, over
        all and of each table whose strange names speak of harm, until it is told whose they are (rule 50)."""
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
        return [every, *each, *self._strange_names()]

    def _strange_names(self) -> Iterator[Figure]:
        strange = self.names[self.names["named_by"].eq("data")]
        yield Figure(measure="evidence.strange_names", value=strange["name"].nunique())
        harm = strange[strange["size"].gt(0) & strange["table"].ne("installs")]
        for (table, unit), rows in harm.groupby(["table", "unit"], sort=False):
            names = ", ".join([*rows["name"][:3], *(["…"] if len(rows) > 3 else [])])
            yield Figure(
                measure="evidence.strange_names",
                subject=table,
                value=len(rows),
                n=int(rows["rows"].sum()),
                verdict="no_verdict",
                why_missing=f"{names}: {rows['size'].sum():.0f} {unit}",
            )

    def records(self) -> dict[str, pd.DataFrame]:
        """The frame that goes beside the page."""
        return {"tables": self.tables, "names": self.names}


def analyse(case: Case) -> Analysis:
    """What came of a month's exports, what did not, and whose names nobody knows. Source: rules 41, 44 and 50."""
    tables = case.arrivals()
    order = tables["state"].map({"withheld": 0, "came": 1, "stands": 2, "ended": 3})
    agreed, outside = as_contract(case.agreed).on(case.start), as_strategy(case.strategy).outside
    return Analysis(
        tables=tables.loc[order.sort_values(kind="stable").index].reset_index(drop=True),
        names=strangers(case, agreed, outside),
    )
