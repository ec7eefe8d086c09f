"""Rule 27, what is told: records, figures, what is due; sums by properties, the demo company by its truth."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from purchases import GBP, LIMIT, PROVIDER, RATES, bought, check, doc, october, order

from msp_report.metrics.procurement import (
    DUPLICATE,
    EARLY,
    EXCEPTIONS,
    NO_ORDER,
    NO_RATE,
    NO_RECEIPT,
    OVER_CHECK,
    OVER_ORDERED,
    OVER_QUOTED,
    PAID,
    QUANTITY,
    SPLIT,
    analyse,
    due,
    match,
)


def test_the_record_tells_all_quantities_and_prices():
    documents = order(
        quote={"quantity": 12, "unit_price": 85}, packing_slip={"quantity": 6}, invoice={"unit_price": 90}
    )
    row = (
        match(pd.DataFrame(documents), check(70, vendor="B"), None, GBP, {})
        .set_index("exception")
        .loc[QUANTITY]
    )
    told = ["order_id", "order_line", "item", "quoted", "ordered", "received", "invoiced", "price_quoted"]
    assert list(row[told]) == ["P1", "1", "disk", 12, 10, 6, 10, 85]
    assert list(row[["price_ordered", "price_invoiced", "price_checked", "amount"]]) == [80, 90, 70, 360]
    assert row["receipted"] is None
    assert (row["vendor"], row["document_id"], row["currency"]) == ("Acme", "invoice-1", "GBP")


def test_hold_release_or_cannot_tell():
    rows = [
        *order(invoice={"due_on": 30}),
        *[
            {**row, "order_id": "P2"}
            for row in order(packing_slip=None, invoice={"due_on": 25, "document_id": "i2"})
        ],
        *[
            {**row, "order_id": "P3"}
            for row in order(invoice={"currency": "USD", "document_id": "i3", "due_on": 28})
        ],
        *[{**row, "order_id": "P4"} for row in order(invoice={"paid_on": 20, "document_id": "i4"})],
        *[
            {**row, "order_id": "P5"}
            for row in order(quote=None, order={"unit_price": None}, invoice={"document_id": "i5"})
        ],
    ]
    for number, row in enumerate(rows):  # every document has its own number
        row["document_id"] = row["document_id"] if row["document"] == "invoice" else f"d{number}"
    page = due(pd.DataFrame(rows), None, None, GBP, {}, "2026-10-27")
    assert list(zip(page["document_id"], page["decision"], page["why"].fillna(""), strict=True)) == [
        ("i2", "hold", EARLY),
        ("i3", "cannot tell", "no rate of USD on or before 2026-10-10"),
        ("invoice-1", "release", ""),
        ("i5", "cannot tell", "neither order nor quote has a price"),
    ]
    assert list(page["amount"]) == [800, None, 800, 800]
    assert list(page["days_to_due"].fillna(99)) == [-2, 1, 3, 99]
    assert list(page["at_stake"]) == [800, None, 0, 0]


def test_an_invoice_is_held_for_any_of_its_lines():
    rows = [
        *order(),
        *[{**row, "order_line": "2", "line": "2", "item": "cable"} for row in order(packing_slip=None)],
    ]
    page = due(pd.DataFrame(rows), None, None, GBP, {}, "2026-10-31")
    assert len(page) == 1
    assert list(page.loc[0, ["decision", "why", "amount", "at_stake", "lines"]]) == [
        "hold",
        EARLY,
        1600,
        800,
        2,
    ]


def test_what_comes_after_the_day_does_not_count():
    rows = pd.DataFrame(order())
    assert due(rows, None, None, GBP, {}, "2026-10-09").empty
    assert list(due(rows, None, None, GBP, {}, "2026-10-10")["decision"]) == ["release"]
    # a cut-off is the instant at which the day has ended
    midnight = pd.Timestamp("2026-10-10", tz="Europe/London")
    assert due(rows, None, None, GBP, {}, midnight).empty
    assert len(due(rows, None, None, GBP, {}, midnight + pd.Timedelta(hours=1))) == 1
    late = pd.DataFrame(order(packing_slip={"day": 12}))
    assert list(due(late, None, None, GBP, {}, "2026-10-11")["decision"]) == ["hold"]


def test_invoices_of_split_orders_are_held():
    rows = bought((1, 3000), (2, 2500))
    for name in "AB":
        rows += [doc("packing_slip", document_id=f"s{name}", order_id=name, item=name, quantity=1)]
    rows.append(doc("invoice", order_id="A", item="A", quantity=1, unit_price=3000))
    page = due(pd.DataFrame(rows), None, None, GBP, LIMIT, "2026-10-31")
    assert list(page.loc[0, ["decision", "why", "at_stake"]]) == ["hold", SPLIT, 3000]


def test_what_was_credited_is_not_to_be_paid():
    assert due(pd.DataFrame([*order(), doc("credit_note")]), None, None, GBP, {}, "2026-10-31").empty


@pytest.mark.parametrize(
    ("ordered_by", "prices", "listed"),
    [
        ("Northgate", None, True),
        ("provider", None, True),
        ("operations", None, False),
        (None, None, False),
        ("northgate ", check(80), False),
        ("Northgate", check(80, checked_by="Northgate"), True),
        ("Northgate", check(80, item="cable"), True),
    ],
)
def test_ordered_by_the_provider_and_checked_by_nobody(ordered_by, prices, listed):
    rows = pd.DataFrame(order(order={"ordered_by": ordered_by}))
    result = october(rows, prices, contract=GBP | PROVIDER)
    assert list(result.unchecked["amount"]) == ([800] if listed else [])


def test_nothing_supplied_and_nothing_bought():
    assert match(None, None, None, {}, {}).empty
    assert match(pd.DataFrame(order())[:0], None, None, {}, {}).empty
    assert due(None, None, None, {}, {}, "2026-10-31").empty
    nothing = october(None).figures()
    assert {f.why_missing for f in nothing} == {"no purchases were supplied"}
    assert nothing[0].verdict == "no_data"
    bare = october(pd.DataFrame(order())[:0]).figures()
    assert (bare[0].value, bare[0].verdict) == (0, "met")


def test_input_is_left_as_it_was():
    rows, prices = pd.DataFrame(order()), check(60)
    before = rows.copy(), prices.copy()
    october(rows, prices, RATES, GBP, LIMIT)
    pd.testing.assert_frame_equal(rows, before[0])
    pd.testing.assert_frame_equal(prices, before[1])


def test_figures_add_up_with_the_record():
    rows = pd.DataFrame([*order(packing_slip={"quantity": 6}, invoice={"unit_price": 92, "paid_on": 30})])
    result = october(rows, contract=GBP)
    by_name = {(f.measure, f.subject): f for f in result.figures()}
    assert by_name["procurement.at_stake", ""].value == 920  # paid early: the whole line
    assert by_name["procurement.already_paid", ""].value == 920
    assert by_name["procurement.exceptions", ""].value == 4
    assert by_name["procurement.exceptions", QUANTITY].value == 1
    assert by_name["procurement.amount", QUANTITY].value == 4 * 92
    assert by_name["procurement.at_stake", ""].verdict == "missed"


def test_the_state_of_every_line():
    rows = [
        *order(),
        *[
            {**row, "order_id": "P2", "document_id": row["document_id"] + "b"}
            for row in order(packing_slip=None)
        ],
    ]
    lines = october(pd.DataFrame(rows), contract=GBP).lines
    assert dict(zip(lines["order_id"], lines["state"], strict=True)) == {"P1": "agrees", "P2": "exception"}


@st.composite
def registers(draw) -> pd.DataFrame:
    """A few order lines with documents that may lack, disagree or come twice."""
    rows = []
    for name in range(draw(st.integers(1, 3))):
        common = {"order_id": f"P{name}", "vendor": draw(st.sampled_from(["Acme", "Bolt"]))}
        for document in ("quote", "order", "packing_slip", "invoice", "invoice", "return", "credit_note"):
            if draw(st.integers(0, 4)) > (2 if document in ("return", "credit_note") else 0):
                price = (
                    draw(st.sampled_from([80, 81, 92]))
                    if document not in ("packing_slip", "return")
                    else None
                )
                paid = draw(st.sampled_from([pd.NaT, pd.Timestamp("2026-10-09"), pd.Timestamp("2026-10-29")]))
                row = doc(
                    document,
                    quantity=draw(st.integers(1, 12)),
                    unit_price=price,
                    day=draw(st.integers(1, 28)),
                )
                number = f"{document}-{len(rows)}"
                rows.append(
                    {
                        **row,
                        **common,
                        "document_id": number,
                        "paid_on": paid if document == "invoice" else pd.NaT,
                    }
                )
    return pd.DataFrame(rows or order())


@settings(max_examples=12, deadline=None)
@given(registers(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = rows.sample(frac=1, random_state=random.randrange(1000))
    strategy = {"approval": {"limit": 900, "together_days": 7}}
    pd.testing.assert_frame_equal(
        match(rows, check(75), None, GBP, strategy), match(shuffled, check(75), None, GBP, strategy)
    )


@settings(max_examples=12, deadline=None)
@given(registers())
def test_money_adds_up(rows):
    """Per line, at stake is no more than the line, no less than its largest amount, no more than their sum."""
    result = october(rows, check(75), contract=GBP)
    record, lines = result.match, result.lines
    by_line = record.groupby("document_id")
    sums = by_line["amount"].sum().astype(float)
    largest = by_line["amount"].max().astype(float)
    stakes = by_line["at_stake"].sum().astype(float)
    whole = lines.set_index("document_id")["amount"].astype(float)
    assert (stakes <= whole.reindex(stakes.index)).all()
    assert (stakes <= sums).all()
    assert (stakes >= largest).all()
    assert (record["at_stake"] >= 0).all()
    assert sum(lines["at_stake"], Decimal(0)) == result.at_stake
    # money of all lines: invoiced less credited
    sign = rows["document"].map({"invoice": 1, "credit_note": -1}).fillna(0)
    net = float((sign * rows["quantity"] * rows["unit_price"].fillna(0)).sum())
    if not (rows["document"] == "credit_note").any():
        assert float(sum(lines["amount"], Decimal(0))) == net


@settings(max_examples=12, deadline=None)
@given(registers(), st.floats(0, 0.3), st.floats(0, 0.3))
def test_a_wider_tolerance_never_finds_more(rows, one, other):
    narrow, wide = sorted([one, other])
    counts = [
        len(match(rows, None, None, {"procurement": {"price_ratio": r, "quantity_ratio": r}}, {}))
        for r in (narrow, wide)
    ]
    assert counts[1] <= counts[0]


KINDS = {
    "invoiced_before_received": EARLY,
    "quantity_over_received": QUANTITY,
    "price_over_ordered": OVER_ORDERED,
    "price_over_quoted": OVER_QUOTED,
    "price_over_check": OVER_CHECK,
    "duplicate_invoice": DUPLICATE,
    "paid_before_matched": PAID,
    "no_licence_receipt": NO_RECEIPT,
    "no_order": NO_ORDER,
    "split_orders": SPLIT,
    "no_rate": NO_RATE,
}


@pytest.mark.parametrize("month", ["2026-05", "2026-06", "2026-09", "2026-10"])
def test_every_planted_fault_is_found_and_nothing_else(demo_place, truth, month):
    from msp_report.case import open_case

    case = open_case("demo", month, demo_place)
    result = analyse(case)
    truth = truth[month]
    planted = [entry for entry in truth["procurement"] if entry["fault"] in KINDS]
    wanted = sorted(
        (KINDS[e["fault"]], e["amount"], "; ".join(e.get("order_ids", [e.get("order_id", "")])))
        for e in planted
        if e["amount"]
    )
    told = sorted(
        zip(
            result.exceptions["exception"],
            result.exceptions["amount"].astype(float),
            result.exceptions["order_id"].fillna(""),
            strict=True,
        )
    )
    assert told == wanted
    total = next(e for e in truth["procurement"] if "at_stake" in e)
    assert (float(result.at_stake), len(result.exceptions)) == (total["at_stake"], total["exceptions"])
    unchecked = [e["order_id"] for e in truth["procurement"] if e["fault"] == "provider_ordered_unchecked"]
    assert list(result.unchecked["order_id"]) == unchecked
    if month == "2026-10":
        page = result.due.set_index("document_id")["decision"].str.replace(" ", "_")
        decisions = ("hold", "release", "cannot_tell")
        assert dict(page) == {e["document_id"]: e["fault"] for e in truth["daily"] if e["fault"] in decisions}


def test_every_exception_of_the_rule_has_a_name():
    assert len(EXCEPTIONS) == 10
