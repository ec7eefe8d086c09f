"""Which files are read for a month, for which table and how: what sources.yaml names and the folder of exports has."""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from msp_report import live
from msp_report.intake import exports
from msp_report.intake.chunk import PLACE, WIDER, Chunk, Unreadable
from msp_report.intake.formats import packed
from msp_report.intake.guarded import Beside, read
from msp_report.intake.profile import ProfileError, resolve, routes_of
from msp_report.intake.recognise import known
from msp_report.intake.recognise.sketch import sketch
from msp_report.live import kept
from msp_report.model.period import Month
from msp_report.model.tables import TABLES, Table
from msp_report.params import ParamsError, Source, Sources
from msp_report.params.layout import Layout
from msp_report.params.sources import Limits

#: Columns that a reader adds to those of a file.
OURS = frozenset({PLACE, WIDER, "_root"})


@dataclass(frozen=True)
class Input:
    """One file for one table, and how it is read."""

    path: Path
    name: str
    """Relative to the folder of exports."""
    sha256: str
    bytes: int
    source: Source
    layout: Layout
    fixed: Mapping[str, str]
    """Columns from the path."""
    limits: Limits
    """What reading it may take."""
    beside: Mapping[str, tuple[tuple[Path, str], ...]] = field(default_factory=dict)
    """What its shape reads besides, by name: files and their hashes."""
    route: str = ""
    """The profile's route by which it is read, `servicenow/api`; empty where it has one way only."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """What is known of the asking that it came of; nothing of an export."""

    def chunks(self) -> Iterator[Chunk]:
        """Its rows. Raises Unreadable."""
        others: Beside = {
            name: (tuple(path for path, _ in found), self._plain(name)) for name, found in self.beside.items()
        }
        for chunk in read(self.path, self.layout, self.limits, others):
            is_empty = self.told and not chunk.aside and (chunk.read == 0 or OURS.issuperset(chunk.header))
            yield _named(chunk, self.layout) if is_empty else chunk  # asked, and there was nothing

    def _plain(self, name: str) -> Layout:
        """How the files are read that its shape reads by a name."""
        of = self.layout.beside[name]
        return Layout(encoding=self.layout.encoding, records=of.records, sheet=of.sheet)

    def label(self, table: str) -> str:
        """What the file is called where its numbers are another file's too: its source's name, or what its own name
        says beside the table's."""
        if self.source.name:
            return self.source.name
        stem = re.sub(rf"{table}|\.\w+$", "", self.name, flags=re.IGNORECASE).strip("-_ ./")
        return stem or self.name.rpartition(".")[0]

    @property
    def account(self) -> dict[str, Any]:
        """What the manifest says of it before a row is read."""
        source = self.source
        return {
            "file": self.name,
            "sha256": self.sha256,
            "bytes": self.bytes,
            "profile": source.profile,
            "evidence": source.evidence,
            "invited": source.invited,
        }


def _named(chunk: Chunk, layout: Layout) -> Chunk:
    """An answer without rows, and so without names: the same as a file with a header alone."""
    header = tuple(names[0] for names in layout.columns.values() if names)
    return replace(chunk, header=header, columns=(pa.array([], pa.string()),) * len(header))


def entries(sources: Sources, folder: Path | None = None) -> list[tuple[str, Source]]:
    """(table, source); where sources.yaml names no table, the files of the folder that are named after one."""
    if sources.tables or folder is None:
        return [
            (table, live.as_file(table, source))
            for table, listed in sources.tables.items()
            for source in listed
        ]
    named = [(exports.table_of(path), path.name) for path in exports.listed(folder)]
    return [(table, Source(file=glob.escape(name))) for table, name in named if table is not None]


def _layouts(source: Source, table: Table, params: Path | None) -> dict[str, Layout]:
    """How a source may be read, by the route of its profile; of one that has no routes by the empty name."""
    try:
        if source.profile is None:
            return {"": resolve(source, table)}
        named = [one.route for one in routes_of(source.profile, table, params)]
        return {route: resolve(source, table, source.profile, params, route) for route in named}
    except ProfileError as error:
        raise ParamsError(f"sources.yaml: tables.{table.name} ({source.file}): {error}") from None


def _route(source: Source, table: Table, path: Path, params: Path | None, limits: Limits) -> str:
    """Which of its profile's routes a file is of. Raises ProfileError, Unreadable."""
    routes = routes_of(source.profile, table, params) if source.profile else ()
    if len(routes) < 2:
        return routes[0].route if routes else ""
    failed = None
    # a document with several lists is opened where a route says that its rows are
    for opening in (None, *routes):
        try:
            return known.route_of(sketch(path, limits, opening), routes).route
        except Unreadable as error:
            failed = failed or error
    raise failed


