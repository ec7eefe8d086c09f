"""JSON read along a window, a record at a time, with the line on which each begins: a document of any size."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from msp_report.intake import stated
from msp_report.intake.chunk import Unreadable
from msp_report.intake.formats.records import (
    BESIDE_TEXT,
    STAR,
    Cells,
    Record,
    after,
    put,
)
from msp_report.params.layout import another, distinct

#: Characters read at a time.
BLOCK = 1 << 18
#: No text in a document is so long; one that seems so is a quote that is never closed.
LONGEST = 16_000_000
#: A cut value breaks so many characters before its end at the most.
_NEAR = 32
#: So many elements of a list are looked through for lists of their own, and so many fields are kept.
LOOKED, FIELDS = 100, 10_000

_BLANK = re.compile(r"[ \t\r\n]*")
_NULLS = re.compile(r"\[[ \t\r\n]*(?:null[ \t\r\n]*,[ \t\r\n]*)*")


class _Number(str):
    """A number as it is written: 1.10 stays 1.10."""


def _number(text: str) -> _Number:
    return _Number(repr(float(text)) if "e" in text or "E" in text else text)


_encoded = json.JSONEncoder(ensure_ascii=False).encode


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a name that it has twice is `name#2` the second time."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names, values = zip(*pairs, strict=True)
        found = dict(zip(distinct(names, exactly=True), values, strict=True))
    return found


_DECODER = json.JSONDecoder(parse_float=_number, strict=False, object_pairs_hook=_object)


def decoded(text: str) -> Any:
    """A whole document that is held already. Raises ValueError for what is none."""
    return _DECODER.decode(text)


class Window:
    """The part of a document that is looked at."""

    def __init__(self, file: TextIO, line: int = 1) -> None:
        self._file = file
        self._text, self._at, self._line, self._counted = "", 0, line, 0
        self._step, self._before = BLOCK, 0

    def line(self) -> int:
        """The line of the next sign."""
        self.peek()
        return self._line_of(self._at)

    def peek(self) -> str:
        """The next sign that is no blank; empty at the end."""
        while True:
            self._at = _BLANK.match(self._text, self._at).end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def sign(self) -> str:
        """The next sign; Unreadable at the end."""
        if found := self.peek():
            return found
        raise Unreadable(f"line {self.line()}: it is not closed: the export broke off, make it again")

    def take(self, sign: str) -> None:
        """Go behind a sign that must be there."""
        if self.sign() != sign:
            raise self._wrong(f"Expecting {sign!r}", self._at)
        self._at += 1

    def items(self) -> Iterator[int]:
        """The places of a list; whoever asks reads each."""
        self.take("[")
        place = 0
        while self.sign() != "]":
            yield place
            place += 1
            self._between("]")
        self._at += 1

    def fields(self) -> Iterator[str]:
        """The names of an object; whoever asks reads what each holds."""
        self.take("{")
        while self.sign() != "}":
            if self.sign() != '"':
                raise self._wrong("Expecting a name in double quotes", self._at)
            name = self.value()
            self.take(":")
            yield name
            self._between("}")
        self._at += 1

    def first(self) -> str:
        """Of the list that comes next how the first item begins that is not null; `]` of an empty one."""
        self.sign()
        while True:
            place = _NULLS.match(self._text, self._at).end()
            if place + 5 < len(self._text) or not self._more():
                return self._text[place : place + 1]

    def value(self) -> Any:
        """The next value, whole."""
        self.sign()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                is_text = error.msg.startswith("Unterminated string")
                far = len(self._text) - error.pos
                if far > (LONGEST if is_text else _NEAR) or not self._more():
                    raise self._wrong(error.msg, error.pos) from None
                continue
            except ValueError:
                raise self._wrong("a number of too many digits", self._at) from None
            behind = self._text[end : end + _NEAR]
            is_whole = behind and (
                behind[0] not in ".eE" or len(behind) == _NEAR
            )  # 1 may be the begin of 1.5
            if is_whole or not self._more():
                self._at, self._step = end, BLOCK
                return found

    def done(self) -> int:
        """How many characters of the document lie behind."""
        return self._before + self._at

    def end(self) -> None:
        """Nothing may follow."""
        if self.peek():
            raise Unreadable(
                f"line {self.line()}: more follows behind the end of the document: give each document a file of its "
                "own, or write one object a line"
            )

    def _between(self, close: str) -> None:
        sign = self.sign()
        if sign == ",":
            self._at += 1
        elif sign != close:
            raise self._wrong("Expecting ',' delimiter", self._at)

    def _more(self) -> bool:
        new = self._file.read(self._step)
        if new:
            self._before += self._at
            self._line, self._counted = self._line_of(self._at), 0
            self._text, self._at = self._text[self._at :] + new, 0
            self._step *= 2
        return bool(new)

    def _line_of(self, place: int) -> int:
        if place == self._at:
            self._line += self._text.count("\n", self._counted, place)
            self._counted = place
            return self._line
        return self._line + self._text.count("\n", self._counted, place)

    def _wrong(self, why: str, place: int) -> Unreadable:
        return Unreadable(f"line {self._line_of(place)}: not JSON ({why}): export it again")


class Seen:
    """What a document holds beside its records: every list on the way, and the plain fields around them."""

    def __init__(self) -> None:
        self.lists: dict[str, int] = {}
        """Path: how many items, of the first items' own lists added up."""
        self.of_objects: dict[tuple[str, ...], bool] = {}
        """Lists that are not within others, and whether they hold objects only."""
        self.fields: dict[tuple[str, ...], Any] = {}
        """Path: a plain value, or a list that is short."""
        self.long: list[str] = []
        """Lists beside the records that are too long to be given to each."""
        self.outer: tuple[str, ...] = ()
        """Where the outermost list of records stands, and how many items it has."""
        self.count = 0

    def keep(self, here: tuple[str, ...], value: Any) -> None:
        """Keep a plain value, or a short list; that of a name which an object has twice beside the first one."""
        if here and here in self.fields:
            *above, name = here
            here = (*above, another(name, lambda other: (*above, other) in self.fields))
        self.fields[here] = value

    def around(self, way: tuple[str, ...]) -> Iterator[dict[tuple[str, ...], Any]]:
        """The fields beside the way to a list, level by level from the outside, by their path from there."""
        for depth in range(len(way)):
            yield {
                here[depth:]: value
                for here, value in self.fields.items()
                if here[:depth] == way[:depth] and here[depth : depth + 1] != way[depth : depth + 1]
            }

    def cells(self) -> Cells:
        """The fields beside the way to the records that are not about pages, the inmost of a name."""
        found: Cells = {}
        for level in self.around(self.outer):
            told = {path: value for path, value in level.items() if not stated.is_about_pages(path)}
            found |= {".".join(path): text(value) for path, value in told.items()}
        return found

    def stated(self, way: tuple[str, ...]) -> dict[str, Any]:
        """What the fields beside the way to a list say of the size of it all."""
        found: dict[str, Any] = {}
        for level in self.around(way):
            nested: dict[str, Any] = {path[0]: value for path, value in level.items() if len(path) == 1}
            for path, value in level.items():
                if len(path) == 2:
                    nested.setdefault(path[0], {})[path[1]] = value
            found |= stated.by_fields(nested)
        return found


