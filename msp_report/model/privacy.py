"""What of people, secrets and free words stands on published pages: as the column's declaration in the model says."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection

import numpy as np
import pandas as pd

from msp_report.model.names import normal, normal_name
from msp_report.model.tables import TABLES, Holds
from msp_report.model.texts import matching

#: Columns of records that no table has, and what they hold.
_OF_RECORDS: dict[str, Holds] = {
    "last_by": "person",
    "who": "person",
    "approver": "person",
    "author": "person",
    "last_evidence": "words",
    "before": "words",
    "after": "words",
    "said": "words",
    "note": "words",
}


def _holds() -> dict[str, Holds]:
    """By the name of a column, in tables and records alike, what it holds where that is not plain."""
    declared = [column for table in TABLES.values() for column in table.columns if column.holds != "plain"]
    return {column.name: column.holds for column in declared} | _OF_RECORDS


HOLDS: dict[str, Holds] = _holds()
#: Columns that name natural persons.
PEOPLE = tuple(name for name, holds in HOLDS.items() if holds == "person")
#: What stands in such a column where it names a side and not a person.
SIDES = (
    *("provider", "the provider", "client", "the client", "vendor", "business", "cio", "system", "nobody"),
    *("board", "the board", "management", "it"),
    *("proposed_by", "sponsor"),  # whose word a record is about
)
#: What stands in the place of an address or a telephone number in words that anybody wrote.
ADDRESS, NUMBER = "[address]", "[number]"
#: So many letters of a secret are shown, and only of one that is longer than twice that.
_SHOWN = 4
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
# +44 20 …, 0044 20 …, 020 … or (020) …: of 8 to 16 digits, with what people put between them
_BETWEEN, _DATE = r"[ \u00a0().\-/]*", r"(?!\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?!\d))"
_NUMBER = re.compile(
    rf"(?<![\w+])\+[1-9](?:{_BETWEEN}\d){{6,13}}(?![\w:])"
    rf"|(?<![\w.,:/#+-]){_DATE}(?:00[1-9]|\(?0[1-9]\d{{0,3}}\)?)(?:{_BETWEEN}\d){{6,11}}(?![\w:])"
)


def pseudonyms(names: pd.Series, key: str) -> pd.Series:
    """The same short name for the same person, in every month of one client.

    Parameters: `names` of people, missing ones stay missing; `key`, a secret of the client's.
    Returns: a series like `person-3fa2c19b07`. Whoever has the key and a list of all names can find who is who, and
    nobody else can; two of 100,000 people share a pseudonym in one client of 200.
    """
    known = {name: f"person-{_digest(str(name), key)}" for name in names.dropna().unique()}
    return names.map(known)


def _digest(name: str, key: str) -> str:
    return hashlib.blake2b(normal_name(name).encode(), key=key.encode()[:64], digest_size=5).hexdigest()


def hidden(frame: pd.DataFrame, key: str | None, roles: Collection[str] = ()) -> pd.DataFrame:
    """A copy of a frame as it may be published.

    Parameters: `key` for pseudonyms, None where people are shown: secrets are hidden then too, words are not;
    `roles`, the names of organisations and departments, which are nobody's and stay, whatever their case, as words for
    a side of the contract do.
    Returns: what HOLDS calls a person as a pseudonym, each of several names with ";" by itself; of a secret the last
    four letters; words without addresses and telephone numbers. A tidy frame names its column in `dimension` and holds
    it in `value`: its rows are treated alike.
    """
    nobody = {normal_name(name) for name in (*roles, *SIDES)}
    found = frame.assign(
        **{
            name: _as_published(frame[name], HOLDS[name], key, nobody)
            for name in frame.columns
            if isinstance(name, str) and name in HOLDS
        }
    )
    if {"dimension", "value"} <= set(frame):
        for name in set(frame["dimension"].dropna()) & HOLDS.keys():
            rows = frame["dimension"].eq(name) & frame["value"].ne("")
            shown = _as_published(frame["value"].where(rows), HOLDS[name], key, nobody)
            found["value"] = found["value"].mask(rows, shown)
    return found


def _as_published(values: pd.Series, holds: Holds, key: str | None, nobody: Collection[str]) -> pd.Series:
    if not (pd.api.types.is_string_dtype(values.dtype) or values.dtype == object):
        return values
    if holds == "secret":
        return _changed(values, last_letters)
    if key is None:
        return values
    if holds == "words":
        return _without_addresses(values)
    parts = (
        pd.Series(values.dropna().astype("str").unique(), dtype="str").str.split(";").explode().str.strip()
    )
    known = parts[parts.ne("") & ~normal(parts).isin(nobody)]
    changed = dict(zip(known, pseudonyms(known, key), strict=True))

    def named(text: str) -> str:
        names = [name.strip() for name in text.split(";")]
        return "; ".join(changed.get(name, name) for name in names) if changed.keys() & names else text

    return _changed(values, named)


def _changed(values: pd.Series, change: Callable[[str], str]) -> pd.Series:
    """Each different text changed once; what is no text stays."""
    if isinstance(values.dtype, pd.StringDtype):
        codes, found = pd.factorize(values)
        table = pd.array([*map(change, found), None], dtype=values.dtype)
        return pd.Series(table[codes], values.index, name=values.name)
    known = {value: change(value) for value in values.dropna().unique() if isinstance(value, str)}
    return values.map(lambda value: known.get(value, value) if isinstance(value, str) else value)


#: What each address, and each telephone number, has.
_MAY_BE = r"@|\p{Nd}(?:[ \x{a0}().\-/]*\p{Nd}){6}"


def _without_addresses(values: pd.Series) -> pd.Series:
    """Words without addresses and numbers; only those are looked at closely that may have any."""
    if not isinstance(values.dtype, pd.StringDtype):
        return _changed(values, without_addresses)
    rows = np.flatnonzero(matching(values, _MAY_BE))
    if len(rows):
        values = values.copy()
        values.iloc[rows] = _changed(values.iloc[rows], without_addresses).array
    return values


def last_letters(secret: str) -> str:
    """The end of a secret by which two are told apart; of a short one nothing."""
    return f"…{secret[-_SHOWN:]}" if len(secret) > 2 * _SHOWN else "…"


def without_addresses(text: str) -> str:
    """Words without e-mail addresses and telephone numbers.

    >>> without_addresses("call Ann on +44 20 7946 0123 or ann@acme.example, ticket 12345, 2026-10-05 10:30")
    'call Ann on [number] or [address], ticket 12345, 2026-10-05 10:30'
    """
    return _NUMBER.sub(NUMBER, _ADDRESS.sub(ADDRESS, text))
