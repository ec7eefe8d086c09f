"""Rule 18: work that came back."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from ticket_cases import END, START, WED, analysed, at, check, contract, desk, log, row_of

from msp_report.metrics import tickets
from msp_report.metrics.tickets import history_of

# ---------------------------------------------------------------- rule 18: work that came back


def came_back(*events: tuple, followed_to: str = "06-01 00:00", terms: dict | None = None) -> dict[str, Any]:
    frame = desk({"opened_at": "04-01 10:00"})
    found = analysed(frame, log(*events), terms, reach=at(followed_to))
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
    found = analysed(frame)
    figure = next(f for f in found.figures() if f.measure == "tickets.reopen_ratio" and not f.subject)
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
    assert row_of(analysed(frame).quality, priority="")["repeat_ratio"] == 0.25
    bare = analysed(desk(WED, WED))
    assert pd.isna(row_of(bare.quality, priority="")["repeat_ratio"])  # nothing by which to tell


def test_repeats_that_no_comparison_showed_make_the_share_a_range(monkeypatch):
    """T1 and T2 were solved before; T3 repeats T1 by its requester, T4 by its title, T5 nothing."""
    printer, solved = {"title": "Printer on floor 2 is jammed"}, {"resolved_at": "04-09 12:00"}
    frame = desk(
        BEFORE | printer | solved,
        {"opened_at": "04-09 10:00", "resolved_at": "04-09 13:00", "title": "No disk space left"},
        {"opened_at": "04-10 12:00", "requester": "amy", "category": "mail", "title": "Cannot log in"},
        {"opened_at": "04-10 13:00"} | printer,
        {"opened_at": "04-10 14:00", "title": "Phone is broken"},
    )

    def ratio() -> tuple:
        figures = {(one.measure, one.subject): one for one in analysed(frame).figures()}
        one = figures["tickets.repeat_ratio", ""]
        return one.value, one.low, one.high, one.coverage

    opened = int((frame["opened_at"] >= START).sum())
    assert ratio() == (2 / opened, None, None, None)
    monkeypatch.setattr("msp_report.model.titles.MOST", 1)
    assert ratio() == (2 / opened, None, None, None)  # all without a match are drawn
    monkeypatch.setattr("msp_report.model.titles.DRAWN", 0)
    value, low, high, coverage = ratio()
    assert (value, low, coverage) == (1 / opened, 1 / opened, 1 / 2)
    assert high == pytest.approx((1 + opened - 1) / opened)  # the one by its requester is settled


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
