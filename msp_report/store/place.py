"""What is asked of a place where files lie, and how patiently."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from msp_report.live.asked import Failed

#: Until a server takes the connection, until it says the next word, and until it has given a block or a listing [s].
CONNECT, SILENCE, LONGEST = 10.0, 60.0, 300.0
#: So long is waited before something is asked again [s]; it is asked once more than there are waits.
WAITS = (1.0, 2.0, 4.0, 8.0)
#: So much is fetched at a time [bytes].
BLOCK = 8 << 20
#: A file that is sent slower than this is given up [bytes/s].
SLOWEST = 10_000

T = TypeVar("T")


class Unanswered(Exception):
    """The place did not answer, or broke off: the same may be asked again. The text has no secret in it."""


class Gone(Exception):
    """A file that was listed is not there any more."""


class Stamp(NamedTuple):
    """What tells one state of a file from another."""

    size: int
    mark: str
    """Its ETag, or when it was changed."""


class Place(Protocol):
    """Files by their names below a root, with `/` between folders.

    Each call raises Unanswered where asking again may help, and Failed where it does not.
    """

    name: str
    """The address as it may be shown: without a user or a password."""

    def listing(self, under: str = "") -> dict[str, Stamp]:
        """Every file, or every file below a folder; a listing that breaks off is none."""

    def stamp(self, file: str) -> Stamp | None:
        """The state of a file; None where there is none."""

    def blocks(self, file: str, start: int, size: int) -> Iterator[bytes]:
        """The bytes of a file of this size from one place on. Raises Gone, too."""

    def put(self, path: Path, file: str) -> None:
        """Copy a file there, over one of that name: whoever reads it sees the old one or the new one, whole."""

    def close(self) -> None:
        """Let go of the server."""


def patiently(ask: Callable[[], T]) -> T:
    """The answer to something that is asked until it comes. Raises Failed when it does not."""
    for wait in (*WAITS, None):
        try:
            return ask()
        except Unanswered as error:
            if wait is None:
                raise Failed(str(error)) from None
        time.sleep(wait)
    raise AssertionError("the last wait is none")


def fetch(
    place: Place, name: str, stamp: Stamp, part: Path, say: Callable[[str], None] = lambda text: None
) -> None:
    """All of a file into its part, behind what is there of it; given up when nothing more comes. `say` hears how far
    it is."""
    part.touch()
    waits = iter(WAITS)
    while (done := part.stat().st_size) < stamp.size:
        try:
            with part.open("ab") as file:
                for block in place.blocks(name, done, stamp.size):
                    file.write(block)
                    file.flush()
                    os.fsync(file.fileno())
                    say(f"{name}, {file.tell() / 1e6:,.1f} of {stamp.size / 1e6:,.1f} MB")
        except Unanswered as error:
            if part.stat().st_size > done:
                waits = iter(WAITS)
            wait = next(waits, None)
            if wait is None:
                raise Failed(str(error)) from None
            time.sleep(wait)


def lacks(kind: str, library: str) -> Failed:
    """That a library of the extra is not there."""
    return Failed(
        f"{kind}:// needs {library}, which is not installed: make the environment with "
        "`python3 -m msp_report.environment --with live`"
    )
