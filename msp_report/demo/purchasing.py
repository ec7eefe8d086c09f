"""Quotes, orders, packing slips, invoices, licence receipts, returns and credit notes; price checks and rates.

An ordinary order agrees in all its documents and is paid after the last of them. The planted ones each break one
rule only, and are not paid before the golden month ends unless that is their fault.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from msp_report.demo.company import PROVIDER
from msp_report.demo.truth import Truth
from msp_report.demo.working_time import Span

GOLDEN = "2026-10"
CHECKER = "finance"

#: Vendor: (item, price of one in pounds). The last four are for planted orders only.
CATALOGUE: dict[str, tuple[str, float]] = {
    "Snark Supplies": ("Paper A4 80 g/m²", 4.2),
    "Jabberwock Cabling": ("Patch cable 2 m", 3.5),
    "Bandersnatch Hardware": ("Docking station", 145.0),
    "Jubjub Software": ("Training voucher", 95.0),
    "Tove Imaging": ("Label printer", 260.0),
    "Borogove Print": ("Badge cards", 1.1),
    "Wabe Telecom": ("Desk phone", 88.0),
    "Vorpal Security": ("Firewall support", 780.0),
    "Manxome Storage": ("Disk 8 TB", 305.0),
    "Frumious Labs": ("Sensor kit", 450.0),
    "Mimsy Licences": ("Stylus Fonts", 60.0),
    "Tulgey Furniture": ("Monitor arm", 58.0),
}
ORDINARY_VENDORS = tuple(CATALOGUE)[:8]
EUR_PER_GBP = 1.15
#: Receipts of licences bought before the first month, and of the one bought in September 2026.
OLD_RECEIPTS = {
    "LR-101": ("Papyrus Office", 250),
    "LR-102": ("Quarto Database", 16),
    "LR-103": ("Draftwright CAD", 10),
    "LR-105": ("Bulwark Antivirus", 300),
}
RENEWAL = ("LR-106", "Bulwark Antivirus", 300, 9.5)

COLUMNS = {
    "document": "Doc type",
    "document_id": "Number",
    "line": "Line",
    "order_id": "PO",
    "order_line": "PO line",
    "vendor": "Supplier",
    "item": "Item",
    "quantity": "Qty",
    "unit": "Unit",
    "units_per_pack": "Per pack",
    "unit_price": "Price each",
    "currency": "Cur",
    "is_licence": "Licence",
    "dated_on": "Date",
    "due_on": "Due",
    "paid_on": "Paid",
    "ordered_by": "Ordered by",
    "approved_by": "Approved by",
}
CODES = {
    "quote": "QUO",
    "order": "ORD",
    "packing_slip": "SLIP",
    "invoice": "INV",
    "licence_receipt": "LIC",
    "credit_note": "CRN",
    "return": "RET",
}


@dataclass(frozen=True)
class Order:
    """An order of one item. `docs` overrides fields of a document, or leaves it out (None); `more` adds some."""

    order_id: str
    vendor: str
    item: str
    quantity: float
    price: float
    month: str
    licence: bool = False
    ordered_by: str = "operations"
    paid: str | None = "26"
    due: str = "28"
    docs: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    more: tuple[tuple[str, dict[str, Any]], ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        """Its documents, one row each."""
        days = {"quote": "03", "order": "05", "packing_slip": "12", "invoice": "14", "licence_receipt": "13"}
        wanted = [name for name in days if name != "licence_receipt" or self.licence]
        documents = [(name, self.docs.get(name, {})) for name in wanted] + list(self.more)
        number = self.order_id.removeprefix("PO-")
        rows = []
        for place, (name, changes) in enumerate(documents):
            if changes is None:
                continue
            invoice = name == "invoice"
            row = {
                "document": name,
                "document_id": f"{CODES[name]}-{number}" + (f"-{place}" if place >= len(wanted) else ""),
                "line": 1,
                "order_id": self.order_id,
                "order_line": 1,
                "vendor": self.vendor,
                "item": self.item,
                "quantity": self.quantity,
                "unit": "each",
                "units_per_pack": 1,
                "unit_price": "" if name in ("packing_slip", "licence_receipt") else self.price,
                "currency": "GBP",
                "is_licence": "yes" if self.licence else "no",
                "dated_on": days.get(name, ""),
                "due_on": f"{self.month}-{self.due}" if invoice else "",
                "paid_on": f"{self.month}-{self.paid}" if invoice and self.paid else "",
                "ordered_by": self.ordered_by,
                "approved_by": "finance" if name == "order" else "",
            } | changes
            rows.append(row | {"dated_on": f"{self.month}-{row['dated_on']}"})
        return rows


def simulate(
    months: list[Span], seed: int, truth: Truth
) -> tuple[dict[str, dict[str, pd.DataFrame]], dict[str, dict[str, float]]]:
    """purchases, prices and rates by month; and what each vendor invoiced in it, in pounds less credit notes."""
    invoiced: dict[str, dict[str, float]] = {}
    tables: dict[str, dict[str, pd.DataFrame]] = {"purchases": {}, "prices": {}, "rates": {}}
    for step, month in enumerate(months):
        rng = np.random.default_rng([seed, 7, int(month.label[:4]), int(month.label[5:])])
        orders = _ordinary(month, step, rng) + _planted(month.label)
        rows = [row for order in orders for row in order.rows()] + _receipts(month, first=step == 0)
        rows += _loose(month.label) + _late_invoice(month.label)
        tables["purchases"][month.label] = _register(pd.DataFrame(rows))
        tables["prices"][month.label] = _prices(month, orders)
        tables["rates"][month.label] = _rates(month, rng)
        invoiced[month.label] = _invoiced(rows)
        _expect(month.label, rows, truth)
    return tables, invoiced


def _ordinary(month: Span, step: int, rng: np.random.Generator) -> list[Order]:
    """Five orders from five vendors, far under the approval limit."""
    orders = []
    for place in range(5):
        vendor = ORDINARY_VENDORS[(5 * step + place) % len(ORDINARY_VENDORS)]
        item, price = CATALOGUE[vendor]
        quantity = int(rng.integers(1, 4) if price > 200 else rng.integers(4, 12))
        orders.append(
            Order(
                f"PO-{month.label[2:].replace('-', '')}-{place + 1:02d}",
                vendor,
                item,
                quantity,
                price,
                month.label,
            )
        )
    return orders


def _planted(month: str) -> list[Order]:
    """Orders that break one rule each, and some that only look as if they did."""
    if month in _EVIDENCE:
        return _EVIDENCE[month]
    if month == "2026-06":
        changes = {
            "order": {"unit_price": 45.0},
            "invoice": {"unit_price": 60.0},
            "quote": {"unit_price": 60.0},
        }
        return [Order("PO-2606-21", "Tulgey Furniture", "Desk lamp", 4, 60.0, month, docs=changes)]
    if month == "2026-09":
        duplicate = (("invoice", {"document_id": "INV-2609-21-B", "dated_on": "18"}),)
        receipt = {"licence_receipt": {"document_id": RENEWAL[0], "dated_on": "01"}}
        receipt |= {name: {"dated_on": "01"} for name in ("quote", "order", "packing_slip")}
        return [
            Order("PO-2609-21", "Tulgey Furniture", "Monitor arm", 6, 58.0, month, more=duplicate),
            Order(
                "PO-2609-22", "Mimsy Licences", RENEWAL[1], RENEWAL[2], RENEWAL[3], month, True, docs=receipt
            ),
        ]
    if month != GOLDEN:
        return []
    unpaid = Order("", "", "", 1, 1.0, month, paid=None)

    def order(number: int, vendor: str, item: str, quantity: float, price: float, **changes: Any) -> Order:
        order_id = f"PO-2610-{number}"
        return replace(
            unpaid, order_id=order_id, vendor=vendor, item=item, quantity=quantity, price=price, **changes
        )

    due = "2026-11-"
    return [
        # Nothing has arrived.
        order(21, "Tove Imaging", "Badge camera", 4, 120.0,
              docs={"packing_slip": None, "invoice": {"due_on": due + "04"}}),
        # Six of ten have.
        order(22, "Tove Imaging", "Ribbon", 10, 64.0,
              docs={"packing_slip": {"quantity": 6}, "invoice": {"due_on": due + "06"}}),
        # Quoted and invoiced at 92, ordered at 80.
        order(23, "Wabe Telecom", "Headset", 5, 92.0,
              docs={"order": {"unit_price": 80.0}, "invoice": {"due_on": due + "12"}}),
        # Quoted at 80, ordered and invoiced at 92.
        order(24, "Wabe Telecom", "Speaker", 3, 92.0,
              docs={"quote": {"unit_price": 80.0}, "invoice": {"due_on": due + "12"}}),
        # Agrees everywhere, but the same thing was found for 120.
        order(25, "Vorpal Security", "Token", 2, 150.0, docs={"invoice": {"due_on": due + "13"}}),
        # Invoiced twice; the first one is paid.
        order(26, "Tulgey Furniture", "Cabinet", 1, 450.0, paid="26",
              more=(("invoice", {"document_id": "INV-2610-26-B", "dated_on": "19", "due_on": due + "16",
                                 "paid_on": ""}),)),
        # Paid before the goods came and before there was an invoice.
        order(27, "Bandersnatch Hardware", "Docking station", 3, 145.0, paid="10"),
        # A licence for which the vendor's receipt never came.
        order(28, "Mimsy Licences", "Papyrus Office seat", 10, 45.0, licence=True,
              docs={"licence_receipt": None, "invoice": {"due_on": due + "06"}}),
        # Two orders in three days that pass the limit of 5,000 only together.
        order(29, "Manxome Storage", "Disk 8 TB", 10, 320.0, ordered_by=PROVIDER,
              docs={"invoice": {"due_on": due + "20"}}),
        order(30, "Manxome Storage", "Disk shelf", 1, 2900.0, ordered_by=PROVIDER,
              docs={"order": {"dated_on": "08"}, "invoice": {"due_on": due + "20"}}),
        # Ordered by the provider, and nobody looked elsewhere.
        order(31, "Frumious Labs", "Sensor kit", 4, 450.0, ordered_by=PROVIDER, paid="27"),
        # In dollars, for which no rate is known.
        order(32, "Jubjub Software", "Course seats", 2, 200.0,
              docs={"invoice": {"currency": "USD", "unit_price": 260.0, "due_on": due + "03"}}),
        # Good: agrees, not yet due.
        order(33, "Bandersnatch Hardware", "Tablet", 2, 310.0, docs={"invoice": {"due_on": due + "05"}}),
        # Good: arrived in two parts before the invoice.
        order(34, "Snark Supplies", "Toner black", 10, 64.0, paid="26",
              docs={"packing_slip": {"quantity": 4, "dated_on": "09"}},
              more=(("packing_slip", {"quantity": 6, "dated_on": "13"}),)),
        # Good: two of ten went back and were credited.
        order(35, "Jabberwock Cabling", "Wall socket", 10, 18.0, paid="27",
              more=(("return", {"quantity": 2, "dated_on": "16"}), ("credit_note", {"quantity": 2, "dated_on": "20"}))),
        # Good: two boxes of ten ordered, twenty pieces invoiced.
        order(36, "Borogove Print", "Badge holder", 20, 5.0, paid="26",
              docs={name: {"quantity": 2, "unit": "box", "units_per_pack": 10, "unit_price": 50.0}
                    for name in ("quote", "order")}),
        # Good: ordered in pounds, invoiced in euros at the rate of the invoice's date.
        order(37, "Vorpal Security", "Door reader", 3, 100.0, paid="26",
              docs={"invoice": {"currency": "EUR", "unit_price": 115.0, "dated_on": "16"}}),
        # Good: 1.5 per cent over the order, 6 pounds of the line, are within both tolerances.
        order(38, "Tulgey Furniture", "Foot rest", 4, 100.0, paid="26", docs={"invoice": {"unit_price": 101.5}}),
        # A fifth over the order; that it is within the tolerance of 25 pounds does not excuse it.
        order(39, "Snark Supplies", "Label roll", 6, 20.0, paid="26",
              docs={"invoice": {"unit_price": 24.0}, "quote": {"unit_price": 24.0}}),
        # Good: a licence with its receipt; the invoice names the item and no line.
        order(40, "Mimsy Licences", "Stylus Fonts", 5, 60.0, licence=True, paid="26",
              docs={"invoice": {"order_line": ""}}),
    ]  # fmt: skip


#: Before the golden month, each once: documents that look odd and are in order, and two that are not.
_EVIDENCE = {
    # Twenty pounds off the whole invoice, as a line of its own: each comes to the 20 pounds ordered.
    "2026-02": [
        Order("PO-2602-21", "Borogove Print", "Banner", 10, 20.0, "2026-02",
              docs={"invoice": {"unit_price": 22.0}},
              more=(("invoice", {"document_id": "INV-2602-21", "line": 2, "order_line": "", "item": "Discount",
                                 "quantity": 1, "unit_price": -20.0}),)),
    ],
    # Its invoice came two months later, see LATE_INVOICE.
    "2026-03": [
        Order("PO-2603-21", "Tove Imaging", "Badge film", 5, 30.0, "2026-03", docs={"invoice": None}),
    ],
    # A licence of 20 for a month, and a receipt for 12 of them.
    "2026-04": [
        Order("PO-2604-21", "Mimsy Licences", "Bulwark Antivirus", 12, 9.5, "2026-04", True,
              docs={"licence_receipt": {"document_id": "LR-107", "dated_on": "01"}}
              | {name: {"dated_on": "01"} for name in ("quote", "order", "packing_slip")}),
    ],
    # Over the limit of 5,000, and approved by who ordered it.
    "2026-05": [
        Order("PO-2605-21", "Vorpal Security", "Gate", 2, 3000.0, "2026-05", ordered_by="finance"),
    ],
    # Two vendors, one number.
    "2026-07": [
        Order(f"PO-2607-{number}", vendor, item, 3, 40.0, "2026-07",
              docs={"invoice": {"document_id": "INV-0815"}})
        for number, vendor, item in ((21, "Tulgey Furniture", "Coat hook"), (22, "Tove Imaging", "Lens cloth"))
    ],
}  # fmt: skip
#: An invoice of March 2026 that nobody saw before May.
LATE_INVOICE = ("2026-05", "PO-2603-21", {"dated_on": "28", "due_on": "2026-05-29", "paid_on": "2026-05-26"})


def _late_invoice(month: str) -> list[dict[str, Any]]:
    came, order_id, changes = LATE_INVOICE
    if month != came:
        return []
    (order,) = [order for orders in _EVIDENCE.values() for order in orders if order.order_id == order_id]
    rows = replace(order, docs={"invoice": changes}).rows()
    return [row for row in rows if row["document"] == "invoice"]


def _loose(month: str) -> list[dict[str, Any]]:
    """An invoice that names no order."""
    if month != GOLDEN:
        return []
    order = Order("PO-2610-41", "Wabe Telecom", "Call minutes", 1, 340.0, month, paid=None)
    row = next(row for row in order.rows() if row["document"] == "invoice")
    return [row | {"order_id": "", "order_line": "", "due_on": "2026-11-08", "ordered_by": ""}]


def _receipts(month: Span, first: bool) -> list[dict[str, Any]]:
    """Receipts from before the first month, copied into its register."""
    if not first:
        return []
    rows = []
    for receipt, (product, quantity) in OLD_RECEIPTS.items():
        order = Order(f"PO-OLD-{receipt[3:]}", "Mimsy Licences", product, quantity, 0.0, month.label, True)
        row = next(row for row in order.rows() if row["document"] == "licence_receipt")
        rows.append(row | {"document_id": receipt, "dated_on": f"{month.label}-01"})
    return rows


def _invoiced(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Invoices less credit notes by vendor; dollars have no rate and are left out."""
    sums: dict[str, float] = {}
    for row in rows:
        sign = {"invoice": 1, "credit_note": -1}.get(row["document"], 0)
        rate = {"GBP": 1.0, "EUR": EUR_PER_GBP}.get(row["currency"])
        if sign and rate:
            amount = sign * row["quantity"] * row["unit_price"] / rate
            sums[row["vendor"]] = round(sums.get(row["vendor"], 0.0) + amount, 2)
    return sums


