"""A run over many clients, here or on a cluster, and the page of all of them."""

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
    scheduler: str = "",
    store: str = "",
) -> tuple[Path, int]:
    """Make or confirm the pack of a month for many clients, and the page of all of them.

    `clients` are names of folders in params/, none: all of them; `month` empty: the latest one that is over; `jobs`,
    how many at a time, 0: one a core; `deadline`, how long one may take [min]; `only`: without packs of earlier months.
    With a `scheduler` they run on its workers, which see the workspace, or else send and fetch packs by way of a
    `store`. Returns the published folder and the highest exit code. A client that fails is named through `say` and on
    the page, and stops no other. Raises UnknownClient, WrongUse where there is no client, and Failed where no scheduler
    answers.
    """
    chosen = tuple(dict.fromkeys(clients or workspace.clients))
    for client in chosen:
        workspace.client_params(client)
    if not chosen:
        raise WrongUse(f"{workspace.params} has no client: a client is a folder in it with a contract.yaml")
    if store and not scheduler:
        raise WrongUse(
            "--store is for workers of a --scheduler: give both, or copy packs with msp-report publish"
        )
    page.refuse_name(workspace)
    when = Month.parse(month) if month else _latest()
    asked = {
        client: ("monthly", "--client", client, "--month", str(when), *(["--only"] if only else []))
        for client in chosen
    }
    ended: dict[str, Outcome] = {}

    def tell(outcome: Outcome) -> None:
        ended[outcome.client] = outcome
        how = outcome.why or "published"
        say(f"{len(ended)} of {len(chosen)}: {outcome.client} {when}: {how} ({outcome.seconds:,.0f} s)")

    if scheduler:
        from msp_report.portfolio import cluster

        cluster.run(scheduler, store, workspace, asked, deadline * 60, tell, say)
    else:
        here.run(workspace, asked, deadline * 60, tell, jobs or os.cpu_count() or 1)
    outcomes = [ended[client] for client in chosen]
    return page.run(workspace, when, outcomes), max(outcome.code for outcome in outcomes)


def _latest() -> Month:
    """The latest month that is over everywhere on earth, by the machine's clock."""
    return Month.of((now() - pd.Timedelta(hours=12)).date()).shift(-1)
