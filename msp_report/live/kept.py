"""Answers as files: whole ones under their name with what is told of them beside, parts of one until it is whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

#: How long a server may take until it tells all that has happened.
LAG = pd.Timedelta(minutes=5)
#: What stands behind the name of a file that was fetched.
REACH = ".reach.json"


def digest(*parts: str | None) -> str:
    """A hash of some texts in their order."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def beside(path: Path) -> Path:
    """Where it stands what is told of a file."""
    return path.with_name(path.name + REACH)


def told(path: Path) -> dict[str, Any]:
    """What is told of a file: exported_at, from, query, parts, sha256 and what else was said; nothing of most files."""
    try:
        found = json.loads(beside(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and {"exported_at", "sha256"} <= found.keys() else {}


def is_whole(path: Path, end: pd.Timestamp) -> bool:
    """Whether a file is there and was asked for when all up to an end had happened."""
    found = told(path)
    return path.is_file() and bool(found) and is_settled(pd.Timestamp(found["exported_at"]), end)


def is_settled(at: pd.Timestamp, end: pd.Timestamp) -> bool:
    """Whether an answer given at an instant holds all up to an end."""
    return at >= end + LAG


def put(fresh: Path, path: Path, about: Mapping[str, Any]) -> None:
    """Give a file that is whole its name, and write beside it what is told of it."""
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    os.replace(fresh, path)
    write(
        beside(path),
        json.dumps({**about, "sha256": sha256}, indent=1, ensure_ascii=False, sort_keys=True) + "\n",
    )


def write(path: Path, text: str) -> None:
    """Write a text so that it is there whole or not at all."""
    fresh = new(path)
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def new(path: Path) -> Path:
    """The name of a file while it is written; no pattern of sources.yaml fits it."""
    return path.with_name(f".{path.name}.new")


class Parts:
    """The parts of an answer that have come so far, in a hidden folder beside the file that they become."""

    def __init__(self, path: Path) -> None:
        self._folder = path.with_name(f".{path.name}.parts")

    def find(self, name: str, end: pd.Timestamp) -> Any | None:
        """A part that came when all up to its end had happened; None where it has to be asked for."""
        try:
            found = json.loads(self._file(name).read_text(encoding="utf-8"))
            whole = is_settled(pd.Timestamp(found["at"]), end)
            return found["answer"] if whole else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, name: str, at: pd.Timestamp, answer: Any) -> None:
        """Keep a part that has come."""
        self._folder.mkdir(parents=True, exist_ok=True)
        write(self._file(name), json.dumps({"at": at.isoformat(), "answer": answer}, ensure_ascii=False))

    def remove(self) -> None:
        """Take them away, when the whole is there."""
        with suppress(OSError):
            shutil.rmtree(self._folder)

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.json"
