"""The questions of the assessment: grades of several periods, the year's evidence, and hostile words."""

import pandas as pd
import pytest
from months import MonthOf, PastOf

from msp_report.metrics import questions
from msp_report.model.figures import Figure
from msp_report.model.measures import MEASURES
from msp_report.model.period import Period
from msp_report.pages import questions as answers
from msp_report.params import Findings, as_contract
from msp_report.words import questions as words

ASKED = pd.DataFrame(
    {
        "system": ["Help desk", "Help desk", "Quality"],
        "question": ["answered", "solved", "lasts"],
        "text": ["Answered in time?", "Solved in time?", "Does it last?"],
        "measures": [
            ["tickets.response_attainment"],
            ["tickets.opened", "mine.none"],
            ["tickets.reopen_ratio"],
        ],
    }
)
CONTRACT = as_contract({"client": {"name": "Acme", "timezone": "Europe/London", "currency": "GBP"}})


def finding(question: str, severity: str, period: str = "2026", **more) -> dict:
    given = {"finding": "seen", "graded_by": "Owl", "graded_on": "2026-12-01"}
    return {"question": question, "severity": severity, "period": period, **given, **more}


def grades(*findings: dict, period: str = "2026") -> pd.DataFrame:
    return questions.graded(ASKED, {"findings": findings}, period)


def analysed(findings: object, *own: Figure, **past: pd.DataFrame) -> questions.Analysis:
    """The questions of the year 2026."""
    case = MonthOf(pd.Timestamp("2026-01-01", tz="UTC"), pd.Timestamp("2027-01-01", tz="UTC"), CONTRACT)
    return questions.analyse(case, PastOf(**past), ASKED, findings, own)


def test_a_question_that_nobody_graded_is_ungraded():
    table = grades(finding("solved", "high", recommendation="ask"))
    assert table[["question", "severity"]].values.tolist() == [
        ["answered", "ungraded"],
        ["solved", "high"],
        ["lasts", "ungraded"],
    ]
    assert table["recommendation"].fillna("").tolist() == ["", "ask", ""]
    assert table["graded_on"][1] == pd.Timestamp("2026-12-01") and pd.isna(table["graded_on"][0])


@pytest.mark.parametrize("findings", [None, {}, Findings()])
def test_without_a_file_nothing_is_graded(findings):
    table = questions.graded(ASKED, findings, Period.parse("2026"))
    assert table["severity"].eq("ungraded").all() and table["before"].isna().all()
    graded, ungraded, every, *by_severity, answered = analysed(findings).figures()
    assert (graded.value, graded.n, ungraded.value) == (0, 3, 3)
    assert (every.value, every.verdict, every.why_missing) == (
        None,
        "no_data",
        "nobody has graded a question",
    )
    assert [one.value for one in (*by_severity, answered)] == [None] * 5


def test_only_the_period_counts_and_the_one_before_stands_beside():
    many = [
        finding("solved", "medium", "2024"),
        finding("solved", "low", "2025"),
        finding("solved", "critical", "2026"),
        finding("solved", "none", "2027"),
        finding("lasts", "high", "2025-07..2026-06"),
    ]
    table = grades(*many).set_index("question")
    assert (table["severity"]["solved"], table["before"]["solved"]) == ("critical", "low")
    assert (table["severity"]["lasts"], table["before"]["lasts"]) == ("ungraded", "high")
    assert pd.isna(table["before"]["answered"])
    written_out = grades(*many, period="2026-01..2026-12").set_index("question")
    assert written_out["severity"]["solved"] == "critical"


def test_a_question_that_there_is_not_names_the_nearest():
    with pytest.raises(
        ValueError, match=r"findings\.yaml: there is no question 'anwered': did you mean 'answered'"
    ):
        grades(finding("anwered", "low"))
    with pytest.raises(ValueError, match="there are answered, solved, lasts"):
        grades(finding("xyz", "low", "2020"))


def test_open_findings_the_gravest_first():
    given = [
        finding("answered", "low"),
        finding("solved", "none"),
        finding("lasts", "critical", management_response="yes"),
    ]
    found = analysed({"findings": given})
    assert found.open_findings["question"].tolist() == ["lasts", "answered"]
    figures = {(f.measure.split(".")[1], f.subject): f.value for f in found.figures()}
    assert figures == {
        ("graded", ""): 3,
        ("ungraded", ""): 0,
        ("open_findings", ""): 2,
        ("open_findings", "critical"): 1,
        ("open_findings", "high"): 0,
        ("open_findings", "medium"): 0,
        ("open_findings", "low"): 1,
        ("answered", ""): 1,
    }


def year(*rows: tuple) -> pd.DataFrame:
    """(month, measure, subject, value, verdict)."""
    figures = [
        {
            "month": month,
            **Figure(
                measure=measure,
                subject=subject,
                value=value,
                unit="ratio",
                verdict=verdict,
                target=0.9,
                better="higher",
                why_missing=None if value is not None else "none was decided",
            ).row(),
        }
        for month, measure, subject, value, verdict in rows
    ]
    return pd.DataFrame(figures)


