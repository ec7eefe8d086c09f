"""How each promise and rule has gone: last month's value, and for how many months in a row it has been missed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msp_report.model import promises
from msp_report.model.period import Month

#: How many packs before the month are looked at.
MONTHS_BEFORE = 12
#: What `course` adds, and what it is made of (record scorecard/standing).
STANDING = [
    *("whose", "report", "measure", "subject", "verdict", "value", "unit", "better", "target", "clause"),
    *("why_missing", "existed", "last_value", "missed_months", "robust", "claimed"),
    *("usual_low", "usual_high", "variation", "assurance"),
]
_KEY = ["measure", "subject"]


def course(rows: pd.DataFrame, before: pd.DataFrame, month: Month) -> pd.DataFrame:
    """The rows with last_value and missed_months.

    Parameters: `rows` with measure, subject, verdict, target, better and whose, as lines.standing; the figures of the
    packs `before`, with their month.
    Returns: the rows in their order, with `last_value`, what the pack of the month before gives, missing where there is
    none; missed_months as `missed_months`, missing for what is not missed.
    """
    last = before[before["month"].eq(str(month.shift(-1)))].drop_duplicates(_KEY)
    was = rows[_KEY].merge(last[[*_KEY, "value"]], on=_KEY, how="left")["value"]
    months = missed_months(rows, before, month).where(rows["verdict"].eq("missed"))
    return rows.assign(last_value=was.astype("float64").to_numpy(), missed_months=months)


def missed_months(rows: pd.DataFrame, before: pd.DataFrame, month: Month) -> pd.Series:
    """For how many months in a row, the month included, each row has been missed, if it is missed now.

    Parameters: as `course`. Returns: counts, at most MONTHS_BEFORE + 1; missing where the month before has no pack, or
    one that does not tell, so that nobody knows whether it is new.
    A month before counts by the verdict that its pack gave by the same target. Where it gave none, or by another, as
    for a target of the board's that no page judges, its value is held against the target of the row.

    >>> row = {"measure": "a.x", "subject": "", "target": 60.0, "better": "lower", "whose": "own"}
    >>> told = {"measure": "a.x", "subject": "", "target": None, "verdict": None}
    >>> before = pd.DataFrame([told | {"month": "2026-08", "value": 55.0}, told | {"month": "2026-09", "value": 63.0}])
    >>> missed_months(pd.DataFrame([row]), before, Month(2026, 10)).tolist()
    [2]
    """
    steps = [str(month.shift(-step)) for step in range(1, MONTHS_BEFORE + 1)]
    asked = rows.reset_index(drop=True)[[*_KEY, "target", "better", "whose"]]
    asked = asked.assign(row=asked.index, subject=asked["subject"].fillna(""))
    told = before[[*_KEY, "month", "value", "target", "verdict"]].drop_duplicates([*_KEY, "month"])
    pairs = asked.merge(told, on=_KEY, suffixes=("", "_then"))
    goal, value = pairs["target"].astype("float64"), pairs["value"].astype("float64")
    same = pairs["target_then"].astype("float64").eq(goal) | pairs["whose"].eq(promises.AGREED) | goal.isna()
    judged = pairs["verdict"].notna() & same
    apart = np.where(pairs["better"].eq("lower"), value > goal, value < goal)
    known = judged | (value.notna() & goal.notna() & pairs["whose"].eq(promises.OWN))
    pairs["missed"] = known & np.where(judged, pairs["verdict"].eq("missed"), apart)
    pairs["silent"] = ~known
    missed, silent = (
        pairs.pivot_table(index="row", columns="month", values=name, aggfunc="any")
        .reindex(index=asked.index, columns=steps, fill_value=False)
        .to_numpy(dtype=bool, na_value=False)
        for name in ("missed", "silent")
    )
    run = np.cumprod(missed.astype(int), axis=1).sum(axis=1) + 1
    told_last = bool(before["month"].eq(steps[0]).any())
    return pd.Series(run, rows.index, dtype="Int64").where(~silent[:, 0] & told_last)
