"""Measures are declared once: in words, with a unit and a place, and figures take all that from there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from msp_report.environment import ROOT
from msp_report.model.figures import Figure
from msp_report.model.measures import MEASURES

UNITS = {"ratio", "min", "hours", "days", "count", "cost", "score", "index"}
#: Where else it may be said how a measure is computed: the params, and what the page itself says in so many words.
PLACES = {
    "strategy.yaml",
    "strategy.yaml alternatives",
    "strategy.yaml, contract.yaml scope",
    "contract.yaml scope",
    "contract.yaml, term",
    "findings.yaml",
    "register of vendors",
    "system 8 (docs/board.md)",
    "an opinion a year, independent",
    "booked hours under the contract",
    "monthly fee / hours",
    "packs of the period",
    "each month and the one before",
    "figures with a target, by verdict",
    "verdicts against those of the last pack",
    "verdicts of the published packs, by month",
    "random stratified sample, Wilson interval",
    "Theil-Sen slope a day x 365",
}
#: Counts of a list that stands on the page; no rule says more of them.
LISTED = {"projects.unapproved", "year.without_data", "assessment.without_data"}
RULES = {
    int(number)
    for number in re.findall(r"^### Rule (\d+): ", (ROOT / "docs" / "rules.md").read_text("utf-8"), re.M)
}
METRICS = sorted((ROOT / "msp_report" / "metrics").rglob("*.py"))


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_is_declared_in_words(name):
    measure = MEASURES[name]
    assert measure.title and not measure.title.endswith(".")
    for sentence in (measure.meaning, measure.no_data):
        assert re.fullmatch(r"[A-Z].+\.", sentence), f"{name} says {sentence!r}"
    assert measure.unit in UNITS
    assert measure.better in (None, "higher", "lower")


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_says_where_its_rule_is(name):
    rule = MEASURES[name].rule
    if rule is None:
        assert name in LISTED
        return
    cited = re.match(r"rules? ([\d, -]+)", rule)
    assert cited or rule in PLACES
    if cited:
        assert {int(number) for number in re.findall(r"\d+", cited[1])} <= RULES


def figure_calls(file: Path) -> list[ast.Call]:
    """Every `Figure(...)` and `Figure.of(...)` in a file."""
    calls = [
        node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    return [call for call in calls if ast.unparse(call.func) in ("Figure", "Figure.of")]


@pytest.mark.parametrize("file", METRICS, ids=lambda file: file.relative_to(METRICS[0].parent).as_posix())
def test_figures_take_from_the_declaration_what_is_declared(file):
    given = {word.arg for call in figure_calls(file) for word in call.keywords}
    assert not given & {"unit", "better", "rule"}


@pytest.mark.parametrize("file", METRICS, ids=lambda file: file.relative_to(METRICS[0].parent).as_posix())
def test_a_measure_that_a_metric_names_is_declared(file):
    calls = figure_calls(file)
    named = [call.args[0] for call in calls if call.args]
    named += [word.value for call in calls for word in call.keywords if word.arg == "measure"]
    for one in named:
        if isinstance(one, ast.Constant):
            assert one.value in MEASURES
        elif isinstance(one, ast.JoinedStr) and isinstance(one.values[0], ast.Constant):
            assert any(name.startswith(one.values[0].value) for name in MEASURES)


def test_a_figure_takes_its_unit_direction_and_rule_from_the_declaration():
    figure = Figure(measure="projects.slip", value=3)
    assert (figure.unit, figure.better, figure.rule) == ("days", "lower", "rule 24")
    own = Figure(measure="projects.slip", value=3, unit="hours", better=None, rule="ours")
    assert (own.unit, own.better, own.rule) == ("hours", None, "ours")


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_missing_value_says_why_and_a_known_one_does_not(missing):
    assert Figure.of("projects.slip", 3, "never asked").why_missing is None
    assert Figure.of("projects.slip", missing, "never asked").why_missing == "never asked"
    assert Figure.of("projects.slip", missing).why_missing == "not known"
