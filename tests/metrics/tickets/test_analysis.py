"""Everything about a month's tickets at once: its records, its figures, and what always holds."""

from __future__ import annotations

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import MonthOf
from ticket_cases import END, START, WED, analysed, at, contract, desk, desks, frames, log, moving, row_of

from msp_report.metrics import tickets
from msp_report.metrics.tickets import clocks
from msp_report.model.tables import TABLES


def test_the_records_have_the_columns_that_outsiders_rely_on():
    frame, events = moving()
    found = analysed(frame, events).records()
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


def test_fields_of_which_no_log_tells_count_as_the_export_has_them():
    frame = desk(WED | {"resolved_at": "04-01 13:00", "category": "mail"})
    silent = analysed(frame, None)
    assert silent.unlogged == ("status", "priority", "category")
    judged = silent.attainment["verdict"].isin(["met", "missed"]).sum()
    assert silent.turned_by_unlogged == judged > 0
    # whoever logs statuses and priorities of anything tells of those of everything; a category moves no clock
    events = log(("04-01 13:00", "resolved"), ("04-01 12:00", "Priority", "P1"))
    told = analysed(frame, events)
    assert (told.unlogged, told.turned_by_unlogged) == (("category",), 0)


def test_late_tickets_come_furthest_over_first():
    frame = desk(
        WED | {"resolved_at": "04-01 15:00"},  # 300 of 240 minutes
        WED | {"resolved_at": "04-01 13:00"},  # in time
        {"opened_at": "04-01 09:00", "priority": "P2", "resolved_at": "04-02 17:00"},  # 960 of 480
        {"opened_at": "03-31 10:00", "resolved_at": "04-20 10:00"},  # March's
    )
    found = analysed(frame)
    assert found.late("resolution")["ticket_id"].tolist() == ["T3", "T1"]
    assert found.late("response").empty


def test_volumes_of_one_dimension_most_solved_first():
    frame = desk(
        WED | {"category": "mail"},
        WED | {"category": "vpn", "resolved_at": "04-02 10:00"},
        WED | {"category": None},
    )
    found = analysed(frame).volumes_by("category")
    assert found["category"].tolist()[0] == "vpn"
    assert found["category"].isna().sum() == 1
    assert found[["opened", "solved", "open_at_end"]].sum().tolist() == [3, 1, 2]


def test_an_open_ticket_that_is_not_listed_any_more_makes_the_backlog_a_range():
    frame = desk(
        {"opened_at": "03-20 10:00"}, {"opened_at": "04-03 10:00"}, WED | {"resolved_at": "04-01 12:00"}
    )
    month = MonthOf(START, END, contract(), tables={"tickets": frame}, newest={"tickets": frame.iloc[[1]]})
    found = tickets.analyse(month)
    assert found.vanished["ticket_id"].tolist() == ["T1"]
    by = {f.subject: f for f in found.figures() if f.measure == "tickets.backlog"}
    assert (by[""].value, by[""].low, by[""].high) == (2, 1, 2)
    assert (by["P2"].value, by["P2"].low, by["P2"].high) == (0, None, None)
    assert found.backlog["open_at_end"].iloc[-1] == 2  # it stays in the sum


def test_a_running_month_ends_where_its_exports_do():
    frame, events = moving()
    end = at("04-03 11:00")  # T1 is open again, T5 not there yet
    found = analysed(frame, events, end=end)
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


OVER_ALL = {"numbers_missing", "flagged_in_time", "edits_favouring", "bunched"}


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
    found = analysed(frame).figures()
    by = {(f.measure.partition(".")[2], f.subject): f for f in found}
    each = {(name, subject) for name in MEASURES for subject in ("P1", "P2", "P3", "P9", "")}
    assert set(by) == each | {(name, "") for name in OVER_ALL}
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
    found = analysed(TABLES["tickets"].empty(), events, time_entries=TABLES["time_entries"].empty())
    assert len(found.clocks) == 0
    assert found.backlog["open_at_end"].tolist() == [0] * 30
    by = {(f.measure, f.subject): f for f in found.figures()}
    assert by["tickets.opened", ""].value == 0
    assert by["tickets.resolution_attainment", "P1"].verdict == "no_data"
    assert by["tickets.repeat_ratio", ""].value is None


