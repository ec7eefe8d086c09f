"""Columns that every month filled and that came empty: evidence left out of a file that came (rule 41).

How many cells of a column are empty stands in the accepted Parquet files themselves, so nothing is read for it.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from msp_report.model.tables import KEPT, TABLES

#: So many earlier months with the table make a habit.
MONTHS = 3
#: A column is called empty on purpose where mere chance would leave it so less often than this.
CHANCE = 0.001


def emptied(name: str, now: Path, before: list[Path]) -> list[str]:
    """The columns of a table that are empty in a month's own rows and were filled in the months before.

    Parameters: the accepted file of the month, and those of the months before it, oldest first.
    Returns: their canonical names, in the order of the table. Without three earlier months there are none.
    Edge cases decided: a column that earlier months filled in part is one where at the lowest of their shares chance
    would leave it empty in fewer than one month of a thousand; a column that nothing uses is none, nor is one of a file
    without rows.
    Source: rule 41.
    """
    if len(before) < MONTHS:
        return []
    now_filled = filled(now)
    usual = [filled(path) for path in before[-MONTHS:]]
    rows = now_filled.pop("", 0)
    return [
        column
        for column in TABLES[name].names
        if rows
        and column not in KEPT.get(name, {})
        and now_filled.get(column) == 0
        and (1 - min(one.get(column, 0) / max(one[""], 1) for one in usual)) ** rows < CHANCE
    ]


def filled(path: Path) -> dict[str, int]:
    """By column how many cells are not empty, and under "" how many rows there are; without those nobody knows of."""
    told = pq.read_metadata(path)
    found = {"": told.num_rows}
    for group in map(told.row_group, range(told.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            if column.statistics is not None and column.statistics.has_null_count:
                name = column.path_in_schema
                found[name] = found.get(name, 0) + group.num_rows - column.statistics.null_count
    return found
