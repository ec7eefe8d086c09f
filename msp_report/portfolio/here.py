"""The clients of a portfolio on this machine: so many processes at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event

from msp_report.portfolio import processes
from msp_report.portfolio.processes import Outcome
from msp_report.system.limits import CORES
from msp_report.workspace import Workspace


def run(
    workspace: Workspace,
    asked: Mapping[str, tuple[str, ...]],
    seconds: float,
    tell: Callable[[Outcome], None],
    at_a_time: int,
) -> None:
    """Run `msp-report` with the arguments of each client, and tell each as it ends; one may take so many `seconds`.

    The cores are shared among those that run at a time. Where this is interrupted they are ended.
    """
    stopped = Event()
    many = min(at_a_time, len(asked))
    environment = {CORES: str(max(1, (os.cpu_count() or 1) // many))}
    folders = options(workspace)
    with ThreadPoolExecutor(many) as pool:
        jobs = [
            pool.submit(
                processes.run,
                client,
                (*arguments, *folders),
                environment,
                seconds,
                lambda: not stopped.is_set(),
            )
            for client, arguments in asked.items()
        ]
        try:
            for job in as_completed(jobs):
                tell(job.result())
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def options(workspace: Workspace) -> tuple[str, ...]:
    """The options that name the folders of a workspace."""
    folders = {"workspace": workspace.root, "params": workspace.params, "output": workspace.output}
    moved = {"exports": workspace.store or workspace.exports} if workspace.store or workspace.exports else {}
    return tuple(text for name, folder in {**folders, **moved}.items() for text in (f"--{name}", str(folder)))
