"""What a reader sees or hears of a page: its texts, each with the heading of the column in which it stands."""

from __future__ import annotations

import base64
from html.parser import HTMLParser
from typing import NamedTuple

from msp_report.pages import serve
from msp_report.workspace import Workspace

#: Parts of a line: what they hold belongs to the text around them.
_INLINE = frozenset({"a", "b", "code", "em", "i", "strong", "tspan"})


class Text(NamedTuple):
    """A text of a page, and what heads its column; no heading outside a table's body."""

    text: str
    column: str = ""


class _Words(HTMLParser):
    """The texts of a page: what it says, what stands for pictures, and the text inside them; code says nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[list[str]] = [["", ""]]
        self._silent = ""
        self._headings: list[str] = []
        self._cell: int | None = None
        self._in_head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._place(tag)
        for name in ("alt", "aria-label", "title"):
            if name in given:
                self._begin(given[name] or "")
        drawn = (given.get("src") or "").partition("data:image/svg+xml;base64,")[2]
        for text in texts(base64.b64decode(drawn).decode()) if drawn else ():
            self._begin(text.text)
        if tag not in _INLINE:
            self._begin()
        elif tag == "tspan":  # the next line of a text
            self.texts[-1][0] += " "
        self._silent = tag if tag in ("style", "code") else self._silent

    def handle_endtag(self, tag: str) -> None:
        if tag == "th" and self._in_head:
            self._headings.append(self.texts[-1][0])
        if tag in ("thead", "table", "td", "th"):
            self._in_head &= tag != "thead"
            self._cell = None if tag == "table" else self._cell
        if tag not in _INLINE:
            self._begin()
        self._silent = "" if tag == self._silent else self._silent

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts[-1][0] += data

    def _place(self, tag: str) -> None:
        """Notes in which column of which table the next text stands."""
        if tag == "table":
            self._headings, self._cell = [], None
        elif tag == "thead":
            self._in_head = True
        elif tag == "tr":
            self._cell = None if self._in_head else -1
        elif tag in ("td", "th") and self._cell is not None:
            self._cell += 1

    def _begin(self, text: str = "") -> None:
        known = self._cell is not None and 0 <= self._cell < len(self._headings)
        self.texts.append([text, self._headings[self._cell] if known else ""])


def texts(html: str) -> list[Text]:
    """The texts of a page in order."""
    parser = _Words()
    parser.feed(html)
    return [Text(*found) for found in parser.texts if found[0].strip()]


def pages(place: Workspace) -> dict[str, str]:
    """Every page that was published, and the server's own, by its place."""
    found = {
        str(path.relative_to(place.output)): path.read_text(encoding="utf-8")
        for depth in ("*/*", "*/*/*")
        for path in sorted(place.output.glob(f"{depth}/html/*.html"))
        if ".revisions" not in path.parts and "twin" not in path.parts
    }
    return found | {"the server's own": serve.index(serve.Shelf(place))}


class Cell(NamedTuple):
    """A cell of a table: its text, and whether that stands for a missing value."""

    text: str
    gap: bool = False


class Table(NamedTuple):
    """A table of a page: its caption, the titles of its columns, and the cells of its rows."""

    caption: str
    titles: list[str]
    rows: list[list[Cell]]


class _Tables(HTMLParser):
    """The tables of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[Table] = []
        self._said: list[str] = []
        self._in_head = self._gap = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append(Table("", [], []))
        elif tag == "thead":
            self._in_head = True
        elif tag == "tr" and not self._in_head:
            self.tables[-1].rows.append([])
        elif tag in ("td", "th", "caption"):
            self._said, self._gap = [], False
        elif tag == "span" and "gap" in (dict(attrs).get("class") or "").split():
            self._gap = True

    def handle_endtag(self, tag: str) -> None:
        text = "".join(self._said).strip()
        if tag == "caption":
            self.tables[-1] = self.tables[-1]._replace(caption=text)
        elif tag == "thead":
            self._in_head = False
        elif tag == "th" and self._in_head:
            self.tables[-1].titles.append(text)
        elif tag in ("td", "th"):
            self.tables[-1].rows[-1].append(Cell(text, self._gap or not text))

    def handle_data(self, data: str) -> None:
        self._said.append(data)


def tables(html: str) -> list[Table]:
    """The tables of a page in order."""
    parser = _Tables()
    parser.feed(html)
    return parser.tables
