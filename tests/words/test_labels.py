"""Codes and reasons: each has its label in one place, and what is no code is nobody's to translate."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from msp_report.pages.display import Display
from msp_report.words import labels
from msp_report.words.language import PSEUDO, Language
from msp_report.words.numbers import Numbers
from msp_report.workspace import PROJECT

XA, EN = Language(PSEUDO), Language()

#: What stands in metrics with a blank in it and is on no page: types of columns, SQL, places with nothing between them.
_NO_WORDS = re.compile(r"datetime64\[us, UTC\]|.*\b[A-Z]{4,}\b.*|\"at\".*|list_extract.*|[^a-zA-Z]*", re.S)
#: Parts of errors, and names of readings and columns in CSV.
_UNSEEN = {
    "SET TimeZone = 'UTC'",
    "did you mean {}?",
    "there are {}",
    "tickets: {}",
    "tickets: opened_at",
    "ticket_events: at",
    "round the clock",
    "{} value",
    "{} verdict",
}


def phrases(source: str) -> Iterator[str]:
    """What a module may say: its texts of several words, `{}` for what fills them; not its docstrings and errors."""
    tree = ast.parse(source)
    silent: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise | ast.Assert) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            silent |= {id(inner) for inner in ast.walk(node)}
        elif isinstance(node, ast.JoinedStr):
            silent |= {id(part) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in silent:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        else:
            continue
        if " " in text.strip(" ;,") and not _NO_WORDS.fullmatch(text):
            yield text.strip(" ;,")


METRICS = sorted((PROJECT / "msp_report" / "metrics").rglob("*.py"))


@pytest.mark.parametrize("module", METRICS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_metrics_say_has_a_label(module: Path):
    known = "\n".join(re.sub(r"\{\w+\}", "{}", text) for text in (*labels.LABELS, *labels.REASONS))
    said = set(phrases(module.read_text(encoding="utf-8"))) - _UNSEEN
    assert not [text for text in said if text not in known]


def test_a_phrase_without_a_label_would_be_found():
    source = (
        'def f():\n    "What it does."\n    raise ValueError("no such day")\nWHY = f"no rate of {name}"\n'
    )
    assert list(phrases(source)) == ["no rate of {}"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("open", "⟦open⟧"),
        ("no_verdict", "⟦no verdict⟧"),
        ("no order; price over quoted", "⟦no order⟧; ⟦price over quoted⟧"),
        ("no benefit, no risk", "⟦no benefit⟧, ⟦no risk⟧"),
        ("proposed by the provider, paid beside the fee", "⟦proposed by the provider, paid beside the fee⟧"),
        ("fewer than 28 days with samples", "⟦fewer than ⟧28⟦ days with samples⟧"),
        ("no time for the response is agreed", "⟦no time for the ⟧⟦response⟧⟦ is agreed⟧"),
        ("no rate of USD on or before 2026-10-14", "⟦no rate of ⟧USD⟦ on or before ⟧2026-10-14"),
        ("Acme Ltd", "Acme Ltd"),
        ("Acme Ltd; no order", "Acme Ltd; no order"),
        ("12 of many", "12 of many"),
        ("", ""),
    ],
)
def test_a_code_is_said_by_its_label(code, said):
    assert labels.label(code, XA) == said


def test_codes_stay_as_they_are_in_english_but_where_they_read_badly():
    assert {code for code in labels.LABELS if labels.label(code, EN) != code} == set(labels.NAMED)


def test_only_columns_of_codes_are_looked_up():
    frame = pd.DataFrame({"title": ["open"], "state": ["open"], "comment": ["done"]})
    columns = {name: (name, "text") for name in frame}
    assert str(Display(language=XA).table(frame, columns, caption="B")).split()[-3:] == [
        "open",
        "⟦open⟧",
        "done",
    ]


def test_a_subject_is_a_code_only_where_its_report_counts_by_codes():
    assert labels.subject("procurement.exceptions", "no order", XA) == "⟦no order⟧"
    assert labels.subject("duties.missed", "backups", XA) == "backups"


def test_a_report_that_nobody_knows_is_called_as_its_notebook_is():
    assert labels.page("tickets", EN) == "Tickets"
    assert labels.page("patching", XA) == "Patching"


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("no rate of USD on or before 2026-10-14", "no rate of USD on or before 14 Oct 2026"),
        ("credit for webshop, 2026-09", "credit for webshop, September 2026"),
        (
            "other rows came for it since: backup_jobs, tickets",
            "other rows came for it since: backup jobs, tickets",
        ),
        ("we wrote on 2026-10-14", "we wrote on 2026-10-14"),
    ],
)
def test_codes_and_dates_in_a_reason_are_said_in_words(reason, said):
    assert Numbers().label(reason) == said


@pytest.mark.parametrize(
    ("measure", "subject", "said"),
    [
        ("capacity.utilisation", "wan-london:utilisation", "wan-london (utilisation)"),
        ("capacity.utilisation", "a:b:cpu", "a:b (cpu)"),
        ("sources.accepted", "backup_jobs", "backup jobs"),
        ("evidence.stale_packs", "2026-10", "October 2026"),
        ("availability.ratio", "web:shop", "web:shop"),
    ],
)
def test_a_subject_is_said_in_words(measure, subject, said):
    assert Numbers().subject(measure, subject) == said
