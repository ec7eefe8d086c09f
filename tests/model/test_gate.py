"""The gate of verdicts: what each kind of missing evidence does to each answer."""

import math

import pandas as pd
import pytest

from msp_report.model.gate import decide, doubted

CASES = {
    "met": ((0.97, 0.95, "higher"), {}, "met"),
    "missed": ((0.9, 0.95, "higher"), {}, "missed"),
    "on the target is met": ((0.95, 0.95, "higher"), {}, "met"),
    "less is better": ((3, 2, "lower"), {}, "missed"),
    "no value": ((None, 0.95, "higher"), {"why": "no file"}, "no_data"),
    "no target": ((0.9, None, "higher"), {}, "no_target"),
    "no value comes before no target": ((None, None, "higher"), {"why": "no file"}, "no_data"),
    "withheld comes before all": ((0.99, 0.95, "higher"), {"withheld": "checks did not come"}, "no_data"),
    "a doubted source proves nothing good": ((0.97, 0.95, "higher"), {"doubt": "wrong unit"}, "no_verdict"),
    "a doubted source proves nothing bad": (
        (0.9, 0.95, "higher"),
        {"doubt": "x", "own_word": True},
        "no_verdict",
    ),
    "an interval beside the target": ((0.97, 0.95, "higher"), {"low": 0.96, "high": 1}, "met"),
    "an interval around the target": ((0.97, 0.95, "higher"), {"low": 0.9, "high": 1}, "no_verdict"),
    "an interval that ends on the target": ((0.97, 0.95, "higher"), {"low": 0.95}, "met"),
    "nothing bounds it": ((2, 5, "lower"), {"high": math.inf}, "no_verdict"),
    "a miss of one's own word stands": ((0.9, 0.95, "higher"), {"high": 1, "own_word": True}, "missed"),
    "a miss of anybody else's word does not": ((0.9, 0.95, "higher"), {"high": 1}, "no_verdict"),
    "a met of one's own word does not": ((0.97, 0.95, "higher"), {"low": 0, "own_word": True}, "no_verdict"),
}


@pytest.mark.parametrize("name", CASES)
def test_verdict(name):
    given, more, expected = CASES[name]
    assert decide(*given, **more).verdict == expected


def test_why():
    assert decide(1, 1, "higher", withheld="no checks", why="no rows").why == "no checks"
    assert decide(None, 1, "higher", why="no rows").why == "no rows"
    assert decide(1, 1, "higher", low=0, unsure="2 rows were rejected").why == "2 rows were rejected"
    assert decide(1, 1, "higher").why is None
    # rejected rows are the reason only where nothing better is known
    assert decide(1, 1, "higher", low=0, lost="1 row was rejected").why == "1 row was rejected"
    assert decide(1, 1, "higher", low=0, unsure="no end", lost="1 row was rejected").why == "no end"
    assert decide(None, 1, "higher", why="no rows", lost="1 row was rejected").why == "1 row was rejected"
    assert decide(None, 1, "higher", doubt="wrong unit", lost="1 row was rejected").why == "wrong unit"


def test_a_doubt_leaves_what_was_judged_open_and_nothing_else():
    table = pd.DataFrame({"verdict": ["met", "missed", "no_data"], "reason": [None, "late", "no rows"]})
    left = doubted(table, "wrong unit", "reason")
    assert left["verdict"].tolist() == ["no_verdict", "no_verdict", "no_data"]
    assert left["reason"].tolist() == ["wrong unit", "wrong unit", "no rows"]
    assert doubted(table, None, "reason") is table


def test_a_record_without_reasons_keeps_text_where_a_doubt_leaves_nothing_open():
    """Records are compared and written by type: a column of reasons is text, filled or not."""
    table = pd.DataFrame({"verdict": ["no_data", "no_target"], "why": pd.Series([None, None], dtype=object)})
    left = doubted(table, "wrong unit")
    assert left["verdict"].tolist() == ["no_data", "no_target"]
    assert left["why"].dtype == "str" and left["why"].isna().all()