def test_a_solve_without_a_time_makes_backlog_and_solved_a_range():
    closed = {"opened_at": "04-02 09:00", "status": "closed"}
    frame = desk(
        closed, {"opened_at": "04-02 09:00", "resolved_at": "04-02 10:00"}, {"opened_at": "04-03 09:00"}
    )
    found = {f.measure.partition(".")[2]: f for f in analysed(frame).figures() if not f.subject}
    backlog, solved = found["backlog"], found["solved"]
    assert (backlog.value, backlog.low, backlog.high) == (2, 1, 2)
    assert (solved.value, solved.low, solved.high) == (1, 1, 2)


def test_where_no_solve_has_a_time_nobody_knows_what_was_open():
    frame = desk(*[{"opened_at": "04-02 09:00", "status": "closed"}] * 2, {"opened_at": "04-03 09:00"})
    found = {f.measure.partition(".")[2]: f for f in analysed(frame).figures() if not f.subject}
    for name in ("backlog", "solved"):
        assert (found[name].value, found[name].why_missing) == (
            None,
            "the source does not say when anything was solved",
        )
    assert found["opened"].value == 3


def test_without_a_tickets_table_every_figure_is_missing():
    found = analysed(None).figures()
    assert {f.measure.partition(".")[2] for f in found} == MEASURES | OVER_ALL
    assert all(f.value is None and f.subject == "" and f.why_missing for f in found)


def test_the_least_contract_and_the_least_columns_work():
    frame = pd.DataFrame({"ticket_id": [7], "opened_at": [at("04-01 10:00")]})
    found = analysed(frame, terms={"client": {"name": "x", "timezone": "Asia/Kolkata"}})
    assert found.clocks["ticket_id"].tolist() == ["7"]
    assert {f.verdict for f in found.figures()} == {None, "no_target"}


def test_the_callers_frames_are_left_alone():
    frame, events = moving()
    copies = frame.copy(), events.copy()
    analysed(frame, events, reach=at("06-01 00:00"))
    pd.testing.assert_frame_equal(frame, copies[0])
    pd.testing.assert_frame_equal(events, copies[1])


@given(desks())
@examples(12)
def test_identities_of_any_desk(made_logs):
    frame, events = frames(*made_logs)
    found = analysed(frame, events)  # rule 17 is held by the run itself
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
    assert first.figures() == second.figures()


@given(desks(), desks(), st.randoms(use_true_random=False))
@examples(6)
def test_neither_the_order_of_rows_nor_what_comes_after_the_cutoff_changes_anything(made_logs, more, shuffle):
    made, logs = made_logs
    frame, events = frames(made, logs)
    found = analysed(frame, events)
    pairs = list(zip(made, logs, strict=True))
    shuffle.shuffle(pairs)
    same(found, analysed(*frames(*map(list, zip(*pairs, strict=True)))))
    later = frames(*more)[1]
    # What a later step says of the time before it counts (rule 0, test_history); a comment says nothing of it.
    later = later[later["field"] == "comment"].assign(at=lambda t: t["at"] + pd.Timedelta(days=61))
    mixed = pd.concat([later, events, later]) if len(later) else events
    same(found, analysed(frame, mixed))


@given(desks())
@examples(6)
def test_the_ledger_adds_up(made_logs):
    found = analysed(*frames(*made_logs))
    counts = dict(zip(found.ledger["part"], found.ledger["tickets"], strict=True))
    opening, opened, again, solved, removed, closing, listed, gone = counts.values()
    assert opening + opened + again - solved - removed == closing == listed + gone == len(found.open_tickets)
    assert found.older_than(0) >= found.older_than(30)


def test_without_tickets_there_is_no_ledger():
    assert analysed(None).ledger.empty
