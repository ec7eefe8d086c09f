"""What is to be paid: sums by decision, and what is not known of them."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from months import MonthOf

from msp_report.metrics import payments
from msp_report.metrics.payments import analyse

AGREED = {"client": {"name": "Acme", "timezone": "Europe/London", "currency": "GBP"}}
COLUMNS = [
    "document",
    "document_id",
    "order_id",
    "quantity",
    "unit_price",
    "currency",
    "dated_on",
    "due_on",
    "paid_on",
]


def bought(*rows: tuple) -> pd.DataFrame:
    """(document, number, order, quantity, price, currency, dated, due, paid) of one vendor and item, days of 2026."""
    frame = pd.DataFrame(rows, columns=COLUMNS).assign(line=1, order_line=1, vendor="Acme", item="disk")
    for name in ("dated_on", "due_on", "paid_on"):
        frame[name] = pd.to_datetime("2026-" + frame[name].astype("str"))
    return frame


def whole(
    order: str, price: float, due: str | None, paid: str | None = None, currency: str = "GBP", came: int = 10
):
    """An order of ten, what came of it, and the invoice of all ten."""
    return [
        ("order", f"P{order}", f"P{order}", 10, 80, "GBP", "10-01", None, None),
        ("packing_slip", f"S{order}", f"P{order}", came, None, None, "10-05", None, None),
        ("invoice", f"I{order}", f"P{order}", 10, price, currency, "10-09", due, paid),
    ]


ROWS = [
    *whole("1", 80, "11-09"),  # agrees: 800
    *whole("2", 92, "10-20"),  # 12 above the ordered price of ten: hold 920, of which 120 is in dispute
    *whole("3", 80, "10-30", came=8),  # two of ten did not come: hold 800, 160 in dispute
    *whole("4", 80, None, currency="USD"),  # no rate
    *whole("5", 80, "10-12", paid="10-12"),  # paid
]


def at(
    end: pd.Timestamp, purchases: pd.DataFrame | None, rates: pd.DataFrame | None = None
) -> payments.Analysis:
    """What is to be paid at an instant."""
    tables = {"purchases": purchases, "rates": rates}
    return analyse(MonthOf(end - pd.Timedelta(days=30), end, AGREED, tables=tables))


def found(rows=ROWS, on="2026-10-25", rates=None) -> payments.Analysis:
    """The same at the end of a day in London."""
    return at(pd.Timestamp(on, tz="Europe/London") + pd.DateOffset(days=1), bought(*rows), rates)


def test_sums_by_decision():
    table = found().decisions.set_index("decision")
    assert table.index.tolist() == ["hold", "cannot tell", "release"]
    assert table["invoices"].tolist() == [2, 1, 1]
    assert table["amount"].tolist() == [Decimal(1720), None, Decimal(800)]
    assert table["not_known"].tolist() == [0, 1, 0]
    assert table.loc["hold", "at_stake"] == Decimal(280)
    assert table["overdue"].tolist() == [1, 0, 0]  # on the 25th that of the 20th
    assert table.loc["hold", "next_due_on"] == pd.Timestamp("2026-10-20")


def test_each_invoice_stands_in_one_list():
    analysis = found()
    assert analysis.of("hold")["document_id"].tolist() == ["I2", "I3"]
    assert analysis.of("release")["document_id"].tolist() == ["I1"]
    listed = sum(len(analysis.of(name)) for name in payments.DECISIONS)
    assert listed == len(analysis.due) == 4
    assert set(analysis.records()) == {"due", "decisions", "hold", "cannot_tell", "release"}
    with pytest.raises(ValueError, match="'pay' is not a decision: use one of hold, cannot tell, release"):
        analysis.of("pay")


def test_figures():
    by_name = {figure.measure.partition(".")[2]: figure for figure in found().figures()}
    hold, at_stake, release = by_name["hold"], by_name["at_stake"], by_name["release"]
    assert (hold.value, hold.n, hold.unit) == (1720, 2, "cost")
    assert (at_stake.value, release.value, release.n) == (280, 800, 1)
    assert (by_name["overdue"].value, by_name["overdue"].n) == (1, 4)
    unsure, due = by_name["cannot_tell"], by_name["due"]
    assert (unsure.value, unsure.low, unsure.n) == (None, None, 1)
    # all of it is not known, but 1,720 and 800 are
    assert (due.value, due.low, due.n) == (None, 2520, 4)
    assert due.why_missing == "1 invoice has no amount in our currency"
    assert {figure.verdict for figure in by_name.values()} == {None}


def test_with_a_rate_the_money_is_known():
    rates = pd.DataFrame(
        {"currency": ["USD"], "on": pd.to_datetime(["2026-10-01"]), "per_client_currency": [1.25]}
    )
    due = next(figure for figure in found(rates=rates).figures() if figure.measure == "payments.due")
    assert (due.value, due.why_missing) == (2520 + 640, None)  # 800 USD at 1.25


def test_later_documents_do_not_exist_and_the_day_is_the_clients():
    early = found(on="2026-10-08")
    assert early.due.empty and early.decisions.empty
    assert early.newest_on == pd.Timestamp("2026-10-05")
    # the cut-off is the end of the day before: at midnight of the 9th in London no invoice has come
    midnight = pd.Timestamp("2026-10-08 23:00", tz="UTC")
    assert at(midnight, bought(*ROWS)).newest_on == pd.Timestamp("2026-10-05")
    after = midnight + pd.Timedelta(minutes=1)
    assert at(after, bought(*ROWS)).newest_on == pd.Timestamp("2026-10-09")


def test_nothing_to_pay_is_not_nothing_known():
    nothing = found(rows=whole("5", 80, "10-12", paid="10-12")).figures()
    assert [(figure.value, figure.n) for figure in nothing] == [(0, 0)] * 6
    nobody = at(pd.Timestamp("2026-10-25", tz="UTC"), None)
    unknown = nobody.figures()
    assert {(figure.value, figure.n, figure.why_missing) for figure in unknown} <= {
        (None, None, "no purchases were supplied"),
        (None, 0, "no purchases were supplied"),
    }
    assert pd.isna(nobody.newest_on)