def _register(frame: pd.DataFrame) -> pd.DataFrame:
    """The accounting system's own headers, codes and dates."""
    frame = frame.sort_values(["dated_on", "document_id", "line"], kind="stable")
    for column in ("dated_on", "due_on", "paid_on"):
        parts = frame[column].str.split("-")
        frame[column] = [f"{p[2]}/{p[1]}/{p[0]}" if len(p) == 3 else "" for p in parts]
    frame["document"] = frame["document"].map(CODES)
    frame["unit_price"] = [price if price == "" else f"{price:.2f}" for price in frame["unit_price"]]
    return frame.rename(columns=COLUMNS)[list(COLUMNS.values())]


#: What finance found elsewhere, where it is not the price of the order.
FOUND = {
    "Headset": 90.0,
    "Speaker": 90.0,
    "Token": 120.0,
    "Disk 8 TB": 318.0,
    "Badge holder": 5.0,
    "Label roll": 22.0,
    "Desk lamp": 58.0,
}
UNCHECKED = ("Sensor kit",)


def _prices(month: Span, orders: list[Order]) -> pd.DataFrame:
    """An independent look at the price of every item that was ordered, but of those that nobody checked."""
    rows = {
        (order.item, order.vendor): FOUND.get(order.item, order.price)
        for order in orders
        if order.item not in UNCHECKED
    }
    known = sorted(rows.items())
    return pd.DataFrame(
        {
            "item": [item for (item, _), _ in known],
            "vendor": [vendor for (_, vendor), _ in known],
            "seen_on": f"{month.label}-02",
            "unit_price": [f"{price:.2f}" for _, price in known],
            "currency": "GBP",
            "checked_by": CHECKER,
        }
    )


