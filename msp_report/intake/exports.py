"""Which files are read for a month: the folder of the exports, the patterns in it, columns from the path.

A source here is anything with `file`; one that asks a server has the name of what its answer is kept in (live.as_file).
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from msp_report.intake.chunk import Unreadable
from msp_report.intake.encoding import is_text
from msp_report.intake.formats import FORMATS, packed
from msp_report.live.kept import REACH
from msp_report.model.tables import TABLES
from msp_report.params.layout import Sibling

MONTH = "{month}"
_MONTH_GLOB = "[0-9][0-9][0-9][0-9]-[0-9][0-9]"


class Named(Protocol):
    """A source whose rows lie in files."""

    @property
    def file(self) -> str | None:
        """Pattern relative to the folder of exports."""


def is_live(exports: str) -> bool:
    """Whether the exports lie behind an address like s3://, not in a folder."""
    return bool(re.match(r"\w+://", exports))


def folder(exports: str, month: object) -> Path:
    """The folder of a month's exports."""
    return Path(exports.replace(MONTH, str(month)))


def listed(place: Path) -> list[Path]:
    """The files of a folder in natural order, without hidden and lock files."""
    if not place.is_dir():
        return []
    return sorted(
        sorted(path for path in place.iterdir() if _is_shown(path)), key=lambda path: _natural(path.name)
    )


def misnamed(place: Path) -> list[str]:
    """The files below a folder whose names are no text, as they can be shown: none of them is read."""
    names = [os.path.relpath(path, place) for path in place.rglob("*") if path.is_file()]
    names = [name for name in names if not is_text(name)]
    return sorted(os.fsencode(name).decode("utf-8", "replace").replace(os.sep, "/") for name in names)


def _is_shown(path: Path) -> bool:
    name = path.name
    return path.is_file() and not name.startswith((".", "~$")) and not name.endswith(REACH) and is_text(name)


def _natural(name: str) -> list[tuple[int, str]]:
    """tickets, tickets-2, tickets-10, whatever the system's order."""
    stem = name.rpartition(".")[0].casefold()
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", stem)]


def table_of(path: Path) -> str | None:
    """The table that a file is named after: tickets.csv, tickets-2.csv, Tickets_april.xlsx."""
    if path.suffix.casefold() not in FORMATS:
        return None
    stem = path.stem.casefold()
    fits = [name for name in TABLES if re.fullmatch(rf"{name}([^a-z].*)?", stem, re.DOTALL)]
    return max(fits, key=len, default=None)


def matches(source: Named, exports: str, month: object) -> list[Path]:
    """The files of a source for a month in natural order; none where its pattern leaves the exports."""
    if source.file is None or is_live(exports) or leaves(source.file, exports, month):
        return []
    place = folder(exports, month)
    outside, inside = _in_archive(source.file.replace(MONTH, str(month)))
    found = glob.glob(outside, root_dir=place, recursive=True)
    names = [name for name in sorted(sorted(found), key=_natural) if is_text(name)]
    shown = [place / name for name in names if _is_shown(place / name)]
    return [member for path in shown for member in _members(path, inside)] if inside else shown


def _in_archive(pattern: str) -> tuple[str, str]:
    """The pattern of an archive and that of the files in it, as in `export.zip/tick*.csv`; else the second is empty."""
    archive = re.match(r"(?i)(.*?\.zip)/(.+)$", pattern)
    return (archive[1], archive[2]) if archive else (pattern, "")


def _members(archive: Path, pattern: str) -> list[Path]:
    """The files in an archive that fit a pattern in natural order; one that cannot be opened itself, to be refused."""
    try:
        return sorted(packed.matches(archive, pattern), key=lambda path: _natural(path.name))
    except Unreadable:
        return [archive]


def beside(path: Path, named: Mapping[str, Sibling], exports: str, month: object) -> dict[str, list[Path]]:
    """The files beside one, by the names under which they are read, without itself; none from outside the exports."""
    found: dict[str, list[Path]] = {}
    for name, sibling in named.items():
        texts = [os.path.relpath(path.parent / text, folder(exports, month)) for text in sibling.file]
        inside = [text for text in texts if not leaves(text, exports, month)]
        others = [other for text in inside for other in matches(_Files(text), exports, month)]
        found[name] = [
            other for other in dict.fromkeys(others) if os.path.abspath(other) != os.path.abspath(path)
        ]
    return found


@dataclass(frozen=True)
class _Files:
    file: str


def is_of_month(name: str, exports: str, month: object) -> bool:
    """Whether a file lies in a month's folder, or has the month in its name.

    >>> is_of_month("outages-2026-10.csv", "exports", "2026-10"), is_of_month("2026-10-05.csv", "", "2026-10")
    (True, False)
    """
    in_folder = MONTH in exports and not name.startswith("..")
    return in_folder or bool(re.search(rf"(?<!\d){month}(?!-?\d)", name))


def leaves(pattern: str, exports: str, month: object) -> bool:
    """Whether a `file` reaches out of the client's exports, which begin above the folders of the months."""
    if re.match(r"[A-Za-z]:|[\\/~]", pattern):
        return True
    if ".." not in pattern and ".." not in exports:
        return False
    before, marked, _ = exports.partition(MONTH)
    root = os.path.abspath(Path(before + "x").parent if marked else exports)
    target = os.path.abspath(folder(exports, month) / pattern.replace(MONTH, str(month)))
    return os.path.commonpath([root, target]) != root


def unclaimed(sources: Iterable[Named], exports: str, month: object) -> list[Path]:
    """The files of a month's folder that no source reads, for this month or, by its `{month}`, for another one."""
    place = folder(exports, month)
    patterns = [_in_archive(source.file.replace(MONTH, _MONTH_GLOB))[0] for source in sources if source.file]
    claimed = {
        os.path.normpath(place / name)
        for pattern in patterns
        for name in glob.glob(pattern, root_dir=place, recursive=True)
    }
    return [path for path in listed(place) if os.path.normpath(path) not in claimed]


def months(sources: Iterable[Named], exports: str) -> list[str]:
    """Every month, YYYY-MM, in the name of a folder or file where `{month}` stands."""
    texts: set[str] = set()
    if MONTH in exports:
        before, _, after = exports.partition(MONTH)
        pattern = glob.escape(before) + _MONTH_GLOB + glob.escape(after).replace(MONTH, _MONTH_GLOB)
        texts |= {path[len(before) : len(before) + 7] for path in glob.glob(pattern)}
    else:
        for source in sources:
            if MONTH in (source.file or ""):
                pattern = source.file.replace(MONTH, _MONTH_GLOB)
                for path in glob.glob(pattern, root_dir=exports, recursive=True):
                    texts |= set(re.findall(r"\d{4}-\d{2}", path))
    return sorted(text for text in texts if re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text))


def from_path(template: str | None, file: str) -> dict[str, str]:
    """Columns from the end of a path. Raises ValueError where the path does not fit.

    >>> from_path("{resource}.csv", "perf/web-1.csv")
    {'resource': 'web-1'}
    """
    if template is None:
        return {}
    parts = re.split(r"{(\w+)}", template)
    pattern = "".join(
        re.escape(part) if place % 2 == 0 else f"(?P<{part}>[^/]+?)" for place, part in enumerate(parts)
    )
    match = re.search(rf"(?:^|/){pattern}$", file)
    if match is None:
        raise ValueError(f"its path does not fit {template!r}: correct path in sources.yaml")
    return {name: text for name, text in match.groupdict().items() if name not in ("client", "month")}
