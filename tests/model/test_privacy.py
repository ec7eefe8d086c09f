"""Names stay off published pages unless the contract allows them."""

import pandas as pd
import pytest

from msp_report.model.privacy import PEOPLE, hide_people, pseudonyms


def test_the_same_person_keeps_one_pseudonym_per_client():
    names = pd.Series(["Ann", "ann", None, "Bob"])
    hidden = pseudonyms(names, "acme")
    assert hidden[0] == hidden[1] != hidden[3]
    assert hidden.isna().tolist() == [False, False, True, False]
    assert pseudonyms(names, "other")[0] != hidden[0]
    assert not hidden.dropna().str.contains("ann|bob", case=False).any()


def test_only_columns_of_people_are_hidden():
    frame = pd.DataFrame({"assignee": ["Ann"], "asset": ["erp01"]})
    hidden = hide_people(frame, "acme")
    assert hidden["asset"].tolist() == ["erp01"]
    assert hidden["assignee"][0].startswith("person-")
    assert frame["assignee"].tolist() == ["Ann"]


@pytest.mark.parametrize("column", PEOPLE)
def test_every_column_of_people_is_hidden(column):
    assert hide_people(pd.DataFrame({column: ["Ann"]}), "acme")[column][0].startswith("person-")


def test_who_did_or_said_something_is_a_person():
    assert {"by", "last_by"} <= set(PEOPLE)


def test_a_company_and_a_side_of_the_contract_are_nobody():
    frame = pd.DataFrame({"by": ["Example MSP", "example msp ", "provider", "Ann", None]})
    hidden = hide_people(frame, "acme", "Example MSP")["by"]
    assert hidden.tolist()[:3] == ["Example MSP", "example msp ", "provider"]
    assert hidden[3].startswith("person-") and pd.isna(hidden[4])
    assert hide_people(frame, "acme")["by"][0].startswith("person-")


def test_tidy_frames_are_hidden_too():
    frame = pd.DataFrame({"dimension": ["assignee", "assignee", "category"], "value": ["Ann", "", "mail"]})
    hidden = hide_people(frame, "acme")["value"].tolist()
    assert hidden[0].startswith("person-")
    assert hidden[1:] == ["", "mail"]
