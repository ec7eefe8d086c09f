"""The clock: worked case tables, identities, and a slow oracle that steps through the minutes."""

import doctest
import pickle
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from msp_report.model import clock as module
from msp_report.model.clock import Clock, localize

OFFICE = {
    "hours": {
        "mon": ["08:00-18:00"],
        "tue": ["08:00-12:30", "13:00-18:00"],
        "wed": ["08:00-18:00"],
        "thu": ["08:00-18:00"],
        "fri": ["08:00-18:00"],
    }
}
ALWAYS = {"hours": "all"}
HOUR = 3600
SEED = 20_261


def every_day(*windows):
    return {"hours": {day: list(windows) for day in module.WEEKDAYS}}


DAILY = every_day("00:00-24:00")


def at(text, zone="UTC", fold=0):
    """An instant from a wall time."""
    return pd.Timestamp(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold))


def utc(text):
    return pd.Timestamp(text, tz="UTC")


# ---------------------------------------------------------------- years that nobody asked about

ONCE = {"hours": {}, "dates": {"2027-03-01": ["08:00-10:00"]}}


@pytest.mark.parametrize(
    ("calendar", "start", "seconds", "reached"),
    [
        # over the turn of a year, and over several at once
        (ALWAYS, "2026-12-27 00:00", 10 * 24 * HOUR, "2027-01-06 00:00"),
        (DAILY, "2026-12-27 00:00", 10 * 24 * HOUR, "2027-01-06 00:00"),
        (DAILY, "2026-01-05 00:00", -10 * 24 * HOUR, "2025-12-26 00:00"),
        (DAILY, "2026-01-05 00:00", -1500 * 24 * HOUR, "2021-11-27 00:00"),
        (DAILY, "2026-01-05 00:00", 1500 * 24 * HOUR, "2030-02-13 00:00"),
        # the only two hours of a calendar, years ahead and years ago
        (ONCE, "2024-06-01 00:00", HOUR, "2027-03-01 09:00"),
        (ONCE, "2024-06-01 00:00", 2 * HOUR, "2027-03-01 10:00"),
        (ONCE, "2030-06-01 00:00", -HOUR, "2027-03-01 09:00"),
        (ONCE, "2030-06-01 00:00", -2 * HOUR, "2027-03-01 08:00"),
        # to the microsecond at the edge of what is known
        (DAILY, "2026-12-31 23:59:59.999999", 0.000_001, "2027-01-01 00:00"),
        (DAILY, "2026-01-01 00:00", -0.000_001, "2025-12-31 23:59:59.999999"),
    ],
)
def test_time_is_counted_over_years_that_nobody_asked_about(calendar, start, seconds, reached):
    assert Clock(calendar, "UTC").add(utc(start), seconds) == utc(reached)


def test_some_of_many_are_counted_over_years_that_nobody_asked_about():
    clock = Clock(DAILY, "UTC")
    starts = pd.Series([utc("2026-06-01"), utc("2026-01-02"), utc("2026-12-30"), pd.NaT])
    found = clock.add(starts, pd.Series([24 * HOUR, -3 * 24 * HOUR, 3 * 24 * HOUR, 1]))
    assert found.tolist()[:3] == [utc("2026-06-02"), utc("2025-12-30"), utc("2027-01-02")]
    assert found.isna().tolist() == [False, False, False, True]


def test_the_next_and_the_last_opening_lie_in_years_that_nobody_asked_about():
    for at_ in ("2023-06-01", "2026-12-31"):
        assert Clock(ONCE, "UTC").next_open(utc(at_)) == utc("2027-03-01 08:00")
    for at_ in ("2027-03-02", "2028-01-01", "2031-06-01"):
        assert Clock(ONCE, "UTC").last_open(utc(at_)) == utc("2027-03-01 10:00")
    several = Clock(ONCE, "UTC").next_open([utc("2027-03-01 09:00"), utc("2024-01-01"), pd.NaT])
    assert several[:2].tolist() == [utc("2027-03-01 09:00"), utc("2027-03-01 08:00")] and several.isna()[2]


def test_two_instants_may_lie_many_years_apart():
    days = (utc("2026-06-01") - utc("2020-06-01")).days
    assert Clock(DAILY, "UTC").elapsed(utc("2020-06-01"), utc("2026-06-01")) == days * 24 * HOUR
    assert Clock(DAILY, "UTC").elapsed(utc("2026-06-01"), utc("2020-06-01")) == -days * 24 * HOUR


def test_a_clock_that_knows_some_years_learns_earlier_and_later_ones():
    clock = Clock(DAILY, "UTC")
    for year in (2026, 2020, 2030, 2023, 2026):
        begin = utc(f"{year}-06-01")
        assert clock.elapsed(begin, begin + pd.Timedelta(days=1)) == 24 * HOUR
    # both ends at once, from one that lies between them
    clock = Clock(DAILY, "UTC")
    assert clock.is_open(utc("2026-06-01"))
    days = (utc("2030-06-01") - utc("2020-06-01")).days
    assert clock.elapsed(utc("2020-06-01"), utc("2030-06-01")) == days * 24 * HOUR


def test_the_first_and_the_last_day_that_there_are():
    for day in ("0001-01-01", "9999-12-31"):
        assert Clock(DAILY, "UTC").is_open(utc(f"{day} 12:00"))
        assert Clock(DAILY, "UTC").elapsed(utc(f"{day} 06:00"), utc(f"{day} 12:00")) == 6 * HOUR
    for start, seconds in (("0001-01-02", -10 * 24 * HOUR), ("9999-12-30", 10 * 24 * HOUR)):
        with pytest.raises(ValueError, match="outside the years 1 to 9999"):
            Clock(ALWAYS, "UTC").add(utc(start), seconds)


def test_a_window_that_the_gap_swallows_does_not_open():
    """London has no 01:15 to 01:45 on 29 March 2026; on the 30th that is 00:15 UTC."""
    clock = Clock(every_day("01:15-01:45"), "Europe/London")
    assert clock.next_open(utc("2026-03-29 00:00")) == utc("2026-03-30 00:15")
    assert clock.last_open(utc("2026-03-29 12:00")) == utc("2026-03-28 01:45")


def test_clocks_that_change_in_january():
    """Fiji went back from 03:00 to 02:00 on 18 January 2015."""
    instants, in_gap, in_fold = localize(pd.Series(pd.to_datetime(["2015-01-18 02:30"])), "Pacific/Fiji")
    assert instants[0] == utc("2015-01-17 13:30") and in_fold[0] and not in_gap[0]


