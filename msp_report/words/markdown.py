"""Markdown as messages: a heading or a paragraph each, so that a notebook needs no marks to be translated."""

from __future__ import annotations

import re

from msp_report.words.language import Language

_BLOCKS = re.compile(r"(\n\s*\n)")
_HEADING = re.compile(r"(#{1,6} +)(.+?)\s*")


def messages(source: str) -> list[str]:
    """The messages of a cell in order, each on one line."""
    return [text for _, text in map(_parted, _BLOCKS.split(source)[::2]) if text]


def said(source: str, language: Language) -> str:
    """The cell in a language; what its catalogue does not know stays as it is written, line ends and all."""
    if language.is_source:
        return source
    parts = _BLOCKS.split(source)
    return "".join(part if place % 2 else _said(part, language) for place, part in enumerate(parts))


def _said(block: str, language: Language) -> str:
    prefix, text = _parted(block)
    told = language(text)
    return block if told == text else prefix + told


def _parted(block: str) -> tuple[str, str]:
    """What makes a heading of a block, and its text on one line."""
    heading = _HEADING.fullmatch(block)
    prefix, text = heading.groups() if heading else ("", block)
    return prefix, " ".join(text.split())
