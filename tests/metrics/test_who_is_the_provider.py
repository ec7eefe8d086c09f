"""Who is the provider: one answer on every page that asks, whatever an export calls it."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from months import MonthOf

from msp_report.metrics import procurement, strategy, vendors

START, END = pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC")
AGREED = {
    "client": {"name": "x", "timezone": "UTC", "currency": "GBP"},
    "provider": {"name": "Northgate IT", "aliases": ["NGIT"]},
}
NAMES = [
    ("Northgate IT", True),
    ("NORTHGATE it", True),
    ("ngit", True),
    ("provider", True),
    ("The Provider", True),
    ("Northgate Supplies", False),
    ("finance", False),
]


def october(strategy: dict | None = None, **tables: pd.DataFrame) -> MonthOf:
    return MonthOf(START, END, AGREED, strategy, tables)


@pytest.mark.parametrize(("name", "theirs"), NAMES)
def test_of_procurement_who_ordered_it_and_whose_check_counts(name, theirs):
    order = {
        "document": "order",
        "document_id": "P1",
        "order_id": "P1",
        "vendor": "Acme",
        "item": "disk",
        "quantity": Decimal(1),
        "unit_price": Decimal(80),
        "dated_on": pd.Timestamp("2026-10-05"),
    }
    asked = pd.DataFrame([order | {"ordered_by": name}])
    assert len(procurement.analyse(october(purchases=asked)).unchecked) == theirs
    # a look at the price by the provider itself is none
    checked = pd.DataFrame(
        {"item": ["disk"], "seen_on": pd.Timestamp("2026-10-01"), "unit_price": 80, "checked_by": name}
    )
    by_provider = pd.DataFrame([order | {"ordered_by": "Northgate IT"}])
    assert len(procurement.analyse(october(purchases=by_provider, prices=checked)).unchecked) == theirs


@pytest.mark.parametrize(("name", "theirs"), NAMES)
def test_of_strategy_who_proposed_it_and_profits(name, theirs):
    projects = pd.DataFrame(
        {
            "project_id": ["P1"],
            "as_of": ["2026-10-05"],
            "name": "Shop",
            "status": "proposed",
            "proposed_by": name,
            "in_contract": False,
        }
    )
    assert bool(strategy.analyse(october(projects=projects)).projects["own_profit"][0]) == theirs


@pytest.mark.parametrize(("name", "theirs"), NAMES)
def test_of_strategy_who_wrote_it_and_who_is_in_charge(name, theirs):
    plan = {"author": {"name": name, "independent": True}, "oversight": {"name": name}}
    checks = strategy.analyse(october(plan)).oversight.set_index("check")["verdict"]
    expected = "missed" if theirs else "met"
    assert checks["written by somebody other than the provider"] == checks["not the provider"] == expected


@pytest.mark.parametrize(("name", "theirs"), NAMES)
def test_of_vendors_which_is_the_provider_itself(name, theirs):
    register = pd.DataFrame({"vendor": [name], "relationship": "owner"})
    found = vendors.analyse(october(vendors=register)).register
    assert found["status"].tolist() == (["the provider"] if theirs else ["the provider", "undisclosed"])
    assert found["vendor"].tolist() == ([name] if theirs else ["Northgate IT", name])
