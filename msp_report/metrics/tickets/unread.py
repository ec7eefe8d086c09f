"""What the rejected rows of tickets and of their log leave open (rule 42).

A rejected ticket may be one more of any outcome; where an earlier export has it already, that one may turn over. So may
the ticket of a rejected entry of the log, and any ticket where the entry's own could not be read. An entry of a field
that moves no clock leaves nothing open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from msp_report.metrics.tickets.history import History
from msp_report.model.case import Case
from msp_report.model.dropped import Dropped, told
from msp_report.model.texts import among

#: The fields of the log that move a clock, by clock.
_MOVES = ("status", "priority", "opened_at", "resolved_at", "closed_at")
_FIELDS = {"response": (*_MOVES, "comment", "first_response_at"), "resolution": _MOVES}


@dataclass(frozen=True)
class Unread:
    """The rejected rows of tickets (opened before the cut-off, as far as known) and of ticket_events, each with the
    priority of its ticket where that was accepted (`known`)."""

    tickets: Dropped
    events: Dropped
    priorities: pd.Series
    """By ticket_id the priority of the tickets that were accepted."""
    responses_known: bool = True
    """Whether the source records first responses."""

    @classmethod
    def of(cls, case: Case, history: History) -> Unread:
        """Those of the period's newest exports."""
        priorities = history.tickets.set_index("ticket_id")["priority"]
        every = (Dropped.of(case, "tickets").before("opened_at", case.end), Dropped.of(case, "ticket_events"))
        tickets, events = (
            replace(one, rows=one.rows.assign(known=one.rows["ticket_id"].map(priorities))) for one in every
        )
        return cls(tickets, events, priorities, history.responses_known)

    @cached_property
    def _fresh(self) -> Dropped:
        """The rejected tickets that no export has."""
        return self.tickets.where(self.tickets.rows["known"].isna())

    @cached_property
    def _turning(self) -> dict[str, tuple[pd.DataFrame, int]]:
        """By clock the accepted tickets that may turn over, with their priority (`known`) and whether they may belong
        to another one (`may_move`), and how many entries of the log may be of any ticket."""
        again = self.tickets.rows[["ticket_id", "known"]].assign(field=None)
        again = again[again["known"].notna()]
        found = {}
        for clock in _FIELDS:
            rows = pd.concat([self.entries(clock).rows[["ticket_id", "known", "field"]], again])
            may_move = rows["ticket_id"][rows["field"].isna() | rows["field"].eq("priority")]
            each = rows[rows["known"].notna()].drop_duplicates("ticket_id")
            each = each.assign(may_move=among(each["ticket_id"], may_move))
            found[clock] = each, int(rows["ticket_id"].isna().sum())
        return found

    @property
    def own_word(self) -> bool:
        """Whether all of them are the provider's own."""
        return all(one.own_word for one in (self.tickets, self.events) if len(one))

    def __len__(self) -> int:
        return len(self.tickets) + len(self.events)

    def added(self, priority: str) -> int:
        """How many more tickets there may be of a priority; empty: of all."""
        return len(self._fresh.about(priority=priority) if priority else self._fresh)

    def entries(self, clock: str) -> Dropped:
        """The entries of the log that may move a clock."""
        field = self.events.rows["field"]
        return self.events.where(field.isna() | field.isin(_FIELDS[clock]))

    def why(self, clock: str, priority: str) -> str | None:
        """Which rows leave a clock of a priority open; None where none do, or where the source has no such clock."""
        if clock == "response" and not self.responses_known:
            return None
        rows = self.tickets.about(priority=priority) if priority else self.tickets
        rows = self.tickets.where(
            self.tickets.rows.index.isin(rows.rows.index) | self.tickets.rows["known"].notna()
        )
        entries = self.entries(clock)
        own, field = entries.rows["known"], entries.rows["field"]
        mine = entries.rows["ticket_id"].isna() | (own.eq(priority) if priority else own.notna())
        mine |= own.notna() & (field.isna() | field.eq("priority"))
        return told(rows, entries.where(mine))

    def moved(self, clock: str, priority: str) -> tuple[pd.Index, int]:
        """The tickets of a priority that may turn over, and how many more may, whichever they are."""
        each, loose = self._turning[clock]
        here = each["known"].eq(priority).to_numpy(bool) if priority else np.ones(len(each), bool)
        return pd.Index(each["ticket_id"][here]), loose + int(each["may_move"][~here].sum())

    def more(
        self, clock: str, outcome: pd.Series, names: list[str]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """What may be added to met and breached, at the worst (met, breached) and at the best, by name and in all.

        Parameters: `outcome` by ticket_id: 0 breached, 1 neither, 2 met in the period.
        """
        found = []
        priorities = self.priorities.reindex(outcome.index)
        for name in [*names, ""]:
            ids, loose = self.moved(clock, name)
            own = outcome.reindex(ids).fillna(1)
            mine = outcome[priorities.eq(name).to_numpy(bool)] if name else outcome
            n = self.added(name)
            met, late, neither = (int(own.eq(code).sum()) for code in (2, 0, 1))
            flip = min(loose, int(mine.eq(2).sum()) - met)
            mend = min(loose, int(mine.eq(0).sum()) - late)
            worst = (-met - flip, met + neither + loose + n)
            best = (late + neither + loose + n, -late - mend)
            found.append((*worst, *best))
        return tuple(np.array(found, np.int64).T)

    def backlog(self, history: History, priority: str) -> tuple[int, int]:
        """How many tickets less, and how many more, may have been open at the cut-off than are counted."""
        desk = history.tickets
        ids, loose = self.moved("resolution", priority)
        is_open = int(desk["is_open"][among(desk["ticket_id"], ids)].sum())
        mine = desk[desk["priority"].eq(priority)] if priority else desk
        less = is_open + min(loose, int(mine["is_open"].sum()) - is_open)
        return less, len(ids) - is_open + loose + self.added(priority)
