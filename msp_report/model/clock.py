"""Calendars as one piecewise-linear function of the instant (rules 1-3).

A calendar is a sorted list of open windows; its open time up to an instant is a function that rises by one
second a second while open and is flat while closed. Everything measured in working time is a difference of
that function. Instants are integer microseconds of UTC inside, so sums are exact.
"""

from __future__ import annotations

import copy
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from difflib import get_close_matches
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from msp_report.model.zones import ZoneInfo, available_timezones

SECOND = 1_000_000
DAY = 86_400 * SECOND
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_KEYS = ("timezone", "hours", "holidays", "closed", "dates", "breaks")

_WINDOW = re.compile(r"\s*(\d{1,2}):([0-5]\d)\s*[-–]\s*(\d{1,2}):([0-5]\d)\s*")
_EPOCH = date(1970, 1, 1).toordinal()
_FOREVER = 2**61  # 73,000 years: beyond every instant, and twice it is still an int64
_FIRST_WALL = -62_135_596_800 * SECOND  # 0001-01-01, the first and ...
_LAST_WALL = 253_402_300_800 * SECOND - 1  # ... the last moment for which zones are known
_MISSING = np.iinfo(np.int64).min  # how pandas writes NaT
_PATIENCE = 20  # years without opening after which a calendar counts as never open again
_CHUNK = 1 << 16  # rows at a time: the working set stays in the cache
_MANY = 10_000  # rows from which finding their place by slot is faster than searching
_SLOT = 31  # a slot lasts 2**31 microseconds, 36 minutes

Spans = list[tuple[int, int]]
"""(opens, closes) of one day in microseconds after its midnight."""


