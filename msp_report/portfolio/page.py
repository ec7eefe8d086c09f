"""The page of all clients of a month: opened for the notebook that shows it, run and published in output/portfolio/.

It names clients and tells what is wrong with whose exports: it is for whoever looks after them all, and for no client.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from msp_report import params
from msp_report.metrics.portfolio import Analysis, Side, promises
from msp_report.model.errors import Told, WrongUse
from msp_report.model.figures import COLUMNS
from msp_report.model.period import Month, Period
from msp_report.packs import across, pack
from msp_report.pages import display, publish
from msp_report.pages.display import Display
from msp_report.portfolio.processes import Outcome
from msp_report.words import sentences
from msp_report.words.language import ENGLISH, Language
from msp_report.workspace import PROJECT, Workspace

FOLDER = pack.PORTFOLIO
NOTEBOOK = PROJECT / "notebooks" / FOLDER / "00_portfolio.ipynb"
#: Beside the page: how each client's run ended.
OUTCOMES = "outcomes.json"


@dataclass(frozen=True)
class Portfolio:
    """Clients of one month, opened: how their runs ended and what their packs say."""

    workspace: Workspace
    month: Month
    sides: tuple[Side, ...]
    folders: tuple[str, ...]
    """The folder of each side's client, in the same order."""
    show: Display

    @property
    def when(self) -> str:
        """The month in words."""
        return self.show.period(Period(self.month, self.month))

    def linked(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame whose column `client` leads to page one of the client's pack, where there is one."""
        there = {
            side.client: f"../../../{folder}/{self.month}/html/index.html"
            for side, folder in zip(self.sides, self.folders, strict=True)
            if side.figures is not None
        }
        named = [
            display.link(name, there[name]) if name in there else display.Html(display.safe(name), name)
            for name in frame["client"]
        ]
        return frame.assign(client=named)

    def priced(self, frame: pd.DataFrame, column: str) -> pd.DataFrame:
        """A frame with a column of money in words, each row's in its own currency."""
        shown = [
            None if pd.isna(amount) else replace(self.show, currency=currency).number(amount, "cost")
            for amount, currency in zip(frame[column], frame["currency"], strict=True)
        ]
        return frame.assign(**{column: shown})


def refuse_name(workspace: Workspace) -> None:
    """Raises WrongUse where a client is called like the folder of the page."""
    if FOLDER in workspace.clients:
        raise WrongUse(
            f"a client is called {FOLDER!r}, as the folder of the page over all is: rename {workspace.params / FOLDER}"
        )


def run(workspace: Workspace, month: Month, outcomes: Sequence[Outcome]) -> Path:
    """Publish the page of a month and how each client's run ended; gives the folder."""
    target = workspace.output / FOLDER / str(month)
    places = sorted(
        {f"{folder}{os.sep}" for folder in (workspace.params, workspace.root)}, key=len, reverse=True
    )
    told = [
        {
            "client": one.client,
            "code": one.code,
            "why": _without(places, one.why),
            "seconds": round(one.seconds, 1),
        }
        for one in outcomes
    ]
    kept = target.parent / f".{month}-{OUTCOMES}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    language = ENGLISH
    made = sum(not one.code for one in outcomes)
    return across.make(
        NOTEBOOK,
        {"month": str(month), "outcomes": str(kept)},
        workspace,
        target,
        publish.Context(
            client=language("All clients"),
            period=Display().period(Period(month, month)),
            made_from=language(
                "Made from the packs of {count} of {all} clients.", count=made, all=len(outcomes)
            ),
            pages=(("index.html", language("All clients")),),
            files=(
                ("../records/clients.csv", language("Every client")),
                ("../manifest.json", language("How each run ended")),
            ),
            language=language,
        ),
        Display(),
        {"month": str(month), "clients": told},
    )


def open_portfolio(month: str, outcomes: str = "", workspace: str | Path | Workspace = "") -> Portfolio:
    """Open all clients of a month.

    `outcomes` is the file that a run over them wrote; empty: every client with a pack of the month, as if it had just
    been made. Raises ValueError for a month that is none.
    """
    place = workspace if isinstance(workspace, Workspace) else Workspace.find(workspace)
    when = Month.parse(month)
    if outcomes:
        told = json.loads(Path(outcomes).read_text(encoding="utf-8"))
        reasons: dict[str, str | None] = {one["client"]: one["why"] for one in told}
    else:
        reasons = {
            name: None for name in place.clients if (place.pack(name, when) / "figures.json").is_file()
        }
    names = {client: _name(place, client) for client in reasons}
    twice = [name for name, _ in names.values()]
    sides = tuple(
        _side(
            place.pack(client, when), name if twice.count(name) == 1 else f"{name} ({client})", currency, why
        )
        for (client, (name, currency)), why in zip(names.items(), reasons.values(), strict=True)
    )
    return Portfolio(place, when, sides, tuple(reasons), Display(language=Language(ENGLISH.name)))


def record(opened: Portfolio, found: Analysis) -> display.Headlines:
    """Hand on what was found as records/<name>.csv while the page is published; gives the sentences that open it."""
    across.record(found.records())
    contract = params.as_contract({"client": {"name": "all", "timezone": "UTC"}})
    texts = [
        sentences.say(
            "portfolio_made",
            contract,
            all=len(opened.sides),
            made=len(opened.sides) - len(found.stopped),
            period=opened.when,
        ),
        sentences.say("portfolio_missed", contract, **promises(found.clients)),
    ]
    return display.headlines([(text, None) for text in texts if text], show=opened.show)


def _without(places: Sequence[str], text: str | None) -> str | None:
    """A text without the folders that everything lies in."""
    for place in places:
        text = text.replace(place, "") if text else text
    return text


def _name(workspace: Workspace, client: str) -> tuple[str, str]:
    """What a client is called, and its currency; of one whose contract cannot be read the name of its folder."""
    try:
        own = params.load_contract(workspace.client_params(client)).client
    except Told:
        return client, "EUR"
    return own.name, own.currency


def _side(pack: Path, name: str, currency: str, why: str | None) -> Side:
    try:
        rows = json.loads((pack / "figures.json").read_text(encoding="utf-8"))
        manifest = json.loads((pack / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Side(name, currency, why)
    items = pack / "records" / "scorecard" / "items.csv"
    return Side(
        name,
        currency,
        why,
        pd.DataFrame(rows, columns=COLUMNS),
        pd.read_csv(items, dtype={"who": "str", "by_on": "str", "gravity": "str"})
        if items.exists()
        else None,
        tuple(manifest.get("withheld", {})),
    )
