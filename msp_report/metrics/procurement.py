"""Do quote, order, packing slip, invoice and licence receipt agree before money leaves (rule 27)?

Every quantity is counted in single units and every price is of one of them, in the client's currency. All of it is
exact: fractions from the first sum to the last, rounded to nine places only when a record is made. A missing
number is NaN in between, so that it spreads and is above nothing.

Decided here, where the rule leaves room:

- An order row without order_id is its own order, one without order_line its own line. A document that names no
  line of its order joins by the item; an item that stands on several lines of an order is then one line.
- Amounts of one currency become money at the rate of the invoice's date (the last one on or before it), those of
  orders, quotes and price checks too: a currency that moved is no price that rose. A split is judged at the rates
  of the orders' dates.
- The quantity of an order line's credit notes is taken off its newest invoice lines. A credit note at another price
  than any of them, which would leave less invoiced than received, lowers the price instead.
- Several invoices and deliveries of an order line are set against each other in the order of their dates.
- Received is packing slips less returns; a licence without any packing slip is received with its receipt.
- Invoiced before received is what came later than the invoice, or all of it where nothing came; what still lacks
  where something came is quantity over received.
- A duplicate is an invoice line with the quantity and price of an earlier one of the same vendor and order line, when
  more is then invoiced than was ordered or received. Without an order: in the same month. It is no exception of
  another kind as well.
- Paid before matched is paid before the order, the invoice, all that it charges for and the licence receipt were
  there. Prices that disagree are exceptions of their own.
- The price ordered is the nearest one where an order line has several; the price quoted is the vendor's last quote
  before the order; the check is the cheapest of every vendor's last check before the invoice (the first one after
  it where there is none). A check by the provider is not independent.
- A tolerance is that of one unit's price, and of the quantity of an order line so far.
- A split is a window of `together_days` after an order's date that no longer one holds; its orders may stand in two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from msp_report.model.figures import Figure
from msp_report.params import Contract, Strategy, as_contract, as_strategy

NAN = float("nan")
NO_DAY = np.datetime64("NaT", "us")
DAY = 86_400_000_000

#: The exceptions of rule 27, those that put the whole line at stake first.
DUPLICATE = "duplicate invoice"
NO_ORDER = "no order"
PAID = "paid before matched"
NO_RECEIPT = "licence without a receipt"
EARLY = "invoiced before received"
QUANTITY = "quantity over received"
OVER_ORDERED = "price over ordered"
OVER_QUOTED = "price over quoted"
OVER_CHECK = "price over the independent check"
SPLIT = "orders split under the approval limit"
EXCEPTIONS = (
    DUPLICATE,
    NO_ORDER,
    PAID,
    NO_RECEIPT,
    EARLY,
    QUANTITY,
    OVER_ORDERED,
    OVER_QUOTED,
    OVER_CHECK,
    SPLIT,
)
#: What keeps a line from being compared; listed with the exceptions, but neither counted nor priced.
NO_RATE, NO_PRICE = "no exchange rate", "no price"
UNSURE = (NO_RATE, NO_PRICE)
_NO_AGREED_PRICE = "neither order nor quote has a price"

# fmt: off
_MATCH = [
    "order_id", "order_line", "item", "quoted", "ordered", "received", "invoiced", "receipted", "price_quoted",
    "price_ordered", "price_invoiced", "exception", "amount", "at_stake", "vendor", "document_id", "line",
    "dated_on", "due_on", "paid_on", "currency", "price_checked", "by_provider", "why",
]
_LINES = [
    "document_id", "line", "order_id", "order_line", "vendor", "item", "dated_on", "due_on", "paid_on", "currency",
    "quantity", "quoted", "ordered", "received", "invoiced", "receipted", "price_quoted", "price_ordered",
    "price_checked", "price_invoiced", "amount", "at_stake", "by_provider", "state", "exceptions",
]
_KINDS = ["exception", "exceptions", "amount"]
_UNCHECKED = ["order_id", "order_line", "vendor", "item", "quantity", "price_ordered", "amount", "dated_on", "why"]
_DUE = [
    "vendor", "document_id", "due_on", "days_to_due", "amount", "currency", "decision", "why", "at_stake", "lines",
    "dated_on",
]
# fmt: on
_DATES = ("dated_on", "due_on", "paid_on")


# ---------------------------------------------------------------- what the page asks


@dataclass(frozen=True)
class Analysis:
    """Everything about the purchases of a period: frames that notebooks show and record."""

    supplied: bool
    match: pd.DataFrame
    lines: pd.DataFrame
    unchecked: pd.DataFrame

    @cached_property
    def exceptions(self) -> pd.DataFrame:
        """The rows of `match` that rule 27 names, without those that could not be compared."""
        return self.match[self.match["exception"].isin(EXCEPTIONS)].reset_index(drop=True)

    @cached_property
    def unsure(self) -> pd.DataFrame:
        """The rows of `match` that could not be compared."""
        return self.match[self.match["exception"].isin(UNSURE)].reset_index(drop=True)

    @cached_property
    def kinds(self) -> pd.DataFrame:
        """One row per kind of exception found, the most money first: how often, and the sum of its amounts.

        A line may have several exceptions, so these sums may be more than what is at stake in all.
        """
        found = self.exceptions.groupby("exception", sort=False)["amount"].agg(
            exceptions="size", amount=_total
        )
        found = found.reset_index().reindex(columns=_KINDS)
        order = np.lexsort((found["exception"], -found["amount"].astype(float)))
        return found.iloc[order].reset_index(drop=True)

    @property
    def at_stake(self) -> Decimal:
        """The money at stake: the union by invoice line, never counted twice."""
        return _total(self.match["at_stake"])

    @property
    def already_paid(self) -> Decimal:
        """The part of it that was paid by the cut-off."""
        return _total(self.match.loc[self.match["paid_on"].notna(), "at_stake"])

    def records(self) -> dict[str, pd.DataFrame]:
        """The records of the report by name."""
        return {"match": self.match, "lines": self.lines, "kinds": self.kinds, "unchecked": self.unchecked}


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
    return _Ledger.of(purchases, prices, rates, contract, strategy, start, end).match()


def analyse(
    purchases: pd.DataFrame | None,
    prices: pd.DataFrame | None,
    rates: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    strategy: Strategy | Mapping[str, Any] | None,
    start: date | datetime | None = None,
    end: date | datetime | None = None,
) -> Analysis:
    """Everything about the purchases of a period at once.

    Parameters and raises: as `match`. Returns an Analysis: `match`; `lines`, one row per invoice line of the period
    with its `state` (agrees, exception, cannot tell, credited); `unchecked`, one row per order line of the period that
    the provider ordered itself and whose price nobody independent looked up.
    """
    ledger = _Ledger.of(purchases, prices, rates, contract, strategy, start, end)
    return Analysis(purchases is not None, ledger.match(), ledger.lines(), ledger.unchecked())


def due(
    purchases: pd.DataFrame | None,
    prices: pd.DataFrame | None,
    rates: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    strategy: Strategy | Mapping[str, Any] | None,
    on: date | datetime,
) -> pd.DataFrame:
    """What is to be paid, and whether to pay it: hold, release or cannot tell (rule 27).

    Parameters and raises: as `match`; `on` the day at whose end the page stands, or the instant of a cut-off, of which
    the day before it in the client's zone counts: later documents do not exist.

    Returns: one row per unpaid invoice, the next due first, those without a due date last: `decision` is hold where
    any of its lines has an exception of any month (`why` names them), cannot tell where a line cannot be compared,
    else release. `amount` and `at_stake` [client's currency], `days_to_due` [days, negative is overdue], `lines` its
    number of lines. Invoices that credit notes have used up are not to be paid and not listed.
    """
    agreed = as_contract(contract)
    moment = pd.Timestamp(on)
    last = _day(moment - pd.Timedelta(microseconds=1) if moment.tzinfo else moment, agreed.client.timezone)
    ledger = _Ledger.of(purchases, prices, rates, agreed, strategy, None, last + pd.Timedelta(days=1))
    return ledger.due(last)


def figures(analysis: Analysis) -> list[Figure]:
    """The figures of procurement.

    Returns: procurement.at_stake [cost; the target is 0, as documents must agree; no_verdict where nothing is at stake
    but lines could not be compared], .already_paid [cost], .exceptions [count, in all and by kind], .amount [cost, by
    kind], .unsure [count], .unchecked [cost, n = order lines]. Without purchases all are null and say why.
    """
    return list(_figures(analysis))


def _figures(analysis: Analysis) -> Iterator[Figure]:
    why = None if analysis.supplied else "no purchases were supplied"
    unsure, count = len(analysis.unsure), len(analysis.exceptions)
    stake = analysis.at_stake
    verdict = "no_data" if why else "missed" if stake > 0 or count else "no_verdict" if unsure else "met"
    values: tuple[tuple[str, Any, str, int], ...] = (
        ("at_stake", stake, "cost", len(analysis.lines)),
        ("exceptions", count, "count", len(analysis.lines)),
        ("already_paid", analysis.already_paid, "cost", count),
        ("unsure", unsure, "count", len(analysis.lines)),
        ("unchecked", _total(analysis.unchecked["amount"]), "cost", len(analysis.unchecked)),
    )
    for name, value, unit, n in values:
        judged = {"target": 0.0, "verdict": verdict} if name == "at_stake" else {}
        yield Figure(
            measure=f"procurement.{name}",
            value=None if why else value,
            unit=unit,
            n=n,
            better="lower",
            rule="rule 27",
            why_missing=why,
            **judged,
        )
    for row in analysis.kinds.to_dict("records"):
        common = {"subject": row["exception"], "n": row["exceptions"], "better": "lower", "rule": "rule 27"}
        yield Figure(measure="procurement.exceptions", value=row["exceptions"], unit="count", **common)
        yield Figure(measure="procurement.amount", value=row["amount"], unit="cost", **common)


# ---------------------------------------------------------------- exact numbers


def _exact(values: pd.Series) -> np.ndarray:
    """Numbers as fractions, missing ones NaN; each different number is read once."""
    codes, known = pd.factorize(values)
    table = np.empty(len(known) + 1, dtype=object)
    table[:-1] = [Fraction(str(value)) for value in known]
    table[-1] = NAN  # the code of a missing one is -1
    return table[codes]


def _ratio(number: float) -> Fraction:
    """A parameter as it was written: 0.02 is a fiftieth."""
    return Fraction(str(number))


def _above(values: Any, others: Any) -> np.ndarray:
    """Whether each value is above the other; nothing is above a missing one."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.greater(values, others, dtype=object), dtype=bool)


def _known(values: np.ndarray) -> np.ndarray:
    return ~pd.isna(values)


def _divided(values: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Quotients; one by nothing or less is not known."""
    by = by.copy()
    by[~_above(by, 0)] = NAN
    return values / by


def _running(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The sum of all values before each one in its group; groups lie together, nothing is missing."""
    if not len(values):
        return values
    before = np.cumsum(values) - values
    first = np.concatenate([[True], groups[1:] != groups[:-1]])
    return before - before[np.maximum.accumulate(np.where(first, np.arange(len(values)), 0))]


def _between(values: np.ndarray, low: Any, high: Any) -> np.ndarray:
    return np.minimum(np.maximum(values, low), high)


def _sums(values: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """The sum of each group 0 to count - 1; nothing is 0."""
    sums = pd.Series(values, dtype=object).groupby(np.asarray(groups)).sum()
    return sums.reindex(range(count), fill_value=Fraction(0)).to_numpy(object)


def _decimal(value: Any) -> Decimal | None:
    """A fraction to nine places, with no zeros at its end; NaN is None."""
    if isinstance(value, float):
        return None
    if value.denominator == 1:
        return Decimal(int(value))
    with localcontext(prec=100):
        places = (Decimal(value.numerator) / Decimal(value.denominator)).quantize(
            Decimal("1e-9"), rounding=ROUND_HALF_UP
        )
        whole = places == places.to_integral_value()
        return places.to_integral_value() if whole else places.normalize()


_decimals = np.frompyfunc(_decimal, 1, 1)


def _total(amounts: pd.Series) -> Decimal:
    return sum(amounts.dropna(), Decimal(0))


# ---------------------------------------------------------------- reading the tables


def _text(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column as text without blanks around it; missing is empty, a number has no `.0`."""
    if name not in frame:
        return pd.Series("", index=frame.index, dtype="str")
    return frame[name].astype("str").str.strip().str.removesuffix(".0").fillna("")


def _key(texts: pd.Series) -> pd.Series:
    """What two spellings of one name share."""
    return texts.str.casefold()


def _dates(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame:
        return pd.Series(NO_DAY, index=frame.index, dtype="datetime64[us]")
    days = pd.to_datetime(frame[name])
    days = days.dt.tz_localize(None) if days.dt.tz is not None else days
    return days.dt.normalize().astype("datetime64[us]")


def _day(at: date | datetime, zone: str) -> pd.Timestamp:
    """The civil day of an instant in the client's zone, or the date itself."""
    instant = pd.Timestamp(at)
    local = instant.tz_convert(zone).tz_localize(None) if instant.tzinfo else instant
    return local.normalize()


def _documents(purchases: pd.DataFrame, home: str | None, end: pd.Timestamp | None) -> pd.DataFrame:
    """Every line of every document: keys, quantity and price of single units, dates."""
    rows = purchases.reset_index(drop=True)
    columns = ("document", "document_id", "line", "order_id", "order_line", "vendor", "item")
    docs = pd.DataFrame({name: _text(rows, name) for name in columns})
    packs = _exact(rows["units_per_pack"]) if "units_per_pack" in rows else np.full(len(rows), NAN, object)
    packs[~_known(packs)] = Fraction(1)
    quantity = _exact(rows["quantity"])
    price = _exact(rows["unit_price"]) if "unit_price" in rows else np.full(len(rows), NAN, object)
    _require(docs, quantity, _dates(rows, "dated_on"))
    docs["document"] = docs["document"].str.lower()
    taken_back = {"invoice": "credit_note", "packing_slip": "return"}
    negative = _above(0, quantity) ^ _above(0, price)
    docs["document"] = docs["document"].mask(
        negative, docs["document"].map(taken_back).fillna(docs["document"])
    )
    docs["quantity"] = np.abs(quantity) * np.where(_above(packs, 0), packs, Fraction(1))
    docs["price"] = _divided(np.abs(price), packs)
    docs["currency"] = _text(rows, "currency").str.upper().replace("", home or "")
    for name in _DATES:
        docs[name] = _dates(rows, name)
    docs["licence"] = rows["is_licence"].astype("boolean") if "is_licence" in rows else pd.NA
    docs["licence"] = docs["licence"].astype("boolean")
    docs["ordered_by"] = _key(_text(rows, "ordered_by"))
    order = docs["document"] == "order"
    docs["order_id"] = docs["order_id"].mask(order & (docs["order_id"] == ""), docs["document_id"])
    docs["order_line"] = docs["order_line"].mask(order & (docs["order_line"] == ""), docs["line"])
    if end is not None:
        docs = docs[docs["dated_on"] < end]
        docs = docs.assign(paid_on=docs["paid_on"].where(docs["paid_on"] < end))
    return _placed(docs.reset_index(drop=True))


def _require(docs: pd.DataFrame, quantity: np.ndarray, dated: pd.Series) -> None:
    lacking = docs[["document", "document_id", "vendor", "item"]].eq("").any(axis=1) | dated.isna()
    lacking |= ~_known(quantity)
    if lacking.any():
        raise ValueError(
            f"purchases: {int(lacking.sum())} rows lack their document, document_id, vendor, item, quantity or date: "
            "reject them first"
        )


def _placed(docs: pd.DataFrame) -> pd.DataFrame:
    """Each line with its `place`, the order line it belongs to, by order_id and order_line, else by item."""
    order, item = _key(docs["order_id"]), _key(docs["item"])
    by_line, by_item = order + "\0" + _key(docs["order_line"]), order + "\0" + item
    ordered = docs["document"] == "order"
    has_line = by_line.isin(by_line[ordered])
    has_item = ~has_line & by_item.isin(by_item[ordered])
    loose = order == ""
    name = ("item\0" + by_item).mask(loose, "none\0" + _key(docs["vendor"]) + "\0" + item)
    # the lines of an order whose item others join by are one line
    lines = ("line\0" + by_line).mask(by_item.isin(by_item[has_item]), "item\0" + by_item)[ordered]
    lines.index = pd.Index(by_line[ordered])
    name = name.mask(has_line, by_line.map(lines[~lines.index.duplicated()]))
    place, _ = pd.factorize(name)
    return docs.assign(
        place=place, loose=loose, order_key=order, item_key=item, vendor_key=_key(docs["vendor"])
    )


@dataclass(frozen=True)
class _Rates:
    """Exchange rates: units of a currency for one of the client's."""

    table: pd.DataFrame
    known: tuple[str, ...]
    """The currencies by their code in the table."""
    home: str | None

    @classmethod
    def of(cls, rates: pd.DataFrame | None, home: str | None) -> _Rates:
        rows = pd.DataFrame(columns=["currency", "on", "per_client_currency"]) if rates is None else rates
        code, known = pd.factorize(_text(rows, "currency").str.upper())
        table = pd.DataFrame(
            {"code": code, "on": _dates(rows, "on"), "rate": _exact(rows["per_client_currency"])}
        )
        return cls(table.dropna(subset="on").sort_values("on", kind="stable"), tuple(known), home)

    def money(self, prices: np.ndarray, currency: pd.Series, on: pd.Series) -> np.ndarray:
        """Prices in the client's currency at the last rate on or before each day; NaN where there is none."""
        asked = pd.DataFrame({"row": np.arange(len(prices))})
        asked["code"] = pd.Index(self.known, dtype=object).get_indexer(currency.astype(object))
        asked["day"] = on.to_numpy("datetime64[us]")
        dated = asked[asked["day"].notna()].sort_values("day", kind="stable")
        found = pd.merge_asof(dated, self.table, left_on="day", right_on="on", by="code")
        rate = np.full(len(asked), NAN, dtype=object)
        rate[found["row"]] = found["rate"].to_numpy(object)
        rate[(currency == (self.home or "")).to_numpy(bool)] = Fraction(1)
        return _divided(prices, rate)


def _home(contract: Contract, purchases: pd.DataFrame) -> str | None:
    """The client's currency: the contract's, else the only one that the purchases name."""
    if contract.client.currency:
        return contract.client.currency
    named = set(_text(purchases, "currency").str.upper()) - {""}
    return named.pop() if len(named) == 1 else None


# ---------------------------------------------------------------- the ledger


@dataclass(frozen=True)
class _Ledger:
    """All documents up to the cut-off, joined, with what every invoice line was found to be."""

    docs: pd.DataFrame
    checks: pd.DataFrame
    rates: _Rates
    contract: Contract
    strategy: Strategy
    start: pd.Timestamp | None
    end: pd.Timestamp | None

    @classmethod
    def of(
        cls,
        purchases: pd.DataFrame | None,
        prices: pd.DataFrame | None,
        rates: pd.DataFrame | None,
        contract: Contract | Mapping[str, Any],
        strategy: Strategy | Mapping[str, Any] | None,
        start: date | datetime | None,
        end: date | datetime | None,
    ) -> _Ledger:
        agreed = as_contract(contract)
        zone = agreed.client.timezone
        first, last = (None if at is None else _day(at, zone) for at in (start, end))
        if last is not None:
            agreed = agreed.on((first or last - pd.Timedelta(days=1)).date())
        if purchases is None:
            purchases = pd.DataFrame(columns=["document", "quantity", "dated_on"])
        home = _home(agreed, purchases)
        docs = _documents(purchases, home, last)
        checks = _checks(prices, _provider(agreed), home, last)
        return cls(docs, checks, _Rates.of(rates, home), agreed, as_strategy(strategy), first, last)

    # ------------------------------------------------------------ order lines

    @cached_property
    def _by_kind(self) -> dict[str, pd.DataFrame]:
        return dict(iter(self.docs.groupby("document")))

    def of_kind(self, document: str) -> pd.DataFrame:
        """The lines of one kind of document."""
        return self._by_kind.get(document, self.docs[:0])

    @cached_property
    def count(self) -> int:
        """How many order lines there are."""
        return int(self.docs["place"].max()) + 1 if len(self.docs) else 0

    def quantities(self, document: str) -> np.ndarray:
        """The quantity of a kind of document by order line."""
        rows = self.of_kind(document)
        return _sums(rows["quantity"].to_numpy(object), rows["place"], self.count)

    def has(self, document: str) -> np.ndarray:
        """Which order lines have such a document."""
        found = np.zeros(self.count, dtype=bool)
        found[self.of_kind(document)["place"]] = True
        return found

    @cached_property
    def licences(self) -> np.ndarray:
        """Which order lines are licences: one of their documents says so, or the contract names the item."""
        said = self.docs.groupby("place")["licence"].max()
        names = {name.casefold() for name in self.contract.licences}
        named = self.docs["item_key"].isin(names).groupby(self.docs["place"]).any()
        return said.fillna(named).to_numpy(bool)

    @cached_property
    def arrivals(self) -> pd.DataFrame:
        """What came, one row a delivery in the order of dates: place, dated_on, quantity, total so far."""
        slips = self.of_kind("packing_slip")
        unpacked = self.licences & ~self.has("packing_slip")
        receipts = self.of_kind("licence_receipt")
        return _so_far(pd.concat([slips, receipts[unpacked[receipts["place"]]]]))

    @cached_property
    def received(self) -> np.ndarray:
        """What came less what went back, by order line."""
        came = _sums(self.arrivals["quantity"].to_numpy(object), self.arrivals["place"], self.count)
        return np.maximum(came - self.quantities("return"), Fraction(0))

    @cached_property
    def ordered_on(self) -> pd.Series:
        """The first day on which each order line was ordered."""
        return self.of_kind("order").groupby("place")["dated_on"].min().reindex(range(self.count))

    # ------------------------------------------------------------ invoice lines

    @cached_property
    def invoices(self) -> pd.DataFrame:
        """Every invoice line with all that it is compared with; `live` is what credit notes left of it."""
        rows = self.of_kind("invoice").sort_values(
            ["place", "dated_on", "document_id", "line"], kind="stable", ignore_index=True
        )
        place = rows["place"].to_numpy()
        at = {name: values[place] for name, values in self._by_place.items()}
        rows = rows.assign(live=rows["quantity"].to_numpy(object) - self._credited(rows), **at)
        gross = self.rates.money(rows["price"].to_numpy(object), rows["currency"], rows["dated_on"])
        rows["no_rate"] = _known(rows["price"].to_numpy(object)) & ~_known(gross)
        rebates = self._rebates(rows)
        gone = _above(rebates, 0) & ~_above(gross, rebates)
        rows["live"] = rows["live"].mask(gone, Fraction(0))
        rows["duplicate"] = self._duplicates(rows)
        rows["price_own"] = rows["price"]
        rows["price"] = gross - np.where(gone, Fraction(0), rebates)
        rows["invoiced"] = _sums(rows["live"].to_numpy(object), place, self.count)[place]
        rows["price_ordered"] = self._ordered(rows)
        rows["price_quoted"] = self._quoted(rows)
        rows["price_checked"] = self._checked(rows)
        return self._timed(rows)

    @cached_property
    def _by_place(self) -> dict[str, np.ndarray]:
        """What the record says of an order line as a whole; a document that does not exist has no quantity."""

        def where(known: np.ndarray, values: np.ndarray) -> np.ndarray:
            values = values.copy()
            values[~known] = NAN
            return values

        receipted = self.quantities("licence_receipt")
        ours = self.of_kind("order")
        by_provider = np.zeros(self.count, dtype=bool)
        by_provider[ours.loc[ours["ordered_by"].isin(_provider(self.contract)), "place"]] = True
        return {
            "quoted": where(self.has("quote"), self.quantities("quote")),
            "ordered": where(self.has("order"), self.quantities("order")),
            "received": self.received,
            "receipted": where(self.licences | self.has("licence_receipt"), receipted),
            "licence": self.licences,
            "has_order": self.has("order"),
            "came": np.isin(np.arange(self.count), self.arrivals["place"]),
            "by_provider": by_provider,
        }

    @cached_property
    def _credit_notes(self) -> pd.DataFrame:
        """Credit notes with `counts`: whether they take quantity back, or lower the price."""
        notes, invoices = self.of_kind("credit_note"), self.of_kind("invoice")
        same = (
            notes[["place", "price", "currency"]]
            .apply(tuple, axis=1)
            .isin(set(invoices[["place", "price", "currency"]].itertuples(index=False, name=None)))
        )
        place = notes["place"].to_numpy()
        left = self.quantities("invoice") - self.quantities("credit_note") - self.received
        unpriced = ~_known(notes["price"].to_numpy(object))
        return notes.assign(counts=same.to_numpy(bool) | unpriced | ~_above(0, left[place]))

    def _credited(self, rows: pd.DataFrame) -> np.ndarray:
        """How much of each invoice line was credited: the newest lines of an order line first."""
        notes = self._credit_notes[self._credit_notes["counts"]]
        credit = _sums(notes["quantity"].to_numpy(object), notes["place"], self.count)
        quantity, place = rows["quantity"].to_numpy(object), rows["place"].to_numpy()
        later = _running(quantity[::-1], place[::-1])[::-1]
        return _between(credit[place] - later, Fraction(0), quantity)

    def _rebates(self, rows: pd.DataFrame) -> np.ndarray:
        """By how much credit notes that lower the price do so, for one unit of each invoice line."""
        notes = self._credit_notes[~self._credit_notes["counts"]]
        pairs = _pairs(rows, notes)
        value = pairs["quantity_theirs"].to_numpy(object) * pairs["price_theirs"].to_numpy(object)
        money = self.rates.money(value, pairs["currency_theirs"], pairs["dated_on"])
        place = rows["place"].to_numpy()
        live = _sums(rows["live"].to_numpy(object), place, self.count)[place]
        rebate = _divided(_sums(money, pairs["row"], len(rows)), live)
        rebate[~_known(rebate)] = Fraction(0)
        return rebate

    def _duplicates(self, rows: pd.DataFrame) -> np.ndarray:
        """Which invoice lines charge for the same a second time."""
        month = rows["dated_on"].dt.to_period("M").astype("str").where(rows["loose"], "")
        same = pd.DataFrame(
            {
                "place": rows["place"],
                "vendor": rows["vendor_key"],
                "currency": rows["currency"],
                "month": month,
                "quantity": rows["quantity"],
                "price": rows["price"].where(rows["price"].notna(), -1),
                "gone": ~_above(rows["live"], 0),
            }
        )
        live = rows["live"].to_numpy(object)
        so_far = _running(live, rows["place"].to_numpy()) + live
        ordered = rows["ordered"].where(rows["has_order"], Fraction(0)).to_numpy(object)
        most = np.maximum(ordered, rows["received"].to_numpy(object))
        again = same.duplicated().to_numpy() & _above(live, 0)
        return again & (_above(so_far, most) | rows["loose"].to_numpy())

    # ------------------------------------------------------------ prices to compare with

    def _ordered(self, rows: pd.DataFrame) -> np.ndarray:
        """The price ordered, at the invoice's date; the nearest one where there are several."""
        orders = self.of_kind("order")
        pairs = _pairs(rows, orders[orders["price"].notna()])
        pairs["found"] = self._at_invoice(pairs)
        gap = np.abs(pairs["found"].to_numpy(object) - pairs["price"].to_numpy(object))
        return _picked(pairs.assign(gap=gap.astype(float)), ["gap"], len(rows))

    def _quoted(self, rows: pd.DataFrame) -> np.ndarray:
        """The vendor's last quote before the order, else its first one after it, at the invoice's date."""
        quotes = self.of_kind("quote")
        pairs = _pairs(rows, quotes[quotes["price"].notna()])
        pairs = pairs[pairs["vendor_key"] == pairs["vendor_key_theirs"]].copy()
        pairs["found"] = self._at_invoice(pairs)
        basis = self.ordered_on.to_numpy()[pairs["place"]]
        basis = np.where(np.isnat(basis), pairs["dated_on"].to_numpy(), basis)
        apart = pairs["dated_on_theirs"].to_numpy() - basis
        pairs = pairs.assign(late=apart > np.timedelta64(0), apart=np.abs(apart))
        return _picked(pairs, ["late", "apart", "document_id_theirs", "line_theirs"], len(rows))

    def _checked(self, rows: pd.DataFrame) -> np.ndarray:
        """The cheapest of every vendor's last independent check before the invoice, else of the first ones after."""
        ours = rows[["item_key", "dated_on"]].assign(row=np.arange(len(rows)))
        pairs = ours.merge(self.checks, on="item_key")
        apart = pairs["seen_on"] - pairs["dated_on"]
        pairs = pairs.assign(late=apart > pd.Timedelta(0), apart=apart.abs())
        pairs = pairs.sort_values(["late", "apart"], kind="stable").drop_duplicates(["row", "vendor_key"])
        pairs["found"] = self.rates.money(
            pairs["price"].to_numpy(object), pairs["currency"], pairs["dated_on"]
        )
        return _picked(pairs.assign(cheap=pairs["found"].astype(float)), ["late", "cheap"], len(rows))

    def _at_invoice(self, pairs: pd.DataFrame) -> np.ndarray:
        return self.rates.money(
            pairs["price_theirs"].to_numpy(object), pairs["currency_theirs"], pairs["dated_on"]
        )

    # ------------------------------------------------------------ deliveries and payments

    def _timed(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Invoice lines with what is covered by deliveries, then and now, and the day on which all was there."""
        place = rows["place"].to_numpy()
        live = np.where(rows["duplicate"], Fraction(0), rows["live"].to_numpy(object))
        before = _running(live, place)
        need = before + live
        then = self._came_by(rows)
        now = rows["received"].to_numpy(object)
        covered_now, covered_then = (_between(came - before, Fraction(0), live) for came in (now, then))
        receipts = _so_far(self.of_kind("licence_receipt"))
        licence = rows["licence"].to_numpy(bool)
        receipted = self.quantities("licence_receipt")[place]
        arrived = self._reached(rows, need, self.arrivals)
        proved = self._reached(rows, need, receipts)
        days = [rows["dated_on"], self.ordered_on.to_numpy()[place], arrived]
        days.append(np.where(licence, proved, rows["dated_on"].to_numpy()))
        matched_on = np.maximum.reduce([np.asarray(day, "datetime64[us]") for day in days])  # NaT stays NaT
        return rows.assign(
            short=np.where(self._tolerated(need, now), Fraction(0), live - covered_now),
            late=np.where(
                self._tolerated(need, then), Fraction(0), np.maximum(covered_now - covered_then, Fraction(0))
            ),
            unproved=np.where(licence, _between(need - receipted, Fraction(0), live), Fraction(0)),
            matched_on=matched_on,
        )

    def _tolerated(self, need: np.ndarray, came: np.ndarray) -> np.ndarray:
        """Whether what was invoiced so far is within what came, or within either tolerance of something."""
        terms = self.contract.procurement
        excess = need - came
        within = ~_above(excess, _ratio(terms.quantity_ratio) * came) | ~_above(
            excess, _ratio(terms.quantity_abs)
        )
        return ~_above(excess, 0) | (_above(came, 0) & within)

    def _came_by(self, rows: pd.DataFrame) -> np.ndarray:
        """What had come, less what had gone back, by the day of each invoice line."""
        sums = []
        for moved in (self.arrivals, self.of_kind("return")):
            pairs = _pairs(rows, moved)
            pairs = pairs[pairs["dated_on_theirs"] <= pairs["dated_on"]]
            sums.append(_sums(pairs["quantity_theirs"].to_numpy(object), pairs["row"], len(rows)))
        return np.maximum(sums[0] - sums[1], Fraction(0))

    def _reached(self, rows: pd.DataFrame, need: np.ndarray, came: pd.DataFrame) -> np.ndarray:
        """The first day on which enough had come for each invoice line; NaT where it never did."""
        pairs = _pairs(rows, came)
        enough = self._tolerated(need[pairs["row"]], pairs["so_far"].to_numpy(object))
        first = pairs[enough].groupby("row")["dated_on_theirs"].min()
        return first.reindex(range(len(rows))).to_numpy("datetime64[us]")

    # ------------------------------------------------------------ exceptions

    @cached_property
    def found(self) -> pd.DataFrame:
        """For every invoice line and kind: units concerned, excess of price, amount; NaN where there is none."""
        rows = self.invoices
        live = rows["live"].to_numpy(object)
        single = ~rows["duplicate"].to_numpy(bool)
        ordered = single & rows["has_order"].to_numpy(bool)
        paid, matched = rows["paid_on"].to_numpy(), rows["matched_on"].to_numpy()
        early = single & ~np.isnat(paid) & (np.isnat(matched) | (paid < matched))
        short, late = (rows[name].to_numpy(object) for name in ("short", "late"))
        came = rows["came"].to_numpy(bool)
        nothing = Fraction(0)
        units = {
            DUPLICATE: np.where(single, nothing, live),
            NO_ORDER: np.where(single & ~ordered, live, nothing),
            PAID: np.where(early, live, nothing),
            NO_RECEIPT: np.where(ordered, rows["unproved"].to_numpy(object), nothing),
            EARLY: np.where(ordered & self._due_to_come, np.where(came, late, live), nothing),
            QUANTITY: np.where(ordered & came, short, nothing),
        }
        terms = self.contract.procurement
        tolerance = _ratio(terms.price_ratio), _ratio(terms.price_abs)
        excess = {
            OVER_ORDERED: self._over("price_ordered", *tolerance),
            OVER_QUOTED: self._over("price_quoted", *tolerance),
            OVER_CHECK: self._over("price_checked", _ratio(terms.check_ratio), Fraction(0)),
        }
        excess = {name: np.where(single, values, nothing) for name, values in excess.items()}
        return pd.DataFrame({**units, **excess}, dtype=object, index=rows.index)

    @property
    def _due_to_come(self) -> np.ndarray:
        """A licence without a packing slip comes with its receipt: lacking it is one exception, not two."""
        rows = self.invoices
        return ~(rows["licence"].to_numpy(bool) & ~rows["came"].to_numpy(bool))

    def _over(self, name: str, ratio: Fraction, absolute: Fraction) -> np.ndarray:
        """By how much a price is over another one, 0 within either tolerance."""
        theirs, ours = self.invoices[name].to_numpy(object), self.invoices["price"].to_numpy(object)
        excess = ours - theirs
        over = _above(excess, 0) & _above(excess, ratio * theirs) & _above(excess, absolute)
        return np.where(over & _above(self.invoices["live"], 0), excess, Fraction(0))

    def _in_period(self, days: pd.Series | np.ndarray) -> np.ndarray:
        days = np.asarray(days, dtype="datetime64[us]")
        return np.full(len(days), True) if self.start is None else days >= self.start.to_datetime64()

    @cached_property
    def of_period(self) -> pd.DataFrame:
        """`found` for the period: a payment counts when it and its invoice are there, all else with the invoice."""
        dated = self._in_period(self.invoices["dated_on"])
        paid = self._in_period(
            np.fmax(self.invoices["paid_on"].to_numpy(), self.invoices["dated_on"].to_numpy())
        )
        return self.found.apply(
            lambda kind: kind.where(paid if kind.name == PAID else dated, Fraction(0)), result_type=None
        )

    @cached_property
    def staked(self) -> pd.DataFrame:
        """`stakes` of the period."""
        return self.stakes(self.of_period)

    def stakes(self, found: pd.DataFrame) -> pd.DataFrame:
        """What each exception adds to the money at stake of its line: units first, then the excess on the rest."""
        price, live = (self.invoices[name].to_numpy(object) for name in ("price", "live"))
        added, units = {}, np.full(len(found), Fraction(0), dtype=object)
        for kind in (DUPLICATE, NO_ORDER, PAID, NO_RECEIPT, QUANTITY, EARLY):
            own = found[kind].to_numpy(object)
            # what came late is never among what is short
            concerned = np.minimum(units + own, live) if kind == EARLY else np.maximum(units, own)
            added[kind] = (concerned - units) * price
            units = concerned
        excess = np.full(len(found), Fraction(0), dtype=object)
        for kind in (OVER_ORDERED, OVER_QUOTED, OVER_CHECK):
            own = np.maximum(excess, found[kind].to_numpy(object))
            added[kind] = (own - excess) * (live - units)
            excess = own
        return pd.DataFrame(added, dtype=object, index=found.index)

    def match(self) -> pd.DataFrame:
        """The record procurement/match."""
        rows, found, stakes = self.invoices, self.of_period, self.staked
        price, live = rows["price"].to_numpy(object), rows["live"].to_numpy(object)
        parts = []
        for kind in found:
            own = found[kind].to_numpy(object)
            there = _above(own, 0)
            amount = own * (live if kind in (OVER_ORDERED, OVER_QUOTED, OVER_CHECK) else price)
            parts.append(
                rows.assign(exception=kind, amount=amount, at_stake=stakes[kind].to_numpy(object), why=None)[
                    there
                ]
            )
        open_lines = self._in_period(rows["dated_on"]) & ~rows["duplicate"].to_numpy(bool) & _above(live, 0)
        why = self._cannot_compare
        unsure = why["kind"].notna().to_numpy() & open_lines
        lacking = {"exception": why["kind"], "amount": NAN, "at_stake": NAN, "why": why["why"]}
        parts.append(rows.assign(**lacking)[unsure])
        parts.append(self._split_rows())
        return _ranked(_record(pd.concat([part for part in parts if len(part)] or parts[:1]), _MATCH))

    @cached_property
    def _cannot_compare(self) -> pd.DataFrame:
        """Why an invoice line cannot be compared, None where it can."""
        rows = self.invoices
        no_price = rows["price_own"].isna() & ~rows["no_rate"]
        kind = pd.Series(None, index=rows.index, dtype=object)
        kind = kind.mask(no_price, NO_PRICE).mask(rows["no_rate"], NO_RATE)
        day = rows["dated_on"].dt.strftime("%Y-%m-%d")
        why = pd.Series(None, index=rows.index, dtype=object)
        why = why.mask(no_price, "the invoice names no usable price")
        return pd.DataFrame(
            {
                "kind": kind,
                "why": why.mask(rows["no_rate"], "no rate of " + rows["currency"] + " on or before " + day),
            }
        )

    # ------------------------------------------------------------ split orders

    @cached_property
    def small_orders(self) -> pd.DataFrame:
        """Orders that pass no approval limit alone, by vendor and day, with their money and what invoices put at stake.

        Money is at the rates of the order lines' dates; an order without a price in it is left out.
        """
        rows = self.of_kind("order")
        each = self.rates.money(rows["price"].to_numpy(object), rows["currency"], rows["dated_on"])
        rows = rows.assign(money=rows["quantity"].to_numpy(object) * each)
        rows["by_provider"] = rows["ordered_by"].isin(_provider(self.contract))
        staked = self.staked.sum(axis=1).to_numpy(object)
        at_line = _sums(np.where(_known(staked), staked, Fraction(0)), self.invoices["place"], self.count)
        at_line = np.where(rows.duplicated("place"), Fraction(0), at_line[rows["place"]])
        grouped = rows.assign(staked=at_line).groupby(["vendor_key", "order_key"])
        orders = grouped[["vendor", "order_id"]].first()
        orders = orders.assign(
            dated_on=grouped["dated_on"].min(), by_provider=grouped["by_provider"].any(),
            money=grouped["money"].sum(), staked=grouped["staked"].sum(),
        ).reset_index()  # fmt: skip
        priced = orders["money"].notna().to_numpy() & _above(orders["money"], 0)
        small = priced & ~_above(orders["money"], Fraction(self.strategy.approval.limit))
        return orders[small].sort_values(["vendor_key", "dated_on", "order_key"], ignore_index=True)

    @cached_property
    def splits(self) -> pd.DataFrame:
        """One row per order in each split: the window's number and money, and the small order's row.

        A window begins with an order and holds all of its vendor within together_days; one that lies in another is
        none of its own.
        """
        limit = self.strategy.approval.limit
        orders = pd.DataFrame() if limit is None else self.small_orders
        if orders.empty:
            return pd.DataFrame()
        span = round(self.strategy.approval.together_days * DAY)
        day = orders["dated_on"].to_numpy("datetime64[us]").astype("int64")
        # one axis for all vendors, each farther from the next than any window reaches
        axis = day - day.min() + pd.factorize(orders["vendor_key"])[0] * (int(np.ptp(day)) + span + DAY)
        first = np.arange(len(orders))
        last = np.searchsorted(axis, axis + span, side="right") - 1
        sums = np.concatenate([[Fraction(0)], np.cumsum(orders["money"].to_numpy(object))])
        amount = sums[last + 1] - sums[first]
        inside = np.concatenate([[False], last[:-1] >= last[1:]])
        recent = self._in_period(orders["dated_on"].to_numpy()[last])
        found = np.flatnonzero(_above(amount, Fraction(limit)) & ~inside & recent)
        sizes = last[found] - first[found] + 1
        split = np.repeat(found, sizes)
        member = split + np.arange(len(split)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return orders.iloc[member].assign(split=split, amount=amount[split])

    def _split_rows(self) -> pd.DataFrame:
        """One row per split for the record; at stake is what its invoice lines do not already put there."""
        orders = self.splits
        if orders.empty:
            return orders
        more = np.maximum(orders["money"].to_numpy(object) - orders["staked"].to_numpy(object), Fraction(0))
        again = orders.duplicated(["vendor_key", "order_key"])
        grouped = orders.assign(more=np.where(again, Fraction(0), more)).groupby("split")
        return pd.DataFrame(
            {
                "order_id": grouped["order_id"].agg("; ".join),
                "vendor": grouped["vendor"].first(),
                "dated_on": grouped["dated_on"].max(),
                "by_provider": grouped["by_provider"].any(),
                "amount": grouped["amount"].first(),
                "at_stake": grouped["more"].sum(),
                "exception": SPLIT,
            }
        )

    # ------------------------------------------------------------ the other frames

    def lines(self) -> pd.DataFrame:
        """Every invoice line of the period, and whether its documents agree."""
        rows = self._judged(self.of_period)
        stakes = self.staked.sum(axis=1, skipna=False).to_numpy(object)
        rows = rows.assign(amount=rows["live"] * rows["price"], at_stake=stakes)
        return _record(rows[self._in_period(rows["dated_on"])], _LINES)

    def _judged(self, found: pd.DataFrame) -> pd.DataFrame:
        """Invoice lines with their `state` and the names of their `exceptions`."""
        rows = self.invoices
        named = np.full(len(rows), "", dtype=object)
        for kind in found:
            there = _above(found[kind], 0)
            named = np.where(there, named + np.where(named == "", "", "; ") + kind, named)
        state = np.where(self._cannot_compare["kind"].notna(), "cannot tell", "agrees")
        state = np.where(named != "", "exception", state)
        state = np.where(_above(rows["live"], 0), state, "credited")
        return rows.assign(state=state, exceptions=named)

    def unchecked(self) -> pd.DataFrame:
        """Order lines of the period that the provider ordered, whose price nobody independent looked up."""
        rows = self.of_kind("order")
        provider = rows["ordered_by"].isin(_provider(self.contract))
        seen = rows["item_key"].isin(self.checks["item_key"])
        rows = rows[provider & ~seen & self._in_period(rows["dated_on"])]
        each = self.rates.money(rows["price"].to_numpy(object), rows["currency"], rows["dated_on"])
        rows = rows.assign(price_ordered=each, amount=rows["quantity"].to_numpy(object) * each)
        unknown = ~_known(each)
        rows["why"] = np.where(unknown, "its price in the client's currency is not known", None)
        return _ranked(_record(rows, _UNCHECKED))

    def due(self, on: pd.Timestamp) -> pd.DataFrame:
        """Every unpaid invoice with its decision."""
        rows = self._judged(self.found)
        split = self.splits
        if len(split):
            keys = pd.MultiIndex.from_frame(split[["vendor_key", "order_key"]])
            mine = pd.MultiIndex.from_frame(rows[["vendor_key", "order_key"]]).isin(keys) & _above(
                rows["live"], 0
            )
            named = rows["exceptions"].to_numpy(object)
            rows["exceptions"] = np.where(mine, named + np.where(named == "", "", "; ") + SPLIT, named)
            rows["state"] = np.where(mine, "exception", rows["state"])
        bare = rows["has_order"] & rows["price_ordered"].isna() & rows["price_quoted"].isna()
        bare &= rows["state"] == "agrees"
        rows["state"] = np.where(bare, "cannot tell", rows["state"])
        unsure = self._cannot_compare["why"].mask(bare, _NO_AGREED_PRICE)
        why = np.where(rows["state"] == "exception", rows["exceptions"], unsure)
        amount = rows["live"] * rows["price"]
        stakes = self.stakes(self.found).sum(axis=1, skipna=False).to_numpy(object)
        whole = amount.where(rows["exceptions"].str.contains(SPLIT, regex=False), stakes)
        rows = rows.assign(why=why, amount=amount, at_stake=whole.to_numpy(object))
        rows = rows[rows["paid_on"].isna() & _above(rows["live"], 0)]
        grouped = rows.groupby(["vendor_key", "document_id"], sort=False)
        states = {"exception": 0, "cannot tell": 1, "agrees": 2}
        decisions = np.array(["hold", "cannot tell", "release"], dtype=object)
        listed = pd.DataFrame(
            {
                "vendor": grouped["vendor"].first(),
                "due_on": grouped["due_on"].min(),
                "dated_on": grouped["dated_on"].min(),
                "currency": grouped["currency"].agg(lambda codes: "; ".join(sorted(set(codes)))),
                "decision": decisions[grouped["state"].agg(lambda s: s.map(states).min()).to_numpy("int64")],
                "why": grouped["why"].agg(_reasons),
                "amount": grouped["amount"].agg(lambda values: values.sum(skipna=False)),
                "at_stake": grouped["at_stake"].agg(lambda values: values.sum(skipna=False)),
                "lines": grouped.size(),
            }
        ).reset_index()
        listed["days_to_due"] = (listed["due_on"] - on).dt.days.astype("Int64")
        order = ["due_on", "vendor_key", "document_id"]
        return _record(listed.sort_values(order, kind="stable"), _DUE)


def _provider(contract: Contract) -> set[str]:
    """What the provider may be called."""
    return {contract.provider.name.strip().casefold(), "provider", "the provider"}


def _checks(
    prices: pd.DataFrame | None, provider: set[str], home: str | None, end: pd.Timestamp | None
) -> pd.DataFrame:
    """Independent price checks up to the cut-off: item_key, vendor_key, seen_on, price, currency."""
    rows = pd.DataFrame(columns=["item", "seen_on", "unit_price"]) if prices is None else prices
    rows = rows.reset_index(drop=True)
    checks = pd.DataFrame(
        {
            "item_key": _key(_text(rows, "item")),
            "vendor_key": _key(_text(rows, "vendor")),
            "seen_on": _dates(rows, "seen_on"),
            "price": _exact(rows["unit_price"]),
            "currency": _text(rows, "currency").str.upper().replace("", home or ""),
        }
    )
    kept = (
        ~_key(_text(rows, "checked_by")).isin(provider) & checks["seen_on"].notna() & checks["price"].notna()
    )
    if end is not None:
        kept &= checks["seen_on"] < end
    return checks[kept].sort_values(["item_key", "vendor_key", "seen_on"], kind="stable", ignore_index=True)


def _so_far(rows: pd.DataFrame) -> pd.DataFrame:
    """Deliveries in the order of their dates, with the total of their order line so far."""
    rows = rows.sort_values(["place", "dated_on", "document_id", "line"], kind="stable", ignore_index=True)
    quantity = rows["quantity"].to_numpy(object)
    return rows.assign(so_far=_running(quantity, rows["place"].to_numpy()) + quantity)


def _pairs(rows: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Every invoice line beside every other line of its order line, whose columns end in `_theirs`."""
    ours = rows[["place", "dated_on", "price", "vendor_key"]].assign(row=np.arange(len(rows)))
    shared = ["place", "dated_on", "price", "vendor_key", "currency", "quantity", "document_id", "line"]
    more = ["so_far"] if "so_far" in others else []
    theirs = others[[*shared, *more]].rename(columns={name: f"{name}_theirs" for name in shared[1:]})
    return ours.merge(theirs, on="place")


def _picked(pairs: pd.DataFrame, by: list[str], count: int) -> np.ndarray:
    """The `found` of the first pair of each row; NaN where it has none."""
    first = pairs.sort_values(by, kind="stable").drop_duplicates("row")
    values = np.full(count, NAN, dtype=object)
    values[first["row"]] = first["found"].to_numpy(object)
    return values


def _reasons(texts: pd.Series) -> str | None:
    """Each reason once, in the order in which they come."""
    parts = [part for text in texts.dropna() if text for part in text.split("; ")]
    return "; ".join(dict.fromkeys(parts)) or None


def _record(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Rows with the columns of a record: fractions as decimals, every column there, missing text None."""
    rows = rows.rename(columns={"price": "price_invoiced"}).reindex(columns=columns).reset_index(drop=True)
    for name in rows:
        if name in _DATES:
            rows[name] = rows[name].astype("datetime64[us]")
        elif name in ("by_provider",):
            rows[name] = rows[name].astype("boolean").fillna(False).astype(bool)
        elif name in _NUMBERS:
            values = _decimals(rows[name].astype(object).where(rows[name].notna(), NAN).to_numpy(object))
            rows[name] = pd.Series(values, index=rows.index, dtype=object)
        elif name not in ("lines", "days_to_due"):
            rows[name] = rows[name].astype("str").where(rows[name].notna() & (rows[name] != ""))
    return rows


_NUMBERS = frozenset(
    name
    for name in (*_MATCH, *_LINES, *_UNCHECKED, *_DUE)
    if name.startswith("price_")
    or name in ("quoted", "ordered", "received", "invoiced", "receipted", "amount", "at_stake", "quantity")
)


def _ranked(rows: pd.DataFrame) -> pd.DataFrame:
    """The most money first, what is not known last; the rest by name, so that the order of input does not show."""
    names = [
        name
        for name in ("dated_on", "document_id", "order_id", "line", "order_line", "exception")
        if name in rows
    ]
    keys = rows[names].assign(size=-rows["amount"].astype(float))
    return rows.loc[keys.sort_values(["size", *names], kind="stable").index].reset_index(drop=True)
