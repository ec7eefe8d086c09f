"""Workbooks (xlsx, xlsm, xlsb, xls, ods) through calamine; cells keep their types as unmistakable text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from msp_report.intake.chunk import Chunk, Unreadable, align, best_header
from msp_report.params.layout import Layout, distinct

#: As in formats/csv.py.
CHUNK_ROWS, HEADER_ROWS = 50_000, 100


def read(path: Path, layout: Layout) -> Iterator[Chunk]:
    """The rows of one sheet; a row's line is its number in the sheet.

    Raises Unreadable for a file that is no workbook, has a password, or lacks the sheet.
    """
    with _readable():
        workbook = CalamineWorkbook.from_path(str(path))
        if layout.sheet is not None and layout.sheet not in workbook.sheet_names:
            there = ", ".join(repr(name) for name in workbook.sheet_names)
            raise Unreadable(f"there is no sheet {layout.sheet!r}: name one of {there} in sheet")
        sheet, skip = _choose(workbook, layout)
        rows = enumerate(workbook.get_sheet_by_name(sheet).iter_rows(), 1)
        sign = layout.decimal or "."
        header = distinct(next((row for number, row in rows if number > skip), ()))
        while header and not header[-1].split("#")[0]:
            header = header[:-1]
        facts = {"sheet": sheet, "header_line": skip + 1}
        first = True
        while (batch := list(islice(rows, CHUNK_ROWS))) or first:
            cells = [[_text(cell, sign) for cell in row] for _, row in batch]
            yield align(header, cells, [number for number, _ in batch], facts, typed=True)
            first = False


@contextmanager
def _readable() -> Iterator[None]:
    """What goes wrong inside the workbook, as one sentence."""
    try:
        yield
    except PasswordError:
        raise Unreadable("the workbook has a password: save it without one") from None
    except (CalamineError, OSError) as error:
        raise Unreadable(f"this is no workbook that can be read ({error}): export it again") from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of the library, and no Exception
            raise
        raise Unreadable("this is no workbook that can be read: export it again") from None


def _choose(workbook: CalamineWorkbook, layout: Layout) -> tuple[str, int]:
    """The sheet that holds most of the known names in its header, and the rows before that header."""
    best: tuple[int, str, int] | None = None
    for name in [layout.sheet] if layout.sheet is not None else workbook.sheet_names:
        rows = list(islice(workbook.get_sheet_by_name(name).iter_rows(), HEADER_ROWS))
        place, score = best_header(rows, layout.headers) if rows else (0, 0)
        if layout.skip_rows is not None:
            place = layout.skip_rows
        if best is None or score > best[0]:
            best = (score, name, place)
    if best is None:
        raise Unreadable("the workbook has no sheets")
    return best[1], best[2]


def _text(cell: object, sign: str) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        whole = cell.is_integer() and abs(cell) < 1e15
        return str(int(cell)) if whole else repr(cell).replace(".", sign)
    if isinstance(cell, datetime):
        return _whole_seconds(cell).isoformat()
    if isinstance(cell, date):
        return f"{cell.isoformat()}T00:00:00"
    if isinstance(cell, timedelta):
        return _clock(cell)
    if isinstance(cell, time):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def _whole_seconds(at: datetime) -> datetime:
    """A workbook holds days as fractions, so that a whole second may come out a millisecond off."""
    nearest = (at + timedelta(milliseconds=500)).replace(microsecond=0)
    return nearest if abs(nearest - at) <= timedelta(milliseconds=1) else at


def _clock(length: timedelta) -> str:
    seconds = round(length.total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
