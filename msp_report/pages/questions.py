"""The questions of the annual assessment on their page: each with its grade, what was found and the year's evidence."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from msp_report.pages import display
from msp_report.pages.display import Display, Html
from msp_report.params import Contract
from msp_report.words import questions
from msp_report.words.numbers import clean
from msp_report.words.sentences import Line


def by_system(graded: pd.DataFrame, evidence: pd.DataFrame, contract: Contract) -> dict[str, dict[str, Html]]:
    """For each system its questions, each with what was found and the evidence, as Display.facts shows it.

    Parameters: `graded` and `evidence` from the functions of metrics.questions. What was found comes first, and a
    question that nobody graded says so.
    """
    kept = pd.Series(questions.verdicts(evidence), evidence.index, dtype=object)  # None stays None
    told = evidence.assign(said=questions.said(evidence, contract), verdict=kept)
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


def _shown(row: dict[str, Any], lines: list[Line], contract: Contract) -> Html:
    """One question's grade, what was found, and its evidence as a list."""
    show = Display.of(contract)
    label, found = questions.found(row, contract)
    points = [(display.verdict(mark, show), text) for text, mark in lines]
    html = "".join(f"<li>{mark._repr_html_()} {_safe(text)}</li>" for mark, text in points)
    words = "\n".join(f"- {mark} {text}" for mark, text in points)
    return Html(f"<strong>{_safe(label)}</strong> {_safe(found)}<ul>{html}</ul>", f"{label} {found}\n{words}")


def _safe(text: str) -> str:
    return escape(clean(text, None))
