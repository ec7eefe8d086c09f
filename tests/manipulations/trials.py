"""Manipulations of the demo's October by number: which kind, on what, and what became of it.

`python -m trials 0 100` (with tests/ and tests/manipulations/ on the path) tries the numbers from 0 to 99 and prints
each and the table by kind.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from time import process_time
from typing import NamedTuple

import numpy as np
import pandas as pd
from kinds import KINDS

from msp_report.case import Case, open_case
from msp_report.intake.ingest import DataRefused
from msp_report.model.tables import TABLES
from msp_report.selftest.changed import Export, manipulated, rows_of
from msp_report.selftest.judged import Gain, Month

OUTCOMES = ["nothing gained", "named", "refused", "traceless", "bought"]
#: Not the provider's exports: the board's own, and what the provider says of itself.
NOT_TOUCHED = ("claims", "actions", "replies", "assessments", "decisions", "credits")
TOUCHED = [name for name in TABLES if name not in NOT_TOUCHED]
_SUPPLIERS = "the suppliers' own statements of account"
_PAPERS = "the suppliers' own orders, invoices and slips"
_CONSOLE = "the inventory's own console"
_SOLD = "the vendor's list of the licences that it sold"
_LOOKED_UP = "whoever looked up the prices"
_APPROVER = "the approver's own records"
_PROBE = "the probe's own log"
_SENT = "the announcement, as it was sent"
_SHOWN = "what the proof names: the log, the list, the ticket"
_MONEY, _POSITION = ("procurement.at_stake", "procurement.due"), ("licences.position",)
_LEVELS = ("availability.ratio", "availability.outages", "contract.credit_owed")
#: What leaves no trace in any table of the client: by kind, what of a table was touched (a column, or its rows) and
#: the measure that it betters, the source that would show it.
TRACELESS = {
    (kind, touched, measure): source
    for kind, touched, measures, source in (
        ("re-date", "purchases.paid_on", ("procurement.at_stake",), "the bank's own statement"),
        ("leave out", "purchases", _MONEY, _SUPPLIERS),
        ("delay", "purchases", _MONEY, _SUPPLIERS),
        ("contradict", "purchases.is_licence", _MONEY, _SOLD),
        ("contradict", "purchases.line_kind", _MONEY, _PAPERS),
        ("re-key", "purchases.vendor", _MONEY, _PAPERS),
        ("contradict", "purchases.approved_by", _MONEY, _APPROVER),
        ("contradict", "projects.approved_by", ("projects.unapproved",), _APPROVER),
        ("re-date", "purchases.dated_on", _MONEY, _PAPERS),
        ("pad", "purchases", _MONEY, _PAPERS),
        ("contradict", "purchases.document", _MONEY, _SUPPLIERS),
        ("change unit", "purchases.quantity", _MONEY, _PAPERS),
        ("change unit", "purchases.unit_price", _MONEY, _PAPERS),
        ("change unit", "purchases.units_per_pack", _MONEY, _PAPERS),
        ("leave out", "prices", _MONEY, _LOOKED_UP),
        ("delay", "prices", _MONEY, _LOOKED_UP),
        ("re-date", "prices.seen_on", _MONEY, _LOOKED_UP),
        ("re-key", "prices.item", _MONEY, _LOOKED_UP),
        ("change unit", "prices.unit_price", _MONEY, _LOOKED_UP),
        ("leave out", "installs", _POSITION, _CONSOLE),
        ("delay", "installs", _POSITION, _CONSOLE),
        ("re-key", "installs.product", _POSITION, _CONSOLE),
        ("contradict", "installs.cores", _POSITION, _CONSOLE),
        ("re-date", "installs.installed_on", _POSITION, _CONSOLE),
        ("contradict", "checks.state", _LEVELS, _PROBE),
        ("re-key", "checks.service", _LEVELS, _PROBE),
        ("leave out", "checks", _LEVELS, _PROBE),
        ("re-date", "checks.at", _LEVELS, _PROBE),
        ("re-date", "outages.announced_at", _LEVELS, _SENT),
        ("re-key", "duty_evidence.duty", ("duties.kept_ratio",), _SHOWN),
    )
    for measure in measures
}
#: So many of a hundred are two manipulations at once.
PAIRS = 0.35


class Done(NamedTuple):
    """One manipulation: its kind, on which table, and in words what was done."""

    kind: str
    table: str
    what: str

    @property
    def touched(self) -> str:
        """The column that it names first, with its table; else the table."""
        column = self.what.removeprefix("column ").split(" ")[0]
        return f"{self.table}.{column}" if column in TABLES[self.table].names else self.table

    def __str__(self) -> str:
        return f"{self.kind} {self.table}: {self.what}"


@dataclass(frozen=True)
class Trial:
    """One manipulation, or two: what was done, and what it bought."""

    number: int
    seconds: float
    done: tuple[Done, ...]
    refused: bool = False
    gains: list[Gain] = field(default_factory=list)
    unnamed: list[Gain] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """refused, nothing gained, named, traceless (another source would show it), or bought: gained and not named."""
        if self.refused:
            return "refused"
        if self.unnamed:
            return "traceless" if self.shown_by else "bought"
        return "named" if self.gains else "nothing gained"

    @property
    def shown_by(self) -> list[str]:
        """The sources that would show what leaves no trace; empty where one of the gains is none of these."""
        known = [
            {TRACELESS.get((done.kind, done.touched, gain.measure)) for done in self.done} - {None}
            for gain in self.unnamed
        ]
        return sorted(set().union(*known)) if all(known) else []


class Trials:
    """The demo's October, to be changed."""

    def __init__(self, case: Case) -> None:
        self.case = case
        month = case.period.last
        self.rows = {name: rows_of(case, name, month) for name in TOUCHED}
        self._before = {name: rows_of(case, name, month.shift(-1)) for name in TOUCHED}
        self._tables = [name for name in TOUCHED if len(self.rows[name])]

    @cached_property
    def month(self) -> Month:
        return Month(self.case)

    def exports(self, number: int) -> tuple[dict[str, Export], tuple[Done, ...]]:
        """The changed exports by table, and what was done; the first is of the kind whose turn it is."""
        rng = np.random.default_rng(number)
        first = list(KINDS)[number % len(KINDS)]
        kinds = (first, *([str(rng.choice(list(KINDS)))] if rng.random() < PAIRS else []))
        changed: dict[str, Export] = {}
        done: list[Done] = []
        for kind in kinds:
            for _ in range(50):
                name = str(rng.choice(self._tables))
                rows = changed[name].rows if name in changed else self.rows[name]
                export = (
                    KINDS[kind](name, rows, self._before[name], rng)
                    if rows is not None and len(rows)
                    else None
                )
                if export is not None:
                    changed[name] = export
                    done.append(Done(kind, name, export.what))
                    break
        return changed, tuple(done)

    def run(self, number: int) -> Trial:
        """One manipulation by its number, which is its seed."""
        begun, month = process_time(), self.month
        exports, done = self.exports(number)
        tables = set(exports)
        with tempfile.TemporaryDirectory() as place:
            try:
                case = manipulated(self.case, exports, Path(place))
            except DataRefused:
                return Trial(number, process_time() - begun, done, refused=True)
            page = month.page(case, tables)
            gains = month.gains(page)
            unnamed = [gain for gain in gains if not month.named(gain, page, tables)]
        return Trial(number, process_time() - begun, done, gains=gains, unnamed=unnamed)


