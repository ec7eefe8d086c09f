"""Was each service there when it should have been, under every defensible rule (rules 4-11, 39, 40).

One line carries everything: the *service axis*, the open time of the service's calendar laid end to end, in
integer microseconds. Closed time does not exist on it, so what rule 10 says of closed time holds by itself.
Every source becomes spans on that axis, one sweep over their edges gives the state of every segment, and all
48 readings are evaluated from those segments.

Decided here, where the rules leave room:

- A state is spoken by an outage row or a check that is down, degraded or up. `unknown` is silence, whoever
  writes it; for a service without checks it cuts the time that is otherwise up by the provider's word.
- A service has checks once one stands in the log before the cut-off: a probe that fell silent makes time
  unknown, not up.
- Of checks at the same instant the worst counts, in the order of rule 4.
- Maintenance that only a check reports was announced by nobody, so it is refused.
- Maintenance outside the agreed windows or over the cap is refused for that part only; overlapping rows share
  the cap; the cap counts service time by civil month in the client's zone.
- Under maintenance `observed` a service without checks is up by the provider's word where no row says otherwise.
- Short outages are smoothed after a reading has given maintenance and degraded their meaning, on the service
  axis, unknown and excluded being states like up and down (Checkmk, too, regroups states before it melts them).
- An outage count is exceeded for certain if it is whatever unknown time was: two outages with only unknown
  time between them may have been one.
- Unknown time is never down, also under unknown=down: that reading moves the ratio, not outages or minutes.
- A service of which nothing at all is known has no ratio in any reading.
- Services join by the normal form of their names. What is met is no verdict where the log or the checks speak of a
  strange name that may mean the service (rule 44); a miss stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from msp_report.model.case import Case
from msp_report.model.clock import Clock
from msp_report.model.columns import DAY, HOUR, MINUTE, bounds, micros, optional, plain_rows
from msp_report.model.figures import Figure, judge
from msp_report.model.names import mistaken, spelled, unsure_whose
from msp_report.model.period import Month, midnight
from msp_report.params import Accounting, Calendar, Contract, Service, as_contract, as_strategy

SECOND = 1_000_000
_FOREVER = np.iinfo(np.int64).max // 2
#: How long a state holds in a log of changes without a row of its own service (rule 7).
LONGEST_STATE = 92 * DAY
_MISSING = np.iinfo(np.int64).min

#: The order of rule 4. After a reading, `maintenance` is what is excluded.
STATES = ("maintenance", "down", "degraded", "up", "unknown")
MAINTENANCE, DOWN, DEGRADED, UP, UNKNOWN = range(5)

Spans = np.ndarray
"""Rows (begin, end), half-open, in microseconds."""


@dataclass(frozen=True)
class Reading:
    """One way to account for maintenance, unknown, degraded and short outages (rule 11)."""

    maintenance: str
    unknown: str
    degraded: str
    short_s: float

    @classmethod
    def of(cls, accounting: Accounting) -> Reading:
        """The contract's own reading."""
        return cls(
            accounting.maintenance, accounting.unknown, accounting.degraded, float(accounting.short_outage_s)
        )

    def __str__(self) -> str:
        return f"maintenance={self.maintenance},unknown={self.unknown},degraded={self.degraded},short={self.short_s:g}"


#: The parts of a reading, in the order in which robustness names them.
PARTS = ("maintenance", "unknown", "degraded", "short")

#: The 48 readings of rule 11.
READINGS = tuple(
    Reading(*parts)
    for parts in product(
        ("exclude", "up", "down", "observed"), ("exclude", "up", "down"), ("up", "down"), (0.0, 150.0)
    )
)

# fmt: off
_LEVELS = [
    "service", "calendar", "scheduled_min", "excluded_min", "unknown_min", "down_min", "up_min",
    "availability_ratio", "low_ratio", "high_ratio", "target_ratio", "outages", "max_outages",
    "longest_outage_min", "mttr_min", "mtbf_min", "budget_left_min", "coverage_ratio", "verdict",
    "missed_by", "why_missing", "reading", "unsmoothed_ratio", "maintenance_min", "refused_min",
    "degraded_min", "probed_min", "checks", "evidence", "users", "user_hours_lost", "user_cost",
    "in_contract", "clause",
]
_RULES = [
    "service", "rule", "availability_ratio", "verdict", "own", "maintenance", "unknown", "degraded",
    "short", "outages",
]
_ROBUSTNESS = [
    "service", "robust", "readings", "met", "missed", "flipped_by", "rule", "availability_ratio",
    "verdict",
]
_OUTAGES = [
    "service", "started_at", "ended_at", "down_min", "counted", "still_on", "evidence", "cause",
    "ticket_id", "user_hours_lost", "user_cost",
]
_MAINTENANCE = [
    "service", "started_at", "ended_at", "announced_at", "announced_by", "notice_hours",
    "scheduled_min", "counted_min", "refused_min", "down_min", "status", "why", "source",
]
# fmt: on

#: Types of columns by name or last word; all else is text.
_TYPES = {
    **dict.fromkeys(("min", "ratio", "hours", "lost", "cost", "users", "short"), "float64"),
    **dict.fromkeys(("outages", "checks", "readings", "met", "missed"), "Int64"),
    **dict.fromkeys(("own", "counted", "still_on", "in_contract"), "bool"),
    "at": "datetime64[us, UTC]",
}


