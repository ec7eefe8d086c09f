"""What is to be paid: hold, release or cannot tell, and the money behind each.

The match of the documents is that of `procurement.due` (rule 27). Decided here: money is given in the client's
currency only where every invoice of a decision has an amount; otherwise what is known stands in `low` and the figure
says how many have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from msp_report.metrics import procurement
from msp_report.model.case import Case
from msp_report.model.columns import dates, day_after, last_day, total
from msp_report.model.figures import Figure
from msp_report.params import as_contract

#: What may be decided on an invoice, what must not be paid first.
DECISIONS = ("hold", "cannot tell", "release")

_DECISIONS = ["decision", "invoices", "amount", "not_known", "at_stake", "overdue", "next_due_on"]
_NOT_SUPPLIED = "no purchases were supplied"


@dataclass(frozen=True)
class Analysis:
    """What is to be paid, and whether to pay it.

    `due` as `procurement.due` gives it. `decisions`: one row per decision that is called for, hold first: decision,
    invoices, amount (of those that have one), not_known (invoices without an amount), at_stake (money that the
    documents dispute), overdue (invoices past their due date), next_due_on. `newest_on`: the day of the last document.
    """

    due: pd.DataFrame
    decisions: pd.DataFrame
    newest_on: pd.Timestamp
    supplied: bool

    def of(self, decision: str) -> pd.DataFrame:
        """The invoices of one decision, the next due first. Raises ValueError for a decision that is none."""
        if decision not in DECISIONS:
            raise ValueError(f"{decision!r} is not a decision: use one of {', '.join(DECISIONS)}")
        return self.due[self.due["decision"] == decision].reset_index(drop=True)

    @property
    def _lists(self) -> dict[str, pd.DataFrame]:
        return {name.replace(" ", "_"): self.of(name) for name in DECISIONS}

    def figures(self) -> list[Figure]:
        """payments.due (all that is unpaid), .hold, .cannot_tell and .release (n = invoices), .at_stake (of what is
        held, the money that the documents dispute) and .overdue (n = all). No target is agreed, so verdicts are null.
        Where an invoice has no amount the value is missing and `low` is the rest."""
        amounts = {name: part["amount"] for name, part in ({"due": self.due} | self._lists).items()}
        amounts["at_stake"] = self.of("hold")["at_stake"]
        late = int((self.due["days_to_due"] < 0).sum()) if self.supplied else None
        return [
            *(_sum_of(f"payments.{name}", part, self.supplied) for name, part in amounts.items()),
            Figure.of("payments.overdue", late, _NOT_SUPPLIED, n=len(self.due)),
        ]

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {"due": self.due, "decisions": self.decisions} | self._lists


def analyse(case: Case) -> Analysis:
    """What is to be paid at the cut-off; reads purchases, prices and rates. Raises as `procurement.due`."""
    purchases = case.table("purchases")
    tables = (purchases, case.table("prices"), case.table("rates"))
    unread = procurement.Unread.of(case, day_after(case.end, as_contract(case.agreed).client.timezone))
    due = procurement.due(
        *tables, case.agreed, case.strategy, case.end, unread, doubt=procurement.doubt_of(case)
    )
    dated = pd.Series(dtype="datetime64[us]") if purchases is None else dates(purchases["dated_on"])
    last = last_day(case.end, as_contract(case.agreed).client.timezone)
    return Analysis(
        due=due,
        decisions=_decisions(due),
        newest_on=dated[dated <= last].max(),
        supplied=purchases is not None,
    )


def _sum_of(measure: str, amounts: pd.Series, supplied: bool) -> Figure:
    """The sum of amounts that are all known; where one is not, the rest of them in `low`."""
    known = amounts.dropna()
    lacking = len(amounts) - len(known)
    why = (
        _NOT_SUPPLIED
        if not supplied
        else f"{lacking} invoice has no amount in our currency"
        if lacking == 1
        else f"{lacking} invoices have no amount in our currency"
    )
    return Figure.of(
        measure,
        total(known) if supplied and not lacking else None,
        why,
        n=len(amounts) if supplied else None,
        low=total(known) if supplied and len(known) and lacking else None,
    )


def _decisions(due: pd.DataFrame) -> pd.DataFrame:
    """The sums of each decision that is there; money of which nothing is known is missing, not 0."""
    grouped = due.assign(late=due["days_to_due"] < 0).groupby("decision", sort=False)
    table = pd.DataFrame(
        {
            "invoices": grouped.size(),
            "amount": grouped["amount"].agg(_known_sum),
            "not_known": grouped["amount"].agg(lambda amounts: amounts.isna().sum()),
            "at_stake": grouped["at_stake"].agg(_known_sum),
            "overdue": grouped["late"].sum(),
            "next_due_on": grouped["due_on"].min(),
        }
    )
    order = [name for name in DECISIONS if name in table.index]
    return table.reindex(order).rename_axis("decision").reset_index()[_DECISIONS]


def _known_sum(amounts: pd.Series) -> Decimal | None:
    """The sum of what is known; missing where nothing is."""
    return total(amounts) if amounts.notna().any() else None
