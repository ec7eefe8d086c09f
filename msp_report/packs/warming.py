"""The process that kernels are forked from: a `multiprocessing` fork server that imports the libraries once.

Only what Python itself brings is imported here: a run begins it first, and imports its own libraries beside it.
"""

from __future__ import annotations

import multiprocessing
import os
from functools import cache
from importlib.metadata import entry_points
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from pathlib import Path

from msp_report.system import leftovers


def can_fork() -> bool:
    """Whether kernels can be forked here: the platform can, and the package is installed with its entry point."""
    return leftovers.sockets_fit() and _is_installed()


@cache
def _is_installed() -> bool:
    """Looks through every package that is installed, which takes as long as half of a kernel's start."""
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    return forks and "msp-report-warm" in entry_points(group="jupyter_client.kernel_provisioners").names


def warm_up() -> None:
    """Start the process that kernels are forked from; it imports while other work goes on. A second time does nothing.

    What IPython keeps at home is left alone: a script that somebody runs at the start of each notebook would change
    what a pack holds. matplotlib keeps its fonts there, and gets another place only where it cannot write.
    """
    os.environ["IPYTHONDIR"] = str(leftovers.run_folder() / "ipython")
    if not os.access(Path.home(), os.W_OK):
        os.environ.setdefault("MPLCONFIGDIR", str(leftovers.run_folder() / "matplotlib"))
    if can_fork():
        context()
        forkserver.ensure_running()


def context() -> BaseContext:
    """How a process is forked from it."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["msp_report.packs.warm"])
    return found