def test_clocks_that_change_on_the_last_day_of_the_year():
    """Kanton went over the date line and left out 31 December 1994: from 10:59 UTC on the 31st it was 1 January."""
    walls = pd.Series(pd.to_datetime(["1994-12-30 23:00", "1994-12-31 12:00", "1995-01-01 01:00"]))
    instants, in_gap, in_fold = localize(walls, "Pacific/Kanton")
    assert in_gap.tolist() == [False, True, False] and not in_fold.any()
    assert [instants[0], instants[2]] == [utc("1994-12-31 10:00"), utc("1994-12-31 12:00")]


def test_how_much_later_a_time_came_again():
    walls = pd.to_datetime(["2026-10-25 01:30", "2026-03-29 01:30", "2026-06-01 12:00", None])
    assert module.repeated(pd.Series(walls), "Europe/London").tolist() == [HOUR * module.SECOND, 0, 0, 0]


def test_one_window_or_day_may_stand_without_a_list():
    once, listed = (
        Clock({"hours": {"mon": "08:00-18:00"}}, "UTC"),
        Clock({"hours": {"mon": ["08:00-18:00"]}}, "UTC"),
    )
    june = utc("2026-06-01"), utc("2026-07-01")
    pd.testing.assert_frame_equal(once.windows(*june), listed.windows(*june))
    for closed in (date(2026, 6, 1), "2026-06-01", datetime(2026, 6, 1, 12), [datetime(2026, 6, 1, 12)]):
        assert Clock(DAILY | {"closed": closed}, "UTC").elapsed(*june) == 29 * 24 * HOUR


def test_a_country_may_have_another_code():
    july = utc("2026-07-03"), utc("2026-07-04")
    assert Clock(DAILY | {"holidays": {"country": "USA"}}, "UTC").elapsed(*july) == 0


def test_a_result_has_the_index_of_the_series_among_its_arguments():
    starts, ends = [utc("2026-06-01"), utc("2026-06-02")], pd.Series([utc("2026-06-03")] * 2, index=[7, 9])
    expected = pd.Series([48.0 * HOUR, 24.0 * HOUR], index=[7, 9])
    pd.testing.assert_series_equal(Clock(ALWAYS, "UTC").elapsed(starts, ends), expected)
    pd.testing.assert_series_equal(Clock(ALWAYS, "UTC").elapsed(ends, starts), -expected)


def test_an_amount_that_is_missing_has_no_end():
    for nothing in (None, pd.NaT, float("nan")):
        assert Clock(ALWAYS, "UTC").add(utc("2026-06-01"), nothing) is pd.NaT
        assert Clock(ALWAYS, "UTC").add([utc("2026-06-01")], [nothing]).isna().all()
    some = Clock(ALWAYS, "UTC").add([utc("2026-06-01")] * 2, [pd.NaT, pd.Timedelta(hours=1)])
    assert some[0] is pd.NaT and some[1] == utc("2026-06-01 01:00")


def test_a_zone_may_be_given_as_one():
    """08:00 in Kathmandu is 02:15 UTC."""
    clock = Clock(OFFICE, ZoneInfo("Asia/Kathmandu"))
    assert clock.next_open(utc("2026-06-01 00:00")) == utc("2026-06-01 02:15")


@pytest.mark.parametrize(
    ("starts", "hours", "told"),
    [
        (["2026-06-01", "2026-08-01"], 3, "after 2026-08-01.* over the years 2026 to 20[4-9]"),
        (["2030-06-01", "2030-08-01"], -3, "before 2030-06-01.* over the years 19[0-9]+ to 2030"),
    ],
)
def test_what_is_never_reached_says_from_when_and_where_was_looked(starts, hours, told):
    with pytest.raises(ValueError, match=f"too little open time {told}"):
        Clock(ONCE, "UTC").add([utc(start) for start in starts], [hours * HOUR] * 2)


def test_a_number_of_any_type_is_no_instant():
    for number in (pd.Series([1], dtype="Int64"), [1], [1.5], [True]):
        with pytest.raises(ValueError, match="is a number, not an instant"):
            Clock(ALWAYS, "UTC").is_open(number)


def test_an_instant_is_no_duration():
    for instant in (pd.Timestamp("2026-06-01"), utc("2026-06-01")):
        with pytest.raises(ValueError, match="a duration is a number of seconds"):
            Clock(ALWAYS, "UTC").add(utc("2026-06-01"), instant)


# ---------------------------------------------------------------- open time on days when clocks change

DAYS = [
    # zone, calendar, from (UTC), to (UTC), open hours and why
    ("Europe/London", every_day("00:30-03:00"), "2026-03-29 00:00", "2026-03-29 23:00", 1.5),  # 2.5 less 1
    ("Europe/London", every_day("00:30-03:00"), "2026-10-24 23:00", "2026-10-26 00:00", 3.5),  # 2.5 and 1
    # in the fold: first 01:30 is 00:30 UTC, second 01:30 is 01:30 UTC
    ("Europe/London", every_day("01:30-03:00"), "2026-10-24 23:00", "2026-10-26 00:00", 2.5),
    ("Europe/London", every_day("00:30-01:30"), "2026-10-24 23:00", "2026-10-26 00:00", 2),
    ("America/New_York", DAILY, "2026-03-08 05:00", "2026-03-09 04:00", 23),
    ("America/New_York", DAILY, "2026-11-01 04:00", "2026-11-02 05:00", 25),
    ("America/New_York", every_day("02:30-04:00"), "2026-03-08 05:00", "2026-03-09 04:00", 1),  # gap 02-03
    ("Asia/Kathmandu", OFFICE, "2026-06-01 02:15", "2026-06-01 12:15", 10),  # UTC+5:45: 08:00 is 02:15 UTC
    ("Asia/Kathmandu", OFFICE, "2026-06-01 02:00", "2026-06-01 12:30", 10),
    ("Australia/Lord_Howe", DAILY, "2026-04-04 13:00", "2026-04-05 13:30", 24.5),  # half an hour back
    ("Australia/Lord_Howe", DAILY, "2026-10-03 13:30", "2026-10-04 13:00", 23.5),  # and forward, 02:00-02:30
    ("Australia/Lord_Howe", every_day("02:15-03:00"), "2026-10-03 13:30", "2026-10-04 13:00", 0.5),
    ("Australia/Lord_Howe", every_day("01:45-02:00"), "2026-04-04 13:00", "2026-04-05 13:30", 0.75),
    # Samoa left out 30 December 2011: 29 December 24:00 (UTC-10) is 31 December 00:00 (UTC+14)
    ("Pacific/Apia", DAILY, "2011-12-29 10:00", "2011-12-31 10:00", 48),  # Thursday and Saturday
    # clocks that change at midnight: 00:00-01:00 never was
    ("America/Sao_Paulo", DAILY, "2017-10-15 03:00", "2017-10-16 02:00", 23),
    ("America/Sao_Paulo", every_day("00:00-02:00"), "2017-10-15 03:00", "2017-10-16 02:00", 1),
    ("America/Sao_Paulo", every_day("22:00-24:00"), "2018-02-17 12:00", "2018-02-18 12:00", 3),  # 23-24 twice
    ("Asia/Beirut", DAILY, "2026-03-28 22:00", "2026-03-29 21:00", 23),
    ("Africa/Cairo", every_day("00:30-02:00"), "2026-04-23 12:00", "2026-04-24 12:00", 1),  # Friday 24 April
    ("Africa/Cairo", every_day("23:30-24:00"), "2026-10-29 12:00", "2026-10-30 12:00", 1.5),
    # Havana turns back at 01:00: 00:00 is twice, opens at the first, "24:00" closes at the second
    ("America/Havana", every_day("00:00-24:00"), "2025-11-02 04:00", "2025-11-03 05:00", 25),
    ("America/Havana", {"hours": {"sun": ["00:00-02:00"]}}, "2025-11-01 12:00", "2025-11-02 12:00", 3),
]


