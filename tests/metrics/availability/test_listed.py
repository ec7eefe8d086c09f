"""Rules 8 and 39: maintenance and outages one by one, by cases beyond those of tests/rules."""

from __future__ import annotations

import pandas as pd
import pytest
from months import MonthOf
from service_day import END, PLANNED, START, agreed, at, full_day, level, log, minutes, of_day

from msp_report.metrics.availability import analyse

# ---------------------------------------------------------------- rule 8: maintenance


@pytest.mark.parametrize(
    ("row", "excluded", "down"),
    [
        (("08:00", "10:00", "maintenance", "09:00"), 0, 120),  # announced while it ran
        (("23:00", None, "maintenance", "10-01 00:00"), 60, 0),  # still on: to the cut-off
    ],
)
def test_notice(row, excluded, down):
    assert minutes(level(log(row))) == (1440 - excluded - down, down, excluded, 0)


@pytest.mark.parametrize(
    ("outages", "checks", "expected"),
    [
        (
            log(("08:00", "10:00", "maintenance")),
            full_day(("08:30", "down"), ("09:00", "up")),
            (1410, 30, 0, 0),
        ),
        (log(PLANNED), full_day(("08:00", "maintenance"), ("10:30", "up")), (1290, 30, 120, 0)),
        # a row that counts covers one that does not
        (
            log(("08:00", "10:00", "maintenance"), ("09:00", "11:00", "maintenance", "10-01 00:00")),
            None,
            (1260, 60, 120, 0),
        ),
    ],
)
def test_refused_maintenance_is_what_was_observed_else_down(outages, checks, expected):
    assert minutes(level(outages, checks)) == expected


@pytest.mark.parametrize("windows", ["night", {"hours": {"mon": ["09:00-12:00"]}}])
def test_agreed_windows(windows):
    calendars = {"night": {"hours": {"mon": ["09:00-12:00"]}}}
    row = level(log(PLANNED), None, agreed(calendars, accounting={"maintenance_windows": windows}))
    assert minutes(row) == (1320, 60, 60, 0)  # 09-10 lies inside, 08-09 does not


def test_the_cap_counts_service_minutes_once():
    calendars = {"office": {"hours": {"mon": ["09:00-17:00"]}}}
    contract = agreed(calendars, accounting={"maintenance_cap_min": 60}, calendar="office")
    twice = log(PLANNED, ("08:00", "09:45", "maintenance", "10-01 00:00"))
    assert minutes(level(twice, None, contract)) == (420, 0, 60, 0)  # 09-10 is 60 service minutes


def test_every_maintenance_is_listed_with_who_declared_it():
    outages = log(
        PLANNED,
        ("12:00", "13:00", "maintenance", "06:00"),
        ("14:00", "15:00", "maintenance"),
        ("10-04 22:00", "10-04 23:00", "maintenance"),  # before the period
        ("16:00", "17:00"),
        announced_by=["ann", "bob", None, None, None],
    )
    seen = full_day(("18:00", "maintenance"), ("18:30", "up"))
    listed = of_day(outages, seen, agreed()).maintenance
    assert listed["source"].tolist() == ["outages"] * 3 + ["checks"]
    assert listed["announced_by"].tolist()[:2] == ["ann", "bob"]
    assert listed["notice_hours"].tolist()[:2] == [48, 6]
    assert listed["notice_hours"].isna().tolist() == [False, False, True, True]
    assert listed["status"].tolist() == ["counted", "refused", "refused", "refused"]
    assert pd.isna(listed["why"].iloc[0])
    assert listed["why"].tolist()[1:] == [
        "announced less than 48 hours before",
        "not announced",
        "not announced",
    ]
    assert listed["down_min"].tolist() == [0, 0, 0, 30]  # the probe saw it up; its own maintenance is silence
    assert listed["started_at"].iloc[3] == at("18:00") and listed["ended_at"].iloc[3] == at("18:30")


