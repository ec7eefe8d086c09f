"""The sum of an annual pack: taken over from its other pages, nothing computed anew."""

import pandas as pd
from months import MonthOf, PastOf, figures_of

from msp_report.metrics.assessment import CARRIED, WORST, analyse
from msp_report.model.figures import Figure

START, END = pd.Timestamp("2026-01-01", tz="UTC"), pd.Timestamp("2027-01-01", tz="UTC")

PACK = figures_of(
    Figure(measure="year.promised", value=3, unit="count", n=3),
    Figure(measure="year.met", value=1, unit="count", n=3),
    Figure(
        measure="year.without_data", subject="2026-02", unit="count", why_missing="no exports were supplied"
    ),
    Figure(measure="year.missed_months", subject="backups.unprotected", value=1, unit="count", n=2),
    Figure(measure="year.missed_months", subject="availability.ratio the shop", value=4, unit="count", n=10),
    Figure(measure="year.missed_months", subject="availability.ratio email", value=0, unit="count", n=10),
    Figure(measure="year.missed_months", subject="capacity.utilisation a:b", n=0, why_missing="no month"),
    Figure(measure="contract.year_owed", unit="cost", why_missing="the contract names no service credits"),
    Figure(measure="contract.year_lost", value=0.0, unit="cost", n=3),
    Figure(measure="questions.graded", value=2, unit="count", n=20),
    Figure(measure="questions.open_findings", subject="critical", value=1, unit="count", verdict="missed"),
)


def of_year(pack):
    return analyse(MonthOf(START, END, {}), PastOf(figures=pack))


def test_the_assessment_takes_over_what_the_other_pages_say():
    found = {(f.measure, f.subject): f for f in of_year(PACK).figures()}
    assert {name for _, name in found if name} == {"2026-02", "critical"}
    assert {f"assessment.{name}" for name in CARRIED} <= {name for name, _ in found}
    met, owed, missed = (found[(f"assessment.{name}", "")] for name in ("met", "credits_owed", "missed"))
    assert (met.value, met.n, met.unit) == (1, 3, "count")
    assert (owed.value, owed.why_missing) == (None, "the contract names no service credits")
    assert (missed.value, missed.why_missing) == (None, "no notebook of this pack gives year.missed")
    assert found[("assessment.credits_lost", "")].value == 0
    critical = found[("assessment.open_findings", "critical")]
    assert (critical.value, critical.verdict) == (1, None)  # the page that found it judges it
    assert found[("assessment.without_data", "2026-02")].why_missing == "no exports were supplied"


def test_the_worst_are_those_missed_most_often():
    assert of_year(PACK).worst.to_numpy().tolist() == [
        ["availability.ratio", "the shop", 4, 10],
        ["backups.unprotected", "", 1, 2],
    ]
    assert list(of_year(figures_of()).worst.columns) == WORST


def test_the_summary_is_in_the_order_of_what_is_carried():
    assert of_year(PACK).summary["measure"].tolist() == [
        "year.promised", "year.met", "contract.year_owed", "contract.year_lost", "questions.graded"
    ]  # fmt: skip
    assert of_year(figures_of()).summary.empty
    assert all(figure.value is None for figure in of_year(figures_of()).figures())
