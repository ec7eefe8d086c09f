"""Tickets, their events and the hours booked on them.

Ordinary tickets stay comfortably inside their targets, and no two of them look alike: what a page finds is what
`_plant` put there. `Desk.tickets` holds the whole life of every ticket; an export is its state at a month's end.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd

from msp_report.demo.company import (
    CATEGORIES,
    HOURLY_RATE,
    PEOPLE,
    PRIORITIES,
    ROOMS,
    TEAMS,
    TECHNICIANS,
    authorised,
    requesters,
)
from msp_report.demo.files import days, zulu
from msp_report.demo.truth import Truth
from msp_report.demo.working_time import NEVER, Office, Span, instant

GOLDEN = "2026-10"
#: How often a month's tickets are drawn where some seed gives too few of a kind to plant the faults on.
DRAWS = 20
DAY_S = 86400
CLOSED_AFTER_S = 3 * DAY_S
FIRST_NUMBER = 10001
#: Numbers that the golden month leaves out, and rows of its export that cannot be read.
NUMBERS_LEFT_OUT, UNREADABLE = 7, 3

#: How many tickets tell of an outage, two minutes apart.
COMPLAINTS = 11

_CATEGORY = np.array(list(CATEGORIES), dtype=object)
_SERVICE = {
    "email": "email",
    "erp": "erp",
    "remote": "vpn",
    "telephony": "telephony",
    "webshop": "webshop",
    "storage": "fileshare",
}

#: Planted in every month unless told otherwise: how many of each.
USUAL = {"late_P3": 2, "slow_P2": 1, "reopened": 2, "repeat_requester": 2, "repeat_title": 1, "duplicate": 1}
PLAN = {
    "2026-01": USUAL | {"stale": 1},
    "2026-02": USUAL | {"stale": 1, "cancelled_late": 1},
    "2026-03": USUAL | {"stale": 1, "late_P1": 1, "logged_before": 1},
    "2026-04": USUAL | {"stale": 1},
    "2026-05": USUAL | {"stale": 1},
    "2026-07": USUAL | {"parked": 12, "sent_late": 1},
    "2026-08": USUAL | {"parked": 14},
    "2026-09": USUAL | {"parked": 16},
    GOLDEN: {
        "late_P1": 2,
        "lowered_P1": 1,
        "lowered_P2": 2,
        "raised_P4": 1,
        "edited_P3": 4,
        "met_by_pause": 3,
        "reopened": 3,
        "reopened_late": 1,
        "reopened_after_closing": 1,
        "no_response": 2,
        "solved_without_a_word": 1,
        "slow_P2": 2,
        "repeat_requester": 3,
        "repeat_title": 2,
        "repeat_asset": 1,
        "duplicate": 2,
        "parked": 18,
        "bounced": 2,
        "bunched": 20,
        "asks_how": 3,
    },
}
LATE_P1 = {
    "2026-03": (("17 09:30", 320),),
    GOLDEN: (("14 11:10", 410), ("20 09:00", 300)),
}


Rows = list[int] | slice
#: (month, fault, rows, what else is expected)
Planted = tuple[str, str, list[int], dict[str, object]]


class TooFewError(ValueError):
    """A month drawn has too few ordinary tickets of a kind to plant a fault on."""


def _first(rows: Iterable[int], number: int = 1) -> list[int]:
    """The first so many rows; raises TooFewError where there are fewer."""
    found = list(islice(rows, number))
    if len(found) < number:
        raise TooFewError(f"{len(found)} of {number} tickets to plant faults on")
    return found


@dataclass
class Desk:
    """One month's arrivals, a column a field, and what is planted on them; `first` is the row of the first."""

    office: Office
    tickets: dict[str, np.ndarray]
    first: int
    planted: list[Planted]

    def after(self, rows: Rows, minutes: np.ndarray | float) -> np.ndarray:
        """The instant so many minutes of its own calendar after each ticket was opened."""
        opened = self.tickets["opened"][rows]
        minutes = np.broadcast_to(np.asarray(minutes), opened.shape)
        real = opened + 60 * minutes.astype(np.int64)
        return np.where(self.tickets["priority"][rows] == "P1", real, self.office.after(opened, minutes))

    def plain(self, month: Span, priority: str, first: int, last: int) -> list[int]:
        """The ordinary tickets of a priority opened between two days of a month, oldest first."""
        t = self.tickets
        begin, end = month.start + (first - 1) * DAY_S, month.start + last * DAY_S
        plain = (t["tag"] == "") & ~t["quiet"] & (t["paused_from"] == NEVER) & (t["removed_as"] == "")
        in_time = (t["opened"] >= begin) & (t["opened"] < end)
        return list(np.flatnonzero(plain & in_time & (t["priority"] == priority) & (t["requester"] >= 0)))

    def pick(self, month: Span, number: int, priority: str, first: int, last: int) -> list[int]:
        """The first so many of them."""
        return _first(self.plain(month, priority, first, last), number)

    def mark(
        self, month: Span, fault: str, rows: list[int], earlier: int | None = None, **expected: object
    ) -> None:
        """Remember what was planted on which rows; numbers are given later."""
        self.set(rows, tag=fault)
        before = {} if earlier is None else {"earlier": self.first + earlier}
        self.planted.append((month.label, fault, [self.first + row for row in rows], expected | before))

    def set(self, rows: list[int], **values: object) -> None:
        """Change fields of some tickets."""
        for name, value in values.items():
            self.tickets[name][rows] = value

    def work(self, rows: list[int], minutes: np.ndarray | float) -> None:
        """Let tickets be solved so many minutes of their calendar after opening, with no pause."""
        self.set(rows, work=minutes, solved=self.after(rows, minutes))


@dataclass
class Life:
    """The tickets that live in a month with all their steps and bookings, before, in and after it."""

    tickets: pd.DataFrame
    events: pd.DataFrame
    entries: pd.DataFrame
    planted: list[Planted]
    office: Office


