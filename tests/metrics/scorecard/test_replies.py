"""The provider's replies: each answers the right month, and none is lost."""

import pandas as pd
import pytest
from months import dated, figures_of

from msp_report.metrics.scorecard.replies import REPLY_COLUMNS, disputed, replies
from msp_report.model.figures import COLUMNS, Figure

#: October 2026 in London: 1 October 00:00 BST to 1 November 00:00 GMT.
OCTOBER = (pd.Timestamp("2026-09-30T23:00", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC"), "Europe/London")


def said(*rows):
    return dated(
        [(measure, subject, on, "Provider", "No.") for measure, subject, on in rows],
        ["measure", "subject", "said_on", "by", "text"],
    )


REPLIES = [
    # said on, with earlier exports too, file shared by months, stands in October, why
    ("2026-10-01", False, False, True, "the month had begun"),
    ("2026-10-31", False, False, True, "to the draft to date"),
    ("2026-11-05", False, False, True, "after the month, with its exports: to its draft"),
    ("2026-09-30", False, False, False, "the month had not begun: it answers an earlier draft"),
    ("2026-10-05", True, False, False, "it came with September's exports first: it answers September"),
    ("2026-10-31", True, True, True, "one file for all months: the day said decides"),
    ("2026-11-01", True, True, False, "one file for all months: said in November"),
    ("2026-09-30", True, True, False, "one file for all months: said in September"),
]


@pytest.mark.parametrize(("on", "before", "shared", "stands", "why"), REPLIES)
def test_the_month_that_a_reply_answers(on, before, shared, stands, why):
    row = said(("availability.ratio", None, on))
    found = replies(row, *OCTOBER, earlier=row if before else None, shared=shared)
    assert len(found) == stands, why
    assert list(found.columns) == REPLY_COLUMNS
    assert not stands or found["subject"].tolist() == [""]


def test_no_replies_are_none():
    assert replies(None, *OCTOBER).empty
    assert replies(said(), *OCTOBER, earlier=said()).empty


def figure(measure, verdict=None, subject=""):
    return Figure(measure=measure, subject=subject, verdict=verdict, value=1.0)


def test_no_reply_is_lost():
    figures = figures_of(figure("a.x", "missed", "mail"), figure("a.y", "met"))
    answers = replies(
        said(("a.x", "mail", "2026-10-30"), ("a.y", None, "2026-10-30"), ("a.z", "fax", "2026-10-30")),
        *OCTOBER,
    )
    found = disputed(figures, answers, but=figures.head(1))
    assert found[["report", "measure", "subject", "verdict"]].fillna("").values.tolist() == [
        ["a", "a.y", "", "met"],
        ["a", "a.z", "fax", ""],
    ]
    assert found["why_missing"].tolist()[1] == "no page gives this figure"
    assert list(found.columns) == COLUMNS
    assert disputed(figures, answers.head(0)).empty
