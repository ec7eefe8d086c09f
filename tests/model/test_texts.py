"""Whole columns of text at once say what each text says by itself."""

from __future__ import annotations

import re

import pandas as pd
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from msp_report.model.texts import among, lowered, matching, places

some = st.lists(st.one_of(st.none(), st.text("aB @1\n\xa0é", max_size=4)), max_size=12)


def column(texts: list[str | None]) -> pd.Series:
    return pd.Series(texts, dtype="str")


@examples(50)
@given(some)
def test_a_pattern_is_found_where_each_text_has_it(texts):
    assert matching(column(texts), "[B@]").tolist() == [bool(re.search("[B@]", text or "")) for text in texts]


@examples(50)
@given(some, some)
def test_places_are_those_of_the_same_text(texts, others):
    known = list(dict.fromkeys(text for text in others if text is not None))
    expected = [known.index(text) if text in known else -1 for text in texts]
    assert places(column(texts), column(known)).tolist() == expected


@examples(50)
@given(some, some)
def test_a_text_stands_among_others_where_one_is_the_same(texts, others):
    expected = [text is not None and text in others for text in texts]
    assert among(column(texts), column(others)).tolist() == expected


def test_letters_are_lowered():
    assert list(lowered(column(["Ab", "c-D 1"]))) == ["ab", "c-d 1"]
    assert list(lowered(column([]))) == []
