"""Sentences: every number in them comes from their figure, each can be read, and none runs what it is given."""

import inspect
import re
from itertools import product

import pandas as pd
import pytest

from msp_report import params
from msp_report.model.figures import SEVERITY, Figure
from msp_report.model.measures import MEASURES
from msp_report.model.period import Period
from msp_report.words import sentences
from msp_report.words.numbers import Numbers
from msp_report.words.sentences.said import MANY, Page

CONTRACT = params.as_contract({"client": {"name": "Acme", "timezone": "Europe/London", "currency": "GBP"}})
PERIOD = Period.parse("2026-03")
PERIODS = [PERIOD, Period.parse("2026")]
VERDICTS = ("met", "missed", "no_verdict", "no_data", "no_target")
REPORTS = sentences._modules()
#: Measure and verdict of every sentence of one figure; `plain` is that of a figure that is not judged.
HEADLINES = [
    (measure, verdict or "plain")
    for measure, verdict in product(MEASURES, SEVERITY)
    if sentences._headline(measure, verdict)
]
OPENINGS = list(REPORTS)
UNITS = {
    "ratio": (0.1234, 0.0567, 0.3456, 0.7891),
    "count": (13, 5, 34, 78),
    "hours": (12.5, 5.5, 34.5, 78.5),
}
NUMBER = re.compile(r"[-−<>]?[£€$]?\d[\d.,\u202f\u00a0]*\d|\d")


def numbers(text: str) -> set[str]:
    """Every number of a text, as it is written."""
    return {found.strip("-−<>£€$ ") for found in NUMBER.findall(text)}


def shown(figure: Figure, contract=CONTRACT) -> set[str]:
    """Every number that a sentence about a figure may hold."""
    show = Numbers.of(contract)
    fields = [(figure.value, figure.unit), (figure.low, figure.unit), (figure.high, figure.unit)]
    fields += [(figure.target, figure.unit), (figure.n, "count"), (figure.coverage, "ratio")]
    fields += [(abs(figure.value), figure.unit)] if figure.value is not None else []
    texts = [show.number(value, unit) for value, unit in fields if value is not None]
    texts += [show.number(round(figure.value * figure.n), "count")] if figure.value and figure.n else []
    texts += (
        [show.number(figure.value, figure.unit, apart_from=figure.target)] if figure.value is not None else []
    )
    return set().union(*map(numbers, [*texts, figure.subject, figure.why_missing or "", figure.clause or ""]))


def figure(
    measure: str, verdict: str | None, unit: str = "ratio", subject: str = "mail", **changes
) -> Figure:
    value, low, high, target = UNITS[unit]
    why = "no samples" if verdict == "no_data" else None
    given = dict(value=None if why else value, low=low, high=high, target=target, n=17, why_missing=why)
    return Figure(measure=measure, subject=subject, unit=unit, verdict=verdict, **(given | changes))


def test_there_is_something_to_test():
    assert len(HEADLINES) >= 71 and len(OPENINGS) >= 23


@pytest.mark.parametrize("report", REPORTS)
def test_every_sentence_of_a_figure_is_named_after_a_measure_and_a_verdict(report):
    found = {
        name
        for name, _ in inspect.getmembers(REPORTS[report], inspect.isfunction)
        if not name.startswith("_") and name.endswith((*VERDICTS, "plain"))
    }
    assert found == {
        f"{measure.partition('.')[2]}_{verdict}"
        for measure, verdict in HEADLINES
        if measure.startswith(f"{report}.")
    }


@pytest.mark.parametrize(("measure", "verdict"), HEADLINES)
def test_every_number_of_a_headline_comes_from_its_figure(measure, verdict):
    for unit, subject in product(UNITS, ("mail", "")):
        one = figure(measure, None if verdict == "plain" else verdict, unit, subject)
        text = sentences.headline(one, CONTRACT)
        assert text and text[-1] in ".!" and text == " ".join(text.split())
        assert numbers(text) <= shown(one), (text, shown(one))


