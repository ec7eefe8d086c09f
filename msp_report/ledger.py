"""The ledger of a client: one line for each pack that was issued, each naming the head of the one before.

`ledger/<client>.jsonl` in the workspace, with a copy of every seal and its signatures in `ledger/<client>/`. It lies
outside output/, so that packs and ledger can be kept apart: whoever changes a pack must change both, and every line
after.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from msp_report.model.errors import Failed, WrongUse
from msp_report.workspace import Workspace


@dataclass(frozen=True)
class Line:
    """One pack that was issued."""

    period: str
    revision: str
    """The folder of its revision, such as 0003."""
    issued_at: str
    """UTC, ISO 8601."""
    head: str
    """SHA-256 of its seal, which holds the digest of every file and the head before."""
    previous: str
    """The head of the line before; empty in the first."""
    why: str = ""
    """Why it restates an issued pack; empty where it is the first of its period."""
    changed: list[dict[str, Any]] = field(default_factory=list)
    """Every figure that a restatement changed: measure, subject, unit, value_from, value_to, verdict_from,
    verdict_to."""

    @property
    def stem(self) -> str:
        """What its files in the ledger are called."""
        return f"{self.period}-{self.revision}"


class Issued(WrongUse):
    """A pack was issued, and is not run over."""


def file(workspace: Workspace, client: str) -> Path:
    """Where the lines of a client are."""
    return workspace.ledger / f"{client}.jsonl"


def lines(workspace: Workspace, client: str) -> list[Line]:
    """The lines of a client in the order in which they were written. Raises Failed for one that is none, by number."""
    path = file(workspace, client)
    if not path.is_file():
        return []
    found = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            found.append(Line(**json.loads(text)))
        except (ValueError, TypeError):
            raise Failed(f"{path}, line {number}: this is no line of a ledger: it was changed") from None
    return found


def last(workspace: Workspace, client: str, period: object) -> Line | None:
    """The line of the pack of a period that stands; None where none was issued."""
    return next((line for line in reversed(lines(workspace, client)) if line.period == str(period)), None)


def append(workspace: Workspace, client: str, line: Line, files: dict[str, bytes]) -> None:
    """Add a line, and beside it the files of its seal, by what their names end with. They are written first."""
    folder = workspace.ledger / client
    folder.mkdir(parents=True, exist_ok=True)
    for end, content in files.items():
        (folder / f"{line.stem}{end}").write_bytes(content)
    with file(workspace, client).open("a", encoding="utf-8") as book:
        book.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")
        book.flush()
        os.fsync(book.fileno())


def refuse_issued(workspace: Workspace, client: str, period: object) -> None:
    """Raises Issued where the pack of a period was issued."""
    if line := last(workspace, client, period):
        raise Issued(
            f"{client} {period}: its pack was issued on {line.issued_at[:10]} and stands: what has to be corrected is "
            f"restated: msp-report restate --client {client} --period {period} --why '…'"
        )


def breaks(workspace: Workspace, client: str) -> list[str]:
    """What does not hold in the chain of a client's ledger: a line whose head before is another one, a seal that is
    not there or has another head."""
    found, before = [], ""
    for number, line in enumerate(lines(workspace, client), 1):
        where = f"ledger, line {number} ({line.period})"
        if line.previous != before:
            found.append(
                f"{where}: it follows another head than that of the line before: a line was changed or taken out"
            )
        seal = workspace.ledger / client / f"{line.stem}.seal.json"
        if not seal.is_file():
            found.append(f"{where}: its seal {seal.name} is not there")
        elif hashlib.sha256(seal.read_bytes()).hexdigest() != line.head:
            found.append(f"{where}: its seal {seal.name} was changed")
        before = line.head
    return found


def restatements(workspace: Workspace, client: str, until: pd.Timestamp) -> pd.DataFrame:
    """Every figure that a restatement changed, in the order of the ledger: RESTATED. One that changed none has a row
    without a figure. Those after an instant are left out, so that a pack made again says what it said."""
    rows = [
        {"period": line.period, "restated_on": line.issued_at[:10], "why": line.why, **change}
        for line in lines(workspace, client)
        if line.why and pd.Timestamp(line.issued_at) <= until
        for change in line.changed or [{}]
    ]
    frame = pd.DataFrame(rows, columns=RESTATED)
    frame = frame.astype({name: "float64" if name.startswith("value") else "str" for name in RESTATED})
    return frame.fillna({"measure": "", "subject": "", "unit": ""})


#: The columns of `restatements`.
RESTATED = [
    *("period", "restated_on", "why", "measure", "subject", "unit"),
    *("value_from", "value_to", "verdict_from", "verdict_to"),
]
