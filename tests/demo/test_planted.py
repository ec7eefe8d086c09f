"""The demo company's planted faults: what is found is exactly what was planted, no more and no fewer.

The truth beside the exports comes from the simulation's own knowledge. The cases are opened as the notebooks open
them, so exports, readers, checks, look-back and metrics all stand between the truth and what is compared.
"""

import pandas as pd
import pytest

from msp_report.metrics import projects

#: The first one, one of an amendment and the last one; in the others there is less to be found.
MONTHS = ["2025-10", "2026-07", "2026-10"]
MORE = [pytest.param(month, marks=pytest.mark.thorough) for month in ("2026-03", "2026-05", "2026-09")]


@pytest.fixture(scope="module", params=MONTHS + MORE)
def month(request, demo_case, truth):
    return demo_case(request.param), truth[request.param]


@pytest.fixture
def desk(month, demo_report):
    return demo_report("tickets", str(month[0].period))[0]


@pytest.fixture
def services(month, demo_report):
    return demo_report("availability", str(month[0].period))[0]


def planted(faults, *kinds):
    return [fault for fault in faults if fault["fault"] in kinds]


def ids(faults, *kinds):
    return sorted(ticket for fault in planted(faults, *kinds) for ticket in fault["ids"])


def test_every_service_level_is_the_planted_one(services, month):
    case, truth = month
    levels = services.services.set_index("service")
    robust = services.robustness.set_index("service")["robust"]
    expected = {fault["subject"]: fault for fault in truth["availability"] if "scheduled_min" in fault}
    strange = {fault["name"] for fault in planted(truth.get("evidence", []), "strange_name")}
    assert set(levels.index) == set(expected) | strange
    for service, fault in expected.items():
        found = levels.loc[service]
        for name in set(fault) - {"fault", "subject", "evidence", "robust", "longest_outage_min"}:
            value = None if pd.isna(found[name]) else found[name]
            close = value == fault[name] or value == pytest.approx(fault[name], rel=1e-9, nan_ok=False)
            assert close, f"{case.period} {service} {name}: {value} is not {fault[name]}"
        assert (robust[service] if isinstance(robust[service], str) else None) == fault["robust"]


def test_refused_maintenance_is_the_planted_one(services, month):
    _, truth = month
    found = services.maintenance
    refused = found[found["status"].isin(["refused", "partly"])]
    kinds = ("maintenance_announced_late", "maintenance_outside_window", "maintenance_above_cap")
    expected = sorted(
        (f["subject"], pd.Timestamp(f["started_at"])) for f in planted(truth["availability"], *kinds)
    )
    assert sorted(zip(refused["service"], refused["started_at"], strict=True)) == expected


def test_late_tickets_are_the_planted_ones(desk, month):
    _, truth = month
    assert sorted(desk.late("resolution")["ticket_id"]) == ids(truth["tickets"], "resolution_missed")
    assert sorted(desk.late("response")["ticket_id"]) == ids(truth["tickets"], "response_missed")


def test_reopened_and_repeated_tickets_are_the_planted_ones(desk, month):
    case, truth = month
    assert set(desk.reopens["ticket_id"]) == set(ids(truth["tickets"], "reopened")), case.period
    expected = [(f["ids"][0], f["earlier"]) for f in planted(truth["tickets"], "repeat")]
    assert sorted(zip(desk.repeats["ticket_id"], desk.repeats["earlier_id"], strict=True)) == sorted(expected)
    duplicates = [
        (f["ids"][0], f["earlier"]) for f in planted(truth["requests"], "duplicate") if "earlier" in f
    ]
    found = zip(desk.duplicates["ticket_id"], desk.duplicates["earlier_id"], strict=True)
    assert sorted(found) == sorted(duplicates)


def test_old_tickets_are_the_planted_ones(desk, month):
    _, truth = month
    old = desk.open_tickets[desk.open_tickets["age_days"] > 90]
    assert sorted(old["ticket_id"]) == ids(truth["tickets"], "open_over_90_days")


def test_the_desk_adds_up_to_the_planted_numbers(desk, month):
    _, truth = month
    everything = next(fault for fault in truth["tickets"] if fault.get("subject") == "")
    row = desk.volumes[desk.volumes["dimension"] == "all"].iloc[0]
    for name in ("opened", "solved", "reopened", "removed", "open_at_end"):
        assert row[name] == everything[name], name
    assert desk.backlog["open_at_start"].iloc[0] == everything["open_at_start"]
    figures = {(f.measure, f.subject): f for f in desk.figures()}
    assert figures["tickets.hours", ""].value == pytest.approx(everything["hours"])
    assert figures["tickets.repeat_ratio", ""].value == pytest.approx(everything["repeat_ratio"])
    for fault in truth["tickets"]:
        if "resolution_met" in fault and fault["resolution_met"] + fault["resolution_breached"]:
            found = figures["tickets.resolution_attainment", fault["subject"]]
            assert found.n == fault["resolution_met"] + fault["resolution_breached"]
            assert found.value == pytest.approx(fault["resolution_met"] / found.n)
        if "resolution_median_min" in fault and fault["resolution_median_min"] is not None:
            found = figures["tickets.resolution_median", fault["subject"]].value
            assert found == pytest.approx(fault["resolution_median_min"]), fault["subject"]


