"""How promises and rules have gone, month by month: what is new, what is old, what nobody knows."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msp_report.metrics.scorecard import course
from msp_report.model.figures import COLUMNS
from msp_report.model.period import Month

MONTH = Month(2026, 10)


def rows(**changes):
    row = {
        "measure": "a.x",
        "subject": "",
        "verdict": "missed",
        "target": 60.0,
        "better": "lower",
        "whose": "own",
    }
    return pd.DataFrame([row | changes])


def told(*values, verdicts=None, target=None):
    """What the packs of the months up to September gave; None: no pack; missing: no value."""
    months = [str(MONTH.shift(-step)) for step in range(len(values), 0, -1)]
    verdicts = verdicts or [None] * len(values)
    found = [
        {
            "measure": "a.x",
            "subject": "",
            "month": month,
            "value": value,
            "target": target,
            "verdict": verdict,
        }
        for month, value, verdict in zip(months, values, verdicts, strict=True)
        if value is not None
    ]
    return (
        pd.DataFrame(found)
        .reindex(columns=["month", *COLUMNS])
        .assign(report="a", unit="count", better="lower")
    )


BOARD = {"scorecard": [{"measure": "a.x", "target": 60, "better": "lower"}]}


@pytest.mark.parametrize(
    ("values", "months"),
    [
        *[((55, 63), 2), ((61, 63), 3), ((63, 55), 1), ((60,), 1)],
        *[((63, None), None), ((), None), ((63, float("nan")), None)],
    ],
)
def test_a_target_of_the_board_that_no_page_judges_is_held_against_the_values(values, months):
    found = course.missed_months(rows(), told(*values), MONTH, course.by_lines(told(*values), BOARD))
    assert found.isna().all() if months is None else found.tolist() == [months]


def test_what_an_interval_left_open_the_month_before_is_not_known_to_be_new():
    before = told(55).assign(low=50.0, high=70.0)
    assert course.missed_months(rows(), before, MONTH, course.by_lines(before, BOARD)).isna().all()


def test_a_promise_counts_by_the_verdicts_of_its_packs_whatever_its_value_was():
    before = told(99.0, 99.0, verdicts=["missed", "no_verdict"], target=60.0)
    assert course.missed_months(rows(whose="agreed"), before, MONTH).isna().all()
    before = told(99.0, 99.0, verdicts=["missed", "missed"], target=80.0)
    assert course.missed_months(rows(whose="agreed"), before, MONTH).tolist() == [3]


def test_a_stricter_target_of_the_board_is_not_judged_by_the_one_that_was_agreed():
    before = told(70.0, verdicts=["met"], target=80.0)
    assert course.missed_months(rows(), before, MONTH, course.by_lines(before, BOARD)).tolist() == [2]
    assert course.missed_months(
        rows(whose="agreed"), before, MONTH, course.by_lines(before, BOARD)
    ).tolist() == [1]


def test_the_month_before_stands_beside_and_what_is_met_was_not_missed_for_months():
    found = course.course(rows(verdict="met"), told(61, 62), MONTH)
    assert found["last_value"].tolist() == [62] and found["missed_months"].isna().all()
    assert course.course(rows(), told(61, None), MONTH)["last_value"].isna().all()


@settings(deadline=None)
@given(st.lists(st.sampled_from(["missed", "met", "no_verdict"]), min_size=1, max_size=15))
def test_it_is_one_more_than_the_misses_that_lead_up_to_it(verdicts):
    before = told(*([1.0] * len(verdicts)), verdicts=verdicts, target=60.0)
    run = next((at for at, verdict in enumerate(reversed(verdicts)) if verdict != "missed"), len(verdicts))
    found = course.missed_months(rows(whose="agreed"), before, MONTH)
    assert found.isna().all() if verdicts[-1] == "no_verdict" else found.tolist() == [min(run, 12) + 1]
