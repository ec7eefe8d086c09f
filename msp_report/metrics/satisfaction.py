"""What users say of the help desk, how sure that is, and the tickets and people that they speak of (rule 20).

Decided here, where the rule leaves room:

- An answer counts in the month in which it was given; an invitation without an answer before the cut-off in the
  month in which it was sent. So every answer counts once, and nothing later than the cut-off (rule 0) at all.
- Invited are those rows, or the number that sources.yaml states. Where it states none and the source lists answers
  alone (no invitation date, no open row), how many were asked is not known, and the response is not 100 %.
- A row with an answer and no date of it counts by its invitation; without either it is left out and counted.
- Several answers to one ticket by one respondent are one, the last; without a respondent, several to one ticket;
  without a ticket, several by one respondent; where neither stands each row is one. What is put aside is listed, and
  counts neither as an answer nor as an invitation.
- Worst and best case: all who did not answer a question are unhappy, or happy, with it.
- A rejected row of the period with a number may be an answer: low is that of the interval with all of them unhappy,
  high with all of them happy, and each was asked (rule 42). What has no number (a total) is nobody's.
- Coverage is answers / asked; not known where it is not known how many were asked. A target between low and high is no
  verdict, wherever it stands.
- Another question is shown where the source has its column with an answer, by the words that sources.yaml gives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.tickets import history_of, reopens, repeats
from msp_report.model.case import Case
from msp_report.model.columns import bounds, instants, micros
from msp_report.model.figures import Figure
from msp_report.model.names import normal, spelled
from msp_report.model.reach import reach_of
from msp_report.model.statistics import ANSWERS_NEEDED, Interval, csat, recommend
from msp_report.model.tables import TABLES
from msp_report.model.texts import among
from msp_report.params import Contract, as_contract

QUESTIONS = ("responsiveness", "capability", "recommend")
#: The column of another question, answered from 1 to 5.
OTHER = "other"
#: On a scale of 0 to 10: at most a detractor's answer, at least a promoter's.
DETRACTOR, PROMOTER = 6, 9

_NO_SURVEY = "no survey was supplied"
_SCORES = [
    "question",
    "invited",
    "answered",
    "score",
    "low",
    "high",
    "worst",
    "best",
    "returned",
    "why",
    "unit",
    "rejected",
    "coverage_ratio",
    "words",
]
_VOICES = [
    "survey_id",
    "answered_at",
    "ticket_id",
    "assignee",
    "category",
    "responsiveness",
    "capability",
    "recommend",
    "other",
    "comment",
    "reopened",
    "repeats",
    "repeated_by",
]
_ASSIGNEES = ["assignee", "answers", "responsiveness", "capability", "recommend", "reopened", "repeated"]


def scores(
    surveys: pd.DataFrame | None,
    start: pd.Timestamp,
    end: pd.Timestamp,
    invited: int | None = None,
    rejected: pd.DataFrame | None = None,
    other: str | None = None,
) -> pd.DataFrame:
    """What was answered to each question in a period, with its interval and its bounds.

    Parameters: `surveys` as the canonical table, None where not supplied; `[start, end)` the period, timezone-aware;
    `invited` how many were asked, where the source states it; `rejected` as Case.rejected gives it; `other`, the words
    of another question.
    Returns: one row per question: question (responsiveness, capability, recommend; other where it has an answer),
    invited, answered, score (the share of 4 and 5 [ratio]; recommend: promoters less detractors, -1 to 1), low and
    high of its 95 % interval with the rejected rows at their worst and best, worst and best (all who did not answer
    unhappy, or happy), returned (surveys that came back, the same in each row), unit of the score (ratio, score), why
    (missing where there is a score), rejected [rows that may be answers], coverage_ratio (answered / invited), words
    of another question.
    Raises: ValueError for an answer off its scale.
    Edge cases decided: under 5 answers no figure at all; invited is missing where it is not known or fewer than
    answered, and then so are worst and best.
    Source: rules 20, 42 and 45.

    >>> at = pd.Timestamp("2026-10-05", tz="UTC")
    >>> asked = pd.DataFrame({"survey_id": range(20), "answered_at": [at] * 15 + [pd.NaT] * 5,
    ...     "invited_at": at, "responsiveness": [5.0] * 13 + [2.0] * 2 + [None] * 5})
    >>> row = scores(asked, at.replace(day=1), at.replace(month=11)).iloc[0]
    >>> [round(float(row[name]), 3) for name in ("score", "low", "high", "worst", "best")]
    [0.867, 0.621, 0.963, 0.65, 0.9]
    """
    asked, answered = _of_period(surveys, start, end)
    lost = 0 if surveys is None else _may_answer(rejected, start, end)
    known = None if surveys is None else _invited(asked, answered, invited, lost)
    names = [*QUESTIONS, OTHER] if answered[OTHER].notna().any() else QUESTIONS
    table = pd.DataFrame(
        [_score(name, answered[name], known, surveys, lost) for name in names], columns=_SCORES
    )
    table["returned"] = None if surveys is None else len(answered)
    table["rejected"] = lost
    table["words"] = np.where(table["question"].eq(OTHER), other, None)
    table["coverage_ratio"] = table["answered"].astype("float64") / table["invited"].astype("float64").where(
        lambda n: n > 0
    )
    numbers = dict.fromkeys(("score", "low", "high", "worst", "best"), "float64")
    table["unit"] = np.where(table["question"].eq("recommend"), "score", "ratio")
    counts = dict.fromkeys(("invited", "answered", "returned"), "Int64")
    texts = dict.fromkeys(("question", "why", "unit", "words"), "str")
    return table.astype({**texts, **counts, **numbers})


def voices(
    surveys: pd.DataFrame | None,
    tickets: pd.DataFrame | None,
    events: pd.DataFrame | None,
    contract: Contract | Mapping[str, Any],
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> pd.DataFrame:
    """Every answer of a period beside the ticket and the assignee that it speaks of, the unhappiest first.

    Parameters: `surveys`, `tickets`, `events` as the canonical tables with their look-back, None where not
    supplied; `contract` for what repeats and reopens mean; `[start, end)` the period.
    Returns: one row per answer: survey_id, answered_at, ticket_id, assignee (at the cut-off), category, the three
    answers, comment, reopened (whether the ticket was, before the cut-off; missing where the ticket is not in the
    table), repeats (the earlier ticket that it repeats), repeated_by (the first later one that repeats it).
    Source: rules 18 and 20; system 7 (docs/board.md).
    """
    _, answered = _of_period(surveys, start, end)
    agreed = as_contract(contract).on(start)
    desk = tickets if tickets is not None and len(answered) else TABLES["tickets"].empty()
    events = events if len(answered) else None  # nobody spoke of any ticket
    answered = answered.assign(ticket_id=spelled(answered["ticket_id"], desk["ticket_id"].astype("str")))
    history = history_of(desk, events, agreed, end)
    spoken = history.tickets[among(history.tickets["ticket_id"], answered["ticket_id"])]
    since = min(spoken["opened_at"].min(), start) if len(spoken) else start
    back = reopens(history, since, end)["ticket_id"]
    again = repeats(history, agreed, since, end).tickets
    by_ticket = spoken.set_index("ticket_id")[["assignee", "category"]]
    ids = answered["ticket_id"]
    found = by_ticket.reindex(ids)
    table = answered.assign(
        assignee=found["assignee"].array,
        category=found["category"].array,
        reopened=ids.isin(back).astype("boolean").mask(~ids.isin(by_ticket.index)),
        repeats=again.set_index("ticket_id")["earlier_id"].reindex(ids).array,
        repeated_by=again.drop_duplicates("earlier_id")
        .set_index("earlier_id")["ticket_id"]
        .reindex(ids)
        .array,
    )
    mood = table[["responsiveness", "capability"]].min(axis=1)
    order = pd.DataFrame({"mood": mood, "recommend": table["recommend"], "at": table["answered_at"]})
    return table.loc[
        order.sort_values(["mood", "recommend", "at"], kind="stable").index, _VOICES
    ].reset_index(drop=True)


def assignees(voices: pd.DataFrame) -> pd.DataFrame:
    """The answers by the assignee that they speak of, most answers first.

    Parameters: `voices` from the function of that name.
    Returns: one row per assignee (missing: nobody known): assignee, answers, responsiveness and capability (share
    of 4 and 5), recommend (-1 to 1), each missing under 5 answers to it; reopened and repeated (tickets spoken of
    that came back, or repeat or were repeated). Source: rule 20.
    """
    came = voices["repeats"].notna() | voices["repeated_by"].notna()
    marks = pd.DataFrame(
        {
            "assignee": voices["assignee"].fillna(""),
            "answers": 1,
            "responsiveness": (voices["responsiveness"] >= 4).where(voices["responsiveness"].notna()),
            "capability": (voices["capability"] >= 4).where(voices["capability"].notna()),
            "recommend": _leaning(voices["recommend"]),
            "reopened": voices["ticket_id"].where(voices["reopened"].fillna(False)),
            "repeated": voices["ticket_id"].where(came),
        }
    ).astype({"responsiveness": "float64", "capability": "float64"})
    groups = marks.groupby("assignee")
    given, means = groups[list(QUESTIONS)].count(), groups[list(QUESTIONS)].mean()
    table = means.where(given >= ANSWERS_NEEDED)
    table["answers"] = groups["answers"].sum()
    table[["reopened", "repeated"]] = groups[["reopened", "repeated"]].nunique()
    table = table.reset_index().sort_values(["answers", "assignee"], ascending=[False, True], kind="stable")
    table["assignee"] = table["assignee"].replace("", None).astype("str")
    counts = dict.fromkeys(("answers", "reopened", "repeated"), "Int64")
    return table.astype(counts)[_ASSIGNEES].reset_index(drop=True)


@dataclass(frozen=True)
class Analysis:
    """Everything about a period's surveys; `undated` answers have no date at all and count nowhere, `put_aside` are
    those that a later one by the same person about the same ticket stands for."""

    scores: pd.DataFrame
    voices: pd.DataFrame
    assignees: pd.DataFrame
    put_aside: pd.DataFrame
    undated: int

    def figures(self) -> list[Figure]:
        """The figures over all answers.

        Returns: satisfaction.responsiveness, .capability and .other [ratio], .recommend [-1 to 1], each with its
        interval and coverage, and .response_ratio (returned / invited).
        Edge cases decided: the contract has no targets for these, the board's stand in strategy.yaml: no verdict here.
        """
        questions = [
            Figure(
                measure=f"satisfaction.{row['question']}",
                value=row["score"],
                n=row["answered"],
                low=row["low"],
                high=row["high"],
                coverage=row["coverage_ratio"],
                why_missing=row["why"],
            )
            for row in self.scores.to_dict("records")
        ]
        return [*questions, _response(self.scores)]

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {
            "scores": self.scores,
            "voices": self.voices,
            "assignees": self.assignees,
            "put_aside": self.put_aside,
        }


def analyse(case: Case) -> Analysis:
    """Everything about the surveys of a period; reads surveys, tickets, ticket_events, and how many were asked.

    Raises as `scores` and `voices`. Source: rules 18 and 20.
    """
    surveys, start, end = case.table("surveys"), case.start, case.end
    answers = surveys is not None and len(surveys) > 0  # else nobody spoke of any ticket
    tickets, events = (case.table("tickets"), case.follow_up("ticket_events")) if answers else (None, None)
    spoken = voices(surveys, tickets, events, case.agreed, start, end)
    undated = 0
    if surveys is not None:
        typed = _typed_surveys(surveys)
        undated = int((typed[["invited_at", "answered_at"]].isna().all(axis=1) & _given(typed)).sum())
    found = scores(surveys, start, end, case.invited, case.rejected("surveys"), case.other_question)
    if "surveys" in case.withheld:
        found = found.assign(why=found["why"].replace(_NO_SURVEY, reach_of(case, "surveys").why))
    return Analysis(
        found,
        spoken,
        assignees(spoken),
        put_aside(surveys, start, end),
        undated,
    )


def _response(scores: pd.DataFrame) -> Figure:
    first = scores.iloc[0]
    known = pd.notna(first["invited"])
    why = "nobody was asked" if known else "how many were asked is not known"
    if pd.isna(first["answered"]):  # there is no table of them
        why = first["why"]
    return Figure(
        measure="satisfaction.response_ratio",
        value=first["returned"] / first["invited"] if known and first["invited"] else None,
        n=first["invited"] if known else None,
        why_missing=None if known and first["invited"] else why,
    )


def _of_period(
    surveys: pd.DataFrame | None, start: pd.Timestamp, end: pd.Timestamp
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of a period, and those of them that are answers by its end."""
    start, end = bounds(start, end)
    table = _typed_surveys(TABLES["surveys"].empty() if surveys is None else surveys)
    at, sent = table["answered_at"], table["invited_at"]
    in_period = (sent >= start) & (sent < end)
    answered = _answered(table, start, end)
    still_open = in_period & ((at >= end) | at.isna() & ~_given(table))
    counted = answered & ~_repeated(table, answered)
    return table[counted | still_open], table[counted]


