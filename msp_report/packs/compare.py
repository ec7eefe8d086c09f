"""Clients side by side, from their published packs: who kept how much of what was promised, figure by figure.

Names are shown only when asked for. Otherwise a client keeps the letter that it was once given by lot; who is who
stands in one file of the workspace, which is not part of what is published.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
from filelock import FileLock

from msp_report import params
from msp_report.metrics.scorecard import lines as scorecard
from msp_report.model.figures import COLUMNS
from msp_report.model.period import Period
from msp_report.packs import forks
from msp_report.pages import charts, display, publish
from msp_report.pages.display import Display, Html
from msp_report.words import labels as named
from msp_report.words import records, sentences
from msp_report.words.language import ENGLISH, Language, message
from msp_report.workspace import Workspace

FOLDER = "compare"
#: Who is who, beside what is published and never in it.
NAMES = ".names.json"
#: Reports whose subjects are ids of one client: PRJ-01 here is not PRJ-01 there.
OWN_SUBJECTS = ("projects", "capacity")

PROMISES = [
    "client",
    "months",
    "promised",
    "met",
    "missed",
    "no_verdict",
    "no_data",
    "kept_ratio",
    "why_missing",
]
#: The columns of figures.csv.
SIDE = [
    "client",
    *(c for c in COLUMNS if c not in ("claimed", "clause", "rule", "why_missing", "headline")),
    "currency",
    "state",
]


@dataclass(frozen=True)
class Side:
    """One client of a comparison."""

    label: str
    """What the page calls it: its name, or its letter."""
    show: Display
    figures: pd.DataFrame | None
    """The rows of its figures.json; None where there is no pack."""
    promised: pd.DataFrame | None
    """The same of all its monthly packs of the period, which hold what was promised in each month."""
    sha256: Mapping[str, str]
    """Of each figures.json that was read, by period."""

    @property
    def months(self) -> int:
        """How many months of the period have a pack."""
        return len(self.promised["month"].unique()) if self.promised is not None else 0


def run(
    clients: Sequence[str], period: str, workspace: Workspace, show_names: bool = False, pack: str = ""
) -> Path:
    """Compare clients over a period and publish it under `output/compare/`; gives the folder.

    `clients` are names of folders in params/, none: all of them; `pack` is the name of a fork, to compare what its
    runs published. `period` empty: the latest month that any of them has a pack of. With names shown the folder is
    `<period>-with-names`, so that nobody forwards the one for the other. Raises ValueError for fewer than two
    clients or a client called like the folder, UnknownClient, and PublishError where there is no pack at all.
    """
    chosen = list(dict.fromkeys(clients or workspace.clients))
    for client in chosen:
        workspace.client_params(client)
    if len(chosen) < 2:
        raise ValueError(
            f"a comparison needs two clients: {workspace.params} has {', '.join(workspace.clients) or 'none'}; "
            "name them with --clients a,b"
        )
    if FOLDER in workspace.clients:
        raise ValueError(
            f"a client is called {FOLDER!r}, as the folder of comparisons is: rename {workspace.params / FOLDER}"
        )
    if pack:
        forks.check_name(pack)
    when = Period.parse(period) if period else _latest(chosen, workspace, pack)
    sides = _sides(chosen, when, pack, workspace, show_names)
    if not any(side.sha256 for side in sides):
        raise publish.PublishError(
            f"none of {', '.join(chosen)} has a pack {pack + ' ' if pack else ''}of {when}: publish them first"
        )
    target = workspace.output / FOLDER / pack / f"{when}{'-with-names' if show_names else ''}"
    staging = target.parent / ".staging" / target.name
    shutil.rmtree(staging, ignore_errors=True)
    _write(sides, when, pack, staging)
    publish.publish(staging, target)
    return target


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
    with FileLock(str(file.with_suffix(".lock"))):
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


def _sides(
    clients: Sequence[str], period: Period, pack: str, workspace: Workspace, show_names: bool
) -> list[Side]:
    contracts = {client: params.load_contract(workspace.client_params(client)).client for client in clients}
    locale = _shared((one.locale for one in contracts.values()), Display().locale)
    language = Language(_shared((one.language for one in contracts.values()), ENGLISH.name))
    found = {client: _packs(client, period, pack, workspace) for client in clients}
    if not any(found.values()):  # nobody is given a letter for nothing
        return []
    labels = _full_names(contracts) if show_names else letters(clients, workspace.output / FOLDER / NAMES)
    sides = [
        _side(
            labels[client],
            Display(locale, contracts[client].currency, language=language),
            found[client],
            period,
        )
        for client in clients
    ]
    return sorted(sides, key=lambda side: (not show_names and len(side.label), side.label))


def _shared(values: Iterable[str], otherwise: str) -> str:
    """What all clients have alike."""
    found = set(values)
    return found.pop() if len(found) == 1 else otherwise


def _side(label: str, show: Display, packs: Mapping[str, bytes], period: Period) -> Side:
    frames = {when: pd.DataFrame(json.loads(content), columns=COLUMNS) for when, content in packs.items()}
    months = {when: frame for when, frame in frames.items() if _is_month(Period.parse(when))}
    rows = [frame.astype(object).assign(month=when) for when, frame in months.items()]
    hashes = {when: hashlib.sha256(content).hexdigest() for when, content in packs.items()}
    promised = pd.concat(rows, ignore_index=True) if rows else None
    return Side(label, show, frames.get(str(period)), promised, hashes)


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


def _full_names(contracts: Mapping[str, Any]) -> dict[str, str]:
    names = [one.name for one in contracts.values()]
    return {
        client: one.name if names.count(one.name) == 1 else f"{one.name} ({client})"
        for client, one in contracts.items()
    }


# ---------------------------------------------------------------- what is compared


def promises(sides: Sequence[Side]) -> pd.DataFrame:
    """How much of what was promised each client's provider kept.

    Returns one row per client with PROMISES: months with a pack; figures with a target by verdict, each counted in
    every month; kept_ratio = met / (met + missed), missing where nothing was judged, with why_missing.
    """
    frame = pd.DataFrame([_promised(side) for side in sides], columns=PROMISES)
    return frame.astype(dict.fromkeys(PROMISES[1:7], "Int64"))


def _promised(side: Side) -> dict[str, Any]:
    if side.promised is None:
        return {"client": side.label, "months": 0, "why_missing": "no pack"}
    verdicts = scorecard.agreed(side.promised)["verdict"]
    counts = {name: int(verdicts.eq(name).sum()) for name in ("met", "missed", "no_verdict", "no_data")}
    judged = counts["met"] + counts["missed"]
    return {
        "client": side.label,
        "months": side.months,
        "promised": len(verdicts),
        **counts,
        "kept_ratio": counts["met"] / judged if judged else None,
        "why_missing": None if judged else "nothing could be judged",
    }


def by_report(sides: Sequence[Side]) -> pd.DataFrame:
    """The same by page: one row per report with a column for each client that has a pack, `3 of 5` kept."""
    columns = {side.label: _kept_by_report(side.promised) for side in sides if side.promised is not None}
    reports = list(dict.fromkeys(report for column in columns.values() for report in column))
    return pd.DataFrame(
        {"report": pd.Series(reports, dtype=str)}
        | {label: [c.get(r) for r in reports] for label, c in columns.items()}
    )


def _kept_by_report(figures: pd.DataFrame) -> dict[str, str]:
    agreed = scorecard.agreed(figures).sort_index()
    judged = agreed[agreed["verdict"].isin(["met", "missed"])]
    met = judged["verdict"].eq("met").groupby(judged["report"]).agg(["sum", "count"])
    return {
        report: f"{met.at[report, 'sum']} of {met.at[report, 'count']}"
        if report in met.index
        else "none judged"
        for report in dict.fromkeys(agreed["report"])
    }


def comparable(sides: Sequence[Side]) -> pd.DataFrame:
    """The figures that mean the same for every client, long: one row per measure, subject and client.

    Returns rows with the columns SIDE in the order of the first pack. A figure over all is comparable; one of a
    subject only where two clients have a subject of this name, and never where subjects are ids of one client
    (OWN_SUBJECTS). `state` is known, not known, not in the pack, or no pack.
    """
    found = [side.figures.assign(client=side.label) for side in sides if side.figures is not None]
    every = pd.concat(
        [frame.astype(object) for frame in found] or [pd.DataFrame(columns=["client", *COLUMNS])],
        ignore_index=True,
    )
    keys = ["measure", "subject"]
    shared = every.groupby(keys)["client"].transform("nunique").gt(1) & ~every["report"].isin(OWN_SUBJECTS)
    rows = every[every["subject"].eq("") | shared]
    order = rows.drop_duplicates(keys)[["report", *keys, "unit"]]
    asked = order.merge(
        pd.DataFrame(
            [(side.label, side.show.currency, side.figures is not None) for side in sides],
            columns=["client", "currency", "pack"],
        ),
        how="cross",
    )
    values = rows.drop(columns=["report", "unit"])
    wide = asked.merge(values, how="left", on=["client", *keys], indicator="found")
    given = wide["found"].eq("both")
    state = pd.Series("not in the pack", wide.index).mask(~wide["pack"], "no pack")
    state = state.mask(given, "not known").mask(given & wide["value"].notna(), "known")
    currency = wide["currency"].where(wide["unit"].eq("cost"))
    number = pd.to_numeric(wide["n"]).astype("Int64")
    return wide.assign(state=state, currency=currency, n=number)[SIDE]


def side_by_side(figures: pd.DataFrame) -> pd.DataFrame:
    """The same wide: one row per measure and subject, for each client a column of values and one of verdicts."""
    clients = list(dict.fromkeys(figures["client"]))
    keys = ["measure", "subject", "unit"]
    order = figures.drop_duplicates(keys)[keys].set_index(keys)
    columns = {}
    for client in clients:
        own = figures[figures["client"].eq(client)].set_index(keys)
        columns |= {f"{client} value": own["value"], f"{client} verdict": own["verdict"]}
    return order.join(pd.DataFrame(columns)).reset_index()


# ---------------------------------------------------------------- the page


def _write(sides: Sequence[Side], period: Period, pack: str, folder: Path) -> None:
    figures, kept = comparable(sides), promises(sides)
    wide, pages = side_by_side(figures), by_report(sides)
    (folder / "html").mkdir(parents=True)
    (folder / "records").mkdir()
    records.write_csv(figures, folder / "figures.csv")
    frames = {"promises": kept, "by_report": pages, "side_by_side": wide}
    for name, frame in frames.items():
        records.write_csv(frame, folder / "records" / f"{name}.csv")
    told = [{"client": side.label, "figures_sha256": side.sha256} for side in sides]
    manifest = {"period": str(period), "pack": pack, "clients": told}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    count = sum(bool(side.sha256) for side in sides)
    show = Display(sides[0].show.locale, language=sides[0].show.language)
    context = publish.Context(
        client=show.language("Clients side by side"),
        period=show.period(period),
        made_from=show.language(
            "Made from the published packs of {count} of {all} clients.", count=count, all=len(sides)
        ),
        pages=(("index.html", show.language("Compare")),),
        language=show.language,
    )
    page = publish.page(_notebook(sides, figures, kept, pages, context.period, show), context)
    (folder / "html" / "index.html").write_text(page, encoding="utf-8", newline="\n")


def _notebook(
    sides: Sequence[Side],
    figures: pd.DataFrame,
    kept: pd.DataFrame,
    pages: pd.DataFrame,
    period: str,
    show: Display,
) -> nbformat.NotebookNode:
    called = {side.label: show.label(side.label) for side in sides}
    there = [side for side in sides if side.figures is not None]
    agreed = figures.groupby(["measure", "subject"])["target"].transform("count").gt(0)
    cells = [
        message("# Clients side by side\n\nWhose provider keeps what it promised, and where do they differ?"),
        display.headlines(
            _opening(kept, [called[side.label] for side in sides if side.figures is None], period, show),
            show=show,
        ),
        message(
            "## Promises kept\n\nA promise is a figure with an agreed target, counted in every month that has a "
            "pack. Each client agreed its own targets: a share says how a provider does against its own contract, "
            "not which contract asks for more."
        ),
        charts.ranked_bars(
            kept.assign(client=kept["client"].map(called)),
            label="client",
            value="kept_ratio",
            unit="ratio",
            show=show,
            title="Share of judged promises that were kept",
            alt="Share of promises kept by client; the table below has the same figures",
        ),
        show.table(
            kept.assign(client=kept["client"].map(called)),
            {
                "client": ("Client", "text"),
                "kept_ratio": ("Kept of those judged", "ratio", "why_missing"),
                "met": ("Kept", "count", ""),
                "missed": ("Missed", "count", ""),
                "no_verdict": ("No verdict", "count", ""),
                "no_data": ("No data", "count", ""),
                "promised": ("Promised", "count", ""),
                "months": ("Months with a pack", "count"),
            },
            rows=None,
            caption="Promises by client",
            more="../records/promises.csv",
        ),
        show.table(
            _in_words(pages, show),
            {
                "report": ("Page", "text"),
                **{
                    s.label: (called[s.label], "text", "none agreed") for s in sides if s.promised is not None
                },
            },
            rows=None,
            caption="Promises kept by page, of those judged",
            more="../records/by_report.csv",
            empty="No promise was agreed.",
        ),
        message(
            "## Figures that were promised\n\nMoney is in each client's own currency; n is the number of cases that "
            "a share rests on. A figure of one subject, such as a priority or a service, stands here only where two "
            "clients have one of that name."
        ),
        _figures(figures[agreed], there, show, caption="Figures with a target for at least one client"),
        message("## Other figures"),
        _figures(figures[~agreed], there, show, caption="Figures without a target"),
        message(
            "## How this was computed\n\nEvery value, verdict and number of cases is that of the client's published "
            "pack; nothing is computed anew and nothing is averaged over clients. Subjects that only one client has, "
            "projects and capacities count in the promises and have no row of their own."
        ),
    ]
    made = [
        nbformat.v4.new_markdown_cell(cell)
        if isinstance(cell, str)
        else nbformat.v4.new_code_cell(
            outputs=[nbformat.v4.new_output("display_data", cell._repr_mimebundle_())]
        )
        for cell in cells
    ]
    return nbformat.v4.new_notebook(cells=made)


def _in_words(pages: pd.DataFrame, show: Display) -> pd.DataFrame:
    """The frame of `by_report` with its pages and counts in words."""
    clients = [name for name in pages.columns if name != "report"]
    told = {
        name: [show.label(text) if isinstance(text, str) else None for text in pages[name]]
        for name in clients
    }
    return pages.assign(report=[named.page(report, show.language) for report in pages["report"]], **told)


def _opening(kept: pd.DataFrame, absent: Sequence[str], period: str, show: Display) -> list[sentences.Line]:
    contract = params.as_contract(
        {
            "client": {
                "name": "all",
                "timezone": "UTC",
                "locale": show.locale,
                "language": show.language.name,
            }
        }
    )
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
        sentences.say("compare_missing", contract, clients=absent, period=period),
    ]
    return [(text, None) for text in texts if text]


def _figures(figures: pd.DataFrame, sides: Sequence[Side], show: Display, *, caption: str) -> Html:
    rows = figures.drop_duplicates(["measure", "subject"])[["measure", "subject"]].reset_index(drop=True)
    columns = {
        side.label: [_cell(side, *row) for row in _of(figures, side, rows).itertuples(index=False)]
        for side in sides
    }
    return show.table(
        pd.DataFrame({"what": _names(rows), **columns}),
        {"what": ("Figure", "text"), **{side.label: (show.label(side.label), "text") for side in sides}},
        rows=None,
        caption=caption,
        more="../records/side_by_side.csv",
        empty="There is none that two clients share.",
    )


def _names(rows: pd.DataFrame) -> list[str]:
    """What figures are called; one that nobody has named, such as a fork's own, by the words of its measure."""
    measure = rows["measure"].astype(str)
    words = measure.str.capitalize().str.replace(".", ": ", n=1, regex=False).str.replace("_", " ")
    unnamed = words + (" of " + rows["subject"]).where(rows["subject"].ne(""), "")
    return [
        plain if name.startswith(own) else name
        for name, own, plain in zip(sentences.names(rows), measure, unnamed, strict=True)
    ]


def _of(figures: pd.DataFrame, side: Side, rows: pd.DataFrame) -> pd.DataFrame:
    own = figures[figures["client"].eq(side.label)]
    return rows.merge(own, how="left", on=["measure", "subject"])[
        ["value", "unit", "target", "n", "verdict", "state"]
    ]


def _cell(side: Side, value: Any, unit: str, target: Any, n: Any, verdict: Any, state: str) -> Html:
    """A value, the number of cases it rests on, and its verdict."""
    show = side.show
    if state != "known":
        text = show.label(state)
    else:
        text = show.number(value, unit, apart_from=target)
        if unit == "ratio" and pd.notna(n):
            text = show.language("{value}, n {number}", value=text, number=show.number(n, "count"))
    shown = Html(escape(text), text)
    return display.together(shown, display.verdict(verdict, show)) if isinstance(verdict, str) else shown
