"""The documents of a purchase as they came: single units, exact prices, days, and the order line each belongs to.

Decided here, where rule 27 leaves room:

- An order row without order_id is its own order, one without order_line its own line. A document that names no
  line of its order joins by the item; an item that stands on several lines of an order is then one line.
- Orders are told apart by number and vendor. A document of another vendor than the order's proves nothing for it; only
  what went back counts whoever took it.
- A negative line has an item of its own where a positive line of the same order and vendor has that item, or where it
  takes back units of a line that it names. Any other lowers the prices of its document by the same share each.
- A price check by the provider, or by the vendor whose offer it is, is not independent.
- Who approves may be one of the approvers (where none are named, anybody), but neither who ordered, nor the provider,
  nor the vendor. Each line of an order needs its approval; an approval on an invoice accepts what does not agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from msp_report.metrics.procurement.exact import NAN, above, divided, exact, known, sums
from msp_report.model.columns import dates, optional, texts
from msp_report.model.names import (
    is_provider,
    is_silent,
    may_approve,
    normal,
    people,
    says_nothing,
    spelled,
    vendor_form,
)
from msp_report.params import Contract

_DATES = ("dated_on", "due_on", "paid_on")
#: Documents whose lines have prices of their own, so that a line may lower those of the others.
_PRICED = ("quote", "order", "invoice")


def documents(
    purchases: pd.DataFrame,
    contract: Contract,
    approvers: tuple[str, ...],
    home: str | None,
    end: pd.Timestamp | None,
) -> pd.DataFrame:
    """Every line of every document up to the cut-off: keys, quantity and price of single units, dates, approvals.

    `came_late` of purchases, where it is there, says which lines no earlier month had, whatever their date.
    Raises ValueError where rows lack their document, number, vendor, item, quantity or date.
    """
    rows = purchases.reset_index(drop=True)
    columns = ("document", "document_id", "line", "order_id", "order_line", "vendor", "item", "line_kind")
    docs = pd.DataFrame({name: _written(rows, name) for name in columns})
    packs = exact(optional(rows, "units_per_pack"))
    packs[~known(packs)] = Fraction(1)
    quantity = exact(rows["quantity"])
    price = exact(optional(rows, "unit_price"))
    for name in _DATES:
        docs[name] = dates(optional(rows, name))
    _refuse_nameless(docs, quantity)
    for name in ("document", "line_kind"):
        docs[name] = docs[name].str.lower()
    docs["negative"] = above(0, quantity) ^ above(0, price)
    docs["units_back"] = above(0, quantity)
    docs["quantity"] = np.abs(quantity) * np.where(above(packs, 0), packs, Fraction(1))
    docs["price"] = divided(np.abs(price), packs)
    docs["currency"] = _written(rows, "currency").str.upper().replace("", home or "")
    docs["licence"] = optional(rows, "is_licence", "boolean").astype("boolean")
    docs["by_provider"] = people(texts(rows, "ordered_by")).pipe(is_provider, contract).groupby(level=0).any()
    docs["came_late"] = optional(rows, "came_late", "boolean").astype("boolean").fillna(False).astype(bool)
    docs["from_provider"] = is_provider(docs["vendor"], contract)
    order = docs["document"] == "order"
    docs["order_id"] = docs["order_id"].mask(order & (docs["order_id"] == ""), docs["document_id"])
    docs["order_line"] = docs["order_line"].mask(order & (docs["order_line"] == ""), docs["line"])
    docs["document_id"] = spelled(docs["document_id"], ())
    docs["order_key"], docs["item_key"] = normal(docs["order_id"]), normal(docs["item"])
    docs["vendor_key"] = vendor_form(docs["vendor"])
    docs["loose"] = docs["order_key"] == ""
    docs["pair"] = docs["order_key"] + "\0" + docs["vendor_key"]
    docs["approver"] = _approver(docs, rows, contract, approvers)
    if end is not None:
        docs = docs[docs["dated_on"] < end]
        docs = docs.assign(paid_on=docs["paid_on"].where(docs["paid_on"] < end))
    return _placed(_signed(_discounted(docs.reset_index(drop=True))))


def _approver(
    docs: pd.DataFrame, rows: pd.DataFrame, contract: Contract, approvers: tuple[str, ...]
) -> pd.Series:
    """The first on each line who may approve it, as written; empty where there is none."""
    named = people(texts(rows, "approved_by"))
    may = may_approve(named, contract, approvers)
    pairs = docs["pair"].reindex(named.index)
    orderers = vendor_form(people(texts(rows, "ordered_by")))
    ordered = set(docs["pair"].reindex(orderers.index) + "\0" + orderers)
    may &= ~(pairs + "\0" + vendor_form(named)).isin(ordered)
    may &= vendor_form(named) != docs["vendor_key"].reindex(named.index)
    allowed = named[may.to_numpy(bool)].groupby(level=0).first()
    return allowed.reindex(docs.index).fillna("")


def _discounted(docs: pd.DataFrame) -> pd.DataFrame:
    """Documents without their lines of discount, whose money is taken off the prices of the other lines."""
    if docs.empty:
        return docs
    positive = ~docs["negative"] & (docs["line_kind"] != "discount")
    item, line = docs["pair"] + "\0" + docs["item_key"], docs["pair"] + "\0" + normal(docs["order_line"])
    own = item.isin(item[positive]) | (docs["units_back"] & line.isin(line[docs["document"] == "order"]))
    priced = docs["document"].isin(_PRICED)
    lowers = priced & ((docs["line_kind"] == "discount") | (docs["negative"] & ~own))
    if not lowers.any():
        return docs
    one = ["document", "vendor_key", "document_id", "dated_on", "currency"]
    document, _ = pd.factorize(pd.MultiIndex.from_frame(docs[one]))
    count = document.max() + 1
    value = docs["quantity"].to_numpy(object) * docs["price"].to_numpy(object)
    counted = (positive & priced).to_numpy()
    whole = sums(np.where(counted, value, Fraction(0)), document, count)
    unknown = pd.Series(counted & ~known(value)).groupby(document).any().to_numpy()
    whole = np.where(unknown, NAN, whole)
    less = sums(np.where(lowers & known(value), value, Fraction(0)), document, count)
    share = np.where(above(less, 0), divided(np.maximum(whole - less, Fraction(0)), whole), Fraction(1))
    price = docs["price"].to_numpy(object)
    alone = lowers & ~pd.Series(counted).groupby(document).any().to_numpy()[document]
    docs = docs.assign(
        price=np.where(counted, price * share[document], price), negative=docs["negative"] | lowers
    )
    return docs[~lowers | (alone & (docs["document"] == "invoice"))].reset_index(drop=True)


def _signed(docs: pd.DataFrame) -> pd.DataFrame:
    """What is taken back: on an invoice a credit note, on a packing slip a return, else units less."""
    taken_back = docs["document"].map({"invoice": "credit_note", "packing_slip": "return"})
    less = docs["negative"] & docs["document"].isin(("quote", "order", "licence_receipt"))
    quantity = docs["quantity"].to_numpy(object)
    return docs.assign(
        document=docs["document"].mask(docs["negative"], taken_back.fillna(docs["document"])),
        quantity=np.where(less, -quantity, quantity),
    )


def price_checks(
    prices: pd.DataFrame | None, contract: Contract, home: str | None, end: pd.Timestamp | None
) -> pd.DataFrame:
    """Independent price checks up to the cut-off: item_key, vendor_key, seen_on, price, currency."""
    rows = pd.DataFrame(columns=["item", "seen_on", "unit_price"]) if prices is None else prices
    rows = rows.reset_index(drop=True)
    seen = pd.DataFrame(
        {
            "item_key": normal(_written(rows, "item")),
            "vendor_key": vendor_form(_written(rows, "vendor")),
            "seen_on": dates(optional(rows, "seen_on")),
            "price": exact(rows["unit_price"]),
            "currency": _written(rows, "currency").str.upper().replace("", home or ""),
        }
    )
    by = texts(rows, "checked_by")
    kept = ~is_provider(by, contract) & seen["seen_on"].notna() & seen["price"].notna()
    kept &= is_silent(by) | (~says_nothing(by) & (vendor_form(by) != seen["vendor_key"]))
    if end is not None:
        kept &= seen["seen_on"] < end
    return seen[kept].sort_values(["item_key", "vendor_key", "seen_on"], kind="stable", ignore_index=True)


@dataclass(frozen=True)
class Rates:
    """Exchange rates: units of a currency for one of the client's."""

    table: pd.DataFrame
    known: tuple[str, ...]
    """The currencies by their code in the table."""
    home: str | None

    @classmethod
    def of(cls, rates: pd.DataFrame | None, home: str | None) -> Rates:
        """The table rates as supplied, None where it was not; `home` is the client's currency."""
        rows = pd.DataFrame(columns=["currency", "on", "per_client_currency"]) if rates is None else rates
        code, named = pd.factorize(_written(rows, "currency").str.upper())
        table = pd.DataFrame(
            {"code": code, "on": dates(optional(rows, "on")), "rate": exact(rows["per_client_currency"])}
        )
        return cls(table.dropna(subset="on").sort_values("on", kind="stable"), tuple(named), home)

    def money(self, prices: np.ndarray, currency: pd.Series, on: pd.Series) -> np.ndarray:
        """Prices in the client's currency at the last rate on or before each day; NaN where there is none."""
        own = (currency == (self.home or "")).to_numpy(bool)
        rate = np.where(own, Fraction(1), NAN).astype(object)
        if own.all() or self.table.empty:
            return divided(prices, rate)
        asked = pd.DataFrame({"row": np.arange(len(prices))})
        asked["code"] = pd.Index(self.known, dtype=object).get_indexer(currency.astype(object))
        asked["day"] = on.to_numpy("datetime64[us]")
        dated = asked[asked["day"].notna()].sort_values("day", kind="stable")
        found = pd.merge_asof(dated, self.table, left_on="day", right_on="on", by="code")
        foreign = found[~own[found["row"]]]
        rate[foreign["row"]] = foreign["rate"].to_numpy(object)
        return divided(prices, rate)


