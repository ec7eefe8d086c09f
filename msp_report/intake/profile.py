"""What a vendor calls things: profiles as data, laid under the keys of sources.yaml, checked against the table.

A profile is one YAML a vendor with a section a table, in the words of params/layout.py. Where a vendor gives one table
in several ways, the section is a list of routes, each with its name and with what its files are recognised by.
Beside the tables stand `about`, and how the export is made, which access to ask for, and what it cannot tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from rapidfuzz import process

from msp_report.intake import reach
from msp_report.intake.values import AFTER, DURATIONS, SECONDS, WORDS
from msp_report.model.errors import WrongUse
from msp_report.model.tables import TABLES, Column, Table
from msp_report.model.zones import ZoneInfo
from msp_report.params.layout import Layout, Texts, as_list, fold

PROFILES = Path(__file__).parent / "profiles"

#: Other names of profiles.
ALIASES = {"microsoft_forms": "msforms"}

#: Tables of which several columns of one row may become rows: the column of their names, of their values.
UNPIVOT = {"samples": ("metric", "value"), "ticket_events": ("field", "to")}

#: In `values`: any other value, or the value as it is; `"*": ""` makes any other value a missing one.
ANY = "*"


class ProfileError(WrongUse):
    """A profile or the keys of a source cannot be used; the text names key and file and says what to do."""


class Recognise(BaseModel):
    """What a file of a route is known by."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    headers: Texts = ()
    """Headers that it has; one that ends with an asterisk begins so."""
    without: Texts = ()
    """Headers that it has not; another route of the same vendor has them."""
    formats: Texts = ()
    """Suffixes of its names, as `csv`, `json`, `xml`."""
    records: str | None = None
    """Where its records lie, if not where `records` of the route says."""
    beside: Texts = ()
    """Names that stand beside its list of records, or above it."""
    root: Texts = ()
    """Names of an XML document's outermost element."""
    file: str | None = None
    """Pattern of its name, where only that tells."""
    values: dict[str, Texts] = {}
    """Header: values that its cells have."""


class Route(Layout):
    """One way in which a vendor gives a table."""

    route: str = ""
    """Its name; empty where there is only one."""
    recognise: Recognise = Recognise()
    """What its files are known by."""
    asks: Annotated[
        tuple[Literal["timezone", "date_order", "decimal", "invited"], ...], BeforeValidator(as_list)
    ] = ()
    """What the file does not say and only who exported it knows: timezone, date_order, decimal, invited."""


#: A text for the whole profile, or one for each route.
ByRoute = Annotated[
    dict[str, Texts], BeforeValidator(lambda value: value if isinstance(value, dict) else {"": value})
]