@pytest.mark.parametrize(("zone", "calendar", "start", "end", "hours"), DAYS)
def test_open_time_where_clocks_change(zone, calendar, start, end, hours):
    clock = Clock(calendar, zone)
    assert clock.elapsed(utc(start), utc(end)) == hours * HOUR
    windows = clock.windows(utc(start), utc(end))
    assert (windows["end"] - windows["start"]).sum() == pd.Timedelta(hours=hours)


def test_a_month_of_office_hours():
    # October 2026: 31 days from Thursday; Thu, Fri, Sat five times. 5 Thu + 5 Fri + 4 Mon + 4 Wed of 10 h,
    # 4 Tue of 9.5 h: 180 + 38 = 218 h; the clocks change on a Sunday and change nothing
    clock = Clock(OFFICE, "Europe/London")
    assert clock.elapsed(at("2026-10-01", "Europe/London"), at("2026-11-01", "Europe/London")) == 218 * HOUR
    always = Clock(ALWAYS, "Europe/London")
    month = at("2026-10-01", "Europe/London"), at("2026-11-01", "Europe/London")
    assert always.elapsed(*month) == (31 * 24 + 1) * HOUR


def test_the_gap_in_anchorage_ends_when_it_ends():
    # 02:00 AKST is 11:00 UTC, then it is 03:00 AKDT; tz_localize(nonexistent="shift_forward") says 12:00
    assert Clock(every_day("02:30-04:00"), "America/Anchorage").next_open(utc("1990-04-01 10:30")) == utc(
        "1990-04-01 11:00"
    )


# ---------------------------------------------------------------- precedence


def test_a_holiday_is_closed_in_its_subdivision_alone():
    # 17 March 2026, St Patrick's Day, a Tuesday: 9.5 h
    def open_hours(subdivision):
        holidays = {"holidays": {"country": "GB", "subdivision": subdivision}}
        return Clock(OFFICE | holidays, "Europe/London").elapsed(utc("2026-03-17"), utc("2026-03-18")) / HOUR

    assert (open_hours("NIR"), open_hours("ENG")) == (0, 9.5)


def test_all_hours_have_exceptions_too():
    calendar = ALWAYS | {
        "closed": [date(2026, 6, 2)],
        "breaks": {date(2026, 6, 5): ["12:00-14:00"]},
        "dates": {},
    }
    clock = Clock(calendar, "UTC")
    assert clock.elapsed(utc("2026-06-01"), utc("2026-06-06")) == (5 * 24 - 24 - 2) * HOUR
    assert len(clock.windows(utc("2026-06-01"), utc("2026-06-06"))) == 3  # days that touch are one window


def test_a_break_is_the_same_as_windows_written_around_it():
    broken = every_day("00:00-24:00") | {"breaks": {"2026-10-25": ["01:30-03:00"]}}
    written = every_day("00:00-24:00") | {"dates": {"2026-10-25": ["00:00-01:30", "03:00-24:00"]}}
    span = utc("2026-10-24"), utc("2026-10-27")
    pd.testing.assert_frame_equal(
        Clock(broken, "Europe/London").windows(*span), Clock(written, "Europe/London").windows(*span)
    )


def test_overlapping_windows_of_a_day_count_once_and_may_be_in_any_order():
    clock = Clock({"hours": {"mon": ["13:00-18:00", "08:00-12:00", "11:00-14:00"]}}, "UTC")
    assert clock.windows(utc("2026-06-01"), utc("2026-06-02")).to_numpy().tolist() == [
        [utc("2026-06-01 08:00"), utc("2026-06-01 18:00")]
    ]


def test_the_calendar_s_own_zone_outranks_the_client_s():
    clock = Clock(OFFICE | {"timezone": "Asia/Kathmandu"}, "Europe/London")
    assert clock.next_open(utc("2026-06-01 00:00")) == utc("2026-06-01 02:15")
    assert Clock(OFFICE | {"timezone": None}, "Europe/London").next_open(utc("2026-06-01")) == utc(
        "2026-06-01 07:00"
    )


def test_a_model_of_a_calendar_will_do():
    class Calendar:
        def model_dump(self):
            return {
                "hours": {"mon": ("08:00-18:00",)},
                "holidays": None,
                "closed": (),
                "dates": {},
                "timezone": None,
            }

    assert Clock(Calendar(), "UTC").elapsed(utc("2026-06-01"), utc("2026-06-08")) == 10 * HOUR


# ---------------------------------------------------------------- due times

# Friday 27 March 2026 is in winter time, Monday 30 March in summer time: 08:00 is 07:00 UTC
ADDED = [
    ("2026-03-27 16:00", 1 * HOUR, "2026-03-27 17:00"),
    ("2026-03-27 16:00", 2 * HOUR, "2026-03-27 18:00"),  # at closing, not at the next opening
    ("2026-03-27 16:00", 2 * HOUR + 1, "2026-03-30 07:00:01"),
    ("2026-03-27 19:00", 1, "2026-03-30 07:00:01"),
    ("2026-03-27 19:00", 0, "2026-03-27 19:00"),  # nothing to add: the start itself, though closed
    ("2026-03-28 12:00", 10 * HOUR, "2026-03-30 17:00"),
    ("2026-03-30 08:00", -1 * HOUR, "2026-03-30 07:00"),  # back to the opening, not to Friday's closing
    ("2026-03-30 08:00", -1 * HOUR - 1, "2026-03-27 17:59:59"),
    ("2026-03-29 12:00", -1, "2026-03-27 17:59:59"),
    ("2026-03-29 12:00", -10 * HOUR, "2026-03-27 08:00"),
    ("2026-03-29 12:00", -10 * HOUR - 0.5, "2026-03-26 17:59:59.5"),
    ("2026-03-31 11:00", 1 * HOUR, "2026-03-31 12:30"),  # Tuesday lunch 11:30-12:00 UTC
]


