"""The demo company's planted faults in backups, duties, satisfaction, vendors, requests and strategy.

As in test_planted: what is found is exactly what was planted, through exports, readers, checks and look-back.
"""

import pandas as pd
import pytest

from msp_report.metrics import requests, strategy

MONTHS = ["2025-12", "2026-03", "2026-10"]


@pytest.fixture(scope="module", params=MONTHS)
def month(request, demo_case, truth):
    return demo_case(request.param), truth[request.param]


@pytest.fixture
def report(month, demo_report):
    """What a report finds in the month."""
    return lambda name: demo_report(name, str(month[0].period))[0]


def same(found, expected) -> bool:
    """Equal but for rounding; missing is None."""
    if expected is None or pd.isna(found):
        return expected is None and pd.isna(found)
    if isinstance(expected, (int, float)):
        return float(found) == pytest.approx(expected, abs=1e-6)
    return str(found)[:10] == str(expected) if isinstance(found, pd.Timestamp) else found == expected


def differences(table: pd.DataFrame, entries: list[dict], names: dict[str, str]) -> list[tuple]:
    """Where a record differs from the truth: (subject, column, found, expected)."""
    return [
        (entry["subject"], column, table.loc[entry["subject"], column], entry[name])
        for entry in entries
        for name, column in names.items()
        if name in entry and not same(table.loc[entry["subject"], column], entry[name])
    ]


def test_backups(month, report):
    _, truth = month
    done = report("backups")
    table = done.levels.set_index("asset")
    entries = [e for e in truth["backups"] if e.get("subject") and "expected" in e]
    assert set(table.index) == {entry["subject"] for entry in entries}
    names = ("expected", "good", "missed", "rpo_hours", "last_restore_test_on", "verdict")
    assert not differences(table, entries, {name: name for name in names})
    jobs = [entry for entry in entries if entry["fault"] != "unprotected"]
    assert not differences(table, jobs, {"attained_rpo_hours": "attained_rpo_hours"})
    unprotected = {entry["subject"] for entry in entries if entry["fault"] == "unprotected"}
    assert table.index[: len(unprotected)].isin(unprotected).all()  # they come first
    assert set(table.index[table["status"] == "unprotected"]) == unprotected
    names = [(e["subject"], "; ".join(e["fits"])) for e in truth["backups"] if e["fault"] == "ambiguous_name"]
    assert list(done.ambiguous[["name", "fits"]].itertuples(index=False, name=None)) == names
    running = {entry["subject"] for entry in truth["backups"] if entry["fault"] == "still_running"}
    assert set(table.index[table["running"] > 0]) == running
    total = next(entry for entry in truth["backups"] if entry.get("subject") == "")
    found = {figure.measure: figure.value for figure in done.figures()}
    assert found["backups.within_rpo_ratio"] == pytest.approx(total["within_rpo_ratio"])
    assert found["backups.unprotected"] == total["unprotected"]


def test_duties(month, report):
    _, truth = month
    done = report("duties")
    table = done.levels.set_index("duty")
    denied = [entry for entry in truth["duties"] if entry["fault"] == "contradicted_proof"]
    faults = [entry for entry in truth["duties"] if entry["fault"] != "none" and entry not in denied]
    assert set(table.index[table["verdict"] == "missed"]) == {entry["subject"] for entry in faults}
    assert not differences(table, faults, {"gap_days": "attained_days", "every_days": "every_days"})
    days = done.contradicted["done_at"].dt.strftime("%Y-%m-%d").groupby(done.contradicted["asset"]).agg(list)
    assert days.to_dict() == (denied[0]["days"] if denied else {})
    assert set(done.contradicted["duty"]) == {entry["subject"] for entry in denied}


def test_satisfaction(month, report):
    _, truth = month
    done = report("satisfaction")
    table = done.scores.set_index("question")
    entries = [entry for entry in truth["satisfaction"] if "invited" in entry]
    names = ("invited", "answered", "score", "worst", "best")
    assert not differences(table, entries, {name: name for name in names})
    silent = {entry["subject"] for entry in entries if entry["fault"] == "too_few_answers"}
    assert set(table.index[table["score"].isna()]) == silent
    response = next(entry for entry in truth["satisfaction"] if entry["subject"] == "response_ratio")
    assert done.figures()[-1].value == pytest.approx(response["response_ratio"])


def test_unhappy_answers_speak_of_one_assignee(month, report):
    _, truth = month
    heard = report("satisfaction").voices
    unhappy = heard.loc[heard["responsiveness"] <= 3, "assignee"].value_counts()
    for entry in truth["satisfaction"]:
        if entry["fault"] == "unhappy_with":
            assert (unhappy.index[0], unhappy.iloc[0], unhappy.sum()) == (
                entry["subject"],
                entry["answers"],
                entry["of_unhappy"],
            )


def test_vendors(month, report):
    case, truth = month
    done = report("vendors")
    table = done.register.set_index("vendor")
    entries = truth["vendors"]
    assert set(table.index) == {entry["subject"] for entry in entries}
    money = {"recommended_to_date": "recommended", "invoiced_to_date": "invoiced"}
    money |= {name: name for name in ("recommended_in_month", "invoiced_in_month", "relationship")}
    assert not differences(table, entries, money)
    hidden = {entry["subject"] for entry in entries if entry["fault"] == "undisclosed"}
    assert set(table.index[table["status"] == "undisclosed"]) == hidden
    assert done.register["vendor"][0] == case.agreed.provider.name


def test_requests(month, report):
    _, truth = month
    done = report("requests")
    table = done.kinds.set_index("kind")
    entries = [{**entry, "subject": entry["fault"]} for entry in truth["requests"] if "tickets" in entry]
    assert {entry["fault"] for entry in entries} == set(requests.KINDS)
    assert not differences(table, entries, {name: name for name in ("tickets", "hours", "cost")})
    listed = {
        "unknown": done.tickets["kind"].eq("unknown"),
        "duplicate": done.tickets["duplicate_of"].notna(),
        "training": done.tickets["training_by"].notna(),
    }
    for kind, chosen in listed.items():
        expected = next(entry["ids"] for entry in entries if entry["fault"] == kind)
        assert sorted(done.tickets.loc[chosen, "ticket_id"]) == sorted(expected)


def test_strategy(month, report):
    case, truth = month
    done = report("strategy")
    planted = truth.get("strategy", [])
    expected = {(entry["subject"], entry["fault"]) for entry in planted if entry["fault"] in strategy.FAULTS}
    assert set(done.found[["project_id", "fault"]].itertuples(index=False, name=None)) == expected
    waiting = {entry["subject"]: entry["cost"] for entry in planted if entry["fault"] == "awaiting_decision"}
    assert set(done.waiting["project_id"]) == set(waiting)
    table = done.waiting.set_index("project_id")
    assert all(same(table.loc[project, "cost"], cost) for project, cost in waiting.items())
    scores = {
        entry["subject"]: entry["score"] for entry in planted if entry["fault"] in ("score", "no_score")
    }
    assert all(same(table.loc[project, "score"], score) for project, score in scores.items())
    open_points = done.oversight.loc[done.oversight["verdict"].eq("missed"), "check"].tolist()
    assert open_points == ["acknowledged by the provider"] or str(case.period) < "2026-05"
