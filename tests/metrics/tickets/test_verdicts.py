"""Rules 11 and 15: the share in time, and the sixteen readings of the rules."""

from __future__ import annotations

import pandas as pd
import pytest
from ticket_cases import END, P2, START, WED, contract, desk, log, readings, row_of

from msp_report.metrics import tickets
from msp_report.metrics.tickets import clocks
from msp_report.metrics.tickets.verdicts import READINGS

# ---------------------------------------------------------------- rule 15: attainment


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


# ---------------------------------------------------------------- rule 11: the sixteen readings


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
