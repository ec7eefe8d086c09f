"""What only a person can say of a client's exports and contract: the file of answers, and the questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator

from msp_report.intake.recognise.unknown import Hints, Question
from msp_report.params.fields import Params
from msp_report.params.layout import Texts
from msp_report.params.yaml_text import read_yaml, validate

Order = Literal["dmy", "mdy", "ymd"]


def _pairs(value: object) -> object:
    """{their value: ours}, from that or from {ours: [theirs]}."""
    if not isinstance(value, Mapping):
        return value
    found: dict[object, object] = {}
    for left, right in value.items():
        found |= dict.fromkeys(right, left) if isinstance(right, list) else {left: right}
    return found


Pairs = Annotated[dict[str, str], BeforeValidator(_pairs)]


class ClientAnswers(Params):
    """Who the client is."""

    name: str | None = None
    timezone: str | None = None
    currency: str | None = None
    locale: str | None = None
    language: str | None = None


class FileAnswers(Params):
    """What a person says of one file, or of all files of one name."""

    table: str | None = None
    """The canonical table that it holds, or `none`."""
    profile: str | None = None
    """The profile that reads it."""
    timezone: str | None = None
    date_order: Order | None = None
    decimal: Literal[".", ","] | None = None
    columns: dict[str, str] = {}
    """Canonical column: header."""
    constants: dict[str, str] = {}
    """Canonical column: the value of every row."""
    values: dict[str, Pairs] = {}
    """Canonical column: {their value: ours}."""
    durations: dict[str, str] = {}
    """Canonical column: the unit of a duration."""
    day_hours: str | None = None
    record: Literal["first", "last", "each"] | None = None
    where: str | None = None
    """`all`, or the condition for the rows that count."""
    invited: str | None = None
    exported_at: str | None = None


class ContractAnswers(Params):
    """What was promised, in a user's words."""

    provider: str | None = None
    starts_on: str | None = None
    ends_on: str | None = None
    hours: str | dict[str, Texts] | None = None
    """`all`, `mon-fri 08:00-18:00`, or windows by weekday."""
    holidays: str | dict[str, str] | None = None
    """`GB`, or `GB-ENG`."""
    services: dict[str, Any] | list[str] | None = None
    """By service its availability: `{email: 99.9 %}`; or their names alone."""
    response: dict[str, Any] | None = None
    """By priority the time to the first answer: `{P1: 15 min}`."""
    resolution: dict[str, Any] | None = None
    """By priority the time to the solve: `{P1: 4 h}`."""
    attainment: Any = None
    """The share of tickets that shall be in time, of all priorities or by each."""
    credits: Any = None
    """`{availability: {99.5 %: 5 %}}`: below that, so much of the fee; or a list as in contract.yaml."""
    monthly_fee: str | None = None
    included_hours: str | None = None
    notice_days: str | None = None
    duties: dict[str, Any] | list[str] | None = None
    """By duty how often: `{patching: 30}`, in days."""
    openslo: Texts = ()
    """Files of OpenSLO, beside the file of answers; they may stand among the files of `init` too."""


class Answers(ClientAnswers):
    """A file of answers; every key may be left out. What is said of the client may stand in `client` or beside it."""

    timezone: str | None = None
    """Of times without an offset in all files; the client's too, where `client` does not say it."""
    date_order: Order | None = None
    decimal: Literal[".", ","] | None = None
    invited: str | None = None
    month: str | None = None
    client: ClientAnswers = ClientAnswers()
    values: dict[str, Pairs] = {}
    """Canonical column: {their value: ours}, in all files."""
    files: dict[str, FileAnswers] = {}
    """By file's name, or the name of a sheet behind it: `book.xlsx#Tickets`."""
    approvers: Texts = ()
    """Who may approve orders."""
    approval_limit: str | None = None
    """The money over which an order needs an approval."""
    requesters: Texts = ()
    """Who may open tickets."""
    contract: ContractAnswers = ContractAnswers()

    def said(self, key: str) -> Any:
        """What was said of the client, under `client` or beside it."""
        return getattr(self.client, key) or getattr(self, key)

    def of(self, name: str) -> FileAnswers:
        """What was said of a file."""
        return self.files.get(name, FileAnswers())

    def hints(self, name: str) -> Hints:
        """What was said of a file, for whoever recognises it."""
        own = self.of(name)
        columns = self.values.keys() | own.values.keys()
        return Hints(
            table=own.table,
            date_order=own.date_order or self.date_order,
            decimal=own.decimal or self.decimal,
            columns=own.columns,
            values={column: self.values.get(column, {}) | own.values.get(column, {}) for column in columns},
            constants=own.constants,
            durations=own.durations,
            day_hours=own.day_hours,
            record=own.record,
            where=own.where,
        )

    def zone(self, name: str) -> str | None:
        """The zone of a file's times without an offset."""
        return self.of(name).timezone or self.timezone