def test_maintenance_outside_service_hours_and_windows_is_listed():
    calendars = {"office": {"hours": {"mon": ["09:00-17:00"]}}, "early": {"hours": {"mon": ["00:00-09:30"]}}}
    contract = agreed(calendars, accounting={"maintenance_windows": "early"}, calendar="office")
    outages = log(PLANNED, ("05:00", "06:00", "maintenance"), ("12:00", None, "maintenance", "10-01 00:00"))
    listed = of_day(outages, None, contract).maintenance.sort_values("started_at")
    assert listed["status"].tolist() == ["outside service time", "partly", "refused"]
    assert listed["why"].tolist()[1:] == ["outside the agreed windows"] * 2
    assert listed["scheduled_min"].tolist() == [0, 60, 300]
    assert pd.isna(listed["ended_at"].iloc[2])


# ---------------------------------------------------------------- rule 39, the list of outages


def test_every_outage_is_listed_with_what_it_cost():
    outages = log(
        ("08:00", "09:00"),
        ("08:30", "09:30"),
        ("12:00", "12:03"),
        ("23:00", None),
        cause=["disk", "disk full", None, "power"],
        ticket_id=["T1", "T1", None, "T2"],
    )
    seen = full_day(("08:00", "down"), ("09:00", "up"), ("15:00", "down"), ("15:10", "up"))
    contract = agreed(outage_min=5, users=30, user_hourly_cost=40)
    found = of_day(outages, seen, contract).outages
    assert found["started_at"].tolist() == [at("08:00"), at("12:00"), at("15:00"), at("23:00")]
    assert found["ended_at"].tolist() == [at("09:30"), at("12:03"), at("15:10"), END]
    assert found["down_min"].tolist() == [90, 3, 10, 60]
    assert found["counted"].tolist() == [True, False, True, True]
    assert found["still_on"].tolist() == [False, False, False, True]
    assert found["evidence"].tolist() == ["both", "provider", "probe", "provider"]
    assert found["cause"].fillna("").tolist() == ["disk; disk full", "", "", "power"]
    assert found["ticket_id"].fillna("").tolist() == ["T1", "", "", "T2"]
    assert found["user_hours_lost"].tolist() == [45, 1.5, 5, 30]
    row = level(outages, seen, contract)
    assert row.user_hours_lost == 163 * 30 / 60 == found["user_hours_lost"].sum()
    assert row.user_cost == found["user_cost"].sum() == 81.5 * 40


def test_a_run_over_closing_time_begins_and_ends_in_service_time():
    calendars = {"office": {"hours": {"mon": ["08:00-12:00", "13:00-17:00"]}}}
    found = of_day(
        log(("12:00", "14:00"), ("07:00", "12:30")), None, agreed(calendars, calendar="office"), START, END
    ).outages
    assert found[["started_at", "ended_at"]].iloc[0].tolist() == [at("08:00"), at("14:00")]
    found = of_day(log(("11:00", "12:30")), None, agreed(calendars, calendar="office")).outages
    assert found[["started_at", "ended_at"]].iloc[0].tolist() == [at("11:00"), at("12:00")]


def test_down_without_users_costs_nothing_known():
    row = level(log(("08:00", "09:00")))
    assert pd.isna(row.user_hours_lost) and pd.isna(row.user_cost)


# ---------------------------------------------------------------- as the page shows them


def test_the_days_of_a_service_add_up_to_its_outages():
    start, end = pd.Timestamp("2026-10-04 23:00", tz="UTC"), pd.Timestamp("2026-10-07", tz="UTC")
    outages = log(
        ("10-05 23:30", "10-06 01:00"), ("10-06 10:00", "10-06 10:20"), ("10-06 12:00", "10-06 12:10")
    )
    month = MonthOf(start, end, agreed(), tables={"outages": outages})
    found = analyse(month)
    days = found.by_day(month)
    assert days["day"].dt.strftime("%d").tolist() == ["04", "05", "06"]
    assert days["down_min"].tolist() == [0, 90, 30]  # one that lasts over midnight counts where it began
    assert days["down_min"].sum() == found.outages["down_min"].sum() == found.services["down_min"].sum()


def test_every_reading_is_met_missed_or_open(demo_report):
    found = demo_report("availability")[0]
    parts = found.firmness[["met", "missed", "open"]].sum(axis=1)
    assert parts.tolist() == found.robustness["readings"].tolist() and found.firmness["open"].gt(0).any()
    assert found.worst_first["verdict"].iloc[0] == "missed"
    assert sorted(found.worst_first["service"]) == sorted(found.services["service"])
