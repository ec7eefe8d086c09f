"""Exports that lie elsewhere, fetched into a folder of the workspace and read there like any others.

What lies there is listed once a run. A file whose size and mark (its ETag, or when it was changed) are those of last
time is not fetched again, and one that is gone there is taken away here. A file gets its name when all of it has come;
until then its part is kept, and the next run goes on with it.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from msp_report.live import kept
from msp_report.live.asked import Failed, plain
from msp_report.model.errors import WrongUse
from msp_report.params.sources import OPENLY, has_password
from msp_report.store import opened
from msp_report.store.place import Gone, Place, Stamp, fetch, patiently
from msp_report.system import locks, slow

_MONTH = "{month}"
#: So often is all listed anew because a file was changed while it was fetched.
_ROUNDS = 3
#: So often is it written which files have come [s].
_WRITTEN_EVERY = 1.0


class Mirror:
    """The copy of a place of exports in a client's output; `template` is its folder, with `{month}` left in."""

    def __init__(self, address: str, home: Path) -> None:
        """`address` has `{month}` in it where each month has its folder; `home` is the client's output.

        Raises WrongUse for an address with a password in it, which may be one of the command line.
        """
        if has_password(address):
            raise WrongUse(f"exports: {OPENLY}")
        before, marked, after = address.partition(_MONTH)
        above, _, begun = before.rpartition("/") if marked else (address.rstrip("/"), "", "")
        self._address = above
        self._home = home
        self._folder = home / ".exports" / kept.digest(plain(above))[:8]
        self.template = str(self._folder / f"{begun}{marked}{after}".rstrip("/"))
        self.name = plain(address)

    def told(self, text: str) -> str:
        """A text with the place's own address for the folder of its copy."""
        return text.replace(str(self._folder), plain(self._address))

    def bring(self, wait_seconds: float = locks.USUAL_WAIT) -> None:
        """Fetch what is new or changed. Raises Failed where not all of it came; what came is kept."""
        self._home.mkdir(parents=True, exist_ok=True)
        what = f"{self._home.name}: waiting for its exports to be fetched"
        with locks.held(self._home / ".exports.lock", what, wait_seconds):
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                place = opened(self._address)
                try:
                    with slow.told(f"{self._home.name}: fetching {plain(self._address)}") as say:
                        self._all(place, say)
                finally:
                    place.close()
            except Failed as error:
                raise Failed(f"exports: {plain(self._address)}: {error}") from None
            except OSError as error:
                where = error.filename or self._folder
                raise Failed(
                    f"{where}: cannot be written ({error.strerror}): make room or check permissions"
                ) from None

    def _all(self, place: Place, say: slow.Say) -> None:
        for _ in range(_ROUNDS):
            found = {name: stamp for name, stamp in patiently(place.listing).items() if _is_shown(name)}
            _refuse_names(found)
            index = _Index(self._folder)
            for name in index.known - found.keys():
                index.remove(name)
            changed = [name for name, stamp in found.items() if not index.has(name, stamp)]
            parts = self._folder / ".parts"
            try:
                whole = True
                for number, name in enumerate(changed, 1):
                    before = f"file {number} of {len(changed)}: "
                    say(f"{before}{name}")
                    told = lambda text, before=before: say(f"{before}{text}")  # noqa: E731
                    whole &= self._bring_one(place, name, found[name], parts, index, told)
            except Failed as error:
                came = sum(index.has(name, found[name]) for name in changed)
                raise Failed(
                    f"{error}; {came} of {len(changed)} files have come and are kept, the next run goes on"
                ) from None
            finally:
                index.write()
            if whole:
                shutil.rmtree(parts, ignore_errors=True)
                return
        raise Failed("files there change while they are fetched: run it again when they are whole")

    def _bring_one(
        self, place: Place, name: str, stamp: Stamp, parts: Path, index: _Index, say: slow.Say
    ) -> bool:
        """Fetch a file; whether it was the same at the end."""
        parts.mkdir(exist_ok=True)
        part = parts / kept.digest(name, str(stamp.size), stamp.mark)[:32]
        try:
            with suppress(Gone):
                fetch(place, name, stamp, part, say)
            if patiently(lambda: place.stamp(name)) == stamp and part.stat().st_size == stamp.size:
                index.put(part, name, stamp)
                return True
        except Failed as error:
            raise Failed(f"{name}: {error}") from None
        part.unlink(missing_ok=True)
        return False


class _Index:
    """Which files of the place lie here, and as what they came."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._path = folder, folder / ".index.json"
        self._written = time.monotonic()
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
            self._came = {
                str(name): [int(size), str(mark), int(at)] for name, (size, mark, at) in told.items()
            }
        except (OSError, ValueError, TypeError, AttributeError):
            self._came = {}

    @property
    def known(self) -> set[str]:
        """The names of all files that came."""
        return set(self._came)

    def has(self, name: str, stamp: Stamp) -> bool:
        """Whether a file is here as it is there, and nobody has changed it since it came."""
        came = self._came.get(name)
        if came is None or came[:2] != [stamp.size, stamp.mark]:
            return False
        try:
            state = (self._folder / name).stat()
        except OSError:
            return False
        return [state.st_size, state.st_mtime_ns] == [came[0], came[2]]

    def put(self, part: Path, name: str, stamp: Stamp) -> None:
        """Give a file that is whole its name."""
        target = self._folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(part, target)
        self._came[name] = [stamp.size, stamp.mark, target.stat().st_mtime_ns]
        if time.monotonic() > self._written + _WRITTEN_EVERY:
            self.write()

    def remove(self, name: str) -> None:
        """Take a file away that is gone there, and the folders that are empty without it."""
        target = self._folder / name
        target.unlink(missing_ok=True)
        with suppress(OSError):
            for above in list(target.parents)[: len(PurePosixPath(name).parts) - 1]:
                above.rmdir()
        del self._came[name]

    def write(self) -> None:
        """Keep it for the next run."""
        kept.write(self._path, json.dumps(self._came, ensure_ascii=False, sort_keys=True))
        self._written = time.monotonic()


def _is_shown(name: str) -> bool:
    """Hidden files and those that a program has open are no exports, as in a folder."""
    return not any(part.startswith((".", "~$")) and part not in (".", "..") for part in name.split("/"))


def _refuse_names(found: Mapping[str, Stamp]) -> None:
    """Raises Failed for names that no file here can have."""
    folders = {str(above) for name in found for above in PurePosixPath(name).parents}
    wrong = [name for name in found if not _can_be_a_file(name) or name in folders]
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise Failed(f"{min(wrong)!r}{more}: no file can be called so here: rename it there")


def _can_be_a_file(name: str) -> bool:
    return all(_can_be_a_part(part) for part in name.split("/"))


def _can_be_a_part(part: str) -> bool:
    return (
        part not in ("", ".", "..")
        and not set(part) & {"\0", "\\"}
        and len(part.encode("utf-8", "replace")) < 250
    )


def is_elsewhere(exports: str) -> bool:
    """Whether exports lie at an address, not in a folder."""
    return "://" in exports
