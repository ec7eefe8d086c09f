"""The demo company's open tickets and unpaid invoices: today's pages find exactly what was planted.

As in test_planted: through exports, readers, checks and look-back. A month that is over stands at its last instant.
"""

import pandas as pd
import pytest

from msp_report.case import open_day
from msp_report.metrics import helpdesk, payments, tickets, today

MONTHS = ["2026-03", "2026-10"]


@pytest.fixture(scope="module", params=MONTHS)
def month(request, demo_place, truth):
    case = open_day("demo", request.param, demo_place)
    return case, truth[request.param], helpdesk.analyse(case)


@pytest.fixture(scope="module")
def bills(demo_place):
    case = open_day("demo", "", demo_place)
    assert str(case.period) == "2026-10"
    return payments.analyse(case)


def ids(truth, page, *faults):
    """The tickets of some faults."""
    return {one for entry in truth.get(page, []) if entry["fault"] in faults for one in entry["ids"]}


def test_open_tickets_are_those_of_the_truth(month):
    _, truth, desk = month
    whole = next(entry for entry in truth["tickets"] if entry.get("subject") == "")
    assert len(desk.open) == whole["open_at_end"] == desk.statuses["open"].sum()


def test_overdue_tickets_are_those_that_nobody_answered(month):
    """Nothing else that is open at a month's end is late: parked tickets have no deadline that ever comes."""
    _, truth, desk = month
    assert set(desk.late["ticket_id"]) == ids(truth, "tickets", "no_response")
    assert set(desk.late["late_with"]) <= {"response"}


def test_stuck_tickets(month):
    _, truth, desk = month
    stuck = set(desk.stuck["ticket_id"])
    assert stuck == ids(truth, "daily", "stuck")
    assert stuck >= ids(truth, "tickets", "open_over_90_days")
    assert (desk.stuck["quiet_days"] >= helpdesk.STUCK_DAYS).all()


def test_parked_tickets_stand_still(month):
    _, truth, desk = month
    paused = set(desk.open.loc[desk.open["paused"], "ticket_id"])
    parked = ids(truth, "tickets", "parked")
    assert parked <= paused
    assert not desk.open.loc[desk.open["paused"], "due"].any()
    assert set(desk.open.loc[desk.open["paused"], "status"]) <= {"waiting_on_customer"}


def test_bouncing_tickets(month):
    _, truth, desk = month
    assert set(desk.bouncing["ticket_id"]) == ids(truth, "daily", "bounced")
    for entry in truth.get("daily", []):
        if entry["fault"] == "bounced":
            assert set(desk.bouncing["reassignments"]) == {entry["reassignments"]}


def test_what_is_open_is_the_backlog_of_the_month(month):
    case, _, desk = month
    monthly = tickets.analyse(case)
    assert len(desk.open) == monthly.backlog["open_at_end"].iloc[-1]
    ours, theirs = (frame.set_index("ticket_id").sort_index() for frame in (desk.open, monthly.open_tickets))
    late = ours["late_with"].fillna("").str.contains("resolution")
    assert late[theirs["overdue"].notna()].tolist() == theirs["overdue"].dropna().tolist()
    recent = monthly.clocks["solved_at"] >= case.end - pd.Timedelta(days=helpdesk.SOLVED_DAYS)
    assert set(desk.solved["ticket_id"]) == set(monthly.clocks.loc[recent, "ticket_id"])


def test_payments_are_decided_as_planted(bills, truth):
    daily = truth["2026-10"]["daily"]
    planted = {e["document_id"]: e for e in daily if e["fault"] in ("hold", "release", "cannot_tell")}
    found = bills.due.set_index("document_id")
    assert set(found.index) == set(planted)
    assert found["decision"].str.replace(" ", "_").to_dict() == {
        name: e["fault"] for name, e in planted.items()
    }
    assert {name: str(on.date()) for name, on in found["due_on"].items()} == {
        name: entry["due_on"] for name, entry in planted.items()
    }
    assert float(found.loc["INV-2610-33", "amount"]) == planted["INV-2610-33"]["amount"]


def test_page_one_says_it(month, bills):
    _, truth, desk = month
    said = today.Analysis(desk, bills).figures()
    value = {figure.measure: figure.value for figure in said}
    assert value["today.overdue"] == len(ids(truth, "tickets", "no_response"))
    assert value["today.stuck"] == len(ids(truth, "daily", "stuck"))
    assert (value["today.hold"], value["today.release"], value["today.cannot_tell"]) == (9496, 620, None)
