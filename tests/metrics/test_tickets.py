"""Rules 0 and 11-18: every sentence by a case worked by hand, the whole by a slow oracle, minute by minute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msp_report.metrics import tickets
from msp_report.metrics.tickets import Course, analyse, clocks, figures, history_of
from msp_report.metrics.tickets.levels import READINGS
from msp_report.model.tables import TABLES

# 2026-04-01 is a Wednesday, so 3 April a Friday and 6 April a Monday. All in UTC unless a case says otherwise.
START, END = pd.Timestamp("2026-04-01", tz="UTC"), pd.Timestamp("2026-05-01", tz="UTC")
OFFICE = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
P1 = {"response_min": 15, "resolution_min": 240, "attainment_ratio": 0.95, "clause": "5.2"}
P2 = {"calendar": "office", "response_min": 60, "resolution_min": 480, "attainment_ratio": 0.8}
P3 = {"calendar": "office", "resolution_min": 960}


def contract(**changes: Any) -> dict[str, Any]:
    """P1 round the clock, P2 one working day with a share agreed, P3 two working days without."""
    terms = {"priorities": {"P1": P1, "P2": P2, "P3": P3}} | changes.pop("tickets", {})
    client = {"name": "Acme", "timezone": changes.pop("timezone", "UTC")}
    return {"client": client, "calendars": {"office": {"hours": OFFICE}}, "tickets": terms, **changes}


def at(text: str | None) -> pd.Timestamp:
    """ "04-01 10:00" is in 2026."""
    return pd.NaT if text is None else pd.Timestamp(f"2026-{text}", tz="UTC")


def desk(*rows: dict[str, Any]) -> pd.DataFrame:
    """Tickets; T1, T2, … and P1 unless said otherwise, times as `at` reads them."""
    full = [{"ticket_id": f"T{i}", "priority": "P1", "status": "open"} | row for i, row in enumerate(rows, 1)]
    frame = pd.DataFrame(full)
    for name in frame.columns[frame.columns.str.endswith("_at")]:
        frame[name] = pd.DatetimeIndex(
            [at(v) if isinstance(v, str) else pd.NaT for v in frame[name]], tz="UTC"
        )
    return frame


def log(*rows: tuple, ticket: str = "T1") -> pd.DataFrame:
    """Events: (at, status), (at, field, to) or (at, field, to, {other columns}), of T1 unless these name it."""
    full = []
    for when, *rest in rows:
        field, to = (rest[0], rest[1]) if len(rest) > 1 else ("status", rest[0])
        more = rest[2] if len(rest) > 2 else {}
        full.append({"ticket_id": ticket, "at": at(when), "field": field, "to": to} | more)
    return pd.DataFrame(full)


def said(when: str, kind: str | None = "provider", public: bool | None = True) -> tuple:
    """A comment."""
    return when, "comment", "text", {"actor_kind": kind, "public": public}


def one(
    ticket: dict[str, Any], *events: tuple, terms: dict | None = None, cutoff: Any = END
) -> dict[str, Any]:
    """The clocks of a single ticket."""
    frame = clocks(desk(ticket), log(*events) if events else None, terms or contract(), cutoff)
    assert len(frame) == 1
    return frame.iloc[0].to_dict()


def check(row: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, value in expected.items():
        found = row[name]
        if value is None:
            assert pd.isna(found), f"{name} is {found}, not missing"
        elif name.endswith("_on"):
            assert f"{found:%m-%d}" == value, name
        elif name.endswith("_at"):
            assert found == at(value), name
        else:
            assert found == value, name


# ---------------------------------------------------------------- rules 12 and 0: when a ticket is solved

WED = {"opened_at": "04-01 10:00"}  # P1: response due 10:15, resolution due 14:00


@pytest.mark.parametrize(
    ("ticket", "events", "expected"),
    [
        pytest.param(
            WED | {"resolved_at": "04-01 12:00", "closed_at": "04-05 12:00"},
            [],
            {
                "resolution_min": 120,
                "resolution_met": True,
                "decided_on": "04-01",
                "solved_at": "04-01 12:00",
            },
            id="without events: resolved_at",
        ),
        pytest.param(
            WED | {"closed_at": "04-01 13:00"}, [], {"resolution_min": 180}, id="without either: closed_at"
        ),
        pytest.param(
            WED | {"resolved_at": "04-01 12:00", "status": "open"},
            [],
            {"resolution_min": 120},
            id="the status column of an export does not undo a time",
        ),
        pytest.param(
            {"opened_at": "04-30 23:00", "resolved_at": "05-01 00:00"},
            [],
            {"resolution_min": None, "resolution_met": None, "decided_on": None, "resolution_used_min": 60},
            id="resolved at the cut-off is open",
        ),
        pytest.param(
            {"opened_at": "04-30 23:00"},
            [("05-01 00:00", "resolved")],
            {"resolution_min": None, "resolution_met": None, "status": "open"},
            id="events at the cut-off do not exist",
        ),
        pytest.param(
            WED | {"resolved_at": "04-01 11:00"},
            [("04-01 16:00", "resolved")],
            {"resolution_min": 360, "resolution_met": False, "decided_on": "04-01"},
            id="events outrank resolved_at",
        ),
        pytest.param(
            WED | {"resolved_at": "04-01 11:00"},
            [("04-01 10:30", "open")],
            {"resolution_min": None, "resolution_met": False, "resolution_decided_at": "04-01 14:00"},
            id="a log without a solve outranks resolved_at",
        ),
        pytest.param(
            WED | {"resolved_at": "04-01 11:00"},
            [("04-01 10:30", "assignee", "amy")],
            {"resolution_min": 60},
            id="field by field: other events leave resolved_at alone",
        ),
        pytest.param(
            WED | {"resolved_at": "04-01 11:00"},
            [("04-01 15:00", "resolved_at", "2026-04-01T13:00:00+00:00")],
            {"resolution_min": 180},
            id="field by field: a changed resolved_at is what it was set to",
        ),
        pytest.param(
            WED | {"resolved_at": "04-01 11:00"},
            [("04-02 15:00", "resolved_at", None)],
            {"resolution_min": None},
            id="field by field: a resolved_at that was cleared is none",
        ),
        pytest.param(
            WED,
            [("04-01 11:00", "resolved"), ("04-05 10:00", "closed")],
            {"resolution_min": 60, "solved_at": "04-01 11:00", "status": "closed"},
            id="resolved to closed is no new solve",
        ),
        pytest.param(
            WED,
            [("04-01 11:00", "closed")],
            {"resolution_min": 60},
            id="a step to closed is a solve",
        ),
        pytest.param(
            WED,
            [("04-01 11:00", "resolved"), ("04-01 12:00", "open"), ("04-01 13:00", "resolved")],
            {"resolution_min": 180, "paused_min": 0, "resolution_met": True, "decided_on": "04-01"},
            id="the last solve counts, and the time between solve and reopening",
        ),
        pytest.param(
            WED,
            [("04-01 11:00", "resolved"), ("04-01 12:00", "open"), ("04-02 13:00", "resolved")],
            {"resolution_min": 1620, "resolution_met": False, "resolution_decided_at": "04-01 14:00"},
            id="a solve in time that was undone does not save the last one",
        ),
        pytest.param(
            WED,
            [("04-01 11:00", "resolved"), ("04-20 12:00", "open")],
            {"resolution_min": None, "resolution_met": False, "resolution_decided_at": "04-01 14:00"},
            id="a solve is void while the ticket is open again",
        ),
        pytest.param(
            WED,
            [("04-01 11:00", "open"), ("04-01 11:00", "resolved")],
            {"resolution_min": 60},
            id="equal times keep the file's order: solved",
        ),
        pytest.param(
            WED,
            [("04-01 11:00", "resolved"), ("04-01 11:00", "open")],
            {"resolution_min": None},
            id="equal times keep the file's order: open",
        ),
        pytest.param(
            WED,
            [("03-31 09:00", "new"), ("04-01 09:00", "resolved")],
            {"resolution_min": 0, "resolution_met": True},
            id="what is logged before the opening counts at the opening",
        ),
        pytest.param(
            WED | {"resolved_at": "04-01 12:00"},
            [("04-08 12:00", "status", "closed", {"from": "resolved"})],
            {"resolution_min": 120, "resolution_met": True},
            id="a log that begins after the solve: the ticket's own time dates it",
        ),
        pytest.param(
            WED,
            [("04-01 13:00", "status", "closed", {"from": "resolved"})],
            {"resolution_min": 180},
            id="a log that begins after an undated solve: its first event does",
        ),
    ],
)
def test_when_a_ticket_is_solved(ticket, events, expected):
    check(one(ticket, *events), expected)


def test_only_tickets_opened_before_the_cutoff_have_clocks():
    frame = clocks(desk({"opened_at": "05-01 00:00"}, {"opened_at": "04-30 23:59"}), None, contract(), END)
    assert list(frame["ticket_id"]) == ["T2"]


@pytest.mark.parametrize(
    ("ticket", "events", "there"),
    [
        (WED | {"status": "cancelled"}, [], False),
        (WED | {"status": "merged", "closed_at": "04-02 10:00"}, [], False),
        (WED | {"status": "cancelled", "closed_at": "05-02 10:00"}, [], True),  # later facts do not exist
        (WED, [("04-01 11:00", "merged")], False),
        (WED, [("04-01 11:00", "resolved"), ("04-02 11:00", "cancelled")], False),
        (WED, [("04-01 11:00", "cancelled"), ("04-02 11:00", "open")], True),
        (WED | {"status": "cancelled"}, [("04-01 11:00", "open")], True),  # events outrank the export's state
        (WED, [("05-01 11:00", "cancelled")], True),
    ],
)
def test_cancelled_and_merged_tickets_have_no_clocks(ticket, events, there):
    frame = clocks(desk(ticket), log(*events) if events else None, contract(), END)
    assert (len(frame) == 1) is there


def test_a_ticket_called_solved_without_a_time_stays_open_and_is_listed():
    frame = desk(WED | {"status": "closed"}, WED | {"status": "closed", "closed_at": "04-02 10:00"}, WED)
    history = history_of(frame, None, contract(), END)
    assert list(history.undated["ticket_id"]) == ["T1"]
    assert list(history.tickets["is_open"]) == [True, False, True]


# ---------------------------------------------------------------- rule 13: first response, target, priority


@pytest.mark.parametrize(
    ("ticket", "events", "minutes", "met"),
    [
        pytest.param(WED, [said("04-01 10:10"), said("04-01 10:20")], 10, True, id="first public comment"),
        pytest.param(WED, [said("04-01 10:15")], 15, True, id="on the due instant is in time"),
        pytest.param(WED, [said("04-01 10:16")], 16, False, id="after it is late"),
        pytest.param(
            WED,
            [said("04-01 10:05", public=False), said("04-01 10:20")],
            20,
            False,
            id="an inside note is none",
        ),
        pytest.param(
            WED, [said("04-01 10:05", "system"), said("04-01 10:20")], 20, False, id="a machine is no human"
        ),
        pytest.param(
            WED, [said("04-01 10:05", "client"), said("04-01 10:20")], 20, False, id="the client is not"
        ),
        pytest.param(
            WED | {"first_response_at": "04-01 10:01"},
            [said("04-01 10:20")],
            20,
            False,
            id="comments outrank first_response_at",
        ),
        pytest.param(
            WED | {"first_response_at": "04-01 10:01"}, [], 1, True, id="no comments: first_response_at"
        ),
        pytest.param(
            WED | {"first_response_at": "04-01 10:01"},
            [("04-01 10:30", "resolved")],
            1,
            True,
            id="ticket by ticket and field by field: status events leave first_response_at alone",
        ),
        pytest.param(
            WED | {"first_response_at": "04-01 10:05"},
            [said("04-01 10:20", None), said("04-01 10:21", public=None)],
            5,
            True,
            id="comments of unknown side or visibility say nothing",
        ),
        pytest.param(
            WED | {"first_response_at": "04-01 12:00"},
            [("04-01 10:10", "resolved")],
            10,
            True,
            id="a solve stops the response clock",
        ),
        pytest.param(
            WED | {"first_response_at": "04-01 12:00"},
            [("04-01 10:10", "resolved"), ("04-01 10:12", "open")],
            10,
            True,
            id="also a solve that was undone",
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
        pytest.param(WED, [], None, None, id="a source with neither has no response data"),
        pytest.param(
            WED | {"resolved_at": "04-01 10:10"},
            [],
            None,
            None,
            id="then a solve says nothing of the response",
        ),
        pytest.param(
            {"opened_at": "04-03 16:30", "priority": "P2"},
            [said("04-06 09:15")],
            45,
            True,
            id="working minutes: 30 on Friday, 15 on Monday",
        ),
        pytest.param(
            {"opened_at": "04-03 16:30", "priority": "P2"},
            [("04-03 16:31", "waiting_on_customer"), said("04-06 09:45")],
            75,
            False,
            id="pauses do not stop the response clock",
        ),
    ],
)
def test_first_response(ticket, events, minutes, met):
    check(one(ticket, *events), {"response_min": minutes, "response_met": met})


def test_one_ticket_with_response_data_makes_the_silence_of_others_a_breach():
    frame = clocks(
        desk(WED, WED | {"first_response_at": "04-01 10:05"}, WED | {"priority": "P3"}), None, contract(), END
    )
    assert list(frame["response_met"].isna()) == [False, False, True]  # P3 has no response target
    assert list(frame["response_met"][:2]) == [False, True]
    assert frame["response_decided_at"][0] == at("04-01 10:15")


@pytest.mark.parametrize(
    ("events", "target"),
    [
        ([], 240),  # the ticket's own P1
        ([("04-01 11:00", "priority", "P1", {"from": "P2"})], 480),
        ([("04-01 11:00", "priority", "P3", {"from": "P2"}), ("04-01 12:00", "priority", "P1")], 480),
        ([("04-01 10:05", "priority", "P3"), ("04-01 12:00", "priority", "P1")], 960),  # snapshots
        ([("05-01 00:00", "priority", "P1", {"from": "P2"})], 240),  # not before the cut-off
    ],
)
def test_the_target_is_that_of_the_priority_when_the_clock_started(events, target):
    row = one(WED, *events)
    assert row["resolution_target_min"] == target
    assert row["priority_now"] == "P1"


def test_a_priority_that_is_not_agreed_has_no_target_and_runs_round_the_clock():
    row = one(WED | {"priority": "P9", "resolved_at": "04-04 10:00"})
    check(row, {"resolution_min": 3 * 1440, "resolution_target_min": None, "resolution_met": None})
    check(row, {"calendar": None, "decided_on": None, "resolution_due_at": None})


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

DAY = {"opened_at": "04-01 09:00", "priority": "P2"}  # due 17:00 the same day


@pytest.mark.parametrize(
    ("ticket", "events", "expected"),
    [
        pytest.param(
            {"opened_at": "04-03 16:00", "priority": "P2", "resolved_at": "04-06 10:00"},
            [],
            {"resolution_min": 120, "resolution_due_at": "04-06 16:00", "resolution_met": True},
            id="a weekend between: 60 minutes on Friday, 60 on Monday",
        ),
        pytest.param(
            DAY | {"resolved_at": "04-01 17:00"}, [], {"resolution_met": True}, id="on the due instant: met"
        ),
        pytest.param(
            DAY | {"resolved_at": "04-01 20:00"},
            [],
            {"resolution_min": 480, "resolution_met": False, "resolution_decided_at": "04-01 17:00"},
            id="working time that runs out at closing is due at closing",
        ),
        pytest.param(
            {"opened_at": "04-04 12:00", "priority": "P2", "resolved_at": "04-05 12:00"},
            [],
            {"resolution_min": 0, "resolution_met": True, "resolution_due_at": "04-06 17:00"},
            id="opened and solved while closed",
        ),
        pytest.param(
            DAY,
            [("04-01 10:00", "waiting_on_customer"), ("04-01 12:00", "open"), ("04-02 10:00", "resolved")],
            # 480 on Wednesday and 60 on Thursday less 120; due two hours into Thursday
            {
                "resolution_without_pause_min": 540,
                "paused_min": 120,
                "resolution_min": 420,
                "resolution_due_at": "04-02 11:00",
                "resolution_met": True,
                "decided_on": "04-02",
            },
            id="a pause moves the due instant, with and without are both shown",
        ),
        pytest.param(
            DAY,
            [("04-01 16:00", "waiting_on_customer"), ("04-02 10:00", "open"), ("04-02 11:00", "resolved")],
            # paused 16-17 and 9-10, not through the night
            {
                "paused_min": 120,
                "resolution_min": 480,
                "resolution_due_at": "04-02 11:00",
                "resolution_met": True,
            },
            id="pauses are measured inside the calendar",
        ),
        pytest.param(
            DAY,
            [("04-01 17:00", "waiting_on_customer"), ("04-02 09:00", "open"), ("04-02 10:00", "resolved")],
            {"paused_min": 0, "resolution_due_at": "04-01 17:00", "resolution_met": False},
            id="a pause in closed time is none",
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
            [("04-01 14:00", "waiting_on_customer"), ("04-01 15:00", "resolved")],
            {
                "paused_min": 60,
                "resolution_min": 240,
                "resolution_due_at": "04-01 14:00",
                "resolution_met": False,
            },
            id="nor does one that begins as it runs out",
        ),
        pytest.param(
            WED,
            [
                ("04-01 13:00", "waiting_on_customer"),
                ("04-01 15:00", "open"),  # due moves from 14:00 to 16:00
                ("04-01 15:30", "waiting_on_customer"),
                ("04-01 16:30", "open"),  # and to 17:00
                ("04-01 17:30", "waiting_on_customer"),  # too late
                ("04-01 19:30", "resolved"),
            ],
            {
                "paused_min": 300,
                "resolution_min": 270,
                "resolution_due_at": "04-01 17:00",
                "resolution_met": False,
            },
            id="each pause that begins in time moves it, also one that begins after the first due instant",
        ),
        pytest.param(
            WED,
            [("04-01 11:00", "waiting_on_customer"), ("04-02 11:00", "resolved")],
            {"paused_min": 1440, "resolution_min": 60, "resolution_met": True},
            id="a pause ends at the solve",
        ),
        pytest.param(
            WED,
            [
                ("04-01 11:00", "waiting_on_customer"),
                ("04-01 12:00", "resolved"),
                ("04-01 13:00", "open"),
                ("04-01 15:00", "resolved"),
            ],
            # 5 hours less one of pause; the hour between solve and reopening counts; due 15:00
            {"paused_min": 60, "resolution_min": 240, "resolution_met": True},
            id="time between a solve and its reopening counts",
        ),
        pytest.param(
            {"opened_at": "04-30 22:00"},
            [("04-30 22:30", "waiting_on_customer")],
            {"paused_min": 90, "resolution_used_min": 30, "resolution_met": None, "resolution_min": None},
            id="a pause that still runs counts to the cut-off",
        ),
        pytest.param(
            WED,
            [
                ("04-01 11:00", "waiting_on_customer"),
                ("04-01 12:00", "priority", "P2", {"from": "P1"}),
                ("04-01 13:00", "open"),
                ("04-01 16:00", "resolved"),
            ],
            {"paused_min": 120, "resolution_min": 240, "resolution_met": True, "resolution_target_min": 240},
            id="a pause survives a change of priority",
        ),
        pytest.param(
            WED,
            [("04-01 12:00", "status", "open", {"from": "waiting_on_customer"}), ("04-01 13:00", "resolved")],
            {"paused_min": 120, "resolution_min": 60},
            id="opened in a pause: the first event's `from` says so",
        ),
        pytest.param(
            WED,
            [("04-01 11:00", "waiting_on_supplier"), ("04-01 12:00", "open"), ("04-01 13:00", "resolved")],
            {"paused_min": 0, "resolution_min": 180},
            id="only the contract's statuses pause",
        ),
        pytest.param(
            WED | {"status": "waiting_on_customer", "resolved_at": "04-01 12:00"},
            [],
            {"paused_min": 0, "resolution_min": 120},
            id="the state at the export is no pause of known length",
        ),
        pytest.param(
            {"opened_at": "04-30 20:00"},
            [],
            {"resolution_due_at": "05-01 00:00", "resolution_met": None},
            id="due at the cut-off is not decided yet",
        ),
    ],
)
def test_pauses_and_decisions(ticket, events, expected):
    check(one(ticket, *events), expected)


def test_what_an_earlier_month_decided_is_not_counted_again():
    """Solved in time in March, reopened in April, solved again late: March has counted it as met."""
    events = log(
        ("03-31 11:00", "resolved"),
        ("04-02 10:00", "open"),
        ("04-03 10:00", "resolved"),
        ("04-04 10:00", "closed"),
    )
    frame = desk({"opened_at": "03-31 10:00", "priority": "P3"})
    for cutoff in (START, END):
        row = clocks(frame, events, contract(), cutoff).iloc[0]
        check(row.to_dict(), {"resolution_met": True, "decided_on": "03-31"})
    assert row["resolution_min"] == 420 + 480 + 480 + 60  # to the last solve all the same
    for month, met in ((("2026-03-01", "2026-04-01"), 1), (("2026-04-01", "2026-05-01"), 0)):
        start, end = (pd.Timestamp(day, tz="UTC") for day in month)
        table = tickets.attainment(clocks(frame, events, contract(), end), contract(), start, end)
        assert (
            table.query("clock == 'resolution' and priority == 'P3'")[["met", "breached"]].sum().sum() == met
        )


def test_a_solve_undone_as_the_month_ends_still_stood_in_it():
    row = one({"opened_at": "03-31 10:00"}, ("03-31 11:00", "resolved"), ("04-01 00:00", "open"))
    check(row, {"resolution_met": True, "decided_on": "03-31"})


def test_what_is_decided_as_the_month_begins_counts_in_it():
    frame = desk(
        {"opened_at": "03-31 20:00"}, {"opened_at": "03-31 19:59"}
    )  # due at midnight, a minute before
    for end, breached in ((START, 1), (END, 1)):
        start = END - pd.Timedelta(days=30) if end == END else pd.Timestamp("2026-03-01", tz="UTC")
        table = tickets.attainment(clocks(frame, None, contract(), end), contract(), start, end)
        assert row_of(table, clock="resolution", priority="P1")["breached"] == breached


def test_a_month_ends_in_the_clients_zone():
    """23:30 UTC on 31 March is April in London: the solve and its reopening lie in one month, so it is void."""
    ticket = {"opened_at": "03-31 22:30"}
    events = [("03-31 23:30", "resolved"), ("04-01 09:00", "open")]
    assert one(ticket, *events, terms=contract())["resolution_met"]
    row = one(ticket, *events, terms=contract(timezone="Europe/London"))
    check(row, {"resolution_met": False, "resolution_decided_at": "04-01 02:30", "decided_on": "04-01"})


def test_elapsed_time_is_real_over_a_change_of_the_clocks():
    """Open around the clock on 29 March 2026 in London, a day of 23 hours."""
    terms = contract(timezone="Europe/London")
    row = one({"opened_at": "03-29 00:00", "resolved_at": "03-29 23:00"}, terms=terms)
    assert row["resolution_min"] == 23 * 60
    office = terms | {"calendars": {"office": {"hours": {"sun": ["00:00-03:00"]}}}}
    row = one({"opened_at": "03-28 20:00", "priority": "P2", "resolved_at": "03-29 10:00"}, terms=office)
    assert row["resolution_min"] == 120  # 00:00 to 03:00 with 01:00 to 02:00 missing


# ---------------------------------------------------------------- rule 15: attainment


def row_of(table: pd.DataFrame, **where: str) -> dict[str, Any]:
    for column, value in where.items():
        table = table[table[column] == value]
    assert len(table) == 1, where
    return table.iloc[0].to_dict()


def test_attainment_counts_the_clocks_decided_in_the_month():
    frame = desk(
        {"opened_at": "03-31 10:00", "priority": "P2", "resolved_at": "04-01 10:00"},  # met in April
        {"opened_at": "03-30 09:00", "priority": "P2", "resolved_at": "04-01 10:00"},  # breached in March
        {"opened_at": "03-31 10:00", "priority": "P2", "resolved_at": "04-20 10:00"},  # breached on 1 April
        {"opened_at": "04-30 16:00", "priority": "P2"},  # undecided
        {"opened_at": "04-10 09:00", "priority": "P2", "resolved_at": "04-10 10:00"},  # met
        {"opened_at": "04-10 10:00", "resolved_at": "04-10 15:00"},  # P1 breached
        {"opened_at": "04-10 10:00", "priority": "P9", "resolved_at": "04-10 15:00"},
    )
    table = tickets.attainment(clocks(frame, None, contract(), END), contract(), START, END)
    assert list(table.columns[:8]) == [
        "clock",
        "priority",
        "met",
        "breached",
        "undecided",
        "attainment_ratio",
        "target_ratio",
        "verdict",
    ]
    assert list(table["priority"]) == ["P1", "P2", "P3", "P9", ""] * 2
    p2 = row_of(table, clock="resolution", priority="P2")
    assert (p2["met"], p2["breached"], p2["undecided"], p2["attainment_ratio"]) == (2, 1, 1, 2 / 3)
    assert (p2["target_ratio"], p2["verdict"]) == (0.8, "missed")
    assert row_of(table, clock="resolution", priority="P1")["verdict"] == "missed"
    assert row_of(table, clock="resolution", priority="P3")["verdict"] == "no_data"  # agreed, no tickets
    p9 = row_of(table, clock="resolution", priority="P9")
    assert (p9["met"], p9["breached"], p9["undecided"], p9["verdict"]) == (0, 0, 0, "no_target")
    all_ = row_of(table, clock="resolution", priority="")
    assert (all_["met"], all_["breached"], all_["undecided"], all_["verdict"]) == (2, 2, 1, "no_target")
    response = table[table["clock"] == "response"].set_index("priority")
    assert list(response["verdict"]) == ["no_data", "no_data", "no_target", "no_target", "no_data"]
    assert response["attainment_ratio"].isna().all()


def test_a_share_exactly_on_target_is_met_and_one_that_is_not_agreed_has_no_target():
    solved = [{"opened_at": "04-10 09:00", "priority": "P2", "resolved_at": "04-10 10:00"}] * 4
    late = [{"opened_at": "04-10 09:00", "priority": "P2", "resolved_at": "04-20 10:00"}]
    other = [{"opened_at": "04-10 09:00", "priority": "P3", "resolved_at": "04-10 10:00"}]
    table = tickets.attainment(
        clocks(desk(*solved, *late, *other), None, contract(), END), contract(), START, END
    )
    assert row_of(table, clock="resolution", priority="P2")["verdict"] == "met"  # 4 of 5, 0.8 agreed
    assert row_of(table, clock="resolution", priority="P3")["verdict"] == "no_target"


def test_the_share_agreed_is_that_of_the_first_day():
    amended = contract(
        amendments=[{"effective_on": "2026-04-02", "set": {"tickets.priorities.P1.attainment_ratio": 0.5}}]
    )
    frame = clocks(desk(WED | {"resolved_at": "04-01 11:00"}), None, amended, END)
    assert row_of(tickets.attainment(frame, amended, START, END), clock="resolution", priority="P1")[
        "target_ratio"
    ] == pytest.approx(0.95)


# ---------------------------------------------------------------- rule 11: the sixteen readings


def readings(frame: pd.DataFrame, events: pd.DataFrame | None, terms: dict, **parts: Any) -> pd.DataFrame:
    course = Course.of(history_of(frame, events, terms, END), tickets.levels.as_contract(terms))
    return tickets.rules(course, terms, START, END)


def robust(
    frame: pd.DataFrame, events: pd.DataFrame | None, priority: str, terms: dict | None = None
) -> tuple:
    table = tickets.robustness(readings(frame, events, terms or contract()))
    row = row_of(table, clock="resolution", priority=priority)
    return row["robust"], None if pd.isna(row["flipped_by"]) else row["flipped_by"]


def test_every_reading_is_there_for_every_clock_and_priority():
    table = readings(desk(WED | {"resolved_at": "04-01 12:00"}), None, contract())
    assert len(table) == 2 * 4 * 16
    assert list(table.columns[:3]) == ["clock", "priority", "rule"]
    assert set(table["rule"]) == {str(reading) for reading in READINGS}
    assert table["rule"][0] == "pause=yes,hours=contract,solve=last,priority=first"
    assert table["own"].sum() == 2 * 4
    assert "pause=no,hours=round the clock,solve=first,priority=final" in set(table["rule"])


P2_CASE = {"opened_at": "04-01 09:00", "priority": "P2"}


@pytest.mark.parametrize(
    ("priority", "ticket", "events", "expected"),
    [
        pytest.param("P1", WED | {"resolved_at": "04-01 12:00"}, [], ("pass", None), id="pass"),
        pytest.param("P1", WED | {"resolved_at": "04-02 12:00"}, [], ("fail", None), id="fail"),
        pytest.param(
            "P1",
            WED,
            [("04-01 11:00", "waiting_on_customer"), ("04-01 13:00", "open"), ("04-01 15:00", "resolved")],
            ("fragile", "pause"),
            id="300 minutes of which 120 paused, 240 agreed",
        ),
        pytest.param(
            "P2",
            P2_CASE | {"opened_at": "04-01 16:00", "resolved_at": "04-02 10:00"},
            [],
            ("fragile", "hours"),
            id="120 working minutes, 1,080 round the clock, 480 agreed",
        ),
        pytest.param(
            "P1",
            WED,
            [("04-01 11:00", "resolved"), ("04-01 12:00", "open"), ("04-01 16:00", "resolved")],
            ("fragile", "solve"),
            id="the first solve in time, the last one late",
        ),
        pytest.param(
            "P1",
            WED,
            [("04-01 11:00", "priority", "P2", {"from": "P1"}), ("04-01 16:00", "resolved")],
            ("fail", None),  # under the final priority P1 has no tickets: nothing that flips its verdict
            id="a reading that decides nothing flips nothing",
        ),
        pytest.param(
            "P3", {"opened_at": "04-01 09:00", "priority": "P3"}, [], (None, None), id="no share agreed"
        ),
        pytest.param(
            "P2",
            P2_CASE,
            [("04-01 10:00", "waiting_on_customer"), ("04-01 11:00", "open"), ("04-02 09:30", "resolved")],
            ("fragile", "pause"),
            id="where pause and hours flip it alone, the first is named",
        ),
    ],
)
def test_robustness(priority, ticket, events, expected):
    found = robust(desk(ticket), log(*events) if events else None, priority)
    assert tuple(None if pd.isna(part) else part for part in found) == expected


def test_robustness_names_the_final_priority():
    """T1, lowered from P1 to P2, breaches P1 (240) and meets P2 (480): without it all of P1 is in time."""
    frame = desk(WED, WED | {"resolved_at": "04-01 11:00"})
    events = log(("04-01 11:00", "priority", "P2", {"from": "P1"}), ("04-01 16:00", "resolved"))
    assert robust(frame, events, "P1") == ("fragile", "priority")


def test_robustness_names_several_parts_where_only_together_they_flip():
    """P2 with 100 minutes. Wednesday 16:00 to Thursday 9:30: 90 working minutes, 70 of them paused; 1,050 in all, 1,030
    of them paused. So only without pauses and round the clock is it late."""
    terms = contract(tickets={"priorities": {"P2": P2 | {"resolution_min": 100}}})
    events = log(("04-01 16:10", "waiting_on_customer"), ("04-02 09:20", "open"), ("04-02 09:30", "resolved"))
    found = robust(desk({"opened_at": "04-01 16:00", "priority": "P2"}), events, "P2", terms)
    assert found == ("fragile", "pause and hours")


# ---------------------------------------------------------------- rule 16: durations


def test_durations_of_what_ended_in_the_month_beside_kaplan_meier():
    frame = desk(
        {"opened_at": "04-01 10:00", "resolved_at": "04-01 11:00", "first_response_at": "04-01 10:30"},  # 60
        {"opened_at": "04-01 10:00", "resolved_at": "04-01 12:00"},  # 120; answered by the solve
        {"opened_at": "04-30 19:00", "first_response_at": "04-30 19:10"},  # 300 so far
        {"opened_at": "03-31 23:00", "resolved_at": "03-31 23:30"},  # 30, last month's: Kaplan-Meier alone
        {"opened_at": "03-31 23:00", "resolved_at": "05-02 00:00", "priority": "P3"},  # open
        {
            "opened_at": "03-31 08:00",
            "resolved_at": "04-01 12:00",
            "priority": "P3",
        },  # 480 + 180 less nothing
    )
    frame.loc[6] = {"ticket_id": "old", "priority": "P1", "opened_at": pd.Timestamp("2025-04-30", tz="UTC")}
    found = tickets.durations(clocks(frame, None, contract(), END), contract(), START, END)
    assert list(found["priority"]) == ["P1", "P2", "P3", ""] * 2
    p1 = row_of(found, clock="resolution", priority="P1")
    # survival after 30: 3/4, after 60: 1/2, after 120: 1/4; the median is where it falls below one half
    assert (p1["n"], p1["median_min"], p1["p90_min"], p1["km_n"]) == (
        2,
        90,
        114,
        4,
    )  # old: over twelve months ago
    assert p1["km_median_min"] == 120
    p3 = row_of(found, clock="resolution", priority="P3")
    assert (p3["n"], p3["median_min"]) == (1, 660)
    assert row_of(found, clock="resolution", priority="P2")["n"] == 0
    assert pd.isna(row_of(found, clock="resolution", priority="P2")["median_min"])
    response = row_of(found, clock="response", priority="P1")
    assert (response["n"], response["median_min"]) == (3, 30)  # 30, 120, 10
    all_ = row_of(found, clock="resolution", priority="")
    assert (all_["n"], all_["median_min"]) == (3, 120)


def test_kaplan_meier_shows_what_closed_tickets_hide():
    """Two solved after 60 and 120 minutes, three still open after 300: under half have ended."""
    frame = desk(
        *[{"opened_at": "04-30 19:00"}] * 3,
        {"opened_at": "04-30 10:00", "resolved_at": "04-30 11:00"},
        {"opened_at": "04-30 10:00", "resolved_at": "04-30 12:00"},
    )
    found = tickets.durations(clocks(frame, None, contract(), END), contract(), START, END)
    row = row_of(found, clock="resolution", priority="P1")
    assert row["median_min"] == 90
    assert pd.isna(row["km_median_min"])


# ---------------------------------------------------------------- rule 17: backlog, ages, volumes, hours

MOVING = [  # (events of a ticket opened on 1 April) and what they are in the backlog
    ("T1", [("04-02 10:00", "resolved"), ("04-03 10:00", "open"), ("04-03 12:00", "closed")]),
    ("T2", [("04-02 00:00", "cancelled"), ("04-04 10:00", "open")]),
    ("T3", [("04-01 12:00", "resolved"), ("04-02 12:00", "merged")]),
]


def moving() -> tuple[pd.DataFrame, pd.DataFrame]:
    opened = {"opened_at": "04-01 10:00"}
    frame = desk(opened, opened, opened, {"opened_at": "03-15 10:00"}, {"opened_at": "04-03 23:59"})
    return frame, pd.concat([log(*events, ticket=ticket) for ticket, events in MOVING], ignore_index=True)


def test_the_backlog_adds_up_day_by_day():
    history = history_of(*moving(), contract(), END)
    found = tickets.backlog(history, contract(), START, END).set_index("day")
    assert len(found) == 30
    columns = ["open_at_start", "created", "reopened", "solved", "removed", "open_at_end"]
    assert list(found.columns) == columns
    assert found.loc["2026-04-01"].tolist() == [1, 3, 0, 1, 0, 3]
    assert found.loc["2026-04-02"].tolist() == [3, 0, 0, 1, 1, 1]  # midnight belongs to the day it begins
    assert found.loc["2026-04-03"].tolist() == [1, 1, 1, 1, 0, 2]  # closed to merged moves nothing
    assert found.loc["2026-04-04"].tolist() == [2, 0, 1, 0, 0, 3]  # taken back from cancelled
    assert found["open_at_end"].iloc[-1] == 3


def test_days_are_those_of_the_client():
    terms = contract(timezone="Europe/London")
    start, end = pd.Timestamp("2026-03-01", tz="UTC"), pd.Timestamp("2026-03-31 23:00", tz="UTC")
    frame = desk({"opened_at": "03-28 23:59"}, {"opened_at": "03-29 22:59"}, {"opened_at": "03-29 23:00"})
    found = tickets.backlog(history_of(frame, None, terms, end), terms, start, end).set_index("day")
    assert len(found) == 31
    assert found["created"][["2026-03-28", "2026-03-29", "2026-03-30"]].tolist() == [1, 1, 1]


def test_a_backlog_that_does_not_add_up_stops_the_run():
    history = history_of(*moving(), contract(), END)
    moves = history.moves[history.moves["move"] != "reopened"]
    broken = tickets.History(**(vars(history) | {"moves": moves}))
    with pytest.raises(ArithmeticError, match="2026-04-03 does not add up"):
        tickets.backlog(broken, contract(), START, END)


def test_open_tickets_and_their_ages():
    frame = desk(
        {"opened_at": "04-30 00:00", "status": "waiting"},
        {"opened_at": "04-29 23:59", "reassignments": 3},
        {"opened_at": "04-24 00:00", "reassignments": 2},
        {"opened_at": "01-31 00:00", "priority": "P9"},
        {"opened_at": "04-01 00:00", "resolved_at": "04-02 00:00"},
    )
    events = pd.concat(
        [
            log(
                ("04-24 01:00", "assignee", "amy"),
                ("04-24 02:00", "assignee", "bob", {"from": "amy"}),
                ticket="T3",
            ),
            log(("04-28 01:00", "priority", "P2", {"from": "P9"}), ticket="T4"),
        ]
    )
    history = history_of(frame, events, contract(), END)
    stay = tickets.open_tickets(history, tickets.clocks_of(history, tickets.levels.as_contract(contract())))
    assert list(stay["ticket_id"]) == ["T4", "T3", "T2", "T1"]
    assert list(stay["status"]) == ["open", "open", "open", "waiting"]
    assert stay["age_days"].round(3).tolist() == [90, 7, 1.001, 1]
    assert stay["overdue"].tolist() == [pd.NA, True, True, True]
    assert stay["stuck"].tolist() == [
        False,
        False,
        False,
        False,
    ]  # T3 was touched two hours after it was opened
    assert stay["quiet_days"].round(2).tolist() == [2.96, 6.92, 1.0, 1.0]
    assert stay["bouncing"].tolist() == [pd.NA, False, True, pd.NA]  # the log of T3 has one change of hands
    assert stay["priority_now"].tolist() == ["P2", "P1", "P1", "P1"]
    table = tickets.ageing(stay, contract(), START)
    counted = table[table["open"] > 0].set_index(["priority", "band"])["open"].to_dict()
    assert counted == {
        ("P1", "1-3"): 2,
        ("P1", "7-14"): 1,
        ("P9", "90+"): 1,
        ("", "1-3"): 2,
        ("", "7-14"): 1,
        ("", "90+"): 1,
    }


def test_volumes_add_up_in_every_dimension():
    frame, events = moving()
    frame = frame.assign(
        category=["mail", "mail", None, "vpn", "vpn"], assignee="amy", priority=list("ABAAB")
    )
    history = history_of(frame, events, contract(), END)
    found = tickets.volumes(history, contract(), START, END)
    numbers = ["opened", "solved", "reopened", "removed", "open_at_end"]
    assert found.query("dimension == 'all'")[numbers].values.tolist() == [[4, 3, 2, 1, 3]]
    for _, group in found.groupby("dimension"):
        assert group[numbers].sum().tolist() == [4, 3, 2, 1, 3]
    assert found.query("dimension == 'priority'")["value"].tolist() == ["P1", "P2", "P3", "A", "B"]
    assert found.query("dimension == 'category'")["value"].tolist() == ["", "mail", "vpn"]


def test_hours_come_from_time_entries_where_there_are_any():
    frame = desk(
        {"opened_at": "04-01 10:00", "hours": 5.0},
        {"opened_at": "04-02 10:00", "hours": 1.5, "priority": "P2"},
        {"opened_at": "03-02 10:00", "hours": 9.0},
    )
    history = history_of(frame, None, contract(), END)
    entries = pd.DataFrame(
        {
            "entry_id": list("abcdefg"),
            "worked_on": pd.to_datetime(
                [
                    "2026-04-01",
                    "2026-04-30",
                    "2026-05-01",
                    "2026-03-31",
                    "2026-04-02",
                    "2026-04-03",
                    "2026-04-04",
                ]
            ),
            "hours": [0.1, 0.2, 4, 4, 0.3, 7, -0.1],
            "ticket_id": ["T1", "T3", "T1", "T1", "nobody knows", None, "T2"],
        }
    )
    found = tickets.hours(history, entries, contract(), START, END).set_index("priority")
    assert found["hours"].to_dict() == {"P1": 0.3, "P2": -0.1, "P3": 0.0, "unknown ticket": 0.3, "": 0.5}
    assert found["n"].to_dict() == {"P1": 2, "P2": 1, "P3": 0, "unknown ticket": 1, "": 4}
    assert set(found["source"]) == {"time_entries"}
    for none in (None, entries.iloc[:0], entries.iloc[[2, 3]]):
        found = tickets.hours(history, none, contract(), START, END).set_index("priority")
        assert found["hours"].to_dict() == {"P1": 5.0, "P2": 1.5, "P3": 0.0, "": 6.5}
        assert set(found["source"]) == {"tickets"}
    bare = tickets.hours(
        history_of(frame.drop(columns="hours"), None, contract(), END), None, contract(), START, END
    )
    assert bare["hours"].isna().all()
    assert bare["source"].isna().all()


@given(
    st.lists(
        st.tuples(st.sampled_from(["T1", "T2", "T3"]), st.decimals(-9, 9, places=2)), min_size=1, max_size=12
    )
)
@settings(max_examples=10, deadline=None)
def test_hours_add_up_exactly_in_any_order(bookings):
    frame = desk(*[{"opened_at": "04-01 10:00", "priority": name} for name in ("P1", "P2", "P9")])
    history = history_of(frame, None, contract(), END)
    entries = pd.DataFrame(bookings, columns=["ticket_id", "hours"])
    entries = entries.assign(worked_on=pd.Timestamp("2026-04-02"), hours=entries["hours"].astype(float))
    found = tickets.hours(history, entries, contract(), START, END)
    again = tickets.hours(history, entries[::-1], contract(), START, END)
    pd.testing.assert_frame_equal(found, again)
    whole = float(sum(hours for _, hours in bookings))
    assert found["hours"].iloc[-1] == whole


def test_every_later_change_of_priority_is_listed():
    events = log(
        ("03-31 10:00", "priority", "P1", {"from": "P2"}),
        ("04-01 11:00", "priority", "P1"),  # a snapshot that changes nothing
        ("04-01 12:00", "priority", "P2", {"actor": "amy", "actor_kind": "provider"}),
        ("04-02 12:00", "priority", "P1"),
        ("04-03 12:00", "priority", "P7"),
        ("05-01 12:00", "priority", "P1"),
    )
    history = history_of(desk({"opened_at": "03-31 09:00"}), events, contract(), END)
    found = tickets.priority_changes(history, contract(), START, END)
    assert found[["from", "to"]].values.tolist() == [["P1", "P2"], ["P2", "P1"], ["P1", "P7"]]
    assert [None if pd.isna(word) else word for word in found["change"]] == ["lowered", "raised", None]
    assert found["actor"][0] == "amy"


# ---------------------------------------------------------------- rule 18: work that came back


def came_back(*events: tuple, followed_to: str = "06-01 00:00", terms: dict | None = None) -> dict[str, Any]:
    frame = desk({"opened_at": "04-01 10:00"})
    found = analyse(frame, log(*events), None, terms or contract(), START, END, at(followed_to))
    return row_of(found.quality, priority="") | {"reopens": len(found.reopens)}


@pytest.mark.parametrize(
    ("events", "followed_to", "expected"),
    [
        pytest.param(
            [("04-10 10:00", "resolved"), ("04-24 10:00", "open")],
            "05-01 00:00",
            {"followed": 1, "reopened": 1, "reopen_ratio": 1.0, "reopens": 1},
            id="14 days later is within 14 days",
        ),
        pytest.param(
            [("04-10 10:00", "resolved"), ("04-24 10:01", "open")],
            "05-01 00:00",
            {"followed": 1, "reopened": 0, "reopen_ratio": 0.0, "reopens": 1},
            id="a minute more is not",
        ),
        pytest.param(
            [("04-20 10:00", "resolved"), ("04-21 10:00", "open")],
            "05-01 00:00",
            {"solves": 1, "followed": 0, "reopened": 0, "reopen_ratio": None, "reopens": 1},
            id="immature: the exports end before its 14 days",
        ),
        pytest.param(
            [("04-20 10:00", "resolved"), ("05-02 10:00", "open")],
            "06-01 00:00",
            {"followed": 1, "reopened": 1, "reopen_ratio": 1.0, "reopens": 0},
            id="the follow-up looks past the cut-off, the reopening is the next month's",
        ),
        pytest.param(
            [("04-20 10:00", "resolved"), ("05-02 10:00", "open")],
            "05-02 00:00",
            {"followed": 0, "reopen_ratio": None},
            id="as far as the exports reach",
        ),
        pytest.param(
            [
                ("04-02 10:00", "resolved"),
                ("04-03 10:00", "open"),
                ("04-04 10:00", "resolved"),
                ("04-06 10:00", "closed"),
            ],
            "05-01 00:00",
            {"solves": 2, "followed": 2, "reopened": 1, "reopen_ratio": 0.5},
            id="each solve is followed on its own",
        ),
        pytest.param(
            [("04-10 10:00", "resolved"), ("04-11 10:00", "cancelled"), ("04-12 10:00", "open")],
            "05-01 00:00",
            {"reopened": 1},
            id="by way of cancelled it is back all the same",
        ),
    ],
)
def test_reopens(events, followed_to, expected):
    found = came_back(*events, followed_to=followed_to)
    check({name: found[name] for name in expected}, expected)


def test_reopen_days_are_the_contracts():
    terms = contract(tickets={"reopen_days": 2})
    events = [("04-10 10:00", "resolved"), ("04-13 10:00", "open")]
    assert came_back(*events, followed_to="05-01 00:00", terms=terms)["reopen_ratio"] == 0


def test_a_ticket_without_a_log_cannot_show_a_reopening():
    frame = desk({"opened_at": "04-01 10:00", "resolved_at": "04-02 10:00"})
    found = analyse(frame, None, None, contract(), START, END)
    figure = next(f for f in figures(found) if f.measure == "tickets.reopen_ratio" and not f.subject)
    assert (figure.value, figure.why_missing) == (None, "the source has no log of status changes")


BEFORE = {"opened_at": "04-01 10:00", "resolved_at": "04-02 10:00", "requester": "amy", "category": "mail"}


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        pytest.param(
            BEFORE, {"requester": "amy", "category": "mail"}, "same requester and category", id="requester"
        ),
        pytest.param(
            BEFORE | {"asset": "pc1"},
            {"asset": "pc1", "category": "mail"},
            "same asset and category",
            id="asset",
        ),
        pytest.param(BEFORE, {"requester": "amy", "category": "vpn"}, None, id="other category"),
        pytest.param(
            BEFORE, {"requester": "bob", "category": "mail"}, None, id="neither requester nor asset"
        ),
        pytest.param(
            BEFORE | {"category": None}, {"requester": "amy"}, None, id="a missing category is like none"
        ),
        pytest.param(
            BEFORE | {"requester": None}, {"category": "mail"}, None, id="a missing requester is like none"
        ),
        pytest.param(
            BEFORE | {"title": "Outlook cannot send mail"},
            {"title": "outlook CANNOT send mail today"},
            "near-identical title",
            id="text, whoever says it",
        ),
        pytest.param(
            BEFORE | {"title": "Outlook cannot send"},
            {"title": "Outlook cannot send", "requester": "amy", "category": "mail"},
            "same requester and category; near-identical title",
            id="several reasons",
        ),
        pytest.param(
            BEFORE | {"resolved_at": "03-11 12:00", "opened_at": "03-11 10:00"},
            {"requester": "amy", "category": "mail"},
            "same requester and category",
            id="30 days later is within 30 days",
        ),
        pytest.param(
            BEFORE | {"resolved_at": "03-11 11:59", "opened_at": "03-11 10:00"},
            {"requester": "amy", "category": "mail"},
            None,
            id="a minute more is not",
        ),
        pytest.param(
            BEFORE | {"resolved_at": "04-10 12:01"},
            {"requester": "amy", "category": "mail"},
            None,
            id="not solved yet",
        ),
    ],
)
def test_repeats(first, second, reason):
    """The second ticket is opened on 10 April at 12:00."""
    frame = desk(first, {"opened_at": "04-10 12:00", "resolved_at": "04-10 12:00"} | second)
    found = tickets.repeats(history_of(frame, None, contract(), END), contract(), START, END).tickets
    assert found.values.tolist()[:1] == ([["T2", "T1", reason, at("04-10 12:00"), "P1"]] if reason else [])
    assert len(found) <= 1


def test_the_share_of_repeats_is_of_the_tickets_opened():
    frame = desk(BEFORE, {"opened_at": "04-10 12:00", "requester": "amy", "category": "mail"}, WED, WED)
    assert (
        row_of(analyse(frame, None, None, contract(), START, END).quality, priority="")["repeat_ratio"]
        == 0.25
    )
    bare = analyse(desk(WED, WED), None, None, contract(), START, END)
    assert pd.isna(row_of(bare.quality, priority="")["repeat_ratio"])  # nothing by which to tell


def test_duplicates_are_opened_while_the_first_is_open():
    title = {"title": "Printer on floor 2 is jammed"}
    frame = desk(
        {"opened_at": "04-01 10:00", "resolved_at": "04-03 10:00"} | title,
        {"opened_at": "04-02 10:00", "resolved_at": "04-02 11:00"} | title,  # of T1
        {"opened_at": "04-03 10:00"} | title,  # T1 is solved at that instant
        {"opened_at": "04-04 10:00", "title": "printer on floor 2 JAMMED"},  # of T3
        {"opened_at": "04-04 10:00", "title": "No disk space left"},
        {"opened_at": "04-20 10:00", "title": "Scanner is slow", "ticket_id": "B"},
        {"opened_at": "04-20 10:00", "title": "Scanner is slow", "ticket_id": "A"},  # the first by its number
    )
    found = tickets.duplicates(history_of(frame, None, contract(), END), START, END).tickets
    assert found[["ticket_id", "earlier_id"]].values.tolist() == [["T2", "T1"], ["T4", "T3"], ["B", "A"]]


# ---------------------------------------------------------------- the whole


def test_the_records_have_the_columns_that_outsiders_rely_on():
    frame, events = moving()
    found = analyse(frame, events, None, contract(), START, END).records()
    promised = {
        "clocks": "ticket_id priority calendar response_min response_target_min response_met resolution_min "
        "resolution_target_min resolution_met paused_min resolution_without_pause_min decided_on",
        "attainment": "clock priority met breached undecided attainment_ratio target_ratio verdict",
        "rules": "clock priority rule attainment_ratio verdict",
        "durations": "priority n median_min p90_min km_median_min",
        "backlog": "day open_at_start created reopened solved removed open_at_end",
        "reopens": "ticket_id at",
        "repeats": "ticket_id earlier_id reason",
    }
    for name, columns in promised.items():
        assert set(columns.split()) <= set(found[name].columns), name


def test_late_tickets_come_furthest_over_first():
    frame = desk(
        WED | {"resolved_at": "04-01 15:00"},  # 300 of 240 minutes
        WED | {"resolved_at": "04-01 13:00"},  # in time
        {"opened_at": "04-01 09:00", "priority": "P2", "resolved_at": "04-02 17:00"},  # 960 of 480
        {"opened_at": "03-31 10:00", "resolved_at": "04-20 10:00"},  # March's
    )
    found = analyse(frame, None, None, contract(), START, END)
    assert found.late("resolution")["ticket_id"].tolist() == ["T3", "T1"]
    assert found.late("response").empty


def test_volumes_of_one_dimension_most_solved_first():
    frame = desk(
        WED | {"category": "mail"},
        WED | {"category": "vpn", "resolved_at": "04-02 10:00"},
        WED | {"category": None},
    )
    found = analyse(frame, None, None, contract(), START, END).volumes_by("category")
    assert found["category"].tolist()[0] == "vpn"
    assert found["category"].isna().sum() == 1
    assert found[["opened", "solved", "open_at_end"]].sum().tolist() == [3, 1, 2]


def test_a_running_month_ends_where_its_exports_do():
    frame, events = moving()
    end = at("04-03 11:00")  # T1 is open again, T5 not there yet
    found = analyse(frame, events, None, contract(), START, end)
    assert found.backlog["day"].dt.day.tolist() == [1, 2, 3]
    assert found.backlog.iloc[-1].tolist()[1:] == [1, 0, 1, 0, 0, 2]


MEASURES = {
    "response_attainment",
    "resolution_attainment",
    "response_median",
    "resolution_median",
    "resolution_p90",
    "opened",
    "solved",
    "backlog",
    "reopen_ratio",
    "repeat_ratio",
    "hours",
}


def test_figures_by_priority_and_in_all():
    frame = desk(
        {
            "opened_at": "04-01 10:00",
            "resolved_at": "04-01 12:00",
            "hours": 2.0,
            "first_response_at": "04-01 10:20",
        },
        {"opened_at": "04-03 10:00", "priority": "P9"},
    )
    found = figures(analyse(frame, None, None, contract(), START, END))
    by = {(f.measure.partition(".")[2], f.subject): f for f in found}
    assert set(by) == {(name, subject) for name in MEASURES for subject in ("P1", "P2", "P3", "P9", "")}
    p1 = by["resolution_attainment", "P1"]
    assert (p1.value, p1.n, p1.target, p1.verdict, p1.robust, p1.clause) == (1, 1, 0.95, "met", "pass", "5.2")
    late = by["response_attainment", "P1"]
    assert (late.value, late.verdict, late.robust) == (0, "missed", "fail")
    assert by["resolution_attainment", "P2"].verdict == "no_data"
    assert by["resolution_attainment", "P9"].verdict == "no_target"
    assert (by["opened", ""].value, by["solved", ""].value, by["backlog", ""].value) == (2, 1, 1)
    assert (by["hours", ""].value, by["hours", "P9"].value) == (2, 0)
    assert by["resolution_median", "P1"].value == 120
    assert all(f.why_missing for f in found if f.value is None)
    assert not any(f.why_missing for f in found if f.value is not None)


@pytest.mark.parametrize("events", [None, TABLES["ticket_events"].empty()])
def test_header_only_is_zero_rows(events):
    found = analyse(
        TABLES["tickets"].empty(), events, TABLES["time_entries"].empty(), contract(), START, END, END
    )
    assert len(found.clocks) == 0
    assert found.backlog["open_at_end"].tolist() == [0] * 30
    by = {(f.measure, f.subject): f for f in figures(found)}
    assert by["tickets.opened", ""].value == 0
    assert by["tickets.resolution_attainment", "P1"].verdict == "no_data"
    assert by["tickets.repeat_ratio", ""].value is None


def test_without_a_tickets_table_every_figure_is_missing():
    found = figures(analyse(None, None, None, contract(), START, END))
    assert {f.measure.partition(".")[2] for f in found} == MEASURES
    assert all(f.value is None and f.subject == "" and f.why_missing for f in found)


def test_the_least_contract_and_the_least_columns_work():
    frame = pd.DataFrame({"ticket_id": [7], "opened_at": [at("04-01 10:00")]})
    found = analyse(frame, None, None, {"client": {"name": "x", "timezone": "Asia/Kolkata"}}, START, END)
    assert found.clocks["ticket_id"].tolist() == ["7"]
    assert {f.verdict for f in figures(found)} == {None, "no_target"}


@pytest.mark.parametrize(
    ("frame", "events", "message"),
    [
        (desk(WED).drop(columns="opened_at"), None, "tickets: the column opened_at is absent"),
        (pd.concat([desk(WED), desk(WED)]), None, "ticket_id T1 stands twice"),
        (desk(WED), pd.DataFrame({"ticket_id": ["T1"]}), "ticket_events: the column at is absent"),
        (desk(WED).assign(opened_at=pd.Timestamp("2026-04-01")), None, "opened_at has no time zone"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(frame, events, message):
    with pytest.raises(ValueError, match=message):
        clocks(frame, events, contract(), END)


def test_the_callers_frames_are_left_alone():
    frame, events = moving()
    copies = frame.copy(), events.copy()
    analyse(frame, events, None, contract(), START, END, at("06-01 00:00"))
    pd.testing.assert_frame_equal(frame, copies[0])
    pd.testing.assert_frame_equal(events, copies[1])


# ---------------------------------------------------------------- a slow oracle, minute by minute

ORIGIN = pd.Timestamp("2026-03-01", tz="UTC")
MINUTES = 1440 * 75
MONTHS = [1440 * day for day in (31, 61, 92)]  # the ends of March, April and May after ORIGIN
CUT = MONTHS[1]
_STAMPS = pd.date_range(ORIGIN, periods=MINUTES, freq="min")
_OFFICE = np.asarray((_STAMPS.dayofweek < 5) & (_STAMPS.hour >= 9) & (_STAMPS.hour < 17))
OPEN_MINUTES = {"P1": np.ones(MINUTES, bool), "P2": _OFFICE, "P3": _OFFICE, "P9": np.ones(MINUTES, bool)}
TARGETS = {"P1": (15, 240), "P2": (60, 480), "P3": (None, 960), "P9": (None, None)}
OPENS = ("new", "open", "waiting_on_customer", "waiting_on_supplier")
SOLVED = ("resolved", "closed")


def oracle(ticket: dict[str, Any], steps: list[tuple], heard: bool) -> dict[str, Any] | None:
    """One ticket's clocks the long way: its state in every minute, the clock counted up minute by minute."""
    opened = ticket["opened"]
    steps = sorted((s for s in steps if s["at"] < CUT), key=lambda s: s["at"])  # stable
    priority = [s for s in steps if s["field"] == "priority"]
    first = (priority[0]["from"] or priority[0]["to"]) if priority else ticket["priority"]
    path = [s for s in steps if s["field"] == "status"]
    state, solves = (path[0]["from"] or "new") if path else "open", []
    states = [state] * (CUT - opened)
    for step in path:
        if state in OPENS and step["to"] in SOLVED:
            solves.append([step["at"], None])
        if state not in OPENS and step["to"] in OPENS and solves:
            solves[-1][1] = solves[-1][1] or step["at"]
        state = step["to"]
        states[step["at"] - opened :] = [state] * (CUT - step["at"])
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


