"""The documents of a purchase as they came: single units, exact prices, days, and the order line each belongs to.

Decided here, where rule 27 leaves room:

- An order row without order_id is its own order, one without order_line its own line. A document that names no
  line of its order joins by the item; an item that stands on several lines of an order is then one line.
- A price check by the provider is not independent.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from msp_report.metrics.procurement.exact import NAN, above, divided, exact, known
from msp_report.model.columns import dates, optional, texts
from msp_report.model.names import is_provider, normal
from msp_report.params import Contract

_DATES = ("dated_on", "due_on", "paid_on")


def documents(
    purchases: pd.DataFrame, contract: Contract, home: str | None, end: pd.Timestamp | None
) -> pd.DataFrame:
    """Every line of every document up to the cut-off: keys, quantity and price of single units, dates.

    Raises ValueError where rows lack their document, number, vendor, item, quantity or date.
    """
    rows = purchases.reset_index(drop=True)
    columns = ("document", "document_id", "line", "order_id", "order_line", "vendor", "item")
    docs = pd.DataFrame({name: _written(rows, name) for name in columns})
    packs = exact(optional(rows, "units_per_pack"))
    packs[~known(packs)] = Fraction(1)
    quantity = exact(rows["quantity"])
    price = exact(optional(rows, "unit_price"))
    _refuse_nameless(docs, quantity, dates(optional(rows, "dated_on")))
    docs["document"] = docs["document"].str.lower()
    taken_back = {"invoice": "credit_note", "packing_slip": "return"}
    negative = above(0, quantity) ^ above(0, price)
    docs["document"] = docs["document"].mask(
        negative, docs["document"].map(taken_back).fillna(docs["document"])
    )
    docs["quantity"] = np.abs(quantity) * np.where(above(packs, 0), packs, Fraction(1))
    docs["price"] = divided(np.abs(price), packs)
    docs["currency"] = _written(rows, "currency").str.upper().replace("", home or "")
    for name in _DATES:
        docs[name] = dates(optional(rows, name))
    docs["licence"] = optional(rows, "is_licence", "boolean").astype("boolean")
    docs["by_provider"] = is_provider(texts(rows, "ordered_by"), contract)
    order = docs["document"] == "order"
    docs["order_id"] = docs["order_id"].mask(order & (docs["order_id"] == ""), docs["document_id"])
    docs["order_line"] = docs["order_line"].mask(order & (docs["order_line"] == ""), docs["line"])
    if end is not None:
        docs = docs[docs["dated_on"] < end]
        docs = docs.assign(paid_on=docs["paid_on"].where(docs["paid_on"] < end))
    return _placed(docs.reset_index(drop=True))


def price_checks(
    prices: pd.DataFrame | None, contract: Contract, home: str | None, end: pd.Timestamp | None
) -> pd.DataFrame:
    """Independent price checks up to the cut-off: item_key, vendor_key, seen_on, price, currency."""
    rows = pd.DataFrame(columns=["item", "seen_on", "unit_price"]) if prices is None else prices
    rows = rows.reset_index(drop=True)
    seen = pd.DataFrame(
        {
            "item_key": normal(_written(rows, "item")),
            "vendor_key": normal(_written(rows, "vendor")),
            "seen_on": dates(optional(rows, "seen_on")),
            "price": exact(rows["unit_price"]),
            "currency": _written(rows, "currency").str.upper().replace("", home or ""),
        }
    )
    kept = ~is_provider(texts(rows, "checked_by"), contract) & seen["seen_on"].notna() & seen["price"].notna()
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
        asked = pd.DataFrame({"row": np.arange(len(prices))})
        asked["code"] = pd.Index(self.known, dtype=object).get_indexer(currency.astype(object))
        asked["day"] = on.to_numpy("datetime64[us]")
        dated = asked[asked["day"].notna()].sort_values("day", kind="stable")
        found = pd.merge_asof(dated, self.table, left_on="day", right_on="on", by="code")
        rate = np.full(len(asked), NAN, dtype=object)
        rate[found["row"]] = found["rate"].to_numpy(object)
        rate[(currency == (self.home or "")).to_numpy(bool)] = Fraction(1)
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


def _refuse_nameless(docs: pd.DataFrame, quantity: np.ndarray, dated: pd.Series) -> None:
    lacking = docs[["document", "document_id", "vendor", "item"]].eq("").any(axis=1) | dated.isna()
    lacking |= ~known(quantity)
    if lacking.any():
        raise ValueError(
            f"purchases: {int(lacking.sum())} rows lack their document, document_id, vendor, item, quantity or date: "
            "reject them first"
        )


def _placed(docs: pd.DataFrame) -> pd.DataFrame:
    """Each line with its `place`, the order line it belongs to, by order_id and order_line, else by item."""
    order, item = normal(docs["order_id"]), normal(docs["item"])
    by_line, by_item = order + "\0" + normal(docs["order_line"]), order + "\0" + item
    ordered = docs["document"] == "order"
    has_line = by_line.isin(by_line[ordered])
    has_item = ~has_line & by_item.isin(by_item[ordered])
    loose = order == ""
    name = ("item\0" + by_item).mask(loose, "none\0" + normal(docs["vendor"]) + "\0" + item)
    # the lines of an order whose item others join by are one line
    lines = ("line\0" + by_line).mask(by_item.isin(by_item[has_item]), "item\0" + by_item)[ordered]
    lines.index = pd.Index(by_line[ordered])
    name = name.mask(has_line, by_line.map(lines[~lines.index.duplicated()]))
    place, _ = pd.factorize(name)
    return docs.assign(
        place=place, loose=loose, order_key=order, item_key=item, vendor_key=normal(docs["vendor"])
    )
