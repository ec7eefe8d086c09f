"""What several notebooks of a run need is made once, by the first that asks, and kept as long as the run lasts.

Each notebook is a process of its own. What was made lies in a folder of the run, a file each that takes its name in
one step; while one makes it the others wait, and where that one dies the next one makes it.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

T = TypeVar("T")
#: How often somebody who waits looks whether it is made [s].
_LOOKS = 0.01


class Once:
    """What is made once in a folder; without a folder it is made whenever it is asked for."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder

    def get(self, period: object, name: str, make: Callable[[], T]) -> T:
        """What `make` gives for a name of a period: what was made before, else made now. Raises what `make` raises."""
        if self.folder is None:
            return make()
        path = self._path(period, name)
        try:
            return _read(path)
        except FileNotFoundError:
            pass
        self.folder.mkdir(exist_ok=True)
        with FileLock(path.with_suffix(".lock"), poll_interval=_LOOKS):
            try:
                return _read(path)
            except FileNotFoundError:
                made = make()
                self._write(path, made)
                return made

    def drop(self, period: object) -> None:
        """Forget what was made for a period."""
        if self.folder is not None:
            for path in self.folder.glob(f"{period} *"):
                path.unlink(missing_ok=True)

    def _path(self, period: object, name: str) -> Path:
        return self.folder / f"{period} {hashlib.sha256(name.encode()).hexdigest()[:32]}.pickle"

    def _write(self, path: Path, made: object) -> None:
        unfinished = path.with_suffix(f".{secrets.token_hex(4)}")
        try:
            with unfinished.open("wb") as file:
                pickle.dump(made, file, protocol=5)
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)


def _read(path: Path) -> T:
    with path.open("rb") as file:
        return pickle.load(file)
