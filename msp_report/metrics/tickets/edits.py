"""Whom corrections favour (rule 33), and solves bunched just before their deadline (rule 34).

Decided here. An edit that moves a figure is: a priority that gets more time to solve (for the provider) or less (for
the client); a time of response or solve that was changed after the fact, to an earlier one (provider) or a later one
(client), or an opening changed the other way; a ticket taken out of the contract (provider) or into it (client); a
pause without which the ticket would have been solved late (provider). Cancelling a ticket is none: a breach that was
decided stands (rule 15), and one that was not was no miss yet. Who made an edit does not matter: whom it helps does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from msp_report.metrics.tickets.history import History
from msp_report.model.names import logged_fields, normal
from msp_report.model.statistics import Interval, exact, poisson
from msp_report.model.texts import among
from msp_report.params import Contract, as_contract

EDITS = ["ticket_id", "at", "field", "from", "to", "favours", "actor", "actor_kind"]
#: Fewer edits tell nothing of whom they favour (rule 33).
ENOUGH = 10
FEW_EDITS = "fewer than ten edits move a figure"
FEW_SOLVES = "fewer than ten tickets were solved around their deadline"
#: Later is better for whoever must answer and solve: an earlier opening is not.
_TIMES = {"first_response_at": 1, "resolved_at": 1, "closed_at": 1, "opened_at": -1}
_SIDES = {1: "provider", -1: "client"}

#: Bins of 5 % of the time agreed (rule 34): on both sides of the deadline, and just before it.
_BIN = 0.05
_BEFORE, _AFTER, _CLOSE = (0.70, 0.90), (1.10, 1.30), (0.90, 1.00)


def edits(
    history: History,
    events: pd.DataFrame | None,
    changes: pd.DataFrame,
    clocks: pd.DataFrame,
    contract: Contract | Mapping[str, Any],
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> pd.DataFrame:
    """Every edit of a period that moves a figure towards a miss or away from one.

    Parameters: `history`; `events` the canonical table, None where there is none; `changes` as flow.priority_changes;
    `clocks` as course.clocks_of. Returns: one row per edit with EDITS, in order of time: `favours` is provider or
    client. Source: rule 33.
    """
    given = pd.DataFrame(columns=["ticket_id", "at", "field", "from", "to", "actor", "actor_kind"])
    log = (given if events is None else events).reindex(columns=given.columns)
    log = log[
        (log["at"] >= start) & (log["at"] < end) & among(log["ticket_id"], history.tickets["ticket_id"])
    ]
    log = log.assign(field=logged_fields(log["field"]).array)
    parts = [
        _of_priority(changes),
        _of_times(log),
        _of_contract(log),
        _by_pause(log, clocks, contract, start, end),
    ]
    found = pd.concat([part.reindex(columns=EDITS).astype(object) for part in parts if len(part)] or [given])
    found = found.reindex(columns=EDITS).astype(dict.fromkeys(set(EDITS) - {"at"}, "str"))
    found["at"] = pd.to_datetime(found["at"], utc=True).astype("datetime64[us, UTC]")
    return found.sort_values(["at", "ticket_id", "field"], kind="stable", ignore_index=True)


def favouring(found: pd.DataFrame) -> Interval | None:
    """The share of edits that favours the provider, with its exact interval; None under ENOUGH. Source: rule 33."""
    return exact(int(found["favours"].eq("provider").sum()), len(found)) if len(found) >= ENOUGH else None


def _of_priority(changes: pd.DataFrame) -> pd.DataFrame:
    sides = changes["change"].map({"lowered": "provider", "raised": "client"})
    return changes.assign(field="priority", favours=sides)[sides.notna().to_numpy(bool)]


def _of_times(log: pd.DataFrame) -> pd.DataFrame:
    rows = log[log["field"].isin(list(_TIMES))]
    was, is_ = (
        pd.to_datetime(rows[name], utc=True, errors="coerce", format="ISO8601") for name in ("from", "to")
    )
    earlier = np.sign((was - is_) / pd.Timedelta(seconds=1)) * rows["field"].map(_TIMES).astype(float)
    sides = earlier.map({1.0: "provider", -1.0: "client"})
    return rows.assign(favours=sides)[sides.notna().to_numpy(bool)]


def _of_contract(log: pd.DataFrame) -> pd.DataFrame:
    rows = log[log["field"].eq("in_contract")]
    was, is_ = (rows[name].astype("str").str.casefold().isin(["true", "yes", "1"]) for name in ("from", "to"))
    told = rows["from"].notna() & rows["to"].notna()
    sides = (was.astype(int) - is_.astype(int)).where(told, 0).map(_SIDES)
    return rows.assign(favours=sides)[sides.notna().to_numpy(bool)]


def _by_pause(
    log: pd.DataFrame,
    clocks: pd.DataFrame,
    contract: Contract | Mapping[str, Any],
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> pd.DataFrame:
    """The last pause of each ticket that was solved in time in the period because its clock stood still."""
    pausing = normal(pd.Series(list(as_contract(contract).tickets.pause_statuses), dtype="str")).tolist()
    decided = (clocks["resolution_decided_at"] >= start) & (clocks["resolution_decided_at"] < end)
    saved = decided & clocks["resolution_met"].eq(True) & clocks["solved_at"].notna()
    saved &= clocks["resolution_without_pause_min"] > clocks["resolution_target_min"]
    ids = clocks.loc[saved.fillna(False), "ticket_id"]
    rows = log[log["field"].eq("status") & normal(log["to"].astype("str")).isin(pausing).to_numpy(bool)]
    rows = rows[among(rows["ticket_id"], ids)].drop_duplicates("ticket_id", keep="last")
    return rows.assign(favours="provider")


# ---------------------------------------------------------------- bunching


def close(clocks: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """The tickets solved in the last tenth of their time, the closest to the deadline first: ticket_id, priority,
    solved_at, used_ratio (time used over the time agreed)."""
    rows = _solved_in_time_agreed(clocks, start, end)
    rows = rows[_in_bin(rows["used_ratio"], *_CLOSE, closed=True)]
    rows = rows.sort_values(["used_ratio", "ticket_id"], ascending=[False, True], ignore_index=True)
    return rows[["ticket_id", "priority", "solved_at", "used_ratio"]]


class Bunched(NamedTuple):
    """How many more solves lie just before their deadline than are to be `expected` [tickets]; None for the `excess`
    where fewer than ENOUGH solves lie there or in the bins around."""

    excess: Interval | None
    expected: float


def bunched(clocks: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> Bunched:
    """How many more solves lie in the last tenth before their deadline than the bins around it let expect.

    Expected is a straight line between the mean of
    the four bins of 5 % before (0.7 to 0.9 of the time agreed) and of the four after (1.1 to 1.3), at the two bins
    between; the interval is that of the Poisson count seen there. A solve on the deadline itself lies before it.
    Source: rule 34.
    """
    ratio = _solved_in_time_agreed(clocks, start, end)["used_ratio"]
    before, after = (int(_in_bin(ratio, *ends).sum()) for ends in (_BEFORE, _AFTER))
    seen = int(_in_bin(ratio, *_CLOSE, closed=True).sum())
    left, right = (count * _BIN / (high - low) for count, (low, high) in ((before, _BEFORE), (after, _AFTER)))
    middle = (sum(_CLOSE) - sum(_BEFORE)) / (sum(_AFTER) - sum(_BEFORE))
    expected = (left + middle * (right - left)) * (_CLOSE[1] - _CLOSE[0]) / _BIN
    if seen + before + after < ENOUGH:
        return Bunched(None, expected)
    counted = poisson(seen)
    return Bunched(Interval(seen - expected, counted.low - expected, counted.high - expected, seen), expected)


def _solved_in_time_agreed(clocks: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """The tickets with a time agreed that were solved in a period."""
    chosen = (
        (clocks["solved_at"] >= start) & (clocks["solved_at"] < end) & (clocks["resolution_target_min"] > 0)
    )
    rows = clocks[chosen.fillna(False)]
    return rows.assign(used_ratio=rows["resolution_min"] / rows["resolution_target_min"])


def _in_bin(ratio: pd.Series, low: float, high: float, closed: bool = False) -> pd.Series:
    """Whether ratios lie from one end up to, or up to and with, the other."""
    tiny = 1e-9
    return ratio.ge(low - tiny) & (ratio.le(high + tiny) if closed else ratio.lt(high - tiny))
