"""The clients of a portfolio on this machine: so many processes at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event

from msp_report.portfolio import processes
from msp_report.portfolio.processes import Outcome


def run(
    clients: Sequence[str],
    arguments: Callable[[str], tuple[str, ...]],
    tell: Callable[[Outcome], None],
    *,
    at_a_time: int,
    cores: int,
    seconds: float,
) -> None:
    """Run `msp-report` with the arguments of each client, and tell each as it ends.

    Each may use `cores` and take `seconds`. Where this is interrupted the processes that run are ended.
    """
    stopped = Event()
    environment = {processes.CORES: str(cores)}
    with ThreadPoolExecutor(at_a_time) as pool:
        jobs = [
            pool.submit(
                processes.run, client, arguments(client), environment, seconds, lambda: not stopped.is_set()
            )
            for client in clients
        ]
        try:
            for job in as_completed(jobs):
                tell(job.result())
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
