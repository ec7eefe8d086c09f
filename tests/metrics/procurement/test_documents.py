"""Rule 27, what documents say: joining, units, packs, currencies. Cases worked by hand beyond those of tests/rules."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from purchases import GBP, RATES, doc, found, order

from msp_report.metrics.procurement import (
    EARLY,
    NO_PRICE,
    NO_RATE,
    OVER_ORDERED,
    OVER_QUOTED,
    QUANTITY,
    match,
)


@pytest.mark.parametrize(
    "changes",
    [
        {"invoice": {"order_line": None}},
        {"packing_slip": {"order_line": None}, "quote": {"order_line": ""}},
        {"order": {"order_line": None}},  # its own line number is its order line
        {"order": {"order_id": None, "document_id": "P1"}},  # its own number is its order
        {"invoice": {"order_line": "9"}},  # no such line: by item
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


def test_a_price_that_rose_in_another_currency_counts_in_the_clients():
    """Ordered at 100 euros and invoiced at 110, when a pound is two of them: 10 / 2 x 10, in any case of letters."""
    dear = order(
        quote=None,
        order={"currency": "EUR", "unit_price": 100},
        invoice={"currency": "eur", "unit_price": 110, "day": 12},
    )
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


def test_the_least_columns_are_enough():
    least = ["document", "document_id", "order_id", "vendor", "item", "quantity", "dated_on"]
    rows = pd.DataFrame(order())[least]
    # there is no price anywhere
    assert list(match(rows, None, None, {}, {})["exception"]) == [NO_PRICE]


def test_rows_without_their_number_are_refused():
    rows = pd.DataFrame(order()).assign(document_id=None)
    with pytest.raises(ValueError, match="4 rows lack"):
        match(rows, None, None, {}, {})
