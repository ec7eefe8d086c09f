"""Rule 27, what every invoice line is found to be: cases worked by hand beyond those of tests/rules."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from purchases import END, GBP, LIMIT, PROVIDER, RATES, START, bought, check, doc, found, order, register

from msp_report.metrics.procurement import (
    DUPLICATE,
    EARLY,
    LATE_ORDER,
    NO_ORDER,
    NO_RECEIPT,
    NOT_STATED,
    OVER_CHECK,
    OVER_ORDER,
    OVER_ORDERED,
    OVER_QUOTED,
    PAID,
    QUANTITY,
    SPLIT,
    VENDOR,
    match,
)
from msp_report.metrics.procurement.ledger import Ledger


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        # 6 before the invoice, 4 after it: those 4 were early
        (
            [*order(packing_slip={"quantity": 6}), doc("packing_slip", document_id="s2", quantity=4, day=15)],
            [(EARLY, 320)],
        ),
        # 6 after the invoice and 4 never: 6 x 80 early, 4 x 80 over
        (order(packing_slip={"quantity": 6, "day": 12}), [(EARLY, 480), (QUANTITY, 320)]),
        # more than was invoiced came
        (order(packing_slip={"quantity": 12}), []),
        (order(quote={"unit_price": 92}, invoice={"unit_price": 92}), [(OVER_ORDERED, 120)]),
        (order(order={"unit_price": 92}, invoice={"unit_price": 92}), [(OVER_QUOTED, 120)]),
        # a quarter of what is invoiced too dear is a quarter of the excess
        (order(invoice={"unit_price": 92, "quantity": 5}, quote=None), [(OVER_ORDERED, 60)]),
        # another order is not this one
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


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        # negative numbers mean the same
        ([doc("return", quantity=-2), doc("credit_note", quantity=-2)], []),
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


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        (check(80), []),
        (check(100), []),
        # 80 for 60: 20 x 10, whatever the case of its letters
        (check(60, item="DISK"), [(OVER_CHECK, 200)]),
        (check(60, item="cable"), []),
        # in euros at the rate of the invoice's date: 75 are 60
        (check(75, currency="EUR"), [(OVER_CHECK, 200)]),
        # the provider's own look is not independent
        (check(60, checked_by="Northgate"), []),
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


@pytest.mark.parametrize(
    ("price", "terms", "over"),
    [
        # within the ratio, exactly: 2 % of 100
        ("102", {"price_ratio": 0.02}, False),
        ("102.000000001", {"price_ratio": 0.02}, True),
        # within the absolute tolerance of the line's total, exactly: ten at 0.50
        ("100.5", {"price_abs": 5}, False),
        ("100.500000001", {"price_abs": 5}, True),
        # both must hold
        ("100.5", {"price_ratio": 0.02, "price_abs": 5}, False),
        ("102", {"price_ratio": 0.02, "price_abs": 5}, True),
        ("103", {"price_ratio": 0.02, "price_abs": 50}, True),
        # what is set to nothing is set
        ("100.5", {"price_ratio": 0, "price_abs": 5}, True),
        # none is none
        ("100.002", {}, True),
        ("100", {}, False),
    ],
)
def test_a_price_passes_within_every_tolerance_that_is_set(price, terms, over):
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
        (9, {"quantity_ratio": 0.12, "quantity_abs": 0.5}, 1),
        (9, {"quantity_ratio": 0.12, "quantity_abs": 1}, 0),
        (9, {}, 1),
    ],
)
def test_a_quantity_passes_within_every_tolerance_that_is_set(came, terms, short):
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


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (doc("invoice", line="2"), [(DUPLICATE, 800)]),
        (doc("invoice", document_id="i2", order_line=None), [(DUPLICATE, 800)]),
        # in packs the same
        (doc("invoice", document_id="i2", quantity=2, units_per_pack=5, unit_price=400), [(DUPLICATE, 800)]),
        # something else is too much rather than twice: nothing of it was ordered, or came
        (doc("invoice", document_id="i2", day=19, quantity=9), [(OVER_ORDER, 720), (QUANTITY, 720)]),
        (doc("invoice", document_id="i2", day=19, vendor="Other"), [(VENDOR, 800)]),
    ],
)
def test_duplicate_invoices(more, expected):
    assert found(*order(quote=None), more) == expected


def test_bills_without_an_order_are_duplicates_within_a_month_only():
    bill = {"order_id": None, "order_line": None}
    first, again = doc("invoice", **bill), doc("invoice", document_id="i2", day=20, **bill)
    later = doc("invoice", document_id="i3", month=11, **bill)
    assert found(first, later) == [(NO_ORDER, 800), (NO_ORDER, 800)]
    assert sorted(found(first, again)) == [(DUPLICATE, 800), (NO_ORDER, 800)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # before the invoice
        ({"invoice": {"paid_on": 9}}, [(PAID, 800)]),
        # before the order
        ({"invoice": {"paid_on": 12}, "order": {"day": 13}}, [(LATE_ORDER, 800), (PAID, 800)]),
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
    # what the contract counts is one, whatever the export says
    said = [{**row, "is_licence": False} for row in order()]
    assert found(*said, contract=contract) == [(NO_RECEIPT, 800)]
    # another item that has the product's name in its own may be one, unless somebody says that it is none
    like = [{**row, "item": "disk shelf"} for row in order()]
    assert found(*like, contract=contract) == [(NOT_STATED, None)]
    assert found(*[{**row, "is_licence": False} for row in like], contract=contract) == []


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        # who passes the limit alone has passed it openly, and is not counted
        ([(1, 3000), (2, 5001), (3, 2500)], [("A; C", 5500)]),
        # the same vendor in other letters
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


def stake(*rows: dict, **more) -> Decimal:
    documents = pd.DataFrame([*rows, *register()])
    record = match(documents, more.get("prices"), more.get("rates"), GBP, more.get("strategy") or {})
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
    record = match(pd.DataFrame([*orders, invoice, *register()]), None, None, GBP, LIMIT).set_index(
        "exception"
    )
    assert dict(record["amount"]) == {SPLIT: 5500, EARLY: 3000}
    assert dict(record["at_stake"]) == {SPLIT: 2500, EARLY: 3000}
    # an order in two windows is at stake once
    assert stake(*bought((1, 3000), (7, 3000), (13, 3000)), strategy=LIMIT) == 9000


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


@pytest.mark.parametrize(
    ("strategy", "procurement", "limited"),
    [({}, {}, False), (LIMIT, {}, True), ({}, {"quote_over": 100}, True), ({}, {"check_over": 100}, True)],
)
def test_a_limit_is_stated_by_the_strategy_or_the_contract(strategy, procurement, limited):
    ledger = Ledger.of(
        pd.DataFrame(order()), None, None, GBP | {"procurement": procurement}, strategy, START, END
    )
    assert ledger.limited == limited


def test_without_a_first_day_the_contract_of_the_last_one_counts():
    """The tolerance changes on 1 November, the day after the last that counts."""
    amended = GBP | {
        "procurement": {"price_abs": 1},
        "amendments": [{"effective_on": "2026-11-01", "set": {"procurement.price_abs": 9}}],
    }
    for start in (None, START):
        ledger = Ledger.of(pd.DataFrame(order()), None, None, amended, None, start, END)
        assert ledger.contract.procurement.price_abs == 1
    # what holds from the last day itself holds where nothing says when the period began, and not from its first day
    amended["amendments"][0]["effective_on"] = "2026-10-31"
    for start, tolerance in ((None, 9), (START, 1)):
        ledger = Ledger.of(pd.DataFrame(order()), None, None, amended, None, start, END)
        assert ledger.contract.procurement.price_abs == tolerance
