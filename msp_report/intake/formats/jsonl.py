"""JSON: an object a line, one list of objects, or one object that holds such a list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from msp_report.intake import reasons, stated
from msp_report.intake.chunk import Broken, Chunk, Unreadable, sift
from msp_report.intake.encoding import MARK, detect, is_text
from msp_report.params.layout import Layout, distinct, fold

CHUNK_ROWS = 50_000
#: Names under which interfaces hold their records; of other names an empty list is a cell.
WRAPPINGS = frozenset({"data", "items", "records", "result", "results", "rows", "value", "values"})

Row = tuple[int, dict[str, str | None] | str]


def read(path: Path, layout: Layout) -> Iterator[Chunk]:
    """The objects of a JSON file; nested ones get headers with points (`priority.name`), lists stay JSON.

    A row's line is the one on which its object begins. A chunk's header is every name in its objects. What the object
    around a list says of its size is among the facts. Raises
    Unreadable for a file that is neither.
    """
    facts: dict[str, str | int] = {"encoding": detect(path, layout.encoding).removesuffix("-sig")}
    rows = _rows(path, layout, facts)
    first = True
    while (batch := list(islice(rows, CHUNK_ROWS))) or first:
        yield _chunk(batch, facts)
        first = False


def _rows(path: Path, layout: Layout, facts: dict[str, str | int]) -> Iterator[Row]:
    with path.open(encoding=detect(path, layout.encoding), errors=MARK) as file:
        start = next((line for line in file if line.strip()), "").lstrip("\ufeff \t")
        file.seek(0)
        if start.startswith("[") or (start.startswith("{") and not _is_object(start)):
            yield from _elements(file.read().lstrip("\ufeff"), facts)
            return
        for number, line in enumerate(file, 1):
            if text := line.strip("\ufeff \t\r\n"):
                yield number, _flat_object(text)


def _is_object(text: str) -> bool:
    """Whether a line is a whole object, and a record rather than a wrapping of records."""
    try:
        return isinstance(value := json.loads(text), dict) and _wrapped(value) is None
    except ValueError:
        return text.rstrip().endswith("}")  # a broken record of many, not the begin of one long object


def _wrapped(value: dict[str, Any]) -> str | None:
    """The name under which an object holds its records, where it is nothing but their wrapping."""
    lists = [k for k, v in value.items() if isinstance(v, list) and all(isinstance(r, dict) for r in v)]
    lists = [k for k in lists if value[k] or k.casefold() in WRAPPINGS]
    plain = [
        k
        for k, v in value.items()
        if k not in lists and not isinstance(v, dict) and fold(k) not in stated.PAGING
    ]
    return lists[0] if len(lists) == 1 and len(plain) <= 3 else None


def _elements(text: str, facts: dict[str, str | int]) -> Iterator[Row]:
    """The objects of one list, with the lines on which they begin."""
    decoder = json.JSONDecoder()
    try:
        if text.lstrip().startswith("{"):
            value = json.loads(text)
            name = _wrapped(value)
            if name is None:
                yield 1, _flat(value)
                return
            facts |= stated.by_fields({key: field for key, field in value.items() if key != name})
            place = text.find("[", text.find(json.dumps(name, ensure_ascii=False)))
        else:
            place = text.index("[")
        line, counted = 1, 0
        place = _next(text, place + 1)
        while text[place : place + 1] not in ("]", ""):
            line += text.count("\n", counted, place)
            counted = place
            element, end = decoder.raw_decode(text, place)
            yield line, _flat(element) if isinstance(element, dict) else json.dumps(element)
            place = _next(text, end)
            if text[place : place + 1] == ",":
                place = _next(text, place + 1)
        if not text[place:]:
            raise Unreadable("the list of objects is not closed: the export broke off, make it again")
    except json.JSONDecodeError as error:
        raise Unreadable(f"line {error.lineno}: not JSON ({error.msg}): export it again") from None


def _next(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place


def _flat_object(text: str) -> dict[str, str | None] | str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return _flat(value) if isinstance(value, dict) else text


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, str | None]:
    cells: dict[str, str | None] = {}
    for name, inner in value.items():
        if isinstance(inner, dict):
            cells |= _flat(inner, f"{prefix}{name}.")
        else:
            cells[f"{prefix}{name}"] = _text(inner)
    return cells


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _chunk(batch: list[Row], facts: dict[str, str | int]) -> Chunk:
    good = [(line, row) for line, row in batch if isinstance(row, dict)]
    broken = tuple(Broken(line, reasons.NOT_JSON, [row]) for line, row in batch if isinstance(row, str))
    names = tuple(dict.fromkeys(name for _, row in good for name in row))
    columns = tuple(_column([row.get(name) for _, row in good]) for name in names)
    header = names if all(map(is_text, names)) else distinct([_marked(name) for name in names])
    lines = np.array([line for line, _ in good], np.int64)
    return sift(Chunk(header, columns, lines, broken, facts, typed=True))


def _column(cells: list[str | None]) -> pa.StringArray:
    try:
        return pa.array(cells, pa.string())
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can write and no text can hold
        return pa.array([c if c is None else _marked(c) for c in cells], pa.string())


def _marked(text: str) -> str:
    """A text in which halves of surrogate pairs are question marks."""
    return text.encode("utf-8", "replace").decode()
