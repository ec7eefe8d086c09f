"""The register of vendors: ties told or not, and the money that follows them. Cases worked by hand."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from months import MonthOf

from msp_report.metrics import procurement
from msp_report.metrics.vendors import analyse

START, END = pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC")
CONTRACT = {
    "client": {"name": "x", "timezone": "UTC", "currency": "GBP"},
    "provider": {"name": "Example MSP"},
}


def register(*rows: tuple) -> pd.DataFrame:
    """(vendor, relationship, disclosed_on, commission_ratio)"""
    full = [(*row, None, None, None)[:4] for row in rows]
    return pd.DataFrame(full, columns=["vendor", "relationship", "disclosed_on", "commission_ratio"])


def advice(*rows: tuple) -> pd.DataFrame:
    """(id, made_on, vendor, amount, project)"""
    full = [(*row, None)[:5] for row in rows]
    table = pd.DataFrame(full, columns=["recommendation_id", "made_on", "vendor", "amount", "project_id"])
    return table.assign(made_by="Example MSP", subject="storage")


def invoices(*rows: tuple, document: str = "invoice") -> pd.DataFrame:
    """(vendor, dated_on, quantity, unit price, currency)"""
    full = [(*row, "GBP")[:5] for row in rows]
    table = pd.DataFrame(full, columns=["vendor", "dated_on", "quantity", "unit_price", "currency"])
    for name in ("quantity", "unit_price"):
        table[name] = [None if value is None else Decimal(str(value)) for value in table[name]]
    number = [f"{document}-{row}" for row in range(len(table))]
    return table.assign(document=document, document_id=number, line="1", item=number, order_id=None)


def done(vendors=None, recommended=None, bought=None, rates=None, projects=None, **more):
    tables = {
        "vendors": vendors,
        "recommendations": recommended,
        "purchases": bought,
        "rates": rates,
        "projects": projects,
    }
    return analyse(MonthOf(START, END, {**CONTRACT, **more}, tables=tables))


def line(analysis, vendor: str) -> pd.Series:
    return analysis.register.set_index("vendor").loc[vendor]


# ---------------------------------------------------------------- ties


@pytest.mark.parametrize(
    ("row", "status", "disclosed"),
    [
        (("V", "none"), "no tie", None),
        (("V", "referral"), "undisclosed", False),
        (("V", "commission"), "undisclosed", False),
        (("V", "owner"), "undisclosed", False),
        (
            ("V", "none", None, 0.1),
            "undisclosed",
            False,
        ),  # a share that flows back is a tie, whatever it is called
        (("V", "none", None, 0.0), "no tie", None),
        (("V", "commission", "2026-10-31"), "disclosed", True),
        (("V", "commission", "2026-11-01"), "undisclosed", False),  # told after the cut-off
        (("V", None), "not stated", None),
    ],
)
def test_what_a_tie_is_and_when_it_was_told(row, status, disclosed):
    found = line(done(register(row)), "V")
    assert found.status == status
    assert (None if pd.isna(found.disclosed) else bool(found.disclosed)) == disclosed
    assert found.tied == (disclosed is not None)


def test_a_vendor_is_one_with_and_without_its_legal_form():
    """Two rows of one vendor: the tie that one of them tells of stands, and the money is all of it."""
    bought = invoices(("V Ltd.", "2026-10-02", 1, 100), ("v", "2026-10-03", 1, 50))
    found = done(register(("V GmbH", "none"), ("V", "commission", None, 0.1)), None, bought).register
    assert list(found["vendor"]) == ["Example MSP", "V"]
    assert (found["status"].iloc[1], found["invoiced"].iloc[1]) == ("undisclosed", 150)
    # the provider too is itself with it
    assert list(done(register(("Example MSP Ltd", "owner"))).register["status"]) == ["the provider"]


@pytest.mark.parametrize(
    ("told", "status"),
    [("2026-08-01", "disclosed"), ("2026-09-01", "disclosed"), ("2026-09-02", "disclosed late")],
)
def test_told_only_after_it_was_recommended(told, status):
    recommended = advice(("R1", "2026-09-01", "V", 100), ("R2", "2026-09-20", "V", 100))
    assert line(done(register(("V", "referral", told)), recommended), "V").status == status


def test_what_was_bought_before_a_tie_was_told_is_not_told_late():
    bought = invoices(("V", "2026-09-01", 1, 10))
    assert line(done(register(("V", "referral", "2026-09-02")), None, bought), "V").status == "disclosed"


def test_the_provider_is_row_one_and_no_tie_of_its_own():
    found = done(register(("A", "owner"), ("EXAMPLE  msp", "owner"))).register
    assert found.vendor.tolist() == ["EXAMPLE  msp", "A"]
    assert found.status.tolist() == ["the provider", "undisclosed"]
    assert not found.tied[0]
    assert done(register(("A", "none"))).register.vendor.tolist() == ["Example MSP", "A"]


def test_the_provider_is_one_vendor_by_any_of_its_names():
    contract = {"provider": {"name": "Example MSP", "aliases": ["EMSP"]}}
    bought = invoices(("EMSP", "2026-10-02", 1, 10), ("The provider", "2026-10-02", 1, 20))
    found = done(register(("emsp", "owner"), ("provider", "owner")), None, bought, **contract).register
    assert found[["vendor", "status", "invoiced"]].values.tolist() == [["emsp", "the provider", 30]]


@pytest.mark.parametrize(
    ("before", "now", "verdict", "why"),
    [
        (
            [("V", "owner")],
            [],
            "no_verdict",
            "the register of the month before had a tie that it has no more: V",
        ),
        ([("V", "owner")], [("W", "referral")], "missed", None),  # one is there all the same
        ([("V", "owner", "2026-01-01")], [], "met", None),  # it had been told
        ([("V", "none")], [], "met", None),
        ([("V GmbH", "owner")], [("v", "none")], "met", None),  # listed, and no tie any more
        ([("Example MSP", "owner")], [], "met", None),
    ],
)
def test_a_tie_that_is_left_out_of_the_register_may_be_one_still(before, now, verdict, why):
    listed = {"vendors": register(("Other", "none"), *now)}
    last = {"vendors": register(("Other", "none"), *before)}
    found = analyse(MonthOf(START, END, CONTRACT, tables=listed, last=last)).figures()[0]
    assert (found.verdict, found.why_missing) == (verdict, why)
    assert (found.low, found.high) == ((None, None) if verdict == "met" else (found.value, found.value + 1))


def test_the_order_of_rows():
    vendors = register(
        ("none", "none"),
        ("small", "owner"),
        ("large", "referral"),
        ("told", "referral", "2026-01-01"),
        ("open", None),
    )
    bought = invoices(
        ("small", "2026-10-02", 1, 10), ("large", "2026-10-02", 1, 20), ("who", "2026-10-02", 1, 30)
    )
    found = done(vendors, None, bought).register
    assert found.vendor.tolist() == ["Example MSP", "large", "small", "who", "told", "open", "none"]
    assert found.status.tolist()[3] == "not registered"


def test_names_are_the_same_but_for_case_and_blanks():
    found = done(
        register(("Big  Disks", "commission", None, 0.1)), advice(("R1", "2026-10-01", "BIG DISKS ", 100))
    )
    assert found.register.vendor.tolist() == ["Example MSP", "Big  Disks"]
    assert line(found, "Big  Disks").recommended == 100
    with pytest.raises(ValueError, match="listed twice"):
        done(register(("Big Disks", "none"), ("big disks", "owner")))


# ---------------------------------------------------------------- money


def test_money_to_date_and_of_the_month():
    vendors = register(("V", "commission", None, 0.1), ("W", "none"))
    recommended = advice(
        ("R1", "2026-03-01", "V", 1000), ("R2", "2026-10-05", "V", 250.5), ("R3", "2026-11-01", "V", 9)
    )
    bought = invoices(
        ("V", "2026-09-30", 2, 100),
        ("V", "2026-10-01", 3, 100.25),
        ("V", "2026-11-01", 1, 999),
        ("W", "2026-10-31", 1, 7),
    )
    found = done(vendors, recommended, bought)
    v, w = line(found, "V"), line(found, "W")
    assert (v.recommended, v.recommended_in_month, v.recommendations) == (1250.5, 250.5, 2)
    assert (v.invoiced, v.invoiced_in_month) == (500.75, 300.75)
    assert v.commission_cost == 50.075
    assert (w.recommended, w.invoiced, w.recommendations) == (0, 7, 0)
    assert pd.isna(w.commission_cost)


def test_currencies_credits_and_what_has_no_price():
    rates = pd.DataFrame(
        {"currency": ["EUR"], "on": ["2026-10-01"], "per_client_currency": [Decimal("1.25")]}
    )
    bought = pd.concat(
        [
            invoices(
                ("V", "2026-10-05", 1, 100, "EUR"),
                ("V", "2026-10-05", 1, 40, "USD"),
                ("W", "2026-10-06", 10, 5),
            ),
            invoices(("W", "2026-10-20", 4, 5), document="credit_note").assign(item="invoice-2"),
        ]
    )
    bought.loc[bought["vendor"] == "W", "order_id"] = "PO1"
    found = done(register(("V", "owner"), ("W", "none")), None, bought, rates)
    assert (line(found, "V").invoiced, line(found, "V").not_priced) == (
        80,
        1,
    )  # 100 / 1.25; no rate of the dollar
    assert line(found, "W").invoiced == 30


def test_invoiced_adds_up_with_procurement():
    bought = invoices(("V", "2026-10-05", 3, 9.99), ("W", "2026-10-06", 7, 0.1), ("W", "2026-09-06", 1, 5))
    register_ = done(register(("V", "owner")), None, bought).register
    lines = procurement.lines(bought, None, None, CONTRACT, None, START, END)
    assert register_.invoiced_in_month.sum() == pytest.approx(float(sum(lines.amount)))
    assert register_.invoiced.sum() == pytest.approx(35.67)


def test_no_file_is_not_an_empty_file():
    nothing = line(done(register(("V", "owner"))), "V")
    assert nothing[["recommended", "invoiced", "recommended_in_month", "invoiced_in_month"]].isna().all()
    empty = line(done(register(("V", "owner")), advice(), invoices()), "V")
    assert empty[["recommended", "invoiced"]].tolist() == [0, 0]
    assert done().register.vendor.tolist() == ["Example MSP"]


# ---------------------------------------------------------------- recommendations


def test_recommendations_beside_vendor_project_and_the_money_since():
    projects = pd.DataFrame(
        {"project_id": ["P1"], "as_of": ["2026-09-30"], "name": ["Disks"], "status": ["approved"]}
    )
    recommended = advice(
        ("R1", "2026-09-10", "V", 50, "P1"), ("R2", "2026-10-10", "V", 70), ("R3", "2026-10-10", "W", 900)
    )
    bought = invoices(("V", "2026-09-01", 1, 1), ("V", "2026-09-10", 1, 2), ("V", "2026-10-12", 1, 4))
    found = done(register(("V", "owner"), ("W", "none")), recommended, bought, None, projects).recommendations
    assert found.recommendation_id.tolist() == ["R2", "R1", "R3"]  # undisclosed first, then the largest
    r2, r1, r3 = found.to_dict("records")
    assert (r1["project"], r1["project_status"], r1["invoiced_since"], r1["in_month"]) == (
        "Disks",
        "approved",
        6,
        False,
    )
    assert (r2["invoiced_since"], r2["status"], r2["in_month"]) == (4, "undisclosed", True)
    assert (r3["invoiced_since"], r3["status"]) == (0, "no tie")
    assert pd.isna(r3["project"])


# ---------------------------------------------------------------- figures


def test_figures():
    vendors = register(
        ("V", "owner"),
        ("W", "commission", "2026-01-01", 0.05),
        ("X", "none"),
        ("Y", "referral", "2026-10-20"),
    )
    bought = invoices(*[(name, "2026-10-05", 1, 100) for name in "VWXYZ"])
    analysis = done(vendors, advice(("R1", "2026-10-10", "Y", 1)), bought)
    found = {figure.measure.removeprefix("vendors."): figure for figure in analysis.figures()}
    hidden = found["undisclosed"]
    assert (hidden.value, hidden.n, hidden.target, hidden.verdict) == (1, 3, 0, "missed")
    assert found["undisclosed_invoiced"].value == 100
    assert (found["tied"].value, found["disclosed_late"].value, found["unregistered"].value) == (3, 1, 1)
    assert found["commission_cost"].value == 5


def test_figures_of_nothing():
    found = {figure.measure: figure for figure in done().figures()}
    hidden = found["vendors.undisclosed"]
    assert (hidden.value, hidden.verdict, hidden.target) == (None, "no_data", None)
    assert hidden.why_missing == "no register of vendors was supplied"
    listed = {figure.measure: figure for figure in done(register(("V", "none"))).figures()}
    assert (listed["vendors.undisclosed"].value, listed["vendors.undisclosed"].verdict) == (0, "met")
    assert listed["vendors.undisclosed_invoiced"].why_missing == "no purchases were supplied"
    # vendors are bought from and nobody keeps a register of them
    unasked = {
        figure.measure: figure for figure in done(None, None, invoices(("V", "2026-10-05", 1, 1))).figures()
    }
    assert (unasked["vendors.undisclosed"].verdict, unasked["vendors.undisclosed"].target) == ("no_data", 0)


def test_times_without_a_zone_are_refused():
    with pytest.raises(ValueError, match="time zone"):
        analyse(MonthOf(START.tz_localize(None), END, CONTRACT))


def test_a_tie_has_a_verdict_and_stands_beside_projects_and_purchases_that_disagree():
    found = done(
        register(("Acme Ltd", "commission", None, 0.1), ("Told", "owner", "2026-01-05"), ("Free", "none")),
        advice(("R1", "2026-10-01", "ACME", 500, "P1"), ("R2", "2026-10-02", "Acme Ltd", 500, "P1")),
        pd.concat(
            [
                invoices(("acme ltd", "2026-10-09", 1, 500), ("Told", "2026-10-09", 1, 500)),
                invoices(("Free", "2026-10-01", 1, 500), document="order"),
            ]
        ),
        projects=pd.DataFrame({"project_id": ["P1"], "name": ["Second place"], "as_of": ["2026-10-31"]}),
    )
    ties = found.ties.set_index("vendor")["verdict"].to_dict()
    assert ties == {"Acme Ltd": "missed", "Told": "met"}
    assert (found.ties["verdict"].eq("missed") == found.ties["undisclosed"]).all()
    assert found.exceptions[["vendor", "why", "projects"]].values.tolist() == [
        ["Acme Ltd", "no order", "Second place"]
    ]
