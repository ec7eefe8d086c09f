"""contract.yaml: what was agreed with the provider, and since when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, Field, PrivateAttr, ValidationError
from pydantic import model_validator as check

from msp_report.model.clock import Clock
from msp_report.model.columns import civil_day
from msp_report.params.fields import Count, Money, Name, NotNegative, Params, Ratio
from msp_report.params.layout import Texts
from msp_report.params.yaml_text import load, nearest, problems, validate


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
                    f"{where} names the calendar {calendar!r}, which is not in calendars{nearest(calendar, names)}"
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
                what = "; ".join(problems(Contract, error, "the contract", {}))
                raise ValueError(
                    f"amendments: with what is set from {amendment.effective_on}, {what}"
                ) from None

    def _calendars_used(self) -> list[tuple[str, str]]:
        used = [(f"services.{service.name}", service.calendar) for service in self.services]
        used += [(f"tickets.priorities.{name}", p.calendar) for name, p in self.tickets.priorities.items()]
        windows = self.accounting.maintenance_windows
        return used + ([("accounting.maintenance_windows", windows)] if isinstance(windows, str) else [])

    def on(self, day: date) -> Contract:
        """The contract with every amendment in force on a civil day, or on that of an instant in the client's zone."""
        if isinstance(day, datetime):
            day = civil_day(day, self.client.timezone).date()
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
                    f"amendments.set: {path!r} names nothing in the contract{nearest(head, keys)}"
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


def as_contract(contract: Contract | Mapping[str, Any]) -> Contract:
    """A contract from a model or a plain dict like the YAML; a dict without `client` is in UTC.

    Raises ParamsError naming the key.
    """
    if isinstance(contract, Contract):
        return contract
    return validate(Contract, {"client": {"name": "client", "timezone": "UTC"}, **contract}, "contract", {})


def load_contract(folder: Path) -> Contract:
    """params/<client>/contract.yaml. Raises ParamsError."""
    return load(Contract, folder / "contract.yaml", required=True)
