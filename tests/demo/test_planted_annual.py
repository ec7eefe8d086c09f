"""The demo company's planted faults of a year: opinions that ran out or are not independent, work nobody supports.

As in test_planted: what is found is exactly what was planted, through exports, readers, checks and look-back.
"""

import pandas as pd
import pytest

from msp_report import params
from msp_report.case import open_case
from msp_report.metrics import alternatives, competence, questions
from msp_report.metrics.competence import audit as sampling
from msp_report.metrics.competence.opinions import opinions
from msp_report.packs import audit
from msp_report.words import questions as words

YEAR = "2025-11..2026-10"


@pytest.fixture(scope="module")
def year(demo_place):
    return open_case("demo", YEAR, demo_place)


@pytest.mark.parametrize("month", ["2026-03", "2026-09", "2026-10"])
def test_opinions(demo_place, truth, month):
    case = open_case("demo", month, demo_place)
    found = opinions(case.table("assessments"), case.end, case.timezone).set_index("subject")
    planted = truth[month].get("competence", [])
    expired = {entry["subject"]: entry["expires_on"] for entry in planted if entry["fault"] == "expired"}
    late = found.loc[found["expired"], "expires_on"].dt.strftime("%Y-%m-%d").to_dict()
    assert late == expired
    biased = {entry["subject"]: entry["assessor"] for entry in planted if entry["fault"] == "not_independent"}
    assert found.loc[~found["independent"], "assessor"].to_dict() == biased


def test_opinions_of_the_year(year, truth):
    done = competence.analyse(year, audit.read(year))
    planted = [entry["fault"] for entry in truth["2026-10"]["competence"]]
    found = {figure.measure: figure.value for figure in done.figures() if not figure.subject}
    assert found["competence.expired"] == planted.count("expired") > 0
    assert found["competence.not_independent"] == planted.count("not_independent") > 0
    # subjects of opinions are competence, backups and security: none of them is a function of the scope
    functions = [one.subject for one in year.contract.scope if one.role != "none"]
    assert done.unassessed["function"].tolist() == functions


def test_the_sample_holds_tickets_of_the_year_alone(year):
    population = sampling.drawable(year)
    tickets = year.table("tickets")
    opened = tickets[(tickets["opened_at"] >= year.start) & (tickets["opened_at"] < year.end)]
    assert set(population.loc[population["kind"].eq("ticket"), "id"]) == set(opened["ticket_id"])
    drawn = sampling.sample(population, year.strategy.audit, year.client, year.period)
    assert drawn["kind"].nunique() == 3
    for kind, rows in population.groupby("kind"):
        assert set(drawn.loc[drawn["kind"].eq(kind), "stratum"]) <= {*rows["stratum"], "other vendors"}
        assert len(drawn[drawn["kind"].eq(kind)]) >= sampling.sample_size(len(rows))


def test_a_sheet_of_the_demo_that_passes_throughout(year):
    population = sampling.drawable(year)
    drawn = sampling.sample(population, year.strategy.audit, year.client, year.period)
    sheet = drawn.assign(line=range(2, len(drawn) + 2), finding="pass", problem=None)
    found = sampling.results(sampling.answers(drawn, sheet), sampling.strata(population, year.strategy.audit))
    assert found["share"].eq(1).all() and found["high"].eq(1).all() and found["low"].between(0.8, 1).all()
    assert found["unknown"].eq(0).all()


def test_work_nobody_supports(year, truth):
    found = alternatives.unsupported(
        year.table("projects"), year.table("tickets"), year.agreed, year.start, year.end
    )
    faults = ("out_of_scope", "no_background")
    planted = {
        (entry["field"], entry["subject"])
        for month in year.period.months
        for entry in truth[str(month)].get("strategy", [])
        if entry["fault"] in faults
    }
    assert set(found["subject"]) == {field for field, _ in planted}
    projects = pd.Series([field for field, _ in planted]).value_counts()
    assert found.set_index("subject")["projects"].to_dict() == projects.to_dict()


def test_functions_that_nobody_asked_about(year):
    table = alternatives.functions(year.strategy, year.agreed, year.period, year.end).set_index("function")
    asked = {one.function for one in year.strategy.alternatives}
    unasked = {one.subject for one in year.contract.scope if one.role != "none"} - asked
    assert set(table.index[table["state"] == "nobody has asked"]) == unasked
    # 18,000 a month all year: 40 % of 216,000 for the help desk
    assert table.loc["help desk", ["fee", "cost", "saving"]].tolist() == [86400, 96000, -9600]


def test_the_demos_findings_are_on_questions_that_there_are(demo_place):
    findings = params.load_findings(demo_place.client_params("demo"))
    graded = questions.graded(words.listed(), findings, YEAR)
    mine = [one for one in findings.findings if one.period == YEAR]
    assert graded["severity"].ne(questions.UNGRADED).sum() == len(mine) > 3
    assert graded["before"].notna().sum() == len(findings.findings) - len(mine) > 0
    assert graded["severity"].eq(questions.UNGRADED).any()
