"""What missed levels, doubtful purchases and outages of a year came to, and what became of the credits.

Decided here, where the rules leave room:

- A month without a pack owes nothing that is known: its money is missing, never nought.
- Owed = credited + still to come + lost, month by month; what a cap took off is in none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics import contract as agreement
from msp_report.model.case import Case, Past
from msp_report.model.columns import total
from msp_report.model.figures import Figure
from msp_report.model.period import Month, Period
from msp_report.params import Contract, as_contract

# fmt: off
MONEY = [
    "month", "fee", "owed", "claimed", "credited", "left", "lost", "at_stake", "user_hours_lost", "user_cost",
    "exit_cost", "why_missing",
]
# fmt: on

_ZERO = Decimal("0.00")
_NO_PACK = "no month has a pack"
_NO_FEE = "the contract states no monthly fee"


@dataclass(frozen=True)
class Analysis:
    """A contract's year: `credits` and `money` as the functions, `hours` as contract.fee_against_hours."""

    agreed: Contract
    credits: pd.DataFrame
    money: pd.DataFrame
    hours: pd.DataFrame

    @property
    def listed(self) -> pd.DataFrame:
        """The credits that are owed, and what a cap took off, so that the list adds up to what is owed; a cap has no
        state."""
        rows = self.credits[self.credits["owed"].ne(0)]
        return rows.assign(state=rows["state"].mask(rows["measure"].eq(agreement.CAP), ""))

    def figures(self) -> list[Figure]:
        """contract.year_fee, .year_owed, .year_claimed, .year_credited, .year_open, .year_lost, .year_at_stake,
        .year_user_cost [cost] and .year_user_hours [hours], each over the months that say (n); .year_credits [count of
        levels missed far enough]. Missing where no month says, with why. Source: rules 27, 29 and 39.
        """
        found = list(self._sums())
        owed = next(figure for figure in found if figure.measure == "contract.year_owed")
        due = None if owed.value is None else self.credits["owed"].astype("float64").gt(0).sum()
        count = Figure.of("contract.year_credits", due, owed.why_missing, n=owed.n)
        return [*found, count]

    def _sums(self) -> Iterator[Figure]:
        no_credits = _NO_FEE if self.agreed.credits else "the contract names no service credits"
        columns = {
            "year_fee": ("fee", _NO_FEE),
            "year_owed": ("owed", no_credits),
            "year_claimed": ("claimed", no_credits),
            "year_credited": ("credited", no_credits),
            "year_open": ("left", no_credits),
            "year_lost": ("lost", no_credits),
            "year_at_stake": ("at_stake", "no month's purchases could be compared"),
            "year_user_hours": ("user_hours_lost", "no service states its users"),
            "year_user_cost": ("user_cost", "no service states what an hour costs"),
        }
        known = self.money[self.money["why_missing"].isna()]
        for name, (column, why) in columns.items():
            stated = known[column].dropna()
            value = float(sum(stated)) if len(stated) else None
            why = why if len(known) else _NO_PACK
            yield Figure.of(f"contract.{name}", value, why, n=len(stated))

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {"year_credits": self.credits, "year_money": self.money, "year_hours": self.hours}


def analyse(case: Case, past: Past) -> Analysis:
    """A contract's year; reads credits and time_entries, and what the months' packs and the one before said.

    Source: rules 19, 27, 29, 30 and 39.
    """
    figures, agreed = past.year(before=1), as_contract(case.agreed)
    found = credits(figures, case.table("credits"), agreed, case.period, case.closing)
    entries = case.table("time_entries")
    return Analysis(
        agreed=agreed,
        credits=found,
        money=money(found, figures, past.months, agreed),
        hours=agreement.fee_against_hours(entries, agreed, case.start, case.end),
    )


def credits(
    figures: pd.DataFrame,
    register: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    period: Period,
    closing: Month,
) -> pd.DataFrame:
    """The credits that the published figures of a year call for, and what became of each by its end (rule 29).

    Parameters: `figures` like figures.json with a `month`, with those of the month before the period, which decide
    what its first month repeats; `register` the table credits, None where not supplied; `closing` the last month that
    counts.
    Returns: the rows of contract.credits_to_date of the months of the period, newest first.
    """
    rows = agreement.credits_to_date(figures, register, contract, closing)
    inside = rows["month"].isin([str(month) for month in period.months])
    return rows[inside].reset_index(drop=True)


def money(
    credits: pd.DataFrame,
    figures: pd.DataFrame,
    months: pd.DataFrame,
    contract: Contract | Mapping[str, Any],
) -> pd.DataFrame:
    """What each month of a year came to in money.

    Parameters: what `credits` gives; `figures` like figures.json with a `month`; `months` with month, published and
    why_missing, one row each in order; the contract.
    Returns: one row per month with MONEY [client's currency]: the fee in force; owed, claimed, credited, left (may
    still come) and lost (was never claimed in time) of its credits; at_stake in purchases; user_hours_lost [hours] and
    user_cost of outages, over all services that have them; exit_cost at its end. Missing where the month has no pack or
    its pack does not say.
    Source: rules 27, 29, 30 and 39.
    """
    agreed = as_contract(contract)
    known = months.set_index("month")["published"].astype(bool)
    frame = pd.DataFrame(index=known.index)
    fees = [agreed.on(Month.parse(month).first_on).term.monthly_fee for month in known.index]
    frame["fee"] = pd.Series(fees, index=known.index, dtype=object)
    amounts = credits.groupby("month")[["owed", "claimed", "credited", "left"]].agg(_summed)
    amounts = amounts.reindex(known.index)
    payable = known & bool(agreed.credits) & frame["fee"].notna()
    for name in ("owed", "claimed", "credited", "left"):
        frame[name] = amounts[name].where(amounts[name].notna(), _ZERO).where(payable, None)
    due = (frame.loc[payable, "owed"] - frame.loc[payable, "credited"]).map(lambda amount: max(amount, _ZERO))
    left = np.minimum(
        frame.loc[payable, "left"], due
    )  # together a month's credits come to no more than its cap
    frame["left"] = left.reindex(known.index).astype(object).where(payable, None)
    frame["lost"] = (due - left).reindex(known.index).astype(object).where(payable, None)
    for name, measure in (
        ("at_stake", "procurement.at_stake"),
        ("user_hours_lost", "availability.user_hours_lost"),
        ("user_cost", "availability.user_cost"),
        ("exit_cost", "contract.exit_cost"),
    ):
        mine = figures[figures["measure"].eq(measure) & figures["value"].notna()]
        frame[name] = mine.groupby("month")["value"].sum(min_count=1).reindex(known.index).astype("float64")
    frame["why_missing"] = months.set_index("month")["why_missing"]
    return frame.reset_index()[MONEY]


def _summed(amounts: pd.Series) -> Decimal:
    return total([_ZERO, *amounts])
