"""Service level objectives of OpenSLO v1 (https://openslo.com) as promises of a contract.

An objective of a ratio becomes the availability of its service. What an OpenSLO file says and a contract counts
otherwise is a doubt, said where the promise stands: a window that rolls (here months are counted), good requests (here
minutes), several targets. Everything else is listed with the reason why it is not taken over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from msp_report.params.yaml_text import read_documents

VERSION = "openslo/v1"
_IS_ONE = re.compile(r"""^[\s{\[-]*["']?apiVersion["']?\s*:\s*["']?openslo(\.com)?/""", re.MULTILINE)
#: Words of a measure that is a ratio and no availability.
_OTHER = re.compile(
    r"latenc|duration|respon|speed|fast|slow|fresh|correct|quality|throughput|durab|satur", re.I
)
_AVAILABLE = re.compile(r"availab|uptime|up-time|reachab", re.I)
#: Why objects of the other kinds are not taken over.
_NOT_OURS = {
    "DataSource": "where its readings are asked for is said in sources.yaml",
    "SLI": "no objective refers to it",
    "AlertPolicy": "nothing is alerted here",
    "AlertCondition": "nothing is alerted here",
    "AlertNotificationTarget": "nothing is alerted here",
}


@dataclass(frozen=True)
class Promise:
    """What is promised of a service."""

    ratio: float | None = None
    """The share of time in which it shall be up; None where several are stated, or none that can be taken."""
    targets: tuple[str, ...] = ()
    """Every target that is stated, in per cent, with its name."""
    title: str | None = None
    doubts: tuple[str, ...] = ()
    """What the file says otherwise than a contract counts it, in sentences."""
    of: tuple[str, ...] = ()
    """The objectives that it is from, in words."""


@dataclass(frozen=True)
class Slos:
    """What some files of OpenSLO say."""

    promises: Mapping[str, Promise] = field(default_factory=dict)
    """By service."""
    listed: tuple[str, ...] = ()
    """What is not taken over, and why."""
    files: tuple[str, ...] = ()


def is_openslo(path: Path) -> bool:
    """Whether a file of YAML or JSON is one of OpenSLO, of whatever version."""
    if path.suffix.casefold() not in (".yaml", ".yml", ".json"):
        return False
    try:
        with path.open(encoding="utf-8-sig") as file:
            return bool(_IS_ONE.search(file.read(200_000)))
    except (OSError, UnicodeDecodeError):
        return False


def read(paths: Iterable[Path], timezone: str | None = None) -> Slos:
    """What files of OpenSLO say; `timezone` is the client's, where it is known. Raises ParamsError for no YAML."""
    objects, listed, files = [], [], []
    for path in paths:
        file = _text(path.name)
        files.append(file)
        for one in _objects(read_documents(path)):
            why = _unread(one)
            if why is None:
                objects.append((file, one))
            else:
                listed.append(f"{file}: {_name(one)}: {why}")
    titles = {
        _own(one): _text(_meta(one).get("displayName")) for _, one in objects if one["kind"] == "Service"
    }
    indicators = {_own(one): one for _, one in objects if one["kind"] == "SLI"}
    used: set[str] = set()
    stated: dict[str, list[_Stated]] = {}
    for file, one in objects:
        if one["kind"] == "SLO":
            for found in _slo(one, indicators, used, timezone):
                if isinstance(found, str):
                    listed.append(f"{file}: {_name(one)}: {found}")
                else:
                    stated.setdefault(found.service, []).append(found)
    for file, one in objects:
        is_used = one["kind"] == "SLI" and _own(one) in used
        if one["kind"] in _NOT_OURS and not is_used:
            listed.append(f"{file}: {_name(one)}: {_NOT_OURS[one['kind']]}")
    promises = {
        service: _promise(stated.get(service, []), titles.get(service))
        for service in dict.fromkeys([*stated, *titles])
        if service
    }
    return Slos(promises, tuple(listed), tuple(files))


@dataclass(frozen=True)
class _Stated:
    """One target of one objective."""

    service: str
    target: Decimal
    name: str
    doubts: tuple[str, ...]
    is_other: bool
    """Whether its words are those of another measure."""


def _objects(documents: Iterable[Any]) -> Iterator[Any]:
    """The objects of documents, each of which may be a list of them."""
    for one in documents:
        if isinstance(one, list):
            yield from one
        elif one is not None:
            yield one


def _meta(one: Mapping[str, Any]) -> Mapping[str, Any]:
    found = one.get("metadata")
    return found if isinstance(found, Mapping) else {}


def _unread(one: Any) -> str | None:
    """Why an object is not looked at; None of one that is."""
    if not isinstance(one, Mapping) or not isinstance(one.get("spec") or {}, Mapping):
        return "it is no object of OpenSLO"
    if one.get("apiVersion") != VERSION:
        return f"only {VERSION} is read, it is of {_text(one.get('apiVersion')) or 'no version'}"
    return None if one.get("kind") in ("SLO", "Service", *_NOT_OURS) else "its kind is not known"


def _own(one: Mapping[str, Any]) -> str:
    """What an object calls itself."""
    return _text(_meta(one).get("name"))


def _name(one: Any) -> str:
    """An object in words."""
    if not isinstance(one, Mapping):
        return "a text or a list"
    return f"{_text(one.get('kind')) or 'an object'} {_own(one) or 'without a name'}"


def _text(value: Any) -> str:
    """A text on one line, fit for a comment."""
    words = value.split() if isinstance(value, str) else []
    return " ".join("".join(sign for sign in word if sign.isprintable()) for word in words)


def _slo(
    one: Mapping[str, Any], indicators: Mapping[str, Any], used: set[str], timezone: str | None
) -> Iterator[_Stated | str]:
    """The targets of an objective, and what of it is not taken over, in words."""
    spec = one.get("spec") or {}
    name, service = _own(one), _text(spec.get("service"))
    reference = _text(spec.get("indicatorRef"))
    used.add(reference)
    indicator = spec.get("indicator") or indicators.get(reference) or {}
    measure = indicator.get("spec") if isinstance(indicator, Mapping) else None
    measure = measure if isinstance(measure, Mapping) else {}
    objectives = spec.get("objectives")
    if not service:
        yield "it names no service"
        return
    if not isinstance(objectives, list) or not objectives:
        yield "it has no objectives"
        return
    shown = _text(_meta(one).get("displayName")) or name
    words = [name, shown, _text(spec.get("description")), reference, *_words(indicator)]
    doubts = [*_budgeting(spec), *_window(spec, timezone)]
    if not measure:
        doubts.append(
            f"its indicator {reference or '(none)'} is not among the files, so what it counts is not known"
        )
    if spec.get("alertPolicies"):
        yield "its alert policies: nothing is alerted here"
    for number, objective in enumerate(objectives, 1):
        of = f"objective {number}" if len(objectives) > 1 else "its objective"
        if not isinstance(objective, Mapping):
            yield f"{of} is no object"
            continue
        more = _text(objective.get("displayName"))
        if any(objective.get(key) for key in ("indicator", "indicatorRef", "compositeWeight")):
            yield f"{of}: it is composed of several indicators"
        elif "thresholdMetric" in measure or objective.get("value") is not None:
            limit = " ".join(filter(None, (_text(objective.get("op")), _text(objective.get("value")))))
            yield f"{of}: a reading is held against a limit ({limit or 'none is stated'}): that is no availability"
        else:
            target = _target(objective)
            if isinstance(target, str):
                yield f"{of}: {target}"
            else:
                told = " ".join([*words, more])
                is_other = bool(_OTHER.search(told)) and not _AVAILABLE.search(told)
                yield _Stated(service, target, f"{shown}: {more}" if more else shown, tuple(doubts), is_other)


def _words(indicator: Any) -> Iterator[str]:
    """What an indicator is called."""
    if isinstance(indicator, Mapping):
        yield _own(indicator)
        yield _text(_meta(indicator).get("displayName"))


def _target(objective: Mapping[str, Any]) -> Decimal | str:
    """A target as a share; in words what is wrong with it."""
    given = [key for key in ("target", "targetPercent") if objective.get(key) is not None]
    if len(given) != 1:
        return "it has both target and targetPercent" if given else "it has no target"
    text = _text(objective[given[0]])
    try:
        number = Decimal(text) / (100 if given[0] == "targetPercent" else 1)
    except InvalidOperation:
        return f"{given[0]} {text!r} is no number"
    if not number.is_finite():
        return f"{given[0]} {text!r} is no number"
    if not 0 < number < 1:
        hint = ": targetPercent is meant" if given[0] == "target" and 1 < number < 100 else ""
        return f"{given[0]} {text} is not between 0 and {100 if given[0] == 'targetPercent' else 1}{hint}"
    return number


def _budgeting(spec: Mapping[str, Any]) -> Iterator[str]:
    method = _text(spec.get("budgetingMethod"))
    if method == "Occurrences":
        yield "it counts good events (budgeting by occurrences), and here the minutes count in which it is up"
    elif method not in ("Timeslices", "RatioTimeslices"):
        yield f"how it counts is not known (budgetingMethod: {method or 'none'})"


def _window(spec: Mapping[str, Any], timezone: str | None) -> Iterator[str]:
    """What of a window is no calendar month of the client."""
    windows = spec.get("timeWindow")
    window = windows[0] if isinstance(windows, list) and windows else windows
    if not isinstance(window, Mapping):
        yield "it names no window, and here calendar months are judged"
        return
    length = _text(window.get("duration")) or "of no stated length"
    calendar = window.get("calendar")
    rolls = _text(window.get("isRolling")).casefold() == "true" or not isinstance(calendar, Mapping)
    if rolls:
        yield f"its window rolls ({length}), and here calendar months are judged"
        return
    if length != "1M":
        yield f"its window is {length}, and here calendar months are judged"
    zone, start = _text(calendar.get("timeZone")), _text(calendar.get("startTime"))
    if timezone and zone and zone != timezone:
        yield f"its months are those of {zone}, and here those of {timezone}"
    begun = re.match(r"\d{4}-\d{2}-(\d{2})", start)
    if length == "1M" and begun and begun[1] != "01":
        yield f"its months begin on day {int(begun[1])}"


def _promise(stated: list[_Stated], title: str | None) -> Promise:
    """What the targets of a service come to: one that all agree on, or none."""
    ours = [one for one in stated if not one.is_other] or stated
    targets = {one.target for one in ours}
    doubts = dict.fromkeys(doubt for one in ours for doubt in one.doubts)
    taken = len(targets) == 1 and not ours[0].is_other
    if len(targets) > 1:
        doubts |= {"several targets are stated": None}
    if ours and ours[0].is_other:
        doubts |= {"by its words it is no availability": None}
    return Promise(
        ratio=float(targets.pop()) if taken else None,
        targets=tuple(f"{percent(one.target)} ({one.name})" for one in stated),
        title=title,
        doubts=tuple(doubts),
        of=tuple(one.name for one in stated),
    )


def percent(ratio: Decimal | float) -> str:
    """A share in per cent, with all its digits.

    >>> percent(0.9995), percent(0.99)
    ('99.95 %', '99 %')
    """
    number = (Decimal(str(ratio)) * 100).normalize()
    return f"{number:f} %"
