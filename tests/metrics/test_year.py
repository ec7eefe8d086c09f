"""A year of published figures: what was kept, limits and their signals, what changed. Cases worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import MonthOf, PastOf

from msp_report.metrics import year
from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.period import Period

PERIOD = Period.parse("2026")
START, END = pd.Timestamp("2026-01-01", tz="UTC"), pd.Timestamp("2027-01-01", tz="UTC")
MONTHS = [str(month) for month in PERIOD.months]
#: Rule 21: mean 99.0833, mean moving range 0.3182, limits 98.237 and 99.930.
VECTOR = [98.9, 99.2, 99.4, 98.8, 99.1, 99.3, 99.0, 99.2, 98.7, 99.1, 99.3, 99.0]


def calendar(published=MONTHS, to_date=(), months=MONTHS) -> pd.DataFrame:
    """The months of a year, with a pack or without."""
    return pd.DataFrame(
        {
            "month": months,
            "published": [month in published for month in months],
            "to_date": [month in to_date for month in months],
            "why_missing": [None if month in published else "no exports were supplied" for month in months],
        }
    )


def packs(*rows: dict) -> pd.DataFrame:
    """Published figures: each row a month and the fields of a Figure, its measure "a.x" unless named."""
    made = [
        {
            "month": row["month"],
            **Figure(**{"measure": "a.x", **{k: v for k, v in row.items() if k != "month"}}).row(),
        }
        for row in rows
    ]
    return pd.DataFrame(made, columns=["month", *COLUMNS]).sort_values(
        "month", kind="stable", ignore_index=True
    )


def series(values, months=MONTHS, **fields) -> list[dict]:
    """A figure of every month; None is a month in which it has no value."""
    why = {None: "nobody looked"}
    return [
        {"month": month, "value": value, "why_missing": why.get(value), **fields}
        for month, value in zip(months, values, strict=True)
    ]


def judged(verdicts: str, months=MONTHS, target=0.9, **fields) -> list[dict]:
    """A promised figure by a letter a month: m met, x missed, ? no verdict, - no data, . not given by the pack."""
    words = {"m": "met", "x": "missed", "?": "no_verdict", "-": "no_data"}
    rows = zip(months, verdicts, strict=True)
    return [
        {
            "month": month,
            "value": None if letter == "-" else 1.0,
            "why_missing": "nobody looked" if letter == "-" else None,
            "verdict": words[letter],
            "target": target,
            "clause": "4.1",
            "unit": "ratio",
            **fields,
        }
        for month, letter in rows
        if letter != "."
    ]


# ---------------------------------------------------------------- what was kept

FOUR = MONTHS[:4]


@pytest.mark.parametrize(
    ("verdicts", "shown", "counts", "over_all"),
    [
        ("mmmm", ["met", "met", "absent", "met"], (3, 0, 0), "met"),
        ("mxmm", ["met", "missed", "absent", "met"], (2, 1, 0), "missed"),
        # never missed, and in one month nobody can tell
        ("m?mm", ["met", "no_verdict", "absent", "met"], (2, 0, 1), "unjudged"),
        ("-mmm", ["no_data", "met", "absent", "met"], (2, 0, 1), "unjudged"),
        ("----", ["no_data", "no_data", "absent", "no_data"], (0, 0, 3), "unjudged"),
        # one miss is one miss, whatever else is not known
        ("-xm?", ["no_data", "missed", "absent", "no_verdict"], (0, 1, 2), "missed"),
        # what a pack does not promise is neither met nor missed
        (".mmm", [None, "met", "absent", "met"], (2, 0, 0), "met"),
    ],
)
def test_a_promise_over_the_months(verdicts, shown, counts, over_all):
    rows = [row for row in judged(verdicts, FOUR) if row["month"] != "2026-03"]
    months = calendar({"2026-01", "2026-02", "2026-04"}, months=FOUR)
    (row,) = year.verdicts(packs(*rows), months).to_dict("records")
    assert [row[month] for month in FOUR] == shown
    assert (row["met"], row["missed"], row["unjudged"]) == counts
    assert row["year"] == over_all


def test_the_most_often_missed_come_first_then_what_cannot_be_judged():
    rows = [
        *judged("mmmm", FOUR, subject="kept"),
        *judged("mx-m", FOUR, subject="once"),
        *judged("m--m", FOUR, subject="dark"),
        *judged("xxmm", FOUR, subject="twice"),
        *judged("mmmx", FOUR, subject="once too"),
    ]
    table = year.verdicts(packs(*rows), calendar(FOUR, months=FOUR))
    assert table["subject"].tolist() == ["twice", "once", "once too", "dark", "kept"]


def test_only_what_has_a_target_is_promised_and_the_target_is_the_last_one():
    rows = [
        {"month": "2026-01", "value": 3, "verdict": "missed", "subject": "own standard"},
        {"month": "2026-01", "value": 3, "verdict": "no_target", "subject": "free"},
        {"month": "2026-01", "value": 3, "verdict": "no_target", "subject": "later"},
        {"month": "2026-02", "value": 3, "verdict": "met", "target": 2, "subject": "later", "clause": "4"},
        {"month": "2026-04", "value": 3, "verdict": "missed", "target": 4, "subject": "later", "clause": "4"},
    ]
    table = year.verdicts(packs(*rows), calendar(FOUR, months=FOUR))
    (row,) = table.to_dict("records")
    assert (row["subject"], row["target"]) == ("later", 4)
    assert [row[month] for month in FOUR] == [None, "met", None, "missed"]


# ---------------------------------------------------------------- limits


def test_the_vector_of_rule_21():
    found = year.points(packs(*series(VECTOR)), calendar(), {})
    (row,) = year.limits(found).to_dict("records")
    assert row["mean"] == pytest.approx(99.0833, abs=5e-5)
    assert row["mean_range"] == pytest.approx(0.3182, abs=5e-5)
    assert (row["lower"], row["upper"]) == (pytest.approx(98.237, abs=5e-4), pytest.approx(99.930, abs=5e-4))
    assert (row["n"], row["trial"], row["signals"]) == (12, False, 0)
    assert (row["since"], row["until"]) == ("2026-01", "2026-12")
    assert year.signals(found, year.verdicts(packs(), calendar())).empty


def test_under_twelve_months_the_limits_are_on_trial():
    found = year.limits(year.points(packs(*series(VECTOR[:11], MONTHS[:11])), calendar(MONTHS[:11]), {}))
    assert (found["n"][0], bool(found["trial"][0])) == (11, True)


def test_a_month_without_a_value_is_left_out():
    values = [*VECTOR[:5], None, *VECTOR[5:11]]
    found = year.points(packs(*series(values)), calendar(), {})
    assert found["month"].tolist() == [month for month in MONTHS if month != "2026-06"]
    assert set(found["n"]) == {11}


def test_a_month_that_was_not_over_is_no_point():
    values = [*VECTOR[:11], 12.0]
    months = calendar(to_date={"2026-12"})
    found = year.limits(year.points(packs(*series(values)), months, {}))
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
    found = year.points(packs(*series(STEPPED, subject="P2", better="lower")), calendar(), {"rebase": rebase})
    limits = year.limits(found)
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
    table = year.limits(year.points(packs(*rows), calendar(FOUR, months=FOUR), {})).set_index("subject")
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
    found = year.points(packs(*rows), calendar(FOUR, months=FOUR), {})
    assert found["month"].tolist() == FOUR
    (row,) = year.limits(found).to_dict("records")
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
    found = year.points(packs(*series(values, unit="ratio", better="higher")), calendar(), {})
    (row,) = year.limits(found).to_dict("records")
    assert pd.isna(row["lower"]) and row["no_limits"] == "more than half of the months are equal"
    assert found.loc[found["rules"].eq("step"), "month"].tolist() == ["2026-03", "2026-07", "2026-10"]
    signals = year.signals(found, year.verdicts(packs(), calendar()))
    assert set(signals["side"]) == {"worse"}


def signals_of(values, months=MONTHS, **fields) -> pd.DataFrame:
    found = year.points(packs(*series(values, months, **fields)), calendar(), {})
    return year.signals(found, year.verdicts(packs(), calendar()))


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
    assert (row["rule"], row["month"], row["until"], row["side"]) == ("step", "2026-09", "2026-09", "worse")
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
    assert year.foremost(found).loc[0, ["rule", "side", "month"]].tolist() == ["outside", "worse", "2026-06"]


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
    table = year.signals(year.points(found, calendar(), {}), promised)
    first = year.foremost(table)
    assert first["subject"].tolist() == ["promised worse", "promised early", "promised better", "free worse"]
    assert first["promised"].tolist() == [True, True, True, False]
    assert (first["more"] + 1).sum() == len(table)
    charted = year.charted(year.points(found, calendar(), {}), first, most=2)
    assert charted["subject"].drop_duplicates().tolist() == ["promised worse", "promised early"]
    assert len(charted) == 24
    assert charted.loc[charted["rules"].str.contains("outside"), "month"].tolist() == ["2026-12", "2026-02"]


# ---------------------------------------------------------------- what changed


def test_targets_verdicts_and_rules_change_with_their_month():
    rows = [
        *judged("mm", ["2026-01", "2026-02"], target=0.999, clause="4.1", rule="rule 6"),
        # no pack in March: what differs in April changed by April
        *judged("xx", ["2026-04", "2026-05"], target=0.9995, clause="4.1a", rule="rule 6, anew"),
    ]
    found = year.changes(packs(*rows), {}, PERIOD)
    assert found["month"].tolist() == ["2026-04"] * 3
    kinds = found.set_index("kind")
    assert kinds.loc["target", ["from_value", "to_value", "clause"]].tolist() == [0.999, 0.9995, "4.1a"]
    assert kinds.loc["verdict", ["from", "to"]].tolist() == ["met", "missed"]
    assert kinds.loc["rule", ["from", "to"]].tolist() == ["rule 6", "rule 6, anew"]


def test_a_rule_that_changed_for_all_subjects_is_told_once():
    rows = [
        {"month": month, "value": 1, "subject": subject, "rule": rule}
        for month, rule in (("2026-01", "old"), ("2026-02", "new"))
        for subject in ("", "P1", "P2")
    ]
    found = year.changes(packs(*rows), {}, PERIOD)
    assert found[["kind", "month", "measure", "from", "to"]].to_numpy().tolist() == [
        ["rule", "2026-02", "a.x", "old", "new"]
    ]


def test_what_the_contract_says_changed_stands_with_its_day():
    contract = {
        "services": [{"name": "email", "availability_ratio": 0.99}],
        "amendments": [
            {
                "effective_on": "2026-07-01",
                "clause": "4.1a",
                "set": {"services.email.availability_ratio": 0.995},
            },
            {"effective_on": "2027-01-01", "set": {"services.email.availability_ratio": 0.999}},
        ],
        "rebase": [{"measure": "tickets.opened", "on": "2026-04-01", "why": "another office"}],
    }
    found = year.changes(packs(), contract, PERIOD)
    assert found["kind"].tolist() == ["rebase", "amendment"]
    amendment = found.iloc[1]
    assert (amendment["on"], amendment["clause"]) == (pd.Timestamp("2026-07-01"), "4.1a")
    assert (amendment["subject"], amendment["to"]) == ("services.email.availability_ratio", "0.995")
    assert found["note"][0] == "another office"


def test_only_promises_change_their_verdict():
    rows = [
        {"month": "2026-01", "value": 1, "verdict": "met"},
        {"month": "2026-02", "value": 2, "verdict": "missed"},
    ]
    assert year.changes(packs(*rows), {}, PERIOD).empty


# ---------------------------------------------------------------- the figures


def figures_of(rows: list[dict], months: pd.DataFrame) -> dict[tuple[str, str], Figure]:
    found = year.analyse(MonthOf(START, END, {}), PastOf(of_year=packs(*rows), months=months))
    return {(f.measure, f.subject): f for f in found.figures()}


def test_the_figures_of_a_year():
    held = MONTHS[:10]
    rows = [
        *judged("m" * 10, held, subject="kept"),
        *judged("mmmxmmmmmm", held, subject="once"),
        *judged("m" * 9 + "?", held, subject="open"),
        *judged("-" * 10, held, subject="dark"),
    ]
    found = figures_of(rows, calendar(held))
    values = {name: found[(f"year.{name}", "")].value for name in ("promised", "met", "missed", "unjudged")}
    assert values == {"promised": 4, "met": 1, "missed": 1, "unjudged": 2}
    assert (found[("year.months_with_data", "")].value, found[("year.months_with_data", "")].n) == (10, 12)
    for month in ("2026-11", "2026-12"):
        lacking = found[("year.without_data", month)]
        assert (lacking.value, lacking.why_missing) == (None, "no exports were supplied")
    once, dark = found[("year.missed_months", "a.x once")], found[("year.missed_months", "a.x dark")]
    assert (once.value, once.n) == (1, 10)
    assert (dark.value, dark.n, dark.why_missing) == (None, 0, "it could not be judged in any month")
    assert found[("year.verdict_changes", "")].value == 3  # once: down and up again; open: at the end
    assert all(figure.verdict is None for figure in found.values())


def test_a_year_without_a_pack_has_no_figures_and_says_why():
    found = figures_of([], calendar(published=()))
    assert found[("year.months_with_data", "")].value == 0
    assert len([name for name, _ in found if name == "year.without_data"]) == 12
    for name in ("promised", "met", "missed", "unjudged", "worse", "target_changes", "verdict_changes"):
        figure = found[(f"year.{name}", "")]
        assert (figure.value, figure.why_missing) == (None, "no month has a pack")


def test_nothing_in_is_nothing_out_with_all_columns():
    empty, months = packs(), calendar(published=())
    verdicts = year.verdicts(empty, months)
    points = year.points(empty, months, {})
    assert verdicts.empty and set(MONTHS) < set(verdicts.columns)
    assert points.empty and list(points.columns) == year.POINTS
    assert list(year.limits(points).columns) == year.LIMITS
    signals = year.signals(points, verdicts)
    assert list(signals.columns) == year.SIGNALS
    assert year.foremost(signals).empty and year.charted(points, signals).empty
    assert list(year.changes(empty, {}, PERIOD).columns) == year.CHANGES


@examples(40)
@given(st.lists(st.text("mx?-.", min_size=6, max_size=6), min_size=1, max_size=5), st.sets(st.integers(0, 5)))
def test_every_promise_and_every_month_is_counted_once(letters, holes):
    months = MONTHS[:6]
    held = [month for place, month in enumerate(months) if place not in holes]
    rows = [
        row
        for number, text in enumerate(letters)
        for row in judged(text, months, subject=f"s{number}")
        if row["month"] in held
    ]
    table = year.verdicts(packs(*rows), calendar(held, months=months))
    assert len(table) == len({row["subject"] for row in rows})
    given_in = table[months].notna() & table[months].ne("absent")
    assert (table[["met", "missed", "unjudged"]].sum(axis=1) == given_in.sum(axis=1)).all()
    assert table["met"].sum() == sum(row["verdict"] == "met" for row in rows)
    assert (table[months].eq("absent").sum(axis=1) == len(months) - len(held)).all()


@examples(30)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=12), st.randoms())
def test_the_order_of_rows_does_not_matter(values, shuffled):
    rows = series(values, MONTHS[: len(values)])
    mixed = rows.copy()
    shuffled.shuffle(mixed)
    one, two = (year.points(packs(*given_rows), calendar(), {}) for given_rows in (rows, mixed))
    pd.testing.assert_frame_equal(one, two)
