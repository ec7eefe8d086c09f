"""Civil months and their instants (rule 1)."""

from datetime import UTC, date, datetime

import pytest

from msp_report.model.period import Month, Period, midnight


@pytest.mark.parametrize("text", ["2026-13", "2026-0", "26-10", "October", "", "2026-10-01", "2026-1"])
def test_what_is_no_month_is_refused(text):
    with pytest.raises(ValueError, match="is not a month: write it as YYYY-MM"):
        Month.parse(text)


def test_months_shift_over_years():
    assert str(Month(2026, 1).shift(-1)) == "2025-12"
    assert str(Month(2025, 10).shift(15)) == "2027-01"
    assert Month(2026, 2).end_on == date(2026, 3, 1)


def test_periods_read_months_years_and_ranges():
    assert str(Period.parse("2026-10")) == "2026-10"
    assert [str(m) for m in Period.parse("2025-11..2026-01").months] == ["2025-11", "2025-12", "2026-01"]
    assert str(Period.parse("2026")) == str(Period.parse("2026-01..2026-12")) == "2026"
    assert str(Period.parse("2025-07..2026-06")) == "2025-07..2026-06"
    with pytest.raises(ValueError, match="ends before it begins"):
        Period.parse("2026-02..2026-01")


def test_a_month_is_half_open_and_civil():
    start, end = Period.parse("2026-10").bounds("Europe/London")
    assert (str(start), str(end)) == ("2026-09-30 23:00:00+00:00", "2026-11-01 00:00:00+00:00")
    assert (end - start).total_seconds() == (31 * 24 + 1) * 3600  # clocks go back on 25 October


def test_a_midnight_in_a_gap_or_a_fold():
    # Beirut skips 00:00-01:00 on 2026-03-29; Havana had 00:00-01:00 twice on 2025-11-02
    assert str(midnight(date(2026, 3, 29), "Asia/Beirut")) == "2026-03-28 22:00:00+00:00"
    assert str(midnight(date(2025, 11, 2), "America/Havana")) == "2025-11-02 04:00:00+00:00"


def test_a_month_is_over_at_its_local_end():
    october = Period.parse("2026-10")
    assert not october.is_over("America/New_York", datetime(2026, 11, 1, 3, 59, tzinfo=UTC))
    assert october.is_over("America/New_York", datetime(2026, 11, 1, 4, 0, tzinfo=UTC))
