"""The questions of the annual assessment in words: what is asked, what was found, and the year's evidence beside it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from msp_report.model.figures import Verdict
from msp_report.model.period import Month
from msp_report.params import Contract
from msp_report.words import sentences
from msp_report.words.numbers import Numbers
from msp_report.words.sentences import pages
from msp_report.words.sentences.said import Page

#: What the consultant and the management wrote.
_WRITTEN = ("finding", "evidence", "recommendation", "management_response", "graded_by")
_ASKED = ["system", "question", "text", "measures"]


def listed() -> pd.DataFrame:
    """Every question, one row each in order: system, question (its id), text, measures (names of its evidence)."""
    rows = [
        (part["system"], one["id"], one["question"], one["measures"])
        for part in _read()
        for one in part["questions"]
    ]
    return pd.DataFrame(rows, columns=_ASKED)


def said(evidence: pd.DataFrame, contract: Contract) -> list[str]:
    """Each row of evidence in a sentence."""
    named = sentences.names(evidence.assign(subject=""), contract)
    return [
        _evidence(row, name, contract) for row, name in zip(evidence.to_dict("records"), named, strict=True)
    ]


def verdicts(evidence: pd.DataFrame) -> list[Verdict | None]:
    """Each row's verdict on the year: missed where it was missed once, met only where it always was."""
    worst = evidence[["missed", "unjudged", "met"]].gt(0)
    names: dict[str, Verdict] = {"missed": "missed", "unjudged": "no_verdict", "met": "met"}
    return [
        names[first] if any_of else None
        for first, any_of in zip(worst.idxmax(axis=1), worst.any(axis=1), strict=True)
    ]


def _evidence(row: dict[str, Any], name: str, contract: Contract) -> str:
    show = Numbers.of(contract)
    last = row["last"] if pd.notna(row["last"]) else row["high"]
    ends = [row["low"], row["high"], last]
    low, high, last = show.numbers(ends, row["unit"]) if row["months"] else ("", "", "")
    return sentences.say(
        "evidence",
        contract,
        name=name,
        months=row["months"],
        judged=row["met"] + row["missed"] + row["unjudged"],
        missed=row["missed"],
        unjudged=row["unjudged"],
        low=low,
        high=high,
        last=last if pd.notna(row["last"]) else None,
        last_month=_month(row["last_month"], show),
        worst=show.number(row["worst"], row["unit"]) if pd.notna(row["worst"]) else None,
        worst_subject=show.subject(row["measure"], row["worst_subject"])
        if isinstance(row["worst_subject"], str)
        else "",
        worst_month=_month(row["worst_month"], show),
        why=row["why"] if isinstance(row["why"], str) else "no pack of the period gives it",
    )


def _month(name: Any, show: Numbers) -> str | None:
    return show.period(Month.parse(name)) if isinstance(name, str) else None


def found(row: dict[str, Any], contract: Contract) -> tuple[str, str]:
    """A question's grade, and what the consultant and the management wrote, in words; `row` is of metrics.questions'
    `graded`."""
    return grade(row, contract), sentences.say("found", contract, **_said_of(row, contract))


def found_each(row: dict[str, Any], contract: Contract) -> list[str]:
    """What the consultant and the management wrote on a question, a sentence each."""
    return pages.found_each(Page([], contract), **_said_of(row, contract))


def grade(row: dict[str, Any], contract: Contract) -> str:
    """How a question was graded, in words."""
    return sentences.say("grade", contract, question=row["question"], severity=row["severity"])


def _said_of(row: dict[str, Any], contract: Contract) -> dict[str, str | None]:
    texts = {
        name: row[name].strip().rstrip(".") if isinstance(row[name], str) else None
        for name in (*_WRITTEN, "severity", "before")
    }
    on = Numbers.of(contract).day(row["graded_on"]) if pd.notna(row["graded_on"]) else None
    return texts | {"graded_on": on}


@cache
def _read() -> list[dict[str, Any]]:
    path = Path(__file__).parent / "questions.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))
