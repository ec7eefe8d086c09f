"""Rule 27, what is told: records, figures, what is due; sums by properties, the demo company by its truth."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from purchases import GBP, LIMIT, PROVIDER, RATES, bought, check, doc, october, order, register

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
    OWN_ORDER,
    PAID,
    QUANTITY,
    SPLIT,
    UNSURE,
    due,
    match,
)
from msp_report.metrics.procurement.ledger import NOT_APPROVED, PAST


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
    late = pd.DataFrame([*order(packing_slip={"day": 12}), *register()])
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
    # nothing was invoiced, so nothing agrees either
    assert (bare[0].value, bare[0].verdict) == (None, "no_data")


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


@examples(12)
@given(registers(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = rows.sample(frac=1, random_state=random.randrange(1000))
    strategy = {"approval": {"limit": 900, "together_days": 7}}
    pd.testing.assert_frame_equal(
        match(rows, check(75), None, GBP, strategy), match(shuffled, check(75), None, GBP, strategy)
    )


@examples(12)
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
    assert (record["at_stake"].dropna() >= 0).all()
    assert sum(lines["at_stake"], Decimal(0)) == result.at_stake
    # money of all lines: invoiced less credited
    sign = rows["document"].map({"invoice": 1, "credit_note": -1}).fillna(0)
    net = float((sign * rows["quantity"] * rows["unit_price"].fillna(0)).sum())
    if not (rows["document"] == "credit_note").any():
        assert float(sum(lines["amount"], Decimal(0))) == net


@examples(12)
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
    "ordered_by_provider_unchecked": OWN_ORDER,
    "no_rate": NO_RATE,
    "not_approved": NOT_APPROVED,
}


@pytest.mark.parametrize(
    "month",
    ["2026-10", *(pytest.param(m, marks=pytest.mark.thorough) for m in ("2026-05", "2026-06", "2026-09"))],
)
def test_every_planted_fault_is_found_and_nothing_else(demo_report, truth, month):
    result, _ = demo_report("procurement", month)
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
    assert len(EXCEPTIONS) == len(set(EXCEPTIONS)) == 18
    assert set(PAST) < set(EXCEPTIONS)
    assert not set(UNSURE) & set(EXCEPTIONS)


#: What may be done to a good purchase of which every document agrees, by which it must never be released any more.
HARMS = {
    "another payee": {"invoice": {"vendor": "Zeta GmbH"}},
    "another vendor's receipt": {"licence_receipt": {"vendor": "Zeta GmbH"}},
    "another item invoiced": {"invoice": {"item": "shelf"}},
    "another item delivered": {"packing_slip": {"item": "shelf"}},
    "another product receipted": {"licence_receipt": {"item": "shelf"}},
    "more than ordered": {"packing_slip": {"quantity": 14}, "invoice": {"quantity": 14}},
    "less came": {"packing_slip": {"quantity": 9}},
    "less receipted": {"licence_receipt": {"quantity": 9}},
    "dearer": {"invoice": {"unit_price": 801}},
    "dearer than quoted": {"quote": {"unit_price": 700}},
    "ordered afterwards": {"order": {"day": 20}},
    "ordered after delivery": {"order": {"day": 9}},
    "quoted afterwards": {"quote": {"day": 20}},
    "approved by the provider": {"order": {"approved_by": "Northgate Ltd"}},
    "approved by who ordered": {"order": {"ordered_by": "finance"}},
    "approved by anybody": {"order": {"approved_by": "somebody"}},
    "approved by the vendor": {"order": {"approved_by": "Acme Ltd"}},
    "approved by a dash": {"order": {"approved_by": "-"}},
    **{f"without its {name}": {name: None} for name in ("quote", "order", "licence_receipt")},
    "flag taken away, receipt too": {"all": {"is_licence": None}, "licence_receipt": None},
    "flag denied, receipt too": {"all": {"is_licence": False}, "licence_receipt": None},
    "a price without a number": {"invoice": {"unit_price": None}},
    "a currency without a rate": {"invoice": {"currency": "USD"}},
}
#: The same of goods, which have no receipt: a licence comes with its own, and needs no packing slip.
HARMS_OF_GOODS = {
    "another vendor's slip": {"packing_slip": {"vendor": "Zeta GmbH"}},
    "without its packing_slip": {"packing_slip": None},
    "called a service by the invoice": {"invoice": {"line_kind": "service"}, "packing_slip": None},
    "called freight by the invoice": {"invoice": {"line_kind": "freight"}, "packing_slip": None},
}
GOODS = {"all": {"is_licence": False, "item": "shelf"}, "licence_receipt": None}
STRICT = GBP | PROVIDER | {"licences": {"Disk": "device"}}
APPROVERS = {"approval": {"limit": 5000, "together_days": 7, "approvers": ["finance"]}}


def whole(harm: dict) -> list[dict]:
    """Ten disks at 800, quoted, ordered, approved, looked up, delivered, receipted and invoiced, but for the harm."""
    rows = []
    for name in ("quote", "order", "packing_slip", "licence_receipt", "invoice"):
        common = {"is_licence": True, "line_kind": None, "ordered_by": None, "approved_by": None}
        money = {} if name in ("packing_slip", "licence_receipt") else {"unit_price": 800}
        by = {"ordered_by": "operations", "approved_by": "finance"} if name == "order" else {}
        if harm.get(name, {}) is not None:
            rows.append(doc(name, **common | money | by | harm.get("all", {}) | harm.get(name, {})))
    return rows


def decisions(rows: list[dict], prices=None) -> set[str]:
    looked = [check(800, item=item, checked_by="finance") for item in ("disk", "shelf")]
    prices = pd.concat(looked) if prices is None else prices
    return set(due(pd.DataFrame(rows), prices, None, STRICT, APPROVERS, "2026-10-31")["decision"])


def test_what_agrees_in_all_its_documents_is_released():
    assert decisions([*whole({}), *register()]) == {"release"}
    assert decisions([*whole(GOODS), *register()]) == {"release"}


@pytest.mark.parametrize(
    "beside", [register(), pytest.param([], marks=pytest.mark.thorough)], ids=["beside a good order", "alone"]
)
@pytest.mark.parametrize(
    "harm",
    [*HARMS.values(), *(GOODS | harm for harm in HARMS_OF_GOODS.values())],
    ids=[*HARMS, *HARMS_OF_GOODS],
)
def test_nothing_is_released_after_any_harm(harm, beside):
    """Neither beside another order that has all its documents, nor in a register without any other."""
    assert decisions([*whole(harm), *beside]) <= {"hold", "cannot tell"}


def test_the_price_has_to_be_looked_up():
    assert decisions([*whole({}), *register()], check(1, item="pen")) == {"hold"}
    assert decisions([*whole({}), *register()], check(800, checked_by="Northgate")) == {"cannot tell"}
    # whose offer it is did not look independently
    assert decisions([*whole({}), *register()], check(800, checked_by="Elsewhere")) == {"cannot tell"}


def test_one_number_of_two_vendors_is_two_invoices():
    bolt = [row | {"vendor": "Bolt"} for row in whole({"licence_receipt": None})]
    page = due(
        pd.DataFrame([*whole({}), *bolt, *register()]), check(800), None, STRICT, APPROVERS, "2026-10-31"
    )
    assert dict(zip(page["vendor"], page["decision"], strict=True)) == {"Acme": "release", "Bolt": "hold"}


@examples(10)
@given(st.lists(st.sampled_from(["agrees", "no slip", "no rate"]), min_size=0, max_size=6))
def test_what_is_unpaid_is_to_hold_or_to_pay_or_cannot_be_judged(kinds):
    changes = {"agrees": {}, "no slip": {"packing_slip": None}, "no rate": {"invoice": {"currency": "USD"}}}
    rows = [
        row | {"order_id": f"P{place}", "document_id": f"{row['document_id']}-{place}"}
        for place, kind in enumerate(kinds)
        for row in order(**changes[kind])
    ]
    found = october(pd.DataFrame(rows) if rows else None, contract=GBP)
    whole, *parts = found.paying.to_dict("records")
    assert whole["part"] == "unpaid" and whole["amount"] == sum(part["amount"] for part in parts)
    assert all(part["amount"] > 0 for part in parts)
    held = found.due.loc[found.due["decision"].eq("hold"), "amount"].dropna()
    assert sum(part["amount"] for part in parts if part["verdict"] == "missed") == sum(held)
