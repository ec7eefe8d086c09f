"""What is declared of a record."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Record:
    """One file beside a page, `records/<report>/<name>.csv`: what a row is, and its columns in order."""

    name: str
    rows: str
    columns: str
    """Names with blanks between them; of year/verdicts and year/own_rules a column a month follows."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns in order."""
        return tuple(self.columns.split())
