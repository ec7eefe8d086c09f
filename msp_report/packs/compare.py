"""Clients side by side, from their published packs: opened for the notebook that shows it, run and published.

Names are shown only when asked for. Otherwise a client keeps the letter that it was once given by lot; who is who
stands in one file of the workspace, which is not part of what is published. Nor is the executed notebook, whose
parameters name the clients.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from msp_report import params
from msp_report.metrics.compare import Analysis, Side
from msp_report.model.figures import COLUMNS
from msp_report.model.measures import MEASURES
from msp_report.model.period import Period
from msp_report.packs import across, forks, pack, warming
from msp_report.pages import display, publish
from msp_report.pages.display import Display, Html
from msp_report.system import locks
from msp_report.words import labels as named
from msp_report.words import sentences
from msp_report.words.language import ENGLISH, Language
from msp_report.workspace import PROJECT, Workspace

FOLDER = pack.COMPARE
NOTEBOOK = PROJECT / "notebooks" / FOLDER / "00_compare.ipynb"
#: Who is who, beside what is published and never in it.
NAMES = ".names.json"


@dataclass(frozen=True)
class Comparison:
    """Clients of one period, opened: what their packs say, and what the page calls them."""

    workspace: Workspace
    clients: tuple[str, ...]
    period: Period
    fork: str
    """The name of the fork whose runs are compared; empty for the packs."""
    show_names: bool
    sides: tuple[Side, ...]
    """In the order of the page."""
    show: Display
    """How numbers and words are shown that are of no one client: as all of them have it alike, else as by default."""
    sha256: Mapping[str, Mapping[str, str]]
    """By label of a side, the hash of each figures.json that was read, by period."""

    @property
    def when(self) -> str:
        """The period in words."""
        return self.show.period(self.period)

    @property
    def folder(self) -> Path:
        """Where it is published. With names shown the folder is `<period>-with-names`, so that nobody forwards the one
        for the other."""
        name = f"{self.period}{'-with-names' if self.show_names else ''}"
        return self.workspace.output / FOLDER / self.fork / name

    def named(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame with its column `client` in words."""
        return frame.assign(client=[self.show.label(label) for label in frame["client"]])

    def by_page(self, by_report: pd.DataFrame) -> pd.DataFrame:
        """The frame of compare.by_report with its pages and counts in words."""
        told = {
            label: [self.show.label(text) if isinstance(text, str) else None for text in by_report[label]]
            for label in by_report.columns[1:]
        }
        pages = [named.page(report, self.show.language) for report in by_report["report"]]
        return by_report.assign(report=pages, **told)

    def cells(self, figures: pd.DataFrame) -> pd.DataFrame:
        """Comparable figures as a table shows them: `what`, and a column for each client that has a pack."""
        rows = figures.drop_duplicates(["measure", "subject"])[["measure", "subject"]].reset_index(drop=True)
        columns = {
            side.label: _cells(figures, rows, side.label, replace(self.show, currency=side.currency))
            for side in self.sides
            if side.figures is not None
        }
        return pd.DataFrame({"what": _names(rows, self.show), **columns})

    def columns(self, frame: pd.DataFrame, empty: str = "") -> dict[str, tuple[str, ...]]:
        """The clients' columns of a table, all but its first: each headed by its client, `empty` where it has
        nothing."""
        more = (empty,) if empty else ()
        return {label: (self.show.label(label), "text", *more) for label in frame.columns[1:]}


