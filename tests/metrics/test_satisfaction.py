"""Rule 20: scores, intervals and bounds by cases worked by hand; answers joined to the tickets they speak of."""

from __future__ import annotations

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import MonthOf, figures_of

from msp_report.metrics.satisfaction import Analysis, analyse, assignees, scores, voices
from msp_report.metrics.scorecard.lines import lines
from msp_report.model.statistics import wilson
from msp_report.params import Sources

START, END = pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC")
IN = "2026-10-10"


def survey(
    *answers: float | None, question: str = "responsiveness", sent: str | None = IN, **columns
) -> pd.DataFrame:
    """One row an answer, None not answered; sent and answered in the month."""
    n = len(answers)
    return pd.DataFrame(
        {
            "survey_id": [f"S{i}" for i in range(n)],
            "invited_at": pd.to_datetime([sent] * n, utc=True),
            "answered_at": pd.to_datetime(
                [IN if answer is not None else None for answer in answers], utc=True
            ),
            question: pd.Series(answers, dtype="Float64"),
            **columns,
        }
    )


def row(surveys, question="responsiveness", **more) -> pd.Series:
    return scores(surveys, START, END, **more).set_index("question").loc[question]


def analysed(surveys: pd.DataFrame | None, invited: int | None = None) -> Analysis:
    return analyse(MonthOf(START, END, {}, tables={"surveys": surveys}, invited=invited))


# ---------------------------------------------------------------- scores


def test_the_share_of_four_and_five():
    # rule 20's vector: 13 of 15, 62.1 to 96.3 %. 20 asked: worst 13 / 20, best 18 / 20
    found = row(survey(*[5] * 7, *[4] * 6, 3, 1, *[None] * 5))
    assert (found.invited, found.answered, found.returned) == (20, 15, 15)
    assert found[["score", "low", "high"]].astype(float).round(3).tolist() == [0.867, 0.621, 0.963]
    assert (found.worst, found.best) == (0.65, 0.9)
    assert pd.isna(found.why)


def test_the_recommend_score():
    # rule 20's vector: 20 promoters, 5 passives, 5 detractors: 50 ± 27.3. 40 asked: (15 - 10) / 40, (15 + 10) / 40
    found = row(
        survey(*[9] * 10, *[10] * 10, *[7, 8, 8, 7, 7], *[0, 6, 6, 3, 1], *[None] * 10, question="recommend"),
        "recommend",
    )
    assert (found.score, round(found.high - found.score, 3)) == (0.5, 0.273)
    assert (found.worst, found.best) == (0.125, 0.625)


@pytest.mark.parametrize("n", [0, 4, 5])
def test_under_five_answers_there_is_no_figure(n):
    found = row(survey(*[5] * n, *[None] * 10))
    assert (found.answered, found.invited) == (n, 10 + n)
    if n < 5:
        assert found[["score", "low", "high", "worst", "best"]].isna().all()
        assert found.why == f"{n} answered, and fewer than 5 make no figure"
    else:
        assert found.score == 1


def test_a_question_left_out_is_not_answered():
    table = survey(*[5] * 6).assign(capability=[4, 4, 4, None, None, 1])
    assert row(table, "capability")[["answered", "returned"]].tolist() == [4, 6]
    assert row(table, "recommend").answered == 0


def test_each_answer_counts_in_the_month_in_which_it_was_given():
    dates = [
        ("2026-09-28", "2026-10-02"),  # an answer of October
        ("2026-10-30", "2026-11-02"),  # none by the cut-off
        ("2026-10-30", None),
        ("2026-09-28", None),  # of September
        ("2026-09-28", "2026-09-30"),
        ("2026-11-01", None),  # of November
        (None, "2026-10-05"),
    ]
    table = survey(*[5] * len(dates)).assign(
        invited_at=pd.to_datetime([sent for sent, _ in dates], utc=True),
        answered_at=pd.to_datetime([at for _, at in dates], utc=True),
        responsiveness=[5, 5, None, None, 5, None, 5],
    )
    found = row(table)
    assert (found.invited, found.answered) == (4, 2)


@pytest.mark.parametrize(
    ("table", "stated", "expected"),
    [
        (survey(*[5] * 6, *[None] * 4), None, 10),
        (survey(*[5] * 6, *[None] * 4), 240, 240),
        (survey(*[5] * 6, sent=None), 240, 240),
        (survey(*[5] * 6, sent=None), None, None),  # answers alone: nobody says how many were asked
        (survey(*[5] * 6), None, 6),
        (survey(*[5] * 6), 5, None),  # more answered than were asked, it says
        (survey(), 30, 30),
        (survey(), None, 0),
    ],
)
def test_how_many_were_asked(table, stated, expected):
    found = row(table, invited=stated)
    assert (None if pd.isna(found.invited) else found.invited) == expected
    if expected is None:
        assert found[["worst", "best"]].isna().all() and found.score == 1
    response = analysed(table, invited=stated).figures()[-1]
    assert response.value == (len(table[table.responsiveness.notna()]) / expected if expected else None)
    assert response.why_missing == (
        None if expected else "nobody was asked" if expected == 0 else "how many were asked is not known"
    )


