"""Memory that is freed goes back to the system: a kernel holds what it needs, not what it once needed; and how often
Python looks for what may be freed."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress

#: What glibc's mallopt calls the size [bytes] from which a block is mapped by itself, and goes back when it is freed.
_MAPPED_FROM, _SIZE = -3, 4_000_000

#: After so many new objects Python looks for what holds only itself; its own 700 took a twentieth of a small `check`.
_LOOKED_FOR_AFTER = 50_000


def look_seldom() -> None:
    """From now on look seldom for objects that hold only each other."""
    gc.set_threshold(_LOOKED_FOR_AFTER)


def trim() -> None:
    """Give back what is free among the smaller blocks."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


def give_back() -> None:
    """From now on large blocks go back to the system when they are freed, those of Arrow too.

    Without it glibc raises that size to 32 MB by itself, and Arrow keeps what it had for what may come.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(_MAPPED_FROM, _SIZE)
    import pyarrow

    pyarrow.set_memory_pool(pyarrow.system_memory_pool())
