"""How tickets were kept over a year, from what the months' packs recorded."""

import pandas as pd
import pytest
from months import MonthOf, PastOf, figures_of

from msp_report.metrics.tickets import year
from msp_report.model.figures import Figure
from msp_report.model.period import Period

MONTHS = ["2026-01", "2026-02", "2026-03"]
AGREED = {"client": {"name": "Acme", "timezone": "Europe/London"}}


def found(edits=(), ratios=(), published=MONTHS):
    """`edits` of (month, side), `ratios` of (month, time used over the time agreed, when: the month's 15th)."""
    told = pd.DataFrame({"month": MONTHS, "published": [m in published for m in MONTHS], "to_date": False})
    said = [
        figures_of(
            Figure(measure="evidence.rewritten_fields", value=n),
            Figure(measure="tickets.numbers_missing", value=2 * n, n=n),
        ).assign(month=month)
        for n, month in enumerate(published)
    ]
    clocks = pd.DataFrame([(*one, None)[:3] for one in ratios], columns=["month", "used", "solved_at"])
    clocks = clocks.assign(
        ticket_id=[f"T{n}" for n in range(len(clocks))],
        solved_at=clocks["solved_at"].fillna(clocks["month"] + "-15T12:00:00Z"),
        resolution_target_min=100.0,
        resolution_min=clocks["used"] * 100,
    )
    monthly = {
        ("tickets", "edits"): pd.DataFrame(edits, columns=["month", "favours"]),
        ("tickets", "close"): clocks[clocks["used"].between(0.9, 1)],
        ("tickets", "clocks"): clocks,
    }
    figures = pd.concat(said) if said else figures_of().assign(month="")
    start, end = Period.parse("2026-01..2026-03").bounds("Europe/London")
    return year.analyse(MonthOf(start, end, AGREED), PastOf(months=told, of_year=figures, monthly=monthly))


def values(analysis):
    return {f.measure.partition(".")[2]: f for f in analysis.figures()}


def test_what_months_have_too_few_of_the_year_adds_up():
    edits = [("2026-01", "provider")] * 5 + [("2026-02", "provider")] * 4 + [("2026-03", "client")]
    analysis = found(edits)
    share = values(analysis)["edits_favouring"]
    assert (share.value, share.n) == (0.9, 10) and share.low == pytest.approx(0.555, abs=1e-3)
    assert analysis.kept[["edits", "for_provider"]].values.tolist() == [[5, 5], [4, 4], [1, 0]]


def test_solves_just_before_the_deadline_are_held_against_those_of_the_whole_year():
    ratios = [(month, used) for month in MONTHS for used in (0.75, 0.85, 1.15, 0.95, 0.96, 0.99, 1.0)]
    figure = values(found(ratios=ratios))["bunched"]
    # six in four bins before, three in four after: two bins between expect 1.33 each at a straight line
    assert figure.n == 12 and figure.value == pytest.approx(12 - 2 * (1.5 + 0.75) / 2, abs=0.2)
    assert figure.low > 0


def test_a_solve_counts_in_the_month_that_it_lies_in_alone():
    """A ticket solved in January and open again in February stands in February's record with its first solve too."""
    analysis = found(ratios=[("2026-01", 0.95)] * 10 + [("2026-02", 0.95, "2026-01-15T12:00:00Z")] * 5)
    assert analysis.before_deadline.excess.n == 10


def test_counts_of_months_are_summed():
    by = values(found())
    assert (by["rewritten_fields"].value, by["numbers_missing"].value) == (3, 6)
    assert by["edits_favouring"].why_missing == "fewer than ten edits move a figure"
    assert by["bunched"].why_missing == "fewer than ten tickets were solved around their deadline"


def test_without_a_pack_every_figure_is_missing():
    assert {f.why_missing for f in found(published=[]).figures()} == {"no month has a pack"}
