"""How full is what matters, and when is it full (rules 22 and 23).

Samples are aggregated where they lie, by DuckDB: a frame, or Parquet files too big to load. What comes out, one
row per resource and metric and one per local day, is small, and all else is computed from it.

Decided here, where the rules leave room:

- Resources and metrics join by the normal form of their names (rule 44).
- A value that is missing, NaN or infinite is no sample: it is a gap and lowers the coverage. Nor is a negative one,
  unless `least` of the resource is below 0; those are listed.
- Coverage is samples / expected, expected being the period / the interval: `every_s`, else the median interval, or the
  usual one of the days before where that was clearly shorter (every second sample left out is a gap), and never longer
  than an hour. Over 1 counts as 1. Where more samples than fit lie close together they stand for their time alone: what
  is silent for longer than one and a half intervals is not covered by them.
- Missing is what the coverage lacks, at least the rejected rows that may be of the resource (rule 42). A resource
  without samples has a coverage of 0. Samples from where the source's reach ends on do not exist (rule 41).
- What is missing may have been as low as `least`, else 0, for nothing below is a reading; and as high as `greatest`,
  else anything. A sample beyond the declared range widens it. `high` is missing where nothing bounds it.
- Doubted, and without a verdict (rules 22 and 46): values that are all above 1.5 times the capacity, unless `greatest`
  says that the resource shows that much; with a capacity of 100 per cent none above 1.5 (0 is 0 in every unit), unless
  `greatest` is not above 1.5 either; a month's use that is 60, a hundred, a thousand, 3,600 or a million times that of
  the year before, or such a part of it; a series of one value that varied before. A wrong unit has no utilisation, and
  the figure of what is doubted no value.
- The capacity and limits are those in force on the period's first day.
- Without a capacity, or with one of 0, there is no utilisation: no target, and `why_missing` says so.
- The daily percentile is taken by the same method as the period's; a day counts if it has any sample.
- The line stands at a day's beginning; the cut-off is the beginning of the day after the period.
- `already_over` is a utilisation over the limit in the period, or a line at or over it at the cut-off; it
  outranks `no_trend`, for what is full and flat must not read as harmless. A line that crosses later than 730
  days from the cut-off is `beyond_horizon`: its earliest crossing is given where that is within 730 days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from tempfile import gettempdir
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd
import scipy

from msp_report.model.case import Case, once
from msp_report.model.columns import DAY, instants, plain_rows, wall_time
from msp_report.model.figures import SEVERITY, Figure
from msp_report.model.gate import Decision, decide
from msp_report.model.names import spelled
from msp_report.model.period import Month, midnight
from msp_report.model.statistics import is_another_unit
from msp_report.params import Contract, as_contract

#: The record capacity/resources, and beside it what explains a row.
RESOURCES = [
    "resource", "metric", "mean", "p95", "max", "capacity", "utilisation_ratio", "status", "days_to_limit",
    "days_low", "days_high", "forecast", "coverage_ratio", "verdict", "why_missing", "critical", "unit",
    "percentile", "warn_ratio", "limit_ratio", "samples", "interval_min", "over_capacity", "slope_day", "clause",
    "low_ratio", "high_ratio", "expected", "missing", "rejected", "below_zero", "least", "greatest", "every_s", "doubt",
    "why",
]  # fmt: skip
DAILY = ["resource", "metric", "on", "samples", "p95", "max", "min"]
BELOW_ZERO = ["resource", "metric", "at", "value", "below_zero"]

LOOK_BACK_DAYS = 365
DAYS_NEEDED = 28
HORIZON_DAYS = 730

#: Why there is no forecast, by state.
NO_FORECAST = {
    "no_data": "no samples in the period",
    "no_limit": "no capacity and limit are agreed",
    "doubted": "the samples are in doubt",
    "too_short": f"fewer than {DAYS_NEEDED} days with samples",
    "already_over": "already over the limit",
    "no_trend": "no rising trend",
    "beyond_horizon": f"the limit is more than {HORIZON_DAYS} days away",
}

#: A frame, or the paths of Parquet files.
Samples = pd.DataFrame | Sequence[Any]

#: Why samples are not believed (rules 22 and 46).
ABOVE_ALL = "every value is over 1.5 times the capacity"
BELOW_ALL = "no value is over 1.5 of 100 per cent"
ANOTHER_UNIT = "the values differ from earlier ones by the factor of another unit"
STANDS_STILL = "every value is the same while earlier ones varied"
_WRONG_UNIT = (ABOVE_ALL, BELOW_ALL, ANOTHER_UNIT)

#: Values over so many times the capacity, all of them, are in another unit; so are those of 100 per cent that are not.
UNIT_FACTOR = 1.5
#: Days before the period that make a year's use.
_DAYS_BEFORE = 7
_PER_CENT = ("%", "per cent", "percent", "pct", "ratio")
#: Readings below zero that are listed of a resource.
_LISTED = 1_000
#: The longest interval that is expected where none is declared [min].
_HOUR_MIN = 60.0
#: From how many intervals on a time without samples is a gap, and which part of the usual one the interval must be.
_GAP, _CLEARLY = 1.5, 2 / 3

_KEY = ["resource", "metric"]
#: So many samples are ordered at once, and of so many the days are aggregated at once, a month's as a rule: of more,
#: fewer resources and fewer days at a time, to bound the memory.
_AT_ONCE, _SLICE_DAYS = 10_000_000, 31
#: What the database holds before it goes on in a file.
_MEMORY = "2000MB"


@dataclass(frozen=True)
class Analysis:
    """Everything about the capacity of a period: `resources` as the function of that name gives them, `daily` of the
    look-back and `below_zero` as in `Aggregates`."""

    resources: pd.DataFrame
    daily: pd.DataFrame
    below_zero: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=BELOW_ZERO))

    @property
    def doubted(self) -> pd.DataFrame:
        """The resources of which something is in doubt: the source, readings below zero, or what is missing."""
        rows = self.resources
        return rows[rows["doubt"].notna() | rows["why"].notna() | rows["below_zero"].gt(0)]

    @property
    def labelled(self) -> pd.DataFrame:
        """The resources that have a utilisation, for a chart, with their `measure` and `subject`."""
        known = self.resources[self.resources["utilisation_ratio"].notna()]
        return known.assign(measure="capacity.utilisation", subject=known["resource"] + ":" + known["metric"])

    @property
    def forecasts(self) -> pd.DataFrame:
        """The resources that have a limit, soonest full first; `forecast_words` says why there is no date."""
        limited = self.resources[self.resources["limit_ratio"].notna()]
        words = limited["forecast"].map(NO_FORECAST)
        by = {"kind": "stable", "na_position": "last"}
        return limited.assign(forecast_words=words).sort_values("days_to_limit", **by)

    @property
    def worst_first(self) -> pd.DataFrame:
        """The resources, those that missed first."""
        return self.resources.sort_values("verdict", key=lambda names: names.map(SEVERITY), kind="stable")

    def forecasts_on(self, case: Case) -> pd.DataFrame:
        """The forecasts with the civil days on which they fall: full_on, earliest_on, latest_on; missing where none."""
        cutoff = wall_time(case.end, as_contract(case.agreed).client.timezone)
        days = {"full_on": "days_to_limit", "earliest_on": "days_low", "latest_on": "days_high"}
        return self.forecasts.assign(
            **{
                name: (cutoff + pd.to_timedelta(self.forecasts[of], unit="D")).dt.normalize()
                for name, of in days.items()
            }
        )

    def next_full(self, case: Case) -> NextFull:
        """The course of the resource that is full first, in shares of its capacity."""
        dated = self.forecasts_on(case).dropna(subset="full_on")
        if dated.empty:
            return NextFull(pd.DataFrame(columns=["on", "value"]), 0.0, 0.0, pd.NaT)
        first = dated.iloc[0]
        mine = (self.daily["resource"] == first["resource"]) & (self.daily["metric"] == first["metric"])
        days = self.daily.loc[mine, ["on", "p95"]]
        days = days.assign(value=days["p95"] / first["capacity"]).reset_index(drop=True)
        return NextFull(days, first["limit_ratio"], first["slope_day"] / first["capacity"], first["full_on"])

    def figures(self) -> list[Figure]:
        """Of every resource capacity.utilisation and capacity.days_to_limit, subject `resource:metric`.

        Days to the limit carry no verdict, for no contract agrees on a forecast.
        """
        return [f for row in plain_rows(self.resources) for f in (_utilisation(row), _days_to_limit(row))]

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {"resources": self.resources, "daily": self.daily, "below_zero": self.below_zero}


class NextFull(NamedTuple):
    """What a chart of the resource that is full first is made of: `days` with on and value (a share of the capacity);
    the limit and the slope [ratio, a day]; the day on which it is full."""

    days: pd.DataFrame
    limit_ratio: float
    slope_ratio: float
    full_on: pd.Timestamp


@once
def analyse(case: Case) -> Analysis:
    """Everything about the capacity of a period; reads the samples, where they lie in files. Raises as `aggregate`.

    Source: rules 22, 23, 41, 42, 45 and 46.
    """
    samples = case.paths("samples") or case.table("samples")
    told = {"rejected": case.rejected("samples"), "reached": case.reached("samples")}
    found = aggregate(samples, case.agreed, case.start, case.end, **told)
    full = resources(found, case.agreed, case.start, case.end, case.doubts("samples"))
    return Analysis(full, found.daily, found.below_zero)


@dataclass(frozen=True)
class Aggregates:
    """Samples of a period and its look-back, aggregated.

    `period`: one row per resource and metric with samples in it: resource, metric, samples [count], mean, p95,
    least_seen, max [unit of the samples], interval_min (median, NaN for one sample), over_capacity [count of samples];
    expected, missing and rejected [count of samples], coverage_ratio; low and high, the percentile with what is missing
    at its least and at its greatest [unit of the samples, high missing where nothing bounds it].
    `daily`: one row per resource, metric and local day with samples, with the columns DAILY.
    `below_zero`: the period's values below zero that are no readings, the first of each resource, with BELOW_ZERO;
    below_zero counts all of them.
    """

    period: pd.DataFrame
    daily: pd.DataFrame
    below_zero: pd.DataFrame
    start: pd.Timestamp
    end: pd.Timestamp


def aggregate(
    samples: Samples | None,
    contract: Contract | Mapping[str, Any],
    start: pd.Timestamp | datetime | date,
    end: pd.Timestamp | datetime | date,
    *,
    rejected: pd.DataFrame | None = None,
    reached: pd.Timestamp | None = None,
) -> Aggregates:
    """Samples by resource and metric over the period, and by local day over the look-back.

    Parameters: `samples` with resource, metric, at (UTC), value: a frame, or Parquet files (oldest first: where
    two hold the same resource, metric and instant the later file's value stands); None where no table was
    supplied. `contract`: its time zone, percentile methods, ranges and intervals. `start`, `end` (exclusive, the
    cut-off): instants, or local dates. `rejected` as Case.rejected gives it; `reached`, the instant up to which the
    source speaks, the cut-off where not given.
    Returns: Aggregates. Raises ValueError when start is not before end.
    Source: rules 1, 22, 23, 41 and 42.
    """
    agreed = as_contract(contract)
    zone = agreed.client.timezone
    start, end = _moment(start, zone), _moment(end, zone)
    if start >= end:
        raise ValueError(f"the period ends at {end}, which is not after its start at {start}")
    until = end if reached is None else max(min(_moment(reached, zone), end), start)
    with _database() as database:
        limits = _agreed_limits(agreed, start)
        database.register(
            "entries", limits[[*_KEY, "capacity", "percentile", "least", "greatest", "every_s"]]
        )
        _source(database, samples, limits)
        size = database.execute("SELECT count(*) FROM samples").fetchall()[0][0]
        days = max(1, _SLICE_DAYS * _AT_ONCE // size) if size > _AT_ONCE else None
        slices = _slices(start, end, zone, days)
        offset = _offset_us(zone, slices[0][0], end)
        daily = pd.concat([_daily(database, offset, *part) for part in slices], ignore_index=True)
        if days is not None:
            daily = daily.sort_values([*_KEY, "on"], kind="stable", ignore_index=True)
        ordered = _order(database, start, until)
        described = pd.concat([_described(database, part) for part in ordered], ignore_index=True)
        period = _with_coverage(described, limits, daily, start, end, zone)
        period = _with_rejected(period, _rejected_of(period, rejected, start, end))
        return Aggregates(
            period.merge(pd.concat([_ends(database, part, period) for part in ordered]), on=_KEY),
            daily,
            _negative(database, start, until),
            start,
            end,
        )


def resources(
    samples: Samples | Aggregates | None,
    contract: Contract | Mapping[str, Any],
    start: pd.Timestamp | datetime | date,
    end: pd.Timestamp | datetime | date,
    doubt: str | None = None,
) -> pd.DataFrame:
    """Utilisation of every resource against its limit, and when it will reach it.

    Parameters: as `aggregate`, whose result may be given for `samples`, so that it is not done twice; `doubt`, why the
    samples are doubted as a whole.
    Returns: one row per resource and metric, of the contract or with samples in the period, with RESOURCES:
    mean, p95, max and capacity [unit of the samples]; utilisation_ratio, coverage_ratio; status (ok, warn, over;
    none where what is missing leaves it open); low_ratio and high_ratio, the utilisation with what is missing
    at its least and at its greatest; days_to_limit, days_low, days_high [days from the cut-off]; forecast (ok,
    or a key of NO_FORECAST); verdict (met, missed, no_verdict, no_data, no_target) and why it is left open;
    doubt about the samples
    as a whole; over_capacity [count of samples above capacity]; slope_day [unit a day].
    Critical assets without samples first, then by verdict, the fullest first.
    Edge cases: no samples at all: the contract's resources, each no_data; a resource that is not in the
    contract is shown with no_target. A gap in the provider's own samples leaves a miss standing where the samples that
    came prove it whatever the others were: rule 22 gives a verdict only where both ends agree.
    Source: rules 22, 23, 45 and 46.
    """
    agreed = as_contract(contract)
    found = samples if isinstance(samples, Aggregates) else aggregate(samples, agreed, start, end)
    frame = _agreed_limits(agreed, found.start).merge(found.period, on=_KEY, how="outer")
    below = found.below_zero[[*_KEY, "below_zero"]].drop_duplicates()
    frame = frame.merge(below, on=_KEY, how="left")
    frame["critical"] = frame["critical"].fillna(False).astype(bool)
    frame["percentile"] = frame["percentile"].fillna("linear")
    for name in ("samples", "rejected", "below_zero"):
        frame[name] = frame[name].fillna(0).astype("int64")
    frame["coverage_ratio"] = frame["coverage_ratio"].fillna(0.0)
    disbelieved = _disbelieved(frame, found, agreed)
    frame["doubt"] = disbelieved.where(disbelieved.notna() | frame["samples"].eq(0), doubt)
    size = frame["capacity"].where((frame["capacity"] > 0) & ~frame["doubt"].isin(_WRONG_UNIT))
    for name, of in (("utilisation_ratio", "p95"), ("low_ratio", "low"), ("high_ratio", "high")):
        frame[name] = frame[of] / size
    frame["over_capacity"] = frame["over_capacity"].where(size.notna())
    return _sorted(_forecast(_with_verdicts(frame), found, agreed.client.timezone))[RESOURCES]


def silences(samples: Samples | None, start: datetime, end: datetime) -> pd.DataFrame:
    """When resources fell silent: no reading of any metric for over twice the usual (median) time between two.

    Parameters: `samples` as in `aggregate`; `[start, end)` the time looked at. Silence before the first and after the
    last reading of a resource is none.
    Returns: one row per silence by time: resource, begin (when the next reading was to come), end (when it came) [us]
    and resources, how many have readings at all. Source: rule 37.
    """
    bounds = {"low": _moment(start, "UTC").to_pydatetime(), "high": _moment(end, "UTC").to_pydatetime()}
    with _database() as database:
        _samples(database, samples, pd.DataFrame({name: pd.Series(dtype="str") for name in _KEY}))
        parts = _parts(database, ("resource",), "samples", bounds)
        of_parts = [
            database.execute(
                f"""
                WITH readings AS (
                    SELECT DISTINCT resource, epoch_us("at") AS us FROM samples
                    WHERE {_BETWEEN} AND resource IN (SELECT resource FROM parts WHERE part = $part)
                ), gaps AS (
                    SELECT resource, us, us - lag(us) OVER (PARTITION BY resource ORDER BY us) AS gap FROM readings
                ), usual AS (SELECT resource, median(gap)::BIGINT AS every FROM gaps GROUP BY resource)
                SELECT resource, us - gap + every AS "begin", us AS "end",
                    (SELECT count(*) FROM parts) AS resources
                FROM gaps JOIN usual USING (resource) WHERE gap > 2 * every ORDER BY "begin", resource
                """,
                {**bounds, "part": part},
            ).df()
            for part in parts
        ]
    found = of_parts[0]
    if len(of_parts) > 1:
        found = pd.concat(of_parts).sort_values(["begin", "resource"], kind="stable", ignore_index=True)
    return found.astype({"resource": "str", "begin": "int64", "end": "int64", "resources": "int64"})


def time_to_limit(days: np.ndarray, p95: np.ndarray, limit: float, cutoff: float) -> dict[str, Any]:
    """When a line through the daily percentiles crosses a limit.

    Parameters: `days` [day numbers, 0 being 1970-01-01, so that weekdays are known] and the `p95` of each [unit];
    `limit` [same unit]; `cutoff` [day number, may be a fraction].
    Returns: days_to_limit, days_low, days_high [days from the cut-off, NaN where none], slope_day [unit a day],
    level [unit, the line at the cut-off] and forecast (ok or a key of NO_FORECAST).
    Source: rule 23: weekday effects out (median of the weekday less the overall median), Theil-Sen slope with its
    95 % interval, each line through the medians of both axes.

    >>> rising = 50 + 7.0 * (np.arange(63) // 7)  # 7 a week: 78 on the middle day, 31
    >>> line = time_to_limit(np.arange(63), rising, limit=150, cutoff=63)
    >>> line["forecast"], float(line["slope_day"]), float(line["days_to_limit"])
    ('ok', 1.0, 40.0)
    """
    if len(days) < DAYS_NEEDED:
        return {"forecast": "too_short"}
    effect = pd.Series(p95).groupby(np.asarray(days, dtype="int64") % 7).transform("median") - np.median(p95)
    level = p95 - effect.to_numpy()
    slope, _, low, high = scipy.stats.theilslopes(level, days)
    middle, height = np.median(days), np.median(level)
    now = height + slope * (cutoff - middle)
    line = {"slope_day": slope, "level": now}
    if now >= limit:
        return line | {"forecast": "already_over"}
    if slope <= 0:
        return line | {"forecast": "no_trend"}
    crossed = [middle + (limit - height) / s - cutoff if s > 0 else np.inf for s in (slope, high, low)]
    # The steepest line may have crossed already: the earliest date is today, not in the past.
    value, soonest, latest = (max(d, 0.0) if d <= HORIZON_DAYS else np.nan for d in crossed)
    line |= {"days_to_limit": value, "days_low": soonest, "days_high": latest}
    return line | {"forecast": "beyond_horizon" if np.isnan(value) else "ok"}


def _utilisation(row: dict[str, Any]) -> Figure:
    value = None if row["doubt"] else row["utilisation_ratio"]
    return Figure(
        measure="capacity.utilisation",
        subject=f"{row['resource']}:{row['metric']}",
        value=value,
        n=row["samples"],
        low=None if value is None else row["low_ratio"],
        high=None if value is None else row["high_ratio"],
        target=row["limit_ratio"],
        verdict=row["verdict"],
        coverage=row["coverage_ratio"],
        clause=row["clause"],
        why_missing=row["doubt"] or row["why"] or row["why_missing"],
    )


def _days_to_limit(row: dict[str, Any]) -> Figure:
    return Figure(
        measure="capacity.days_to_limit",
        subject=f"{row['resource']}:{row['metric']}",
        value=row["days_to_limit"],
        n=row["samples"],
        low=row["days_low"],
        high=row["days_high"],
        coverage=row["coverage_ratio"],
        clause=row["clause"],
        why_missing=None if row["days_to_limit"] is not None else NO_FORECAST[row["forecast"]],
    )


# ---------------------------------------------------------------- what is agreed


def _agreed_limits(agreed: Contract, start: pd.Timestamp) -> pd.DataFrame:
    """One row per resource and metric of the contract in force at the start."""
    entries = agreed.on(start).capacity
    numbers = ["capacity", "warn_ratio", "limit_ratio", "least", "greatest", "every_s"]
    columns = [*_KEY, "unit", "percentile", "critical", "clause", *numbers]
    frame = pd.DataFrame([entry.model_dump(include=set(columns)) for entry in entries], columns=columns)
    if frame.duplicated(_KEY).any():
        twice = frame[frame.duplicated(_KEY)].iloc[0]
        raise ValueError(
            f"capacity: {twice['resource']}:{twice['metric']} stands twice in the contract: keep one"
        )
    text = dict.fromkeys([*_KEY, "unit", "percentile", "clause"], "str")
    return frame.astype(text | dict.fromkeys(numbers, "float64")).assign(agreed=True)


def _with_verdicts(frame: pd.DataFrame) -> pd.DataFrame:
    """Status and verdict of each row, and why there is none."""
    high = frame["high_ratio"].fillna(np.inf)
    ends = [_how_full(frame, level) for level in (frame["utilisation_ratio"], frame["low_ratio"], high)]
    agree = np.logical_and.reduce([ends[0] == other for other in ends[1:]])
    frame["status"] = np.where(agree, ends[0], None)
    empty, outside = frame["samples"] == 0, frame["agreed"].isna()
    frame["why_missing"] = np.select(
        [empty, outside, frame["capacity"].isna(), frame["capacity"] <= 0, frame["utilisation_ratio"].isna()],
        [
            NO_FORECAST["no_data"],
            "not in the contract",
            "the contract names no capacity",
            "the contract's capacity is 0",
            frame["doubt"],
        ],
        None,
    )
    decided = [_decided(row) for row in plain_rows(frame)]
    frame["verdict"] = [found.verdict for found in decided]
    frame["why"] = pd.Series([found.why for found in decided], frame.index, dtype="str")
    undecided = (frame["verdict"] == "no_verdict").to_numpy(bool)
    frame["status"] = frame["status"].where(~undecided, None)
    return frame


def _how_full(frame: pd.DataFrame, used: pd.Series) -> np.ndarray:
    """How a use stands against the limit and the warning of each row; None where there is neither, or no use."""
    limit, warn = frame["limit_ratio"], frame["warn_ratio"]
    unknown = frame["utilisation_ratio"].isna() | (limit.isna() & warn.isna())
    return np.select([unknown, used > limit, used > warn], [None, "over", "warn"], "ok")


def _decided(row: dict[str, Any]) -> Decision:
    """The verdict on a resource, by the one gate."""
    wrong_unit = row["doubt"] in _WRONG_UNIT
    value = row["p95"] if wrong_unit else row["utilisation_ratio"]
    if row["samples"] and (value is None or row["limit_ratio"] is None):
        return Decision("no_target")
    if not row["samples"] and not row["rejected"]:
        return Decision("no_data", NO_FORECAST["no_data"])
    missing, due = (int(row[name] or 0) for name in ("missing", "expected"))
    reasons = {
        f"{missing} of {due} samples that were due are missing": missing,
        "nothing bounds how high they may have been": row["high_ratio"] is None,
        f"{row['below_zero']} readings are below zero": row["below_zero"],
        f"{row['rejected']} rows were rejected": row["rejected"],
    }
    return decide(
        value,
        row["limit_ratio"],
        "lower",
        low=row["low_ratio"],
        high=np.inf if row["high_ratio"] is None else row["high_ratio"],
        why=NO_FORECAST["no_data"],
        doubt=row["doubt"],
        unsure="; ".join(reason for reason, holds in reasons.items() if holds),
    )


# ---------------------------------------------------------------- what is missing, and what cannot be


def _with_coverage(
    period: pd.DataFrame,
    limits: pd.DataFrame,
    daily: pd.DataFrame,
    start: pd.Timestamp,
    end: pd.Timestamp,
    zone: str,
) -> pd.DataFrame:
    """Adds expected [count of samples, whole] and coverage_ratio; `silent_min` is what no sample stands for."""
    first_day = pd.Timestamp(start.tz_convert(zone).date())
    before = daily[daily["on"] < first_day].groupby(_KEY)["samples"].median().rename("before")
    frame = period.merge(limits[[*_KEY, "every_s"]], on=_KEY, how="left").merge(before, on=_KEY, how="left")
    usual, seen = 1440 / frame["before"], frame["interval_min"]
    interval = seen.where(~(usual < _CLEARLY * seen), usual).clip(upper=_HOUR_MIN).fillna(_HOUR_MIN)
    interval = (frame["every_s"] / 60).fillna(interval)
    minutes = (end - start) / pd.Timedelta(minutes=1)
    due = minutes / interval
    counted = frame["samples"] / due
    heard = (1 - frame["silent_min"] / minutes).clip(lower=1e-9)
    close = heard < counted.clip(upper=1) - 1 / due
    coverage = counted.where(~close, heard).clip(upper=1)
    return frame.drop(columns=["every_s", "before", "silent_min"]).assign(
        expected=np.floor(due + 1e-6).astype("int64"), coverage_ratio=coverage
    )


def _rejected_of(
    period: pd.DataFrame, rejected: pd.DataFrame | None, start: pd.Timestamp, end: pd.Timestamp
) -> pd.Series:
    """How many rejected rows of the period may be of each row: those of its resource, and of its metric or of none."""
    if rejected is None or rejected.empty:
        return pd.Series(0, period.index)
    at = pd.to_datetime(rejected["at"], utc=True)
    rows = rejected.loc[at.isna() | ((at >= start) & (at < end)), _KEY].astype("str")
    rows = rows[rows["resource"].notna()]
    exact = period[_KEY].merge(rows.groupby(_KEY).size().rename("n"), on=_KEY, how="left")["n"]
    bare = rows.loc[rows["metric"].isna(), "resource"].value_counts()
    found = exact.fillna(0).to_numpy() + period["resource"].map(bare).fillna(0).to_numpy()
    return pd.Series(found, period.index).astype("int64")


def _with_rejected(period: pd.DataFrame, rejected: pd.Series) -> pd.DataFrame:
    """Adds rejected and missing [count of samples], and lowers the coverage by what was rejected."""
    coverage = np.minimum(period["coverage_ratio"], period["samples"] / (period["samples"] + rejected))
    missing = np.floor(period["samples"] * (1 - coverage) / coverage + 1e-6).astype("int64")
    return period.assign(rejected=rejected, coverage_ratio=coverage, missing=missing)


def _disbelieved(frame: pd.DataFrame, found: Aggregates, agreed: Contract) -> pd.Series:
    """Why the samples of each row are not believed; missing where nothing speaks against them."""
    size, most = frame["capacity"].where(frame["capacity"] > 0), frame["max"]
    above = (frame["least_seen"] > UNIT_FACTOR * size) & ~(frame["greatest"] >= most)
    whole = (size == 100) & frame["unit"].str.strip().str.casefold().isin(_PER_CENT)
    below = whole & (most <= UNIT_FACTOR) & (most > 0) & ~(frame["greatest"] <= UNIT_FACTOR)
    varied, factor = _against_before(frame, found, agreed)
    another = is_another_unit(factor)
    still = (frame["least_seen"] == most) & (frame["samples"] > 1) & varied
    reasons = [ABOVE_ALL, BELOW_ALL, ANOTHER_UNIT, STANDS_STILL]
    return pd.Series(np.select([above, below, another, still], reasons, None), frame.index, dtype=object)


def _against_before(frame: pd.DataFrame, found: Aggregates, agreed: Contract) -> tuple[pd.Series, pd.Series]:
    """Of each row, whether its samples varied before the period, and how many times its median daily use of then it
    uses now [ratio, missing where too little is known]. A use is a share of the capacity of its own month."""
    first = Month.of(found.start.tz_convert(agreed.client.timezone))
    past = [first.shift(-step) for step in range(LOOK_BACK_DAYS // 28 + 1)]
    sizes = pd.DataFrame(
        [
            (entry.resource, entry.metric, entry.capacity, str(month))
            for month in past
            for entry in agreed.on(month.first_on).capacity
        ],
        columns=[*_KEY, "capacity", "month"],
    ).astype({"resource": "str", "metric": "str", "capacity": "float64", "month": "str"})
    days = found.daily.assign(month=found.daily["on"].dt.strftime("%Y-%m"))
    days = days.merge(sizes, on=[*_KEY, "month"], how="left")
    days["used"] = days["p95"] / days["capacity"].where(days["capacity"] > 0).fillna(1.0)
    now = days["on"] >= pd.Timestamp(first.first_on)
    before = days[~now].groupby(_KEY)
    spread = before.agg(days=("on", "size"), low=("min", "min"), high=("max", "max"), used=("used", "median"))
    place = pd.MultiIndex.from_frame(frame[_KEY])
    spread = spread.reindex(place)
    varied = (spread["low"] < spread["high"]).to_numpy(bool)
    uses = days[now].groupby(_KEY)["used"].median().reindex(place)
    earlier = spread["used"].where((spread["used"] > 0) & (spread["days"] >= _DAYS_BEFORE))
    factor = uses.to_numpy(float) / earlier.to_numpy(float)
    return pd.Series(varied, frame.index), pd.Series(factor, frame.index)


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    silent = frame["critical"] & (frame["verdict"] == "no_data")
    outside = frame["agreed"].isna()
    order = frame.assign(
        silent=~silent,
        outside=outside,
        severity=frame["verdict"].map(SEVERITY),
        fullness=-frame["utilisation_ratio"],
    )
    by = ["silent", "outside", "severity", "fullness", *_KEY]
    return frame.loc[order.sort_values(by, kind="stable").index].reset_index(drop=True)


# ---------------------------------------------------------------- forecast


def _forecast(frame: pd.DataFrame, found: Aggregates, zone: str) -> pd.DataFrame:
    """Adds the line of each resource and metric that has a limit."""
    wall = found.end.tz_convert(zone).tz_localize(None)
    cutoff = (wall - pd.Timestamp(0)) / pd.Timedelta(days=1)
    days = (found.daily["on"] - pd.Timestamp(0)) // pd.Timedelta(days=1)
    recent = found.daily.assign(day=days)[days >= np.ceil(cutoff) - LOOK_BACK_DAYS]
    series = dict(iter(recent.groupby(_KEY)[["day", "p95"]]))
    limits = frame["limit_ratio"] * frame["capacity"].where(frame["capacity"] > 0)
    lines = [
        _trend_line(series.get(key), limit, cutoff, empty, doubted)
        for key, limit, empty, doubted in zip(
            frame[_KEY].itertuples(index=False, name=None),
            limits,
            frame["samples"] == 0,
            frame["doubt"].notna(),
            strict=True,
        )
    ]
    columns = ["days_to_limit", "days_low", "days_high", "slope_day", "forecast"]
    drawn = pd.DataFrame(lines, columns=columns, index=frame.index)
    numbers = columns[:-1]
    drawn[numbers] = drawn[numbers].astype("float64")
    full = (frame["utilisation_ratio"] > frame["limit_ratio"]) & drawn["forecast"].isin(
        ["ok", "no_trend", "beyond_horizon"]
    )
    drawn.loc[full, "forecast"] = "already_over"
    drawn.loc[full, ["days_to_limit", "days_low", "days_high"]] = np.nan
    return frame.join(drawn)


def _trend_line(
    series: pd.DataFrame | None, limit: float, cutoff: float, empty: bool, doubted: bool
) -> dict[str, Any]:
    if empty:
        return {"forecast": "no_data"}
    if np.isnan(limit):
        return {"forecast": "no_limit"}
    if doubted:
        return {"forecast": "doubted"}
    return time_to_limit(series["day"].to_numpy(float), series["p95"].to_numpy(float), limit, cutoff)


# ---------------------------------------------------------------- aggregation in DuckDB


def _database() -> duckdb.DuckDBPyConnection:
    """A database in memory that spills to the temporary folder, in UTC."""
    database = duckdb.connect(config={"temp_directory": gettempdir(), "memory_limit": _MEMORY})
    database.execute("SET TimeZone = 'UTC'")
    with suppress(duckdb.InvalidInputException):  # a notebook that can draw no bar refuses to be told so
        database.execute("PRAGMA disable_progress_bar")
    return database


def _source(database: duckdb.DuckDBPyConnection, samples: Samples | None, entries: pd.DataFrame) -> None:
    """Makes views with resource, metric, at and value: `samples`, and `readings`, those of them that are readings; the
    names are spelled as the contract's entries have them (rule 44)."""
    _samples(database, samples, entries)
    database.execute(
        """
        CREATE VIEW readings AS SELECT s.resource, s.metric, s."at", s.value
        FROM samples s LEFT JOIN entries e ON s.resource = e.resource AND s.metric = e.metric
        WHERE isfinite(s.value) AND s.value >= least(0, coalesce(e."least", 0))"""
    )


def _samples(database: duckdb.DuckDBPyConnection, samples: Samples | None, entries: pd.DataFrame) -> None:
    if samples is None or not len(samples):
        samples = pd.DataFrame({"resource": [], "metric": [], "at": [], "value": []})
    if isinstance(samples, pd.DataFrame):
        frame = samples[[*_KEY, "at", "value"]].astype(
            {"resource": "str", "metric": "str", "value": "float64"}
        )
        frame = frame.assign(**{name: spelled(frame[name], entries[name]) for name in _KEY})
        database.register("samples", frame.assign(at=pd.to_datetime(frame["at"], utc=True)))
        return
    paths = [str(path) for path in samples]
    files = "[" + ", ".join("'" + path.replace("'", "''") + "'" for path in paths) + "]"
    select = f'SELECT resource, metric, "at", value, filename FROM read_parquet({files}, filename = true)'
    select = _spelled(database, select, entries)
    meeting = f"""
        WITH spans AS (
            SELECT min("at") AS first, max("at") AS last FROM ({select}) GROUP BY filename HAVING first IS NOT NULL
        ), pairs AS (SELECT first <= max(last) OVER (ORDER BY first, last ROWS BETWEEN
            UNBOUNDED PRECEDING AND 1 PRECEDING) AS meets FROM spans)
        SELECT count(*) FROM pairs WHERE meets"""
    if database.execute(meeting).fetchall()[0][0]:
        select = (
            f'SELECT resource, metric, "at", arg_max(value, list_position({files}, filename)) AS value '
            f"FROM ({select}) GROUP BY ALL"
        )
    database.execute(f"CREATE VIEW samples AS {select}")


def _spelled(database: duckdb.DuckDBPyConnection, select: str, entries: pd.DataFrame) -> str:
    """A selection of samples with the names as the contract spells them; the same where they are already."""
    found = database.execute(f"SELECT DISTINCT resource, metric FROM ({select})").df().astype("str")
    known = found.assign(**{f"{name}_known": spelled(found[name], entries[name]) for name in _KEY})
    other = known[
        known[_KEY].ne(known[[f"{name}_known" for name in _KEY]].set_axis(_KEY, axis=1)).any(axis=1)
    ]
    if other.empty:
        return select
    database.register("spellings", other)
    return (
        "SELECT coalesce(resource_known, resource) AS resource, coalesce(metric_known, metric) AS metric, "
        f'"at", value, filename FROM ({select}) LEFT JOIN spellings USING (resource, metric)'
    )


_BETWEEN = '"at" >= $low AND "at" < $high'


def _order(database: duckdb.DuckDBPyConnection, start: pd.Timestamp, until: pd.Timestamp) -> list[str]:
    """Makes tables of some resources each, and gives their names: of each resource and metric its readings of the
    period in ascending order as v, the median interval, and the time that lies further from the readings around it than
    they are apart."""
    bounds = {"low": start.to_pydatetime(), "high": until.to_pydatetime()}
    parts = _parts(database, ("resource", "metric"), "readings", bounds)
    names = [f"ordered_{part}" for part in parts]
    for name, part in zip(names, parts, strict=True):
        database.execute(f"CREATE TEMP TABLE {name} AS {_ORDERED}", {**bounds, "part": part})
    return names


def _parts(
    database: duckdb.DuckDBPyConnection, columns: tuple[str, ...], what: str, bounds: dict[str, Any]
) -> list[int]:
    """Makes a table `parts`: each name, of one or more `columns`, that samples of `what` have, in parts of about
    _AT_ONCE samples together. Returns the numbers of the parts, of no samples one."""
    by = ",".join(columns)
    database.execute(
        f"""
        CREATE TEMP TABLE parts AS
        WITH sizes AS (SELECT {by}, count(*) AS size FROM {what} WHERE {_BETWEEN} GROUP BY ALL)
        SELECT *, (sum(size) OVER (ORDER BY {by}) - size) // {_AT_ONCE} AS part FROM sizes
        """,
        bounds,
    )
    found = database.execute("SELECT DISTINCT part FROM parts ORDER BY part").fetchall()
    return [int(part) for (part,) in found] or [0]


_ORDERED = f"""
        WITH gaps AS (
            SELECT r.resource, r.metric, value, epoch_us("at") AS us, coalesce(e.every_s, 3600) * 1000000 AS hold,
                us - lag(us) OVER (PARTITION BY r.resource, r.metric ORDER BY "at") AS gap
            FROM readings r LEFT JOIN entries e ON r.resource = e.resource AND r.metric = e.metric
            WHERE {_BETWEEN} AND (r.resource, r.metric) IN (SELECT (resource, metric) FROM parts WHERE part = $part)
        )
        SELECT resource, metric, list_sort(list(value)) AS v, median(gap) / 60e6 AS interval_min,
            any_value(hold) AS hold, min(us) - epoch_us($low) AS head, epoch_us($high) - max(us) AS tail,
            coalesce(sum(gap - hold) FILTER (gap > {_GAP} * hold), 0) AS between_us
        FROM gaps GROUP BY ALL
        """


def _described(database: duckdb.DuckDBPyConnection, ordered: str) -> pd.DataFrame:
    # The mean is taken over the sorted values, for a sum in parallel differs from run to run in its last digit.
    return database.execute(
        f"""
        SELECT resource, metric, len(v) AS samples, list_avg(v) AS mean,
            CASE percentile WHEN 'nearest_rank' THEN {_nearest_rank("v")}
                ELSE list_aggregate(v, 'quantile_cont', 0.95) END AS p95,
            v[1] AS least_seen, v[len(v)] AS max, interval_min,
            len(list_filter(v, lambda x: x > capacity)) AS over_capacity,
            (between_us + CASE WHEN head > {_GAP} * hold THEN head - hold ELSE 0 END
                + CASE WHEN tail > {_GAP} * hold THEN tail - hold ELSE 0 END) / 60e6 AS silent_min
        FROM {ordered} LEFT JOIN entries USING (resource, metric) ORDER BY resource, metric
        """
    ).df()


def _ends(database: duckdb.DuckDBPyConnection, ordered: str, period: pd.DataFrame) -> pd.DataFrame:
    """low and high of each row of `period` that is in a table of `_order`: the percentile with so many `missing` at the
    least and at the greatest."""
    database.register("gone", period[[*_KEY, "missing"]])
    found = database.execute(
        f"""
        WITH placed AS (
            SELECT resource, metric, v, missing, least(coalesce("least", 0), v[1]) AS floor_value,
                greatest(coalesce("greatest", 'Infinity'::DOUBLE), v[len(v)]) AS top_value,
                CASE percentile WHEN 'nearest_rank' THEN greatest(floor(0.95 * (len(v) + missing) + 0.5), 1) - 1
                    ELSE 0.95 * ((len(v) + missing) - 1) END AS place
            FROM {ordered} JOIN gone USING (resource, metric) LEFT JOIN entries USING (resource, metric)
        ), ranked AS (
            SELECT *, floor(place)::BIGINT AS k, (place - floor(place))::DOUBLE AS part FROM placed
        ), sides AS (
            SELECT resource, metric, part,
                {_padded_low(0)} AS low_a, {_padded_low(1)} AS low_b,
                {_padded_high(0)} AS high_a, {_padded_high(1)} AS high_b
            FROM ranked
        )
        SELECT resource, metric, {_between("low_a", "low_b")} AS low, {_between("high_a", "high_b")} AS high FROM sides
        """
    ).df()
    return found.assign(high=found["high"].replace(np.inf, np.nan))


def _padded_low(next_: int) -> str:
    """The value at place k, or the next, of the readings and what is missing below them."""
    return f"CASE WHEN k + {next_} < missing THEN floor_value ELSE v[least(k + {next_} - missing + 1, len(v))] END"


def _padded_high(next_: int) -> str:
    """The same with what is missing above them."""
    return f"CASE WHEN k + {next_} < len(v) OR missing = 0 THEN v[least(k + {next_} + 1, len(v))] ELSE top_value END"


def _between(low: str, high: str) -> str:
    return f"CASE WHEN part = 0 OR {low} = {high} THEN {low} ELSE {low} + part * ({high} - {low}) END"


def _negative(database: duckdb.DuckDBPyConnection, start: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    """The values of the period that are below zero and no readings, at most _LISTED of a resource and metric."""
    frame = database.execute(
        f"""
        SELECT s.resource, s.metric, epoch_us("at") AS us, value,
            count(*) OVER (PARTITION BY s.resource, s.metric) AS below_zero
        FROM samples s LEFT JOIN entries e ON s.resource = e.resource AND s.metric = e.metric
        WHERE {_BETWEEN} AND isfinite(value) AND value < least(0, coalesce(e."least", 0))
        QUALIFY row_number() OVER (PARTITION BY s.resource, s.metric ORDER BY us) <= {_LISTED}
        ORDER BY s.resource, s.metric, us
        """,
        {"low": start.to_pydatetime(), "high": until.to_pydatetime()},
    ).df()
    return frame.astype({"resource": "str", "metric": "str"}).assign(at=instants(frame["us"]))[BELOW_ZERO]


def _daily(
    database: duckdb.DuckDBPyConnection, offset: str, low: pd.Timestamp, high: pd.Timestamp
) -> pd.DataFrame:
    billed = "FROM entries WHERE percentile = 'nearest_rank'"
    frame = database.execute(
        f"""
        WITH days AS (
            SELECT resource, metric, (epoch_us("at") + {offset}) // {DAY} AS day, value
            FROM readings WHERE {_BETWEEN}
        ), billed AS (
            SELECT resource, metric, day, {_nearest_rank("list_sort(list(value))")} AS p95
            FROM days WHERE (resource, metric) IN (SELECT (resource, metric) {billed}) GROUP BY ALL
        ), all_days AS (
            SELECT resource, metric, day, count(*) AS samples, quantile_cont(value, 0.95) AS p95, max(value) AS max,
                min(value) AS min
            FROM days GROUP BY ALL
        )
        SELECT resource, metric, DATE '1970-01-01' + day::INTEGER AS "on", samples,
            coalesce(billed.p95, all_days.p95) AS p95, max, min
        FROM all_days LEFT JOIN billed USING (resource, metric, day) ORDER BY resource, metric, day
        """,
        {"low": low.to_pydatetime(), "high": high.to_pydatetime()},
    ).df()
    return frame.astype({"resource": "str", "metric": "str", "on": "datetime64[us]"})[DAILY]


def _nearest_rank(values: str) -> str:
    """The value at the 0-based index floor(0.95 n + 0.5) - 1 of a sorted list; 0.95 is decimal here, so exact."""
    return f"list_extract({values}, greatest(floor(0.95 * len({values}) + 0.5), 1)::BIGINT)"


# ---------------------------------------------------------------- time


def _moment(moment: pd.Timestamp | datetime | date, zone: str) -> pd.Timestamp:
    """An instant in UTC; a date or a naive time is the client's."""
    moment = pd.Timestamp(moment)
    if moment.tz is None:
        moment = moment.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    return moment.tz_convert("UTC").as_unit("us")


def _slices(
    start: pd.Timestamp, end: pd.Timestamp, zone: str, days: int | None
) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """The look-back and the period in whole local days, so many at a time, or all at once."""
    last = end.tz_convert(zone).tz_localize(None)
    first = min(
        last.normalize() - pd.Timedelta(days=LOOK_BACK_DAYS), start.tz_convert(zone).tz_localize(None)
    )
    edges = pd.date_range(first.normalize(), last, freq=f"{days or 100_000}D", inclusive="left")
    starts = [midnight(edge.date(), zone) for edge in edges]
    return list(zip(starts, [*starts[1:], end], strict=True))


def _offset_us(zone: str, first: pd.Timestamp, last: pd.Timestamp) -> str:
    """The zone's offset in microseconds as an SQL expression of `at`: far faster than a zone for each row."""
    grid = pd.date_range(first.floor("15min"), last, freq="15min")
    offset = (grid.tz_convert(zone).tz_localize(None) - grid.tz_localize(None)) // pd.Timedelta(
        microseconds=1
    )
    changes = np.flatnonzero(np.diff(offset)) + 1
    cases = [f'WHEN epoch_us("at") < {grid[k].value // 1000} THEN {offset[k - 1]}' for k in changes]
    return f"(CASE {' '.join(cases)} ELSE {offset[-1]} END)" if cases else str(offset[-1])
