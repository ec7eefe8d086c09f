"""The demo's October as the board decides on it: what was planted on several pages is one thing, with all of it."""

import pandas as pd
import pytest

from msp_report.metrics.scorecard import ON_PAGE_ONE, things


@pytest.fixture(scope="module")
def october(truth):
    """Planted faults of a report, by the name of the fault."""

    def of(report, *faults):
        return [one for one in truth["2026-10"][report] if one["fault"] in faults]

    return of


@pytest.fixture(scope="module")
def items(demo_pack):
    found = pd.read_csv(demo_pack / "records" / "scorecard" / "items.csv")
    return found.set_index("leads_to")


@pytest.fixture(scope="module")
def facts(demo_pack):
    found = pd.read_csv(demo_pack / "records" / "scorecard" / "facts.csv")
    return found.fillna(dict.fromkeys(("leads_to", "thing", "measure", "subject"), ""))


def joined(items, item):
    return set(items.loc[item, "things"].split("; "))


def test_the_vendor_whom_the_provider_brought_is_one_thing_with_all_that_was_planted(october, items, facts):
    (split,) = october("procurement", "split_orders")
    vendor = split["vendor"]
    assert joined(items, f"hold {vendor}") == {vendor}
    assert items.loc[f"hold {vendor}", "cost"] == split["amount"]
    mine = facts[facts["leads_to"].eq(f"hold {vendor}")]
    assert sorted(mine["fact"]) == sorted(
        [
            *[things.BILL] * len(split["order_ids"]),
            things.SPLIT,
            things.ORDERED,
            things.TIE,
            things.RECOMMENDED,
            things.PAUSED,
        ]
    )
    assert set(mine["report"]) == {"procurement", "vendors"}


def test_the_other_bills_to_hold_are_one_thing_and_none_is_lost(october, items, facts):
    held = {one["document_id"] for one in october("daily", "hold")}
    bills = facts[facts["fact"].eq(things.BILL)]
    assert len(bills) == len(held) and set(bills["leads_to"]) == {"hold", "hold Manxome Storage"}
    sums = bills.groupby("leads_to")["cost"].sum()
    assert items.loc[["hold", "hold Manxome Storage"], "cost"].to_dict() == sums.to_dict()


def test_the_assets_to_be_saved_are_those_without_a_backup_at_the_end(october, items):
    never = {one["subject"] for one in october("backups", "unprotected")}
    assert joined(items, "protect") == never | {
        "file-01"
    }  # its jobs stopped on 19 October; the others ran again


def test_what_is_asked_of_security_and_law_is_what_was_planted(october, items):
    assert joined(items, "prove") == {one["subject"] for one in october("duties", "gap", "never_proved")}
    assert joined(items, "license") >= {one["subject"] for one in october("licences", "short")}


def test_the_claim_is_that_of_all_months_and_the_board_decided_it(october, items, facts):
    owed = october("contract", "credit_owed", "credit_unclaimed")
    assert items.loc["claim", "cost"] == sum(one["owed"] for one in owed)
    assert items.loc["claim", "who"] == "Finance"  # by the decision of 8 October, which says what it is about
    assert (facts["leads_to"].eq("claim") & facts["fact"].eq(things.TAKEN)).sum() == 1


def test_every_proposal_waits_and_those_with_objections_or_a_day_stand_alone(october, items, facts):
    waits = {one["subject"] for one in october("strategy", "awaiting_decision")}
    found = facts[facts["fact"].eq(things.WAITS)]
    assert set(found["thing"]) == waits
    against = ("own_profit", "out_of_scope", "no_background", "not_best_resource")
    objected = {one["subject"] for one in october("strategy", *against)} & waits
    alone = set(found.loc[found["leads_to"].ne("decide"), "thing"])
    assert alone == objected | {"PRJ-06"}  # the customer portal, which the board set a day for
    assert items.loc["decide PRJ-06", "who"] == "Sales"


def test_projects_against_the_rules_come_with_the_vendor_brought_in_for_them(october, items, facts):
    run = joined(items, "run")
    tied = {one["subject"] for one in october("vendors", "undisclosed")} - {"Manxome Storage"}
    assert tied <= run and len(run) == 1 + 2
    named = set(facts.loc[facts["leads_to"].eq("run") & facts["kind"].eq("project"), "thing"])
    assert named == {one["subject"] for one in october("strategy", "unapproved", "no_objective")}


def test_the_rest_is_found_too_and_nothing_else(october, items):
    assert joined(items, "chase") == {
        name for one in october("scorecard", "action_overdue") for name in one["ids"]
    }
    assert joined(items, "opinion") == {
        one["subject"] for one in october("competence", "expired", "not_independent")
    }
    (full,) = october("capacity", "fills_up")
    assert joined(items, "grow") == {full["subject"].partition(":")[0]}
    assert set(items.index) == {
        *(
            "protect",
            "prove",
            "license",
            "hold Manxome Storage",
            "hold",
            "claim",
            "decide PRJ-05",
            "decide PRJ-06",
        ),
        *("run", "decide", "chase", "grow", "opinion"),
    }


def test_the_gravest_stand_on_page_one(items):
    ranks = [things.GRAVITY.index(gravity) for gravity in items["gravity"]]
    assert ranks == sorted(ranks) and items["number"].tolist() == list(range(1, len(items) + 1))
    assert {"protect", "prove", "license", "claim"} <= set(items.head(ON_PAGE_ONE).index)


def test_every_exception_of_page_one_is_a_fact_of_something(demo_pack, facts):
    told = pd.read_csv(demo_pack / "records" / "scorecard" / "exceptions.csv", keep_default_na=False)
    keys = ["measure", "subject"]
    known = facts[facts["fact"].eq(things.MISSED)]
    assert set(map(tuple, told[keys].to_numpy())) == set(map(tuple, known[keys].to_numpy()))
    assert known["thing"].ne("").all()


def test_tickets_and_people_are_things_too(october, facts):
    lowered = {name for one in october("evidence", "priority_lowered") for name in one["ids"]}
    assert set(facts.loc[facts["fact"].eq(things.LOWERED), "thing"]) == lowered
    people = facts[facts["kind"].eq("person")]
    assert people["thing"].str.match(r"person-[0-9a-f]+$").all() and {things.EDITED, things.OVERUSED} <= set(
        people["fact"]
    )
