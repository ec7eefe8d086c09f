"""A source doubted as a whole decides nothing, neither for the provider nor against it (rules 43, 46 and 50)."""

from decimal import Decimal

import pandas as pd
import pytest
from months import MonthOf, figures_of

from msp_report.metrics import (
    availability,
    backups,
    capacity,
    duties,
    licences,
    payments,
    procurement,
    projects,
    tickets,
)
from msp_report.metrics.scorecard.lines import lines
from msp_report.model.figures import Figure
from msp_report.model.gate import doubted

START, END = (pd.Timestamp(at, tz="UTC") for at in ("2026-10-01", "2026-11-01"))
WHY = "tickets.json: says that there are 200 rows, and has 100"
AGREED = {
    "client": {"name": "Acme", "timezone": "UTC", "currency": "GBP"},
    "provider": {"name": "MSP"},
    "tickets": {"priorities": {"P1": {"resolution_min": 60, "response_min": 60, "attainment_ratio": 0.9}}},
    "backups": {"rpo_hours": 24},
    "duties": [{"name": "patching", "every_days": 30}],
    "services": [{"name": "web", "availability_ratio": 0.999, "max_outages": 2}],
    "capacity": [{"resource": "wan", "metric": "used", "unit": "ratio", "capacity": 1, "limit_ratio": 0.85}],
}


def at(*texts):
    return pd.to_datetime(list(texts), utc=True).astype("datetime64[us, UTC]")


def days(*texts):
    return pd.to_datetime(list(texts)).astype("datetime64[us]")


def one_ticket(solved):
    return {"tickets": pd.DataFrame(
        {"ticket_id": ["T1"], "opened_at": at("2026-10-05 09:00"), "priority": "P1", "status": "resolved",
         "first_response_at": at("2026-10-05 09:10"), "resolved_at": at(solved)})}  # fmt: skip


def some_backups(last):
    starts = pd.date_range("2026-09-30 01:00", last, freq="D", tz="UTC").astype("datetime64[us, UTC]")
    jobs = {"asset": "db", "job": "nightly", "started_at": starts, "finished_at": starts, "result": "success"}
    assets = {"asset": ["db"], "kind": "server", "backup_required": [True]}
    return {"assets": pd.DataFrame(assets), "backup_jobs": pd.DataFrame(jobs)}


def proofs(*on):
    return {
        "duty_evidence": pd.DataFrame(
            {"duty": "patching", "done_at": at(*on), "by": "amy"}, index=range(len(on))
        )
    }


def copies(count):
    receipt = {"document": ["licence_receipt"], "vendor": "A", "document_id": "R1", "line": 1, "item": "CAD",
               "quantity": [Decimal(1)], "dated_on": days("2026-01-05")}  # fmt: skip
    return {
        "entitlements": pd.DataFrame({"entitlement_id": ["E1"], "product": "CAD", "metric": "device",
                                      "quantity": [Decimal(1)], "receipt_id": "R1"}),
        "installs": pd.DataFrame({"product": "CAD", "device": [f"pc-{n}" for n in range(count)]}),
        "purchases": pd.DataFrame(receipt),
    }  # fmt: skip


def bought(price):
    return {"purchases": pd.DataFrame(
        {"document": ["order", "packing_slip", "invoice"], "document_id": ["P1", "S1", "I1"], "line": 1,
         "order_id": "P1", "order_line": 1, "vendor": "A", "item": "disk", "quantity": Decimal(10),
         "unit_price": [Decimal(80), None, Decimal(price)],
         "dated_on": days("2026-10-01", "2026-10-05", "2026-10-09")})}  # fmt: skip


def read(value):
    hours = pd.date_range(START, END, freq="h", inclusive="left").astype("datetime64[us, UTC]")
    samples = {"resource": "wan", "metric": "used", "at": hours, "value": value + (hours.hour % 2) / 100}
    return {"samples": pd.DataFrame(samples)}


def planned(*approved_by):
    ids = [f"P{n}" for n in range(len(approved_by))]
    reported = {
        "project_id": ids,
        "name": "Move",
        "as_of": days(*["2026-10-20"] * len(ids)),
        "status": "in_progress",
    }
    return {"projects": pd.DataFrame(reported | {"proposed_by": "provider", "approved_by": approved_by})}


