"""Rules 16, 20-23, 33, 34 and 37: intervals, control limits, percentiles, trends."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from msp_report.model import statistics
from msp_report.model.statistics import Signal

VECTOR_21 = [98.9, 99.2, 99.4, 98.8, 99.1, 99.3, 99.0, 99.2, 98.7, 99.1, 99.3, 99.0]
few = examples(60)
numbers = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))


# ---------------------------------------------------------------- shares and counts


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (13, 15, 0.621, 0.963),  # rule 20
        (0, 10, 0.0, 0.278),  # z² / (n + z²) = 3.8415 / 13.8415
        (10, 10, 0.722, 1.0),
        (1, 1, 0.207, 1.0),  # 1 / (1 + 3.8415)
    ],
)
def test_wilson(successes, n, low, high):
    share = statistics.wilson(successes, n)
    assert share.value == successes / n
    assert (round(share.low, 3), round(share.high, 3)) == (low, high)


def test_wilson_of_nothing_is_missing_and_never_zero():
    assert statistics.wilson(0, 0) == statistics.Interval(None, None, None, 0)


@pytest.mark.parametrize(("successes", "n"), [(2, 1), (-1, 3), (0.5, 3), (math.nan, 3), (1, -1)])
def test_wilson_refuses_impossible_counts(successes, n):
    with pytest.raises(ValueError, match=r"successes|n is"):
        statistics.wilson(successes, n)


def test_wilson_takes_whole_floats_as_pandas_sums_give_them():
    assert statistics.wilson(np.float64(13), np.int64(15)).value == 13 / 15


@few
@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_intervals_hold_their_share_and_mirror(counts):
    successes, n = counts
    for interval in (statistics.wilson, statistics.exact):
        share, rest = interval(successes, n), interval(n - successes, n)
        assert 0 <= share.low <= share.value + 1e-12
        assert share.value <= share.high + 1e-12 <= 1 + 2e-12
        assert share.low == pytest.approx(1 - rest.high, abs=1e-9)


def test_a_higher_confidence_is_wider():
    assert statistics.wilson(13, 15, confidence=0.99).low < statistics.wilson(13, 15).low


def test_exact_interval_of_all_or_nothing():
    # Clopper-Pearson at 10 of 10: low = 0.025 ** (1 / 10)
    share = statistics.exact(10, 10)
    assert (share.low, share.high) == (pytest.approx(0.025**0.1), 1.0)


def test_poisson_interval():
    # Garwood's table for 10: 4.795 to 18.39; for 0 the upper end is -ln 0.025
    ten, none = statistics.poisson(10), statistics.poisson(0)
    assert (round(ten.low, 3), round(ten.high, 2)) == (4.795, 18.39)
    assert (none.value, none.low, none.high) == (0.0, 0.0, pytest.approx(-math.log(0.025)))


# ---------------------------------------------------------------- surveys


def test_recommend_vector_of_rule_20():
    # p = 2/3, d = 1/6: variance (5/6 - 1/4) / 30 = 0.019444, times 1.96 = 0.2733
    score = statistics.recommend(20, 5, 5)
    assert score.value == pytest.approx(0.5)
    assert round(100 * (score.high - score.value), 1) == 27.3
    assert round(100 * (score.value - score.low), 1) == 27.3


def test_recommend_stays_within_its_scale():
    # 9 promoters, 1 detractor: 0.8 ± 1.96 x sqrt((1 - 0.64) / 10) = 0.8 ± 0.37
    score = statistics.recommend(9, 0, 1)
    assert (score.low, score.high) == (pytest.approx(0.428, abs=1e-3), 1.0)


def test_under_five_answers_no_figure():
    assert statistics.recommend(4, 0, 0).value is None
    assert statistics.recommend(0, 0, 0) == statistics.Interval(None, None, None, 0)
    assert statistics.csat([5, 5, 5, 5]) == statistics.Interval(None, None, None, 4)
    assert statistics.csat([]).value is None


def test_csat_counts_four_and_five_and_leaves_out_the_missing():
    answers = [5, 4, 4, 3, None, 1, math.nan, 5]  # 4 of 6
    assert statistics.csat(answers) == statistics.wilson(4, 6)
    assert statistics.csat(pd.Series(answers, dtype="Float64")) == statistics.wilson(4, 6)


@pytest.mark.parametrize("answer", [0, 6, 10])
def test_csat_refuses_another_scale(answer):
    with pytest.raises(ValueError, match="1 to 5"):
        statistics.csat([4, 4, 4, 4, answer])


# ---------------------------------------------------------------- XmR


def test_xmr_vector_of_rule_21():
    chart = statistics.xmr(VECTOR_21)
    assert round(chart.mean, 4) == 99.0833
    assert round(chart.mean_range, 4) == 0.3182
    assert (round(chart.lower, 3), round(chart.upper, 3)) == (98.237, 99.930)
    assert chart.signals == [] and not chart.trial


def test_xmr_drops_an_extreme_moving_range_once():
    # ranges 1 x 5, 20, 1 x 5: mean 30/11 = 2.727, limit 8.91, so the 20 goes and the mean range is 1
    series = [10, 11, 10, 11, 10, 11, 31, 30, 31, 30, 31, 30]
    chart = statistics.xmr(series)
    assert chart.mean_range == 1
    assert chart.upper == pytest.approx(20.5 + 2.66)


@pytest.mark.parametrize(
    ("rule", "series", "fulfilled_at"),
    [
        ("outside", [5, 6, 5, 6, 5, 6, 20, 5, 6, 5, 6, 5.5], [6]),
        ("rising", [5, 1, 2, 3, 4, 5, 6, 7, 5, 4, 5, 4], [7]),  # 1 to 7 are seven points
        ("rising", [5, 4, 2, 3, 4, 5, 6, 7, 5, 4, 5, 4], []),  # 2 to 7 are six
        ("falling", [3, 7, 6, 5, 4, 3, 2, 1, 0, 4, 5, 4], [7, 8]),
        ("side", [6, 7, 6, 7, 6, 7, 6, 1, 3, 1, 3, 1], [6]),
        ("side", [6, 7, 6, 4, 6, 7, 6, 2, 3, 2, 3, 2], []),  # mean 4.7: the 4 ends the run
    ],
)
def test_xmr_signals(rule, series, fulfilled_at):
    assert [signal.index for signal in statistics.xmr(series).signals if signal.rule == rule] == fulfilled_at


def test_two_of_three_beyond_two_thirds_of_the_same_limit():
    # mean 0, ranges sum 49.4 over 19; limit 2.66 x 2.6 = 6.916, two thirds of it 4.611
    series = [1, -1] * 8 + [5, 0, 5, -10]
    chart = statistics.xmr(series)
    two_thirds = chart.mean + (chart.upper - chart.mean) * 2 / 3
    assert two_thirds < 5 < chart.upper
    assert [s.index for s in chart.signals if s.rule == "two_of_three"] == [18]
    opposite = statistics.xmr([1, -1] * 8 + [5, -5, 0, 0])
    assert [s for s in opposite.signals if s.rule == "two_of_three"] == []


def test_the_limits_of_the_first_twelve_points_stay():
    base = statistics.xmr(VECTOR_21)
    longer = statistics.xmr([*VECTOR_21, 98.0, 99.1, 105.0])
    assert (longer.mean, longer.lower, longer.upper) == (base.mean, base.lower, base.upper)
    assert [s.index for s in longer.signals if s.rule == "outside"] == [12, 14] and longer.n == 15


@few
@given(st.lists(numbers, min_size=3, max_size=30), numbers)
def test_the_point_judged_never_moves_its_own_limits(series, other):
    one, two = statistics.xmr(series), statistics.xmr([*series[:-1], other])
    if len(series) != 12:  # of twelve points the limits are those of rule 21's vector
        assert (one.mean, one.lower, one.upper, one.why) == (two.mean, two.lower, two.upper, two.why)


def test_the_twelfth_point_is_judged_by_the_eleven_before_it():
    # eleven points of mean 11 with ranges of 1 reach to 13.66; with the 13.9 they would reach to 14.12
    series = [10, 11, 12, 11, 10, 11, 12, 11, 10, 11, 12, 13.9]
    chart = statistics.xmr(series)
    assert [s.index for s in chart.signals if s.rule == "outside"] == [11]
    assert chart.upper == pytest.approx(14.12, abs=0.005)


def test_more_than_half_of_the_points_equal_have_no_limits():
    chart = statistics.xmr([1, 1, 1, 1, 2, 3, 1, 9])
    assert (chart.mean_range, chart.lower, chart.upper) == (None, None, None)
    assert chart.why == statistics.MOSTLY_EQUAL and chart.signals == []
    assert statistics.xmr([1, 1, 1, 4, 2, 3, 9]).why is None  # three of six
    rising = statistics.xmr([1] * 12 + [2, 3, 4, 5, 6, 7])
    assert [(s.index, s.rule) for s in rising.signals] == [(17, "rising")]


def test_days_between_rare_events():
    days = [4.0, 30.0, 11.0, 60.0, 25.0, 8.0, 40.0, 19.0, 90.0, 15.0, 33.0, 22.0, 400.0]
    at = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(np.cumsum([0, *days]), unit="D")
    chart = statistics.t_chart(at[::-1])
    root = statistics.xmr([day ** (1 / 3.6) for day in days])
    assert chart.upper == pytest.approx(root.upper**3.6) and chart.mean == pytest.approx(root.mean**3.6)
    assert chart.lower == pytest.approx(max(root.lower, 0) ** 3.6)
    assert [s.index for s in chart.signals if s.rule == "outside"] == [12] and chart.n == 13


def test_cases_between_rare_events():
    # a mean of 45 cases: the geometric distribution with p = 1/46 has 0.99865 of itself at 300 and below
    chart = statistics.g_chart([50, 40, 80, 10, 301])
    assert (chart.mean, chart.lower, chart.upper, chart.trial) == (45, 0, 300, True)
    assert chart.signals == [Signal(4, "outside")]
    assert 1 - (45 / 46) ** 301 >= 0.99865 > 1 - (45 / 46) ** 300
    assert statistics.g_chart([50, 40, None, 80, 10, 300]).signals == []
    assert statistics.g_chart([]).n == 0 and statistics.g_chart([7]).upper is None
    with pytest.raises(ValueError, match="fewer than no cases"):
        statistics.g_chart([3, -1])


def test_xmr_keeps_the_positions_of_a_series_with_gaps():
    gappy = [5, None, 6, 5, math.nan, 6, 5, 6, 20, 5, 6, 5, 6, 5]
    chart = statistics.xmr(gappy)
    assert Signal(8, "outside") in chart.signals
    assert chart.n == 12 and chart.mean == statistics.xmr([x for x in gappy if x is not None and x == x]).mean


def test_xmr_of_too_little():
    assert statistics.xmr([]) == statistics.Xmr(None, None, None, None, [], True, 0)
    one = statistics.xmr([None, 3.0])
    assert (one.mean, one.lower, one.upper, one.trial) == (3.0, None, None, True)
    assert statistics.xmr([3.0, 4.0]).why == statistics.TOO_FEW
    assert statistics.xmr(VECTOR_21[:11]).trial


@few
@given(numbers, st.integers(2, 30))
def test_a_constant_series_has_no_signals(value, length):
    chart = statistics.xmr([value] * length)
    assert chart.signals == []
    assert chart.lower is None and chart.upper is None


@few
@given(st.lists(numbers, min_size=2, max_size=40))
def test_xmr_mirrors(series):
    chart, mirror = statistics.xmr(series), statistics.xmr([-x for x in series])
    assert mirror.why == chart.why
    if chart.lower is not None:
        assert mirror.upper == pytest.approx(-chart.lower)
    swap = {"rising": "falling", "falling": "rising"}
    assert sorted(mirror.signals) == sorted(Signal(s.index, swap.get(s.rule, s.rule)) for s in chart.signals)


# ---------------------------------------------------------------- percentiles


@pytest.mark.parametrize(
    ("n", "index"),
    [
        (70, 66),  # floor(67.0) - 1
        (8640, 8207),  # floor(8208.5) - 1: a month of five-minute samples
        (8928, 8481),  # floor(8482.1) - 1
    ],
)
def test_nearest_rank_is_the_value_at_the_index_of_rule_22(n, index):
    shuffled = np.random.default_rng(1).permutation(n)
    assert statistics.percentile(shuffled, 0.95, "nearest_rank") == index
    assert statistics.percentile(shuffled, 95, "nearest_rank") == index


def test_percentile_methods():
    values = [4, None, 1, 3, 2]
    assert statistics.percentile(values, 0.5) == 2.5
    assert statistics.percentile(values, 50, "lower") == 2
    assert statistics.percentile(values, 0.0, "nearest_rank") == 1
    assert statistics.percentile(values, 100) == 4
    assert statistics.percentile([None, math.nan], 0.95) is None
    assert statistics.percentile([], 0.95, "nearest_rank") is None


def test_percentile_refuses():
    with pytest.raises(ValueError, match="ratio"):
        statistics.percentile([1], 101)
    with pytest.raises(ValueError, match="nearest_sample"):
        statistics.percentile([1, 2], 0.95, "nearest_sample")


@few
@given(st.lists(numbers, min_size=1, max_size=60), st.integers(1, 100))
def test_nearest_rank_is_always_one_of_the_values(values, q):
    found = statistics.percentile(values, q, "nearest_rank")
    assert found in values
    assert found <= statistics.percentile(values, 100)


# ---------------------------------------------------------------- trend


def test_trend_of_a_straight_line_is_a_day():
    at = pd.date_range("2026-03-01", periods=40, freq="12h", tz="UTC")
    slope = statistics.trend(at, np.arange(40) * 1.5 + 7)
    assert (slope.value, slope.low, slope.high) == pytest.approx((3, 3, 3))
    assert slope.intercept == pytest.approx(7) and slope.origin == at[0]


def test_trend_takes_dates_of_any_unit_and_leaves_out_the_missing():
    dates = [day.date() for day in pd.date_range("2026-03-01", periods=6)]
    for at in (dates, pd.to_datetime(dates).as_unit("s"), pd.to_datetime(dates).as_unit("ns")):
        slope = statistics.trend(at, [0, 2, None, 6, 8, 10])
        assert slope.value == pytest.approx(2) and slope.n == 5


def test_one_wild_value_does_not_move_the_trend():
    values = np.arange(30.0)
    values[12] = 1e6
    assert statistics.trend(pd.date_range("2026-01-01", periods=30), values).value == pytest.approx(1)


def test_trend_of_noise_straddles_zero():
    slope = statistics.trend(
        pd.date_range("2026-01-01", periods=60), np.random.default_rng(4).normal(size=60)
    )
    assert slope.low < 0 < slope.high


def test_trend_of_too_little():
    assert statistics.trend([], []).value is None
    assert statistics.trend(["2026-01-01", "2026-01-02"], [1, 2]).value is None
    assert statistics.trend(["2026-01-01"] * 5, [1, 2, 3, 4, 5]).value is None
    with pytest.raises(ValueError, match="2 instants and 3 values"):
        statistics.trend(["2026-01-01", "2026-01-02"], [1, 2, 3])


# ---------------------------------------------------------------- capture-recapture


@pytest.mark.parametrize(
    ("n1", "n2", "m", "total", "reach"),
    [
        # 11 x 16 / 6 - 1; variance 11 x 16 x 5 x 10 / (36 x 7) = 34.92
        (10, 15, 5, 28.333, 1.95996 * 5.9094),
        # 201 x 101 / 21 - 1; variance 201 x 101 x 180 x 80 / (441 x 22) = 30131.5
        (200, 100, 20, 965.714, 1.95996 * 173.584),
    ],
)
def test_chapman_of_textbook_cases(n1, n2, m, total, reach):
    events = statistics.chapman(n1, n2, m)
    assert events.value == pytest.approx(total, abs=1e-3)
    assert events.high - events.value == pytest.approx(reach, rel=1e-4)
    assert events.low == pytest.approx(max(total - reach, n1 + n2 - m), abs=1e-2)


def test_chapman_edges():
    same = statistics.chapman(9, 9, 9)
    assert (same.value, same.low, same.high) == (9, 9, 9)
    assert statistics.chapman(0, 12, 0).value is None
    with pytest.raises(ValueError, match="more than the shorter list"):
        statistics.chapman(3, 9, 4)


@few
@given(st.integers(1, 300), st.integers(1, 300), st.data())
def test_chapman_never_estimates_fewer_than_were_seen(n1, n2, data):
    m = data.draw(st.integers(0, min(n1, n2)))
    events = statistics.chapman(n1, n2, m)
    assert n1 + n2 - m <= events.low <= max(events.value, events.low) <= events.high
    assert events == statistics.chapman(n2, n1, m)


def catches(**counts):
    """Rows of catches: `_110=5` are five events on the first two lists of three."""
    return [[int(one) for one in kind[1:]] for kind, count in counts.items() for _ in range(count)]


def test_independent_lists_that_catch_half_each_missed_an_eighth():
    cells = dict.fromkeys(["_111", "_110", "_101", "_011", "_100", "_010", "_001"], 10)
    found = statistics.log_linear(catches(**cells))
    assert (found.n, found.value, found.pairs) == (70, pytest.approx(80, abs=1e-6), ())
    assert 70 < found.low < 80 < found.high < 95


def test_two_lists_that_depend_are_one_against_the_third():
    # of the 40 events of the third list the other two together have 20; they have 160 besides
    found = statistics.log_linear(catches(_111=19, _110=152, _100=4, _010=4, _101=0, _011=1, _001=20))
    assert found.pairs == ((0, 1),)
    assert found.value - found.n == pytest.approx((152 + 4 + 4) * 20 / (19 + 0 + 1), rel=1e-6)


def test_where_all_lists_depend_the_unseen_follow_from_the_cells():
    # Fienberg 1972: n111 n100 n010 n001 / (n110 n101 n011)
    found = statistics.log_linear(catches(_111=60, _110=30, _101=25, _011=20, _100=90, _010=80, _001=70))
    assert found.pairs == ((0, 1), (0, 2), (1, 2))
    assert found.value - found.n == pytest.approx(60 * 90 * 80 * 70 / (30 * 25 * 20), rel=1e-4)
    assert found.low < found.value < found.high


def test_lists_that_share_nothing_give_no_number():
    assert statistics.log_linear(catches(_100=5, _010=5, _001=5)).value is None


@pytest.mark.parametrize(
    "caught", [[[1, 1]] * 5, [[1, 1, 0]] * 5, [[1, 1, 1], [0, 0, 0]], [], [1, 0, 1]], ids=str
)
def test_what_is_no_three_lists_is_refused(caught):
    with pytest.raises(ValueError, match="three lists"):
        statistics.log_linear(caught)


@few
@given(st.lists(st.tuples(*[st.integers(0, 1)] * 3).filter(any), min_size=1, max_size=30))
def test_log_linear_never_estimates_fewer_than_were_seen(kinds):
    if not np.all(np.any(kinds, axis=0)):
        return
    found = statistics.log_linear(kinds)
    assert found.n == len(kinds)
    if found.value is None:
        assert found.low is None and found.high is None
    else:
        assert len(kinds) <= found.low <= found.value + 1e-6 <= found.high + 2e-6
    assert statistics.log_linear(kinds[::-1]) == found


# ---------------------------------------------------------------- Kaplan-Meier


def test_kaplan_meier_counts_the_open_ones():
    # closed 1 2 3, open at 10 10 10 10: S falls to 6/7, 5/7, 4/7 and stops over a half: not reached
    assert statistics.kaplan_meier([1, 2, 3, 10, 10, 10, 10], [1, 1, 1, 0, 0, 0, 0]).value is None
    # closed 1 2 4, open at 3 and 5: S = 4/5, 3/5, then of the two left 3/5 x 1/2 = 0.3 at 4
    assert statistics.kaplan_meier([1, 2, 3, 4, 5], [True, True, False, True, False]).value == 4


def test_kaplan_meier_without_open_ones_is_the_median():
    lasting = statistics.kaplan_meier([5, 1, 4, 2, 3], [True] * 5)
    assert lasting.value == 3
    assert lasting.low <= 3 <= lasting.high


def test_kaplan_meier_of_nothing():
    assert statistics.kaplan_meier([], []) == statistics.Interval(None, None, None, 0)
    assert statistics.kaplan_meier([4.0, 5.0], [False, False]).value is None
    assert statistics.kaplan_meier([None, 5.0], [True, True]).n == 1
    with pytest.raises(ValueError, match="negative"):
        statistics.kaplan_meier([-1.0], [True])
    with pytest.raises(ValueError, match="one each"):
        statistics.kaplan_meier([1.0], [True, False])
