"""contract.yaml and strategy.yaml for a new client: what was answered, and every promise that was not, marked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from msp_report import params
from msp_report.intake.recognise.unknown import Question
from msp_report.model.errors import WrongUse
from msp_report.start.ask import Answers, told
from msp_report.start.openslo import Promise, Slos, percent

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MINUTES = {
    "min": 1,
    "m": 1,
    "minute": 1,
    "minutes": 1,
    "h": 60,
    "hour": 60,
    "hours": 60,
    "hrs": 60,
    "d": 1440,
}


@dataclass(frozen=True)
class Names:
    """What the files of `init` name: the services, and the priorities of tickets."""

    services: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    slos: Slos = field(default_factory=Slos)
    """And what files of OpenSLO promise."""


def flow(value: Any) -> str:
    """A value as YAML in one line.

    >>> flow({"name": "e: mail", "ratio": 0.999}), flow("no")
    ("{name: 'e: mail', ratio: 0.999}", "'no'")
    """
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=100_000)
    return text.removesuffix("\n").removesuffix("\n...")


def contract(client: str, answers: Answers, names: Names) -> tuple[str, list[Question]]:
    """The text of contract.yaml, and what is still to be asked. Raises WrongUse for an answer that says nothing."""
    asked: list[Question] = []
    lines = [
        "# What was agreed with the provider. Lines with QUESTION are still to be answered; NOT AGREED marks a"
    ]
    lines += [
        "# promise of which nothing is known: without it there is a figure and no verdict. docs/params.md"
    ]
    lines += _client(client, answers, asked)
    said = answers.contract
    provider = said.provider
    lines += [f"provider: {flow({'name': provider})}" if provider else "# provider: {name: …}"]
    lines += _term(said)
    calendar = _calendar(said)
    lines += (
        ["", *calendar] if calendar else ["", "# NOT AGREED: hours (calendars): when the provider is at work"]
    )
    lines += ["", *_services(said, names, asked)]
    lines += ["", *_tickets(said, names, bool(calendar))]
    lines += ["", *_credits(said), *_duties(said)]
    text = "\n".join(lines) + "\n"
    _check(text)
    return text, asked


def _client(client: str, answers: Answers, asked: list[Question]) -> list[str]:
    zone, currency = answers.said("timezone"), answers.said("currency")
    entry = {"name": answers.said("name") or client, "timezone": zone or "UTC"}
    entry |= {"currency": currency} if currency else {}
    entry |= {key: value for key in ("locale", "language") if (value := answers.said(key))}
    lines = []
    if not zone:
        asked.append(
            Question(
                ("client", "timezone"),
                "In which time zone does the client work?",
                "months and office hours are in it; UTC stands there until then: write one like Europe/London",
            )
        )
    if not currency:
        asked.append(
            Question(
                ("client", "currency"), "In which currency is the money?", "an ISO code such as GBP or EUR"
            )
        )
    for question in asked:
        lines.append(f"# QUESTION: {told(question)}")
    return [*lines, f"client: {flow(entry)}"]


def _term(said: Any) -> list[str]:
    keys = ("starts_on", "ends_on", "notice_days", "monthly_fee", "included_hours")
    given = {key: _plain(getattr(said, key)) for key in keys if getattr(said, key)}
    missing = [key for key in keys if key not in given]
    lines = [f"term: {flow(given)}"] if given else []
    return [*lines, f"# NOT AGREED: {', '.join(missing)} (term)"] if missing else lines


def _plain(text: str) -> Any:
    """A number where a text is one, also with thousands: 18,000. Raises WrongUse for 18.000, which may be 18."""
    if re.fullmatch(r"\d{1,3}(\.\d{3})+", text):
        raise WrongUse(
            f"answers: {text!r} may be thousands or a decimal: write it without the point, or with two digits"
        )
    bare = re.sub(r"[ ,'\u00a0](?=\d{3}\b)", "", text)
    return float(bare) if re.fullmatch(r"\d+\.\d+", bare) else int(bare) if bare.isdecimal() else text


def _calendar(said: Any) -> list[str]:
    if said.hours is None:
        return []
    entry: dict[str, Any] = {"hours": _hours(said.hours)}
    if said.holidays:
        entry["holidays"] = _holidays(said.holidays)
    lines = ["calendars:", f"  office: {flow(entry)}"]
    return lines if said.holidays else [*lines, "  # NOT AGREED: holidays"]


def _hours(text: str | Mapping[str, Any]) -> Any:
    """Windows by weekday, from `mon-fri 08:00-18:00, sat 9:00-12:00`."""
    if not isinstance(text, str):
        return {day: list(windows) for day, windows in text.items()}
    if text.strip().casefold() in ("all", "24x7", "24/7", "always"):
        return "all"
    found: dict[str, list[str]] = {}
    for part in re.split(r"[,;]", text.casefold()):
        match = re.fullmatch(r"\s*([a-z]{3})[a-z]*(?:\s*-\s*([a-z]{3})[a-z]*)?\s+(\S+?)\s*-\s*(\S+)\s*", part)
        if not match or match[1] not in _DAYS or (match[2] and match[2] not in _DAYS):
            raise WrongUse(f"answers: contract.hours: {text!r}: write it like mon-fri 08:00-18:00, or all")
        first, last = _DAYS.index(match[1]), _DAYS.index(match[2] or match[1])
        for day in _DAYS[first : last + 1] if first <= last else (*_DAYS[first:], *_DAYS[: last + 1]):
            found.setdefault(day, []).append(f"{match[3].rjust(5, '0')}-{match[4].rjust(5, '0')}")
    return found


def _holidays(text: str | Mapping[str, str]) -> dict[str, str]:
    if not isinstance(text, str):
        return dict(text)
    country, _, part = text.partition("-")
    return {"country": country.strip(), **({"subdivision": part.strip()} if part else {})}


def _ratio(value: Any, key: str) -> float:
    """A share, from 99.9 %, 99.9 or 0.999."""
    text = str(value).replace("%", "").strip()
    try:
        number = float(text)
    except ValueError:
        raise WrongUse(f"answers: {key}: {value!r} is no share: write it like 99.9 %") from None
    return round(number / 100 if number > 1 or "%" in str(value) else number, 9)


def _minutes(value: Any, key: str) -> float | int:
    """Minutes, from 15 min, 4 h or 90."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\.?\s*", str(value).casefold())
    unit = (match[2] or "min") if match else ""
    if not match or unit not in _MINUTES:
        raise WrongUse(f"answers: {key}: {value!r} is no length of time: write it like 15 min or 4 h")
    minutes = float(match[1]) * _MINUTES[unit]
    return int(minutes) if minutes == int(minutes) else minutes


