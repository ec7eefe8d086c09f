"""What notebooks hand on: figures glued into them, records written beside them. The only import of scrapbook.

A notebook glues one JSON record of plain types (scrapbook refuses numpy scalars and None, and turns NaN into
text). Records, the long tables, are written as CSV where a pack is being built and never enter the notebook.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from msp_report import display, sentences
from msp_report.figures import COLUMNS, Figure
from msp_report.period import Month, Period
from msp_report.workspace import Case

SCRAP = "msp_report"
SCHEMA = 1
#: Set for the kernels of a pack run: the folder of the pack in the making.
DESK = "MSP_REPORT_DESK"


def record(
    case: Case, report: str, figures: Iterable[Figure], frames: Mapping[str, pd.DataFrame]
) -> display.Headlines:
    """Hand on a report's figures and records; gives the headline sentences that open the page.

    `frames` are the records by name, written to records/<report>/<name>.csv while a pack is being built.
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
    return display.headlines(sentences.opening(report, stated, case.contract, case.period))


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

    Raises ValueError for a record of an unknown schema.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scraps = _scrapbook().read_notebook(str(path)).scraps
    if SCRAP not in scraps:
        return None
    envelope = dict(scraps[SCRAP].data)
    if envelope.get("schema") != SCHEMA:
        raise ValueError(f"{path} was recorded by another version of msp_report: run its month again")
    return {**envelope, "figures": [Figure.from_row(row) for row in envelope["figures"]]}


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


def history(case: Case, months: int = 13) -> pd.DataFrame:
    """The figures of the packs published before this period, oldest first, with their `month`.

    At most `months` - 1 of them, so that with the period itself there are `months`. A month without a pack
    has no rows.
    """
    last = case.period.last
    return _published(case, [last.shift(-step) for step in range(months - 1, 0, -1)])


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
    """The figures of those months that have a pack, in the order given."""
    folders = {month: case.workspace.pack(case.client, month) / "notebooks" for month in months}
    frames = [
        read_pack(folder).assign(month=str(month)) for month, folder in folders.items() if folder.is_dir()
    ]
    columns = ["month", *COLUMNS]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


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
