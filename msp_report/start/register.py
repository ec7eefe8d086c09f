"""`msp-report register`: one workbook for what no tool exports, and how its filled sheets are read.

A sheet a register, in our own words, with lists to choose from, dates and three grey examples; a row is read once its
key does not begin with `example`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter

from msp_report.intake.chunk import Unreadable
from msp_report.intake.guarded import read
from msp_report.model.errors import WrongUse
from msp_report.model.tables import TABLES, Column
from msp_report.params.layout import Layout
from msp_report.start.contract import flow
from msp_report.workspace import Workspace

NAME = "register.xlsx"
#: How the key of a row begins that is only an example.
EXAMPLE = "example"
#: So many rows have lists and formats.
_ROWS = 2_000

Row = dict[str, str]


@dataclass(frozen=True)
class Sheet:
    """One register: a sheet of the workbook."""

    name: str
    table: str
    meaning: str
    columns: tuple[str, ...]
    examples: tuple[Row, ...]
    constants: tuple[tuple[str, str], ...] = ()

    @property
    def marked(self) -> str:
        """The column by which a row is told to be an example."""
        return next(name for name in self.columns if self.examples[0].get(name, "").startswith(EXAMPLE))

    @property
    def declared(self) -> tuple[Column, ...]:
        """Its columns as the table declares them."""
        return tuple(TABLES[self.table].column(name) for name in self.columns)


def _rows(columns: str, *lines: str) -> tuple[Row, ...]:
    """Examples, written like a table."""
    names = columns.split("|")
    return tuple(
        {
            name.strip(): cell.strip()
            for name, cell in zip(names, line.split("|"), strict=True)
            if cell.strip()
        }
        for line in lines
    )


_LINES = "document_id | line | order_id | vendor | item | quantity | unit_price | currency | dated_on | approved_by"
_BOUGHT = tuple(name.strip() for name in _LINES.split("|"))

SHEETS = (
    Sheet(
        "quotes",
        "purchases",
        "Quotes: what was offered before it was ordered",
        _BOUGHT,
        _rows(
            _LINES,
            "example-Q1 | 1 | PO-17 | Parts & Co | Laptop 14 | 5 | 940.00 | GBP | 2026-09-28 | ",
            "example-Q1 | 2 | PO-17 | Parts & Co | Docking station | 5 | 120.00 | GBP | 2026-09-28 | ",
            "example-Q2 | 1 | PO-17 | Other Shop | Laptop 14 | 5 | 955.00 | GBP | 2026-09-29 | ",
        ),
        (("document", "quote"),),
    ),
    Sheet(
        "packing_slips",
        "purchases",
        "Packing slips: what arrived, as counted by whoever received it",
        ("document_id", "line", "order_id", "vendor", "item", "quantity", "dated_on"),
        _rows(
            "document_id | line | order_id | vendor | item | quantity | dated_on",
            "example-S1 | 1 | PO-17 | Parts & Co | Laptop 14 | 5 | 2026-10-06",
            "example-S1 | 2 | PO-17 | Parts & Co | Docking station | 4 | 2026-10-06",
            "example-S2 | 1 | PO-17 | Parts & Co | Docking station | 1 | 2026-10-09",
        ),
        (("document", "packing_slip"),),
    ),
    Sheet(
        "receipts",
        "purchases",
        "Licence receipts: the proof of the maker, not the invoice of a seller",
        ("document_id", "line", "order_id", "vendor", "item", "quantity", "dated_on"),
        _rows(
            "document_id | line | order_id | vendor | item | quantity | dated_on",
            "example-R1 | 1 | PO-18 | Papyrus Inc | Papyrus Office | 25 | 2026-10-02",
            "example-R2 | 1 | PO-18 | Quarto SA | Quarto Database | 16 | 2026-10-05",
            "example-R3 | 1 | PO-19 | Bulwark | Bulwark Antivirus | 40 | 2026-10-12",
        ),
        (("document", "licence_receipt"),),
    ),
    Sheet(
        "approvals",
        "decisions",
        "Approvals: who decided what on a project",
        ("project_id", "decided_on", "decision", "by", "role", "rank"),
        _rows(
            "project_id | decided_on | decision | by | role | rank",
            "example-P1 | 2026-10-07 | approved | Jo Winter | business | ",
            "example-P2 | 2026-10-07 | deferred | Jo Winter | business | ",
            "example-P1 | 2026-10-07 | ranked | Sam Hill | cio | 1",
        ),
    ),
    Sheet(
        "vendors",
        "vendors",
        "Vendors: who brought them in, and what ties them to the provider",
        ("vendor", "introduced_by", "relationship"),
        _rows(
            "vendor | introduced_by | relationship",
            "example Parts & Co | Sam Hill | none",
            "example Other Shop | Example MSP | referral",
            "example Cloud Ltd | Example MSP | commission",
        ),
    ),
    Sheet(
        "proofs",
        "duty_evidence",
        "Proofs of the standard duties: what was done, when, by whom, and what shows it",
        ("duty", "done_at", "by", "evidence"),
        _rows(
            "duty | done_at | by | evidence",
            "example patching | 2026-10-14 19:00 | Sam Hill | report 2026-10",
            "example access reviewed | 2026-10-20 10:30 | Jo Winter | list signed",
            "example backups watched | 2026-10-21 08:15 | Sam Hill | screenshot",
        ),
    ),
    Sheet(
        "restores",
        "restore_tests",
        "Restores that were tried",
        ("asset", "tested_on", "result", "minutes"),
        _rows(
            "asset | tested_on | result | minutes",
            "example-sql01 | 2026-10-15 | restored | 55",
            "example-files | 2026-10-16 | restored | 20",
            "example-mail | 2026-10-17 | failed: key unknown | ",
        ),
    ),
    Sheet(
        "prices",
        "prices",
        "Prices that somebody independent looked up",
        ("item", "vendor", "seen_on", "unit_price", "currency", "checked_by"),
        _rows(
            "item | vendor | seen_on | unit_price | currency | checked_by",
            "example Laptop 14 | Other Shop | 2026-09-28 | 899.00 | GBP | Jo Winter",
            "example Docking station | Other Shop | 2026-09-28 | 105.00 | GBP | Jo Winter",
            "example Papyrus Office | Papyrus Inc | 2026-09-30 | 120.00 | GBP | Sam Hill",
        ),
    ),
    Sheet(
        "actions",
        "actions",
        "The board's actions, carried until done",
        ("action_id", "decided_on", "text", "owner", "due_on", "done_on"),
        _rows(
            "action_id | decided_on | text | owner | due_on | done_on",
            "example-1 | 2026-09-15 | Get the domain's password from the provider | Jo Winter | 2026-10-15 | ",
            "example-2 | 2026-09-15 | Restore the mail server once | Sam Hill | 2026-10-31 | 2026-10-17",
            "example-3 | 2026-10-20 | Ask for a second quote | Jo Winter | 2026-11-10 | ",
        ),
    ),
    Sheet(
        "assessments",
        "assessments",
        "Assessments of the provider, or of what it says, by others",
        ("subject", "assessed_on", "assessor", "independent", "engaged_by", "result", "expires_on"),
        _rows(
            "subject | assessed_on | assessor | independent | engaged_by | result | expires_on",
            "example help desk | 2026-09-11 | Owlbear Advisers | true | board | adequate | 2027-09-11",
            "example security | 2026-06-02 | Lindworm Audit | true | board | two findings | 2027-06-02",
            "example security | 2026-05-01 | Example MSP | false | provider | no findings | 2027-05-01",
        ),
    ),
    Sheet(
        "credits",
        "credits",
        "Service credits: claimed and granted",
        ("measure", "month", "subject", "claimed_on", "credited_on", "amount"),
        _rows(
            "measure | month | subject | claimed_on | credited_on | amount",
            "example availability.ratio | 2026-09 | email | 2026-10-05 | | ",
            "example availability.ratio | 2026-08 | erp | 2026-09-05 | 2026-10-01 | 900.00",
            "example tickets.resolution_attainment | 2026-09 | P1 | 2026-10-05 | | ",
        ),
    ),
    Sheet(
        "claims",
        "claims",
        "What the provider says of itself, figure by figure",
        ("measure", "subject", "month", "value", "unit", "stated_in"),
        _rows(
            "measure | subject | month | value | unit | stated_in",
            "example availability.ratio | email | 2026-10 | 99.95 | % | report, page 2",
            "example tickets.resolution_attainment | P1 | 2026-10 | 97 | % | report, page 3",
            "example tickets.closed | | 2026-10 | 164 | tickets | report, page 3",
        ),
    ),
    Sheet(
        "access",
        "assets",
        "What must stay within reach, and when somebody else last proved it",
        ("asset", "kind", "critical", "backup_required", "rpo_hours", "access_proved_on", "held_by"),
        _rows(
            "asset | kind | critical | backup_required | rpo_hours | access_proved_on | held_by",
            "example-sql01 | server | true | true | 4 | 2026-03-02 | provider",
            "example-domain | domain | true | false | | 2026-09-07 | Jo Winter",
            "example-firewall | firewall | true | false | | | provider",
        ),
    ),
)


def write(place: Path) -> Path:
    """Write an empty register. Raises WrongUse where there is a file already: nothing is written over."""
    if place.suffix.casefold() != ".xlsx":
        raise WrongUse(f"{place}: a register is a workbook: give it a name that ends with .xlsx")
    if place.exists():
        raise WrongUse(
            f"{place} exists and is not written over: fill it in, or name another file with --into"
        )
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{place.name}.part")
    with xlsxwriter.Workbook(part, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        head = book.add_format({"bold": True, "bg_color": "#e8edf2", "border": 1})
        needed = book.add_format({"bold": True, "bg_color": "#c9d8e8", "border": 1})
        grey = {"font_color": "#8a8a8a", "italic": True}
        day, minute = ({"num_format": form} for form in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm"))
        forms = {"date": (book.add_format(day), book.add_format(grey | day))}
        forms["instant"] = (book.add_format(minute), book.add_format(grey | minute))
        text, grey_text = book.add_format({"num_format": "@"}), book.add_format(grey | {"num_format": "@"})
        plain, grey_plain = book.add_format(), book.add_format(grey)
        for sheet in SHEETS:
            page = book.add_worksheet(sheet.name)
            page.freeze_panes(1, 1)
            for place_, column in enumerate(sheet.declared):
                usual, example = forms.get(column.type, (plain, grey_plain))
                if column.type in ("text", "month"):
                    usual, example = text, grey_text
                page.write_string(0, place_, column.name, needed if column.required else head)
                page.write_comment(0, place_, _comment(sheet, column), {"x_scale": 2})
                page.set_column(place_, place_, max(14, len(column.name) + 3), usual)
                choices = list(column.choices) or (["true", "false"] if column.type == "boolean" else [])
                if choices:
                    allowed = {"validate": "list", "source": choices, "ignore_blank": True}
                    page.data_validation(1, place_, _ROWS, place_, allowed)
                for number, row in enumerate(sheet.examples, 1):
                    _cell(page, number, place_, row.get(column.name, ""), column, example)
    os.replace(part, place)
    return place


@dataclass(frozen=True)
class Told:
    """Where a register was written, and what to do with it."""

    path: Path
    lines: tuple[str, ...]


def make(client: str, place: Workspace, into: Path | None = None) -> Told:
    """Write a client's empty register. Raises WrongUse for a name that is none, and where there is one already."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", client):
        raise WrongUse(f"client {client!r}: name it with a-z, 0-9, dots and dashes")
    path = write(into or (place.exports or place.root / "exports") / client / NAME)
    blocks = {sheet.table: None for sheet in SHEETS}
    lines = [
        "fill in what you have; of each sheet that you fill in, put its lines under tables: of sources.yaml:"
    ]
    file = path.name if into else f"../{NAME}"
    for table in blocks:
        lines.append(f"  {table}:")
        lines += [line for sheet in SHEETS if sheet.table == table for line in entry(sheet, file)]
    return Told(path, tuple(lines))


