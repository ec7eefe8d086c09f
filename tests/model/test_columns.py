"""Columns of canonical tables: the days at the edges of a period, and what is added up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from msp_report.model.columns import cents, day_after, last_day, wall_time, with_sum


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


def test_a_last_row_has_the_sums_and_nothing_else():
    rows = pd.DataFrame({"name": ["a", "b"], "cost": [Decimal("0.1"), Decimal("0.2")], "share": [0.7, 0.3]})
    *_, last = with_sum(rows, "cost", "share").to_dict("records")
    assert pd.isna(last["name"]) and (last["cost"], last["share"]) == (Decimal("0.3"), 1)
    some = rows.assign(cost=[Decimal("0.1"), None])
    assert with_sum(some, "cost")["cost"].iloc[-1] is None
    assert with_sum(some, "cost", known=True)["cost"].iloc[-1] == Decimal("0.1")
    assert with_sum(some.assign(cost=None), "cost", known=True)["cost"].iloc[-1] is None
    assert with_sum(rows[:0], "cost").empty
