"""What every format reader gives: some rows as text under one header, with the lines on which they begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from msp_report.intake import reasons
from msp_report.params.layout import fold

#: Longest field in a row that is accepted, in bytes.
FIELD_LIMIT = 1_000_000
#: Longest name of a column, in characters; some are whole questions.
NAME_LIMIT = 1_000
#: Longest text of a row kept in the rejects, in characters.
ROW_LIMIT = 10_000
#: No table of the model comes near so many columns, and no spreadsheet has more.
MOST_COLUMNS = 16_384
#: The header under which the cells of a row beyond its last header stand, as CSV; only where a row has some.
WIDER = "(more cells)"
#: The column in which a document's records have their place in it; what they say stands beside it.
PLACE = "_place"


class Unreadable(Exception):
    """A file that cannot be read at all; the text says what to do, without the file's name."""


class Irregular(Exception):
    """What is not read at once: the first so many `chunks` of the file are, and not what comes after them."""

    def __init__(self, chunks: int) -> None:
        super().__init__(chunks)
        self.chunks = chunks


class Broken(NamedTuple):
    """A row that cannot be put under the header."""

    line: int
    reason: str
    cells: Sequence[str]


class Origin(NamedTuple):
    """Which input rows each row of a chunk came of, by their number in the file, from 0, and their line."""

    rows: pa.ListArray
    lines: pa.ListArray


@dataclass(frozen=True)
class Aside:
    """Input rows that are left out for one reason, with their text."""

    reason: str
    rows: np.ndarray
    """Their numbers in the file, from 0."""
    lines: np.ndarray
    texts: pa.StringArray


@dataclass(frozen=True)
class Chunk:
    """Some rows of one file. `typed`: dates and numbers come from typed cells, in ISO 8601 and with a point."""

    header: tuple[str, ...]
    columns: tuple[pa.StringArray, ...]
    lines: np.ndarray
    """Physical line on which each row begins; of a sheet or a Parquet file the row."""
    broken: tuple[Broken, ...] = ()
    facts: dict[str, str | int] = field(default_factory=dict)
    """How the file was read: encoding, delimiter, header_line, sheet; and what it says of itself (intake/stated)."""
    typed: bool = False
    remarks: tuple[str, ...] = ()
    """What an analyst should know of how the file was read, without its name."""
    origin: Origin | None = None
    """The input rows that each row came of, where `split` or `shape` made them; None: each row is one."""
    aside: tuple[Aside, ...] = ()
    """Input rows that `where` or `shape` left out."""
    read: int | None = None
    """Input rows that the chunk stands for; None: its rows and the broken ones."""

    def __len__(self) -> int:
        return len(self.lines)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {fold(name): place for place, name in reversed(list(enumerate(self.header)))}

    @cached_property
    def _exact(self) -> dict[str, int]:
        return {name: place for place, name in reversed(list(enumerate(self.header))) if name}

    def column(self, header: str) -> pa.StringArray:
        """The cells under a header: the one written so, else the first that differs only in what `fold` drops."""
        place = self._exact.get(header)
        return self.columns[self._places[fold(header)] if place is None else place]

    def header_of(self, names: Sequence[str]) -> str | None:
        """The first of some names that is a header here, as the file writes it."""
        for name in names:
            if name in self._exact:
                return name
            place = self._places.get(fold(name)) if fold(name) else None
            if place is not None:
                return self.header[place]
        return None

    def text(self, rows: np.ndarray) -> pa.StringArray:
        """Whole rows as CSV, commas between the cells, cut after ROW_LIMIT characters; with its place before a record
        of a document."""
        own = [place for place, name in enumerate(self.header) if name not in (WIDER, PLACE)]
        whole = joined([self.columns[place].take(pa.array(rows)) for place in own], len(rows))
        if PLACE in self.header:
            at = self.column(PLACE).take(pa.array(rows))
            told = pc.binary_join_element_wise(pc.fill_null(at, ""), whole, ": ")
            whole = pc.utf8_slice_codeunits(pc.if_else(pc.is_valid(at), told, whole), 0, ROW_LIMIT)
        if WIDER not in self.header:
            return whole
        more = self.column(WIDER).take(pa.array(rows))
        return pc.if_else(
            pc.is_valid(more), pc.binary_join_element_wise(whole, pc.fill_null(more, ""), ","), whole
        )

    def hashes(self) -> np.ndarray:
        """One number a row, the same for rows with the same cells under the same headers."""
        from msp_report.system.database import connect_small

        own = (place for place, name in enumerate(self.header) if name not in (WIDER, PLACE))
        order = sorted(own, key=self.header.__getitem__)
        cells = [pc.fill_null(self.columns[place], "") for place in order]
        whole = pc.binary_join_element_wise(*cells, "\x1f") if cells else pa.array([""] * len(self))
        if WIDER in self.header:
            more = self.columns[self.header.index(WIDER)]
            longer = pc.binary_join_element_wise(whole, pc.fill_null(more, ""), "\x1f")
            whole = pc.if_else(pc.is_valid(more), longer, whole)
        with connect_small() as database:
            database.register("whole", pa.table({"cells": whole}))
            found = database.sql("select hash(cells) as number from whole").to_arrow_table()
        return found.column("number").to_numpy()


