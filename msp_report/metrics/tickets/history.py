"""What happened to each ticket up to the cut-off: the one reading of tickets and events behind every figure.

A ticket's life is a row of spells, each a status with a begin and an end. Its moves are the steps between the
open statuses, the solved ones and the removed ones; response, clocks, backlog and reopens all come from these
(rules 0, 12 and 13).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from msp_report.model.case import Case, made_once
from msp_report.model.columns import optional
from msp_report.model.names import logged_fields, spelled
from msp_report.model.tables import PANDAS, STATUSES, TABLES
from msp_report.model.texts import places
from msp_report.params import Contract, as_contract

#: The status groups of rule 12.
OPEN = ("new", "open", "waiting_on_customer", "waiting_on_supplier", "waiting")
DONE = ("resolved", "closed")
REMOVED = ("cancelled", "merged")

#: The steps between open, solved and removed.
MOVES = ("solved", "reopened", "removed")

#: Microseconds of an instant that never comes.
FAR = np.iinfo(np.int64).max

_STILL_OPEN, _DONE, _REMOVED = 0, 1, 2
_GROUP = np.array(
    [_STILL_OPEN if name in OPEN else _DONE if name in DONE else _REMOVED for name in STATUSES], np.int8
)
#: The places in STATUSES of those that take a ticket out.
REMOVED_CODES = [STATUSES.index(name) for name in REMOVED]
_NEW, _OPEN = STATUSES.index("new"), STATUSES.index("open")
_TICKET_TEXTS = ("requester", "title", "kind", "category", "asset", "service", "assignee")
_TICKET_NUMBERS = ("hours", "reassignments", "reopens")
_TICKET_TIMES = ("first_response_at", "resolved_at", "closed_at")
_EVENT_TEXTS = ("from", "to", "actor", "actor_kind")


@dataclass(frozen=True)
class History:
    """Every ticket opened before the cut-off, and its life until then.

    `tickets`: one row per ticket in the order of opening (index 0, 1, 2 …): ticket_id, opened_at, requester,
    title, kind, category, asset, service, hours, priority (when the clocks started), priority_now, assignee,
    reassignments, reopens, status and is_open (at the cut-off), logged (its status comes from events), response_at
    (first answer of a human at the provider), touched_at (last event; NaT without any), logged_at (its first
    event, where that is from before it was opened), own_status and own_done_at (as the ticket itself has them).
    `spells`: one row per ticket and status in order of time: row (of `tickets`), status (its place in
    tables.STATUSES), start and end [us of UTC] (the cut-off for the last one).
    `moves`: one row per step in order of ticket and time: row, at, move (solved, reopened, removed), from, to,
    actor, actor_kind.
    `priorities`: one row per priority event in order of ticket and time: row, at, from, to, actor, actor_kind.
    `responses_known`: whether the source has any response data; `has_events`: whether any event before the
    cut-off belongs to a ticket; `strays`: the number of those that belong to none.
    """

    tickets: pd.DataFrame
    spells: pd.DataFrame
    moves: pd.DataFrame
    priorities: pd.DataFrame
    cutoff: pd.Timestamp
    responses_known: bool
    has_events: bool
    strays: int

    @property
    def undated(self) -> pd.DataFrame:
        """The tickets that the export calls solved though nothing says when: one row per ticket.

        They count as open, because rule 12 knows a solve by its time; a page must name their number.
        """
        own = self.tickets["own_status"].isin(DONE) & self.tickets["own_done_at"].isna()
        chosen = self.tickets[own & self.tickets["is_open"] & ~self.tickets["logged"]]
        return chosen[["ticket_id", "opened_at", "priority"]].reset_index(drop=True)


def history_of_case(case: Case) -> History:
    """The life of every ticket of a case, which several pages look at: made once a run.

    Reads tickets, and ticket_events as far as later exports reach. Raises as `history_of`.
    """
    return made_once(case, __name__, lambda: _of_case(case))


def _of_case(case: Case) -> History:
    tickets, events = case.table("tickets"), case.follow_up("ticket_events")
    return history_of(
        TABLES["tickets"].empty() if tickets is None else tickets, events, case.agreed, case.end
    )


def history_of(
    tickets: pd.DataFrame,
    events: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    cutoff: pd.Timestamp,
) -> History:
    """The life of every ticket opened before the cut-off.

    Parameters: `tickets` and `events` as the canonical tables (optional columns may be absent, `events` may be
    None or empty); `contract` gives the zone of times without an offset; `cutoff` [UTC].
    Returns: History. Raises: ValueError for an absent required column, a ticket_id that stands twice, or times
    without a zone.

    Edge cases decided (rules 0, 12, 13):
    - Events and times at or after the cut-off do not exist. A field that the log changed since then has the
      value that it had before the first such change: its `from`, where that is missing what an earlier event
      set, else nothing (a status its own if that is open, else new; a text of a log that never says `from` its
      own). A ticket that left an open status since then was open at the cut-off, whatever its own times say.
    - Priorities join by the normal form of their names, and events by that of the ticket's id, where no ticket has just
      that id (rule 44).
    - Whether the source records first responses at all is a fact of the source, so a first_response_at after
      the cut-off shows it too.
    - Status events of a ticket outrank its resolved_at and closed_at; comment events its first_response_at;
      priority and assignee events those columns; a time field that events changed is what they last set.
    - Before its first status event a ticket has that event's `from`, or is new where that is missing. Where the
      log begins with a ticket already solved, its own resolved_at (else closed_at) dates the solve, and where
      that is missing or later, the first event does. After the first event the log's own sequence counts.
    - Without status events a ticket is solved at resolved_at, else closed_at, whatever its status column says,
      except cancelled and merged: removed at closed_at, else resolved_at, else when it was opened.
    - What is logged before a ticket was opened counts at its opening; equal times keep the file's order; a
      status that is none of rule 12 counts as open.
    - Taken back from cancelled or merged to open counts as reopened, so that the backlog adds up.
    - A step out of an open status shows that a ticket was open: where the step before solved it or took it away, it was
      opened again with that step at the latest.
    - The priority when the clocks started is the `from` of the first change of priority, or its `to` where a
      log of snapshots has no `from`; without such events the ticket's own.
    - A comment answers when it is public and by the provider; where side or visibility is not recorded it
      says nothing, and the ticket's own first_response_at holds.
    """
    agreed = as_contract(contract)
    zone = agreed.client.timezone
    cutoff = pd.Timestamp(cutoff).tz_convert("UTC").as_unit("us")
    every = _typed_tickets(tickets)
    known = [name for _, version in agreed.versions for name in version.tickets.priorities]
    every["priority"] = spelled(every["priority"], known)
    events = _as_named(events, every, known)
    every = _as_it_was(every, events, cutoff, zone)
    desk = _in_order(every[every["opened_at"] < cutoff])
    log = _Log(events, every, desk, cutoff)
    desk = desk.reset_index(drop=True)
    ever_answered = every["first_response_at"].notna().any()
    del every  # of many tickets what is done with is large
    for name in _TICKET_TIMES:
        desk[name] = _revised(desk[name], log.of(name), zone)
    desk["own_status"] = desk["status"]
    desk["own_resolved_at"] = desk["resolved_at"].mask(desk.pop("moves_later"))
    desk["own_done_at"] = desk["resolved_at"].fillna(desk["closed_at"]).mask(desk.pop("still_open"))
    priorities = log.of("priority")
    desk = _with_priority(desk, priorities)
    desk = _with_assignee(desk, log.of("assignee"))
    desk, heard = _with_response(desk, log.of("comment"), cutoff)
    desk["touched_at"] = log.touched(len(desk))
    desk["logged_at"] = log.before_opening(desk["opened_at"])
    steps, has_events, strays = log.of("status"), bool(len(log.row)), log.strays
    del log
    desk, spells, moves = _lives(desk, steps, cutoff)
    heard = heard or ever_answered or desk["first_response_at"].notna().any()
    return History(
        tickets=desk.drop(columns=[*_TICKET_TIMES]),
        spells=spells,
        moves=moves,
        priorities=priorities,
        cutoff=cutoff,
        responses_known=bool(heard),
        has_events=has_events,
        strays=strays,
    )


def micros(instants: Iterable[pd.Timestamp]) -> np.ndarray:
    """Instants as integer microseconds of UTC; a missing one lies in the far future."""
    index = pd.DatetimeIndex(instants)
    return np.where(index.isna(), FAR, index.as_unit("us").asi8)


def instants(micros: np.ndarray) -> pd.DatetimeIndex:
    """Microseconds back as UTC instants; the far future is missing."""
    missing = np.iinfo(np.int64).min  # numpy's NaT
    return pd.DatetimeIndex(np.where(micros == FAR, missing, micros).view("M8[us]")).tz_localize("UTC")


def first_per_row(rows: np.ndarray, at: np.ndarray, n: int) -> np.ndarray:
    """The earliest of some microseconds for each of n tickets; the far future where there is none."""
    found = np.full(n, FAR)
    np.minimum.at(found, rows, at)
    return found


def _in_order(desk: pd.DataFrame) -> pd.DataFrame:
    """The tickets in order of opening, those of one instant by ticket_id; only these are compared as text."""
    opened = micros(desk["opened_at"])
    order = np.argsort(opened, kind="stable")
    same = opened[order][1:] == opened[order][:-1]
    tied = np.append(same, False)[: len(order)] | np.append(False, same)[: len(order)]
    rows = order[tied]
    ranks = pd.factorize(desk["ticket_id"].iloc[rows], sort=True)[0]
    order[tied] = rows[np.lexsort((ranks, opened[rows]))]
    return desk.iloc[order]


def _typed_tickets(tickets: pd.DataFrame) -> pd.DataFrame:
    """The tickets with every column there and typed."""
    for name in ("ticket_id", "opened_at"):
        if name not in tickets.columns:
            raise ValueError(f"tickets: the column {name} is absent: add it")
    frame = pd.DataFrame({"ticket_id": tickets["ticket_id"].astype("str")})
    frame["opened_at"] = _times(tickets["opened_at"], "tickets: opened_at")
    for name in _TICKET_TIMES:
        frame[name] = _times(optional(tickets, name, PANDAS["instant"]), f"tickets: {name}")
    for name in ("priority", "status", *_TICKET_TEXTS):
        frame[name] = optional(tickets, name).astype("str")
    frame["priority"] = frame["priority"].fillna("not given")
    for name in _TICKET_NUMBERS:
        column = pd.to_numeric(optional(tickets, name, "float64")).astype("Float64")
        frame[name] = column.to_numpy(float, na_value=np.nan)
    if (twice := frame["ticket_id"].duplicated()).any():
        raise ValueError(f"tickets: ticket_id {frame['ticket_id'][twice].iloc[0]} stands twice: keep one row")
    return frame.reset_index(drop=True)


def _logged(events: pd.DataFrame | None) -> pd.DataFrame:
    """The events; empty where there are none."""
    if events is None:
        events = pd.DataFrame({"ticket_id": [], "at": [], "field": []})
    for name in ("ticket_id", "at", "field"):
        if name not in events.columns:
            raise ValueError(f"ticket_events: the column {name} is absent: add it")
    return events


def _as_named(events: pd.DataFrame | None, every: pd.DataFrame, known: Iterable[str]) -> pd.DataFrame:
    """The events with the tickets' ids, the fields and the priorities as the tickets and the contract spell them."""
    events = _logged(events)
    events = events.assign(
        ticket_id=spelled(events["ticket_id"], every["ticket_id"]), field=logged_fields(events["field"])
    )
    of_priority = events["field"].eq("priority").to_numpy(bool)
    if not of_priority.any():
        return events
    names = [*known, *every["priority"].unique()]
    for name in {"from", "to"} & set(events):
        texts = events[name].astype("str")
        texts[of_priority] = spelled(texts[of_priority], names)
        events[name] = texts
    return events


