"""When a ticket's clocks stop, pause and run out: their terms, their course, and how each was decided (rules 12-15).

Inside, instants are integer microseconds and durations whole microseconds in float64, so that sums are exact; the
frame of `clocks` is the edge at which they become instants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.tickets.history import (
    DONE,
    FAR,
    OPEN,
    REMOVED,
    REMOVED_CODES,
    History,
    first_per_row,
    history_of,
    instants,
    micros,
)
from msp_report.model.clock import Clock
from msp_report.model.columns import MINUTE
from msp_report.model.period import Month, midnight
from msp_report.model.tables import STATUSES
from msp_report.params import Contract, as_contract

SECOND = 1_000_000


@dataclass(frozen=True)
class Terms:
    """What holds for each ticket under a choice of priority and hours: its clock and its targets [us].

    `calendars` are the names agreed, missing where a priority is not; `which` counts in `clocks`.
    """

    clocks: tuple[Clock, ...]
    calendars: pd.Series
    which: np.ndarray
    response: np.ndarray
    resolution: np.ndarray

    @classmethod
    def of(cls, contract: Contract, opened: np.ndarray, priority: pd.Series, hours: str) -> Terms:
        """The terms in force when each ticket was opened, by its priority; none agreed: round the clock."""
        codes, names = pd.factorize(priority)
        versions = [version for _, version in contract.versions]
        agreed = [[version.tickets.priorities.get(name) for name in names] for version in versions]
        always = Clock({"hours": "all"}, contract.client.timezone)
        clocks: dict[Clock, int] = {always: 0}  # in the order of their numbers
        for version, row in zip(versions, agreed, strict=True):
            for each in row:
                if each and hours == "contract":
                    clocks.setdefault(version.clock(each.calendar), len(clocks))
        which = [
            [clocks[version.clock(each.calendar)] if each and hours == "contract" else 0 for each in row]
            for version, row in zip(versions, agreed, strict=True)
        ]
        version = versions_at(contract, opened)

        def per_ticket(table: list[list[Any]], dtype: Any) -> np.ndarray:
            return np.array(table, dtype).reshape(len(versions), len(names))[version, codes]

        def targets(name: str) -> np.ndarray:
            minutes = [[getattr(each, name) if each else None for each in row] for row in agreed]
            return np.rint(per_ticket(minutes, float) * MINUTE)

        calendars = [[each.calendar if each else None for each in row] for row in agreed]
        return cls(
            tuple(clocks),
            pd.Series(per_ticket(calendars, object), dtype="str"),
            per_ticket(which, np.int64),
            targets("response_min"),
            targets("resolution_min"),
        )

    def elapsed(self, which: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Open microseconds between instants; NaN where one is missing."""
        found = np.full(len(which), np.nan)
        for clock, chosen in self._by_clock(which):
            seconds = clock.elapsed(instants(start[chosen]), instants(end[chosen]))
            found[chosen] = np.rint(seconds * SECOND)
        return found

    def add(self, which: np.ndarray, start: np.ndarray, amount: np.ndarray) -> np.ndarray:
        """The instants so many open microseconds later; never where the amount is missing."""
        found = np.full(len(which), FAR)
        for clock, chosen in self._by_clock(which):
            found[chosen] = micros(clock.add(instants(start[chosen]), amount[chosen] / SECOND))
        return found

    def _by_clock(self, which: np.ndarray) -> list[tuple[Clock, Any]]:
        if len(self.clocks) == 1:
            return [(self.clocks[0], slice(None))]
        chosen = [np.flatnonzero(which == i) for i in range(len(self.clocks))]
        return [(clock, rows) for clock, rows in zip(self.clocks, chosen, strict=True) if len(rows)]


def versions_at(contract: Contract, at: np.ndarray) -> np.ndarray:
    """The place in `contract.versions` of the version in force at each instant [us]."""
    zone = contract.client.timezone
    later = micros([midnight(day, zone) for day, _ in contract.versions[1:]])
    return np.searchsorted(later, at, side="right")