def test_rejected_rows_are_the_planted_ones(month):
    case, truth = month
    named = set(case.sources.tables)
    expected = sorted(
        (f["file"], f["line"])
        for f in truth.get("data", [])
        if f["fault"] == "rejected" and f["table"] in named
    )
    found = [
        pd.read_csv(path, usecols=["file", "line"]) for path in (case.accepted / "rejects").glob("*.csv")
    ]
    rows = [(file.split("/")[-1], line) for frame in found for file, line in frame.itertuples(index=False)]
    assert sorted(rows) == expected
    for entry in case.manifest["files"]:
        assert entry["read"] == entry["accepted"] + entry["rejected"], entry["file"]


def same(found, expected):
    """Equal, or the same number; missing is None."""
    if expected is None or pd.isna(expected):
        return found is None or pd.isna(found)
    return found == expected or found == pytest.approx(expected, rel=1e-9)


#: How the truth words what the metric calls a state.
FORECASTS = {"already over": "already_over", "too short": "too_short", "no trend": "no_trend"}


def test_every_capacity_is_the_planted_one(month, demo_report):
    case, truth = month
    found = demo_report("capacity", str(case.period))[0].resources
    found.index = found["resource"] + ":" + found["metric"]
    doubted = ("another_unit", "stands_still")
    kinds = ("none", "over_limit", "warned", "no_samples", "gaps", *doubted)
    expected = {fault["subject"]: fault for fault in planted(truth["capacity"], *kinds)}
    assert set(found.index) == set(expected)
    for subject, fault in expected.items():
        for name in set(fault) - {"fault", "subject"}:
            assert same(found.loc[subject, name], fault[name]), f"{subject} {name}"
    reasons = {f["subject"]: FORECASTS[f["reason"]] for f in planted(truth["capacity"], "cannot_forecast")}
    for fault in planted(truth["capacity"], "fills_up"):
        row = found.loc[fault["subject"]]
        assert row["days_to_limit"] == pytest.approx(fault["days_to_limit"], abs=fault["tolerance_days"])
        assert row["days_low"] <= fault["days_to_limit"] + fault["tolerance_days"]
    assert {s: found.loc[s, "forecast"] for s in reasons} == reasons
    below = {f["subject"] for f in planted(truth["capacity"], "below_zero")}
    assert set(found.index[found["below_zero"] > 0]) == below
    strange = {fault["subject"] for fault in planted(truth["capacity"], *doubted)}
    assert set(found.index[found["doubt"].notna()]) == strange
    above = {f["subject"] for f in planted(truth["capacity"], "above_capacity")}
    assert set(found.index[found["over_capacity"] > 0]) == above


def test_every_project_is_the_planted_one(month):
    case, truth = month
    begin, cutoff = case.period.first.first_on, case.period.last.end_on
    reports = case.table("projects")
    found = projects.variance(reports, cutoff, case.table("project_periods"), case.table("decisions"))
    found = found.set_index("project_id")
    expected = {f["subject"]: f for f in planted(truth["projects"], "none", "late", "over_budget")}
    assert set(found.index) == set(expected)
    for project, fault in expected.items():
        for name in set(fault) - {"fault", "subject", "baseline_given"}:
            value = found.loc[project, name]
            value = str(value.date()) if isinstance(value, pd.Timestamp) else value
            assert same(value, fault[name]), f"{project} {name}: {value}"
    late = found[found["slip_days"] > 0].index
    assert set(late) == {f["subject"] for f in planted(truth["projects"], "late")}
    for fault in planted(truth["projects"], "earned_value"):
        for name in set(fault) - {"fault", "subject"}:
            assert same(found.loc[fault["subject"], name], fault[name]), name
    changed = projects.changes(reports, cutoff, since=begin)
    assert sorted(zip(changed["project_id"], changed["field"], strict=True)) == sorted(
        (f["subject"], f["field"]) for f in planted(truth["projects"], "changed")
    )


def test_proposals_are_scored_as_planted(demo_case, truth):
    case = demo_case("2026-10")
    cutoff = case.period.last.end_on
    found = projects.proposals(case.table("projects"), case.table("decisions"), case.strategy, cutoff)
    scores = dict(zip(found["project_id"], found["score"], strict=True))
    expected = {f["subject"]: f["score"] for f in planted(truth["2026-10"]["strategy"], "score", "no_score")}
    assert set(scores) == set(expected)
    assert all(same(scores[project], expected[project]) for project in expected)
