"""Which figures nobody can give without a column, and without a table: tried on the demo's month.

Each optional column is emptied in turn, each table taken away, and the reports that rest on exports are asked again.
`check` and `init` read what came of it (start/needs.yaml); `write` makes it anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from msp_report.model.tables import TABLES
from msp_report.selftest.asked import REPORTS, analysed

_HEAD = "# Which figures die with a column, and with a table: tried on the demo by selftest/needed.py.\n"
_FRAMES = ("table", "follow_up", "own", "known_before")


class _Without:
    """A case in which a column is empty in every row, or a table was never supplied."""

    def __init__(self, case: Any, table: str, column: str | None) -> None:
        self._case, self._table, self._column = case, table, column

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._case, name)
        if name in _FRAMES:
            return lambda table: self._changed(found(table), table)
        if name == "paths" and self._column is None:
            return lambda table, *more: [] if table == self._table else found(table, *more)
        return found

    def _changed(self, frame: pd.DataFrame | None, table: str) -> pd.DataFrame | None:
        if frame is None or table != self._table:
            return frame
        if self._column is None:
            return None
        nothing = pd.Series([None] * len(frame), index=frame.index).astype(frame[self._column].dtype)
        return frame.assign(**{self._column: nothing})

    def month_before(self) -> Any:
        before = self._case.month_before()
        return before and _Without(before, self._table, self._column)


def derive(case: Any, only: Iterable[tuple[str, str | None]] | None = None) -> dict[str, list[str]]:
    """By `table.column`, and by `table`, the measures that have no value any more in any subject.

    `only`: these alone, as (table, column or None). Tried where a table stands alone: outages without checks, tickets
    without their log, which may say the same.
    """
    pairs = only or [
        (table.name, column)
        for table in TABLES.values()
        for column in (None, *(c.name for c in table.columns if not c.required))
    ]
    asked = {report: analysed(case, report)[1] for report in REPORTS}
    before: dict[str, dict[str, set[str]]] = {}
    found: dict[str, list[str]] = {}
    for table, column in pairs:
        alone = case
        for other in TABLES[table].with_:
            alone = _Without(alone, other, None)
        reports = [report for report in REPORTS if table in asked[report]]
        if table not in before:
            before[table] = {report: _known(alone, report) for report in reports}
        gone: set[str] = set()
        for report in reports:
            gone |= before[table][report] - _known(_Without(alone, table, column), report)
        if gone:
            found[f"{table}.{column}" if column else table] = sorted(gone)
    return found


def _known(case: Any, report: str) -> set[str]:
    """The measures of a report that have a value."""
    return {figure.measure for figure in analysed(case, report)[0].figures() if figure.value is not None}


def write(case: Any, path: Path) -> Path:
    """Write what is needed for which figures."""
    path.write_text(_HEAD + yaml.safe_dump(derive(case), width=110), encoding="utf-8")
    return path