def _as_it_was(every: pd.DataFrame, events: pd.DataFrame, cutoff: pd.Timestamp, zone: str) -> pd.DataFrame:
    """The tickets as they stood at the cut-off: what the log shows as changed since has its earlier value (rule 0).

    Returns the tickets, and `still_open`: the log shows a step out of an open status after the cut-off, so that the
    ticket's own times say nothing of a solve before it; `moves_later`: it shows any step after it.
    """
    was = every.assign(still_open=False, moves_later=False)
    at = _times(events["at"], "ticket_events: at")
    if not (at >= cutoff).any():
        return was
    steps = pd.DataFrame({"place": np.arange(len(events)), "at": at.array, "field": events["field"].array})
    steps["row"] = places(events["ticket_id"], every["ticket_id"])
    steps = steps[(steps["row"] >= 0) & steps["field"].isin(every.columns)]
    late = steps[steps["at"] >= cutoff].sort_values("at", kind="stable").drop_duplicates(["row", "field"])
    if late.empty:
        return was
    before, after = (optional(events, name).astype("str") for name in ("from", "to"))
    late = late.assign(value=before.iloc[late["place"]].array)
    known = steps[steps["at"] < cutoff].sort_values("at", kind="stable")
    known = known.drop_duplicates(["row", "field"], keep="last").assign(
        last=lambda t: after.iloc[t["place"]].array
    )
    late = late.merge(known[["row", "field", "last"]], on=["row", "field"], how="left")
    late["value"] = late["value"].fillna(late["last"])
    whole = before.notna().any()  # a log of snapshots never says what was before
    for field, told in late.groupby("field"):
        rows, value = told["row"].to_numpy(), told["value"]
        if field == "status":
            own = every[field].iloc[rows].set_axis(value.index)
            value = value.fillna(own.where(own.isin(OPEN), "new"))
            was.loc[rows, "moves_later"] = True
            was.loc[rows, "still_open"] = ~value.isin([*DONE, *REMOVED]).to_numpy()
        elif field == "opened_at":
            value = _read_times(value, zone).fillna(every[field].iloc[rows].set_axis(value.index))
        elif field in _TICKET_TIMES:
            value = _read_times(value, zone)
        elif field in _TICKET_NUMBERS:
            value = pd.to_numeric(value, errors="coerce")
        elif not whole:
            value = value.fillna(every[field].iloc[rows].set_axis(value.index))
        if field == "priority":
            value = value.fillna("not given")
        was.loc[rows, field] = value.to_numpy() if field in _TICKET_NUMBERS else value.array
    return was


