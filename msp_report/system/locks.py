"""Locks that are waited for at most a stated time, and that say who holds them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from msp_report.model.errors import Failed

#: How long a lock is waited for where nobody says otherwise [s].
USUAL_WAIT = 3600.0


@contextmanager
def held(
    path: Path, what: str, seconds: float = USUAL_WAIT, say: Callable[[str], None] = lambda text: None
) -> Iterator[None]:
    """Hold the lock at a path; `what` is waited for in words, such as "demo: waiting for another run to end".

    Beside the lock stands who holds it, `<name>.lock.json`: its process and since when. Raises Failed where the time
    is over, and names them.
    """
    lock = FileLock(str(path))
    told = path.with_name(f"{path.name}.json")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(f"{what}{_holder(told)}")
        try:
            lock.acquire(timeout=seconds)
        except Timeout:
            raise Failed(
                f"{what}{_holder(told)}: it did not end in {seconds:,.0f} s: look for what it waits for, or end it"
            ) from None
    try:
        with suppress(OSError):  # who holds it is good to know, and no more
            since = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
            told.write_text(json.dumps({"process": os.getpid(), "since": since}) + "\n", encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            told.unlink()
        lock.release()


def _holder(told: Path) -> str:
    try:
        who = json.loads(told.read_text(encoding="utf-8"))
        return f" (process {who['process']}, since {who['since']})"
    except (OSError, ValueError, LookupError):
        return ""