def test_an_answer_without_its_date_counts_by_its_invitation():
    table = survey(*[5] * 6).assign(answered_at=pd.NaT)
    assert row(table).answered == 6
    lost = table.assign(invited_at=pd.NaT)
    done = analysed(lost)
    assert (done.scores.answered.max(), done.undated) == (0, 6)


def test_what_sources_state():
    def stated(*sources):
        return Sources.model_validate({"tables": {"surveys": list(sources)}}).invited

    assert stated({"file": "a.csv", "invited": 240}) == 240
    assert stated({"file": "a.csv", "invited": 240}, {"file": "b.csv", "invited": 10}) == 250
    assert stated({"file": "a.csv", "invited": 240}, {"file": "b.csv"}) is None
    assert Sources().invited is None


def test_figures():
    table = survey(*[5] * 13, *[2] * 2, *[None] * 5)
    responsiveness, capability, recommend, response = analysed(table).figures()
    assert (round(responsiveness.value, 3), responsiveness.n, responsiveness.unit) == (0.867, 15, "ratio")
    assert (round(responsiveness.low, 3), round(responsiveness.high, 3)) == (0.621, 0.963)
    assert responsiveness.verdict is None  # the contract has no target; the board's stands in the scorecard
    assert (capability.value, capability.why_missing) == (None, "0 answered, and fewer than 5 make no figure")
    assert recommend.unit == "score"
    assert (response.value, response.n) == (0.75, 20)


def test_no_survey_at_all():
    for figure in analysed(None).figures():
        assert (figure.value, figure.why_missing) == (None, "no survey was supplied")
    assert analysed(None).voices.empty


def test_what_cannot_be_used_is_refused():
    with pytest.raises(ValueError, match="lies outside 1 to 5"):
        scores(survey(6), START, END)
    with pytest.raises(ValueError, match="time zone"):
        scores(survey(5), START.tz_localize(None), END)
    with pytest.raises(ValueError, match=r"surveys\.answered_at"):
        scores(survey(5).assign(answered_at=pd.Timestamp("2026-10-10")), START, END)


@examples(40)
@given(st.lists(st.one_of(st.none(), st.integers(1, 5))))
def test_the_score_lies_between_its_bounds(answers):
    found = row(survey(*answers))
    assert found.answered == sum(answer is not None for answer in answers)
    assert found.invited == len(answers)
    if found.answered >= 5:
        assert 0 <= found.worst <= found.score <= found.best <= 1
        assert found.low <= found.score <= found.high
        if found.answered == found.invited:
            assert found.worst == found.score == found.best
    else:
        assert pd.isna(found.score)


def rejected(*numbers: str | None, sent: str | None = IN) -> pd.DataFrame:
    at = pd.to_datetime([sent] * len(numbers), utc=True)
    return pd.DataFrame({"survey_id": numbers, "invited_at": at, "answered_at": pd.NaT})


def test_rejected_rows_are_counted_at_their_worst_and_best():
    # 13 of 15 with two rejected: between Wilson's lower end of 13 of 17 and its upper one of 15 of 17
    table = survey(*[5] * 13, *[2] * 2)
    found = row(table, rejected=rejected("S90", "S91"))
    assert (found.answered, found.invited, found.rejected, round(found.score, 3)) == (15, 17, 2, 0.867)
    assert (found.low, found.high) == (wilson(13, 17).low, wilson(15, 17).high)
    assert (found.worst, found.best) == (13 / 17, 15 / 17)
    # a total has no number, and last month's rows are last month's
    assert row(table, rejected=rejected(None)).rejected == 0
    assert row(table, rejected=rejected("S90", sent="2026-09-10")).rejected == 0
    month = MonthOf(START, END, {}, tables={"surveys": table}, dropped={"surveys": rejected("S90", "S91")})
    assert analyse(month).figures()[0].low == found.low


