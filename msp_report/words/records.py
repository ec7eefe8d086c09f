"""The one writer of CSV: records beside a page, figures and rejects that spreadsheets may open."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from msp_report.model.hostile import cell, cells


def write_csv(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a frame as a record: the same frame gives the same bytes.

    UTF-8, one line feed a line, instants in ISO 8601 with Z, dates as YYYY-MM-DD, true and false, the shortest
    digits that give the same float, missing empty, line ends inside a text as line feeds. Text that a
    spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers. Raises ValueError for
    an infinite number and for a duration, which has no unit.
    """
    columns = [_column(frame.iloc[:, place], str(name)) for place, name in enumerate(frame.columns)]
    plain = pd.concat(columns, axis=1) if columns else pd.DataFrame()
    plain.columns = [cell(str(name)) for name in frame.columns]
    with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        plain.to_csv(file, index=False, lineterminator="\n", na_rep="")


def _column(values: pd.Series, name: str) -> pd.Series:
    values = values.reset_index(drop=True)
    kind = values.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return _column(values.astype(kind.categories.dtype), name)
    if isinstance(kind, pd.DatetimeTZDtype):
        return _iso(values.dt.tz_convert("UTC").dt.tz_localize(None), "Z")
    if pd.api.types.is_datetime64_dtype(kind):
        return _iso(values, "")
    if pd.api.types.is_timedelta64_dtype(kind):
        raise ValueError(f"column {name!r} holds durations without a unit: give minutes")
    if pd.api.types.is_bool_dtype(kind):
        return values.astype(object).map({True: "true", False: "false"})
    if pd.api.types.is_float_dtype(kind):
        if np.isinf(values.to_numpy(dtype=float, na_value=np.nan)).any():
            raise ValueError(f"column {name!r} holds an infinite number: leave it empty and say why")
        return values + 0.0
    if pd.api.types.is_numeric_dtype(kind):
        return values
    if isinstance(kind, pd.StringDtype):
        return cells(values)
    return pd.Series([None if pd.isna(value) else _object(value) for value in values], dtype=object)


def _iso(values: pd.Series, suffix: str) -> pd.Series:
    stamps = values.to_numpy(dtype="datetime64[us]")
    there = ~np.isnat(stamps)
    days = stamps.astype("datetime64[D]")
    seconds = stamps.astype("datetime64[s]")
    if not suffix and (days[there] == stamps[there]).all():
        texts = np.datetime_as_string(days)
    else:
        whole = (seconds[there] == stamps[there]).all()
        texts = np.char.add(np.datetime_as_string(seconds if whole else stamps), suffix)
    return pd.Series(texts, dtype=object).where(there)


def _object(value: Any) -> Any:
    """One cell of a mixed column."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return _iso(pd.Series([pd.Timestamp(value)]).dt.tz_convert("UTC").dt.tz_localize(None), "Z")[0]
    return cell(value) if isinstance(value, str) else value
