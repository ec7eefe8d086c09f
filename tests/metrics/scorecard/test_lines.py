"""The scorecard: lines as strategy.yaml asks, exceptions first, nothing unknown passed off as met."""

import pandas as pd
import pytest
from months import figures_of

from msp_report.metrics.scorecard.lines import asked, exceptions, lines, on_page_one, series, standing
from msp_report.model.columns import by_month
from msp_report.model.figures import Figure


def ratio(subject, value, target, verdict, **more):
    return Figure(
        measure="availability.ratio",
        subject=subject,
        value=value,
        target=target,
        verdict=verdict,
        better="higher",
        unit="ratio",
        headline=f"{subject} {verdict}",
        why_missing=None if value is not None else "no checks",
        **more,
    )


PACK = figures_of(
    ratio("email", 0.9995, 0.999, "met"),
    ratio("erp", 0.98, 0.995, "missed"),
    ratio("web", 0.99, 0.985, "no_verdict", low=0.97, high=0.995),
    ratio("wiki", None, 0.99, "no_data"),
    ratio("lab", 0.9, None, "no_target"),
    Figure(measure="tickets.opened", value=412, unit="count"),
)

LINES = [
    # target asked for, line's verdict, why
    ({"subject": "email"}, "met", "the contract's own target stands"),
    ({"subject": "email", "target": 0.9999}, "missed", "the board wants more than the contract"),
    ({"subject": "web", "target": 0.96}, "met", "all that is possible lies over 0.96"),
    ({"subject": "web", "target": 0.98}, "no_verdict", "0.98 lies between 0.97 and 0.995"),
    ({"subject": "wiki"}, "no_data", "nothing known"),
    ({"subject": "lab"}, "no_target", "nothing agreed, nothing asked"),
    ({"subject": "lab", "target": 0.8}, "met", "judged by the board's target"),
    ({"subject": "fax"}, "no_data", "no such figure"),
    ({"measure": "tickets.opened", "subject": "", "target": 400, "better": "lower"}, "missed", "412 > 400"),
]


@pytest.mark.parametrize(("line", "verdict", "why"), LINES)
def test_lines_are_judged(line, verdict, why):
    line = {"measure": "availability.ratio", "perspective": "customer", **line}
    found = lines(PACK, {"scorecard": [line]})
    assert found["verdict"].tolist() == [verdict], why


def test_lines_keep_the_order_and_name_the_objective():
    strategy = {
        "objectives": [{"id": "online", "title": "Half of sales online"}],
        "scorecard": [
            {"measure": "availability.ratio", "subject": "web", "objective": "online"},
            {"measure": "availability.ratio", "subject": "email"},
        ],
    }
    found = lines(PACK, strategy)
    assert found["subject"].tolist() == ["web", "email"]
    assert found["objective"].tolist() == ["Half of sales online", ""]
    assert lines(PACK, None).empty


def listed(pack, asked=None, before=None):
    """Whose each exception of a pack is, and its subject."""
    board = lines(pack, {"scorecard": asked or []})
    found = exceptions(standing(pack, board, before), pack)
    return found[["whose", "report", "subject", "verdict", "target"]].values.tolist()


def test_exceptions_are_what_is_missed_or_unproven_against_a_promise():
    assert [row[2] for row in listed(PACK)] == ["erp", "web", "wiki"]


def test_the_boards_own_targets_are_exceptions_too_and_stand_apart():
    asked = [
        {"measure": "availability.ratio", "subject": "email", "target": 0.9999},
        {"measure": "availability.ratio", "subject": "erp"},
        {"measure": "availability.ratio", "subject": "erp", "target": 0.995},
        {"measure": "tickets.opened", "target": 400, "better": "lower"},
        {"measure": "tickets.opened", "target": 500, "better": "lower"},
    ]
    assert listed(PACK, asked) == [
        ["agreed", "availability", "erp", "missed", 0.995],
        ["agreed", "availability", "web", "no_verdict", 0.985],
        ["agreed", "availability", "wiki", "no_data", 0.99],
        ["own", "availability", "email", "missed", 0.9999],
        ["own", "tickets", "", "missed", 400],
    ]


