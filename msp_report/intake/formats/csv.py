"""Delimited text: encoding, delimiter and header are found by themselves where the reading is silent."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from msp_report.intake import reasons, stated
from msp_report.intake.chunk import (
    MOST_COLUMNS,
    Broken,
    Chunk,
    Irregular,
    Unreadable,
    align,
    best_header,
    tidy,
)
from msp_report.intake.encoding import MARK, detect, told
from msp_report.intake.formats import heads
from msp_report.params.layout import Layout, distinct

DELIMITERS = (",", ";", "\t", "|")
#: Characters read at a time; so much is held in memory.
BLOCK = 8_000_000
#: The header stands among the first lines, or nowhere.
HEADER_LINES = 100
#: A line of so many characters is nothing that is read at once.
LINE = 1_000_000

csv.field_size_limit(2**31 - 1)  # a long field is rejected with its row, not an error of the reader


def read(path: Path, layout: Layout) -> Iterator[Chunk]:
    """The rows of a delimited file; a row's line is the first of a record whose cells hold line breaks.

    Where a quote stands inside a quoted cell, every line of that record is set aside, so that none is lost
    in it. A head over several columns, which stands once and leaves the next ones empty, is repeated with what the row
    below calls each, as in a workbook. Raises Unreadable for an unknown encoding, and for a quote that is never
    closed: which rows it swallowed cannot be told.
    """
    yield from rest(path, layout, 0)


def rest(path: Path, layout: Layout, after: int) -> Iterator[Chunk]:
    """The same without the first chunks, so many as `regular` has given."""
    with path.open(encoding=detect(path, layout.encoding), errors=MARK, newline="") as file:
        sample = list(islice(iter(file.readline, ""), HEADER_LINES))
        records, header, facts, remarks = _begun(file, sample, layout)
        for _ in range(after):
            records.line += (file.read(BLOCK) + file.readline()).count("\n")
        block = file.read(BLOCK)
        if not (block or after):
            yield replace(align(header, [], [], facts), remarks=remarks)
        while block:
            block += file.readline()
            columns = _regular(block, facts["delimiter"], len(header))
            if columns is None:
                rows, lines, broken = records.of(block)
                chunk = align(header, rows, lines, facts)
                yield replace(chunk, broken=(*broken, *chunk.broken), remarks=remarks)
            else:
                yield _chunk(header, columns, records, facts, remarks)
            block = file.read(BLOCK)


def regular(path: Path, layout: Layout) -> Iterator[Chunk]:
    """The same rows in the same chunks as long as every line is one well-formed record of UTF-8: whatever the file
    holds, no more than some lines of it are held. Raises Irregular at the first block of which that is not so."""
    encoding = told(path, layout.encoding)
    if encoding not in ("utf-8", "utf-8-sig"):
        raise Irregular(0)
    done = 0
    with path.open(encoding=encoding, errors=MARK, newline="") as file:
        sample = list(islice(iter(partial(file.readline, LINE), ""), HEADER_LINES))
        if any(len(line) == LINE or line.count('"') % 2 for line in sample):
            raise Irregular(0)
        records, header, facts, remarks = _begun(file, sample, layout)
        if len(header) > MOST_COLUMNS:
            raise Irregular(0)
        while block := file.read(BLOCK):
            rest = file.readline(LINE)
            columns = _regular(block + rest, facts["delimiter"], len(header)) if len(rest) < LINE else None
            if columns is None:
                raise Irregular(done)
            yield _chunk(header, columns, records, facts, remarks)
            done += 1
        if not done:
            yield replace(align(header, [], [], facts), remarks=remarks)


def _begun(
    file: TextIO, sample: list[str], layout: Layout
) -> tuple[_Records, tuple[str, ...], dict[str, str | int], tuple[str, ...]]:
    """The records of a file that stands behind its header, the header, how it was read, and what to say of it."""
    delimiter, header_line = _shape(sample, layout)
    file.seek(0)
    for _ in range(header_line - 1):
        file.readline()
    records = _Records(file, delimiter, header_line)
    names = records.header()
    facts = {
        "encoding": file.encoding.removesuffix("-sig"),
        "delimiter": delimiter,
        "header_line": header_line,
        **stated.by_text(" ".join(sample[: header_line - 1])),
    }
    return records, distinct(names), facts, tuple(heads.told(names))


def _chunk(
    header: tuple[str, ...],
    columns: tuple[pa.StringArray, ...],
    records: _Records,
    facts: dict[str, str | int],
    remarks: tuple[str, ...],
) -> Chunk:
    """A block in which each line is a row."""
    lines = np.arange(records.line, records.line + len(columns[0]), dtype=np.int64)
    records.line += len(lines)
    return tidy(Chunk(header, columns, lines, facts=facts, remarks=remarks))


def _regular(block: str, delimiter: str, width: int) -> tuple[pa.StringArray, ...] | None:
    """The columns of lines that are one well-formed record each, many times faster; None for all others."""
    if width < 2 or "\0" in block or ("\r" in block and _has_lone_return(block)):
        return None
    data = block.encode()
    if not _quotes_fit(data, delimiter.encode()):
        return None
    names = [str(place) for place in range(width)]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            arrow_csv.ReadOptions(column_names=names, block_size=len(data) + 1),
            arrow_csv.ParseOptions(delimiter=delimiter),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), check_utf8=False),
        )
    except (pa.ArrowInvalid, ValueError):
        return None
    if table.num_rows != data.count(b"\n") + (data[-1:] != b"\n"):
        return None  # some cell holds a line break, or some line nothing
    return tuple(column.combine_chunks() for column in table.itercolumns())


def _has_lone_return(block: str) -> bool:
    return block.count("\r") != block.count("\r\n")


def _quotes_fit(data: bytes, delimiter: bytes) -> bool:
    """Whether every quote opens a cell, closes one, is doubled within one, or is no more than a letter of a cell that
    did not begin with one."""
    if b'"' not in data:
        return True
    if len(delimiter) > 1 or delimiter in b'"\r\n':
        return False
    letters = np.frombuffer(data, np.uint8)
    border = np.zeros(256, bool)
    border[[ord(delimiter), ord("\n"), ord("\r")]] = True
    quotes = np.flatnonzero(letters == ord('"'))
    first = np.flatnonzero(np.diff(quotes, prepend=-2) > 1)  # of those that stand in a row
    lengths = np.diff(first, append=len(quotes))
    start, end = quotes[first], quotes[first] + lengths
    opens = (start == 0) | border[letters[start - 1]]
    closes = (end == len(letters)) | border[letters[np.minimum(end, len(letters) - 1)]]
    odd = lengths % 2 == 1  # one of them opens a cell or closes it, the others are doubled
    within = np.cumsum(odd) % 2 == 1
    turns = np.where(within, opens & ~closes, closes & ~opens)[odd]
    apart = ~odd & ~within & opens  # an empty cell, or one of doubled quotes alone
    return bool(odd.sum() % 2 == 0 and turns.all() and closes[apart].all())


class _Records:
    """Records by the csv module, with the physical lines on which they begin."""

    def __init__(self, file: TextIO, delimiter: str, line: int) -> None:
        self.line = line
        """Of the record that comes next."""
        self._file = file
        self._delimiter = delimiter

    def header(self) -> list[str]:
        """The names of the next record; of a head of two rows those of both."""
        rows, _, broken = self.of(self._file.readline())
        if broken:
            raise Unreadable(f"line {broken[0].line}: the header has {broken[0].reason}")
        names = rows[0] if rows else []
        if not heads.wide(names):
            return names
        place, line = self._file.tell(), self.line
        joined = heads.joined(names, self._next())
        behind, after = self._file.tell(), self.line
        first = self._next()
        if joined and (not first or any(first[span[0]].strip() for span in heads.leading(names))):
            self._file.seek(behind)
            self.line = after
            return joined
        self._file.seek(place)
        self.line = line
        return names

    def _next(self) -> list[str]:
        """The cells of the next record; none at the end, or of one that is broken."""
        rows, _, _ = self.of(self._file.readline())
        return rows[0] if rows else []

    def of(self, block: str) -> tuple[list[list[str]], list[int], list[Broken]]:
        """The records of some lines, their lines, and those that are broken; the last one may reach further."""
        rows: list[list[str]] = []
        lines: list[int] = []
        broken: list[Broken] = []
        record: list[str] = []
        waiting = list(io.StringIO(block, newline=""))[::-1]

        def following() -> Iterator[str]:
            while line := waiting.pop() if waiting else self._file.readline():
                record.append(line)
                yield line

        reader = csv.reader(following(), delimiter=self._delimiter, strict=True)
        while waiting:
            record.clear()
            try:
                rows.append(next(reader))
                lines.append(self.line)
            except StopIteration:
                break
            except csv.Error as error:
                if "end of data" in str(error):
                    raise Unreadable(
                        f"line {self.line}: a quote is opened here and never closed, so the rows after it cannot "
                        "be told apart: correct the line or export the file again"
                    ) from None
                broken += [Broken(self.line + k, reasons.QUOTES, [text]) for k, text in enumerate(record)]
            self.line += len(record)
        return rows, lines, broken


def _shape(sample: list[str], layout: Layout) -> tuple[str, int]:
    """Delimiter and line of the header: those under which most of the known names are found."""
    hint = re.fullmatch(r'"?sep=(.)"?\s*', sample[0].replace("\ufeff", "")) if sample else None
    given = {"tab": "\t", "\\t": "\t"}.get(layout.delimiter or "", layout.delimiter) or (hint and hint[1])
    if given and len(given) != 1:
        raise Unreadable(f"delimiter: {given!r} is not one character: write one, or tab")
    skip = layout.skip_rows if layout.skip_rows is not None else int(bool(hint))
    best: tuple[int, int, str, int] | None = None
    for delimiter in (given,) if given else DELIMITERS:
        reader = csv.reader(sample[skip:], delimiter=delimiter)
        rows, lines = [], []
        line = skip + 1
        for row in reader:
            rows.append(row)
            lines.append(line)
            line = skip + reader.line_num + 1
        if layout.skip_rows is not None:
            rows, lines = rows[:1], lines[:1]
        if not rows:
            continue
        place, score = best_header(rows, layout.headers)
        if best is None or (score, len(rows[place])) > best[:2]:
            best = (score, len(rows[place]), delimiter, lines[place])
    return best[2:] if best else (given or ",", 1)
