"""Everything about a period's tickets, computed once, and its figures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from msp_report.metrics.tickets import again, flow, levels
from msp_report.metrics.tickets.history import History, history_of
from msp_report.model.figures import Figure
from msp_report.model.tables import TABLES
from msp_report.model.titles import Compared
from msp_report.params import Contract, as_contract


@dataclass(frozen=True)
class Analysis:
    """The frames of a period, each as its function in this package describes it.

    `repeats` and `duplicates` are the tickets of these; `compared` is how far the search for repeats by their titles
    looked. `clocks` and `records()["clocks"]` hold the tickets that were open at some time in the period; `undated` the
    tickets called solved though nothing says when; `supplied` whether there was a tickets table at all.
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
    repeats: pd.DataFrame
    duplicates: pd.DataFrame
    compared: Compared
    quality: pd.DataFrame
    priority_changes: pd.DataFrame
    undated: pd.DataFrame
    supplied: bool
    start: pd.Timestamp
    end: pd.Timestamp

    def late(self, clock: str) -> pd.DataFrame:
        """The clocks (response, resolution) decided as breached in the period, furthest over its target first."""
        decided = self.clocks[f"{clock}_decided_at"]
        chosen = self.clocks[f"{clock}_met"].eq(False) & (decided >= self.start) & (decided < self.end)
        rows = self.clocks[chosen.fillna(False)]
        over = rows[f"{clock}_used_min"] / rows[f"{clock}_target_min"]
        return rows.loc[over.sort_values(ascending=False, kind="stable").index]

    def volumes_by(self, dimension: str) -> pd.DataFrame:
        """The volumes of one dimension under its own name, most solved first."""
        rows = self.volumes[self.volumes["dimension"] == dimension].drop(columns="dimension")
        named = rows.rename(columns={"value": dimension}).replace({dimension: {"": None}})
        return named.sort_values(["solved", "opened"], ascending=False, kind="stable")

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page, by the names of interfaces.md."""
        names = ("clocks", "attainment", "rules", "robustness", "durations", "backlog", "volumes", "hours")
        names += ("open_tickets", "ageing", "reopens", "repeats", "duplicates", "priority_changes", "undated")
        return {name: getattr(self, name) for name in names}


def analyse(
    tickets: pd.DataFrame | None,
    events: pd.DataFrame | None,
    time_entries: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    start: pd.Timestamp,
    end: pd.Timestamp,
    followed_to: pd.Timestamp | None = None,
) -> Analysis:
    """Everything about the tickets of a period.

    Parameters: `tickets`, `events`, `time_entries` as the canonical tables, with those of earlier months, None
    where not supplied; `contract` a model or plain dict; `start`, `end` [UTC]: local midnights, `end` being the
    cut-off; `followed_to` [UTC]: up to where the exports reach, for the follow-up of rule 18 alone (default:
    `end`).
    Returns: Analysis. Raises: as `history_of` and `backlog`.
    """
    contract = as_contract(contract)
    supplied = tickets is not None
    tickets = tickets if tickets is not None else TABLES["tickets"].empty()
    history = history_of(tickets, events, contract, end)
    course = levels.Course.of(history, contract)
    every = levels.clocks_of(history, contract, course)
    attained = levels.attainment(every, contract, start, end)
    readings = levels.rules(course, contract, start, end)
    robust = levels.robustness(readings)
    lengths = flow.durations(every, contract, start, end)
    later = _followed(history, tickets, events, contract, start, end, followed_to)
    follow_up = again.followed(history, later, contract, start, end)
    repeated = again.repeats(history, contract, start, end)
    quality = again.quality(history, follow_up, repeated.tickets, contract, start, end)
    stay = flow.open_tickets(history, every)
    volumes = flow.volumes(history, contract, start, end)
    worked = flow.hours(history, time_entries, contract, start, end)
    return Analysis(
        history=history,
        clocks=levels.alive(every, start),
        attainment=attained,
        rules=readings,
        robustness=robust,
        durations=lengths,
        backlog=flow.backlog(history, contract, start, end),
        volumes=volumes,
        hours=worked,
        open_tickets=stay,
        ageing=flow.ageing(stay, contract, start),
        reopens=again.reopens(history, start, end),
        follow_up=follow_up,
        repeats=repeated.tickets,
        duplicates=again.duplicates(history, start, end).tickets,
        compared=repeated.compared,
        quality=quality,
        priority_changes=flow.priority_changes(history, contract, start, end),
        undated=history.undated,
        supplied=supplied,
        start=start,
        end=end,
    )


def _followed(
    history: History,
    tickets: pd.DataFrame,
    events: pd.DataFrame | None,
    contract: Contract,
    start: pd.Timestamp,
    end: pd.Timestamp,
    followed_to: pd.Timestamp | None,
) -> History | None:
    """The later history of the tickets solved in the period; None where nothing later is known."""
    if followed_to is None or followed_to <= end or events is None:
        return None
    moves = history.moves
    solved = moves["row"][(moves["move"] == "solved") & (moves["at"] >= start)].unique()
    ids = set(history.tickets["ticket_id"].iloc[solved])
    chosen = [frame[frame["ticket_id"].astype("str").isin(ids)] for frame in (tickets, events)]
    return history_of(*chosen, contract, followed_to)


def figures(analysis: Analysis) -> list[Figure]:
    """The figures of the report `tickets`, by priority and in all (subject empty).

    Returns: tickets.response_attainment, .resolution_attainment, .response_median, .resolution_median,
    .resolution_p90, .opened, .solved (steps, as in the backlog), .backlog (open at the end), .reopen_ratio,
    .repeat_ratio, .hours of each priority, then of all; .hours also of bookings on unknown tickets.
    Edge cases decided: these count everything there is, so low and high stay empty; a verdict is given to
    attainment alone, where a share in time is agreed, and none is agreed for all priorities together; without
    a tickets table every figure of all is missing.
    """
    return [
        figure
        for subject in _subjects(analysis)
        for figure in (
            *_attained(analysis, subject),
            *_lengths(analysis, subject),
            *_volumes(analysis, subject),
            *_again(analysis, subject),
            *_hours(analysis, subject),
        )
    ]


_NOT_SUPPLIED = "no tickets were supplied"


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
        why = (
            (not analysis.supplied, _NOT_SUPPLIED),
            (not row["agreed"], f"no time for the {clock} is agreed"),
            (
                clock == "response" and len(analysis.clocks) > 0 and not analysis.history.responses_known,
                "the source has no times of first responses",
            ),
            (True, f"no {clock} was decided in the period"),
        )
        yield Figure(
            measure=f"tickets.{clock}_attainment",
            subject=subject,
            value=row["attainment_ratio"] if analysis.supplied else None,
            unit="ratio",
            n=row["met"] + row["breached"],
            target=row["target_ratio"],
            better="higher",
            verdict=row["verdict"] if analysis.supplied else "no_data",
            robust=robust if isinstance(robust, str) else None,
            clause=row["clause"],
            rule="rules 11-15",
            why_missing=None if pd.notna(row["attainment_ratio"]) else _first(why),
        )


def _lengths(analysis: Analysis, subject: str) -> Iterator[Figure]:
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
            unit="min",
            n=row.get("n", 0),
            better="lower",
            rule="rule 16",
            why_missing=None if pd.notna(value) else _first(why),
        )


def _volumes(analysis: Analysis, subject: str) -> Iterator[Figure]:
    row = _row(analysis.volumes, dimension="priority" if subject else "all", value=subject)
    for name, column, better in (
        ("opened", "opened", None),
        ("solved", "solved", None),
        ("backlog", "open_at_end", "lower"),
    ):
        yield Figure(
            measure=f"tickets.{name}",
            subject=subject,
            value=row.get(column, 0) if analysis.supplied else None,
            unit="count",
            better=better,
            rule="rules 12, 17",
            why_missing=None if analysis.supplied else _NOT_SUPPLIED,
        )


def _again(analysis: Analysis, subject: str) -> Iterator[Figure]:
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
    for name, n in (("reopen_ratio", "followed"), ("repeat_ratio", "opened")):
        value = row.get(name, math.nan)
        yield Figure(
            measure=f"tickets.{name}",
            subject=subject,
            value=value,
            unit="ratio",
            n=row[n],
            better="lower",
            coverage=analysis.compared.coverage if name == "repeat_ratio" else None,
            rule="rule 18",
            why_missing=None if pd.notna(value) else _first(reasons[name]),
        )


def _hours(analysis: Analysis, subject: str) -> Iterator[Figure]:
    row = _row(analysis.hours, priority=subject)
    source = _row(analysis.hours, priority="")["source"]
    value = row.get("hours", 0.0 if isinstance(source, str) else math.nan)
    yield Figure(
        measure="tickets.hours",
        subject=subject,
        value=value,
        unit="hours",
        n=row.get("n", 0),
        rule="rule 17",
        why_missing=None if pd.notna(value) else "neither time entries nor tickets tell hours of the period",
    )


def _first(reasons: tuple[tuple[bool, str], ...]) -> str:
    return next(reason for holds, reason in reasons if holds)
