"""A day of the service email, for the tests of availability: its log, its checks, and what was agreed of it."""

from __future__ import annotations

import pandas as pd
from months import MonthOf

from msp_report.metrics.availability import Analysis, analyse, service_levels

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


# Announced in time.
PLANNED = ("08:00", "10:00", "maintenance", "10-03 08:00")


def of_day(outages=None, checks=None, contract=None, start=START, end=END) -> Analysis:
    """Everything about the day."""
    tables = {"outages": outages, "checks": checks}
    return analyse(MonthOf(start, end, agreed() if contract is None else contract, tables=tables))