@pytest.mark.parametrize(("start", "seconds", "end"), ADDED)
def test_add(start, seconds, end):
    assert Clock(OFFICE, "Europe/London").add(utc(start), seconds) == utc(end)


def test_add_takes_one_duration_a_start():
    starts, seconds, ends = zip(*ADDED, strict=True)
    frame = pd.DataFrame({"start": map(utc, starts), "seconds": seconds}, index=range(100, 112))
    found = Clock(OFFICE, "Europe/London").add(frame["start"], frame["seconds"])
    assert found.index.equals(frame.index) and found.dtype == "datetime64[us, UTC]"
    assert found.tolist() == [utc(end) for end in ends]
    assert Clock(OFFICE, "Europe/London").add(utc(starts[0]), list(seconds[:2])).tolist() == [
        utc(ends[0]),
        utc(ends[1]),
    ]


def test_add_reaches_as_many_years_as_it_takes():
    rare = Clock(
        {"hours": {}, "dates": {"2026-05-01": ["08:00-09:00"], "2037-05-01": ["08:00-09:00"]}}, "UTC"
    )
    assert rare.add(utc("2026-01-01"), 5400) == utc("2037-05-01 08:30")
    assert rare.add(utc("2040-01-01"), -5400) == utc("2026-05-01 08:30")
    assert Clock(OFFICE, "UTC").add(utc("2026-01-01"), 100 * 52 * 49.5 * HOUR) > utc("2125-01-01")
    assert Clock(ALWAYS, "UTC").add(utc("2026-01-01"), 10**9) == utc("2026-01-01") + pd.Timedelta(10**9, "s")


def test_a_calendar_that_never_opens_says_so():
    never = Clock({"hours": {}}, "UTC")
    assert never.elapsed(utc("2026-01-01"), utc("2027-01-01")) == 0
    assert not never.is_open(utc("2026-01-01"))
    assert never.windows(utc("2026-01-01"), utc("2027-01-01")).empty
    assert never.add(utc("2026-01-01"), 0) == utc("2026-01-01")
    assert (
        never.minus([(utc("2026-01-01"), utc("2026-01-02"))]).elapsed(utc("2026-01-01"), utc("2026-01-03"))
        == 0
    )
    for ask in (
        lambda: never.add(utc("2026-01-01"), 1),
        lambda: never.add(utc("2026-01-01"), -1),
        lambda: never.add(utc("2026-01-01"), 1e-6),
        lambda: never.add(utc("2026-01-01"), -1e-6),
        lambda: never.next_open(utc("2026-01-01")),
        lambda: never.last_open(utc("2026-01-01")),
    ):
        with pytest.raises(ValueError, match=r"too little open time (after|before) 2026-01-01"):
            ask()


# ---------------------------------------------------------------- open, next, last

AROUND = [
    # instant, open?, next opening or itself, last closing or itself; Monday 1 June 2026, BST
    ("2026-06-01 06:59:59.999999", False, "2026-06-01 07:00", "2026-05-29 17:00"),
    ("2026-06-01 07:00", True, "2026-06-01 07:00", "2026-06-01 07:00"),
    ("2026-06-01 12:00", True, "2026-06-01 12:00", "2026-06-01 12:00"),
    ("2026-06-01 16:59:59.999999", True, "2026-06-01 16:59:59.999999", "2026-06-01 16:59:59.999999"),
    ("2026-06-01 17:00", False, "2026-06-02 07:00", "2026-06-01 17:00"),
    ("2026-06-01 23:00", False, "2026-06-02 07:00", "2026-06-01 17:00"),
]


@pytest.mark.parametrize(("instant", "is_open", "following", "before"), AROUND)
def test_open_next_and_last(instant, is_open, following, before):
    clock = Clock(OFFICE, "Europe/London")
    assert clock.is_open(utc(instant)) is is_open
    assert clock.next_open(utc(instant)) == utc(following)
    assert clock.last_open(utc(instant)) == utc(before)


def test_always_is_open_and_elapses_plainly():
    clock = Clock(ALWAYS, "Europe/London")
    a, b = utc("0001-01-01"), utc("9999-12-31 23:59:59.999999")
    assert clock.elapsed(a, b) == (b - a) / pd.Timedelta(seconds=1)
    assert clock.is_open(a) and clock.next_open(b) == b and clock.last_open(a) == a
    assert clock.windows(utc("2026-01-01"), utc("2026-02-01")).to_numpy().tolist() == [
        [utc("2026-01-01"), utc("2026-02-01")]
    ]
    with pytest.raises(ValueError, match="years 1 to 9999"):
        clock.add(b, 1)


def test_the_longest_duration_and_the_first_and_last_wall_time():
    clock, longest = Clock(ALWAYS, "UTC"), 253_402_300_799
    assert clock.elapsed(utc("0001-01-01"), clock.add(utc("0001-01-01"), longest)) == longest
    with pytest.raises(ValueError, match=r"under 8,000 years"):
        clock.add(utc("0001-01-01"), longest + 1)
    walls = pd.Series(np.array(["0001-01-01", "9999-12-31T23:59:59.999999"], dtype="datetime64[us]"))
    assert localize(walls, "UTC")[0].tolist() == [utc("0001-01-01"), utc("9999-12-31 23:59:59.999999")]


def test_far_dates_follow_the_zone_s_rule():
    # 29 March 9998 is the last Sunday of March: the clocks of London go forward
    clock = Clock(every_day("00:30-03:00"), "Europe/London")
    assert clock.elapsed(utc("9998-03-29"), utc("9998-03-29 23:00")) == 1.5 * HOUR


# ---------------------------------------------------------------- what goes in and out


def test_a_missing_instant_gives_a_missing_result():
    clock = Clock(OFFICE, "Europe/London")
    some = pd.Series([utc("2026-06-01 07:00"), pd.NaT], index=["a", "b"])
    later = utc("2026-06-01 09:00")
    assert clock.elapsed(some, later).fillna(-1).to_dict() == {"a": 7200, "b": -1}
    assert clock.elapsed(later, some).isna().tolist() == [False, True]
    assert clock.add(some, 60).isna().tolist() == [False, True]
    assert clock.add(later, [60, np.nan]).isna().tolist() == [False, True]
    assert clock.next_open(some).isna().tolist() == clock.last_open(some).isna().tolist() == [False, True]
    assert clock.is_open(some).tolist() == [True, False]
    assert np.isnan(clock.elapsed(pd.NaT, later)) and np.isnan(clock.elapsed(None, later))
    assert clock.add(pd.NaT, 60) is pd.NaT and clock.add(later, None) is pd.NaT
    assert clock.next_open(pd.NaT) is pd.NaT