@dataclass(frozen=True)
class Course:
    """The stops and pauses of some tickets, apart from any reading: arrays with one entry a ticket [us].

    `response` is the first answer or the first solve; `first` the first solve; `last` the last solve, never
    while the ticket is open; `standing` the first solve that still stood when its month ended; `removed` when it
    was cancelled or merged, never unless it is at the cut-off. Pauses hold the place of their ticket here.
    """

    contract: Contract
    cutoff: int
    opened: np.ndarray
    response: np.ndarray
    first: np.ndarray
    last: np.ndarray
    standing: np.ndarray
    removed: np.ndarray
    priority: pd.Series
    priority_now: pd.Series
    heard: bool
    pause_of: np.ndarray
    pause_start: np.ndarray
    pause_end: np.ndarray

    @classmethod
    def of(cls, history: History, contract: Contract) -> Course:
        """The course of every ticket of the history, in its order."""
        n, desk = len(history.tickets), history.tickets
        opened = micros(desk["opened_at"])
        moves, moved = history.moves, micros(history.moves["at"])
        solve = np.asarray(moves["move"] == "solved") | _done_after_removal(history)
        at, of = moved[solve], moves["row"].to_numpy()[solve]
        stands = _stands(moves["row"].to_numpy(), moved, contract)[solve]
        first = first_per_row(of, at, n)
        last = np.full(n, FAR)
        last[of] = at  # in order of time, so the last one stays
        last[desk["is_open"].to_numpy()] = FAR
        pause_of, start, end = _pauses(history, contract, opened)
        return cls(
            contract=contract,
            cutoff=int(micros([history.cutoff])[0]),
            opened=opened,
            response=np.minimum(micros(desk["response_at"]), first),
            first=first,
            last=last,
            standing=first_per_row(of[stands], at[stands], n),
            removed=_removed(history),
            priority=desk["priority"].reset_index(drop=True),
            priority_now=desk["priority_now"].reset_index(drop=True),
            heard=history.responses_known,
            pause_of=pause_of,
            pause_start=start,
            pause_end=end,
        )

    def only(self, chosen: np.ndarray) -> Course:
        """The course of some of these tickets."""
        rows = np.flatnonzero(chosen)
        place = np.full(len(chosen), -1)
        place[rows] = np.arange(len(rows))
        kept = place[self.pause_of] >= 0
        per_ticket = ("opened", "response", "first", "last", "standing", "removed")
        return replace(
            self,
            **{name: getattr(self, name)[rows] for name in per_ticket},
            priority=self.priority.iloc[rows].reset_index(drop=True),
            priority_now=self.priority_now.iloc[rows].reset_index(drop=True),
            pause_of=place[self.pause_of[kept]],
            pause_start=self.pause_start[kept],
            pause_end=self.pause_end[kept],
        )

    def terms(self, hours: str = "contract", priority: str = "first") -> Terms:
        """The terms under one choice of hours and priority."""
        chosen = self.priority if priority == "first" else self.priority_now
        return Terms.of(self.contract, self.opened, chosen, hours)

    def paused(self, terms: Terms) -> tuple[np.ndarray, np.ndarray]:
        """Per pause, the working time used when it began and its length inside the calendar [us]."""
        which = terms.which[self.pause_of]
        length = terms.elapsed(which, self.pause_start, self.pause_end).astype(np.int64)
        running = np.cumsum(length) - length  # of all pauses before, also of other tickets
        begins = np.flatnonzero(np.append(True, self.pause_of[1:] != self.pause_of[:-1])[: len(length)])
        sizes = np.diff(np.append(begins, len(length)))
        earlier = running - np.repeat(running[begins], sizes)
        used = terms.elapsed(which, self.opened[self.pause_of], self.pause_start) - earlier
        return used, length

    def response_due(self, terms: Terms) -> np.ndarray:
        """When the response is due; never without a target or response data."""
        if not self.heard:
            return np.full(len(self.opened), FAR)
        return terms.add(terms.which, self.opened, terms.response)

    def resolution_due(self, terms: Terms, pauses: tuple[np.ndarray, np.ndarray] | None) -> np.ndarray:
        """When the resolution is due, moved by the pauses that begin while the clock still runs."""
        amount = terms.resolution.copy()
        if pauses is not None:
            used, length = pauses
            counts = used < amount[self.pause_of]
            amount += np.bincount(self.pause_of[counts], length[counts], minlength=len(amount))
        return terms.add(terms.which, self.opened, amount)


def _done_after_removal(history: History) -> np.ndarray:
    """Which moves took a ticket away that was called solved after it, never open in between: it was solved then."""
    moves = history.moves
    last = ~moves["row"].duplicated(keep="last")
    done = history.tickets["status"].isin(DONE).to_numpy()[moves["row"].to_numpy(np.int64)]
    return np.asarray(last & moves["move"].eq("removed")) & done