def open_comparison(
    clients: str = "",
    period: str = "",
    pack: str = "",
    show_names: bool = False,
    workspace: str | Path | Workspace = "",
) -> Comparison:
    """Open clients to compare them over a period.

    `clients` are names of folders in params/ with commas between, empty: all of them; `pack` is the name of a fork, to
    compare what its runs published. `period` empty: the latest month that any of them has a pack of. A client that has
    no letter yet is given one. Raises ValueError for fewer than two clients or a client called like the folder,
    UnknownClient, and PublishError where there is no pack at all.
    """
    place = workspace if isinstance(workspace, Workspace) else Workspace.find(workspace)
    asked = [name.strip() for name in clients.split(",") if name.strip()]
    chosen = tuple(dict.fromkeys(asked or place.clients))
    for client in chosen:
        place.client_params(client)
    if len(chosen) < 2:
        raise ValueError(
            f"a comparison needs two clients: {place.params} has {', '.join(place.clients) or 'none'}; "
            "name them with --clients a,b"
        )
    if FOLDER in place.clients:
        raise ValueError(
            f"a client is called {FOLDER!r}, as the folder of comparisons is: rename {place.params / FOLDER}"
        )
    if pack:
        forks.check_name(pack)
    when = Period.parse(period) if period else _latest(chosen, place, pack)
    found = {client: _packs(client, when, pack, place) for client in chosen}
    if not any(found.values()):  # nobody is given a letter for nothing
        raise publish.PublishError(
            f"none of {', '.join(chosen)} has a pack {pack + ' ' if pack else ''}of {when}: publish them first"
        )
    contracts = {client: params.load_contract(place.client_params(client)).client for client in chosen}
    labels = _full_names(contracts) if show_names else letters(chosen, place.output / FOLDER / NAMES)
    sides = [_side(labels[client], contracts[client].currency, found[client], when) for client in chosen]
    locale = _shared((one.locale for one in contracts.values()), Display().locale)
    language = Language(_shared((one.language for one in contracts.values()), ENGLISH.name))
    return Comparison(
        workspace=place,
        clients=chosen,
        period=when,
        fork=pack,
        show_names=show_names,
        sides=tuple(sorted(sides, key=lambda side: (not show_names and len(side.label), side.label))),
        show=Display(locale, language=language),
        sha256={
            labels[client]: {of: hashlib.sha256(content).hexdigest() for of, content in packs.items()}
            for client, packs in found.items()
        },
    )


def run(
    clients: Sequence[str], period: str, workspace: Workspace, show_names: bool = False, pack: str = ""
) -> Path:
    """Compare clients over a period and publish it under `output/compare/`; gives the folder.

    Parameters and raises: as `open_comparison`, and ReportFailed where a cell of its notebook fails.
    """
    warming.warm_up()
    opened = open_comparison(",".join(clients), period, pack, show_names, workspace)
    told = [{"client": side.label, "figures_sha256": opened.sha256[side.label]} for side in opened.sides]
    there = sum(bool(packs) for packs in opened.sha256.values())
    language = opened.show.language
    return across.make(
        NOTEBOOK,
        {
            "clients": ",".join(opened.clients),
            "period": str(opened.period),
            "pack": opened.fork,
            "show_names": opened.show_names,
        },
        opened.workspace,
        opened.folder,
        publish.Context(
            client=language("Clients side by side"),
            period=opened.when,
            made_from=language(
                "Made from the published packs of {count} of {all} clients.",
                count=there,
                all=len(opened.sides),
            ),
            pages=(("index.html", language("Compare")),),
            language=language,
        ),
        opened.show,
        {"period": str(opened.period), "pack": opened.fork, "clients": told},
    )


def record(opened: Comparison, found: Analysis) -> display.Headlines:
    """Hand on what was compared; gives the sentences that open the page.

    While a comparison is being published it is written as figures.csv and records/<name>.csv.
    """
    across.record(found.records(), figures=found.comparable)
    return display.headlines(_opening(found, opened.when, opened.show), show=opened.show)


def _latest(clients: Sequence[str], workspace: Workspace, pack: str) -> Period:
    """The latest month of which any of the clients has a pack."""
    found = [
        Period.parse(path.parent.name)
        for client in clients
        for path in (workspace.output / client / pack).glob("[0-9]*/figures.json")
    ]
    months = [one for one in found if one.first == one.last] or found
    if not months:
        raise publish.PublishError(f"none of {', '.join(clients)} has a pack: publish them first")
    return max(months, key=lambda one: (one.last, one.first))


# ---------------------------------------------------------------- who is who


