"""What a table that ends inside the period leaves of a figure (rules 41 and 50)."""

import pandas as pd
import pytest
from months import MonthOf

from msp_report.model.figures import Figure
from msp_report.model.reach import Reach, bounded, reach_of

START, END = (pd.Timestamp(at, tz="UTC") for at in ("2026-09-01", "2026-10-01"))
#: Ten days of thirty, in the provider's own file; the same of somebody independent; nothing at all.
PART = Reach(pd.Timestamp("2026-09-11", tz="UTC"), 1 / 3, "tickets")
OTHERS = Reach(PART.at, 1 / 3, "checks", own_word=False)
NONE = Reach(START, 0.0, "tickets")
CAME = "tickets came for a part of the period only"


def month(independent=frozenset(), **speaks_to):
    told = {name: pd.Timestamp(at, tz="UTC") for name, at in speaks_to.items()}
    return MonthOf(START, END, {}, speaks_to=told, independent=independent)


@pytest.mark.parametrize(
    ("speaks_to", "at", "share", "table"),
    [
        ({}, END, 1, ""),
        # what is known of later days says no more of the month
        ({"tickets": "2026-10-09", "checks": "2026-10-08"}, END, 1, ""),
        ({"tickets": "2026-10-01", "checks": "2026-10-01"}, END, 1, ""),
        ({"tickets": "2026-09-30 23:59"}, "2026-09-30 23:59", 1 - 1 / 30 / 24 / 60, "tickets"),
        # the table that ends first speaks for both
        ({"tickets": "2026-09-21", "checks": "2026-09-11"}, "2026-09-11", 1 / 3, "checks"),
        ({"tickets": "2026-09-01"}, START, 0, "tickets"),
        # a file that ends before the month has no part of it, and not less than none
        ({"tickets": "2026-08-20"}, "2026-08-20", 0, "tickets"),
    ],
)
def test_several_tables_speak_as_far_as_the_first_of_them(speaks_to, at, share, table):
    reach = reach_of(month(**speaks_to), "tickets", "checks")
    at = at if isinstance(at, pd.Timestamp) else pd.Timestamp(at, tz="UTC")
    assert (reach.at, reach.table) == (at, table)
    assert reach.share == pytest.approx(share, abs=1e-9)
    assert reach.is_whole == (share == 1)


def test_whose_word_it_is_says_the_table_that_ends_first():
    independent = frozenset({"checks"})
    ends = {"tickets": "2026-09-21", "checks": "2026-09-11"}
    assert not reach_of(month(independent, **ends), "tickets", "checks").own_word
    assert reach_of(
        month(independent, tickets="2026-09-05", checks="2026-09-11"), "tickets", "checks"
    ).own_word
    assert reach_of(month(independent), "checks").own_word


def test_why_says_whether_nothing_came_or_a_part():
    assert PART.why == CAME
    assert NONE.why == "no tickets came for the period"
    assert (PART.taken(), NONE.taken()) == ("no_verdict", "no_data")


@pytest.mark.parametrize(
    ("reach", "turned"),
    [
        (PART, ["met"]),
        # somebody else's missing days may make good for a miss
        (OTHERS, ["met", "missed"]),
        # where nothing came there is no miss either
        (NONE, ["met", "missed"]),
        (Reach(END), []),
        (Reach(END, own_word=False), []),
    ],
)
def test_which_verdicts_are_left_open(reach, turned):
    verdicts = pd.Series(["met", "missed", "no_data", "no_verdict", "no_target", None])
    assert verdicts[reach.left_open(verdicts)].tolist() == turned


def figure(value=0.97, verdict="met", target=0.95, **more):
    more = {"unit": "ratio", "better": "higher", "robust": "pass", **more}
    return Figure(measure="acme.ratio", value=value, target=target, verdict=verdict, **more)


def left(figure, reach=PART, grows=()):
    (found,) = bounded([figure], reach, grows)
    return found


def test_a_whole_period_changes_nothing():
    figures = [figure(), figure(0.9, "missed")]
    assert bounded(iter(figures), Reach(END)) == figures


def test_a_share_may_have_come_to_anything():
    found = left(figure())
    assert (found.verdict, found.why_missing, found.robust) == ("no_verdict", CAME, None)
    assert (found.value, found.low, found.high, found.coverage) == (0.97, 0, 1, pytest.approx(1 / 3))


