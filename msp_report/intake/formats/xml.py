"""XML: the elements under a path as rows, with what stands beside them on the way.

Names go without their namespaces; an attribute is `@name`, text beside elements `#text`. An element that holds others
is a JSON list of objects under its name, whether it stands there once or often, and of a lone one each thing inside has
a header of its own too: `Baseline.Finish`. One without others is its text, with `Amount.@currencyID` beside it.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.parsers import expat

from msp_report.intake import stated
from msp_report.intake.chunk import FIELD_LIMIT, Chunk, Unreadable
from msp_report.intake.encoding import MARK, detect
from msp_report.intake.formats.outlines import Outline
from msp_report.intake.formats.records import (
    BESIDE_TEXT,
    STAR,
    Cells,
    Record,
    after,
    chunks,
    missing,
    path_of,
    put,
)
from msp_report.params.layout import Layout

#: `records` has a meaning here.
DOCUMENT = True
#: The header under which the name of the document's outermost element stands.
ROOT = "_root"
#: Elements within one another; documents of data have a dozen.
DEEPEST = 200
#: So many different paths are remembered.
_PATHS = 10_000
_BLOCK = 1 << 16


def read(path: Path, layout: Layout) -> Iterator[Chunk]:
    """The elements that `records` names, each a row; its line is the one on which it begins.

    Without `records` the whole document is one row, or where it is nothing but the wrapping of elements of one name,
    each of these. The document is gone through once before its first row is given. Raises Unreadable for what is no
    XML, breaks off, brings definitions of its own (DOCTYPE), is nested too deep, or has nothing under `records`.
    """
    given = None if layout.records is None else path_of(layout.records.replace("/", "."))
    seen = _scanned(path, layout, given)
    if given and not seen.records and given[0] == seen.root:  # the outermost element is named as well
        given = given[1:]
        seen = _scanned(path, layout, given)
    way = given
    if given is None:
        way = seen.wrapped()
    elif given and not seen.records:
        raise missing(layout.records or "", seen.lists())
    facts: dict[str, Any] = {"encoding": seen.encoding}
    beside: Cells = {}
    if way:
        around = seen.around() if given else {}
        facts |= stated.by_fields(around or seen.top())
        beside = {name: cell for name, cell in around.items() if not stated.is_about_pages(name.split("."))}
        if given:
            facts["stated_seen"] = seen.outermost
            if seen.long:
                facts["not_given"] = ", ".join(seen.long)
    walk = _Walk(way, seen.lone if given else 1)
    yield from chunks(_rows(walk, path, layout, beside, seen), facts, placed=given is not None)


def outline(path: Path, layout: Layout) -> Outline:
    """The elements that stand there several times, by their path, and how many there are."""
    return Outline("xml", lists=_scanned(path, layout, None).lists())


def _scanned(path: Path, layout: Layout, way: tuple[str, ...] | None) -> _Scan:
    seen = _Scan(way)
    for _ in seen.go(path, layout):
        pass
    return seen


def _rows(walk: _Walk, path: Path, layout: Layout, beside: Cells, seen: _Scan) -> Iterator[Record]:
    for row in walk.go(path, layout):
        for name, cell in beside.items():
            row.cells.setdefault(name, cell)
        row.cells.setdefault(ROOT, seen.root)
        if not walk.way and any(len(cell or "") > FIELD_LIMIT for cell in row.cells.values()):
            named = ", ".join(list(seen.lists())[:8])
            raise Unreadable(f"the document is too long for one row: name one of {named} in records")
        yield row


class _Node:
    """An element with what it holds."""

    __slots__ = ("attributes", "kids", "line", "name", "parts")

    def __init__(self, name: str, attributes: dict[str, str], line: int) -> None:
        self.name, self.attributes, self.line = name, attributes, line
        self.kids: dict[str, list[_Node]] = {}
        self.parts: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self.parts).strip()


class _Way(_Node):
    """An element on the way to the records."""

    __slots__ = ("count", "depth", "long", "place", "rest", "rows", "sizes")

    def __init__(self, node: _Node, depth: int, rest: tuple[str, ...], place: tuple[str | int, ...]) -> None:
        super().__init__(node.name, node.attributes, node.line)
        self.depth, self.rest, self.place = depth, rest, place
        self.rows: list[Record] = []
        self.count = 0
        """How many went on along the way from here."""
        self.sizes: dict[str, int] = {}
        """Characters of each name beside the way; too long ones are not kept."""


class _Reader(ABC):
    """Goes through a document, element by element."""

    def __init__(self) -> None:
        self.encoding = "utf-8"
        self._out: list[Record] = []
        self._depth = 0

    def go(self, path: Path, layout: Layout) -> Iterator[Record]:
        """What comes of the document, as it comes. Raises Unreadable."""
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_definitions
        parser.XmlDeclHandler = self._declared
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.text
        try:
            yield from self._parsed(parser, path, layout)
        except expat.ExpatError as error:
            why = expat.ErrorString(error.code)
            if error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]:
                why = "it breaks off"
            hint = ", or name its encoding" if "token" in why else ""
            raise Unreadable(f"line {error.lineno}: not XML ({why}): export it again{hint}") from None
        except (LookupError, ValueError) as error:
            raise Unreadable(f"it cannot be read as XML ({error}): export it again in UTF-8") from None

    def _parsed(self, parser: expat.XMLParserType, path: Path, layout: Layout) -> Iterator[Record]:
        options = {"encoding": detect(path, layout.encoding), "errors": MARK} if layout.encoding else {}
        with path.open("r" if options else "rb", **options) as file:
            while block := file.read(_BLOCK):
                parser.Parse(block, False)
                if self._out:
                    yield from self._out
                    self._out = []
            parser.Parse("" if options else b"", True)
        yield from self._out
        self._out = []

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        self.encoding = (encoding or self.encoding).casefold()

    def _begin(self, name: str, given: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        self._depth += 1
        if self._depth > DEEPEST:
            raise Unreadable(
                f"line {line}: it is nested too deep to be read: export it as rows of plain cells"
            )
        attributes = _attributes(given) if given else {}
        self.begin(_Node(_local(name), attributes, line))

    def _end(self, name: str) -> None:
        self._depth -= 1
        self.end()

    @abstractmethod
    def begin(self, node: _Node) -> None: ...

    @abstractmethod
    def end(self) -> None: ...

    @abstractmethod
    def text(self, text: str) -> None: ...


class _Walk(_Reader):
    """The records under a way; of the first `lone` elements of the way there is but one each, known already."""

    def __init__(self, way: tuple[str, ...], lone: int) -> None:
        super().__init__()
        self.way, self._lone = way, lone
        self._stack: list[_Node] = []
        self._skipped = 0
        """How many elements deep in something that is not kept."""
        self._beside: tuple[_Way, str] | None = None
        """Where what is read at the moment stands, beside the way, and its name."""

    def begin(self, node: _Node) -> None:
        """Put an element where it belongs."""
        if self._skipped:
            self._skipped += 1
            return
        above = self._stack[-1] if self._stack else None
        if above is None:
            self._stack.append(_Way(node, 0, self.way, ()) if self.way else node)
        elif isinstance(above, _Way):
            self._branch(above, node)
        else:
            self._measure(len(node.name) + sum(map(len, node.attributes.values())))
            if not self._skipped:
                above.kids.setdefault(node.name, []).append(node)
                self._stack.append(node)

    def _branch(self, above: _Way, node: _Node) -> None:
        rest = above.rest[1:] if above.rest[0] == STAR else after(above.rest, node.name)
        if rest is not None:
            step = node.name if above.rest[0] == STAR else above.count
            above.count += 1
            many = above.depth + 1 >= self._lone or not rest
            place = (*above.place, step) if many else above.place
            self._stack.append(_Way(node, above.depth + 1, rest, place) if rest else node)
            if not rest:
                self._place = place
        elif self._keeps(above) and above.sizes.get(node.name, 0) <= BESIDE_TEXT:
            self._beside = (above, node.name)
            self._measure(len(node.name) + sum(map(len, node.attributes.values())))
            if not self._skipped:
                above.kids.setdefault(node.name, []).append(node)
                self._stack.append(node)
        else:
            self._skipped = 1

    def _keeps(self, way: _Way) -> bool:
        """Whether what stands beside the way is wanted here."""
        return way.depth >= self._lone

    def _measure(self, size: int) -> None:
        """Stop keeping what gets too long beside the way."""
        if self._beside is None:
            return
        way, name = self._beside
        way.sizes[name] = way.sizes.get(name, 0) + size
        if way.sizes[name] > BESIDE_TEXT:
            while self._stack[-1] is not way:
                self._stack.pop()
                self._skipped += 1
            self._skipped += 1
            way.kids.pop(name, None)
            self._beside = None

    def end(self) -> None:
        """Close an element; what is complete is given out."""
        if self._skipped:
            self._skipped -= 1
            return
        node = self._stack.pop()
        above = self._stack[-1] if self._stack else None
        if isinstance(node, _Way):
            self._leave(node, above)
        elif above is None or (isinstance(above, _Way) and self._beside is None):
            self._give(Record(node.line, cells(node), self._place if above is not None else ()), above)
        elif isinstance(above, _Way):
            self._beside = None

    def _leave(self, way: _Way, above: _Way | None) -> None:
        own = cells(way) if way.rows and self._keeps(way) else {}
        for row in way.rows:
            for name, cell in own.items():
                row.cells.setdefault(name, cell)
            self._give(row, above)

    def _give(self, row: Record, above: _Way | None) -> None:
        if above is not None and above.rest[0] == STAR:
            row.cells.setdefault(STAR, str(row.place[len(above.place)]))
        (self._out if above is None or above.depth < self._lone else above.rows).append(row)

    def text(self, text: str) -> None:
        """Keep a text with its element."""
        if not self._skipped and self._stack:
            self._measure(len(text))
            if not self._skipped:
                self._stack[-1].parts.append(text)


class _Scan(_Walk):
    """What there is in a document: its paths, and what stands beside the way as long as there is but one way."""

    def __init__(self, way: tuple[str, ...] | None) -> None:
        super().__init__(way or (), 0)
        self.root = ""
        self.records = 0
        self.long: list[str] = []
        self._names: list[str] = []
        self._paths: dict[tuple[str, ...], list[int]] = {}
        """How often each stands there, how often several times in the same place, and how often it holds something."""
        self._seen: list[set[str]] = []
        self._ways: dict[int, _Way] = {}
        self._counts: dict[int, int] = {}
        self.top_node: _Node | None = None

    @property
    def lone(self) -> int:
        """Of how many elements of the way there is but one each."""
        depth = 0
        while self._counts.get(depth) == 1:
            depth += 1
        return depth

    @property
    def outermost(self) -> int:
        """How many elements the outermost list of the way has."""
        return self._counts.get(self.lone, self.records)

    def begin(self, node: _Node) -> None:
        """Count an element; only what stands beside the way is kept."""
        if not self._names:
            self.root = node.name
        else:
            self._count(node)
        self._names.append(node.name)
        self._seen.append(set())
        before = len(self._stack)
        if not self.way:
            if not self._stack:
                self._stack.append(_Way(node, 0, ("",), ()))
                self._counts[0], self._ways[0] = 1, self._stack[0]
            elif (
                len(self._names) == 2
                and len(self._stack[0].kids) < _PATHS
                and node.name not in self._stack[0].kids
            ):
                self._stack[0].kids[node.name] = [node]
                self._stack.append(node)
            else:
                self._skipped += 1
            return
        super().begin(node)
        if len(self._stack) > before:
            made = self._stack[-1]
            if isinstance(made, _Way):
                self._counts[made.depth] = self._counts.get(made.depth, 0) + 1
                self._ways[made.depth] = made
            elif self._beside is None:
                self._stack.pop()
                self._skipped = 1
                self.records += 1

    def _count(self, node: _Node) -> None:
        here = (*self._names[1:], node.name)
        found = self._paths.get(here)
        if found is None:
            if len(self._paths) >= _PATHS:
                return
            found = self._paths[here] = [0, 0, 0]
        found[0] += 1
        found[1] += node.name in self._seen[-1]
        self._seen[-1].add(node.name)
        found[2] += bool(node.attributes)
        if len(here) > 1 and here[:-1] in self._paths:
            self._paths[here[:-1]][2] += 1

    def end(self) -> None:
        """Forget an element."""
        self._names.pop()
        self._seen.pop()
        if self._skipped:
            self._skipped -= 1
            return
        self._stack.pop()
        if self._stack and isinstance(self._stack[-1], _Way):
            self._beside = None

    def _keeps(self, way: _Way) -> bool:
        return self._counts.get(way.depth) == 1

    def _measure(self, size: int) -> None:
        beside = self._beside
        super()._measure(size)
        if beside is not None and self._beside is None:
            self.long.append(beside[1])

    def lists(self) -> dict[str, int]:
        """The elements that stand several times in one place and hold something, by their path, and their number."""
        return {
            ".".join(path): count
            for path, (count, again, holding) in self._paths.items()
            if again and holding
        }

    def around(self) -> Cells:
        """What stands beside the way as far as there is but one, the inmost of a name."""
        found: Cells = {}
        for depth in range(self.lone):
            found |= cells(self._ways[depth])
        return found

    def top(self) -> Cells:
        """The attributes of the outermost element and the texts right in it."""
        way = self._ways[0]
        return {**way.attributes, **{name: kids[0].text for name, kids in way.kids.items()}}

    def wrapped(self) -> tuple[str, ...]:
        """The name of the elements around which the outermost one is nothing but the wrapping; else nothing."""
        inside = {path[0]: held for path, held in self._paths.items() if len(path) == 1}
        others = {name: held for name, held in inside.items() if not stated.is_about_pages((name,))}
        if len(others) != 1 or "".join(self._ways[0].parts).strip():
            return ()
        ((name, (_, _, holding)),) = others.items()
        return (name,) if holding else ()


def _refuse_definitions(*given: Any) -> None:
    raise Unreadable(
        "it brings definitions of its own (DOCTYPE), which may stand for anything: export it without them"
    )


def _attributes(given: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in given.items():
        if key != "xmlns" and not key.startswith("xmlns:"):
            put(found, f"@{_local(key)}", value)
    return found


@lru_cache(_PATHS)
def _local(name: str) -> str:
    return name.rpartition(":")[2]


def cells(node: _Node) -> Cells:
    """The cells of an element as a row.

    A lone text is under the element's own name.
    """
    if not node.kids and not isinstance(node, _Way):
        return (
            {**node.attributes, node.name: node.text}
            if node.text or not node.attributes
            else {**node.attributes}
        )
    found: Cells = {}
    _fill(found, node, "")
    return found


def _fill(found: Cells, node: _Node, prefix: str) -> None:
    for name, value in _own(node).items():
        put(found, prefix + name, value)
    for name, group in node.kids.items():
        if any(kid.kids for kid in group):
            put(found, prefix + name, _json([_object(kid) for kid in group]))
            if len(group) == 1:
                _fill(found, group[0], f"{prefix}{name}.")
        else:
            for key, value in _leaves(name, group).items():
                put(found, prefix + key, value if isinstance(value, str) or value is None else _json(value))


def _own(node: _Node) -> dict[str, str]:
    text = node.text
    return {**node.attributes, **({"#text": text} if text else {})}


def _leaves(name: str, group: Sequence[_Node]) -> dict[str, Any]:
    """Elements of one name that hold no others: their text and their attributes; lists where there are several."""
    if len(group) == 1 and not group[0].attributes:
        return {name: group[0].text}
    found: dict[str, Any] = {name: group[0].text if len(group) == 1 else [kid.text for kid in group]}
    for key in dict.fromkeys(key for kid in group for key in kid.attributes):
        values = [kid.attributes.get(key) for kid in group]
        found[f"{name}.{key}"] = values[0] if len(values) == 1 else values
    return found


def _object(node: _Node) -> dict[str, Any]:
    found: dict[str, Any] = _own(node)
    for name, group in node.kids.items():
        if any(kid.kids for kid in group):
            found[name] = [_object(kid) for kid in group]
        else:
            found |= _leaves(name, group)
    return found


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