class About(BaseModel):
    """What a profile says of itself, for people."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str = ""
    """What it reads."""
    made: ByRoute = {}
    """How its export is made, step by step; by route where they differ."""
    access: ByRoute = {}
    """The read-only access that the provider is asked for."""
    cannot_tell: Annotated[tuple[str, ...], BeforeValidator(as_list)] = ()
    """What its files do not say."""
    tried: ByRoute = {}
    """What it was run against: a real system with its version, a published export, or samples only."""


def resolve(
    inline: Layout,
    table: Table,
    profile: str | None = None,
    folder: Path | None = None,
    route: str | None = None,
) -> Layout:
    """How a source of a table is read: its profile with the inline keys laid over it.

    `profile` is a name of intake/profiles, or a path relative to `folder` (a client's params), with the route behind a
    slash where one is forced: `servicenow/api`; `route` is the one that was recognised. In what is returned `columns`
    names every column of the table, and `values` leads from the vendor's to ours.
    Raises ProfileError, naming the nearest known word.
    """
    layout = _in_our_words(inline, table)
    if profile is not None:
        layout = _in_our_words(route_named(profile, table, folder, route), table).under(layout)
    _check_keys(layout, table)
    return layout.model_copy(
        update={"columns": {name: layout.columns.get(name, (name,)) for name in table.names}}
    )


def _in_our_words(layout: Layout, table: Table) -> Layout:
    """Columns and values in the documented direction, whichever they were written in."""
    for name in layout.values:
        if meaning(table, name) is None and name not in layout.unpivot:
            raise ProfileError(f"values: {name!r} is no column of {table.name}{nearest(name, table.names)}")
    said = {name: getattr(layout, name) for name in Layout.model_fields if name in layout.model_fields_set}
    if "columns" in said:
        said["columns"] = _columns(layout, table)
    if "values" in said:
        said["values"] = {name: _towards_ours(name, given, table) for name, given in layout.values.items()}
    return Layout.model_construct(layout.model_fields_set & set(Layout.model_fields), **said)


def routes_of(profile: str, table: Table, folder: Path | None = None) -> tuple[Route, ...]:
    """The routes in which a profile knows a table; the one that `profile` forces alone. Raises ProfileError."""
    name, forced = _split(profile)
    sections = load(profile, folder)
    if table.name not in sections:
        known = ", ".join(sorted(sections))
        raise ProfileError(f"profile {profile!r} has no section {table.name!r}: it knows {known}")
    routes = sections[table.name]
    if not forced:
        return routes
    chosen = tuple(one for one in routes if one.route == forced)
    if not chosen:
        known = nearest(forced, [one.route for one in routes if one.route]) if routes[0].route else ""
        raise ProfileError(f"profile {name!r} has no route {forced!r} of {table.name}{known}")
    return chosen


def route_named(profile: str, table: Table, folder: Path | None = None, route: str | None = None) -> Route:
    """The one route of a profile for a table. Raises ProfileError where there are several and none is named."""
    routes = routes_of(profile, table, folder)
    chosen = [one for one in routes if one.route == route] if route else list(routes)
    if len(chosen) == 1:
        return chosen[0]
    wanted = "; ".join(f"{profile}/{one.route} has {', '.join(one.recognise.headers[:6])}" for one in routes)
    raise ProfileError(
        f"profile {profile!r} knows several exports of {table.name}, and which one this is cannot be told: name it: "
        f"{wanted}"
    )


@cache
def names() -> tuple[str, ...]:
    """The profiles that come with the package."""
    return tuple(sorted(path.stem for path in PROFILES.glob("*.yaml")))


def load(profile: str, folder: Path | None = None) -> dict[str, tuple[Route, ...]]:
    """The routes of a profile by table. Raises ProfileError."""
    return _read(_path(profile, folder))[1]


def about(profile: str, folder: Path | None = None) -> About:
    """What a profile says of itself. Raises ProfileError."""
    return _read(_path(profile, folder))[0]


def _split(profile: str) -> tuple[str, str]:
    """A profile's name or path, and the route behind it."""
    name, _, route = profile.rpartition("/")
    return (
        (name, route) if name in names() or name in ALIASES or re.search(r"\.ya?ml$", name) else (profile, "")
    )


def _path(profile: str, folder: Path | None) -> Path:
    name, _ = _split(profile)
    if re.search(r"[/\\]|\.ya?ml$", name):
        path = (folder or Path()) / name
        if not path.is_file():
            raise ProfileError(f"profile {profile!r}: there is no file {path}")
        return path
    name = ALIASES.get(name, name)
    if name not in names():
        raise ProfileError(f"profile {profile!r} is not known{nearest(name, names())}")
    return PROFILES / f"{name}.yaml"


class _Texts(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # the one in C is ten times as fast
    """YAML of which every scalar is text, and in which `<<` takes over the keys of another mapping."""

    yaml_implicit_resolvers: ClassVar = {"<": [("tag:yaml.org,2002:merge", re.compile("^(?:<<)$"))]}


def _read(path: Path) -> tuple[About, dict[str, tuple[Route, ...]]]:
    return _read_at(path, path.stat().st_mtime_ns)


@cache
def _read_at(path: Path, changed: int) -> tuple[About, dict[str, tuple[Route, ...]]]:
    try:
        data = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_Texts)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path.name}: not readable as YAML: {error}") from None
    if not isinstance(data, Mapping):
        raise ProfileError(f"{path.name}: expected a section for each table")
    said = {name: data[name] for name in About.model_fields if name in data}
    try:
        card = About.model_validate(said)
    except ValidationError as error:
        raise ProfileError(f"{path.name}: {_first(error)}") from None
    sections = {}
    for name in (name for name in data if name not in said):
        if name not in TABLES:
            raise ProfileError(f"{path.name}: {name!r} is not a table{nearest(name, TABLES)}")
        sections[name] = _routes(path.name, name, data[name])
    return card, sections


