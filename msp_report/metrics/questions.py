"""The questions of the annual assessment: the year's evidence on each, and what the consultant found.

Decided here:

- A question that nobody graded is ungraded: never fine, whatever the figures say.
- A finding of the severity `none` was looked at and is in order; every other one is open until a later assessment.
- What an earlier period was graded stands beside: the severity of the latest one that ended before this one.
- What was open then is followed up: it is in order now only where it was graded so; what nobody graded again is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

import numpy as np
import pandas as pd

from msp_report.model.case import Case, Past
from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.period import Period
from msp_report.params import Findings, Severity

#: How grave a finding may be, the gravest first.
SEVERITIES: tuple[str, ...] = tuple(reversed(get_args(Severity)))
UNGRADED = "ungraded"

_TEXTS = ["finding", "severity", "evidence", "recommendation", "management_response", "graded_by"]
_GRADED = ["system", "question", "text", *_TEXTS, "graded_on", "before"]
_FOLLOWED = ["question", "text", "period", "state", *(f"{name}_before" for name in _TEXTS[:-1]), "severity"]
#: What became of an earlier finding, by whether it was graded since, and how.
IN_ORDER, LESS, SAME, WORSE, UNSEEN = (
    "in order now",
    "less grave now",
    "as grave as before",
    "graver now",
    "not graded again",
)
_EVIDENCE = [
    "question", "measure", "unit", "months", "subjects", "met", "missed", "unjudged", "first", "last", "low", "high",
    "last_month", "worst_subject", "worst_month", "worst", "why",
]  # fmt: skip


@dataclass(frozen=True)
class Analysis:
    """The questions of a period: frames of the functions of these names."""

    graded: pd.DataFrame
    open_findings: pd.DataFrame
    follow_up: pd.DataFrame
    evidence: pd.DataFrame
    months: pd.DataFrame
    """The months that the evidence comes from, as Past.months."""

    def figures(self) -> list[Figure]:
        """questions.graded and .ungraded [questions, of n], .open_findings in all and by severity (the gravest first,
        none left out), and .answered [open findings to which the management has responded, of n]. They have no verdict,
        for severity is the consultant's; where nothing is graded, open findings are not known: no_data.
        """
        every, known = len(self.graded), int(self.graded["severity"].ne(UNGRADED).sum())
        why = None if known else "nobody has graded a question"
        grave, answered = self.open_findings["severity"], self.open_findings["management_response"].notna()
        counts = {"": len(grave)} | {name: int(grave.eq(name).sum()) for name in SEVERITIES[:-1]}
        return [
            Figure(measure="questions.graded", value=known, n=every),
            Figure(measure="questions.ungraded", value=every - known, n=every),
            *(
                Figure(
                    measure="questions.open_findings",
                    subject=name,
                    value=None if why else count,
                    n=known,
                    verdict="no_data" if why and not name else None,
                    why_missing=why,
                )
                for name, count in counts.items()
            ),
            Figure(
                measure="questions.answered",
                value=None if why else int(answered.sum()),
                n=len(grave),
                why_missing=why,
            ),
        ]

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {name: getattr(self, name) for name in ("graded", "open_findings", "follow_up", "evidence")}


def analyse(
    case: Case,
    past: Past,
    asked: pd.DataFrame,
    findings: Findings | Mapping[str, Any] | None,
    own: Iterable[Figure],
) -> Analysis:
    """The questions of a period with what was found and what the year's figures say; reads no table.

    Parameters: `asked`, one row each with system, question (its id), text and measures (a list of names); `findings` as
    in findings.yaml, None where there is no file; `own` the figures that the assessment itself computes.
    Raises: ValueError for a finding on a question that there is not.
    """
    known = graded(asked, findings, case.period)
    figures = beside(past.year(), own, case.period)
    followed = follow_up(known, findings, case.period)
    return Analysis(known, open_findings(known), followed, evidence(asked, figures), past.months)


def graded(
    questions: pd.DataFrame, findings: Findings | Mapping[str, Any] | None, period: Period | str
) -> pd.DataFrame:
    """Every question with what was found on it in a period.

    Parameters: `questions`, one row each with system, question (its id) and text; `findings` a model or a dict like
    findings.yaml, None where there is no file; `period` that is assessed.
    Returns: one row per question in their order: system, question, text, finding, severity (one of SEVERITIES, or
    ungraded), evidence, recommendation, management_response, graded_by, graded_on, and before: the severity in the
    latest assessment of a period that ended earlier.
    Raises: ValueError for a finding on a question that there is not, naming the nearest one.

    >>> asked = pd.DataFrame({"system": ["Quality"], "question": ["work-lasts"], "text": ["Does it last?"]})
    >>> graded(asked, None, "2026")[["question", "severity"]].values.tolist()
    [['work-lasts', 'ungraded']]
    """
    now = period if isinstance(period, Period) else Period.parse(period)
    rows = _findings_of(findings)
    _named_or_refused(rows["question"], questions["question"])
    before = _before(rows, now).set_index("question")["severity"]
    mine = rows[rows["period"].eq(str(now))].set_index("question").reindex(questions["question"])
    table = questions[["system", "question", "text"]].reset_index(drop=True)
    table[_TEXTS] = mine[_TEXTS].astype("str").to_numpy()
    table = table.astype({name: "str" for name in _TEXTS})
    return table.assign(
        severity=table["severity"].fillna(UNGRADED),
        graded_on=pd.to_datetime(mine["graded_on"]).astype("datetime64[us]").array,
        before=before.reindex(questions["question"]).astype("str").array,
    )[_GRADED]


def follow_up(
    graded: pd.DataFrame, findings: Findings | Mapping[str, Any] | None, period: Period | str
) -> pd.DataFrame:
    """What became of what an earlier assessment had found.

    Parameters: what `graded` gives of this period; findings and period as there.
    Returns: one row per question whose latest earlier grade was not in order, the gravest first: question, text, the
    period in which it was found, state (IN_ORDER, LESS, SAME, WORSE, UNSEEN), what was written then (finding_before,
    severity_before, …), and its severity now (ungraded: nobody looked again).
    """
    now = period if isinstance(period, Period) else Period.parse(period)
    rank = {name: place for place, name in enumerate(SEVERITIES)}
    then = _before(_findings_of(findings), now)
    then = then[then["severity"].ne(SEVERITIES[-1])]
    then = then.rename(columns={name: f"{name}_before" for name in _TEXTS})
    found = then.merge(graded[["question", "text", "severity"]], on="question")
    now_rank, was = (found[name].map(rank).astype("float64") for name in ("severity", "severity_before"))
    choices = [
        found["severity"].eq(UNGRADED),
        found["severity"].eq("none"),
        now_rank.gt(was),
        now_rank.lt(was),
    ]
    state = np.select(choices, [UNSEEN, IN_ORDER, LESS, WORSE], SAME)
    found = found.assign(state=pd.Series(state, found.index, dtype="str"))
    return found.sort_values("severity_before", key=lambda s: s.map(rank), kind="stable")[
        _FOLLOWED
    ].reset_index(drop=True)


def _findings_of(findings: Findings | Mapping[str, Any] | None) -> pd.DataFrame:
    """Every finding of findings.yaml, one row each, with `end`: when its period ends."""
    said = findings if isinstance(findings, Findings) else Findings.model_validate(dict(findings or {}))
    columns = ["period", "question", *_TEXTS, "graded_on"]
    rows = pd.DataFrame([one.model_dump() for one in said.findings], columns=columns)
    ends = [_ends_on(name) for name in rows["period"]]
    return rows.assign(end=pd.Series(ends, rows.index, dtype="datetime64[us]"))


def _before(written: pd.DataFrame, now: Period) -> pd.DataFrame:
    """The latest finding on each question of a period that ended before another."""
    earlier = written[written["end"] < _ends_on(now)].sort_values("end", kind="stable")
    return earlier.drop_duplicates("question", keep="last")


def open_findings(graded: pd.DataFrame) -> pd.DataFrame:
    """The questions with a finding that is not in order, the gravest first. Columns as `graded`."""
    rank = {name: place for place, name in enumerate(SEVERITIES[:-1])}
    found = graded[graded["severity"].isin(list(rank))]
    return found.sort_values("severity", key=lambda s: s.map(rank), kind="stable").reset_index(drop=True)


def evidence(questions: pd.DataFrame, year: pd.DataFrame) -> pd.DataFrame:
    """What the figures of a year say on each question.

    Parameters: `questions` with question (its id) and measures (a list); `year` like figures.json with a month, as many
    months as there are packs.
    Returns: one row per question and measure, in their order: unit; months [count] that have a value of the figure
    over all subjects, else of any; subjects [count] that have one; met, missed and unjudged [verdicts of one subject in
    one month]; low and high of the figure over all subjects, else of any subject; first, last and last_month of the
    figure over all subjects; worst_subject, worst_month and worst: the farthest miss by value. A measure of which no
    pack has a value has 0 months and why; its verdicts count all the same.
    """
    asked = questions[["question", "measures"]].explode("measures").rename(columns={"measures": "measure"})
    asked = asked.dropna(subset="measure").reset_index(drop=True)
    rows = year[year["measure"].isin(asked["measure"])]
    rows = rows.assign(
        subject=rows["subject"].fillna(""), value=pd.to_numeric(rows["value"]).astype("float64")
    )
    rows = rows.sort_values(["measure", "month"], kind="stable")
    known = rows[rows["value"].notna()]
    single = known[known["subject"].eq("")]
    ranged = known[known["subject"].eq("") | ~known["measure"].isin(single["measure"])]
    overall, each = single.groupby("measure"), ranged.groupby("measure")["value"]
    found = {
        "unit": known.groupby("measure")["unit"].last(),
        "months": ranged.groupby("measure")["month"].nunique(),
        "subjects": known[known["subject"].ne("")].groupby("measure")["subject"].nunique(),
        "first": overall["value"].first(),
        "last": overall["value"].last(),
        "last_month": overall["month"].last(),
        "low": each.min(),
        "high": each.max(),
        "why": rows[rows["value"].isna()].groupby("measure")["why_missing"].last(),
    }
    table = asked.join(pd.DataFrame(found), on="measure").join(_times_judged(rows), on="measure")
    table = table.join(_farthest_miss(known), on="measure")
    counts = ["months", "subjects", "met", "missed", "unjudged"]
    table[counts] = table[counts].fillna(0).astype("int64")
    return table.reindex(columns=_EVIDENCE)


def beside(year: pd.DataFrame, own: Iterable[Figure], period: Period) -> pd.DataFrame:
    """The figures of a year's packs and, as of its last month, those that the assessment itself computes.

    Parameters: `year` like figures.json with a month. Returns: the same columns, the rows of `own` last.
    """
    rows = [{"month": str(period.last), **figure.row()} for figure in own]
    parts = [year, pd.DataFrame(rows, columns=["month", *COLUMNS])]
    return pd.concat([part.astype(object) for part in parts if len(part)] or parts, ignore_index=True)


def _ends_on(period: Period | str) -> pd.Timestamp:
    last = (period if isinstance(period, Period) else Period.parse(period)).last
    return pd.Timestamp(last.end_on)


def _named_or_refused(named: Iterable[str], known: pd.Series) -> None:
    ids = known.tolist()
    for name in named:
        if name not in ids:
            near = get_close_matches(name, ids, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(ids)}"
            raise ValueError(f"findings.yaml: there is no question {name!r}: {hint}")


def _times_judged(rows: pd.DataFrame) -> pd.DataFrame:
    """By measure, how often it was met, missed or could not be judged."""
    doubt = rows["verdict"].eq("no_verdict") | (rows["verdict"].eq("no_data") & rows["target"].notna())
    flags = pd.DataFrame(
        {"met": rows["verdict"].eq("met"), "missed": rows["verdict"].eq("missed"), "unjudged": doubt}
    )
    return flags.groupby(rows["measure"]).sum()


def _farthest_miss(known: pd.DataFrame) -> pd.DataFrame:
    """By measure, the farthest miss: its subject, month and value."""
    missed = known[known["verdict"].eq("missed")]
    sign = np.where(missed["better"].eq("lower"), -1.0, 1.0)
    order = missed.assign(far=missed["value"] * sign).sort_values(["measure", "far"], kind="stable")
    worst = order.drop_duplicates("measure").set_index("measure")
    names = {"subject": "worst_subject", "month": "worst_month", "value": "worst"}
    return worst[list(names)].rename(columns=names)
