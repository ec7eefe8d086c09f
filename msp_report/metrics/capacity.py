"""How full is what matters, and when is it full (rules 22 and 23).

Samples are aggregated where they lie, by DuckDB: a frame, or Parquet files too big to load. What comes out, one
row per resource and metric and one per local day, is small, and all else is computed from it.

Decided here, where the rules leave room:

- Resources and metrics join by the normal form of their names (rule 44).
- A value that is missing, NaN or infinite is no sample: it is a gap and lowers the coverage.
- Coverage is samples / expected, expected being the period / the median interval; over 1 (a device that sampled
  more often for a while) counts as 1. A single sample has no interval and so no coverage.
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
from dataclasses import dataclass
from datetime import date, datetime
from tempfile import gettempdir
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from scipy import stats

from msp_report.model.case import Case
from msp_report.model.columns import DAY, plain_rows
from msp_report.model.figures import SEVERITY, Figure
from msp_report.model.names import spelled
from msp_report.model.period import midnight
from msp_report.params import Contract, as_contract

#: The record capacity/resources, and beside it what explains a row.
RESOURCES = [
    "resource", "metric", "mean", "p95", "max", "capacity", "utilisation_ratio", "status", "days_to_limit",
    "days_low", "days_high", "forecast", "coverage_ratio", "verdict", "why_missing", "critical", "unit",
    "percentile", "warn_ratio", "limit_ratio", "samples", "interval_min", "over_capacity", "slope_day", "clause",
]  # fmt: skip
DAILY = ["resource", "metric", "on", "samples", "p95", "max"]

LOOK_BACK_DAYS = 365
DAYS_NEEDED = 28
HORIZON_DAYS = 730

#: Why there is no forecast, by state.
NO_FORECAST = {
    "no_data": "no samples in the period",
    "no_limit": "no capacity and limit are agreed",
    "too_short": f"fewer than {DAYS_NEEDED} days with samples",
    "already_over": "already over the limit",
    "no_trend": "no rising trend",
    "beyond_horizon": f"the limit is more than {HORIZON_DAYS} days away",
}

#: A frame, or the paths of Parquet files.
Samples = pd.DataFrame | Sequence[Any]

_KEY = ["resource", "metric"]
#: Samples whose days are aggregated at once; more are taken a month at a time, to bound the memory.
_AT_ONCE, _SLICE_DAYS = 10_000_000, 31


@dataclass(frozen=True)
class Analysis:
    """Everything about the capacity of a period: `resources` as the function of that name gives them, and `daily` of
    the look-back as in `Aggregates`."""

    resources: pd.DataFrame
    daily: pd.DataFrame

    @property
    def labelled(self) -> pd.DataFrame:
        """The resources that have a utilisation, with `label` for a chart: resource and metric."""
        known = self.resources[self.resources["utilisation_ratio"].notna()]
        return known.assign(label=known["resource"] + " " + known["metric"])

    @property
    def forecasts(self) -> pd.DataFrame:
        """The resources that have a limit, soonest full first; `forecast_words` says why there is no date."""
        limited = self.resources[self.resources["limit_ratio"].notna()]
        words = limited["forecast"].map(NO_FORECAST)
        by = {"kind": "stable", "na_position": "last"}
        return limited.assign(forecast_words=words).sort_values("days_to_limit", **by)

    def figures(self) -> list[Figure]:
        """Of every resource capacity.utilisation and capacity.days_to_limit, subject `resource:metric`.

        Days to the limit carry no verdict, for no contract agrees on a forecast.
        """
        return [f for row in plain_rows(self.resources) for f in (_utilisation(row), _days_to_limit(row))]

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {"resources": self.resources, "daily": self.daily}


def analyse(case: Case) -> Analysis:
    """Everything about the capacity of a period; reads the samples, where they lie in files. Raises as `aggregate`.

    Source: rules 22 and 23.
    """
    samples = case.paths("samples") or case.table("samples")
    found = aggregate(samples, case.agreed, case.start, case.end)
    return Analysis(resources(found, case.agreed, case.start, case.end), found.daily)


@dataclass(frozen=True)
class Aggregates:
    """Samples of a period and its look-back, aggregated.

    `period`: one row per resource and metric with samples in it: resource, metric, samples [count], mean, p95,
    max [unit of the samples], interval_min (median, NaN for one sample), over_capacity [count of samples].
    `daily`: one row per resource, metric and local day with samples, with the columns DAILY.
    """

    period: pd.DataFrame
    daily: pd.DataFrame
    start: pd.Timestamp
    end: pd.Timestamp


def aggregate(
    samples: Samples | None,
    contract: Contract | Mapping[str, Any],
    start: pd.Timestamp | datetime | date,
    end: pd.Timestamp | datetime | date,
) -> Aggregates:
    """Samples by resource and metric over the period, and by local day over the look-back.

    Parameters: `samples` with resource, metric, at (UTC), value: a frame, or Parquet files (oldest first: where
    two hold the same resource, metric and instant the later file's value stands); None where no table was
    supplied. `contract`: its time zone and percentile methods. `start`, `end` (exclusive, the cut-off): instants,
    or local dates.
    Returns: Aggregates. Raises ValueError when start is not before end.
    Source: rules 1, 22 and 23.
    """
    agreed = as_contract(contract)
    zone = agreed.client.timezone
    start, end = _moment(start, zone), _moment(end, zone)
    if start >= end:
        raise ValueError(f"the period ends at {end}, which is not after its start at {start}")
    with duckdb.connect(config={"temp_directory": gettempdir()}) as database:
        entries = _agreed_limits(agreed, start)
        database.register("entries", entries[[*_KEY, "capacity", "percentile"]])
        _source(database, samples, entries)
        many = database.execute("SELECT count(*) FROM samples").fetchall()[0][0] > _AT_ONCE
        slices = _slices(start, end, zone, _SLICE_DAYS if many else None)
        offset = _offset_us(zone, slices[0][0], end)
        daily = pd.concat([_daily(database, offset, *part) for part in slices], ignore_index=True)
        return Aggregates(_period(database, start, end), daily, start, end)


def resources(
    samples: Samples | Aggregates | None,
    contract: Contract | Mapping[str, Any],
    start: pd.Timestamp | datetime | date,
    end: pd.Timestamp | datetime | date,
) -> pd.DataFrame:
    """Utilisation of every resource against its limit, and when it will reach it.

    Parameters: as `aggregate`, whose result may be given for `samples`, so that it is not done twice.
    Returns: one row per resource and metric, of the contract or with samples in the period, with RESOURCES:
    mean, p95, max and capacity [unit of the samples]; utilisation_ratio, coverage_ratio; status (ok, warn, over);
    days_to_limit, days_low, days_high [days from the cut-off]; forecast (ok, or a key of NO_FORECAST); verdict
    (met, missed, no_data, no_target); over_capacity [count of samples above capacity]; slope_day [unit a day].
    Critical assets without samples first, then by verdict, the fullest first.
    Edge cases: no samples at all: the contract's resources, each no_data; a resource that is not in the
    contract is shown with no_target.
    Source: rules 22 and 23.
    """
    agreed = as_contract(contract)
    found = samples if isinstance(samples, Aggregates) else aggregate(samples, agreed, start, end)
    frame = _agreed_limits(agreed, found.start).merge(found.period, on=_KEY, how="outer")
    frame["critical"] = frame["critical"].fillna(False).astype(bool)
    frame["percentile"] = frame["percentile"].fillna("linear")
    frame["samples"] = frame["samples"].fillna(0).astype("int64")
    frame["utilisation_ratio"] = frame["p95"] / frame["capacity"].where(frame["capacity"] > 0)
    frame["over_capacity"] = frame["over_capacity"].where(frame["capacity"] > 0)
    expected = (found.end - found.start) / pd.Timedelta(minutes=1) / frame["interval_min"]
    frame["coverage_ratio"] = (frame["samples"] / expected).clip(upper=1)
    return _sorted(_forecast(_with_verdicts(frame), found, agreed.client.timezone))[RESOURCES]


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
    slope, _, low, high = stats.theilslopes(level, days)
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
    return Figure(
        measure="capacity.utilisation",
        subject=f"{row['resource']}:{row['metric']}",
        value=row["utilisation_ratio"],
        n=row["samples"],
        target=row["limit_ratio"],
        verdict=row["verdict"],
        coverage=row["coverage_ratio"],
        clause=row["clause"],
        why_missing=None if row["utilisation_ratio"] is not None else row["why_missing"],
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
    columns = [*_KEY, "unit", "capacity", "warn_ratio", "limit_ratio", "percentile", "critical", "clause"]
    frame = pd.DataFrame([entry.model_dump(include=set(columns)) for entry in entries], columns=columns)
    if frame.duplicated(_KEY).any():
        twice = frame[frame.duplicated(_KEY)].iloc[0]
        raise ValueError(
            f"capacity: {twice['resource']}:{twice['metric']} stands twice in the contract: keep one"
        )
    text = dict.fromkeys([*_KEY, "unit", "percentile", "clause"], "str")
    return frame.astype(text | dict.fromkeys(["capacity", "warn_ratio", "limit_ratio"], "float64")).assign(
        agreed=True
    )


def _with_verdicts(frame: pd.DataFrame) -> pd.DataFrame:
    """Status and verdict of each row, and why there is none."""
    used, limit, warn = frame["utilisation_ratio"], frame["limit_ratio"], frame["warn_ratio"]
    empty, outside = frame["samples"] == 0, frame["agreed"].isna()
    frame["status"] = np.select(
        [used.isna() | (limit.isna() & warn.isna()), used > limit, used > warn], [None, "over", "warn"], "ok"
    )
    frame["verdict"] = np.select(
        [empty, used.isna() | limit.isna(), used > limit], ["no_data", "no_target", "missed"], "met"
    )
    frame["why_missing"] = np.select(
        [empty, outside, frame["capacity"].isna(), used.isna()],
        [
            NO_FORECAST["no_data"],
            "not in the contract",
            "the contract names no capacity",
            "the contract's capacity is 0",
        ],
        None,
    )
    return frame


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
        _trend_line(series.get(key), limit, cutoff, empty)
        for key, limit, empty in zip(
            frame[_KEY].itertuples(index=False, name=None), limits, frame["samples"] == 0, strict=True
        )
    ]
    columns = ["days_to_limit", "days_low", "days_high", "slope_day", "forecast"]
    drawn = pd.DataFrame(lines, columns=columns, index=frame.index)
    numbers = columns[:-1]
    drawn[numbers] = drawn[numbers].astype("float64")
    full = (frame["status"] == "over") & drawn["forecast"].isin(["ok", "no_trend", "beyond_horizon"])
    drawn.loc[full, "forecast"] = "already_over"
    drawn.loc[full, ["days_to_limit", "days_low", "days_high"]] = np.nan
    return frame.join(drawn)


def _trend_line(series: pd.DataFrame | None, limit: float, cutoff: float, empty: bool) -> dict[str, Any]:
    if empty:
        return {"forecast": "no_data"}
    if np.isnan(limit):
        return {"forecast": "no_limit"}
    return time_to_limit(series["day"].to_numpy(float), series["p95"].to_numpy(float), limit, cutoff)


# ---------------------------------------------------------------- aggregation in DuckDB


def _source(database: duckdb.DuckDBPyConnection, samples: Samples | None, entries: pd.DataFrame) -> None:
    """Makes the samples a view `samples`: resource, metric, at, value; the names are spelled as the contract's entries
    have them (rule 44)."""
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


_BETWEEN = '"at" >= $low AND "at" < $high AND isfinite(value)'


def _period(database: duckdb.DuckDBPyConnection, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    # The mean is taken over the sorted values, for a sum in parallel differs from run to run in its last digit.
    return database.execute(
        f"""
        WITH gaps AS (
            SELECT resource, metric, value,
                epoch_us("at") - lag(epoch_us("at")) OVER (PARTITION BY resource, metric ORDER BY "at") AS gap
            FROM samples WHERE {_BETWEEN}
        ), ordered AS (
            SELECT resource, metric, list_sort(list(value)) AS v, median(gap) / 60e6 AS interval_min
            FROM gaps GROUP BY ALL
        )
        SELECT resource, metric, len(v) AS samples, list_avg(v) AS mean,
            CASE percentile WHEN 'nearest_rank' THEN {_nearest_rank("v")}
                ELSE list_aggregate(v, 'quantile_cont', 0.95) END AS p95,
            v[len(v)] AS max, interval_min, len(list_filter(v, lambda x: x > capacity)) AS over_capacity
        FROM ordered LEFT JOIN entries USING (resource, metric) ORDER BY resource, metric
        """,
        {"low": start.to_pydatetime(), "high": end.to_pydatetime()},
    ).df()


def _daily(
    database: duckdb.DuckDBPyConnection, offset: str, low: pd.Timestamp, high: pd.Timestamp
) -> pd.DataFrame:
    billed = "FROM entries WHERE percentile = 'nearest_rank'"
    frame = database.execute(
        f"""
        WITH days AS (
            SELECT resource, metric, (epoch_us("at") + {offset}) // {DAY} AS day, value
            FROM samples WHERE {_BETWEEN}
        ), billed AS (
            SELECT resource, metric, day, {_nearest_rank("list_sort(list(value))")} AS p95
            FROM days WHERE (resource, metric) IN (SELECT (resource, metric) {billed}) GROUP BY ALL
        ), all_days AS (
            SELECT resource, metric, day, count(*) AS samples, quantile_cont(value, 0.95) AS p95, max(value) AS max
            FROM days GROUP BY ALL
        )
        SELECT resource, metric, DATE '1970-01-01' + day::INTEGER AS "on", samples,
            coalesce(billed.p95, all_days.p95) AS p95, max
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
