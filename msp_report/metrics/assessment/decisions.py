"""The board's own decisions over a year: which were carried out, in time or late, and which were not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from msp_report.metrics.scorecard import decisions as month
from msp_report.model.figures import Figure

IN_TIME, LATE = "done in time", "done late"
#: How a decision of the year ended or stands, what presses most first.
STATES = ("overdue", "no longer listed", "open", LATE, IN_TIME)
NONE = "no register of the board's decisions was supplied"
#: The figure of each state.
_FIGURES = {
    IN_TIME: "decisions_in_time",
    LATE: "decisions_late",
    "overdue": "decisions_overdue",
    "no longer listed": "decisions_unlisted",
    "open": "decisions_open",
}


def kept(
    register: pd.DataFrame | None,
    start: pd.Timestamp,
    end: pd.Timestamp,
    timezone: str,
    earlier: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The decisions that were carried out in a year, or were still to be at its end.

    Parameters and edge cases as scorecard.decisions.actions, over `[start, end)` of the year.
    Returns: its columns with `state` one of STATES, in whose order the rows stand: what is done was done in time or,
    after its day, late. One that had no day was done in time.
    """
    found = month.actions(register, start, end, timezone, earlier=earlier)
    done, late = found["state"].eq("done"), found["done_on"].gt(found["due_on"])
    state = np.select([done & late, done], [LATE, IN_TIME], found["state"].astype(object))
    found = found.assign(state=pd.Series(state, found.index, dtype="str"))
    order = {name: place for place, name in enumerate(STATES)}
    return found.sort_values("state", key=lambda of: of.map(order), kind="stable", ignore_index=True)


def figures(kept: pd.DataFrame, supplied: bool) -> Iterator[Figure]:
    """assessment.decisions [count], and of them .decisions_in_time, .decisions_late, .decisions_overdue,
    .decisions_unlisted and .decisions_open [count, n = decisions]; missing where no register was supplied."""
    why, every = None if supplied or len(kept) else NONE, len(kept)
    yield Figure.of("assessment.decisions", None if why else every, why)
    for state, name in _FIGURES.items():
        count = None if why else int(kept["state"].eq(state).sum())
        yield Figure.of(f"assessment.{name}", count, why, n=None if why else every)
