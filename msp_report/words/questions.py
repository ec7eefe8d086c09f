"""The questions of the annual assessment in words: what is asked, what was found, and the year's evidence beside it."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from msp_report.model.figures import Verdict
from msp_report.model.period import Month
from msp_report.pages import display
from msp_report.pages.display import Display, Html
from msp_report.params import Contract
from msp_report.words import numbers, sentences

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


def by_system(graded: pd.DataFrame, evidence: pd.DataFrame, contract: Contract) -> dict[str, dict[str, Html]]:
    """For each system its questions, each with what was found and the evidence, as Display.facts shows it.

    Parameters: `graded` and `evidence` from the functions of metrics.questions. What was found comes first, and a
    question that nobody graded says so.
    """
    kept = pd.Series(verdicts(evidence), evidence.index, dtype=object)  # None stays None
    told = evidence.assign(said=said(evidence, contract), verdict=kept)
    lines = {
        question: list(zip(rows["said"], rows["verdict"], strict=True))
        for question, rows in told.groupby("question", sort=False)
    }
    return {
        system: {
            row["text"]: _shown(row, lines.get(row["question"], []), contract)
            for row in rows.to_dict("records")
        }
        for system, rows in graded.groupby("system", sort=False)
    }


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
    show = Display.of(contract)
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
        worst_subject=row["worst_subject"] if isinstance(row["worst_subject"], str) else "",
        worst_month=_month(row["worst_month"], show),
        why=row["why"] if isinstance(row["why"], str) else "no pack of the period gives it",
    )


def _month(name: Any, show: Display) -> str | None:
    return show.period(Month.parse(name)) if isinstance(name, str) else None


def _shown(row: dict[str, Any], lines: list[sentences.Line], contract: Contract) -> Html:
    """One question's grade, what was found, and its evidence as a list."""
    show = Display.of(contract)
    texts = {
        name: row[name].strip().rstrip(".") if isinstance(row[name], str) else None
        for name in (*_WRITTEN, "severity", "before")
    }
    on = show.day(row["graded_on"]) if pd.notna(row["graded_on"]) else None
    label = sentences.say("grade", contract, question=row["question"], severity=row["severity"])
    found = sentences.say("found", contract, **texts, graded_on=on)
    points = [(display.verdict(mark), text) for text, mark in lines]
    html = "".join(f"<li>{mark._repr_html_()} {_safe(text)}</li>" for mark, text in points)
    words = "\n".join(f"- {mark} {text}" for mark, text in points)
    return Html(f"<strong>{_safe(label)}</strong> {_safe(found)}<ul>{html}</ul>", f"{label} {found}\n{words}")


def _safe(text: str) -> str:
    return escape(numbers.clean(text, None))


@cache
def _read() -> list[dict[str, Any]]:
    path = Path(__file__).parent / "questions.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))
