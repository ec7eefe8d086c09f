"""The clients of a portfolio on a Dask cluster (the extra `cluster`): one task a client, each in a process of its own.

A task whose worker dies is given to another one, up to the scheduler's `allowed-failures`. One that is not wanted any
more, because the run that asked was ended or killed, ends at once, and at its deadline in any case: none is blocked.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from msp_report.model.errors import Failed, Refused, Told, WrongUse
from msp_report.packs import code
from msp_report.portfolio import away, here, processes
from msp_report.portfolio.processes import Outcome
from msp_report.system.limits import CORES
from msp_report.workspace import Workspace

#: How long a scheduler may take to answer, and to have a worker [s].
ANSWERS, WORKERS = 10, 60
#: Of so many clients packs are fetched from a store at a time.
FETCHED = 8


@dataclass(frozen=True)
class Job:
    """One client's month, as a worker is told."""

    client: str
    arguments: tuple[str, ...]
    seconds: float
    """How long it may take."""
    folder: str
    """The workspace."""
    parcel: away.Parcel | None
    """What a worker needs where it does not see the workspace; None: it sees it."""
    version: str
    """The code that makes all of the packs."""


def run(
    address: str,
    store: str,
    workspace: Workspace,
    asked: Mapping[str, tuple[str, ...]],
    seconds: float,
    tell: Callable[[Outcome], None],
    say: Callable[[str], None],
) -> None:
    """Run `msp-report` with the arguments of each client on the workers of a scheduler, and tell each as it ends.

    Workers see the workspace, or packs go by way of a store; afterwards they are in the workspace all the same. Raises
    WrongUse where the extra is not installed, Failed where no scheduler answers.
    """
    try:
        import distributed
    except ImportError:
        raise WrongUse(
            "--scheduler needs distributed, which is not installed: make the environment with "
            "`python3 -m msp_report.environment --with cluster`"
        ) from None
    for name in ("distributed", "tornado", "asyncio"):  # what matters of it is told below
        logging.getLogger(name).setLevel(logging.CRITICAL)
    version = code.made_by()["sha256"]
    folders = () if store else here.options(workspace)
    one_told = Lock()

    def take(outcome: Outcome) -> None:
        outcome = away.fetched(workspace, store, outcome) if store else outcome
        with one_told:
            tell(outcome)

    with _connected(distributed, address, say) as cluster, ThreadPoolExecutor(FETCHED) as pool:
        futures = {}
        for client, arguments in asked.items():
            try:
                parcel = away.packed(workspace, client, store) if store else None
            except (Told, OSError) as error:
                tell(_failed(client, str(error)))
                continue
            job = Job(client, (*arguments, *folders), seconds, str(workspace.root), parcel, version)
            key = f"{client}-{secrets.token_hex(4)}"
            futures[cluster.submit(work, job, key=key, pure=False)] = client
        try:
            fetching = [
                pool.submit(take, _ended(future, futures[future]))
                for future in distributed.as_completed(futures)
            ]
            for one in as_completed(fetching):
                one.result()
        except BaseException:
            cluster.cancel(list(futures))
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def _connected(distributed: Any, address: str, say: Callable[[str], None]) -> Iterator[Any]:
    try:
        cluster = distributed.Client(address, timeout=ANSWERS)
    except (OSError, ValueError) as error:
        raise Failed(f"--scheduler {address}: no scheduler answers there ({type(error).__name__})") from None
    try:
        if not cluster.scheduler_info()["workers"]:
            say(f"waiting for workers at {address}")
            try:
                cluster.wait_for_workers(1, timeout=WORKERS)
            except TimeoutError:
                raise Failed(
                    f"--scheduler {address}: no worker came in {WORKERS} s: start some with dask worker {address}"
                ) from None
        yield cluster
    finally:
        cluster.close()


def _ended(future: Any, client: str) -> Outcome:
    if future.status == "finished":
        return future.result()
    error = future.exception() if future.status == "error" else None
    why = f"{type(error).__name__}: {error}" if error else "its task was cancelled"
    return Outcome(
        client, Failed.code, (f"msp-report: no worker could end it: {' '.join(why.split())}",), 0.0
    )


def work(job: Job) -> Outcome:
    """What a worker does: the client's month in a process of its own."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def is_wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state == "executing"

    if code.made_by()["sha256"] != job.version:
        return _refused(
            job.client, f"the worker {worker.address} has another version of msp_report: install the same"
        )
    cores = os.environ.get(CORES) or str(max(1, (os.cpu_count() or 1) // worker.state.nthreads))
    if job.parcel is None:
        if not Path(job.folder).is_dir():
            return _refused(
                job.client,
                f"the worker {worker.address} does not see {job.folder}: share it, or name a --store",
            )
        return processes.run(job.client, job.arguments, {CORES: cores}, job.seconds, is_wanted)
    try:
        home = Path(worker.local_directory).absolute().parent / "msp-report"  # outlives the worker
        return away.run(job.client, job.arguments, job.parcel, home, {CORES: cores}, job.seconds, is_wanted)
    except (Told, OSError) as error:
        return _failed(job.client, str(error))


def _failed(client: str, why: str) -> Outcome:
    return Outcome(client, Failed.code, (f"msp-report: {why}",), 0.0)


def _refused(client: str, why: str) -> Outcome:
    return Outcome(client, Refused.code, (f"msp-report: {why}",), 0.0)
