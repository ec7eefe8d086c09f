"""JSON: an object a line, or a document whose records lie in lists."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from msp_report.intake import stated
from msp_report.intake.chunk import Chunk, Unreadable
from msp_report.intake.encoding import MARK, detect
from msp_report.intake.formats.outlines import Outline
from msp_report.intake.formats.records import Record, chunks, missing, path_of
from msp_report.intake.formats.walk import Seen, Walker, Window, decoded, flat, scan
from msp_report.params.layout import Layout, fold

#: `records` has a meaning here.
DOCUMENT = True
#: Names under which interfaces hold their records; of other names an empty list is a cell.
WRAPPINGS = frozenset({"data", "items", "records", "result", "results", "rows", "value", "values"})
#: An object with more plain values than that beside its lists is a record, and no wrapping.
MOST_BESIDE = 3
#: A first line that is longer is no object of many.
_LONGEST_LINE = 2_000_000

Path_ = tuple[str, ...]


def read(path: Path, layout: Layout) -> Iterator[Chunk]:
    """The records of a JSON file; nested objects get headers with points (`priority.name`), lists stay JSON.

    A row's line is the one on which its record begins. A chunk's header is every name in its records. What a document
    says of its size around the records is among the facts. Without `records` it is an object a line, one list of
    objects, or one object around such a list. A document is gone through once before its first record is given, so
    that nothing comes of one that breaks off. Raises Unreadable for a file that is none of these, that breaks off, or
    whose records may be several lists.
    """
    facts: dict[str, Any] = {"encoding": detect(path, layout.encoding).removesuffix("-sig")}
    given = None if layout.records is None else path_of(layout.records)
    has_lines = _has_lines(path, layout)
    if has_lines and given is not None:
        facts |= _stated_by_lines(path, layout, given)
    rows = _of_lines(path, layout, given) if has_lines else _of_document(path, layout, given, facts)
    yield from chunks(rows, facts, placed=given is not None)


def outline(path: Path, layout: Layout) -> Outline:
    """The lists of a document, by their path, and how many items each has."""
    if _has_lines(path, layout):
        return Outline("jsonl")
    with _opened(path, layout) as file:
        return Outline("json", lists=scan(Window(file)).lists)


def _opened(path: Path, layout: Layout) -> TextIO:
    file = path.open(encoding=detect(path, layout.encoding), errors=MARK)
    if file.read(1) != "\ufeff":
        file.seek(0)
    return file


def _has_lines(path: Path, layout: Layout) -> bool:
    """Whether each line is a document of its own: the first one is a whole object, and no wrapping of all records."""
    with _opened(path, layout) as file:
        filled = (line for line in iter(lambda: file.readline(_LONGEST_LINE), "") if line.strip())
        first = next(filled, "").strip()
        if first.startswith("["):
            return False
        if not first.startswith("{"):
            return True
        more = next(filled, "").lstrip().startswith("{")
    try:
        value = json.loads(first, strict=False)
    except json.JSONDecodeError as error:
        # a broken record of many, and not the begin of one long object, which breaks off at its end
        return more and error.pos < len(first) and not error.msg.startswith("Unterminated")
    except (ValueError, RecursionError):
        return more
    return more or (layout.records is None and _wrapping(_seen(value)) == (None, []))


def _of_lines(path: Path, layout: Layout, given: Path_ | None) -> Iterator[Record]:
    with _opened(path, layout) as file:
        for number, line in enumerate(file, 1):
            text = line.strip("\ufeff \t\r\n")
            if not text:
                continue
            if given is None:
                yield Record(number, _flat_object(text))
                continue
            try:
                window = Window(io.StringIO(text), number)
                rows = Walker(window, given, True).inside()
                window.end()
            except (Unreadable, RecursionError):
                rows = [Record(number, text)]
            yield from rows


def _stated_by_lines(path: Path, layout: Layout, given: Path_) -> dict[str, Any]:
    """What pages of an answer, one a line, say of the size of it all: the last of them of what follows."""
    told: dict[str, Any] = {"stated_seen": 0}
    pages = 0
    with _opened(path, layout) as file:
        for line in filter(str.strip, file):
            with suppress(Unreadable, RecursionError):
                seen = scan(Window(io.StringIO(line)), given)
                said = seen.stated(seen.outer)
                said["stated_rows"] = max(said.get("stated_rows", 0), told.get("stated_rows", 0))
                told |= said | {"stated_seen": told["stated_seen"] + seen.count}
                pages += 1
    if not told.get("stated_rows"):
        told.pop("stated_rows", None)
    if told.pop("stated_page", 0) and told.get("stated_pages", 0) <= pages:
        told.pop("stated_pages", None)
    return told


def _flat_object(text: str) -> dict[str, str | None] | str:
    try:
        value = decoded(text)
    except (ValueError, RecursionError):
        return text
    return flat(value) if isinstance(value, dict) else text


def _of_document(path: Path, layout: Layout, given: Path_ | None, facts: dict[str, Any]) -> Iterator[Record]:
    """The records of one document; `facts` learns what it says of its size."""
    with _opened(path, layout) as file:
        seen = scan(Window(file), given)
    if given is None:
        way, several = _wrapping(seen)
        if several:
            named = ", ".join(".".join(one) for one in several)
            raise Unreadable(f"its records may be several lists: name one of {named} in records")
        facts |= seen.stated(way) if way else {}
        return _walked(path, layout, way or (), False, {}, seen)
    facts |= seen.stated(seen.outer) | {"stated_seen": seen.count}
    if seen.long:
        facts["not_given"] = ", ".join(
            seen.long
        )  # beside the records, and too long to be given to each of them
    return _walked(path, layout, given, True, seen.cells(), seen)


def _walked(
    path: Path, layout: Layout, way: Path_, is_given: bool, beside: Mapping[str, str | None], seen: Seen
) -> Iterator[Record]:
    with _opened(path, layout) as file:
        window = Window(file)
        walker = Walker(window, way, is_given)
        for row in walker.records():
            if beside and isinstance(row.cells, dict):
                for name, cell in beside.items():
                    row.cells.setdefault(name, cell)
            yield row
        window.end()
        if is_given and not walker.reached and not (seen.count == 0 and seen.outer):
            raise missing(layout.records or "", seen.lists)


def _seen(value: dict[str, Any]) -> Seen:
    """What scan sees of an object that is held already."""
    return scan(Window(io.StringIO(json.dumps(value))))


def _wrapping(seen: Seen) -> tuple[Path_ | None, list[Path_]]:
    """The list around which an object is nothing but the wrapping, if there is one; or several that may be it."""
    plain = [here for here in seen.fields if here not in seen.of_objects]
    around = [here for here in plain if len(here) == 1 and fold(here[0]) not in stated.PAGING]
    others = [
        here
        for here, are_objects in seen.of_objects.items()
        if len(here) == 1 and not are_objects and fold(here[0]) not in stated.PAGING
    ]
    if () in seen.of_objects:
        return (), []
    holding = [here for here, are_objects in seen.of_objects.items() if are_objects]
    filled = [here for here in holding if seen.lists.get(".".join(here))]
    top = [here for here in holding if len(here) == 1 and (here in filled or here[0].casefold() in WRAPPINGS)]
    if len(around) + len(others) <= MOST_BESIDE and top:
        return (top[0], []) if len(top) == 1 else (None, top)
    if not around and not others and len(holding) == 1 and len(holding[0]) == 1:
        return holding[0], []  # nothing but an empty list
    deep = [here for here in filled if len(here) > 1]
    if len(around) + len(others) <= 1 and not top and deep:
        return (deep[0], []) if len(deep) == 1 else (None, deep)
    return None, []
