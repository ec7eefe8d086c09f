"""Warm kernels: a notebook's kernel is forked from a clean process that has already imported the libraries (warming).

Importing pandas, seaborn and the rest takes longer than most notebooks. Each kernel is a real, isolated kernel all the
same, started on the connection file that jupyter_client wrote. Where there is no fork, the ordinary launcher is used.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import sys
import tempfile
import threading
import time
import uuid
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty
from types import ModuleType
from typing import Any, ClassVar

from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import LocalProvisioner
from jupyter_core.paths import jupyter_runtime_dir
from traitlets.config import Config

from msp_report.model import reads
from msp_report.packs import warming
from msp_report.system import leftovers, limits, memory

#: The variable that tells a kernel its limits: memory [MB], time [s].
LIMITS = "MSP_REPORT_LIMITS"
#: The variable that tells a kernel where to write what its notebook has read, once it has ended.
READS = "MSP_REPORT_READS"
#: The variable that tells a kernel how pandas keeps texts there (Case.texts); without it as pandas does.
TEXTS = "MSP_REPORT_TEXTS"
#: How a kernel says that it was interrupted while it ran nothing.
_ENDED = "KeyboardInterrupt caught in kernel"


def manager(environment: Mapping[str, str]) -> type[AsyncKernelManager]:
    """A kernel manager whose kernels are warm and get these variables beside the process's own."""
    return type("PackKernelManager", (_PackKernelManager,), {"extra": dict(environment)})


@contextmanager
def private_sockets() -> Iterator[Config]:
    """Settings by which kernels talk over sockets in a private folder: nothing listens on a port.

    The folder's path is short because a socket's may not be long, and goes when the run ends.
    """
    if os.name == "nt":
        yield Config()
        return
    before = os.environ.get("JUPYTER_RUNTIME_DIR")
    base = leftovers.run_folder()
    with tempfile.TemporaryDirectory(prefix="s", dir=base, ignore_cleanup_errors=True) as folder:
        os.environ["JUPYTER_RUNTIME_DIR"] = folder
        try:
            yield Config({name: {"transport": "ipc"} for name in ("KernelManager", "AsyncKernelManager")})
        finally:
            os.environ.pop("JUPYTER_RUNTIME_DIR")
            if before is not None:
                os.environ["JUPYTER_RUNTIME_DIR"] = before


class _Client(AsyncKernelClient):
    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """As jupyter_client's, which then listens a fifth of a second for what is left: whoever runs a cell passes over
        what answers another request."""
        until = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            self.kernel_info()
            with suppress(Empty):
                told = await self.shell_channel.get_msg(timeout=1)
                if told["msg_type"] == "kernel_info_reply":
                    await self.iopub_channel.get_msg(timeout=0.2)  # what a cell shows is heard from now on
                    self._handle_kernel_info_reply(told)
                    return
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > until:
                raise RuntimeError(f"Kernel didn't respond in {timeout:g} seconds")


class _PackKernelManager(AsyncKernelManager):
    extra: ClassVar[dict[str, str]] = {}
    client_factory = _Client

    is_ended = False
    """Whether it was told to end, maybe before it began."""

    def __init__(self, **kwargs: Any) -> None:
        # a file of its own for each kernel: the names of the sockets are made from it
        file = str(Path(jupyter_runtime_dir()) / f"{uuid.uuid4().hex[:12]}.json")
        super().__init__(connection_file=file, **kwargs)
        _kernels.add(self)

    @property
    def kernel_spec(self) -> KernelSpec | None:
        spec = super().kernel_spec
        if spec is not None and warming.can_fork():
            spec.metadata = {**spec.metadata, "kernel_provisioner": {"provisioner_name": "msp-report-warm"}}
        return spec

    async def start_kernel(self, **kw: Any) -> None:
        environment = kw.pop("env", None) or os.environ
        await self._async_start_kernel(env={**environment, **self.extra}, **kw)
        if self.is_ended:  # while it began
            self.end()

    def end(self) -> None:
        """End it at once, whatever it does, or as soon as it has begun."""
        self.is_ended = True
        process = getattr(self.provisioner, "process", None)
        if process is not None and process.poll() is None:
            with suppress(OSError):
                process.kill()

    async def _async_finish_shutdown(
        self, waittime: float | None = None, pollinterval: float = 0.01, restart: bool = False
    ) -> None:
        """As jupyter_client's, which looks ten times a second whether a kernel has ended."""
        await super()._async_finish_shutdown(waittime, pollinterval, restart)