def _repeated(table: pd.DataFrame, answered: pd.Series) -> pd.Series:
    """Which answers another one, later or at the same time further down, stands for."""
    ids = pd.DataFrame({name: normal(table[name]) for name in ("ticket_id", "respondent")})
    rows = ids.assign(at=table["answered_at"].fillna(table["invited_at"]))[answered & ids.notna().any(axis=1)]
    rows = rows.sort_values("at", kind="stable")
    stands_for = rows.index[rows.duplicated(["ticket_id", "respondent"], keep="last").to_numpy(bool)]
    return pd.Series(table.index.isin(stands_for), table.index)


def put_aside(surveys: pd.DataFrame | None, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """The answers of a period that do not count because the same person answered again about the same ticket.

    Returns: one row per answer: survey_id, ticket_id, answered_at. Source: rule 20.
    """
    start, end = bounds(start, end)
    table = _typed_surveys(TABLES["surveys"].empty() if surveys is None else surveys)
    chosen = _repeated(table, _answered(table, start, end))
    return table.loc[chosen, ["survey_id", "ticket_id", "answered_at"]].reset_index(drop=True)


def _answered(table: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """Which rows are answers of a period."""
    at, sent = table["answered_at"], table["invited_at"]
    return (at >= start) & (at < end) | at.isna() & _given(table) & (sent >= start) & (sent < end)


def _typed_surveys(surveys: pd.DataFrame) -> pd.DataFrame:
    """The columns used, typed; answers off their scale are refused."""
    table = TABLES["surveys"]
    typed = surveys.reindex(columns=list(table.names)).reset_index(drop=True)
    for name in ("invited_at", "answered_at"):
        typed[name] = instants(micros(typed[name], f"surveys.{name}"))
    for name in (*QUESTIONS, OTHER):
        column = table.column(name)
        typed[name] = pd.to_numeric(typed[name]).astype("float64")
        if ((typed[name] < column.low) | (typed[name] > column.high)).any():
            raise ValueError(f"surveys.{name}: an answer lies outside {column.low} to {column.high}")
    return typed.astype({name: "str" for name in ("survey_id", "ticket_id", "respondent", "comment")})


def _given(surveys: pd.DataFrame) -> pd.Series:
    return surveys[[*QUESTIONS, OTHER]].notna().any(axis=1)


def _invited(asked: pd.DataFrame, answered: pd.DataFrame, stated: int | None, lost: int) -> int | None:
    """How many were asked, `lost` of them in rows that were rejected; None where nobody says."""
    if stated is not None:
        return max(stated, len(answered) + lost) if stated >= len(answered) else None
    told = asked["invited_at"].notna().any() or len(asked) > len(answered)
    return len(asked) + lost if told or asked.empty else None


def _may_answer(rejected: pd.DataFrame | None, start: pd.Timestamp, end: pd.Timestamp) -> int:
    """How many rejected rows may be answers of a period: those with a number, answered or sent in it, or undated."""
    if rejected is None or rejected.empty:
        return 0
    sent, at = (pd.to_datetime(rejected[name], utc=True) for name in ("invited_at", "answered_at"))
    when = at.fillna(sent)
    return int((rejected["survey_id"].notna() & (when.isna() | ((when >= start) & (when < end)))).sum())


def _leaning(answers: pd.Series) -> pd.Series:
    """1 for a promoter, -1 for a detractor, 0 between; missing stays missing."""
    return pd.Series(
        np.select([answers >= PROMOTER, answers <= DETRACTOR], [1.0, -1.0], 0.0), answers.index
    ).where(answers.notna())


def _score(
    question: str, answers: pd.Series, invited: int | None, surveys: pd.DataFrame | None, lost: int
) -> dict[str, Any]:
    given = answers.dropna()
    n = len(given)
    row = dict.fromkeys(_SCORES) | {
        "question": question,
        "invited": invited,
        "answered": None if surveys is None else n,
    }
    if n < ANSWERS_NEEDED:
        why = f"{n} answered, and fewer than {ANSWERS_NEEDED} make no figure"
        return row | {"why": _NO_SURVEY if surveys is None else why}
    found, least = _interval(question, given), -1 if question == "recommend" else 0
    low, high = (_interval(question, given, *more) for more in ((0, lost), (lost, 0)))
    silent = None if invited is None else invited - n
    bounds = {}
    if silent is not None:
        bounds = {
            "worst": (found.value * n + least * silent) / invited,
            "best": (found.value * n + silent) / invited,
        }
    ends = {"low": min(found.low, low.low), "high": max(found.high, high.high)}
    return row | {"score": found.value} | ends | bounds


def _interval(question: str, given: pd.Series, happy: int = 0, unhappy: int = 0) -> Interval:
    """The score of one question, with so many more who are happy and unhappy."""
    if question != "recommend":
        return csat([*given, *[5] * happy, *[1] * unhappy])
    leaning = _leaning(given)
    promoters, passives, detractors = (int((leaning == side).sum()) for side in (1, 0, -1))
    return recommend(promoters + happy, passives, detractors + unhappy)