def scan(window: Window, path: tuple[str, ...] | None = None) -> Seen:
    """Go through a whole document once. Raises Unreadable for one that is none, or that breaks off."""
    seen = Seen()
    _scan(window, (), path, seen)
    window.end()
    return seen


def _scan(window: Window, here: tuple[str, ...], path: tuple[str, ...] | None, seen: Seen) -> None:
    sign = window.sign()
    if sign == "{" and path is not None and path[:1] in ((), (STAR,)):
        seen.outer = (*here, *path[:1])
        if not path:
            window.value()
            seen.count = 1
            return
        for _ in window.fields():
            window.value()
            seen.count += 1
    elif sign == "{":
        for name in window.fields():
            _scan(window, (*here, name), after(path, name), seen)
    elif sign == "[":
        _scan_list(window, here, path, seen)
    else:
        value = window.value()
        if path != () and len(seen.fields) < FIELDS:
            seen.keep(here, value)


def _scan_list(window: Window, here: tuple[str, ...], path: tuple[str, ...] | None, seen: Seen) -> None:
    begin, count, are_objects = window.done(), 0, True
    values: list[Any] | None = []
    inside: dict[str, int] = {}
    for place in window.items():
        value = window.value()
        count += 1
        are_objects &= isinstance(value, dict)
        if place < LOOKED:
            _lists_in(value, "", inside)
        if values is not None:
            values.append(value)
            if window.done() - begin > BESIDE_TEXT:
                values = None
    name = ".".join(here)
    if (are_objects and count) or inside:
        seen.lists[name] = seen.lists.get(name, 0) + count
    for below, size in inside.items():
        seen.lists[f"{name}.{below}".strip(".")] = size
    seen.of_objects[here] = are_objects
    if path is not None:
        seen.outer, seen.count = here, count
    elif values is None:
        seen.long.append(name)
    elif len(seen.fields) < FIELDS:
        seen.keep(here, values)


