"""What people call our columns and values in several languages (words.yaml), folded for comparing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from msp_report.intake import profile
from msp_report.model.tables import TABLES


@lru_cache(
    maxsize=10_000
)  # headers, values and our own words, asked again for each table that a file may serve
def plain(text: str) -> str:
    """A text as words: no case, no accents, no punctuation; words joined by capitals or underscores parted.

    >>> plain("Date d'ouverture"), plain("openedAt"), plain("_info.dateEntered"), plain("Geöffnet am")
    ('date d ouverture', 'opened at', 'info date entered', 'geoffnet am')
    """
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    text = unicodedata.normalize(
        "NFKD", text.replace("ß", "ss").replace("ł", "l").replace("Ł", "L").replace("ø", "o")
    )
    text = "".join(letter for letter in text.casefold() if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", text))


#: Parts that German, Dutch and the Nordic languages join to a word.
_JOINED = (
    "zeitpunkt", "tijdstip", "datum", "dato", "zeit", "tijd", "nummer", "nr", "number", "name", "naam", "navn", "namn",
    "bezeichnung", "zeile", "status", "stempel",
)  # fmt: skip
_ENDINGS = (
    "ungs",
    "ungen",
    "ung",
    "ings",
    "ing",
    "etes",
    "ete",
    "et",
    "tes",
    "te",
    "en",
    "ed",
    "es",
    "e",
    "t",
    "s",
    "n",
)


@cache
def stems(text: str) -> frozenset[str]:
    """The words of a text without their endings, joined words parted.

    >>> sorted(stems("Eröffnungszeitpunkt")), sorted(stems("Eröffnet am")), sorted(stems("Ticket-Nr."))
    (['eroffn', 'zeitpunkt'], ['am', 'eroffn'], ['nr', 'ticket'])
    """
    found: list[str] = []
    for token in plain(text).split():
        end = next((one for one in _JOINED if token.endswith(one) and len(token) - len(one) >= 4), "")
        found += [token.removesuffix(end), end] if end else [token]
    return frozenset(_stem(token) for token in found)


def _stem(token: str) -> str:
    if token in _JOINED:
        return token
    ending = next((one for one in _ENDINGS if token.endswith(one) and len(token) - len(one) >= 5), "")
    return token.removesuffix(ending)


@cache
def _data() -> Mapping[str, Any]:
    text = (Path(__file__).parent / "words.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.BaseLoader)  # all scalars as text: `no` is a word


@cache
def phrases(table: str) -> dict[str, frozenset[str]]:
    """By canonical column what people call it, plain; its own name too."""
    found = {}
    for column in TABLES[table].names:
        listed = _data()["columns"].get(table, {}).get(column, {})
        said = [phrase for by_language in listed.values() for phrase in by_language.split(",")]
        found[column] = frozenset(filter(None, (plain(phrase) for phrase in (*said, column))))
    return found


@cache
def neutral(table: str, is_time: bool) -> frozenset[str]:
    """Words that a header may have beside a phrase and mean the same."""
    listed = _data()["neutral"]
    names = ["any", table, *(["time"] if is_time else [])]
    return frozenset(
        stem for name in names for word in listed.get(name, ()) for stem in (*stems(word), plain(word))
    )


@cache
def another_time() -> frozenset[str]:
    """Words by which a header is of another time than it seems."""
    return frozenset(stem for word in _data()["another_time"] for stem in stems(word))


@cache
def another_thing() -> frozenset[str]:
    """Words by which a header is of another thing than it seems: a service's owner is no service."""
    return frozenset(stem for word in _data()["another_thing"] for stem in stems(word))


@cache
def values(table: str, column: str) -> dict[str, str]:
    """What people call the values of a column: {plain text: our value}."""
    declared = TABLES[table].column(column)
    listed = _data()["values"].get("boolean" if declared.type == "boolean" else f"{table}.{column}", {})
    own = {plain(choice): choice for choice in declared.choices}
    return {plain(word): ours for ours, words in listed.items() for word in words} | own


@cache
def done() -> frozenset[str]:
    """Words by which a ticket is solved or closed, whichever."""
    return frozenset(plain(word) for word in _data()["done"])


@cache
def priorities() -> frozenset[str]:
    """Words that say how much something presses, and nothing else."""
    return frozenset(plain(word) for word in _data()["priorities"])


@cache
def patches() -> frozenset[str]:
    """Words by which a header is that of a patch."""
    return frozenset(stem for word in _data()["patches"]["names"] for stem in stems(word))


@cache
def outcomes() -> dict[str, str]:
    """What became of a patch: {plain text: done, or left}."""
    listed = {ours: _data()["patches"][ours] for ours in ("done", "left")}
    known = {plain(word): ours for ours, found in listed.items() for word in found}
    results = values("backup_jobs", "result").items()
    return {said: "done" if ours == "success" else "left" for said, ours in results} | known


def tables() -> tuple[str, ...]:
    """The tables that an unknown file may serve."""
    return tuple(_data()["columns"])


def cue(name: str) -> Iterator[str]:
    """The tables that a file's or sheet's name speaks of."""
    said = plain(name)
    for table, listed in _data()["cues"].items():
        if any(re.search(rf"(^| ){re.escape(plain(word))}", said) for word in listed):
            yield table


def headers() -> set[str]:
    """Every header that we know, as it may be written, of words and of profiles."""
    known = {phrase for table in tables() for found in phrases(table).values() for phrase in found}
    for name in profile.names():
        for section in profile.load(name).values():
            for route in section if isinstance(section, tuple | list) else (section,):
                known |= set(route.headers)
                known |= set(getattr(getattr(route, "recognise", None), "headers", ()) or ())
    return known