@pytest.mark.parametrize("nothing", [[], pd.Series([], dtype=object), pd.Series([], dtype="datetime64[us]")])
def test_nothing_in_nothing_out(nothing):
    clock = Clock(OFFICE, "Europe/London")
    assert len(clock.elapsed(nothing, nothing)) == len(clock.is_open(nothing)) == 0
    assert len(clock.add(nothing, [])) == len(clock.next_open(nothing)) == len(clock.last_open(nothing)) == 0
    assert clock.elapsed(pd.Series([pd.NaT, pd.NaT]), utc("2026-06-01")).isna().all()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_any_unit_any_zone_any_form(unit):
    clock = Clock(OFFICE, "Europe/London")
    start = pd.Series([utc("2026-06-01 07:00"), utc("2026-06-02 07:00")], index=[7, 3]).dt.as_unit(unit)
    end = (start + pd.Timedelta("1h")).dt.tz_convert("Asia/Kathmandu")
    found = clock.elapsed(start, end)
    assert isinstance(found, pd.Series) and found.index.tolist() == [7, 3] and found.dtype == float
    assert found.tolist() == [3600, 3600]
    assert clock.add(start, 1).dtype == "datetime64[us, UTC]"
    assert isinstance(clock.elapsed(pd.DatetimeIndex(start), pd.DatetimeIndex(end)), np.ndarray)
    assert isinstance(clock.next_open(pd.DatetimeIndex(start)), pd.DatetimeIndex)
    assert clock.elapsed(list(start), list(end)).tolist() == [3600, 3600]
    assert clock.elapsed(start.array, end).tolist() == [3600, 3600]


def test_scalars_come_back_as_scalars():
    clock = Clock(OFFICE, "Europe/London")
    python = datetime(2026, 6, 1, 8, tzinfo=ZoneInfo("Europe/London"))
    assert type(clock.elapsed(python, python + timedelta(hours=1))) is float
    assert type(clock.is_open(python)) is bool
    assert isinstance(clock.add(python, timedelta(hours=1)), pd.Timestamp)
    assert clock.add(python, timedelta(hours=1)) == utc("2026-06-01 08:00")
    assert clock.elapsed("2026-06-01T08:00+01:00", "2026-06-01T10:00+01:00") == 7200


def test_instants_of_several_zones_in_one_list():
    mixed = [at("2026-06-01 08:00", "Europe/London"), None, at("2026-06-01 12:45", "Asia/Kathmandu")]
    assert Clock(OFFICE, "Europe/London").is_open(mixed).tolist() == [True, False, True]


def test_the_second_time_in_a_fold_is_an_hour_later():
    first, second = (at("2026-10-25 01:30", "Europe/London", fold) for fold in (0, 1))
    assert Clock(DAILY, "Europe/London").elapsed(first, second) == HOUR


@pytest.mark.parametrize(
    "naive",
    [datetime(2026, 6, 1), "2026-06-01", [datetime(2026, 6, 1)], pd.Series([pd.Timestamp("2026-06-01")])],
)
def test_naive_instants_are_refused(naive):
    clock = Clock(OFFICE, "Europe/London")
    for ask in (
        lambda: clock.elapsed(utc("2026-01-01"), naive),
        lambda: clock.add(naive, 1),
        lambda: clock.is_open(naive),
        lambda: clock.next_open(naive),
        lambda: clock.last_open(naive),
    ):
        with pytest.raises(ValueError, match="timezone-aware: 2026-06-01"):
            ask()


def test_what_cannot_be_paired_is_refused():
    clock = Clock(OFFICE, "Europe/London")
    two = pd.Series([utc("2026-06-01"), utc("2026-06-02")])
    with pytest.raises(ValueError, match="same index"):
        clock.elapsed(two, two.set_axis([1, 0]))
    with pytest.raises(ValueError, match="2 values cannot be paired with 3"):
        clock.elapsed(two, [utc("2026-06-01")] * 3)
    with pytest.raises(ValueError, match="number of seconds"):
        clock.add(two, [True, False])
    with pytest.raises(ValueError, match="8,000 years"):
        clock.add(two, float("inf"))
    with pytest.raises(ValueError, match="not an instant"):
        clock.is_open(5)


def test_results_do_not_depend_on_what_was_asked_before():
    asked = Clock(OFFICE, "Europe/London")
    asked.elapsed(utc("1999-06-01"), utc("1999-07-01"))
    asked.add(utc("2031-01-01"), 10**7)
    fresh = Clock(OFFICE, "Europe/London")
    span = utc("2026-01-01"), utc("2026-12-31")
    assert asked.elapsed(*span) == fresh.elapsed(*span)
    assert asked.windows(*span).equals(fresh.windows(*span))
    assert pickle.loads(pickle.dumps(asked)).elapsed(*span) == fresh.elapsed(*span)


def test_many_rows_and_few_rows_agree():
    # from 10,000 rows on places are found another way
    rng = np.random.default_rng(SEED)
    seconds = rng.integers(1_700_000_000, 1_800_000_000, 2 * 20_000)
    start, end = pd.Series(pd.to_datetime(seconds, unit="s", utc=True)).to_numpy().reshape(2, -1)
    start, end = (pd.Series(part).dt.tz_convert("UTC") for part in (start, end))
    start[5] = pd.NaT
    holes = [(utc(f"2025-03-0{day} 09:00"), utc(f"2025-03-0{day} 09:05")) for day in (3, 4, 5)]
    for clock in (
        Clock(OFFICE, "Europe/London"),
        Clock(OFFICE, "Europe/London").minus(holes),
        Clock(ALWAYS, "UTC"),
    ):
        parts = range(0, 20_000, 5_000)
        for many, few in (
            (
                clock.elapsed(start, end),
                [clock.elapsed(start[i : i + 5000], end[i : i + 5000]) for i in parts],
            ),
            (clock.is_open(start), [clock.is_open(start[i : i + 5000]) for i in parts]),
            (clock.next_open(end), [clock.next_open(end[i : i + 5000]) for i in parts]),
            (clock.last_open(end), [clock.last_open(end[i : i + 5000]) for i in parts]),
        ):
            pd.testing.assert_series_equal(many, pd.concat(few))


def test_many_rows_before_the_first_opening_and_after_the_last():
    once = Clock({"hours": {}, "dates": {"2026-06-01": ["08:00-18:00"]}}, "UTC")
    instants = pd.date_range("2026-05-01", "2026-06-30", periods=20_000, tz="UTC")
    assert once.is_open(instants).tolist() == [
        utc("2026-06-01 08:00") <= instant < utc("2026-06-01 18:00") for instant in instants
    ]
    assert (once.elapsed(instants[0], instants[instants < utc("2026-06-01 08:00")]) == 0).all()


