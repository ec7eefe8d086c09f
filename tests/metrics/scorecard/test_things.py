"""Things to decide: facts of all pages, joined by the thing that they are about, the gravest first."""

import pandas as pd
import pytest

from msp_report.metrics.scorecard import decisions, things
from msp_report.params import as_strategy

LAST = pd.Timestamp("2026-10-31")
NOBODY = pd.DataFrame(columns=["subject", "expired", "independent", "expires_on"])
NOTHING = pd.DataFrame(columns=decisions.ACTION_COLUMNS)
NO_EXCEPTIONS = pd.DataFrame(columns=["report", "measure", "subject", "verdict"])
STRATEGY = {"oversight": {"name": "Ada"}, "approval": {"approvers": ["finance", "operations"]}}


def decided(
    records=None, exceptions=NO_EXCEPTIONS, opinions=NOBODY, actions=NOTHING, notice=None, strategy=STRATEGY
):
    facts = things.facts(things.Records(**(records or {})), exceptions, opinions, actions, notice, LAST)
    return things.items(facts, as_strategy(strategy))


def frame(columns, *rows):
    return pd.DataFrame(rows, columns=columns.split())


def assets(*rows):
    told = frame("asset good missed last_good_at last_slot_hours rpo_hours", *rows)
    return told.assign(verdict="missed", counted=True)


def bills(*rows):
    return frame("vendor amount due_on why", *rows).assign(decision="hold")


def action(text, about="", due="2026-12-01", state="open"):
    late = None if state == "open" else 9
    return frame(
        " ".join(decisions.ACTION_COLUMNS), ("A1", text, "Bea", state, late, due, "2026-09-01", None, about)
    )


TIED = {
    "due": bills(("Vex", 300.0, "2026-11-20", "no order"), ("Fair", 100.0, "2026-11-04", "no order")),
    "match": frame("vendor exception amount", ("Vex", "orders split under the approval limit", 300.0)),
    "lines": frame(
        "vendor amount dated_on by_provider",
        ("Vex", 300.0, "2026-10-02", True),
        ("Fair", 9.0, "2026-10-01", False),
    ),
    "vendors": frame(
        "vendor relationship undisclosed commission_ratio commission_cost",
        ("Vex", "commission", True, 0.1, 30.0),
        ("Fair", "none", False, None, None),
    ),
    "recommendations": frame(
        "vendor project amount made_on project_status in_month",
        ("Vex", "Second cellar", 300.0, "2026-10-01", "waiting", True),
    ),
}


def test_what_several_pages_found_of_one_vendor_is_one_thing_to_decide():
    items, facts = decided(TIED)
    assert items[["leads_to", "things", "cost"]].values.tolist() == [
        ["hold Vex", "Vex", 300.0],
        ["hold", "Fair", 100.0],
    ]
    of_vex = facts[facts["number"].eq(1)]["fact"].tolist()
    assert sorted(of_vex) == sorted(
        [things.BILL, things.SPLIT, things.ORDERED, things.TIE, things.RECOMMENDED, things.PAUSED]
    )
    assert items["who"].tolist() == ["finance; operations"] * 2
    assert items["by_on"].dt.strftime("%m-%d").tolist() == ["11-20", "11-04"]


@pytest.mark.parametrize("without", TIED)
def test_each_page_adds_its_own_facts_and_no_other(without):
    _, every = decided(TIED)
    _, rest = decided({name: record for name, record in TIED.items() if name != without})
    gone = {"due": 2, "match": 1, "lines": 1, "vendors": 1, "recommendations": 2}
    assert len(every) - len(rest) == gone[without]


def test_a_vendor_without_bills_belongs_to_the_project_it_was_recommended_for():
    found = frame(
        "project_id name fault what status cost",
        ("P1", "Lake", "no_objective", "serves no objective", "in_progress", 9.0),
    )
    tied = {name: TIED[name] for name in ("vendors",)}
    advised = TIED["recommendations"].assign(project="Lake", project_status="in_progress")
    items, facts = decided({**tied, "found": found, "recommendations": advised})
    assert items["leads_to"].tolist() == ["run"] and items["report"].tolist() == ["strategy"]
    assert set(facts["thing"]) == {"P1", "Vex"}
    items, _ = decided(tied)
    assert items["leads_to"].tolist() == ["disclose"]


