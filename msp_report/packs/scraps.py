"""What notebooks hand on: figures glued into them, records written beside them. The only import of scrapbook.

A notebook glues one JSON record of plain types (scrapbook refuses numpy scalars and None, and turns NaN into
text). It is read from the notebook's JSON, as scrapbook would, without its import of two seconds. Records, the
long tables, are written as CSV where a pack is being built and never enter the notebook.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from msp_report.case import Case, read_table
from msp_report.metrics.evidence import claims
from msp_report.metrics.scorecard import lines as asking
from msp_report.metrics.scorecard import replies as answering
from msp_report.model import reads
from msp_report.model.figures import COLUMNS, Figure, anchor
from msp_report.model.measures import MEASURES
from msp_report.pages import display
from msp_report.words import records, sentences
from msp_report.words.numbers import Numbers

SCRAP = "msp_report"
SCHEMA = 1
#: Under what scrapbook's `json` encoder keeps what was glued, in the outputs of an executed notebook.
GLUED_AS = "application/scrapbook.scrap.json+json"
#: Columns of records that name something.
NAMING = ("clause", "document_id", "first_id", "last_id", "subject", "vendor")
_of_this_pack = reads.noting(lambda *_, **__: [("this pack",)])
#: Set for the kernels of a pack run: the folder of the pack in the making.
DESK = "MSP_REPORT_DESK"


def record(
    case: Case, report: str, figures: Iterable[Figure], frames: Mapping[str, pd.DataFrame]
) -> display.Headlines:
    """Hand on a report's figures and records; gives the headline sentences that open the page.

    `frames` are the records by name, written to records/<report>/<name>.csv while a pack is being built. The
    provider's replies to the report's figures stand beside them (see `replies`), so every page has them.
    Raises ValueError for a figure of another report or a measure and subject given twice.
    """
    stated = [
        figure.with_(headline=sentences.headline(figure, case.contract)) for figure in _claimed(figures, case)
    ]
    _check(report, stated)
    desk = os.environ.get(DESK)
    if desk:
        folder = Path(desk) / "records" / report
        folder.mkdir(parents=True, exist_ok=True)
        reads.note(reads.WROTE, f"records/{report}")
        for name, frame in frames.items():
            records.write_csv(case.people(frame), folder / f"{name}.csv")
    envelope = {
        "schema": SCHEMA,
        "report": report,
        "figures": [figure.row() for figure in stated],
        "records": {name: len(frame) for name, frame in frames.items()},
    }
    _scrapbook().glue(SCRAP, envelope, encoder="json")
    called = _called(case, frames.values())
    lines = sentences.opening(report, stated, case.contract, case.period, case.end, called)
    lines += sentences.stated_by_provider(stated, case.contract)
    return display.headlines(_lines(lines, report, stated, case), show=Numbers.of(case.contract))


def _called(case: Case, frames: Iterable[pd.DataFrame]) -> dict[str, str]:
    """What the projects of a report's records are called, by their ids, as the client publishes it."""
    named = [
        case.people(frame[["project_id", "name"]]) for frame in frames if {"project_id", "name"} <= {*frame}
    ]
    rows = pd.concat(named).dropna() if named else pd.DataFrame(columns=["project_id", "name"])
    return dict(zip(rows["project_id"], rows["name"], strict=True))


def letters(texts: pd.DataFrame) -> pd.DataFrame:
    """Write letters into the pack that is being built, as letters/<name>.txt; nothing sends them.

    `texts` as sentences.written. Returns them with `file`, a link for a table; None where a letter is empty, which has
    no file.
    """
    desk = os.environ.get(DESK)
    there = texts[texts["text"].ne("")]
    if desk and len(there):
        folder = Path(desk) / "letters"
        folder.mkdir(parents=True, exist_ok=True)
        reads.note(reads.WROTE, "letters")
        for name, text in zip(there["name"], there["text"], strict=True):
            (folder / f"{name}.txt").write_text(text, encoding="utf-8", newline="\n")
    files = there["name"] + ".txt"
    shown = pd.Series(display.links(files, "../letters/" + files), there.index, dtype=object)
    return texts.assign(file=shown.reindex(texts.index).where(texts["text"].ne(""), None))