def test_the_local_year_is_not_the_year_of_utc():
    # in Kathmandu (UTC+5:45) 2027 begins at 18:15 UTC, in Honolulu (UTC-10) 2026 lasts until 10:00 UTC
    assert (
        Clock(DAILY, "Asia/Kathmandu").elapsed(utc("2026-12-31 12:00"), utc("2026-12-31 20:00")) == 8 * HOUR
    )
    assert (
        Clock(DAILY, "Pacific/Honolulu").elapsed(utc("2027-01-01 08:00"), utc("2027-01-01 12:00")) == 4 * HOUR
    )


# ---------------------------------------------------------------- windows and minus


def test_windows_are_clipped_and_half_open():
    clock = Clock(OFFICE, "Europe/London")
    found = clock.windows(utc("2026-06-01 10:00"), utc("2026-06-02 07:00"))
    assert list(found.columns) == ["start", "end"]
    assert found.to_numpy().tolist() == [[utc("2026-06-01 10:00"), utc("2026-06-01 17:00")]]
    nothing = clock.windows(utc("2026-06-01 10:00"), utc("2026-06-01 10:00"))
    assert nothing.empty and (nothing.dtypes == "datetime64[us, UTC]").all()


def test_minus_takes_the_union_out():
    clock = Clock(OFFICE, "Europe/London")
    day = utc("2026-06-01"), utc("2026-06-02")  # open 07:00-17:00 UTC
    hours = [("10", "12"), ("09", "11"), ("16", "20"), ("08", "08")]
    pairs = [(utc(f"2026-06-01 {a}:00"), utc(f"2026-06-01 {b}:00")) for a, b in hours]
    taken = pd.DataFrame(pairs, columns=["start", "end"], index=[4, 4, 1, 0])
    left = clock.minus(taken)
    assert left.windows(*day).to_numpy().tolist() == [
        [utc("2026-06-01 07:00"), utc("2026-06-01 09:00")],
        [utc("2026-06-01 12:00"), utc("2026-06-01 16:00")],
    ]
    assert clock.elapsed(*day) == 10 * HOUR  # the clock itself stays
    twice = left.minus([(utc("2026-06-01 07:00"), utc("2026-06-01 07:30"))])
    assert (left.elapsed(*day), twice.elapsed(*day)) == (6 * HOUR, 5.5 * HOUR)
    assert left.add(utc("2026-06-01 08:00"), 2 * HOUR) == utc("2026-06-01 13:00")
    assert left.last_open(utc("2026-06-01 11:00")) == utc("2026-06-01 09:00")


def test_minus_works_round_the_clock():
    left = Clock(ALWAYS, "UTC").minus([(utc("2026-06-01 10:00"), utc("2026-06-01 12:00"))])
    assert left.elapsed(utc("2026-06-01"), utc("2026-06-02")) == 22 * HOUR
    assert left.next_open(utc("2026-06-01 11:00")) == utc("2026-06-01 12:00")
    assert left.last_open(utc("2026-06-01 11:00")) == utc("2026-06-01 10:00")
    assert left.add(utc("2026-06-01 09:00"), 2 * HOUR) == utc("2026-06-01 13:00")
    assert left.add(utc("2026-06-01 13:00"), -2 * HOUR) == utc("2026-06-01 09:00")


@pytest.mark.parametrize("nothing", [[], pd.DataFrame({"start": [], "end": []})])
def test_minus_nothing_is_the_same(nothing):
    clock = Clock(OFFICE, "Europe/London")
    assert clock.minus(nothing).elapsed(utc("2026-06-01"), utc("2026-07-01")) == clock.elapsed(
        utc("2026-06-01"), utc("2026-07-01")
    )


def test_intervals_that_are_none_are_refused():
    clock = Clock(OFFICE, "Europe/London")
    with pytest.raises(ValueError, match=r"from 2026-06-02.* to 2026-06-01.* reversed"):
        clock.minus([(utc("2026-06-02"), utc("2026-06-01"))])
    with pytest.raises(ValueError, match="reversed"):
        clock.windows(utc("2026-06-02"), utc("2026-06-01"))
    with pytest.raises(ValueError, match="needs both its start and its end"):
        clock.minus([(utc("2026-06-02"), None)])
    with pytest.raises(ValueError, match="start and end: end is absent"):
        clock.minus(pd.DataFrame({"start": []}))
    with pytest.raises(ValueError, match="timezone-aware"):
        clock.minus([(datetime(2026, 6, 1), datetime(2026, 6, 2))])


# ---------------------------------------------------------------- calendars that cannot be understood

WRONG = [
    (
        {"hours": {"mon": ["22:00-06:00"]}},
        r'hours.mon: "22:00-06:00" ends before.*"22:00-24:00".*"00:00-06:00"',
    ),
    ({"hours": {"mon": ["08:00-08:00"]}}, r"hours.mon: .* is empty"),
    ({"hours": {"mon": ["08:00-24:01"]}}, r'hours.mon: "08:00-24:01" goes beyond "24:00"'),
    ({"hours": {"mon": ["08:00-17:60"]}}, r"hours.mon: '08:00-17:60' is not a window"),
    ({"hours": {"mon": ["8-17"]}}, r"hours.mon: '8-17' is not a window"),
    ({"hours": {"mon": [540]}}, r"hours.mon: 540 is not a window"),
    ({"hours": {"mon": 540}}, r"hours.mon: 540 is not a window"),
    ({"hours": {"tues": ["08:00-18:00"]}}, r"hours: unknown key 'tues'; did you mean 'tue'"),
    ({"hours": {"Mon": ["08:00-18:00"]}}, r"hours: unknown key 'Mon'; did you mean 'mon'"),
    ({"hours": "always"}, r'hours: \'always\' is neither "all"'),
    ({"hours": "all", "holiday": {}}, r"calendar: unknown key 'holiday'; did you mean 'holidays'"),
    ({"closed": ["24.12.2026"]}, r"closed: '24.12.2026' is not a date"),
    ({"closed": 5}, r"closed: 5 is not a list of dates"),
    ({"dates": {"2026-13-01": ["08:00-12:00"]}}, r"dates: '2026-13-01' is not a date"),
    ({"dates": {"2026-12-01": ["12:00-08:00"]}}, r"dates.2026-12-01: .* ends before"),
    ({"dates": ["2026-12-01"]}, r"dates: .* is not windows by date"),
    ({"breaks": {"2026-12-01": ["noon"]}}, r"breaks.2026-12-01: 'noon' is not a window"),
    ({"holidays": {"country": "Atlantis"}}, r"holidays.country: no holidays are known for 'Atlantis'"),
    ({"holidays": {"country": False}}, r'YAML reads NO as false: write "NO"'),
    ({"holidays": {"country": "GB", "subdivision": "XXX"}}, r"holidays.subdivision: GB has no .*'XXX'.*ENG"),
    ({"holidays": {"country": "GB", "region": "ENG"}}, r"holidays: unknown key 'region'"),
    ({"holidays": "GB"}, r"holidays: 'GB' is not a country such as"),
    ({"timezone": "Europe/Londn"}, r"timezone: unknown zone 'Europe/Londn'; did you mean 'Europe/London'"),
    ({"timezone": 2}, r"timezone: 2 is not the name of a zone"),
    ("all", r'a calendar is a set of keys .* not "all"'),
]


