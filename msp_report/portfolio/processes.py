"""One client's month in a process of its own: the command that an analyst would type, with a deadline.

What one client's data does to it ends with its process: it fails alone, and no other waits for it longer than that.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from msp_report.model.errors import Failed

#: How long a process that is asked to end may take until it is ended [s].
GRACE = 10.0
#: How often it is looked whether one has ended [s].
LOOK = 0.05


@dataclass(frozen=True)
class Outcome:
    """How a client's month ended."""

    client: str
    code: int
    """Its exit code, as of the verb monthly."""
    said: tuple[str, ...]
    """What it said while it worked, and why it failed, line by line."""
    seconds: float

    @property
    def why(self) -> str | None:
        """Why it failed, on one line; None where it did not."""
        if not self.code:
            return None
        begun = [n for n, line in enumerate(self.said) if line.startswith("msp-report: ")]
        told = self.said[begun[-1] :] if begun else self.said[-1:]
        return (
            "; ".join(line.removeprefix("msp-report: ").strip() for line in told) or "it ended without a word"
        )


def run(
    client: str,
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    deadline: float,
    is_wanted: Callable[[], bool] = lambda: True,
) -> Outcome:
    """Run `msp-report` with these arguments for a client, until its deadline [s] or until nobody wants it any more.

    It gets `environment` beside the variables of this process. What it began ends with it.
    """
    begun = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "msp_report.portfolio.tied", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        code = None
        try:
            while (code := process.poll()) is None:
                if time.monotonic() - begun > deadline or not is_wanted():
                    break
                time.sleep(LOOK)
        finally:
            if code is None:
                _end(process)
            process.stdin.close()
        said.seek(0)
        lines = tuple(line for line in said.read().splitlines() if line.strip())
    if code is None:
        minutes = f"{deadline / 60:,.0f} min" if deadline >= 60 else f"{deadline:,.0f} s"
        lines += (f"msp-report: it did not end in {minutes} and was stopped: see --deadline",)
        code = Failed.code
    if code < 0:
        lines += (f"msp-report: it was ended by signal {-code}",)
        code = Failed.code
    return Outcome(client, code, lines, time.monotonic() - begun)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it began: asked first, so that it tidies up."""
    _signal(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
