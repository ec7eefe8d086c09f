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
  another kind as well. A second fee of one month is one too.
- Paid before matched is paid before the order, the invoice, all that it charges for and the licence receipt were
  there. Prices that disagree are exceptions of their own.
- The price ordered is the nearest one where an order line has several that are not younger than the invoice; the price
  quoted is the vendor's last quote before the order; the check is the cheapest of every vendor's last check before the
  invoice (the first one after it where there is none). A quote that is younger than its order is none.
- What an order is worth is judged whole, at the rates of its lines' dates.
- What an order line is says the order; where it does not, and only the invoice says that nothing is shipped, or where
  the name of a product for which licences are counted is a part of the item's and nobody says whether it is one, a
  slip or receipt that lacks is not known to lack.
- Freight and rounding that the order does not have pass within the tolerances for prices, taken of the rest of the
  document; rounding under one unit of money always does. More than that nobody has ordered: cannot tell.
- Units are counted by the order of dates: what lacks, or came late, are the newest ones of an invoice line, whatever
  is wrong with them.
- Where an amount is in a currency without a rate, prices of the same currency are compared all the same; the money is
  not known then.
- A split is a window of `together_days` after an order's date that no longer one holds; its orders may stand in two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from msp_report.metrics.procurement.exact import (
    NAN,
    above,
    between,
    divided,
    exact,
    known,
    ratio,
    running,
    sums,
)
from msp_report.metrics.procurement.unread import Unread
from msp_report.model.columns import DAY, civil_day
from msp_report.model.names import normal, normal_name, vendor_form
from msp_report.model.statistics import is_another_unit
from msp_report.params import Contract, Strategy, as_contract, as_strategy

#: The exceptions of rule 27, those that put the whole line at stake first.
DUPLICATE = "duplicate invoice"
NO_ORDER = "no order"
VENDOR = "vendor differs from the order's"
ITEM = "item differs"
NO_QUOTE = "no quote"
NOT_APPROVED = "not approved"
OWN_ORDER = "ordered by the provider and unchecked"
NO_CHECK = "price not checked"
LATE_ORDER = "order dated after the invoice or the delivery"
PAID = "paid before matched"
NO_RECEIPT = "licence without a receipt"
OVER_ORDER = "quantity over ordered"
QUANTITY = "quantity over received"
EARLY = "invoiced before received"
OVER_ORDERED = "price over ordered"
OVER_QUOTED = "price over quoted"
OVER_CHECK = "price over the independent check"
SPLIT = "orders split under the approval limit"
#: The newest units of a line, or all of it.
UNITS = (
    *(DUPLICATE, NO_ORDER, VENDOR, ITEM, NO_QUOTE, NOT_APPROVED, OWN_ORDER, NO_CHECK, LATE_ORDER, PAID),
    *(NO_RECEIPT, OVER_ORDER, QUANTITY),
)
PRICES = (OVER_ORDERED, OVER_QUOTED, OVER_CHECK)
EXCEPTIONS = (*UNITS, EARLY, *PRICES, SPLIT)
#: What no later document can mend; an approver may accept it by name.
PAST = (ITEM, NO_QUOTE, NOT_APPROVED, OWN_ORDER, NO_CHECK, LATE_ORDER, EARLY, SPLIT)
#: Documents that the whole register lacks.
NO_ORDERS, NO_SLIPS = "no orders supplied", "no packing slips supplied"
NO_RECEIPTS, NO_QUOTES = "no licence receipts supplied", "no quotes supplied"
NO_CHECKS = "no price checks supplied"
NOT_SUPPLIED = (NO_ORDERS, NO_SLIPS, NO_RECEIPTS, NO_QUOTES, NO_CHECKS)
#: What keeps a line from being compared; listed with the exceptions, but neither counted nor priced.
NO_RATE, NO_PRICE, NOT_STATED = "no exchange rate", "no price", "not stated"
NOT_READ = "a rejected row"
UNSURE = (NO_RATE, NO_PRICE, NOT_STATED, NOT_READ, *NOT_SUPPLIED)
#: So much of a currency, or more, is no rounding.
MOST_ROUNDED = 1
#: Lines that are never shipped, and those of them that go with the rest of their document.
_UNSHIPPED, _ALONG = ("service", "freight", "rounding"), ("freight", "rounding")