def simulate(
    months: list[Span],
    before: Span,
    office: Office,
    seed: int,
    truth: Truth,
    told: list[tuple[str, int]],
) -> tuple[dict[str, dict[str, pd.DataFrame]], pd.DataFrame]:
    """tickets, ticket_events and time_entries by month, and the tickets with their whole lives; `told`, the outages of
    which people tell the desk: service, start."""
    combinations = np.random.default_rng([seed, 2]).permutation(PEOPLE * len(_CATEGORY))
    used = np.zeros(8 * len(_CATEGORY), dtype=np.int64)
    parts, planted, serial = [], [], 0

    def drawn(step: int, month: Span, again: int) -> tuple[dict[str, np.ndarray], np.ndarray, list[Planted]]:
        """A month's tickets, how often each opening of a title is used by then, and what is planted by then."""
        key = [seed, 3, int(month.label[:4]), int(month.label[5:])]
        rng = np.random.default_rng([*key, again] if again else key)
        t = _ordinary(month, max(step - 1, 0), rng, office, combinations, serial, told, plain=step == 0)
        counted, desk = used.copy(), Desk(office, t, serial, [*planted])
        t["title"] = _titles(t, counted)
        t["row"] = serial + np.arange(len(t["opened"]))
        if step:
            _plant(desk, month)
        return t, counted, desk.planted

    for step, month in enumerate([before, *months]):
        for again in range(DRAWS):
            with suppress(TooFewError):
                t, used, planted = drawn(step, month, again)
                break
        else:
            raise TooFewError(f"the demo of {month.label} by seed {seed}: too few tickets in {DRAWS} draws")
        parts.append(pd.DataFrame(t))
        serial += len(t["opened"])
    t = _number(pd.concat(parts), months)
    events, entries = _events(t), _time_entries(t, seed)
    over = events.groupby("row")["at"].max().to_numpy()
    over = np.where(t["stays"], NEVER, over)
    exports: dict[str, dict[str, pd.DataFrame]] = {"tickets": {}, "ticket_events": {}, "time_entries": {}}
    for month in months:
        alive = (t["opened"] < month.end) & (over >= month.start) & (t["sent_in"] <= month.label)
        alive = (alive | (t["sent_in"] == month.label)).to_numpy()
        life = Life(t[alive], events[alive[events["row"]]], entries[alive[entries["row"]]], planted, office)
        exports["tickets"][month.label] = _state(life, month)
        exports["ticket_events"][month.label] = _events_of(life, month)
        exports["time_entries"][month.label] = _entries_of(entries, month)
        _expect(life, month, months[-1].end, truth)
    _expect_planted(t, planted, truth)
    if GOLDEN in exports["tickets"]:
        _tamper(exports, t, truth)
    return exports, t


# ---------------------------------------------------------------- ordinary tickets


def _ordinary(
    month: Span,
    step: int,
    rng: np.random.Generator,
    office: Office,
    combinations: np.ndarray,
    serial: int,
    told: list[tuple[str, int]],
    plain: bool,
) -> dict[str, np.ndarray]:
    """A month's arrivals, each solved well inside its target; `plain` ones are never paused nor cancelled."""
    size = 360 + 6 * step + int(rng.integers(-8, 9))
    counts = {"P1": 10, "P2": 58, "P4": 100, "P5": 8}
    priority = np.repeat([*counts, "P3"], [*counts.values(), size - sum(counts.values())]).astype(object)
    priority = rng.permutation(priority)
    first, last = office.position(np.array([month.start, month.end]))
    inside = rng.integers(first + 60, last, size=size)
    opened = office.at(inside)
    any_time = (priority == "P1") | (rng.random(size) < 0.08)
    opened = np.where(any_time, rng.integers(month.start, month.end, size=size), opened)
    order = np.argsort(opened, kind="stable")
    opened, priority = opened[order], priority[order]

    response, resolution = (np.array([PRIORITIES[p][field] for p in priority]) for field in (1, 2))
    answer = np.ceil(response * rng.uniform(0.05, 0.7, size))
    work = np.maximum(np.round(resolution * (0.03 + 0.72 * rng.beta(2, 3, size))), answer + 10)
    combination = combinations[(serial + np.arange(size)) % len(combinations)]
    person, category = combination % PEOPLE, combination // PEOPLE
    _tell(opened, _CATEGORY[category], month, told)
    t = {
        "opened": opened,
        "priority": priority,
        "first_priority": priority.copy(),
        "requester": person,
        "category": _CATEGORY[category],
        "opening": rng.integers(0, 8, size=size),
        "asset": np.where(rng.random(size) < 0.4, np.char.mod("LT-%03d", person), "").astype(object),
        "assignee": np.array(TECHNICIANS, dtype=object)[rng.integers(0, len(TECHNICIANS), size=size)],
        "in_contract": rng.random(size) < 0.95,
        "noted": rng.random(size) < 0.3,
        "work": work,
    }
    t |= {name: np.full(size, value, dtype=kind) for name, (value, kind) in _UNTOLD.items()}
    t |= {name: np.full(size, NEVER) for name in _INSTANTS}
    t["month"][:] = month.label
    desk, every = Desk(office, t, serial, []), slice(None)
    t["responded"] = desk.after(every, answer)
    if not plain:
        _pause_some(desk, rng, answer, resolution)
        free = np.flatnonzero((priority != "P1") & (t["pause"] == 0))
        chosen = rng.choice(free, size=21, replace=False)
        t["removed_as"][chosen[:3]] = "cancelled"
        t["removed_as"][chosen[3:5]] = "merged"
        t["quiet"][chosen[5:15]] = True
        t["requester"][chosen[15:]], t["asset"][chosen[15:]] = -1, ""
    removed = t["removed_as"] != ""
    done = desk.after(every, t["work"] + t["pause"])
    t["removed"] = np.where(removed, done, NEVER)
    t["solved"] = np.where(removed, NEVER, done)
    return t


def _tell(opened: np.ndarray, category: np.ndarray, month: Span, told: list[tuple[str, int]]) -> None:
    """Lets the tickets about a service nearest to an outage of it be opened in its first minutes, each once."""
    free = np.ones(len(opened), dtype=bool)
    for service, start in told:
        if month.start <= start < month.end:
            about = np.flatnonzero(pd.Series(category).map(_SERVICE).eq(service) & free)
            nearest = about[np.argsort(np.abs(opened[about] - start), kind="stable")[:COMPLAINTS]]
            opened[nearest] = start + 120 + 120 * np.arange(len(nearest))
            free[nearest] = False


