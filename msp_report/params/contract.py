"""contract.yaml: what was agreed with the provider, and since when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, Field, PrivateAttr, ValidationError
from pydantic import model_validator as check

from msp_report.model.clock import Clock
from msp_report.model.columns import civil_day
from msp_report.model.names import normal_name
from msp_report.model.reads import Noted
from msp_report.model.tables import TABLES
from msp_report.model.zones import ZoneInfo
from msp_report.params.fields import (
    Count,
    Day,
    Days,
    Hours,
    Minutes,
    Money,
    Name,
    NotNegative,
    Number,
    Params,
    Ratio,
    Seconds,
    WholeDays,
)
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


def _table(name: str) -> str:
    if name not in TABLES:
        raise ValueError(f"{name!r} is not a table{nearest(name, TABLES)}")
    return name


Zone = Annotated[str, AfterValidator(_zone)]


class Client(Params):
    name: Name
    """What the client is called on every page."""
    timezone: Zone
    """IANA zone of the client: months, days and times without an offset are in it."""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    """ISO 4217 code of the money on every page."""
    locale: Annotated[str, AfterValidator(_locale)] = "en-GB"
    """How numbers, dates and money are written."""
    language: Annotated[str, AfterValidator(_language)] = "en"
    """The catalogue of the pages' words; `locale` writes the numbers."""


class Provider(Params):
    name: Name = "the provider"
    """What the provider is called on every page and in exports."""
    aliases: tuple[Name, ...] = ()
    """Other names by which exports may call the provider."""
    billing: Literal["fixed", "hourly", "per_user", "per_ticket"] | None = None
    """How the provider is paid: decides what more tickets earn it (rule 19); left out, it is not stated."""


class Term(Params):
    starts_on: Day | None = None
    """First day of the contract: nothing was due before."""
    ends_on: Day | None = None
    """Last day of the contract."""
    notice_days: WholeDays | None = None
    """How long before the end, or before leaving, notice must be given."""
    monthly_fee: Money | None = None
    """Fee of a month, from which credits are a share."""
    exit_fee: Money | None = None
    """What leaving costs beside the fee of the notice (rule 30)."""
    included_hours: Hours | None = None
    """Hours of a month that the fee pays for."""
    billed: Literal["entries", "over_included"] | None = None
    """Which hours cost money beside the fee: those whose entry is billable, or those over included_hours (rule 19)."""


class Privacy(Params):
    people: Literal["pseudonym", "shown"] = "pseudonym"
    """Whether people stand on published pages by name or by a pseudonym."""
    roles: Texts = ()
    """Names of departments and offices that exports write where a person may stand; they are shown."""


class Brand(Params):
    logo: str | None = None
    """A picture beside contract.yaml, put into the head of each page."""


class Holidays(Params):
    country: Name
    """ISO code of the country whose public holidays are closed."""
    subdivision: str | None = None
    """Its part, such as ENG, where holidays differ within it."""


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Calendar(Params):
    timezone: Zone | None = None
    """Zone of the hours; the client's where it is not given."""
    hours: Literal["all"] | dict[Weekday, Texts] = "all"
    """`all`, or open windows by weekday ("08:00-18:00", up to "24:00"); a day left out is closed."""
    holidays: Holidays | None = None
    """Public holidays on which it is closed."""
    closed: tuple[date, ...] = ()
    """Further days on which it is closed."""
    dates: dict[date, Texts] = {}
    """Windows of a date in place of those of its weekday; they open a closed day too."""
    breaks: dict[date, Texts] = {}
    """Windows of a date that are taken out."""


class Service(Params):
    name: Name
    """What outages and checks call the service."""
    title: str | None = None
    """What pages call it, as it stands in a sentence: the web shop; else by its name."""
    calendar: str = "always"
    """Name of the calendar of its service time; `always` is round the clock."""
    availability_ratio: Ratio | None = None
    """Share of its service time in which it shall be up."""
    max_outages: Count | None = None
    """Most outages of a month."""
    outage_min: Minutes = 0
    """From how many minutes of service time a down run counts as an outage."""
    users: NotNegative | None = None
    """People who cannot work while it is down (rule 39)."""
    user_hourly_cost: NotNegative | None = None
    """What an hour of one of them costs."""
    clause: str | None = None
    """Where the contract says so."""


class Accounting(Params):
    maintenance: Literal["exclude", "up", "down", "observed"] = "exclude"
    """How announced maintenance counts (rule 8)."""
    unknown: Literal["exclude", "up", "down"] = "exclude"
    """How time without evidence counts (rule 6)."""
    degraded: Literal["up", "down"] = "up"
    """How degraded time counts."""
    short_outage_s: Seconds = 0
    """Shorter spans take the state on both their sides (rule 9) [s]."""
    notice_hours: Hours = 48
    """How long before its start maintenance must be announced [h]."""
    max_gap_s: Seconds = 900
    """How long a check holds without the next one (rule 7) [s]."""
    probes: Literal["worst", "majority", "best"] = "worst"
    """How probes of one service that disagree are joined (rule 4)."""
    maintenance_cap_min: Minutes | None = None
    """Most minutes of maintenance of a month that are accepted."""
    maintenance_windows: str | Calendar | dict[Weekday, Texts] | None = None
    """Name of a calendar, a calendar, or hours by weekday in the client's zone."""