@dataclass(frozen=True)
class Ledger:
    """All documents up to the cut-off, joined, with what every invoice line was found to be."""

    docs: pd.DataFrame
    checks: pd.DataFrame
    rates: Rates
    contract: Contract
    agreed: Contract
    """The contract with all its amendments; `contract` is as it holds in the period."""
    strategy: Strategy
    start: pd.Timestamp | None
    end: pd.Timestamp | None
    unread: Unread | None = None
    """The rejected rows; None where nobody asked for them."""

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
        unread: Unread | None = None,
    ) -> Ledger:
        """The canonical tables with their look-back, joined; parameters and raises as `procurement.match`."""
        agreed = whole = as_contract(contract)
        zone = agreed.client.timezone
        first, last = (None if at is None else civil_day(at, zone) for at in (start, end))
        if last is not None:
            agreed = agreed.on((first or last - pd.Timedelta(days=1)).date())
        if purchases is None:
            purchases = pd.DataFrame(columns=["document", "quantity", "dated_on"])
        home = home_currency(agreed, purchases)
        wanted = as_strategy(strategy)
        docs = documents(purchases, agreed, wanted.approval.approvers, home, last)
        checks = price_checks(prices, agreed, home, last)
        return cls(docs, checks, Rates.of(rates, home), agreed, whole, wanted, first, last, unread)

    # ------------------------------------------------------------ order lines

    @cached_property
    def _by_kind(self) -> dict[str, pd.DataFrame]:
        return dict(iter(self.docs.groupby("document")))

    def of_kind(self, document: str) -> pd.DataFrame:
        """The lines of one kind of document."""
        if document not in self._by_kind:
            self._by_kind[document] = self.docs[:0]
        return self._by_kind[document]

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

    def _any(self, lines: pd.Series, of: str | None = None) -> np.ndarray:
        """Which order lines have a line of which something is so, of one kind of document or of any."""
        found = np.zeros(self.count, dtype=bool)
        rows = self.docs if of is None else self.of_kind(of)
        found[rows.loc[lines.reindex(rows.index).to_numpy(bool), "place"]] = True
        return found

    @cached_property
    def licences(self) -> np.ndarray:
        """Which order lines are licences: one of their documents says so, one of any order says so of the same item, a
        receipt names it, or the contract does. A flag taken off some rows takes no receipt away (rule 43)."""
        said = self.docs["licence"].fillna(False).astype(bool)
        named = self.docs.loc[said | self.docs["document"].eq("licence_receipt"), "item_key"]
        items = {*map(normal_name, self.contract.licences), *named} - {""}
        return self._any(said | self.docs["item_key"].isin(items))

    @cached_property
    def perhaps_licences(self) -> np.ndarray:
        """Which may be: the item's name has all words of a product of the contract, and nobody says yes or no."""
        words = " " + self.docs["item_key"].str.replace(r"[^\w]+", " ", regex=True) + " "
        like = pd.Series(False, index=self.docs.index)
        for product in self.contract.licences:
            parts = [words.str.contains(f" {word} ", regex=False) for word in normal_name(product).split()]
            like |= np.logical_and.reduce(parts) if parts else False
        return self._any(like) & ~self._any(self.docs["licence"].notna()) & ~self.licences

    @cached_property
    def kinds(self) -> pd.Series:
        """What each line is: as it says, else a service where the contract says that it never comes, else empty. What
        is called rounding and is more than that is not."""
        names = pd.Series(self.contract.procurement.never_received, dtype="str")
        never = self.docs["item_key"].isin(normal(names)) | self.docs["vendor_key"].isin(vendor_form(names))
        said = self.docs["line_kind"]
        money = self.docs["quantity"].to_numpy(object) * self.docs["price"].to_numpy(object)
        small = above(MOST_ROUNDED, money) & above(money, -MOST_ROUNDED)
        return said.mask((said == "") & never, "service").mask(
            said.eq("rounding") & known(money) & ~small, ""
        )

    @cached_property
    def unshipped(self) -> tuple[np.ndarray, np.ndarray]:
        """Which order lines nobody ships; and which may be such, as only their invoices say so. What came with a
        packing slip was shipped, whatever it is called."""
        ordered, kind = self.has("order"), self.kinds
        goods = self._any(~kind.isin((*_UNSHIPPED, "")), "order") | self._any(kind == "goods", "invoice")
        goods |= self.has("packing_slip")
        by_order = self._any(kind.isin(_UNSHIPPED), "order")
        by_invoice = self._any(kind.isin(_UNSHIPPED), "invoice") & ~goods
        blank = self._any(kind == "", "order")
        sure = ~goods & np.where(ordered, by_order & ~blank, by_invoice)
        return sure, by_invoice & ~sure

    @cached_property
    def orders(self) -> pd.DataFrame:
        """One row per order, by vendor and number, with its day and its money [client's currency, at its lines' dates].

        Money is missing where a line of the order has no price or its currency no rate.
        """
        rows = self.of_kind("order")
        each = self.rates.money(rows["price"].to_numpy(object), rows["currency"], rows["dated_on"])
        rows = rows.assign(money=rows["quantity"].to_numpy(object) * each, unknown=~known(each))
        grouped = rows.groupby(["vendor_key", "order_key"])
        orders = grouped[["vendor", "order_id", "pair"]].first()
        unknown = grouped["unknown"].any()
        return orders.assign(
            dated_on=grouped["dated_on"].min(),
            by_provider=grouped["by_provider"].any(),
            money=grouped["money"].sum().mask(unknown, NAN),
        ).reset_index()

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
        rows = (
            self.of_kind("invoice")
            .assign(source=lambda found: found.index)
            .sort_values(["place", "dated_on", "document_id", "line"], kind="stable", ignore_index=True)
        )
        place = rows["place"].to_numpy()
        at = {name: values[place] for name, values in self._by_place.items()}
        rows = rows.assign(live=rows["quantity"].to_numpy(object) - self._credited(rows), **at)
        own = rows["price"].to_numpy(object)
        gross = self.rates.money(own, rows["currency"], rows["dated_on"])
        rows["foreign"] = known(own) & ~known(gross)
        gross = np.where(rows["foreign"], own, gross)
        rebates = self._rebates(rows)
        gone = above(rebates, 0) & ~above(gross, rebates)
        rows["live"] = rows["live"].mask(gone, Fraction(0))
        fee, again = self._fees(rows, gross)
        rows["fee"] = fee
        rows["duplicate"] = ~fee & (self._duplicates(rows) | again)
        rows["price_own"] = rows["price"]
        rows["price"] = gross - np.where(gone, Fraction(0), rebates)
        rows["invoiced"] = sums(rows["live"].to_numpy(object), place, self.count)[place]
        rows["price_ordered"], one = self._ordered(rows)
        rows["price_quoted"], other = self._quoted(rows)
        rows["price_checked"], third = self._checked(rows)
        rows["uncompared"] = one | other | third
        rows["along"] = self._along(rows)
        return self._timed(rows)

    def _fees(self, rows: pd.DataFrame, price: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which lines are the provider's fee of their month, and which charge it a second time in that month."""
        month = rows["dated_on"].dt.to_period("M")
        agreed = {at: self.agreed.on(at.start_time.date()).term.monthly_fee for at in month.unique()}
        fee = exact(month.map(agreed).astype(object))
        value = rows["quantity"].to_numpy(object) * price
        same = rows["from_provider"] & ~rows["foreign"] & above(rows["live"], 0)
        found = same.to_numpy(bool) & known(fee) & ~above(value, fee) & ~above(fee, value) & known(value)
        again = month.where(found).duplicated().to_numpy() & found
        return found & ~again, again

    def _along(self, rows: pd.DataFrame) -> np.ndarray:
        """Freight and rounding that the order does not have, of a document that another line joins to an order."""
        one = ["vendor_key", "document_id", "dated_on"]
        joined = rows["pair"].isin(self.orders["pair"])
        together = joined.groupby([rows[name] for name in one]).transform("any")
        kind = self.kinds.loc[rows["source"]].to_numpy()
        return np.isin(kind, _ALONG) & ~rows["has_order"].to_numpy(bool) & together.to_numpy(bool)

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
            "has_quote": self._quoted_before,
            "perhaps_licence": self.perhaps_licences,
            "unshipped": self.unshipped[0],
            "perhaps_unshipped": self.unshipped[1],
            "order_money": self._money_of_order,
            "approved": ~self._any(self.docs["approver"] == "", "order"),
            "other_item": self._other_items,
            "came": np.isin(np.arange(self.count), self.arrivals["place"]),
            "by_provider": by_provider,
        }

    @cached_property
    def _quoted_before(self) -> np.ndarray:
        """Which order lines had a quote when they were ordered."""
        quotes = self.of_kind("quote")
        ordered = self.ordered_on.to_numpy()[quotes["place"]]
        return self._any(pd.Series(quotes["dated_on"].to_numpy() <= ordered, index=quotes.index), "quote")

    @cached_property
    def _money_of_order(self) -> np.ndarray:
        """What the whole order of each order line is worth; NaN where there is none or it is not known."""
        rows = self.of_kind("order").drop_duplicates("place")
        money = np.full(self.count, NAN, dtype=object)
        worth = self.orders.set_index("pair")["money"]
        money[rows["place"]] = worth.reindex(rows["pair"]).to_numpy(object)
        return money

    @cached_property
    def _other_items(self) -> np.ndarray:
        """Which order lines have a quote, packing slip or receipt of another item than was ordered."""
        return self._any(
            ~self._as_ordered & self.docs["document"].isin(("quote", "packing_slip", "licence_receipt"))
        )

    @cached_property
    def _as_ordered(self) -> pd.Series:
        """Which lines have an item of the order line that they belong to, or belong to none."""
        named = self.docs["place"].astype("str") + "\0" + self.docs["item_key"]
        same = named.isin(named[self.docs["document"] == "order"])
        return same | ~self.docs["place"].isin(self.of_kind("order")["place"])

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
        if notes.empty:
            return np.full(len(rows), Fraction(0))
        pairs = _beside(rows, notes)
        value = pairs["quantity_theirs"].to_numpy(object) * pairs["price_theirs"].to_numpy(object)
        money = self._compared(value, pairs)
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

    def _ordered(self, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """The price ordered, at the invoice's date; the nearest one where there are several, not a younger one."""
        orders = self.of_kind("order")
        pairs = _beside(rows, orders[orders["price"].notna()])
        pairs["found"] = self._at_invoice(pairs)
        gap = np.abs(pairs["found"].to_numpy(object) - pairs["price"].to_numpy(object))
        pairs = pairs.assign(late=pairs["dated_on_theirs"] > pairs["dated_on"], gap=gap.astype(float))
        return _picked(pairs, ["late", "gap"], len(rows))

    def _quoted(self, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """The vendor's last quote before the order, else its first one after it, at the invoice's date."""
        quotes = self.of_kind("quote")
        if quotes.empty:
            return _nothing(len(rows))
        pairs = _beside(rows, quotes[quotes["price"].notna()])
        pairs["found"] = self._at_invoice(pairs)
        basis = self.ordered_on.to_numpy()[pairs["place"]]
        basis = np.where(np.isnat(basis), pairs["dated_on"].to_numpy(), basis)
        apart = pairs["dated_on_theirs"].to_numpy() - basis
        pairs = pairs.assign(late=apart > np.timedelta64(0), apart=np.abs(apart))
        return _picked(pairs, ["late", "apart", "document_id_theirs", "line_theirs"], len(rows))

    def _checked(self, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """The cheapest of every vendor's last independent check before the invoice, else of the first ones after."""
        if self.checks.empty:
            return _nothing(len(rows))
        ours = rows[["item_key", "dated_on", "currency", "foreign"]].assign(row=np.arange(len(rows)))
        pairs = ours.merge(self.checks, on="item_key", suffixes=("", "_theirs"))
        apart = pairs["seen_on"] - pairs["dated_on"]
        pairs = pairs.assign(late=apart > pd.Timedelta(0), apart=apart.abs())
        pairs = pairs.sort_values(["late", "apart"], kind="stable").drop_duplicates(["row", "vendor_key"])
        pairs["found"] = self._compared(pairs["price"].to_numpy(object), pairs)
        return _picked(pairs.assign(cheap=pairs["found"].astype(float)), ["late", "cheap"], len(rows))

    def _at_invoice(self, pairs: pd.DataFrame) -> np.ndarray:
        return self._compared(pairs["price_theirs"].to_numpy(object), pairs)

    def _compared(self, amounts: np.ndarray, pairs: pd.DataFrame) -> np.ndarray:
        """Amounts of others in what their invoice line is counted in: the client's currency, else its own."""
        same = np.where(pairs["currency"] == pairs["currency_theirs"], amounts, NAN)
        money = self.rates.money(amounts, pairs["currency_theirs"], pairs["dated_on"])
        return np.where(pairs["foreign"], same, money)

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
        licence, perhaps = (rows[name].to_numpy(bool) for name in ("licence", "perhaps_licence"))
        receipted = self.quantities("licence_receipt")[place]
        ordered = np.where(rows["has_order"], rows["ordered"], need)
        day, nowhere = rows["dated_on"].to_numpy(), rows["fee"].to_numpy(bool) | rows["along"].to_numpy(bool)
        shipped = ~nowhere & ~rows["unshipped"].to_numpy(bool)
        asked = shipped & ~rows["perhaps_unshipped"].to_numpy(bool)
        comes_with_receipt = licence & ~rows["came"].to_numpy(bool)
        days = [
            day,
            np.where(nowhere | self.lacks("order"), day, self.ordered_on.to_numpy()[place]),
            np.where(
                asked & ~(self.lacks("packing_slip") | comes_with_receipt),
                self._reached(rows, need, self.arrivals),
                day,
            ),
            np.where(licence & ~self.lacks("licence_receipt"), self._reached(rows, need, receipts), day),
        ]
        matched_on = np.maximum.reduce([np.asarray(each, "datetime64[us]") for each in days])  # NaT stays NaT
        return rows.assign(
            need=need,
            shipped=shipped,
            asked=asked,
            comes_with_receipt=comes_with_receipt,
            covered_now=covered_now,
            covered_then=covered_then,
            over=np.where(
                self._tolerated(need, ordered), Fraction(0), between(need - ordered, Fraction(0), live)
            ),
            short=np.where(self._tolerated(need, now), Fraction(0), live - covered_now),
            late=np.where(
                self._tolerated(need, then), Fraction(0), np.maximum(covered_now - covered_then, Fraction(0))
            ),
            unproved=np.where(licence | perhaps, between(need - receipted, Fraction(0), live), Fraction(0)),
            matched_on=matched_on,
        )

    def lacks(self, document: str) -> bool:
        """Whether the whole register has no such document."""
        return self.of_kind(document).empty

    def _tolerated(self, need: np.ndarray, came: np.ndarray) -> np.ndarray:
        """Whether what was invoiced so far is within what came, or within every tolerance of something."""
        terms = self.contract.procurement
        excess = need - came
        limits = _limits(terms.quantity_ratio, came, terms.quantity_abs)
        within = np.logical_and.reduce([~above(excess, limit) for limit in limits]) if limits else False
        return ~above(excess, 0) | (above(came, 0) & within)

    def _came_by(self, rows: pd.DataFrame) -> np.ndarray:
        """What had come, less what had gone back, by the day of each invoice line."""
        came = []
        for moved in (self.arrivals, self.of_kind("return")):
            if moved.empty:
                came.append(np.full(len(rows), Fraction(0)))
                continue
            pairs = _beside(rows, moved)
            pairs = pairs[pairs["dated_on_theirs"] <= pairs["dated_on"]]
            came.append(sums(pairs["quantity_theirs"].to_numpy(object), pairs["row"], len(rows)))
        return np.maximum(came[0] - came[1], Fraction(0))

    def _reached(self, rows: pd.DataFrame, need: np.ndarray, came: pd.DataFrame) -> np.ndarray:
        """The first day on which enough had come for each invoice line; NaT where it never did."""
        if came.empty:
            return np.full(len(rows), np.datetime64("NaT", "us"))
        pairs = _beside(rows, came)
        enough = self._tolerated(need[pairs["row"]], pairs["so_far"].to_numpy(object))
        first = pairs[enough].groupby("row")["dated_on_theirs"].min()
        return first.reindex(range(len(rows))).to_numpy("datetime64[us]")

    # ------------------------------------------------------------ exceptions

    @cached_property
    def found(self) -> pd.DataFrame:
        """For every invoice line and kind: units concerned, excess of price, amount; NaN where there is none."""
        rows = self.invoices
        live, nothing = rows["live"].to_numpy(object), Fraction(0)
        short, late = (rows[name].to_numpy(object) for name in ("short", "late"))
        came = rows["came"].to_numpy(bool)
        single = ~rows["duplicate"].to_numpy(bool)
        charged = single & ~rows["fee"].to_numpy(bool) & ~rows["along"].to_numpy(bool)
        ordered = charged & rows["has_order"].to_numpy(bool)
        strange = self._strange
        goods = ordered & rows["asked"].to_numpy(bool)
        due_to_come = goods & ~rows["comes_with_receipt"].to_numpy(bool)
        paid, matched = rows["paid_on"].to_numpy(), rows["matched_on"].to_numpy()
        lines = {
            DUPLICATE: ~single,
            NO_ORDER: charged & ~ordered & ~strange,
            VENDOR: charged & ~ordered & strange,
            ITEM: ordered & self._differs,
            NO_QUOTE: ordered & self._over("quote_over") & ~rows["has_quote"].to_numpy(bool),
            NOT_APPROVED: ordered & self._over() & ~rows["approved"].to_numpy(bool),
            OWN_ORDER: ordered & rows["by_provider"].to_numpy(bool) & ~self._looked_up,
            NO_CHECK: ordered & self._over("check_over") & ~self._looked_up,
            LATE_ORDER: ordered & self._ordered_late,
            PAID: single & ~np.isnat(paid) & (np.isnat(matched) | (paid < matched)),
        }
        units = {kind: np.where(there, live, nothing) for kind, there in lines.items()} | {
            NO_RECEIPT: np.where(ordered & rows["licence"], rows["unproved"], nothing),
            OVER_ORDER: np.where(ordered, rows["over"], nothing),
            QUANTITY: np.where(goods & came, short, nothing),
            EARLY: np.where(due_to_come, np.where(came, late, live), nothing),
        }
        for kind, lacking in self._lacking.items():
            units[kind] = np.where(lacking, nothing, units[kind])
        excess = {name: np.where(charged, self._excess(name), nothing) for name in PRICES}
        return pd.DataFrame({**units, **excess}, dtype=object, index=rows.index)

    @property
    def _lacking(self) -> dict[str, bool]:
        """The tests that cannot be made, as the register has none of the documents that they ask for."""
        slips, checks = self.lacks("packing_slip"), self.checks.empty
        return {
            NO_ORDER: self.lacks("order"),
            NO_QUOTE: self.lacks("quote"),
            OWN_ORDER: checks,
            NO_CHECK: checks,
            NO_RECEIPT: self.lacks("licence_receipt"),
            QUANTITY: slips and self.arrivals.empty,
            EARLY: slips and self.arrivals.empty,
        }

    @property
    def _strange(self) -> np.ndarray:
        """Which invoice lines name an order that was placed with other vendors only."""
        rows = self.invoices
        return (
            rows["order_key"].isin(self.orders["order_key"]) & ~rows["pair"].isin(self.orders["pair"])
        ).to_numpy()

    @property
    def _differs(self) -> np.ndarray:
        """Which invoice lines, or the quote, slips or receipts behind them, have another item than was ordered."""
        rows = self.invoices
        return ~self._as_ordered.loc[rows["source"]].to_numpy(bool) | rows["other_item"].to_numpy(bool)

    @property
    def _looked_up(self) -> np.ndarray:
        """Of which invoice lines somebody independent has looked up the price."""
        return self.invoices["item_key"].isin(self.checks["item_key"]).to_numpy(bool)

    def _threshold(self, name: str | None = None) -> Fraction | None:
        """The money from which on an order needs something: that of the contract, else the approval limit."""
        own = getattr(self.contract.procurement, name) if name else None
        money = self.strategy.approval.limit if own is None else own
        return None if money is None else Fraction(money)

    @property
    def limited(self) -> bool:
        """Whether anything says from what money on an order needs an approval, a quote or a look at its price."""
        return any(self._threshold(name) is not None for name in (None, "quote_over", "check_over"))

    def _over(self, name: str | None = None) -> np.ndarray:
        """Which invoice lines are of orders that are known to be over it."""
        threshold = self._threshold(name)
        money = self.invoices["order_money"]
        return np.zeros(len(money), dtype=bool) if threshold is None else above(money, threshold)

    @property
    def _ordered_late(self) -> np.ndarray:
        """Which invoice lines charge for what was ordered after the invoice, or after the first of it had come."""
        rows = self.invoices
        pairs = _beside(rows, self.of_kind("order"))
        pairs = pairs[pairs["dated_on_theirs"] <= pairs["dated_on"]]
        before = sums(pairs["quantity_theirs"].to_numpy(object), pairs["row"], len(rows))
        ordered = rows["ordered"].where(rows["has_order"], Fraction(0)).to_numpy(object)
        afterwards = above(np.minimum(rows["need"].to_numpy(object), ordered), before)
        came_on = self.arrivals.groupby("place")["dated_on"].min().reindex(range(self.count)).to_numpy()
        place = rows["place"].to_numpy()
        return afterwards | (self.ordered_on.to_numpy()[place] > came_on[place])

    def _excess(self, kind: str) -> np.ndarray:
        """By how much a price is over another one, 0 within every tolerance."""
        terms, rows = self.contract.procurement, self.invoices
        name, share, absolute = {
            OVER_ORDERED: ("price_ordered", terms.price_ratio, terms.price_abs),
            OVER_QUOTED: ("price_quoted", terms.price_ratio, terms.price_abs),
            OVER_CHECK: ("price_checked", terms.check_ratio, None),
        }[kind]
        theirs, live = rows[name].to_numpy(object), rows["live"].to_numpy(object)
        excess = rows["price"].to_numpy(object) - theirs
        limits = _limits(share, theirs * live, None if absolute is None else self._in_money(absolute))
        beyond = [above(excess * live, limit) for limit in limits]
        over = above(excess, 0) & (np.logical_or.reduce(beyond) if beyond else True)
        return np.where(over & above(live, 0), excess, Fraction(0))

    def _in_money(self, amount: float) -> np.ndarray:
        """An amount of the client's currency beside each invoice line; NaN for lines that no rate turns into it."""
        return np.where(self.invoices["foreign"], NAN, ratio(amount))

    def in_period(self, rows: pd.DataFrame) -> np.ndarray:
        """Which documents count in the period: by their date, and what came too late for the month of its date."""
        return self._since(rows["dated_on"]) | rows["came_late"].to_numpy(bool)

    def _since(self, days: pd.Series | np.ndarray) -> np.ndarray:
        days = np.asarray(days, dtype="datetime64[us]")
        return np.full(len(days), True) if self.start is None else days >= self.start.to_datetime64()

    @cached_property
    def of_period(self) -> pd.DataFrame:
        """`found` for the period: a payment counts when it and its invoice are there, all else with the invoice."""
        dated = self.in_period(self.invoices)
        paid = dated | self._since(
            np.fmax(self.invoices["paid_on"].to_numpy(), self.invoices["dated_on"].to_numpy())
        )
        counts = {kind: paid if kind == PAID else dated for kind in self.found}
        return pd.DataFrame({kind: self.found[kind].where(of, Fraction(0)) for kind, of in counts.items()})

    @cached_property
    def staked(self) -> pd.DataFrame:
        """`stakes` of the period."""
        return self.stakes(self.of_period)

    def stakes(self, found: pd.DataFrame) -> pd.DataFrame:
        """What each exception adds to the money at stake of its line: units first, then the excess on the rest.

        What lacks are the newest units of a line, whatever lacks; what came late lies before what never came.
        """
        rows = self.invoices
        price, live = (rows[name].to_numpy(object) for name in ("price", "live"))
        nothing = Fraction(0)
        added, units = {}, np.full(len(found), nothing, dtype=object)
        for kind in UNITS:
            more = np.maximum(found[kind].to_numpy(object) - units, nothing)
            added[kind], units = more * price, units + more
        came = rows["came"].to_numpy(bool)
        since = np.where(came, rows["covered_then"], nothing)
        until = np.minimum(np.where(came, rows["covered_now"], live), live - units)
        late = np.where(above(found[EARLY], 0), np.maximum(until - since, nothing), nothing)
        added[EARLY], units = late * price, units + late
        excess = np.full(len(found), nothing, dtype=object)
        for kind in PRICES:
            own = np.maximum(excess, found[kind].to_numpy(object))
            added[kind] = (own - excess) * (live - units)
            excess = own
        return pd.DataFrame(added, dtype=object, index=found.index)

    @cached_property
    def incomparable(self) -> pd.DataFrame:
        """What keeps each invoice line from being compared: the first `kind` and every `why`, None without one."""
        rows = self.invoices
        kind = np.full(len(rows), None, dtype=object)
        why = np.full(len(rows), "", dtype=object)
        for name, there, reason in self._doubts():
            there = np.asarray(there, dtype=bool)
            kind = np.where(there & (kind == None), name, kind)  # noqa: E711
            why = np.where(there, why + np.where(why == "", "", "; ") + reason, why)
        return pd.DataFrame({"kind": kind, "why": np.where(why == "", None, why)}, index=rows.index)

    def _doubts(self) -> Iterator[tuple[str, np.ndarray, str | np.ndarray]]:
        """Every reason why a line cannot be compared: its kind, the lines that it holds for, and in words."""
        rows = self.invoices
        flag = {name: rows[name].to_numpy(bool) for name in (
            "fee", "along", "duplicate", "foreign", "has_order", "has_quote", "approved", "by_provider", "licence",
            "perhaps_licence", "shipped", "asked", "came", "comes_with_receipt", "uncompared",
        )}  # fmt: skip
        charged = ~flag["duplicate"] & ~flag["fee"] & ~flag["along"]
        ordered = charged & flag["has_order"]
        priced = known(rows["price_own"].to_numpy(object))
        agreed = known(rows["price_ordered"].to_numpy(object)) | known(rows["price_quoted"].to_numpy(object))
        yield NO_PRICE, ~priced, "the invoice names no usable price"
        near = self.contract.procurement.price_abs is not None and self._dearer & ~self._too_dear
        unknown = charged & flag["foreign"] & (flag["uncompared"] | near | (ordered & ~agreed))
        day = rows["dated_on"].dt.strftime("%Y-%m-%d")
        no_rate = "no rate of " + rows["currency"] + " on or before " + day
        yield NO_RATE, unknown, no_rate.to_numpy(object)
        yield NO_RATE, charged & ~flag["foreign"] & flag["uncompared"], "a price to compare with has no rate"
        yield (
            NO_PRICE,
            ordered & priced & ~agreed & ~flag["uncompared"],
            "neither order nor quote has a price",
        )
        below = (rows["price"].astype(float) / rows["price_checked"].astype(float)).to_numpy()
        another = charged & is_another_unit(below) & (below < 1)
        yield NO_PRICE, another, "its price is in another unit than the one looked up"
        yield NO_ORDERS, charged & self.lacks("order"), NO_ORDERS
        open_money = ordered & ~known(rows["order_money"].to_numpy(object))
        asked_for = (
            (None, flag["approved"]),
            ("quote_over", flag["has_quote"]),
            ("check_over", self._looked_up),
        )
        unjudged = [open_money & (self._threshold(name) is not None) & ~there for name, there in asked_for]
        yield NOT_STATED, np.logical_or.reduce(unjudged), "what the whole order is worth is not known"
        yield NO_QUOTES, ordered & self._over("quote_over") & self.lacks("quote"), NO_QUOTES
        own = flag["by_provider"] | self._over("check_over")
        yield NO_CHECKS, ordered & own & self.checks.empty, NO_CHECKS
        lacking = above(rows["short"], 0) | above(rows["late"], 0) | ~flag["came"]
        no_slips = self.lacks("packing_slip")
        yield (
            NO_SLIPS,
            ordered & flag["asked"] & ~flag["comes_with_receipt"] & lacking & no_slips,
            NO_SLIPS,
        )
        perhaps = ordered & flag["shipped"] & ~flag["asked"] & lacking
        yield NOT_STATED, perhaps, "only the invoice says that it is not shipped"
        unproved = ordered & above(rows["unproved"], 0)
        yield NO_RECEIPTS, unproved & flag["licence"] & self.lacks("licence_receipt"), NO_RECEIPTS
        yield NOT_STATED, unproved & flag["perhaps_licence"], "it may be a licence, and has no receipt"
        yield NOT_STATED, flag["along"] & ~self._small, "nobody ordered this charge"
        lost = self._touched
        yield NOT_READ, lost != None, np.where(lost == None, "", lost)  # noqa: E711

    @cached_property
    def _touched(self) -> np.ndarray:
        """By invoice line, which rejected rows may touch it; None where none do."""
        if self.unread is None:
            return np.full(len(self.invoices), None, dtype=object)
        return self.unread.why(self.invoices)

    @property
    def _dearer(self) -> np.ndarray:
        """Which invoice lines are dearer than ordered or quoted at all."""
        price = self.invoices["price"]
        return above(price, self.invoices["price_ordered"]) | above(price, self.invoices["price_quoted"])

    @property
    def _too_dear(self) -> np.ndarray:
        return above(self.found[OVER_ORDERED], 0) | above(self.found[OVER_QUOTED], 0)

    @property
    def _small(self) -> np.ndarray:
        """Charges that go along within the tolerances for prices, of the rest of the document; and rounding."""
        terms, rows = self.contract.procurement, self.invoices
        value = (rows["live"] * rows["price"]).to_numpy(object)
        document, _ = pd.factorize(pd.MultiIndex.from_frame(rows[["vendor_key", "document_id", "dated_on"]]))
        rest = sums(np.where(rows["along"] | ~known(value), Fraction(0), value), document, len(rows))[
            document
        ]
        absolute = None if terms.price_abs is None else self._in_money(terms.price_abs)
        limits = _limits(terms.price_ratio, rest, absolute)
        within = np.logical_and.reduce([~above(value, limit) for limit in limits]) if limits else False
        rounding = (self.kinds.loc[rows["source"]] == "rounding").to_numpy() & above(MOST_ROUNDED, value)
        return known(value) & (within | rounding) & ~rows["foreign"].to_numpy(bool)

    # ------------------------------------------------------------ split orders

    @cached_property
    def small_orders(self) -> pd.DataFrame:
        """Orders that pass no approval limit alone, by vendor and day, with their money and what invoices put at stake.

        Money is at the rates of the order lines' dates; an order without a price in it is left out.
        """
        staked = self.staked.sum(axis=1).to_numpy(object)
        at_line = sums(np.where(known(staked), staked, Fraction(0)), self.invoices["place"], self.count)
        rows = self.of_kind("order").drop_duplicates("place")
        pair, named = pd.factorize(rows["pair"])
        of_order = pd.Series(sums(at_line[rows["place"]], pair, len(named)), index=named, dtype=object)
        orders = self.orders.assign(staked=of_order.reindex(self.orders["pair"]).to_numpy(object))
        priced = orders["money"].notna().to_numpy() & above(orders["money"], 0)
        small = priced & ~above(orders["money"], Fraction(self.strategy.approval.limit))
        return orders[small].sort_values(["vendor_key", "dated_on", "order_key"], ignore_index=True)

    @property
    def splits(self) -> pd.DataFrame:
        """Those of the period: whose last order is in it."""
        every = self.every_split
        return every if every.empty else every[every["recent"]]

    @cached_property
    def every_split(self) -> pd.DataFrame:
        """One row per order in each split: the window's number and money, whether it is `recent`, and the small order's
        row.

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
        recent = self._since(orders["dated_on"].to_numpy()[last])
        found = np.flatnonzero(above(amount, Fraction(limit)) & ~inside)
        sizes = last[found] - first[found] + 1
        split = np.repeat(found, sizes)
        member = split + np.arange(len(split)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return orders.iloc[member].assign(split=split, amount=amount[split], recent=recent[split])


def _so_far(rows: pd.DataFrame) -> pd.DataFrame:
    """Deliveries in the order of their dates, with the total of their order line so far."""
    rows = rows.sort_values(["place", "dated_on", "document_id", "line"], kind="stable", ignore_index=True)
    quantity = rows["quantity"].to_numpy(object)
    return rows.assign(so_far=running(quantity, rows["place"].to_numpy()) + quantity)


def _limits(share: float | None, of: np.ndarray, absolute: Any) -> list[Any]:
    """Every tolerance that is set: a share of something, and an amount."""
    limits = [] if share is None else [ratio(share) * of]
    if absolute is not None:
        limits.append(absolute if isinstance(absolute, np.ndarray) else ratio(absolute))
    return limits


def _beside(rows: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Every invoice line beside every other line of its order line, whose columns end in `_theirs`."""
    ours = rows[["place", "dated_on", "price", "currency", "foreign"]].assign(row=np.arange(len(rows)))
    shared = ["place", "dated_on", "price", "currency", "quantity", "document_id", "line"]
    more = ["so_far"] if "so_far" in others else []
    theirs = others[[*shared, *more]].rename(columns={name: f"{name}_theirs" for name in shared[1:]})
    return ours.merge(theirs, on="place")


def _picked(pairs: pd.DataFrame, by: list[str], count: int) -> tuple[np.ndarray, np.ndarray]:
    """The `found` of the first pair of each row, NaN where it has none; and whether it has one that is not known."""
    first = pairs.sort_values(by, kind="stable").drop_duplicates("row")
    values, there = _nothing(count)
    values[first["row"]] = first["found"].to_numpy(object)
    there[first["row"]] = True
    return values, there & ~known(values)


def _nothing(count: int) -> tuple[np.ndarray, np.ndarray]:
    """The same where there is nothing to pick from."""
    return np.full(count, NAN, dtype=object), np.zeros(count, dtype=bool)
