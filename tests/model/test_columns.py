"""Columns of canonical tables: the days at the edges of a period, and what is added up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from msp_report.model.columns import cents, day_after, last_day, wall_time


@pytest.mark.parametrize(
    ("end", "zone", "expected"),
    [
        ("2026-11-01T00:00Z", "UTC", "2026-10-31"),
        ("2026-11-01T00:00Z", "Asia/Tokyo", "2026-11-01"),  # nine in the morning there
        ("2026-10-31T15:00Z", "Asia/Tokyo", "2026-10-31"),
        ("2026-10-31T12:00Z", "UTC", "2026-10-31"),  # a day that has begun counts
    ],
)
def test_the_last_day_of_what_ends_at_an_instant(end, zone, expected):
    assert last_day(pd.Timestamp(end), zone) == pd.Timestamp(expected)
    assert day_after(pd.Timestamp(end), zone) == pd.Timestamp(expected) + pd.Timedelta(days=1)


def test_a_date_is_its_own_last_day():
    assert last_day(date(2026, 10, 31), "UTC") == pd.Timestamp("2026-10-31")


def test_wall_time_needs_a_zone():
    assert wall_time(pd.Timestamp("2026-07-01T12:00Z"), "Europe/London") == pd.Timestamp("2026-07-01 13:00")
    with pytest.raises(ValueError, match="time zone"):
        wall_time(pd.Timestamp("2026-07-01"), "UTC")


@pytest.mark.parametrize(("amount", "expected"), [("2.345", "2.35"), ("2.344", "2.34"), ("-2.345", "-2.35")])
def test_half_a_cent_goes_up(amount, expected):
    assert cents(Decimal(amount)) == Decimal(expected)
