"""Every client's month: each made by a process of its own, here or on a cluster, and one page of what needs whom."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from msp_report.model.errors import WrongUse
from msp_report.model.period import Month
from msp_report.portfolio import here, page
from msp_report.portfolio.processes import Outcome
from msp_report.system.now import now
from msp_report.workspace import Workspace

#: How long a client's month may take [min].
DEADLINE = 60.0

Say = Callable[[str], None]


def run(
    workspace: Workspace,
    clients: Sequence[str] = (),
    month: str = "",
    say: Say = lambda text: None,
    *,
    jobs: int = 0,
    deadline: float = DEADLINE,
    only: bool = False,
) -> tuple[Path, int]:
    """Make or confirm the pack of a month for many clients, and the page of all of them.

    `clients` are names of folders in params/, none: all of them; `month` empty: the latest one that is over; `jobs`,
    how many at a time, 0: one a core; `deadline`, how long one may take [min]; `only`: without packs of earlier months.
    Returns the published folder and the highest exit code. A client that fails is named through `say` and on the page,
    and stops no other. Raises UnknownClient, and WrongUse where there is no client.
    """
    chosen = tuple(dict.fromkeys(clients or workspace.clients))
    for client in chosen:
        workspace.client_params(client)
    if not chosen:
        raise WrongUse(f"{workspace.params} has no client: a client is a folder in it with a contract.yaml")
    page.refuse_name(workspace)
    when = Month.parse(month) if month else _latest()
    cores = os.cpu_count() or 1
    at_a_time = min(jobs or cores, len(chosen))
    ended: dict[str, Outcome] = {}

    def tell(outcome: Outcome) -> None:
        ended[outcome.client] = outcome
        how = outcome.why or "published"
        say(f"{len(ended)} of {len(chosen)}: {outcome.client} {when}: {how} ({outcome.seconds:,.0f} s)")

    here.run(
        chosen,
        lambda client: _arguments(workspace, client, when, only),
        tell,
        at_a_time=at_a_time,
        cores=max(1, cores // at_a_time),
        seconds=deadline * 60,
    )
    outcomes = [ended[client] for client in chosen]
    folder = page.run(workspace, when, outcomes)
    return folder, max(outcome.code for outcome in outcomes)


def _latest() -> Month:
    """The latest month that is over everywhere on earth, by the machine's clock."""
    return Month.of((now() - pd.Timedelta(hours=12)).date()).shift(-1)


def _arguments(workspace: Workspace, client: str, month: Month, only: bool) -> tuple[str, ...]:
    """What an analyst would type for one client."""
    folders = {"workspace": workspace.root, "params": workspace.params, "output": workspace.output}
    if workspace.exports:
        folders["exports"] = workspace.exports
    said = [text for name, folder in folders.items() for text in (f"--{name}", str(folder))]
    return ("monthly", "--client", client, "--month", str(month), *said, *(["--only"] if only else []))
