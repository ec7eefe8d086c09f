"""Which invoice lines a rejected row of the register may touch: none of them agrees for certain (rule 42).

A row whose order could be read touches that order's lines, and those of the invoice that it is part of; an order, and
what names no order, touches all lines of its vendor; what names neither touches every line. A rejected price check
touches the lines of its item, a rejected rate those of its currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from msp_report.model.case import Case
from msp_report.model.dropped import Dropped, told
from msp_report.model.names import normal, vendor_form


@dataclass(frozen=True)
class Unread:
    """The rejected rows of purchases, prices and rates that are not known to be later than the cut-off."""

    purchases: Dropped
    prices: Dropped
    rates: Dropped

    @classmethod
    def of(cls, case: Case, end: pd.Timestamp) -> Unread:
        """Those of the period's newest exports; `end`, the first local day after the period."""
        dated = {"purchases": "dated_on", "prices": "seen_on", "rates": "on"}
        return cls(*(Dropped.of(case, name).before(day, end) for name, day in dated.items()))

    def __len__(self) -> int:
        return len(self.purchases) + len(self.prices) + len(self.rates)

    @property
    def own_word(self) -> bool:
        """Whether only the provider's own rows could mend what is wrong (rule 50)."""
        return all(one.own_word for one in (self.purchases, self.prices, self.rates) if len(one))

    @property
    def charges(self) -> Dropped:
        """The rows that may be lines of an invoice."""
        return self.purchases.about(document="invoice")

    def why(self, lines: pd.DataFrame) -> np.ndarray:
        """By invoice line, which rows may touch it; None where none do.

        Parameters: `lines` with order_id, vendor, document_id, item and currency.
        """
        if not len(self):
            return np.full(len(lines), None, dtype=object)
        keys = ["order_id", "document_id", "item", "currency"]
        each = pd.DataFrame({name: normal(lines[name]).fillna("") for name in keys})
        each["vendor"] = vendor_form(lines["vendor"]).fillna("")
        bought = self._bought()

        @cache
        def touched(order: str, document: str, item: str, currency: str, vendor: str) -> str | None:
            return told(
                self.purchases.where(_touching(bought, order, document, vendor)),
                self.prices.about(item=item),
                self.rates.about(currency=currency)
                if currency
                else self.rates.where([False] * len(self.rates)),
            )

        return np.array([touched(*row) for row in each.itertuples(index=False)], dtype=object)

    def _bought(self) -> pd.DataFrame:
        """The keys of the rejected lines, empty where they could not be read, and whether one touches its vendor."""
        rows = self.purchases.rows
        names = ("document", "document_id", "order_id")
        keys = pd.DataFrame({name: normal(rows[name]).fillna("") for name in names})
        keys["vendor"] = vendor_form(rows["vendor"]).fillna("")
        is_order = keys["document"].eq("order")
        keys["order"] = keys["order_id"].mask(is_order & keys["order_id"].eq(""), keys["document_id"])
        keys["whole_vendor"] = keys["order"].eq("") | is_order | keys["document"].eq("")
        return keys


def _touching(rows: pd.DataFrame, order: str, document: str, vendor: str) -> np.ndarray:
    """Which rejected lines touch an invoice line."""
    same_vendor = rows["vendor"].eq("") | rows["vendor"].eq(vendor)
    same_order = rows["order"].ne("") & rows["order"].eq(order)
    same_document = rows["document_id"].ne("") & rows["document_id"].eq(document)
    return (same_order | (same_vendor & (rows["whole_vendor"] | same_document))).to_numpy(bool)