def test_evidence_of_a_year():
    answered = "tickets.response_attainment"
    table = questions.evidence(
        ASKED,
        year(
            ("2026-02", answered, "", 0.95, "met"),
            ("2026-01", answered, "", 0.85, "missed"),
            ("2026-01", answered, "P1", 0.5, "missed"),
            ("2026-02", answered, "P1", 0.6, "missed"),
            ("2026-02", answered, "P2", None, "no_data"),
            ("2026-01", "tickets.reopen_ratio", "P1", 0.1, None),
            ("2026-02", "tickets.reopen_ratio", "P2", 0.3, None),
            ("2026-02", "mine.none", "", None, None),
        ),
    ).set_index("measure")
    assert table.index.tolist() == [answered, "tickets.opened", "mine.none", "tickets.reopen_ratio"]
    row = table.loc[answered]
    assert (row["months"], row["subjects"], row["met"], row["missed"], row["unjudged"]) == (2, 1, 1, 3, 1)
    assert (row["first"], row["last"], row["last_month"]) == (0.85, 0.95, "2026-02")
    assert (row["low"], row["high"]) == (0.85, 0.95)  # of all together; P1 is the worst
    assert (row["worst_subject"], row["worst_month"], row["worst"]) == ("P1", "2026-01", 0.5)
    apart = table.loc["tickets.reopen_ratio"]
    assert (apart["low"], apart["high"], apart["subjects"]) == (0.1, 0.3, 2) and pd.isna(apart["last"])
    assert table.loc["tickets.opened", "months"] == 0
    assert table.loc["mine.none", "why"] == "none was decided"


def test_no_packs_at_all_are_no_evidence():
    table = questions.evidence(ASKED, pd.DataFrame(columns=year(("2026-01", "a.b", "", 1, None)).columns))
    assert table["months"].eq(0).all() and len(table) == 4
    assert all("not known" in text for text in words.said(table, CONTRACT))


def test_what_the_assessment_computes_counts_as_of_the_last_month():
    own = [Figure(measure="mine.none", value=3, unit="count")]
    packs = year(("2026-01", "tickets.opened", "", 5, None))
    joined = questions.beside(packs, own, Period.parse("2026"))
    assert joined["month"].tolist() == ["2026-01", "2026-12"]
    table = analysed(None, *own, of_year=packs).evidence.set_index("measure")
    assert (table["last"]["mine.none"], table["last_month"]["mine.none"]) == (3, "2026-12")


# ---------------------------------------------------------------- in words


def test_there_are_questions_on_each_of_the_ten_systems():
    listed = words.listed()
    assert listed["system"].nunique() == 10 and listed["question"].is_unique and listed["text"].is_unique
    assert listed["text"].str.endswith("?").all()
    assert listed["question"].str.fullmatch(r"[a-z-]+").all()


def test_every_question_rests_on_measures_with_a_name():
    measures = words.listed()["measures"].explode()
    assert all(MEASURES[measure].title for measure in measures)


def test_a_question_without_a_grade_is_never_fine():
    evidence = questions.evidence(ASKED, year(("2026-01", "tickets.reopen_ratio", "", 0.99, "met")))
    told = answers.by_system(grades(finding("answered", "none")), evidence, CONTRACT)
    assert str(told["Quality"]["Does it last?"]).startswith("Not graded (lasts in findings.yaml).")
    assert str(told["Help desk"]["Answered in time?"]).startswith(
        "In order. seen. Graded by Owl, 1 Dec 2026."
    )


def test_evidence_in_words():
    answered = "tickets.response_attainment"
    rows = [("2026-01", answered, "P1", 0.5, "missed"), ("2026-02", answered, "", 0.95, "met")]
    table = questions.evidence(ASKED.head(1), year(*rows))
    assert words.said(table, CONTRACT) == [
        "Tickets answered in time: missed 1 of 2 times, worst P1 with 50 % in January 2026; 95 %."
    ]
    assert words.verdicts(table) == ["missed"]


HOSTILE = "</dd><script>alert(1)</script>{{ 7 * 7 }}"


def test_words_of_a_consultant_are_escaped_and_never_run():
    texts = dict.fromkeys(
        ("finding", "evidence", "recommendation", "management_response", "graded_by"), HOSTILE
    )
    missed = [(month, "tickets.reopen_ratio", HOSTILE, 0.4, "missed") for month in ("2026-01", "2026-02")]
    evidence = questions.evidence(ASKED, year(*missed))
    told = answers.by_system(grades(finding("solved", "high", **texts)), evidence, CONTRACT)
    html = "".join(shown._repr_html_() for facts in told.values() for shown in facts.values())
    assert "<script" not in html and html.count("&lt;script&gt;") == 6 and "{{ 7 * 7 }}" in html


@pytest.mark.parametrize(
    ("then", "now", "state"),
    [
        ("high", "none", questions.IN_ORDER),
        ("high", "medium", questions.LESS),
        ("high", "high", questions.SAME),
        ("high", "critical", questions.WORSE),
        ("high", None, questions.UNSEEN),
        ("none", "critical", None),
        ("none", None, None),
    ],
)
def test_what_became_of_a_finding(then, now, state):
    """What was in order then is not followed up; what nobody graded again is not in order."""
    many = [finding("solved", then, "2025", recommendation="ask"), finding("lasts", "low", "2027")]
    many += [finding("solved", now, "2026")] if now else []
    findings = {"findings": many}
    found = questions.follow_up(questions.graded(ASKED, findings, "2026"), findings, "2026")
    assert found["state"].tolist() == ([state] if state else [])
    if state:
        row = found.iloc[0]
        assert (row["period"], row["finding_before"], row["recommendation_before"]) == ("2025", "seen", "ask")
        assert (row["severity_before"], row["severity"]) == (then, now or "ungraded")


def test_the_gravest_finding_is_followed_up_first_and_each_question_once():
    many = [
        finding("answered", "low", "2024"),
        finding("answered", "medium", "2025"),
        finding("lasts", "critical", "2025-07..2026-06"),
        finding("solved", "high", "2026"),
    ]
    findings = {"findings": many}
    found = questions.follow_up(grades(*many), findings, "2026")
    assert found[["question", "severity_before"]].values.tolist() == [
        ["lasts", "critical"],
        ["answered", "medium"],
    ]
    assert questions.follow_up(grades(), None, "2026").empty
