"""Do quote, order, packing slip, invoice and licence receipt agree before money leaves (rule 27)?

Every quantity is counted in single units and every price is of one of them, in the client's currency. All of it is
exact: fractions from the first sum to the last, rounded to nine places only when a record is made (`exact`). The parts
lie in `documents` (what came, and which order line it belongs to), `ledger` (what every invoice line was found to be)
and `records` (the frames beside the page).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from math import inf
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.procurement import records
from msp_report.metrics.procurement.ledger import (
    DUPLICATE,
    EARLY,
    EXCEPTIONS,
    ITEM,
    LATE_ORDER,
    NO_CHECK,
    NO_CHECKS,
    NO_ORDER,
    NO_ORDERS,
    NO_PRICE,
    NO_QUOTE,
    NO_QUOTES,
    NO_RATE,
    NO_RECEIPT,
    NO_RECEIPTS,
    NO_SLIPS,
    NOT_APPROVED,
    NOT_READ,
    NOT_STATED,
    OVER_CHECK,
    OVER_ORDER,
    OVER_ORDERED,
    OVER_QUOTED,
    OWN_ORDER,
    PAID,
    QUANTITY,
    SPLIT,
    UNSURE,
    VENDOR,
    Ledger,
)
from msp_report.metrics.procurement.unread import Unread
from msp_report.model.case import Case, once
from msp_report.model.columns import civil_day, dates, day_after, last_day, optional, texts, total
from msp_report.model.dropped import told
from msp_report.model.figures import Figure
from msp_report.model.gate import decide
from msp_report.model.names import normal, vendor_form
from msp_report.model.reach import Reach, bounded, reach_of
from msp_report.model.statistics import is_another_unit
from msp_report.params import Contract, Strategy, as_contract

__all__ = [
    "DUPLICATE",
    "EARLY",
    "EXCEPTIONS",
    "ITEM",
    "LATE_ORDER",
    "NOT_APPROVED",
    "NOT_READ",
    "NOT_STATED",
    "NO_CHECK",
    "NO_CHECKS",
    "NO_ORDER",
    "NO_ORDERS",
    "NO_PRICE",
    "NO_QUOTE",
    "NO_QUOTES",
    "NO_RATE",
    "NO_RECEIPT",
    "NO_RECEIPTS",
    "NO_SLIPS",
    "OVER_CHECK",
    "OVER_ORDER",
    "OVER_ORDERED",
    "OVER_QUOTED",
    "OWN_ORDER",
    "PAID",
    "QUANTITY",
    "SPLIT",
    "UNSURE",
    "VENDOR",
    "Analysis",
    "Unread",
    "analyse",
    "due",
    "lines",
    "match",
    "with_late",
]

_NO_PURCHASES = "no purchases were supplied"
_NOTHING_INVOICED = "nothing was invoiced in the month"
_NOT_COMPARED = "not every invoice line could be compared"
_ANOTHER_UNIT = "the amounts of invoices differ from earlier ones by the factor of another unit"
_ANOTHER_PRICE = "the prices looked up differ from those invoiced by the factor of another unit"


@dataclass(frozen=True)
class Analysis:
    """Everything about the purchases of a period.

    `match` as the function of that name; `lines`, one row per invoice line of the period with its `state` (agrees,
    exception, cannot tell, credited); `unchecked`, one row per order line of the period that the provider ordered
    itself and whose price nobody independent looked up; `due` as that function at the cut-off; `limited`, whether
    contract or strategy says from what money on an order needs an approval, a quote or a look at its price; `reach`,
    how much of the period the register speaks of: what is released by a part of it is "cannot tell"; `doubt`, why it
    is doubted as a whole; `unread`, the rejected rows of purchases, prices and rates.
    """

    supplied: bool
    match: pd.DataFrame
    lines: pd.DataFrame
    unchecked: pd.DataFrame
    due: pd.DataFrame
    limited: bool
    reach: Reach
    unread: Unread
    doubt: str | None = None

    @cached_property
    def exceptions(self) -> pd.DataFrame:
        """The rows of `match` that rule 27 names, without those that could not be compared."""
        return self.match[self.match["exception"].isin(EXCEPTIONS)].reset_index(drop=True)

    @cached_property
    def unsure(self) -> pd.DataFrame:
        """The rows of `match` that could not be compared; what the whole register lacks is one row."""
        return self.match[self.match["exception"].isin(UNSURE)].reset_index(drop=True)

    @cached_property
    def kinds(self) -> pd.DataFrame:
        """One row per kind of exception found, the most money first: how often, and the sum of its amounts.

        A line may have several exceptions, so these sums may be more than what is at stake in all.
        """
        found = self.exceptions.groupby("exception", sort=False)["amount"].agg(
            exceptions="size", amount=total
        )
        found = found.reset_index().reindex(columns=["exception", "exceptions", "amount"])
        order = np.lexsort((found["exception"], -found["amount"].astype(float)))
        return found.iloc[order].reset_index(drop=True)

    @property
    def paying(self) -> pd.DataFrame:
        """The money of the unpaid invoices and what to do with it, the whole first: part (unpaid, to hold, cannot be
        judged yet, to pay), amount and verdict (missed where an invoice is to be held). Invoices without an amount in
        our currency are in no part; parts without money are left out."""
        known = self.due[self.due["amount"].notna()]
        sums = known.groupby("decision")["amount"].agg(total)
        parts = [
            (name, sums.get(decision, Decimal(0)), verdict)
            for name, decision, verdict in (
                ("to hold", "hold", "missed"),
                ("cannot be judged yet", "cannot tell", "no_verdict"),
                ("to pay", "release", "met"),
            )
        ]
        rows = [("unpaid", total(known["amount"]), None), *(row for row in parts if row[1])]
        return pd.DataFrame(rows, columns=["part", "amount", "verdict"])

    @property
    def at_stake(self) -> Decimal:
        """The money at stake: the union by invoice line, never counted twice."""
        return total(self.match["at_stake"])

    @property
    def already_paid(self) -> Decimal:
        """The part of it that was paid by the cut-off."""
        return total(self.match.loc[self.match["paid_on"].notna(), "at_stake"])

    def figures(self) -> list[Figure]:
        """procurement.at_stake (the target is 0, as documents must agree; no_verdict where nothing is at stake but
        lines could not be compared, or rejected rows may touch them, no_data where nothing was invoiced), .exceptions,
        .already_paid, .unsure (lines without an exception that could not be compared) and .unchecked (n = order lines)
        over all; then .exceptions and .amount of each kind. Without purchases all are missing and say why. A document
        beyond the reach of the register may end an exception or make another (rule 41)."""
        return bounded([*self._over_all(), *self._by_kind()], self.reach)

    def _over_all(self) -> Iterator[Figure]:
        why = None if self.supplied else _NO_PURCHASES
        lines, found = len(self.lines), len(self.exceptions)
        unsure = int((self.lines["state"] == "cannot tell").sum())
        nothing = why or (None if lines or found else _NOTHING_INVOICED)
        charges = self.unread.charges if self.supplied else self.unread.charges.where([])
        lost = told(charges) or self._touching
        # judged by how many disagree: what they come to need not be known
        judged = decide(
            None if nothing else found,
            0,
            "lower",
            low=int((~self._mendable).sum()),
            high=inf if unsure or lost else None,
            why=nothing,
            unsure=None if lost else _NOT_COMPARED,
            lost=lost,
            doubt=self.doubt,
            own_word=self.unread.own_word,
        )
        values = {
            "at_stake": (self.at_stake, lines),
            "exceptions": (found, lines),
            "already_paid": (self.already_paid, found),
            "unsure": (unsure, lines),
            "unchecked": (total(self.unchecked["amount"]), len(self.unchecked)),
        }
        for name, (value, n) in values.items():
            if name == "at_stake":
                verdict = {"target": 0.0, "verdict": judged.verdict}
                if (lost or unsure) and not nothing:
                    most = self._most
                    verdict |= {"low": float(self._least), "high": None if most is None else float(most)}
                yield Figure.of(
                    f"procurement.{name}", None if nothing else value, judged.why or nothing, n=n, **verdict
                )
            else:
                yield Figure.of(f"procurement.{name}", None if why else value, why, n=n)

    @property
    def _touching(self) -> str | None:
        """Which rejected rows may touch a line of the period."""
        whys = self.unread.why(self.lines)
        return next((why for why in whys if why is not None), None)

    @cached_property
    def _mendable(self) -> np.ndarray:
        """Which exceptions a rejected row may mend."""
        return self.unread.why(self.exceptions) != None  # noqa: E711

    @property
    def _least(self) -> Decimal:
        """What is at stake without the lines that a rejected row may mend."""
        return total(self.exceptions.loc[~self._mendable, "at_stake"])

    @property
    def _most(self) -> Decimal | None:
        """What is at stake with all of the lines that could not be compared or that a rejected row may touch, and with
        the invoices among these; None where one of the amounts is not known."""
        charges = self.unread.charges.rows
        money = charges["quantity"] * charges["unit_price"]
        if money.isna().any() or charges["currency"].notna().any() or charges["document"].isna().any():
            return None
        open_lines = self.lines["state"].eq("cannot tell") | (self.unread.why(self.lines) != None)  # noqa: E711
        touched = self.lines[open_lines]
        if touched["amount"].isna().any() or self.match["exception"].eq(NO_PRICE).any():
            return None
        return self.at_stake + total(touched["amount"] - touched["at_stake"]) + total(money)

    def _by_kind(self) -> Iterator[Figure]:
        for row in self.kinds.to_dict("records"):
            of = {"subject": row["exception"], "n": row["exceptions"]}
            yield Figure(measure="procurement.exceptions", value=row["exceptions"], **of)
            yield Figure(measure="procurement.amount", value=row["amount"], **of)

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        names = ("match", "lines", "kinds", "unchecked", "due")
        return {name: getattr(self, name) for name in names}


@once
def analyse(case: Case) -> Analysis:
    """Everything about the purchases of a period; reads purchases, prices and rates. Raises as `match`."""
    tables = (with_late(case), case.table("prices"), case.table("rates"))
    unread = Unread.of(case, day_after(case.end, as_contract(case.agreed).client.timezone))
    ledger = Ledger.of(*tables, case.agreed, case.strategy, case.start, case.end, unread)
    reach = reach_of(case, "purchases")
    last = last_day(case.end, ledger.agreed.client.timezone)
    doubt = doubt_of(case)
    unsure = doubt or (None if reach.is_whole else reach.why)
    if ledger.end == last + pd.Timedelta(days=1) and ledger.contract == ledger.agreed.on(last.date()):
        to_pay = records.due(ledger, last, unsure)
    else:  # what is paid stands at another day, or under another version of the contract
        to_pay = due(*tables, case.agreed, case.strategy, case.end, unread, unsure)
    return Analysis(
        supplied=tables[0] is not None,
        match=records.match(ledger),
        lines=records.lines(ledger),
        unchecked=records.unchecked(ledger),
        due=to_pay,
        limited=ledger.limited,
        doubt=doubt,
        reach=reach,
        unread=unread,
    )


def doubt_of(case: Case) -> str | None:
    """Why the register is doubted as a whole (rule 46): by what its own files or those of the prices say; as the median
    of the period's invoice lines is what another unit makes of that before (ten lines now and thirty before can show
    it); or as the prices looked up in it are in the median what another unit makes of those invoiced (ten can)."""
    purchases = case.table("purchases")
    if (doubt := case.doubts("purchases", "prices")) or purchases is None:
        return doubt
    rows = purchases[texts(purchases, "document").str.lower().eq("invoice")]
    price = pd.to_numeric(optional(rows, "unit_price")).astype(float)
    amounts, days = pd.to_numeric(rows["quantity"]).astype(float) * price, dates(rows["dated_on"])
    zone = as_contract(case.agreed).client.timezone
    first, end = civil_day(case.start, zone), day_after(case.end, zone)
    now, before = amounts[(days >= first) & (days < end)].dropna(), amounts[days < first].dropna()
    usual = before.median()
    if len(now) >= 10 and len(before) >= 30 and usual > 0 and is_another_unit(now.median() / usual):
        return _ANOTHER_UNIT
    each = price / pd.to_numeric(optional(rows, "units_per_pack", "float64")).astype(float).fillna(1)
    invoiced = each[days < end].groupby(_priced(rows)[days < end]).median()
    seen = _looked_up(case.table("prices"), first, end)
    ratios = (seen / invoiced.where(invoiced > 0)).dropna()
    return _ANOTHER_PRICE if len(ratios) >= 10 and is_another_unit(ratios.median()) else None


def _priced(rows: pd.DataFrame) -> pd.Series:
    """What two prices must share to be compared as they are: the item and, where one is stated, the currency."""
    return normal(rows["item"]).str.cat(texts(rows, "currency").str.upper(), sep="\0")


def _looked_up(prices: pd.DataFrame | None, first: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """The median of the prices that were looked up in a period, by what they are compared by."""
    if prices is None:
        return pd.Series(dtype="float64")
    rows = prices[(dates(prices["seen_on"]) >= first) & (dates(prices["seen_on"]) < end)]
    return pd.to_numeric(rows["unit_price"]).astype(float).groupby(_priced(rows)).median()


def with_late(case: Case) -> pd.DataFrame | None:
    """The purchases of a case with `came_late`: dated before the period, and in no earlier month's exports."""
    rows, known = case.table("purchases"), case.known_before("purchases")
    if rows is None or known is None:
        return rows
    old = dates(rows["dated_on"]) < civil_day(case.start, as_contract(case.agreed).client.timezone)
    return rows.assign(came_late=old & ~_line_keys(rows).isin(_line_keys(known)))


