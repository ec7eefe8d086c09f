"""Records of a document (JSON, XML), as chunks under every name that one of a chunk's records uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from msp_report.intake import reasons
from msp_report.intake.chunk import MOST_COLUMNS, PLACE, Broken, Chunk, Unreadable, sift
from msp_report.intake.encoding import is_text
from msp_report.params.layout import another, distinct

CHUNK_ROWS = 50_000
#: Characters of cells after which a chunk ends, so that neither side holds much at once.
CHUNK_TEXT = 2_000_000
_A_CELL = 20
#: The header under which the name stands by which an object keeps a record, where `records` says `*`.
STAR = "*"
#: So long a text of what stands beside the records is given to each of them; longer ones, such as other lists, are not.
BESIDE_TEXT = 10_000

Cells = dict[str, str | None]


class Record(NamedTuple):
    """One record; of something that is none `cells` is its text."""

    line: int
    cells: Cells | str
    place: tuple[str | int, ...] = ()


def put(cells: dict[str, Any], name: str, value: Any) -> None:
    """Put a value under a name; where another one has it already, as `{"a.b": 1, "a": {"b": 2}}`, under `name#2`."""
    cells[another(name, cells.__contains__) if name in cells else name] = value


def path_of(records: str) -> tuple[str, ...]:
    """The names of `records`; what other languages of paths write for lists counts for nothing.

    >>> path_of("data.result"), path_of("$.monitors[*].logs[]"), path_of(".")
    (('data', 'result'), ('monitors', 'logs'), ())
    """
    names = re.sub(r"\[\*?\]", "", records.strip().removeprefix("$")).split(".")
    return tuple(name for name in names if name)


def after(path: tuple[str, ...] | None, name: str) -> tuple[str, ...] | None:
    """What is left of a path behind a name, which may have points in it; None where the path does not go there."""
    for count in range(1, len(path or ()) + 1):
        if ".".join(path[:count]) == name:
            return path[count:]
    return None


def chunks(
    records: Iterable[Record], facts: dict[str, Any], remarks: tuple[str, ...] = (), placed: bool = False
) -> Iterator[Chunk]:
    """Chunks of records in their order, at least one; `placed`: each says where it stood."""
    batch: list[Record] = []
    size = 0
    first = True
    for record in records:
        batch.append(record)
        cells = record.cells
        size += len(cells) if isinstance(cells, str) else _size(cells)
        if len(batch) >= CHUNK_ROWS or size >= CHUNK_TEXT:
            yield _chunk(batch, facts, remarks, placed)
            batch, size, first = [], 0, False
    if batch or first:
        yield _chunk(batch, facts, remarks, placed)


def _size(cells: Cells) -> int:
    """Characters of some cells, and what a cell takes beside them."""
    return sum(map(len, filter(None, cells.values()))) + _A_CELL * len(cells)


def _chunk(batch: list[Record], facts: dict[str, Any], remarks: tuple[str, ...], placed: bool) -> Chunk:
    good = [record for record in batch if isinstance(record.cells, dict)]
    broken = tuple(
        Broken(one.line, reasons.NOT_JSON, [one.cells]) for one in batch if isinstance(one.cells, str)
    )
    names = tuple(dict.fromkeys(chain.from_iterable(record.cells for record in good)))
    if len(names) > MOST_COLUMNS:
        raise Unreadable(
            f"its records have {len(names):,} columns, and more than {MOST_COLUMNS:,} are not read: where objects are "
            "kept by their names, write * for these in records"
        )
    columns = tuple(column([record.cells.get(name) for record in good]) for name in names)
    header = names if all(map(is_text, names)) else distinct([marked(name) for name in names])
    if placed:
        header = (*(f"{name}#2" if name == PLACE else name for name in header), PLACE)
        columns = (*columns, column([".".join(map(str, record.place)) for record in good]))
    lines = np.array([record.line for record in good], np.int64)
    return sift(Chunk(header, columns, lines, broken, facts, True, remarks))


def column(cells: list[str | None]) -> pa.StringArray:
    """A column of cells; halves of surrogate pairs become question marks."""
    try:
        found = pa.array(cells, pa.string())
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can write and no text can hold
        found = pa.array([c if c is None else marked(c) for c in cells], pa.string())
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def marked(text: str) -> str:
    """A text in which halves of surrogate pairs are question marks."""
    return text.encode("utf-8", "replace").decode()


def missing(records: str, lists: Mapping[str, int]) -> Unreadable:
    """That the records are not where they should be."""
    named = ", ".join(name or "." for name in list(lists)[:8])
    there = f"its lists are {named}: name one of them in records" if lists else "it has no list of records"
    return Unreadable(f"there is nothing under records: {records}: {there}")
