"""What cannot be true of a ticket, what belongs to no month, and what that leaves of attainment (rules 15, 43, 46)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from msp_report.metrics.tickets.course import alive, clocks_of
from msp_report.metrics.tickets.history import DONE, OPEN, REMOVED, History, history_of
from msp_report.model.columns import optional
from msp_report.model.names import logged_fields, spelled
from msp_report.model.texts import among
from msp_report.params import Contract

#: What cannot be true of a ticket, by the name that the records and the page give it.
OPEN_YET_SOLVED = "open with a time of its solve"
SOLVED_WITHOUT_TIME = "solved without a time"
REMOVED_WITHOUT_TIME = "cancelled or merged without a time"
NOT_IN_THE_LOG = "solved by its own time but open by its log"
LOGGED_BEFORE = "logged before it was opened"
SOLVED_LATER = "solved later by its own time than by its log"
UNSAID = "its log does not say what became of it after its solve"
REOPENED_MORE = "reopened more often than its log shows"

#: From this share of the tickets on, a log that is older than they are is a doubt about the source (rule 46).
OLDER_SHARE = 1 / 20

TOO_OLD = "more than one ticket in twenty is logged before it was opened"
NO_TIME = "half of the tickets took no time at all"

#: By how much the two may differ that a tool writes of one solve.
_SAME_SOLVE = pd.Timedelta(minutes=1)
_US = pd.Timedelta(microseconds=1)


def contradictions(history: History, start: pd.Timestamp, untold: pd.Series | None = None) -> pd.DataFrame:
    """The tickets of which two statements cannot both be true, of those that were not over before `start`.

    Parameters: `untold` as `again.untold` gives it: reopenings that a ticket counts and its log does not show.
    Returns: one row per ticket and contradiction, in order of opening: ticket_id, priority, what, opened_at, status
    (at the cut-off), own_status, own_done_at (as the ticket itself has them), logged_at (its first entry, where that
    is from before it was opened).
    Source: rule 43.
    """
    desk = history.tickets
    own, done = desk["own_status"], desk["own_done_at"]
    solved = done.notna() & (done < history.cutoff)
    moves = history.moves
    has_solve = desk.index.isin(moves["row"][moves["move"] == "solved"])
    later = desk["own_resolved_at"] > _last_solves(history, desk) + _SAME_SOLVE
    unexplained = desk["logged"] & desk["is_open"] & solved & (own.isin(DONE) | ~has_solve)
    found = {
        OPEN_YET_SOLVED: ~desk["logged"] & own.isin(OPEN) & solved,
        SOLVED_WITHOUT_TIME: ~desk["logged"] & own.isin(DONE) & done.isna() & desk["is_open"],
        REMOVED_WITHOUT_TIME: ~desk["logged"] & own.isin(REMOVED) & done.isna(),
        NOT_IN_THE_LOG: unexplained,
        SOLVED_LATER: desk["logged"] & ~desk["is_open"] & later & own.isin(DONE),
        UNSAID: desk["logged"] & desk["may_be_open"] & ~desk["is_open"],
        LOGGED_BEFORE: desk["logged_at"].notna(),
        REOPENED_MORE: among(desk["ticket_id"], pd.Index([]) if untold is None else untold.index),
    }
    ended = moves.drop_duplicates("row", keep="last").set_index("row")["at"].reindex(desk.index)
    over = ~desk["is_open"] & (ended < start) & ~own.isin(REMOVED)
    columns = [
        "ticket_id",
        "priority",
        "what",
        "opened_at",
        "status",
        "own_status",
        "own_done_at",
        "logged_at",
    ]
    rows = [desk[chosen & ~over].assign(what=what) for what, chosen in found.items()]
    table = pd.concat(rows).sort_index(kind="stable")[columns]
    return table.astype({"what": "str"}).reset_index(drop=True)


def other_side(
    history: History,
    events: pd.DataFrame | None,
    found: pd.DataFrame,
    contract: Contract,
    start: pd.Timestamp,
) -> pd.DataFrame:
    """The clocks of the tickets of `contradictions` where the other of their two statements is believed.

    An open ticket with a time of its solve is open; one solved without a time was solved at its opening or when the
    month began; one cancelled without a time was cancelled at the cut-off; the ticket's own time outranks a log that
    does not show it; one that was logged before was opened with its first entry; one solved later by its own time was
    open from the solve of its log to that time; and one of which an entry does not say what became of it was open from
    there on. Returns: as `clocks_of`.
    """
    what = found.groupby("ticket_id")["what"].agg(set)
    desk = history.tickets[among(history.tickets["ticket_id"], what.index)]
    said = desk["ticket_id"].map(what)

    def is_(name: str) -> pd.Series:
        return said.map(lambda names: name in names).astype(bool)

    opened = desk["opened_at"].where(~is_(LOGGED_BEFORE), desk["logged_at"])
    done = desk["own_done_at"].where(~is_(OPEN_YET_SOLVED))
    done = done.where(~is_(SOLVED_WITHOUT_TIME), opened.clip(lower=start))
    done = done.where(~is_(REMOVED_WITHOUT_TIME), history.cutoff - _US)
    tickets = pd.DataFrame(
        {
            "ticket_id": desk["ticket_id"],
            "opened_at": opened,
            "priority": desk["priority"],
            "status": desk["own_status"],
            "resolved_at": done,
            "first_response_at": desk["response_at"],
        }
    )
    log = None
    if events is not None:
        ids = spelled(events["ticket_id"], history.tickets["ticket_id"])
        field = logged_fields(events["field"]).astype("str")
        silent = desk["ticket_id"][is_(NOT_IN_THE_LOG)]
        told = among(ids, desk["ticket_id"]) & field.isin(["status", "priority", "comment"])
        of_status, to = field.eq("status"), optional(events, "to").astype("str")
        unsaid = of_status & to.isna() & among(ids, desk["ticket_id"][is_(UNSAID)])
        log = events.assign(to=to.mask(unsaid, "open"))
        log = log[told & ~(among(ids, silent) & of_status) & (events["at"] < history.cutoff)]
        log = pd.concat([log, _solved_later(history, desk[is_(SOLVED_LATER)])], ignore_index=True)
    believed = history_of(tickets, log, contract, history.cutoff)
    return clocks_of(replace(believed, responses_known=history.responses_known), contract)


def _last_solves(history: History, desk: pd.DataFrame) -> pd.Series:
    """When each of some tickets was last solved before the cut-off; missing where it was not."""
    solves = history.moves[history.moves["move"] == "solved"]
    return solves.drop_duplicates("row", keep="last").set_index("row")["at"].reindex(desk.index)


def _solved_later(history: History, desk: pd.DataFrame) -> pd.DataFrame:
    """What the log would show of tickets that were open from its solve to the time that they have of their own."""
    back = desk[["ticket_id"]].assign(at=_last_solves(history, desk) + _US, to="open")
    done = desk[["ticket_id"]].assign(at=desk["own_resolved_at"], to=desk["own_status"])
    return pd.concat([back, done[done["at"] < history.cutoff]]).assign(field="status")


def uncounted(
    clocks: pd.DataFrame, known: pd.DataFrame | None, start: pd.Timestamp, since: pd.Timestamp
) -> pd.Series:
    """The tickets whose clocks no earlier month counts: where a series begins, those that lived on in the period; else
    those that came with this month's exports for the first time and were open in the month before, or later.

    Parameters: `clocks` as `clocks_of` gives them; `known`, the tickets as the month before had them, None where it had
    none; `start` of the period and of the month before, `since` [UTC]. Source: rules 15 and 38.
    """
    if known is None:
        return alive(clocks, start)["ticket_id"]
    ids = alive(clocks, since)["ticket_id"]
    return ids[~among(spelled(ids, known["ticket_id"]), known["ticket_id"])]


def ended_before(clocks: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    """The clocks of some tickets that had ended before a period.

    Parameters: `clocks` as `clocks_of` gives them, of `uncounted`. Returns: one row per clock, the earliest due first:
    ticket_id, priority, clock, opened_at, due_at, met, solved_at. Source: rule 15.
    """
    rows = clocks
    frames = []
    for clock in ("response", "resolution"):
        chosen = rows[rows[f"{clock}_decided_at"] < start]
        names = {f"{clock}_due_at": "due_at", f"{clock}_met": "met"}
        columns = ["ticket_id", "priority", "opened_at", "due_at", "met", "solved_at"]
        frames.append(chosen.rename(columns=names)[columns].assign(clock=clock))
    table = pd.concat(frames).sort_values(["due_at", "ticket_id"], kind="stable", ignore_index=True)
    return table[["ticket_id", "priority", "clock", "opened_at", "due_at", "met", "solved_at"]]


def of_the_source(
    clocks: pd.DataFrame, found: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp
) -> dict[str, str]:
    """By clock, why the source as a whole cannot be believed; empty where nothing speaks against it (rule 46)."""
    rows = alive(clocks, start)
    older = found["ticket_id"][found["what"].eq(LOGGED_BEFORE)].nunique()
    if older > OLDER_SHARE * len(rows):
        return dict.fromkeys(("response", "resolution"), TOO_OLD)
    took = {clock: lasted(rows, clock, start, end) for clock in ("response", "resolution")}
    return {clock: NO_TIME for clock, days in took.items() if len(days) and days.median() == pd.Timedelta(0)}


def lasted(clocks: pd.DataFrame, clock: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """How long the responses or solves of a period took by the wall clock: one timedelta a ticket."""
    at = clocks["response_at" if clock == "response" else "solved_at"]
    chosen = (at >= start) & (at < end) & clocks["removed_at"].isna()
    return (at - clocks["opened_at"])[chosen]


def at_once_ratio(clocks: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> float:
    """The share of the period's solved tickets that were solved in the instant they were opened; NaN where none was."""
    days = lasted(clocks, "resolution", start, end)
    return float((days == pd.Timedelta(0)).mean()) if len(days) else np.nan
