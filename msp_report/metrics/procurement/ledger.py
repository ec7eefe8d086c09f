"""The ledger: all documents joined, and what every invoice line was found to be (rule 27).

Decided here, where the rule leaves room:

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
  it where there is none).
- A tolerance is that of one unit's price, and of the quantity of an order line so far.
- A split is a window of `together_days` after an order's date that no longer one holds; its orders may stand in two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.procurement.documents import (
    Rates,
    documents,
    home_currency,
    price_checks,
)
from msp_report.metrics.procurement.exact import NAN, above, between, divided, known, ratio, running, sums
from msp_report.model.columns import DAY, civil_day
from msp_report.model.names import normal_name
from msp_report.params import Contract, Strategy, as_contract, as_strategy

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


@dataclass(frozen=True)
class Ledger:
    """All documents up to the cut-off, joined, with what every invoice line was found to be."""

    docs: pd.DataFrame
    checks: pd.DataFrame
    rates: Rates
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
    ) -> Ledger:
        """The canonical tables with their look-back, joined; parameters and raises as `procurement.match`."""
        agreed = as_contract(contract)
        zone = agreed.client.timezone
        first, last = (None if at is None else civil_day(at, zone) for at in (start, end))
        if last is not None:
            agreed = agreed.on((first or last - pd.Timedelta(days=1)).date())
        if purchases is None:
            purchases = pd.DataFrame(columns=["document", "quantity", "dated_on"])
        home = home_currency(agreed, purchases)
        docs = documents(purchases, agreed, home, last)
        checks = price_checks(prices, agreed, home, last)
        return cls(docs, checks, Rates.of(rates, home), agreed, as_strategy(strategy), first, last)

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
        return sums(rows["quantity"].to_numpy(object), rows["place"], self.count)

    def has(self, document: str) -> np.ndarray:
        """Which order lines have such a document."""
        found = np.zeros(self.count, dtype=bool)
        found[self.of_kind(document)["place"]] = True
        return found

    @cached_property
    def licences(self) -> np.ndarray:
        """Which order lines are licences: one of their documents says so, or the contract names the item."""
        said = self.docs.groupby("place")["licence"].max()
        names = set(map(normal_name, self.contract.licences))
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
        came = sums(self.arrivals["quantity"].to_numpy(object), self.arrivals["place"], self.count)
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
        rows["no_rate"] = known(rows["price"].to_numpy(object)) & ~known(gross)
        rebates = self._rebates(rows)
        gone = above(rebates, 0) & ~above(gross, rebates)
        rows["live"] = rows["live"].mask(gone, Fraction(0))
        rows["duplicate"] = self._duplicates(rows)
        rows["price_own"] = rows["price"]
        rows["price"] = gross - np.where(gone, Fraction(0), rebates)
        rows["invoiced"] = sums(rows["live"].to_numpy(object), place, self.count)[place]
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
        by_provider[ours.loc[ours["by_provider"], "place"]] = True
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
        unpriced = ~known(notes["price"].to_numpy(object))
        return notes.assign(counts=same.to_numpy(bool) | unpriced | ~above(0, left[place]))

    def _credited(self, rows: pd.DataFrame) -> np.ndarray:
        """How much of each invoice line was credited: the newest lines of an order line first."""
        notes = self._credit_notes[self._credit_notes["counts"]]
        credit = sums(notes["quantity"].to_numpy(object), notes["place"], self.count)
        quantity, place = rows["quantity"].to_numpy(object), rows["place"].to_numpy()
        later = running(quantity[::-1], place[::-1])[::-1]
        return between(credit[place] - later, Fraction(0), quantity)

    def _rebates(self, rows: pd.DataFrame) -> np.ndarray:
        """By how much credit notes that lower the price do so, for one unit of each invoice line."""
        notes = self._credit_notes[~self._credit_notes["counts"]]
        pairs = _beside(rows, notes)
        value = pairs["quantity_theirs"].to_numpy(object) * pairs["price_theirs"].to_numpy(object)
        money = self.rates.money(value, pairs["currency_theirs"], pairs["dated_on"])
        place = rows["place"].to_numpy()
        live = sums(rows["live"].to_numpy(object), place, self.count)[place]
        rebate = divided(sums(money, pairs["row"], len(rows)), live)
        rebate[~known(rebate)] = Fraction(0)
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
                "gone": ~above(rows["live"], 0),
            }
        )
        live = rows["live"].to_numpy(object)
        so_far = running(live, rows["place"].to_numpy()) + live
        ordered = rows["ordered"].where(rows["has_order"], Fraction(0)).to_numpy(object)
        most = np.maximum(ordered, rows["received"].to_numpy(object))
        again = same.duplicated().to_numpy() & above(live, 0)
        return again & (above(so_far, most) | rows["loose"].to_numpy())

    # ------------------------------------------------------------ prices to compare with

    def _ordered(self, rows: pd.DataFrame) -> np.ndarray:
        """The price ordered, at the invoice's date; the nearest one where there are several."""
        orders = self.of_kind("order")
        pairs = _beside(rows, orders[orders["price"].notna()])
        pairs["found"] = self._at_invoice(pairs)
        gap = np.abs(pairs["found"].to_numpy(object) - pairs["price"].to_numpy(object))
        return _picked(pairs.assign(gap=gap.astype(float)), ["gap"], len(rows))

    def _quoted(self, rows: pd.DataFrame) -> np.ndarray:
        """The vendor's last quote before the order, else its first one after it, at the invoice's date."""
        quotes = self.of_kind("quote")
        pairs = _beside(rows, quotes[quotes["price"].notna()])
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
        before = running(live, place)
        need = before + live
        then = self._came_by(rows)
        now = rows["received"].to_numpy(object)
        covered_now, covered_then = (between(came - before, Fraction(0), live) for came in (now, then))
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
            unproved=np.where(licence, between(need - receipted, Fraction(0), live), Fraction(0)),
            matched_on=matched_on,
        )

    def _tolerated(self, need: np.ndarray, came: np.ndarray) -> np.ndarray:
        """Whether what was invoiced so far is within what came, or within either tolerance of something."""
        terms = self.contract.procurement
        excess = need - came
        within = ~above(excess, ratio(terms.quantity_ratio) * came) | ~above(
            excess, ratio(terms.quantity_abs)
        )
        return ~above(excess, 0) | (above(came, 0) & within)

    def _came_by(self, rows: pd.DataFrame) -> np.ndarray:
        """What had come, less what had gone back, by the day of each invoice line."""
        came = []
        for moved in (self.arrivals, self.of_kind("return")):
            pairs = _beside(rows, moved)
            pairs = pairs[pairs["dated_on_theirs"] <= pairs["dated_on"]]
            came.append(sums(pairs["quantity_theirs"].to_numpy(object), pairs["row"], len(rows)))
        return np.maximum(came[0] - came[1], Fraction(0))

    def _reached(self, rows: pd.DataFrame, need: np.ndarray, came: pd.DataFrame) -> np.ndarray:
        """The first day on which enough had come for each invoice line; NaT where it never did."""
        pairs = _beside(rows, came)
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
        tolerance = ratio(terms.price_ratio), ratio(terms.price_abs)
        excess = {
            OVER_ORDERED: self._excess("price_ordered", *tolerance),
            OVER_QUOTED: self._excess("price_quoted", *tolerance),
            OVER_CHECK: self._excess("price_checked", ratio(terms.check_ratio), Fraction(0)),
        }
        excess = {name: np.where(single, values, nothing) for name, values in excess.items()}
        return pd.DataFrame({**units, **excess}, dtype=object, index=rows.index)

    @property
    def _due_to_come(self) -> np.ndarray:
        """A licence without a packing slip comes with its receipt: lacking it is one exception, not two."""
        rows = self.invoices
        return ~(rows["licence"].to_numpy(bool) & ~rows["came"].to_numpy(bool))

    def _excess(self, name: str, ratio: Fraction, absolute: Fraction) -> np.ndarray:
        """By how much a price is over another one, 0 within either tolerance."""
        theirs, ours = self.invoices[name].to_numpy(object), self.invoices["price"].to_numpy(object)
        excess = ours - theirs
        over = above(excess, 0) & above(excess, ratio * theirs) & above(excess, absolute)
        return np.where(over & above(self.invoices["live"], 0), excess, Fraction(0))

    def in_period(self, days: pd.Series | np.ndarray) -> np.ndarray:
        days = np.asarray(days, dtype="datetime64[us]")
        return np.full(len(days), True) if self.start is None else days >= self.start.to_datetime64()

    @cached_property
    def of_period(self) -> pd.DataFrame:
        """`found` for the period: a payment counts when it and its invoice are there, all else with the invoice."""
        dated = self.in_period(self.invoices["dated_on"])
        paid = self.in_period(
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

    @cached_property
    def incomparable(self) -> pd.DataFrame:
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
        staked = self.staked.sum(axis=1).to_numpy(object)
        at_line = sums(np.where(known(staked), staked, Fraction(0)), self.invoices["place"], self.count)
        at_line = np.where(rows.duplicated("place"), Fraction(0), at_line[rows["place"]])
        grouped = rows.assign(staked=at_line).groupby(["vendor_key", "order_key"])
        orders = grouped[["vendor", "order_id"]].first()
        orders = orders.assign(
            dated_on=grouped["dated_on"].min(), by_provider=grouped["by_provider"].any(),
            money=grouped["money"].sum(), staked=grouped["staked"].sum(),
        ).reset_index()  # fmt: skip
        priced = orders["money"].notna().to_numpy() & above(orders["money"], 0)
        small = priced & ~above(orders["money"], Fraction(self.strategy.approval.limit))
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
        so_far = np.concatenate([[Fraction(0)], np.cumsum(orders["money"].to_numpy(object))])
        amount = so_far[last + 1] - so_far[first]
        inside = np.concatenate([[False], last[:-1] >= last[1:]])
        recent = self.in_period(orders["dated_on"].to_numpy()[last])
        found = np.flatnonzero(above(amount, Fraction(limit)) & ~inside & recent)
        sizes = last[found] - first[found] + 1
        split = np.repeat(found, sizes)
        member = split + np.arange(len(split)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return orders.iloc[member].assign(split=split, amount=amount[split])


def _so_far(rows: pd.DataFrame) -> pd.DataFrame:
    """Deliveries in the order of their dates, with the total of their order line so far."""
    rows = rows.sort_values(["place", "dated_on", "document_id", "line"], kind="stable", ignore_index=True)
    quantity = rows["quantity"].to_numpy(object)
    return rows.assign(so_far=running(quantity, rows["place"].to_numpy()) + quantity)


def _beside(rows: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
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