def _services(said: Any, names: Names, asked: list[Question]) -> list[str]:
    given = said.services or {}
    given = dict.fromkeys(given) if isinstance(given, list) else given
    slos = names.slos
    rest = [f"# not taken over from {one}" for one in slos.listed]
    listed = list(dict.fromkeys([*given, *slos.promises, *names.services]))
    if not listed:
        return [*rest, "# NOT AGREED: services: what must be up, and how much (availability_ratio)"]
    lines = [*rest, "services:"]
    for name in listed:
        promise, slo = given.get(name), slos.promises.get(name, Promise())
        entry: dict[str, Any] = {"name": name}
        if slo.title:
            entry["title"] = slo.title
        if isinstance(promise, Mapping):
            entry |= {key: value for key, value in promise.items() if key not in ("availability", "hours")}
            if "hours" in promise:
                entry["calendar"] = promise["hours"]
            promise = promise.get("availability")
        if promise not in (None, ""):
            entry["availability_ratio"] = _ratio(promise, f"contract.services.{name}")
        elif slo.ratio is not None:
            entry["availability_ratio"] = slo.ratio
        if slo.targets:
            lines.append(f"  # OpenSLO says {', '.join(slo.targets)}")
        if slo.doubts and promise in (None, ""):
            question = _of_slo(name, slo)
            asked.append(question)
            lines += [f"  # QUESTION: {told(question)}", f"  #   its answer: {question.id}"]
        marked = "" if "availability_ratio" in entry else "  # NOT AGREED: availability_ratio"
        lines.append(f"  - {flow(entry)}{marked}")
    return lines


def _of_slo(name: str, slo: Promise) -> Question:
    """What only a person can say of an objective of OpenSLO."""
    until = f"; {percent(slo.ratio)} stands there until then" if slo.ratio is not None else ""
    why = f"in OpenSLO {'; '.join(slo.doubts)}: {', '.join(slo.targets)}{until}"
    return Question(
        ("contract", "services", name), f"Which availability of {name} is agreed for each month?", why
    )