@st.composite
def desks(draw: st.DrawFn) -> tuple[list[dict], list[list[dict]]]:
    """Up to ten tickets around the months' ends, with logs of quarters of an hour."""
    made, logs = [], []
    for number in range(draw(st.integers(1, 10))):
        opened = 15 * draw(st.integers(4 * 24 * 24, 4 * 24 * 65))  # 25 March to 4 May
        status = draw(st.sampled_from(OPENS))
        when, steps, prior = opened, [], "P" + draw(st.sampled_from("1239"))
        own = prior
        for _ in range(draw(st.integers(0, 7))):
            when += 15 * draw(st.one_of(st.integers(0, 30), st.integers(0, 4 * 24 * 20)))
            field = draw(st.sampled_from(["status", "status", "status", "priority", "comment"]))
            step = {"at": when, "field": field, "from": None, "kind": None, "ticket_id": f"T{number}"}
            if field == "status":
                step |= {
                    "from": status,
                    "to": draw(st.sampled_from([*OPENS, *SOLVED, "resolved", "cancelled"])),
                }
                status = step["to"]
            elif field == "priority":
                step |= {"from": own, "to": "P" + draw(st.sampled_from("1239"))}
                own = step["to"]
            else:
                step |= {"to": "text", "kind": draw(st.sampled_from(["provider", "client", "system"]))}
            if field != "comment" and draw(st.booleans()):
                step["from"] = None
            steps.append(step)
        resolved = draw(st.none() | st.integers(0, 4 * 24 * 10).map(lambda n, o=opened: o + 15 * n))
        made.append({"ticket_id": f"T{number}", "opened": opened, "priority": own, "resolved": resolved})
        logs.append([step for step in steps if step["at"] < MINUTES])
    return made, logs


