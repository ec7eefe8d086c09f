"""The register: a workbook for what no tool exports, written once, read back like any export."""

import openpyxl
import pytest

from msp_report import params
from msp_report.case import open_case
from msp_report.model.errors import WrongUse
from msp_report.model.tables import TABLES
from msp_report.start import register
from msp_report.workspace import Workspace


@pytest.fixture
def book(tmp_path):
    return register.write(tmp_path / "register.xlsx")


def test_every_sheet_has_what_its_table_needs(book):
    for sheet in register.SHEETS:
        given = {*sheet.columns, *dict(sheet.constants)}
        assert set(TABLES[sheet.table].required) <= given, sheet.name
        assert len(sheet.examples) == 3 and all(row.keys() <= set(sheet.columns) for row in sheet.examples)
        assert all(row[sheet.marked].startswith(register.EXAMPLE) for row in sheet.examples)


def test_the_workbook_holds_names_meanings_choices_and_examples(book):
    opened = openpyxl.load_workbook(book)
    assert opened.sheetnames == [sheet.name for sheet in register.SHEETS]
    for sheet in register.SHEETS:
        page = opened[sheet.name]
        assert [cell.value for cell in page[1]] == list(sheet.columns)
        assert all(cell.comment and cell.comment.text for cell in page[1])
        assert page.max_row == 4 and page.freeze_panes == "B2"
        listed = {str(one.sqref).partition(":")[0] for one in page.data_validations.dataValidation}
        choices = [column for column in sheet.declared if column.choices or column.type == "boolean"]
        assert len(listed) == len(choices), sheet.name


def test_it_is_never_written_over(book):
    before = book.read_bytes()
    with pytest.raises(WrongUse, match="not written over"):
        register.write(book)
    assert book.read_bytes() == before


def test_nothing_is_read_of_examples(book):
    assert register.filled(book) == []
    assert register.entries(book.parent) == {}


def fill(book, **rows) -> None:
    """Rows below the examples, by sheet, as {column: value}."""
    opened = openpyxl.load_workbook(book)
    for sheet, listed in rows.items():
        header = [cell.value for cell in opened[sheet][1]]
        for row in listed:
            opened[sheet].append([row.get(name) for name in header])
    opened.save(book)


def test_filled_sheets_are_read_like_any_export(place):
    made = register.make("acme", Workspace.find(place.root))
    assert made.path == place.root / "exports" / "acme" / "register.xlsx"
    line = {"document_id": "Q-7", "line": "1", "vendor": "Parts & Co", "item": "Laptop", "quantity": 5}
    fill(
        made.path,
        quotes=[line | {"unit_price": 940, "dated_on": "2026-03-03"}],
        actions=[
            {
                "action_id": "A1",
                "decided_on": "2026-03-03",
                "text": "x",
                "owner": "Jo",
                "due_on": "2026-04-01",
            }
        ],
    )
    assert [sheet.name for sheet in register.filled(made.path)] == ["quotes", "actions"]
    entries = register.entries(made.path.parent)
    lines = ["tables:", *(line for table, some in entries.items() for line in (f"  {table}:", *some))]
    place.client(sources="\n".join(lines) + "\n")
    place.put({"note.txt": "x\ny\n"})
    case = open_case("acme", "2026-03", place.root)
    bought = case.table("purchases")
    assert bought["document"].tolist() == ["quote"] and bought["document_id"].tolist() == ["Q-7"]
    assert case.table("actions")["action_id"].tolist() == ["A1"]
    told = {entry["table"]: entry for entry in case.manifest["files"]}
    assert told["purchases"]["left_out"] == 3 and told["purchases"]["accepted"] == 1


def test_a_register_does_not_make_invoices_due_less_often():
    one = {"file": "a.csv"}
    listed = params.Sources.model_validate(
        {"tables": {"purchases": [one, {"file": "b.xlsx", "due": "once"}]}}
    )
    assert listed.due("purchases") == "monthly"
    alone = params.Sources.model_validate({"tables": {"purchases": {"file": "b.xlsx", "due": "once"}}})
    assert alone.due("purchases") == "once"