@dataclass(frozen=True)
class Analysis:
    """Everything about the availability of a period, from one line a service.

    `services`: as `service_levels` gives them. `rules`: every service level under all 48 readings, and the contract's
    own where it is none of them (rule 11), one row per service and reading: service, rule (its name),
    availability_ratio, verdict, own (the contract's), the four parts (`short` in seconds) and outages. `robustness`:
    as the function of that name gives it.

    `outages`: every outage by the contract's own reading, each maximal run of down service time (rules 10, 39), one
    row per run, by service and time: started_at, ended_at (clipped to the period), down_min (service minutes),
    counted (at least outage_min), still_on (lasts at the cut-off), evidence (provider: a row of the outage log covers
    some of it; probe: a check says so; both), cause and ticket_id of the rows that touch it, user_hours_lost and
    user_cost (null without users or cost in the contract).

    `maintenance`: every declared maintenance of the period, by whom, when, and whether it counts (rule 8), one row per
    maintenance row of the log, not clipped, and per span in which only checks report maintenance (`source` outages or
    checks): notice_hours (null: not announced), scheduled_min (its service time in the period), counted_min,
    refused_min, down_min (what the own reading made of it), status (counted, partly, refused, or outside service
    time) and why it was refused.
    """

    services: pd.DataFrame
    rules: pd.DataFrame
    robustness: pd.DataFrame
    outages: pd.DataFrame
    maintenance: pd.DataFrame

    def figures(self) -> list[Figure]:
        """The figures of the report, as `figures_of` gives them."""
        return figures_of(self.services, self.robustness)

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page, by the names of docs/records.md."""
        return {
            "services": self.services,
            "outages": self.outages,
            "maintenance": self.maintenance,
            "rules": self.rules,
            "robustness": self.robustness,
        }


def analyse(case: Case) -> Analysis:
    """Everything about the availability of a period; reads outages and checks. Raises as `service_levels`.

    Source: rules 4-11, 39, 40.
    """
    outside = as_strategy(case.strategy).outside.services
    month = _ServiceMonth.of(case.agreed, case.start, case.end, outside)
    lines = list(_timelines(case.table("outages"), case.table("checks"), month))
    rules = _typed_rows([row for line in lines for row in _readings_of(line, month)], _RULES)
    return Analysis(
        services=_services(lines, month),
        rules=rules,
        robustness=robustness(rules),
        outages=_stack([_outages_of(line, month) for line in lines], _OUTAGES),
        maintenance=_stack([_maintenance_of(line, month) for line in lines], _MAINTENANCE),
    )


def service_levels(
    outages: pd.DataFrame | None,
    checks: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    start: datetime,
    end: datetime,
) -> pd.DataFrame:
    """The service level of every service by the contract's own reading (rules 4-10, 39).

    Parameters: `outages` and `checks` are the canonical tables with their look-back, None where no file was
    supplied (an empty frame is a file that was read); `contract` a model or a dict like contract.yaml, of which
    the version in force on the first local day counts; `[start, end)` the period, timezone-aware.

    Returns: one row per service of the contract, in its order, then services that only the data name (calendar
    `always`, no target). Durations [min] split the scheduled time into up, down, excluded and unknown; `unknown`
    is what was measured also where the reading counts it as up or down. `outages`, `mttr_min` and `mtbf_min` count
    runs of at least outage_min, `longest_outage_min` and `user_hours_lost` every run. `budget_left_min`, `mtbf_min` and
    `mttr_min` are of known time. `missed_by` is ratio, outages or both. `evidence` is provider, probe or both;
    `probed_min` is the time for which a check speaks. `unsmoothed_ratio` is the ratio without rule 9, where the
    contract uses it.

    Raises: ValueError for naive instants, unknown states and reversed intervals; ArithmeticError where up + down
    + excluded + unknown is not the scheduled time to the microsecond (rule 5).

    Edge cases decided: no scheduled time, all of it excluded, no source, or nothing known: the ratio is null with
    `why_missing` and the verdict no_data; low, high and coverage are given wherever time is left to judge.

    >>> log = pd.DataFrame({"service": ["email"], "state": ["down"],
    ...     "started_at": pd.to_datetime(["2026-10-05 08:00Z"]), "ended_at": pd.to_datetime(["2026-10-05 09:00Z"])})
    >>> agreed = {"services": [{"name": "email", "availability_ratio": 0.999}]}
    >>> levels = service_levels(log, None, agreed, pd.Timestamp("2026-10-01", tz="UTC"),
    ...     pd.Timestamp("2026-11-01", tz="UTC"))
    >>> levels[["service", "down_min", "availability_ratio", "verdict"]].to_dict("records")
    [{'service': 'email', 'down_min': 60.0, 'availability_ratio': 0.9986559139784946, 'verdict': 'missed'}]
    """
    month = _ServiceMonth.of(contract, start, end)
    return _services(_timelines(outages, checks, month), month)


def robustness(rules: pd.DataFrame) -> pd.DataFrame:
    """How far each verdict hangs on the accounting rule (rule 11).

    Parameters: `rules` as `Analysis` describes them.

    Returns: one row per service: `robust` is pass (all readings meet), fail (all miss) or fragile; null without
    data or target. `flipped_by` is the first part, in the order maintenance, unknown, degraded, short, whose
    change alone gives another verdict than the contract's own reading; where it takes several, they are joined
    with "and". `rule`, `availability_ratio` and `verdict` are that reading's. `readings`, `met`, `missed` count.
    """
    rows = [_robust(name, group) for name, group in rules.groupby("service", sort=False)]
    return _typed_rows(rows, _ROBUSTNESS)


def figures_of(services: pd.DataFrame, robust: pd.DataFrame | None = None) -> list[Figure]:
    """The figures of some service levels.

    Parameters: `services` from `service_levels`; `robust` from `robustness`, None where it was not asked.

    Returns: one Figure per service and measure: availability.ratio (its verdict is that of both tests),
    .budget_left, .mttr and .mtbf [min], .outages [count, target = max_outages], .user_hours_lost [hours] and
    .user_cost. A missing value says why.
    """
    marks = {} if robust is None else dict(zip(robust["service"], robust["robust"], strict=True))
    return [
        figure
        for row in plain_rows(services)
        for figure in _figures_of_service(row, marks.get(row["service"]))
    ]


# ---------------------------------------------------------------- spans


def _length_before(spans: Spans, at: Any) -> np.ndarray:
    """How much of disjoint, ascending spans lies before each position: the one function of rule 2."""
    begins, ends = spans.T
    sums = np.concatenate([[0], np.cumsum(ends - begins)])
    started = np.searchsorted(begins, at, side="right")
    if not len(spans):
        return sums[started]
    left = np.clip(ends[started - 1] - at, 0, None)
    return sums[started] - np.where(started > 0, left, 0)


def _covers(spans: Spans, at: np.ndarray) -> np.ndarray:
    """Whether any span holds each position; spans may overlap."""
    begun = np.searchsorted(np.sort(spans[:, 0]), at, side="right")
    return begun > np.searchsorted(np.sort(spans[:, 1]), at, side="right")


def _where(edges: np.ndarray, mask: np.ndarray) -> Spans:
    """The spans of segments marked true, adjacent ones joined."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return edges[steps].reshape(-1, 2)