def _stands(row: np.ndarray, at: np.ndarray, contract: Contract) -> np.ndarray:
    """Which moves [us] had not been undone when their civil month ended, or by the cut-off."""
    if not len(at):
        return np.empty(0, bool)
    zone = contract.client.timezone
    undone = np.append(np.where(row[1:] == row[:-1], at[1:], FAR), FAR)
    first, last = (Month.of(day) for day in instants(np.array([at.min(), at.max()])).tz_convert(zone))
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    ends = micros([midnight(first.shift(step).end_on, zone) for step in range(count)])
    return undone >= ends[np.searchsorted(ends, at, side="right")]


def _removed(history: History) -> np.ndarray:
    """When each ticket was cancelled or merged for good [us]; never for those that are not."""
    spells = history.spells
    row, gone = spells["row"].to_numpy(), np.isin(spells["status"].to_numpy(), REMOVED_CODES)
    goes_on = np.append(False, gone[:-1] & (row[1:] == row[:-1]))[: len(row)]
    begins = gone & ~goes_on
    removed = np.full(len(history.tickets), FAR)
    removed[row[begins]] = spells["start"].to_numpy()[begins]  # in order of time, so the last one stays
    removed[~history.tickets["status"].isin(REMOVED).to_numpy()] = FAR
    return removed


