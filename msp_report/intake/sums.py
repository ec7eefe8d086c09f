"""The totals that a report prints, held against its rows (rule 43): a sum or a count that is neither is a doubt.

Only lines that call themselves a total are compared, with all rows before them and with those since the last total.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from msp_report.intake import reasons, stated
from msp_report.intake.canonical import TOTAL, Fit
from msp_report.intake.chunk import Chunk
from msp_report.intake.values import plain_numbers

#: Columns whose values a report adds up; of all others it prints a count at most.
SUMMED = frozenset({"hours", "quantity", "minutes", "bytes"})
#: No file has so many totals; where a pattern takes more lines for totals, it is a filter and nothing is compared.
_MOST = 1_000


class Tally:
    """The rows of one file as they come, and what its totals say otherwise."""

    def __init__(self) -> None:
        self.rows = 0
        """Rows that are no titles and no totals."""
        self.texts: list[str] = []
        """The lines that are."""
        self.wrong: list[str] = []
        """One sentence for each total that is neither a sum nor a count of rows."""
        self._since = 0
        self._sums: dict[str, float] = {}
        self._sums_since: dict[str, float] = {}
        self._totals = 0

    def add(self, chunk: Chunk, fitted: Fit, rejects: pd.DataFrame) -> None:
        """The next chunk of the file, and what was rejected of it."""
        apart = rejects[rejects["reason"].isin([reasons.TOTAL, reasons.TITLE])]
        self.texts += apart["row"].tolist()[:_MOST]
        if chunk.read is not None:  # made of the lines of a report: no longer its lines
            self.rows += chunk.read - apart["line"].nunique()
            return
        counted = ~np.isin(chunk.lines, apart["line"].to_numpy())
        cells = {
            name: _amounts(chunk.column(header), fitted)
            for name, header in fitted.found.items()
            if name in SUMMED
        }
        broken = np.array([one.line for one in chunk.broken if one.line not in set(apart["line"])], np.int64)
        lines = np.concatenate([chunk.lines[counted], broken])
        totals = self._lines(chunk, apart)
        done = np.zeros(len(chunk), bool)
        counted_lines = 0
        for line, row in totals:
            here = counted & (chunk.lines < line) & ~done
            before = int((lines < line).sum())
            self._take(here, cells, before - counted_lines)
            done, counted_lines = done | here, before
            self._compare(line, row, fitted)
            self._since, self._sums_since = 0, {}
        self._take(counted & ~done, cells, len(lines) - counted_lines)

    def _lines(self, chunk: Chunk, apart: pd.DataFrame) -> list[tuple[int, dict[str, str]]]:
        """The totals of a chunk by line, their cells under the headers."""
        lines = apart.loc[apart["reason"].eq(reasons.TOTAL), "line"].to_numpy()
        self._totals += len(lines)
        if not len(lines) or self._totals > _MOST:
            return []
        places = np.flatnonzero(np.isin(chunk.lines, lines))
        found = [
            (int(chunk.lines[place]), [column[int(place)].as_py() or "" for column in chunk.columns])
            for place in places
        ]
        found += [
            (one.line, [str(cell) for cell in one.cells]) for one in chunk.broken if one.line in set(lines)
        ]
        named = [(line, row) for line, row in sorted(found) if _calls_itself_total(row)]
        return [(line, dict(zip(chunk.header, row, strict=False))) for line, row in named]

    def _take(self, rows: np.ndarray, cells: dict[str, np.ndarray], count: int) -> None:
        self.rows += count
        self._since += count
        for name, numbers in cells.items():
            amount = float(np.nansum(numbers[rows]))
            self._sums[name] = self._sums.get(name, 0.0) + amount
            self._sums_since[name] = self._sums_since.get(name, 0.0) + amount

    def _compare(self, line: int, row: dict[str, str], fitted: Fit) -> None:
        """Whether each number of a total is a count of rows or the sum of its column; another is noted."""
        names = {header: name for name, header in fitted.found.items()}
        known = {header: cell for header, cell in row.items() if header in names and cell.strip()}
        if not known:
            return
        numbers = plain_numbers(pa.array(known.values(), pa.string()), fitted.manner)
        for (header, _), number in zip(known.items(), numbers.tolist(), strict=True):
            name = names[header]
            is_summed = name in self._sums
            kind = fitted.table.column(name).type
            if np.isnan(number) or not (is_summed or kind in ("text", "instant", "date", "choice")):
                continue
            sums = [sums.get(name, 0.0) for sums in (self._sums, self._sums_since)] if is_summed else []
            near = any(abs(number - amount) <= 1e-6 + 0.005 * self.rows for amount in sums)
            if not near and number not in (self.rows, self._since):
                what = f"{sums[0]:,.10g} of {header!r}" if is_summed else f"{self.rows:,} rows"
                self.wrong.append(f"line {line} says a total of {number:,.10g}, its rows have {what}")


def _amounts(cells: pa.StringArray, fitted: Fit) -> np.ndarray:
    """Cells as numbers, through their distinct texts; NaN for what is none."""
    coded = cells.dictionary_encode()
    numbers = plain_numbers(coded.dictionary, fitted.manner)
    return np.append(numbers, np.nan)[coded.indices.fill_null(-1).to_numpy()]


def _calls_itself_total(row: Sequence[str]) -> bool:
    first = next((cell.strip() for cell in row if cell.strip()), "")
    return re.match(TOTAL, first) is not None and not stated.by_text(" ".join(row))
