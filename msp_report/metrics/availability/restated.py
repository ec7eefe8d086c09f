"""What this month's log and checks say of closed months that was not known then (rules 0 and 38)."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from msp_report.metrics.availability.frames import RESTATED_COLUMNS, stack
from msp_report.metrics.availability.levels import services
from msp_report.metrics.availability.month import ServiceMonth
from msp_report.metrics.availability.sources import Sources
from msp_report.metrics.availability.watched import Watched, watched
from msp_report.model.case import Case
from msp_report.model.columns import optional
from msp_report.model.period import Month, Period
from msp_report.model.tables import TABLES

#: What makes a row of the log and of the checks that row.
_NAMES = {
    "outages": ["service", "started_at", "ended_at", "state"],
    "checks": ["service", "at", "probe", "state"],
}


#: How many closed months are looked at again at most.
_MONTHS = 12


def restated(case: Case, month: ServiceMonth) -> pd.DataFrame:
    """The services of which a closed month is another by what came with this month's log and checks.

    Returns: one row per month and service with another down time or verdict, the last month first: service, month,
    down_then_min, down_min, then_ratio, availability_ratio, then_verdict, verdict. The closed month's own pack stays as
    it is (rule 0).
    Edge cases decided: from the month of the first row that is new, twelve months at most; a table that did not come
    for the month before, or not for this one, restates nothing.
    """
    now = {name: case.table(name) for name in _NAMES}
    known = {name: case.known_before(name) for name in _NAMES}
    new = [_first_new(name, case.own(name), known[name], month.start) for name in _NAMES]
    if not (since := [at for at in new if at is not None]):
        return stack([], RESTATED_COLUMNS)
    then = {
        name: known[name] if known[name] is not None and now[name] is not None else now[name] for name in now
    }
    zone = month.contract.client.timezone
    first, last = (Month.of(at.tz_convert(zone).date()) for at in (min(since), month.start))
    closed = [one for step in range(1, _MONTHS + 1) if (one := last.shift(-step)) >= first]
    frames = []
    for one in closed:
        before = ServiceMonth.of(case.agreed, *Period(one, one).bounds(zone))
        frames.append(_compared(*_services(then, now, before)).assign(month=str(one)))
    return stack(frames, RESTATED_COLUMNS)


def _services(
    then: dict[str, pd.DataFrame | None], now: dict[str, pd.DataFrame | None], month: ServiceMonth
) -> Iterator[pd.DataFrame]:
    """The services of a month of which another thing is said now: as they were then, and as they are."""
    said = [Sources.of_tables(one["outages"], one["checks"], month) for one in (then, now)]
    lines = [{line.agreed.name: line for line in watched(one, month)} for one in said]
    other = {name for name in lines[0].keys() & lines[1].keys() if _differ(lines[0][name], lines[1][name])}
    return (services([line for name, line in one.items() if name in other], month) for one in lines)


def _differ(then: Watched, now: Watched) -> bool:
    pairs = ((then.log, now.log), (then.holds, now.holds))
    same = all(a.reset_index(drop=True).equals(b.reset_index(drop=True)) for a, b in pairs)
    return not same or then.strange != now.strange


def _compared(then: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """The services of a month that have another down time or verdict now."""
    both = then.merge(now, on="service", suffixes=("_then", ""))
    other = both["down_min_then"].ne(both["down_min"]) | both["verdict_then"].ne(both["verdict"])
    names = {
        "down_min_then": "down_then_min",
        "availability_ratio_then": "then_ratio",
        "verdict_then": "then_verdict",
    }
    return both[other].rename(columns=names)


def _first_new(
    name: str, own: pd.DataFrame | None, then: pd.DataFrame | None, start: pd.Timestamp
) -> pd.Timestamp | None:
    """The first instant of a row of this month's exports from before the period that no earlier month had; None where
    there is none."""
    row, at = _NAMES[name], TABLES[name].period
    if own is None or then is None or not (own[at] < start).any():
        return None
    rows = own[own[at] < start]
    then = then[then[at] >= rows[at].min()]
    known = pd.DataFrame({name: optional(then, name) for name in row}).drop_duplicates().assign(known=True)
    marked = pd.DataFrame({name: optional(rows, name) for name in row}).merge(known, on=row, how="left")
    first = marked.loc[marked["known"].isna(), at].min()
    return None if pd.isna(first) else first
