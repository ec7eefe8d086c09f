"""What notebooks hand on: figures glued into them, records written beside them. The only import of scrapbook.

A notebook glues one JSON record of plain types (scrapbook refuses numpy scalars and None, and turns NaN into
text). Records, the long tables, are written as CSV where a pack is being built and never enter the notebook.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from msp_report import display, sentences
from msp_report.figures import COLUMNS, Figure
from msp_report.metrics import board
from msp_report.period import Month, Period, midnight
from msp_report.tables import PANDAS, TABLES
from msp_report.workspace import Case

SCRAP = "msp_report"
SCHEMA = 1
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
    stated = [figure.with_(headline=sentences.headline(figure, case.contract)) for figure in figures]
    _check(report, stated)
    desk = os.environ.get(DESK)
    if desk:
        folder = Path(desk) / "records" / report
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in frames.items():
            display.write_csv(case.people(frame), folder / f"{name}.csv")
    envelope = {
        "schema": SCHEMA,
        "report": report,
        "figures": [figure.row() for figure in stated],
        "records": {name: len(frame) for name, frame in frames.items()},
    }
    _scrapbook().glue(SCRAP, envelope, encoder="json")
    lines = sentences.opening(report, stated, case.contract, case.period)
    return display.headlines(_with_replies(lines, report, stated, case))


def replies(case: Case) -> pd.DataFrame:
    """The provider's replies to the draft of this month, with the words in which a page tells them.

    Returns one row per reply with board.REPLY_COLUMNS, people hidden, and `said`; board.replies says which month a
    reply answers. A period of several months has none: a reply is to a month's draft.
    """
    shown = case.people(_replies_of_month(case))
    return sentences.replied(shown, case.contract)


def _replies_of_month(case: Case) -> pd.DataFrame:
    name, bounds = "replies", (case.start, case.end, case.timezone)
    mine = case.paths(name, [case.newest]) if case.period.first == case.period.last else []
    given = _table(name, mine[0]) if mine else None
    if given is None or given.empty:
        return board.replies(None, *bounds)
    others = [month for month in (*case.months, *case.later_months) if month != case.newest]
    every, apart = case.paths(name, [*others, case.newest]), case.paths(name, others)
    before = case.paths(name, [month for month in others if month < case.newest])
    earlier = pd.concat([_table(name, path) for path in before]) if before else None
    return board.replies(given, *bounds, earlier=earlier, shared=len(every) == len(apart))


def _with_replies(
    lines: list[sentences.Line], report: str, figures: list[Figure], case: Case
) -> list[display.Line]:
    """The first lines of a page with the replies beside them; what is disputed and not among them is added."""
    answers = replies(case)
    answers = answers[answers["measure"].str.split(".").str[0] == report]
    if answers.empty:
        return list(lines)
    frame = pd.DataFrame([figure.row() for figure in figures], columns=COLUMNS)
    asked = sentences.told(board.disputed(frame, answers), case.contract)
    said = dict(zip(asked["headline"], display.said_of(asked, answers), strict=True))
    told = {text for text, _ in lines}
    verdicts = asked["verdict"].astype(object).where(asked["verdict"].notna(), None)
    added = [line for line in zip(asked["headline"], verdicts, strict=True) if line[0] not in told]
    return [(text, verdict, said.get(text, ())) for text, verdict in (*lines, *added)]


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

    A file is read once as long as it stays as it is. Raises ValueError for a record of an unknown schema.
    """
    state = path.stat()
    envelope = _envelope(str(path), state.st_mtime_ns, state.st_size)
    if envelope is None:
        return None
    if envelope.get("schema") != SCHEMA:
        raise ValueError(f"{path} was recorded by another version of msp_report: run its month again")
    return {**envelope, "figures": [Figure.from_row(row) for row in envelope["figures"]]}


