"""Rules 13-15: responses, targets, pauses and when a clock is decided, by hand and against a slow oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import Phase, given
from ticket_cases import (
    END,
    MINUTES,
    OPENS,
    ORIGIN,
    SOLVED,
    START,
    WED,
    check,
    contract,
    desk,
    desks,
    frames,
    instant,
    one,
    readings,
    row_of,
    said,
)

from msp_report.metrics import tickets
from msp_report.metrics.tickets import clocks

# ---------------------------------------------------------------- rule 13: first response, target, priority


@pytest.mark.parametrize(
    ("ticket", "events", "minutes", "met"),
    [
        pytest.param(
            WED | {"first_response_at": "04-01 10:01"},
            [("04-01 10:30", "resolved")],
            1,
            True,
            id="ticket by ticket and field by field: status events leave first_response_at alone",
        ),
        pytest.param(WED, [said("04-01 10:05", "client")], None, False, id="no answer, due passed: breached"),
        pytest.param(
            WED | {"first_response_at": "05-01 00:00"}, [], None, False, id="an answer at the cut-off is none"
        ),
        pytest.param(
            {"opened_at": "04-30 23:50"},
            [said("04-30 23:55", "client")],
            None,
            None,
            id="due after the cut-off: undecided",
        ),
    ],
)
def test_first_response(ticket, events, minutes, met):
    check(one(ticket, *events), {"response_min": minutes, "response_met": met})


def test_a_priority_without_a_response_target_breaches_none_by_its_silence():
    frame = clocks(
        desk(WED | {"first_response_at": "04-01 10:05"}, WED | {"priority": "P3"}), None, contract(), END
    )
    assert list(frame["response_met"].isna()) == [False, True]


def test_of_several_changes_of_priority_the_first_says_what_held_at_the_start():
    changed = ("04-01 11:00", "priority", "P3", {"from": "P2"}), ("04-01 12:00", "priority", "P1")
    check(one(WED, *changed), {"resolution_target_min": 480, "priority_now": "P1"})


def test_targets_and_calendars_are_those_in_force_when_the_clock_started():
    terms = contract(
        timezone="Europe/London",
        amendments=[
            {
                "effective_on": "2026-04-10",
                "set": {
                    "tickets.priorities.P1.resolution_min": 60,
                    "tickets.priorities.P2.calendar": "always",
                },
            }
        ],
    )
    frame = desk(
        {"opened_at": "04-09 22:59"},  # 23:59 in London
        {"opened_at": "04-09 23:00"},  # midnight there
        {"opened_at": "04-12 10:00", "priority": "P2", "resolved_at": "04-12 11:00"},  # a Sunday
    )
    found = clocks(frame, None, terms, END)
    assert list(found["resolution_target_min"]) == [240, 60, 480]
    assert list(found["calendar"]) == ["always", "always", "always"]
    assert found["resolution_min"][2] == 60


# ---------------------------------------------------------------- rules 14 and 15: pauses, and when a clock is decided


@pytest.mark.parametrize(
    ("ticket", "events", "expected"),
    [
        pytest.param(
            {"opened_at": "04-04 12:00", "priority": "P2", "resolved_at": "04-05 12:00"},
            [],
            {"resolution_min": 0, "resolution_met": True, "resolution_due_at": "04-06 17:00"},
            id="opened and solved while closed",
        ),
        pytest.param(
            WED,
            [("04-01 15:00", "waiting_on_customer"), ("04-01 18:00", "open"), ("04-01 18:30", "resolved")],
            {
                "paused_min": 180,
                "resolution_min": 330,
                "resolution_due_at": "04-01 14:00",
                "resolution_met": False,
            },
            id="a pause after the clock ran out comes too late",
        ),
        pytest.param(
            WED,
            [
                ("04-01 10:00", "resolved"),
                ("04-01 10:00", "waiting_on_customer"),
                ("04-01 11:45", "cancelled"),
                ("04-01 11:45", "resolved"),
            ],
            {"paused_min": 105, "resolution_min": 0, "solved_at": "04-01 11:45", "resolution_met": True},
            id="cancelled and then called solved: solved when it was cancelled, not at a solve undone before",
        ),
    ],
)
def test_pauses_and_decisions(ticket, events, expected):
    check(one(ticket, *events), expected)


def test_a_solve_undone_as_the_month_ends_still_stood_in_it():
    row = one({"opened_at": "03-31 10:00"}, ("03-31 11:00", "resolved"), ("04-01 00:00", "open"))
    check(row, {"resolution_met": True, "decided_on": "03-31"})


def test_elapsed_time_is_real_over_a_change_of_the_clocks():
    """Open around the clock on 29 March 2026 in London, a day of 23 hours."""
    terms = contract(timezone="Europe/London")
    row = one({"opened_at": "03-29 00:00", "resolved_at": "03-29 23:00"}, terms=terms)
    assert row["resolution_min"] == 23 * 60
    office = terms | {"calendars": {"office": {"hours": {"sun": ["00:00-03:00"]}}}}
    row = one({"opened_at": "03-28 20:00", "priority": "P2", "resolved_at": "03-29 10:00"}, terms=office)
    assert row["resolution_min"] == 120  # 00:00 to 03:00 with 01:00 to 02:00 missing


# ---------------------------------------------------------------- a slow oracle, minute by minute

MONTHS = [1440 * day for day in (31, 61, 92)]  # the ends of March, April and May after ORIGIN
CUT = MONTHS[1]
_STAMPS = pd.date_range(ORIGIN, periods=MINUTES, freq="min")
_OFFICE = np.asarray((_STAMPS.dayofweek < 5) & (_STAMPS.hour >= 9) & (_STAMPS.hour < 17))
OPEN_MINUTES = {"P1": np.ones(MINUTES, bool), "P2": _OFFICE, "P3": _OFFICE, "P9": np.ones(MINUTES, bool)}
TARGETS = {"P1": (15, 240), "P2": (60, 480), "P3": (None, 960), "P9": (None, None)}


def oracle(ticket: dict[str, Any], steps: list[tuple], heard: bool) -> dict[str, Any] | None:
    """One ticket's clocks the long way: its state in every minute, the clock counted up minute by minute."""
    opened = ticket["opened"]
    steps = sorted((s for s in steps if s["at"] < CUT), key=lambda s: s["at"])  # stable
    priority = [s for s in steps if s["field"] == "priority"]
    first = (priority[0]["from"] or priority[0]["to"]) if priority else ticket["priority"]
    path = [s for s in steps if s["field"] == "status"]
    state, solves, gone = (path[0]["from"] or "new") if path else "open", [], None
    states = [state] * (CUT - opened)
    for step in path:
        if state in OPENS and step["to"] in SOLVED:
            solves.append([step["at"], None])
        if state not in OPENS and step["to"] in OPENS and solves:
            solves[-1][1] = solves[-1][1] or step["at"]
        if state in OPENS:
            gone = step["at"] if step["to"] in ("cancelled", "merged") else None
        state = step["to"]
        states[step["at"] - opened :] = [state] * (CUT - step["at"])
    if state in SOLVED and gone is not None:  # taken away, then called solved: solved when it was taken away
        solves.append([gone, None])
    if not path and ticket["resolved"] is not None and ticket["resolved"] < CUT:
        solves, state = [[ticket["resolved"], None]], "resolved"
    if state in ("cancelled", "merged"):
        return None

    working = OPEN_MINUTES[first]
    paused = [path != [] and s == "waiting_on_customer" for s in states]
    response_target, resolution_target = TARGETS[first]

    def due(target: int | None, stopping: bool) -> int | None:
        if target is None:
            return None
        used, minute = 0, opened
        while used < target and minute < CUT:
            used += working[minute] and not (stopping and paused[minute - opened])
            minute += 1
        return minute if used == target else CUT  # at or after the cut-off: all the same to this month

    def decide(stop: int | None, limit: int | None) -> tuple[bool | None, int | None]:
        if limit is None or min(CUT if stop is None else stop, limit) >= CUT:
            return None, None
        return (True, stop) if stop is not None and stop <= limit else (False, limit)

    def spent(stop: int) -> int:
        return int(working[opened:stop].sum())

    stands = [
        at for at, back in solves if back is None or back >= next(month for month in MONTHS if month > at)
    ]
    last = solves[-1][0] if solves and state in SOLVED else None
    answers = [s["at"] for s in steps if s["field"] == "comment" and s["kind"] == "provider"]
    stops = ([answers[0]] if answers else []) + ([solves[0][0]] if solves else [])
    response = min(stops) if stops and heard else None
    until = CUT if last is None else last
    pauses = sum(working[opened + i] and paused[i] for i in range(until - opened))
    response_met, response_at = decide(response, due(response_target, False) if heard else None)
    met, decided_at = decide(stands[0] if stands else None, due(resolution_target, True))
    return {
        "priority": first,
        "response_min": None if response is None else spent(response),
        "response_met": response_met,
        "response_decided_at": response_at,
        "paused_min": pauses,
        "resolution_min": None if last is None else spent(last) - pauses,
        "resolution_without_pause_min": None if last is None else spent(last),
        "resolution_met": met,
        "resolution_decided_at": decided_at,
        "solves": solves,
        "opened": opened,
        "state": state,
    }


