"""Work that came back: reopened tickets, the same trouble again, and the same thing reported twice (rule 18)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.tickets.course import priorities
from msp_report.metrics.tickets.history import OPEN, History, instants, micros
from msp_report.model.case import Case, made_once
from msp_report.model.tables import STATUSES
from msp_report.model.texts import among, places
from msp_report.model.titles import Compared, Texts, matches
from msp_report.params import Contract, as_contract

_KEYS = {"requester": "same requester and category", "asset": "same asset and category"}
_TEXT = "near-identical title"
#: What of a ticket tells that it came again, and what is told of it: of many tickets nothing else is copied.
_TELLING = [*_KEYS, "category"]
_TOLD = ["ticket_id", "opened_at", "priority"]


@dataclass(frozen=True)
class Again:
    """The tickets that came again, and how many titles were `compared` to find those that are nearly the same."""

    tickets: pd.DataFrame
    compared: Compared


def reopens(history: History, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Every reopening in a period.

    Returns: one row per step from solved (or removed) back to open, in order of time: ticket_id, at, from, to,
    left_at (when it had been solved or removed), priority, actor, actor_kind.
    Source: rules 12, 18.
    """
    moves = history.moves
    left_at = moves.groupby("row")["at"].shift()
    chosen = (moves["move"] == "reopened") & (moves["at"] >= start) & (moves["at"] < end)
    table = moves[chosen].assign(left_at=left_at[chosen]).astype({"from": "str", "to": "str"})
    for name in ("ticket_id", "priority"):
        table[name] = history.tickets[name].iloc[table["row"]].array
    columns = ["ticket_id", "at", "from", "to", "left_at", "priority", "actor", "actor_kind"]
    return table.sort_values(["at", "row"], kind="stable")[columns].reset_index(drop=True)