class Clock:
    """The open time of one calendar: business durations, due times, windows.

    Parameters: `calendar` is an entry of `calendars` in contract.yaml, as a plain dict or a model of it, with
    `hours` ("all", the default, or a list of "08:00-18:00" by weekday), `timezone`, `holidays`, `closed`,
    `dates` and `breaks`; `timezone` is the zone used when the calendar names none.

    Instants may be scalars, Series, indexes, arrays or lists, always timezone-aware; durations are seconds.
    A Series gives a Series with its index, an array or list an array (of instants: a DatetimeIndex), a scalar
    a scalar. A missing instant gives a missing result. Parts of a microsecond are dropped.

    Raises ValueError, naming the key, for a calendar that cannot be understood, and for naive instants.

    Edge cases decided: a window that starts in a DST gap starts at its end, one that ends in a gap too; in a
    fold it opens at the first and closes at the second ("24:00" is the next midnight and follows suit). Breaks
    are taken out of the day's hours before that. Windows of a day may overlap. Source: rules 1-3.

    >>> office = Clock({"hours": {"fri": ["08:00-18:00"], "mon": ["08:00-18:00"]}}, "Europe/London")
    >>> friday = pd.Timestamp("2026-03-27 17:00", tz="Europe/London")
    >>> office.add(friday, 2 * 3600).isoformat()   # Monday is in summer time
    '2026-03-30T08:00:00+00:00'
    >>> office.elapsed(friday, pd.Timestamp("2026-03-30 09:00", tz="Europe/London"))
    7200.0
    """

    def __init__(self, calendar: Mapping[str, Any] | Any, timezone: str | tzinfo):
        if hasattr(calendar, "model_dump"):
            calendar = calendar.model_dump()
        if not isinstance(calendar, Mapping):
            raise ValueError(f'a calendar is a set of keys such as {{hours: all}}, not "{calendar}"')
        _refuse_unknown(calendar, _KEYS, "calendar")
        given = {key: value for key, value in calendar.items() if value is not None}
        hours = given.get("hours", "all")
        self.zone = _zone(given.get("timezone", timezone))
        self._week = _week(hours)
        self._holidays = _holidays(given.get("holidays"))
        self._closed = _closed(given.get("closed", ()))
        self._dates = _spans_by_date(given.get("dates", {}), "dates")
        self._breaks = _spans_by_date(given.get("breaks", {}), "breaks")
        exceptions = self._holidays, self._closed, self._dates, self._breaks
        self._unbroken = hours == "all" and not any(exceptions)
        self._taken = np.empty(0, np.int64)
        self._function: _Function | None = None

    def elapsed(self, start: Any, end: Any) -> Any:
        """Open seconds from `start` to `end`.

        Returns: one float a pair of instants, to the microsecond; negative where `end` is before `start`, so
        that elapsed(a, b) + elapsed(b, c) = elapsed(a, c) in any order; NaN where an instant is missing.
        """
        starts, ends = _Instants(start), _Instants(end)
        like = _paired(starts, ends)
        missing = starts.missing | ends.missing
        function = self._over(starts, ends)
        seconds = (function.open_until(ends.micros) - function.open_until(starts.micros)) / SECOND
        return like.of(np.where(missing, np.nan, seconds) if missing.any() else seconds)

    def add(self, start: Any, seconds: Any) -> Any:
        """The earliest instant that has so many open seconds since `start`.

        Parameters: `seconds` [s] one number or one a start, to the microsecond; may be negative, or timedeltas.

        Returns: one UTC instant a start. Time that runs out exactly at closing ends at closing, not at the next
        opening; negative seconds count back to the latest instant that has so many open seconds until `start`;
        no seconds give `start` itself; NaT where either is missing.
        Raises: ValueError if the calendar is not open long enough.
        """
        starts, amounts = _Instants(start), _Amounts(seconds)
        like = _paired(starts, amounts)
        missing = starts.missing | amounts.missing
        micros, steps = np.broadcast_arrays(starts.micros, np.where(missing, 0, amounts.micros))
        function = self._over(starts)
        while True:
            target = function.open_until(micros) + steps
            if (late := target > function.total).any():
                function = self._further(function, 1, micros[late])
            elif (early := target < 0).any():
                function = self._further(function, -1, micros[early])
            else:
                break
        found = np.where(steps > 0, function.earliest(target), micros)
        if (back := steps < 0).any():
            found[back] = function.latest(target[back])
        return like.instants(found, missing)

    def is_open(self, at: Any) -> Any:
        """Whether the calendar is open; opening counts, closing does not, a missing instant is not open."""
        instants = _Instants(at)
        function = self._over(instants)
        return instants.like.of((function.piece(instants.micros) & 1).astype(bool) & ~instants.missing)

    def next_open(self, at: Any) -> Any:
        """The instant itself when open, else the next opening; NaT where missing.

        Raises: ValueError if the calendar does not open again.
        """
        instants = _Instants(at)
        function = self._over(instants)
        while True:
            piece = function.piece(instants.micros)
            if not (late := (piece == len(function.edges)) & ~instants.missing).any():
                break
            function = self._further(function, 1, instants.micros[late])
        found = np.where(piece & 1, instants.micros, np.append(function.edges, 0)[piece])
        return instants.like.instants(found, instants.missing)

    def last_open(self, at: Any) -> Any:
        """The instant itself when open or closing, else the last closing before it; NaT where missing.

        Raises: ValueError if the calendar was not open before.
        """
        instants = _Instants(at)
        function = self._over(instants)
        while True:
            piece = function.piece(instants.micros)
            if not (early := (piece == 0) & ~instants.missing).any():
                break
            function = self._further(function, -1, instants.micros[early])
        found = np.where(piece & 1, instants.micros, np.append(function.edges, 0)[piece - 1])
        return instants.like.instants(found, instants.missing)

    def windows(self, start: Any, end: Any) -> pd.DataFrame:
        """The open windows between two instants.

        Returns: one row per open window, clipped to [start, end), touching ones merged: start, end (UTC).
        Raises: ValueError if an instant is missing or `end` is before `start`.
        """
        instants = _Instants([start, end])
        _intervals(instants.micros[:1], instants.micros[1:], instants.missing)
        begin, finish = instants.micros
        opens, closes = self._over(instants).edges.reshape(-1, 2).clip(begin, finish).T
        kept = opens < closes
        return pd.DataFrame({"start": _index(opens[kept]), "end": _index(closes[kept])})

    def minus(self, intervals: pd.DataFrame | Iterable[tuple[Any, Any]]) -> Clock:
        """A clock with these intervals taken out of its open time.

        Parameters: `intervals` a frame with columns start, end (instants), or pairs of instants; they may
        overlap, and lie in closed time.
        Raises: ValueError if an instant is missing or an end is before its start.
        """
        if not isinstance(intervals, pd.DataFrame):
            intervals = pd.DataFrame(list(intervals), columns=["start", "end"])
        if absent := [name for name in ("start", "end") if name not in intervals.columns]:
            raise ValueError(f"intervals need the columns start and end: {absent[0]} is absent")
        starts, ends = _Instants(intervals["start"]), _Instants(intervals["end"])
        _intervals(starts.micros, ends.micros, starts.missing | ends.missing)
        clock = copy.copy(self)
        opens, closes = self._taken.reshape(-1, 2).T
        clock._taken = _union(np.append(opens, starts.micros), np.append(closes, ends.micros))
        clock._function = None
        return clock

    def _over(self, *instants: _Instants) -> _Function:
        """The function over all the instants given, from what is known if that suffices."""
        present = [i.micros[~i.missing] if i.missing.any() else i.micros for i in instants]
        present = [micros for micros in present if micros.size]
        if not present or self._unbroken:
            return self._function or self._learn(1970, 1970)
        low, high = min(micros.min() for micros in present), max(micros.max() for micros in present)
        if low < _FIRST_WALL - DAY or high > _LAST_WALL + DAY:
            raise ValueError("instants must lie in the years 1 to 9999")
        years = _years_of(np.array([low - 2 * DAY, high + 2 * DAY]))  # zones are less than two days from UTC
        first, last = max(years[0], 1), min(years[-1], 9999)
        known = self._function
        if known is None:
            return self._learn(first, last)
        if first < known.first or last > known.last:
            return self._learn(min(first, known.first), max(last, known.last))
        return known

    def _further(self, function: _Function, direction: int, short: np.ndarray) -> _Function:
        """The function over enough more years, later (1) or earlier (-1), to hold more open time."""
        years = 1
        while True:
            first = function.first - (years if direction < 0 else 0)
            last = function.last + (years if direction > 0 else 0)
            wider = self._learn(first, last)
            if wider.total > function.total:
                return wider
            if years >= _PATIENCE or (wider.first, wider.last) == (function.first, function.last):
                when, word = (short.max(), "after") if direction > 0 else (short.min(), "before")
                raise ValueError(
                    f"the calendar has too little open time {word} {np.datetime64(int(when), 'us')} UTC, "
                    f"followed over the years {wider.first} to {wider.last}: look at its hours and dates"
                )
            years *= 2

    def _learn(self, first: int, last: int) -> _Function:
        """The function over the local years `first` to `last`, kept for the next question."""
        first, last = max(first, 1), min(last, 9999)
        edges = np.array([-_FOREVER, _FOREVER]) if self._unbroken else self._edges(first, last)
        self._function = _Function.of(_without(edges, self._taken), first, last)
        return self._function

    def _edges(self, first: int, last: int) -> np.ndarray:
        """Openings and closings in turn [us], from the hours of every local date of some years."""
        days = np.arange(date(first, 1, 1).toordinal(), date(last, 12, 31).toordinal() + 1) - _EPOCH
        special = self._special(first, last)
        days = days[~np.isin(days, list(special))]
        opens, closes = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for weekday, spans in enumerate(self._week):
            midnights = days[(days + 3) % 7 == weekday] * DAY
            opens += [midnights + start for start, _ in spans]
            closes += [midnights + end for _, end in spans]
        for day, spans in special.items():
            opens.append(day * DAY + np.array([start for start, _ in spans], np.int64))
            closes.append(day * DAY + np.array([end for _, end in spans], np.int64))
        offsets = _Offsets.of(self.zone, range(first, last + 1))
        return _union(offsets.opening(np.concatenate(opens)), offsets.closing(np.concatenate(closes)))

    def _special(self, first: int, last: int) -> dict[int, Spans]:
        """The hours of the dates that differ from their weekday: closed, then dates, then breaks."""
        closed = self._closed | _holiday_dates(self._holidays, first, last)
        special: dict[date, Spans] = {day: [] for day in closed}
        special.update(self._dates)
        for day, breaks in self._breaks.items():
            special[day] = _outside(special.get(day, self._week[day.weekday()]), breaks)
        return {
            day.toordinal() - _EPOCH: spans for day, spans in special.items() if first <= day.year <= last
        }


