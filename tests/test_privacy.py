"""Names stay off published pages unless the contract allows them."""

import pandas as pd

from msp_report.privacy import hide_people, pseudonyms


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


def test_tidy_frames_are_hidden_too():
    frame = pd.DataFrame({"dimension": ["assignee", "assignee", "category"], "value": ["Ann", "", "mail"]})
    hidden = hide_people(frame, "acme")["value"].tolist()
    assert hidden[0].startswith("person-")
    assert hidden[1:] == ["", "mail"]