def followed(
    history: History,
    later: History | None,
    contract: Contract | Mapping[str, Any],
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> pd.DataFrame:
    """The solves of a period, and whether each held.

    Parameters: `later` the history of at least the tickets solved in the period, up to where the exports reach;
    None where that is `end`.
    Returns: one row per solve in order of ticket and time: ticket_id, priority, at, complete (reopen_days civil
    days have passed before the exports end, and the ticket's log would show a reopening), reopened_at (the
    reopening within those days; missing where none or not complete).
    Edge cases decided: reopened exactly reopen_days later is within; a ticket without status events cannot show
    a reopening, so its follow-up is never complete; days as in the contract on the first day of the period.
    Source: rule 18.
    """
    contract = as_contract(contract)
    later = later or history
    days = contract.on(start).tickets.reopen_days
    solved = history.moves[history.moves["move"] == "solved"]
    solved = solved[(solved["at"] >= start) & (solved["at"] < end)]
    desk = history.tickets[["ticket_id", "priority"]].iloc[solved["row"]]
    table = pd.DataFrame(
        {"ticket_id": desk["ticket_id"].array, "priority": desk["priority"].array, "at": solved["at"].array}
    )
    until = _days_later(table["at"], days, contract)
    place = places(table["ticket_id"], later.tickets["ticket_id"])
    complete = (until < later.cutoff) & later.tickets["logged"].to_numpy()[place]
    back = later.moves.loc[later.moves["move"] == "reopened", ["row", "at"]].astype({"row": np.int64})
    matched = pd.merge_asof(
        table[["at"]].assign(row=place.astype(np.int64), solve=table.index).sort_values("at", kind="stable"),
        back.assign(reopened_at=back["at"]).sort_values("at", kind="stable"),
        on="at",
        by="row",
        direction="forward",
    )
    matched = matched.set_index("solve")["reopened_at"].reindex(table.index)
    return table.assign(complete=complete, reopened_at=matched.where(complete & (matched <= until)))


def untold(
    history: History, later: History | None, events: pd.DataFrame | None, start: pd.Timestamp
) -> pd.Series:
    """How many more reopenings the tickets solved in a period count than their log shows.

    Parameters: as for `followed`; `events` the log as it came.
    Returns: by ticket_id, of those that count more.
    Edge cases decided: a log that reaches further than the ticket's own count may show more; one that begins after the
    ticket was opened may not show all, so such a ticket, and one without a log, says nothing.
    Source: rule 43.
    """
    later = later or history
    desk = later.tickets
    shown = later.moves["row"][later.moves["move"] == "reopened"].value_counts()
    more = desk["reopens"] - shown.reindex(desk.index, fill_value=0)
    whole = desk["logged"] & (desk["opened_at"] >= (events["at"].min() if events is not None else pd.NaT))
    solved = history.moves[(history.moves["move"] == "solved") & (history.moves["at"] >= start)]
    ids = history.tickets["ticket_id"].iloc[solved["row"].unique()]
    chosen = whole & (more > 0) & among(desk["ticket_id"], ids)
    return pd.Series(more[chosen].to_numpy(np.int64), desk["ticket_id"][chosen].array)


def repeats(
    history: History,
    contract: Contract | Mapping[str, Any],
    start: pd.Timestamp,
    end: pd.Timestamp,
    said: Texts | None = None,
) -> Again:
    """The tickets opened in a period that repeat one solved shortly before.

    Returns: Again; its tickets have one row per repeating ticket in order of opening: ticket_id, earlier_id (the
    one last solved, by the first reason that holds), reason (same requester and category; same asset and
    category; near-identical title; several with `;`), at (opened), priority. `said`: the titles of the history's
    tickets, where they were looked at before.
    Edge cases decided: within repeat_days civil days of any solve, also one undone later; exactly so many days
    is within; a missing requester, asset, category or title is like no other; a ticket never repeats itself.
    Source: rule 18.
    """
    contract = as_contract(contract)
    days = contract.on(start).tickets.repeat_days
    desk = history.tickets
    opened = desk.loc[_inside(desk, start, end), [*_TOLD, *_TELLING]]
    solved = history.moves[history.moves["move"] == "solved"]
    solved = solved[(solved["at"] >= start - pd.Timedelta(days=days + 2)) & (solved["at"] < end)]
    earlier = (
        desk[_TELLING]
        .iloc[solved["row"]]
        .assign(since=solved["at"].array, until=_days_later(solved["at"], days, contract).array)
    )
    found = {reason: _same(opened, earlier, key) for key, reason in _KEYS.items()}
    found[_TEXT], compared = matches(
        said or Texts.of(desk["title"]),
        opened["opened_at"],
        earlier["since"],
        earlier["until"] + pd.Timedelta(microseconds=1),
        settled=pd.concat(found, axis=1).notna().any(axis=1),
    )
    return Again(_first_findings(opened, desk, found), compared)


def duplicates(history: History, start: pd.Timestamp, end: pd.Timestamp, said: Texts | None = None) -> Again:
    """The tickets opened in a period while one with a near-identical title was open.

    Returns: Again; its tickets have one row per duplicate in order of opening: ticket_id, earlier_id (of those
    open then the one that was opened, or reopened, last), reason, at (opened), priority. Of two opened at the
    same instant the one with the lower ticket_id is the first. `said` as for `repeats`.
    Source: rule 18.
    """
    desk, spells = history.tickets, history.spells
    opened = desk.loc[_inside(desk, start, end), _TOLD]
    is_open = np.isin(spells["status"].to_numpy(), [STATUSES.index(name) for name in OPEN])
    row = spells["row"].to_numpy()
    joined = is_open[1:] & is_open[:-1] & (row[1:] == row[:-1])
    begins, ends = (
        is_open & ~np.append(False, joined)[: len(row)],
        is_open & ~np.append(joined, False)[: len(row)],
    )
    since, until = spells["start"].to_numpy()[begins], spells["end"].to_numpy()[ends]
    relevant = (until > micros([start])[0]) & (since < until)
    rows, since, until = row[begins][relevant], since[relevant], until[relevant]
    order = np.lexsort((rows, since))
    match, compared = matches(
        said or Texts.of(desk["title"]),
        opened["opened_at"],
        pd.Series(instants(since[order]), rows[order]),
        pd.Series(instants(until[order]), rows[order]),
    )
    return Again(_first_findings(opened, desk, {_TEXT: match}), compared)


def duplicates_of(case: Case, history: History, said: Texts | None = None) -> Again:
    """The duplicates of a case's own history, which its tickets, their log and the whole contract give: searched once a
    run, because two pages tell of them. `said` as for `repeats`."""
    return made_once(case, __name__, lambda: duplicates(history, case.start, case.end, said))


def quality(
    history: History,
    follow_up: pd.DataFrame,
    repeats: pd.DataFrame,
    contract: Contract | Mapping[str, Any],
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> pd.DataFrame:
    """How much of the work came back, by priority.

    Parameters: `follow_up` as given by `followed`, `repeats` its tickets as given by `repeats`.
    Returns: one row per priority (when the clocks started), then all (empty): priority, solves, followed (solves
    with a complete follow-up), reopened (of those), reopen_ratio (missing: immature), opened, repeated,
    repeat_ratio (missing where none was opened, or the source has nothing by which to tell a repeat).
    Edge cases decided: solves whose follow-up is not complete are left out above and below the line, known
    reopenings too, so that young months are not flattered or blamed.
    Source: rule 18.
    """
    desk = history.tickets
    opened = desk.loc[_inside(desk, start, end), _TOLD]
    names = priorities(pd.concat([opened["priority"], follow_up["priority"]]), as_contract(contract), start)
    complete = follow_up[follow_up["complete"]]
    counts = {
        "solves": follow_up["priority"],
        "followed": complete["priority"],
        "reopened": complete["priority"][complete["reopened_at"].notna()],
        "opened": opened["priority"],
        "repeated": repeats["priority"],
    }
    table = pd.DataFrame(
        {name: of.value_counts().reindex(names, fill_value=0) for name, of in counts.items()}
    )
    table.loc[""] = [len(of) for of in counts.values()]
    table = table.astype(np.int64).rename_axis("priority").reset_index()
    table["reopen_ratio"] = (table["reopened"] / table["followed"]).where(table["followed"] > 0)
    telling = desk["title"].notna() | (
        desk["category"].notna() & (desk["requester"].notna() | desk["asset"].notna())
    )
    table["repeat_ratio"] = (table["repeated"] / table["opened"]).where((table["opened"] > 0) & telling.any())
    columns = ["priority", "solves", "followed", "reopened", "reopen_ratio"]
    return table[[*columns, "opened", "repeated", "repeat_ratio"]]


def _inside(desk: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """Which tickets were opened in a period."""
    return (desk["opened_at"] >= start) & (desk["opened_at"] < end)


def _days_later(at: pd.Series, days: float, contract: Contract) -> pd.Series:
    """The same local time so many civil days later; in a gap its end, in a fold the first (rule 1)."""
    local = at.dt.tz_convert(contract.client.timezone).dt.tz_localize(None) + pd.Timedelta(days=days)
    back = local.dt.tz_localize(
        contract.client.timezone, ambiguous=np.ones(len(local), bool), nonexistent="shift_forward"
    )
    return back.dt.tz_convert("UTC").dt.as_unit("us")


def _same(opened: pd.DataFrame, earlier: pd.DataFrame, key: str) -> pd.Series:
    """For each ticket the row of the one last solved with the same key and category, if within its days."""
    by = [key, "category"]
    known = opened[by].notna().all(axis=1)
    probes = opened.loc[known, by].assign(row=lambda t: t.index, at=micros(opened.loc[known, "opened_at"]))
    stands = earlier[by].notna().all(axis=1)
    pool = earlier.loc[stands, by].assign(
        found=lambda t: t.index,
        at=micros(earlier.loc[stands, "since"]),
        until=micros(earlier.loc[stands, "until"]),
    )
    # At one instant the tickets rank in their order, each opened before it is solved.
    at = np.concatenate([probes["at"], pool["at"]])
    row = np.concatenate([probes["row"], pool["found"]])
    order = np.lexsort((np.arange(len(at)) >= len(probes), row, at))
    rank = np.empty(len(at), np.int64)
    rank[order] = np.arange(len(at))
    probes["rank"], pool["rank"] = rank[: len(probes)], rank[len(probes) :]
    matched = pd.merge_asof(
        probes.sort_values("rank"), pool.drop(columns="at").sort_values("rank"), on="rank", by=by
    )
    within = matched[matched["until"].notna() & (matched["at"] <= matched["until"])]
    return within.set_index("row")["found"].reindex(opened.index)


def _first_findings(opened: pd.DataFrame, desk: pd.DataFrame, found: dict[str, pd.Series]) -> pd.DataFrame:
    """The tickets for which something was found, with the first finding and every reason."""
    rows = np.column_stack([match.reindex(opened.index).to_numpy(float) for match in found.values()])
    held = ~np.isnan(rows)
    chosen = held.any(axis=1)
    rows, held, table = rows[chosen], held[chosen], opened[chosen]
    first = np.take_along_axis(rows, held.argmax(axis=1)[:, None], axis=1)[:, 0].astype(np.int64)
    # Every combination of reasons has its words; a ticket's flags, read as a number, find them.
    words = [
        "; ".join(name for bit, name in enumerate(found) if number >> bit & 1)
        for number in range(2 ** len(found))
    ]
    numbers = held @ (1 << np.arange(len(found)))
    return pd.DataFrame(
        {
            "ticket_id": table["ticket_id"].array,
            "earlier_id": desk["ticket_id"].iloc[first].array,
            "reason": pd.array(np.array(words, dtype=object)[numbers], dtype="str"),
            "at": table["opened_at"].array,
            "priority": table["priority"].array,
        }
    )
