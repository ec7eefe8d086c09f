"""When two names mean the same, and who is the provider."""

from __future__ import annotations

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from msp_report.model.names import (
    NOTHING,
    SILENT,
    device_form,
    is_provider,
    is_silent,
    may_approve,
    may_mean,
    nearest,
    normal,
    normal_name,
    says_nothing,
    spelled,
)
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
        ("Northgate IT Ltd", True),
        ("NGIT Limited", True),
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
    "text", [None, *sorted(NOTHING), " None ", "N/A", "\u2014", "Not  Approved", "Pending"]
)
def test_a_text_that_names_nothing_is_nobody_who_may_approve(text):
    named = pd.Series([text], dtype="str")
    assert says_nothing(named).tolist() == [True]
    assert (
        may_approve(named, CONTRACT).tolist()
        == may_approve(named, CONTRACT, ["-", "n/a"]).tolist()
        == [False]
    )
    silent = text is None or normal_name(text) in SILENT
    assert is_silent(named).tolist() == [silent]


@pytest.mark.parametrize("text", ["Nora", "finance", "change 4711", "no. 7", "Nathan"])
def test_a_text_that_names_somebody(text):
    named = pd.Series([text], dtype="str")
    assert says_nothing(named).tolist() == is_silent(named).tolist() == [False]
    assert (
        may_approve(named, CONTRACT).tolist()
        == may_approve(named, CONTRACT, [text.upper()]).tolist()
        == [True]
    )
    assert may_approve(named, CONTRACT, ["the board"]).tolist() == [False]


@pytest.mark.parametrize(
    "written",
    [
        "e\u2011mail",
        "E-MAIL\u00a0",
        "\ufeffe-mail",
        "e-ma\u00adil",
        "\u202ee-mail\u202c",
        "e-m\u200da\u200cil",
        "\uff45\uff0d\uff4d\uff41\uff49\uff4c",
        "e-m\u0430il",
        "\u0435-\u041cail",
        "e-mail\ufe0f",
        "e\u2013mail",
    ],
)
def test_one_name_in_other_characters_is_the_same(written):
    assert normal_name(written) == "e-mail"
    assert normal(pd.Series([written, None])).tolist()[0] == "e-mail"


@pytest.mark.parametrize(
    "name",
    [
        "\u043f\u043e\u0447\u0442\u0430",
        "\u0441\u0430\u0441",
        "web-\u0441\u0435\u0440\u0432\u0435\u0440",
        "\u03b1\u03b2-net",
    ],
)
def test_a_word_that_is_not_otherwise_latin_stays_as_it_is(name):
    assert normal_name(name) == name


@given(st.text(max_size=12))
def test_the_normal_form_of_a_normal_form_is_itself(name):
    assert normal_name(normal_name(name)) == normal_name(name)


@given(st.lists(st.text(max_size=6), max_size=5))
def test_spelled_gives_a_known_spelling_or_the_first_of_its_form(names):
    found = spelled(pd.Series(names, dtype="str"), names[:2])
    assert list(normal(found)) == list(normal(pd.Series(names, dtype="str")))
    assert list(found[:2]) == names[:2]


def test_an_exact_id_goes_before_one_that_differs_by_case():
    ids = pd.Series(["5003D8cuI", "5003D8cui", " 5003d8CUI", "INC-1 "])
    assert spelled(ids, ["5003D8cuI", "5003D8cui", "inc-1"]).tolist() == [*ids[:3], "inc-1"]


def test_devices_are_the_same_without_their_domain_where_one_domain_has_the_label():
    names = pd.Series(["PC-1", "pc-1.acme.example", "ns", "ns.a.example", "ns.b.example", "10.0.0.1", None])
    forms = device_form(names).tolist()
    assert forms[:6] == ["pc-1", "pc-1", "ns", "ns.a.example", "ns.b.example", "10.0.0.1"]
    assert pd.isna(forms[6])


@pytest.mark.parametrize(
    ("strange", "name", "silent", "meant"),
    [
        ("mial", "mail", True, True),
        ("maill", "mail", False, True),
        ("crm", "erp", False, False),
        ("db-02", "db-01", True, False),
        ("db-1", "db-01", True, True),
        ("Exchange Online", "exchange", True, True),
        ("Exchange Online", "exchange", False, False),
        ("ab", "cd", True, False),
        ("intranet", "mail", True, False),
    ],
)
def test_what_a_strange_name_may_mean(strange, name, silent, meant):
    assert may_mean(strange, name, silent=silent) is meant


def test_the_nearest_name_is_by_letters():
    assert nearest(["Mial", "ERP2"], ["mail", "erp"]) == ["mail", "erp"]
    assert nearest(["x"], []) == [None]


@examples(100)
@given(st.lists(st.one_of(st.none(), st.text("aB -\t\xa0é\u0430.", max_size=6)), max_size=8))
def test_a_column_of_names_has_the_forms_of_each(names):
    found = normal(pd.Series(names, dtype="str"))
    assert found.fillna("").tolist() == [normal_name(name) for name in names]