class _Log:
    """The events before the cut-off that belong to a ticket; texts are taken only of the fields asked for."""

    def __init__(
        self, events: pd.DataFrame, every: pd.DataFrame, desk: pd.DataFrame, cutoff: pd.Timestamp
    ) -> None:
        at = _times(events["at"], "ticket_events: at")
        before = np.flatnonzero(at < cutoff)
        found = places(events["ticket_id"], every["ticket_id"])[before]
        self.strays = int((found < 0).sum())
        row_of = np.full(len(every) + 1, -1)  # the last one serves the strays
        row_of[desk.index] = np.arange(len(desk))
        row = row_of[found]
        known = row >= 0
        self._events, self._place = events, before[known]
        self.row = row[known]
        self._told = micros(at)[self._place]
        self.at = np.maximum(self._told, micros(desk["opened_at"])[self.row])
        self._field, self._fields = pd.factorize(events["field"].iloc[self._place].astype("str"))

    def of(self, field: str) -> pd.DataFrame:
        """The events of one field in order of ticket and time: row, at, from, to, actor, actor_kind, public."""
        chosen = np.flatnonzero(np.append(self._fields == field, False)[self._field])
        # The sort is stable: equal times keep the file's order.
        order = chosen[np.lexsort((self.at[chosen], self.row[chosen]))]
        table = pd.DataFrame({"row": self.row[order], "at": instants(self.at[order])})
        for name in _EVENT_TEXTS:
            table[name] = optional(self._events, name).iloc[self._place[order]].astype("str").array
        table["public"] = (
            optional(self._events, "public", "boolean").iloc[self._place[order]].astype("boolean").array
        )
        return table

    def before_opening(self, opened: pd.Series) -> pd.DatetimeIndex:
        """The first entry of each ticket, where it is from before the ticket was opened; else missing."""
        first = first_per_row(self.row, self._told, len(opened))
        return instants(np.where(first < micros(opened), first, FAR))

    def touched(self, n: int) -> pd.DatetimeIndex:
        """When each of n tickets was last changed."""
        last = np.full(n, -1)
        np.maximum.at(last, self.row, self.at)
        return instants(np.where(last < 0, FAR, last))


