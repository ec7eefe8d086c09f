"""The sheet of the audit sample: written to be filled in, and read back from the client's params.

A person fills in `finding` and `note` and puts the file into params/<client>/audit/ under the name of its period.
Everything in it is text: nothing that stands in an export may run as a formula.
"""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter

from msp_report.case import Case
from msp_report.intake import guarded, reasons
from msp_report.intake.chunk import WIDER, Chunk, Unreadable
from msp_report.metrics.competence import audit as sampling
from msp_report.model.errors import WrongUse
from msp_report.params import Audit, as_strategy
from msp_report.params.layout import Layout
from msp_report.words import records

#: The kinds of file that a sheet may be.
SUFFIXES = (".xlsx", ".csv")
_WIDTHS = {"kind": 10, "id": 32, "stratum": 24, "what_to_check": 60, "finding": 12, "note": 50}
_READ = {"kind": ("kind",), "id": ("id",), "finding": ("finding",), "note": ("note",)}


class SheetRefused(WrongUse):
    """A sheet cannot be written or read; the text names the file and says what to do."""


def place(case: Case) -> Path:
    """Where the filled sheet of a period lies, or should; a CSV only where there is one.

    Raises SheetRefused where there are both.
    """
    folder = case.workspace.client_params(case.client) / "audit"
    workbook, plain = (folder / f"{case.period}{suffix}" for suffix in SUFFIXES)
    if workbook.exists() and plain.exists():
        raise SheetRefused(
            f"{folder} holds both {workbook.name} and {plain.name}: keep the one that is filled in"
        )
    return plain if plain.exists() else workbook


def draw(case: Case, path: Path, precision: float | None = None, seed: int | None = None) -> list[str]:
    """Draw a case's sample and write its sheet as XLSX or CSV; gives what to do with it, one sentence each.

    `precision` and `seed` stand for those of strategy.yaml. Raises SheetRefused for another kind of file, one that is
    there already, and where there is nothing to draw; ParamsError for a precision that is none.
    """
    agreed = case.strategy.audit
    asked = {"precision_ratio": precision, "seed": seed}
    changed = {name: value for name, value in asked.items() if value not in (None, getattr(agreed, name))}
    audit = as_strategy({"audit": agreed.model_dump() | changed}).audit
    if path.suffix.casefold() not in SUFFIXES:
        raise SheetRefused(f"{path}: a sheet is written as {' or '.join(SUFFIXES)}: name it so")
    if path.exists():
        raise SheetRefused(f"{path} is there already and may be filled in: name another file")
    if not path.absolute().parent.is_dir():
        raise SheetRefused(f"{path}: there is no folder {path.absolute().parent}: make it first")
    drawn = sampling.sample(sampling.drawable(case), audit, case.client, case.period)
    if drawn.empty:
        raise SheetRefused(f"{case.client} {case.period} has no tickets, invoices or backups to draw from")
    if path.suffix.casefold() == ".csv":
        records.write_csv(drawn, path)
    else:
        _write_workbook(case, drawn, path, audit)
    counts = drawn["kind"].value_counts()
    drew = ", ".join(f"{counts.get(kind, 0)} {name.lower()}" for kind, name in sampling.KINDS.items())
    kept = place(case).with_suffix(path.suffix.casefold())
    told = [f"{case.client} {case.period}: drew {drew}; fill in finding, then put the sheet at {kept}"]
    if changed:
        keys = ", ".join(f"{name}: {value}" for name, value in changed.items())
        told.append(
            f"the sheet is read back only if strategy.yaml asks for the same sample: add audit: {{{keys}}} to it"
        )
    return told


def read(case: Case) -> pd.DataFrame | None:
    """The filled sheet of a case's period, one row a row, as competence.analyse takes it; None without one.

    Raises SheetRefused for a file that cannot be read or lacks a column.
    """
    path = place(case)
    if not path.exists():
        return None
    try:
        chunks = list(guarded.read(path, Layout(columns=_READ)))
    except Unreadable as error:
        raise SheetRefused(f"{path}: {error}") from None
    for name in ("kind", "id", "finding"):
        if chunks[0].header_of((name,)) is None:
            raise SheetRefused(
                f"{path}: there is no column {name!r}: keep the header that the sheet was written with"
            )
    return pd.concat([_rows(chunk) for chunk in chunks], ignore_index=True)


def _rows(chunk: Chunk) -> pd.DataFrame:
    """The rows of a chunk, and those that cannot be put under its header with the reason."""
    there = [name for name in _READ if chunk.header_of((name,))]
    whole = pd.DataFrame({name: chunk.column(name).to_pandas() for name in there}).assign(line=chunk.lines)
    if WIDER in chunk.header:  # a comma in a note may have moved its cells
        wide = np.flatnonzero(chunk.column(WIDER).is_valid())
        texts = [text[:80] for text in chunk.text(wide).to_pylist()]
        whole = whole.drop(index=wide)
        moved = pd.DataFrame({"line": chunk.lines[wide], "id": texts, "problem": reasons.WIDE})
        whole = pd.concat([whole, moved], ignore_index=True)
    broken = [(one.line, ", ".join(one.cells)[:80], one.reason) for one in chunk.broken]
    return pd.concat([whole, pd.DataFrame(broken, columns=["line", "id", "problem"])], ignore_index=True)


def _write_workbook(case: Case, drawn: pd.DataFrame, path: Path, audit: Audit) -> None:
    """The sample as a sheet with a list of answers to choose from, and a second sheet that says what it is."""
    cells = _inert(drawn)
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": case.end.tz_localize(None).to_pydatetime()})
        bold = book.add_format({"bold": True, "bottom": 1})
        text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet("Sample")
        for place, name in enumerate(cells[0]):
            sheet.set_column(place, place, _WIDTHS[name], text)
            sheet.write_string(0, place, name, bold)
        for line, row in enumerate(cells[1:], 1):
            for place, cell in enumerate(row):
                write = sheet.write_string if cell else sheet.write_blank
                write(line, place, cell, text)
        finding = cells[0].index("finding")
        sheet.data_validation(
            1,
            finding,
            len(cells) - 1,
            finding,
            {
                "validate": "list",
                "source": list(sampling.ANSWERS),
                "error_title": "Not an answer",
                "error_message": f"Write one of: {', '.join(sampling.ANSWERS)}; or leave it empty.",
            },
        )
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, len(cells) - 1, len(cells[0]) - 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        about = book.add_worksheet("About")
        about.set_column(0, 0, 100, text)
        for line, words in enumerate(_about(case, drawn, audit)):
            about.write_string(line, 0, words, text)


def _about(case: Case, drawn: pd.DataFrame, audit: Audit) -> list[str]:
    return [
        f"Audit sample of {case.client} {case.period}: {len(drawn)} rows drawn at random, seed {audit.seed}.",
        f"For every row write one of {', '.join(sampling.ANSWERS)} into finding; leave open what nobody has "
        "looked at: it counts as unknown, never as passed.",
        "Change nothing in kind and id: by these two a row is known when the sheet is read back.",
        f"Put the filled sheet into the client's params as audit/{case.period}.xlsx (or .csv).",
    ]


def _inert(frame: pd.DataFrame) -> list[list[str]]:
    """The cells of a frame as they stand in its record, where nothing runs as a formula."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "sample.csv"
        records.write_csv(frame, record)
        with record.open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))
