"""What was agreed, what the board wants and where the exports lie: validated, frozen (interfaces.md).

YAML is read with every scalar as text and typed by the models, so that `9:00` stays a time, `NO` a country
and `1.10` a version. An unknown key is refused with its line and the nearest known one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from zoneinfo import ZoneInfo

import yaml
from babel import Locale, UnknownLocaleError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
)
from pydantic import model_validator as check
from rapidfuzz import fuzz, process

from msp_report.model.clock import Clock
from msp_report.model.period import Period
from msp_report.params.layout import Layout, Texts


class ParamsError(ValueError):
    """A params file cannot be used; the text names file, line and key and says what to do."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError(f"{name!r} is not a time zone: write one like Europe/London") from None
    return name


def _locale(name: str) -> str:
    try:
        Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise ValueError(f"{name!r} is not a locale: write one like en-GB") from None
    return name


def _language(name: str) -> str:
    try:
        Locale.parse(name.split("-")[0])
    except (UnknownLocaleError, ValueError):
        raise ValueError(f"{name!r} is not a language: write one like en or pt-BR") from None
    return name


Zone = Annotated[str, AfterValidator(_zone)]
Ratio = Annotated[float, Field(ge=0, le=1)]
NotNegative = Annotated[float, Field(ge=0)]
Money = Annotated[Decimal, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Name = Annotated[str, Field(min_length=1)]


class Params(BaseModel):
    """A frozen model that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


# ---------------------------------------------------------------- contract.yaml


class Client(Params):
    name: Name
    timezone: Zone
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    locale: Annotated[str, AfterValidator(_locale)] = "en-GB"
    language: Annotated[str, AfterValidator(_language)] = "en"
    """The catalogue of the pages' words; `locale` writes the numbers."""


class Provider(Params):
    name: Name = "the provider"
    aliases: tuple[Name, ...] = ()
    """Other names by which exports may call the provider."""
    billing: Literal["fixed", "hourly", "per_user", "per_ticket"] = "fixed"


class Term(Params):
    starts_on: date | None = None
    ends_on: date | None = None
    notice_days: Count | None = None
    monthly_fee: Money | None = None
    exit_fee: Money | None = None
    included_hours: NotNegative | None = None


class Privacy(Params):
    people: Literal["pseudonym", "shown"] = "pseudonym"


class Brand(Params):
    logo: str | None = None


class Holidays(Params):
    country: Name
    subdivision: str | None = None


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Calendar(Params):
    timezone: Zone | None = None
    hours: Literal["all"] | dict[Weekday, Texts] = "all"
    holidays: Holidays | None = None
    closed: tuple[date, ...] = ()
    dates: dict[date, Texts] = {}
    breaks: dict[date, Texts] = {}


class Service(Params):
    name: Name
    calendar: str = "always"
    availability_ratio: Ratio | None = None
    max_outages: Count | None = None
    outage_min: NotNegative = 0
    users: NotNegative | None = None
    user_hourly_cost: NotNegative | None = None
    clause: str | None = None


class Accounting(Params):
    maintenance: Literal["exclude", "up", "down", "observed"] = "exclude"
    unknown: Literal["exclude", "up", "down"] = "exclude"
    degraded: Literal["up", "down"] = "up"
    short_outage_s: NotNegative = 0
    notice_hours: NotNegative = 48
    max_gap_s: NotNegative = 900
    maintenance_cap_min: NotNegative | None = None
    maintenance_windows: str | Calendar | dict[Weekday, Texts] | None = None
    """Name of a calendar, a calendar, or hours by weekday in the client's zone."""


class Priority(Params):
    calendar: str = "always"
    response_min: NotNegative | None = None
    resolution_min: NotNegative | None = None
    attainment_ratio: Ratio | None = None
    clause: str | None = None


class Training(Params):
    categories: Texts = ()
    words: Texts = ()


class Tickets(Params):
    priorities: dict[str, Priority] = {}
    pause_statuses: Texts = ("waiting_on_customer",)
    hourly_rate: NotNegative | None = None
    ticket_rate: NotNegative | None = None
    training: Training = Training()
    repeat_days: NotNegative = 30
    reopen_days: NotNegative = 14


class Capacity(Params):
    resource: Name
    metric: Name
    unit: str = "ratio"
    capacity: NotNegative | None = None
    warn_ratio: NotNegative | None = None
    limit_ratio: NotNegative | None = None
    percentile: Literal["linear", "nearest_rank"] = "linear"
    critical: bool = False
    clause: str | None = None


class Credit(Params):
    measure: Name
    subject: str | None = None
    below: float | None = None
    above: float | None = None
    credit_ratio: Ratio
    clause: str | None = None


class CreditTerms(Params):
    claim_days: Count | None = None
    repeat_factor: NotNegative = 1
    cap_ratio: NotNegative | None = None


class Procurement(Params):
    price_ratio: NotNegative = 0
    price_abs: NotNegative = 0
    quantity_ratio: NotNegative = 0
    quantity_abs: NotNegative = 0
    check_ratio: NotNegative = 0


class Backups(Params):
    rpo_hours: Annotated[float, Field(gt=0)] = 24


class Duty(Params):
    name: Name
    every_days: Annotated[float, Field(gt=0)]
    clause: str | None = None


class Scope(Params):
    subject: Name
    role: Literal["do", "advise", "none"] = "none"
    evidence: str | None = None


class ExitAccess(Params):
    item: Name
    held_by: str | None = None
    proved_on: date | None = None


class Amendment(Params):
    effective_on: date
    clause: str | None = None
    set: dict[str, Any]


class Rebase(Params):
    measure: Name
    subject: str = ""
    on: date
    why: Name


class Contract(Params):
    """What was agreed with the provider; `on(day)` applies the amendments in force."""

    client: Client
    provider: Provider = Provider()
    term: Term = Term()
    privacy: Privacy = Privacy()
    brand: Brand = Brand()
    calendars: dict[str, Calendar] = {}
    services: tuple[Service, ...] = ()
    accounting: Accounting = Accounting()
    tickets: Tickets = Tickets()
    capacity: tuple[Capacity, ...] = ()
    credits: tuple[Credit, ...] = ()
    credit_terms: CreditTerms = CreditTerms()
    procurement: Procurement = Procurement()
    licences: dict[str, Literal["device", "user", "core"]] = {}
    backups: Backups = Backups()
    duties: tuple[Duty, ...] = ()
    scope: tuple[Scope, ...] = ()
    exit_access: tuple[ExitAccess, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    rebase: tuple[Rebase, ...] = ()

    _source: dict[str, Any] = PrivateAttr(default_factory=dict)
    _clocks: dict[str, Clock] = PrivateAttr(default_factory=dict)
    _versions: list[tuple[date, Contract]] = PrivateAttr(default_factory=list)

    @check(mode="after")
    def _references(self) -> Contract:
        names = {"always", *self.calendars}
        for where, calendar in self._calendars_used():
            if calendar not in names:
                raise ValueError(
                    f"{where} names the calendar {calendar!r}, which is not in calendars{_nearest(calendar, names)}"
                )
        for name, calendar in self.calendars.items():
            try:
                Clock(calendar.model_dump(exclude_none=True), self.client.timezone)
            except ValueError as error:
                raise ValueError(f"calendars.{name}: {error}") from None
        for field, seen in (
            ("services", [s.name for s in self.services]),
            ("duties", [d.name for d in self.duties]),
        ):
            for name in seen:
                if seen.count(name) > 1:
                    raise ValueError(f"{field}: {name!r} is listed twice")
        self._versions.extend(self._amended())
        return self

    def _amended(self) -> Iterator[tuple[date, Contract]]:
        """Later versions are validated with the contract, so a wrong amendment is refused at once."""
        yield date.min, self
        data: dict[str, Any] = self.model_dump(exclude_unset=True, exclude={"amendments"})
        for amendment in sorted(self.amendments, key=lambda a: a.effective_on):
            for path, value in amendment.set.items():
                _put(data, path, value)
            try:
                yield amendment.effective_on, Contract.model_validate(data)
            except ValidationError as error:
                what = "; ".join(_problems(Contract, error, "the contract", {}))
                raise ValueError(
                    f"amendments: with what is set from {amendment.effective_on}, {what}"
                ) from None

    def _calendars_used(self) -> list[tuple[str, str]]:
        used = [(f"services.{service.name}", service.calendar) for service in self.services]
        used += [(f"tickets.priorities.{name}", p.calendar) for name, p in self.tickets.priorities.items()]
        windows = self.accounting.maintenance_windows
        return used + ([("accounting.maintenance_windows", windows)] if isinstance(windows, str) else [])

    def on(self, day: date) -> Contract:
        """The contract with every amendment in force on a day."""
        return [version for effective_on, version in self._versions if effective_on <= day][-1]

    @property
    def versions(self) -> list[tuple[date, Contract]]:
        """(first day in force, contract), oldest first; the first one counts from the beginning of time."""
        return list(self._versions)

    def clock(self, calendar: str) -> Clock:
        """The clock of a calendar by name; `always` needs no declaration."""
        if calendar not in self._clocks:
            declared = self.calendars.get(calendar, Calendar())
            self._clocks[calendar] = Clock(declared.model_dump(exclude_none=True), self.client.timezone)
        return self._clocks[calendar]

    def service(self, name: str) -> Service | None:
        """A service by its name, or None."""
        return next((service for service in self.services if service.name == name), None)


# ---------------------------------------------------------------- strategy.yaml


class Author(Params):
    name: Name
    independent: bool = False
    reviewed_on: date | None = None


class Shared(Params):
    on: date | None = None
    acknowledged_by: str | None = None
    acknowledged_on: date | None = None


class Oversight(Params):
    name: Name
    kind: str | None = None
    it_experience: bool = False
    hours_per_month: NotNegative | None = None
    interest: str | None = None


class Objective(Params):
    id: Name
    title: Name
    owner: str | None = None


class ScorecardLine(Params):
    perspective: str = ""
    objective: str | None = None
    measure: Annotated[str, Field(pattern=r"^\w+\.\w+$")]
    subject: str = ""
    target: float | None = None
    better: Literal["higher", "lower"] | None = None
    page_one: bool = False


class Approval(Params):
    limit: Money | None = None
    together_days: NotNegative = 7
    approvers: Texts = ()


class PriorityWeights(Params):
    benefit: NotNegative = 0.5
    risk: NotNegative = 0.2
    cost: NotNegative = 0.3


class Alternative(Params):
    function: Name
    fee_share: Ratio | None = None
    yearly_cost: Money | None = None
    source: str | None = None
    dated_on: date | None = None


class Audit(Params):
    """How exact the yearly audit sample shall be, and which one of all possible samples it is."""

    precision_ratio: Annotated[float, Field(gt=0, lt=0.5)] = 0.1
    """Half the width of the interval around a share, where it is widest."""
    confidence_ratio: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    seed: Count = 1


class Strategy(Params):
    """What the board wants and who watches over it."""

    author: Author | None = None
    shared: Shared | None = None
    oversight: Oversight | None = None
    objectives: tuple[Objective, ...] = ()
    scorecard: tuple[ScorecardLine, ...] = ()
    approval: Approval = Approval()
    requesters: Texts = ()
    priority: PriorityWeights = PriorityWeights()
    alternatives: tuple[Alternative, ...] = ()
    audit: Audit = Audit()


# ---------------------------------------------------------------- findings.yaml


def _period(text: str) -> str:
    return str(Period.parse(text))


Severity = Literal["none", "low", "medium", "high", "critical"]


class Finding(Params):
    """What the consultant found on one question in one period, and what the provider says to it."""

    period: Annotated[str, AfterValidator(_period)]
    """The period that was judged: "2026" or "2025-07..2026-06"."""
    question: Name
    """Id of one of the questions."""
    finding: Name
    severity: Severity
    evidence: str | None = None
    recommendation: str | None = None
    management_response: str | None = None
    graded_by: Name
    graded_on: date


class Findings(Params):
    """The consultant's grades of every period, one a question."""

    findings: tuple[Finding, ...] = ()

    @check(mode="after")
    def _once(self) -> Findings:
        seen: set[tuple[str, str]] = set()
        for one in self.findings:
            if (one.period, one.question) in seen:
                raise ValueError(f"findings: {one.question!r} is graded twice for {one.period}: keep one")
            seen.add((one.period, one.question))
        return self


# ---------------------------------------------------------------- sources.yaml


class Source(Layout):
    """One place from which rows of one table come."""

    file: str | None = None
    profile: str | None = None
    evidence: Literal["raw", "provider", "probe"] = "provider"
    invited: Count | None = None
    prometheus: str | None = None
    sql: str | None = None
    query: str | None = None
    resource: str | None = None

    @check(mode="after")
    def _one_origin(self) -> Source:
        if sum(origin is not None for origin in (self.file, self.prometheus, self.sql)) != 1:
            raise ValueError("a source needs exactly one of file, sql or prometheus")
        return self


def _sources(value: object) -> object:
    return [value] if isinstance(value, Mapping) else value


class Sources(Params):
    """Where the exports lie and what the vendor calls things."""

    exports: str = "exports/{client}/{month}"
    reject_limit_ratio: Ratio = 0.02
    tables: dict[str, Annotated[tuple[Source, ...], BeforeValidator(_sources)]] = {}

    @check(mode="after")
    def _known_tables(self) -> Sources:
        from msp_report.model.tables import TABLES

        for name in self.tables:
            if name not in TABLES:
                raise ValueError(f"tables: {name!r} is not a table{_nearest(name, TABLES)}")
        for name in re.findall(r"\{(.*?)\}", self.exports):
            if name not in ("client", "month"):
                raise ValueError(f"exports: {{{name}}} stands for nothing: only {{client}} and {{month}} do")
        return self


# ---------------------------------------------------------------- loading


def as_contract(contract: Contract | Mapping[str, Any]) -> Contract:
    """A contract from a model or a plain dict like the YAML; a dict without `client` is in UTC.

    Raises ParamsError naming the key.
    """
    if isinstance(contract, Contract):
        return contract
    return _validate(Contract, {"client": {"name": "client", "timezone": "UTC"}, **contract}, "contract", {})


def as_strategy(strategy: Strategy | Mapping[str, Any] | None) -> Strategy:
    """A strategy from a model, a plain dict like the YAML, or nothing. Raises ParamsError naming the key."""
    return (
        strategy
        if isinstance(strategy, Strategy)
        else _validate(Strategy, dict(strategy or {}), "strategy", {})
    )


def load_contract(folder: Path) -> Contract:
    """params/<client>/contract.yaml. Raises ParamsError."""
    return _load(Contract, folder / "contract.yaml", required=True)


def load_strategy(folder: Path) -> Strategy:
    """params/<client>/strategy.yaml; an absent file is an empty strategy. Raises ParamsError."""
    return _load(Strategy, folder / "strategy.yaml", required=False)


def load_findings(folder: Path) -> Findings:
    """params/<client>/findings.yaml; an absent file means that nothing was graded. Raises ParamsError."""
    return _load(Findings, folder / "findings.yaml", required=False)


def load_sources(folder: Path) -> Sources:
    """params/<client>/sources.yaml; an absent file means canonical CSV files named like their tables.

    Raises ParamsError.
    """
    return _load(Sources, folder / "sources.yaml", required=False)


def schemas() -> dict[str, dict[str, Any]]:
    """JSON schemas of the params files, for editors that complete and check YAML while typing."""
    return {
        name: model.model_json_schema()
        for name, model in (
            ("contract", Contract),
            ("strategy", Strategy),
            ("findings", Findings),
            ("sources", Sources),
        )
    }


def _load(model: type[Params], path: Path, required: bool) -> Any:
    if not path.exists():
        if required:
            raise ParamsError(f"{path} is missing: write at least client: {{name: …, timezone: …}}")
        return model()
    data, lines = read_yaml(path)
    return _validate(model, data, str(path), lines)


def _validate(model: type[Params], data: Any, name: str, lines: dict[tuple, int]) -> Any:
    if not isinstance(data, Mapping):
        raise ParamsError(f"{name}: expected keys and values, found {type(data).__name__}")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ParamsError("\n".join(_problems(model, error, name, lines))) from None


def _problems(model: type[Params], error: ValidationError, name: str, lines: dict[tuple, int]) -> list[str]:
    """One sentence a problem: where, what, and what to do; alternatives of one place are told once."""
    sentences: dict[str, str] = {}
    problems = error.errors(include_url=False)
    deeper = {problem["loc"][:-2] for problem in problems} | {problem["loc"][:-3] for problem in problems}
    for problem in problems:
        if str(problem["loc"][-1:]).find("literal[") > 0 and problem["loc"][:-1] in deeper:
            continue  # the other member of a union is the one that was meant
        path = tuple(part for part in problem["loc"] if part != "[key]")
        real = _data_path(path, lines)
        line = next((lines[real[:cut]] for cut in range(len(real), -1, -1) if real[:cut] in lines), None)
        place = f"{name}, line {line}" if line else name
        key = ".".join(str(part) for part in real)
        if problem["type"] == "extra_forbidden":
            known = _fields_at(model, path[:-1])
            text = f"{key!r} is not a known key{_nearest(str(path[-1]), known)}"
        elif problem["type"] == "missing":
            text = f"{key!r} is missing: add it"
        else:
            message = problem["msg"].removeprefix("Value error, ")
            shown = problem.get("input")
            found = f" (found {shown!r})" if isinstance(shown, str | int | float) and key else ""
            text = f"{key}: {message}{found}" if key else message
        sentences.setdefault(f"{place}:{key}", f"{place}: {text}")
    return list(sentences.values())


def _data_path(path: tuple, lines: dict[tuple, int]) -> tuple:
    """The path in the file: pydantic puts names of union members between the keys."""
    if not lines:
        return tuple(part for part in path if not (isinstance(part, str) and re.search(r"[\[(]", part)))
    real: tuple = ()
    for index, part in enumerate(path):
        if (*real, part) in lines or index == len(path) - 1:
            real = (*real, part)
    return real


def _fields_at(model: Any, path: tuple) -> list[str]:
    """The keys known at a path of a model."""
    for part in path:
        model = _step(model, part)
    members = [m for m in _members(model) if isinstance(m, type) and issubclass(m, BaseModel)]
    return sorted({name for member in members for name in member.model_fields})


def _step(annotation: Any, part: Any) -> Any:
    for member in _members(annotation):
        if isinstance(member, type) and issubclass(member, BaseModel):
            if part in member.model_fields:
                return member.model_fields[part].annotation
        elif get_origin(member) is dict:
            return get_args(member)[1]
        elif get_origin(member) is tuple and isinstance(part, int):
            return get_args(member)[0]
    return annotation


def _members(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [inner for member in get_args(annotation) for inner in _members(member)]
    return [annotation]


def _nearest(word: str, known: Any) -> str:
    """ ", did you mean ...?" with the closest known word, or the whole list where it is short."""
    known = sorted(str(name) for name in known)
    match = process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=60)
    if match:
        return f": did you mean {match[0]!r}?"
    return f"; known are {', '.join(known)}" if 0 < len(known) <= 30 else ""


def _put(data: dict[str, Any], path: str, value: Any) -> None:
    """Set a dotted path in the contract's data; items of lists go by name or resource:metric."""
    target: Any = data
    rest = path
    while True:
        keys = _keys(target)
        key = max((k for k in keys if rest == k or rest.startswith(k + ".")), key=len, default=None)
        if key is None:
            head, _, tail = rest.partition(".")
            if isinstance(target, dict) and not tail:
                target[head] = value
                return
            if not isinstance(target, dict):
                raise ValueError(
                    f"amendments.set: {path!r} names nothing in the contract{_nearest(head, keys)}"
                )
            target[head] = {}
            target, rest = target[head], tail
            continue
        rest = rest[len(key) + 1 :]
        if not rest:
            target[keys[key]] = value
            return
        child = target[keys[key]]
        if isinstance(child, tuple):
            child = list(child)
            target[keys[key]] = child
        target = child


def _keys(target: Any) -> dict[str, Any]:
    """What a path's next part may be called, and where it leads."""
    if isinstance(target, dict):
        return {str(key): key for key in target}
    if isinstance(target, list):
        return {_item_name(item): index for index, item in enumerate(target)}
    return {}


def _item_name(item: Any) -> str:
    if isinstance(item, dict):
        if "resource" in item:
            return f"{item['resource']}:{item.get('metric', '')}"
        return str(next((item[key] for key in ("name", "subject", "item", "measure") if key in item), ""))
    return str(item)


# ---------------------------------------------------------------- YAML


class _TextLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Every scalar is text but null; keys may not repeat."""


_TextLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag in ("tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> tuple[Any, dict[tuple, int]]:
    """A YAML file with all scalars as text, and the line of every path in it.

    Raises ParamsError with the line where the file is no YAML, not UTF-8, or repeats a key.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ParamsError(f"{path}: not UTF-8 text: save it as UTF-8") from None
    loader = _TextLoader(text)
    try:
        node = loader.get_single_node()
        lines: dict[tuple, int] = {}
        if node is not None:
            _note_lines(node, (), lines, path)
        return (loader.construct_document(node) if node is not None else {}), lines
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ParamsError(f"{path}, line {line}: not readable as YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ParamsError(f"{path}: not readable as YAML: {error}") from None
    finally:
        loader.dispose()


def _note_lines(node: yaml.Node, path: tuple, lines: dict[tuple, int], file: Path, depth: int = 0) -> None:
    if depth > 40:
        raise ParamsError(f"{file}, line {node.start_mark.line + 1}: nested too deeply")
    if len(lines) > 50_000:  # aliases of aliases grow without end
        raise ParamsError(f"{file}: too many entries")
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen and key.value != "<<":
                raise ParamsError(
                    f"{file}, line {key.start_mark.line + 1}: {key.value!r} stands twice: keep one"
                )
            seen.add(key.value)
            _note_lines(value, (*path, key.value), lines, file, depth + 1)
            lines[(*path, key.value)] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note_lines(value, (*path, index), lines, file, depth + 1)
