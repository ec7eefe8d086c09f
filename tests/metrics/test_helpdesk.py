"""The help desk at an instant: deadlines, what is late, due, stuck and passed around, by cases worked by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import MonthOf

from msp_report.metrics import helpdesk
from msp_report.metrics.helpdesk import analyse

# 2026-04-01 is a Wednesday, so 3 April a Friday and 6 April a Monday. All in UTC unless a case says otherwise.
OFFICE = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
PRIORITIES = {
    "P1": {"response_min": 15, "resolution_min": 240},
    "P2": {"calendar": "office", "response_min": 60, "resolution_min": 480},
    "P3": {"calendar": "office", "resolution_min": 960},
    "P4": {"calendar": "office"},
}


def contract(timezone: str = "UTC", **terms: Any) -> dict[str, Any]:
    """P1 round the clock, P2 an hour and a working day, P3 two working days, P4 nothing."""
    tickets = {"priorities": PRIORITIES, "pause_statuses": ["waiting_on_customer"]} | terms
    client = {"name": "Acme", "timezone": timezone}
    return {"client": client, "calendars": {"office": {"hours": OFFICE}}, "tickets": tickets}


def at(text: str | None) -> pd.Timestamp:
    """ "04-01 10:00" is in 2026."""
    return pd.NaT if text is None else pd.Timestamp(f"2026-{text}", tz="UTC")


def desk(*rows: dict[str, Any]) -> pd.DataFrame:
    """Tickets T1, T2, … of P2, open unless said otherwise."""
    frame = pd.DataFrame(
        [{"ticket_id": f"T{i}", "priority": "P2", "status": "open"} | row for i, row in enumerate(rows, 1)]
    )
    for name in frame.columns[frame.columns.str.endswith("_at")]:
        frame[name] = pd.DatetimeIndex(
            [at(v) if isinstance(v, str) else pd.NaT for v in frame[name]], tz="UTC"
        )
    return frame


def log(*rows: tuple) -> pd.DataFrame:
    """Events: (ticket, at, field, from, to)."""
    frame = pd.DataFrame(rows, columns=["ticket_id", "at", "field", "from", "to"])
    return frame.assign(at=[at(text) for text in frame["at"]])


def answered(ticket: str, when: str) -> tuple:
    """A public answer of the provider; `now` fills in whose it is."""
    return ticket, when, "comment", None, "text"


def now(
    when: str,
    tickets: pd.DataFrame | None,
    *events: tuple,
    terms: dict | None = None,
    strategy: dict | None = None,
) -> helpdesk.Analysis:
    """The help desk at an instant; every comment is the provider's and public."""
    said = log(*events).assign(actor_kind="provider", public=True) if events else None
    tables = {"tickets": tickets, "ticket_events": said}
    return analyse(MonthOf(at(when), at(when), terms or contract(), strategy, tables))


def check(row: pd.Series, **expected: Any) -> None:
    for name, value in expected.items():
        found = row[name]
        if value is None:
            assert pd.isna(found), f"{name} is {found}, not missing"
        else:
            assert found == (at(value) if name.endswith("_at") else value), (name, found)


# Opened on Wednesday at 10:00: an answer is due at 11:00; 7 h of that day and 1 h of the next: solved by Thursday
# at 10:00.
WED = {"opened_at": "04-01 10:00"}
ANSWERED = {"first_response_at": "04-01 10:30"}