_UNTOLD = {
    "month": ("", object),
    "pause": (0.0, float),
    "removed_as": ("", object),
    "sent_in": ("", object),
    "quiet": (False, bool),
    "tag": ("", object),
    "stays": (False, bool),
    "provider_met": (True, bool),
    "bounces": (0, int),
}
_INSTANTS = (
    "responded",
    "paused_from",
    "paused_to",
    "solved",
    "reopened",
    "solved_again",
    "removed",
    "changed",
    "edited_to",
    "edited_at",
    "logged_before",
)


def _pause_some(desk: Desk, rng: np.random.Generator, answer: np.ndarray, resolution: np.ndarray) -> None:
    """Some tickets wait for the customer, short enough to be in time even with the pause."""
    t, every, size = desk.tickets, slice(None), len(answer)
    chosen = ~np.isin(t["priority"], ["P1", "P5"]) & (rng.random(size) < 0.15)
    room = np.minimum(0.95 * resolution - t["work"], 600)
    length = np.floor(room * rng.uniform(0.3, 1.0, size))
    chosen &= length >= 20
    t["pause"] = np.where(chosen, length, 0.0)
    begin = np.floor((answer + t["work"]) / 2)
    t["paused_from"] = np.where(chosen, desk.after(every, begin), NEVER)
    t["paused_to"] = np.where(chosen, desk.after(every, begin + t["pause"]), NEVER)


def _titles(t: dict[str, np.ndarray], used: np.ndarray) -> np.ndarray:
    """Two tickets with the same opening share neither team nor room within 101 of them; `used` counts them."""
    place = {name: 8 * number for number, name in enumerate(_CATEGORY)}
    titles = []
    for category, number in zip(t["category"], t["opening"], strict=True):
        opening = place[category] + number
        team, room = (used[opening] + 13 * opening) % len(TEAMS), (used[opening] + 29 * opening) % len(ROOMS)
        titles.append(f"{CATEGORIES[category][1][number]} ({TEAMS[team]} {ROOMS[room]})")
        used[opening] += 1
    return np.array(titles, dtype=object)


def _number(t: pd.DataFrame, months: list[Span]) -> pd.DataFrame:
    """The tickets in the order of opening with their numbers, of which the golden month leaves some out."""
    t = t.sort_values("opened", kind="stable").reset_index(drop=True)
    number = FIRST_NUMBER + t.index.to_numpy()
    for month in months:
        if month.label == GOLDEN:
            number = number + NUMBERS_LEFT_OUT * (t["opened"] >= month.at("19 12:00")).to_numpy()
            number = number + UNREADABLE * (t["opened"] >= month.end).to_numpy()
    t["ticket_id"] = np.char.mod("HF-%05d", number).astype(object)
    again = t["solved_again"] < NEVER
    t["last_solved"] = np.where(again, t["solved_again"], t["solved"])
    t["closed"] = np.where(t["last_solved"] < NEVER, t["last_solved"] + CLOSED_AFTER_S, NEVER)
    return t


# ---------------------------------------------------------------- planted faults


def _plant(desk: Desk, month: Span) -> None:
    """What a month's page must find; the order is fixed so that the same seed plants the same rows."""
    plan = PLAN.get(month.label, USUAL)
    for number, (at, minutes) in enumerate(LATE_P1.get(month.label, ())):
        rows = desk.pick(month, 1, "P1", 1, 31)
        desk.set(rows, opened=month.at(at), provider_met=False)
        desk.set(rows, responded=desk.after(rows, 8))
        desk.work(rows, minutes)
        if month.label == GOLDEN and number == 0:
            desk.set(
                rows,
                category="webshop",
                opening=3,
                requester=-1,
                asset="",
                title="Webshop down for everybody",
            )
        desk.mark(month, "resolution_missed", rows)
    for fault in plan:
        if fault in _FAULTS:
            _FAULTS[fault](desk, month, plan[fault])
    _repeats(desk, month, plan)
    _duplicates(desk, month, plan.get("duplicate", 0))
    for fault in plan:
        if fault in _OF_EVIDENCE:
            _OF_EVIDENCE[fault](desk, month, plan[fault])


def _late(desk: Desk, month: Span, number: int) -> None:
    rows = desk.pick(month, number, "P3", 2, 18)
    desk.work(rows, 1500 + 300 * np.arange(1, number + 1))
    desk.set(rows, provider_met=False)
    desk.mark(month, "resolution_missed", rows)


def _slow(desk: Desk, month: Span, number: int) -> None:
    rows = desk.pick(month, number, "P2", 3, 20)
    desk.set(rows, responded=desk.after(rows, 95), provider_met=False)
    desk.work(rows, 300)
    desk.mark(month, "response_missed", rows)


def _lowered_p1(desk: Desk, month: Span, number: int) -> None:
    """Lowered to P2 forty minutes before the deadline of P1, solved an hour after it."""
    rows = desk.pick(month, number, "P1", 1, 31)
    desk.set(rows, opened=month.at("07 10:00"))
    desk.set(rows, responded=desk.after(rows, 9), changed=desk.after(rows, 200))
    desk.work(rows, 300)
    desk.set(rows, priority="P2")
    desk.mark(month, "priority_lowered", rows, before="P1", after="P2", before_deadline_min=40)


def _lowered_p2(desk: Desk, month: Span, number: int) -> None:
    """Lowered to P3 a quarter of an hour before the deadline of P2."""
    rows = desk.pick(month, number, "P2", 3, 20)
    desk.work(rows, 700)
    desk.set(rows, changed=desk.after(rows, 465), priority="P3")
    desk.mark(month, "priority_lowered", rows, before="P2", after="P3", before_deadline_min=15)


def _raised(desk: Desk, month: Span, number: int) -> None:
    rows = desk.pick(month, number, "P4", 3, 18)
    desk.work(rows, 900)
    desk.set(rows, changed=desk.after(rows, 500), priority="P3")
    desk.mark(month, "priority_raised", rows, before="P4", after="P3")


