"""Markdown as messages: a heading, a paragraph or an item of a list each, so that a notebook needs no marks."""

from __future__ import annotations

import re

from msp_report.words.language import Language

_BLOCKS = re.compile(r"(\n\s*\n|\n(?=[-*] |\d+\. ))")
_MARKED = re.compile(r"(#{1,6} +|> ?|[-*] +|\d+\. +)?(.*)", re.S)


def messages(source: str) -> list[str]:
    """The messages of a text in order, each on one line."""
    return [text for _, text in map(_parted, _BLOCKS.split(source)[::2]) if text]


def headings(source: str) -> list[str]:
    """The headings of a text below its title, in order."""
    return [text for mark, text in map(_parted, _BLOCKS.split(source)[::2]) if re.match("##+ ", mark)]


def said(source: str, language: Language) -> str:
    """The text in a language; what its catalogue does not know stays as it is written, line ends and all."""
    if language.is_source:
        return source
    parts = _BLOCKS.split(source)
    return "".join(part if place % 2 else _said(part, language) for place, part in enumerate(parts))


def _said(block: str, language: Language) -> str:
    mark, text = _parted(block)
    told = language(text)
    return block if told == text else mark + told


def _parted(block: str) -> tuple[str, str]:
    """What makes a heading, an item or a quotation of a block, and its text on one line."""
    mark, text = _MARKED.findall(block)[0]
    if mark.startswith(">"):
        text = re.sub(r"\n> ?", "\n", text)
    return mark, " ".join(text.split())