#: The kernels of this process, for as long as anybody knows them.
_kernels: weakref.WeakSet[_PackKernelManager] = weakref.WeakSet()


def end_all() -> None:
    """End every kernel of this process at once, whatever it does."""
    for one in list(_kernels):
        one.end()


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel as a fork of the warm process; all else is jupyter_client's own launcher."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        environment = dict(kwargs.get("env") or os.environ)
        arguments = (self.parent.connection_file, kwargs.get("cwd"), environment)
        process = warming.context().Process(target=_become_kernel, args=arguments, daemon=True)
        with _without_script():
            process.start()
        self.process = _Forked(process)
        self.pid = process.pid
        return self.connection_info


_one_start = threading.Lock()


@contextmanager
def _without_script() -> Iterator[None]:
    """multiprocessing would run the script that called us anew in every kernel; a kernel has no use for it."""
    with _one_start:
        script = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = script


class _Forked:
    """A forked process with the face of subprocess.Popen, which the launcher expects."""

    stdin = stdout = stderr = None

    def __init__(self, process: Any) -> None:
        self._process = process
        self.pid = process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def send_signal(self, signum: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        self._process.kill()

    def terminate(self) -> None:
        self._process.terminate()


def _become_kernel(connection_file: str, cwd: str | None, environment: dict[str, str]) -> None:
    """Runs in the forked process."""
    threading.Thread(target=_end_with_the_run, daemon=True).start()
    memory.give_back()
    os.environ.clear()
    os.environ.update(environment)
    if cwd:
        os.chdir(cwd)
    if stated := environment.get(LIMITS):
        megabytes, seconds = map(int, stated.split(","))
        limits.memory(megabytes)
        limits.life(seconds)
    import pandas as pd
    from ipykernel.kernelapp import IPKernelApp

    pd.options.mode.string_storage = environment.pop(TEXTS, "auto")
    # jupyter_client interrupts what it ends; a kernel that is just between two cells would call that an error
    logging.getLogger(IPKernelApp.__name__).addFilter(lambda said: not said.getMessage().startswith(_ENDED))
    settings = [f"--IPKernelApp.parent_handle={os.getppid()}", "--HistoryManager.enabled=False"]
    told = environment.pop(READS, None)
    if told:
        sys.addaudithook(_doubted)
        reads.begin()
    kernel = IPKernelApp.instance()
    kernel.initialize(["-f", connection_file, *settings])
    kernel.shell.events.register("post_run_cell", lambda result: memory.trim())
    kernel.start()
    if told:
        Path(told).write_text(json.dumps(reads.taken()), encoding="utf-8")


#: Where files lie that are the program's, the libraries' and the system's: who reads them reads nothing of a client.
_HERE = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[1]))
_KNOWN = tuple(f"{os.path.realpath(place)}{os.sep}" for place in (*_HERE, "/dev", "/proc", "/sys"))
_ASKING = ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "sqlite3.connect")


def _doubted(event: str, given: tuple) -> None:
    """Notes as a doubt that a notebook reads a file or asks somebody past the case."""
    if (event != "open" and event not in _ASKING) or not reads.is_asked():
        return
    if event == "open":
        path, _, flags = given
        if not isinstance(path, str | bytes) or (flags or 0) & (os.O_WRONLY | os.O_CREAT):
            return
        path = os.path.realpath(os.fsdecode(path))
        if path.startswith(_KNOWN) or os.environ.get("JUPYTER_RUNTIME_DIR", "?") in path:
            return
        event = path
    reads.note(reads.DOUBT, event)


def _end_with_the_run() -> None:
    """A kernel's parent is the process it was forked from, which outlives a run that is killed."""
    run = multiprocessing.parent_process()
    if run is not None:
        run.join()
        os._exit(1)