def invoiced(case: Case) -> pd.DataFrame:
    """Every invoice line that a case knows, and what credit notes left of it.

    Returns: vendor, dated_on, amount [client's currency; missing without a price or rate], of_period (whether it counts
    in the period, by its date or because it came late). Raises as `match`. Source: rule 27.
    """
    return records.invoiced(
        Ledger.of(with_late(case), None, case.table("rates"), case.agreed, None, case.start, case.end)
    )


def _line_keys(purchases: pd.DataFrame) -> pd.MultiIndex:
    """What makes a line that line, however its vendor and numbers are written and whatever its source is called."""
    number = texts(purchases, "document_id").str.replace(r"^.*: ", "", regex=True)
    parts = [texts(purchases, "document"), number, texts(purchases, "line")]
    days = dates(purchases["dated_on"])
    return pd.MultiIndex.from_arrays([vendor_form(purchases["vendor"]), *map(normal, parts), days])


def match(
    purchases: pd.DataFrame | None,
    prices: pd.DataFrame | None,
    rates: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    strategy: Strategy | Mapping[str, Any] | None,
    start: date | datetime | None = None,
    end: date | datetime | None = None,
) -> pd.DataFrame:
    """Every exception of the match of quote, order, packing slip, invoice and licence receipt (rule 27).

    Parameters: `purchases`, `prices` and `rates` are the canonical tables with their look-back, None where not
    supplied; `contract` gives tolerances, currency and licences by name, `strategy` the approval limit, as models or
    as dicts like the YAML. With `start` and `end` (dates, or instants that are turned into days of the client) only
    exceptions of that period are given: by the date of the invoice, of the payment or of the last order of a split;
    documents and payments from `end` on do not exist yet (rule 0).

    Returns: one row per exception, the most money first. Quantities [single units] are those of the whole order line:
    `received` less returns, `invoiced` less credit notes. Prices [client's currency, of one unit, without tax].
    `exception` is one of EXCEPTIONS or, without an amount, of UNSURE (then `why` says what lacks). `amount` [client's
    currency] as rule 27 says; `at_stake` is what the row adds to the money at stake, so that its sum is the union by
    invoice line. A split has its orders in `order_id`, separated by semicolons. Numbers are Decimal, missing ones
    None.

    Raises: ValueError where rows lack their document, number, vendor, item, quantity or date, or params are wrong.

    >>> bought = pd.DataFrame({"document": ["order", "packing_slip", "invoice"], "document_id": ["P1", "S1", "I1"],
    ...     "line": 1, "order_id": "P1", "order_line": 1, "vendor": "Acme", "item": "disk", "quantity": [10, 10, 10],
    ...     "unit_price": [80, None, 92], "dated_on": pd.to_datetime(["2026-10-01", "2026-10-05", "2026-10-09"])})
    >>> match(bought, None, None, {}, {})[["order_id", "exception", "amount"]].to_dict("records")
    [{'order_id': 'P1', 'exception': 'price over ordered', 'amount': Decimal('120')}]
    """
    return records.match(Ledger.of(purchases, prices, rates, contract, strategy, start, end))