def collected(
    sources: Sources, template: str, month: Month, params: Path | None, problems: list[str]
) -> dict[str, list[Input]]:
    """By table, the files that are there; what cannot be read in this version is a problem."""
    if exports.is_live(template):
        kind = template.partition("://")[0]
        problems.append(f"exports: {kind}:// is fetched by whoever opens a case (store.mirror)")
        return {}
    folder = exports.folder(template, month)
    problems += [f"{name}: its name is not UTF-8 text: rename it" for name in exports.misnamed(folder)]
    inputs: dict[str, list[Input]] = {}
    hashed: dict[Path, tuple[str, int]] = {}
    for name, source in entries(sources, folder):
        layouts = _layouts(source, TABLES[name], params)
        if problem := _unusable(source, template, month):
            problems.append(f"sources.yaml: tables.{name}: {problem}")
        for path in exports.matches(source, template, month):
            file = os.path.relpath(path, folder).replace(os.sep, "/")
            try:
                hashed[path] = hashed.get(path) or _hash(path)
                told = live.told(path, hashed[path][0])
                route = _route(source, TABLES[name], path, params, sources.limits)
                layout = layouts[route]
                if told and layout.exported_at is None:
                    layout = layout.model_copy(update={"exported_at": told["exported_at"]})
                fixed = exports.from_path(layout.path, file)
                beside = {
                    key: tuple((other, (hashed.setdefault(other, _hash(other)))[0]) for other in others)
                    for key, others in exports.beside(path, layout.beside, template, month).items()
                }
            except (OSError, ValueError, Unreadable, ProfileError, live.Failed) as error:
                problems.append(f"{file}: {error}")
                continue
            named = f"{source.profile.removesuffix(f'/{route}')}/{route}" if route else ""
            given = Input(
                path, file, *hashed[path], source, layout, fixed, sources.limits, beside, named, told
            )
            inputs.setdefault(name, []).append(given)
    return inputs


def files(sources: Sources, template: str | Path, month: Month, params: Path | None = None) -> list[Path]:
    """Every file that is read for a month, sorted; none where sources.yaml names none that is there."""
    place = str(template)
    found = set(_of_sources(sources, place, month))
    told = (kept.beside(path) for path in found if kept.told(path))
    return sorted({packed.real(path) for path in (*found, *told, *_beside(sources, place, month, params))})


def has_files(sources: Sources, template: str | Path, month: Month) -> bool:
    """Whether a file is read for a month."""
    return any(True for _ in _of_sources(sources, str(template), month))


def _of_sources(sources: Sources, template: str, month: Month) -> Iterator[Path]:
    """The files of the sources themselves."""
    for _, source in entries(sources, exports.folder(template, month)):
        yield from exports.matches(source, template, month)


def _beside(sources: Sources, template: str, month: Month, params: Path | None) -> Iterator[Path]:
    """The files that a shape reads beside those of its source."""
    for table, source in entries(sources, exports.folder(template, month)):
        layouts = _layouts(source, TABLES[table], params).values() if source.profile or source.beside else ()
        for patterns in (layout.beside for layout in layouts if layout.beside):
            for path in exports.matches(source, template, month):
                for others in exports.beside(path, patterns, template, month).values():
                    yield from others


def _unusable(source: Source, template: str, month: Month) -> str | None:
    """Why a source gives no files, if it is not for want of files."""
    if exports.leaves(source.file, template, month):
        return f"file {source.file!r} leaves the folder of exports: put it inside"
    return None


def _hash(path: Path) -> tuple[str, int]:
    try:
        whole = packed.real(path)
        with whole.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), whole.stat().st_size
    except OSError as error:
        raise OSError(f"cannot be opened ({error.strerror}): check its permissions") from None


def unread(sources: Sources, template: str, month: Month, params: Path | None) -> list[str]:
    """The files of the folder that no source reads, and no shape beside one."""
    listed = [source for _, source in entries(sources, exports.folder(template, month))]
    claimed = {os.path.abspath(path) for path in _beside(sources, template, month, params)}
    found = exports.unclaimed(listed, template, month)
    return [path.name for path in found if os.path.abspath(path) not in claimed]


def why_unread(name: str, sources: Sources) -> str:
    """Why nothing is read from a file of the manifest's `unread`, as said after its name.

    A file named after a canonical table is read by its name only where sources.yaml names no table at all.
    """
    table = exports.table_of(Path(name))
    if table is None:
        return "named after no table"
    if table in sources.tables:
        return f"named after a table that sources.yaml reads from other files ({table})"
    return "named after a table that sources.yaml does not name"