class Priority(Params):
    title: str | None = None
    """What pages call it, with its name behind: urgent (P1)."""
    calendar: str = "always"
    """Name of the calendar in which its clocks run."""
    response_min: Minutes | None = None
    """Time to the first answer [min]."""
    resolution_min: Minutes | None = None
    """Time to the solve [min]."""
    attainment_ratio: Ratio | None = None
    """Share of clocks that shall be in time."""
    clause: str | None = None
    """Where the contract says so."""


class Training(Params):
    categories: Texts = ()
    """Categories of tickets that ask how something is done."""
    words: Texts = ()
    """Words in a title that say the same."""


class Tickets(Params):
    priorities: dict[str, Priority] = {}
    """What was promised for each priority, by its name in the tickets."""
    pause_statuses: Texts = ("waiting_on_customer",)
    """Statuses in which the clock of the resolution stands still (rule 14)."""
    hourly_rate: NotNegative | None = None
    """What an hour costs, where hours are paid."""
    ticket_rate: NotNegative | None = None
    """What a ticket costs, where tickets are paid."""
    training: Training = Training()
    """How a question of training is known."""
    repeat_days: Days = 30
    """How long after a solve a like ticket is a repeat (rule 18)."""
    reopen_days: Days = 14
    """How long after a solve a return is counted (rule 18)."""


class Capacity(Params):
    resource: Name
    """What samples call the resource."""
    title: str | None = None
    """What pages call it, as it stands in a sentence: the line to London; else by its name and metric."""
    metric: Name
    """Which of its metrics is judged."""
    unit: str = "ratio"
    """Unit of its samples and of `capacity`."""
    capacity: NotNegative | None = None
    """What the resource can do at most, in that unit."""
    least: Number | None = None
    """The least that its samples can show: what missing ones may have been (rule 22). Below 0 where it may be."""
    greatest: Number | None = None
    """The most that its samples can show; not declared = nothing bounds what is missing."""
    every_s: Annotated[float, Field(gt=0, le=3_155_760_000)] | None = None
    """How often it is sampled [s]; not declared = as the samples say, at least once an hour."""
    warn_ratio: NotNegative | None = None
    """Use from which a warning stands on the page."""
    limit_ratio: NotNegative | None = None
    """Use over which the promise is missed."""
    percentile: Literal["linear", "nearest_rank"] = "linear"
    """How the 95th percentile is taken (rule 22)."""
    critical: bool = False
    """Whether it is one of the critical resources."""
    clause: str | None = None
    """Where the contract says so."""

    @check(mode="after")
    def _range(self) -> Capacity:
        least, greatest = self.least or 0, self.greatest
        if greatest is not None and greatest < least:
            raise ValueError(
                f"{self.resource}:{self.metric} cannot show at least {least:g} and at most {greatest:g}"
            )
        return self


class Credit(Params):
    measure: Name
    """The measure that is judged, such as availability.ratio."""
    subject: str | None = None
    """The one subject it is for; every one where it is not given."""
    below: Number | None = None
    """A value under this earns the credit."""
    above: Number | None = None
    """A value over this earns the credit."""
    credit_ratio: Ratio
    """Share of the monthly fee."""
    clause: str | None = None
    """Where the contract says so."""


class CreditTerms(Params):
    claim_days: WholeDays | None = None
    """Within how many days after the month a credit must be claimed."""
    repeat_factor: NotNegative = 1
    """By what a credit is multiplied where the month before missed too."""
    cap_ratio: NotNegative | None = None
    """Most of a month's credits, as a share of the fee."""


class Procurement(Params):
    price_ratio: NotNegative | None = None
    """How far a price may lie over the one ordered or quoted, as a share; every tolerance that is set must hold."""
    price_abs: NotNegative | None = None
    """The same in money, of the line's total."""
    quantity_ratio: NotNegative | None = None
    """How far a quantity may lie over the one ordered or received, as a share."""
    quantity_abs: NotNegative | None = None
    """The same in units."""
    check_ratio: NotNegative | None = None
    """How far a price may lie over an independent check, as a share."""
    quote_over: Money | None = None
    """Money over which an order needs a quote; left out: the approval limit."""
    check_over: Money | None = None
    """Money over which the price of an order needs an independent check; left out: the approval limit."""
    never_received: tuple[Name, ...] = ()
    """Items, or vendors, whose lines are never shipped and need no packing slip."""


