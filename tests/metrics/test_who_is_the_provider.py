"""Who is the provider: one answer on every page that asks, whatever an export calls it."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from months import MonthOf

from msp_report.metrics import procurement, projects, strategy, vendors
from msp_report.metrics.competence.opinions import opinions
from msp_report.metrics.projects import year
from msp_report.model.names import NOTHING
from msp_report.model.tables import TABLES

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
    ("Northgate IT Ltd.", True),
    ("NGIT Limited", True),
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


#: What an export writes into a column of approvers, and whether that is an approval.
APPROVED = [*((name, not theirs) for name, theirs in NAMES), *((text, False) for text in sorted(NOTHING))]
RUNNING = {"as_of": "2026-10-05", "name": "Shop", "status": "in_progress", "proposed_by": "sales"}


def unapproved(rows: pd.DataFrame, decisions: pd.DataFrame | None, plan: dict | None = None) -> list[str]:
    """The projects that nobody approved, which the pages of projects, of the year and of the strategy agree on."""
    whole = rows.reindex(columns=[*TABLES["projects"].names])
    month = october(plan, projects=whole, decisions=decisions)
    of_month = projects.analyse(month).variance.set_index("project_id")["approved"]
    of_year = year.analyse(month).lives.set_index("project_id")["approved"]
    of_strategy = strategy.analyse(month).projects.set_index("project_id")["approved"]
    assert of_month.to_dict() == of_year.to_dict() == of_strategy.to_dict()
    return sorted(of_month.index[~of_month.astype(bool)])


@pytest.mark.parametrize("plan", [None, {"approval": {"approvers": ["finance", "Northgate Supplies"]}}])
def test_of_projects_who_approved_them(plan):
    ids = [f"N{number}" for number in range(len(APPROVED))]
    lacking = sorted(number for number, (_, counts) in zip(ids, APPROVED, strict=True) if not counts)
    rows = pd.DataFrame({"project_id": ids, **RUNNING, "approved_by": [name for name, _ in APPROVED]})
    assert unapproved(rows, None, plan) == lacking
    asked = {"decided_on": "2026-10-03", "decision": "approved", "role": "business"}
    decisions = pd.DataFrame({"project_id": ids, "by": rows["approved_by"], **asked})
    assert unapproved(rows.assign(approved_by=None), decisions, plan) == lacking
    # what its proposer approves, in whatever form, is not approved
    mine = rows.assign(proposed_by=rows["approved_by"] + " Ltd")
    assert unapproved(mine, decisions, plan) == sorted(ids)


def test_of_projects_only_those_approve_who_are_asked_to():
    rows = pd.DataFrame({"project_id": ["A", "B", "C"], **RUNNING, "approved_by": ["intern", None, None]})
    asked = {"decided_on": "2026-10-03", "decision": "approved", "role": "business"}
    decisions = pd.DataFrame({"project_id": ["B", "C"], "by": ["intern", "intern; Finance"], **asked})
    assert unapproved(rows, decisions, {"approval": {"approvers": ["finance"]}}) == ["A", "B"]
    assert unapproved(rows, decisions) == []


def test_of_projects_an_approval_after_the_cut_off_does_not_exist():
    rows = pd.DataFrame({"project_id": ["A", "B", "C"], **RUNNING, "approved_by": "finance"})
    rows["approved_on"] = ["2026-10-31", "2026-11-01", None]
    assert unapproved(rows, None) == ["B"]
    shown = strategy.analyse(october(projects=rows)).projects.set_index("project_id")
    assert shown["approved_by"].isna().to_dict() == {"A": False, "B": True, "C": False}


def test_of_projects_what_no_cell_states_is_not_known():
    rows = pd.DataFrame({"project_id": ["A", "B"], **RUNNING, "approved_by": ["-", "n/a"]})
    month = october(projects=rows)
    assert projects.analyse(month).variance["approved"].isna().all()
    assert (
        projects.analyse(october(projects=rows.assign(approved_by="none")))
        .variance["approved"]
        .eq(False)
        .all()
    )


@pytest.mark.parametrize(("name", "counts"), APPROVED)
def test_of_opinions_whose_is_independent(name, counts):
    table = pd.DataFrame(
        {"subject": ["backups"], "assessed_on": "2026-10-01", "assessor": name, "independent": True}
    )
    assert opinions(table, END, contract=AGREED)["independent"].tolist() == [counts]


@pytest.mark.parametrize("text", sorted(NOTHING))
def test_of_strategy_a_name_that_names_nobody_proves_nothing(text):
    plan = {
        "author": {"name": text or " ", "independent": True},
        "oversight": {"name": text or " "},
        "objectives": [{"id": "x", "title": "y", "owner": text}],
        "shared": {"acknowledged_by": text or None},
    }
    checks = strategy.analyse(october(plan)).oversight.set_index("check")["verdict"]
    assert checks["written by somebody other than the provider"] == checks["not the provider"] == "no_data"
    assert checks["in charge by name"] == checks["objectives, each with an owner"] == "no_data"
    assert checks["acknowledged by the provider"] in ("missed", "no_data")


@pytest.mark.parametrize(
    ("interest", "verdict"),
    [
        ("none", "met"),
        ("No", "met"),
        ("n/a", "no_data"),
        ("-", "no_data"),
        ("pending", "no_data"),
        ("shares", "missed"),
    ],
)
def test_of_strategy_an_interest_is_none_only_where_it_says_so(interest, verdict):
    checks = strategy.analyse(october({"oversight": {"name": "Ada", "interest": interest}})).oversight
    assert checks.set_index("check")["verdict"]["holds no interest in the outcome"] == verdict


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