@given(desks())
@examples(20, phases=[Phase.explicit, Phase.generate])
def test_the_clocks_agree_with_the_oracle(made_logs):
    made, logs = made_logs
    # as exported at the cut-off; what is edited later has a property of its own in test_history
    logs = [[step for step in steps if step["at"] < CUT] for steps in logs]
    early = [step for steps in logs for step in steps if step["at"] < CUT]
    known = {row["ticket_id"] for row in made if row["opened"] < CUT}
    heard = any(step["field"] == "comment" and step["ticket_id"] in known for step in early)
    frame, events = frames(made, logs)
    found = clocks(frame, events, contract(), END).set_index("ticket_id")
    expected = {
        row["ticket_id"]: oracle(row, steps, heard)
        for row, steps in zip(made, logs, strict=True)
        if row["opened"] < CUT
    }
    expected = {name: row for name, row in expected.items() if row is not None}
    # a ticket cancelled or merged is there only with clocks that had run out before (rule 15)
    ended = found[~found.index.isin(expected)]
    assert set(expected) <= set(found.index)
    assert not ended[["response_met", "resolution_met"]].fillna(False).any(axis=None)
    for name, row in expected.items():
        for column in (
            "priority",
            "response_min",
            "response_met",
            "paused_min",
            "resolution_min",
            "resolution_without_pause_min",
            "resolution_met",
        ):
            value = found.at[name, column]
            assert (pd.isna(value) and row[column] is None) or value == row[column], (name, column)
        for column in ("response_decided_at", "resolution_decided_at"):
            value = found.at[name, column]
            assert (pd.isna(value) and row[column] is None) or value == instant(row[column]), (name, column)

    # The month's attainment and the contract's own reading are these rows, counted.
    table = tickets.attainment(found.reset_index(), contract(), START, END)
    inside = [r for r in expected.values() if (r["resolution_decided_at"] or 0) >= MONTHS[0]]
    counted = row_of(table, clock="resolution", priority="")
    assert counted["met"] == sum(r["resolution_met"] for r in inside)
    kept = int((ended["resolution_decided_at"] >= instant(MONTHS[0])).sum())
    assert counted["breached"] == sum(not r["resolution_met"] for r in inside) + kept
    own = readings(frame, events, contract()).query("own")
    keys = ["clock", "priority"]
    shared = ["met", "breached", "undecided", "attainment_ratio", "verdict"]
    both = own.merge(table, on=keys, suffixes=("", "_table"))
    for column in shared:
        pd.testing.assert_series_equal(both[column], both[f"{column}_table"], check_names=False)
