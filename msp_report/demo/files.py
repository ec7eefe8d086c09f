"""How the simulated frames become bytes: the same frame always gives the same ones."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter

from msp_report.demo.company import ZONE
from msp_report.demo.working_time import NEVER


def zulu(seconds: np.ndarray) -> np.ndarray:
    """Instants as ISO 8601 in UTC; NEVER is empty."""
    seconds = np.asarray(seconds, dtype=np.int64)
    known = np.where(seconds < NEVER, seconds, 0).astype("datetime64[s]")
    text = np.char.add(np.datetime_as_string(known, unit="s"), "Z").astype(object)
    return np.where(seconds < NEVER, text, "")


def local(seconds: np.ndarray, offset: bool = True) -> np.ndarray:
    """Instants as the company's wall time, with its offset from UTC or without; NEVER is empty."""
    seconds = np.asarray(seconds, dtype=np.int64)
    known = np.where(seconds < NEVER, seconds, 0)
    wall = pd.to_datetime(known, unit="s", utc=True).tz_convert(ZONE)
    text = wall.tz_localize(None).strftime("%Y-%m-%dT%H:%M:%S")
    if offset:
        hours = (wall.tz_localize(None) - wall.tz_convert(None)) // pd.Timedelta(hours=1)
        text = text + pd.Index([f"{hour:+03d}:00" for hour in hours])
    return np.where(seconds < NEVER, np.asarray(text, dtype=object), "")


def days(seconds: np.ndarray) -> np.ndarray:
    """The company's civil dates of instants; NEVER is empty."""
    return np.array([text[:10] for text in local(seconds, offset=False)], dtype=object)


def write_csv(
    frame: pd.DataFrame, path: Path, delimiter: str = ",", encoding: str = "utf-8", heading: str = ""
) -> None:
    """Plain CSV; a heading stands above the names of the columns."""
    text = frame.to_csv(index=False, sep=delimiter, lineterminator="\n")
    path.write_bytes((heading + text).encode(encoding))


def write_json_lines(frame: pd.DataFrame, path: Path) -> None:
    """One JSON object a line; empty values are left out, as most systems do."""
    rows = (
        {key: value for key, value in row.items() if value != ""}
        for row in frame.astype(object).to_dict("records")
    )
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def write_xlsx(frame: pd.DataFrame, path: Path, sheet: str, times: tuple[str, ...] = ()) -> None:
    """A workbook of one sheet; `times` are columns of wall times that become real Excel dates."""
    with xlsxwriter.Workbook(str(path), {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"created": datetime(2025, 1, 1), "author": "Harrow & Finch (invented)"})
        page = book.add_worksheet(sheet)
        stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        page.write_row(0, 0, frame.columns)
        for column, name in enumerate(frame.columns):
            for row, value in enumerate(frame[name], start=1):
                if value == "":
                    continue
                if name in times:
                    page.write_datetime(row, column, datetime.fromisoformat(value), stamp)
                else:
                    page.write(row, column, value)
