"""Columns of canonical tables, as every metric reads them: one answer to each question that several ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd

#: Microseconds in a minute, an hour and a day of 24 hours.
MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000


def optional(frame: pd.DataFrame, name: str, dtype: str = "str") -> pd.Series:
    """A column, or one of missing values where the frame has none."""
    return frame[name] if name in frame else pd.Series(None, index=frame.index, dtype=dtype)


def typed(frame: pd.DataFrame, types: Mapping[str, str]) -> pd.DataFrame:
    """A frame whose columns have these types. pandas' astype touches each column, which costs a table of ten rows as
    much as one of ten thousand; here only those of another type are converted."""
    had = dict(zip(frame.columns, frame.dtypes, strict=True))
    return frame.assign(
        **{name: frame[name].astype(type_) for name, type_ in types.items() if had[name] != type_}
    )


def texts(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column as text without blanks around it; missing, or no such column, is empty."""
    return optional(frame, name).astype("str").str.strip().fillna("")


def dates(values: pd.Series) -> pd.Series:
    """Civil dates at their midnight, without a zone [datetime64[us]]; missing stays missing."""
    days = pd.to_datetime(values)
    days = days.dt.tz_localize(None) if days.dt.tz is not None else days
    return days.astype("datetime64[us]").dt.normalize()


def micros(values: pd.Series, name: str = "times") -> pd.Series:
    """Instants as integer microseconds of UTC [Int64]; missing stays missing.

    Raises ValueError for times without a zone, naming `name`.
    """
    naive = isinstance(values.dtype, np.dtype) and values.dtype.kind == "M"
    if naive and values.notna().any():
        raise ValueError(f"{name} has times without a time zone: localize them first")
    at = pd.DatetimeIndex(pd.to_datetime(values, utc=True)).as_unit("us")
    return pd.Series(at.asi8, values.index, dtype="Int64").mask(at.isna())


def instants(values: Any) -> pd.Series:
    """Integer microseconds of UTC as instants; missing stays missing. Turn them once, at the edge of a subject."""
    return pd.to_datetime(pd.Series(values), unit="us", utc=True).astype("datetime64[us, UTC]")


def instant(at: datetime) -> pd.Timestamp:
    """An edge of a period in UTC. Raises ValueError for a time without a zone."""
    moment = pd.Timestamp(at)
    if moment is pd.NaT or moment.tzinfo is None:
        raise ValueError(f"the period must have instants with a time zone, not {at!r}")
    return moment.tz_convert("UTC").as_unit("us")


def micro(at: datetime) -> int:
    """The same as integer microseconds."""
    return instant(at).value // 1000


def wall_time(at: datetime, zone: str) -> pd.Timestamp:
    """What the clocks of a zone show at an instant, without a zone. Raises ValueError for a time without one."""
    return instant(at).tz_convert(zone).tz_localize(None)


def bounds(start: datetime, end: datetime) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The edges of a period in UTC. Raises ValueError for times without a zone and an end before the start."""
    first, last = instant(start), instant(end)
    if last < first:
        raise ValueError(f"the period ends at {last}, before it starts at {first}: swap them")
    return first, last


def civil_day(at: date | datetime, zone: str) -> pd.Timestamp:
    """The civil day of an instant in a zone, at its midnight without a zone; a date is its own day."""
    moment = pd.Timestamp(at)
    local = moment.tz_convert(zone).tz_localize(None) if moment.tzinfo else moment
    return local.normalize().as_unit("us")


def last_day(end: date | datetime, zone: str) -> pd.Timestamp:
    """The last civil day, whole or begun, of what ends at an instant; a date is its own day."""
    moment = pd.Timestamp(end)
    return civil_day(moment - pd.Timedelta(microseconds=1) if moment.tzinfo else moment, zone)


def booked(
    time_entries: pd.DataFrame | None, start: datetime, end: datetime, zone: str
) -> pd.DataFrame | None:
    """The bookings of a period, by the day of the work: its civil days in a zone, the last one whole or begun.

    None where it has none: hours that nobody wrote down are not nought hours (rule 17).
    """
    if time_entries is None or time_entries.empty:
        return None
    day = dates(time_entries["worked_on"])
    found = time_entries[(day >= civil_day(start, zone)) & (day <= last_day(end, zone))]
    return found if len(found) else None


def charged(entries: pd.DataFrame) -> np.ndarray:
    """Which bookings of time are charged beside the fee; one that does not say is not (rule 19)."""
    return optional(entries, "billable", "boolean").astype("boolean").fillna(False).to_numpy(bool)


def hours_booked(
    time_entries: pd.DataFrame | None, start: datetime, end: datetime, zone: str
) -> float | None:
    """All hours of these bookings, on whatever they are: the one total of which every page counts a share (rule 19)."""
    entries = booked(time_entries, start, end, zone)
    return None if entries is None else round(float(pd.to_numeric(entries["hours"]).sum()), 6)


def day_after(end: datetime, zone: str) -> pd.Timestamp:
    """The first civil day that is not in a period which ends at an instant: rows dated before it are in it."""
    return last_day(instant(end), zone) + pd.Timedelta(days=1)


def whole_days(difference: pd.Series) -> pd.Series:
    """Differences of civil dates as whole days [Int64]."""
    return (difference / pd.Timedelta(days=1)).round().astype("Int64")


def total(amounts: Iterable[Any]) -> Decimal:
    """The exact sum of the amounts that are known; of none 0."""
    return sum(pd.Series(list(amounts), dtype=object).dropna(), Decimal(0))


def with_sum(rows: pd.DataFrame, *columns: str, known: bool = False) -> pd.DataFrame:
    """The rows of a table and, where there are any, a last one that has nothing but the sums of these columns.

    A column in which a number is missing has no sum, or with `known` that of the numbers that are known.

    >>> with_sum(pd.DataFrame({"item": ["a", "b"], "cost": [Decimal(1), Decimal(2)]}), "cost")["cost"].tolist()
    [Decimal('1'), Decimal('2'), Decimal('3')]
    """
    if rows.empty:
        return rows
    numbers = {name: rows[name].dropna() for name in columns}
    sums = {
        name: round(total(Decimal(str(number)) for number in numbers[name]), 9)
        if len(numbers[name]) and (known or len(numbers[name]) == len(rows))
        else None
        for name in columns
    }
    last = pd.DataFrame([sums]).reindex(columns=rows.columns).astype(object)
    return pd.concat([rows.astype(object), last], ignore_index=True)


def cents(amount: Decimal) -> Decimal:
    """An amount of money to the cent, half a cent up."""
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dicts, None where a value is missing."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def by_month(rows: pd.DataFrame, series: pd.DataFrame) -> list[list[float]]:
    """The values of each measure and subject of `rows` over all the months of `series`, NaN where a month has none."""
    wide = series.pivot_table(index=["measure", "subject"], columns="month", values="value", dropna=False)
    asked = pd.MultiIndex.from_frame(rows[["measure", "subject"]])
    return wide.reindex(asked).to_numpy(float).tolist()