def _pauses(
    history: History, contract: Contract, opened: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The spells in a status that stops the clock, by the contract in force when the ticket was opened."""
    stops = np.array(
        [
            [name in OPEN and name in version.tickets.pause_statuses for name in STATUSES]
            for _, version in contract.versions
        ]
    )
    spells = history.spells
    row = spells["row"].to_numpy()
    pausing = stops[versions_at(contract, opened)[row], spells["status"].to_numpy()]
    return row[pausing], spells["start"].to_numpy()[pausing], spells["end"].to_numpy()[pausing]


@dataclass(frozen=True)
class Decided:
    """Clocks and how they were decided: `at` [us], never while undecided; `met`, true only if decided so."""

    at: np.ndarray
    met: np.ndarray
    exists: np.ndarray

    @classmethod
    def of(cls, stop: np.ndarray, due: np.ndarray, cutoff: int, removed: np.ndarray) -> Decided:
        """Decided once, at min(stop, due); a stop on the due instant is in time (rule 15).

        A ticket cancelled or merged has a clock only where its time had run out before.
        """
        exists = (due != FAR) & ((removed == FAR) | ((due < removed) & (stop > due)))
        at = np.where(exists, np.minimum(stop, due), FAR)
        at = np.where(at < cutoff, at, FAR)
        return cls(at, (stop <= due) & (at != FAR), exists)

    @cached_property
    def flags(self) -> pd.array:
        """Whether each was met; missing while undecided."""
        return pd.arrays.BooleanArray(self.met, self.at == FAR)

    def since(self, first: int) -> dict[str, np.ndarray]:
        """Which were met and which breached since an instant [us], and which are undecided."""
        now = (self.at >= first) & (self.at != FAR)
        return {
            "met": now & self.met,
            "breached": now & ~self.met,
            "undecided": self.exists & (self.at == FAR),
        }


def clocks(
    tickets: pd.DataFrame,
    events: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    cutoff: pd.Timestamp,
) -> pd.DataFrame:
    """The response and resolution clocks of every ticket opened before the cut-off.

    Parameters: `tickets`, `events` as the canonical tables (see `history_of`); `contract` a model or a plain
    dict like contract.yaml; `cutoff` [UTC].
    Returns: one row per ticket in the order of opening (see `clocks_of`).
    Raises: ValueError for an absent required column, a ticket_id that stands twice, times without a zone.
    Source: rules 0, 12-15.
    """
    contract = as_contract(contract)
    return clocks_of(history_of(tickets, events, contract, cutoff), contract)


def clocks_of(history: History, contract: Contract, course: Course | None = None) -> pd.DataFrame:
    """The clocks of a history (`course` where it is known already).

    Returns: one row per ticket that is neither cancelled nor merged at the cut-off:
    ticket_id; priority (when the clocks started), calendar (missing: priority not agreed, measured round the
    clock); response_min, resolution_min [min of the calendar; resolution less pauses; missing while running];
    response_target_min, resolution_target_min; response_met, resolution_met (missing while undecided, without
    a target, or without response data); paused_min [min of the calendar, to the solve or the cut-off];
    resolution_without_pause_min = resolution_min + paused_min; decided_on (date of the resolution's decision
    in the client's zone), response_decided_on; then opened_at, response_at, solved_at (missing while open),
    response_due_at, resolution_due_at, response_decided_at, resolution_decided_at, response_used_min,
    resolution_used_min (to the stop, else to the cut-off), status and priority_now at the cut-off, removed_at (when
    cancelled or merged).

    Edge cases decided (rules 13-15):
    - A solve decides the clock if it still stands when its civil month ends, or at the cut-off: that month has
      counted it, so a later reopening changes resolution_min and never the verdict. A solve undone within its
      own month is void.
    - In time means at or before the due instant. Working time that runs out at closing is due at closing, so a
      solve before the next opening is late although the minutes equal the target.
    - A due instant at the cut-off is not decided yet. A response target of 0 is due at once.
    - Only a pause that begins while the clock still runs moves the due instant.
    - A ticket cancelled or merged has those clocks only that had run out before, and is left out where none had.
    - The first solve, also one undone later, stops the response clock.
    - Targets, calendar and pause statuses are those in force when the ticket was opened.
    """
    course = course or Course.of(history, contract)
    desk = history.tickets.reset_index(drop=True)
    terms = course.terms()
    pauses = course.paused(terms)
    paused = np.bincount(course.pause_of, pauses[1], minlength=len(desk)).astype(float)
    due = {"response": course.response_due(terms), "resolution": course.resolution_due(terms, pauses)}
    stop = {"response": course.response, "resolution": course.last}
    decided = {
        "response": Decided.of(course.response, due["response"], course.cutoff, course.removed),
        "resolution": Decided.of(course.standing, due["resolution"], course.cutoff, course.removed),
    }
    due = {name: np.where(decided[name].exists, at, FAR) for name, at in due.items()}
    stays = {name: (course.removed == FAR) | one.exists for name, one in decided.items()}
    until = np.minimum(course.removed, course.cutoff)
    used = {name: terms.elapsed(terms.which, course.opened, np.minimum(stop[name], until)) for name in stop}
    if not course.heard:
        used["response"][:] = np.nan
    used["resolution"] -= paused
    taken = {name: np.where(stop[name] == FAR, np.nan, used[name]) for name in stop}
    zone = contract.client.timezone
    frame = {
        "ticket_id": desk["ticket_id"],
        "priority": desk["priority"],
        "calendar": terms.calendars,
        "response_min": taken["response"] / MINUTE,
        "response_target_min": np.where(stays["response"], terms.response, np.nan) / MINUTE,
        "response_met": decided["response"].flags,
        "resolution_min": taken["resolution"] / MINUTE,
        "resolution_target_min": np.where(stays["resolution"], terms.resolution, np.nan) / MINUTE,
        "resolution_met": decided["resolution"].flags,
        "paused_min": paused / MINUTE,
        "resolution_without_pause_min": (taken["resolution"] + paused) / MINUTE,
        "decided_on": _local_day(decided["resolution"].at, zone),
        "response_decided_on": _local_day(decided["response"].at, zone),
        "opened_at": desk["opened_at"],
        "response_at": instants(stop["response"] if course.heard else np.full(len(desk), FAR)),
        "solved_at": instants(stop["resolution"]),
        "response_due_at": instants(due["response"]),
        "resolution_due_at": instants(due["resolution"]),
        "response_decided_at": instants(decided["response"].at),
        "resolution_decided_at": instants(decided["resolution"].at),
        "response_used_min": used["response"] / MINUTE,
        "resolution_used_min": used["resolution"] / MINUTE,
        "status": desk["status"],
        "priority_now": desk["priority_now"],
        "removed_at": instants(course.removed),
    }
    return pd.DataFrame(frame)[stays["response"] | stays["resolution"]].reset_index(drop=True)


def alive(clocks: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    """The clocks of tickets that were open at some time since `start`: one row per ticket."""
    ended_at = clocks["removed_at"].fillna(clocks["solved_at"])
    return clocks[ended_at.isna() | (ended_at >= start)].reset_index(drop=True)


def priorities(used: pd.Series, contract: Contract, start: pd.Timestamp) -> list[str]:
    """The priorities to report: the contract's in its order, then any other in use."""
    agreed = dict.fromkeys(contract.on(start).tickets.priorities)
    for _, version in contract.versions:
        agreed |= dict.fromkeys(version.tickets.priorities)
    return [*agreed, *sorted(set(used.unique()) - set(agreed))]


def _local_day(at: np.ndarray, zone: str) -> pd.Series:
    """The civil day of instants as midnights without a zone."""
    return pd.Series(instants(at)).dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