def instant(minute: int | None) -> pd.Timestamp:
    return pd.NaT if minute is None else ORIGIN + pd.Timedelta(minutes=minute)


def frames(made: list[dict], logs: list[list[dict]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = pd.DataFrame(made).assign(status="open")
    frame["opened_at"] = pd.DatetimeIndex([instant(row["opened"]) for row in made])
    frame["resolved_at"] = pd.DatetimeIndex([instant(row["resolved"]) for row in made], tz="UTC")
    columns = ["ticket_id", "at", "field", "from", "to", "kind"]
    events = pd.DataFrame([step for steps in logs for step in steps], columns=columns)
    events["at"] = pd.DatetimeIndex([instant(minute) for minute in events["at"]], tz="UTC")
    events["public"] = (events["field"] == "comment").where(events["field"] == "comment", None)
    return frame, events.rename(columns={"kind": "actor_kind"})


@given(desks())
@settings(max_examples=20, deadline=None)
def test_the_clocks_agree_with_the_oracle(made_logs):
    made, logs = made_logs
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
    assert set(found.index) == set(expected)
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
    assert counted["breached"] == sum(not r["resolution_met"] for r in inside)
    own = readings(frame, events, contract()).query("own")
    keys = ["clock", "priority"]
    shared = ["met", "breached", "undecided", "attainment_ratio", "verdict"]
    both = own.merge(table, on=keys, suffixes=("", "_table"))
    for column in shared:
        pd.testing.assert_series_equal(both[column], both[f"{column}_table"], check_names=False)


@given(desks())
@settings(max_examples=12, deadline=None)
def test_identities_of_any_desk(made_logs):
    frame, events = frames(*made_logs)
    found = analyse(frame, events, None, contract(), START, END)  # rule 17 is held by the run itself
    every = clocks(frame, events, contract(), END)
    assert (every["paused_min"] >= 0).all()
    assert (every["resolution_min"].dropna() >= 0).all()
    kept = every["resolution_min"].notna()
    pd.testing.assert_series_equal(
        (every["resolution_without_pause_min"] - every["paused_min"])[kept],
        every["resolution_min"][kept],
        check_names=False,
    )
    # Over all time, every clock with a target is met, breached or undecided.
    forever = tickets.attainment(every, contract(), pd.Timestamp("2020-01-01", tz="UTC"), END)
    for clock in ("response", "resolution"):
        row = row_of(forever, clock=clock, priority="")
        running = every[f"{clock}_due_at"].notna().sum()
        assert row["met"] + row["breached"] + row["undecided"] == running
        parts = forever.query("clock == @clock and priority != ''")[["met", "breached", "undecided"]].sum()
        assert parts.tolist() == [row["met"], row["breached"], row["undecided"]]
    assert running == every["resolution_target_min"].notna().sum()
    # The backlog's parts are the volumes, and its end is what is open.
    sums = found.backlog[["created", "solved", "reopened", "removed"]].sum().tolist()
    total = found.volumes.query("dimension == 'all'").iloc[0]
    assert sums == total[["opened", "solved", "reopened", "removed"]].tolist()
    assert found.backlog["open_at_end"].iloc[-1] == len(found.open_tickets) == total["open_at_end"]
    assert found.ageing.query("priority == ''")["open"].sum() == len(found.open_tickets)


def same(first: tickets.Analysis, second: tickets.Analysis) -> None:
    for name, frame in first.records().items():
        pd.testing.assert_frame_equal(frame, second.records()[name])
    assert figures(first) == figures(second)


@given(desks(), desks(), st.randoms(use_true_random=False))
@settings(max_examples=6, deadline=None)
def test_neither_the_order_of_rows_nor_what_comes_after_the_cutoff_changes_anything(made_logs, more, shuffle):
    made, logs = made_logs
    frame, events = frames(made, logs)
    found = analyse(frame, events, None, contract(), START, END)
    pairs = list(zip(made, logs, strict=True))
    shuffle.shuffle(pairs)
    same(found, analyse(*frames(*map(list, zip(*pairs, strict=True))), None, contract(), START, END))
    later = frames(*more)[1]
    later = later.assign(at=later["at"] + pd.Timedelta(days=61))
    mixed = pd.concat([later, events, later]) if len(later) else events
    same(found, analyse(frame, mixed, None, contract(), START, END))


# ---------------------------------------------------------------- a real log

REAL = Path(__file__).parents[3] / "shared" / "real" / "tickets" / "incident_event_log.csv"
STATES = {
    "New": "new",
    "Active": "open",
    "-100": "open",
    "Awaiting User Info": "waiting_on_customer",
    "Awaiting Vendor": "waiting_on_supplier",
    "Awaiting Problem": "waiting",
    "Awaiting Evidence": "waiting",
    "Resolved": "resolved",
    "Closed": "closed",
}


@pytest.fixture(scope="module")
def real() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The audit log: the last row of a number is the ticket, each row's state holds from sys_updated_at."""
    if not REAL.exists():
        pytest.skip("needs ../shared/real/tickets, a public data set beside the project")
    raw = pd.read_csv(REAL, dtype=str, keep_default_na=False, na_values=["?"])
    for name in ("opened_at", "resolved_at", "closed_at", "sys_updated_at"):
        raw[name] = pd.to_datetime(raw[name], format="%d/%m/%Y %H:%M", utc=True)
    raw["status"] = raw["ident_state"].map(STATES)
    names = {"number": "ticket_id", "caller_id": "requester", "sys_updated_at": "at", "status": "to"}
    frame = raw.drop_duplicates("number", keep="last").rename(columns=names | {"status": "status"})
    return frame, raw.rename(columns=names)[["ticket_id", "at", "to"]].assign(field="status")


@pytest.mark.real
@pytest.mark.parametrize(("month", "opened"), [(3, 8_995), (4, 7_934), (5, 7_508)])
def test_a_real_log_adds_up(real, month, opened):
    start, end = pd.Timestamp(2016, month, 1, tz="UTC"), pd.Timestamp(2016, month + 1, 1, tz="UTC")
    found = tickets.backlog(history_of(*real, contract(), end), contract(), start, end)
    assert found["created"].sum() == opened


@pytest.mark.real
def test_a_real_log_says_more_than_the_tickets_own_times(real):
    """Of April's tickets 868 are in an open state after their last event before 1 May, 1,318 have no resolved_at."""
    frame, events = real
    start, end = pd.Timestamp("2016-04-01", tz="UTC"), pd.Timestamp("2016-05-01", tz="UTC")
    mine = frame["opened_at"].between(start, end, inclusive="left")
    assert (~(frame["resolved_at"][mine] < end)).sum() == 1_318
    desk = history_of(frame, events, contract(), end).tickets
    assert desk["is_open"][desk["opened_at"] >= start].sum() == 868
    assert desk["is_open"].sum() == 1_195
    assert desk["logged"].all()
    own = history_of(frame.drop(columns="closed_at"), None, contract(), end).tickets
    assert own["is_open"][own["opened_at"] >= start].sum() == 1_318
