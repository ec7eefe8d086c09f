"""What is open at the help desk at an instant: ages, deadlines, what is late, lies still or is handed round.

The tickets' lives, clocks and targets are those of `tickets` (rules 0, 12-17). Decided here:

- A deadline is that of the response while nobody has answered, and of the resolution, both in the agreed hours of the
  priority that the clock started with; pauses so far have moved the resolution. Where the clock stands still now
  (`paused`), the deadline is what it would be if work went on at once: it moves on while the pause lasts.
- Overdue is a ticket that has let one of its deadlines pass and still has not done what was due: first the answer,
  then the solution. A ticket without an agreed time has no deadline and cannot be overdue.
- Due next are deadlines that fall before the end of the working day: the local day on which the calendar of the ticket
  is open, or opens next. A resolution whose clock stands still is not due next.
- Stuck is an open ticket that nobody touched for STUCK_DAYS, whatever it waits for: a comment, a step or a change of
  hands counts as a touch, booked hours do not. Bouncing is one handed on BOUNCING_TIMES or more.
- Solved of late is what was solved in the SOLVED_DAYS before the instant and is not open again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from msp_report.metrics.tickets import (
    Course,
    History,
    ageing,
    clocks_of,
    history_of_case,
    open_tickets,
    still_open,
)
from msp_report.metrics.tickets.course import priorities, versions_at
from msp_report.metrics.tickets.history import micros
from msp_report.metrics.tickets.unread import Unread
from msp_report.model.case import Case
from msp_report.model.columns import civil_day
from msp_report.model.figures import Figure
from msp_report.model.gate import decide
from msp_report.model.period import midnight
from msp_report.model.tables import STATUSES
from msp_report.params import Contract, as_contract, as_strategy

#: The rules of the page that no contract states: days untouched, times handed on, days in which a solve is recent.
STUCK_DAYS, BOUNCING_TIMES, SOLVED_DAYS = still_open.STUCK_DAYS, still_open.BOUNCING_TIMES, 7

_DAY = pd.Timedelta(days=1)
_OPEN = [
    "ticket_id",
    "title",
    "status",
    "paused",
    "priority",
    "priority_now",
    "opened_at",
    "age_days",
    "response_due_at",
    "response_at",
    "resolution_due_at",
    "used_min",
    "target_min",
    "used_ratio",
    "next_deadline",
    "next_due_at",
    "due",
    "overdue",
    "late_with",
    "late_since_at",
    "touched_at",
    "quiet_days",
    "stuck",
    "reassignments",
    "bouncing",
    "assignee",
    "category",
    "listed",
]
_SOLVED = [
    "ticket_id",
    "title",
    "priority",
    "opened_at",
    "solved_at",
    "resolution_min",
    "target_min",
    "in_time",
    "paused_min",
    "real_days",
]
_STATUSES = ["status", "open", "paused", "overdue", "stuck", "bouncing", "oldest_days"]


@dataclass(frozen=True)
class Analysis:
    """The help desk at the instant `at`.

    `open` has one row per open ticket, the longest overdue first, then the next due, then those without a
    deadline, the oldest first: ticket_id, title, status, paused (the resolution's clock stands still),
    priority (when the clocks started), priority_now, opened_at, age_days [of 24 h], response_due_at,
    response_at, resolution_due_at, used_min [min of the agreed hours less pauses; no calendar: round the
    clock], target_min, used_ratio (of the resolution's target), next_deadline (response, resolution) and
    next_due_at (the next one to come), due (it falls before the end of the working day), overdue, late_with
    (what it still lacks: response, resolution, or both), late_since_at, touched_at, quiet_days, stuck,
    reassignments, bouncing, assignee, category, listed (the newest exports still have it). What has no
    target, is not recorded or does not apply is missing.

    `statuses`: one row per status that is there, in the order of rule 12: status, open, paused, overdue, stuck,
    bouncing, oldest_days. `ages`: one row per priority and age band, as `tickets.ageing`. `solved`: one row per ticket
    solved in the last SOLVED_DAYS, the last solve first: ticket_id, title, priority, opened_at, solved_at,
    resolution_min [less pauses], target_min, in_time, paused_min, real_days [of 24 h]. `undated`: tickets called
    solved though nothing says when; they count as open. `newest_at`: the last entry in the export. `priorities`: those
    to report. `targets`: the board's for tickets.backlog, by subject. `unread`: the rejected rows of tickets and of
    their log; `own_word`: whether these tables are the provider's own.
    """

    history: History
    open: pd.DataFrame
    statuses: pd.DataFrame
    ages: pd.DataFrame
    solved: pd.DataFrame
    undated: pd.DataFrame
    newest_at: pd.Timestamp
    supplied: bool
    at: pd.Timestamp
    priorities: list[str]
    targets: dict[str, float | None]
    unread: Unread
    own_word: bool

    @property
    def late(self) -> pd.DataFrame:
        """The overdue tickets, the longest overdue first."""
        return self._where("overdue")

    @property
    def coming(self) -> pd.DataFrame:
        """The tickets whose next deadline is still to come, the next one first."""
        rows = self.open[self.open["next_due_at"].notna()]
        return rows.sort_values("next_due_at", kind="stable").reset_index(drop=True)

    @property
    def stuck(self) -> pd.DataFrame:
        """The tickets that nobody touched, the longest untouched first."""
        return self._where("stuck").sort_values("quiet_days", ascending=False, kind="stable")

    @property
    def bouncing(self) -> pd.DataFrame:
        """The tickets that are handed round, the most often handed on first."""
        return self._where("bouncing").sort_values("reassignments", ascending=False, kind="stable")

    def _where(self, flag: str) -> pd.DataFrame:
        return self.open[self.open[flag].fillna(False).astype(bool)].reset_index(drop=True)

    def figures(self) -> list[Figure]:
        """The figures of the report.

        Returns: helpdesk.open and .overdue [count, n = those with a deadline] by priority and in all (subject empty);
        then in all .due (before the end of the working day), .unanswered, .paused, .stuck, .bouncing [count, n = open],
        .oldest [days], .solved [count] and .resolution_median [min] of the last SOLVED_DAYS. The board's target for
        `tickets.backlog` holds for helpdesk.open too, which is the same count on another day; nothing else has a
        target, so other verdicts are null. A missing value says why.
        """
        names = self.priorities if self.supplied else []
        each = [
            figure for name in [*names, ""] for figure in _by_priority(self, name, self.targets.get(name))
        ]
        return [*each, *_counts(self), *_lengths(self)]

    def records(self) -> dict[str, pd.DataFrame]:
        """The records of the report by name."""
        lists = {
            "overdue": self.late,
            "deadlines": self.coming,
            "stuck": self.stuck,
            "bouncing": self.bouncing,
        }
        counted = {"statuses": self.statuses, "ages": self.ages}
        return (
            {"open_tickets": self.open} | lists | counted | {"solved": self.solved, "undated": self.undated}
        )


def analyse(case: Case) -> Analysis:
    """Everything that is open at the cut-off, and what was solved shortly before.

    Reads tickets and ticket_events. Raises as `tickets.history_of`. Source: rules 0, 12-17; system 4 (docs/board.md).
    """
    contract, at = as_contract(case.agreed), case.end
    supplied, history = case.table("tickets", ["ticket_id"]) is not None, history_of_case(case)
    course = Course.of(history, contract)
    clocks = clocks_of(history, contract, course)
    clocks = clocks.assign(
        paused=_paused(history, contract, clocks), day_end=_working_day_end(course, history, clocks)
    )
    now = _open(history, clocks, case.own("tickets"))
    lines = [line for line in as_strategy(case.strategy).scorecard if line.measure == "tickets.backlog"]
    return Analysis(
        history=history,
        open=now,
        statuses=_statuses(now),
        ages=ageing(now, contract, at),
        solved=_solved(history, clocks),
        undated=history.undated,
        newest_at=_newest(history),
        supplied=supplied,
        at=history.cutoff,
        priorities=priorities(now["priority"], contract, at),
        targets={line.subject: line.target for line in lines},
        unread=Unread.of(case, history),
        own_word=case.own_word("tickets", "ticket_events"),
    )


_NOT_SUPPLIED = "no tickets were supplied"


def _by_priority(analysis: Analysis, name: str, target: float | None) -> Iterator[Figure]:
    rows = analysis.open if not name else analysis.open[analysis.open["priority"] == name]
    known = rows["overdue"].notna()
    value = len(rows) if analysis.supplied else None
    less, more = analysis.unread.backlog(analysis.history, name)
    less = min(len(rows), less + int((~rows["listed"].astype(bool)).sum()))
    open_range = analysis.supplied and less + more > 0
    low, high = (len(rows) - less, len(rows) + more) if open_range else (None, None)
    found = decide(
        value,
        target,
        "lower",
        low=low,
        high=high,
        why=_NOT_SUPPLIED,
        unsure=analysis.unread.why("resolution", name) if open_range else None,
        own_word=analysis.own_word,
    )
    yield Figure(
        measure="helpdesk.open",
        subject=name,
        value=value,
        n=len(rows),
        low=low,
        high=high,
        target=target,
        verdict=None if target is None else found.verdict,
        why_missing=(found.why if target is not None else None) if analysis.supplied else _NOT_SUPPLIED,
    )
    why = None if analysis.supplied else _NOT_SUPPLIED
    if analysis.supplied and len(rows) and not known.any():
        why = "no time is agreed for what is open"
    yield Figure(
        measure="helpdesk.overdue",
        subject=name,
        value=None if why else int(rows["overdue"].sum()),
        n=int(known.sum()),
        why_missing=why,
    )


def _counts(analysis: Analysis) -> Iterator[Figure]:
    rows = analysis.open
    unheard = not analysis.history.responses_known
    reasons = {
        "due": (rows["overdue"].isna().all(), "no time is agreed for what is open"),
        "unanswered": (unheard, "the source has no times of first responses"),
        "paused": (False, ""),
        "stuck": (rows["stuck"].isna().all(), "the source has no log of changes"),
        "bouncing": (rows["bouncing"].isna().all(), "the source does not say who a ticket was handed to"),
    }
    for name, (unknown, reason) in reasons.items():
        flag = rows["response_at"].isna() if name == "unanswered" else rows[name]
        why = _NOT_SUPPLIED if not analysis.supplied else reason if unknown and len(rows) else None
        yield Figure(
            measure=f"helpdesk.{name}",
            value=None if why else int(flag.sum()),
            n=len(rows),
            why_missing=why,
        )


def _lengths(analysis: Analysis) -> Iterator[Figure]:
    rows, done = analysis.open, analysis.solved
    none_open = _NOT_SUPPLIED if not analysis.supplied else "nothing is open"
    yield Figure(
        measure="helpdesk.oldest",
        value=rows["age_days"].max() if len(rows) else None,
        n=len(rows),
        why_missing=None if len(rows) else none_open,
    )
    yield Figure(
        measure="helpdesk.solved",
        value=len(done) if analysis.supplied else None,
        n=len(done),
        why_missing=None if analysis.supplied else _NOT_SUPPLIED,
    )
    median = done["resolution_min"].median() if len(done) else math.nan
    none_solved = (
        _NOT_SUPPLIED if not analysis.supplied else f"nothing was solved in the last {SOLVED_DAYS} days"
    )
    yield Figure(
        measure="helpdesk.resolution_median",
        value=median,
        n=len(done),
        why_missing=None if pd.notna(median) else none_solved,
    )


# ---------------------------------------------------------------- one row per ticket


def _open(history: History, clocks: pd.DataFrame, own: pd.DataFrame | None) -> pd.DataFrame:
    """The open tickets with their deadlines, in the order of the page."""
    at = history.cutoff
    table = open_tickets(history, clocks, own)
    mine = clocks.set_index("ticket_id").reindex(table["ticket_id"]).reset_index(drop=True)
    table = table.assign(
        paused=mine["paused"].astype(bool),
        response_at=mine["response_at"],
        response_due_at=mine["response_due_at"],
        used_min=mine["resolution_used_min"],
        target_min=mine["resolution_target_min"],
    )
    table["used_ratio"] = table["used_min"] / table["target_min"].where(table["target_min"] > 0)
    waiting = {"response": table["response_due_at"].where(table["response_at"].isna())}
    waiting["resolution"] = table["resolution_due_at"]
    late = {name: due < at for name, due in waiting.items()}
    ahead = pd.DataFrame({name: due.where(due >= at) for name, due in waiting.items()})
    agreed = table["response_due_at"].notna() | table["resolution_due_at"].notna()
    table["next_due_at"] = ahead.min(axis=1)
    sooner = ahead["response"].notna() & ~(ahead["resolution"] < ahead["response"])
    table["next_deadline"] = _named(
        np.select([sooner, ahead["resolution"].notna()], ["response", "resolution"], "")
    )
    runs = ~table["paused"] | (table["next_deadline"] == "response")
    table["due"] = (runs & (table["next_due_at"] < mine["day_end"])).astype("boolean").mask(~agreed)
    table["overdue"] = (late["response"] | late["resolution"]).astype("boolean").mask(~agreed)
    both = [late["response"] & late["resolution"], late["response"], late["resolution"]]
    table["late_with"] = _named(np.select(both, ["response; resolution", "response", "resolution"], ""))
    table["late_since_at"] = pd.DataFrame({name: due.where(late[name]) for name, due in waiting.items()}).min(
        axis=1
    )
    table["used_ratio"] = table["used_ratio"].astype(float)
    order = ["late_since_at", "next_due_at", "opened_at", "ticket_id"]
    return table.sort_values(order, kind="stable", na_position="last")[_OPEN].reset_index(drop=True)


def _named(texts: np.ndarray) -> pd.Series:
    """Texts, the empty ones missing."""
    return pd.Series(texts, dtype="str").where(texts != "")


def _paused(history: History, contract: Contract, clocks: pd.DataFrame) -> np.ndarray:
    """Whether each ticket is in a status that stops its clock, by the contract in force when it was opened."""
    stops = pd.DataFrame(
        [[name in version.tickets.pause_statuses for name in STATUSES] for _, version in contract.versions],
        columns=list(STATUSES),
    ).to_numpy(bool)
    version = versions_at(contract, micros(clocks["opened_at"]))
    place = pd.Index(STATUSES).get_indexer(clocks["status"])
    is_open = clocks["solved_at"].isna().to_numpy()
    return is_open & (place >= 0) & stops[version, place]


def _working_day_end(course: Course, history: History, clocks: pd.DataFrame) -> np.ndarray:
    """When the working day ends on which the calendar of each ticket of `clocks` is open, or opens next."""
    terms, zone = course.terms(), course.contract.client.timezone
    days = [civil_day(clock.next_open(history.cutoff), zone).date() for clock in terms.clocks]
    ends = pd.DatetimeIndex([midnight(day + timedelta(days=1), zone) for day in days])
    every = pd.Series(ends[terms.which], history.tickets["ticket_id"])
    return every.reindex(clocks["ticket_id"]).array


def _solved(history: History, clocks: pd.DataFrame) -> pd.DataFrame:
    """What was solved in the last days, the last solve first."""
    rows = clocks[(clocks["solved_at"] >= history.cutoff - SOLVED_DAYS * _DAY) & clocks["removed_at"].isna()]
    titles = history.tickets.set_index("ticket_id")["title"].reindex(rows["ticket_id"]).array
    table = rows.assign(
        title=titles,
        target_min=rows["resolution_target_min"],
        in_time=rows["resolution_met"],
        real_days=(rows["solved_at"] - rows["opened_at"]) / _DAY,
    )
    return table.sort_values(["solved_at", "ticket_id"], ascending=[False, True])[_SOLVED].reset_index(
        drop=True
    )


def _statuses(now: pd.DataFrame) -> pd.DataFrame:
    """The open tickets by status."""
    flags = ["paused", "overdue", "stuck", "bouncing"]
    counted = now.assign(open=1, **{name: now[name].astype("Int64") for name in flags})
    grouped = counted.groupby("status", sort=False)
    table = grouped[["open", *flags]].sum(min_count=1).astype("Int64")
    table["oldest_days"] = grouped["age_days"].max()
    order = [name for name in STATUSES if name in table.index] + sorted(set(table.index) - set(STATUSES))
    return table.reindex(order).rename_axis("status").reset_index()[_STATUSES]


def _newest(history: History) -> pd.Timestamp:
    """The last thing that the export tells: an opening, an event or a solve; NaT where it has none."""
    desk = history.tickets
    told = [desk["opened_at"].max(), desk["touched_at"].max(), history.moves["at"].max()]
    return max((at for at in told if pd.notna(at)), default=pd.NaT)