def letters(clients: Sequence[str], file: Path) -> dict[str, str]:
    """The letter of each client: drawn by lot once, then kept in `file`, so that no order tells a name."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with locks.held(file.with_suffix(".lock"), f"{file.name}: waiting for another run to end"):
        known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        new = [client for client in clients if client not in known]
        secrets.SystemRandom().shuffle(new)
        for client in new:
            known[client] = f"Client {_letter(len(known))}"
        if new:
            made = file.with_suffix(".new")
            made.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            os.replace(made, file)
    return {client: known[client] for client in clients}


def _letter(index: int) -> str:
    """A to Z, then AA to ZZ and so on."""
    before, last = divmod(index, 26)
    return (_letter(before - 1) if before else "") + chr(ord("A") + last)


def _full_names(contracts: Mapping[str, Any]) -> dict[str, str]:
    names = [one.name for one in contracts.values()]
    return {
        client: one.name if names.count(one.name) == 1 else f"{one.name} ({client})"
        for client, one in contracts.items()
    }


def _shared(values: Iterable[str], otherwise: str) -> str:
    """What all clients have alike."""
    found = set(values)
    return found.pop() if len(found) == 1 else otherwise


# ---------------------------------------------------------------- what their packs say


def _side(label: str, currency: str, packs: Mapping[str, bytes], period: Period) -> Side:
    frames = {when: pd.DataFrame(json.loads(content), columns=COLUMNS) for when, content in packs.items()}
    rows = [
        frame.astype(object).assign(month=when)
        for when, frame in frames.items()
        if _is_month(Period.parse(when))
    ]
    promised = pd.concat(rows, ignore_index=True) if rows else None
    return Side(label, currency, frames.get(str(period)), promised)


def _packs(client: str, period: Period, pack: str, workspace: Workspace) -> dict[str, bytes]:
    """The figures.json of a period's pack and of its months' packs, by period; those that are there."""
    months = (
        {str(month): workspace.pack(client, month) for month in period.months}
        if not _is_month(period)
        else {}
    )
    paths = {str(period): workspace.pack(client, period, pack), **months}
    return {
        when: path.read_bytes()
        for when, folder in paths.items()
        if (path := folder / "figures.json").exists()
    }


def _is_month(period: Period) -> bool:
    return period.first == period.last


# ---------------------------------------------------------------- the page


def _opening(found: Analysis, period: str, show: Display) -> list[sentences.Line]:
    contract = _contract(show)
    kept = found.promises
    judged = kept[kept["kept_ratio"].notna()].sort_values("kept_ratio", ascending=False, kind="stable")
    shares = [
        {
            "client": show.label(row.client),
            "met": show.number(row.met, "count"),
            "judged": show.number(row.met + row.missed),
        }
        for row in judged.itertuples()
    ]
    texts = [
        sentences.say("compare_kept", contract, shares=shares, period=period),
        sentences.say(
            "compare_missing", contract, clients=[show.label(name) for name in found.absent], period=period
        ),
    ]
    return [(text, None) for text in texts if text]


def _contract(show: Display) -> params.Contract:
    """As much of a contract as sentences need to be said as the page is."""
    client = {"name": "all", "timezone": "UTC", "locale": show.locale, "language": show.language.name}
    return params.as_contract({"client": client})


def _names(rows: pd.DataFrame, show: Display) -> list[str]:
    """What figures are called; one that nobody has declared, such as a fork's own, by the words of its measure."""
    measure = rows["measure"].astype(str)
    words = measure.str.capitalize().str.replace(".", ": ", n=1, regex=False).str.replace("_", " ")
    undeclared = words + (" of " + rows["subject"]).where(rows["subject"].ne(""), "")
    declared = sentences.names(rows, _contract(show))
    return [
        name if own in MEASURES else plain
        for name, own, plain in zip(declared, measure, undeclared, strict=True)
    ]


def _cells(figures: pd.DataFrame, rows: pd.DataFrame, label: str, show: Display) -> list[Html]:
    """What one client's column says of each measure and subject of `rows`."""
    own = rows.merge(figures[figures["client"].eq(label)], how="left", on=["measure", "subject"])
    said = own[["value", "unit", "target", "n", "verdict", "state"]]
    return [_cell(show, *row) for row in said.itertuples(index=False)]


def _cell(show: Display, value: Any, unit: str, target: Any, n: Any, verdict: Any, state: str) -> Html:
    """A value, the number of cases it rests on, and its verdict."""
    if state != "known":
        text = show.label(state)
    else:
        text = show.number(value, unit, apart_from=target)
        if unit == "ratio" and pd.notna(n):
            text = show.language("{value}, n {number}", value=text, number=show.number(n, "count"))
    shown = Html(escape(text), text)
    return display.together(shown, display.verdict(verdict, show)) if isinstance(verdict, str) else shown