@lru_cache(maxsize=64)
def _envelope(path: str, changed: int, size: int) -> dict[str, Any] | None:
    """The scrap of a notebook as it was when it had this time of change and this size."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scraps = _scrapbook().read_notebook(path).scraps
    return dict(scraps[SCRAP].data) if SCRAP in scraps else None


def read_pack(pack: str | Path) -> pd.DataFrame:
    """All figures of a pack, from its executed notebooks, one row a figure with the columns of figures.json.

    `pack` is the folder of a pack or its notebooks/. Notebooks that recorded nothing are passed over.
    """
    rows = [figure.row() for notebook in _recorded(pack) for figure in notebook["figures"]]
    return pd.DataFrame(rows, columns=COLUMNS)


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


def read_record(pack: str | Path, report: str, name: str) -> pd.DataFrame | None:
    """One record of a pack as its CSV has it; None where the pack does not have it."""
    path = Path(pack) / "records" / report / f"{name}.csv"
    return pd.read_csv(path) if path.exists() else None


def history(case: Case, months: int = 13) -> pd.DataFrame:
    """The figures of the packs published before this period, oldest first, with their `month`.

    At most `months` - 1 of them, so that with the period itself there are `months`. A month without a pack
    has no rows.
    """
    return _published(case, _before(case, months))


def year(case: Case, before: int = 0) -> pd.DataFrame:
    """The figures of the packs published for the months of a period, oldest first, with their `month`.

    With `before` those of so many months before it too. A month without a pack has no rows: `months` says why.
    """
    first = case.period.first
    return _published(case, [*(first.shift(-step) for step in range(before, 0, -1)), *case.period.months])


def months(case: Case) -> pd.DataFrame:
    """Every month of a period, one row each, whether there is a pack of it or not.

    Columns month; published; to_date, whether it was published before the month was over; why_missing, where there is
    no pack.
    """
    rows = [_month(case, month) for month in case.period.months]
    return pd.DataFrame(rows, columns=["month", "published", "to_date", "why_missing"])


def _month(case: Case, month: Month) -> tuple[str, bool, bool, str | None]:
    folder = case.workspace.pack(case.client, month) / "notebooks"
    if not folder.is_dir():
        return str(month), False, False, case.lacking(month) or "its pack was not published"
    _, end = Period(month, month).bounds(case.timezone)
    return str(month), True, folder.stat().st_mtime < end.timestamp(), None


def _published(case: Case, months: Iterable[Month]) -> pd.DataFrame:
    """The figures of those months that have a pack, in the order given.

    A whole pack is read from its figures.json, which says what its notebooks recorded.
    """
    frames = [_figures(folder).assign(month=str(month)) for month, folder in _packs(case, months)]
    columns = ["month", *COLUMNS]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


def earlier(case: Case, table: str, months: int = 13) -> pd.DataFrame | None:
    """A canonical table as it came with each of the packs before this period, oldest first; None where none did."""
    paths = [folder / "tables" / f"{table}.parquet" for _, folder in _packs(case, _before(case, months))]
    frames = [_table(table, path) for path in paths if path.exists()]
    return pd.concat(frames, ignore_index=True) if frames else None


def rows_again(case: Case, pack: str | Path, month: Month | None) -> pd.DataFrame:
    """What this pack's exports say again of earlier months, beside the pack of an earlier `month` (board.rows_again).

    Without an earlier pack there are no rows. Only tables are read of which the manifest counts rows outside the month.
    """
    manifest = Path(pack) / "manifest.json"
    if month is None or not manifest.exists():
        return pd.DataFrame(columns=board.CHANGE_COLUMNS)
    counted = json.loads(manifest.read_text(encoding="utf-8"))["tables"]
    names = [name for name, counts in counted.items() if counts["outside"]]
    before = case.workspace.pack(case.client, month)
    found = [
        board.rows_again(
            name, *(_accepted(folder, name) for folder in (Path(pack), before)), *_firsts(case, name, month)
        )
        for name in names
    ]
    rows = [frame for frame in found if len(frame)]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=board.CHANGE_COLUMNS)


def _accepted(pack: Path, table: str) -> pd.DataFrame | None:
    path = pack / "tables" / f"{table}.parquet"
    return _table(table, path) if path.exists() else None


def _table(name: str, path: Path) -> pd.DataFrame:
    """The rows of one Parquet file of a canonical table, typed as Case.table has them."""
    types = {column.name: PANDAS[column.type] for column in TABLES[name].columns}
    return pd.read_parquet(path).astype(types)


def _firsts(case: Case, table: str, month: Month) -> list[Any]:
    """The beginnings of this month and of an earlier one, of the type of a table's period column."""
    declared = TABLES[table]
    months = (case.period.first, month)
    kind = declared.column(declared.period).type
    if kind == "instant":
        return [midnight(one.first_on, case.timezone) for one in months]
    return [pd.Timestamp(one.first_on) if kind == "date" else str(one) for one in months]


def _before(case: Case, months: int) -> list[Month]:
    """The `months` - 1 months before this period, oldest first."""
    return [case.period.last.shift(-step) for step in range(months - 1, 0, -1)]


def _packs(case: Case, months: Iterable[Month]) -> list[tuple[Month, Path]]:
    """Those months that have a published pack, with its folder."""
    found = [(month, case.workspace.pack(case.client, month)) for month in months]
    return [(month, folder) for month, folder in found if (folder / "notebooks").is_dir()]


def _figures(pack: Path) -> pd.DataFrame:
    """The figures of a published pack."""
    path = pack / "figures.json"
    if not path.exists():
        return read_pack(pack)
    return pd.DataFrame(json.loads(path.read_text(encoding="utf-8")), columns=COLUMNS)


def _recorded(pack: str | Path) -> list[dict[str, Any]]:
    """What the executed notebooks of a pack, or of its notebooks/, handed on, in the order of their names."""
    folder = Path(pack)
    folder = folder / "notebooks" if (folder / "notebooks").is_dir() else folder
    found = (read_notebook(path) for path in sorted(folder.glob("*.ipynb")))
    return [notebook for notebook in found if notebook]


def _scrapbook() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import scrapbook
    return scrapbook
