"""Records: the one writer of CSV says every cell, whatever the rows that are written at a time."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from msp_report.model.hostile import cell
from msp_report.words import records

cells = st.one_of(st.none(), st.text('ab,"\n é', max_size=6))
floats = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))
rows = st.lists(st.tuples(cells, floats, st.one_of(st.none(), st.integers(0, 10**15))), max_size=9)


def frame(given_rows: list[tuple]) -> pd.DataFrame:
    text, number, micros = zip(*given_rows, strict=True) if given_rows else ((), (), ())
    at = pd.to_datetime(pd.Series(micros, dtype="Int64"), unit="us", utc=True)
    return pd.DataFrame(
        {"text": pd.Series(text, dtype="str"), "number": pd.Series(number, dtype="float64"), "at": at}
    )


def written(table: pd.DataFrame, folder: Path) -> bytes:
    records.write_csv(table, folder / "it.csv")
    return (folder / "it.csv").read_bytes()


@examples(50)
@given(rows)
def test_what_is_written_is_read_again(tmp_path_factory, given_rows):
    table = frame(given_rows)
    told = written(table, tmp_path_factory.mktemp("records")).decode()
    assert told.endswith("\n")
    names, *lines = csv.reader(io.StringIO(told, newline=""))
    assert names == ["text", "number", "at"]
    assert [line[0] for line in lines] == [cell(text) for text in table["text"].fillna("")]
    assert [float(line[1] or "nan") for line in lines] == pytest.approx(
        table["number"].to_list(), nan_ok=True
    )
    at = pd.to_datetime([line[2] or None for line in lines], utc=True, format="ISO8601")
    assert at.as_unit("us").equals(pd.DatetimeIndex(table["at"]).as_unit("us"))


@examples(20)
@given(rows)
def test_the_bytes_are_the_same_whatever_is_written_at_a_time(tmp_path_factory, given_rows):
    folder, table = tmp_path_factory.mktemp("records"), frame(given_rows)
    whole = written(table, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_ROWS", 2)
        assert written(table, folder) == whole


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        (pd.Series(["", None, "x"], dtype="str"), ['""', '""', "x"]),  # alone in its line, an empty cell is seen
        (pd.Series([1e-05, 1e16, -0.0, 0.1, np.nan]), ["1e-05", "1e+16", "0.0", "0.1", '""']),
        (pd.Series([1e-4, 9.99e-05, 1e10, 9999999999.5]), ["0.0001", "9.99e-05", "10000000000.0", "9999999999.5"]),
        (pd.Series([0.1, 2.5, None], dtype="Float32"), ["0.1", "2.5", '""']),
        (
            pd.Series(np.array(["2026-01-02T03:04:05.678901", "NaT"], "datetime64[us]")),
            ["2026-01-02T03:04:05.678901", '""'],
        ),
        (pd.Series(np.array(["0033-04-03", "12026-01-02"], "datetime64[us]")), ["0033-04-03", "12026-01-02"]),
        (pd.Series([1, None, 10**17], dtype="Int64"), ["1", '""', "100000000000000000"]),
        (pd.Series([True, None], dtype="boolean"), ["true", '""']),
        (pd.Series(["=1", "-2", "@x", "\u202eabc"], dtype="str"), ["'=1", "'-2", "'@x", "\ufffdabc"]),
        (pd.to_datetime(pd.Series(["2026-01-02", None])), ["2026-01-02", '""']),
        (
            pd.Series(pd.DatetimeIndex(["2026-01-02T00:00", "2026-01-02T03:04"])),
            ["2026-01-02T00:00:00", "2026-01-02T03:04:00"],
        ),
        (pd.Series(["a", 1, 2.5, True, None], dtype=object), ["a", "1", "2.5", "true", '""']),
    ],
)  # fmt: skip
def test_cells_by_their_type(tmp_path, values, lines):
    told = written(values.to_frame("it"), tmp_path).decode().splitlines()
    assert told == ["it", *lines]


@examples(200)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_are_written_as_python_writes_them(tmp_path_factory, numbers):
    lines = written(pd.DataFrame({"it": numbers}), tmp_path_factory.mktemp("records")).decode().splitlines()
    assert lines[1:] == [str(number + 0.0) for number in numbers]


_INSTANTS = st.datetimes(min_value=dt.datetime(1, 1, 1), max_value=dt.datetime(9999, 12, 31, 23, 59, 59))


@examples(100)
@given(st.lists(_INSTANTS, min_size=1))
def test_instants_are_written_in_iso(tmp_path_factory, instants):
    table = pd.DataFrame({"it": np.array(instants, "datetime64[us]")})
    lines = written(table, tmp_path_factory.mktemp("records")).decode().splitlines()
    assert [dt.datetime.fromisoformat(line) for line in lines[1:]] == instants


def test_without_columns_and_without_rows(tmp_path):
    assert written(pd.DataFrame(), tmp_path) == b"\n"
    assert written(frame([]), tmp_path) == b"text,number,at\n"


def test_what_a_record_cannot_hold_is_refused(tmp_path):
    with pytest.raises(ValueError, match="infinite"):
        written(pd.DataFrame({"a": [np.inf]}), tmp_path)
    with pytest.raises(ValueError, match="durations"):
        written(pd.DataFrame({"a": pd.to_timedelta([1], unit="s")}), tmp_path)
