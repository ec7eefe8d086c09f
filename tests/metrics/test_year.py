"""A year of published figures: what was kept, how the newest month stands, what changed. Cases worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import MonthOf, PastOf
from published import END, MONTHS, PERIOD, START, calendar, judged, packs, series

from msp_report.metrics import year
from msp_report.model.figures import Figure
from msp_report.model.period import Period
from msp_report.model.records import RECORDS

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


def test_the_limits_have_the_marks_of_the_newest_whole_month():
    """December is not over, so it is November; a series that ended before has none, and says so."""
    usual = [10, 11, 12, 11, 10, 11, 12, 10, 11, 12]
    fields = {"better": "lower", "target": 14}
    rows = [
        *series([*usual, 30, 99], subject="shot up", **fields),
        *series([*usual, 11, 99], subject="kept", **fields),
        *series(usual, MONTHS[:10], subject="ended", **fields),
        *series([1] * 11, MONTHS[:11], subject="still", **fields),
    ]
    months = calendar(to_date=["2026-12"])
    found = year.analyse(MonthOf(START, END, {}), PastOf(of_year=packs(*rows), months=months))
    rows = found.limits.set_index("subject")[["variation", "assurance", "unmarked"]].astype(object)
    assert rows.where(rows.notna(), None).apply(tuple, axis=1).to_dict() == {
        "shot up": ("worse than usual", "usually met", None),
        "kept": ("as usual", "usually met", None),
        "ended": (None, None, "it has no value in the newest month"),
        "still": (None, None, "more than half of the months are equal"),
    }


def test_months_before_the_year_that_were_not_over_make_no_limits():
    before = [str(month) for month in Period.parse("2025").months]
    rows = packs(*series([*[10, 12] * 5, 10, 900], before), *series([11] * 4, MONTHS[:4]))
    past = PastOf(of_year=rows, months=calendar(MONTHS[:4], months=MONTHS[:4]), running=["2025-12"])
    (row,) = year.analyse(MonthOf(START, END, {}), past).limits.to_dict("records")
    assert (row["n"], row["since"]) == (15, "2026-01")
    assert row["mean"] == pytest.approx((5 * 22 + 10 + 11) / 12)


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
    assert verdicts.empty and set(MONTHS) < set(verdicts.columns)
    found = year.analyse(MonthOf(START, END, {}), PastOf(of_year=empty, months=months))
    assert found.limits.empty and list(found.limits.columns) == year.LIMITS
    assert found.foremost.empty and found.others.empty and found.charted.empty
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


def test_our_own_rules_are_those_that_page_one_of_each_month_counted():
    """The board asks for more than the contract, and for something that nothing else judges: both are rules of ours. A
    month whose page one kept no list has what its figures judge."""
    months = ["2026-01", "2026-02"]
    rows = [
        *judged("mm", months, subject="mail", target=0.9),  # promised
        *judged("xx", months, subject="control", clause=None),
    ]
    standing = pd.DataFrame(
        [
            ("2026-02", "agreed", "a.x", "mail", "met", 0.9),
            ("2026-02", "own", "a.x", "mail", "missed", 0.95),
            ("2026-02", "own", "a.x", "control", "missed", 0.9),
            ("2026-02", "own", "a.y", None, "met", 1.0),
        ],
        columns=["month", "whose", "measure", "subject", "verdict", "target"],
    )
    standing = standing.reindex(columns=["month", *RECORDS["scorecard/standing"].names])
    published = packs(*rows)
    past = PastOf(
        of_year=published,
        months=calendar(months, months=months),
        monthly={("scorecard", "standing"): standing},
    )
    found = year.analyse(MonthOf(START, END, {}), past)
    own = found.own_rules.set_index(["measure", "subject"])
    assert own[months].astype(object).where(own[months].notna(), None).to_dict("index") == {
        ("a.x", "control"): {"2026-01": "missed", "2026-02": "missed"},
        ("a.x", "mail"): {"2026-01": None, "2026-02": "missed"},
        ("a.y", ""): {"2026-01": None, "2026-02": "met"},
    }
    assert found.verdicts["subject"].tolist() == ["mail"] and found.verdicts["year"].tolist() == ["met"]
    counts = {figure.measure: figure.value for figure in found.figures() if not figure.subject}
    assert [counts[f"year.own_{name}"] for name in ("met", "missed", "unjudged")] == [1, 2, 0]
