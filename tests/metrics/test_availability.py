"""Rules 4-11, 39: every sentence by a case worked by hand, the whole by a brute-force oracle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msp_report.metrics import availability
from msp_report.metrics.availability import (
    READINGS,
    figures,
    maintenance_list,
    outage_list,
    robustness,
    rules,
    service_levels,
)
from msp_report.model.period import Period

# A day is 1440 scheduled minutes. 2026-10-05 is a Monday.
START, END = pd.Timestamp("2026-10-05", tz="UTC"), pd.Timestamp("2026-10-06", tz="UTC")
HEADER = pd.DataFrame(columns=["service", "started_at", "ended_at", "state"])


def at(text: str | None) -> pd.Timestamp:
    """ "08:30" is on the day under test, "10-04 08:30" on another."""
    if text is None:
        return pd.NaT
    return pd.Timestamp(f"2026-{text}" if "-" in text else f"2026-10-05 {text}", tz="UTC")


def log(*rows: tuple, **columns: object) -> pd.DataFrame:
    """Outages of `email`: (start, end) or (start, end, state) or (start, end, state, announced)."""
    full = [(*row, "down", None)[:4] if len(row) == 2 else (*row, None)[:4] for row in rows]
    return pd.DataFrame(
        {
            "service": "email",
            "started_at": pd.to_datetime([at(row[0]) for row in full], utc=True),
            "ended_at": pd.to_datetime([at(row[1]) for row in full], utc=True),
            "state": [row[2] for row in full],
            "announced_at": pd.to_datetime([at(row[3]) for row in full], utc=True),
            **columns,
        }
    )


def probe(*rows: tuple, **columns: object) -> pd.DataFrame:
    """Checks of `email`: (at, state)."""
    times = pd.to_datetime([at(row[0]) for row in rows], utc=True)
    return pd.DataFrame({"service": "email", "at": times, "state": [row[1] for row in rows], **columns})


def agreed(
    calendars: dict | None = None, client: dict | None = None, accounting: dict | None = None, **service
):
    contract = {"services": [{"name": "email", **service}], "accounting": accounting or {}}
    if calendars:
        contract["calendars"] = calendars
    if client:
        contract["client"] = {"name": "x", **client}
    return contract


def level(outages=None, checks=None, contract=None, start=START, end=END) -> pd.Series:
    levels = service_levels(outages, checks, contract or agreed(), start, end)
    assert len(levels) == 1
    return levels.iloc[0]


def minutes(row: pd.Series) -> tuple:
    """(up, down, excluded, unknown)"""
    return tuple(row[f"{part}_min"] for part in ("up", "down", "excluded", "unknown"))


def full_day(*rows: tuple) -> pd.DataFrame:
    """A log of changes that covers the whole day, up where nothing else is said."""
    return probe(("10-04 00:00", "up"), *rows, changes_only=True)


# ---------------------------------------------------------------- rule 4: the state at an instant


@pytest.mark.parametrize(
    ("outages", "checks", "expected"),
    [
        # overlapping and touching rows: 08-10 and 09-11 are 3 h, and 11-12 joins them
        (log(("08:00", "10:00"), ("09:00", "11:00")), None, (1260, 180, 0, 0)),
        (log(("08:00", "10:00"), ("10:00", "11:00")), None, (1260, 180, 0, 0)),
        # down beats degraded beats up; a down from either source beats the other's silence and its up
        (log(("08:00", "10:00", "degraded"), ("09:00", "10:00")), None, (1380, 60, 0, 0)),
        (log(("08:00", "09:00")), full_day(), (1380, 60, 0, 0)),
        (HEADER, full_day(("08:00", "down"), ("09:00", "up")), (1380, 60, 0, 0)),
        # maintenance beats down
        (log(("08:00", "10:00", "maintenance", "10-01 00:00"), ("09:00", "11:00")), None, (1260, 60, 120, 0)),
        # unknown rows are silence: they cut the provider's word, not a probe's
        (log(("08:00", "10:00", "unknown")), None, (1320, 0, 0, 120)),
        (log(("08:00", "10:00", "unknown")), full_day(), (1440, 0, 0, 0)),
        (log(("08:00", "10:00", "unknown"), ("09:00", "10:00")), None, (1320, 60, 0, 60)),
        # a check that says unknown is silence too, and the log's down is known meanwhile
        (HEADER, full_day(("08:00", "unknown"), ("09:00", "up")), (1380, 0, 0, 60)),
        (log(("08:00", "08:30")), full_day(("08:00", "unknown"), ("09:00", "up")), (1380, 30, 0, 30)),
    ],
)
def test_the_state_at_an_instant(outages, checks, expected):
    assert minutes(level(outages, checks)) == expected


def test_time_outside_service_hours_does_not_exist():
    calendars = {"office": {"hours": {"mon": ["08:00-12:00", "13:00-18:00"]}}}
    row = level(log(("07:00", "09:00"), ("12:00", "13:00")), None, agreed(calendars, calendar="office"))
    assert minutes(row) == (480, 60, 0, 0)
    assert row.scheduled_min == 540


@pytest.mark.parametrize(
    ("outages", "checks", "ratio", "evidence"),
    [
        (HEADER, None, 1, "provider"),  # header only suffices
        (HEADER, probe(("08:00", "up"), service="other"), 1, "provider"),  # checks of other services only
        (HEADER, HEADER.rename(columns={"started_at": "at"}), 1, "provider"),
        (None, None, None, None),
        (None, probe(("08:00", "up"), service="other"), None, None),
        (None, full_day(), 1, "probe"),
        (HEADER, full_day(), 1, "both"),
    ],
)
def test_whose_word_it_is(outages, checks, ratio, evidence):
    levels = service_levels(outages, checks, agreed(availability_ratio=0.9), START, END)
    row = levels[levels["service"] == "email"].iloc[0]
    if ratio is None:
        assert pd.isna(row.availability_ratio) and pd.isna(row.evidence)
        assert row.verdict == "no_data"
        assert row.why_missing == "no outage log was supplied and no check watches the service"
        assert minutes(row) == (0, 0, 0, 1440)
        assert (row.low_ratio, row.high_ratio, row.coverage_ratio) == (0, 1, 0)
        assert pd.isna(row.outages) and pd.isna(row.mttr_min) and pd.isna(row.budget_left_min)
    else:
        assert (row.availability_ratio, row.verdict, row.evidence) == (1, "met", evidence)
        assert pd.isna(row.why_missing)


def test_a_probe_that_fell_silent_does_not_turn_into_up():
    row = level(HEADER, probe(("10-04 08:00", "up")))
    assert minutes(row) == (0, 0, 0, 1440)
    assert row.verdict == "no_data"
    assert row.why_missing == "no source says anything of its service time"


def test_services_that_only_the_data_name_are_listed_without_a_target():
    outages = pd.concat([log(("08:00", "09:00")).assign(service=name) for name in ("web", "email", "files")])
    levels = service_levels(outages, None, agreed(availability_ratio=0.9), START, END)
    assert levels["service"].tolist() == ["email", "files", "web"]
    assert levels["verdict"].tolist() == ["met", "no_target", "no_target"]
    assert levels["in_contract"].tolist() == [True, False, False]
    assert levels["calendar"].tolist() == ["always"] * 3
    # what ended before the period is no news of this one
    assert len(service_levels(outages, None, agreed(), END, END + pd.Timedelta("1D"))) == 1


def test_nothing_at_all_gives_empty_records():
    for function in (service_levels, rules, outage_list, maintenance_list):
        assert function(None, None, {}, START, END).empty
    assert robustness(rules(None, None, {}, START, END)).empty
    assert figures(service_levels(None, None, {}, START, END)) == []


# ---------------------------------------------------------------- rule 5: the identity


@pytest.mark.parametrize(
    ("month", "hours"),
    [("2026-10", 745), ("2026-03", 743), ("2026-02", 672)],  # 31 x 24 + 1, 31 x 24 - 1, 28 x 24
)
def test_months_are_as_long_as_the_clock_says(month, hours):
    start, end = Period.parse(month).bounds("Europe/London")
    row = level(HEADER, None, agreed(client={"timezone": "Europe/London"}), start, end)
    assert row.scheduled_min == row.up_min == hours * 60


def test_the_change_day_of_autumn_has_25_hours():
    calendars = {"sunday": {"hours": {"sun": ["00:00-24:00"]}}}
    start, end = Period.parse("2026-10").bounds("Europe/London")
    # Sundays 4, 11, 18, 25: 3 x 24 + 25 = 97 h; down 00:00-04:00Z on the 25th is 01:00-02:00 twice and on
    contract = agreed(calendars, {"timezone": "Europe/London"}, calendar="sunday")
    row = level(log(("10-25 00:00", "10-25 04:00")), None, contract, start, end)
    assert (row.scheduled_min, row.down_min) == (97 * 60, 240)


def test_lost_time_fails_the_run(monkeypatch):
    monkeypatch.setattr(availability, "_smooth", lambda edges, states, limit: (edges[:-1], states[:-1]))
    with pytest.raises(ArithmeticError, match=r"email: up \+ down .* scheduled are 86400000000 us"):
        level(log(("08:00", "09:00")))


def test_microseconds_add_up():
    outages = log(("08:00", "09:00"))
    outages["ended_at"] = outages["started_at"] + pd.Timedelta(1, "us")
    row = level(outages)
    assert row.down_min * 60e6 == pytest.approx(1)
    assert row.up_min + row.down_min == pytest.approx(1440, abs=1e-9)


# ---------------------------------------------------------------- rule 6: unknown

#: up 00:00-12:00, down 12:00-13:00, unknown 13:00-24:00: 720, 60 and 660 minutes.
HALF_SEEN = full_day(("12:00", "down"), ("13:00", "unknown"))


@pytest.mark.parametrize(
    ("unknown", "ratio"), [("exclude", 720 / 780), ("up", 1380 / 1440), ("down", 720 / 1440)]
)
def test_the_ratio_follows_the_reading_and_the_minutes_stay_measured(unknown, ratio):
    row = level(None, HALF_SEEN, agreed(accounting={"unknown": unknown}))
    assert row.availability_ratio == ratio
    assert minutes(row) == (720, 60, 0, 660)
    assert (row.low_ratio, row.high_ratio, row.coverage_ratio) == (720 / 1440, 1380 / 1440, 780 / 1440)


@pytest.mark.parametrize(
    ("unknown", "target", "verdict"),
    [
        ("exclude", 0.5, "met"),  # low is 0.5: met whatever unknown was
        ("exclude", 0.51, "no_verdict"),
        ("exclude", 0.92, "no_verdict"),  # the value 0.923 is above, low is not
        ("exclude", 0.9583, "no_verdict"),  # high is 0.95833…
        ("exclude", 0.96, "missed"),
        ("up", 0.95, "met"),
        ("up", 0.96, "missed"),
        ("down", 0.5, "met"),
        ("down", 0.51, "missed"),
    ],
)
def test_no_verdict_where_unknown_time_decides(unknown, target, verdict):
    row = level(None, HALF_SEEN, agreed(accounting={"unknown": unknown}, availability_ratio=target))
    assert row.verdict == verdict


def test_certain_outages_decide_where_the_ratio_cannot():
    seen = full_day(
        ("01:00", "down"), ("02:00", "up"), ("03:00", "down"), ("04:00", "up"), ("05:00", "unknown")
    )
    contract = agreed(availability_ratio=0.9, max_outages=1)
    row = level(None, seen, contract)
    assert (row.low_ratio, row.high_ratio) == (3 / 24, 22 / 24)
    assert (row.outages, row.verdict, row.missed_by) == (2, "missed", "outages")
    assert level(None, seen, agreed(availability_ratio=0.9, max_outages=2)).verdict == "no_verdict"


def test_two_outages_with_only_unknown_between_may_have_been_one():
    seen = full_day(("01:00", "down"), ("02:00", "unknown"), ("12:00", "down"), ("13:00", "up"))
    row = level(None, seen, agreed(availability_ratio=0.9, max_outages=1))
    assert (row.outages, row.verdict) == (2, "no_verdict")
    # a moment of known time between them makes them two for certain
    seen = full_day(
        ("01:00", "down"), ("02:00", "unknown"), ("11:00", "up"), ("12:00", "down"), ("13:00", "up")
    )
    assert level(None, seen, agreed(availability_ratio=0.9, max_outages=1)).verdict == "missed"


@pytest.mark.parametrize("unknown", ["exclude", "up", "down"])
def test_nothing_known_is_no_data_in_every_reading(unknown):
    row = level(None, full_day(("10-04 12:00", "unknown")), agreed(accounting={"unknown": unknown}))
    assert pd.isna(row.availability_ratio) and row.verdict == "no_data"


def test_no_service_time_and_all_of_it_excluded():
    closed = {"closed": {"hours": {}}}
    row = level(HEADER, None, agreed(closed, calendar="closed", availability_ratio=0.9))
    assert (row.scheduled_min, row.verdict) == (0, "no_data")
    assert row.why_missing == "no service time in the period"
    assert row[["low_ratio", "high_ratio", "coverage_ratio", "availability_ratio"]].isna().all()
    row = level(log(("00:00", None, "maintenance", "10-01 00:00")), None, agreed(availability_ratio=0.9))
    assert (row.excluded_min, row.verdict) == (1440, "no_data")
    assert row.why_missing == "all service time was excluded as maintenance"
    assert row[["low_ratio", "high_ratio", "coverage_ratio", "availability_ratio"]].isna().all()


def test_a_ratio_exactly_on_its_target_meets_it():
    # 144 s of 86 400 s are 1/600; 1.44 min of 1440 are 0.001
    outages = log(("08:00", "09:00"))
    outages["ended_at"] = outages["started_at"] + pd.Timedelta("86.4s")
    row = level(outages, None, agreed(availability_ratio=0.999))
    assert (row.availability_ratio, row.verdict, row.budget_left_min) == (0.999, "met", 0)


# ---------------------------------------------------------------- rule 7: from checks


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        # the contract's gap is 15 min; 08:00-08:15 up and no more
        (probe(("08:00", "up")), (15, 0, 0, 1425)),
        # the next check at the very end of the gap leaves nothing unknown
        (probe(("08:00", "up"), ("08:15", "down")), (15, 15, 0, 1410)),
        (probe(("08:00", "up"), ("08:16", "down")), (15, 15, 0, 1410)),
        # a next check cuts the state short
        (probe(("08:00", "down"), ("08:10", "up")), (15, 10, 0, 1415)),
        # the check's own gap goes before the contract's
        (probe(("08:00", "up"), max_gap_s=3600.0), (60, 0, 0, 1380)),
        (probe(("08:00", "up"), ("12:00", "up"), max_gap_s=[60.0, None]), (16, 0, 0, 1424)),
        # changes only: until the next change, before the first one unknown
        (probe(("08:00", "up"), ("20:00", "down"), changes_only=True), (720, 240, 0, 480)),
        (probe(("08:00", "up"), ("20:00", "down"), changes_only=[True, False]), (720, 15, 0, 705)),
        # the last check before the month carries in, within its gap
        (probe(("10-04 23:50", "down")), (0, 5, 0, 1435)),
        (probe(("10-04 23:30", "down"), ("10-04 23:50", "up")), (5, 0, 0, 1435)),
        (probe(("10-01 00:00", "up"), changes_only=True), (1440, 0, 0, 0)),
        # what is checked at or after the cut-off does not exist, and nothing holds beyond it
        (probe(("23:55", "up"), ("10-06 00:00", "down")), (5, 0, 0, 1435)),
        # of two checks at one instant the worse counts
        (probe(("08:00", "down"), ("08:00", "up")), (0, 15, 0, 1425)),
    ],
)
def test_checks_hold_until_the_next_one_or_their_gap(checks, expected):
    assert minutes(level(None, checks)) == expected
    assert minutes(level(None, checks.iloc[::-1])) == expected


def test_the_contracts_gap():
    assert minutes(level(None, probe(("08:00", "up")), agreed(accounting={"max_gap_s": 60}))) == (
        1,
        0,
        0,
        1439,
    )


def test_checks_only_after_the_cut_off_are_no_checks():
    row = level(HEADER, probe(("10-06 00:00", "down")))
    assert (row.availability_ratio, row.evidence, row.checks) == (1, "provider", 0)


# ---------------------------------------------------------------- rule 8: maintenance

#: Two hours, announced exactly 48 hours before.
PLANNED = ("08:00", "10:00", "maintenance", "10-03 08:00")


@pytest.mark.parametrize(
    ("maintenance", "expected"),
    [
        ("exclude", (1320, 0, 120, 0)),
        ("up", (1440, 0, 0, 0)),
        ("down", (1320, 120, 0, 0)),
        ("observed", (1440, 0, 0, 0)),
    ],
)
def test_maintenance_counts_as_the_contract_says(maintenance, expected):
    assert minutes(level(log(PLANNED), None, agreed(accounting={"maintenance": maintenance}))) == expected


def test_observed_takes_the_state_found_meanwhile():
    contract = agreed(accounting={"maintenance": "observed"})
    assert minutes(level(log(PLANNED, ("09:00", "09:30")), None, contract)) == (1410, 30, 0, 0)
    seen = full_day(("08:00", "maintenance"), ("09:00", "down"), ("09:15", "up"))
    assert minutes(level(log(PLANNED), seen, contract)) == (1365, 15, 0, 60)


@pytest.mark.parametrize(
    ("row", "excluded", "down"),
    [
        (PLANNED, 120, 0),
        (("08:00", "10:00", "maintenance", "10-03 08:01"), 0, 120),  # a minute late
        (("08:00", "10:00", "maintenance", "09:00"), 0, 120),  # announced while it ran
        (("08:00", "10:00", "maintenance", None), 0, 120),  # empty = not announced
        (("23:00", None, "maintenance", "10-01 00:00"), 60, 0),  # still on: to the cut-off
    ],
)
def test_notice(row, excluded, down):
    assert minutes(level(log(row))) == (1440 - excluded - down, down, excluded, 0)


def test_without_announcement_even_no_notice_is_not_enough():
    contract = agreed(accounting={"notice_hours": 0})
    assert level(log(("08:00", "10:00", "maintenance", "08:00")), None, contract).excluded_min == 120
    assert level(log(("08:00", "10:00", "maintenance", None)), None, contract).down_min == 120


@pytest.mark.parametrize(
    ("outages", "checks", "expected"),
    [
        # refused 08-10: the state observed by the probe
        (log(("08:00", "10:00", "maintenance")), full_day(), (1440, 0, 0, 0)),
        (
            log(("08:00", "10:00", "maintenance")),
            full_day(("08:30", "down"), ("09:00", "up")),
            (1410, 30, 0, 0),
        ),
        # where the probe is silent meanwhile, down; silence outside it stays unknown
        (
            log(("08:00", "10:00", "maintenance")),
            full_day(("09:00", "unknown"), ("11:00", "up")),
            (1320, 60, 0, 60),
        ),
        # what only a check calls maintenance was announced by nobody
        (HEADER, full_day(("08:00", "maintenance"), ("09:00", "up")), (1380, 60, 0, 0)),
        (log(PLANNED), full_day(("08:00", "maintenance"), ("10:30", "up")), (1290, 30, 120, 0)),
        # an outage row speaks meanwhile, an unknown one does not
        (log(("08:00", "10:00", "maintenance"), ("08:30", "09:00", "degraded")), None, (1350, 90, 0, 0)),
        (log(("08:00", "10:00", "maintenance"), ("08:30", "09:00", "unknown")), None, (1320, 120, 0, 0)),
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


@pytest.mark.parametrize(
    "windows",
    ["night", {"hours": {"mon": ["09:00-12:00"]}}, {"mon": ["09:00-12:00"]}],
)
def test_agreed_windows(windows):
    calendars = {"night": {"hours": {"mon": ["09:00-12:00"]}}}
    row = level(log(PLANNED), None, agreed(calendars, accounting={"maintenance_windows": windows}))
    assert minutes(row) == (1320, 60, 60, 0)  # 09-10 lies inside, 08-09 does not


def test_agreed_windows_by_weekday_are_in_the_clients_zone():
    contract = agreed(
        client={"timezone": "Europe/Berlin"}, accounting={"maintenance_windows": {"mon": ["10:00-12:00"]}}
    )
    assert level(log(PLANNED), None, contract).excluded_min == 120  # 08-10Z is 10-12 in Berlin


def test_the_cap_is_used_up_in_time_order():
    planned = [(f"{hour:02d}:00", f"{hour + 1:02d}:00", "maintenance", "10-01 00:00") for hour in (14, 8, 11)]
    contract = agreed(accounting={"maintenance_cap_min": 90})
    assert minutes(level(log(*planned), None, contract)) == (1260, 90, 90, 0)
    listed = maintenance_list(log(*planned), None, contract, START, END)
    assert listed["counted_min"].tolist() == [60, 30, 0]
    assert listed["refused_min"].tolist() == [0, 30, 60]
    assert listed["status"].tolist() == ["counted", "partly", "refused"]
    assert listed["why"].tolist()[1:] == ["over the monthly cap"] * 2


def test_the_cap_counts_service_minutes_once_and_starts_anew_each_month():
    calendars = {"office": {"hours": {"mon": ["09:00-17:00"]}}}
    contract = agreed(calendars, accounting={"maintenance_cap_min": 60}, calendar="office")
    twice = log(PLANNED, ("08:00", "09:45", "maintenance", "10-01 00:00"))
    assert minutes(level(twice, None, contract)) == (420, 0, 60, 0)  # 09-10 is 60 service minutes
    over = log(("10-31 22:00", "11-01 02:00", "maintenance", "10-01 00:00"))
    bounds = Period.parse("2026-10..2026-11").bounds("UTC")
    row = level(over, None, agreed(accounting={"maintenance_cap_min": 60}), *bounds)
    assert (row.excluded_min, row.down_min) == (120, 120)  # 22-23 and 00-01


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
    listed = maintenance_list(outages, seen, agreed(), START, END)
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
    listed = maintenance_list(outages, None, contract, START, END).sort_values("started_at")
    assert listed["status"].tolist() == ["outside service time", "partly", "refused"]
    assert listed["why"].tolist()[1:] == ["outside the agreed windows"] * 2
    assert listed["scheduled_min"].tolist() == [0, 60, 300]
    assert pd.isna(listed["ended_at"].iloc[2])


# ---------------------------------------------------------------- rule 9: short outages


def seconds(*parts: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Segments (state, seconds) as edges in microseconds and states."""
    lengths = np.array([length for _, length in parts]) * 1_000_000
    return np.concatenate([[0], np.cumsum(lengths)]), np.array([state for state, _ in parts])


