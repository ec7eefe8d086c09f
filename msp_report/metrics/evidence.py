"""Did what was due come (rule 41): every table of the month's exports, and what is withheld.

Decided here: a table counts as due from the first month that had it, or as soon as sources.yaml names it; one that
stands until it is replaced (`due: once`) is never withheld.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from msp_report.model.case import Case
from msp_report.model.figures import Figure
from msp_report.params import Contract, as_contract

#: The measures of promises that need a table.
NEEDING = {
    **dict.fromkeys(("outages", "checks"), ("availability.ratio", "availability.outages")),
    **dict.fromkeys(
        ("tickets", "ticket_events"), ("tickets.response_attainment", "tickets.resolution_attainment")
    ),
    "samples": ("capacity.utilisation",),
    "backup_jobs": ("backups.within_rpo_ratio",),
    "duty_evidence": ("duties.kept_ratio",),
    "purchases": ("procurement.at_stake", "licences.position"),
    "installs": ("licences.position",),
}
#: So many subjects are named.
NAMED = 6


@dataclass(frozen=True)
class Analysis:
    """What came of the month's exports: `tables` as Case.arrivals, the withheld ones first; `promises` that cannot be
    judged because a table is withheld, one row per table and promise: table, measure, subject, target, clause."""

    tables: pd.DataFrame
    promises: pd.DataFrame

    @property
    def withheld(self) -> pd.DataFrame:
        """The tables that were due and did not come."""
        return self.tables[self.tables["state"].eq("withheld")].reset_index(drop=True)

    def figures(self) -> list[Figure]:
        """evidence.withheld_tables over all [count, n = tables that were due], and of each withheld table without a
        value [n = promises that need it], saying since when and what nobody can judge: an exception on page one, and no
        promise."""
        due = self.tables["state"].isin(["came", "withheld"])
        every = Figure(measure="evidence.withheld_tables", value=len(self.withheld), n=int(due.sum()))
        each = [
            Figure(
                measure="evidence.withheld_tables",
                subject=row["table"],
                n=int(self.promises["table"].eq(row["table"]).sum()),
                verdict="no_data",
                why_missing=self._why(row["table"], row["last_month"]),
            )
            for row in self.withheld.to_dict("records")
        ]
        return [every, *each]

    def _why(self, table: str, last_month: Any) -> str:
        """Since when a table did not come, and the promises that need it by their subjects, the first of many."""
        known = isinstance(last_month, str)
        since = f"it last came for {last_month}" if known else "sources.yaml names a file that is not there"
        mine = self.promises[self.promises["table"].eq(table)]
        names = mine["subject"].where(mine["subject"].ne(""), mine["measure"].str.split(".").str[0])
        named = list(dict.fromkeys(names))
        if not named:
            return since
        more = [f"+{len(named) - NAMED}"] if len(named) > NAMED else []
        return f"{since}; without it nobody can judge {', '.join([*named[:NAMED], *more])}"

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {"tables": self.tables, "promises": self.promises}


def analyse(case: Case) -> Analysis:
    """What came of a month's exports and what did not. Source: rule 41."""
    tables = case.arrivals()
    order = tables["state"].map({"withheld": 0, "came": 1, "stands": 2, "ended": 3})
    agreed = as_contract(case.agreed).on(case.start)
    promised = [
        (table, *promise)
        for table in tables.loc[tables["state"].eq("withheld"), "table"]
        for promise in _needing(table, agreed)
    ]
    return Analysis(
        tables=tables.loc[order.sort_values(kind="stable").index].reset_index(drop=True),
        promises=pd.DataFrame(promised, columns=["table", "measure", "subject", "target", "clause"]),
    )


def _needing(table: str, agreed: Contract) -> list[tuple[str, str, float, str | None]]:
    """The promises of the contract that nobody can judge without a table: measure, subject, target, clause."""
    desk, stated = agreed.tickets.priorities.items(), agreed.model_fields_set
    by_measure = {
        "availability.ratio": [(s.name, s.availability_ratio, s.clause) for s in agreed.services],
        "availability.outages": [(s.name, s.max_outages, s.clause) for s in agreed.services],
        "tickets.response_attainment": [
            (name, p.attainment_ratio, p.clause) for name, p in desk if p.response_min is not None
        ],
        "tickets.resolution_attainment": [
            (name, p.attainment_ratio, p.clause) for name, p in desk if p.resolution_min is not None
        ],
        "capacity.utilisation": [
            (f"{one.resource}:{one.metric}", one.limit_ratio, one.clause) for one in agreed.capacity
        ],
        "backups.within_rpo_ratio": [("", 1.0, None)] if "backups" in stated else [],
        "duties.kept_ratio": [(duty.name, 1.0, duty.clause) for duty in agreed.duties],
        "procurement.at_stake": [("", 0.0, None)] if "procurement" in stated else [],
        "licences.position": [(product, 0.0, None) for product in agreed.licences],
    }
    return [
        (measure, subject, float(target), clause)
        for measure in NEEDING.get(table, ())
        for subject, target, clause in by_measure[measure]
        if target is not None
    ]
