"""Which profile knows a file, and by which of its routes: by headers, by structure, by values."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from msp_report.intake import profile
from msp_report.intake.chunk import Unreadable
from msp_report.intake.formats import packed
from msp_report.intake.profile import ProfileError, Route
from msp_report.intake.recognise.sketch import Sketch, sketch
from msp_report.model.tables import TABLES
from msp_report.params.layout import Layout, fold
from msp_report.params.sources import Limits

#: A score from which a profile is taken, and how far it must lie over the next one's.
ENOUGH, MARGIN = 0.7, 0.15
#: A route of the same profile may be nearer.
MARGIN_OF_ROUTES = 0.05
#: So much of a file's begin and end is looked through for names beside its list.
_EDGE = 100_000


@dataclass(frozen=True)
class Match:
    """A profile's route that may be a file's."""

    profile: str
    route: str
    table: str
    score: float
    missing: tuple[str, ...]
    """Headers by which the route is known and which the file does not have."""
    margin: float = 1.0
    """How far its score lies over that of the next profile."""
    sketch: Sketch | None = None
    """The file as the route opens it."""
    specific: int = 0
    """How much its route asks of a file beside headers: of equals the one that asks more is meant."""
    also: tuple[str, ...] = ()
    """Other tables for which the same profile knows the file as well."""

    @property
    def name(self) -> str:
        """What sources.yaml calls it."""
        return f"{self.profile}/{self.route}" if self.route else self.profile

    @property
    def is_sure(self) -> bool:
        """Whether it may be taken without asking."""
        return self.score >= ENOUGH and self.margin >= MARGIN


def route_of(seen: Sketch, routes: Sequence[Route]) -> Route:
    """The one of a profile's routes that a file is of.

    Raises ProfileError where none fits or several fit equally, naming them and the headers by which they are known.
    """
    if len(routes) == 1:
        return routes[0]
    scored = sorted(
        ((_score(seen, route)[0], number) for number, route in enumerate(routes)),
        key=lambda one: (-one[0], one[1]),
    )
    best, second = scored[0], scored[1]
    if best[0] > 0.5 and best[0] - second[0] >= 0.02:
        return routes[best[1]]
    known = "; ".join(f"{one.route}: {', '.join(headers_of(one)[:6])}" for one in routes)
    why = "none of its routes fits" if best[0] <= 0.5 else "several of its routes fit"
    raise ProfileError(
        f"{why}; name one behind the profile, as in profile: name/route; they have the headers {known}"
    )


def known(seen: Sketch, limits: Limits | None = None) -> list[Match]:
    """The shipped profiles that may know a file, the likeliest first; of each its best route for each table."""
    found: dict[tuple[str, str], list[Match]] = {}
    for name in profile.names():
        for table, routes in profile.load(name).items():
            if table not in TABLES:
                continue
            for route in routes:
                score, missing, opened = _score(seen, route, limits)
                if score > 0.3 and _serves(route, table, _names(opened)):
                    told = route.recognise
                    asks = (told.values, told.file, told.root, told.without)
                    specific = sum(map(bool, asks))
                    match = Match(name, route.route, table, score, missing, sketch=opened, specific=specific)
                    found.setdefault((name, table), []).append(match)
    best = [max(matches, key=lambda one: (one.score, one.specific)) for matches in found.values()]
    return sorted(
        (_beside_others(one, best) for one in best), key=lambda one: (-one.score, -one.specific, one.profile)
    )


def _beside_others(match: Match, every: list[Match]) -> Match:
    """A match with what else comes near it."""
    others = [one.score for one in every if one.profile != match.profile]
    own = [one for one in every if one.profile == match.profile and one.table != match.table]
    near = [
        one for one in own if one.score > match.score - MARGIN_OF_ROUTES and one.specific >= match.specific
    ]
    margin = round(match.score - max(others, default=0.0), 4)
    return replace(match, margin=margin, also=tuple(one.table for one in near))


def headers_of(route: Route) -> tuple[str, ...]:
    """The headers by which a route is known."""
    if route.recognise.headers:
        return route.recognise.headers
    return tuple(names[0] for names in route.columns.values() if names)


def claims(name: str, table: str, route: str) -> tuple[str, ...]:
    """The patterns of files that a route reads beside its own."""
    routes = profile.load(name).get(table, ())
    return tuple(
        pattern
        for one in routes
        if one.route == route
        for sibling in one.beside.values()
        for pattern in sibling.file
    )


# ---------------------------------------------------------------- scores


def _score(seen: Sketch, route: Route, limits: Limits | None = None) -> tuple[float, tuple[str, ...], Sketch]:
    """How well a file fits a route, from 0 to 1; the headers that it lacks; the file as the route opens it."""
    wanted = headers_of(route)
    told = route.recognise
    suffix = _suffix(seen.path)
    if told.formats and suffix not in {one.lstrip(".").casefold() for one in told.formats}:
        return 0.0, wanted, seen
    if told.file and not fnmatch(seen.path.name.casefold(), told.file.casefold()):
        return 0.0, wanted, seen
    opened = _opened(seen, route, limits)
    if opened is None:
        return 0.0, wanted, seen
    there = _names(opened)
    if any(fold(header) in there and header.casefold() in there for header in told.without):
        return 0.0, wanted, opened
    if told.root and not _has_root(opened, told.root):
        return 0.0, wanted, opened
    if told.beside and not all(_stands_in(seen.path, name) for name in told.beside):
        return 0.0, wanted, opened
    missing = tuple(header for header in wanted if not _is_there(header, there))
    headers = _share(wanted, missing)
    if not headers:
        return 0.0, missing, opened
    score = 0.5 * headers + 0.25 * float(headers > 0.5) + 0.25 * _values(opened, route)
    return round(score, 4), missing, opened


def _serves(route: Route, table: str, there: set[str]) -> bool:
    """Whether a route without a query of its own finds every required column in the headers."""
    if route.shape or route.query:
        return True
    given = {*route.constants, *route.default, *re.findall(r"{(\w+)}", route.path or "")}
    given |= set(profile.UNPIVOT.get(table, ())) if route.unpivot else set()
    for name in TABLES[table].required:
        headers = route.columns.get(name, (name,))
        if name not in given and not any(_is_there(header, there) for header in headers):
            return False
    return True


def _names(seen: Sketch) -> set[str]:
    """The headers of a file, as they are and folded."""
    return {fold(header) for header in seen.headers} | {header.casefold() for header in seen.headers}


def _is_there(header: str, there: set[str]) -> bool:
    if header.endswith("*"):
        return any(name.startswith(header[:-1].casefold()) for name in there)
    return header.casefold() in there or (bool(fold(header)) and fold(header) in there)


def _share(wanted: Sequence[str], missing: Iterable[str]) -> float:
    """The share of headers that are there, each by how much it tells."""
    lacking = set(missing)
    weights = [(header, _weight(fold(header))) for header in wanted]
    whole = sum(weight for _, weight in weights)
    return sum(weight for header, weight in weights if header not in lacking) / whole if whole else 0.0


@cache
def _weight(header: str) -> float:
    """How much a header tells: nothing much where many profiles know it."""
    profiles = profile.names()
    knowing = sum(header in _all_headers(name) for name in profiles)
    return math.log((1 + len(profiles)) / max(1, knowing)) + 0.05


@cache
def _all_headers(name: str) -> frozenset[str]:
    routes = [route for routes in profile.load(name).values() for route in routes]
    return frozenset(
        fold(header) for route in routes for header in (*route.headers, *route.recognise.headers)
    )


def _opened(seen: Sketch, route: Route, limits: Limits | None) -> Sketch | None:
    """The file as a route opens it; None where it cannot be opened so."""
    opening = {name: getattr(route, name) for name in ("records", "query", "sheet", "skip_rows", "delimiter")}
    if route.recognise.records:
        opening["records"] = route.recognise.records
    opening = {name: value for name, value in opening.items() if value is not None}
    if not opening:
        return seen
    if "sheet" in opening and opening["sheet"] == seen.sheet and len(opening) == 1:
        return seen
    if "query" in opening and _suffix(seen.path) not in ("db", "sqlite", "sqlite3"):
        return None
    if "records" in opening and _suffix(seen.path) not in ("json", "xml"):
        return None
    if "sheet" in opening and _suffix(seen.path) in ("csv", "json", "xml"):
        opening.pop("sheet")
    try:
        return sketch(seen.path, limits, Layout(**opening))
    except (Unreadable, OSError, ValueError):
        return None


def _suffix(path: Path) -> str:
    """What the name of a file ends with; of a packed one that of the file inside."""
    suffix = path.suffix.lstrip(".").casefold()
    if suffix == "gz":
        return Path(path.stem).suffix.lstrip(".").casefold()
    if suffix == "zip":
        names = _inside(path, path.stat().st_mtime_ns)
        suffix = Path(names[0]).suffix.lstrip(".").casefold() if len(names) == 1 else suffix
    return suffix


@cache
def _inside(path: Path, changed: int) -> tuple[str, ...]:
    try:
        return tuple(packed.inside(path))
    except (Unreadable, OSError):
        return ()


def _has_root(seen: Sketch, roots: Sequence[str]) -> bool:
    column = seen.column("_root")
    values = column.values if column else (str(seen.facts.get("root", "")),)
    return any(value in roots for value in values)


@cache
def _edges(path: Path, changed: int) -> str:
    """The begin and the end of a file; of a packed one of the file inside."""
    if path.suffix.casefold() in (".gz", ".zip"):
        with packed.unpacked(path) as inside:
            return _ends(inside)
    return _ends(path)


def _ends(path: Path) -> str:
    with path.open("rb") as file:
        begin = file.read(_EDGE)
        size = file.seek(0, 2)
        file.seek(max(len(begin), size - _EDGE))
        return (begin + file.read(_EDGE)).decode("utf-8", "replace")


def _stands_in(path: Path, name: str) -> bool:
    """Whether a name of a JSON or XML document stands near its begin or its end."""
    return bool(re.search(rf'["<:]{re.escape(name)}["\s/>]', _edges(path, path.stat().st_mtime_ns)))


def _values(seen: Sketch, route: Route) -> float:
    """The share of cells that hold what the route says that they do."""
    shares = []
    for header, listed in route.recognise.values.items():
        shares.append(_known_share(seen, (header,), {value.casefold() for value in listed}))
    if not route.shape:
        for column, pairs in route.values.items():
            texts = {text.casefold() for text in _both(pairs)}
            if "*" not in texts and column in route.columns:
                shares.append(_known_share(seen, route.columns[column], texts))
    told = [share for share in shares if share is not None]
    return sum(told) / len(told) if told else 1.0


def _both(pairs: object) -> Iterable[str]:
    """The values of both sides of a mapping, which is written either way round."""
    for left, right in dict(pairs).items():  # type: ignore[call-overload]
        yield left
        yield from (right,) if isinstance(right, str) else right


def _known_share(seen: Sketch, headers: Sequence[str], texts: set[str]) -> float | None:
    """The share of a column's filled cells that are among some texts; None where there are none."""
    names = {fold(header) for header in headers}
    column = next((one for one in seen.columns if one.name in headers or fold(one.name) in names), None)
    if column is None:
        return None
    cells = seen.texts(column.name).dropna()
    return float(cells.str.casefold().isin(texts).mean()) if len(cells) else None