def localize(naive: pd.Series, timezone: str | tzinfo) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Wall times of a zone as instants of UTC.

    Returns: three Series with the index of `naive`: the instants (datetime64[us, UTC]); whether the time lies
    in a DST gap, so that it never was (its instant is NaT); whether it lies in a fold, so that it was twice
    (its instant is the first). A missing time is NaT and in neither; a time outside the years 1 to 9999 is NaT.
    Raises: ValueError if the times carry an offset already, or the zone is unknown. Source: rule 2.
    """
    first, second, known, in_gap = _both(naive, timezone)
    instants = pd.Series(
        _index(np.where(known & ~in_gap, first, _MISSING)), index=naive.index, name=naive.name
    )
    in_fold = pd.Series(known & (first != second), index=naive.index)
    return instants, pd.Series(in_gap, index=naive.index), in_fold


def repeated(naive: pd.Series, timezone: str | tzinfo) -> np.ndarray:
    """How much later wall times of a zone came again when its clocks went back [us]; 0 for those that were once.

    Raises: as `localize`. Source: rule 2.
    """
    first, second, known, in_gap = _both(naive, timezone)
    return np.where(known & ~in_gap, second - first, 0)


def _both(naive: pd.Series, timezone: str | tzinfo) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """First and last instant of wall times [us], which of them are known, and which lie in a gap."""
    zone = _zone(timezone)
    times = pd.DatetimeIndex(naive)
    if times.tz is not None:
        raise ValueError(f"these times carry a zone already ({times.tz}): localize is for times without one")
    walls = times.as_unit("us").asi8
    known = (walls >= _FIRST_WALL) & (walls <= _LAST_WALL)
    walls = np.where(known, walls, 0)
    offsets = _Offsets.of(zone, _years_of(walls) if walls.size else range(1970, 1971))
    first, second = offsets.opening(walls), offsets.closing(walls)
    return first, second, known, known & (offsets.walls(first) != walls)


@dataclass(frozen=True)
class _Function:
    """Open time as a function of the instant, over some local years; all in microseconds.

    Between two edges the function is `level`, plus the instant itself while open: pieces with an odd number.
    """

    edges: np.ndarray
    level: np.ndarray
    opened: np.ndarray  # open time at each opening
    closed: np.ndarray  # open time at each closing
    first: int
    last: int

    @classmethod
    def of(cls, edges: np.ndarray, first: int, last: int) -> _Function:
        opens, closes = edges[::2], edges[1::2]
        closed = np.cumsum(closes - opens)
        opened = closed - (closes - opens)
        level = np.zeros(len(edges) + 1, np.int64)
        level[1::2] = opened - opens
        level[2::2] = closed
        return cls(edges, level, opened, closed, first, last)

    @property
    def total(self) -> int:
        return int(self.closed[-1]) if self.closed.size else 0

    def piece(self, micros: np.ndarray) -> np.ndarray:
        """The number of edges at or before each instant: odd while open."""
        if micros.size < _MANY or self._slots is None:
            return np.searchsorted(self.edges, micros, side="right")
        begin, before, most = self._slots
        piece = before[((micros - begin) >> _SLOT).clip(0, len(before) - 1)]
        following = np.append(self.edges, _FOREVER)
        for _ in range(most):
            piece += following[piece] <= micros
        return piece

    @cached_property
    def _slots(self) -> tuple[int, np.ndarray, int] | None:
        """Start of the first slot, edges before each slot, most edges in one: four times as fast as a search.

        None where it does not pay: edges too many a slot, or too far apart.
        """
        if not self.edges.size or self.edges[-1] - self.edges[0] > 1_000_000 << _SLOT:
            return None
        begin = int(self.edges[0]) - (1 << _SLOT)
        slots = ((int(self.edges[-1]) - begin) >> _SLOT) + 2
        before = np.searchsorted(self.edges, begin + (np.arange(slots) << _SLOT), side="right")
        most = int(np.diff(before).max())
        return (begin, before.astype(np.int32), most) if most <= 4 else None

    def open_until(self, micros: np.ndarray) -> np.ndarray:
        """Open time from the first edge to each instant."""
        result = np.empty(micros.shape, np.int64)
        for at in range(0, micros.size, _CHUNK):
            part = micros[at : at + _CHUNK]
            piece = self.piece(part)
            np.add(self.level[piece], part * (piece & 1), out=result[at : at + _CHUNK])
        return result

    def earliest(self, target: np.ndarray) -> np.ndarray:
        """The first instant with so much open time, for targets over zero."""
        return self._back(target, np.searchsorted(self.closed, target, side="left"))

    def latest(self, target: np.ndarray) -> np.ndarray:
        """The last instant with so much open time, for targets under the total."""
        return self._back(target, np.searchsorted(self.opened, target, side="right") - 1)

    def _back(self, target: np.ndarray, window: np.ndarray) -> np.ndarray:
        if not self.opened.size:  # then nothing was asked that needs a window
            return target
        return target - self.level[1::2][window]


class _Like:
    """Gives results the form of what was asked: a scalar, a Series with its index, else an array."""

    def __init__(self, asked: Any):
        self.index = asked.index if isinstance(asked, pd.Series) else None
        self.scalar = np.ndim(asked) == 0

    def of(self, values: np.ndarray) -> Any:
        if self.index is not None:
            return pd.Series(values, index=self.index)
        return values[0].item() if self.scalar else values

    def instants(self, micros: np.ndarray, missing: np.ndarray) -> Any:
        if (~missing & ((micros < _FIRST_WALL) | (micros > _LAST_WALL))).any():
            raise ValueError("the instant sought lies outside the years 1 to 9999")
        index = _index(np.where(missing, _MISSING, micros))
        if self.index is not None:
            return pd.Series(index, index=self.index)
        return index[0] if self.scalar else index


class _Instants:
    """Instants as integer microseconds of UTC, and which of them are missing."""

    def __init__(self, asked: Any):
        self.like = _Like(asked)
        index = _aware([asked] if self.like.scalar else asked)
        self.missing = np.asarray(index.isna())
        self.micros = index.as_unit("us").asi8


class _Amounts:
    """Durations as integer microseconds, and which of them are missing."""

    def __init__(self, seconds: Any):
        self.like = _Like(seconds)
        values = pd.Series([seconds] if self.like.scalar else seconds)
        if values.isna().all():  # NaT alone would be read as instants
            values = pd.Series(np.nan, index=values.index)
        elif values.dtype.kind != "M":
            values = values.dt.total_seconds() if values.dtype.kind == "m" else pd.to_numeric(values)
        if values.dtype.kind not in "iuf":
            raise ValueError(f"a duration is a number of seconds, not {values.iloc[0]!r}")
        self.missing = values.isna().to_numpy()
        values = values.fillna(0).to_numpy()
        if (np.abs(values) > _LAST_WALL // SECOND).any():
            raise ValueError("a duration must be under 8,000 years")
        whole = values.dtype.kind in "iu"
        self.micros = values.astype(np.int64) * SECOND if whole else np.rint(values * SECOND).astype(np.int64)


def _paired(a: _Instants | _Amounts, b: _Instants | _Amounts) -> _Like:
    """The form of a result for two arguments, which must go together."""
    sides = [side for side in (a, b) if not side.like.scalar]
    if len(sides) == 2:
        if a.like.index is not None and b.like.index is not None and not a.like.index.equals(b.like.index):
            raise ValueError("two Series must have the same index")
        if len(a.micros) != len(b.micros):
            raise ValueError(f"{len(a.micros)} values cannot be paired with {len(b.micros)}")
        return a.like if a.like.index is not None else b.like
    return sides[0].like if sides else a.like


def _aware(values: Any) -> pd.DatetimeIndex:
    """Instants as an index, refusing those without an offset."""
    if not isinstance(getattr(values, "dtype", None), pd.DatetimeTZDtype):
        values = pd.Series(values).reset_index(drop=True)
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return pd.DatetimeIndex(values)
    present = values.dropna()
    if present.empty:
        return pd.DatetimeIndex([pd.NaT] * len(values), dtype="datetime64[us, UTC]")
    if values.dtype.kind in "iufb":
        raise ValueError(f"{present.iloc[0]} is a number, not an instant: use a timestamp with a timezone")
    stamps = [pd.Timestamp(value) for value in present]
    if naive := [stamp for stamp in stamps if stamp.tzinfo is None]:
        raise ValueError(f"instants must be timezone-aware: {naive[0]} has no timezone")
    micros = pd.Series(_MISSING, index=values.index)
    micros[present.index] = [stamp.tz_convert(None).as_unit("us").asm8.astype(np.int64) for stamp in stamps]
    return _index(micros.to_numpy())


def _index(micros: np.ndarray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(np.asarray(micros, np.int64).view("datetime64[us]")).tz_localize("UTC")


def _years_of(micros: np.ndarray) -> range:
    """The civil years from the first to the last of some microseconds."""
    first, last = np.array([micros.min(), micros.max()], "datetime64[us]").astype("datetime64[Y]").astype(int)
    return range(int(first) + 1970, int(last) + 1971)


def _intervals(starts: np.ndarray, ends: np.ndarray, missing: np.ndarray) -> None:
    """Refuses intervals that are none."""
    if missing.any():
        raise ValueError("an interval needs both its start and its end: one is missing")
    if (reversed_ := ends < starts).any():
        start, end = (np.datetime64(int(side[reversed_][0]), "us") for side in (starts, ends))
        raise ValueError(f"the interval from {start} to {end} UTC is reversed: its end is before its start")


def _union(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Edges of the union: disjoint, ascending, touching ones merged, empty ones left out."""
    kept = starts < ends
    starts, ends = starts[kept], ends[kept]
    order = np.argsort(starts, kind="stable")
    starts, reach = starts[order], np.maximum.accumulate(ends[order])
    new = np.append(True, starts[1:] > reach[:-1])[: len(starts)]
    return np.column_stack([starts[new], reach[np.append(new[1:], True)[: len(starts)]]]).ravel()


