"""Rules 4-7 and 10: cases worked by hand beyond those of tests/rules."""

from __future__ import annotations

import pandas as pd
import pytest
import workspaces
from service_day import END, HEADER, START, agreed, full_day, level, log, minutes, of_day, probe

from msp_report.metrics.availability import figures_of, service_levels, timelines
from msp_report.model.period import Period

# ---------------------------------------------------------------- rule 4: the state at an instant


@pytest.mark.parametrize(
    ("outages", "checks", "expected"),
    [
        (log(("08:00", "10:00"), ("10:00", "11:00")), None, (1260, 180, 0, 0)),
        (log(("08:00", "10:00", "unknown"), ("09:00", "10:00")), None, (1320, 60, 0, 60)),
    ],
)
def test_the_state_at_an_instant(outages, checks, expected):
    assert minutes(level(outages, checks)) == expected


@pytest.mark.parametrize(
    ("outages", "checks", "ratio", "evidence"),
    [
        (HEADER, HEADER.rename(columns={"started_at": "at"}), 1, "provider"),
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
    nothing = of_day(None, None, {})
    assert len(nothing.records()) == 10 and all(frame.empty for frame in nothing.records().values())
    assert nothing.figures() == []


# ---------------------------------------------------------------- rule 5: the identity


def test_the_change_day_of_autumn_has_25_hours():
    calendars = {"sunday": {"hours": {"sun": ["00:00-24:00"]}}}
    start, end = Period.parse("2026-10").bounds("Europe/London")
    # Sundays 4, 11, 18, 25: 3 x 24 + 25 = 97 h; down 00:00-04:00Z on the 25th is 01:00-02:00 twice and on
    contract = agreed(calendars, {"timezone": "Europe/London"}, calendar="sunday")
    row = level(log(("10-25 00:00", "10-25 04:00")), None, contract, start, end)
    assert (row.scheduled_min, row.down_min) == (97 * 60, 240)


def test_lost_time_fails_the_run(monkeypatch):
    monkeypatch.setattr(timelines, "smooth", lambda edges, states, limit: (edges[:-1], states[:-1]))
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
    ("unknown", "target", "verdict"),
    [
        ("exclude", 0.51, "no_verdict"),
        ("exclude", 0.92, "no_verdict"),  # the value 0.923 is above, low is not
        ("exclude", 0.9583, "no_verdict"),  # high is 0.95833…
        ("up", 0.96, "missed"),
        ("down", 0.5, "met"),
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


def test_a_moment_of_known_time_between_two_outages_makes_them_two_for_certain():
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


# ---------------------------------------------------------------- rule 7: from checks


def test_of_two_checks_at_one_instant_the_worse_counts_whichever_stands_first():
    checks = probe(("08:00", "down"), ("08:00", "up"))
    assert minutes(level(None, checks)) == minutes(level(None, checks.iloc[::-1])) == (0, 15, 0, 1425)


def test_checks_only_after_the_cut_off_are_no_checks():
    row = level(HEADER, probe(("10-06 00:00", "down")))
    assert (row.availability_ratio, row.evidence, row.checks) == (1, "provider", 0)


# ---------------------------------------------------------------- rule 10: two tests


@pytest.mark.parametrize(
    ("outages", "count", "longest"),
    [
        (log(("11:00", "14:00")), 1, 120),  # over the closed hour
        (log(("11:00", "12:00"), ("13:01", "14:00")), 2, 60),  # a minute up between
        (log(("12:10", "12:50")), 0, None),  # closed time only
        (log(("16:00", "10-09 00:00")), 1, 60),
    ],
)
def test_an_outage_is_a_run_of_down_service_time(outages, count, longest):
    calendars = {"office": {"hours": {"mon": ["08:00-12:00", "13:00-17:00"]}}}
    row = level(outages, None, agreed(calendars, calendar="office"))
    assert row.outages == count
    assert row.longest_outage_min == longest if longest else pd.isna(row.longest_outage_min)


def test_failures_are_outages_of_at_least_outage_min():
    outages = log(("01:00", "01:04"), ("02:00", "02:05"), ("03:00", "03:25"))  # 4, 5 and 25 minutes
    assert level(outages, None, agreed(outage_min=4)).outages == 3
    # none is long enough to count: the longest run is still an outage
    row = level(outages, None, agreed(outage_min=30))
    assert (row.outages, row.longest_outage_min) == (0, 25) and pd.isna(row.mttr_min)


@pytest.mark.parametrize(
    ("terms", "verdict", "missed_by"),
    [
        ({"availability_ratio": 0.9}, "met", None),
        ({"availability_ratio": 0.99}, "missed", "ratio"),
        ({"max_outages": 2}, "met", None),
        ({"max_outages": 1}, "missed", "outages"),
    ],
)
def test_both_tests_must_be_met(terms, verdict, missed_by):
    row = level(log(("01:00", "01:30"), ("02:00", "02:30")), None, agreed(**terms))
    assert (row.verdict, None if pd.isna(row.missed_by) else row.missed_by) == (verdict, missed_by)


@pytest.mark.parametrize(("effective_on", "verdict"), [("2026-10-01", "missed"), ("2026-10-02", "met")])
def test_the_target_is_that_of_the_first_local_day(effective_on, verdict):
    contract = agreed(client={"timezone": "America/New_York"}, availability_ratio=0.99)
    contract["amendments"] = [
        {"effective_on": effective_on, "set": {"services.email.availability_ratio": 1.0}}
    ]
    start, end = Period.parse("2026-10").bounds("America/New_York")
    assert level(log(("10-05 08:00", "10-05 09:00")), None, contract, start, end).verdict == verdict


# ---------------------------------------------------------------- figures


def test_figures_carry_value_verdict_and_reason():
    contract = agreed(availability_ratio=0.99, max_outages=3, users=30, clause="4.1")
    made = (log(("08:00", "09:00")), None, contract, START, END)
    found = {f.measure: f for f in of_day(*made).figures()}
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


def test_what_follows_from_the_ratio_carries_its_ends():
    # 720 minutes up, 60 down, 660 that nobody watched
    seen = log(("12:00", "13:00"), ("13:00", "10-06 00:00", "unknown"))
    contract = agreed(availability_ratio=0.9, max_outages=3, users=10, user_hourly_cost=30)
    levels = service_levels(seen, None, contract, START, END)
    ends = {figure.measure: (figure.value, figure.low, figure.high) for figure in figures_of(levels)}
    assert ends["availability.outages"] == (1, 1, None)  # nothing bounds what eleven hours hide
    assert ends["availability.user_hours_lost"] == pytest.approx((10, 10, 120))
    assert ends["availability.user_cost"] == pytest.approx((300, 300, 3600))
    # a tenth of the day may be lost: 18 minutes left of what is known, 576 too many, or 84 to spare
    assert ends["availability.budget_left"] == pytest.approx((18, -576, 84))


def test_a_figure_without_a_value_says_why():
    found = {f.measure: f for f in of_day(HEADER).figures()}
    assert found["availability.ratio"].verdict == "no_target"
    assert found["availability.mttr"].why_missing == found["availability.mtbf"].why_missing == "none observed"
    assert found["availability.budget_left"].why_missing == "no availability is agreed"
    assert found["availability.outages"].verdict == "no_target"
    nothing = of_day(None, None, agreed(users=3)).figures()
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
    with pytest.raises(ValueError, match="must have instants with a time zone"):
        service_levels(HEADER, None, agreed(), pd.Timestamp("2026-10-01"), END)
    with pytest.raises(ValueError, match="swap them"):
        service_levels(HEADER, None, agreed(), END, START)


# ---------------------------------------------------------------- real checks

REAL = workspaces.REAL / "availability" / "checks.csv"


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
