"""How much of a period the tables of a figure speak of, and what that leaves of the figure (rule 41).

What lies beyond a reach is unknown: more may have happened there, and a ratio may have come to anything. A metric takes
`reach_of(case, "tickets", …)`, hands its figures through `bounded`, and judges its own frames by `Reach.left_open`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

import pandas as pd

from msp_report.model.case import Case
from msp_report.model.figures import Figure, Verdict
from msp_report.model.gate import decide


@dataclass(frozen=True)
class Reach:
    """Up to when some tables speak of a period, which share of it that is, the table that speaks least, and whether
    all of it is the provider's own word."""

    at: pd.Timestamp
    share: float = 1.0
    table: str = ""
    own_word: bool = True

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the period is beyond it."""
        return self.share >= 1

    @property
    def why(self) -> str:
        """What the records say of a verdict that it leaves open, or of a figure that it takes away."""
        came = "no {} came for the period" if self.share <= 0 else "{} came for a part of the period only"
        return came.format(self.table)

    def left_open(self, verdicts: pd.Series) -> pd.Series:
        """Which verdicts of a frame it leaves open where it is not whole: met, and missed where nothing came or the
        word is not the provider's own: what it left out itself does not take its miss away (rule 50)."""
        turned = ["met"] if self.own_word and self.share > 0 else ["met", "missed"]
        return verdicts.isin(turned) & (not self.is_whole)

    def taken(self) -> Verdict:
        """What is left of a verdict that may turn."""
        return "no_data" if self.share <= 0 else "no_verdict"

    def take(self, table: pd.DataFrame, turned: pd.Series, why: str = "why") -> pd.DataFrame:
        """A record without the verdicts that may turn, and in its column `why` the reason."""
        reasons = table[why].mask(turned, self.why)
        return table.assign(verdict=table["verdict"].mask(turned, self.taken()), **{why: reasons})


def reach_of(case: Case, *tables: str) -> Reach:
    """The reach of some tables together: the earliest; what was not supplied at all says nothing of it."""
    start, end = case.start, case.end
    at, table = min((case.reached(name), name) for name in tables)
    if at >= end:
        return Reach(end)
    return Reach(at, max(0.0, (at - start) / (end - start)), table, case.own_word(table))


#: What a table needs to show how it usually speaks: rows before the month, in so many months, and rows in it.
_ROWS_BEFORE, _MONTHS, _ROWS = 60, 3, 10


def silent_since(rows: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.Timestamp | None:
    """The last instant of a table that ends in a silence which it never knew before (rule 41).

    Parameters: `rows`, how many it has with their look-back, by the instant at which they happened; the bounds of the
    period.
    Returns None where nobody can tell: there are under 10 rows in the period, or under 60 before it, or all of these in
    under three blocks of 30 days. Else the last instant where from it to the end passes more than a day, and more than
    between any two rows before: of a table without a habit that happens once in 60 months.
    """
    known = rows[rows.index <= end].sort_index()
    mine, before = known[known.index > start], known[known.index <= start]
    blocks = ((start - before.index) // pd.Timedelta(days=30)).nunique()
    if mine.sum() < _ROWS or before.sum() < _ROWS_BEFORE or blocks < _MONTHS:
        return None
    usual = max(before.index.to_series().diff().max(), pd.Timedelta(days=1))
    last = mine.index[-1]
    return last if end - last > usual else None


def bounded(figures: Iterable[Figure], reach: Reach, grows: Iterable[str] = ()) -> list[Figure]:
    """Figures with what is unknown beyond a reach.

    Parameters: `figures` as computed from the rows there are; `reach` of the tables that they need; `grows`, the
    measures that more rows can only raise (what happened, not what stands).
    Returns: the same figures where the reach is whole. Else their coverage is at most the share of the period; one of
    `grows` has low = counted and no high, a ratio lies anywhere from 0 to 1, and of all others nothing is known. Both
    bounds of a figure that was judged by them stay. A verdict that the rest can turn is no_verdict, but a miss by the
    provider's own word stands (rule 50); where the tables do not reach into the period at all the value is missing. A
    figure without a value stays as it is.
    """
    if reach.is_whole:
        return list(figures)
    growing = frozenset(grows)
    return [_bounded(figure, reach, figure.measure in growing) for figure in figures]


def _bounded(figure: Figure, reach: Reach, grows: bool) -> Figure:
    if figure.value is None:
        return figure
    if reach.share <= 0:
        verdict = "no_data" if figure.verdict else None
        gone = {"value": None, "low": None, "high": None, "robust": None}
        return figure.with_(**gone, coverage=0.0, verdict=verdict, why_missing=reach.why)
    coverage = min(reach.share, 1.0 if figure.coverage is None else figure.coverage)
    low, high = (figure.value, inf) if grows else (0.0, 1.0) if figure.unit == "ratio" else (-inf, inf)
    if (
        figure.verdict in ("met", "missed", "no_verdict")
        and figure.low is not None
        and figure.high is not None
    ):
        low, high = figure.low, figure.high
    elif figure.low is not None:
        low = min(low, figure.low)
    changes = {"coverage": coverage, "low": _finite(low), "high": _finite(high)}
    verdict = figure.verdict
    if verdict in ("met", "missed"):
        bounds = {"low": low, "high": high, "unsure": reach.why, "own_word": reach.own_word}
        found = decide(figure.value, figure.target, figure.better or "higher", **bounds)
        verdict = found.verdict
        changes |= {"verdict": verdict, "why_missing": found.why}
    if verdict not in ("met", "missed"):
        changes["robust"] = None
    return figure.with_(**changes)


def _finite(number: float) -> float | None:
    return None if abs(number) == inf else number
