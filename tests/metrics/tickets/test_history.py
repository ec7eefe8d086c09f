"""Rules 0 and 12: when a ticket is solved, by cases beyond those of tests/rules and in a real log."""

from __future__ import annotations

import pandas as pd
import pytest
import workspaces
from examples import examples
from hypothesis import assume, given
from hypothesis import strategies as st
from ticket_cases import END, START, WED, at, check, contract, desk, desks, frames, one

from msp_report.metrics import tickets
from msp_report.metrics.tickets import clocks, clocks_of, history_of
from msp_report.metrics.tickets.doubts import contradictions
from msp_report.metrics.tickets.history import OPEN
from msp_report.params import as_contract

# ---------------------------------------------------------------- rules 12 and 0: when a ticket is solved


def test_a_solve_logged_at_the_cut_off_does_not_exist():
    found = one({"opened_at": "04-30 23:00"}, ("05-01 00:00", "resolved"))
    check(found, {"resolution_min": None, "resolution_met": None, "status": "open"})


def test_only_tickets_opened_before_the_cutoff_have_clocks():
    frame = clocks(desk({"opened_at": "05-01 00:00"}, {"opened_at": "04-30 23:59"}), None, contract(), END)
    assert list(frame["ticket_id"]) == ["T2"]


def test_a_ticket_called_cancelled_that_was_closed_after_the_cut_off_has_its_clocks():
    ticket = WED | {"status": "cancelled", "closed_at": "05-02 10:00"}
    assert len(clocks(desk(ticket), None, contract(), END)) == 1


def test_a_ticket_called_solved_without_a_time_stays_open_and_is_listed():
    frame = desk(WED | {"status": "closed"}, WED | {"status": "closed", "closed_at": "04-02 10:00"}, WED)
    history = history_of(frame, None, contract(), END)
    assert list(history.undated["ticket_id"]) == ["T1"]
    assert list(history.tickets["is_open"]) == [True, False, True]


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


# ---------------------------------------------------------------- a real log


REAL = workspaces.REAL / "tickets" / "incident_event_log.csv"
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


# ---------------------------------------------------------------- rules 12 and 43: what is left out of a log


_STEPS = ["open", "waiting_on_customer", "resolved", "closed"]


@given(
    st.lists(st.sampled_from(_STEPS), min_size=2, max_size=6),
    st.sampled_from(["resolved", "closed"]),
    st.data(),
    st.sampled_from(["status", "Status", " STATUS"]),
)
@examples(40)
def test_what_is_left_out_of_a_log_makes_no_earlier_solve(steps, last, drawn, field):
    """Of a log that says from what to what, rows or what they say are left out: the ticket is solved no earlier, or two
    of its statements contradict each other."""
    chain = [to for to, before in zip([*steps, last], ["new", *steps], strict=False) if to != before]
    rows = [
        {"ticket_id": "T1", "at": at(f"04-02 {8 + n:02}:00"), "field": field, "from": before, "to": to}
        for n, (before, to) in enumerate(zip(["new", *chain], chain, strict=False))
    ]
    whole = pd.DataFrame(rows)
    told = history_of(desk({"opened_at": "04-02 07:00", "status": last}), whole, contract(), END)
    solved = told.moves["at"][told.moves["move"] == "solved"].max()
    ticket = desk({"opened_at": "04-02 07:00", "status": last}).assign(resolved_at=solved)
    gone = drawn.draw(st.sets(st.integers(0, len(rows) - 1), min_size=1, max_size=len(rows)))
    less = (
        whole.drop(list(gone)) if drawn.draw(st.booleans()) else whole.assign(to=whole["to"].drop(list(gone)))
    )
    found = history_of(ticket, less, contract(), END)
    solves = found.moves["at"][found.moves["move"] == "solved"]
    is_open = bool(found.tickets["is_open"][0])
    assert is_open or solves.max() >= solved or len(contradictions(found, START))


# ---------------------------------------------------------------- rule 0: exports are made later than the month

_EDITED = {
    "status": ["open", "resolved", "closed", "cancelled", "waiting_on_customer"],
    "priority": ["P1", "P2", "P9"],
    "assignee": ["amy", "bob"],
    "category": ["mail", "vpn"],
    "opened_at": ["2026-03-20T10:00Z", "2026-04-29T10:00Z"],
    "resolved_at": ["2026-04-02T10:00Z", "2026-05-02T10:00Z"],
    "closed_at": ["2026-04-02T10:00Z"],
    "first_response_at": ["2026-04-02T10:00Z"],
}


@given(desks(), st.data())
@examples(15)
def test_no_edit_after_the_cutoff_changes_the_closed_month(made_logs, data):
    frame, events = frames(*made_logs)
    for name in ("assignee", "category"):
        frame[name] = data.draw(
            st.lists(st.sampled_from(["amy", None]), min_size=len(frame), max_size=len(frame))
        )
    for name in ("closed_at", "first_response_at"):
        frame[name] = pd.Series(pd.NaT, frame.index, dtype="datetime64[us, UTC]")
    events = events[events["at"] < END]
    found = history_of(frame, events, contract(), END)
    stood = found.tickets.set_index("ticket_id")
    edited, late = frame.copy(), []
    for hour in range(data.draw(st.integers(1, 4))):
        row, field = data.draw(st.sampled_from(range(len(frame)))), data.draw(st.sampled_from(list(_EDITED)))
        ticket, to = frame["ticket_id"][row], data.draw(st.sampled_from(_EDITED[field]))
        before = edited[field][row]
        if ticket in stood.index and field in ("status", "priority", "assignee"):
            before = stood[{"priority": "priority_now"}.get(field, field)][ticket]
        if any(event["ticket_id"] == ticket and event["field"] == field for event in late):
            continue
        told = None if pd.isna(before) else before.isoformat() if hasattr(before, "isoformat") else before
        late.append(
            {
                "ticket_id": ticket,
                "at": END + pd.Timedelta(hours=hour),
                "field": field,
                "from": told,
                "to": to,
            }
        )
        edited.loc[row, field] = pd.Timestamp(to) if field.endswith("_at") else to
        if field == "status" and before in OPEN:  # dated back, and not logged
            edited.loc[row, "resolved_at"] = frame["opened_at"][row]
    told = pd.concat([events, pd.DataFrame(late)])
    assume(told["from"].notna().any())  # a log that never says what was before is one of snapshots
    again = history_of(edited, told, contract(), END)
    pd.testing.assert_frame_equal(
        clocks_of(found, as_contract(contract())), clocks_of(again, as_contract(contract()))
    )
    pd.testing.assert_frame_equal(found.moves, again.moves)
    pd.testing.assert_frame_equal(found.tickets[_SHOWN], again.tickets[_SHOWN])


_SHOWN = ["ticket_id", "opened_at", "priority", "priority_now", "assignee", "category", "status", "is_open"]