def control(verdict, value=1.0, target=0.0):
    why = None if value is not None else "no purchases were supplied"
    return figures_of(
        Figure(measure="procurement.at_stake", value=value, target=target, verdict=verdict, why_missing=why)
    )


def test_a_control_is_our_own_rule_and_is_in_force_where_it_was_decided_or_is_asked_for():
    unknown, asked = control("no_data", None), [{"measure": "procurement.at_stake", "target": 0}]
    assert listed(control("missed")) == [["own", "procurement", "", "missed", 0]]
    assert listed(unknown) == [], "nobody agreed it, nothing shows it"
    assert [row[:4] for row in listed(unknown, asked)] == [["own", "procurement", "", "no_data"]]
    assert len(listed(unknown, before=control("met", 0.0).assign(month="2026-09"))) == 1, (
        "its evidence was lost"
    )
    assert listed(unknown, before=unknown.assign(month="2026-09")) == []


def test_a_line_of_the_boards_takes_the_place_of_a_control():
    asked = [{"measure": "procurement.at_stake", "target": 500, "better": "lower"}]
    assert listed(control("missed", 400.0), asked) == [], "400 is within the board's 500"
    assert listed(control("missed", 600.0), asked * 2) == [["own", "procurement", "", "missed", 500]]


def test_nothing_asked_and_nothing_missed_is_no_exception():
    met = PACK.head(1)
    for wanted in ([], [{"measure": "a.b"}]):
        assert listed(met, wanted) == []
        assert listed(met.head(0), wanted) == []


def test_strategy_decides_what_is_on_page_one():
    asked = [{"measure": f"a.{name}", "page_one": name in "ac"} for name in "abcd"]
    first, others = on_page_one(lines(PACK, {"scorecard": asked}))
    assert first["measure"].tolist() == ["a.a", "a.c"] and others["measure"].tolist() == ["a.b", "a.d"]
    unmarked = lines(PACK, {"scorecard": [{"measure": "a.a"}, {"measure": "a.b"}]})
    first, others = on_page_one(unmarked)
    assert first["measure"].tolist() == ["a.a", "a.b"] and others.empty
    first, others = on_page_one(lines(PACK, None))
    assert first.empty and others.empty


def test_series_put_the_months_in_order():
    history = PACK.assign(month="2026-09")
    found = series(PACK, history, "2026-10")
    email = found[found["subject"] == "email"]
    assert email["month"].tolist() == ["2026-09", "2026-10"]
    asked = pd.DataFrame({"measure": ["availability.ratio", "a.b"], "subject": ["email", ""]})
    values = by_month(asked, found)
    assert values[0] == [0.9995, 0.9995]
    assert all(value != value for value in values[1])
    assert series(PACK.head(0), history.head(0), "2026-10").empty


def test_months_are_judged_by_the_boards_own_target():
    course = pd.DataFrame(
        [
            figure.row() | {"month": month}
            for month, value in (("2026-08", 50), ("2026-09", 61), ("2026-10", 60))
            for figure in (
                Figure(measure="tickets.backlog", value=value),
                Figure(measure="tickets.opened", value=value),
            )
        ]
    )
    gap = pd.DataFrame([{"month": "2026-07", "measure": "tickets.backlog", "subject": "", "unit": "count"}])
    course = pd.concat([gap, course]).reindex(columns=course.columns)
    wanted = {"scorecard": [{"measure": "tickets.backlog", "target": 60, "better": "lower"}]}
    found = asked(course, wanted)
    mine = found[found["measure"].eq("tickets.backlog")]
    verdicts = mine["verdict"].astype(object).where(mine["verdict"].notna(), None).tolist()
    assert verdicts == [None, "met", "missed", "met"]
    assert mine["target"].tolist()[1:] == [60] * 3
    assert found.loc[found["measure"].eq("tickets.opened"), ["target", "verdict"]].isna().all(axis=None)
    assert list(found) == list(course) and len(found) == len(course)