def joined(columns: Sequence[pa.StringArray], length: int) -> pa.StringArray:
    """Columns of cells as one line of CSV a row."""
    if not columns or not length:
        return pa.array([""] * length, pa.string())
    quoted = [_quoted(pc.utf8_slice_codeunits(pc.fill_null(c, ""), 0, ROW_LIMIT)) for c in columns]
    return pc.utf8_slice_codeunits(pc.binary_join_element_wise(*quoted, ","), 0, ROW_LIMIT)


def _quoted(cells: pa.StringArray) -> pa.StringArray:
    special = pc.match_substring_regex(cells, '[",\r\n]')
    if not pc.any(special).as_py():
        return cells
    inside = pc.replace_substring(cells, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', inside, '"', ""), cells)


def align(
    header: tuple[str, ...],
    rows: list[Sequence[str]],
    lines: list[int],
    facts: dict[str, str | int],
    typed: bool = False,
) -> Chunk:
    """Rows under their header: blank ones left out, shorter ones set aside; what wider ones have beyond it stands
    under WIDER.

    Empty cells beyond the header are no cells, and a header without a name needs none.
    """
    width = len(header)
    least = max((place + 1 for place, name in enumerate(header) if name), default=0)
    widths = np.fromiter(map(len, rows), np.int64, len(rows))
    broken: list[Broken] = []
    more: dict[int, str] = {}
    if (widths != width).any():
        whole, kept = [], []
        for row, line in zip(rows, lines, strict=True):
            cells = _trimmed(row, width, least)
            if len(cells) > width and width > 1:
                cells_beyond = [pa.array([cell], pa.string()) for cell in cells[width:]]
                more[len(whole)] = joined(cells_beyond, 1)[0].as_py()
                cells = cells[:width]
            if len(cells) == width:
                whole.append(cells)
                kept.append(line)
            elif any(cell.strip() for cell in cells):
                broken.append(Broken(line, reasons.WIDE if len(cells) > width else reasons.SHORT, cells))
        rows, lines = whole, kept
    columns = tuple(_texts(cells) for cells in zip(*rows, strict=True)) if rows else (_texts(()),) * width
    if more:
        header = (*header, WIDER)
        columns = (*columns, _texts([more.get(place) for place in range(len(rows))]))
    chunk = Chunk(header, columns, np.asarray(lines, np.int64), tuple(broken), facts, typed)
    return tidy(chunk)


def tidy(chunk: Chunk) -> Chunk:
    """A chunk without blank rows, those that cannot be kept set aside."""
    return sift(_without_blank(chunk))


def _trimmed(row: Sequence[str], width: int, least: int) -> Sequence[str]:
    if len(row) > width and not any(cell.strip() for cell in row[width:]):
        return row[:width]
    if least <= len(row) < width:
        return [*row, *[""] * (width - len(row))]
    return row


def _texts(cells: Sequence[str | None]) -> pa.StringArray:
    array = pa.array(cells, pa.string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _without_blank(chunk: Chunk) -> Chunk:
    """Leave out rows in which no cell holds anything."""
    blank = np.ones(len(chunk), bool)
    for column in chunk.columns:
        if not blank.any():
            return chunk
        empty = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), True)
        blank &= np.asarray(empty, dtype=bool)
    return take(chunk, np.flatnonzero(~blank)) if blank.any() else chunk


def take(chunk: Chunk, rows: np.ndarray, broken: Sequence[Broken] = ()) -> Chunk:
    """Some rows of a chunk."""
    places = pa.array(rows, pa.int64())
    origin = chunk.origin and Origin(*(listed.take(places) for listed in chunk.origin))
    return replace(
        chunk,
        columns=tuple(column.take(places) for column in chunk.columns),
        lines=chunk.lines[rows],
        broken=(*chunk.broken, *broken),
        origin=origin,
    )


def sift(chunk: Chunk) -> Chunk:
    """Set aside rows with a field that is too long or holds a NUL, which marks bytes that are no text."""
    long = np.zeros(len(chunk), bool)
    nul = np.zeros(len(chunk), bool)
    for column in chunk.columns:
        size = pc.max(pc.binary_length(column)).as_py() or 0
        if size > FIELD_LIMIT:
            long |= np.asarray(pc.fill_null(pc.greater(pc.binary_length(column), FIELD_LIMIT), False))
        data = column.buffers()[2]
        if size and not np.frombuffer(data, np.uint8).all():
            nul |= np.asarray(pc.fill_null(pc.match_substring(column, "\x00"), False))
    if not (long | nul).any():
        return chunk
    bad = np.flatnonzero(long | nul)
    broken = [
        Broken(
            int(chunk.lines[row]),
            reasons.TOO_LONG if long[row] else reasons.BYTES,
            [(column[row].as_py() or "")[: ROW_LIMIT + 1] for column in chunk.columns],
        )
        for row in bad.tolist()
    ]
    return take(chunk, np.flatnonzero(~(long | nul)), broken)


def best_header(rows: Sequence[Sequence[object]], known: frozenset[str]) -> tuple[int, int]:
    """Which of the first rows is the header, and how many known names it holds; the earliest of equals.

    Where none holds a known name it is the first row with anything in it.
    """
    filled, best, most = 0, 0, 0
    for place, row in enumerate(rows):
        names = {fold(str(cell)[:NAME_LIMIT]) for cell in row if cell not in (None, "")} - {""}
        score = len(names & known)
        if names and not filled:
            filled = place + 1
        if score > most:
            best, most = place, score
        if score > 1 and score == len(names):
            break  # every name is known: no other row is more of a header
    return (best, most) if most else (max(0, filled - 1), 0)
