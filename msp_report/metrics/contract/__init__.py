"""What the provider owes for missed levels, what it costs to leave today, and what the fee buys (rules 29, 30).

The parts lie in `service_credits` (what is owed, claimed and granted), `leaving` (what leaving costs), `hours` (the fee
against the hours delivered) and `notice` (end and notice).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from msp_report.metrics import availability, backups, capacity, duties, evidence, tickets
from msp_report.metrics.contract.hours import fee_against_hours, shares
from msp_report.metrics.contract.leaving import exit_cost
from msp_report.metrics.contract.notice import Dates, dates
from msp_report.metrics.contract.service_credits import (
    CAP,
    NO_FEE,
    Figures,
    credits,
    credits_to_date,
    promises_credits,
    tiers,
    unjudged_credits,
)
from msp_report.model.case import Case, Past
from msp_report.model.columns import total, with_sum
from msp_report.model.figures import COLUMNS, Figure
from msp_report.params import Contract, as_contract

__all__ = [
    "CAP",
    "Analysis",
    "Dates",
    "Figures",
    "analyse",
    "credits",
    "credits_to_date",
    "dates",
    "exit_cost",
    "fee_against_hours",
    "promises_credits",
    "shares",
    "tiers",
    "unjudged_credits",
]


@dataclass(frozen=True)
class Analysis:
    """The contract as it stands at a cut-off: `agreed`, the contract itself; `credits` of the month and `claims`, those
    of every month up to it, as `credits` and `credits_to_date`; `unjudged`, `leaving`, `hours`, `shares` and `when` as
    `unjudged_credits`, `exit_cost`, `fee_against_hours`, `shares` and `dates`.
    """

    agreed: Contract
    credits: pd.DataFrame
    claims: pd.DataFrame
    unjudged: pd.DataFrame
    leaving: pd.DataFrame
    hours: pd.DataFrame
    shares: pd.DataFrame
    when: Dates

    @property
    def promised(self) -> bool:
        """Whether the contract promises any credit."""
        return promises_credits(self.agreed)

    @property
    def levels(self) -> pd.DataFrame:
        """The credits of the month: the levels of which something is owed, or may be, what the cap takes off, and in a
        last row, without a measure, their sum."""
        owed, at_risk = (self.credits[name].astype(float) for name in ("owed", "at_risk"))
        rows = self.credits[owed.ne(0) | at_risk.ne(0)]
        return with_sum(rows, "owed", "at_risk")

    @property
    def ledger(self) -> pd.DataFrame:
        """What was owed in each month and what became of it, the newest first: month, owed (by its levels), capped
        (what the cap takes off), credited, left (still to come), lost (never claimed in time), claim_by; in a last row,
        without a month, their sums. owed = capped + credited + left + lost. Months that owe nothing are left out."""
        rows = self.claims[self.claims["owed"].notna()]
        over = rows["measure"].eq(CAP)
        rows = rows.assign(
            capped=(-rows["owed"]).where(over, Decimal(0)), owed=rows["owed"].where(~over, Decimal(0))
        )
        sums = {name: (name, total) for name in ("owed", "capped", "credited", "left")}
        table = rows.groupby("month", sort=False).agg(**sums, claim_by=("claim_by", "max")).reset_index()
        table = table[table["owed"].astype(float).gt(0)]
        table["lost"] = table["owed"] - table["capped"] - table["credited"] - table["left"]
        return with_sum(table, *sums, "lost")

    @property
    def became(self) -> pd.DataFrame:
        """What became of all that was owed, the whole first: part, amount and verdict (missed where it is lost)."""
        sums = self.ledger.tail(1)
        parts = (
            ("owed for missed levels", "owed", None),
            ("over the cap", "capped", None),
            ("granted", "credited", None),
            ("lost", "lost", "missed"),
            ("still to come", "left", None),
        )
        rows = [(part, amount, verdict) for part, name, verdict in parts for amount in sums[name]]
        table = pd.DataFrame(rows, columns=["part", "amount", "verdict"])
        return table[table["amount"].astype(float).ne(0)]

    @property
    def fees(self) -> pd.DataFrame:
        """What leaving costs, and in a last row, without an item, the sum."""
        return with_sum(self.leaving[self.leaving["kind"] == "fee"], "amount")

    @property
    def paid_as(self) -> pd.DataFrame:
        """The hours booked by whether the contract covers them: part, hours, share_ratio; last, without a part, all."""
        return self._of_all("under the contract", "declared outside the contract")

    @property
    def spent_on(self) -> pd.DataFrame:
        """The hours booked by what they were for: part, hours and share_ratio; last, without a part, all."""
        return self._of_all("on tickets", "on projects", "on neither")

    def _of_all(self, *parts: str) -> pd.DataFrame:
        return with_sum(self.shares[self.shares["part"].isin(parts)], "hours", "share_ratio")

    def figures(self) -> list[Figure]:
        """contract.credit_owed in all and by measure and service, .credit_at_risk in all (n = levels that what is not
        known may make dearer; rule 50), .credit_unclaimed and .credit_expired (n = credits), .exit_cost, .not_reachable
        and .not_restorable (n = items), .hours, .fee_per_hour and .days_to_notice. What is not stated is missing and
        says why."""
        why = "the contract states no end or no notice"
        notice = Figure.of("contract.days_to_notice", self.when.days_to_notice, why)
        return [*self._of_credits(), *self._of_leaving(), *self._of_hours(), notice]

    def _of_credits(self) -> Iterator[Figure]:
        unpriced = self.credits["owed"].isna().any()
        why = NO_FEE if self.promised else "the contract names no service credits"
        due = self.credits[self.credits["owed"].astype(float).gt(0)]
        owed = total(self.credits["owed"]) if self.promised and not unpriced else None
        yield Figure.of("contract.credit_owed", owed, why, n=len(due))
        at_risk = (
            total(self.credits["at_risk"])
            if self.promised and not self.credits["at_risk"].isna().any()
            else None
        )
        open_ones = self.credits["at_risk"].astype(float).gt(self.credits["owed"].astype(float)).sum()
        yield Figure.of("contract.credit_at_risk", at_risk, why, n=int(open_ones))
        names = due["subject"].where(due["subject"].fillna("") != "", due["measure"])
        names = names.where(~names.duplicated(keep=False), due["measure"] + " " + due["subject"].fillna(""))
        for name, row in zip(names, due.to_dict("records"), strict=True):
            yield Figure(
                measure="contract.credit_owed", subject=name, value=row["owed"], n=1, clause=row["clause"]
            )
        for name, state, column in (
            ("credit_unclaimed", "open", "left"), ("credit_expired", "expired", "owed"),
        ):  # fmt: skip
            rows = self.claims[self.claims["state"] == state]
            yield Figure(measure=f"contract.{name}", value=total(rows[column]), n=len(rows))

    def _of_leaving(self) -> Iterator[Figure]:
        fees = self.leaving[self.leaving["kind"] == "fee"]
        cost = total(fees["amount"]) if fees["amount"].notna().all() else None
        yield Figure.of("contract.exit_cost", cost, "; ".join(fees["note"].dropna()))
        for name, kind in (("not_reachable", "access"), ("not_restorable", "restore")):
            rows = self.leaving[self.leaving["kind"] == kind]
            lacking = int((~rows["proved"].astype(bool)).sum()) if len(rows) else None
            yield Figure.of(f"contract.{name}", lacking, "nothing is listed", n=len(rows))

    def _of_hours(self) -> Iterator[Figure]:
        last = self.hours.iloc[-1] if len(self.hours) else pd.Series({"why_missing": "no month"})
        why = last["why_missing"] or NO_FEE
        yield Figure.of("contract.hours", last.get("hours"), why)
        yield Figure.of("contract.fee_per_hour", last.get("fee_per_hour"), why)

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {
            "credits": self.credits,
            "claims": self.claims,
            "unjudged": self.unjudged,
            "exit": self.leaving,
            "hours": self.hours,
            "shares": self.shares,
        }


def analyse(case: Case, past: Past) -> Analysis:
    """The contract as it stands at the end of a month, with the credits of earlier months from their packs.

    Reads credits, assets, restore_tests and time_entries, and what the reports read whose levels earn credits. Raises:
    ValueError for a period without a zone. Source: rules 29, 30 and 50.
    """
    agreed, month = as_contract(case.agreed), case.period.last
    register, entries = case.table("credits"), case.table("time_entries")
    opened = None if entries is None else case.table("tickets", ["opened_at"])
    asked = {credit.measure.partition(".")[0] for credit in agreed.on(month.first_on).credits}
    now, last_month = _published(case, asked), case.month_before()
    before = None if last_month is None else _published(last_month, asked)
    owed = credits(now, before, register, agreed, month)
    return Analysis(
        agreed=agreed,
        credits=owed,
        claims=credits_to_date(past.before, register, agreed, month, owed),
        unjudged=unjudged_credits(now, agreed, month),
        leaving=exit_cost(agreed, case.table("assets"), case.end, case.table("restore_tests")),
        hours=fee_against_hours(entries, agreed, case.start, case.end),
        shares=shares(entries, opened, agreed, case.start, case.end),
        when=dates(agreed, case.end),
    )


#: Where the levels stand that a credit may hang on: as their own pages publish them.
_LEVELS = {
    "availability": lambda case: availability.analyse(case).figures(),
    "tickets": tickets.figures_of_case,
    "capacity": lambda case: capacity.analyse(case).figures(),
    "backups": lambda case: backups.analyse(case).figures(),
    "duties": lambda case: duties.analyse(case).figures(),
}


def _published(case: Case, reports: set[str]) -> pd.DataFrame:
    """The figures of a month on which credits hang, with the columns of figures.json."""
    found = [figure for name in _LEVELS if name in reports for figure in _LEVELS[name](case)]
    return pd.DataFrame(
        [figure.row() for figure in (*found, *evidence.delivered(case))], columns=COLUMNS
    ).astype(object)
