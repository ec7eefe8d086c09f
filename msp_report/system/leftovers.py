"""Folders for the time of a run, and what runs that were killed have left of theirs."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from multiprocessing import util
from pathlib import Path

#: The path of a socket has about a hundred letters; below this many there is room for names in the folder.
_LONGEST_FOLDER = 60
_NAME = re.compile(r"msp-(\d+)-\w+")
#: What nobody owns any more after so long [s], whoever has its number now.
_OLD = 7 * 86_400


def sockets_fit() -> bool:
    """Whether the folder for temporary files has a path short enough for sockets in it."""
    return len(os.fsencode(tempfile.gettempdir())) <= _LONGEST_FOLDER


@cache
def run_folder() -> Path:
    """The folder for all that this process needs while it runs, with a short path; it goes when the process ends.

    Its name holds the process's number, so that the next run takes it away where this one is killed. The folders that
    multiprocessing makes lie in it too.
    """
    base = Path(tempfile.gettempdir() if sockets_fit() or os.name == "nt" else "/tmp")
    sweep_dead(base)
    folder = Path(tempfile.mkdtemp(prefix=f"msp-{os.getpid()}-", dir=base))
    usual = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        util.get_temp_dir()
    finally:
        tempfile.tempdir = usual
    # after multiprocessing's own, whose priority is -100; a forked process leaves it alone
    util.Finalize(None, shutil.rmtree, args=(folder, True), exitpriority=-200)
    return folder


def sweep_dead(base: Path) -> None:
    """Take away the run folders of processes that are no more."""
    for path in base.glob("msp-*"):
        named = _NAME.fullmatch(path.name)
        if named and (not _lives(int(named[1])) or _is_old(path, _OLD)):
            shutil.rmtree(path, ignore_errors=True)


def sweep(folder: Path, patterns: Iterable[str]) -> None:
    """Take away what lies in a folder under such names; for whoever holds the lock, so that nobody else uses it."""
    for pattern in patterns:
        for path in folder.glob(pattern):
            if path.is_symlink() or path.is_file():
                with suppress(OSError):
                    path.unlink()
            else:
                shutil.rmtree(path, ignore_errors=True)


def sweep_old(folder: Path, pattern: str, seconds: float) -> None:
    """Take away what lies in a folder under such a name and is so old; others may put things there and take theirs away
    at the same time."""
    for path in folder.glob(pattern):
        if _is_old(path, seconds):
            shutil.rmtree(path, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def _is_old(path: Path, seconds: float) -> bool:
    with suppress(OSError):
        return path.stat().st_mtime < time.time() - seconds
    return False
