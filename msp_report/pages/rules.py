"""The rules beside the pages: docs/rules.md as a page of the pack, and every rule that a page cites as a link to it."""

from __future__ import annotations

import re
from functools import cache

import nbformat
from nbformat import NotebookNode

from msp_report.workspace import PROJECT

#: The page of the rules, beside the others; an anchor a rule: rules.html#rule-31.
PAGE = "rules.html"

_CITED = re.compile(r"\b([Rr]ules? )(\d+(?:(?:, | and | to )\d+)*)")
_HEADING = re.compile(r"<h3[^>]*>(?=[^<]*?(\d+))")
_TAG = re.compile(r"(<[^>]*>)")
#: Within these a citation is no place for a link.
_CLOSED = re.compile(r"<(/?)(?:a|title|style)\b")


@cache
def text() -> str:
    """The rules as they are written in the project."""
    return (PROJECT / "docs" / "rules.md").read_text(encoding="utf-8")


def notebook() -> NotebookNode:
    """The rules as a notebook of one cell, for `publish.page`."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text())])


def anchored(html: str) -> str:
    """The page of the rules with an anchor at each, by the number in its heading: the words are the language's."""
    return _HEADING.sub(lambda found: f'<h3 id="rule-{found[1]}">', html)


def linked(html: str) -> str:
    """A page on which every rule that its text cites leads to its place; links stay as they are."""
    parts, within = [], 0
    for part in _TAG.split(html):
        if closed := _CLOSED.match(part):
            within += -1 if closed[1] else 1
        elif not part.startswith("<") and not within:
            part = _CITED.sub(_links, part)
        parts.append(part)
    return "".join(parts)


def _links(cited: re.Match[str]) -> str:
    numbers = re.sub(r"\d+", lambda number: f'<a href="{PAGE}#rule-{number[0]}">{number[0]}</a>', cited[2])
    return cited[1] + numbers
