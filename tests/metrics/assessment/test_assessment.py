"""The sum of an annual pack: taken over from its other pages, nothing computed anew."""

import pandas as pd
from months import MonthOf, PastOf, figures_of
from published import packs, series

from msp_report.metrics.assessment import CARRIED, FOREMOST, WORST, analyse, foremost
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


def test_what_matters_most_is_judged_by_the_boards_target_in_every_month():
    """The contract is content with 0.9; the board asks for 0.95, and of the shop for nothing on page one."""
    months = ["2026-01", "2026-02", "2026-04"]
    line = {"perspective": "customer", "measure": "a.x", "subject": "mail"}
    strategy = {
        "scorecard": [
            line | {"target": 0.95, "page_one": True},
            line | {"subject": "shop"},
            line | {"measure": "a.y", "subject": "", "page_one": True},
        ]
    }
    rows = [
        *series([0.93, 0.97, None], months, subject="mail", target=0.9, verdict="met", better="higher"),
        *series([0.5, 0.5, 0.5], months, subject="shop"),
    ]
    found = foremost(packs(*rows), strategy)
    assert list(found.columns) == FOREMOST
    assert found[["subject", "missed", "judged", "verdict"]].values.tolist() == [
        ["mail", 1, 2, "no_data"],
        ["", 0, 0, "no_data"],
    ]
    assert foremost(packs(), strategy).empty


def test_promises_that_were_not_always_kept_are_listed_once():
    verdicts = pd.DataFrame(
        {
            "measure": "a.x",
            "subject": ["one", None, "two"],
            "year": ["missed", "unjudged", "met"],
        }
    )
    past = PastOf(figures=PACK, records={("year", "verdicts"): verdicts})
    found = analyse(MonthOf(START, END, {}), past)
    assert found.broken["subject"].tolist() == ["one", ""]
    assert of_year(PACK).broken.empty and of_year(PACK).findings.empty
