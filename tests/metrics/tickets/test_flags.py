"""What the provider's own tool says of its tickets, held against the clock (rule 32)."""

import pytest
from months import MonthOf
from ticket_cases import END, START, contract, desk

from msp_report.metrics.tickets import analyse


def found(*rows, **changes):
    return analyse(MonthOf(START, END, contract(**changes), tables={"tickets": desk(*rows)}))


def ticket(solved, flag, priority="P1"):
    """One opened on 1 April at 9; P1 has four hours round the clock."""
    return {"opened_at": "04-01 09:00", "resolved_at": solved, "provider_met": flag, "priority": priority}


def of(analysis, measure, subject=""):
    return next(f for f in analysis.figures() if f.measure == f"tickets.{measure}" and f.subject == subject)


def test_a_ticket_solved_late_that_the_tool_calls_in_time_is_listed():
    late, early = ticket("04-01 15:00", True), ticket("04-01 10:00", True)
    analysis = found(late, early, ticket("04-01 16:00", False))
    assert analysis.flagged["ticket_id"].tolist() == ["T1"]
    assert analysis.flagged[["resolution_used_min", "resolution_target_min"]].values.tolist() == [[360, 240]]
    figure = of(analysis, "flagged_in_time")
    assert (figure.value, figure.n) == (1, 3)


def test_what_the_tool_claims_is_our_figure_with_those_in_time():
    analysis = found(ticket("04-01 15:00", True), ticket("04-01 10:00", True), ticket("04-01 16:00", False))
    figure = of(analysis, "resolution_attainment", "P1")
    assert (figure.value, figure.claimed) == (pytest.approx(1 / 3), pytest.approx(2 / 3))


def test_a_ticket_that_the_tool_calls_late_claims_nothing_of_its_solve():
    """It may have been answered late."""
    analysis = found(ticket("04-01 10:00", False))
    assert analysis.flagged.empty and of(analysis, "resolution_attainment", "P1").claimed == 1


def test_an_open_ticket_is_called_in_time_by_nobody():
    analysis = found(ticket(None, True) | {"status": "open"}, ticket("04-01 10:00", True))
    assert analysis.flagged.empty


@pytest.mark.parametrize(
    "rows", [[{"opened_at": "04-01 09:00", "resolved_at": "04-01 15:00"}], [ticket("04-01 15:00", None)]]
)
def test_without_a_flag_nothing_is_claimed_and_the_figure_says_why(rows):
    analysis = found(*rows)
    assert of(analysis, "resolution_attainment", "P1").claimed is None
    why = "the source does not say what the provider's own tool calls in time"
    assert of(analysis, "flagged_in_time").why_missing == why


def test_a_flag_never_turns_a_verdict():
    plain = [ticket("04-01 15:00", None), ticket("04-01 10:00", None)]
    flagged = [one | {"provider_met": True} for one in plain]
    verdicts = [of(found(*rows), "resolution_attainment", "P1").verdict for rows in (plain, flagged)]
    assert verdicts == ["missed", "missed"]
