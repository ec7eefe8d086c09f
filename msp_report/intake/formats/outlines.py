"""What a file holds beside what is read of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outline:
    """The parts of one file among which one may be named."""

    format: str
    lists: Mapping[str, int] = field(default_factory=dict)
    """Of a document: path for `records`, how many items."""
    sheets: tuple[str, ...] = ()
    """Of a workbook: those that are shown."""
    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of a database: table, its columns."""