class Backups(Params):
    rpo_hours: Annotated[float, Field(gt=0, le=876_600)] = 24
    """Hours of work that may be lost, where the register of assets does not say (rule 31)."""


#: What a duty is called that has somebody look at the backups.
#: How long before the last day to give notice the pages begin to say so [days].
NOTICE_DAYS = 180
_BACKUPS = {"backup", "backups"}
_LOOKING = {
    "watch", "watched", "watching", "check", "checked", "checking", "checks", "monitor", "monitored", "monitoring",
    "review", "reviewed", "reviewing", "verify", "verified", "verifying", "verification",
}  # fmt: skip


class Duty(Params):
    name: Name
    """What proofs call the duty."""
    every_days: Annotated[float, Field(ge=0.01, le=36_525)]
    """At most so many days between two proofs."""
    watches: Literal["backups"] | None = None
    """What the duty keeps an eye on, so that data which show otherwise contradict its proofs (rule 31); by default
    backups where its name says so: backups watched, checked, monitored, reviewed, verified."""
    clause: str | None = None
    """Where the contract says so."""

    @property
    def of_backups(self) -> bool:
        """Whether its proofs say that somebody looked at the backups."""
        words = set(normal_name(self.name).split())
        return self.watches == "backups" or not (words.isdisjoint(_BACKUPS) or words.isdisjoint(_LOOKING))


class Scope(Params):
    subject: Name
    """A field of work, as projects and recommendations call it."""
    role: Literal["do", "advise", "none"] = "none"
    """Whether the provider does it, advises on it, or has no part in it."""
    evidence: str | None = None
    """What shows that it can."""


class Evidence(Params):
    table: Annotated[str, AfterValidator(_table)]
    """A canonical table (docs/tables.md) that the provider is to deliver for every month."""
    due_day: Annotated[int, Field(ge=1, le=31)]
    """The day of the following month by which it was exported, in the client's zone; of a shorter month its last."""
    clause: str | None = None
    """Where the contract says so."""
    credit_ratio: Ratio | None = None
    """Share of the monthly fee that is owed where it did not come, or came late."""


class ExitAccess(Params):
    item: Name
    """What must stay within reach without the provider."""
    held_by: str | None = None
    """Who holds its keys."""
    proved_on: Day | None = None
    """When somebody else last proved to reach it."""


class Amendment(Params):
    effective_on: Day
    """From which day on it counts."""
    clause: str | None = None
    """Where it stands."""
    set: dict[str, Any]
    """Keys and their new values, such as services.email.availability_ratio."""


class Rebase(Params):
    measure: Name
    """The measure whose usual range begins anew."""
    subject: str = ""
    """Its subject; empty for the figure over all."""
    on: Day
    """From which day on."""
    why: Name
    """What changed, in words for the page."""


class Contract(Noted, Params):
    """What was agreed with the provider; `on(day)` applies the amendments in force."""

    client: Client
    """Who the client is."""
    provider: Provider = Provider()
    """Who the provider is."""
    term: Term = Term()
    """How long the contract runs, what it costs and what leaving costs."""
    privacy: Privacy = Privacy()
    """What of people is published."""
    brand: Brand = Brand()
    """The client's own look."""
    calendars: dict[str, Calendar] = {}
    """Service times by name; `always` is there without being named."""
    services: tuple[Service, ...] = ()
    """What must be up, and how much."""
    accounting: Accounting = Accounting()
    """How the contract counts availability; every other reading is computed beside it."""
    tickets: Tickets = Tickets()
    """What was promised on tickets, and how they are paid."""
    capacity: tuple[Capacity, ...] = ()
    """Resources that are watched, and their limits."""
    credits: tuple[Credit, ...] = ()
    """What a miss is worth."""
    credit_terms: CreditTerms = CreditTerms()
    """How credits are claimed and capped."""
    procurement: Procurement = Procurement()
    """How far documents may differ before it is an exception."""
    licences: dict[str, Literal["device", "user", "core"]] = {}
    """The metric of each product: device, user or core."""
    backups: Backups = Backups()
    """What may be lost."""
    duties: tuple[Duty, ...] = ()
    """Standard tasks that nobody should have to ask for."""
    scope: tuple[Scope, ...] = ()
    """What the provider is to do, and what not."""
    evidence: tuple[Evidence, ...] = ()
    """Which tables the provider is to deliver every month, and by when (rule 50)."""
    exit_access: tuple[ExitAccess, ...] = ()
    """What must be reachable without the provider."""
    amendments: tuple[Amendment, ...] = ()
    """Changes to the contract, each from its day on."""
    rebase: tuple[Rebase, ...] = ()
    """Where a usual range begins anew, and why."""

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
            ("evidence", [e.table for e in self.evidence]),
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
        return str(
            next((item[key] for key in ("name", "subject", "item", "measure", "table") if key in item), "")
        )
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