#: What a figure of a verdict may lack.
LACKING = {
    "met": ("low", "high"),
    "missed": ("low", "high"),
    "no_verdict": (),
    "no_data": ("value", "low", "high"),
    "no_target": ("target", "low", "high"),
    "plain": ("target", "low", "high"),
}


@pytest.mark.parametrize(("measure", "verdict"), HEADLINES)
def test_a_headline_does_not_speak_of_what_is_not_there(measure, verdict):
    lacking = dict.fromkeys(LACKING[verdict])
    one = figure(measure, None if verdict == "plain" else verdict, **lacking)
    text = sentences.headline(one, CONTRACT)
    assert not re.search(r"\b(None|nan|null)\b|\(\)", text), text


@pytest.mark.parametrize("verdict", ["met", "missed"])
def test_a_service_judged_by_its_outages_alone_is_told_in_words(verdict):
    one = figure("availability.ratio", verdict, target=None)
    text = sentences.headline(one, CONTRACT)
    assert "None" not in text and "()" not in text
    assert (", but it went down more often than agreed" in text) == (verdict == "missed")


def test_a_value_beside_its_target_shows_the_difference():
    one = figure("availability.ratio", "missed", value=0.98996, target=0.99, low=None, high=None)
    assert (
        sentences.headline(one, CONTRACT)
        == "The service mail was up 98.996 % of its agreed time; 99 % was agreed."
    )


def test_rounding_never_reaches_all_of_it():
    one = figure("availability.ratio", "met", value=0.9999999, target=0.99)
    assert "<100 %" in sentences.headline(one, CONTRACT)


def test_numbers_follow_the_clients_locale():
    german = params.as_contract({"client": {"name": "A", "timezone": "Europe/Berlin", "locale": "de-DE"}})
    one = figure("availability.ratio", "missed", value=0.9812, target=0.995)
    assert {"98,1", "99,5"} <= numbers(sentences.headline(one, german))


def test_a_measure_without_a_sentence_has_none():
    assert sentences.headline(figure("mine.own", "missed"), CONTRACT) is None
    assert sentences.headline(figure("availability.mttr", None), CONTRACT) is None


HOSTILE = [
    "{{ 7 * 7 }}",
    "{% raw %}",
    "{# x #}",
    "<script>1</script>",
    "{}",
    "a\n\nb",
    "{{ f.raw.__class__ }}",
    "%s",
]


@pytest.mark.parametrize("subject", HOSTILE)
def test_words_of_an_export_are_never_run(subject):
    text = sentences.headline(figure("availability.ratio", "met", subject=subject), CONTRACT)
    assert text.startswith(f"The service {' '.join(subject.split())} was up")
    frame = pd.DataFrame({"measure": ["availability.ratio", "mine.own"], "subject": [subject, subject]})
    assert sentences.names(frame) == [f"Availability of {subject}", f"mine.own of {subject}"]
    missed = figure("availability.ratio", "missed", subject=subject)
    lines = sentences.opening("availability", [missed], CONTRACT, PERIOD)
    assert any(" ".join(subject.split()) in line for line, _ in lines)


# ---------------------------------------------------------------- the first lines of a page


def mentioned(report: str) -> list[str]:
    """Every measure of which an opening speaks."""
    source = inspect.getsource(REPORTS[report])
    return sorted(set(re.findall(rf'"({report}\.\w+)"', source)))


@pytest.mark.parametrize("period", PERIODS, ids=str)
@pytest.mark.parametrize("report", OPENINGS)
@pytest.mark.parametrize("verdict", [*VERDICTS, None])
def test_every_number_of_an_opening_is_a_figure_or_a_count_of_figures(report, verdict, period):
    subjects = ("", "alpha", "beta", "gamma")
    figures = [
        figure(measure, verdict, "count" if report == "scorecard" else "ratio", subject)
        for measure in mentioned(report)
        for subject in subjects
    ]
    if report == "scorecard":  # what it counts is never missing
        figures = [one.with_(value=7, why_missing=None) for one in figures]
    lines = sentences.opening(report, figures, CONTRACT, period)
    counts = {str(count) for count in range(len(figures) + 1)}
    page = Page(figures, CONTRACT, period)  # days to come are said as dates
    days = [page.after(end) for one in figures for end in (one.value, one.low) if end is not None]
    allowed = set().union(*map(shown, figures), *map(numbers, days)) | counts | {"2026"}
    for line, _ in lines:
        assert numbers(line) <= allowed, line
        assert not re.search(r"\bNone\b|\bnan\b", line), line


