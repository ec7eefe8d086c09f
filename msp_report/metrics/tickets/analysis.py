"""Everything about a period's tickets, computed once, and its figures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.tickets import (
    again,
    course,
    doubts,
    edits,
    flags,
    flow,
    numbers,
    still_open,
    verdicts,
)
from msp_report.metrics.tickets.edits import Bunched
from msp_report.metrics.tickets.history import History, history_of, history_of_case
from msp_report.metrics.tickets.unread import Unread
from msp_report.model.case import Case, made_once
from msp_report.model.columns import hours_booked, optional
from msp_report.model.figures import Figure
from msp_report.model.names import logged_fields, spelled
from msp_report.model.period import Period
from msp_report.model.reach import Reach, bounded, reach_of
from msp_report.model.tables import TABLES
from msp_report.model.texts import among
from msp_report.model.titles import Compared, Texts
from msp_report.params import Contract, as_contract, as_strategy

#: The rows of the ledger: what is less is taken off, and the last two are the parts of the one before.
LEDGER = (
    "open at the beginning",
    "opened",
    "opened again",
    "less solved",
    "less cancelled or merged",
    "open at the end",
    "of these in the provider's newest list",
    "of these no longer in it",
)

#: What changes on a ticket after it was opened, and turns what is said of a month.
_CHANGING = ("status", "priority", "category", "assignee")


@dataclass(frozen=True)
class Analysis:
    """The frames of a period, each as its function in this package describes it.

    `repeats` and `duplicates` are the tickets of these; `compared` is how far the search for repeats by their titles
    looked. `clocks` and `records()["clocks"]` hold the tickets that were open at some time in the period; `undated` the
    tickets called solved though nothing says when; `contradictions` those of which two statements cannot both be true;
    `ended_before` the clocks that no month counts: no tickets of the month before were accepted, or theirs came late;
    `untold` how many more reopenings a ticket counts than its log shows, by ticket_id;
    `unread` the rejected rows of tickets and of their log;
    `flags` ticket_id and provider_met of the tickets of which the provider's own tool says whether they were in time;
    `close` the tickets solved in the last tenth of their time, `bunched` how many more than is to be expected;
    `at_once_ratio` the share of what was solved that took no time; `supplied` whether there was a tickets table at all;
    `reach` how much of the period tickets and their log speak of, `booked` the same with the bookings of time;
    `hours_booked` all of these, on whatever they are; `unlogged` the fields of which no log tells: they count as the
    export has them (rule 0).
    """

    history: History
    clocks: pd.DataFrame
    attainment: pd.DataFrame
    rules: pd.DataFrame
    robustness: pd.DataFrame
    durations: pd.DataFrame
    backlog: pd.DataFrame
    volumes: pd.DataFrame
    hours: pd.DataFrame
    open_tickets: pd.DataFrame
    ageing: pd.DataFrame
    reopens: pd.DataFrame
    follow_up: pd.DataFrame
    untold: pd.Series
    repeats: pd.DataFrame
    duplicates: pd.DataFrame
    compared: Compared
    quality: pd.DataFrame
    priority_changes: pd.DataFrame
    edits: pd.DataFrame
    close: pd.DataFrame
    bunched: Bunched
    flags: pd.DataFrame
    undated: pd.DataFrame
    contradictions: pd.DataFrame
    ended_before: pd.DataFrame
    at_once_ratio: float
    doubts: dict[str, str]
    numbers: pd.DataFrame
    unread: Unread
    supplied: bool
    start: pd.Timestamp
    end: pd.Timestamp
    reach: Reach
    booked: Reach
    hours_booked: float | None
    unlogged: tuple[str, ...]

    def late(self, clock: str) -> pd.DataFrame:
        """The clocks (response, resolution) decided as breached in the period, furthest over its target first."""
        decided = self.clocks[f"{clock}_decided_at"]
        chosen = self.clocks[f"{clock}_met"].eq(False) & (decided >= self.start) & (decided < self.end)
        rows = self.clocks[chosen.fillna(False)]
        over = rows[f"{clock}_used_min"] / rows[f"{clock}_target_min"]
        return rows.loc[over.sort_values(ascending=False, kind="stable").index]

    @cached_property
    def flagged(self) -> pd.DataFrame:
        """The tickets that the provider's own tool calls in time and that were solved late, as flags.of_tool."""
        return flags.of_tool(self.late("resolution"), self.flags)

    def claimed(self, priority: str, met: int, breached: int) -> float | None:
        """The share of a priority solved in time by the tool's own flags; None where it flags none of its tickets."""
        if not met + breached or self.flags.empty:
            return None
        mine = self.clocks.loc[self.clocks["priority"].eq(priority), "ticket_id"]
        if not among(self.flags["ticket_id"], mine).any():
            return None
        return (met + int(self.flagged["priority"].eq(priority).sum())) / (met + breached)

    @property
    def turned_by_unlogged(self) -> int:
        """How many of the verdicts given a change that no log tells of can turn: all, where priorities or statuses were
        not logged, for they say which target holds and whether a ticket is open."""
        judged = self.attainment["verdict"].isin(["met", "missed"])
        return int(judged.sum()) if {"status", "priority"} & {*self.unlogged} else 0

    @property
    def vanished(self) -> pd.DataFrame:
        """The tickets that were open and that the newest exports do not list any more, the oldest first."""
        return self.open_tickets[~self.open_tickets["listed"]].reset_index(drop=True)

    @property
    def firmness(self) -> pd.DataFrame:
        """The robustness of those verdicts that there are."""
        return self.robustness[self.robustness["robust"].notna()].reset_index(drop=True)

    @property
    def ledger(self) -> pd.DataFrame:
        """How the tickets open at the beginning became those open at the end: part and tickets. The last two rows part
        what is open by whether the newest exports list it. Without rows where no tickets were supplied."""
        if not self.supplied or self.backlog.empty:
            return pd.DataFrame(columns=["part", "tickets"])
        steps = self.backlog[["created", "reopened", "solved", "removed"]].sum()
        closing = int(self.backlog["open_at_end"].iloc[-1])
        gone = len(self.vanished)
        counts = [
            int(self.backlog["open_at_start"].iloc[0]),
            *steps.astype(int),
            closing,
            closing - gone,
            gone,
        ]
        return pd.DataFrame({"part": LEDGER, "tickets": counts})

    def older_than(self, days: int) -> int:
        """How many open tickets are older than so many days."""
        return int(self.open_tickets["age_days"].gt(days).sum())

    def volumes_by(self, dimension: str) -> pd.DataFrame:
        """The volumes of one dimension under its own name, most solved first."""
        rows = self.volumes[self.volumes["dimension"] == dimension].drop(columns="dimension")
        named = rows.rename(columns={"value": dimension}).replace({dimension: {"": None}})
        return named.sort_values(["solved", "opened"], ascending=False, kind="stable")

    def figures(self) -> list[Figure]:
        """The figures of the report, by priority and in all (subject empty).

        Returns: tickets.response_attainment, .resolution_attainment, .response_median, .resolution_median,
        .resolution_p90, .opened, .solved (steps, as in the backlog), .backlog (open at the end), .reopen_ratio,
        .repeat_ratio, .hours of each priority, then of all; .hours also of bookings on unknown tickets;
        .flagged_in_time over all [count of tickets solved late that the provider's own tool calls in time, n = those of
        which it says anything]; .numbers_missing over all [count, n = gaps], .edits_favouring [ratio, n = edits that
        move a figure] and .bunched [tickets beyond what is to be expected just before the deadline, n = those there]
        over all. Of .resolution_attainment the share that the tool's flags come to is `claimed`.
        Edge cases decided: attainment has low and high where tickets contradict themselves or no month counts them (15
        and 43), the backlog where an open ticket is not listed any more (17), it and .solved where a ticket is called
        solved and nothing says when, and no value where no time of any solve is known (38); where rows were rejected
        (42) so have all counts and the two ratios; else these count everything there is and have none. A verdict is
        given to attainment alone, where a share in time is agreed, and none is agreed for all priorities together;
        without tickets every figure of all is missing; what lies beyond the reach of the tables is unknown (41).
        """
        return list(self._figures)

    @cached_property
    def _figures(self) -> list[Figure]:
        parts = (_attained, _lasting, _tickets_counted, _came_back)
        every = [
            figure
            for subject in _subjects(self)
            for figure in (
                *bounded((one for part in parts for one in part(self, subject)), self.reach, _GROWING),
                *bounded(_worked(self, subject), self.booked, _GROWING),
            )
        ]
        missing = self.numbers["missing"].sum() if self.supplied else None
        gaps = Figure.of("tickets.numbers_missing", missing, _NOT_SUPPLIED, n=len(self.numbers))
        return [*every, gaps, self._flagged(), *self._corrected()]

    def _flagged(self) -> Figure:
        why = "the source does not say what the provider's own tool calls in time"
        known = len(self.flagged) if len(self.flags) else None
        return Figure.of(
            "tickets.flagged_in_time", known, why if self.supplied else _NOT_SUPPLIED, n=len(self.flags)
        )

    def _corrected(self) -> Iterator[Figure]:
        """Whom edits favour (rule 33), and solves bunched before their deadline (rule 34)."""
        why = edits.FEW_EDITS if self.history.has_events else "the source has no log of changes"
        why = why if self.supplied else _NOT_SUPPLIED
        share = edits.favouring(self.edits)
        yield Figure.within("tickets.edits_favouring", share, why, n=len(self.edits))
        why = edits.FEW_SOLVES if self.supplied else _NOT_SUPPLIED
        yield Figure.within("tickets.bunched", self.bunched.excess, why, n=len(self.close))

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page, by the names of docs/records.md."""
        names = ("clocks", "attainment", "rules", "robustness", "durations", "backlog", "volumes", "hours")
        names += ("open_tickets", "ageing", "reopens", "repeats", "duplicates", "priority_changes", "undated")
        names += ("contradictions", "ended_before", "numbers", "edits", "close", "flagged")
        return {name: getattr(self, name) for name in names}


def figures_of_case(case: Case) -> list[Figure]:
    """The figures of a case, on which other pages rest too: made once a run, and kept without the tickets themselves.

    Reads and raises as `analyse`.
    """
    return made_once(case, __name__, lambda: _everything(case).figures())


def analyse(case: Case) -> Analysis:
    """Everything about the tickets of a period.

    Reads tickets, time_entries, and ticket_events as far as later exports reach, for the follow-up of rule 18 alone.
    Raises as `history_of` and `backlog`. Source: rules 0, 11-18.
    """
    found = _everything(case)
    made_once(case, __name__, found.figures)
    return found


def _everything(case: Case) -> Analysis:
    contract, start, end = as_contract(case.agreed), case.start, case.end
    given, events = case.table("tickets"), case.follow_up("ticket_events")
    tickets = given if given is not None else TABLES["tickets"].empty()
    history = history_of_case(case)
    of_clocks = course.Course.of(history, contract)
    every = course.clocks_of(history, contract, of_clocks)
    later = _followed(history, tickets, events, contract, start, end, case.reach("ticket_events"))
    untold = again.untold(history, later, events, start)
    found = doubts.contradictions(history, start, untold)
    other = doubts.other_side(history, events, found, contract, start) if len(found) else None
    doubted = doubts.of_the_source(every, found, start, end)
    missing = numbers.gaps(tickets, case.rejected("tickets"), start, end)
    if doubt := case.doubts("tickets", "ticket_events") or numbers.doubt(missing, tickets, start, end):
        doubted = dict.fromkeys(("response", "resolution"), doubt)
    before, _ = Period(*[case.period.first.shift(-1)] * 2).bounds(contract.client.timezone)
    uncounted = doubts.uncounted(every, case.known_before("tickets"), start, before)
    reach = reach_of(case, "tickets", "ticket_events")
    readings = verdicts.rules(of_clocks, contract, start, end)
    follow_up = again.followed(history, later, contract, start, end)
    stay = still_open.open_tickets(history, every, case.own("tickets"))
    changes = flow.priority_changes(history, contract, start, end)
    edited = edits.edits(history, events, changes, every, contract, start, end)
    flags, unlogged = _said_by_tool(tickets, every, start, end), _unlogged(tickets, events)
    unread, supplied = Unread.of(case, history), given is not None
    del given, tickets, events  # of many tickets what is done with is large
    said = Texts.of(history.tickets["title"])
    repeated = again.repeats(history, contract, start, end, said)
    doubled = again.duplicates_of(case, history, said)
    del said  # many texts
    return Analysis(
        history=history,
        clocks=course.alive(every, start),
        attainment=verdicts.attainment(
            every,
            contract,
            start,
            end,
            uncounted=uncounted,
            other=other,
            doubts=doubted,
            outside=as_strategy(case.strategy).outside.priorities,
            unread=unread if supplied else None,
            own_word=case.own_word("tickets", "ticket_events"),
            reach=reach,
        ),
        rules=readings,
        robustness=verdicts.robustness(readings),
        durations=flow.durations(every, contract, start, end),
        backlog=flow.backlog(history, contract, start, end),
        volumes=flow.volumes(history, contract, start, end),
        hours=flow.hours(history, case.table("time_entries"), contract, start, end),
        open_tickets=stay,
        ageing=still_open.ageing(stay, contract, start),
        reopens=again.reopens(history, start, end),
        follow_up=follow_up,
        untold=untold,
        repeats=repeated.tickets,
        duplicates=doubled.tickets,
        compared=repeated.compared,
        quality=again.quality(history, follow_up, repeated.tickets, contract, start, end),
        priority_changes=changes,
        edits=edited,
        close=edits.close(every, start, end),
        bunched=edits.bunched(every, start, end),
        flags=flags,
        undated=history.undated,
        contradictions=found,
        ended_before=doubts.ended_before(every[among(every["ticket_id"], uncounted)], start),
        at_once_ratio=doubts.at_once_ratio(every, start, end),
        doubts=doubted,
        numbers=missing,
        unread=unread,
        supplied=supplied,
        start=start,
        end=end,
        reach=reach,
        booked=reach_of(case, "tickets", "ticket_events", "time_entries"),
        hours_booked=hours_booked(case.table("time_entries"), start, end, contract.client.timezone),
        unlogged=unlogged,
    )


def _said_by_tool(
    tickets: pd.DataFrame, clocks: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp
) -> pd.DataFrame:
    """Of the tickets whose resolution was decided in the period, those that the tool has a flag of."""
    decided = (clocks["resolution_decided_at"] >= start) & (clocks["resolution_decided_at"] < end)
    rows = tickets[["ticket_id"]].assign(provider_met=optional(tickets, "provider_met", "boolean"))
    rows = rows[rows["provider_met"].notna()]
    return rows[among(rows["ticket_id"], clocks.loc[decided.fillna(False), "ticket_id"])]


def _unlogged(tickets: pd.DataFrame, events: pd.DataFrame | None) -> tuple[str, ...]:
    """The fields that tickets fill and of which the log has no entry at all: nobody can tell what they were before."""
    told = () if events is None else logged_fields(events["field"].drop_duplicates()).array
    return tuple(name for name in _CHANGING if optional(tickets, name).notna().any() and name not in told)


def _followed(
    history: History,
    tickets: pd.DataFrame,
    events: pd.DataFrame | None,
    contract: Contract,
    start: pd.Timestamp,
    end: pd.Timestamp,
    reach: pd.Timestamp,
) -> History | None:
    """The later history of the tickets solved in the period; None where nothing later is known."""
    if reach <= end or events is None:
        return None
    moves = history.moves
    solved = moves["row"][(moves["move"] == "solved") & (moves["at"] >= start)].unique()
    ids = history.tickets["ticket_id"].iloc[solved]
    chosen = [frame[among(spelled(frame["ticket_id"], ids), ids)] for frame in (tickets, events)]
    return history_of(*chosen, contract, reach)


_NOT_SUPPLIED = "no tickets were supplied"
NO_TIMES = "the source does not say when anything was solved"
#: What only grows with what is not known yet.
_GROWING = ("tickets.opened", "tickets.solved", "tickets.hours")


def _subjects(analysis: Analysis) -> list[str]:
    """The priorities in their order, and all of them."""
    volumes, hours = analysis.volumes, analysis.hours
    listed = [
        analysis.attainment["priority"],
        volumes["value"][volumes["dimension"] == "priority"],
        hours["priority"][hours["n"] > 0],
    ]
    subjects = dict.fromkeys(pd.concat(listed))
    subjects.pop("", None)
    return [*subjects, ""] if analysis.supplied else [""]


def _row(frame: pd.DataFrame, **where: str) -> dict[str, Any]:
    """The one row with these values; empty where there is none."""
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return {} if frame.empty else frame.iloc[0].to_dict()


def _attained(analysis: Analysis, subject: str) -> Iterator[Figure]:
    for clock in ("response", "resolution"):
        row = _row(analysis.attainment, clock=clock, priority=subject)
        if not row:
            continue
        robust = _row(analysis.robustness, clock=clock, priority=subject).get("robust")
        robust = None if clock in analysis.doubts else robust
        why = (
            (not analysis.supplied, _NOT_SUPPLIED),
            (not row["agreed"], f"no time for the {clock} is agreed"),
            (
                clock == "response" and len(analysis.clocks) > 0 and not analysis.history.responses_known,
                "the source has no times of first responses",
            ),
            (True, f"no {clock} was decided in the period"),
        )
        missing = None if pd.notna(row["attainment_ratio"]) else _first(why)
        lost = analysis.unread.why(clock, subject) if row["verdict"] == "no_verdict" else None
        yield Figure(
            measure=f"tickets.{clock}_attainment",
            subject=subject,
            value=row["attainment_ratio"] if analysis.supplied else None,
            n=row["met"] + row["breached"],
            low=row["low"],
            high=row["high"],
            target=row["target_ratio"],
            verdict=row["verdict"] if analysis.supplied else "no_data",
            robust=robust if isinstance(robust, str) else None,
            clause=row["clause"],
            claimed=analysis.claimed(subject, row["met"], row["breached"]) if clock == "resolution" else None,
            why_missing=lost or missing,
        )


def _lasting(analysis: Analysis, subject: str) -> Iterator[Figure]:
    for name, clock, column in (
        ("response_median", "response", "median_min"),
        ("resolution_median", "resolution", "median_min"),
        ("resolution_p90", "resolution", "p90_min"),
    ):
        row = _row(analysis.durations, clock=clock, priority=subject)
        why = (
            (not analysis.supplied, _NOT_SUPPLIED),
            (
                clock == "response" and len(analysis.clocks) > 0 and not analysis.history.responses_known,
                "the source has no times of first responses",
            ),
            (clock == "response", "no ticket was answered in the period"),
            (True, "no ticket was solved in the period"),
        )
        value = row.get(column, math.nan)
        yield Figure(
            measure=f"tickets.{name}",
            subject=subject,
            value=value,
            n=row.get("n", 0),
            why_missing=None if pd.notna(value) else _first(why),
        )


def _tickets_counted(analysis: Analysis, subject: str) -> Iterator[Figure]:
    row = _row(analysis.volumes, dimension="priority" if subject else "all", value=subject)
    gone = analysis.vanished
    unseen = len(gone if not subject else gone[gone["priority"] == subject])
    unread = analysis.unread
    less, more = unread.backlog(analysis.history, subject)
    ids, loose = unread.moved("resolution", subject)
    undated = analysis.undated
    undated = len(undated if not subject else undated[undated["priority"] == subject])
    around = {
        "opened": (0, unread.added(subject)),
        "solved": (len(ids) + loose, len(ids) + loose + unread.added(subject) + undated),
        "backlog": (unseen + less + undated, more),
    }
    untold = undated > 0 and not analysis.history.tickets["own_done_at"].notna().any()
    for name, column in (("opened", "opened"), ("solved", "solved"), ("backlog", "open_at_end")):
        known = analysis.supplied and not (untold and name != "opened")
        value = row.get(column, 0) if known else None
        below, above = around[name]
        ranges = known and below + above > 0
        yield Figure(
            measure=f"tickets.{name}",
            subject=subject,
            value=value,
            low=max(0, value - below) if ranges else None,
            high=value + above if ranges else None,
            why_missing=None if known else NO_TIMES if analysis.supplied else _NOT_SUPPLIED,
        )


def _came_back(analysis: Analysis, subject: str) -> Iterator[Figure]:
    row = {"opened": 0, "solves": 0, "followed": 0} | _row(analysis.quality, priority=subject)
    watched = analysis.history.tickets["logged"].any()
    reasons = {
        "reopen_ratio": (
            (not analysis.supplied, _NOT_SUPPLIED),
            (row["solves"] == 0, "nothing was solved in the period"),
            (not watched, "the source has no log of status changes"),
            (True, "immature: no solve of the period has been followed long enough yet"),
        ),
        "repeat_ratio": (
            (not analysis.supplied, _NOT_SUPPLIED),
            (row["opened"] == 0, "nothing was opened in the period"),
            (True, "the tickets have neither titles nor categories with requesters or assets"),
        ),
    }
    ids, loose = analysis.unread.moved("resolution", subject)
    turned, added = len(ids) + loose, analysis.unread.added(subject)
    hidden = {
        "reopen_ratio": _may_have_been_reopened(analysis, subject),
        "repeat_ratio": analysis.compared.more,
    }
    for name, n, each in (("reopen_ratio", "followed", 1), ("repeat_ratio", "opened", 2)):
        value = row.get(name, math.nan)
        more = hidden[name]
        ranges = pd.notna(value) and added + turned + more > 0
        hits = value * row[n]
        yield Figure(
            measure=f"tickets.{name}",
            subject=subject,
            value=value,
            low=max(0.0, (hits - turned) / (row[n] + added + turned)) if ranges else None,
            # a rejected ticket may repeat another one and be repeated itself
            high=min(1.0, (hits + turned + more + each * added) / (row[n] + added)) if ranges else None,
            n=row[n],
            coverage=analysis.compared.coverage if name == "repeat_ratio" else None,
            why_missing=None if pd.notna(value) else _first(reasons[name]),
        )


def _may_have_been_reopened(analysis: Analysis, subject: str) -> int:
    """How many solves that held by their log may have been undone: their tickets count more reopenings (rule 43)."""
    held = analysis.follow_up
    held = held[held["complete"] & held["reopened_at"].isna()]
    if subject:
        held = held[held["priority"] == subject]
    each = held.groupby("ticket_id").size()
    return int(np.minimum(each, analysis.untold.reindex(each.index).fillna(0)).sum())


def _worked(analysis: Analysis, subject: str) -> Iterator[Figure]:
    row = _row(analysis.hours, priority=subject)
    source = _row(analysis.hours, priority="")["source"]
    value = row.get("hours", 0.0 if isinstance(source, str) else math.nan)
    yield Figure(
        measure="tickets.hours",
        subject=subject,
        value=value,
        n=row.get("n", 0),
        why_missing=None if pd.notna(value) else "neither time entries nor tickets tell hours of the period",
    )


def _first(reasons: tuple[tuple[bool, str], ...]) -> str:
    return next(reason for holds, reason in reasons if holds)