U, D, N, X = availability.UP, availability.DOWN, availability.UNKNOWN, availability.MAINTENANCE


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(U, 900), (D, 150), (U, 900)], [(U, 1950)]),  # at most 150 s
        ([(U, 900), (D, 151), (U, 900)], [(U, 900), (D, 151), (U, 900)]),
        ([(D, 60), (U, 900)], [(D, 60), (U, 900)]),  # the month's edge is no state
        ([(U, 900), (D, 60), (N, 900)], [(U, 900), (D, 60), (N, 900)]),  # not the same on both sides
        ([(D, 900), (U, 60), (D, 900)], [(D, 1860)]),  # up between downs as well
        ([(U, 900), (N, 60), (U, 900)], [(U, 1860)]),
        ([(X, 900), (U, 60), (X, 900)], [(X, 1860)]),
        # the shortest first: up 50 falls to down, whose 200 s then stay
        ([(U, 900), (D, 70), (U, 50), (D, 80), (U, 900)], [(U, 900), (D, 200), (U, 900)]),
        # a chain: 30 joins 40 and 50 to 120, which still fits
        ([(U, 900), (D, 40), (U, 30), (D, 50), (U, 900)], [(U, 1920)]),
        # ties earliest: the first down of 100 goes before the up of 100 between them could
        ([(U, 900), (D, 100), (U, 100), (D, 100), (U, 900)], [(U, 2100)]),
        ([(U, 900), (D, 120), (U, 100), (D, 100), (U, 900)], [(U, 900), (D, 320), (U, 900)]),
        # a span that becomes one of equals only once its neighbour is gone, and then goes first
        ([(U, 900), (D, 10), (N, 5), (D, 10), (U, 100), (D, 900)], [(U, 1025), (D, 900)]),
    ],
)
def test_short_spans_take_the_state_around_them(parts, expected):
    edges, states = availability._smooth(*seconds(*parts), 150_000_000)
    assert list(zip(states.tolist(), (np.diff(edges) // 1_000_000).tolist(), strict=True)) == expected


def smoothed_one_at_a_time(parts: list[tuple[int, int]], limit: int) -> list[tuple[int, int]]:
    """Rule 9 word for word."""
    spans: list[list[int]] = []
    for state, length in parts:
        if spans and spans[-1][0] == state:
            spans[-1][1] += length
        else:
            spans.append([state, length])
    while True:
        short = [
            (spans[i][1], i)
            for i in range(1, len(spans) - 1)
            if spans[i][1] <= limit and spans[i - 1][0] == spans[i + 1][0]
        ]
        if not short:
            return [tuple(span) for span in spans]
        i = min(short)[1]
        spans[i - 1 : i + 2] = [[spans[i - 1][0], sum(length for _, length in spans[i - 1 : i + 2])]]


@given(
    st.lists(st.tuples(st.sampled_from([U, D, N, X]), st.integers(1, 12)), min_size=1, max_size=30),
    st.integers(0, 14),
)
@settings(max_examples=250, deadline=None)
def test_smoothing_all_at_once_is_smoothing_one_at_a_time(parts, limit):
    edges, states = availability._smooth(*seconds(*parts), limit * 1_000_000)
    found = list(zip(states.tolist(), (np.diff(edges) // 1_000_000).tolist(), strict=True))
    assert found == smoothed_one_at_a_time(parts, limit)


def test_short_outages_in_a_contract_show_their_effect():
    outages = log(("08:00", "08:02"), ("09:00", "10:00"))
    row = level(outages, None, agreed(accounting={"short_outage_s": 120}))
    assert (row.down_min, row.outages) == (60, 1)
    assert row.unsmoothed_ratio == (1440 - 62) / 1440
    assert pd.isna(level(outages).unsmoothed_ratio)


def test_smoothing_comes_after_degraded_has_its_meaning():
    outages = log(("08:00", "08:02"), ("08:02", "09:00", "degraded"))  # up, down 120 s, degraded 58 min
    up = agreed(accounting={"short_outage_s": 150})
    assert minutes(level(outages, None, up)) == (1440, 0, 0, 0)
    down = agreed(accounting={"short_outage_s": 150, "degraded": "down"})
    assert minutes(level(outages, None, down)) == (1380, 60, 0, 0)


def test_a_short_outage_over_closing_time_counts_its_service_time():
    calendars = {"office": {"hours": {"mon": ["08:00-12:00", "13:00-17:00"]}}}
    contract = agreed(calendars, accounting={"short_outage_s": 150}, calendar="office")
    assert level(log(("11:59", "13:01")), None, contract).down_min == 0  # 2 service minutes
    assert level(log(("11:58", "13:01")), None, contract).down_min == 3


# ---------------------------------------------------------------- rule 10: two tests


@pytest.mark.parametrize(
    ("outages", "count", "longest"),
    [
        (log(("11:00", "14:00")), 1, 120),  # over the closed hour
        (log(("11:00", "12:00"), ("13:00", "14:00")), 1, 120),  # ends at closing, begins at opening
        (log(("11:00", "12:00"), ("13:01", "14:00")), 2, 60),  # a minute up between
        (log(("09:00", "11:00"), ("09:30", "10:00", "maintenance", "10-01 00:00")), 2, 60),  # excluded splits
        (log(("12:10", "12:50")), 0, None),  # closed time only
        (log(("10-04 12:00", "09:00")), 1, 60),  # clipped to the month
        (log(("16:00", None)), 1, 60),  # still on
        (log(("16:00", "10-09 00:00")), 1, 60),
    ],
)
def test_an_outage_is_a_run_of_down_service_time(outages, count, longest):
    calendars = {"office": {"hours": {"mon": ["08:00-12:00", "13:00-17:00"]}}}
    row = level(outages, None, agreed(calendars, calendar="office"))
    assert row.outages == count
    assert row.longest_outage_min == longest if longest else pd.isna(row.longest_outage_min)


def test_unknown_time_splits_an_outage():
    assert level(log(("09:00", "10:00"), ("10:00", "10:10", "unknown"), ("10:10", "11:00"))).outages == 2


def test_failures_are_outages_of_at_least_outage_min():
    outages = log(("01:00", "01:04"), ("02:00", "02:05"), ("03:00", "03:25"))  # 4, 5 and 25 minutes
    row = level(outages, None, agreed(outage_min=5, max_outages=2, availability_ratio=0.9))
    assert (row.outages, row.down_min, row.longest_outage_min) == (2, 34, 25)
    assert (row.mttr_min, row.mtbf_min) == (15, (1440 - 34) / 2)
    assert row.budget_left_min == pytest.approx(1440 * 0.1 - 34)
    assert (row.verdict, row.max_outages) == ("met", 2)
    assert level(outages, None, agreed(outage_min=4)).outages == 3
    # none is long enough to count: the longest run is still an outage
    row = level(outages, None, agreed(outage_min=30))
    assert (row.outages, row.longest_outage_min) == (0, 25) and pd.isna(row.mttr_min)


@pytest.mark.parametrize(
    ("terms", "verdict", "missed_by"),
    [
        ({}, "no_target", None),
        ({"availability_ratio": 0.9}, "met", None),
        ({"availability_ratio": 0.99}, "missed", "ratio"),
        ({"max_outages": 2}, "met", None),
        ({"max_outages": 1}, "missed", "outages"),
        ({"availability_ratio": 0.9, "max_outages": 1}, "missed", "outages"),
        ({"availability_ratio": 0.99, "max_outages": 2}, "missed", "ratio"),
        ({"availability_ratio": 0.99, "max_outages": 1}, "missed", "both"),
    ],
)
def test_both_tests_must_be_met(terms, verdict, missed_by):
    row = level(log(("01:00", "01:30"), ("02:00", "02:30")), None, agreed(**terms))
    assert (row.verdict, None if pd.isna(row.missed_by) else row.missed_by) == (verdict, missed_by)


def test_no_failure_leaves_the_means_unsaid():
    row = level(HEADER, None, agreed(availability_ratio=0.99))
    assert row.outages == 0
    assert row[["longest_outage_min", "mttr_min", "mtbf_min"]].isna().all()
    assert row.budget_left_min == pytest.approx(14.4)


@pytest.mark.parametrize(("effective_on", "verdict"), [("2026-10-01", "missed"), ("2026-10-02", "met")])
def test_the_target_is_that_of_the_first_local_day(effective_on, verdict):
    contract = agreed(client={"timezone": "America/New_York"}, availability_ratio=0.99)
    contract["amendments"] = [
        {"effective_on": effective_on, "set": {"services.email.availability_ratio": 1.0}}
    ]
    start, end = Period.parse("2026-10").bounds("America/New_York")
    assert level(log(("10-05 08:00", "10-05 09:00")), None, contract, start, end).verdict == verdict


# ---------------------------------------------------------------- rule 11: robustness


OWN = "maintenance=exclude,unknown=exclude,degraded=up,short=0"


def test_there_are_48_readings_and_the_contracts_own_where_it_is_none_of_them():
    names = rules(HEADER, None, agreed(), START, END)
    assert len(names) == names["rule"].nunique() == 48
    assert names.loc[names["own"], "rule"].tolist() == [
        "maintenance=exclude,unknown=exclude,degraded=up,short=0"
    ]
    assert "maintenance=exclude,unknown=up,degraded=up,short=0" in set(names["rule"])
    assert len(rules(HEADER, None, agreed(accounting={"short_outage_s": 150}), START, END)) == 48
    more = rules(HEADER, None, agreed(accounting={"short_outage_s": 60}), START, END)
    assert len(more) == 49
    assert more.loc[more["own"], "rule"].tolist() == [
        "maintenance=exclude,unknown=exclude,degraded=up,short=60"
    ]


@pytest.mark.parametrize(
    ("outages", "target", "robust", "part", "rule"),
    [
        (log(("08:00", "09:00")), 0.9, "pass", None, None),
        (log(("08:00", "12:00")), 0.9, "fail", None, None),
        (HEADER, None, None, None, None),
        # 4 h of maintenance: down by another rule
        (
            log(("08:00", "12:00", *PLANNED[2:])),
            0.9,
            "fragile",
            "maintenance",
            OWN.replace("exclude", "down", 1),
        ),
        (
            log(("08:00", "12:00", "degraded")),
            0.9,
            "fragile",
            "degraded",
            OWN.replace("degraded=up", "degraded=down"),
        ),
        # straddling is no verdict, so taking unknown for up changes it first
        (
            log(("08:00", "12:00", "unknown")),
            0.9,
            "fragile",
            "unknown",
            OWN.replace("unknown=exclude", "unknown=up"),
        ),
        # 2 minutes down against 99.9 %: 1438 / 1440 = 0.9986
        (log(("08:00", "08:02")), 0.999, "fragile", "short", OWN.replace("short=0", "short=150")),
        # 100 min of maintenance or of degradation leave 0.93, both together 0.86
        (
            log(("08:00", "09:40", "maintenance", "10-01 00:00"), ("10:00", "11:40", "degraded")),
            0.9,
            "fragile",
            "maintenance and degraded",
            "maintenance=down,unknown=exclude,degraded=down,short=0",
        ),
    ],
)
def test_robustness_names_the_first_part_that_flips_the_verdict(outages, target, robust, part, rule):
    row = robustness(rules(outages, None, agreed(availability_ratio=target), START, END)).iloc[0]
    found = [None if pd.isna(row[name]) else row[name] for name in ("robust", "flipped_by", "rule")]
    assert found == [robust, part, rule]
    assert row.readings == 48


def test_the_order_of_parts_decides_which_is_named():
    outages = log(("08:00", "12:00", "maintenance", "10-01 00:00"), ("13:00", "17:00", "degraded"))
    row = robustness(rules(outages, None, agreed(availability_ratio=0.9), START, END)).iloc[0]
    assert row.flipped_by == "maintenance" and row.verdict == "missed"
    assert row.availability_ratio == 1200 / 1440
    assert row.met + row.missed == 48


def test_only_four_parts_vary():
    late = log(("08:00", "12:00", "maintenance", "10-05 07:00"))
    found = rules(late, None, agreed(availability_ratio=0.9), START, END)
    assert (found["verdict"] == "missed").all()  # refused maintenance stays refused


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
    found = outage_list(outages, seen, contract, START, END)
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
    found = outage_list(
        log(("12:00", "14:00"), ("07:00", "12:30")), None, agreed(calendars, calendar="office"), START, END
    )
    assert found[["started_at", "ended_at"]].iloc[0].tolist() == [at("08:00"), at("14:00")]
    found = outage_list(log(("11:00", "12:30")), None, agreed(calendars, calendar="office"), START, END)
    assert found[["started_at", "ended_at"]].iloc[0].tolist() == [at("11:00"), at("12:00")]


def test_down_without_users_costs_nothing_known():
    row = level(log(("08:00", "09:00")))
    assert pd.isna(row.user_hours_lost) and pd.isna(row.user_cost)


# ---------------------------------------------------------------- figures


def test_figures_carry_value_verdict_and_reason():
    contract = agreed(availability_ratio=0.99, max_outages=3, users=30, clause="4.1")
    made = (log(("08:00", "09:00")), None, contract, START, END)
    found = {f.measure: f for f in figures(service_levels(*made), robustness(rules(*made)))}
    ratio = found["availability.ratio"]
    assert (ratio.value, ratio.low, ratio.high) == (1380 / 1440,) * 3
    assert (ratio.target, ratio.better, ratio.verdict, ratio.robust) == (0.99, "higher", "missed", "fail")
    assert (ratio.coverage, ratio.clause, ratio.unit, ratio.why_missing) == (1, "4.1", "ratio", None)
    assert found["availability.budget_left"].value == pytest.approx(14.4 - 60)
    outages = found["availability.outages"]
    assert (outages.value, outages.target, outages.verdict, outages.better) == (1, 3, "met", "lower")
    assert (found["availability.mttr"].value, found["availability.mtbf"].value) == (60, 1380)
    assert (found["availability.user_hours_lost"].value, found["availability.user_hours_lost"].unit) == (
        30,
        "hours",
    )
    assert found["availability.user_cost"].why_missing == "the contract names no cost of a user's hour"


def test_a_figure_without_a_value_says_why():
    found = {f.measure: f for f in figures(service_levels(HEADER, None, agreed(), START, END))}
    assert found["availability.ratio"].verdict == "no_target"
    assert found["availability.mttr"].why_missing == found["availability.mtbf"].why_missing == "none observed"
    assert found["availability.budget_left"].why_missing == "no availability is agreed"
    assert found["availability.outages"].verdict == "no_target"
    nothing = figures(service_levels(None, None, agreed(users=3), START, END))
    assert all(f.value is None and f.why_missing.startswith("no outage log") for f in nothing)
    assert {f.verdict for f in nothing} == {"no_data", None}


# ---------------------------------------------------------------- what may come in


def test_units_zones_and_types_do_not_matter():
    plain = log(("08:00", "09:00"), ("23:00", None))
    other = plain.assign(
        started_at=plain["started_at"].dt.tz_convert("Asia/Tokyo").dt.as_unit("ns"),
        ended_at=[value.to_pydatetime() if pd.notna(value) else None for value in plain["ended_at"]],
        state=plain["state"].astype("category"),
        service=plain["service"].astype("category"),
    ).drop(columns="announced_at")
    bounds = START.tz_convert("America/New_York"), END.to_pydatetime()
    pd.testing.assert_frame_equal(
        service_levels(plain, None, agreed(), START, END), service_levels(other, None, agreed(), *bounds)
    )


def test_an_unannounced_column_of_nothing_is_no_naive_time():
    assert level(log(("08:00", "09:00")).assign(announced_at=pd.NaT, ended_at=None)).down_min == 960


NAIVE = pd.Timestamp("2026-10-05")


@pytest.mark.parametrize(
    ("outages", "checks", "message"),
    [
        (log(("08:00", "09:00", "broken")), None, "outages.state: 'broken' is not one of"),
        (None, probe(("08:00", "ok")), "checks.state: 'ok' is not one of"),
        (log(("09:00", "08:00")), None, "outages: email ends at .*08:00.* before it starts"),
        (log(("08:00", "09:00")).assign(started_at=NAIVE), None, "outages.started_at has times without"),
        (None, probe(("08:00", "up")).assign(at=NAIVE), "checks.at has times without"),
        (None, probe(("08:00", "up"), max_gap_s=-1.0), "max_gap_s is negative"),
        (None, probe((None, "up")), "checks: 1 rows lack a service or their time"),
        (log(("08:00", "09:00")).assign(service=None), None, "outages: 1 rows lack a service"),
    ],
)
def test_rows_that_cannot_be_judged_are_refused(outages, checks, message):
    with pytest.raises(ValueError, match=message):
        service_levels(outages, checks, agreed(), START, END)


def test_bounds_must_be_instants_in_order():
    with pytest.raises(ValueError, match="start must be an instant with a time zone"):
        service_levels(HEADER, None, agreed(), pd.Timestamp("2026-10-01"), END)
    with pytest.raises(ValueError, match="swap them"):
        service_levels(HEADER, None, agreed(), END, START)


# ---------------------------------------------------------------- the oracle: minute by minute

HOURS = ["00:00-01:10", "01:30-02:30", "02:30-03:20"]
OPEN = [minute for minute in range(240) if minute < 70 or 90 <= minute < 200]
AGREED = {"mon": ["00:20-01:40", "02:00-04:00"]}
MAY = [minute for minute in range(240) if 20 <= minute < 100 or minute >= 120]
UNTIL = START + pd.Timedelta("4h")

outage_rows = st.lists(
    st.tuples(
        st.integers(-60, 250),
        st.one_of(st.none(), st.integers(0, 80)),
        st.sampled_from(["down", "maintenance", "unknown", "degraded"]),
        st.one_of(st.none(), st.integers(0, 120)),
    ),
    max_size=7,
    unique_by=lambda row: row[0],
)
check_rows = st.lists(
    st.tuples(
        st.integers(-60, 250),
        st.sampled_from(["up", "up", "down", "degraded", "maintenance", "unknown"]),
        st.one_of(st.none(), st.integers(0, 60)),
        st.booleans(),
    ),
    max_size=14,
    unique_by=lambda row: row[0],
)
terms = st.fixed_dictionaries(
    {
        "notice_hours": st.sampled_from([0, 1]),
        "max_gap_s": st.sampled_from([300, 1200]),
        "maintenance_cap_min": st.one_of(st.none(), st.integers(0, 60)),
        "maintenance_windows": st.sampled_from([None, AGREED]),
    }
)


def frames(outages, checks) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    def when(minute):
        return pd.NaT if minute is None else START + pd.Timedelta(minutes=minute)

    def instants(values):
        return pd.Series([when(value) for value in values], dtype="datetime64[us, UTC]")

    log_ = outages and pd.DataFrame(
        {
            "service": "email",
            "started_at": instants([start for start, _, _, _ in outages]),
            "ended_at": instants(
                [None if length is None else start + length for start, length, _, _ in outages]
            ),
            "state": [state for _, _, state, _ in outages],
            "announced_at": instants(
                [None if notice is None else start - notice for start, _, _, notice in outages]
            ),
        }
    )
    checks_ = checks and pd.DataFrame(
        {
            "service": "email",
            "at": instants([minute for minute, _, _, _ in checks]),
            "state": [state for _, state, _, _ in checks],
            "max_gap_s": [np.nan if gap is None else gap * 60.0 for _, _, gap, _ in checks],
            "changes_only": [lasting for _, _, _, lasting in checks],
        }
    )
    return HEADER if outages == [] else log_, None if checks == [] else checks_


def oracle_states(outages, checks, accounting, open_, may) -> list[tuple[str, bool]]:
    """(state found, accepted maintenance) of every open minute, by rules 4, 7 and 8 word for word."""
    checks = sorted(row for row in checks or [] if row[0] < 240)
    outages = [
        (start, 240 if length is None else start + length, state, notice)
        for start, length, state, notice in outages or []
    ]
    used, found = 0, []
    for minute in open_:
        rows = [row for row in outages if row[0] <= minute < row[1]]
        said = [state for _, _, state, _ in rows]
        last = [row for row in checks if row[0] <= minute][-1:]
        for when, state, gap, lasting in last:
            hold = accounting["max_gap_s"] / 60 if gap is None else gap
            if lasting or minute < when + hold:
                said.append(state)
        timely = any(
            state == "maintenance" and notice is not None and notice >= accounting["notice_hours"] * 60
            for _, _, state, notice in rows
        )
        cap = accounting["maintenance_cap_min"]
        accepted = timely and (accounting["maintenance_windows"] is None or minute in may)
        accepted = accepted and (cap is None or used < cap)
        used += accepted
        state = next((s for s in ("down", "degraded", "up") if s in said), None)
        if state is None and "maintenance" in said and not accepted:
            state = "down"
        elif state is None:
            state = "up" if not checks and "unknown" not in said else "unknown"
        found.append((state, accepted))
    return found


def oracle_reading(states, reading) -> tuple[dict[str, int], list[int]]:
    """Minutes by class and lengths of the down runs."""
    parts = []
    for state, accepted in states:
        if accepted and reading.maintenance != "observed":
            state = {"exclude": "excluded"}.get(reading.maintenance, reading.maintenance)
        parts.append((reading.degraded if state == "degraded" else state, 1))
    spans = smoothed_one_at_a_time(parts, reading.short_s / 60)
    totals = {
        name: sum(n for state, n in spans if state == name) for name in ("up", "down", "excluded", "unknown")
    }
    return totals, [n for state, n in spans if state == "down"]


@given(outage_rows, check_rows, terms, st.booleans(), st.integers(0, 6))
@settings(max_examples=25, deadline=None)
def test_every_reading_agrees_with_the_oracle(outages, checks, accounting, office, outage_min):
    calendars = {"office": {"hours": {"mon": HOURS}}}
    terms_ = {
        "calendar": "office" if office else "always",
        "outage_min": outage_min,
        "availability_ratio": 0.8,
    }
    contract = agreed(calendars, accounting=accounting, **terms_)
    log_, checks_ = frames(outages, checks)
    open_ = OPEN if office else range(240)
    states = oracle_states(outages, checks, accounting, open_, MAY)
    found = rules(log_, checks_, contract, START, UNTIL).set_index("rule").to_dict("index")
    judged_once = {}
    for reading in READINGS:
        key = reading.maintenance, reading.degraded, reading.short_s
        if key not in judged_once:
            judged_once[key] = oracle_reading(states, reading)
        totals, runs = judged_once[key]
        known = totals["up"] + totals["down"]
        judged = known + totals["unknown"]
        up, base = {
            "exclude": (totals["up"], known),
            "up": (totals["up"] + totals["unknown"], judged),
            "down": (totals["up"], judged),
        }[reading.unknown]
        row = found[str(reading)]
        if known:
            assert row["availability_ratio"] == up / base
            assert row["outages"] == sum(length >= outage_min for length in runs)
        else:
            assert pd.isna(row["availability_ratio"]) and row["verdict"] == "no_data"
    totals, runs = oracle_reading(states, READINGS[0])
    row = level(log_, checks_, contract, START, UNTIL)
    assert minutes(row) == tuple(totals[name] for name in ("up", "down", "excluded", "unknown"))
    listed = outage_list(log_, checks_, contract, START, UNTIL)
    assert listed["down_min"].tolist() == runs
    assert maintenance_list(log_, None, contract, START, UNTIL)["counted_min"].sum() >= row.maintenance_min


@given(outage_rows, check_rows, terms, st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_what_always_holds(outages, checks, accounting, random):
    contract = agreed(
        accounting=accounting, availability_ratio=0.9, max_outages=2, users=10, user_hourly_cost=20
    )
    log_, checks_ = frames(outages, checks)
    given_ = (log_, checks_, contract, START, UNTIL)
    row = level(*given_)
    assert sum(minutes(row)) == row.scheduled_min
    found = rules(*given_)
    if pd.notna(row.availability_ratio):
        assert row.low_ratio <= row.availability_ratio <= row.high_ratio
        wide = found.pivot(
            index=["maintenance", "degraded", "short"], columns="unknown", values="availability_ratio"
        )
        assert (wide["down"] <= wide["exclude"]).all() and (wide["exclude"] <= wide["up"]).all()
        assert row.verdict == found.loc[found["own"], "verdict"].item()
    assert row.down_min == outage_list(*given_)["down_min"].sum()
    # the order of rows changes nothing
    shuffled = [
        None if frame is None else frame.sample(frac=1, random_state=random.randrange(9))
        for frame in given_[:2]
    ]
    again = (*shuffled, contract, START, UNTIL)
    for function in (service_levels, maintenance_list):
        pd.testing.assert_frame_equal(function(*given_), function(*again))


# ---------------------------------------------------------------- real checks

REAL = Path(__file__).parents[3] / "shared" / "real" / "availability" / "checks.csv"


@pytest.mark.real
@pytest.mark.skipif(not REAL.exists(), reason="the public data sets are not beside the project")
def test_a_real_log_of_rare_checks_gives_no_verdict():
    checks = pd.read_csv(REAL).rename(columns={"checked_at": "at", "site": "service", "status": "state"})
    checks["at"] = pd.to_datetime(checks["at"], utc=True)
    names = sorted(checks["service"].unique())
    contract = {"services": [{"name": name, "availability_ratio": 0.99} for name in names]}
    levels = service_levels(None, checks, contract, *Period.parse("2016-04").bounds("UTC"))
    assert levels["service"].tolist() == names
    assert levels["checks"].tolist() == [69, 32, 56, 76, 69]
    assert (levels["coverage_ratio"] < 0.03).all() and (levels["verdict"] == "no_verdict").all()
    # by hand: Community Site has 32 checks, all further apart than the gap, one of them down
    community = levels.iloc[1]
    assert (community.up_min, community.down_min, community.outages) == (465, 15, 1)
