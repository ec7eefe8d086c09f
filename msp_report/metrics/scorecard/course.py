"""How each promise and rule has gone: last month's value, and for how many months in a row it has been missed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.scorecard.lines import asked as asked_for
from msp_report.metrics.scorecard.lines import keys
from msp_report.model import promises
from msp_report.model.period import Month
from msp_report.params import Strategy, as_strategy

#: How many packs before the month are looked at.
MONTHS_BEFORE = 12
#: What `course` adds, and what it is made of (record scorecard/standing).
STANDING = [
    *("whose", "report", "measure", "subject", "verdict", "value", "unit", "better", "target", "clause"),
    *("why_missing", "existed", "last_value", "missed_months", "robust", "claimed"),
    *("usual_low", "usual_high", "variation", "assurance"),
]
_KEY = ["measure", "subject"]


def course(
    rows: pd.DataFrame,
    before: pd.DataFrame,
    month: Month,
    by_board: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The rows with last_value and missed_months.

    Parameters: `rows` with measure, subject, verdict, target, better and whose, as lines.standing; the figures of the
    packs `before`, with their month, and as `by_lines` judges them, where the board has targets of its own.
    Returns: the rows in their order, with `last_value`, what the pack of the month before gives, missing where there is
    none; missed_months as `missed_months`, missing for what is not missed.
    """
    last = before[before["month"].eq(str(month.shift(-1)))].drop_duplicates(_KEY)
    was = rows[_KEY].merge(last[[*_KEY, "value"]], on=_KEY, how="left")["value"]
    months = missed_months(rows, before, month, by_board).where(rows["verdict"].eq("missed"))
    return rows.assign(last_value=was.astype("float64").to_numpy(), missed_months=months)


def missed_months(
    rows: pd.DataFrame,
    before: pd.DataFrame,
    month: Month,
    by_board: pd.DataFrame | None = None,
) -> pd.Series:
    """For how many months in a row, the month included, each row has been missed, if it is missed now.

    Parameters: as `course`. Returns: counts, at most MONTHS_BEFORE + 1; missing where the month before has no pack, or
    one that has no verdict, so that nobody knows whether it is new.
    A month before counts by the verdict that its pack gave; a target of the board's by that of its line in
    strategy.yaml as it stands today (`by_lines`), because no pack judges it.

    >>> row = {"measure": "a.x", "subject": "", "target": 60.0, "better": "lower", "whose": "own"}
    >>> told = {"measure": "a.x", "subject": "", "target": 60.0, "verdict": "missed", "value": 63.0}
    >>> before = pd.DataFrame([told | {"month": "2026-08", "verdict": "met"}, told | {"month": "2026-09"}])
    >>> missed_months(pd.DataFrame([row]), before, Month(2026, 10)).tolist()
    [2]
    """
    steps = [str(month.shift(-step)) for step in range(1, MONTHS_BEFORE + 1)]
    asked = rows.reset_index(drop=True)[[*_KEY, "whose"]]
    asked = asked.assign(row=asked.index, subject=asked["subject"].fillna(""))
    own = asked["whose"].eq(promises.OWN)
    parts = [
        asked[~own].merge(_told(before), on=_KEY),
        asked[own].merge(_told(before if by_board is None else by_board), on=_KEY),
    ]
    pairs = pd.concat(parts, ignore_index=True)
    pairs = pairs.assign(
        missed=pairs["verdict"].eq("missed"), silent=~pairs["verdict"].isin(promises.DECIDED)
    )
    missed, silent = (
        pairs.pivot_table(index="row", columns="month", values=name, aggfunc="any")
        .reindex(index=asked.index, columns=steps, fill_value=False)
        .to_numpy(dtype=bool, na_value=False)
        for name in ("missed", "silent")
    )
    run = np.cumprod(missed.astype(int), axis=1).sum(axis=1) + 1
    told_last = bool(before["month"].eq(steps[0]).any())
    return pd.Series(run, rows.index, dtype="Int64").where(~silent[:, 0] & told_last)


def _told(before: pd.DataFrame) -> pd.DataFrame:
    return before[[*_KEY, "month", "verdict"]].drop_duplicates([*_KEY, "month"]).astype(object)


def by_lines(before: pd.DataFrame, strategy: Strategy | Mapping[str, Any] | None) -> pd.DataFrame:
    """The figures of earlier packs, those that the board has a target of its own for judged by it."""
    lines_of = {
        (line.measure, line.subject) for line in as_strategy(strategy).scorecard if line.target is not None
    }
    mine = (
        keys(before).isin(list(lines_of)) if lines_of and len(before) else np.zeros(len(before), dtype=bool)
    )
    return pd.concat([before[~mine], asked_for(before[mine], strategy)]) if mine.any() else before