def _lists_in(value: Any, name: str, found: dict[str, int]) -> None:
    """The lists of objects or of lists within a value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _lists_in(inner, f"{name}.{key}" if name else key, found)
    elif isinstance(value, list) and value and isinstance(value[0], dict | list):
        if name:
            found[name] = found.get(name, 0) + len(value)
        for inner in value:
            _lists_in(inner, name, found)


class Walker:
    """The records under a path, one after another."""

    def __init__(self, window: Window, path: tuple[str, ...], is_given: bool) -> None:
        self._window, self._path = window, path
        self._is_given = is_given
        """Whether somebody named the path: then a list of plain values is a record."""
        self.reached = False
        """Whether the path led anywhere."""

    def records(self) -> Iterator[Record]:
        """The records with what stands beside them on the way, below the outermost list."""
        yield from self._outer(self._path)

    def inside(self) -> list[Record]:
        """The records of a document that is held at once, also with what stands around the outermost list."""
        return self._inside(self._path, ())

    def _outer(self, path: tuple[str, ...]) -> Iterator[Record]:
        window = self._window
        sign = window.sign()
        if sign == "{" and path and path[0] != STAR:
            for name in window.fields():
                rest = after(path, name)
                if rest is None:
                    window.value()
                else:
                    yield from self._outer(rest)
        elif sign == "{" and path:
            for name in window.fields():
                yield from self._kept_by(name, path[1:], ())
        elif sign == "[" and (path or window.first() in ("{", "[")):
            self.reached |= not path
            for place in window.items():
                yield from self._item(path, (place,))
        else:
            yield from self._inside(path, ())

    def _kept_by(self, name: str, path: tuple[str, ...], place: tuple[str | int, ...]) -> list[Record]:
        rows = self._inside(path, (*place, name))
        for row in rows:
            if isinstance(row.cells, dict):
                row.cells.setdefault(STAR, name)
        return rows

    def _item(self, path: tuple[str, ...], place: tuple[str | int, ...]) -> list[Record]:
        """What an item of a list holds, in which others are objects or lists."""
        if path or self._window.sign() in ("{", "["):
            return self._inside(path, place)
        line = self._window.line()
        return [Record(line, _encoded(_plain(self._window.value())), place)]

    def _inside(self, path: tuple[str, ...], place: tuple[str | int, ...]) -> list[Record]:
        window = self._window
        line, sign = window.line(), window.sign()
        self.reached |= not path
        if sign == "[":
            first = window.first()
            if path or first in ("{", "["):
                return [row for n in window.items() for row in self._item(path, (*place, n))]
            values = window.value()
            if not self._is_given:
                return [Record(line, _encoded(_plain(value)), place) for value in values]
            return [Record(line, {str(n): text(value) for n, value in enumerate(values)}, place)] * bool(
                values
            )
        if sign == "{" and path:
            return self._within(path, place)
        value = window.value()
        if isinstance(value, dict):
            return [Record(line, flat(value), place)]
        return [] if path or value is None else [Record(line, {"value": text(value)}, place)]

    def _within(self, path: tuple[str, ...], place: tuple[str | int, ...]) -> list[Record]:
        """The records below an object, each with the object's own fields."""
        window = self._window
        rows: list[Record] = []
        own: Cells = {}
        for name in window.fields():
            rest = path[1:] if path[0] == STAR else after(path, name)
            if path[0] == STAR:
                rows += self._kept_by(name, rest, place)
            elif rest is None:
                for key, cell in flat({name: window.value()}).items():
                    put(own, key, cell)
            else:
                rows += self._inside(rest, place)
        for row in rows:
            if isinstance(row.cells, dict):
                for name, cell in own.items():
                    row.cells.setdefault(name, cell)
        return rows


def flat(value: Mapping[str, Any]) -> Cells:
    """The cells of an object; those of nested ones have names with points."""
    cells: Cells = {}
    _fill(cells, value, "")
    return cells


def _fill(cells: Cells, value: Mapping[str, Any], prefix: str) -> None:
    for name, inner in value.items():
        if type(inner) is dict:
            _fill(cells, inner, f"{prefix}{name}.")
        else:
            put(cells, prefix + name, inner if type(inner) is str else text(inner))


def text(value: Any) -> str | None:
    """A value as the text of a cell; lists and what is in them stay JSON."""
    if value is None or isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    return _encoded(_plain(value))


def _plain(value: Any) -> Any:
    """A value in which numbers are numbers."""
    if isinstance(value, _Number):
        return float(value)
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return value