@pytest.mark.parametrize(("calendar", "message"), WRONG)
def test_a_wrong_calendar_is_refused_in_a_sentence(calendar, message):
    with pytest.raises(ValueError, match=message):
        Clock(calendar, "Europe/London")


# ---------------------------------------------------------------- data times without an offset


def test_localize_worked():
    # Europe/London 2026: gap 01:00-02:00 on 29 March, fold 01:00-02:00 on 25 October
    cases = [
        ("2026-03-29 00:59:59.999999", "2026-03-29 00:59:59.999999", False, False),
        ("2026-03-29 01:00", None, True, False),
        ("2026-03-29 01:59:59.999999", None, True, False),
        ("2026-03-29 02:00", "2026-03-29 01:00", False, False),
        ("2026-10-25 00:59", "2026-10-24 23:59", False, False),
        ("2026-10-25 01:00", "2026-10-25 00:00", False, True),  # the first
        ("2026-10-25 01:59:59.999999", "2026-10-25 00:59:59.999999", False, True),
        ("2026-10-25 02:00", "2026-10-25 02:00", False, False),
        (None, None, False, False),
    ]
    naive = pd.Series([pd.Timestamp(c[0]) for c in cases], index=range(20, 29), name="opened_at")
    instants, in_gap, in_fold = localize(naive, "Europe/London")
    assert instants.dtype == "datetime64[us, UTC]" and instants.name == "opened_at"
    assert instants.index.equals(naive.index) and in_gap.index.equals(naive.index)
    assert instants.tolist() == [utc(c[1]) if c[1] else pd.NaT for c in cases]
    assert in_gap.tolist() == [c[2] for c in cases]
    assert in_fold.tolist() == [c[3] for c in cases]


def test_localize_a_day_that_never_was():
    naive = pd.Series(pd.to_datetime(["2011-12-29 23:59", "2011-12-30 12:00", "2011-12-31 00:00"]))
    instants, in_gap, _ = localize(naive, "Pacific/Apia")
    assert instants.tolist() == [utc("2011-12-30 09:59"), pd.NaT, utc("2011-12-30 10:00")]
    assert in_gap.tolist() == [False, True, False]


def test_localize_fixed_offsets_and_edges():
    naive = pd.Series(pd.to_datetime(["2026-06-01 12:00"]))
    assert localize(naive, UTC)[0].tolist() == [utc("2026-06-01 12:00")]
    assert localize(pd.Series([], dtype="datetime64[us]"), "Europe/London")[0].empty
    assert localize(pd.Series([pd.NaT]), "Europe/London")[0].isna().all()
    beyond = pd.Series(np.array(["20000-01-01", "9999-12-31"], "datetime64[us]"))
    assert localize(beyond, "Europe/London")[0].isna().tolist() == [True, False]
    with pytest.raises(ValueError, match="carry a zone already"):
        localize(pd.Series([utc("2026-06-01")]), "Europe/London")
    with pytest.raises(ValueError, match="unknown zone"):
        localize(naive, "London")


ZONES = [
    "Europe/London", "America/New_York", "America/Anchorage", "America/Sao_Paulo", "America/Havana",
    "America/St_Johns", "Asia/Kathmandu", "Asia/Beirut", "Africa/Cairo", "Africa/Casablanca",
    "Australia/Lord_Howe", "Europe/Dublin", "Pacific/Apia", "Pacific/Kwajalein", "Asia/Pyongyang", "UTC",
]  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
def test_localize_agrees_with_the_standard_library(zone):
    rng = np.random.default_rng(SEED)
    quarters = np.arange("1993-01-01", "2031-01-01", np.timedelta64(15, "m"), "datetime64[us]")
    known = ZoneInfo(zone)
    # every quarter hour of the days on which the offset changes, and some others
    days = np.unique(quarters.astype("datetime64[D]"))
    noon = [datetime.combine(day, datetime.min.time(), known).utcoffset() for day in days.tolist()]
    changing = days[:-1][[a != b for a, b in pairwise(noon)]]
    near = np.isin(quarters.astype("datetime64[D]"), np.r_[changing, changing + 1])
    walls = np.r_[quarters[near], rng.choice(quarters, 300)]
    instants, in_gap, in_fold = localize(pd.Series(walls), zone)
    for wall, instant, gap, fold in zip(walls.tolist(), instants, in_gap, in_fold, strict=True):
        first, second = (wall.replace(tzinfo=known, fold=n).astimezone(UTC) for n in (0, 1))
        assert gap == (first.astimezone(known).replace(tzinfo=None) != wall)
        assert fold == (first != second and not gap)
        assert instant is pd.NaT if gap else instant == first


# ---------------------------------------------------------------- identities

MOMENTS = {  # zone: a few days in which its clocks change
    "Europe/London": ("2026-03-28", "2026-10-24"),
    "America/New_York": ("2026-03-07", "2026-10-31"),
    "Australia/Lord_Howe": ("2026-04-04", "2026-10-03"),
    "Pacific/Apia": ("2011-12-29",),
    "America/Havana": ("2025-03-08", "2025-11-01"),
    "America/Sao_Paulo": ("2017-10-14", "2018-02-17"),
    "Africa/Cairo": ("2026-04-23", "2026-10-29"),
    "Asia/Kathmandu": ("2026-06-01",),
}
SPAN = 5  # days looked at from a moment


@st.composite
def windows(draw):
    quarters = draw(st.lists(st.integers(0, 96), min_size=2, max_size=4, unique=True).map(sorted))
    pairs = zip(quarters[::2], quarters[1::2], strict=False)
    return [f"{a // 4:02d}:{a % 4 * 15:02d}-{b // 4:02d}:{b % 4 * 15:02d}" for a, b in pairs]


@st.composite
def situations(draw):
    """(zone, first local date, calendar)."""
    zone = draw(st.sampled_from(sorted(MOMENTS)))
    first = date.fromisoformat(draw(st.sampled_from(MOMENTS[zone])))
    days = st.integers(-1, SPAN).map(lambda n: first + timedelta(days=n))
    hours = draw(st.just("all") | st.dictionaries(st.sampled_from(module.WEEKDAYS), windows(), min_size=3))
    calendar = {
        "hours": hours,
        "closed": draw(st.lists(days, max_size=1)),
        "dates": draw(st.dictionaries(days, windows() | st.just([]), max_size=1)),
        "breaks": draw(st.dictionaries(days, windows(), max_size=2)),
    }
    return zone, first, calendar


