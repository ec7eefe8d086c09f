"""Rule 17: what is still open, and how old it is."""

from __future__ import annotations

import pandas as pd
from ticket_cases import END, START, contract, desk, log

from msp_report.metrics import tickets
from msp_report.metrics.tickets import history_of
from msp_report.params import as_contract


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
    stay = tickets.open_tickets(history, tickets.clocks_of(history, as_contract(contract())))
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
