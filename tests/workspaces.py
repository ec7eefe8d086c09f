"""Clients in workspaces of their own, exports without a fault, small notebooks: what tests from outside build on."""

import csv
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

from msp_report.model.records import RECORDS as DECLARED

#: Public data sets that lie beside the project on some machines; tests of them are skipped elsewhere.
REAL = Path(__file__).resolve().parents[2] / "shared" / "real"

CONTRACT = """\
client: {name: Acme Ltd, timezone: Europe/London, currency: GBP}
provider: {name: Example MSP}
services:
  - {name: email, availability_ratio: 0.99, max_outages: 2, outage_min: 5}
tickets:
  priorities:
    P1: {response_min: 15, resolution_min: 240, attainment_ratio: 0.95}
"""
HEADER = "ticket_id,opened_at,requester,title,priority,status,resolved_at\n"


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def problems(self) -> list[str]:
        """The sentences of an error, without what was told while it worked."""
        lines = self.err.splitlines()
        first = next((n for n, line in enumerate(lines) if line.startswith("msp-report: ")), len(lines))
        return [line.removeprefix("msp-report: ") for line in lines[first:]]


class Place:
    """A workspace with clients, their params and their exports."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def client(self, name: str = "acme", contract: str | bytes = CONTRACT, **files: str) -> Path:
        """Write contract.yaml, and strategy= and sources= where they are given."""
        folder = self.root / "params" / name
        folder.mkdir(parents=True, exist_ok=True)
        for stem, text in {"contract": contract, **files}.items():
            (folder / f"{stem}.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return folder

    def put(self, files: dict[str, str | bytes], month: str = "2026-03", client: str = "acme") -> Path:
        """Write files into a month's exports."""
        folder = self.root / "exports" / client / month
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    @property
    def output(self) -> Path:
        """Where packs lie."""
        return self.root / "output"


def tickets(count: int = 100, month: str = "2026-03", name: str = "T") -> str:
    """An export of solved tickets without a fault in it, called name0, name1 and so on."""
    lines = (
        f"{name}{n},{month}-{n % 28 + 1:02d}T09:00:00,amy@acme.example,Mail,P1,resolved,"
        f"{month}-{n % 28 + 1:02d}T10:00:00\n"
        for n in range(count)
    )
    return HEADER + "".join(lines)


PARAMETERS = 'client = "demo"\nperiod = "2026-03"\nworkspace = ""'
#: A cell that records a figure for every ticket and takes no time.
RECORDS = """\
import pandas as pd
from msp_report.model.figures import Figure
from msp_report.packs.scraps import record
from msp_report.case import open_case
case = open_case(client, period, workspace)
seen = case.table("tickets")
record(case, "{report}", [Figure(measure="{report}." + name, value=len(seen)) for name in {names}], {{"seen": seen}})
"""


def records(report: str, *names: str) -> str:
    """A cell that records figures of a report: the number of tickets under each name."""
    return RECORDS.format(report=report, names=names or ("seen",))


#: As much of a scorecard as its page needs.
SCORECARD = records("scorecard", "met", "missed", "unjudged")


def write_notebook(path: Path, *cells: str, parameters: str = PARAMETERS, tags: tuple[str, ...] = ()) -> Path:
    """A notebook of a title, with tags, the cell tagged `parameters` and some more."""
    tagged = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    title = nbformat.v4.new_markdown_cell("# A small page", metadata={"tags": list(tags)} if tags else {})
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    made = nbformat.v4.new_notebook(
        cells=[title, tagged, *map(nbformat.v4.new_code_cell, cells)], metadata=kernel
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, str(path))
    return path


def written_records(pack: Path) -> dict[str, tuple[str, ...]]:
    """The columns of every record of a pack, without those of the year that are called after a month."""
    found = {}
    for path in sorted((pack / "records").glob("*/*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            columns = next(csv.reader(file))
        name = f"{path.parent.name}/{path.stem}"
        found[name] = tuple(
            column
            for column in columns
            if name not in ("year/verdicts", "year/own_rules") or not re.fullmatch(r"\d{4}-\d{2}", column)
        )
    return found


def declared_records(*names: str) -> dict[str, tuple[str, ...]]:
    """The columns of records as `msp_report/model/records/<report>.py` declares them, where it does."""
    return {name: DECLARED[name].names for name in names if name in DECLARED}


def digests(folder: Path, *patterns: str) -> dict[str, str]:
    """Every file under a folder and the hash of its bytes; with patterns, only those that fit."""
    found = [path for pattern in patterns or ("**/*",) for path in folder.glob(pattern) if path.is_file()]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(found)
    }