def load(path: Path | None) -> tuple[Answers, dict[str, Any]]:
    """A file of answers, and its keys as they stand. Raises ParamsError, naming the nearest known key."""
    if path is None:
        return Answers(), {}
    data, lines = read_yaml(path)
    data = data or {}
    if isinstance(data, Mapping) and isinstance(data.get("answers"), Mapping):
        data = {**data["answers"], **{key: value for key, value in data.items() if key != "answers"}}
    data = _answered(data)
    return validate(Answers, data, str(path), lines), data


def _answered(data: Mapping[str, Any]) -> dict[str, Any]:
    """Without the places that were left empty; a service without a promise is named all the same."""
    kept = {}
    for key, value in data.items():
        inner = _answered(value) if isinstance(value, Mapping) and key != "contract" else value
        if inner is not None:
            kept[key] = inner
    return kept


def with_answers(
    raw: Mapping[str, Any], given: Iterable[tuple[Question, str]]
) -> tuple[Answers, dict[str, Any]]:
    """Answers with those of some questions put where they belong. Raises ParamsError for one that does not fit."""
    data = deepcopy(dict(raw))
    for question, text in given:
        target = data
        *path, last = question.path
        for key in path:
            inner = target.get(key)
            if not isinstance(inner, Mapping):  # absent, or names in a list
                target[key] = dict.fromkeys(inner) if isinstance(inner, list) else {}
            target = target[key]
        target[last] = [part.strip() for part in text.split(",")] if last in _LISTS else text
    return validate(Answers, data, "answers", {}), data


#: Answers that are lists.
_LISTS = ("approvers", "requesters")


def at_terminal(
    questions: Iterable[Question], prompt: Callable[[str, str], str]
) -> list[tuple[Question, str]]:
    """Ask one question after another; an empty answer leaves it open. `prompt` takes the text and what is likeliest."""
    given = []
    for question in questions:
        choices = f" [{', '.join(question.choices)}]" if question.choices else ""
        likely = f" (likeliest: {question.default})" if question.default else ""
        text = prompt(
            f"{question.text} {_sentence(question.why)}{choices}{likely}", question.default or ""
        ).strip()
        if text:
            given.append((question, text))
    return given


def _sentence(why: str) -> str:
    return f"{why[:1].upper()}{why[1:]}." if why else ""


def told(question: Question) -> str:
    """A question in one line, as it stands in a file and on the screen."""
    choices = f" One of {', '.join(question.choices)}." if question.choices else ""
    likely = f" Likeliest: {question.default}; not taken." if question.default else ""
    return f"{question.text} {_sentence(question.why)}{choices}{likely}"


def template(questions: Iterable[Question]) -> str:
    """A file of answers with a place for each question, which stands above it as a comment."""
    data: dict[str, Any] = {}
    for question in questions:
        target = data
        *path, last = question.path
        for key in path:
            target = target.setdefault(key, {})
        target.setdefault(last, question)
    return "\n".join(_lines(data, "")) + "\n" if data else ""


def _lines(data: Mapping[str, Any], indent: str) -> Iterable[str]:
    for key, value in data.items():
        name = yaml.safe_dump(key, default_flow_style=True, allow_unicode=True, width=1000).split("\n")[0]
        if isinstance(value, Question):
            yield f"{indent}# {' '.join(told(value).split())}"
            yield f"{indent}{name}:"
        else:
            yield f"{indent}{name}:"
            yield from _lines(value, f"{indent}  ")