def home_currency(contract: Contract, purchases: pd.DataFrame) -> str | None:
    """The client's currency: the contract's, else the only one that the purchases name."""
    if contract.client.currency:
        return contract.client.currency
    named = set(_written(purchases, "currency").str.upper()) - {""}
    return named.pop() if len(named) == 1 else None


def _written(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column as text without blanks around it; missing is empty, a number has no `.0`."""
    return texts(frame, name).str.removesuffix(".0")


def _refuse_nameless(docs: pd.DataFrame, quantity: np.ndarray) -> None:
    lacking = docs[["document", "document_id", "vendor", "item"]].eq("").any(axis=1) | docs["dated_on"].isna()
    lacking |= ~known(quantity)
    if lacking.any():
        raise ValueError(
            f"purchases: {int(lacking.sum())} rows lack their document, document_id, vendor, item, quantity or date: "
            "reject them first"
        )


def _placed(docs: pd.DataFrame) -> pd.DataFrame:
    """Each line with its `place`, the order line it belongs to, by order, vendor and order_line, else by item."""
    ordered = docs["document"] == "order"
    pair = _whose(docs, ordered)
    by_line, by_item = pair + "\0" + normal(docs["order_line"]), pair + "\0" + docs["item_key"]
    has_line = by_line.isin(by_line[ordered])
    has_item = ~has_line & by_item.isin(by_item[ordered])
    # the lines of an order whose item others join by are one line
    lines = ("line\0" + by_line).mask(by_item.isin(by_item[has_item]), "item\0" + by_item)[ordered]
    lines.index = pd.Index(by_line[ordered])
    name = ("item\0" + by_item).mask(has_line, by_line.map(lines[~lines.index.duplicated()]))
    place, _ = pd.factorize(name)
    return docs.assign(place=place)


def _whose(docs: pd.DataFrame, ordered: pd.Series) -> pd.Series:
    """The order that each line belongs to: that of its vendor; what went back, the only one of its number."""
    pairs = docs.loc[ordered, ["order_key", "pair"]].drop_duplicates()
    only = pairs[~pairs["order_key"].duplicated(keep=False)].set_index("order_key")["pair"]
    strange = (docs["document"] == "return") & ~docs["pair"].isin(pairs["pair"])
    return docs["pair"].mask(strange, docs["order_key"].map(only).fillna(docs["pair"]))