def _routes(file: str, table: str, section: Any) -> tuple[Route, ...]:
    """A section, which is one route or a list of them, each with its name."""
    listed = section if isinstance(section, list) else [section or {}]
    try:
        routes = tuple(Route.model_validate(one) for one in listed)
    except ValidationError as error:
        raise ProfileError(f"{file}: {table}: {_first(error)}") from None
    named = [one.route for one in routes]
    if not routes or (len(named) > 1 and (len(set(named)) < len(named) or "" in named)):
        raise ProfileError(f"{file}: {table}: of several routes each needs a name of its own in route")
    return routes


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        known = Recognise.model_fields if problem["loc"][0] == "recognise" else Route.model_fields
        return f"{key!r} is not a known key{nearest(key, known)}"
    return f"{key}: {problem['msg']}"


def nearest(word: str, known: Iterable[str]) -> str:
    """`: did you mean …?` with the closest known word, else all of them."""
    known = sorted(known)
    match = process.extractOne(word, known, score_cutoff=60)
    return f": did you mean {match[0]!r}?" if match else f": known are {', '.join(known)}"


def meaning(table: Table, name: str) -> Column | None:
    """The column that a name stands for: of the table, or, as the field of an event, of tickets."""
    fields = TABLES["tickets"].columns if table.name == "ticket_events" else ()
    return next((column for column in (*table.columns, *fields) if column.name == name), None)


def _check_keys(layout: Layout, table: Table) -> None:
    """Refuse what names no column, no zone and no format."""
    named = {
        "constants": layout.constants,
        "durations": layout.durations,
        "factors": layout.factors,
        "default": layout.default,
        "first": layout.first,
        "last": layout.last,
        "dates": [name for name in layout.dates if name != ANY] if isinstance(layout.dates, dict) else (),
        "nulls": [name for name in layout.nulls if name != ANY] if isinstance(layout.nulls, dict) else (),
        "path": [p for p in re.findall(r"{(\w+)}", layout.path or "") if p not in ("client", "month")],
    }
    for key, used in named.items():
        for name in used:
            if name not in table.names and not (key in ("dates", "nulls") and meaning(table, name)):
                raise ProfileError(
                    f"{key}: {name!r} is no column of {table.name}{nearest(name, table.names)}"
                )
    for name, encoding in layout.durations.items():
        _check_duration(name, encoding, layout, table)
    for name in layout.factors:
        if table.column(name).type not in ("number", "decimal"):
            raise ProfileError(f"factors: {name} is no amount that can be multiplied: take it out")
    listed = layout.dates.values() if isinstance(layout.dates, dict) else [layout.dates]
    for form in (form for forms in listed for form in forms):
        _check_format(form)
    _check_zone(layout.timezone)
    try:
        reach.check(layout.exported_at)
    except reach.Unclear as error:
        raise ProfileError(str(error)) from None
    if layout.unpivot and table.name not in UNPIVOT:
        raise ProfileError(f"unpivot: {table.name} takes one row a row; only {', '.join(UNPIVOT)} unpivot")
    if layout.record != "each" and not table.key:
        raise ProfileError(f"record: {table.name} has no key, so there is no {layout.record} row of one")
    if (layout.first or layout.last) and not table.key:
        raise ProfileError(f"first, last: {table.name} has no key, so there is no first or last row of one")
    if layout.record == "first" and (layout.first or layout.last):
        raise ProfileError(
            "record: with first or last the record is the last row of its key: take record out"
        )
    if layout.makes_rows or layout.beside:
        from msp_report.intake import shaping  # DuckDB parses it, which takes long to load

        try:
            shaping.check(layout)
        except shaping.Unclear as error:
            raise ProfileError(str(error)) from None
    for header, pattern in layout.totals.items():
        try:
            re.compile(pattern)
        except re.error as error:
            raise ProfileError(f"totals: {header}: {pattern!r} is no pattern ({error})") from None


