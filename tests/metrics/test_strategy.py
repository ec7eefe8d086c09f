"""Strategy, approval, scope and oversight: every sentence of the module by a case."""

from __future__ import annotations

import pandas as pd
import pytest
from months import MonthOf

from msp_report.metrics.strategy import FAULTS, analyse, oversight

END = pd.Timestamp("2026-11-01", tz="UTC")
PLAN = {
    "author": {"name": "board", "independent": True, "reviewed_on": "2026-04-10"},
    "shared": {"on": "2026-04-20", "acknowledged_by": "provider", "acknowledged_on": "2026-05-02"},
    "oversight": {
        "name": "retained CIO",
        "kind": "retained",
        "it_experience": True,
        "hours_per_month": 16,
        "interest": "none",
    },
    "objectives": [{"id": "online", "title": "Half of sales online", "owner": "Sales"}],
}
CONTRACT = {
    "provider": {"name": "Example MSP"},
    "scope": [
        {"subject": "help desk", "role": "do", "evidence": "certificate"},
        {"subject": "acquisitions", "role": "none", "evidence": "two of them"},
        {"subject": "data science", "role": "do", "evidence": "none"},
        {"subject": "advice", "role": "advise"},
    ],
}
SOUND = {
    "name": "Sound",
    "status": "in_progress",
    "objective": "online",
    "approved_by": "finance",
    "in_contract": False,
    "best_resource": True,
    "subject": "help desk",
    "proposed_by": "sales",
    "forecast_cost": 100.0,
}


def plan(*rows: dict) -> pd.DataFrame:
    """Projects, each sound but for what is said; reported at the end of October."""
    full = [{"project_id": f"P{i}", "as_of": "2026-10-31", **SOUND, **row} for i, row in enumerate(rows)]
    return pd.DataFrame(full)


def done(projects, decisions=None, strategy=PLAN, contract=CONTRACT, end=END):
    tables = {"projects": projects, "decisions": decisions}
    return analyse(MonthOf(end - pd.Timedelta(days=31), end, contract, strategy, tables))


def decided(*rows: tuple) -> pd.DataFrame:
    """(project, on, decision, role, rank)"""
    full = [(*row, None, None)[:5] for row in rows]
    table = pd.DataFrame(full, columns=["project_id", "decided_on", "decision", "role", "rank"])
    return table.assign(by=table["role"])


# ---------------------------------------------------------------- faults of projects


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({}, []),
        ({"objective": None}, ["no_objective"]),
        ({"objective": " "}, ["no_objective"]),
        ({"objective": "world peace"}, ["no_objective"]),  # not one of the board's
        ({"objective": "HALF of sales online"}, []),
        ({"approved_by": None}, ["unapproved"]),
        ({"approved_by": None, "approved_on": "2026-10-01"}, ["unapproved"]),  # a date is nobody
        ({"proposed_by": "Example MSP", "in_contract": True, "approved_by": "Example MSP"}, ["unapproved"]),
        ({"approved_by": None, "status": "proposed"}, []),  # a proposal is yet to be approved
        ({"approved_by": None, "status": "waiting"}, ["unapproved"]),
        ({"proposed_by": "EXAMPLE MSP "}, ["own_profit"]),
        ({"proposed_by": "provider"}, ["own_profit"]),
        ({"proposed_by": "The Provider"}, ["own_profit"]),
        ({"proposed_by": "Example MSP", "in_contract": True}, []),
        ({"proposed_by": "Example MSP", "in_contract": None}, []),  # not said: not called profit
        ({"subject": "acquisitions"}, ["out_of_scope", "no_background"]),  # role none
        ({"subject": "Data Science"}, ["no_background"]),  # no evidence
        ({"subject": "advice"}, ["no_background"]),  # none stated
        ({"subject": "rockets"}, ["out_of_scope", "no_background"]),  # not listed
        ({"subject": None}, []),
        ({"best_resource": False}, ["not_best_resource"]),
        ({"best_resource": None}, ["best_resource_unknown"]),
    ],
)
def test_faults(changes, faults):
    # beside a sound one, so that approval and the rest are known of some
    analysis = done(plan(changes, {}))
    row = analysis.projects.set_index("project_id").loc["P0"]
    assert [name for name in FAULTS if row[name]] == faults
    assert row.faults == "; ".join(FAULTS[name] for name in faults)
    assert analysis.found.fault.tolist() == faults
    assert set(analysis.found.project_id) <= {"P0"}


def test_without_objectives_or_scope_there_is_less_to_judge():
    analysis = done(plan({"objective": "anything", "subject": "rockets"}), strategy={}, contract={})
    assert analysis.projects.faults.tolist() == [""]


@pytest.mark.parametrize("status", ["done", "cancelled"])
def test_what_is_over_is_left_out(status):
    assert done(plan({"status": status, "objective": None})).projects.empty


