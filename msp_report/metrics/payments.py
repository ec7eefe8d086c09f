"""What is to be paid: hold, release or cannot tell, and the money behind each.

The match of the documents is that of `procurement.due` (rule 27). Decided here: money is given in the client's
currency only where every invoice of a decision has an amount; otherwise what is known stands in `low` and the figure
says how many have none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd

from msp_report.metrics import procurement
from msp_report.model.figures import Figure
from msp_report.params import Contract, Strategy, as_contract

#: What may be decided on an invoice, what must not be paid first.
DECISIONS = ("hold", "cannot tell", "release")

_DECISIONS = ["decision", "invoices", "amount", "not_known", "at_stake", "overdue", "next_due_on"]


@dataclass(frozen=True)
class Analysis:
    """The unpaid invoices (`due`), their sums by decision, and the day of the last document (`newest_on`)."""

    due: pd.DataFrame
    decisions: pd.DataFrame
    newest_on: pd.Timestamp
    supplied: bool

    def of(self, decision: str) -> pd.DataFrame:
        """The invoices of one decision, the next due first. Raises ValueError for a decision that is none."""
        if decision not in DECISIONS:
            raise ValueError(f"{decision!r} is not a decision: use one of {', '.join(DECISIONS)}")
        return self.due[self.due["decision"] == decision].reset_index(drop=True)

    def records(self) -> dict[str, pd.DataFrame]:
        """The records of the report by name."""
        lists = {name.replace(" ", "_"): self.of(name) for name in DECISIONS}
        return {"due": self.due, "decisions": self.decisions} | lists


def analyse(
    purchases: pd.DataFrame | None,
    prices: pd.DataFrame | None,
    rates: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    strategy: Strategy | Mapping[str, Any] | None,
    on: date | datetime,
) -> Analysis:
    """What is to be paid, and whether to pay it.

    Parameters and raises: as `procurement.due`.
    Returns: Analysis. `due` as `procurement.due` gives it. `decisions`: one row per decision that is
    called for, hold first: decision, invoices, amount (of those that have one), not_known (invoices without an
    amount), at_stake (money that the documents dispute), overdue (invoices past their due date), next_due_on.
    """
    due = procurement.due(purchases, prices, rates, contract, strategy, on)
    dated = (
        pd.to_datetime(purchases["dated_on"]) if purchases is not None else pd.Series(dtype="datetime64[us]")
    )
    moment = pd.Timestamp(on)
    if moment.tzinfo:
        moment = (moment - pd.Timedelta(microseconds=1)).tz_convert(as_contract(contract).client.timezone)
    last = moment.tz_localize(None)
    return Analysis(
        due=due,
        decisions=_decisions(due),
        newest_on=dated[dated <= last].max(),
        supplied=purchases is not None,
    )


def figures(analysis: Analysis) -> list[Figure]:
    """The figures of the report `payments`.

    Returns: payments.due (all that is unpaid), .hold, .cannot_tell, .release [cost, n = invoices], .at_stake [cost: of
    what is held, the money that the documents dispute], .overdue [count of invoices past their due date, n = all].
    No target is agreed, so verdicts are null. Where an invoice has no amount the value is missing, `low` is the
    rest and why_missing tells how many; without purchases all are missing.
    """
    return list(_figures(analysis))


def _figures(analysis: Analysis) -> Iterator[Figure]:
    rows = analysis.due
    parts = {"due": rows} | {name.replace(" ", "_"): analysis.of(name) for name in DECISIONS}
    for name, part in parts.items():
        yield _money(f"payments.{name}", part["amount"], analysis.supplied)
    yield _money("payments.at_stake", analysis.of("hold")["at_stake"], analysis.supplied)
    yield Figure(
        measure="payments.overdue",
        value=int((rows["days_to_due"] < 0).sum()) if analysis.supplied else None,
        unit="count",
        n=len(rows),
        better="lower",
        rule="rule 27",
        why_missing=None if analysis.supplied else _NOT_SUPPLIED,
    )


_NOT_SUPPLIED = "no purchases were supplied"


def _money(measure: str, amounts: pd.Series, supplied: bool) -> Figure:
    known = amounts.dropna()
    lacking = len(amounts) - len(known)
    invoices = "1 invoice has" if lacking == 1 else f"{lacking} invoices have"
    whole = supplied and not lacking
    return Figure(
        measure=measure,
        value=_total(known) if whole else None,
        unit="cost",
        n=len(amounts) if supplied else None,
        low=_total(known) if supplied and len(known) and lacking else None,
        better="lower" if measure == "payments.at_stake" else None,
        rule="rule 27",
        why_missing=None if whole else f"{invoices} no amount in our currency" if supplied else _NOT_SUPPLIED,
    )


def _decisions(due: pd.DataFrame) -> pd.DataFrame:
    """The sums of each decision that is there; money of which nothing is known is missing, not 0."""
    grouped = due.assign(late=due["days_to_due"] < 0).groupby("decision", sort=False)
    table = pd.DataFrame(
        {
            "invoices": grouped.size(),
            "amount": grouped["amount"].agg(_known),
            "not_known": grouped["amount"].agg(lambda amounts: amounts.isna().sum()),
            "at_stake": grouped["at_stake"].agg(_known),
            "overdue": grouped["late"].sum(),
            "next_due_on": grouped["due_on"].min(),
        }
    )
    order = [name for name in DECISIONS if name in table.index]
    return table.reindex(order).rename_axis("decision").reset_index()[_DECISIONS]


def _known(amounts: pd.Series) -> Decimal | None:
    """The sum of what is known; missing where nothing is."""
    return _total(amounts) if amounts.notna().any() else None


def _total(amounts: pd.Series) -> Decimal:
    return sum(amounts.dropna(), Decimal(0))