def _tickets(said: Any, names: Names, has_office: bool) -> list[str]:
    response, resolution = said.response or {}, said.resolution or {}
    listed = list(dict.fromkeys([*response, *resolution, *names.priorities]))
    if not listed:
        return ["# NOT AGREED: tickets.priorities: response_min, resolution_min and attainment_ratio of each"]
    lines = ["tickets:", "  priorities:"]
    for name in listed:
        entry: dict[str, Any] = {"calendar": "office"} if has_office else {}
        missing = []
        for key, source in (("response_min", response), ("resolution_min", resolution)):
            if name in source:
                entry[key] = _minutes(source[name], f"contract.{key.removesuffix('_min')}.{name}")
            else:
                missing.append(key)
        share = said.attainment.get(name) if isinstance(said.attainment, Mapping) else said.attainment
        if share in (None, ""):
            missing.append("attainment_ratio")
        elif "response_min" in entry or "resolution_min" in entry:
            entry["attainment_ratio"] = _ratio(share, f"contract.attainment.{name}")
        marked = f"  # NOT AGREED: {', '.join(missing)}" if missing else ""
        lines.append(f"    {flow(name)}: {flow(entry)}{marked}")
    return lines


#: What a user calls a measure, and how contract.yaml does.
_MEASURES = {
    "availability": "availability.ratio",
    "response": "tickets.response_attainment",
    "resolution": "tickets.resolution_attainment",
}


def _credits(said: Any) -> list[str]:
    if not said.credits:
        return ["# NOT AGREED: credits: what a miss is worth"]
    if isinstance(said.credits, list):
        entries = [dict(entry) for entry in said.credits]
    elif isinstance(said.credits, Mapping):
        entries = [
            {
                "measure": _MEASURES.get(measure, measure),
                "below": _ratio(below, f"contract.credits.{measure}"),
                "credit_ratio": _ratio(worth, f"contract.credits.{measure}"),
            }
            for measure, steps in said.credits.items()
            if isinstance(steps, Mapping)
            for below, worth in steps.items()
        ]
    else:
        raise WrongUse("answers: contract.credits: write them like {availability: {99.5 %: 5 %}}")
    return ["credits:", *(f"  - {flow(entry)}" for entry in entries)]


def _duties(said: Any) -> list[str]:
    given = said.duties or {}
    if isinstance(given, list):
        return [
            "# NOT AGREED: how often each of the duties is due:",
            *(f"#   - {flow(name)}" for name in given),
        ]
    if not given:
        return ["# NOT AGREED: duties: standard tasks, and how often they are due (every_days)"]
    lines = ["duties:"]
    for name, often in given.items():
        days = _every(often)
        if days is None:
            raise WrongUse(f"answers: contract.duties.{name}: {often!r}: write in days how often it is due")
        lines.append(f"  - {flow({'name': name, 'every_days': int(days) if days == int(days) else days})}")
    return lines


#: The days of what a user calls a time after which something is due again; the longest that it may be.
_LENGTHS = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
_OFTEN = {"daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92, "yearly": 366}


def _every(often: Any) -> float | None:
    """The days of `monthly`, `30`, `every 2 weeks`; None for other words."""
    said = str(often).strip().casefold()
    match = re.fullmatch(r"(?:every )?(\d+(?:\.\d+)?)(?: (day|week|month|quarter|year)s?)?", said)
    return float(match[1]) * _LENGTHS[match[2] or "day"] if match else _OFTEN.get(said)


def _check(text: str) -> None:
    """Refuse what the contract itself would refuse, before it is written."""
    data = yaml.load(text, Loader=yaml.BaseLoader)
    try:
        params.as_contract(data)
    except params.ParamsError as error:
        raise WrongUse(f"answers: {error}") from None


def strategy(answers: Answers) -> tuple[str, list[Question]]:
    """The text of strategy.yaml, and what is still to be asked."""
    asked: list[Question] = []
    lines = ["# What the board wants, and who may do what. docs/params.md"]
    if answers.approvers:
        limit = {"limit": _plain(answers.approval_limit)} if answers.approval_limit else {}
        lines.append(f"approval: {flow({**limit, 'approvers': list(answers.approvers)})}")
    else:
        asked.append(
            Question(
                ("approvers",),
                "Who may approve orders?",
                "names, with commas between them; nobody is known yet",
            )
        )
    if answers.requesters:
        lines.append(f"requesters: {flow(list(answers.requesters))}")
    else:
        asked.append(
            Question(
                ("requesters",),
                "Who may open tickets?",
                "addresses, or patterns such as *@acme.example; until then everybody may",
            )
        )
    lines += [f"# QUESTION: {told(question)}" for question in asked]
    if len(lines) == 1 + len(asked):
        lines.append("{}")
    return "\n".join(lines) + "\n", asked
