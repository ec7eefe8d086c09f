"""The assessment of a year as a document to edit, beside the pages of its pack."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from msp_report.case import Case
from msp_report.model.figures import Figure
from msp_report.model.records import RECORDS
from msp_report.packs import scraps
from msp_report.pages import document, publish

#: Where it lies in a pack.
NAME = "letters/assessment.docx"


def write(case: Case, pack: Path) -> Path:
    """Write the document of an annual pack into it; gives the file."""
    file = pack / NAME
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(made(case, pack))
    return file


def made(case: Case, pack: Path) -> bytes:
    """The document of an annual pack, from what its notebooks recorded."""
    rows = scraps.read_pack(pack)
    rows = rows[rows["report"].eq("assessment")].astype(object)
    figures = [Figure.from_row(row) for row in rows.where(rows.notna(), None).to_dict("records")]
    records = {name: _record(pack, name) for name in document.RECORDS}
    has_findings = (case.workspace.client_params(case.client) / "findings.yaml").is_file()
    return document.assessment(case, figures, records, publish.logo(case), has_findings)


def _record(pack: Path, name: str) -> pd.DataFrame:
    found = scraps.read_record(pack, *name.split("/"))
    return pd.DataFrame(columns=RECORDS[name].names) if found is None else found
