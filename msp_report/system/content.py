"""What files hold, as hashes. A file is hashed once, and again when anything that the system knows of it has changed.

A change within the clock's grain can leave size and time as they were: what was younger than that when it was hashed
is hashed again, as git does with its index. The change time is compared too, which nobody can set back.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

#: What changed less than so long before it was hashed may change again unseen [ns]; FAT counts in 2 s.
GRAIN = 3_000_000_000


class Contents:
    """The hashes of files, remembered in a file of its own; without one they are made anew."""

    def __init__(self, memory: Path | None = None) -> None:
        self._memory = memory
        self._known: dict[str, list] = {}
        self._asked: dict[str, list] = {}
        self._is_new = False
        if memory is not None:
            with suppress(OSError, ValueError):
                told = json.loads(memory.read_bytes())
                self._known = told if isinstance(told, dict) else {}

    def of(self, path: str | Path) -> str:
        """The SHA-256 of a file. Raises OSError where it cannot be read."""
        name = os.fspath(path)
        state = _state(os.stat(name))
        known = self._known.get(name)
        if known is None or known[:-1] != state:
            known, is_settled = _hashed(name)
            self._is_new = True
            if not is_settled:
                self._asked.pop(name, None)
                return known[-1]
        self._asked[name] = known
        return known[-1]

    def tree(self, folder: str | Path, without: Collection[str] = ()) -> str:
        """One hash of all that is in a folder and below, of names and contents; empty of one that is not there.

        `without` are the names of files and folders that are passed over.
        """
        if not os.path.isdir(folder):
            return ""
        found = sorted(_files(os.fspath(folder), without))
        return digest("".join(f"{self.of(path) if path else ''}  {name}\n" for name, path in found))

    def keep(self) -> None:
        """Remember the hashes that were asked for, where that can be written."""
        if self._memory is None or not (self._is_new or len(self._asked) != len(self._known)):
            return
        with suppress(OSError):
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            put(self._memory, json.dumps(self._asked))


def put(path: Path, text: str) -> None:
    """Write a text in one step: whoever reads the file has the old one or the new one."""
    made = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    made.write_text(text, encoding="utf-8")
    os.replace(made, path)


def digest(text: str) -> str:
    """The SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _hashed(name: str) -> tuple[list, bool]:
    """What is known of a file now, with its hash last, and whether a later change of it would show."""
    now = time.time_ns()
    with open(name, "rb") as file:
        before = os.fstat(file.fileno())
        found = hashlib.file_digest(file, "sha256").hexdigest()
        after = os.fstat(file.fileno())
    is_settled = _state(before) == _state(after) and max(before.st_mtime_ns, before.st_ctime_ns) < now - GRAIN
    return [*_state(before), found], is_settled


def _state(told: os.stat_result) -> list[int]:
    return [told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino, told.st_dev]


def _files(folder: str, without: Collection[str], above: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """All below a folder: each file's name, relative to the first one, and its path, which of a folder is empty; links
    are followed."""
    real = os.path.realpath(folder)
    if real in above:
        return
    with os.scandir(folder) as found:
        entries = list(found)
    for entry in entries:
        if entry.name in without:
            continue
        if entry.is_dir():
            yield f"{entry.name}/", ""
            for name, path in _files(entry.path, without, (*above, real)):
                yield f"{entry.name}/{name}", path
        elif entry.is_file():
            yield entry.name, entry.path
