"""When two names mean the same, and who is the provider."""

from __future__ import annotations

import pandas as pd
import pytest

from msp_report.model.names import is_provider, normal, normal_name, says_nothing
from msp_report.params import as_contract

CONTRACT = as_contract({"provider": {"name": "Northgate IT", "aliases": ["NGIT"]}})


@pytest.mark.parametrize(
    ("name", "form"),
    [("Disk", "disk"), (" DISK ", "disk"), ("Big \t Disks", "big disks"), ("STRASSE", "strasse"), ("", "")],
)
def test_names_are_compared_without_case_and_blanks(name, form):
    assert normal_name(name) == form
    assert normal(pd.Series([name])).tolist() == [form]


def test_a_missing_name_stays_missing_in_a_column_and_is_empty_alone():
    assert normal(pd.Series([None, "a"])).isna().tolist() == [True, False]
    assert [normal_name(none) for none in (None, float("nan"), pd.NA)] == ["", "", ""]


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("Northgate IT", True),
        ("northgate  it ", True),
        ("ngit", True),
        ("provider", True),
        ("The Provider", True),
        ("Northgate", False),
        ("", False),
        (None, False),
    ],
)
def test_who_is_the_provider(name, theirs):
    assert is_provider(pd.Series([name], dtype="str"), CONTRACT).tolist() == [theirs]


def test_an_unnamed_provider_is_not_every_empty_name():
    assert is_provider(pd.Series(["", "provider"]), as_contract({})).tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "nothing"),
    [(None, True), ("", True), (" None ", True), ("-", True), ("no", True), ("nobody", False)],
)
def test_a_text_that_names_nothing(text, nothing):
    assert says_nothing(pd.Series([text], dtype="str")).tolist() == [nothing]
