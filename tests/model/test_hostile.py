"""Text of others: nothing of it turns a line, hides a letter, moves a cursor or runs in a spreadsheet."""

from __future__ import annotations

import csv
import unicodedata

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from msp_report.model.hostile import CLOSE, FORMULA, MARK, OPEN, cell, cells, isolated, line, shown, visible
from msp_report.words.language import Language
from msp_report.words.records import write_csv

_MEAN = "\u202e\u2066\u2069\u2068\u200b\u200d\u00ad\x1b\x07\r\n\t=+-@'\"\u05d0"
ANY = st.text(st.characters() | st.sampled_from(_MEAN), max_size=12)
HIDDEN = [
    *("\u202e", "\u2066", "\u200e", "\u200f", "\u061c", "\u200b", "\u2060", "\ufeff"),
    *("\u00ad", "\U000e0041", "\x1b", "\x07", "\x7f"),
]


@pytest.mark.parametrize("letter", HIDDEN, ids=[f"U+{ord(letter):04X}" for letter in HIDDEN])
def test_what_nobody_sees_is_seen(letter):
    assert visible(f"e{letter}rp") == f"e{MARK}rp"


def test_what_people_write_stays():
    for text in (
        "Größe, naïve – “quoted” ½ €",
        "مرحبا",
        "שלום",
        "日本語",
        "نمی‌دانم",
        "👨‍👩‍👧",
        "a\tb\nc",
        "é",
    ):
        assert visible(text) == text, text
    # a joiner between letters of ASCII joins nothing: it makes one name two
    assert visible("er\u200dp") == f"er{MARK}p"


def test_a_name_turns_nothing_around_it():
    say = Language()
    said = say("{name} missed its target.", name="שרת")
    assert said == f"{OPEN}שרת{CLOSE} missed its target."
    assert shown(said) == said
    assert say("{name} missed.", name="met\u202e dessim") == f"met{MARK} dessim missed."
    assert say("{name} missed.", name="Größe") == "Größe missed."
    # isolation that somebody else wrote, or half of it, is none of ours
    assert OPEN not in visible(f"{OPEN}a{CLOSE}") and shown(f"a{CLOSE}{OPEN}b") == f"a{MARK}{MARK}b"


@examples(200)
@given(ANY)
def test_nothing_hidden_is_left(text):
    plain = visible(text)
    assert not any(unicodedata.category(letter) == "Cc" and letter not in "\t\n\r" for letter in plain)
    assert not any(unicodedata.bidirectional(letter) in ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")
                   for letter in plain)  # fmt: skip
    assert visible(plain) == plain and len(plain) == len(text)
    one = isolated(text)
    assert one.count(OPEN) == one.count(CLOSE) <= 1 and shown(one) == one
    assert len(line(text).splitlines()) <= 1


@examples(100)
@given(st.lists(ANY, min_size=1, max_size=6))
def test_a_column_is_made_harmless_as_each_cell_is(texts):
    column = pd.Series(texts, dtype="str")
    assert cells(column).tolist() == [cell(text) for text in texts]
    assert not any(text.startswith(FORMULA) for text in cells(column))


def test_numbers_stay_numbers_in_rejects():
    column = pd.Series(["-5", "+1.5e3", "-", "=1", "－1", None, "12 %", "-5%"], dtype="str")
    assert cells(column, numbers=True).tolist()[:5] == ["-5", "+1.5e3", "'-", "'=1", "'－1"]
    assert pd.isna(cells(column)[5]) and cells(column, numbers=True)[7] == "-5%"


@examples(60)
@given(st.lists(ANY.filter(bool), min_size=1, max_size=5))
def test_rows_of_a_record_are_as_many_as_were_written(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("record") / "a.csv"
    write_csv(pd.DataFrame({"text": pd.Series(texts, dtype="str"), "n": range(len(texts))}), path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[1] for row in rows[1:]] == [str(n) for n in range(len(texts))]
    assert "\x1b" not in path.read_text("utf-8") and "\r" not in path.read_bytes().decode()
