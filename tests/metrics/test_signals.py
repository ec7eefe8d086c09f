"""Signal or noise: limits, their signals, and the marks of the newest month (rule 21). Cases worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from published import MONTHS, calendar, packs, series

from msp_report.metrics import signals
from msp_report.model.period import Period

#: Rule 21: mean 99.0833, mean moving range 0.3182, limits 98.237 and 99.930.
VECTOR = [98.9, 99.2, 99.4, 98.8, 99.1, 99.3, 99.0, 99.2, 98.7, 99.1, 99.3, 99.0]
FOUR = MONTHS[:4]
NOBODY = pd.DataFrame({"measure": [], "subject": []}, dtype="str")


def points(figures: pd.DataFrame, months: pd.DataFrame, contract: dict) -> pd.DataFrame:
    """The points of a year, whose months published to date are no points; those before it make limits alone."""
    every = signals.points(figures, contract, months.loc[months["to_date"], "month"])
    return every[every["month"].isin(months["month"])].reset_index(drop=True)


# ---------------------------------------------------------------- limits


def test_the_vector_of_rule_21():
    found = points(packs(*series(VECTOR)), calendar(), {})
    (row,) = signals.limits(found).to_dict("records")
    assert row["mean"] == pytest.approx(99.0833, abs=5e-5)
    assert row["mean_range"] == pytest.approx(0.3182, abs=5e-5)
    assert (row["lower"], row["upper"]) == (pytest.approx(98.237, abs=5e-4), pytest.approx(99.930, abs=5e-4))
    assert (row["n"], row["trial"], row["signals"]) == (12, False, 0)
    assert (row["since"], row["until"]) == ("2026-01", "2026-12")
    assert signals.signals(found, NOBODY).empty


def test_under_twelve_months_the_limits_are_on_trial():
    found = signals.limits(points(packs(*series(VECTOR[:11], MONTHS[:11])), calendar(MONTHS[:11]), {}))
    assert (found["n"][0], bool(found["trial"][0])) == (11, True)


def test_a_month_without_a_value_is_left_out():
    values = [*VECTOR[:5], None, *VECTOR[5:11]]
    found = points(packs(*series(values)), calendar(), {})
    assert found["month"].tolist() == [month for month in MONTHS if month != "2026-06"]
    assert set(found["n"]) == {11}


def test_a_month_that_was_not_over_is_no_point():
    values = [*VECTOR[:11], 12.0]
    months = calendar(to_date={"2026-12"})
    found = signals.limits(points(packs(*series(values)), months, {}))
    assert (found["n"][0], found["signals"][0]) == (11, 0)


#: Six months around 11, then six around 21: the moving ranges of each base are all 1.
STEPPED = [10, 11, 12, 11, 10, 11, 20, 21, 22, 21, 20, 21]


@pytest.mark.parametrize(
    ("rebase", "bases"),
    [
        ([], [12]),
        ([{"measure": "a.x", "subject": "P2", "on": "2026-07-01", "why": "new desk"}], [6, 6]),
        # without a subject it speaks of every one
        ([{"measure": "a.x", "on": "2026-07-01", "why": "new desk"}], [6, 6]),
        # the month in which the day lies began before it
        ([{"measure": "a.x", "on": "2026-06-15", "why": "new desk"}], [6, 6]),
        ([{"measure": "a.x", "on": "2026-07-02", "why": "new desk"}], [7, 5]),
        ([{"measure": "a.x", "subject": "P1", "on": "2026-07-01", "why": "another"}], [12]),
        ([{"measure": "a.y", "on": "2026-07-01", "why": "another"}], [12]),
        ([{"measure": "a.x", "on": "2025-07-01", "why": "long ago"}], [12]),
    ],
)
def test_a_rebase_splits_the_series(rebase, bases):
    found = points(packs(*series(STEPPED, subject="P2", better="lower")), calendar(), {"rebase": rebase})
    limits = signals.limits(found)
    assert limits["n"].tolist() == bases
    if bases == [6, 6]:
        # the five before the newest: mean 10.8, ranges all 1: 10.8 ± 2.66
        assert limits["lower"].tolist() == pytest.approx([8.14, 18.14])
        assert limits["upper"].tolist() == pytest.approx([13.46, 23.46])
        assert limits["why"].tolist() == [None, "new desk"]
        assert limits["since"].tolist() == ["2026-01", "2026-07"]
        assert limits["signals"].tolist() == [0, 0]
    if not rebase:
        assert limits["signals"][0] > 0


def test_the_usual_range_ends_where_the_figure_cannot_go():
    rows = [
        *series([0, 4, 8, 4], FOUR, subject="count", unit="count"),  # 4 ± 2.66 x 4
        *series([0.9, 0.95, 1.0, 0.95], FOUR, subject="share", unit="ratio"),  # 0.95 ± 0.133
        *series([-1, 0, 1, 0], FOUR, subject="money", unit="cost"),  # 0 ± 2.66
    ]
    table = signals.limits(points(packs(*rows), calendar(FOUR, months=FOUR), {})).set_index("subject")
    assert table.loc["count", ["lower", "usual_low"]].tolist() == pytest.approx([-6.64, 0])
    assert table.loc["count", "usual_high"] == pytest.approx(14.64)
    assert table.loc["share", ["usual_low", "upper", "usual_high"]].tolist() == pytest.approx(
        [0.817, 1.083, 1]
    )
    assert table.loc["money", "usual_low"] == pytest.approx(-2.66)


def test_the_first_twelve_months_make_the_limits_and_stay():
    """Months before the year make limits and are no points of it."""
    before = [str(month) for month in Period.parse("2025").months]
    rows = [*series(VECTOR, before), *series([99.0, 99.1, 105.0, 99.2], FOUR)]
    found = points(packs(*rows), calendar(FOUR, months=FOUR), {})
    assert found["month"].tolist() == FOUR
    (row,) = signals.limits(found).to_dict("records")
    assert (row["n"], row["trial"]) == (16, False)
    assert (row["lower"], row["upper"]) == (pytest.approx(98.237, abs=5e-4), pytest.approx(99.930, abs=5e-4))
    assert found.loc[found["rules"].str.contains("outside"), "month"].tolist() == ["2026-03"]


def test_rare_events_have_the_limits_of_rare_events():
    """Of 1.1 outages a month the geometric distribution has 0.99865 of itself at 10 and below."""
    values = [0, 1, 3, 1, 0, 2, 0, 1, 2, 1, 1, 12]
    (row,) = signals_of(values, unit="count", better="lower").to_dict("records")
    assert (row["month"], row["rule"], row["side"], row["value"]) == ("2026-12", "outside", "worse", 12)
    assert signals_of([*values[:11], 6], unit="count", better="lower").empty
    # of money there are no events
    assert not signals_of([*values[:11], 6], unit="cost", better="lower").empty


def test_where_most_months_are_equal_there_is_no_range_and_that_is_said():
    values = [1.0, 1.0, 0.97, 1.0, 1.0, 1.0, 0.98, 1.0, 1.0, 0.96, 0.95, 1.0]
    found = points(packs(*series(values, unit="ratio", better="higher")), calendar(), {})
    (row,) = signals.limits(found).to_dict("records")
    assert pd.isna(row["lower"]) and row["no_limits"] == "more than half of the months are equal"
    assert found.loc[found["rules"].eq("step"), "month"].tolist() == [
        "2026-03",
        "2026-07",
        "2026-10",
        "2026-11",
    ]
    held = signals.signals(found, NOBODY)
    assert set(held["side"]) == {"worse"}


def signals_of(values, months=MONTHS, **fields) -> pd.DataFrame:
    found = points(packs(*series(values, months, **fields)), calendar(), {})
    return signals.signals(found, NOBODY)


def test_a_signal_is_named_with_its_month():
    # the eleven before it have ranges of 1, so their limits are 11 ± 2.66
    values = [10, 11, 12, 11] * 2 + [10, 11, 12, 19]
    found = signals_of(values, better="lower").set_index("rule")
    assert (found.loc["outside", "month"], found.loc["outside", "until"]) == ("2026-12", "2026-12")
    assert found.loc["outside", "value"] == 19
    assert found.loc["outside", "side"] == "worse"
    assert found.loc["outside", "what"] == "outside its usual range"
    assert signals_of(values, better="higher").set_index("rule").loc["outside", "side"] == "better"
    assert signals_of(values).set_index("rule").loc["outside", "side"] is None


def test_a_run_of_months_is_one_signal():
    values = [float(n) for n in range(12)]
    found = signals_of(values, better="higher").set_index("rule")
    # the seventh month is the first that ends seven rising ones, and it goes on to the end
    assert found.loc["rising", ["month", "until", "side"]].tolist() == ["2026-07", "2026-12", "better"]


def test_a_figure_that_stood_still_and_moved_signals_the_step_only():
    values = [1] * 8 + [3] * 4
    found = signals_of(values, better="lower", unit="count")
    (row,) = found.to_dict("records")
    assert (row["rule"], row["month"], row["until"], row["side"]) == ("step", "2026-09", "2026-12", "worse")
    assert (row["value"], row["usual_low"], row["usual_high"]) == (3, 1, 1)
    assert signals_of([1] * 12).empty


def test_a_month_far_below_stands_apart_from_those_above():
    # 10 down and 10 up are over 3.267 x 21 / 11 and dropped: 9 ranges of 0.1 are left, mean 49.225, limits ± 0.266
    values = [50.1, 50, 50.1, 50, 50.1, 40, 50, 50.1, 50, 50.1, 50, 50.1]
    found = signals_of(values, better="higher")
    outside = found[found["rule"] == "outside"]
    worse = outside[outside["side"] == "worse"]
    assert worse[["month", "until", "value"]].to_numpy().tolist() == [["2026-06", "2026-06", 40]]
    assert set(outside.loc[outside["side"] == "better", "month"]) == {"2026-01", "2026-07"}
    assert signals.foremost(found).loc[0, ["rule", "side", "month"]].tolist() == [
        "outside",
        "worse",
        "2026-06",
    ]


def test_promised_and_worse_signals_come_first_and_the_newest_of_them():
    odd = [10, 11, 12, 11] * 2 + [10, 11, 12, 19]
    early = [10, 19, *[11, 12, 11, 10] * 2, 11, 12]
    rows = [
        *series(odd, subject="free worse", better="lower"),
        *series(odd, subject="promised better", better="higher"),
        *series(early, subject="promised early", better="lower"),
        *series(odd, subject="promised worse", better="lower"),
    ]
    found = packs(*rows)
    promised = pd.DataFrame(
        {"measure": "a.x", "subject": ["promised better", "promised early", "promised worse"]}
    )
    table = signals.signals(points(found, calendar(), {}), promised)
    first = signals.foremost(table)
    assert first["subject"].tolist() == ["promised worse", "promised early", "promised better", "free worse"]
    assert first["promised"].tolist() == [True, True, True, False]
    assert (first["more"] + 1).sum() == len(table)
    charted = signals.charted(points(found, calendar(), {}), first, most=2)
    assert charted["subject"].drop_duplicates().tolist() == ["promised worse", "promised early"]
    assert len(charted) == 24
    assert charted.loc[charted["rules"].str.contains("outside"), "month"].tolist() == ["2026-12", "2026-02"]


@examples(20)
@given(
    st.lists(st.integers(10, 20), min_size=11, max_size=11),
    st.lists(st.sampled_from([10, 20, 300, 900]), min_size=1, max_size=3),
)
def test_the_usual_range_that_is_shown_is_the_one_that_judged(usual, newest):
    """Of eleven months and one or more: the range is that of the first twelve, or of the months before the newest."""
    values = [*usual, *newest]
    names = [str(month) for month in Period.parse("2026-01..2027-02").months[: len(values)]]
    every = signals.points(packs(*series(values, names, better="lower")), {})
    # the same series with another newest month has the same range: the month that is judged never makes it
    twin = signals.points(packs(*series([*values[:-1], 15], names, better="lower")), {})
    ranges = every[["newest_low", "newest_high"]].drop_duplicates()
    assert ranges.equals(twin[["newest_low", "newest_high"]].drop_duplicates())
    table = signals.signals(every, NOBODY)
    outside, drawn = table[table["rule"].eq("outside")], signals.charted(every, signals.foremost(table))
    assert set(outside["usual_high"]) <= set(ranges["newest_high"])
    assert set(drawn["upper"].dropna()) <= set(ranges["newest_high"])


def test_a_range_that_most_of_its_months_leave_is_not_drawn():
    # one month of twelve moves the mean beyond all the others
    moved = [100, 99, 100, 99, 100, 99, 10, 100, 99, 100, 99, 100, 99]
    names = [str(month) for month in Period.parse("2026-01..2027-01").months]
    rows = [
        *series(moved, names, subject="moved", better="higher"),
        *series([10, 11, 12, 11] * 3 + [19], names, subject="once", better="lower"),
    ]
    every = signals.points(packs(*rows), {})
    first = signals.foremost(signals.signals(every, NOBODY))
    assert set(first["subject"]) == {"moved", "once"}
    assert signals.charted(every, first)["subject"].unique().tolist() == ["once"]


@examples(30)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=12), st.randoms())
def test_the_order_of_rows_does_not_matter(values, shuffled):
    rows = series(values, MONTHS[: len(values)])
    mixed = rows.copy()
    shuffled.shuffle(mixed)
    one, two = (points(packs(*given_rows), calendar(), {}) for given_rows in (rows, mixed))
    pd.testing.assert_frame_equal(one, two)


# ---------------------------------------------------------------- the marks of the newest month

#: What `marks` is asked of a figure of December, besides its value.
ASKED = {
    "measure": "a.x",
    "subject": "",
    "unit": "min",
    "better": "higher",
    "target": None,
    "why_missing": None,
}


def marked(values, **fields) -> pd.Series:
    """The marks of the last of some months, which is December 2026."""
    asked = ASKED | fields
    last = Period.parse("2026-12").last
    months = [str(last.shift(place - len(values) + 1)) for place in range(len(values))]
    rows = pd.DataFrame([asked | {"month": m, "value": v} for m, v in zip(months, values, strict=True)])
    rows = rows.astype({"value": "float64", "target": "float64"})
    found = signals.marks(rows.tail(1), signals.points(rows, {}), "2026-12")
    assert len(found) == 1 and list(found.columns) == signals.MARKS
    return found.iloc[0]


def shown(found: pd.Series) -> tuple:
    return tuple(None if pd.isna(found[name]) else found[name] for name in ("variation", "assurance"))


def test_the_twelfth_month_is_judged_by_the_eleven_before_it():
    """The limits that twelve months make are those of the thirteenth; the year shows them, no mark rests on them."""
    eleven = [10, 11, 12, 11] * 2 + [10, 11, 12]  # mean 11, ranges of 1
    near, far = marked([*eleven, 11]), marked([*eleven, 90])
    for found in (near, far):
        assert (found["usual_low"], found["usual_high"]) == pytest.approx((8.34, 13.66))
        assert (found["n"], found["trial"]) == (12, True)
    assert (near["variation"], far["variation"]) == (signals.USUAL, signals.BETTER)


def test_the_marks_of_a_missing_value_are_its_reason():
    found = marked([*VECTOR, None], why_missing="nobody looked", target=98)
    assert shown(found) == (None, None) and found["why"] == "nobody looked"


def test_a_figure_without_any_month_has_no_marks():
    rows = pd.DataFrame([ASKED | {"value": 1.0}])
    found = signals.marks(rows, signals.points(packs(), {}), "2026-12").iloc[0]
    assert shown(found) == (None, None) and pd.isna(found["n"])


def test_figures_keep_their_order_and_two_lines_of_one_figure_their_own_targets():
    rows = [*series(VECTOR, subject="b"), *series([v + 1 for v in VECTOR], subject="a")]
    figures = packs(*rows)
    asked = pd.DataFrame(
        [
            ASKED | {"subject": subject, "value": 99.0, "target": target}
            for subject, target in (("b", 98.0), ("a", 98.0), ("b", 99.0), ("c", 98.0))
        ]
    )
    found = signals.marks(asked, signals.points(figures, {}), "2026-12")
    assert found["subject"].tolist() == ["b", "a", "b", "c"]
    assert found["assurance"].iloc[:3].tolist() == [signals.MET, signals.MET, signals.EITHER]
    assert pd.isna(found["assurance"].iloc[3])


VALUES = st.lists(st.integers(1000, 1100), min_size=3, max_size=20)
TARGETS = st.integers(900, 1200)
SIDES = st.sampled_from(["higher", "lower", None])
OTHER_SIDE = {signals.WORSE: signals.BETTER, signals.BETTER: signals.WORSE}


@examples(60)
@given(VALUES, st.integers(1000, 5000), TARGETS, SIDES)
def test_the_judged_month_never_moves_its_own_limits(values, other, target, better):
    """Whatever it is: the same range, the same word on the target, the same reason where there is none."""
    limits = ["n", "assurance", "trial", "usual_low", "usual_high", "why"]
    one, two = (marked([*values[:-1], last], target=target, better=better) for last in (values[-1], other))
    # of what stood still a step shows where it stood, and a month that is no step shows nothing
    stood = [found["what"] == "moved after standing still" for found in (one, two)]
    told = limits[:3] if any(stood) else limits
    pd.testing.assert_series_equal(one[told], two[told], check_names=False)


@examples(60)
@given(VALUES, st.integers(1, 1000), TARGETS, SIDES)
def test_a_shift_of_all_values_and_the_target_shifts_the_limits_and_leaves_the_marks(
    values, by, target, better
):
    one = marked(values, target=target, better=better)
    two = marked([value + by for value in values], target=target + by, better=better)
    # a limit within rounding of the target may fall on either side of it
    near = [abs(one[end] - target) < 1e-6 for end in ("usual_low", "usual_high")]
    assert shown(one)[0] == shown(two)[0] and (any(near) or shown(one) == shown(two))
    for end in ("usual_low", "usual_high"):
        assert two[end] - by == pytest.approx(one[end], nan_ok=True)


@examples(60)
@given(VALUES, TARGETS)
def test_turning_what_is_better_around_swaps_the_sides(values, target):
    """Unless two signals point to two sides, when the one for the worse decides both ways."""
    up, down = (marked(values, target=target, better=better) for better in ("higher", "lower"))
    limits = [up[end] for end in ("usual_low", "usual_high")]
    (one, this), (two, that) = shown(up), shown(down)
    assert two == OTHER_SIDE.get(one, one) or one == two == signals.WORSE
    if this != that:
        assert {this, that} == {signals.MET, signals.MISSED}
    else:
        assert this in (None, signals.EITHER) or target in [pytest.approx(end) for end in limits]