def _claimed(figures: Iterable[Figure], case: Case) -> list[Figure]:
    """Figures with what the provider claims of them, in their unit, or else what their metric found that its own tool
    says; a longer period leaves that to its months."""
    found = list(figures)
    rows = pd.DataFrame([figure.row() for figure in found], columns=COLUMNS)
    named = {(row["measure"], row["subject"]) for row in rows.to_dict("records")}
    if case.period.first != case.period.last or not len(rows):
        return found
    stated = case.once("claims", lambda: claims.stated(case.table("claims"), str(case.period)))
    told = claims.in_units(stated, rows)
    told = told[told["recomputed"].notna() | told["unit"].isin(rows["unit"])]
    keys = zip(told["measure"], told["subject"], strict=True)
    of = {key: value for key, value in zip(keys, told["claimed"], strict=True) if key in named}
    return [
        figure.with_(claimed=of.get((figure.measure, figure.subject), figure.claimed)) for figure in found
    ]


def replies(case: Case) -> pd.DataFrame:
    """The provider's replies to the draft of this month, with the words in which a page tells them.

    Returns one row per reply with REPLY_COLUMNS of scorecard.replies, which says which month a reply answers, people
    hidden, and `said`. A period of several months has none: a reply is to a month's draft.
    """

    def told() -> pd.DataFrame:
        return sentences.replied(case.people(replies_given(case)), case.contract)

    return case.once("replies", told)


def replies_given(case: Case) -> pd.DataFrame:
    """The same as they were given: one row per reply with REPLY_COLUMNS of scorecard.replies."""
    name, bounds = "replies", (case.start, case.end, case.timezone)
    mine = case.paths(name, [case.newest]) if case.period.first == case.period.last else []
    given = read_table(name, mine[0]) if mine else None
    if given is None or given.empty:
        return answering.replies(None, *bounds)
    others = [month for month in (*case.months, *case.later_months) if month != case.newest]
    every, apart = case.paths(name, [*others, case.newest]), case.paths(name, others)
    before = case.paths(name, [month for month in others if month < case.newest])
    earlier = pd.concat([read_table(name, path) for path in before]) if before else None
    return answering.replies(given, *bounds, earlier=earlier, shared=len(every) == len(apart))


def _lines(lines: list[sentences.Line], report: str, figures: list[Figure], case: Case) -> list[display.Line]:
    """The first lines of a page, each with its anchor and the replies beside it.

    What page one asks of the report or the provider disputes, and is not among them, is added in page one's words.
    """
    answers = replies(case)
    answers = answers[answers["measure"].str.split(".").str[0] == report]
    frame = pd.DataFrame([figure.row() for figure in figures], columns=COLUMNS)
    both = [_asked(report, frame, case), answering.disputed(frame, answers)]
    rows = sentences.told(pd.concat([part.astype(object) for part in both], ignore_index=True), case.contract)
    rows = rows.drop_duplicates("headline", ignore_index=True)
    verdicts = rows["verdict"].where(rows["verdict"].notna(), None)
    measures, subjects = rows["measure"], rows["subject"].fillna("")
    tables = (MEASURES[name].shown if name in MEASURES else "" for name in measures)
    places = map(anchor, measures, subjects)
    parts = (rows["headline"], verdicts, display.said_of(rows, answers), places, tables)
    known = {text: display.Line(text, *rest) for text, *rest in zip(*parts, strict=True)}
    told = {text: verdict for text, verdict in lines}
    first = [
        known[text]._replace(verdict=verdict) if text in known else display.Line(text, verdict)
        for text, verdict in lines
    ]
    return first + [line for text, line in known.items() if text not in told]