def by_kind(trials: list[Trial]) -> pd.DataFrame:
    """How many of each kind, and what became of them."""
    rows = pd.DataFrame(
        {"kind": [one.done[0].kind for one in trials], "outcome": [one.outcome for one in trials]}
    )
    found = pd.crosstab(rows["kind"], rows["outcome"]).reindex(index=list(KINDS), columns=OUTCOMES)
    return found.fillna(0).astype(int)


def _main(first: int, last: int) -> Iterator[str]:
    from msp_report.workspace import PROJECT, Workspace

    where = sys.argv[3] if len(sys.argv) > 3 else ""
    place = (
        Workspace.find(PROJECT, exports=Path(where) / "exports", output=Path(where) / "output")
        if where
        else ""
    )
    trials = Trials(open_case("demo", "2026-10", place))
    found = []
    for number in range(first, last):
        found.append(trials.run(number))
        yield f"{number} {found[-1].outcome}: {'; '.join(map(str, found[-1].done))}"
        if found[-1].unnamed:
            yield from (
                f"    {one.measure} {one.subject}: {one.was} is {one.now}" for one in found[-1].unnamed
            )
    yield by_kind(found).to_string()
    yield f"{sum(one.seconds for one in found) / len(found):.2f} s of CPU each"


if __name__ == "__main__":
    for line in _main(int(sys.argv[1]), int(sys.argv[2])):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