def lines(
    purchases: pd.DataFrame | None,
    prices: pd.DataFrame | None,
    rates: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    strategy: Strategy | Mapping[str, Any] | None,
    start: date | datetime | None = None,
    end: date | datetime | None = None,
) -> pd.DataFrame:
    """Every invoice line of a period, and whether its documents agree.

    Parameters and raises: as `match`. Returns: one row per invoice line, as Analysis.lines: `amount` is what credit
    notes left of it [client's currency], missing without a price or rate.
    """
    return records.lines(Ledger.of(purchases, prices, rates, contract, strategy, start, end))


def due(
    purchases: pd.DataFrame | None,
    prices: pd.DataFrame | None,
    rates: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    strategy: Strategy | Mapping[str, Any] | None,
    on: date | datetime,
    unread: Unread | None = None,
    doubt: str | None = None,
) -> pd.DataFrame:
    """What is to be paid, and whether to pay it: hold, release or cannot tell (rule 27).

    Parameters and raises: as `match`; `on` the day at whose end the page stands, or the instant of a cut-off, of which
    the day before it in the client's zone counts: later documents do not exist; `unread`, the rejected rows: what they
    may touch is never released; `doubt`, why the register is not all there or not to be believed: then nothing is
    released (rules 41 and 46).

    Returns: one row per unpaid invoice, the next due first, those without a due date last: `decision` is hold where
    any of its lines has an exception of any month (`why` names them) that no approver has accepted by name on the
    invoice (only what nothing can mend any more can be), cannot tell where a document that a line needs is not there to
    compare with, else release. `amount` and `at_stake` [client's currency], `days_to_due` [days, negative is overdue],
    `lines` its number of lines. Invoices that credit notes have used up are not to be paid and not listed.
    """
    agreed = as_contract(contract)
    last = last_day(on, agreed.client.timezone)
    ledger = Ledger.of(purchases, prices, rates, agreed, strategy, None, last + pd.Timedelta(days=1), unread)
    return records.due(ledger, last, doubt)