def test_a_miss_of_the_providers_own_word_stands_and_no_other():
    missed = figure(0.9, "missed")
    found = left(missed)
    assert (found.verdict, found.why_missing, found.robust) == ("missed", None, "pass")
    assert (found.low, found.high) == (0, 1)
    found = left(missed, OTHERS)
    assert (found.verdict, found.robust) == ("no_verdict", None)
    assert found.why_missing == "checks came for a part of the period only"


def test_what_happened_can_only_grow():
    """Three of at most five outages in ten days: there may be more. Six are too many, whatever came after."""
    count = {"unit": "count", "better": "lower", "target": 5}
    found = left(figure(3, **count), OTHERS, grows=["acme.ratio"])
    assert (found.verdict, found.low, found.high) == ("no_verdict", 3, None)
    found = left(figure(6, "missed", **count), OTHERS, grows=["acme.ratio"])
    assert (found.verdict, found.low, found.high, found.robust) == ("missed", 6, None, "pass")
    # seven of at least five stay seven
    found = left(figure(7, **count | {"better": "higher"}), OTHERS, grows=["acme.ratio"])
    assert (found.verdict, found.why_missing) == ("met", None)
    # a share that only grows has its own value as the least
    assert left(figure(), grows=["acme.ratio"]).low == 0.97


def test_of_what_stands_nothing_is_known():
    found = left(figure(3, unit="count", better="lower", target=5), grows=["acme.other"])
    assert (found.verdict, found.low, found.high) == ("no_verdict", None, None)
    # too many in the part that came may be few enough at the end, and the other way round
    for better in ("lower", "higher"):
        missed = figure(3, "missed", unit="score", better=better, target=2 if better == "lower" else 4)
        found = left(missed, OTHERS)
        assert (found.verdict, found.low, found.high) == ("no_verdict", None, None)


def test_a_figure_without_a_side_is_better_higher():
    grown = figure(7, unit="count", better=None, target=5)
    assert left(grown, OTHERS, grows=["acme.ratio"]).verdict == "met"


def test_a_figure_that_nobody_judges_has_bounds_and_no_reason():
    found = left(figure(verdict=None, target=None))
    assert (found.verdict, found.why_missing, found.robust) == (None, None, None)
    assert (found.low, found.high) == (0, 1)
    assert left(figure(verdict="no_target", target=None)).verdict == "no_target"


@pytest.mark.parametrize("verdict", ["met", "missed", "no_verdict"])
def test_bounds_that_a_verdict_was_given_by_stay(verdict):
    found = left(figure(verdict=verdict, low=0.96, high=0.98))
    assert (found.low, found.high) == (0.96, 0.98)


def test_one_bound_alone_is_none():
    for bound in ({"low": 0.96}, {"high": 0.98}):
        found = left(figure(**bound))
        assert (found.low, found.high, found.verdict) == (0, 1, "no_verdict")


def test_bounds_of_what_nobody_judged_go():
    found = left(figure(verdict=None, target=None, low=0.96, high=0.98))
    assert (found.low, found.high) == (0, 1)


def test_a_verdict_that_its_bounds_hold_stands():
    found = left(figure(low=0.96, high=0.98))
    assert (found.verdict, found.why_missing, found.robust) == ("met", None, "pass")


def test_coverage_is_the_smaller_of_both():
    assert left(figure(coverage=0.1)).coverage == 0.1
    assert left(figure(coverage=0.9)).coverage == pytest.approx(1 / 3)


def test_where_nothing_came_the_figure_is_gone():
    found = left(figure(low=0.9, high=1.0, coverage=0.8), NONE)
    assert (found.value, found.low, found.high, found.robust, found.coverage) == (None, None, None, None, 0)
    assert (found.verdict, found.why_missing) == ("no_data", "no tickets came for the period")
    assert left(figure(verdict=None, target=None), NONE).verdict is None


def test_a_figure_without_a_value_stays_as_it_is():
    nothing = Figure(measure="acme.ratio", why_missing="no rows", verdict="no_data", target=0.9)
    assert left(nothing) is nothing and left(nothing, NONE) is nothing