def _rates(month: Span, rng: np.random.Generator) -> pd.DataFrame:
    """Euros for a pound on each day; nobody exports dollars."""
    days = pd.Period(month.label).days_in_month
    walk = np.round(EUR_PER_GBP + 0.002 * rng.integers(-3, 4, size=days), 4)
    walk[15] = EUR_PER_GBP
    on = [f"{month.label}-{day + 1:02d}" for day in range(days)]
    return pd.DataFrame({"currency": "EUR", "on": on, "per_client_currency": walk})


# ---------------------------------------------------------------- what the pages must say

#: Order: (fault, amount), worked by hand: price = excess × quantity, quantity = excess × price, else the whole line.
FAULTS = {
    "PO-2605-21": ("not_approved", 2 * 3000.0),
    "PO-2606-21": ("price_over_ordered", 15.0 * 4),
    "PO-2609-21": ("duplicate_invoice", 6 * 58.0),
    "PO-2610-21": ("invoiced_before_received", 4 * 120.0),
    "PO-2610-22": ("quantity_over_received", 4 * 64.0),
    "PO-2610-23": ("price_over_ordered", 12.0 * 5),
    "PO-2610-24": ("price_over_quoted", 12.0 * 3),
    "PO-2610-25": ("price_over_check", 30.0 * 2),
    "PO-2610-26": ("duplicate_invoice", 450.0),
    "PO-2610-27": ("paid_before_matched", 3 * 145.0),
    "PO-2610-28": ("no_licence_receipt", 10 * 45.0),
    "PO-2610-31": ("ordered_by_provider_unchecked", 4 * 450.0),
    "PO-2610-39": ("price_over_ordered", 4.0 * 6),
}
NO_ORDER = ("INV-2610-41", 340.0)
SPLIT = (("PO-2610-29", "PO-2610-30"), 3200.0 + 2900.0)
#: The payments page of the last day of October 2026: what is not yet paid.
HOLD = {21: "04", 22: "06", 23: "12", 24: "12", 25: "13", 26: "16", 28: "06", 29: "20", 30: "20", 41: "08"}