def instants_from(first, unit=1):
    base = pd.Timestamp(first, tz="UTC").as_unit("us") - pd.Timedelta(hours=14)
    most = (SPAN + 1) * 86_400 * 10**6 // unit
    return st.integers(0, most).map(lambda n: base + pd.Timedelta(n * unit, "us"))


def exact(seconds):
    """Seconds as whole microseconds."""
    return round(seconds * 10**6)


def minutes_by_hand(zone, first, calendar):
    """The open minutes since 1970 around some days, found by the standard library and patience alone."""
    known = ZoneInfo(zone)

    def minute(day, text, fold):
        wall = datetime.combine(day, datetime.min.time()) + timedelta(
            hours=int(text[:2]), minutes=int(text[3:])
        )
        while True:  # in a gap: on to the first minute that clocks do show
            instant = wall.replace(tzinfo=known, fold=fold).astimezone(UTC)
            if instant.astimezone(known).replace(tzinfo=None) == wall:
                return int(instant.timestamp()) // 60
            wall += timedelta(minutes=1)

    found = set()
    for n in range(-4, SPAN + 5):
        day = first + timedelta(days=n)
        named = day.strftime("%a").lower()
        texts = ["00:00-24:00"] if calendar["hours"] == "all" else calendar["hours"].get(named, [])
        if day in calendar["closed"]:
            texts = []
        texts = calendar["dates"].get(day, texts)
        walls = {m for text in texts for m in range(*(int(t[:2]) * 60 + int(t[3:]) for t in text.split("-")))}
        for text in calendar["breaks"].get(day, []):
            walls -= set(range(*(int(t[:2]) * 60 + int(t[3:]) for t in text.split("-"))))
        starts = sorted(m for m in walls if m - 1 not in walls)
        ends = sorted(m + 1 for m in walls if m + 1 not in walls)
        for a, b in zip(starts, ends, strict=True):
            opens, closes = (f"{m // 60:02d}:{m % 60:02d}" for m in (a, b))
            found |= set(range(minute(day, opens, 0), minute(day, closes, 1)))
    return found


@examples(50)
@given(situations(), st.data())
def test_the_clock_agrees_with_stepping_through_the_minutes(situation, data):
    zone, first, calendar = situation
    a, b = sorted(data.draw(st.tuples(*[instants_from(first, 60 * 10**6)] * 2)))
    clock, known = Clock(calendar, zone), minutes_by_hand(*situation)
    low, high = (int(instant.timestamp()) // 60 for instant in (a, b))
    inside = [minute in known for minute in range(low, high)]
    assert clock.elapsed(a, b) == 60 * sum(inside)
    assert clock.is_open(pd.date_range(a, b, freq="min", inclusive="left")).tolist() == inside
    assert clock.is_open(a) == (low in known)
    following = next((minute for minute in range(low, low + 1440) if minute in known), None)
    if following is not None:
        assert clock.next_open(a) == pd.Timestamp(following * 60, unit="s", tz="UTC")
    last = next((m for m in range(high, high - 1440, -1) if m in known or m - 1 in known), None)
    if last is not None:
        assert clock.last_open(b) == pd.Timestamp(last * 60, unit="s", tz="UTC")


@examples(40)
@given(situations(), st.data())
def test_open_time_is_additive_in_any_order(situation, data):
    zone, first, calendar = situation
    a, b, c = data.draw(st.tuples(*[instants_from(first)] * 3))
    clock = Clock(calendar, zone)
    ab, bc, ac = (exact(clock.elapsed(*pair)) for pair in ((a, b), (b, c), (a, c)))
    assert ab + bc == ac
    assert exact(clock.elapsed(b, a)) == -ab


@examples(40)
@given(situations(), st.integers(-3 * 86_400 * 10**6, 3 * 86_400 * 10**6).filter(bool), st.data())
def test_add_is_the_inverse_of_elapsed_and_the_nearest_such_instant(situation, micros, data):
    zone, first, calendar = situation
    clock = Clock(calendar, zone)
    start, seconds = data.draw(instants_from(first)), micros / 10**6
    if not any(calendar["hours"] if calendar["hours"] == "all" else calendar["hours"].values()):
        return
    end = clock.add(start, seconds)
    assert clock.elapsed(start, end) == seconds
    # one microsecond nearer to the start there is less
    nearer = end - pd.Timedelta(np.sign(micros), "us")
    assert abs(exact(clock.elapsed(start, nearer))) == abs(micros) - 1
    assert clock.add(start, 0) == start
    # and back: the latest (earliest) instant with that much time to the end, at or beyond the start
    back = clock.add(end, -seconds)
    assert back >= start if micros > 0 else back <= start
    assert clock.elapsed(start, back) == 0


@examples(40)
@given(situations(), st.data())
def test_windows_are_the_open_time(situation, data):
    zone, first, calendar = situation
    a, b = sorted(data.draw(st.tuples(*[instants_from(first)] * 2)))
    clock = Clock(calendar, zone)
    found = clock.windows(a, b)
    assert (found["end"] - found["start"]).sum() == pd.Timedelta(exact(clock.elapsed(a, b)), "us")
    assert (found["start"] < found["end"]).all() and found["start"].ge(a).all() and found["end"].le(b).all()
    assert (found["start"].iloc[1:].to_numpy() > found["end"].iloc[:-1].to_numpy()).all()  # none touch
    assert clock.is_open(found["start"]).all()
    assert not clock.is_open(found["end"][found["end"] < b]).any()


@examples(40)
@given(situations(), st.data())
def test_what_is_taken_out_and_what_is_left_are_the_whole(situation, data):
    zone, first, calendar = situation
    pairs = data.draw(st.lists(st.tuples(*[instants_from(first)] * 2).map(sorted).map(tuple), max_size=4))
    a, b = sorted(data.draw(st.tuples(*[instants_from(first)] * 2)))
    clock = Clock(calendar, zone)
    left = clock.minus(pairs)
    union = Clock(ALWAYS, "UTC")
    taken = union.minus(union.minus(pairs).windows(a, b)).windows(a, b)  # what the pairs cover of a to b
    inside = sum(exact(clock.elapsed(row.start, row.end)) for row in taken.itertuples())
    assert exact(left.elapsed(a, b)) + inside == exact(clock.elapsed(a, b))
    covered = sum((max(min(e, b) - max(s, a), pd.Timedelta(0)) for s, e in pairs), pd.Timedelta(0))
    assert pd.Timedelta(inside, "us") <= covered  # overlaps count once
    one_by_one = clock
    for pair in pairs:
        one_by_one = one_by_one.minus([pair])
    assert one_by_one.elapsed(a, b) == left.elapsed(a, b)


def test_the_examples_in_the_documentation_run():
    assert doctest.testmod(module).failed == 0
