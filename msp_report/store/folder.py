"""A folder of this machine or of a share, as a place to copy to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from msp_report.live import kept
from msp_report.live.asked import Failed
from msp_report.store.place import BLOCK, Stamp


class Folder:
    """The files of a folder."""

    def __init__(self, address: str) -> None:
        """Raises Failed for what is no folder."""
        self._root = Path(address).expanduser().absolute()
        self.name = str(self._root)
        if self._root.exists() and not self._root.is_dir():
            raise Failed(f"{self.name} is no folder: name one")

    def listing(self, under: str = "") -> dict[str, Stamp]:
        """As Place.listing."""
        found: dict[str, Stamp] = {}
        for place, _, names in os.walk(self._root / under, onerror=_broken_off):
            for name in names:
                path = Path(place) / name
                if (stamp := self.stamp(str(path.relative_to(self._root)))) is not None:
                    found[path.relative_to(self._root).as_posix()] = stamp
        return found

    def stamp(self, file: str) -> Stamp | None:
        """As Place.stamp."""
        try:
            state = (self._root / file).stat()
        except FileNotFoundError:
            return None
        return Stamp(state.st_size, str(state.st_mtime_ns))

    def blocks(self, file: str, start: int, size: int) -> Iterator[bytes]:
        """As Place.blocks."""
        with (self._root / file).open("rb") as opened:
            opened.seek(start)
            while block := opened.read(BLOCK):
                yield block

    def put(self, path: Path, file: str) -> None:
        """As Place.put."""
        target = self._root / file
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = kept.new(target)
        shutil.copyfile(path, fresh)
        with fresh.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(fresh, target)

    def close(self) -> None:
        """As Place.close."""


def _broken_off(error: OSError) -> None:
    """A folder that is not there yet is empty; one that cannot be read is not."""
    if not isinstance(error, FileNotFoundError):
        raise error