def test_the_gravest_comes_first_then_the_money_then_the_age():
    found = frame(
        "project_id name fault what status cost",
        ("P2", "Wing", "unapproved", "nobody approved it", "in_progress", 50.0),
    )
    waiting = frame(
        "project_id name cost waiting_since",
        ("P3", "Portal", 900.0, "2026-08-01"),
        ("P4", "Labels", 900.0, "2026-07-01"),
    )
    records = {
        "assets": assets(("db", 0, 31, None, 25.0, 24.0)),
        "duties": frame("duty verdict missed good last_done_at", ("patching", "missed", 1, 0, None)),
        "positions": frame("product verdict short", ("Pen", "missed", 4)),
        "keys": frame("product licence_key over person"),
        "due": TIED["due"].head(1),
        "found": found,
        "waiting": waiting,
        "claims": frame(
            "measure subject month left claim_by state",
            ("availability.ratio", "web", "2026-10", 70.0, "2026-12-30", "open"),
        ),
        "resources": frame(
            "resource metric days_to_limit",
            ("disk", "used", 59.9),
            ("cpu", "used", None),
            ("far", "used", 400.0),
        ),
    }
    opinions = frame("subject expired independent expires_on", ("skill", True, True, "2026-09-14"))
    items, _ = decided(records, opinions=opinions, notice=30)
    assert items["leads_to"].tolist()[:5] == ["protect", "prove", "license", "hold", "claim"]
    assert sorted(items["leads_to"][5:]) == ["decide", "grow", "notice", "opinion", "run"]
    assert items["number"].tolist() == list(range(1, 11))
    places = [things.GRAVITY.index(gravity) for gravity in items["gravity"]]
    assert places == sorted(places)
    other = items[items["gravity"].eq(things.OTHER)]["cost"].fillna(0)
    assert other.is_monotonic_decreasing
    assert items.set_index("leads_to").loc["grow", "by_on"] == pd.Timestamp("2026-12-30")


def test_only_what_is_behind_at_the_end_of_the_month_is_to_be_saved():
    rows = assets(
        ("never", 0, 31, None, 25.0, 24.0),
        ("stopped", 20, 11, "2026-10-19T21:00:00Z", 25.0, 24.0),
        ("again", 29, 2, "2026-10-31T22:00:00Z", 25.0, 24.0),
    )
    items, facts = decided({"assets": rows})
    assert items["things"].tolist() == ["never; stopped"]
    assert facts["fact"].tolist() == [things.NEVER, things.STOPPED]


def test_a_decision_of_the_board_gives_a_thing_its_owner_and_its_day():
    waiting = frame(
        "project_id name cost waiting_since",
        ("P3", "Customer portal", 900.0, "2026-08-01"),
        ("P4", "Labels", 5.0, "2026-07-01"),
    )
    by_name, _ = decided({"waiting": waiting}, actions=action("Decide on the customer portal"))
    by_id, _ = decided({"waiting": waiting}, actions=action("Do it", about="P3"))
    for items in (by_name, by_id):
        first = items.iloc[0]
        assert (first["leads_to"], first["who"], str(first["by_on"].date())) == (
            "decide P3",
            "Bea",
            "2026-12-01",
        )
        assert items.iloc[1]["leads_to"] == "decide" and items.iloc[1]["who"] == "Ada"


def test_an_overdue_decision_about_nothing_here_is_chased_and_an_open_one_is_not():
    items, facts = decided(actions=action("Move the registrar", state="overdue", due="2026-09-30"))
    assert items[["leads_to", "who"]].values.tolist() == [["chase", "Bea"]]
    assert facts["text"].tolist() == ["Move the registrar"]
    assert decided(actions=action("Move the registrar"))[0].empty


def test_every_exception_is_a_fact_of_what_it_is_about():
    rows = frame(
        "report measure subject verdict",
        ("availability", "availability.ratio", "web", "missed"),
        ("backups", "backups.unprotected", "", "missed"),
        ("tickets", "tickets.resolution_attainment", "P1", "no_verdict"),
    )
    _, facts = decided(exceptions=rows)
    assert facts[["kind", "thing"]].values.tolist() == [
        ["service", "web"],
        ["page", "backups"],
        ["priority", "P1"],
    ]


def test_without_records_there_is_nothing_to_decide():
    items, facts = decided()
    assert items.empty and facts.empty
    assert list(items.columns) == things.ITEMS and list(facts.columns) == things.FACTS


def test_nobody_is_named_where_the_strategy_names_nobody():
    items, _ = decided({"assets": assets(("db", 0, 31, None, 25.0, 24.0))}, strategy={})
    assert items["who"].tolist() == [""]