@pytest.mark.parametrize(
    ("when", "ticket", "expected"),
    [
        pytest.param(
            "04-01 10:40",
            WED,
            {"next_deadline": "response", "next_due_at": "04-01 11:00", "due": True, "overdue": False},
            id="the answer comes first",
        ),
        pytest.param(
            "04-01 10:40",
            WED | ANSWERED,
            # 10:00 to 10:40 of 480 minutes; tomorrow is no longer this working day
            {
                "next_deadline": "resolution",
                "next_due_at": "04-02 10:00",
                "due": False,
                "overdue": False,
                "used_min": 40,
                "target_min": 480,
                "used_ratio": 40 / 480,
            },
            id="answered: then the solution",
        ),
        pytest.param(
            "04-01 12:00",
            WED,
            {
                "overdue": True,
                "late_with": "response",
                "late_since_at": "04-01 11:00",
                "next_deadline": "resolution",
                "next_due_at": "04-02 10:00",
            },
            id="nobody answered",
        ),
        pytest.param(
            "04-02 12:00",
            WED,
            # 7 h on Wednesday and 3 on Thursday, of 8
            {
                "overdue": True,
                "late_with": "response; resolution",
                "late_since_at": "04-01 11:00",
                "next_deadline": None,
                "next_due_at": None,
                "due": False,
                "used_ratio": 1.25,
            },
            id="neither answered nor solved",
        ),
        pytest.param(
            "04-02 12:00",
            WED | ANSWERED,
            {"overdue": True, "late_with": "resolution", "late_since_at": "04-02 10:00", "age_days": 26 / 24},
            id="answered and not solved",
        ),
        pytest.param(
            "04-02 10:00",
            WED | ANSWERED,
            {"overdue": False, "late_since_at": None, "next_due_at": "04-02 10:00", "due": True},
            id="at the very instant it is not late yet",
        ),
        pytest.param(
            "04-02 12:00",
            WED | {"priority": "P4"},
            {"overdue": None, "due": None, "next_due_at": None, "target_min": None, "used_min": 600},
            id="no time agreed: never overdue",
        ),
        pytest.param(
            "04-02 12:00",
            WED | {"priority": "P9"},
            # no calendar: round the clock
            {"overdue": None, "used_min": 26 * 60},
            id="a priority that the contract does not name",
        ),
        pytest.param(
            "04-01 10:05",
            WED | {"priority": "P3"},
            {"next_deadline": "resolution", "next_due_at": "04-03 10:00", "response_due_at": None},
            id="only a solution is agreed",
        ),
    ],
)
def test_deadlines(when, ticket, expected):
    seen = {"first_response_at": "03-02 09:00", "resolved_at": "03-02 09:00", "opened_at": "03-02 08:59"}
    rows = now(when, desk(ticket, seen | {"status": "resolved"})).open  # the source records first answers
    assert rows["ticket_id"].tolist() == ["T1"]
    check(rows.iloc[0], **expected)


@pytest.mark.parametrize(
    ("opened", "priority", "due_at", "due"),
    [
        ("04-03 10:00", "P2", "04-06 10:00", True),  # Saturday: Monday is the next working day
        ("04-03 16:00", "P2", "04-06 16:00", True),  # 1 h on Friday, 7 on Monday
        ("04-03 16:00", "P3", "04-07 16:00", False),  # 1 + 8 + 7 h: Tuesday
        ("04-04 11:30", "P1", "04-04 15:30", True),  # round the clock: Saturday is a working day
        ("04-04 11:30", "P3", "04-07 17:00", False),
    ],
)
def test_due_before_the_working_day_ends(opened, priority, due_at, due):
    ticket = {"opened_at": opened, "priority": priority, "first_response_at": opened}
    row = now("04-04 12:00", desk(ticket)).open.iloc[0]
    check(row, next_due_at=due_at, due=due)


def test_the_working_day_is_the_clients_own():
    """In New York it is still the first of April at 03:00 UTC, and the second from 04:00 on."""
    rows = [{"opened_at": f"04-01 23:{minute}", "priority": "P1"} for minute in ("50", "59")]
    late = [row | {"opened_at": "04-02 00:10", "first_response_at": "04-02 00:20"} for row in rows[:1]]
    found = now("04-02 03:00", desk(*[r | {"first_response_at": r["opened_at"]} for r in rows], *late),
                terms=contract("America/New_York")).open  # fmt: skip
    assert dict(zip(found["ticket_id"], found["due"], strict=True)) == {"T1": True, "T2": True, "T3": False}


def test_pauses_move_the_deadline_and_a_clock_that_stands_still_is_not_due():
    """Paused from Wednesday 16:00: 6 of 8 h are used, and the 1 h 30 min until Thursday 09:30 are added to the end."""
    waits = ("T1", "04-01 16:00", "status", "open", "waiting_on_customer")
    row = now("04-02 09:30", desk(WED), answered("T1", "04-01 10:30"), waits).open.iloc[0]
    check(row, paused=True, used_min=360, next_due_at="04-02 11:30", due=False, overdue=False)
    back = ("T1", "04-02 09:15", "status", "waiting_on_customer", "open")
    row = now("04-02 09:30", desk(WED), answered("T1", "04-01 10:30"), waits, back).open.iloc[0]
    check(row, paused=False, used_min=375, next_due_at="04-02 11:15", due=True)


def test_a_pause_after_the_deadline_helps_nobody():
    waits = ("T1", "04-02 11:00", "status", "open", "waiting_on_customer")
    row = now("04-03 12:00", desk(WED), answered("T1", "04-01 10:30"), waits).open.iloc[0]
    check(row, paused=True, overdue=True, late_with="resolution", late_since_at="04-02 10:00")


