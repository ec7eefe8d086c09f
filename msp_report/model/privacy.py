"""People on published pages: pseudonyms unless the contract says that names may be shown."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

import pandas as pd

from msp_report.model.names import normal, normal_name

#: Columns that name natural persons, in tables and records alike.
PEOPLE = ("requester", "respondent", "assignee", "actor", "person", "announced_by", "by", "last_by")
#: What stands in such a column where it names a side and not a person.
SIDES = ("provider", "the provider", "client", "the client", "board", "the board", "system")


def pseudonyms(names: pd.Series, key: str) -> pd.Series:
    """The same short name for the same person, in every month of one client.

    Parameters: `names` of people, missing ones stay missing; `key` parts clients from each other.
    Returns: a series like `person-3fa2c1`. A pseudonym hides a name from a reader of the page; whoever has a
    list of all names can still find who is who, so it is no anonymisation.
    """
    known = {name: f"person-{_digest(str(name), key)}" for name in names.dropna().unique()}
    return names.map(known)


def _digest(name: str, key: str) -> str:
    return hashlib.blake2b(normal_name(name).encode(), key=key.encode()[:64], digest_size=3).hexdigest()


def hide_people(frame: pd.DataFrame, key: str, *organisations: str) -> pd.DataFrame:
    """A copy of a frame with pseudonyms in every column of PEOPLE that it has.

    A tidy frame names its column in `dimension` and holds it in `value`: its rows are treated alike. The names of
    `organisations`, and words for a side of the contract, are nobody's and stay, whatever their case.
    """
    nobody = {normal_name(name) for name in (*organisations, *SIDES)}
    named = [column for column in PEOPLE if column in frame]
    hidden = frame.assign(**{column: _hidden(frame[column], key, nobody) for column in named})
    if {"dimension", "value"} <= set(frame):
        people = frame["dimension"].isin(PEOPLE) & frame["value"].ne("")
        names = _hidden(frame["value"].where(people), key, nobody)
        hidden["value"] = frame["value"].mask(people, names)
    return hidden


def _hidden(names: pd.Series, key: str, nobody: Collection[str]) -> pd.Series:
    """Pseudonyms, but for the names of nobody."""
    return pseudonyms(names, key).where(~normal(names).isin(nobody), names)