def _union(*spans: Spans) -> Spans:
    """Disjoint, ascending spans that hold what any of the given ones holds."""
    every = np.concatenate(spans)
    edges = np.unique(every)
    return _where(edges, _covers(every, edges[:-1]))


def _merge(edges: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Neighbours of the same state as one segment."""
    if not len(states):
        return edges, states
    new = states[1:] != states[:-1]
    return edges[np.concatenate([[True], new, [True]])], states[np.concatenate([[True], new])]


def _smooth(edges: np.ndarray, states: np.ndarray, limit: int) -> tuple[np.ndarray, np.ndarray]:
    """Short spans between two of the same state take that state, shortest first, ties earliest (rule 9).

    A span shorter than both neighbours comes before anything that could change them, because what grows
    together is longer than its parts; so all such spans are taken at once with the result of one at a time.
    """
    edges, states = _merge(edges, states)
    while limit > 0 and len(states) > 2:
        length = np.diff(edges)
        short = np.zeros(len(states), bool)
        short[1:-1] = (length[1:-1] <= limit) & (states[:-2] == states[2:])
        if not short.any():
            break
        taken = short.copy()
        taken[1:-1] &= (length[1:-1] < length[:-2]) & (length[1:-1] <= length[2:])
        if not taken.any():  # every one has a shorter neighbour that stays: the very shortest are next
            taken = short & (length == length[short].min())
            taken[1:] &= ~taken[:-1]
        edges, states = _merge(edges, np.where(taken, np.roll(states, 1), states))
    return edges, states


@dataclass(frozen=True)
class _Axis:
    """The service time of the period, laid end to end."""

    windows: Spans

    @classmethod
    def of(cls, clock: Clock, start: pd.Timestamp, end: pd.Timestamp) -> _Axis:
        windows = clock.windows(start, end)
        return cls(np.column_stack([_microseconds(windows[name]) for name in ("start", "end")]))

    @cached_property
    def total(self) -> int:
        return int((self.windows[:, 1] - self.windows[:, 0]).sum())

    def spans(self, instants: Spans) -> Spans:
        """Spans of instants on the axis; what lies outside service time is empty."""
        return _length_before(self.windows, instants)

    def instants(self, spans: Spans) -> Spans:
        """When non-empty spans of the axis begin and end: at an opening, at a closing."""
        offsets = np.concatenate([[0], np.cumsum(self.windows[:, 1] - self.windows[:, 0])])
        first = np.searchsorted(offsets, spans[:, 0], side="right") - 1
        last = np.searchsorted(offsets, spans[:, 1], side="left") - 1
        return np.column_stack(
            [
                self.windows[first, 0] + spans[:, 0] - offsets[first],
                self.windows[last, 0] + spans[:, 1] - offsets[last],
            ]
        )


# ---------------------------------------------------------------- what the sources say


@dataclass(frozen=True)
class _ServiceMonth:
    """The period and what was agreed for it (rule 10: in force on its first day)."""

    contract: Contract
    start: pd.Timestamp
    end: pd.Timestamp
    outside: tuple[str, ...] = ()
    """Services that are known and none of this contract's."""

    @classmethod
    def of(
        cls,
        contract: Contract | Mapping[str, Any],
        start: datetime,
        end: datetime,
        outside: tuple[str, ...] = (),
    ) -> _ServiceMonth:
        first, last = bounds(start, end)
        return cls(as_contract(contract).on(first), first, last, outside)

    @property
    def accounting(self) -> Accounting:
        return self.contract.accounting

    @cached_property
    def own(self) -> Reading:
        return Reading.of(self.accounting)

    @property
    def first(self) -> int:
        """The first instant [us]."""
        return self.start.value // 1000

    @property
    def cutoff(self) -> int:
        """The instant at which facts end (rule 0) [us]."""
        return self.end.value // 1000

    @cached_property
    def month_starts(self) -> np.ndarray:
        """The first instants of the civil months that begin inside the period [us]."""
        zone = self.contract.client.timezone
        month = Month.of(self.start.tz_convert(zone).date())
        starts = []
        while (begin := midnight((month := month.shift(1)).first_on, zone)) < self.end:
            starts.append(begin)
        return _microseconds(pd.Series(starts, dtype="datetime64[us, UTC]"))

    @cached_property
    def maintenance_windows(self) -> Spans | None:
        """The agreed maintenance windows as instants, None where none are agreed."""
        windows = self.accounting.maintenance_windows
        if windows is None or isinstance(windows, str):
            return None if windows is None else self.axis(windows).windows
        calendar = windows if isinstance(windows, Calendar) else Calendar(hours=windows)
        clock = Clock(calendar.model_dump(exclude_none=True), self.contract.client.timezone)
        return _Axis.of(clock, self.start, self.end).windows

    def axis(self, calendar: str) -> _Axis:
        """The service axis of a calendar, made once."""
        if calendar not in self._axes:
            self._axes[calendar] = _Axis.of(self.contract.clock(calendar), self.start, self.end)
        return self._axes[calendar]

    @cached_property
    def _axes(self) -> dict[str, _Axis]:
        return {}


def _microseconds(values: pd.Series, name: str = "times") -> np.ndarray:
    """Instants as integer microseconds of UTC; missing ones are the smallest integer."""
    return micros(values, name).fillna(_MISSING).to_numpy(np.int64)


def _states(frame: pd.DataFrame, table: str) -> np.ndarray:
    codes = pd.Categorical(frame["state"], categories=STATES).codes
    if (codes < 0).any():
        wrong = frame["state"][codes < 0].iloc[0]
        raise ValueError(f"{table}.state: {wrong!r} is not one of {', '.join(STATES)}")
    return codes.astype(np.int8)


def _log(outages: pd.DataFrame, month: _ServiceMonth) -> pd.DataFrame:
    """Outage rows that began before the cut-off: begin, end, announced [us], state code, words."""
    log = pd.DataFrame(
        {
            "service": outages["service"].to_numpy(),
            "begin": _microseconds(outages["started_at"], "outages.started_at"),
            "end": _microseconds(optional(outages, "ended_at", "datetime64[us, UTC]"), "outages.ended_at"),
            "state": _states(outages, "outages"),
            "announced": _microseconds(
                optional(outages, "announced_at", "datetime64[us, UTC]"), "outages.announced_at"
            ),
            **{
                name: optional(outages, name, "str").to_numpy()
                for name in ("announced_by", "cause", "ticket_id")
            },
        }
    )
    _require_service_and_time(log, "outages", "begin")
    backwards = log[(log["end"] != _MISSING) & (log["end"] < log["begin"])]
    if len(backwards):
        ends, begins = _utc(backwards["end"])[0], _utc(backwards["begin"])[0]
        name = backwards["service"].iloc[0]
        raise ValueError(f"outages: {name} ends at {ends}, before it starts at {begins}: reject the row")
    log["still_on"] = log["end"] == _MISSING
    log["end"] = log["end"].where(~log["still_on"], month.cutoff)
    return log[log["begin"] < month.cutoff]


def _holds(checks: pd.DataFrame, month: _ServiceMonth) -> pd.DataFrame:
    """Checks before the cut-off: at, until when each holds by itself [us], state code (rule 7)."""
    at = _microseconds(checks["at"], "checks.at")
    gap = pd.to_numeric(optional(checks, "max_gap_s", "float64")).astype("float64")
    gap = gap.fillna(month.accounting.max_gap_s).to_numpy()
    if (gap < 0).any():
        raise ValueError("checks.max_gap_s is negative: a state cannot hold for less than no time")
    lasting = optional(checks, "changes_only", "boolean").astype("boolean").fillna(False).to_numpy(bool)
    holds = pd.DataFrame(
        {
            "service": checks["service"].to_numpy(),
            "at": at,
            "until": np.where(
                lasting,
                at + LONGEST_STATE,
                at + np.minimum(gap * SECOND, _FOREVER / 2).round().astype(np.int64),
            ),
            "state": _states(checks, "checks"),
        }
    )
    _require_service_and_time(holds, "checks", "at")
    return holds[holds["at"] < month.cutoff]


def _require_service_and_time(rows: pd.DataFrame, table: str, instant: str) -> None:
    missing = rows["service"].isna() | (rows[instant] == _MISSING)
    if missing.any():
        raise ValueError(
            f"{table}: {int(missing.sum())} rows lack a service or their time: reject them first"
        )


def _probed(holds: pd.DataFrame) -> dict[int, Spans]:
    """What the checks of one service say: spans of instants by state, touching ones joined."""
    at, until, state = (holds[name].to_numpy() for name in ("at", "until", "state"))
    order = np.lexsort((until, -state, at))  # of checks at one instant the worst comes last and holds
    at, until, state = at[order], until[order], state[order]
    until = np.minimum(until, np.append(at[1:], _FOREVER))
    kept = at < until
    at, until, state = at[kept], until[kept], state[kept]
    new = np.concatenate([[True], (state[1:] != state[:-1]) | (at[1:] != until[:-1])])[: len(at)]
    last = np.append(new[1:], True)[: len(at)]
    spans, state = np.column_stack([at[new], until[last]]), state[new]
    return {code: spans[state == code] for code in range(len(STATES))}


# ---------------------------------------------------------------- one service's time


@dataclass(frozen=True)
class _Result:
    """One reading of one service [us]."""

    agreed: Service
    reading: Reading
    up: int
    down: int
    excluded: int
    unknown: int
    runs: Spans
    """Every down run on the axis."""
    outages: np.ndarray
    """Lengths of the runs of at least outage_min."""
    outages_for_certain: int
    unsure: str | None = None
    """Why what is met may not be: a strange name that may mean the service."""

    @property
    def known(self) -> int:
        return self.up + self.down

    @property
    def judged(self) -> int:
        return self.known + self.unknown

    @property
    def ratio(self) -> float | None:
        up, base = {
            "exclude": (self.up, self.known),
            "up": (self.up + self.unknown, self.judged),
            "down": (self.up, self.judged),
        }[self.reading.unknown]
        return up / base if self.known else None

    @property
    def low(self) -> float | None:
        return self.up / self.judged if self.judged else None

    @property
    def high(self) -> float | None:
        return (self.up + self.unknown) / self.judged if self.judged else None

    @property
    def coverage(self) -> float | None:
        return self.known / self.judged if self.judged else None

    @cached_property
    def tests(self) -> tuple[str, str]:
        """The verdicts of the two tests of rule 10, ratio and outages; no_target where none is agreed."""
        target, most = self.agreed.availability_ratio, self.agreed.max_outages
        bounds = (self.low, self.high) if self.reading.unknown == "exclude" else ()
        ratio = judge(self.ratio, target, "higher", *bounds)
        return ratio, judge(len(self.outages) if self.known else None, most, "lower")

    @property
    def verdict(self) -> str:
        """Both tests together: a ratio that unknown time leaves open is missed only by certain outages."""
        ratio, outages = self.tests
        if ratio == "no_verdict":
            most = self.agreed.max_outages
            return "missed" if most is not None and self.outages_for_certain > most else "no_verdict"
        found = next(v for v in ("no_data", "missed", "met", "no_target") if v in (ratio, outages))
        return "no_verdict" if found == "met" and self.unsure else found

    @property
    def missed_by(self) -> str | None:
        missed = [
            name
            for name, test in zip(("ratio", "outages"), self.tests, strict=True)
            if test == "missed" and self.verdict == "missed"
        ]
        return "both" if len(missed) == 2 else (missed or [None])[0]


@dataclass(frozen=True)
class _Timeline:
    """One service's period: the state of every segment of its axis, before any reading."""

    agreed: Service
    in_contract: bool
    axis: _Axis
    log: pd.DataFrame
    logged: Spans
    """The log's rows on the axis, in its order."""
    probed: dict[int, Spans]
    checks: int
    evidence: str | None
    accepted: Spans
    edges: np.ndarray
    observed: np.ndarray
    """The state found, refused maintenance included."""
    maintenance: np.ndarray
    """Whether accepted maintenance covers the segment."""
    refused: np.ndarray
    unsure: str | None

    def length(self, mask: np.ndarray) -> int:
        return int(np.diff(self.edges)[mask].sum())

    @cached_property
    def _results(self) -> dict[Reading, _Result]:
        return {}

    def result(self, reading: Reading) -> _Result:
        """One reading; the three readings of unknown share one evaluation."""
        key = replace(reading, unknown="")
        if key not in self._results:
            self._results[key] = self._evaluate(key)
        return replace(self._results[key], reading=reading)

    def _evaluate(self, reading: Reading) -> _Result:
        states = self.observed.copy()
        if reading.maintenance != "observed":
            counted = {"exclude": MAINTENANCE, "up": UP, "down": DOWN}[reading.maintenance]
            states[self.maintenance] = counted
        states[states == DEGRADED] = {"up": UP, "down": DOWN}[reading.degraded]
        edges, states = _smooth(self.edges, states, round(reading.short_s * SECOND))
        length = np.diff(edges)
        down = states == DOWN
        counted = down & (length >= round(self.agreed.outage_min * MINUTE))
        stretch = np.cumsum((states == UP) | (states == MAINTENANCE))  # unknown time joins, known time parts
        result = _Result(
            agreed=self.agreed,
            reading=reading,
            up=int(length[states == UP].sum()),
            down=int(length[down].sum()),
            excluded=int(length[states == MAINTENANCE].sum()),
            unknown=int(length[states == UNKNOWN].sum()),
            runs=np.column_stack([edges[:-1][down], edges[1:][down]]),
            outages=length[counted],
            outages_for_certain=len(np.unique(stretch[counted])),
            unsure=self.unsure,
        )
        if (found := result.judged + result.excluded) != self.axis.total:
            raise ArithmeticError(
                f"{self.agreed.name}: up + down + excluded + unknown is {found} us, "
                f"scheduled are {self.axis.total} us, by {reading}"
            )
        return result


def _timelines(
    outages: pd.DataFrame | None, checks: pd.DataFrame | None, month: _ServiceMonth
) -> Iterator[_Timeline]:
    """The timeline of every service of the contract, then of those that only the data name."""
    no_rows = pd.DataFrame(columns=["service", "started_at", "state"])
    log = _log(no_rows if outages is None else outages, month)
    holds = _holds(pd.DataFrame(columns=["service", "at", "state"]) if checks is None else checks, month)
    services = {service.name: service for service in month.contract.services}
    log["service"] = spelled(log["service"], [*services, *month.outside])
    holds["service"] = spelled(holds["service"], [*services, *month.outside, *log["service"].unique()])
    logs, probes = (dict(iter(rows.groupby("service", sort=False))) for rows in (log, holds))
    speaking = {name for name, rows in logs.items() if (rows["end"] > month.first).any()}
    speaking |= {name for name, rows in probes.items() if (rows["until"] > month.first).any()}
    strange = _strange(log[log["end"] > month.first], services, month)
    strange |= _strange(holds[holds["until"] > month.first], services, month)
    for name in [*services, *sorted(speaking - set(services))]:
        yield _timeline(
            services.get(name) or Service(name=name),
            name in services,
            logs.get(name, log.iloc[:0]),
            probes.get(name, holds.iloc[:0]),
            outages is not None,
            month,
            unsure_whose(strange.get(name, ())),
        )


def _strange(rows: pd.DataFrame, services: Iterable[str], month: _ServiceMonth) -> dict[str, tuple[str, ...]]:
    """By service of the contract, the names in rows of one source that nobody agreed and that may mean it."""
    named = set(rows["service"])
    silent = [name for name in services if name not in named]
    return mistaken(named - set(services) - set(month.outside), silent, named & set(services))


def _timeline(
    agreed: Service,
    in_contract: bool,
    log: pd.DataFrame,
    holds: pd.DataFrame,
    log_was_read: bool,
    month: _ServiceMonth,
    unsure: str | None,
) -> _Timeline:
    """Lay everything said of one service on its axis (rules 4, 7, 8)."""
    axis = month.axis(agreed.calendar)
    log = log.sort_values(["begin", "end", "state"], kind="stable").reset_index(drop=True)
    logged = axis.spans(log[["begin", "end"]].to_numpy(np.int64))
    probed = {state: axis.spans(spans) for state, spans in _probed(holds).items()}
    code = log["state"].to_numpy()
    said = {state: np.concatenate([logged[code == state], spans]) for state, spans in probed.items()}
    accepted = _accepted(log[code == MAINTENANCE], logged[code == MAINTENANCE], axis, month)
    edges = np.unique(
        np.concatenate([accepted.ravel(), *(spans.ravel() for spans in said.values()), [0, axis.total]])
    )
    at = edges[:-1]
    down, degraded, up = (_covers(said[state], at) for state in (DOWN, DEGRADED, UP))
    maintenance = _covers(accepted, at)
    refused = _covers(said[MAINTENANCE], at) & ~maintenance
    down = down | (refused & ~degraded & ~up)
    if log_was_read and holds.empty:
        up = up | ~_covers(said[UNKNOWN], at)
    return _Timeline(
        agreed=agreed,
        in_contract=in_contract,
        axis=axis,
        log=log,
        logged=logged,
        probed=probed,
        checks=int((holds["at"] >= month.first).sum()),
        evidence=_EVIDENCE[log_was_read, not holds.empty],
        accepted=accepted,
        edges=edges,
        observed=np.select([down, degraded, up], [DOWN, DEGRADED, UP], UNKNOWN),
        maintenance=maintenance,
        refused=refused,
        unsure=unsure,
    )


#: Whose word it is, by whether the provider's log was read and whether checks watch the service (rule 40).
_EVIDENCE = {(True, True): "both", (True, False): "provider", (False, True): "probe", (False, False): None}


def _accepted(rows: pd.DataFrame, spans: Spans, axis: _Axis, month: _ServiceMonth) -> Spans:
    """The maintenance that counts: announced in time, inside agreed windows, under the cap (rule 8)."""
    agreed = _agreed_windows(axis, month)
    months = _length_before(axis.windows, month.month_starts)
    spans = spans[_in_time(rows, month)]
    edges = np.unique(np.concatenate([spans.ravel(), agreed.ravel(), months, [0, axis.total]]))
    inside = _covers(spans, edges[:-1]) & _covers(agreed, edges[:-1])
    if month.accounting.maintenance_cap_min is None:
        return _where(edges, inside)
    begins, length = edges[:-1][inside], np.diff(edges)[inside]
    used = np.cumsum(length) - length
    of_month = np.searchsorted(months, begins, side="right")
    used -= used[np.searchsorted(of_month, of_month)]
    left = round(month.accounting.maintenance_cap_min * MINUTE) - used
    return _union(np.column_stack([begins, begins + np.clip(left, 0, length)]))


def _in_time(rows: pd.DataFrame, month: _ServiceMonth) -> np.ndarray:
    """Whether each maintenance row was announced long enough before its start."""
    latest = rows["begin"] - round(month.accounting.notice_hours * HOUR)
    return ((rows["announced"] != _MISSING) & (rows["announced"] <= latest)).to_numpy()


def _agreed_windows(axis: _Axis, month: _ServiceMonth) -> Spans:
    """Where maintenance may lie; everywhere if no windows are agreed."""
    if month.maintenance_windows is None:
        return np.array([[0, axis.total]])
    return axis.spans(month.maintenance_windows)


# ---------------------------------------------------------------- rows of the records


def _services(lines: Iterable[_Timeline], month: _ServiceMonth) -> pd.DataFrame:
    return _typed_rows([_level(line, month) for line in lines], _LEVELS)


def _readings_of(line: _Timeline, month: _ServiceMonth) -> Iterator[dict[str, Any]]:
    """One service under every reading."""
    for reading in READINGS if month.own in READINGS else (*READINGS, month.own):
        result = line.result(reading)
        yield {
            "service": line.agreed.name,
            "rule": str(reading),
            "availability_ratio": result.ratio,
            "verdict": result.verdict,
            "own": reading == month.own,
            "maintenance": reading.maintenance,
            "unknown": reading.unknown,
            "degraded": reading.degraded,
            "short": reading.short_s,
            "outages": len(result.outages) if result.known else None,
        }


def _level(line: _Timeline, month: _ServiceMonth) -> dict[str, Any]:
    own, agreed = month.own, line.agreed
    result = line.result(own)
    failures = len(result.outages) if result.known else None
    target = agreed.availability_ratio
    hours = result.down / HOUR * agreed.users if result.known and agreed.users is not None else None
    cost = agreed.user_hourly_cost
    probed = _union(*(line.probed[state] for state in (UP, DOWN, DEGRADED)))
    return {
        "service": agreed.name,
        "calendar": agreed.calendar,
        "scheduled_min": line.axis.total / MINUTE,
        "excluded_min": result.excluded / MINUTE,
        "unknown_min": result.unknown / MINUTE,
        "down_min": result.down / MINUTE,
        "up_min": result.up / MINUTE,
        "availability_ratio": result.ratio,
        "low_ratio": result.low,
        "high_ratio": result.high,
        "target_ratio": target,
        "outages": failures,
        "max_outages": agreed.max_outages,
        "longest_outage_min": np.diff(result.runs).max() / MINUTE if len(result.runs) else None,
        "mttr_min": result.outages.sum() / failures / MINUTE if failures else None,
        "mtbf_min": result.up / failures / MINUTE if failures else None,
        # (up + down) x (1 - target) - down, written so that a ratio on its target leaves exactly nothing
        "budget_left_min": round(result.up - result.known * target) / MINUTE
        if result.known and target is not None
        else None,
        "coverage_ratio": result.coverage,
        "verdict": result.verdict,
        "missed_by": result.missed_by,
        "why_missing": _why_missing(line, result),
        "reading": str(own),
        "unsmoothed_ratio": line.result(replace(own, short_s=0.0)).ratio if own.short_s else None,
        "maintenance_min": line.length(line.maintenance) / MINUTE,
        "refused_min": line.length(line.refused) / MINUTE,
        "degraded_min": line.length((line.observed == DEGRADED) & ~line.maintenance) / MINUTE,
        "probed_min": (probed[:, 1] - probed[:, 0]).sum() / MINUTE,
        "checks": line.checks,
        "evidence": line.evidence,
        "users": agreed.users,
        "user_hours_lost": hours,
        "user_cost": hours * cost if hours is not None and cost is not None else None,
        "in_contract": line.in_contract,
        "clause": agreed.clause,
    }


def _why_missing(line: _Timeline, result: _Result) -> str | None:
    """Why there is no ratio, None where there is one."""
    if result.known:
        return line.unsure if result.verdict == "no_verdict" else None
    if not line.axis.total:
        return "no service time in the period"
    if line.evidence is None:
        return "no outage log was supplied and no check watches the service"
    if not result.judged:
        return "all service time was excluded as maintenance"
    return "no source says anything of its service time"


def _robust(name: str, group: pd.DataFrame) -> dict[str, Any]:
    own = group.loc[group["own"]].iloc[0]
    verdicts = group["verdict"]
    judged = own["verdict"] not in ("no_data", "no_target") and verdicts.isin(["met", "missed"]).any()
    row = {
        "service": name,
        "robust": None,
        "readings": len(group),
        "met": int((verdicts == "met").sum()),
        "missed": int((verdicts == "missed").sum()),
    }
    if not judged:
        return row
    whole = {"met": "pass", "missed": "fail"}.get(own["verdict"])
    row["robust"] = whole if whole and (verdicts == own["verdict"]).all() else "fragile"
    changed = np.column_stack([group[part] != own[part] for part in PARTS])
    order = changed.sum(axis=1) * 2 ** len(PARTS) + changed @ (2 ** np.arange(len(PARTS)))
    other = (verdicts != own["verdict"]).to_numpy()
    if other.any():
        nearest = int(np.argmin(np.where(other, order, order.max() + 1)))
        row["flipped_by"] = " and ".join(np.array(PARTS)[changed[nearest]])
        row |= {part: group.iloc[nearest][part] for part in ("rule", "availability_ratio", "verdict")}
    return row


def _outages_of(line: _Timeline, month: _ServiceMonth) -> pd.DataFrame:
    runs = line.result(month.own).runs
    minutes = (runs[:, 1] - runs[:, 0]) / MINUTE
    instants = line.axis.instants(runs)
    rows = pd.DataFrame({"service": line.agreed.name, "down_min": minutes})
    rows["started_at"], rows["ended_at"] = (_utc(instants[:, side]) for side in (0, 1))
    rows["counted"] = minutes >= line.agreed.outage_min
    rows["still_on"] = runs[:, 1] == line.axis.total
    speaks = (line.log["state"] != UNKNOWN).to_numpy()
    by_log = _union(line.logged[speaks])
    by_probe = _union(*(line.probed[state] for state in (MAINTENANCE, DOWN, DEGRADED)))
    in_log, in_probe = (
        np.diff(_length_before(spans, runs), axis=1).ravel() > 0 for spans in (by_log, by_probe)
    )
    rows["evidence"] = np.select([in_log & in_probe, in_log], ["both", "provider"], "probe")
    for word in ("cause", "ticket_id"):
        rows[word] = _words(line.log[word][speaks], line.logged[speaks], runs)
    users, cost = line.agreed.users, line.agreed.user_hourly_cost
    rows["user_hours_lost"] = np.nan if users is None else minutes * users / 60
    rows["user_cost"] = rows["user_hours_lost"] * (np.nan if cost is None else cost)
    return rows


def _words(words: pd.Series, spans: Spans, runs: Spans) -> pd.Series:
    """What the rows that touch each run say, each text once, in the order of the log."""
    first = np.searchsorted(runs[:, 1], spans[:, 0], side="right")
    count = np.clip(np.searchsorted(runs[:, 0], spans[:, 1], side="left") - first, 0, None)
    count[spans[:, 0] == spans[:, 1]] = 0
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    touched = pd.DataFrame(
        {"run": np.repeat(first, count) + step, "word": np.repeat(words.to_numpy(), count)}
    )
    joined = touched.dropna().drop_duplicates().groupby("run")["word"].agg("; ".join)
    return joined.reindex(range(len(runs)))


def _maintenance_of(line: _Timeline, month: _ServiceMonth) -> pd.DataFrame:
    """Maintenance rows of the log that reach into the period, then what only checks call maintenance."""
    is_row = ((line.log["state"] == MAINTENANCE) & (line.log["end"] > month.first)).to_numpy()
    log, spans = line.log[is_row], line.logged[is_row]
    rows = pd.DataFrame(
        {
            "started_at": _utc(log["begin"]),
            "ended_at": _utc(log["end"].where(~log["still_on"], _MISSING)),
            "announced_at": _utc(log["announced"]),
            "announced_by": log["announced_by"],
            "notice_hours": (log["begin"] - log["announced"]).where(log["announced"] != _MISSING) / HOUR,
            "source": "outages",
        }
    )
    in_time = _in_time(log, month)
    alone = _less(_union(line.probed[MAINTENANCE]), _union(spans))
    instants = line.axis.instants(alone)
    seen = {"started_at": _utc(instants[:, 0]), "ended_at": _utc(instants[:, 1]), "source": "checks"}
    rows = pd.concat([rows, pd.DataFrame(seen)], ignore_index=True)
    spans = np.concatenate([spans, alone])
    rows["service"] = line.agreed.name

    def minutes(part: Spans) -> np.ndarray:
        return np.diff(_length_before(part, spans), axis=1).ravel() / MINUTE

    scheduled, counted = minutes(np.array([[0, line.axis.total]])), minutes(line.accepted)
    windowed = minutes(_union(_agreed_windows(line.axis, month)))
    refused = scheduled - counted
    rows["scheduled_min"], rows["counted_min"], rows["refused_min"] = scheduled, counted, refused
    rows["down_min"] = minutes(line.result(month.own).runs)
    rows["status"] = np.select(
        [scheduled == 0, refused == 0, counted == 0], ["outside service time", "counted", "refused"], "partly"
    )
    announced = rows["announced_at"].notna().to_numpy()
    agreed = month.accounting.notice_hours
    outside = "outside the agreed windows"
    rows["why"] = np.select(
        [
            refused == 0,
            ~announced,
            ~np.append(in_time, np.zeros(len(alone), bool)),
            windowed < scheduled,
        ],
        [
            None,
            "not announced",
            f"announced less than {agreed:g} hours before",
            np.where(windowed > counted, outside + " and over the monthly cap", outside),
        ],
        "over the monthly cap",
    )
    return rows


def _less(spans: Spans, taken: Spans) -> Spans:
    """What is left of disjoint spans when others are taken out."""
    edges = np.unique(np.concatenate([spans, taken]))
    return _where(edges, _covers(spans, edges[:-1]) & ~_covers(taken, edges[:-1]))


#: Measure, its column, and why it is missing though there are data.
_FIGURES = (
    ("ratio", "availability_ratio", None),
    ("budget_left", "budget_left_min", "no availability is agreed"),
    ("outages", "outages", None),
    ("mttr", "mttr_min", "none observed"),
    ("mtbf", "mtbf_min", "none observed"),
    ("user_hours_lost", "user_hours_lost", "the contract names no users"),
    ("user_cost", "user_cost", "the contract names no cost of a user's hour"),
)


def _figures_of_service(row: dict[str, Any], robust: str | None) -> list[Figure]:
    """The figures of one service from its row."""
    judged = {
        "ratio": {
            "n": row["checks"] or None,
            "low": row["low_ratio"],
            "high": row["high_ratio"],
            "target": row["target_ratio"],
            "verdict": row["verdict"],
            "robust": robust,
        },
        "outages": {
            "target": row["max_outages"],
            "verdict": judge(row["outages"], row["max_outages"], "lower"),
        },
    }
    return [
        Figure(
            measure=f"availability.{name}",
            subject=row["service"],
            value=row[column],
            coverage=row["coverage_ratio"],
            clause=row["clause"],
            why_missing=(row["why_missing"] if name == "ratio" else None)
            if row[column] is not None
            else row["why_missing"] or reason,
            **{"n": row["outages"]} | judged.get(name, {}),
        )
        for name, column, reason in _FIGURES
    ]


# ---------------------------------------------------------------- frames


def _utc(micros: Any) -> pd.DatetimeIndex:
    """Integer microseconds as instants of UTC; the smallest integer is NaT."""
    return pd.DatetimeIndex(np.asarray(micros, np.int64).view("datetime64[us]")).tz_localize("UTC")


def _typed_rows(rows: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    """Rows as a frame with exactly these columns, typed."""
    return _as_columns(pd.DataFrame(rows, columns=columns), columns)


def _stack(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Frames below each other with exactly these columns, typed."""
    return pd.concat(
        [_typed_rows([], columns), *(_as_columns(frame, columns) for frame in frames)], ignore_index=True
    )


def _as_columns(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    types = {name: _TYPES.get(name, _TYPES.get(name.rpartition("_")[2], "str")) for name in columns}
    return frame.reindex(columns=columns).astype(types)