def test_pauses_are_those_of_the_contract_when_the_ticket_was_opened():
    terms = contract() | {
        "amendments": [
            {"effective_on": "2026-04-02", "set": {"tickets.pause_statuses": ["waiting_on_supplier"]}}
        ]
    }
    rows = desk(WED, {"opened_at": "04-02 10:00"})
    waits = [(ticket, "04-02 11:00", "status", "open", "waiting_on_customer") for ticket in ("T1", "T2")]
    found = now("04-02 12:00", rows, *waits, terms=terms).open.set_index("ticket_id")
    assert found["paused"].to_dict() == {"T1": True, "T2": False}


@pytest.mark.parametrize(
    ("touched", "stuck"),
    [("04-01 12:00", True), ("04-01 12:01", False), (None, True)],
)
def test_stuck_is_what_nobody_touched_for_seven_days(touched, stuck):
    """The other ticket's event shows that the source has a log; without one of its own the opening counts."""
    assert helpdesk.STUCK_DAYS == 7  # the sentences say a week
    events = [answered("T2", "04-08 11:00")] + ([answered("T1", touched)] if touched else [])
    row = (
        now("04-08 12:00", desk(WED, {"opened_at": "04-08 10:00"}), *events)
        .open.set_index("ticket_id")
        .loc["T1"]
    )
    assert bool(row["stuck"]) == stuck


def test_without_a_log_nothing_is_known_to_be_stuck():
    assert now("04-30 12:00", desk(WED)).open["stuck"].isna().all()


def test_bouncing_is_what_was_handed_on_three_times():
    assert helpdesk.BOUNCING_TIMES == 3  # the documents say three times
    hands = [("ann", "bob"), ("bob", "cy"), ("cy", "ann")]
    thrice = [("T1", f"04-01 1{n}:00", "assignee", a, b) for n, (a, b) in enumerate(hands)]
    twice = [("T2", f"04-01 1{n}:00", "assignee", a, b) for n, (a, b) in enumerate(hands[:2])]
    found = now("04-02 12:00", desk(WED, WED), *thrice, *twice)
    assert found.open.set_index("ticket_id")["bouncing"].to_dict() == {"T1": True, "T2": False}
    assert found.bouncing[["ticket_id", "reassignments", "assignee"]].values.tolist() == [["T1", 3, "ann"]]
    own = now("04-02 12:00", desk(WED | {"reassignments": 4}, WED | {"reassignments": None}))
    assert own.open["bouncing"].tolist() == [True, pd.NA]


def test_the_longest_overdue_comes_first_then_the_next_due_then_the_oldest():
    rows = [
        {"opened_at": "04-02 11:00", "priority": "P4"},  # no deadline
        {"opened_at": "04-01 09:00", "priority": "P4"},  # no deadline, older
        {"opened_at": "04-02 11:00"},  # answer due at 12:00, that is now: to come
        {"opened_at": "04-01 15:00"},  # answer due at 16:00: overdue
        {"opened_at": "04-01 10:00"},  # answer due at 11:00: longer overdue
    ]
    known = {"opened_at": "03-02 09:00", "first_response_at": "03-02 10:00", "resolved_at": "03-02 11:00"}
    found = now("04-02 12:00", desk(*rows, known))
    assert found.open["ticket_id"].tolist() == ["T5", "T4", "T3", "T2", "T1"]
    assert found.late["ticket_id"].tolist() == ["T5", "T4"]
    # next to come: T3's answer at 12:00, then the solutions of T5 (Thursday 10:00 is past: none) and T4 (15:00)
    assert found.coming["ticket_id"].tolist() == ["T3", "T4"]


def test_what_is_open_by_status_and_age():
    rows = desk(WED, WED | {"status": "new"}, {"opened_at": "03-30 12:00"}, {"opened_at": "02-01 12:00"})
    events = [
        ("T1", "04-01 10:05", "status", "new", "waiting_on_supplier"),
        ("T3", "04-01 10:05", "status", "new", "open"),
        ("T4", "04-01 11:05", "status", "new", "open"),
    ]
    found = now("04-02 12:00", rows, *events)
    assert found.statuses[["status", "open", "paused"]].values.tolist() == [
        ["new", 1, 0],
        ["open", 2, 0],
        ["waiting_on_supplier", 1, 0],
    ]
    assert found.statuses["oldest_days"].round(2).tolist() == [1.08, 60.0, 1.08]
    bands = found.ages[found.ages["priority"] == ""].set_index("band")["open"]
    # 26 h twice, exactly 3 days, and 29 days of February and March with 31 more: 60
    assert bands[bands > 0].to_dict() == {"1-3": 2, "3-7": 1, "30-90": 1}


