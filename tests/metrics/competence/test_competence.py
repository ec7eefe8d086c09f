"""Competence as a whole: the figures of the opinions and of the audit."""

import pandas as pd
from months import MonthOf

from msp_report.metrics.competence import analyse

COLUMNS = ["subject", "assessed_on", "assessor", "independent", "engaged_by", "result", "expires_on"]


def register(*rows):
    table = pd.DataFrame(
        [(subject, on, who, free, "client", "fit", until) for subject, on, who, free, until in rows],
        columns=COLUMNS,
    )
    return table.assign(**{name: pd.to_datetime(table[name]) for name in ("assessed_on", "expires_on")})


START, CUTOFF = pd.Timestamp("2026-01-01", tz="UTC"), pd.Timestamp("2026-11-01T04:00", tz="UTC")


def analysed(assessments, sheet=None, contract=None):
    """A hundred tickets of the year, 60 of one priority and 40 of another."""
    tickets = pd.DataFrame(
        {
            "ticket_id": [f"T-{n:04d}" for n in range(100)],
            "opened_at": START,
            "priority": ["P1"] * 60 + ["P2"] * 40,
        }
    )
    tables = {"assessments": assessments, "tickets": tickets}
    return analyse(MonthOf(START, CUTOFF, contract or {}, tables=tables), sheet)


def test_figures_of_opinions():
    known = register(
        ("competence", "2025-01-01", "Owl", True, None),
        ("security", "2026-06-01", "Elk", True, None),
        ("backups", "2026-06-01", "Provider", False, None),
    )
    scope = {"scope": [{"subject": "security", "role": "do"}, {"subject": "phones", "role": "do"}]}
    found = {(f.measure.split(".")[1], f.subject): f for f in analysed(known, contract=scope).figures()}
    assert (found["standing", ""].value, found["standing", ""].n, found["standing", ""].verdict) == (
        1,
        3,
        "met",
    )
    assert (found["expired", ""].value, found["expired", ""].verdict) == (1, "missed")
    assert (found["not_independent", ""].value, found["unassessed", ""].value) == (1, 1)
    # from 31 December 2025 to 1 November 2026, 04:00 UTC, in UTC: the last day is 1 November
    assert found["days_overdue", "competence"].value == 305
    assert (found["audit_passed", ""].value, found["audit_passed", ""].coverage) == (None, 0)


def test_nobody_asked_is_not_all_in_order():
    empty = {f.measure: f for f in analysed(register()).figures()}
    assert (empty["competence.standing"].value, empty["competence.standing"].verdict) == (0, "missed")
    assert empty["competence.expired"].value is None and empty["competence.expired"].verdict == "no_data"
    absent = {f.measure: f for f in analysed(None).figures()}
    assert absent["competence.standing"].why_missing == "no register of third-party opinions was supplied"
    assert absent["competence.unassessed"].verdict == "no_data"


def test_figures_of_the_audit():
    drawn = analysed(register()).sample
    sheet = drawn.assign(line=range(2, len(drawn) + 2), finding="pass", problem=None)
    every, tickets = (f for f in analysed(register(), sheet).figures() if f.measure.endswith("audit_passed"))
    assert (every.subject, tickets.subject, tickets.value, tickets.n, tickets.coverage) == (
        "",
        "ticket",
        1,
        49,
        1,
    )
    assert tickets.high == 1 and 0.9 < tickets.low < 1
