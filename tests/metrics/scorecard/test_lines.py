"""The scorecard: lines as strategy.yaml asks, exceptions first, nothing unknown passed off as met."""

import pandas as pd
import pytest
from months import figures_of

from msp_report.metrics.scorecard.lines import exceptions, lines, on_page_one, past, series
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


def test_exceptions_are_what_is_missed_or_unproven_against_a_promise():
    assert exceptions(PACK)["subject"].tolist() == ["erp", "web", "wiki"]


def test_the_boards_own_targets_are_exceptions_too():
    asked = [
        {"measure": "availability.ratio", "subject": "email", "target": 0.9999},
        {"measure": "availability.ratio", "subject": "erp"},
        {"measure": "tickets.opened", "target": 400, "better": "lower"},
        {"measure": "tickets.opened", "target": 500, "better": "lower"},
    ]
    found = exceptions(PACK, lines(PACK, {"scorecard": asked}))
    assert found[["report", "subject", "verdict", "target"]].values.tolist() == [
        ["availability", "erp", "missed", 0.995],
        ["availability", "email", "missed", 0.9999],
        ["tickets", "", "missed", 400],
        ["availability", "web", "no_verdict", 0.985],
        ["availability", "wiki", "no_data", 0.99],
    ]


def test_nothing_asked_and_nothing_missed_is_no_exception():
    met = PACK.head(1)
    for asked in (
        None,
        lines(met, None),
        lines(met, {"scorecard": [{"measure": "a.b"}]}),
    ):
        assert exceptions(met, asked).empty
        assert exceptions(met.head(0), asked).empty


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
    values = past(asked, found)
    assert values[0] == [0.9995, 0.9995]
    assert all(value != value for value in values[1])
    assert series(PACK.head(0), history.head(0), "2026-10").empty
