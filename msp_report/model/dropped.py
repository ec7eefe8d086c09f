"""The rejected rows of a table as every verdict reckons with them: which may belong to a subject, and whose they are.

A row whose subject could not be read may belong to any (rule 42). Rows of the provider's own file leave a miss
standing; those of an independent one turn it too (rule 50).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from msp_report.model.case import Case
from msp_report.model.names import normal, normal_name

#: How many rows a reason names; the evidence page lists all.
NAMED = 5


@dataclass(frozen=True)
class Dropped:
    """Rejected rows that may be records: `rows` as Case.rejected, and whether all are the provider's own word."""

    rows: pd.DataFrame
    own_word: bool

    @classmethod
    def of(cls, case: Case, table: str) -> Dropped:
        """Those of a table in the period's newest exports."""
        rows = case.rejected(table)
        known = rows["whose"].dropna() if "whose" in rows else rows["file"].iloc[:0]
        own = known.eq("provider").all() if len(known) else case.own_word(table)
        return cls(rows, bool(own))

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, chosen: pd.Series | np.ndarray) -> Dropped:
        """Some of them."""
        return Dropped(self.rows[np.asarray(chosen, bool)], self.own_word)

    def about(self, **subject: object) -> Dropped:
        """Those that may belong to a subject: each of its columns says so, or could not be read."""
        chosen = np.ones(len(self.rows), bool)
        for name, value in subject.items():
            column = self.rows[name]
            chosen &= (column.isna() | normal(column).eq(normal_name(value))).to_numpy(bool)
        return self.where(chosen)

    def before(self, name: str, end: pd.Timestamp) -> Dropped:
        """Those whose time is not known to lie at or after a cut-off: later facts do not exist (rule 0)."""
        return self.where(~(self.rows[name] >= end))

    @property
    def why(self) -> str | None:
        """Which they are, for the page; None where there are none."""
        return told(self)


def told(*several: Dropped) -> str | None:
    """Which rejected rows leave a verdict open, each with its file and line; None where there are none."""
    rows = pd.concat([one.rows[["file", "line"]] for one in several])
    places = [
        f"{file}:{line}" if line else file for file, line in zip(rows["file"], rows["line"], strict=True)
    ]
    places = list(dict.fromkeys(places))
    if not places:
        return None
    listed = ", ".join(places[:NAMED]) + (", …" if len(places) > NAMED else "")
    if len(places) == 1:
        return f"1 rejected row may belong to it ({listed})"
    return f"{len(places)} rejected rows may belong to it ({listed})"
