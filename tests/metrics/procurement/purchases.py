"""Purchases of a month for tests: one good order whose documents a test changes, leaves out or adds to."""

from __future__ import annotations

import pandas as pd
from months import MonthOf

from msp_report.metrics.procurement import Analysis, analyse, match

START, END = pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC")
DAYS = {
    "quote": 1,
    "order": 3,
    "packing_slip": 8,
    "licence_receipt": 8,
    "invoice": 10,
    "return": 12,
    "credit_note": 14,
}
PROVIDER = {"provider": {"name": "Northgate"}}
GBP = {"client": {"name": "x", "timezone": "Europe/London", "currency": "GBP"}}
LIMIT = {"approval": {"limit": 5000, "together_days": 7}}
RATES = pd.DataFrame(
    {
        "currency": ["EUR", "EUR", "EUR"],
        "on": pd.to_datetime(["2026-10-01", "2026-10-08", "2026-10-12"]),
        "per_client_currency": [1.1, 1.25, 2.0],
    }
)


def doc(document: str, **columns) -> dict:
    """A document of order P1, line 1: ten disks at 80, dated as in DAYS; `day` is one of October 2026."""
    day = columns.pop("day", DAYS[document])
    month = columns.pop("month", 10)
    goods = document in ("packing_slip", "licence_receipt", "return")
    return {
        "document": document,
        "document_id": f"{document}-1",
        "line": "1",
        "order_id": "P1",
        "order_line": "1",
        "vendor": "Acme",
        "item": "disk",
        "quantity": 10,
        "unit_price": None if goods else 80,
        "dated_on": pd.Timestamp(2026, month, day),
        **{name: pd.Timestamp(2026, 10, on) for name, on in columns.items() if name in ("paid_on", "due_on")},
        **{name: value for name, value in columns.items() if name not in ("paid_on", "due_on")},
    }


def order(**changes) -> list[dict]:
    """The four documents of a good order; a document may be changed by name, or left out with None."""
    wanted = {name: {} for name in ("quote", "order", "packing_slip", "invoice")} | changes
    return [doc(name, **columns) for name, columns in wanted.items() if columns is not None]


def register() -> list[dict]:
    """One of each kind of document, of an order of nothing but a pen: the register lacks none of them."""
    pen = {"order_id": "P0", "vendor": "Zed", "item": "pen", "quantity": 1, "unit_price": 1}
    kinds = ("quote", "order", "packing_slip", "licence_receipt")
    return [doc(kind, **pen | {"document_id": f"{kind}-0"}) for kind in kinds]


def bought(*orders: tuple, vendor="Acme") -> list[dict]:
    """Good orders of one item each: (day, money) or (day, money, vendor), numbered A, B, C …"""
    rows = []
    for name, (day, money, *who) in zip("ABCDEF", orders, strict=False):
        common = {"order_id": name, "item": name, "quantity": 1, "vendor": who[0] if who else vendor}
        rows.append(doc("order", document_id=name, unit_price=money, day=day, **common))
    return rows


def check(price, *, item="disk", vendor="Elsewhere", day=2, currency="GBP", **more) -> pd.DataFrame:
    seen = {"item": [item], "vendor": vendor, "seen_on": pd.Timestamp(2026, 10, day), "unit_price": price}
    return pd.DataFrame({**seen, "currency": currency, **more})


def found(*rows: dict, prices=None, rates=None, contract=None, strategy=None, **period) -> list[tuple]:
    """(exception, amount) of every row of the match, in its order, in a register that lacks no kind of document."""
    record = match(
        pd.DataFrame([*rows, *register()]), prices, rates, contract or {}, strategy or {}, **period
    )
    return list(zip(record["exception"], record["amount"], strict=True))


def october(rows: pd.DataFrame | None, prices=None, rates=None, contract=None, strategy=None) -> Analysis:
    """The analysis of October 2026 in UTC."""
    tables = {"purchases": rows, "prices": prices, "rates": rates}
    return analyse(MonthOf(START, END, contract or {}, strategy or {}, tables))
