"""What is agreed and what is our own rule: one function, nothing twice."""

import pandas as pd
import pytest
from months import figures_of

from msp_report.model import promises
from msp_report.model.figures import Figure
from msp_report.model.measures import MEASURES
from msp_report.words.labels import REASONS


def figure(measure, subject="", verdict="met", target=1.0, **fields):
    return Figure(measure=measure, subject=subject, value=1.0, verdict=verdict, target=target, **fields)


WHOSE = [
    (figure("availability.ratio", "mail"), "agreed", "a promise of contract.yaml, with or without a clause"),
    (figure("duties.kept_ratio", "patching", "missed"), "agreed", "the same"),
    (figure("fork.speed", clause="9.9"), "agreed", "a clause says so, whatever the measure"),
    (figure("fork.speed"), "own", "a target that no clause has"),
    (figure("procurement.at_stake", target=0.0), "own", "a control of this software"),
    (figure("strategy.oversight", target=None), "own", "judged without a target"),
    (figure("backups.within_rpo_ratio", target=None), "own", "the RPO stands in the register alone"),
    (figure("availability.ratio", "lab", "no_target", None), None, "not judged"),
    (
        figure("availability.budget_left", "mail", None, None, clause="4.1"),
        None,
        "a clause beside what is not judged",
    ),
    (figure("scorecard.met"), None, "it counts the others"),
    (figure("evidence.withheld_tables", "tickets", "no_data", None), None, "it names what others lack"),
]


@pytest.mark.parametrize(("one", "whose", "why"), WHOSE)
def test_whose_rule_judges_a_figure(one, whose, why):
    (found,) = promises.whose(figures_of(one))
    assert (None if pd.isna(found) else found) == whose, why


def test_a_total_is_not_counted_beside_what_it_sums_up():
    parts = [figure("duties.missed", name, target=0.0) for name in ("a", "b")]
    total = figure("duties.missed", target=0.0)
    assert promises.whose(figures_of(*parts, total)).notna().tolist() == [True, True, False]
    assert promises.whose(figures_of(total)).tolist() == ["own"]
    months = pd.concat(
        [figures_of(*parts).assign(month="2026-09"), figures_of(total).assign(month="2026-10")]
    )
    assert promises.whose(months).notna().all(), "parts of another month are not its own"


def test_what_has_nothing_to_judge_is_said_as_metrics_say_it():
    clocks = {f"no {clock} was decided in the period" for clock in ("response", "resolution")}
    assert {*REASONS, *clocks} >= promises.NOTHING_TO_JUDGE


def test_promises_are_declared_of_measures_that_contract_yaml_agrees():
    declared = {name for name, measure in MEASURES.items() if measure.promise}
    assert declared == {
        "availability.outages", "availability.ratio", "backups.within_rpo_ratio", "capacity.utilisation",
        "duties.kept_ratio", "evidence.delivered", "tickets.resolution_attainment", "tickets.response_attainment",
    }  # fmt: skip
