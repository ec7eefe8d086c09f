"""Finished revisions of packs, copied elsewhere: each into a folder of its own; one pointer, written last, names it.

    <pack>/0003-5f2c…/html/index.html, figures.json, …      a revision, never written again
    <pack>/current.json                                     which one counts, its files and their hashes

The folder's name holds a hash of all that is in it. So a run that was killed goes on with the files that are not there
yet, two workspaces whose numbers are the same do not meet, and whoever reads `current.json` first sees a whole pack.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msp_report.live import kept
from msp_report.live.asked import Failed
from msp_report.store.place import Gone, Place, fetch, patiently

#: The pointer of a pack.
POINTER = "current.json"
#: What tells by its time when a pack was made.
_FIGURES = "figures.json"
#: The page that opens a pack.
_FIRST = "html/index.html"


@dataclass(frozen=True)
class Sent:
    """What became of a revision."""

    pointer: str
    """Its pointer's address."""
    folder: str
    """The revision's folder beside the pointer."""
    files: int
    copied: int
    """How many of the files were not there yet."""
    size: int
    """Those, in bytes."""


def send(home: Path, place: Place, pack: str) -> Sent:
    """Copy a revision that is whole to a place, as the current one of a pack there. Raises Failed; what came stays."""
    files = {path.relative_to(home).as_posix(): path for path in sorted(home.rglob("*")) if path.is_file()}
    hashes = {name: _hash(path) for name, path in files.items()}
    number = f"{home.name}-" if home.name.isdecimal() else ""
    folder = f"{number}{kept.digest(json.dumps(hashes))[:12]}"
    lacking = _lacking(place, f"{pack}/{folder}", files)
    for name in lacking:
        patiently(lambda name=name: place.put(files[name], f"{pack}/{folder}/{name}"))
    if lacking and (gone := _lacking(place, f"{pack}/{folder}", files)):
        raise Failed(f"{gone[0]} was put there and is not there, or not whole: ask whoever runs it")
    made_at = (home / _FIGURES).stat().st_mtime if _FIGURES in files else 0.0
    pointer = {"revision": folder, "opens": f"{folder}/{_FIRST}", "files": hashes, "made_at": made_at}
    if current(place, pack) != pointer:
        with tempfile.TemporaryDirectory(prefix="msp-report-") as name:
            path = Path(name) / POINTER
            path.write_text(json.dumps(pointer, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            patiently(lambda: place.put(path, f"{pack}/{POINTER}"))
    size = sum(files[name].stat().st_size for name in lacking)
    return Sent(f"{place.name}/{pack}/{POINTER}", folder, len(files), len(lacking), size)


def bring(place: Place, pack: str, pointer: dict[str, Any], into: Path) -> None:
    """Fetch the revision that a pointer names into a folder, made as late as it was. Raises Failed where a file of it
    is not there, or not what the pointer says."""
    there = patiently(lambda: place.listing(f"{pack}/{pointer['revision']}"))
    made_at = float(pointer["made_at"])
    into.mkdir(parents=True)
    for name, sha256 in pointer["files"].items():
        source, path = f"{pack}/{pointer['revision']}/{name}", into / name
        if not path.resolve().is_relative_to(into.resolve()):
            raise Failed(f"{pack}/{POINTER} names a file outside of its folder: {name!r}")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            fetch(place, source, there[source], path)
        except (Gone, KeyError):
            raise Failed(
                f"{source} is named by {POINTER} and is not there: copy the pack there again"
            ) from None
        if _hash(path) != sha256:
            raise Failed(f"{source} is not what {POINTER} says: copy the pack there again")
        os.utime(path, (made_at, made_at))


def current(place: Place, pack: str) -> dict[str, Any] | None:
    """What the pointer of a pack says: revision, opens, files by name with their SHA-256, made_at [s since 1970]; None
    where there is none."""
    name = f"{pack}/{POINTER}"

    def ask() -> bytes | None:
        stamp = place.stamp(name)
        with suppress(Gone):
            return b"".join(place.blocks(name, 0, stamp.size)) if stamp else None
        return None

    found = patiently(ask)
    try:
        told = json.loads(found) if found else None
    except ValueError:
        return None
    return told if isinstance(told, dict) and "revision" in told else None


def _lacking(place: Place, folder: str, files: dict[str, Path]) -> list[str]:
    """The files that are not in a folder there, or not of the same length."""
    there = patiently(lambda: place.listing(folder))
    sizes = {name.removeprefix(f"{folder}/"): stamp.size for name, stamp in there.items()}
    return [name for name, path in files.items() if sizes.get(name) != path.stat().st_size]


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
