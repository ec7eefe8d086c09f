"""Rule 27: every sentence by a case worked by hand, the sums by properties, the demo company by its truth."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msp_report.metrics import procurement
from msp_report.metrics.procurement import (
    DUPLICATE,
    EARLY,
    NO_ORDER,
    NO_PRICE,
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
    figures,
    match,
)

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


def found(*rows: dict, prices=None, rates=None, contract=None, strategy=None, **period) -> list[tuple]:
    """(exception, amount) of every row of the match, in its order."""
    record = match(pd.DataFrame(rows), prices, rates, contract or {}, strategy or {}, **period)
    return list(zip(record["exception"], record["amount"], strict=True))


def check(price, *, item="disk", vendor="Elsewhere", day=2, currency="GBP", **more) -> pd.DataFrame:
    seen = {"item": [item], "vendor": vendor, "seen_on": pd.Timestamp(2026, 10, day), "unit_price": price}
    return pd.DataFrame({**seen, "currency": currency, **more})


GBP = {"client": {"name": "x", "timezone": "Europe/London", "currency": "GBP"}}


# ---------------------------------------------------------------- the match of all five


def test_documents_that_agree_are_no_exception():
    assert found(*order()) == []
    assert found(*order(invoice={"paid_on": 20})) == []


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        # nothing came: the whole line, 10 x 80
        (order(packing_slip=None), [(EARLY, 800)]),
        # all came, two days after the invoice: it was not there when it was charged for
        (order(packing_slip={"day": 12}), [(EARLY, 800)]),
        # on the day of the invoice is in time
        (order(packing_slip={"day": 10}), []),
        # 6 of 10 came: 4 x 80
        (order(packing_slip={"quantity": 6}), [(QUANTITY, 320)]),
        # 6 before the invoice, 4 after it: those 4 were early
        (
            [*order(packing_slip={"quantity": 6}), doc("packing_slip", document_id="s2", quantity=4, day=15)],
            [(EARLY, 320)],
        ),
        # 6 after the invoice and 4 never: 6 x 80 early, 4 x 80 over
        (order(packing_slip={"quantity": 6, "day": 12}), [(EARLY, 480), (QUANTITY, 320)]),
        # more than was invoiced came
        (order(packing_slip={"quantity": 12}), []),
        # 92 for 80: 12 x 10, over the order and the quote; each is an exception
        (order(invoice={"unit_price": 92}), [(OVER_ORDERED, 120), (OVER_QUOTED, 120)]),
        (order(quote={"unit_price": 92}, invoice={"unit_price": 92}), [(OVER_ORDERED, 120)]),
        (order(order={"unit_price": 92}, invoice={"unit_price": 92}), [(OVER_QUOTED, 120)]),
        (order(invoice={"unit_price": 79}), []),
        # a quarter of what is invoiced too dear is a quarter of the excess
        (order(invoice={"unit_price": 92, "quantity": 5}, quote=None), [(OVER_ORDERED, 60)]),
        # no order: the whole line, and nothing that would need one
        (order(order=None, quote=None, packing_slip=None), [(NO_ORDER, 800)]),
        (order(order={"order_id": "P2"}, quote=None), [(NO_ORDER, 800)]),
        (
            [*order(), doc("invoice", document_id="i2", order_id=None, order_line=None, item="call")],
            [(NO_ORDER, 800)],
        ),
        # another line of the order is not this one
        ([*order(), doc("invoice", document_id="i2", order_line="2", item="cable")], [(NO_ORDER, 800)]),
    ],
)
def test_each_document_against_the_invoice(documents, expected):
    assert found(*documents) == expected


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


# ---------------------------------------------------------------- joining


@pytest.mark.parametrize(
    "changes",
    [
        {"invoice": {"order_line": None}},
        {"packing_slip": {"order_line": None}, "quote": {"order_line": ""}},
        {"order": {"order_line": None}},  # its own line number is its order line
        {"order": {"order_id": None, "document_id": "P1"}},  # its own number is its order
        {"invoice": {"order_line": "9"}},  # no such line: by item
        {"invoice": {"item": "DISK 8 TB"}},  # the line is enough, whatever the item is called
        {"invoice": {"item": " Disk ", "order_line": None}, "packing_slip": {"order_id": "p1"}},
    ],
)
def test_lines_join_by_order_line_else_by_item(changes):
    assert found(*order(**changes)) == []


def test_numbers_as_floats_join_with_numbers_as_text():
    bought = pd.DataFrame(order()).assign(line=1, order_line=[1.0, 1.0, np.nan, 1.0])
    assert match(bought, None, None, {}, {}).empty


def test_an_item_on_two_lines_that_others_join_by_is_one_line():
    """5 at 80 and 5 at 90 ordered, invoices without a line: each is compared with the nearest price."""
    documents = [
        doc("order", quantity=5),
        doc("order", line="2", order_line="2", quantity=5, unit_price=90),
        doc("packing_slip", order_line=None),
        doc("invoice", order_line=None, quantity=5),
        doc("invoice", line="2", order_line=None, quantity=5, unit_price=90),
    ]
    assert found(*documents) == []
    documents[-1]["unit_price"] = 95
    assert found(*documents) == [(OVER_ORDERED, 25)]


# ---------------------------------------------------------------- units, packs, currencies


def test_packs_become_single_units():
    """Two boxes of ten at 50 are twenty pieces at 5."""
    box = {"quantity": 2, "unit": "box", "units_per_pack": 10, "unit_price": 50}
    pieces = {"quantity": 20, "unit_price": 5}
    agreed = order(quote=box, order=box, packing_slip={"quantity": 20}, invoice=pieces)
    assert found(*agreed) == []
    # at 5.50 a piece it is 0.5 x 20 too much
    agreed[-1]["unit_price"] = 5.5
    assert found(*agreed) == [(OVER_ORDERED, 10), (OVER_QUOTED, 10)]
    # one box came: 10 pieces x 5
    short = order(
        quote=box, order=box, packing_slip={**box, "quantity": 1, "unit_price": None}, invoice=pieces
    )
    assert found(*short) == [(QUANTITY, 50)]


def test_a_price_that_no_decimal_can_hold_is_compared_exactly():
    """A box of three at 100 and three single ones at 100 / 3 in a box of three are the same."""
    boxes = {"quantity": 7, "units_per_pack": 3, "unit_price": 100}
    assert found(*order(quote=boxes, order=boxes, packing_slip={"quantity": 21}, invoice=boxes)) == []
    dearer = {**boxes, "unit_price": Decimal("100.000000001")}
    # 0.000000001 x 7
    assert found(*order(quote=None, order=boxes, packing_slip={"quantity": 21}, invoice=dearer)) == [
        (OVER_ORDERED, Decimal("7e-9"))
    ]


def test_a_pack_of_nothing_cannot_be_compared():
    assert found(*order(invoice={"units_per_pack": 0})) == [(NO_PRICE, None)]


RATES = pd.DataFrame(
    {
        "currency": ["EUR", "EUR", "EUR"],
        "on": pd.to_datetime(["2026-10-01", "2026-10-08", "2026-10-12"]),
        "per_client_currency": [1.1, 1.25, 2.0],
    }
)


def test_currencies_by_the_last_rate_on_or_before_the_invoice():
    """On the 10th the rate of the 8th counts: 100 euros are 80 pounds."""
    assert found(*order(invoice={"currency": "EUR", "unit_price": 100}), rates=RATES, contract=GBP) == []
    # 105 euros are 84 pounds: 4 x 10
    dear = order(invoice={"currency": "EUR", "unit_price": 105})
    assert found(*dear, rates=RATES, contract=GBP) == [(OVER_ORDERED, 40), (OVER_QUOTED, 40)]
    # on the 12th itself its own rate counts: 160 euros are 80 pounds
    late = order(invoice={"currency": "eur", "unit_price": 160, "day": 12})
    assert found(*late, rates=RATES, contract=GBP) == []


def test_a_currency_that_moved_is_no_price_that_rose():
    """Ordered and invoiced at 100 euros while the pound lost half: nothing to see; at 110 it is 10 / 2 x 10."""
    euros = {"currency": "EUR", "unit_price": 100}
    same = order(quote=euros, order=euros, invoice={**euros, "day": 12})
    assert found(*same, rates=RATES, contract=GBP) == []
    dear = order(quote=None, order=euros, invoice={**euros, "unit_price": 110, "day": 12})
    assert found(*dear, rates=RATES, contract=GBP) == [(OVER_ORDERED, 50)]


def test_without_a_rate_nothing_is_guessed():
    dollars = order(invoice={"currency": "USD", "unit_price": 1})
    record = match(pd.DataFrame(dollars), None, RATES, GBP, {})
    assert list(record["exception"]) == [NO_RATE]
    assert record["amount"][0] is None
    assert record["why"][0] == "no rate of USD on or before 2026-10-10"
    # before the first rate there is none either
    early = order(quote=None, order={"day": 1, "month": 9}, packing_slip={"day": 1, "month": 9})
    early[-1] |= {"currency": "EUR", "dated_on": pd.Timestamp("2026-09-30")}
    assert found(*early, rates=RATES, contract=GBP) == [(NO_RATE, None)]
    # what lacks is listed all the same, its money unknown
    missing = order(packing_slip=None, invoice={"currency": "USD"})
    assert sorted(found(*missing, rates=RATES, contract=GBP)) == [(EARLY, None), (NO_RATE, None)]


def test_the_only_currency_is_the_clients_where_the_contract_names_none():
    assert found(*order(order={"currency": "EUR"}, invoice={"currency": "EUR"})) == []


# ---------------------------------------------------------------- credit notes, returns, partial deliveries


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        # 2 went back and were credited
        ([doc("return", quantity=2), doc("credit_note", quantity=2)], []),
        # 2 went back and were not credited: 2 x 80
        ([doc("return", quantity=2)], [(QUANTITY, 160)]),
        # negative numbers mean the same
        ([doc("return", quantity=-2), doc("credit_note", quantity=-2)], []),
        (
            [
                doc("packing_slip", document_id="s2", quantity=-2),
                doc("invoice", document_id="c", quantity=-2, day=14),
            ],
            [],
        ),
        (
            [
                doc("packing_slip", document_id="s2", quantity=-2),
                doc("credit_note", quantity=2, unit_price=-80),
            ],
            [],
        ),
        # credited less than was paid for them, as a fee for taking them back
        ([doc("return", quantity=2), doc("credit_note", quantity=2, unit_price=70)], []),
    ],
)
def test_returns_and_credit_notes_subtract(more, expected):
    assert found(*order(), *more) == expected


def test_a_credit_note_lowers_the_quantity_that_is_too_dear():
    """92 for 80, 2 of 10 credited at 92: 12 x 8."""
    dear = [*order(quote=None, invoice={"unit_price": 92}), doc("credit_note", quantity=2, unit_price=92)]
    row = match(pd.DataFrame(dear), None, None, {}, {}).iloc[0]
    assert (row["exception"], row["amount"], row["invoiced"]) == (OVER_ORDERED, 96, 8)


def test_a_credit_note_at_another_price_lowers_the_price():
    """92 for 80, 12 credited on each of 10 that were kept: 80."""
    dear = order(quote=None, invoice={"unit_price": 92})
    assert found(*dear, doc("credit_note", quantity=10, unit_price=12)) == []
    # more than was paid leaves nothing to look at
    assert found(*dear, doc("credit_note", quantity=10, unit_price=93)) == []
    # 120 in one sum are the same; 70 leave 92 - 7 - 80 = 5 x 10
    assert found(*dear, doc("credit_note", quantity=1, unit_price=120)) == []
    assert found(*dear, doc("credit_note", quantity=1, unit_price=70)) == [(OVER_ORDERED, 50)]


def test_a_duplicate_that_was_credited_is_none():
    twice = [*order(), doc("invoice", document_id="i2", day=11)]
    assert found(*twice) == [(DUPLICATE, 800)]
    assert found(*twice, doc("credit_note")) == []


def test_partial_deliveries_with_an_invoice_each():
    """4 on the 8th and 6 on the 11th, invoiced on the 10th and the 12th: always after they came."""
    parts = [
        doc("order"),
        doc("packing_slip", quantity=4),
        doc("packing_slip", document_id="s2", quantity=6, day=11),
        doc("invoice", quantity=4),
        doc("invoice", document_id="invoice-2", quantity=6, day=12),
    ]
    assert found(*parts) == []
    # the second invoice a day early
    parts[-1]["dated_on"] = pd.Timestamp("2026-10-10")
    assert found(*parts) == [(EARLY, 480)]
    # of the second delivery one lacks: 1 x 80 of the second invoice; the other 5 came after it
    parts[2]["quantity"] = 5
    assert found(*parts) == [(EARLY, 400), (QUANTITY, 80)]


def test_one_delivery_with_two_equal_invoices_that_it_covers():
    parts = [
        doc("order"),
        doc("packing_slip"),
        doc("invoice", quantity=5),
        doc("invoice", document_id="i2", quantity=5),
    ]
    assert found(*parts) == []


# ---------------------------------------------------------------- the independent check


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        (check(80), []),
        (check(100), []),
        # 80 for 60: 20 x 10
        (check(60), [(OVER_CHECK, 200)]),
        (check(60, item="DISK"), [(OVER_CHECK, 200)]),
        (check(60, item="cable"), []),
        # in euros at the rate of the invoice's date: 75 are 60
        (check(75, currency="EUR"), [(OVER_CHECK, 200)]),
        # the provider's own look is not independent
        (check(60, checked_by="Northgate"), []),
        (check(60, checked_by="finance"), [(OVER_CHECK, 200)]),
        # of one vendor the last one before the invoice counts
        (pd.concat([check(60), check(79, day=9)]), [(OVER_CHECK, 10)]),
        (pd.concat([check(60), check(79, day=11)]), [(OVER_CHECK, 200)]),
        # of several vendors the cheapest
        (pd.concat([check(60), check(79, vendor="B", day=9)]), [(OVER_CHECK, 200)]),
        # only looked up after the invoice: still too dear
        (pd.concat([check(60, day=20), check(50, day=25)]), [(OVER_CHECK, 200)]),
    ],
)
def test_price_over_the_independent_check(prices, expected):
    assert found(*order(), prices=prices, rates=RATES, contract=GBP | PROVIDER) == expected


# ---------------------------------------------------------------- tolerances


@pytest.mark.parametrize(
    ("price", "terms", "over"),
    [
        # within the ratio, exactly: 2 % of 100
        ("102", {"price_ratio": 0.02}, False),
        ("102.000000001", {"price_ratio": 0.02}, True),
        # within the absolute tolerance of one unit's price, exactly
        ("105", {"price_abs": 5}, False),
        ("105.01", {"price_abs": 5}, True),
        # either is enough
        ("105", {"price_ratio": 0.02, "price_abs": 5}, False),
        ("103", {"price_ratio": 0.03, "price_abs": 1}, False),
        ("105.01", {"price_ratio": 0.05, "price_abs": 5}, True),
        # none is none
        ("100.002", {}, True),
        ("100", {}, False),
    ],
)
def test_a_price_passes_within_either_tolerance(price, terms, over):
    price = Decimal(price)
    documents = order(quote=None, order={"unit_price": 100}, invoice={"unit_price": price})
    # the whole excess is the amount, not only what is beyond the tolerance
    expected = [(OVER_ORDERED, (price - 100) * 10)] if over else []
    assert found(*documents, contract={"procurement": terms}) == expected


@pytest.mark.parametrize(
    ("came", "terms", "short"),
    [
        (9, {"quantity_abs": 1}, 0),
        (8, {"quantity_abs": 1}, 2),
        # 1 over 9 is 11.1 %
        (9, {"quantity_ratio": 0.12}, 0),
        (9, {"quantity_ratio": 0.11}, 1),
        (9, {"quantity_ratio": 0.12, "quantity_abs": 0.5}, 0),
        (9, {}, 1),
    ],
)
def test_a_quantity_passes_within_either_tolerance(came, terms, short):
    documents = order(packing_slip={"quantity": came})
    assert found(*documents, contract={"procurement": terms}) == ([(QUANTITY, short * 80)] if short else [])


def test_no_tolerance_excuses_that_nothing_came():
    documents = order(packing_slip=None, invoice={"quantity": 1})
    assert found(*documents, contract={"procurement": {"quantity_abs": 5, "quantity_ratio": 1}}) == [
        (EARLY, 80)
    ]


def test_the_check_has_its_own_tolerance():
    terms = {"price_ratio": 0.9, "price_abs": 99, "check_ratio": 0.1}
    contract = {**GBP, "procurement": terms}
    assert found(*order(invoice={"unit_price": 88}), prices=check(80), contract=contract) == []
    assert found(*order(invoice={"unit_price": 89}), prices=check(80), contract=contract) == [
        (OVER_CHECK, 90)
    ]


# ---------------------------------------------------------------- duplicates, payments, licences


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (doc("invoice", document_id="i2", day=19), [(DUPLICATE, 800)]),
        (doc("invoice", line="2"), [(DUPLICATE, 800)]),
        (doc("invoice", document_id="i2", order_line=None), [(DUPLICATE, 800)]),
        # in packs the same
        (doc("invoice", document_id="i2", quantity=2, units_per_pack=5, unit_price=400), [(DUPLICATE, 800)]),
        # something else is too much rather than twice: nothing of it came
        (doc("invoice", document_id="i2", day=19, quantity=9), [(QUANTITY, 720)]),
        (doc("invoice", document_id="i2", day=19, vendor="Other"), [(QUANTITY, 800)]),
    ],
)
def test_duplicate_invoices(more, expected):
    assert found(*order(quote=None), more) == expected


def test_what_was_ordered_and_came_twice_is_invoiced_twice():
    documents = order(order={"quantity": 20}, packing_slip={"quantity": 20})
    assert found(*documents, doc("invoice", document_id="i2")) == []


def test_bills_without_an_order_are_duplicates_within_a_month_only():
    bill = {"order_id": None, "order_line": None}
    first, again = doc("invoice", **bill), doc("invoice", document_id="i2", day=20, **bill)
    later = doc("invoice", document_id="i3", month=11, **bill)
    assert found(first, later) == [(NO_ORDER, 800), (NO_ORDER, 800)]
    assert sorted(found(first, again)) == [(DUPLICATE, 800), (NO_ORDER, 800)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"invoice": {"paid_on": 10}}, []),
        # before the goods, with the invoice
        ({"invoice": {"paid_on": 10}, "packing_slip": {"day": 11}}, [(PAID, 800), (EARLY, 800)]),
        # before the invoice
        ({"invoice": {"paid_on": 9}}, [(PAID, 800)]),
        # before the order
        ({"invoice": {"paid_on": 12}, "order": {"day": 13}}, [(PAID, 800)]),
        # never all there
        ({"invoice": {"paid_on": 30}, "packing_slip": {"quantity": 9}}, [(PAID, 800), (QUANTITY, 80)]),
        ({"invoice": {"paid_on": 30}, "order": None}, [(NO_ORDER, 800), (PAID, 800)]),
        # a price that disagrees is an exception of its own
        ({"invoice": {"paid_on": 30, "unit_price": 90}, "quote": None}, [(OVER_ORDERED, 100)]),
    ],
)
def test_paid_before_matched(changes, expected):
    assert sorted(found(*order(**changes))) == sorted(expected)


def licence(**changes) -> list[dict]:
    documents = [*order(**{k: v for k, v in changes.items() if k != "licence_receipt"})]
    receipt = changes.get("licence_receipt", {})
    documents += [] if receipt is None else [doc("licence_receipt", **receipt)]
    return [{**row, "is_licence": True} for row in documents]


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        (licence(), []),
        (licence(licence_receipt=None), [(NO_RECEIPT, 800)]),
        # a receipt for 6 of 10: 4 x 80
        (licence(licence_receipt={"quantity": 6}), [(NO_RECEIPT, 320)]),
        # without a packing slip it comes with its receipt; lacking that is one exception
        (licence(packing_slip=None), []),
        (licence(packing_slip=None, licence_receipt=None), [(NO_RECEIPT, 800)]),
        (licence(packing_slip=None, licence_receipt={"day": 20}), [(EARLY, 800)]),
        # paid before its receipt
        (licence(licence_receipt={"day": 20}, invoice={"paid_on": 15}), [(PAID, 800)]),
        # it is enough that one document calls it a licence
        (
            [{**row, "is_licence": row["document"] == "order"} for row in licence(licence_receipt=None)],
            [(NO_RECEIPT, 800)],
        ),
    ],
)
def test_licences_need_a_receipt(documents, expected):
    assert found(*documents) == expected


def test_a_licence_by_its_name_in_the_contract():
    contract = {"licences": {"Disk": "device"}}
    assert found(*order(), contract=contract) == [(NO_RECEIPT, 800)]
    said = [{**row, "is_licence": False} for row in order()]
    assert found(*said, contract=contract) == []


# ---------------------------------------------------------------- orders split under the limit

LIMIT = {"approval": {"limit": 5000, "together_days": 7}}


def bought(*orders: tuple, vendor="Acme") -> list[dict]:
    """Good orders of one item each: (day, money) or (day, money, vendor), numbered A, B, C …"""
    rows = []
    for name, (day, money, *who) in zip("ABCDEF", orders, strict=False):
        common = {"order_id": name, "item": name, "quantity": 1, "vendor": who[0] if who else vendor}
        rows.append(doc("order", document_id=name, unit_price=money, day=day, **common))
    return rows


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        ([(1, 3000), (8, 2500)], [("A; B", 5500)]),
        # the eighth day after is too far
        ([(1, 3000), (9, 2500)], []),
        # the limit itself is not passed
        ([(1, 2500), (8, 2500)], []),
        # who passes it alone has passed it openly, and is not counted
        ([(1, 5001), (2, 100)], []),
        ([(1, 3000), (2, 5001), (3, 2500)], [("A; C", 5500)]),
        # another vendor
        ([(1, 3000), (2, 2500, "Other")], []),
        ([(1, 3000), (2, 2500, "ACME")], [("A; B", 5500)]),
        # one window holds all three; with a chain no window does
        ([(1, 2000), (4, 2000), (8, 2000)], [("A; B; C", 6000)]),
        ([(1, 3000), (7, 3000), (13, 3000)], [("A; B", 6000), ("B; C", 6000)]),
        # the small window inside is not told again
        ([(1, 1000), (2, 3000), (3, 3000)], [("A; B; C", 7000)]),
        # without a price nothing is known of it
        ([(1, 3000), (2, None)], []),
    ],
)
def test_splits(orders, expected):
    record = match(pd.DataFrame(bought(*orders)), None, None, GBP, LIMIT)
    assert set(record["exception"]) <= {SPLIT}
    assert sorted(zip(record["order_id"], record["amount"], strict=True)) == expected


def test_lines_of_one_order_are_one_order():
    rows = bought((1, 3000), (1, 2500))
    rows[1] |= {"order_id": "A", "order_line": "2", "line": "2"}
    assert found(*rows, strategy=LIMIT) == []


def test_without_a_limit_nothing_is_split():
    assert found(*bought((1, 9e9), (1, 9e9))) == []


def test_split_orders_in_another_currency_count_at_the_rate_of_the_order():
    """On the 1st a pound is 1.1 euros: 2750 are 2500."""
    rows = [{**row, "currency": "EUR"} for row in bought((1, 2750), (1, 2860))]
    assert found(*rows, rates=RATES, contract=GBP, strategy=LIMIT) == [(SPLIT, 5100)]


# ---------------------------------------------------------------- at stake


def stake(*rows: dict, **more) -> Decimal:
    record = match(pd.DataFrame(rows), more.get("prices"), more.get("rates"), GBP, more.get("strategy") or {})
    return sum(record["at_stake"].dropna(), Decimal(0))


def test_at_stake_is_the_union_by_invoice_line():
    # over order and quote are the same 120
    assert stake(*order(invoice={"unit_price": 92})) == 120
    # 72 ordered, 80 quoted, 92 invoiced: the wider one holds the other
    assert stake(*order(order={"unit_price": 72}, invoice={"unit_price": 92})) == 200
    # 4 of 10 did not come (4 x 92), 12 too much on the other 6
    assert stake(*order(packing_slip={"quantity": 6}, invoice={"unit_price": 92})) == 4 * 92 + 6 * 12
    # the whole line holds all
    assert stake(*order(packing_slip=None, invoice={"unit_price": 92, "paid_on": 5})) == 920
    # early and short are different disks: 6 x 80 + 4 x 80
    assert stake(*order(packing_slip={"quantity": 6, "day": 12})) == 800


def test_a_split_puts_at_stake_what_its_invoices_do_not_yet():
    orders = bought((1, 3000), (2, 2500))
    assert stake(*orders, strategy=LIMIT) == 5500
    # one is invoiced and never came: 3000 of the 5500 are told already
    invoice = doc("invoice", order_id="A", item="A", quantity=1, unit_price=3000)
    record = match(pd.DataFrame([*orders, invoice]), None, None, GBP, LIMIT).set_index("exception")
    assert dict(record["amount"]) == {SPLIT: 5500, EARLY: 3000}
    assert dict(record["at_stake"]) == {SPLIT: 2500, EARLY: 3000}
    # an order in two windows is at stake once
    assert stake(*bought((1, 3000), (7, 3000), (13, 3000)), strategy=LIMIT) == 9000


# ---------------------------------------------------------------- the period


def test_later_facts_do_not_exist():
    london = {**GBP, "client": {**GBP["client"]}}
    start, end = (pd.Timestamp(text, tz="Europe/London") for text in ("2026-10-01", "2026-11-01"))
    late = order(packing_slip={"month": 11, "day": 1}, invoice={"paid_on": 31})
    assert sorted(found(*late, contract=london, start=start, end=end)) == [(EARLY, 800), (PAID, 800)]
    # paid in November: not yet
    late[-1]["paid_on"] = pd.Timestamp("2026-11-01")
    assert found(*late, contract=london, start=start, end=end.tz_convert("UTC")) == [(EARLY, 800)]
    # in November the payment is told, the invoice no more
    later = start + pd.DateOffset(months=1), end + pd.DateOffset(months=1)
    assert found(*late, contract=london, start=later[0], end=later[1]) == []
    late[-2]["dated_on"] = pd.Timestamp("2026-11-02")
    assert found(*late, contract=london, start=later[0], end=later[1]) == [(PAID, 800)]


def test_a_payment_before_its_invoice_is_told_with_the_invoice():
    documents = order(invoice={"month": 11, "day": 5, "paid_on": 20})
    assert found(*documents, start="2026-10-01", end="2026-11-01") == []
    assert found(*documents, start="2026-11-01", end="2026-12-01") == [(PAID, 800)]


def test_a_split_belongs_to_the_month_of_its_last_order():
    orders = [*bought((28, 3000)), *bought((2, 2500), (2, 2500))[1:]]
    orders[1] |= {"dated_on": pd.Timestamp("2026-11-02")}
    period = {"strategy": LIMIT, "contract": GBP}
    assert found(*orders, start="2026-10-01", end="2026-11-01", **period) == []
    assert found(*orders, start="2026-11-01", end="2026-12-01", **period) == [(SPLIT, 5500)]


# ---------------------------------------------------------------- what is due


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


# ---------------------------------------------------------------- ordered by the provider, checked by nobody


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
    result = analyse(rows, prices, None, GBP | PROVIDER, {}, "2026-10-01", "2026-11-01")
    assert list(result.unchecked["amount"]) == ([800] if listed else [])


# ---------------------------------------------------------------- frames as they come


def test_nothing_supplied_and_nothing_bought():
    assert match(None, None, None, {}, {}).empty
    assert match(pd.DataFrame(order())[:0], None, None, {}, {}).empty
    assert due(None, None, None, {}, {}, "2026-10-31").empty
    nothing = figures(analyse(None, None, None, {}, {}))
    assert {f.why_missing for f in nothing} == {"no purchases were supplied"}
    assert nothing[0].verdict == "no_data"
    bare = figures(analyse(pd.DataFrame(order())[:0], None, None, {}, {}))
    assert (bare[0].value, bare[0].verdict) == (0, "met")


def test_the_least_columns_are_enough():
    least = ["document", "document_id", "order_id", "vendor", "item", "quantity", "dated_on"]
    rows = pd.DataFrame(order())[least]
    # there is no price anywhere
    assert list(match(rows, None, None, {}, {})["exception"]) == [NO_PRICE]


def test_rows_without_their_number_are_refused():
    rows = pd.DataFrame(order()).assign(document_id=None)
    with pytest.raises(ValueError, match="4 rows lack"):
        match(rows, None, None, {}, {})


def test_input_is_left_as_it_was():
    rows, prices = pd.DataFrame(order()), check(60)
    before = rows.copy(), prices.copy()
    analyse(rows, prices, RATES, GBP, LIMIT)
    pd.testing.assert_frame_equal(rows, before[0])
    pd.testing.assert_frame_equal(prices, before[1])


def test_figures_add_up_with_the_record():
    rows = pd.DataFrame([*order(packing_slip={"quantity": 6}, invoice={"unit_price": 92, "paid_on": 30})])
    result = analyse(rows, None, None, GBP, {}, "2026-10-01", "2026-11-01")
    by_name = {(f.measure, f.subject): f for f in figures(result)}
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
    lines = analyse(pd.DataFrame(rows), None, None, GBP, {}, "2026-10-01", "2026-11-01").lines
    assert dict(zip(lines["order_id"], lines["state"], strict=True)) == {"P1": "agrees", "P2": "exception"}


# ---------------------------------------------------------------- properties


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
    result = analyse(rows, check(75), None, GBP, {})
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


# ---------------------------------------------------------------- the demo company


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


def orders_of(entry: dict) -> str:
    return "; ".join(entry.get("order_ids", [entry.get("order_id", "")]))


@pytest.mark.parametrize("month", ["2026-05", "2026-06", "2026-09", "2026-10"])
def test_every_planted_fault_is_found_and_nothing_else(demo_place, truth, month):
    from msp_report.case import open_case

    case = open_case("demo", month, demo_place)
    tables = (case.table("purchases"), case.table("prices"), case.table("rates"), case.agreed, case.strategy)
    result = analyse(*tables, case.start, case.end)
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
        page = due(*tables, "2026-10-31").set_index("document_id")["decision"].str.replace(" ", "_")
        decisions = ("hold", "release", "cannot_tell")
        assert dict(page) == {e["document_id"]: e["fault"] for e in truth["daily"] if e["fault"] in decisions}


def test_every_exception_of_the_rule_has_a_name():
    assert len(procurement.EXCEPTIONS) == 10
