"""What takes long says so: how far it is, two seconds after it began and then every ten."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Until the first line, and from one to the next [s].
AFTER, EVERY = 2.0, 10.0

Say = Callable[[str], None]
_hearing: list[Say] = []


def hear(say: Say) -> None:
    """From now on `say` is told by this process of what takes long; nobody else is."""
    _hearing[:] = [say]


@contextmanager
def told(what: str) -> Iterator[Say]:
    """Tell how far something is while it takes long: whoever does it calls what this gives with how far it is now.

    A line comes also while it waits for a server that says nothing.
    """
    if not _hearing:
        yield lambda text: None
        return
    (say,) = _hearing
    now = [""]
    ended = threading.Event()

    def tell() -> None:
        wait = AFTER
        while not ended.wait(wait):
            say(f"{what}{': ' if now[0] else ''}{now[0]}")
            wait = EVERY

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield lambda text: now.__setitem__(0, text)
    finally:
        ended.set()
        teller.join()