def _expect(month: str, rows: list[dict[str, Any]], truth: Truth) -> None:
    page = "procurement"
    stake = 0.0
    orders = {row["order_id"]: row for row in rows}
    for order_id, (fault, amount) in FAULTS.items():
        if order_id in orders:
            item, vendor = orders[order_id]["item"], orders[order_id]["vendor"]
            truth.plant(
                month, page, fault, order_id=order_id, order_line="1", item=item, vendor=vendor, amount=amount
            )
            stake += amount
    if month == GOLDEN:
        truth.plant(
            month, page, "no_order", document_id=NO_ORDER[0], vendor="Wabe Telecom", amount=NO_ORDER[1]
        )
        truth.plant(
            month,
            page,
            "split_orders",
            order_ids=SPLIT[0],
            vendor="Manxome Storage",
            amount=SPLIT[1],
            limit=5000,
        )
        truth.plant(
            month,
            page,
            "provider_ordered_unchecked",
            order_id="PO-2610-31",
            vendor="Frumious Labs",
            amount=1800.0,
        )
        truth.plant(month, page, "no_rate", order_id="PO-2610-32", currency="USD", amount=None)
        stake += NO_ORDER[1] + SPLIT[1]
        for number, day in HOLD.items():
            name = {26: "INV-2610-26-B"}.get(number, f"INV-2610-{number}")
            truth.plant(month, "daily", "hold", document_id=name, due_on=f"2026-11-{day}")
        truth.plant(month, "daily", "release", document_id="INV-2610-33", due_on="2026-11-05", amount=620.0)
        truth.plant(month, "daily", "cannot_tell", document_id="INV-2610-32", due_on="2026-11-03")
    if month == "2026-02":
        truth.plant(month, page, "discount", order_id="PO-2602-21", amount=20.0)
    if month == LATE_INVOICE[0]:
        truth.plant(month, page, "came_late", document_id="INV-2603-21", dated_on="2026-03-28", amount=150.0)
    if month == "2026-07":
        vendors = ["Tove Imaging", "Tulgey Furniture"]
        truth.plant(month, page, "one_number", document_id="INV-0815", vendors=vendors, amount=240.0)
    exceptions = sum(entry["fault"] in EXCEPTIONS for entry in truth.found[month].get(page, []))
    truth.plant(month, page, "none", subject="", at_stake=stake, exceptions=exceptions)


EXCEPTIONS = {fault for fault, _ in FAULTS.values()} | {"no_order", "split_orders"}
