"""What comes in and goes out, and how long it took: durations, backlog, volumes, hours, changes of priority."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.tickets.course import alive, priorities
from msp_report.metrics.tickets.history import MOVES, OPEN, History, micros
from msp_report.model.columns import booked, civil_day, last_day, optional
from msp_report.model.names import spelled
from msp_report.model.period import Month, midnight
from msp_report.model.statistics import kaplan_meier, percentile
from msp_report.model.tables import STATUSES
from msp_report.params import Contract, as_contract

#: Months that Kaplan-Meier looks back (rule 16).
LOOK_BACK_MONTHS = 12

_MICRO = 1_000_000


def durations(
    clocks: pd.DataFrame, contract: Contract | Mapping[str, Any], start: pd.Timestamp, end: pd.Timestamp
) -> pd.DataFrame:
    """How long responses and resolutions took in a period.

    Parameters: `clocks` as `clocks_of` gives them at the cut-off `end`; `contract`; `start`, `end` [UTC].
    Returns: one row per clock (resolution, response) and priority (all: empty), n, median_min, p90_min of the
    tickets whose last solve (first response) falls in the period, km_median_min, and km_n tickets behind it
    [min of the calendar less pauses; no calendar: round the clock]; missing where there are none.
    Edge cases decided: cancelled and merged tickets do not count. A ticket solved without an answer has its
    response at the solve; Kaplan-Meier looks at the tickets opened in the twelve civil months before `end`,
    open ones censored there; km_median_min is missing where fewer than half have ended.
    Source: rule 16.
    """
    contract = as_contract(contract)
    zone = contract.client.timezone
    needed = ["priority", "opened_at", "removed_at", "response_at", "solved_at"]
    needed += [f"{clock}_{what}" for clock in ("response", "resolution") for what in ("min", "used_min")]
    clocks = clocks.loc[clocks["removed_at"].isna(), needed]  # of many tickets nothing else is copied
    names = priorities(alive(clocks, start)["priority"], contract, start)
    since = midnight(Month.of(last_day(end, zone)).shift(1 - LOOK_BACK_MONTHS).first_on, zone)
    recent = clocks[(clocks["opened_at"] >= since) & (clocks["opened_at"] < end)]
    rows = []
    for clock, at in (("resolution", "solved_at"), ("response", "response_at")):
        ended = clocks[(clocks[at] >= start) & (clocks[at] < end)]
        for name in [*names, ""]:
            taken = (ended if not name else ended[ended["priority"] == name])[f"{clock}_min"].dropna()
            group = recent if not name else recent[recent["priority"] == name]
            curve = kaplan_meier(group[f"{clock}_used_min"], group[at].notna())
            rows.append(
                (
                    clock,
                    name,
                    len(taken),
                    percentile(taken, 0.5),
                    percentile(taken, 0.9),
                    curve.value,
                    curve.n,
                )
            )
    columns = ["clock", "priority", "n", "median_min", "p90_min", "km_median_min", "km_n"]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype(dict.fromkeys(["median_min", "p90_min", "km_median_min"], float))


def backlog(
    history: History, contract: Contract | Mapping[str, Any], start: pd.Timestamp, end: pd.Timestamp
) -> pd.DataFrame:
    """Open tickets day by day, and what changed them.

    Parameters: `history` up to `end`; `contract` gives the zone; `start`, `end` [UTC] midnights there.
    Returns: one row per local day: day, open_at_start, created, reopened, solved, removed, open_at_end.
    Raises: ArithmeticError where open + created + reopened - solved - removed is not open next day: open is counted
    from the spells, the rest from the moves.
    Edge cases decided: a move at midnight belongs to the day it begins; a ticket created and solved on one day
    counts in both; removed are cancelled and merged ones; taken back from there counts as reopened.
    Source: rule 17.
    """
    contract = as_contract(contract)
    days, edges = _day_edges(start, end, contract.client.timezone)
    spells, moves = history.spells, history.moves
    is_open = np.isin(spells["status"].to_numpy(), _OPEN_CODES)
    begins, ends = (np.sort(spells[name].to_numpy()[is_open]) for name in ("start", "end"))
    last = history.cutoff == end
    at_edges = np.searchsorted(begins, micros(edges)) - np.searchsorted(ends, micros(edges))
    if last:
        at_edges[-1] = int(history.tickets["is_open"].sum())
    created = _per_day(history.tickets["opened_at"], edges)
    steps = {name: _per_day(moves["at"][moves["move"] == name], edges) for name in MOVES}
    table = pd.DataFrame(
        {
            "day": days,
            "open_at_start": at_edges[:-1],
            "created": created,
            "reopened": steps["reopened"],
            "solved": steps["solved"],
            "removed": steps["removed"],
            "open_at_end": at_edges[1:],
        }
    )
    expected = table["open_at_start"] + created + table["reopened"] - table["solved"] - table["removed"]
    if (wrong := expected != table["open_at_end"]).any():
        row = table[wrong].iloc[0]
        raise ArithmeticError(
            f"the backlog of {row['day']:%Y-%m-%d} does not add up: {row['open_at_start']} open and the changes of "
            f"the day make {expected[wrong].iloc[0]}, but {row['open_at_end']} were open the next day"
        )
    return table


def volumes(
    history: History, contract: Contract | Mapping[str, Any], start: pd.Timestamp, end: pd.Timestamp
) -> pd.DataFrame:
    """Tickets opened, solved, reopened, removed and left open, by priority, category, kind and assignee.

    Returns: one row per dimension (all, priority, category, kind, assignee) and value (empty: not given; of
    `all` empty too): opened, solved, reopened, removed (steps in the period), open_at_end; the rows of a
    dimension add up to those of all. Priority is the one when the clocks started, assignee the one at the
    cut-off; the priorities of the contract come first and are there with zeros.
    Source: rule 17.
    """
    contract = as_contract(contract)
    desk, moves = history.tickets, history.moves
    opened = desk[(desk["opened_at"] >= start) & (desk["opened_at"] < end)]
    inside = moves[(moves["at"] >= start) & (moves["at"] < end)]
    counted = {name: inside["row"][inside["move"] == name].to_numpy() for name in MOVES}
    chosen = {"opened": opened.index.to_numpy(), **counted, "open_at_end": np.flatnonzero(desk["is_open"])}
    frames = []
    for dimension in ("all", "priority", "category", "kind", "assignee"):
        labels = pd.Series("", desk.index) if dimension == "all" else desk[dimension].fillna("")
        columns = {name: labels.iloc[rows].value_counts() for name, rows in chosen.items()}
        table = pd.DataFrame(columns).fillna(0).astype(np.int64)
        if dimension == "all":
            order = [""]
        elif dimension == "priority":
            order = priorities(pd.Series(table.index), contract, start)
        else:
            order = sorted(table.index)
        table = table.reindex(order, fill_value=0).rename_axis("value").reset_index()
        table.insert(0, "dimension", dimension)
        frames.append(table)
    columns = ["dimension", "value", "opened", "solved", "reopened", "removed", "open_at_end"]
    return pd.concat(frames, ignore_index=True)[columns]


def hours(
    history: History,
    time_entries: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> pd.DataFrame:
    """Hours worked on tickets in a period, by priority.

    Parameters: `time_entries` as the canonical table or None; others as above.
    Returns: one row per priority (when the clocks started; `unknown ticket` for bookings on tickets that are not
    in the table), then all (empty): priority, hours, n (bookings or tickets), source (time_entries, tickets;
    missing where neither carries hours: then hours are missing too). The parts add up to all exactly.
    Edge cases decided: time_entries count by worked_on where any falls in the period, and those with a ticket_id
    only (a project's hours belong to its project); else the tickets' own hours count in the period in which
    the ticket was opened, so that each counts once.
    Source: rule 17.
    """
    contract = as_contract(contract)
    desk = history.tickets
    opened = desk[(desk["opened_at"] >= start) & (desk["opened_at"] < end)]
    names = priorities(opened["priority"], contract, start)
    entries = booked(time_entries, start, end, contract.client.timezone)
    if entries is not None:
        source = "time_entries"
        of_tickets = entries[optional(entries, "ticket_id").notna()]
        by = pd.Series(desk["priority"].array, index=desk["ticket_id"].array)
        ids = optional(of_tickets, "ticket_id").astype("str")
        labels, amounts = by.reindex(spelled(ids, by.index)).fillna("unknown ticket"), of_tickets["hours"]
    else:
        of_tickets = opened[opened["hours"].notna()]
        source = "tickets" if len(of_tickets) else None
        labels, amounts = of_tickets["priority"], of_tickets["hours"]
    # Whole millionths add up exactly, in any order.
    millionths = np.rint(amounts.to_numpy(float) * _MICRO).astype(np.int64)
    table = pd.DataFrame({"priority": labels.to_numpy(), "hours": millionths, "n": 1})
    table = table.groupby("priority").sum()
    table = table.reindex([*names, *sorted(set(table.index) - set(names))], fill_value=0)
    table.loc[""] = table.sum()
    table["hours"] = table["hours"] / _MICRO if source else np.nan
    table = table.rename_axis("priority").reset_index()
    return table.assign(source=pd.Series(source, table.index, dtype="str"))


def priority_changes(
    history: History, contract: Contract | Mapping[str, Any], start: pd.Timestamp, end: pd.Timestamp
) -> pd.DataFrame:
    """Every change of priority in a period, after which the clocks keep their first target.

    Returns: one row per change: ticket_id, at, from, to, change (lowered: more time to resolve; raised: less;
    missing where a target is not agreed or the same), actor, actor_kind.
    Source: rule 13.
    """
    contract = as_contract(contract)
    steps = history.priorities[history.priorities["to"].notna()]
    before = steps["from"].fillna(steps.groupby("row")["to"].shift())
    chosen = before.notna() & (before != steps["to"]) & (steps["at"] >= start) & (steps["at"] < end)
    table = steps[chosen].assign(**{"from": before[chosen]})
    table.insert(0, "ticket_id", history.tickets["ticket_id"].iloc[table["row"]].array)
    known = contract.on(start).tickets.priorities
    minutes = {name: priority.resolution_min for name, priority in known.items()}
    more = (table["to"].map(minutes).astype(float) - table["from"].map(minutes).astype(float)).to_numpy()
    names = np.select([more > 0, more < 0], ["lowered", "raised"], "")
    table["change"] = pd.Series(names, table.index, dtype="str").where(names != "")
    columns = ["ticket_id", "at", "from", "to", "change", "actor", "actor_kind"]
    return table.sort_values(["at", "ticket_id"], kind="stable")[columns].reset_index(drop=True)


_OPEN_CODES = [STATUSES.index(name) for name in OPEN]


def _day_edges(
    start: pd.Timestamp, end: pd.Timestamp, zone: str
) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """The local days of a period, and the instants at which they begin and the last one ends."""
    days = pd.date_range(civil_day(start, zone), last_day(end, zone), freq="D", unit="us")
    return days, pd.DatetimeIndex([*(midnight(day.date(), zone) for day in days), end]).as_unit("us")


def _per_day(at: pd.Series, edges: pd.DatetimeIndex) -> np.ndarray:
    """How many instants fall on each day."""
    place = edges.searchsorted(pd.DatetimeIndex(at), side="right") - 1
    inside = (place >= 0) & (place < len(edges) - 1)
    return np.bincount(place[inside], minlength=len(edges) - 1)
