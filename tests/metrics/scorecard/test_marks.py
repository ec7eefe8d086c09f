"""The marks of page one: the scorecard's lines, every figure with history, and what they count."""

from __future__ import annotations

import pandas as pd
from months import MonthOf, PastOf
from published import packs, series

from msp_report.metrics import scorecard, signals
from msp_report.metrics.scorecard import marks
from msp_report.model.figures import COLUMNS
from msp_report.model.period import Period

OCTOBER = (pd.Timestamp("2026-09-30T23:00", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC"))
LONDON = {"client": {"name": "Acme Ltd", "timezone": "Europe/London"}}
BEFORE = [str(month) for month in Period.parse("2026-03..2026-09").months]
#: Seven months with a mean of 11 and ranges of 1: as usual from 8.34 to 13.66.
USUAL = [10, 11, 12, 11, 10, 11, 12]
PROMISED = {"target": 5, "verdict": "met", "clause": "4.1", "better": "higher"}


def page(earlier, now, strategy=None, to_date=False, **past):
    """Page one of October after the figures of earlier months."""
    pack = packs(*now)[COLUMNS].astype(object)
    case = MonthOf(*OCTOBER, LONDON, strategy=strategy, to_date=to_date)
    return scorecard.analyse(case, PastOf(figures=pack, of_year=packs(*earlier), **past))


def october(value, **fields):
    return {"month": "2026-10", "value": value, **fields}


def of(found, *names):
    rows = found.signals.set_index("subject")[list(names)].astype(object)
    return rows.where(rows.notna(), None).apply(tuple, axis=1).to_dict()


def test_figures_with_a_signal_come_first_of_them_what_was_promised_then_what_is_worse():
    subjects = {"free": 3, "kept": 11, "worse": 3, "better": 30}
    promised = {name: {} if name == "free" else PROMISED for name in subjects}
    earlier = [row for name in subjects for row in series(USUAL, BEFORE, subject=name, **promised[name])]
    now = [october(value, subject=name, **promised[name]) for name, value in subjects.items()]
    found = page(earlier, now)
    assert found.signals["subject"].tolist() == ["worse", "better", "free", "kept"]
    assert found.unusual["subject"].tolist() == ["worse", "better", "free"]
    assert of(found, "promised", "variation") == {
        "worse": (True, signals.WORSE),
        "better": (True, signals.BETTER),
        "free": (False, signals.CHANGED),
        "kept": (True, signals.USUAL),
    }
    counted = {one.measure: (one.value, one.n) for one in found.figures()}
    assert counted["scorecard.signals_worse"] == counted["scorecard.signals_better"] == (1, 3)
    assert found.compared == 4


def test_a_figure_that_stands_still_is_compared_and_one_of_a_few_months_is_not():
    earlier = [
        *series([1] * 7, BEFORE, subject="still", **PROMISED),
        *series([1, 2, 3], BEFORE[-3:], subject="young", **PROMISED),
    ]
    now = [october(1, subject=name, **PROMISED) for name in ("still", "young", "new")]
    found = page(earlier, now)
    assert of(found, "variation", "why") == {
        "still": (None, "more than half of the months are equal"),
        "young": (None, signals.FEW),
    }, "of a figure that no earlier pack has there is no history"
    (worse,) = (one for one in found.figures() if one.measure == "scorecard.signals_worse")
    assert (worse.value, worse.n) == (0, 1)


def test_while_the_month_runs_nothing_is_judged_and_nothing_counted():
    found = page(series(USUAL, BEFORE, **PROMISED), [october(3, **PROMISED)], to_date=True)
    assert of(found, "variation", "assurance", "why") == {"": (None, None, signals.RUNNING)}
    (worse,) = (one for one in found.figures() if one.measure == "scorecard.signals_worse")
    assert (worse.value, worse.why_missing) == (None, "no promised figure has six months before this one")
    assert found.unusual.empty and found.compared == 0


def test_a_month_that_was_published_before_it_was_over_makes_no_limits():
    earlier = series([*USUAL[:6], 90], BEFORE, **PROMISED)
    whole = page(earlier, [october(12, **PROMISED)], running=["2026-09"])
    assert of(whole, "n", "usual_high", "variation") == {"": (7, 10 + 5 / 6 + 2.66, signals.USUAL)}


def test_what_an_older_pack_of_the_same_month_says_is_no_point():
    found = page([*series(USUAL, BEFORE), october(99)], [october(11)])
    assert of(found, "n", "value", "variation") == {"": (8, 11, signals.USUAL)}


def test_the_scorecard_does_not_mark_its_own_counts():
    earlier = series([1] * 7, BEFORE, measure="scorecard.met")
    assert page(earlier, [october(5, measure="scorecard.met")]).signals.empty


def test_a_line_is_marked_by_its_own_target_and_a_figure_without_one_by_the_line_s():
    plan = {
        "scorecard": [
            {"measure": "a.x", "subject": "open", "target": 14, "better": "lower"},
            {"measure": "a.x", "subject": "open", "target": 7, "better": "lower"},
            {"measure": "a.x", "subject": "free"},
            {"measure": "a.x", "subject": "gone", "target": 1},
        ]
    }
    earlier = [
        row for name in ("open", "free") for row in series(USUAL, BEFORE, subject=name, better="lower")
    ]
    now = [october(11, subject=name, better="lower") for name in ("open", "free")]
    found = page(earlier, now, strategy=plan)
    assert found.lines["better"].fillna("").tolist() == ["lower", "lower", "lower", "higher"]
    assert found.lines["variation"].fillna("").tolist() == [signals.USUAL] * 3 + [""]
    assert found.lines["assurance"].fillna("").tolist() == [signals.MET, signals.MISSED, "", ""]
    assert found.lines["unmarked"].fillna("").tolist() == [
        "",
        "",
        "",
        "no report of this pack gives this measure",
    ]
    assert of(found, "target", "assurance") == {"open": (14, signals.MET), "free": (None, None)}


def test_without_a_pack_and_without_history_there_is_nothing():
    found = scorecard.analyse(MonthOf(*OCTOBER, LONDON), PastOf())
    assert found.signals.empty and list(found.signals.columns) == marks.SIGNALS
    assert page([], [october(1)]).signals.empty
