"""What the tests of months came to, kept beside the client's params, from where the year's pages read it.

`params/<client>/selftest/2026-10.csv`, one row per harm and size with SUMMED. It is sealed with the params.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from msp_report.model.errors import Failed
from msp_report.model.period import Month, Period
from msp_report.words import records
from msp_report.workspace import Workspace

# fmt: off
SUMMED = [
    "harm", "report", "hides", "harm_size", "unit", "tries", "caught", "caught_ratio", "caught_low", "caught_high",
    "shown_by", "paid", "capped", "owed_more", "held_more", "lost_more",
]
# fmt: on
_TEXTS, _COUNTS = ("harm", "report", "unit", "shown_by"), ("tries", "caught", "paid", "capped")
_NUMBERS = ("harm_size", "caught_ratio", "caught_low", "caught_high", "owed_more", "held_more", "lost_more")


def place(workspace: Workspace, client: str, month: Month | str) -> Path:
    """Where the test of a month is kept."""
    return workspace.client_params(client) / "selftest" / f"{month}.csv"


def write(summed: pd.DataFrame, path: Path) -> None:
    """Keep the test of a month; an earlier one of the same month is replaced."""
    path.parent.mkdir(exist_ok=True)
    part = path.with_suffix(".part")
    records.write_csv(summed, part)
    part.replace(path)


def newest(workspace: Workspace, client: str, period: Period) -> pd.DataFrame:
    """The test of the newest month of a period, with its `month`; without rows where none was tested.

    Raises Failed for a file that is not as it was written.
    """
    tested = [
        (month, path)
        for month in reversed(period.months)
        if (path := place(workspace, client, month)).exists()
    ]
    if not tested:
        return typed(pd.DataFrame(columns=["month", *SUMMED]))
    month, path = tested[0]
    try:
        found = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=dict.fromkeys(_TEXTS, "str"))
        return typed(found.assign(month=str(month))[["month", *SUMMED]])
    except (ValueError, KeyError) as error:
        raise Failed(
            f"{path}: this is not what a self-test wrote ({error}): run msp-report selftest again"
        ) from None


def typed(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with SUMMED in their types."""
    kinds = dict.fromkeys(_COUNTS, "int64") | dict.fromkeys(_NUMBERS, "float64") | {"hides": "bool"}
    return rows.assign(shown_by=rows["shown_by"].fillna("")).astype(kinds | dict.fromkeys(_TEXTS, "str"))
