"""A Dask scheduler and workers on this machine, started for a test or a benchmark; needs the extra `cluster`."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import started

from msp_report.workspace import PROJECT


class Cluster:
    """A scheduler and its workers on this machine."""

    def __init__(self, folder: Path) -> None:
        self._library = pytest.importorskip("distributed")
        port = started.free_port()
        self.address, self._folder, self._processes = f"tcp://127.0.0.1:{port}", folder, []
        self.scheduler = self._start("dask_scheduler", "--host", "127.0.0.1", "--port", str(port))

    def _start(self, module: str, *options: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.{module}", *options, "--no-dashboard"]
        with (self._folder / "log").open("a") as log:
            process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env={**os.environ, "PYTHONPATH": str(PROJECT)},
            )
        self._processes.append(process)
        return process

    def worker(self) -> subprocess.Popen:
        """Start one that has a process and a thread, and wait until it is known."""
        before = len(self.workers())
        made = self._start(
            "dask_worker", self.address, "--no-nanny", "--nthreads", "1", "--local-directory", "scratch"
        )
        until = time.monotonic() + 60
        while len(self.workers()) <= before:
            assert time.monotonic() < until, (self._folder / "log").read_text()
            time.sleep(0.2)
        return made

    def workers(self) -> dict:
        with self._library.Client(self.address, timeout=60, set_as_default=False) as client:
            return client.scheduler_info(n_workers=-1)["workers"]

    def running(self) -> int:
        """How many tasks workers have."""
        with self._library.Client(self.address, timeout=60, set_as_default=False) as client:
            return sum(map(len, client.processing().values()))

    def end(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()