@examples(20)
@given(st.lists(st.integers(1, 5), min_size=10, max_size=60), st.floats(0.2, 0.8))
def test_half_of_the_invited_missing_never_gives_met_with_a_coverage_of_one(answers, target):
    half = answers[: len(answers) // 2]
    month = MonthOf(START, END, {}, tables={"surveys": survey(*half)}, invited=len(answers))
    figure = analyse(month).figures()[0]
    line = {"perspective": "customer", "measure": "satisfaction.responsiveness", "target": target}
    (judged,) = lines(figures_of(figure), {"scorecard": [line]}).to_dict("records")
    assert figure.coverage == len(half) / len(answers) < 1
    if judged["verdict"] in ("met", "missed"):
        assert (figure.low >= target) == (judged["verdict"] == "met")


def test_another_question_has_a_column_of_its_own():
    table = survey(*[5] * 6).assign(other=[5, 4, 1, 1, 1, 4])
    month = MonthOf(START, END, {}, tables={"surveys": table}, other_question="Was it easy to reach us?")
    found = analyse(month)
    last = found.scores.iloc[-1]
    assert (last.question, last.score, last.words) == ("other", 0.5, "Was it easy to reach us?")
    assert found.scores["words"].notna().sum() == 1
    assert {f.measure: f.value for f in found.figures()}["satisfaction.other"] == 0.5
    assert found.voices["other"].tolist() == [5, 4, 1, 1, 1, 4]
    # where nobody asks another question there is none
    assert "other" not in set(analysed(survey(*[5] * 6)).scores["question"])
    with pytest.raises(ValueError, match=r"surveys\.other"):
        scores(survey(5).assign(other=6), START, END)


def test_an_answer_to_another_question_alone_is_an_answer():
    table = survey(*[None] * 6).assign(other=4, answered_at=pd.Timestamp(IN, tz="UTC"))
    assert row(table).answered == 0 and row(table, "other").answered == 6


def test_what_sources_call_the_other_question():
    def stated(*sources):
        return Sources.model_validate({"tables": {"surveys": list(sources)}}).other

    assert stated({"file": "a.csv", "other": "Easy?"}, {"file": "b.csv"}) == "Easy?"
    assert stated({"file": "a.csv"}) is None and Sources().other is None


# ---------------------------------------------------------------- what they speak of


def tickets(*rows: tuple) -> pd.DataFrame:
    """(ticket, opened, title, assignee)"""
    return pd.DataFrame(
        {
            "ticket_id": [row[0] for row in rows],
            "opened_at": pd.to_datetime([f"2026-{row[1]}" for row in rows], utc=True),
            "title": [row[2] for row in rows],
            "assignee": [row[3] for row in rows],
            "category": "email",
            "priority": "P3",
            "status": "closed",
        }
    )


def events(*rows: tuple) -> pd.DataFrame:
    """(ticket, at, to): steps of status."""
    return pd.DataFrame(
        {
            "ticket_id": [row[0] for row in rows],
            "at": pd.to_datetime([f"2026-{row[1]}" for row in rows], utc=True),
            "field": "status",
            "from": None,
            "to": [row[2] for row in rows],
        }
    )


DESK = tickets(
    ("A", "10-01", "printer jams on floor two", "ann"),
    ("B", "10-05", "printer jams on floor two again", "bob"),
    ("C", "10-06", "cannot log in", "ann"),
)
LOG = events(
    ("A", "10-02", "resolved"),
    ("B", "10-07", "resolved"),
    ("C", "10-07", "resolved"),
    ("C", "10-08", "open"),
    ("C", "10-09", "resolved"),
)


def test_voices_stand_beside_their_tickets_unhappiest_first():
    asked = survey(
        4, 2, 5, 3, None, ticket_id=["A", "C", "B", "X", "A"], comment=["fine", "slow", None, None, None]
    )
    found = voices(asked, DESK, LOG, {}, START, END)
    assert found.survey_id.tolist() == ["S1", "S3", "S0", "S2"]
    assert found.ticket_id.tolist() == ["C", "X", "A", "B"]
    assert found.assignee.fillna("?").tolist() == ["ann", "?", "ann", "bob"]
    assert found.reopened.tolist() == [True, pd.NA, False, False]
    assert found.repeats.fillna("").tolist() == ["", "", "", "A"]
    assert found.repeated_by.fillna("").tolist() == ["", "", "B", ""]
    assert found.comment.fillna("").tolist() == ["slow", "", "fine", ""]


def test_tickets_of_earlier_months_are_known_too():
    desk = DESK.assign(opened_at=DESK["opened_at"] - pd.Timedelta(days=40))
    log = LOG.assign(at=LOG["at"] - pd.Timedelta(days=40))
    found = voices(survey(4, 2, ticket_id=["B", "C"]), desk, log, {}, START, END)
    assert found[["ticket_id", "reopened", "repeats"]].fillna("").values.tolist() == [
        ["C", True, ""],
        ["B", False, "A"],
    ]


def test_without_tickets_the_words_stand_alone():
    found = voices(survey(4, ticket_id=["A"]), None, None, {}, START, END)
    assert found.assignee.isna().all() and found.reopened.isna().all()
    assert voices(survey(None, ticket_id=["A"]), DESK, LOG, {}, START, END).empty


def test_assignees_need_five_answers_for_a_figure():
    asked = survey(5, 5, 5, 2, 5, 1, ticket_id=["A", "A", "C", "C", "A", "B"]).assign(
        recommend=[9, 9, 0, 7, 9, 0], respondent=list("uvwxyz")
    )
    found = assignees(voices(asked, DESK, LOG, {}, START, END))
    ann, bob = found.to_dict("records")
    # ann: 4 of 5 happy, three promoters and one detractor of 5; C was reopened, A was repeated by B
    assert (ann["assignee"], ann["answers"], ann["responsiveness"], ann["recommend"]) == ("ann", 5, 0.8, 0.4)
    assert (ann["reopened"], ann["repeated"]) == (1, 1)
    assert (bob["assignee"], bob["answers"], bob["repeated"]) == ("bob", 1, 1)
    assert pd.isna(bob["responsiveness"])
    assert pd.isna(ann["capability"])