def _revised(own: pd.Series, steps: pd.DataFrame, zone: str) -> pd.Series:
    """A time column as the events last set it; what they say in no readable form leaves it alone."""
    last = steps.drop_duplicates("row", keep="last")
    if last.empty:
        return own
    texts, told = last["to"].str.strip(), _read_times(last["to"], zone)
    said = np.asarray(told.notna() | texts.isna() | (texts == ""))
    column = own.copy()
    column.iloc[last["row"].to_numpy()[said]] = told[said].array
    return column


def _read_times(values: pd.Series, zone: str) -> pd.Series:
    """What a log says of a time column as instants; missing where it cannot be read, local where no offset stands."""
    texts = values.astype("str").str.strip()
    offset = texts.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", regex=True).fillna(False).astype(bool)
    aware = pd.to_datetime(texts.where(offset), format="ISO8601", errors="coerce", utc=True)
    naive = pd.to_datetime(texts.where(~offset), format="ISO8601", errors="coerce")
    local = naive.dt.tz_localize(zone, ambiguous=np.ones(len(naive), bool), nonexistent="shift_forward")
    return aware.fillna(local.dt.tz_convert("UTC")).dt.as_unit("us")


def _with_priority(desk: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """The priority when the clocks started, and the one at the cut-off."""
    steps = steps[steps["to"].notna()]
    first = _per_row(steps, len(desk), "from", "first").fillna(_per_row(steps, len(desk), "to", "first"))
    last = _per_row(steps, len(desk), "to", "last")
    own = desk["priority"]
    return desk.assign(priority=first.fillna(own), priority_now=last.fillna(own))


def _with_assignee(desk: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Who works on it at the cut-off, and how often it was handed on."""
    before = steps["from"].fillna(steps.groupby("row")["to"].shift())
    handed = steps["row"][before.notna() & steps["to"].notna() & (before != steps["to"])]
    counted = np.bincount(handed, minlength=len(desk)).astype(float)
    logged = _flags(steps["row"], len(desk))
    last = _per_row(steps, len(desk), "to", "last")
    return desk.assign(
        assignee=desk["assignee"].where(~logged, last),
        reassignments=np.where(logged, counted, desk["reassignments"]),
    )


def _with_response(
    desk: pd.DataFrame, comments: pd.DataFrame, cutoff: pd.Timestamp
) -> tuple[pd.DataFrame, bool]:
    """The first answer of a human at the provider, and whether any comment tells side and visibility."""
    told = comments[comments["actor_kind"].notna() & comments["public"].notna()]
    answers = told[(told["actor_kind"] == "provider") & told["public"].astype(bool)]
    own = desk["first_response_at"]
    own = own.where(own < cutoff).clip(lower=desk["opened_at"])
    answered = _per_row(answers, len(desk), "at", "first")
    return desk.assign(response_at=own.where(~_flags(told["row"], len(desk)), answered)), bool(len(told))


def _lives(
    desk: pd.DataFrame, steps: pd.DataFrame, cutoff: pd.Timestamp
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Spells and moves of every ticket, and where each stands at the cut-off."""
    n = len(desk)
    opened, end = micros(desk["opened_at"]), micros([cutoff])[0]
    desk = desk.assign(may_be_open=False)
    if (silent := steps["to"].isna()).any():
        told = _status_codes(steps["to"].groupby(steps["row"]).ffill(), _NEW)
        desk["may_be_open"] = _flags(steps["row"][silent & (_GROUP[told] != _STILL_OPEN)], n)
        steps = steps[~silent]
    logged = _flags(steps["row"], n)

    first = _status_codes(_per_row(steps, n, "from", "first"), _NEW)
    begin = np.where(logged, np.where(_GROUP[first] == _STILL_OPEN, first, _NEW), _OPEN)
    parts = [(np.arange(n), opened, begin, np.full(n, -1))]

    late = np.flatnonzero(logged & (_GROUP[first] != _STILL_OPEN))  # the log begins after the solve
    seen = micros(_per_row(steps, n, "at", "first"))[late]
    own = np.maximum(micros(desk["own_done_at"])[late], opened[late])
    dated = np.where((_GROUP[first[late]] == _DONE) & (own <= seen), own, seen)
    parts.append((late, dated, first[late], np.full(len(late), -1)))

    taken = desk["own_status"].isin(REMOVED).to_numpy() & ~logged
    done_at = micros(desk["own_done_at"])
    gone_at = micros(desk["closed_at"].fillna(desk["resolved_at"]).fillna(desk["opened_at"]))
    at = np.maximum(np.where(taken, gone_at, done_at), opened)
    ended = np.flatnonzero(~logged & (at < end))
    code = np.where(taken, _status_codes(desk["own_status"], _OPEN), STATUSES.index("resolved"))
    parts.append((ended, at[ended], code[ended], np.full(len(ended), -1)))

    parts.append((steps["row"], micros(steps["at"]), _status_codes(steps["to"], _OPEN), steps.index))
    row, start, status, event = (np.concatenate(part) for part in zip(*parts, strict=True))
    del parts
    order = np.lexsort((start, row))
    row, start, status, event = row[order], start[order], status[order], event[order]
    back, was = _unlogged_reopenings(row, start, status, event, steps["from"])
    row, start = np.insert(row, back, row[back]), np.insert(start, back, start[back])
    status, event = np.insert(status, back, was), np.insert(event, back, -1)

    last = np.append(row[1:] != row[:-1], True) if len(row) else np.empty(0, bool)
    spells = pd.DataFrame({"row": row, "status": status, "start": start})
    spells["end"] = np.where(last, end, np.append(start[1:], end))
    moves = _moves(row, start, status, event, steps)
    own_code = _status_codes(desk["own_status"], _OPEN)
    final = np.where(~logged & (_GROUP[own_code] == _GROUP[status[last]]), own_code, status[last])
    at_end = pd.Series(pd.Categorical.from_codes(final, STATUSES)).astype("str")
    desk = desk.assign(status=at_end, is_open=_GROUP[final] == _STILL_OPEN, logged=logged)
    return desk, spells, moves


def _unlogged_reopenings(
    row: np.ndarray, start: np.ndarray, status: np.ndarray, event: np.ndarray, before: pd.Series
) -> tuple[np.ndarray, np.ndarray]:
    """The steps out of an open status of tickets that were not open after the step before, and that status: no entry
    says when they were opened again, so it was with that step at the latest. Of one instant nobody knows the order."""
    closed = _GROUP[status[:-1]] != _STILL_OPEN
    after = 1 + np.flatnonzero(closed & (row[1:] == row[:-1]) & (start[1:] > start[:-1]))
    was = _status_codes(before.reindex(event[after]), -1)
    is_open = (was >= 0) & (_GROUP[was] == _STILL_OPEN)
    return after[is_open], was[is_open]


def _moves(
    row: np.ndarray, at: np.ndarray, status: np.ndarray, event: np.ndarray, steps: pd.DataFrame
) -> pd.DataFrame:
    """The steps between open, solved and removed, with who took them."""
    group = _GROUP[status]
    before = np.append(group[:1], group[:-1])
    here = np.append(False, row[1:] == row[:-1])[: len(row)] & (
        (before == _STILL_OPEN) != (group == _STILL_OPEN)
    )
    at_step = np.flatnonzero(here)
    kind = np.select([group[at_step] == _DONE, group[at_step] == _STILL_OPEN], [0, 1], 2)
    moves = pd.DataFrame({"row": row[at_step], "at": instants(at[at_step])})
    moves["move"] = pd.Categorical.from_codes(kind, MOVES)
    moves["from"] = pd.Categorical.from_codes(status[at_step - 1], STATUSES)
    moves["to"] = pd.Categorical.from_codes(status[at_step], STATUSES)
    for name in ("actor", "actor_kind"):
        moves[name] = steps[name].reindex(event[at_step]).array
    return moves


def _flags(rows: pd.Series, n: int) -> np.ndarray:
    """Which of n tickets occur."""
    flags = np.zeros(n, bool)
    flags[rows] = True
    return flags


def _per_row(frame: pd.DataFrame, n: int, column: str, keep: str) -> pd.Series:
    """The first or last value of a sorted frame for each of n tickets; missing where there is none."""
    chosen = frame.drop_duplicates("row", keep=keep)
    return chosen.set_index("row")[column].reindex(pd.RangeIndex(n))


def _status_codes(statuses: pd.Series, default: int) -> np.ndarray:
    codes = places(statuses, pd.Series(STATUSES))
    return np.where(codes < 0, default, codes)


def _times(column: pd.Series, name: str) -> pd.Series:
    """A column of instants in UTC to the microsecond."""
    if pd.api.types.is_datetime64_dtype(column.dtype) and column.notna().any():
        raise ValueError(f"{name} has no time zone: give instants in UTC")
    return pd.to_datetime(column, utc=True).dt.as_unit("us")