def down(minutes):
    began = at("2026-10-05 09:00")
    log = {
        "service": ["web"],
        "started_at": began,
        "ended_at": began + pd.Timedelta(minutes=minutes),
        "state": "down",
    }
    return {"outages": pd.DataFrame(log)}


def looked(minutes):
    times = pd.date_range(START, END, freq="10min", inclusive="left").astype("datetime64[us, UTC]")
    broken = (times >= at("2026-10-05 09:00")[0]) & (
        times < at("2026-10-05 09:00")[0] + pd.Timedelta(minutes=minutes)
    )
    checks = {
        "service": "web",
        "probe": "east",
        "at": times,
        "state": ["down" if one else "up" for one in broken],
    }
    return {"checks": pd.DataFrame(checks)}


GIVEN = {
    "availability met by a log": (availability, down(10), "met", ["outages"]),
    "availability missed by a log": (availability, down(90), "missed", ["outages"]),
    "availability met by checks": (availability, looked(10), "met", ["checks"]),
    "availability missed by checks": (availability, looked(90), "missed", ["checks"]),
    "capacity met": (capacity, read(0.5), "met", ["samples"]),
    "capacity missed": (capacity, read(0.9), "missed", ["samples"]),
    "projects met": (projects, planned("finance"), "met", ["projects", "decisions"]),
    "projects missed": (projects, planned("finance", None), "missed", ["projects"]),
    "tickets met": (tickets, one_ticket("2026-10-05 09:30"), "met", ["tickets", "ticket_events"]),
    "tickets missed": (tickets, one_ticket("2026-10-05 19:30"), "missed", ["tickets"]),
    "backups met": (backups, some_backups("2026-10-31"), "met", ["assets", "backup_jobs"]),
    "backups missed": (backups, some_backups("2026-10-12"), "missed", ["backup_jobs"]),
    "duties met": (duties, proofs("2026-10-01", "2026-10-20"), "met", ["duty_evidence"]),
    "duties missed": (duties, proofs("2026-08-01"), "missed", ["duty_evidence"]),
    "licences met": (licences, copies(1), "met", ["entitlements", "installs", "purchases"]),
    "licences missed": (licences, copies(3), "missed", ["installs"]),
    "purchases met": (procurement, bought(80), "met", ["purchases"]),
    "purchases missed": (procurement, bought(92), "missed", ["purchases"]),
}


def judged(analysis):
    figures = {(f.measure, f.subject): f for f in analysis.figures() if f.verdict in ("met", "missed")}
    rows = [frame[frame["verdict"].isin(["met", "missed"])] for name, frame in analysis.records().items()
            if "verdict" in frame and name != "rules"]  # fmt: skip
    return figures, sum(map(len, rows))


@pytest.mark.parametrize("name", GIVEN)
def test_a_doubted_source_decides_nothing(name):
    metrics, tables, verdict, sources = GIVEN[name]
    figures, _ = judged(metrics.analyse(MonthOf(START, END, AGREED, tables=tables)))
    assert verdict in {figure.verdict for figure in figures.values()}, "it would decide"
    for source in sources:
        found = metrics.analyse(MonthOf(START, END, AGREED, tables=tables, doubted={source: WHY}))
        assert judged(found) == ({}, 0), source
        left = [f for f in found.figures() if (f.measure, f.subject) in figures]
        assert {f.verdict for f in left} == {"no_verdict"}
        assert all(f.robust is None for f in left)


@pytest.mark.parametrize("metrics", [procurement, payments])
def test_a_doubted_register_releases_nothing(metrics):
    """Neither by the month nor by the day; what it shows to be wrong is held all the same."""
    for price, decision in ((80, "release"), (92, "hold")):
        tables = bought(price)
        due = metrics.analyse(MonthOf(START, END, AGREED, tables=tables)).due
        assert due["decision"].tolist() == [decision]
        due = metrics.analyse(MonthOf(START, END, AGREED, tables=tables, doubted={"purchases": WHY})).due
        told = due[["decision", "why"]].to_numpy().tolist()
        assert told == [["cannot tell", WHY] if decision == "release" else ["hold", "price over ordered"]]