@pytest.mark.parametrize("period", PERIODS, ids=str)
@pytest.mark.parametrize("report", [report for report in OPENINGS if report != "scorecard"])
def test_a_page_without_figures_opens_with_words(report, period):
    for line, verdict in sentences.opening(report, [], CONTRACT, period):
        assert line and verdict is None


@pytest.mark.parametrize("period", PERIODS, ids=str)
@pytest.mark.parametrize("report", [report for report in OPENINGS if report != "scorecard"])
def test_what_is_missing_is_not_said_with_a_number(report, period):
    figures = [figure(m, "no_data", subject=s, n=0) for m in mentioned(report) for s in ("", "alpha", "beta")]
    figures = [one.with_(value=None, low=None, high=None) for one in figures]
    for line, _ in sentences.opening(report, figures, CONTRACT, period):
        assert "%" not in line or "78.9 %" in line, line


def test_what_is_not_as_agreed_stands_first_and_worst_first():
    figures = [
        figure("availability.ratio", verdict, subject=verdict).with_(headline=f"{verdict}.")
        for verdict in ("met", "no_data", "no_verdict", "missed")
    ]
    (_, badge), *rest = sentences.opening("availability", figures, CONTRACT, PERIOD)
    assert badge == "missed"
    assert [verdict for _, verdict in rest if verdict] == ["missed", "no_verdict", "no_data"]


def test_a_report_that_the_catalogue_does_not_know_opens_with_its_headlines():
    one = figure("mine.own", "missed").with_(headline="Mine is late.")
    assert sentences.opening("mine", [one], CONTRACT, PERIOD) == [("Mine is late.", "missed")]


def test_what_has_a_name_is_not_said_by_its_id():
    late = Figure(measure="projects.slip", subject="PRJ-01", value=150)
    (line, _), *_ = sentences.opening("projects", [late], CONTRACT, PERIOD, called={"PRJ-01": "Shop"})
    assert "Shop" in line and "PRJ-01" not in line
    title = sentences.finding("projects", "plans", [late], CONTRACT, PERIOD, called={"PRJ-01": "Shop"})
    assert title == "1 of 1 projects is late: Shop, by 150 days"


def test_an_amount_in_a_column_of_texts_has_its_currency():
    texts = pd.Series(["2026-10-31", "100000", None, "1234.50"])
    said = sentences.moments(texts, CONTRACT, [False, True, True, True])
    assert said == ["31 Oct 2026", "£100,000", None, "£1,235"]


def test_the_ends_of_a_course_are_said_in_words():
    course = pd.DataFrame(
        {
            "month": ["2026-08", "2026-09", "2026-10"],
            "value": [None, 63, 91],
            "unit": "count",
            "target": [60, 60, 60],
        }
    )
    assert sentences.ends(course, CONTRACT) == {
        "first": "63",
        "month": "September 2026",
        "target": "60",
        "change": 28,
    }
    alone = sentences.ends(course.tail(1).assign(target=None), CONTRACT)
    assert alone == {"first": "", "month": "", "target": "", "change": 0}


@pytest.mark.parametrize(
    ("count", "said"), [(7, "S1, S2, S3, S4, S5, S6 and S7"), (9, "S1, S2, S3, S4, S5, S6 and 3 others")]
)
def test_a_sentence_lists_few_names(count, said):
    page = Page([], params.as_contract({}))
    assert page.listed([f"S{n}" for n in range(1, count + 1)], MANY) == said
