"""Civil months and ranges of months: what a report is about (rule 1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from msp_report.model.zones import ZoneInfo

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True, order=True)
class Month:
    """One civil month of the calendar, with no zone of its own."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read "2026-10"; a ValueError names what was wrong."""
        match = _MONTH.fullmatch(str(text).strip())
        if not match or not 1 <= int(match[2]) <= 12 or int(match[1]) < 1:
            raise ValueError(f"{text!r} is not a month: write it as YYYY-MM, for example 2026-10")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Month:
        """The month that holds a day."""
        return cls(day.year, day.month)

    @property
    def first_on(self) -> date:
        """The first day."""
        return date(self.year, self.month, 1)

    @property
    def end_on(self) -> date:
        """The day after the last one."""
        return self.shift(1).first_on

    def shift(self, months: int) -> Month:
        """The month so many months later; negative counts back."""
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


@dataclass(frozen=True)
class Period:
    """A half-open run of whole civil months, `[first month, after the last month)`."""

    first: Month
    last: Month

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read "2026-10", "2026" or "2025-07..2026-06".

        >>> str(Period.parse("2025-07..2026-06")), len(Period.parse("2026").months)
        ('2025-07..2026-06', 12)
        """
        text = str(text).strip()
        if _YEAR.fullmatch(text):
            return cls(Month(int(text), 1), Month(int(text), 12))
        first, separator, last = text.partition("..")
        begin = Month.parse(first)
        end = Month.parse(last) if separator else begin
        if end < begin:
            raise ValueError(f"{text!r} ends before it begins: write the earlier month first")
        return cls(begin, end)

    @property
    def months(self) -> list[Month]:
        """Every month of the period, in order."""
        count = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        return [self.first.shift(step) for step in range(count)]

    def bounds(self, timezone: str) -> tuple[pd.Timestamp, pd.Timestamp]:
        """The instants `[start, end)` in UTC of the civil period in a zone.

        A midnight that a clock change skips moves to the end of the gap, one that happens twice
        counts the first time (rule 2).
        """
        return midnight(self.first.first_on, timezone), midnight(self.last.end_on, timezone)

    def is_over(self, timezone: str, now: datetime) -> bool:
        """Whether the whole period has passed at an instant."""
        return self.bounds(timezone)[1] <= pd.Timestamp(now)

    def __str__(self) -> str:
        if self.first == self.last:
            return str(self.first)
        if self == Period(Month(self.first.year, 1), Month(self.first.year, 12)):
            return f"{self.first.year:04d}"
        return f"{self.first}..{self.last}"


def midnight(day: date, timezone: str) -> pd.Timestamp:
    """The instant in UTC at which a civil day begins in a zone."""
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone))
    return pd.Timestamp(local).tz_convert("UTC").as_unit("us")