def test_recent_solves_and_their_time():
    assert helpdesk.SOLVED_DAYS == 7  # the sentences say the week before
    rows = desk(
        {"opened_at": "04-01 10:00", "resolved_at": "04-01 12:00", "status": "resolved"},
        {
            "opened_at": "03-20 10:00",
            "resolved_at": "03-26 12:00",
            "status": "closed",
        },  # exactly seven days ago
        {"opened_at": "03-20 10:00", "resolved_at": "03-26 11:59", "status": "closed"},
        {"opened_at": "04-01 10:00", "status": "cancelled", "closed_at": "04-01 11:00"},
        {"opened_at": "04-01 16:00", "resolved_at": "04-02 11:00", "status": "resolved"},
        {
            "opened_at": "04-01 16:00",
            "resolved_at": "04-02 12:00",
            "status": "resolved",
        },  # that is now: not yet
    )
    found = now("04-02 12:00", rows)
    assert found.open["ticket_id"].tolist() == ["T6"]
    solved = found.solved.set_index("ticket_id")
    assert solved.index.tolist() == ["T5", "T1", "T2"]
    # T5: 1 h and 2 h. T2: 20 and 23 to 25 March are four days of 8 h less the first hour, and 3 h on the 26th
    assert solved["resolution_min"].to_dict() == {"T5": 180, "T1": 120, "T2": 4 * 480 - 60 + 180}
    assert solved["in_time"].to_dict() == {"T5": True, "T1": True, "T2": False}
    assert solved.loc["T5", "real_days"] == 19 / 24


def test_a_ticket_that_came_back_is_open_and_not_solved():
    events = [
        ("T1", "04-01 11:00", "status", "open", "resolved"),
        ("T1", "04-02 09:00", "status", "resolved", "open"),
    ]
    found = now("04-02 12:00", desk(WED | {"resolved_at": "04-01 11:00"}), *events)
    assert found.solved.empty
    # the first solve ended the wait for an answer; the time until it came back counts
    check(found.open.iloc[0], status="open", late_with="resolution", used_ratio=1.25)


def test_what_is_called_solved_at_no_time_is_named():
    found = now("04-02 12:00", desk(WED | {"status": "resolved"}))
    assert found.undated["ticket_id"].tolist() == ["T1"]
    assert found.open["ticket_id"].tolist() == ["T1"]


def test_the_newest_entry():
    assert now("04-02 12:00", desk(WED)).newest_at == at("04-01 10:00")
    assert now("04-02 12:00", desk(WED), answered("T1", "04-02 11:00")).newest_at == at("04-02 11:00")
    assert pd.isna(now("04-02 12:00", None).newest_at)


# ---------------------------------------------------------------- figures


def by_name(found: helpdesk.Analysis) -> dict:
    return {(f.measure.partition(".")[2], f.subject): f for f in found.figures()}


def test_figures():
    rows = desk(WED, {"opened_at": "04-02 11:30"}, WED | {"priority": "P4"}, {"opened_at": "03-02 09:00"})
    events = [("T4", "03-02 10:00", "status", "new", "waiting_on_customer"), answered("T4", "03-02 09:30")]
    found = by_name(now("04-02 12:00", rows, *events))
    values = {name: figure.value for (name, subject), figure in found.items() if not subject}
    assert values == {
        "open": 4,
        "overdue": 1,
        "due": 1,  # the answer to T2 at 12:30; T4 stands still
        "unanswered": 3,
        "paused": 1,
        "stuck": 1,
        "bouncing": None,
        "oldest": 31 + 3 / 24,
        "solved": 0,
        "resolution_median": None,
    }
    assert found["overdue", ""].n == 3  # those with an agreed time
    assert (found["open", "P2"].value, found["overdue", "P2"].value) == (3, 1)
    assert found["overdue", "P4"].why_missing == "no time is agreed for what is open"
    assert (found["open", "P1"].value, found["overdue", "P1"].value) == (0, 0)
    assert found["bouncing", ""].why_missing == "the source does not say who a ticket was handed to"
    assert found["resolution_median", ""].why_missing == "nothing was solved in the last 7 days"
    assert {figure.verdict for figure in found.values()} == {None}


def test_the_boards_target_for_the_backlog_holds_on_any_day():
    strategy = {
        "scorecard": [
            {"perspective": "process", "measure": "tickets.backlog", "target": 1, "better": "lower"}
        ]
    }
    for count, verdict in ((1, "met"), (2, "missed")):
        figure = by_name(now("04-02 12:00", desk(*[WED] * count), strategy=strategy))["open", ""]
        assert (figure.target, figure.verdict) == (1, verdict)