def test_the_last_report_before_the_cut_off_counts():
    rows = plan({"objective": None}, {}, {"objective": None})
    rows["project_id"] = "P0"
    rows["as_of"] = ["2026-09-30", "2026-10-31", "2026-11-01"]
    assert done(rows).projects.faults.tolist() == [""]
    zone = {**CONTRACT, "client": {"name": "x", "timezone": "Asia/Tokyo"}}
    # the cut-off of Tokyo's November 2nd: the report of the 1st stands
    assert done(
        rows, contract=zone, end=pd.Timestamp("2026-11-01 15:00", tz="UTC")
    ).projects.faults.tolist() == ["serves no objective of the board"]


def test_decisions_of_the_client_approve():
    rows = plan({"approved_by": None}, {"approved_by": None}, {"approved_by": None})
    decisions = decided(
        ("P0", "2026-10-01", "approved", "business"),
        ("P1", "2026-10-01", "approved", "provider"),
        ("P2", "2026-11-01", "approved", "business"),
    )
    assert done(rows, decisions).found.project_id.tolist() == ["P1", "P2"]


def test_ranks_by_role():
    decisions = decided(
        ("P0", "2026-09-01", "ranked", "business", 2),
        ("P0", "2026-10-01", "ranked", "business", 1),
        ("P0", "2026-10-01", "ranked", "provider", 7),
    )
    row = done(plan({}), decisions).projects.iloc[0]
    assert (row.rank_business, row.rank_provider) == (1, 7)
    assert pd.isna(row.rank_cio)


def test_most_faults_first_then_the_dearest():
    analysis = done(
        plan(
            {},
            {"objective": None, "forecast_cost": 5.0},
            {"objective": None},
            {"objective": None, "best_resource": None},
        )
    )
    assert analysis.projects.project_id.tolist() == ["P3", "P2", "P1", "P0"]
    assert analysis.found[["project_id", "fault", "cost"]].values.tolist() == [
        ["P2", "no_objective", 100],
        ["P3", "no_objective", 100],
        ["P1", "no_objective", 5],
        ["P3", "best_resource_unknown", 100],
    ]


def test_objectives_and_what_serves_them():
    strategy = {
        "objectives": [
            {"id": "online", "title": "Half of sales online"},
            {"id": "calm", "title": "Calm", "owner": "A"},
        ]
    }
    rows = plan(
        {},
        {"objective": "half of SALES online", "forecast_cost": None, "baseline_cost": 7.0},
        {"objective": "x"},
    )
    found = done(rows, strategy=strategy).objectives
    assert found[["objective", "projects"]].values.tolist() == [["online", 2], ["calm", 0]]
    assert found.cost[0] == 107 and pd.isna(found.cost[1])


# ---------------------------------------------------------------- proposals


@pytest.mark.parametrize(
    ("decision", "role", "waits"),
    [
        (None, None, True),
        ("approved", "business", False),
        ("rejected", "cio", False),
        ("deferred", "business", True),
        ("ranked", "business", True),
        ("approved", "provider", True),  # not its to decide
    ],
)
def test_what_waits_for_a_decision(decision, role, waits):
    rows = plan({"status": "proposed", "approved_by": None})
    decisions = decided(("P0", "2026-10-20", decision, role)) if decision else None
    waiting = done(rows, decisions).waiting
    assert waiting.project_id.tolist() == (["P0"] if waits else [])
    if decision == "deferred":
        assert str(waiting.deferred_on[0].date()) == "2026-10-20"


def test_waiting_proposals_with_score_money_and_time():
    # rule 26: costs 100 < 300, so 1 and 0; P0: (0.5 x 1 + 0.2 x 0.75 + 0.3 x 0) / 1 = 0.65; P1: 0.25 x 0.5 + 0.2 + 0.3
    proposal = {"status": "proposed", "approved_by": None}
    rows = plan(
        {**proposal, "benefit": 5, "risk": 2, "forecast_cost": 300.0},
        {**proposal, "benefit": 2, "risk": 1},
        {**proposal, "benefit": 5, "forecast_cost": None},
    )
    early = rows.iloc[[0]].assign(as_of="2026-09-30")
    waiting = done(pd.concat([early, rows])).waiting
    assert waiting.project_id.tolist() == ["P0", "P1", "P2"]
    assert waiting.score[:2].tolist() == pytest.approx([0.65, 0.625])
    assert pd.isna(waiting.score[2]) and waiting.why_missing[2] == "no risk, no cost"
    # reported as proposed on September 30th: 32 days to November 1st
    assert waiting.days_waiting.tolist() == [32, 1, 1]


# ---------------------------------------------------------------- oversight


def missed(strategy: dict, contract: dict = CONTRACT, end=END) -> list[str]:
    table = oversight(strategy, contract, end)
    assert set(table.verdict) <= {"met", "missed", "no_data"}
    return table.loc[table.verdict == "missed", "check"].tolist()


def unstated(strategy: dict) -> list[str]:
    table = oversight(strategy, CONTRACT, END)
    return table.loc[table.verdict == "no_data", "check"].tolist()


