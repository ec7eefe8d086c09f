"""Rules 24 to 26: variance, changes, earned value, priority score, calibration."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import workspaces
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import MonthOf

from msp_report.metrics import projects
from msp_report.metrics.projects import month
from msp_report.model.statistics import wilson

REAL = workspaces.REAL / "projects"
CUTOFF = date(2026, 5, 1)
few = examples(25)


def reports(*rows: dict) -> pd.DataFrame:
    """The table projects; a row names only what matters to the test."""
    base = {"project_id": "P1", "as_of": date(2026, 4, 1), "name": "Webshop", "status": "in_progress"}
    return pd.DataFrame([base | row for row in rows])


def april(table: pd.DataFrame | None, periods=None, decisions=None) -> projects.Analysis:
    """The analysis of April 2026 in London."""
    start, end = (
        pd.Timestamp(day, tz="Europe/London").tz_convert("UTC") for day in ("2026-04-01", "2026-05-01")
    )
    contract = {"client": {"name": "x", "timezone": "Europe/London"}}
    tables = {"projects": table, "project_periods": periods, "decisions": decisions}
    return projects.analyse(MonthOf(start, end, contract, tables=tables))


def only(frame: pd.DataFrame) -> dict:
    assert len(frame) == 1
    return frame.astype(object).where(frame.notna(), None).iloc[0].to_dict()


def plan(pv: list, ev: list, ac: list, **more) -> pd.DataFrame:
    """The table project_periods, padded with missing values to the length of the plan."""
    pad = [None] * (len(pv) - len(ev))
    return pd.DataFrame({"planned_value": pv, "earned_value": [*ev, *pad], "actual_cost": [*ac, *pad]} | more)


# ---------------------------------------------------------------- rule 24


@pytest.mark.parametrize(
    ("end", "cost", "slip", "schedule", "saved", "budget"),
    [
        (None, None, None, None, None, None),
        (
            date(2108, 6, 30),
            100,
            29950,
            "late",
            0,
            "as planned",
        ),  # shown as what it is: 82 years, 20 leap days
    ],
)
def test_signs_and_words(end, cost, slip, schedule, saved, budget):
    given = {"baseline_end": date(2026, 6, 30), "baseline_cost": 100}
    row = only(projects.variance(reports(given | {"forecast_end": end, "forecast_cost": cost}), CUTOFF))
    assert (row["slip_days"], row["schedule"]) == (slip, schedule)
    assert (row["cost_variance"], row["budget"]) == (saved, budget)


@pytest.mark.parametrize(
    "cutoff",
    [
        date(2026, 5, 1),
        pd.Timestamp("2026-05-01"),
        pd.Timestamp("2026-05-01", tz="America/New_York"),
        pd.Timestamp("2026-04-30T23:00", tz="UTC"),  # London's midnight
    ],
)
def test_reports_at_or_after_the_cut_off_do_not_exist(cutoff):
    table = reports(
        {"as_of": date(2026, 4, 30), "baseline_end": date(2026, 6, 1), "forecast_end": date(2026, 6, 2)},
        {"as_of": date(2026, 5, 1), "baseline_end": date(2026, 6, 1), "forecast_end": date(2026, 9, 9)},
        {"project_id": "P2", "as_of": date(2026, 5, 1)},
    )
    assert only(projects.variance(table, cutoff))["slip_days"] == 1
    assert projects.changes(table, cutoff).empty
    assert projects.calibration(table, cutoff)["closed"].tolist() == [0]


@pytest.mark.parametrize("unit", ["s", "us", "ns", None])
def test_dates_of_any_kind(unit):
    table = reports(
        {"as_of": date(2026, 2, 1), "baseline_end": date(2026, 6, 1), "forecast_end": date(2026, 6, 2)},
        {"as_of": date(2026, 3, 1), "baseline_end": date(2026, 6, 1), "forecast_end": date(2026, 6, 5)},
    )
    if unit:
        names = ["as_of", "baseline_end", "forecast_end"]
        table[names] = table[names].apply(lambda column: pd.to_datetime(column).dt.as_unit(unit))
    row = only(projects.variance(table, CUTOFF))
    assert (row["slip_days"], row["last_change_on"]) == (4, pd.Timestamp("2026-03-01"))


def test_the_present_status_since():
    spells = ["proposed", "approved", "in_progress", "waiting", "in_progress", "in_progress"]
    table = reports(*({"as_of": date(2026, month, 1), "status": s} for month, s in enumerate(spells, 1)))
    assert only(projects.variance(table, date(2026, 7, 1)))["status_since"] == pd.Timestamp("2026-05-01")


@pytest.mark.parametrize("table", [None, reports().iloc[:0]], ids=["not supplied", "header only"])
def test_nothing_reported(table):
    frame = projects.variance(table, CUTOFF)
    assert frame.empty and list(frame.columns) == month.VARIANCE
    assert list(projects.changes(table, CUTOFF).columns) == month.CHANGES
    assert list(projects.proposals(table, None, None, CUTOFF).columns) == month.PROPOSALS
    row = only(projects.calibration(table, CUTOFF))
    assert (row["closed"], row["median_slip_days"], row["late_ratio"], row["cost_growth_ratio"]) == (
        0,
        None,
        None,
        None,
    )
    idle = "no project is under way or was closed in the period"
    values = april(table).figures()
    assert {figure.value for figure in values} == {None}
    assert {figure.why_missing for figure in values} == {
        idle if table is not None else "no projects were supplied"
    }


def test_every_change_with_its_date():
    table = reports(
        {
            "as_of": date(2026, 1, 1),
            "forecast_end": date(2026, 6, 1),
            "forecast_cost": 100.5,
            "baseline_cost": 100,
        },
        {"as_of": date(2026, 2, 1), "forecast_end": None, "forecast_cost": 100.5, "baseline_cost": 100},
        {
            "as_of": date(2026, 3, 1),
            "forecast_end": date(2026, 5, 22),
            "forecast_cost": 130,
            "baseline_cost": 100,
        },
        {
            "as_of": date(2026, 4, 1),
            "forecast_end": date(2026, 5, 22),
            "forecast_cost": 130,
            "baseline_cost": 120,
        },
        {"project_id": "P0", "as_of": date(2026, 3, 1), "baseline_start": date(2026, 1, 1)},
        {"project_id": "P0", "as_of": date(2026, 4, 2), "baseline_start": date(2026, 2, 1)},
    )
    frame = projects.changes(table, CUTOFF)
    assert frame[["project_id", "field", "from", "to"]].to_numpy().tolist() == [
        ["P1", "forecast_end", "2026-06-01", "2026-05-22"],  # across the empty report
        ["P1", "forecast_cost", "100.50", "130"],
        ["P1", "baseline_cost", "100", "120"],
        ["P0", "baseline_start", "2026-01-01", "2026-02-01"],
    ]
    assert frame["days"].astype(object).where(frame["days"].notna(), None).tolist() == [-10, None, None, 31]
    assert frame["cost"].fillna(0).tolist() == [0, 29.5, 20, 0]
    assert frame["as_of"].dt.day.tolist() == [1, 1, 1, 2]
    assert len(projects.changes(table, CUTOFF, since=date(2026, 4, 1))) == 2
    assert projects.variance(table, CUTOFF)[["project_id", "changes"]].to_numpy().tolist() == [
        ["P0", 1],
        ["P1", 3],
    ]


@few
@given(st.lists(st.tuples(st.sampled_from(["A", "B"]), st.one_of(st.none(), st.integers(0, 3))), max_size=14))
def test_changes_add_up_to_the_whole_move(history):
    table = reports(
        *(
            {"project_id": project, "as_of": date(2026, 1, 1 + day), "forecast_cost": cost}
            for day, (project, cost) in enumerate(history)
        )
    )
    frame = projects.changes(table, CUTOFF)
    for project in ("A", "B"):
        costs = [cost for name, cost in history if name == project and cost is not None]
        moved = frame.loc[frame["project_id"] == project, "cost"]
        assert moved.sum() == (costs[-1] - costs[0] if costs else 0)
        assert len(moved) == sum(a != b for a, b in pairwise(costs))


# ---------------------------------------------------------------- rule 25


def test_a_budget_of_ones_own():
    periods = plan([10, 30, 60], [10, 60], [10, 60])
    assert only(projects.earned_value(periods, 120))["eac"] == 120
    assert only(projects.earned_value(periods, 120))["es"] == 3  # all that was planned is earned
    both = pd.concat([periods.assign(project_id="B"), periods.assign(project_id="A")])
    frame = projects.earned_value(both, {"A": 60, "B": 240}).set_index("project_id")
    assert frame["bac"].to_dict() == {"A": 60, "B": 240}
    assert frame["tcpi"].isna().to_dict() == {"A": True, "B": False}


def test_several_projects_in_any_order_of_rows():
    one = plan(
        [10, 30, 60, 100], [5, 20, 45], [10, 30, 60], period=["2026-01", "2026-02", "2026-03", "2026-04"]
    )
    two = plan([50, 90], [45, 90], [40, 80], period=["2025-12", "2026-01"])
    table = pd.concat([one.assign(project_id="P1"), two.assign(project_id="P2")])
    shuffled = table.sample(frac=1, random_state=1)
    frame = projects.earned_value(shuffled)
    assert frame["project_id"].tolist() == ["P1", "P2"]
    pd.testing.assert_frame_equal(frame.drop(columns="project_id").head(1), projects.earned_value(one))


def test_no_periods():
    assert projects.earned_value(None).empty
    assert projects.earned_value(plan([], [], [])).empty


@few
@given(st.lists(st.integers(1, 50), min_size=1, max_size=10), st.data())
def test_a_project_that_follows_its_plan_is_worth_its_plan(steps, data):
    pv = np.cumsum(steps).tolist()
    at = data.draw(st.integers(1, len(pv)))
    row = only(projects.earned_value(plan(pv, pv[:at], pv[:at])))
    assert (row["es"], row["spi_t"], row["spi"], row["cpi"]) == pytest.approx((at, 1, 1, 1))
    assert (row["eac"], row["eac_typical"], row["eac_spi"]) == pytest.approx((pv[-1],) * 3)
    assert row["ieac_t"] == pytest.approx(len(pv))


def test_variance_joins_earned_value_up_to_the_cut_off():
    periods = plan([10, 30, 60, 100], [5, 20, 45, 100], [10, 30, 60, 100],
                   project_id="P1", period=["2026-02", "2026-03", "2026-04", "2026-05"])  # fmt: skip
    table = reports({"actual_cost": 61}, {"project_id": "P2", "actual_cost": 7})
    frame = projects.variance(table, CUTOFF, periods).set_index("project_id")
    assert (frame["es"]["P1"], frame["ac"]["P1"], frame["periods_elapsed"]["P1"]) == (2.5, 60, 3)
    assert np.isnan(frame["ev"]["P2"]) and frame["ac"]["P2"] == 7
    # in mid-April the month is not over
    assert projects.variance(table, date(2026, 4, 15), periods)["es"][0] == pytest.approx(1.5)


# ---------------------------------------------------------------- rule 26


def proposed(**rows: dict) -> pd.DataFrame:
    return reports(*({"project_id": name, "status": "proposed"} | row for name, row in rows.items()))


STRATEGY = {"priority": {"benefit": 0.5, "risk": 0.2, "cost": 0.3}}


def test_the_priority_score_by_hand():
    frame = projects.proposals(
        proposed(
            A={"benefit": 5, "risk": 1, "forecast_cost": 300},  # 0.5 x 1 + 0.2 x 1 + 0.3 x 0
            B={"benefit": 3, "risk": 3, "forecast_cost": 100},  # 0.5 x 0.5 + 0.2 x 0.5 + 0.3 x 1
            C={"benefit": 1, "risk": 5, "forecast_cost": 200},  # 0 + 0 + 0.3 x 0.5
            D={"benefit": 4, "risk": None, "forecast_cost": 900, "status": "approved"},  # no proposal
        ),
        None,
        STRATEGY,
        CUTOFF,
    )
    assert frame["project_id"].tolist() == ["A", "B", "C"]
    assert frame["score"].tolist() == pytest.approx([0.7, 0.65, 0.15])
    assert frame["why_missing"].isna().all()


def test_weights_need_not_add_up_to_one():
    table = proposed(A={"benefit": 3, "risk": 1, "baseline_cost": Decimal("10")})
    strategy = {"priority": {"benefit": 2, "risk": 1, "cost": 1}}
    # (2 x 0.5 + 1 x 1 + 1 x 1) / 4: the only proposal is the cheapest
    assert only(projects.proposals(table, None, strategy, CUTOFF))["score"] == 0.75


def test_a_missing_input_is_no_score_and_never_a_middle_one():
    table = proposed(
        A={"benefit": 3, "risk": None, "forecast_cost": None},
        B={"benefit": 3, "risk": 3, "forecast_cost": 10},
        C={"benefit": 3, "risk": 3, "forecast_cost": 20},
    )
    frame = projects.proposals(table, None, STRATEGY, CUTOFF).set_index("project_id")
    assert frame.index.tolist() == ["B", "C", "A"]  # without a score last
    assert np.isnan(frame["score"]["A"]) and frame["why_missing"]["A"] == "no risk, no cost"
    assert frame["score"]["B"] - frame["score"]["C"] == pytest.approx(0.3)  # the missing cost has no rank
    # an input without weight is not needed
    light = {"priority": {"benefit": 1, "risk": 0, "cost": 0}}
    assert projects.proposals(table, None, light, CUTOFF)["score"].tolist() == [0.5] * 3
    none = {"priority": {"benefit": 0, "risk": 0, "cost": 0}}
    assert projects.proposals(table, None, none, CUTOFF)["score"].isna().all()


def test_equal_costs_share_their_rank():
    table = proposed(**{name: {"benefit": 3, "risk": 3, "forecast_cost": cost}
                        for name, cost in (("A", 10), ("B", 10), ("C", 50))})  # fmt: skip
    scores = projects.proposals(table, None, {"priority": {"benefit": 0, "risk": 0, "cost": 1}}, CUTOFF)[
        "score"
    ]
    assert scores.tolist() == pytest.approx([0.75, 0.75, 0])  # ranks 0.5, 0.5 and 2 of 2


def decided(*rows: tuple) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["project_id", "decided_on", "decision", "by", "role", "rank"])
    return frame


def test_approvals_and_ranks_of_proposals():
    table = proposed(A={}, B={}, C={"approved_by": "finance; operations"}, D={"approved_by": "finance"})
    decisions = decided(
        ("A", date(2026, 3, 1), "approved", "Ann", "business", None),
        ("A", date(2026, 3, 2), "ranked", "Ann", "business", 2),
        ("A", date(2026, 3, 9), "ranked", "Ann", "business", 1),
        ("A", date(2026, 3, 3), "ranked", "Kim", "cio", 4),
        ("A", date(2026, 5, 1), "rejected", "Ann", "business", None),  # after the cut-off
        ("B", date(2026, 3, 1), "approved", "MSP", "provider", None),  # its own word is no approval
        ("D", date(2026, 3, 1), "rejected", "Kim", "cio", None),  # outranks what the project says of itself
    )
    frame = projects.proposals(table, decisions, STRATEGY, CUTOFF).set_index("project_id")
    assert frame["approved"].to_dict() == {"A": True, "B": False, "C": True, "D": False}
    assert (frame["rank_business"]["A"], frame["rank_cio"]["A"]) == (1, 4)
    assert np.isnan(frame["rank_provider"]["A"])


# ---------------------------------------------------------------- calibration


def done(project: str, sponsor: str, slip: int | None, baseline: float | None, cost: float | None) -> dict:
    end = date(2026, 3, 1)
    return {
        "project_id": project, "status": "done", "sponsor": sponsor, "proposed_by": "MSP",
        "baseline_end": end, "forecast_end": None if slip is None else end + pd.Timedelta(days=slip),
        "baseline_cost": baseline, "forecast_cost": None, "actual_cost": cost,
    }  # fmt: skip


def test_who_keeps_being_late_by_how_much():
    table = reports(
        done("P1", "Sales", 10, 100, 150),
        done("P2", "Sales", 30, 100, 110),
        done("P3", "Sales", -2, None, 900),  # no baseline: no growth
        done("P4", "Ops", 0, 200, 180),
        done("P5", "Ops", None, 0, 10),  # no end; a baseline of nothing has no ratio
        done("P6", "Ops", 500, 1, 999) | {"status": "cancelled"},
        done("P7", "Ops", 500, 1, 999) | {"status": "in_progress"},
    )
    frame = projects.calibration(table, CUTOFF)
    assert frame[["by", "who"]].to_numpy().tolist() == [
        ["", ""], ["sponsor", "Sales"], ["sponsor", "Ops"], ["proposed_by", "MSP"],
    ]  # fmt: skip
    everything, sales, ops, msp = (only(frame.iloc[[k]]) for k in range(4))
    assert (everything["closed"], everything["dated"], everything["priced"]) == (5, 4, 3)
    assert everything["median_slip_days"] == 5  # -2, 0, 10, 30
    assert (everything["late_ratio"], everything["late_low"]) == (0.5, wilson(2, 4).low)
    assert everything["cost_growth_ratio"] == pytest.approx(440 / 400 - 1)
    assert (sales["median_slip_days"], sales["cost_growth_ratio"]) == (10, pytest.approx(0.3))
    assert (ops["closed"], ops["dated"], ops["late_ratio"], ops["cost_growth_ratio"]) == (
        2,
        1,
        0,
        pytest.approx(-0.1),
    )
    assert {k: msp[k] for k in ("closed", "late_ratio")} == {"closed": 5, "late_ratio": 0.5}


def test_the_final_cost_is_the_actual_one_else_the_last_forecast():
    table = reports(done("P1", "Sales", 1, 100, None) | {"forecast_cost": 120})
    assert projects.calibration(table, CUTOFF)["cost_growth_ratio"][0] == pytest.approx(0.2)


# ---------------------------------------------------------------- lists and figures


def test_in_process_and_waiting():
    table = reports(
        *(
            {"project_id": name, "status": status, "baseline_end": date(2026, 6, 1), "forecast_end": end}
            for name, status, end in (
                ("A", "in_progress", date(2026, 6, 3)),
                ("B", "in_progress", date(2026, 7, 3)),
                ("C", "waiting", None),
                ("D", "approved", date(2026, 6, 1)),
                ("E", "proposed", date(2026, 6, 1)),
                ("F", "done", date(2026, 6, 1)),
            )
        )
    )
    frame = projects.variance(table, CUTOFF)
    assert projects.in_process(frame)["project_id"].tolist() == ["B", "A"]
    assert projects.waiting(frame)["project_id"].tolist() == ["D", "C"]
    pd.testing.assert_frame_equal(april(table).in_process, projects.in_process(frame))


def test_only_given_plans_enter_the_calibration():
    table = reports(
        {"project_id": "A", "status": "done", "baseline_end": date(2026, 3, 1), "forecast_end": date(2026, 3, 11),
         "baseline_cost": 100, "actual_cost": 120},
        {"project_id": "B", "as_of": date(2026, 2, 1), "forecast_end": date(2026, 3, 1), "forecast_cost": 100},
        {"project_id": "B", "as_of": date(2026, 4, 1), "status": "done", "forecast_end": date(2026, 3, 1),
         "forecast_cost": 100},
        {"project_id": "C", "status": "done", "forecast_end": date(2026, 3, 1), "forecast_cost": 100},
    )  # fmt: skip
    whole = projects.calibration(table, CUTOFF).iloc[0]
    assert (whole["closed"], whole["dated"], whole["priced"]) == (3, 1, 1)
    assert (whole["median_slip_days"], whole["late_ratio"]) == (10, 1)
    assert whole["cost_growth_ratio"] == pytest.approx(0.2)


def test_figures_of_the_whole_and_of_each():
    table = reports(
        {"project_id": "A", "as_of": date(2026, 3, 1), "forecast_end": date(2026, 6, 1), "forecast_cost": 100},
        {"project_id": "A", "as_of": date(2026, 4, 9), "forecast_end": date(2026, 6, 11), "forecast_cost": 90,
         "approved_by": "finance"},
        {"project_id": "B", "forecast_end": date(2026, 6, 1), "baseline_end": date(2026, 5, 2)},
        {"project_id": "C", "as_of": date(2026, 1, 1), "status": "done", "forecast_end": date(2026, 1, 1)},
        {"project_id": "D", "as_of": date(2026, 4, 2), "status": "done", "forecast_end": date(2026, 4, 1)},
        {"project_id": "E", "status": "proposed"},
    )  # fmt: skip
    periods = pd.concat(
        [
            plan([10, 30, 60, 100], [5, 20, 45], [10, 30, 60]).assign(
                project_id="A", period=["2026-02", "2026-03", "2026-04", "2026-05"]
            ),
            plan([10, 30], [15], [10]).assign(project_id="B", period=["2026-04", "2026-05"]),
        ]
    )
    found = april(table, periods)
    figures = {(f.measure, f.subject): f for f in found.figures()}
    values = {key: figure.value for key, figure in figures.items()}
    assert {subject for _, subject in values} == {"", "A", "B", "D"}  # C was closed before, E is not begun
    assert values["projects.slip", ""] == 20  # the median of 10 and 30: nobody planned D, which reported once
    assert figures["projects.slip", "D"].why_missing == "no plan was given"
    assert (values["projects.slip", "A"], values["projects.slip", "B"]) == (10, 30)
    assert values["projects.cost_variance", ""] == 10
    assert values["projects.cost_variance", "B"] is None
    assert values["projects.cpi", ""] == pytest.approx((45 + 15) / (60 + 10))
    assert values["projects.spi_t", ""] == pytest.approx((2.5 + 1.25) / (3 + 1))
    assert (values["projects.cpi", "A"], values["projects.spi_t", "B"]) == (0.75, 1.25)
    assert ("projects.cpi", "D") not in values
    assert (
        values["projects.changes", ""],
        values["projects.changes", "A"],
        values["projects.changes", "B"],
    ) == (2, 2, 0)
    assert values["projects.unapproved", ""] == 2  # B and D, of A, B and D
    assert figures["projects.unapproved", ""].n == 3
    assert (figures["projects.unapproved", ""].verdict, figures["projects.slip", ""].better) == (
        "missed",
        "lower",
    )
    assert projects.unapproved(found.variance, date(2026, 4, 1))["project_id"].tolist() == ["B", "D"]


@pytest.mark.parametrize(
    ("approved_by", "decisions", "value", "verdict"),
    [
        ("finance", None, 0, "met"),
        (None, None, None, "no_data"),  # nobody speaks of approvals
        (None, decided(), 1, "missed"),  # there is a register, and it is not in it
        (None, decided(("P1", date(2026, 3, 1), "approved", "Ann", "business", None)), 0, "met"),
        (None, decided(("P1", date(2026, 3, 1), "approved", "MSP", "provider", None)), 1, "missed"),
    ],
)
def test_unapproved_is_not_known_where_nobody_speaks_of_it(approved_by, decisions, value, verdict):
    figures = april(reports({"approved_by": approved_by}), decisions=decisions).figures()
    figure = next(figure for figure in figures if figure.measure == "projects.unapproved")
    assert (figure.value, figure.verdict) == (value, verdict)


@pytest.mark.parametrize(
    ("before", "now", "count"),
    [
        ("in_progress", "in_progress", 1),
        ("in_progress", "cancelled", 1),  # what was spent on it this month nobody had approved
        ("approved", "cancelled", 1),
        ("proposed", "cancelled", 0),  # it was never under way
        ("in_progress", "done", 1),
    ],
)
def test_a_project_that_ended_in_the_month_was_under_way_in_it(before, now, count):
    table = reports(
        {"as_of": date(2026, 3, 31), "status": before}, {"as_of": date(2026, 4, 30), "status": now},
        {"project_id": "P2", "as_of": date(2026, 4, 30), "approved_by": "finance"},
    )  # fmt: skip
    found = april(table)
    figure = next(figure for figure in found.figures() if figure.measure == "projects.unapproved")
    assert (figure.value, figure.n) == (count, 1 + count)
    # a month later nobody asks for its approval any more
    later = pd.concat(
        [table, reports({"as_of": date(2026, 3, 1), "project_id": "P3", "status": "cancelled"})]
    )
    assert "P3" not in projects.unapproved(april(later).variance, date(2026, 4, 1))["project_id"].tolist()


# ---------------------------------------------------------------- real data

real = pytest.mark.skipif(not REAL.exists(), reason="needs the public data sets in ../shared/real")


@pytest.mark.real
@real
def test_new_yorks_capital_projects():
    raw = pd.read_csv(REAL / "NYC_capital_projects_20190901.csv", dtype=str)
    stamp = "%m/%d/%Y %I:%M:%S %p"
    table = pd.DataFrame(
        {
            "project_id": raw["PID"],
            "as_of": pd.to_datetime(raw["Date Reported As Of"], format=stamp),
            "name": raw["Project Name"],
            "status": "in_progress",
            "forecast_end": pd.to_datetime(raw["Forecast Completion"], format="%m/%d/%Y", errors="coerce"),
            "forecast_cost": pd.to_numeric(raw["Budget Forecast"].str.replace(",", ""), errors="coerce"),
        }
    )
    april = projects.variance(table, CUTOFF.replace(year=2016))
    assert len(april) == 75
    ends = table[(table["as_of"] < "2016-05-01")].groupby("project_id")["forecast_end"].count()
    source = april.set_index("project_id")["baseline_source"]
    assert source.eq("first_forecast").equals(ends.gt(1)) and source[ends.le(1)].isna().all()
    assert (april["as_of"] < "2016-05-01").all()
    whole = projects.variance(table, date(2020, 1, 1))
    assert len(whole) == 378
    assert (
        projects.changes(table, date(2020, 1, 1))
        .query("field == 'forecast_end'")["to"]
        .str[:4]
        .eq("2108")
        .any()
    )


@pytest.mark.real
@real
def test_the_published_cost_variance_of_federal_projects():
    raw = pd.read_csv(REAL / "US_IT_Dashboard_Projects_Data.csv")
    table = pd.DataFrame(
        {
            "project_id": raw["Unique Project ID"].astype(str) + "/" + raw.index.astype(str),
            "as_of": date(2013, 1, 1),
            "name": raw["Project Name"],
            "status": "in_progress",
            "baseline_cost": raw["Planned Cost ($ M)"],
            "forecast_cost": raw["Projected/Actual Cost ($ M)"],
        }
    )
    ours = (
        projects.variance(table, CUTOFF).set_index("project_id")["cost_variance"].reindex(table["project_id"])
    )
    published = raw["Cost Variance ($ M)"].to_numpy()
    known = ~np.isnan(published) & ours.notna().to_numpy()
    # Wherever both can be known they agree; 17 of 2,468 rows lack a cost or the variance.
    assert np.isclose(ours.to_numpy()[known], published[known], atol=0.0015).all()
    assert (known.sum(), len(raw)) == (2451, 2468)


def test_the_page_has_what_runs_or_waits_with_its_name(demo_report):
    found = demo_report("projects")[0]
    planned = found.planned
    assert planned["status"].isin(["approved", "waiting", "in_progress"]).all() and len(planned) > 3
    assert planned["slip_days"].is_monotonic_decreasing
    assert found.called[planned["project_id"].iloc[0]] == planned["name"].iloc[0]
    assert found.as_of == found.variance["as_of"].max()
