"""What of people, secrets and words is published: by what each column is declared to hold."""

from __future__ import annotations

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from msp_report.model.privacy import HOLDS, PEOPLE, hidden, last_letters, pseudonyms, without_addresses
from msp_report.model.tables import TABLES

KEY = "0f" * 32


def test_the_same_person_keeps_one_pseudonym_per_client():
    names = pd.Series(["Ann", "ann", None, "Bob"])
    found = pseudonyms(names, KEY)
    assert found[0] == found[1] != found[3]
    assert found.isna().tolist() == [False, False, True, False]
    assert pseudonyms(names, "f0" * 32)[0] != found[0]
    assert found.dropna().str.fullmatch("person-[0-9a-f]{10}").all()


def test_a_hundred_thousand_people_have_a_hundred_thousand_pseudonyms():
    names = pd.Series([f"person {n}" for n in range(100_000)])
    assert pseudonyms(names, KEY).nunique() == len(names)


def test_only_columns_of_people_are_hidden():
    frame = pd.DataFrame({"assignee": ["Ann"], "asset": ["erp01"]})
    shown = hidden(frame, KEY)
    assert shown["asset"].tolist() == ["erp01"]
    assert shown["assignee"][0].startswith("person-")
    assert frame["assignee"].tolist() == ["Ann"]


@pytest.mark.parametrize("column", PEOPLE)
def test_every_column_of_people_is_hidden(column):
    assert hidden(pd.DataFrame({column: ["Ann"]}), KEY)[column][0].startswith("person-")
    assert hidden(pd.DataFrame({column: ["Ann"]}), None)[column][0] == "Ann"


def test_each_of_several_names_is_hidden_by_itself():
    frame = pd.DataFrame({"approved_by": ["finance; Ann", "Bob;Ann", "finance;operations"]})
    first, second, third = hidden(frame, KEY, ["Finance", "operations"])["approved_by"]
    assert first.startswith("finance; person-") and second.endswith(first.removeprefix("finance; "))
    assert second.count("person-") == 2 and third == "finance;operations"


def test_a_company_a_role_and_a_side_of_the_contract_are_nobody():
    frame = pd.DataFrame({"by": ["Example MSP", "example msp ", "provider", "Ann", None]})
    shown = hidden(frame, KEY, ["Example MSP"])["by"]
    assert shown.tolist()[:3] == ["Example MSP", "example msp ", "provider"]
    assert shown[3].startswith("person-") and pd.isna(shown[4])
    assert hidden(frame, KEY)["by"][0].startswith("person-")


def test_tidy_frames_are_hidden_too():
    frame = pd.DataFrame({"dimension": ["assignee", "assignee", "category"], "value": ["Ann", "", "mail"]})
    shown = hidden(frame, KEY)["value"].tolist()
    assert shown[0].startswith("person-")
    assert shown[1:] == ["", "mail"]


def test_of_a_secret_the_last_letters_are_shown_whoever_is_shown():
    frame = pd.DataFrame({"licence_key": ["ABCDE-FGHIJ-9Q8Z", "short", None]})
    for key in (KEY, None):
        shown = hidden(frame, key)["licence_key"]
        assert shown.tolist()[:2] == ["…9Q8Z", "…"] and pd.isna(shown[2])
    assert last_letters("12345678") == "…" and last_letters("123456789") == "…6789"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to ann.lee@acme.example or call +44 20 7946 0123", "write to [address] or call [number]"),
        ("(0113) 496 0000, 020 7946 0123, 0044 20 7946 0123", "[number], [number], [number]"),
        ("tel:+1-202-555-0143", "tel:[number]"),
        # what only looks like one
        ("HF-15103 of 2026-10-05 10:30, 05/10/2026, 01.02.2026", None),
        ("192.168.10.20, 10.0.19045, 1,234.56, 0.123456789, 12:30:15", None),
        ("ticket 12345, 200000000000 bytes, INC0012345, C:\\temp@home", None),
    ],
)
def test_words_lose_addresses_and_numbers_of_telephones(text, expected):
    assert without_addresses(text) == (expected or text)
    assert hidden(pd.DataFrame({"comment": [text]}), KEY)["comment"][0] == (expected or text)
    assert hidden(pd.DataFrame({"comment": [text]}), None)["comment"][0] == text


#: Names of columns by which people write who did something.
OF_PEOPLE = r"(?:_|^)by$|owner|sponsor|assignee|requester|respondent|actor$|^person$|^user$|assessor"
OF_WORDS = r"^(?:title|comment|cause|text|evidence|note|notes|description|reason|words)$"


def test_every_column_that_sounds_like_a_person_a_secret_or_words_is_declared_one():
    for table in TABLES.values():
        for column in table.columns:
            named = pd.Series([column.name])
            if column.type != "text":
                assert column.holds == "plain", f"{table.name}.{column.name}"
                continue
            if named.str.contains(OF_PEOPLE, regex=True)[0]:
                assert column.holds == "person", f"{table.name}.{column.name}"
            if named.str.contains(r"(?:_|^)(?:key|password|token|secret)$", regex=True)[0]:
                assert column.holds == "secret", f"{table.name}.{column.name}"
            if named.str.contains(OF_WORDS, regex=True)[0]:
                assert column.holds == "words", f"{table.name}.{column.name}"


def test_a_name_holds_the_same_in_every_table():
    """Records bear the names of the tables' columns: what one name holds must not hang on where it stands."""
    for table in TABLES.values():
        for column in table.columns:
            if column.type == "text":
                assert HOLDS.get(column.name, "plain") == column.holds, f"{table.name}.{column.name}"


@examples(200)
@given(
    st.lists(
        st.one_of(
            st.none(),
            st.text("a 0123456789+()./-@\xa0٣", max_size=14),
            st.sampled_from(["+44 20 7946 0123", "ann@acme.example", "(020) 7946 0123", "2026-10-05 10:30"]),
        ),
        max_size=6,
    )
)
def test_a_column_of_words_says_what_each_of_them_says(texts):
    shown = hidden(pd.DataFrame({"title": pd.Series(texts, dtype="str")}), KEY)["title"]
    assert [None if pd.isna(one) else one for one in shown] == [
        None if one is None else without_addresses(one) for one in texts
    ]