def _check_duration(name: str, encoding: str, layout: Layout, table: Table) -> None:
    """Refuse a length in an unknown encoding, of a column that holds none, or after a column that is no time."""
    after = AFTER.fullmatch(encoding)
    unit = after[1] if after else encoding
    if unit not in DURATIONS:
        raise ProfileError(f"durations: {unit!r} is not known{nearest(unit, DURATIONS)}")
    if not after:
        if table.column(name).unit not in SECONDS:
            raise ProfileError(
                f"durations: {name} is no duration: take it out, or say after which time it is"
            )
        return
    if table.column(name).type != "instant" or unit == "epoch_date":
        raise ProfileError(f"durations: {name} is no time that can be so long after another: take it out")
    base = meaning(table, after[2])
    if base is None or base.type != "instant" or after[2] not in table.names:
        raise ProfileError(
            f"durations: {name}: {after[2]!r} is no time of {table.name}{nearest(after[2], table.names)}"
        )
    if AFTER.fullmatch(layout.durations.get(after[2], "")):
        raise ProfileError(
            f"durations: {name}: {after[2]} is itself a length after another time: name that one"
        )


def _check_format(form: str) -> None:
    spec, _, zone = form.partition(" @ ")
    if spec not in WORDS and "%" not in spec:
        raise ProfileError(
            f"dates: {form!r} is no format: write it like %d/%m/%Y %H:%M, iso, dmy, mdy or epoch"
        )
    _check_zone(zone or None)


def _check_zone(zone: str | None) -> None:
    try:
        ZoneInfo(zone or "UTC")
    except (OSError, ValueError, KeyError):
        raise ProfileError(f"{zone!r} is not a time zone: write one like Europe/London") from None


def _columns(layout: Layout, table: Table) -> dict[str, tuple[str, ...]]:
    """The headers of the columns that are listed; the other way round is understood."""
    listed: dict[str, tuple[str, ...]] = {}
    for left, right in layout.columns.items():
        if left in table.names:
            listed[left] = right
        elif len(right) == 1 and right[0] in table.names:
            listed[right[0]] = (*listed.get(right[0], ()), left)
        else:
            raise ProfileError(f"columns: {left!r} is no column of {table.name}{nearest(left, table.names)}")
    return listed


def _towards_ours(name: str, given: Mapping[str, str | tuple[str, ...]], table: Table) -> dict[str, str]:
    """{vendor's value: ours}, from that or from {ours: [vendor's values]}.

    A list names the vendor's values. Pairs of single values are the documented way round, unless the table
    knows only what stands on the left.
    """
    column = meaning(table, name)
    choices = column.choices if column and column.choices else ()
    if column and column.type == "boolean":
        choices = ("true", "false")
    known = {fold(choice): choice for choice in choices}
    single = {left: right for left, right in given.items() if isinstance(right, str)}
    lefts, rights = (
        {fold(value) for value in side if value not in (ANY, "")} for side in (single, single.values())
    )
    pairs = [(vendor, ours) for ours, listed in given.items() if ours not in single for vendor in listed]
    if known and not rights <= known.keys() and lefts <= known.keys():
        pairs += [(vendor, ours) for ours, vendor in single.items()]
    else:
        pairs += list(single.items())
    given_ours = {ours for vendor, ours in pairs if ours != ANY and not (vendor == ANY and not ours)}
    for ours in sorted(ours for ours in given_ours if known and fold(ours) not in known):
        raise ProfileError(f"values: {name}: {ours!r} is no value of it{nearest(ours, choices)}")
    return {vendor: known.get(fold(ours), ours) for vendor, ours in pairs}