def _without(edges: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """The edges of what is left of some windows when others are taken out."""
    if not taken.size:
        return edges
    cuts = np.union1d(edges, taken)
    left = (np.searchsorted(edges, cuts, side="right") & 1) > (np.searchsorted(taken, cuts, side="right") & 1)
    starts = np.flatnonzero(left)  # never the last cut: nothing is open after it
    return _union(cuts[starts], cuts[starts + 1])


def _outside(spans: Spans, breaks: Spans) -> Spans:
    """The parts of a day's windows outside its breaks."""
    flat = [np.array(part, np.int64).ravel() for part in (spans, breaks)]
    return [(int(start), int(end)) for start, end in _without(*flat).reshape(-1, 2)]


# ---------------------------------------------------------------- wall times


class _Offsets(NamedTuple):
    """What the clocks of a zone are ahead of UTC, from `begins` to `ends` [us].

    pandas is not asked: tz_localize(nonexistent="shift_forward") misses the end of Anchorage's gap by an hour
    (3.1), and far dates take it 2 us each.
    """

    begins: np.ndarray
    ends: np.ndarray
    ahead: np.ndarray

    @classmethod
    def of(cls, zone: tzinfo, years: range) -> _Offsets:
        """The offsets that hold for the wall times of some years."""
        wider = range(years[0] - 1, years[-1] + 2)
        begins, ahead = np.array([row for year in wider for row in _changes(zone, year)], np.int64).T
        begins[0] = -_FOREVER
        changed = np.append(True, ahead[1:] != ahead[:-1])
        begins, ahead = begins[changed], ahead[changed]
        return cls(begins, np.append(begins[1:], _FOREVER), ahead)

    def opening(self, walls: np.ndarray) -> np.ndarray:
        """The first instant at which clocks reach a time: in a fold the first, in a gap its end."""
        reached = np.maximum.accumulate(self.ends + self.ahead)
        stretch = np.searchsorted(reached, walls, side="right")
        return np.maximum(walls - self.ahead[stretch], self.begins[stretch])

    def closing(self, walls: np.ndarray) -> np.ndarray:
        """The last instant at which clocks reach a time: in a fold the second, in a gap its end."""
        passed = np.minimum.accumulate((self.begins + self.ahead)[::-1])[::-1]
        stretch = np.searchsorted(passed, walls, side="right") - 1
        return np.minimum(walls - self.ahead[stretch], self.ends[stretch])

    def walls(self, micros: np.ndarray) -> np.ndarray:
        """What clocks show at an instant."""
        return micros + self.ahead[np.searchsorted(self.begins, micros, side="right") - 1]


def _changes(zone: tzinfo, year: int) -> list[tuple[int, int]]:
    """(instant, offset from then on) [us] at the start of a UTC year and at every change in it.

    Before 1800 clocks never changed and after 2400 they follow a rule, so there years repeat after 400, as the
    calendar does: a date such as 9999-12-31 in an export must not cost a minute.
    """
    cycles = max(year // 400 - 6, 0) + min(year // 400 - 3, 0)
    return [(at + cycles * 146_097 * DAY, ahead) for at, ahead in _searched(zone, year - cycles * 400)]


@lru_cache(maxsize=20_000)
def _searched(zone: tzinfo, year: int) -> list[tuple[int, int]]:
    """The same, by looking at every day."""
    days = range(date(year, 1, 1).toordinal() - _EPOCH, date(year, 12, 31).toordinal() - _EPOCH + 2)
    ahead = [_ahead(zone, day * DAY) for day in days]
    changes = [(days[0] * DAY, ahead[0])]
    for day, before, after in zip(days, ahead, ahead[1:], strict=False):
        if before != after:
            seconds = range(day * DAY, (day + 1) * DAY + 1, SECOND)
            at = bisect_left(seconds, True, key=lambda second, before=before: _ahead(zone, second) != before)
            changes.append((seconds[at], after))
    return [(at, offset // timedelta(microseconds=1)) for at, offset in changes]


def _ahead(zone: tzinfo, micros: int) -> timedelta:
    """The offset of a zone at an instant."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).astimezone(zone).utcoffset()


# ---------------------------------------------------------------- reading a calendar


def _refuse_unknown(given: Mapping[str, Any], names: Iterable[str], where: str) -> None:
    """Refuses an unknown key, naming the nearest known one."""
    for key in given:
        if key not in names:
            nearest = get_close_matches(str(key).casefold(), list(names), n=1, cutoff=0)[0]
            raise ValueError(f"{where}: unknown key {key!r}; did you mean {nearest!r}?")


def _zone(timezone: str | tzinfo) -> tzinfo:
    if isinstance(timezone, tzinfo):
        return timezone
    if not isinstance(timezone, str):
        raise ValueError(f"timezone: {timezone!r} is not the name of a zone such as Europe/London")
    try:
        return ZoneInfo(timezone)
    except (ValueError, OSError, LookupError):
        near = get_close_matches(timezone, available_timezones(), n=1, cutoff=0)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"timezone: unknown zone {timezone!r}{hint}") from None


def _week(hours: Any) -> list[Spans]:
    """The windows of the seven weekdays, Monday first."""
    if hours == "all":
        return [[(0, DAY)]] * 7
    if not isinstance(hours, Mapping):
        raise ValueError(
            f'hours: {hours!r} is neither "all" nor windows by weekday such as mon: ["08:00-18:00"]'
        )
    _refuse_unknown(hours, WEEKDAYS, "hours")
    return [_spans(hours.get(day), f"hours.{day}") for day in WEEKDAYS]


def _spans_by_date(given: Mapping[Any, Any], where: str) -> dict[date, Spans]:
    if not isinstance(given, Mapping):
        raise ValueError(f'{where}: {given!r} is not windows by date such as 2026-12-31: ["08:00-12:00"]')
    return {_day(day, where): _spans(windows, f"{where}.{day}") for day, windows in given.items()}


def _spans(windows: Any, where: str) -> Spans:
    """The windows of one day, overlaps unioned; none is closed."""
    if isinstance(windows, str):
        windows = [windows]
    if not isinstance(windows, Iterable):
        windows = [] if windows is None else [windows]
    edges = np.array([_span(window, where) for window in windows], np.int64).reshape(-1, 2).T
    return [(int(start), int(end)) for start, end in _union(*edges).reshape(-1, 2)]


def _span(window: Any, where: str) -> tuple[int, int]:
    match = _WINDOW.fullmatch(window) if isinstance(window, str) else None
    if not match:
        raise ValueError(f'{where}: {window!r} is not a window: write it as "08:00-18:00"')
    start, end = (60 * int(match[i]) + int(match[i + 1]) for i in (1, 3))
    if max(start, end) > 24 * 60:
        raise ValueError(f'{where}: "{window}" goes beyond "24:00", the end of the day')
    if start > end:
        first, second = window.replace("–", "-").split("-")
        raise ValueError(
            f'{where}: "{window}" ends before it starts; over midnight, write two windows: '
            f'"{first.strip()}-24:00" on this day and "00:00-{second.strip()}" on the next'
        )
    if start == end:
        raise ValueError(f'{where}: "{window}" is empty; a whole day is "00:00-24:00", a closed one is []')
    return start * 60 * SECOND, end * 60 * SECOND


def _closed(days: Any) -> set[date]:
    if isinstance(days, str | date):
        days = [days]
    if not isinstance(days, Iterable):
        raise ValueError(f"closed: {days!r} is not a list of dates such as [2026-12-24]")
    return {_day(day, "closed") for day in days}


def _day(day: Any, where: str) -> date:
    if isinstance(day, datetime):
        return day.date()
    if isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except (TypeError, ValueError):
        raise ValueError(f"{where}: {day!r} is not a date: write it as YYYY-MM-DD") from None


def _holidays(given: Mapping[str, Any] | None) -> tuple[str, str | None] | None:
    """Country and subdivision, refused at once where the library does not know them (rule 3)."""
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise ValueError(f"holidays: {given!r} is not a country such as {{country: GB, subdivision: ENG}}")
    _refuse_unknown(given, ("country", "subdivision"), "holidays")
    import holidays  # half a second, which a calendar without holidays need not wait for

    country, subdivision = given.get("country"), given.get("subdivision")
    countries = holidays.list_supported_countries(include_aliases=True)
    if country not in countries:
        hint = ' (YAML reads NO as false: write "NO")' if country is False else ""
        raise ValueError(
            f"holidays.country: no holidays are known for {country!r}{hint}; "
            "use the two-letter code of a country, such as GB"
        )
    try:
        holidays.country_holidays(country, subdiv=subdivision)
    except NotImplementedError:
        known = ", ".join(countries[country]) or "none"
        raise ValueError(
            f"holidays.subdivision: {country} has no subdivision {subdivision!r}; known are: {known}"
        ) from None
    return country, subdivision


def _holiday_dates(where: tuple[str, str | None] | None, first: int, last: int) -> set[date]:
    """The public holidays of some years, none where no country is named."""
    if where is None:
        return set()
    import holidays

    return set(holidays.country_holidays(where[0], subdiv=where[1], years=range(first, last + 1)))
