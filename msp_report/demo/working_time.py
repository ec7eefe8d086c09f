"""Months and office hours of the simulation, in whole seconds since 1970.

It has its own small arithmetic so that a fault in `msp_report.model.clock` cannot hide in the demo.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import holidays
import numpy as np
import pandas as pd

from msp_report.demo.company import ZONE
from msp_report.model.period import Month, midnight

#: An instant that has not come, or never does.
NEVER = np.iinfo(np.int64).max // 4

CLOSED = ("2025-12-24", "2026-12-24")
DATES = {"2025-12-31": ((8, 12),)}
BREAKS = {"2026-06-05": (12, 14)}


@dataclass(frozen=True)
class Span:
    """One civil month with its bounds [epoch seconds]."""

    label: str
    start: int
    end: int

    def at(self, local: str) -> int:
        """The instant of a local `DD HH:MM` in this month; an offset such as `25 01:30+01:00` outranks the zone."""
        return instant(f"{self.label}-{local}")


def instant(local: str) -> int:
    """A local wall time, or one with an offset, as epoch seconds."""
    at = pd.Timestamp(local)
    return int((at.tz_localize(ZONE) if at.tzinfo is None else at).timestamp())


def instants(local: list[str]) -> np.ndarray:
    """The instants of many local wall times, none of them at a clock change."""
    return pd.DatetimeIndex(local).tz_localize(ZONE).tz_convert("UTC").as_unit("s").asi8


def span(month: Month) -> Span:
    """A month's bounds in the company's zone."""
    first, end = (int(midnight(day, ZONE).timestamp()) for day in (month.first_on, month.end_on))
    return Span(str(month), first, end)


def dates(month: Span) -> list[pd.Timestamp]:
    """The civil days of a month."""
    first = pd.Timestamp(f"{month.label}-01")
    return [first + pd.Timedelta(days=day) for day in range(first.days_in_month)]


class Office:
    """Office hours as a line from instants to open seconds, and back."""

    def __init__(self, months: Iterable[Span]) -> None:
        days = [day for month in months for day in dates(month)]
        public = holidays.country_holidays("GB", subdiv="ENG", years={day.year for day in days})
        opening: list[str] = []
        closing: list[str] = []
        for day in days:
            label = str(day.date())
            closed = day.dayofweek > 4 or day.date() in public or label in CLOSED
            hours = DATES.get(label, () if closed else ((8, 18),))
            if label in BREAKS and hours:
                hours = ((hours[0][0], BREAKS[label][0]), (BREAKS[label][1], hours[0][1]))
            opening += [f"{label} {begin:02d}:00" for begin, _ in hours]
            closing += [f"{label} {end:02d}:00" for _, end in hours]
        self.opening, self.closing = instants(opening), instants(closing)
        self.edges = np.column_stack([self.opening, self.closing]).ravel()
        total = np.concatenate([[0], np.cumsum(self.closing - self.opening)])
        self.open_at_edges = np.column_stack([total[:-1], total[1:]]).ravel()
        self.open_before = total

    def position(self, at: np.ndarray | int) -> np.ndarray:
        """Open seconds from the first day up to each instant."""
        return np.rint(np.interp(at, self.edges, self.open_at_edges)).astype(np.int64)

    def at(self, position: np.ndarray) -> np.ndarray:
        """The first instant at which so many open seconds have passed."""
        window = np.clip(
            np.searchsorted(self.open_before, position, side="left") - 1, 0, len(self.opening) - 1
        )
        return self.opening[window] + (position - self.open_before[window])

    def after(self, start: np.ndarray | int, minutes: np.ndarray | float) -> np.ndarray:
        """The instant with so many open minutes since start."""
        return self.at(self.position(start) + np.asarray(minutes * 60).astype(np.int64))
