"""Files are read in a process of their own: no file can end the run, fill the machine or keep it waiting for ever.

`read` gives what formats.read gives. The process is started once and asked for file after file; where one file ends it,
that is this file's problem, and the next file gets a new one. Delimited text, as far as it is regular, can do nothing
of the kind and is read here: no process is started for it, and no row goes through a pipe.
"""

from __future__ import annotations

import atexit
import json
import os
import pickle
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from pathlib import Path

import pyarrow as pa

from msp_report.intake.chunk import Chunk, Irregular, Unreadable
from msp_report.intake.formats import regular
from msp_report.intake.formats.cells import farthest
from msp_report.model.beside import ahead
from msp_report.params.layout import Layout
from msp_report.params.sources import Limits

_CHILD = "msp_report.intake.child"
#: Of a file of more bytes the next chunk is read while one is looked at.
_LARGE = 10_000_000
#: Arrow gives back what it needs no more: its own pool keeps 20 MB.
_SPARING = {"ARROW_DEFAULT_MEMORY_POOL": "system", "RUST_BACKTRACE": "0"}

#: How libraries say that memory was refused.
_OF_MEMORY = re.compile(r"(?i)memory|bad_alloc|cannot allocate|capacity overflow")

#: Files beside one, by the names under which its `shape` may read them, each with how it is read.
Beside = Mapping[str, tuple[tuple[Path, ...], Layout]]


def read(
    path: Path, layout: Layout, limits: Limits | None = None, beside: Beside | None = None
) -> Iterator[Chunk]:
    """The rows of a file in chunks, as formats.read gives them and shaping.shaped makes them.

    Raises Unreadable for what these refuse, for whatever else its reader fails of, and where reading takes more
    memory or time than the limits of sources.yaml allow.
    """
    after = 0
    if not layout.makes_rows:
        try:
            yield from _regular_of(path, layout)
            return
        except Irregular as rest:
            after = rest.chunks
    reader = _idle()
    # what a shape puts onto the disk is taken away here, since the other process may be ended at any time
    room = tempfile.TemporaryDirectory(prefix="msp-shape-") if layout.shape else nullcontext()
    with room as scratch:
        try:
            yield from reader.chunks(path, layout, limits or Limits(), beside or {}, scratch, after)
        finally:
            if reader.is_idle:
                _waiting.append(reader)
            else:  # it is dead, or the file was left in the middle: nobody may take its rest for another's
                reader.end()


def _regular_of(path: Path, layout: Layout) -> Iterator[Chunk]:
    """The regular chunks of a file. Raises Irregular where the rest is to be read by the other process, which says what
    is wrong with it."""
    done = 0
    try:
        chunks = regular(path, layout)
        for chunk in ahead(chunks) if path.stat().st_size > _LARGE else chunks:
            yield chunk
            done += 1
    except Irregular:
        raise
    except Exception:  # noqa: BLE001 - whatever it is, the other process meets it again and tells it
        raise Irregular(done) from None