def _edited(desk: Desk, month: Span, number: int) -> None:
    """Solved late; the tool's resolved_at was set back an hour later to a time within the target."""
    rows = desk.pick(month, number, "P3", 2, 16)
    desk.work(rows, 1800)
    solved = desk.tickets["solved"][rows]
    desk.set(rows, edited_at=solved + 3600, edited_to=desk.after(rows, 1400))
    desk.mark(month, "resolution_time_edited", rows, resolution_min=1800, edited_to_min=1400)


def _met_by_pause(desk: Desk, month: Span, number: int) -> None:
    rows = desk.pick(month, number, "P2", 3, 18)
    desk.set(rows, work=450.0, pause=300.0)
    desk.set(
        rows, paused_from=desk.after(rows, 440), paused_to=desk.after(rows, 740), solved=desk.after(rows, 750)
    )
    desk.mark(
        month, "met_only_by_pause", rows, resolution_min=450, resolution_without_pause_min=750, paused_min=300
    )


def _reopened(desk: Desk, month: Span, number: int) -> None:
    rows = desk.pick(month, number, "P4", 2, 12)
    desk.set(
        rows, responded=desk.after(rows, 60), solved=desk.after(rows, 300), reopened=desk.after(rows, 900)
    )
    desk.set(rows, solved_again=desk.after(rows, 1500), work=1500.0)
    desk.mark(month, "reopened", rows)


def _reopened_late(desk: Desk, month: Span, number: int) -> None:
    rows = desk.pick(month, number, "P3", 2, 12)
    desk.set(
        rows, responded=desk.after(rows, 60), solved=desk.after(rows, 400), reopened=desk.after(rows, 1000)
    )
    desk.set(rows, solved_again=desk.after(rows, 2300), work=2300.0, provider_met=True)
    desk.mark(month, "reopened", rows)


def _reopened_after_closing(desk: Desk, month: Span, number: int) -> None:
    rows = desk.pick(month, number, "P5", 1, 31)
    desk.set(rows, opened=month.at("06 10:00"))
    solved = desk.after(rows, 600)
    desk.set(rows, responded=desk.after(rows, 60), solved=solved, reopened=solved + 5 * DAY_S)
    desk.set(rows, solved_again=desk.office.after(solved + 5 * DAY_S, np.full(number, 200.0)))
    desk.mark(month, "reopened", rows)


def _no_response(desk: Desk, month: Span, number: int) -> None:
    rows = desk.pick(month, number, "P3", 1, 31)
    at = [month.at(f"29 {10 + hour}:00") for hour in range(number)]
    desk.set(rows, opened=at, responded=NEVER, solved=NEVER, work=np.nan, stays=True, noted=True)
    desk.mark(month, "no_response", rows)


def _without_a_word(desk: Desk, month: Span, number: int) -> None:
    rows = desk.pick(month, number, "P4", 3, 20)
    desk.work(rows, 200)
    desk.set(rows, responded=NEVER)
    desk.mark(month, "solved_without_a_word", rows)


def _parked(desk: Desk, month: Span, number: int) -> None:
    """Put to waiting for the customer and left there: no deadline ever comes, and the backlog grows."""
    half = number // 2
    for priority, count in (("P3", half), ("P4", number - half)):
        rows = desk.pick(month, count, priority, 10, 22)
        work = desk.tickets["work"][rows]
        desk.set(rows, paused_from=desk.after(rows, work), solved=NEVER, work=np.nan, stays=True)
        desk.mark(month, "parked", rows)


def _stale(desk: Desk, month: Span, number: int) -> None:
    rows = desk.pick(month, number, "P5", 5, 25)
    desk.set(rows, solved=NEVER, work=np.nan, stays=True)
    desk.mark(month, "stale", rows)


def _cancelled_late(desk: Desk, month: Span, number: int) -> None:
    """Cancelled after its deadline: the breach stays (rule 15)."""
    rows = desk.pick(month, number, "P3", 2, 12)
    desk.set(rows, removed_as="cancelled", removed=desk.after(rows, 1700), solved=NEVER, work=np.nan)
    desk.mark(month, "cancelled_late", rows, cancelled_after_min=1700)


def _logged_before(desk: Desk, month: Span, number: int) -> None:
    """An entry of the log is an hour and a half older than the ticket."""
    rows = desk.pick(month, number, "P4", 3, 14)
    desk.set(rows, logged_before=desk.tickets["opened"][rows] - 5400)
    desk.mark(month, "logged_before", rows, before_min=90)


def _sent_late(desk: Desk, month: Span, number: int) -> None:
    """Opened and solved in its month, and in no file before that of the next one."""
    rows = desk.pick(month, number, "P3", 2, 12)
    desk.work(rows, 400)
    desk.set(rows, sent_in=_NEXT[month.label])
    desk.mark(month, "sent_late", rows, sent_in=_NEXT[month.label])


_NEXT = {"2026-07": "2026-08"}


def _bounced(desk: Desk, month: Span, number: int) -> None:
    rows = desk.pick(month, number, "P4", 1, 31)
    desk.set(rows, opened=[month.at(f"28 {9 + hour}:00") for hour in range(number)], bounces=6)
    desk.set(rows, responded=desk.after(rows, 90))
    desk.work(rows, 2900)
    desk.mark(month, "bounced", rows, reassignments=6)


def _bunched(desk: Desk, month: Span, number: int) -> None:
    rows = desk.pick(month, number, "P3", 2, 24)
    desk.work(rows, np.round(np.linspace(0.93, 0.995, number) * 1500))
    desk.mark(month, "bunched", rows, from_ratio=0.93, to_ratio=0.995)


def _asks_how(desk: Desk, month: Span, number: int) -> None:
    """A question by its words, in a category that is none."""
    rows = [r for r in desk.plain(month, "P3", 2, 28) if desk.tickets["category"][r] != "how-to"][:number]
    titles = desk.tickets["title"][rows]
    desk.set(rows, title=[f"How do I {title[0].lower()}{title[1:]}" for title in titles])
    desk.mark(month, "asks_how", rows)


