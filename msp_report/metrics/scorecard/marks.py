"""Signal or noise in the month: the marks of the scorecard's lines and of every figure with history (rule 21)."""

from __future__ import annotations

import pandas as pd

from msp_report.metrics import signals
from msp_report.metrics.scorecard.changes import OWN
from msp_report.model import promises
from msp_report.model.case import Case, Past

SIGNALS = [*signals.MARKS[:2], "promised", *signals.MARKS[2:]]
_KEY = ["measure", "subject"]
#: Reports that count what others found.
_COUNTING = (OWN, "meeting")
#: What is no usual month, as page one lists it.
_ORDER = (signals.WORSE, signals.CHANGED, signals.BETTER)


def points(case: Case, past: Past) -> pd.DataFrame:
    """The points of the month's figures that an earlier pack has too, and of the five years before, as signals.points.

    Months published before they were over are left out, as is the month itself while it runs.
    """
    month = str(case.period)
    earlier = past.year(signals.BEFORE)
    earlier = earlier[earlier["month"].lt(month)]
    known = pd.MultiIndex.from_frame(past.figures[_KEY]).isin(pd.MultiIndex.from_frame(earlier[_KEY]))
    parts = (earlier, past.figures[known].assign(month=month))
    told = [frame.astype(object) for frame in parts if len(frame)]
    every = pd.concat(told, ignore_index=True) if told else earlier.head(0)
    running = [month] if case.to_date else []
    return signals.points(every, case.agreed, [*past.unfinished(signals.BEFORE), *running])


def of_lines(lines: pd.DataFrame, points: pd.DataFrame, month: str) -> pd.DataFrame:
    """The lines with their marks: usual_low, usual_high, variation, assurance, and `unmarked`, why one is missing.

    Parameters: `lines` of the scorecard, each marked by its own target; `points` and the month as signals.marks.
    """
    found = signals.marks(lines.rename(columns={"result": "value"}), points, month)
    marks = ["usual_low", "usual_high", "variation", "assurance"]
    return lines.assign(**{name: found[name] for name in marks}, unmarked=found["why"])


def of_pack(figures: pd.DataFrame, lines: pd.DataFrame, points: pd.DataFrame, month: str) -> pd.DataFrame:
    """Every figure of a pack that an earlier one has, with its marks (record scorecard/signals).

    Parameters: `figures` of the pack; the `lines` of the scorecard; `points` and the month as signals.marks.
    Returns: one row per measure and subject with SIGNALS: `promised`, whether it is agreed with the provider (rule 49),
    and what signals.marks gives. Figures with a signal come first: of them those that were promised, then those for
    the worse. A figure without a target is marked by that of the board's line. Figures of the scorecard itself and of
    the meeting are left out: they count the others.
    """
    before = points.loc[points["month"].lt(month), _KEY].drop_duplicates()
    mine = figures.assign(promised=promises.whose(figures).eq(promises.AGREED))
    mine = mine[~mine["report"].isin(_COUNTING)].merge(before, on=_KEY)
    asked = lines.loc[lines["target"].notna(), [*_KEY, "target"]].drop_duplicates(_KEY)
    board = mine[_KEY].merge(asked, on=_KEY, how="left")["target"]
    marked = signals.marks(mine.assign(target=mine["target"].fillna(board)), points, month)
    found = marked.assign(promised=mine["promised"].astype(bool))[SIGNALS]
    place = found["variation"].map({name: rank for rank, name in enumerate(_ORDER)})
    order = found.assign(quiet=place.isna(), free=~found["promised"], place=place)
    rows = order.sort_values(["quiet", "free", "place"], kind="stable").index
    return found.loc[rows].reset_index(drop=True)


def compared(marked: pd.DataFrame) -> pd.DataFrame:
    """The rows of `of_pack` that have a value this month and enough months before it to be compared with."""
    return marked[marked["value"].notna() & marked["n"].gt(signals.MONTHS_BEFORE).fillna(False)]


def unusual(marked: pd.DataFrame) -> pd.DataFrame:
    """The rows of `of_pack` that have a signal, in their order."""
    return marked[marked["variation"].isin(_ORDER)].reset_index(drop=True)