class _Reader:
    """A process that reads files, one after another."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end; a pipe that nobody empties would hold it up
        self.is_idle = True
        """Whether it has answered all that it was asked."""
        package = Path(__file__).resolve().parents[2]
        paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _CHILD],  # -P: nothing is imported from where the run was started
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **_SPARING},
        )

    @property
    def lives(self) -> bool:
        """Whether it is this process's own, and may be asked."""
        return self.owner == os.getpid() and self._process.poll() is None

    def end(self) -> None:
        """End it, whatever it does."""
        if self.owner != os.getpid():
            return
        with suppress(OSError):
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            with suppress(OSError):
                pipe.close()
        self._process.wait()

    def chunks(
        self,
        path: Path,
        layout: Layout,
        limits: Limits,
        beside: Beside,
        scratch: str | None = None,
        after: int = 0,
    ) -> Iterator[Chunk]:
        """Ask for a file and give its chunks until its end; `scratch`: a folder for what memory does not hold; `after`:
        so many regular ones are passed over."""
        from msp_report.intake.child import unpacked  # DuckDB comes with it, which takes long to load

        place = Path(scratch) if scratch else None
        asked = (path, layout, dict(beside), place, after, limits.file_memory_mb, limits.file_seconds)
        request = pickle.dumps(asked)
        self.is_idle = False
        self._errors_before = self._errors.seek(0, os.SEEK_END)
        try:
            self._process.stdin.write(len(request).to_bytes(8, "big") + request)
            self._process.stdin.flush()
            while True:
                message, *tables = self._next(limits.file_seconds)
                self.is_idle = "unreadable" in message or "end" in message
                if "unreadable" in message:
                    raise Unreadable(message["unreadable"])
                if "memory" in message:
                    raise Unreadable(_too_large(path, limits))
                if "end" in message:
                    return
                if "busy" not in message:
                    yield unpacked(message, *tables)
        except TimeoutError:
            raise Unreadable(_too_long(limits)) from None
        except (EOFError, BrokenPipeError):
            raise Unreadable(self._why_it_ended(path, limits)) from None

    def _next(self, seconds: float) -> tuple[dict, pa.Table | None, pa.Table | None]:
        """The next frame. Raises EOFError where the process has ended, TimeoutError where it says nothing."""
        from msp_report.intake.child import FRAME

        by = time.monotonic() + seconds
        text, *sizes = FRAME.unpack(self._bytes(FRAME.size, by))
        message = json.loads(self._bytes(text, by))
        rows, aside = (
            pa.ipc.open_stream(self._bytes(size, by)).read_all() if size else None for size in sizes
        )
        return message, rows, aside

    def _bytes(self, count: int, by: float) -> bytes:
        """So many bytes of the answer, read as they come."""
        found, pipe = bytearray(), self._process.stdout
        if os.name == "nt":  # pipes cannot be waited for there
            found += pipe.read(count)
            if len(found) < count:
                raise EOFError
            return bytes(found)
        with selectors.DefaultSelector() as wait:
            wait.register(pipe, selectors.EVENT_READ)
            while len(found) < count:
                if not wait.select(max(0.0, by - time.monotonic())):
                    raise TimeoutError
                part = os.read(pipe.fileno(), min(count - len(found), 1 << 20))
                if not part:
                    raise EOFError
                found += part
        return bytes(found)

    def _why_it_ended(self, path: Path, limits: Limits) -> str:
        """What the process ended of: the time or memory that it may have, or what it said last, and how it ended."""
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            code = None
        if code == -getattr(signal, "SIGXCPU", 0):
            return _too_long(limits)
        said = self._said_last()
        if code == -getattr(signal, "SIGKILL", 0) or _OF_MEMORY.search(said):
            return _too_large(path, limits)
        how = signal.Signals(-code).name if code is not None and code < 0 else f"code {code}"
        lines = [line for line in said.splitlines() if line.strip() and not line.startswith("note:")]
        last = lines[-1][:200] if lines else "it said nothing"
        return f"the process that read it ended by itself ({how}: {last}): open and save or export it again"

    def _said_last(self) -> str:
        """The end of what the process wrote of its errors since it was asked for this file."""
        with suppress(OSError, ValueError):
            size = self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(self._errors_before, size - 64_000))
            return self._errors.read().decode("utf-8", "replace")
        return ""


#: Readers that nobody uses at the moment.
_waiting: list[_Reader] = []


def _idle() -> _Reader:
    while _waiting:
        reader = _waiting.pop()
        if reader.lives:
            return reader
        reader.end()
    return _Reader()


@atexit.register
def end_idle() -> None:
    """End the processes that have read what there was to read; more are begun when there is more."""
    while _waiting:
        _waiting.pop().end()


def _too_large(path: Path, limits: Limits) -> str:
    cell = farthest(path)
    more = (
        f"its sheet reaches to cell {cell}: delete the empty rows and columns after the data and save it"
        if cell
        else "export it in parts"
    )
    return f"reading it takes more than {limits.file_memory_mb:,} MB of memory: {more}, or raise limits.file_memory_mb"


def _too_long(limits: Limits) -> str:
    return (
        f"no row came of it for {limits.file_seconds:g} s: export it in parts or in another format, or raise "
        "limits.file_seconds"
    )