_FAULTS = {
    "lowered_P1": _lowered_p1,
    "lowered_P2": _lowered_p2,
    "raised_P4": _raised,
    "edited_P3": _edited,
    "late_P3": _late,
    "met_by_pause": _met_by_pause,
    "reopened": _reopened,
    "reopened_late": _reopened_late,
    "reopened_after_closing": _reopened_after_closing,
    "no_response": _no_response,
    "solved_without_a_word": _without_a_word,
    "slow_P2": _slow,
    "parked": _parked,
    "stale": _stale,
    "bounced": _bounced,
    "bunched": _bunched,
    "asks_how": _asks_how,
}
#: Planted last, so that they leave every other choice as it is.
_OF_EVIDENCE = {
    "cancelled_late": _cancelled_late,
    "logged_before": _logged_before,
    "sent_late": _sent_late,
}


def _repeats(desk: Desk, month: Span, plan: dict[str, int]) -> None:
    """Second tickets opened after the first was solved: same person and category, same text, same asset."""
    t = desk.tickets
    for kind in ("repeat_requester", "repeat_title", "repeat_asset"):
        for turn in range(plan.get(kind, 0)):
            firsts = desk.plain(month, "P3", 1, 12)
            (earlier,) = _first(row for row in firsts if t["asset"][row] or kind != "repeat_asset")
            desk.set([earlier], tag="repeated")
            later = desk.pick(month, 1, "P3", 20, 31)[0]
            category = t["category"][earlier]
            if kind == "repeat_title":
                desk.set([later], title=_alike(t["title"][earlier], turn))
            else:
                told = sum(fault not in _OF_EVIDENCE for _, fault, _, _ in desk.planted)
                words = _AGAIN[told % len(_AGAIN)]
                own = t["title"][later].partition("(")[2]
                desk.set([later], category=category, title=f"{words} ({own}")
            if kind == "repeat_requester":
                desk.set([later], requester=t["requester"][earlier], asset="")
            elif kind == "repeat_asset":
                desk.set([later], asset=t["asset"][earlier], requester=-1)
            desk.mark(month, "repeat", [later], earlier=earlier, reason=kind.removeprefix("repeat_"))


#: What people write when it happens again, in words of their own.
_AGAIN = (
    "Same trouble as before",
    "Still not working properly",
    "Happened once more today",
    "Fixed yesterday yet faulty",
    "Second attempt at help",
)


def _alike(title: str, turn: int) -> str:
    """Nearly the same words: said again, or with a slip of the keyboard."""
    return f"{title.lower()} again" if turn % 2 == 0 else title.replace(")", "e)")


def _duplicates(desk: Desk, month: Span, number: int) -> None:
    """The same words from somebody else while the first ticket is open; every other one is merged."""
    t = desk.tickets
    for turn in range(number):
        first = desk.pick(month, 1, "P4", 3, 20)[0]
        desk.set([first], tag="duplicated")
        opened, solved = t["opened"][first], t["solved"][first]
        others = [row for priority in ("P3", "P4") for row in desk.plain(month, priority, 3, 28)]
        meanwhile = [row for row in others if opened < t["opened"][row] < solved]
        (second,) = _first(sorted(meanwhile, key=lambda row: t["opened"][row]))
        desk.set([second], title=_alike(t["title"][first], turn))
        if turn % 2 == 0:
            desk.set([second], removed_as="merged", removed=t["solved"][second], solved=NEVER)
        desk.mark(month, "duplicate", [second], earlier=first)


# ---------------------------------------------------------------- what the tool wrote down


def _events(t: pd.DataFrame) -> pd.DataFrame:
    """Every step of every ticket in order; `seen` says whether the tool exports it."""
    who, tech = _addresses(t), t["assignee"].to_numpy()
    parts: list[pd.DataFrame] = []

    def step(
        at: object, field: str, after: object, actor: object, kind: str, public: str = "", before: object = ""
    ) -> None:
        columns = {"at": at, "field": field, "from": before, "to": after, "actor": actor, "actor_kind": kind}
        columns = {name: np.broadcast_to(np.asarray(value), len(t)) for name, value in columns.items()}
        frame = pd.DataFrame({"row": np.arange(len(t)), "order": len(parts), "public": public, **columns})
        parts.append(frame[frame["at"] < NEVER].astype({"from": object, "to": object, "actor": object}))

    closes_first = (t["reopened"] < NEVER) & (t["reopened"] > t["solved"] + CLOSED_AFTER_S)
    step(t["opened"], "status", "new", who, "client")
    step(t["opened"] + 20, "comment", "your message was received", "autoreply", "system", "true")
    step(t["opened"] + 40, "assignee", tech, "dispatcher", "system")
    step(np.where(t["noted"], t["opened"] + 60, NEVER), "comment", "note inside", tech, "provider", "false")
    step(t["responded"], "comment", "first answer", tech, "provider", "true")
    step(t["responded"], "status", "open", tech, "provider")
    step(t["changed"], "priority", t["priority"], tech, "provider", before=t["first_priority"])
    step(t["paused_from"], "status", "waiting_on_customer", tech, "provider")
    step(t["paused_to"], "comment", "answer of the requester", who, "client", "true")
    step(t["paused_to"], "status", "open", who, "client")
    step(t["solved"], "status", "resolved", tech, "provider")
    step(
        np.where(closes_first, t["solved"] + CLOSED_AFTER_S, NEVER), "status", "closed", "scheduler", "system"
    )
    step(t["reopened"], "comment", "it is back", who, "client", "true")
    step(t["reopened"], "status", "open", who, "client")
    step(t["solved_again"], "status", "resolved", tech, "provider")
    step(t["edited_at"], "resolved_at", zulu(t["edited_to"]), tech, "provider", before=zulu(t["solved"]))
    step(t["closed"], "status", "closed", "scheduler", "system")
    step(t["removed"], "status", t["removed_as"], tech, "provider")
    step(t["logged_before"], "comment", "note inside", tech, "provider", "false")
    names = np.array(TECHNICIANS, dtype=object)
    place = t["assignee"].map({name: number for number, name in enumerate(TECHNICIANS)}).to_numpy()
    for turn in range(int(t["bounces"].max())):
        at = np.where(t["bounces"] > turn, t["opened"] + 7200 + 1800 * turn, NEVER)
        before, after = (names[(place + turn + shift) % len(names)] for shift in (0, 1))
        step(at, "assignee", after, before, "provider", before=before)
    events = pd.concat(parts, ignore_index=True).sort_values(["row", "at", "order"], kind="stable")
    status = events["field"] == "status"
    events.loc[status, "from"] = events[status].groupby("row")["to"].shift().fillna("")
    events["seen"] = ~t["quiet"].to_numpy()[events["row"]]
    words = ["field", "from", "to", "actor", "actor_kind", "public"]
    return events.astype(dict.fromkeys(words, "category"))  # few words in many rows: compared by number