def _cell(
    page: xlsxwriter.worksheet.Worksheet, row: int, place: int, text: str, column: Column, form: object
) -> None:
    from datetime import datetime

    if not text:
        page.write_blank(row, place, None, form)
    elif column.type in ("date", "instant"):
        page.write_datetime(row, place, datetime.fromisoformat(text), form)
    elif column.type in ("number", "integer", "decimal"):
        page.write_number(row, place, float(text), form)
    else:
        page.write_string(row, place, text, form)


def _comment(sheet: Sheet, column: Column) -> str:
    """What a column means, and how it is filled in."""
    said = [f"{sheet.meaning}.", f"{column.meaning}."]
    said += ["It must be filled in."] if column.required else []
    said += [f"One of {', '.join(column.choices)}."] if column.choices else []
    said += ["YYYY-MM."] if column.type == "month" else []
    said += [f"In {column.unit}."] if column.unit and column.unit != "UTC" else []
    said += ["In the client's time zone."] if column.type == "instant" else []
    said += [f"A row that begins with {EXAMPLE!r} is not read."] if column.name == sheet.marked else []
    return " ".join(said)


def filled(place: Path) -> list[Sheet]:
    """The sheets of a register with a row that is no example. Raises Unreadable for what is no register."""
    found = []
    for sheet in SHEETS:
        layout = Layout(sheet=sheet.name, columns={name: (name,) for name in sheet.columns})
        try:
            chunks = list(read(place, layout))
        except Unreadable as error:
            if "there is no sheet" in str(error):
                continue
            raise
        for chunk in chunks:
            header = chunk.header_of((sheet.marked,))
            cells = chunk.column(header).to_pylist() if header else []
            if any(not (cell or "").strip().startswith(EXAMPLE) for cell in cells):
                found.append(sheet)
                break
    return found


def entry(sheet: Sheet, file: str = f"../{NAME}") -> list[str]:
    """The lines of sources.yaml that read a sheet."""
    keys = {"file": file, "sheet": sheet.name, "due": "once", "evidence": "raw"}
    if sheet.constants:
        keys["constants"] = dict(sheet.constants)
    keys["where"] = f"not starts_with(\"{sheet.marked}\", '{EXAMPLE}')"
    return [f"    - {flow(keys)}"]


def entries(folder: Path) -> dict[str, list[str]]:
    """By table the lines of sources.yaml for the filled sheets of the register in a client's folder of exports."""
    place = folder / NAME
    found: dict[str, list[str]] = {}
    try:
        for sheet in filled(place) if place.is_file() else ():
            found.setdefault(sheet.table, []).extend(entry(sheet))
    except Unreadable as error:
        raise WrongUse(f"{place}: {error}") from None
    return found
