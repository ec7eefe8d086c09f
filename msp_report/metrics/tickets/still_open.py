"""What is still open: ages, deadlines, and which tickets lie still or are handed round (rule 17)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.tickets.course import priorities
from msp_report.metrics.tickets.history import History
from msp_report.model.texts import among
from msp_report.params import Contract, as_contract

#: Age bands of open tickets [days of 24 h]: each from one edge up to, not including, the next.
AGES = (0, 1, 3, 7, 14, 30, 90)
#: An open ticket nobody touched for so many days is stuck.
STUCK_DAYS = 7
#: An open ticket handed on so many times is bouncing.
BOUNCING_TIMES = 3


def open_tickets(history: History, clocks: pd.DataFrame, own: pd.DataFrame | None = None) -> pd.DataFrame:
    """The tickets open at the cut-off, the oldest first.

    Parameters: `history` and its `clocks`; `own`, the tickets of the period's newest exports without look-back, None
    where it is not known what these list.
    Returns: one row per open ticket: ticket_id, opened_at, age_days (of 24 h), status, priority, priority_now,
    assignee, category, title, reassignments, touched_at, quiet_days (since the last event, else the opening;
    missing where the source has no events), resolution_due_at, overdue (missing without a target), stuck
    (quiet for 7 days; missing where quiet_days is), bouncing (handed on 3 times; missing where not recorded), listed
    (the newest exports still have it: what was open and is in none of them is a doubt, rule 17).
    """
    desk = history.tickets[history.tickets["is_open"]]
    due = clocks.set_index("ticket_id")["resolution_due_at"].reindex(desk["ticket_id"]).array
    table = desk[
        [
            "ticket_id",
            "opened_at",
            "status",
            "priority",
            "priority_now",
            "assignee",
            "category",
            "title",
            "reassignments",
            "touched_at",
        ]
    ].reset_index(drop=True)
    days = pd.Timedelta(days=1)
    table.insert(2, "age_days", (history.cutoff - table["opened_at"]) / days)
    quiet = (history.cutoff - table["touched_at"].fillna(table["opened_at"])) / days
    table["quiet_days"] = quiet if history.has_events else np.nan
    table["resolution_due_at"] = due
    flags = {
        "overdue": (table["resolution_due_at"] < history.cutoff, table["resolution_due_at"].isna()),
        "stuck": (table["quiet_days"] >= STUCK_DAYS, table["quiet_days"].isna()),
        "bouncing": (table["reassignments"] >= BOUNCING_TIMES, table["reassignments"].isna()),
    }
    for name, (flag, unknown) in flags.items():
        table[name] = flag.astype("boolean").mask(unknown)
    table["listed"] = True if own is None else among(table["ticket_id"], own["ticket_id"])
    return table.astype({"listed": bool})


def ageing(
    open_tickets: pd.DataFrame, contract: Contract | Mapping[str, Any], start: pd.Timestamp
) -> pd.DataFrame:
    """Open tickets by age and priority.

    Parameters: `open_tickets` as given by `open_tickets`; `contract`; `start` of the period [UTC].
    Returns: one row per priority (all: empty) and age band: priority, band ("0-1", …, "90+" days), from_days,
    open. Priority is the one when the clocks started, as everywhere.
    Source: rule 17.
    """
    names = priorities(open_tickets["priority"], as_contract(contract), start)
    bands = [f"{low}-{high}" for low, high in pairwise(AGES)] + [f"{AGES[-1]}+"]
    place = np.searchsorted(AGES, open_tickets["age_days"], side="right") - 1
    counts = pd.crosstab(open_tickets["priority"].array, place)
    counts = counts.reindex(index=names, columns=range(len(AGES)), fill_value=0)
    table = np.vstack([counts.to_numpy(np.int64).reshape(len(names), len(AGES)), counts.sum(axis=0)])
    return pd.DataFrame(
        {
            "priority": np.repeat(np.array([*names, ""], dtype=object), len(AGES)),
            "band": np.tile(bands, len(names) + 1),
            "from_days": np.tile(AGES, len(names) + 1),
            "open": table.astype(np.int64).ravel(),
        }
    ).astype({"priority": "str", "band": "str"})
