"""Rules 16 and 17: how long it takes, and what comes in and goes out."""

from __future__ import annotations

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from ticket_cases import END, START, contract, desk, log, moving, row_of

from msp_report.metrics import tickets
from msp_report.metrics.tickets import clocks, history_of

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
@examples(10)
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
