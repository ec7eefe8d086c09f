"""Workbooks (xlsx, xlsm, xlsb, xls, ods) through calamine; cells keep their types as unmistakable text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from msp_report.intake import stated
from msp_report.intake.chunk import Chunk, Unreadable, align, best_header
from msp_report.intake.formats import cells, heads
from msp_report.intake.formats.outlines import Outline
from msp_report.params.layout import Layout, distinct

#: As in formats/csv.py.
CHUNK_ROWS, HEADER_ROWS = 50_000, 100

Rows = Iterator[tuple[int, list[str]]]


def read(path: Path, layout: Layout) -> Iterator[Chunk]:
    """The rows of one sheet; a row's line is its number in the sheet.

    A sheet that nobody sees is read only where `sheet` names it. A head that stands over several columns is repeated
    with what the next row calls each: `How was it? / Mail`. Cells with an error, and formulas whose result was
    never stored, keep the name of that. Raises Unreadable for a file that is no workbook, has a password, lacks the
    sheet, or has several that may be meant.
    """
    with _readable():
        workbook = CalamineWorkbook.from_path(str(path))
        if layout.sheet is not None and layout.sheet not in workbook.sheet_names:
            there = ", ".join(repr(name) for name in workbook.sheet_names)
            raise Unreadable(f"there is no sheet {layout.sheet!r}: name one of {there} in sheet")
        sheet, skip, remarks = _choose(workbook, layout)
        rows = _rows(path, workbook, sheet, layout.decimal or ".")
        before = [[cell for cell in row if cell] for _, row in islice(rows, skip)]
        names, rows = _heads(list(next(rows, (0, ()))[1]), rows)
        header = distinct(names)
        remarks = (*remarks, *heads.told(names), *_merged_below(workbook, sheet, skip))
        while header and not header[-1].split("#")[0]:
            header = header[:-1]
        if path.suffix.casefold() in cells.OPAQUE:
            remarks = (
                *remarks,
                "a cell with an error looks empty in this format: save it as .xlsx to be sure",
            )
        facts = {"sheet": sheet, "header_line": skip + 1, **stated.by_text(" ".join(chain(*before)))}
        first = True
        while (batch := list(islice(rows, CHUNK_ROWS))) or first:
            numbers = [number for number, _ in batch]
            chunk = align(header, [row for _, row in batch], numbers, facts, typed=True)
            yield replace(chunk, remarks=remarks) if remarks else chunk
            first = False


def outline(path: Path, layout: Layout) -> Outline:
    """The sheets that are shown."""
    with _readable():
        return Outline("xlsx", sheets=tuple(_shown(CalamineWorkbook.from_path(str(path)))))


def _heads(head: list[str], rows: Rows) -> tuple[list[str], Rows]:
    """The header and the rows below it; of a head of two rows both."""
    if not heads.wide(head):
        return head, rows
    following = next(rows, None)
    if following is None:
        return head, rows
    names = heads.joined(head, following[1])
    return (head, chain([following], rows)) if names is None else (names, rows)


def _merged_below(workbook: CalamineWorkbook, name: str, skip: int) -> Iterator[str]:
    """What to say of cells that are merged over several rows: all but the first of them are empty."""
    ranges = workbook.get_sheet_by_name(name).merged_cell_ranges or ()
    tall = sorted((start, end) for start, end in ranges if end[0] > start[0] > skip)
    if tall:
        (row, column), (last, _) = tall[0]
        at = f"rows {row + 1} to {last + 1} of column {column + 1}"
        more = f" and {len(tall) - 1} more" if len(tall) > 1 else ""
        yield f"cells are merged ({at}{more}): their value counts for the first of these rows only"


def _rows(path: Path, workbook: CalamineWorkbook, name: str, sign: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a sheet with their numbers; what has no value is named (see cells.without_value)."""
    sheet = workbook.get_sheet_by_name(name)
    lacking = cells.without_value(path, name)
    left = sheet.start[1] if sheet.start else 0
    number = width = 0
    for number, row in enumerate(sheet.iter_rows(), 1):
        texts = [_text(cell, sign) for cell in row]
        width = max(width, len(texts))
        yield number, _named(texts, lacking[number], left, width) if number in lacking else texts
    for below in sorted(row for row in lacking if row > number):
        yield below, _named([], lacking[below], left, width)


def _named(texts: list[str], lacking: Mapping[int, str], left: int, width: int) -> list[str]:
    """A row with the names of what has no value in their places; cells left of the sheet's first one are beyond it."""
    row = texts + [""] * (max(width, max(lacking) - left) - len(texts))
    for column, text in lacking.items():
        if column > left:
            row[column - left - 1] = text
    return row


@contextmanager
def _readable() -> Iterator[None]:
    """What goes wrong inside the workbook, as one sentence."""
    try:
        yield
    except PasswordError:
        raise Unreadable("the workbook has a password: save it without one") from None
    except (CalamineError, OSError) as error:
        if "Cell limit" in str(error):
            raise Unreadable(
                "its sheet has more cells than can be read: delete the empty rows and columns after the data and "
                "save it"
            ) from None
        raise Unreadable(f"this is no workbook that can be read ({error}): export it again") from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of the library, and no Exception
            raise
        raise Unreadable("this is no workbook that can be read: export it again") from None


def _choose(workbook: CalamineWorkbook, layout: Layout) -> tuple[str, int, tuple[str, ...]]:
    """The sheet that holds most of the known names in its header, the rows before that header, and what to say of it.

    Of the sheets that are shown; hidden ones that fit as well are named. Raises Unreadable where only a hidden one
    fits, and where two that are shown fit alike and hold rows.
    """
    if layout.sheet is not None:
        return layout.sheet, _header(workbook, layout.sheet, layout)[0], ()
    if not workbook.sheet_names:
        raise Unreadable("the workbook has no sheets")
    found = {name: _header(workbook, name, layout) for name in workbook.sheet_names}
    shown = _shown(workbook)
    hidden = [name for name in workbook.sheet_names if name not in shown]
    score = max(found[name][1] for name in shown) if shown else 0
    best = [name for name in shown if found[name][1] == score]
    fits = [name for name in hidden if found[name][1] >= max(score, 1) and found[name][2]]
    if fits and not score:
        raise Unreadable(
            f"only the hidden sheet {fits[0]!r} fits: name it in sheet if it is meant, or show it"
        )
    filled = [name for name in best if found[name][2]]
    if len(filled) > 1 and score > 1:
        named = ", ".join(repr(name) for name in filled)
        raise Unreadable(f"the sheets {named} fit alike: name the one that is meant in sheet")
    chosen = (filled or best or hidden)[0]
    remarks = tuple(
        f"the hidden sheet {name!r} is not read: name it in sheet if it is meant" for name in fits
    )
    return chosen, found[chosen][0], remarks


def _shown(workbook: CalamineWorkbook) -> list[str]:
    return [one.name for one in workbook.sheets_metadata if one.visible == SheetVisibleEnum.Visible]


def _header(workbook: CalamineWorkbook, name: str, layout: Layout) -> tuple[int, int, bool]:
    """Of a sheet the rows before its header, how many known names that holds, and whether rows follow."""
    rows = list(islice(workbook.get_sheet_by_name(name).iter_rows(), HEADER_ROWS))
    place, score = best_header(rows, layout.headers) if rows else (0, 0)
    if layout.skip_rows is not None:
        place = layout.skip_rows
    return place, score, any(cell not in (None, "") for row in rows[place + 1 :] for cell in row)


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
