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


WHO = pd.Series([name for name, _ in NAMES], index=[f"N{number}" for number in range(len(NAMES))])
THEIRS = [number for number, (_, theirs) in zip(WHO.index, NAMES, strict=True) if theirs]


def test_of_procurement_who_ordered_it_and_whose_check_counts():
    order = {
        "document": "order",
        "vendor": "Acme",
        "quantity": Decimal(1),
        "unit_price": Decimal(80),
        "dated_on": pd.Timestamp("2026-10-05"),
    }
    asked = pd.DataFrame(
        [
            order | {"document_id": number, "order_id": number, "item": number, "ordered_by": name}
            for number, name in WHO.items()
        ]
    )
    assert sorted(procurement.analyse(october(purchases=asked)).unchecked["item"]) == THEIRS
    # a look at the price by the provider itself is none
    looked = {"item": WHO.index, "seen_on": pd.Timestamp("2026-10-01"), "unit_price": 80}
    checked = pd.DataFrame({**looked, "checked_by": WHO.to_numpy()})
    by_provider = october(purchases=asked.assign(ordered_by="Northgate IT"), prices=checked)
    assert sorted(procurement.analyse(by_provider).unchecked["item"]) == THEIRS


def test_of_strategy_who_proposed_it_and_profits():
    projects = pd.DataFrame(
        {
            "project_id": WHO.index,
            "as_of": "2026-10-05",
            "name": "Shop",
            "status": "proposed",
            "proposed_by": WHO.to_numpy(),
            "in_contract": False,
        }
    )
    found = strategy.analyse(october(projects=projects)).projects
    assert sorted(found.loc[found["own_profit"].astype(bool), "project_id"]) == THEIRS


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