def but(topic: str, **changes: object) -> dict:
    return {**PLAN, topic: {**PLAN[topic], **changes}}


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (PLAN, []),
        (but("author", name="Example MSP"), ["written by somebody other than the provider"]),
        (but("author", independent=False), ["its author has no interest in the outcome"]),
        (but("author", reviewed_on="2026-11-01"), ["reviewed"]),  # not yet
        (but("shared", acknowledged_by="none", acknowledged_on=None), ["acknowledged by the provider"]),
        (but("shared", acknowledged_on="2026-10-31"), []),
        (but("oversight", name="The Provider"), ["not the provider"]),
        (but("oversight", it_experience=False), ["has IT experience"]),
        (but("oversight", hours_per_month=0), ["has hours for it"]),
        (but("oversight", interest="sells servers"), ["holds no interest in the outcome"]),
    ],
)
def test_checks(strategy, expected):
    assert missed(strategy) == expected


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (PLAN, []),
        (but("author", independent=None), ["its author has no interest in the outcome"]),
        (but("author", reviewed_on=None), ["reviewed"]),
        (but("shared", on=None), ["given to the provider"]),
        (but("shared", acknowledged_on=None), ["acknowledged by the provider"]),
        (but("oversight", it_experience=None), ["has IT experience"]),
        (but("oversight", hours_per_month=None), ["has hours for it"]),
        (but("oversight", interest=None), ["holds no interest in the outcome"]),
        ({**PLAN, "objectives": [{"id": "x", "title": "X"}]}, ["objectives, each with an owner"]),
        ({**PLAN, "objectives": []}, ["objectives, each with an owner"]),
    ],
)
def test_a_key_that_is_left_out_is_not_stated_and_no_miss(strategy, expected):
    assert unstated(strategy) == expected and missed(strategy) == []


def test_without_a_strategy_nothing_is_stated_and_nothing_missed():
    assert missed({}) == [] and len(unstated({})) == 11
    without = {name: part for name, part in PLAN.items() if name != "oversight"}
    assert len(unstated(without)) == 5


# ---------------------------------------------------------------- figures


def test_figures():
    rows = plan(
        {},
        {"objective": None, "best_resource": None, "forecast_cost": 50.0},
        {"status": "proposed", "approved_by": None, "forecast_cost": 30.0},
        {"status": "proposed", "approved_by": None, "forecast_cost": None},
    )
    found = {figure.measure.removeprefix("strategy."): figure for figure in done(rows).figures()}
    assert (found["exceptions"].value, found["exceptions"].n, found["exceptions"].verdict) == (1, 4, "missed")
    assert found["exceptions_cost"].value == 50
    assert (found["no_objective"].value, found["best_resource_unknown"].value, found["own_profit"].value) == (
        1,
        1,
        0,
    )
    assert (found["waiting"].value, found["waiting_cost"].value, found["waiting_cost"].n) == (2, 30, 1)
    assert [found[name].verdict for name in ("oversight", "author", "acknowledged")] == ["met"] * 3
    assert all(figure.target is None for figure in found.values())  # no promise of the provider's


def test_figures_without_projects():
    found = {figure.measure: figure for figure in done(None, strategy={}).figures()}
    assert found["strategy.waiting"].why_missing == "no projects were supplied"
    assert (found["strategy.oversight"].value, found["strategy.oversight"].verdict) == (None, "no_data")
    empty = {figure.measure: figure for figure in done(plan()).figures()}
    assert (empty["strategy.exceptions"].value, empty["strategy.exceptions"].verdict) == (0, None)


@pytest.mark.parametrize("silent", [{"strategy": {}}, {"contract": {}}])
def test_projects_that_could_not_be_checked_are_not_in_order(silent):
    found = {figure.measure: figure for figure in done(plan({}), **silent).figures()}
    assert (found["strategy.exceptions"].value, found["strategy.exceptions"].verdict) == (0, "no_verdict")
    faulty = {
        figure.measure: figure for figure in done(plan({"proposed_by": "provider"}), **silent).figures()
    }
    assert faulty["strategy.exceptions"].verdict == "missed"


def test_what_is_partly_stated_has_no_verdict():
    partly = {
        figure.measure: figure for figure in done(None, strategy=but("oversight", interest=None)).figures()
    }
    found = partly["strategy.oversight"]
    assert (found.value, found.low, found.high, found.verdict) == (0, 0, 1, "no_verdict")


def test_a_cut_off_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        done(None, end=pd.Timestamp("2026-11-01"))


def test_what_is_to_settle_and_what_serves_an_objective_add_up(demo_report):
    found = demo_report("strategy")[0]
    figures = {one.measure: one for one in found.figures()}
    assert len(found.to_settle) == figures["strategy.exceptions"].value > 1
    assert found.to_settle["cost"].sum() == figures["strategy.exceptions_cost"].value
    assert found.to_settle["what"].iloc[0].startswith("nobody approved it")  # the gravest first
    assert found.by_objective["projects"].sum() == figures["strategy.exceptions"].n
    assert found.by_objective["projects"].iloc[-1] == figures["strategy.no_objective"].value
    assert found.open_first["verdict"].iloc[0] == "missed"
