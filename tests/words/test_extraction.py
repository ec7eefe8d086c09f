"""The catalogue is what stands in code, notebooks, templates and declarations, no more and no less."""

import json

import pytest

from msp_report.words import extraction
from msp_report.words.extraction import in_code, in_notebook, in_template


def messages(text: str) -> set[str]:
    """The messages of a .pot, each with the files where it stands."""
    return set(text.split("\n\n"))


def test_the_catalogue_is_what_extraction_gives(msp, tmp_path):
    said = msp("tables", "--words", tmp_path)
    assert said.code == 0 and said.out.split() == [str(tmp_path / extraction.TEMPLATE.name)]
    new = (tmp_path / extraction.TEMPLATE.name).read_text(encoding="utf-8")
    kept = extraction.TEMPLATE.read_text(encoding="utf-8")
    if new != kept:
        changed = sorted(messages(new) ^ messages(kept))
        pytest.fail(
            f"run: msp-report tables --words {extraction.CATALOGUES.relative_to(extraction.ROOT)}\n\n"
            + "\n\n".join(changed[:3]),
            pytrace=False,
        )


def test_there_is_no_catalogue_to_draw_outside_a_checkout(msp, tmp_path, monkeypatch):
    monkeypatch.setattr(extraction, "RULES", tmp_path / "rules.md")
    said = msp("tables", "--words", tmp_path / "new")
    assert said.code == 2 and len(said.problems) == 1 and "rules.md" in said.err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("code", "messages"),
    [
        ('show.language("{n} rows", n=3)', ["{n} rows"]),
        ('language("one " "sentence")', ["one sentence"]),
        ('language("yes" if value else "no")', ["yes", "no"]),
        ('page.language.plural("{n} row", "{n} rows", 3, n=3)', [("{n} row", "{n} rows")]),
        ('TITLES = (message("A"), other("B"))', ["A"]),
        ('message("# Title\\n\\nA paragraph\\nof two lines.")', ["Title", "A paragraph of two lines."]),
        ('charts.trend(frame, title="T", alt="A " "B", why="W", x="day")', ["T", "A B", "W"]),
        ('show.table(rows, {"a": ("Title", "text"), **more}, caption="C")', ["C", "Title"]),
        ('show.table(rows, {"a": ("Title", "ratio", "none agreed")})', ["Title", "none agreed"]),
        ('show.table(rows, {"a": ("Title", "ratio", "why_missing")})', ["Title"]),
        ('show.facts({"Term": hours or "nowhere", "Other": (3, "count")})', ["Term", "Other", "nowhere"]),
        ('charts.variance_bars(frame, words=("short", "left over"))', ["short", "left over"]),
        ('def draw(*, why: str = "no days", by: str = "day"): ...', ["no days"]),
        ('frame["Title"], open("file"), f"{n} rows"', []),
    ],
)
def test_what_code_says(code, messages):
    assert list(in_code(code)) == messages


def test_code_that_shows_nothing_says_only_what_it_marks():
    assert list(in_code('table(title="Webshop down"); language("A")', shows=False)) == ["A"]


def test_a_notebook_needs_no_marks():
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "\n", "A paragraph\n", "of two lines."]},
        {"cell_type": "code", "source": ['show.table(rows, {"a": ("Head", "text")}, caption="Caption")']},
    ]
    found = list(in_notebook(json.dumps({"cells": cells})))
    assert found == ["Title", "A paragraph of two lines.", "Caption", "Head"]


def test_a_template_says_what_it_is_given():
    assert list(
        in_template(b'<p title="{{ language("A") }}">{{ language("by {x}", x=1) | escape }}</p>')
    ) == [
        "A",
        "by {x}",
    ]


def test_the_catalogue_has_measures_labels_questions_and_rules():
    known = {message.id for message in extraction.catalogue()}
    assert {
        "Duties proved when due",
        "Duty “{}” proved when due",
        "no order",
        "fewer than {number} days with samples",
        "robust pass",
        "Was it proved that what is saved can be restored?",
        "Rule 31: Backups and duties",
        "services by {provider}",
        "Data used",
    } <= known