def test_a_record_says_why_its_rows_are_left_open():
    table = pd.DataFrame({"verdict": ["met", "no_data"], "why": [None, "no file"]})
    assert doubted(table, WHY).values.tolist() == [["no_verdict", WHY], ["no_data", "no file"]]
    assert doubted(table, None) is table


def charged(quantity, *months):
    """An invoice a day in each month, of a thing at 80, ordered and received."""
    on = [pd.Timestamp(f"{month}-{day:02}") for month in months for day in range(1, 13)]
    frames = [
        pd.DataFrame(
            {"document": kind, "document_id": [f"{kind}-{at:%m%d}" for at in on], "line": 1,
             "order_id": [f"order-{at:%m%d}" for at in on], "order_line": 1, "vendor": "A", "item": "disk",
             "quantity": Decimal(quantity), "unit_price": Decimal(80), "dated_on": on}
        )
        for kind in ("order", "packing_slip", "invoice")
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True).astype({"dated_on": "datetime64[us]"})


@pytest.mark.parametrize(
    ("quantity", "months", "doubted"),
    [("0.1", 3, True), ("600", 3, True), ("1", 3, False), ("80", 3, False), ("0.1", 2, False)],
    ids=["a sixtieth", "a hundred times", "a sixth", "thirteen times", "too few before"],
)
def test_a_register_in_another_unit_decides_nothing(quantity, months, doubted):
    before = charged("6", *("2026-07", "2026-08", "2026-09")[:months])
    bought = pd.concat([before, charged(quantity, "2026-10")], ignore_index=True)
    month = MonthOf(START, END, AGREED, tables={"purchases": bought})
    for metrics in (procurement, payments):
        why = set(metrics.analyse(month).due["why"].dropna())
        assert any("another unit" in text for text in why) == doubted, metrics


@pytest.mark.parametrize(
    ("items", "factor", "doubted"),
    [(12, 100, True), (12, "0.001", True), (12, "1.3", False), (12, 8, False), (9, 100, False)],
    ids=["a hundred times", "a thousandth", "dearer", "eight times", "too few"],
)
def test_prices_in_another_unit_release_nothing(items, factor, doubted):
    bought = charged("6", "2026-10")
    bought["item"] = bought.groupby("document").cumcount().map("disk {}".format)
    seen = pd.DataFrame(
        {"item": [f"Disk {n}" for n in range(items)], "vendor": "B", "seen_on": pd.Timestamp("2026-10-02"),
         "unit_price": Decimal(80) * Decimal(factor), "currency": None, "checked_by": "finance"}
    )  # fmt: skip
    month = MonthOf(START, END, AGREED, tables={"purchases": bought, "prices": seen})
    assert (procurement.doubt_of(month) is not None) == doubted
    for metrics in (procurement, payments):
        assert not (doubted and metrics.analyse(month).due["decision"].eq("release").any()), metrics


@pytest.mark.parametrize("table", ["surveys", "samples"])
def test_a_line_of_the_boards_own_rests_on_the_same_table(table):
    asked = {"scorecard": [{"perspective": "users", "measure": "satisfaction.responsiveness", "target": 0.8}]}
    score = Figure(measure="satisfaction.responsiveness", value=0.9, low=0.85, high=0.95, n=90)
    doubt = Figure(measure="evidence.doubted_tables", subject=table, why_missing=WHY, verdict="no_data")
    found = lines(figures_of(score, doubt), asked).iloc[0]
    judged = ("no_verdict", WHY) if table == "surveys" else ("met", None)
    assert (found["verdict"], found["why_missing"]) == judged


@pytest.mark.parametrize("table", ["outages", "checks"])
def test_what_another_source_says_too_stands(table):
    for minutes, verdict in ((10, "met"), (90, "missed")):
        month = MonthOf(START, END, AGREED, tables=down(minutes) | looked(minutes), doubted={table: WHY})
        assert availability.analyse(month).services["verdict"].tolist() == [verdict]
    only_one = down(10) | looked(90) if table == "checks" else down(90) | looked(10)
    month = MonthOf(START, END, AGREED, tables=only_one, doubted={table: WHY})
    assert availability.analyse(month).services["verdict"].tolist() == ["no_verdict"]