def _addresses(t: pd.DataFrame) -> np.ndarray:
    """Who asked; empty where nobody knows (-1)."""
    return np.append(requesters(), "")[t["requester"].to_numpy()]


def _time_entries(t: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Hours booked with the first answer and with the last solve, in quarters."""
    rng = np.random.default_rng([seed, 4])
    quarters = rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1], size=(2, len(t)))
    at = np.concatenate([t["responded"], t["last_solved"]])
    entries = pd.DataFrame(
        {
            "row": np.tile(np.arange(len(t)), 2),
            "at": at,
            "hours": quarters.ravel() / 4,
            "ticket_id": np.tile(t["ticket_id"], 2),
            "person": np.tile(t["assignee"], 2),
            "in_contract": np.tile(t["in_contract"], 2),
        }
    )
    entries = entries[(entries["at"] < NEVER) & np.tile(t["sent_in"] == "", 2)].sort_values(
        ["at", "row"], kind="stable"
    )
    entries["entry_id"] = np.char.mod("TE-%06d", np.arange(1, len(entries) + 1)).astype(object)
    return entries


def _latest(events: pd.DataFrame, field: str, until: int) -> pd.Series:
    """The last value of a field before an instant, by row."""
    known = events[(events["field"] == field) & (events["at"] < until)]
    return known.drop_duplicates("row", keep="last").set_index("row")["to"].astype("str")


def _state(life: Life, month: Span) -> pd.DataFrame:
    """Tickets opened, changed or still open in the month, as they stood at its end."""
    t, events, entries = life.tickets, life.events, life.entries
    status = _latest(events, "status", month.end).reindex(t.index)
    touched = events.loc[events["at"].between(month.start, month.end - 1), "row"].unique()
    still_open = ~status.isin(["closed", "cancelled", "merged", "resolved"])
    listed = status.notna() & (still_open | t.index.isin(touched) | (t["sent_in"] == month.label))
    priority = _latest(events, "priority", month.end).reindex(t.index).fillna(t["first_priority"])
    before = events[events["at"] < month.end]
    handed = before[before["field"] == "assignee"].groupby("row").size().reindex(t.index).fillna(0)
    reopens = before[_reopens(before)].groupby("row").size()
    hours = entries[entries["at"] < month.end].groupby("row")["hours"].sum()
    solved = status.isin(["resolved", "closed"])
    again = t["solved_again"] < month.end
    resolved = np.where(solved, np.where(again, t["solved_again"], t["solved"]), NEVER)
    resolved = np.where(solved & (t["edited_at"] < month.end), t["edited_to"], resolved)
    closed = np.where(
        status == "closed",
        np.where(t["closed"] < month.end, t["closed"], t["solved"] + CLOSED_AFTER_S),
        NEVER,
    )
    frame = pd.DataFrame(
        {
            "ticket_id": t["ticket_id"],
            "opened_at": zulu(t["opened"]),
            "requester": _addresses(t),
            "title": t["title"],
            "kind": t["category"].map({name: kind for name, (kind, _) in CATEGORIES.items()}),
            "category": t["category"],
            "asset": t["asset"],
            "service": t["category"].map(_SERVICE).fillna(""),
            "priority": priority,
            "status": status,
            "first_response_at": zulu(np.where(t["responded"] < month.end, t["responded"], NEVER)),
            "resolved_at": zulu(resolved),
            "closed_at": zulu(closed),
            "assignee": _latest(events, "assignee", month.end).reindex(t.index).fillna(t["assignee"]),
            "hours": hours.reindex(t.index).fillna(0.0),
            "in_contract": np.where(t["in_contract"], "true", "false"),
            "reassignments": (handed - 1).clip(lower=0).astype(int),
            "reopens": reopens.reindex(t.index).fillna(0).astype(int),
            "provider_met": np.where(solved, np.where(t["provider_met"], "true", "false"), ""),
        }
    )
    return frame[listed]


def _events_of(life: Life, month: Span) -> pd.DataFrame:
    """The month's rows of the audit log."""
    t, events = life.tickets, life.events
    came_late = events["row"].isin(t.index[t["sent_in"] == month.label]) & (events["at"] < month.end)
    rows = events[events["seen"] & (events["at"].between(month.start, month.end - 1) | came_late)]
    rows = rows.sort_values(["at", "row", "order"], kind="stable")
    frame = pd.DataFrame({"ticket_id": t["ticket_id"].loc[rows["row"]].to_numpy(), "at": zulu(rows["at"])})
    names = ["field", "from", "to", "actor", "actor_kind", "public"]
    return frame.assign(**{name: rows[name].to_numpy() for name in names})


def _entries_of(entries: pd.DataFrame, month: Span) -> pd.DataFrame:
    """The month's bookings; the tool writes decimal commas."""
    rows = entries[entries["at"].between(month.start, month.end - 1)]
    return pd.DataFrame(
        {
            "entry_id": rows["entry_id"],
            "worked_on": days(rows["at"]),
            "hours": [f"{hours:.2f}".replace(".", ",") for hours in rows["hours"]],
            "ticket_id": rows["ticket_id"],
            "project_id": "",
            "person": rows["person"],
            "billable": np.where(rows["in_contract"], "false", "true"),
            "in_contract": np.where(rows["in_contract"], "true", "false"),
            "entered_at": zulu(rows["at"]),
        }
    )


# ---------------------------------------------------------------- what the pages must say


def _solves(events: pd.DataFrame) -> pd.Series:
    return (events["field"] == "status") & (events["to"] == "resolved")


def _reopens(events: pd.DataFrame) -> pd.Series:
    back = events["from"].isin(["resolved", "closed"]) & (events["to"] == "open")
    return back & (events["field"] == "status")


def _expect(life: Life, month: Span, reach: int, truth: Truth) -> None:
    """The month's exact figures from the lives of the tickets."""
    t, events, entries = life.tickets, life.events, life.entries
    ids = t["ticket_id"]
    within = events["at"].between(month.start, month.end - 1)
    opened = t["opened"].between(month.start, month.end - 1)
    booked = entries[entries["at"].between(month.start, month.end - 1)]
    hours = booked.groupby("row")["hours"].sum().reindex(t.index).fillna(0.0)
    billed = booked[~booked["in_contract"].astype(bool)].groupby("row")["hours"].sum()
    stays = {
        edge: ~_latest(events, "status", at).reindex(t.index).isin(_GONE) & (t["opened"] < at)
        for edge, at in (("start", month.start), ("end", month.end))
    }
    # A ticket without a log cannot be seen to come back, so its solve is never followed up.
    solves = events[_solves(events) & events["seen"] & (events["at"] + 14 * DAY_S <= reach)]
    solves = solves[solves["at"].between(month.start, month.end - 1)]
    back = t["reopened"].loc[solves["row"]].to_numpy() - solves["at"].to_numpy()
    repeats = sum(1 for label, fault, _, _ in life.planted if label == month.label and fault == "repeat")
    truth.plant(
        month.label,
        "tickets",
        "none",
        subject="",
        opened=int(opened.sum()),
        solved=int((within & _solves(events)).sum()),
        reopened=int((within & _reopens(events)).sum()),
        removed=int(t["removed"].between(month.start, month.end - 1).sum()),
        open_at_start=int(stays["start"].sum()),
        open_at_end=int(stays["end"].sum()),
        hours=float(hours.sum()),
        matured_solves=len(solves),
        reopened_solves=int(((back > 0) & (back <= 14 * DAY_S)).sum()),
        repeats=repeats,
        repeat_ratio=repeats / int(opened.sum()),
    )
    clocks = _clocks(life, month)
    for priority in PRIORITIES:
        of = clocks[(t["first_priority"] == priority).to_numpy()]
        figures = {
            f"{clock}_{result}": int((of[clock] == result).sum())
            for clock in ("response", "resolution")
            for result in ("met", "breached")
        }
        done = of.loc[of["stop"].between(month.start, month.end - 1), "minutes"]
        mine = t["first_priority"] == priority
        truth.plant(
            month.label,
            "tickets",
            "none",
            subject=priority,
            opened=int((opened & mine).sum()),
            hours=float(hours[mine].sum()),
            durations_n=len(done),
            resolution_median_min=float(done.median()),
            **figures,
        )
        for clock in ("response", "resolution"):
            missed = ids[clocks.index[(clocks[clock] == "breached") & mine.to_numpy()]]
            if len(missed) and PRIORITIES[priority][3] is not None:
                met, breached = figures[f"{clock}_met"], figures[f"{clock}_breached"]
                ratio, target = met / (met + breached), PRIORITIES[priority][3]
                verdict = "met" if ratio >= target else "missed"
                truth.plant(
                    month.label,
                    "tickets",
                    f"{clock}_missed",
                    subject=priority,
                    ids=list(missed),
                    attainment_ratio=ratio,
                    target_ratio=target,
                    verdict=verdict,
                )
    told = t["provider_met"].to_numpy(bool) & t["solved"].lt(month.end).to_numpy()
    wrong = ids[clocks.index[(clocks["resolution"] == "breached") & told]]
    if len(wrong):
        truth.plant(month.label, "evidence", "flagged_in_time", ids=list(wrong))
    if (clocks["target"].isna() & opened).any():
        truth.plant(
            month.label, "tickets", "no_target", subject="P5", ids=list(ids[clocks["target"].isna() & opened])
        )
    old = ids[stays["end"] & (month.end - t["opened"] > 90 * DAY_S)]
    if len(old):
        truth.plant(month.label, "tickets", "open_over_90_days", ids=list(old))
    parked = ids[stays["end"] & (t["tag"] == "parked")]
    if len(parked):
        truth.plant(month.label, "tickets", "parked", ids=list(parked), status="waiting_on_customer")
    seen = events[events["seen"] & (events["at"] < month.end)].groupby("row")["at"].max()
    quiet = month.end - seen.reindex(t.index).fillna(t["opened"])
    stuck = ids[stays["end"] & (quiet >= 7 * DAY_S)]
    if len(stuck):
        truth.plant(month.label, "daily", "stuck", ids=list(stuck))
    _expect_requests(life, opened, hours, billed.reindex(t.index).fillna(0.0), month, truth)


_GONE = ["resolved", "closed", "cancelled", "merged"]


def _clocks(life: Life, month: Span) -> pd.DataFrame:
    """For each ticket what its two clocks came to in this month: met, breached or nothing."""
    t, end = life.tickets, month.end
    targets = np.array([PRIORITIES[p][1:4] for p in t["first_priority"]], dtype=float)
    agreed, removed = ~np.isnan(targets[:, 2]), t["removed"].to_numpy()
    real = (t["first_priority"] == "P1").to_numpy()
    opened = t["opened"].to_numpy()

    def due(minutes: np.ndarray) -> np.ndarray:
        return np.where(real, opened + 60 * minutes.astype(np.int64), life.office.after(opened, minutes))

    void = (t["reopened"] < end) & (t["solved_again"] >= end)
    stop = np.where(t["solved_again"] < end, t["solved_again"], np.where(void, NEVER, t["solved"]))
    parked = (t["paused_from"] < NEVER) & (t["paused_to"] == NEVER)
    deadline = np.where(parked, NEVER, due(targets[:, 1] + t["pause"].to_numpy()))
    answered = np.minimum(t["responded"], t["solved"]).to_numpy()
    clocks = pd.DataFrame({"target": targets[:, 2], "stop": stop}, index=t.index)
    for name, at, until in (("response", answered, due(targets[:, 0])), ("resolution", stop, deadline)):
        decided = np.minimum(at, until)
        kept = (removed >= end) | (
            (until < at) & (until < removed)
        )  # what is cancelled later keeps its breach
        counts = agreed & kept & (decided >= month.start) & (decided < end)
        clocks[name] = np.where(counts, np.where(at <= until, "met", "breached"), "")
    clock_minutes = (stop - opened) / 60
    clocks["minutes"] = np.where(t["first_priority"] == "P5", clock_minutes, t["work"])
    return clocks


def _expect_requests(
    life: Life, opened: pd.Series, hours: pd.Series, billed: pd.Series, month: Span, truth: Truth
) -> None:
    """Who opened the month's tickets, and what for; only hours beside the fee are billed."""
    t = life.tickets
    known = t["requester"] >= 0
    may = authorised()[t["requester"]] & known
    planted = {
        fault: {
            row
            for label, name, rows, _ in life.planted
            if label == month.label and name == fault
            for row in rows
        }
        for fault in ("duplicate", "asks_how")
    }
    row = t["row"].to_numpy()
    kinds = {
        "authorised": may,
        "unauthorised": known & ~may,
        "unknown": ~known,
        "duplicate": np.isin(row, list(planted["duplicate"])),
        "training": (t["category"] == "how-to") | np.isin(row, list(planted["asks_how"])),
    }
    for kind, chosen in kinds.items():
        mine = opened & chosen
        spent = float(hours[mine].sum())
        listed = (
            {"ids": list(t.loc[mine, "ticket_id"])} if kind in ("unknown", "duplicate", "training") else {}
        )
        truth.plant(
            month.label,
            "requests",
            kind,
            tickets=int(mine.sum()),
            hours=spent,
            cost=float(billed[mine].sum()) * HOURLY_RATE,
            **listed,
        )


#: Where a planted fault is to be found; the rest are on the tickets page.
_PAGE = {
    "duplicate": "requests",
    "asks_how": "requests",
    "bounced": "daily",
    "priority_lowered": "evidence",
    "priority_raised": "evidence",
    "resolution_time_edited": "evidence",
    "bunched": "evidence",
    "logged_before": "evidence",
    "sent_late": "evidence",
}


def _expect_planted(t: pd.DataFrame, planted: list[Planted], truth: Truth) -> None:
    """The planted rows under their numbers."""
    number = t.set_index("row")["ticket_id"]
    for label, fault, rows, expected in planted:
        if fault in ("resolution_missed", "response_missed", "parked", "stale"):
            continue  # counted in `_expect`, with everything else that is late or old
        if "earlier" in expected:
            expected = expected | {"earlier": number[expected["earlier"]]}
        truth.plant(label, _PAGE.get(fault, "tickets"), fault, ids=list(number[rows]), **expected)


def _tamper(exports: dict[str, dict[str, pd.DataFrame]], t: pd.DataFrame, truth: Truth) -> None:
    """What somebody did to the golden month's ticket file: a row gone, one rewritten, some that cannot be read."""
    tickets = exports["tickets"]
    frame = tickets[GOLDEN]
    waiting = t[(t["tag"] == "parked") & (t["month"] == "2026-08")]
    if len(waiting):
        gone = waiting["ticket_id"].iloc[0]
        frame = frame[frame["ticket_id"] != gone]
        truth.plant(GOLDEN, "evidence", "vanished", ids=[gone], was="waiting_on_customer")
    plain = t[(t["month"] == "2026-09") & (t["tag"] == "") & (t["priority"] == "P3") & (t["work"] > 240)]
    plain = plain[(plain["closed"] < instant("2026-09-27")) & (plain["pause"] == 0) & ~plain["quiet"]]
    if "2026-09" in tickets and len(plain):
        ticket = plain["ticket_id"].iloc[0]
        row = tickets["2026-09"].query("ticket_id == @ticket").copy()
        before = row["resolved_at"].iloc[0]
        row["resolved_at"] = zulu(plain["solved"].to_numpy()[:1] - 3600)
        frame = pd.concat([frame, row])
        truth.plant(
            GOLDEN,
            "evidence",
            "rewritten",
            ids=[ticket],
            field="resolved_at",
            before=before,
            after=row["resolved_at"].iloc[0],
        )
    last = int(t.loc[t["month"] == GOLDEN, "ticket_id"].iloc[-1].removeprefix("HF-"))
    numbers = np.sort(t.loc[t["month"] == GOLDEN, "ticket_id"].str.removeprefix("HF-").astype(int))
    gap = int(numbers[np.argmax(np.diff(numbers))])
    missing = [f"HF-{gap + 1 + step:05d}" for step in range(NUMBERS_LEFT_OUT)]
    truth.plant(GOLDEN, "evidence", "numbers_missing", ids=missing)

    bad = pd.concat([frame.iloc[[20]]] * UNREADABLE, ignore_index=True)
    bad["ticket_id"] = [f"HF-{last + 1 + step:05d}" for step in range(UNREADABLE)]
    bad["title"] = [f"Row that cannot be read, number {word}" for word in ("one", "two", "three")]
    bad.loc[0, "opened_at"] = "2026-13-45T09:00:00Z"
    bad.loc[1, "status"] = "limbo"
    bad.loc[2, ["opened_at", "first_response_at", "resolved_at"]] = [
        "2026-10-20T09:00:00Z",
        "",
        "2026-10-19T09:00:00Z",
    ]
    whole = pd.concat([frame, bad, frame.iloc[[30]]], ignore_index=True)
    lines = range(len(whole) - UNREADABLE + 1, len(whole) + 2)
    for line, (column, reason) in zip(lines, _UNREADABLE, strict=False):
        truth.plant(
            GOLDEN,
            "data",
            "rejected",
            table="tickets",
            file="tickets.csv",
            line=line,
            column=column,
            reason=reason,
            ids=[whole["ticket_id"].iloc[line - 2]],
        )
    exports["tickets"][GOLDEN] = whole


_UNREADABLE = (
    ("opened_at", "not a time"),
    ("status", "unknown value"),
    ("resolved_at", "before opened_at"),
    ("", "duplicate"),
)