def test_a_source_without_answers_or_log_says_so():
    found = by_name(now("04-01 12:00", desk(WED)))
    assert found["unanswered", ""].why_missing == "the source has no times of first responses"
    assert found["stuck", ""].why_missing == "the source has no log of changes"
    assert (found["overdue", ""].value, found["overdue", ""].n) == (
        0,
        1,
    )  # nobody knows whether it was answered


def test_nothing_open_is_not_nothing_known():
    empty = by_name(now("04-02 12:00", desk(WED).iloc[:0]))
    assert {name: figure.value for (name, subject), figure in empty.items() if not subject} == {
        "open": 0,
        "overdue": 0,
        "due": 0,
        "unanswered": 0,
        "paused": 0,
        "stuck": 0,
        "bouncing": 0,
        "oldest": None,
        "solved": 0,
        "resolution_median": None,
    }
    unknown = now("04-02 12:00", None).figures()
    assert {(figure.value, figure.why_missing) for figure in unknown} == {(None, "no tickets were supplied")}


def test_records_have_their_columns_without_a_row():
    for found in (now("04-02 12:00", desk(WED)), now("04-02 12:00", None)):
        records = found.records()
        assert list(records["open_tickets"].columns) == helpdesk._OPEN
        assert list(records["solved"].columns) == helpdesk._SOLVED
        assert list(records["statuses"].columns) == helpdesk._STATUSES


@examples(15)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 40_000),  # opened: minutes before the instant
            st.sampled_from(list(PRIORITIES)),
            st.none() | st.integers(0, 40_000),  # solved: minutes after the opening
            st.none() | st.integers(0, 5_000),  # answered
        ),
        max_size=12,
    )
)
def test_every_open_ticket_is_counted_once(rows):
    instant = at("04-20 12:00")
    minutes = pd.Timedelta(minutes=1)
    frame = pd.DataFrame(rows, columns=["before", "priority", "solved", "answered"])
    opened = pd.DatetimeIndex([instant - n * minutes for n in frame["before"]], tz="UTC")
    table = pd.DataFrame({"ticket_id": [f"T{n}" for n in range(len(frame))], "opened_at": opened})
    table["priority"], table["status"] = frame["priority"].astype("str"), "open"
    for name, source in (("resolved_at", "solved"), ("first_response_at", "answered")):
        spans = pd.to_timedelta(pd.to_numeric(frame[source]), unit="min")
        table[name] = (table["opened_at"] + spans).dt.as_unit("us")
    found = analyse(MonthOf(instant, instant, contract(), tables={"tickets": table}))
    expected = (table["opened_at"] < instant) & ~(table["resolved_at"] < instant)
    assert sorted(found.open["ticket_id"]) == sorted(table.loc[expected, "ticket_id"])
    assert (
        found.statuses["open"].sum()
        == found.ages[found.ages["priority"] == ""]["open"].sum()
        == expected.sum()
    )
    late = found.open["overdue"].fillna(False).astype(bool)
    assert (found.open["late_since_at"].notna() == late).all()
    assert (found.open.loc[late, "late_since_at"] < instant).all()
    assert (found.open["next_due_at"].dropna() >= instant).all()
    assert len(found.late) + (~late).sum() == len(found.open)


def test_a_target_that_hangs_on_tickets_not_listed_any_more_is_not_judged():
    frame = desk({"opened_at": "03-20 10:00"}, {"opened_at": "04-01 10:00"})
    board = {"scorecard": [{"measure": "tickets.backlog", "target": 1, "perspective": "service"}]}
    start, end = at("04-01 00:00"), at("05-01 00:00")
    every = {"tickets": frame}
    found = {}
    gone, raw = {"tickets": frame.iloc[[1]]}, frozenset({"tickets"})
    for name, newest, independent in (("own", gone, frozenset()), ("gone", gone, raw), ("there", every, raw)):
        month = MonthOf(
            start, end, contract(), strategy=board, tables=every, newest=newest, independent=independent
        )
        found[name] = next(
            f for f in analyse(month).figures() if (f.measure, f.subject) == ("helpdesk.open", "")
        )
    assert (found["there"].value, found["there"].low, found["there"].verdict) == (2, None, "missed")
    assert (found["gone"].low, found["gone"].high, found["gone"].verdict) == (1, 2, "no_verdict")
    assert found["own"].verdict == "missed"  # the provider's own silence mends no miss (rule 50)
