"""The one writer of CSV: records beside a page, figures and rejects that spreadsheets may open."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from msp_report.model.beside import side_by_side
from msp_report.model.hostile import cell, cells

#: So many rows at a time become text.
_ROWS = 50_000


def write_csv(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a frame as a record: the same frame gives the same bytes.

    UTF-8, one line feed a line, instants in ISO 8601 with Z, dates as YYYY-MM-DD, true and false, the shortest
    digits that give the same float, missing empty, line ends inside a text as line feeds. Text that a
    spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers. Raises ValueError for
    an infinite number and for a duration, which has no unit.
    """
    columns = [_plain(frame.iloc[:, place], str(name)) for place, name in enumerate(frame.columns)]
    told = [_as_told(column) for column in columns]
    with open(path, "wb") as file:
        if not columns:
            file.write(b"\n")
            return
        names = [pa.array([cell(str(name)).encode("utf-8", "backslashreplace")]) for name in frame.columns]
        file.write(_lines([_quoted(name.cast(pa.string())) for name in names]))

        def lines(begin: int) -> bytes:
            here = slice(begin, begin + _ROWS)
            return _lines([_texts(column.iloc[here], how) for column, how in zip(columns, told, strict=True)])

        file.writelines(side_by_side(lines, range(0, len(frame), _ROWS)))


def _lines(columns: list[pa.StringArray]) -> bytes:
    """Cells as lines of CSV; quotes where one is alone in its line and empty."""
    cells_of = [pc.fill_null(column, "") for column in columns]
    if len(cells_of) == 1:
        cells_of = [pc.if_else(pc.equal(cells_of[0], ""), '""', cells_of[0])]
    rows = pc.binary_join_element_wise(*cells_of, ",")
    rows = rows.combine_chunks() if isinstance(rows, pa.ChunkedArray) else rows
    whole = pa.LargeListArray.from_arrays(pa.array([0, len(rows)], pa.int64()), rows)
    return pc.binary_join(whole, "\n")[0].as_buffer().to_pybytes() + b"\n"


def _quoted(texts: pa.StringArray) -> pa.StringArray:
    """Texts with quotes where they need them as cells of CSV, missing ones missing."""
    special = pc.match_substring_regex(texts, '[",\n]')
    if not pc.any(special).as_py():
        return texts
    inside = pc.replace_substring(texts, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', inside, '"', ""), texts)


def _plain(values: pd.Series, name: str) -> pd.Series:
    """A column without categories and zones. Raises ValueError for what a record cannot hold."""
    kind = values.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return _plain(values.astype(kind.categories.dtype), name)
    if isinstance(kind, pd.DatetimeTZDtype):
        return values.dt.tz_convert("UTC")
    if pd.api.types.is_timedelta64_dtype(kind):
        raise ValueError(f"column {name!r} holds durations without a unit: give minutes")
    if pd.api.types.is_float_dtype(kind) and np.isinf(values.to_numpy(dtype=float, na_value=np.nan)).any():
        raise ValueError(f"column {name!r} holds an infinite number: leave it empty and say why")
    return values


def _as_told(values: pd.Series) -> str:
    """How the times of a whole column are told: by day, second or microsecond; of others nothing."""
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        return ""
    stamps = _stamps(values)
    stamps = stamps[~np.isnat(stamps)]
    zoned = isinstance(values.dtype, pd.DatetimeTZDtype)
    units = ("s", "us") if zoned else ("D", "s", "us")
    return next(unit for unit in units if (stamps.astype(f"datetime64[{unit}]") == stamps).all())


def _stamps(values: pd.Series) -> np.ndarray:
    plain = values.dt.tz_localize(None) if isinstance(values.dtype, pd.DatetimeTZDtype) else values
    return plain.to_numpy(dtype="datetime64[us]")


def _texts(values: pd.Series, told: str) -> pa.StringArray:
    """Some rows of a column as cells of CSV, missing ones missing."""
    kind = values.dtype
    if told:
        texts = _instants(_stamps(values), told)
        zoned = isinstance(kind, pd.DatetimeTZDtype)
        return pc.binary_join_element_wise(texts, "Z", "") if zoned else texts
    if pd.api.types.is_bool_dtype(kind):
        flags = pa.array(values, pa.bool_(), from_pandas=True)
        return pc.if_else(flags, "true", "false")
    if pd.api.types.is_float_dtype(kind):
        missing = values.isna().to_numpy(bool)
        numbers = (values + 0.0).to_numpy(dtype=getattr(kind, "numpy_dtype", kind), na_value=np.nan)
        return pc.if_else(missing, None, _digits(numbers))
    if pd.api.types.is_numeric_dtype(kind):
        return pa.array(values, from_pandas=True).cast(pa.string())
    if isinstance(kind, pd.StringDtype):
        return _quoted(pa.array(cells(values), pa.string(), from_pandas=True))
    return _quoted(
        pa.array([None if pd.isna(value) else str(_object(value)) for value in values], pa.string())
    )


#: The years of which Arrow tells an instant as numpy does, and the numbers; it takes a tenth of the time.
_YEARS = (np.datetime64("0001-01-01"), np.datetime64("9999-12-31"))
_LEAST, _MOST = 1e-4, 1e10


def _instants(stamps: np.ndarray, unit: str) -> pa.StringArray:
    """Instants in ISO 8601 to the day, second or microsecond; missing ones missing."""
    missing = np.isnat(stamps)
    if ((stamps < _YEARS[0]) | (stamps > _YEARS[1])).any():
        return pa.array(np.datetime_as_string(stamps.astype(f"datetime64[{unit}]")), mask=missing)
    texts = pa.array(stamps).cast(pa.date32() if unit == "D" else pa.timestamp(unit)).cast(pa.string())
    return texts if unit == "D" else pc.utf8_replace_slice(texts, 10, 11, "T")


def _digits(numbers: np.ndarray) -> pa.StringArray:
    """The shortest digits that give each float again, as numpy writes them."""
    size = np.abs(numbers)
    odd = (size < _LEAST) & (size > 0) | (size >= _MOST) | (numbers.dtype != np.float64)
    texts = pa.array(np.where(odd, np.nan, numbers)).cast(pa.string())
    texts = pc.if_else(numbers == np.floor(numbers), pc.binary_join_element_wise(texts, ".0", ""), texts)
    return pc.replace_with_mask(texts, odd, pa.array(numbers[odd].astype("str"), pa.string()))


def _object(value: Any) -> Any:
    """One cell of a mixed column."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        at = pd.Series([pd.Timestamp(value)]).dt.tz_convert("UTC")
        return _texts(at, _as_told(at))[0].as_py()
    return cell(value) if isinstance(value, str) else value
