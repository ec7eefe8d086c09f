"""What became of the board's decisions over a year. Cases worked by hand."""

from __future__ import annotations

import pandas as pd
from months import dated

from msp_report.metrics.assessment import decisions

START, END = pd.Timestamp("2026-01-01", tz="UTC"), pd.Timestamp("2027-01-01", tz="UTC")
COLUMNS = ["action_id", "text", "owner", "decided_on", "due_on", "done_on"]


def register(*rows: tuple) -> pd.DataFrame:
    return dated([(name, "Ask", "Finance", *days) for name, *days in rows], COLUMNS)


def of_year(frame, earlier=None) -> dict[str, str]:
    found = decisions.kept(frame, START, END, "UTC", earlier=earlier)
    return dict(zip(found["action_id"], found["state"], strict=True))


def test_each_decision_ends_one_way():
    listed = register(
        ("in time", "2026-02-01", "2026-03-01", "2026-03-01"),  # on its day is in time
        ("late", "2026-02-01", "2026-03-01", "2026-03-02"),
        ("no day", "2026-02-01", None, "2026-11-01"),
        ("overdue", "2026-02-01", "2026-03-01", None),
        ("last day", "2026-02-01", "2026-12-31", None),  # not late yet
        ("to come", "2026-02-01", "2027-03-01", None),
        ("the year before", "2025-02-01", "2025-03-01", "2025-12-31"),
        ("done after", "2026-02-01", "2026-03-01", "2027-01-01"),  # at the end nobody knew
        ("the year after", "2027-01-01", "2027-03-01", None),
    )
    gone = register(("gone", "2026-01-09", "2027-01-09", None))
    assert of_year(listed, earlier=gone) == {
        "overdue": "overdue",
        "done after": "overdue",
        "gone": "no longer listed",
        "last day": "open",
        "to come": "open",
        "late": "done late",
        "in time": "done in time",
        "no day": "done in time",
    }


def test_the_counts_add_up_and_are_missing_without_a_register():
    found = decisions.kept(
        register(("a", "2026-02-01", "2026-03-01", "2026-04-01"), ("b", "2026-02-01", "2026-03-01", None)),
        START,
        END,
        "UTC",
    )
    every, *parts = decisions.figures(found, True)
    assert every.value == 2 == sum(part.value for part in parts) and {part.n for part in parts} == {2}
    nothing = decisions.kept(None, START, END, "UTC")
    assert {figure.why_missing for figure in decisions.figures(nothing, False)} == {decisions.NONE}
    assert all(figure.value == 0 for figure in decisions.figures(nothing, True))