def _asked(report: str, figures: pd.DataFrame, case: Case) -> pd.DataFrame:
    """The figures of a report that page one lists, by the targets of the contract and the board: those that were
    missed or cannot be judged."""
    doubts = [
        Figure(measure=asking.DOUBTED, subject=table, why_missing=why).row()
        for table in asking.TABLES_OF.get(report, ())
        if (why := case.doubts(table))
    ]
    known = (
        pd.concat([figures, pd.DataFrame(doubts, columns=COLUMNS)], ignore_index=True) if doubts else figures
    )
    lines = asking.lines(known, case.strategy)
    mine = lines[lines["measure"].astype("str").str.split(".").str[0] == report]
    return asking.exceptions(asking.standing(figures, mine), figures)


def _check(report: str, figures: list[Figure]) -> None:
    seen: set[tuple[str, str]] = set()
    for figure in figures:
        if figure.report != report:
            raise ValueError(f"{figure.measure} is not a figure of the report {report!r}")
        if (figure.measure, figure.subject) in seen:
            raise ValueError(f"{figure.measure} of {figure.subject or 'all'} is given twice")
        seen.add((figure.measure, figure.subject))


def read_notebook(path: Path) -> dict[str, Any] | None:
    """What one executed notebook handed on: report, figures, records; None where it recorded nothing.

    Raises ValueError for a record of an unknown schema, or a file that is no JSON.
    """
    envelope = _glued(path)
    if envelope is None:
        return None
    if envelope.get("schema") != SCHEMA:
        raise ValueError(f"{path} was recorded by another version of msp_report: run its month again")
    return {**envelope, "figures": [Figure.from_row(row) for row in envelope["figures"]]}


def _glued(path: Path) -> dict[str, Any] | None:
    """What an executed notebook glued under our name, the last where there are several; else None."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    shown = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    scraps = [data[GLUED_AS] for data in shown if GLUED_AS in data]
    return next((scrap["data"] for scrap in reversed(scraps) if scrap["name"] == SCRAP), None)


@_of_this_pack
def read_pack(pack: str | Path) -> pd.DataFrame:
    """All figures of a pack, from its executed notebooks, one row a figure with the columns of figures.json.

    `pack` is the folder of a pack or its notebooks/. Notebooks that recorded nothing are passed over.
    """
    rows = [figure.row() for notebook in _recorded(pack) for figure in notebook["figures"]]
    return pd.DataFrame(rows, columns=COLUMNS)


@_of_this_pack
def read_records(pack: str | Path, **own: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Every record of a pack: one row each with report, name, rows and href, relative to a page.

    `own` are the records of the notebook that asks, which is not executed to its end yet, by report.
    """
    counts = {one["report"]: dict(one["records"]) for one in _recorded(pack)}
    counts |= {report: {name: len(frame) for name, frame in frames.items()} for report, frames in own.items()}
    rows = [
        (report, name, rows, f"../records/{report}/{name}.csv")
        for report, names in counts.items()
        for name, rows in names.items()
    ]
    return pd.DataFrame(rows, columns=["report", "name", "rows", "href"])


@_of_this_pack
def read_record(pack: str | Path, report: str, name: str) -> pd.DataFrame | None:
    """One record of a pack as its CSV has it; None where the pack does not have it.

    What names something is text though it may look like a number or a missing value: clause 8.10, invoice 0012, vendor
    NA.
    """
    path = Path(pack) / "records" / report / f"{name}.csv"
    if not path.exists():
        return None
    return pd.read_csv(
        path, dtype=dict.fromkeys(NAMING, "str"), keep_default_na=False, na_values=[""], low_memory=False
    )


def _recorded(pack: str | Path) -> list[dict[str, Any]]:
    """What the executed notebooks of a pack, or of its notebooks/, handed on, in the order of their names."""
    folder = Path(pack)
    folder = folder / "notebooks" if (folder / "notebooks").is_dir() else folder
    found = (read_notebook(path) for path in sorted(folder.glob("*.ipynb")))
    return [notebook for notebook in found if notebook]


def _scrapbook() -> Any:
    """The library, imported where it is used: it takes two seconds and warns of what it does not need."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import scrapbook
    return scrapbook
