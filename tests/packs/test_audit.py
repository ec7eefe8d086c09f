"""The sheet of the audit sample as outsiders use it: drawn by the verb, filled in, put into params, read back."""

import csv
from datetime import UTC, datetime

import openpyxl
import pytest

from msp_report.case import open_year
from msp_report.metrics import competence
from msp_report.metrics.competence.audit import SHEET
from msp_report.packs import audit

PERIOD = "2026-01..2026-02"
HOSTILE = "=cmd|' /C calc'!A0"


@pytest.fixture
def year(place):
    """Two months of tickets and invoices; one ticket and one vendor would be formulas."""
    for month in ("2026-01", "2026-02"):
        tickets = [f"T{month[-1]}{n:02d},{month}-05T09:00:00,P{n % 2 + 1},open" for n in range(20)]
        tickets += [f"{HOSTILE},{month}-06T09:00:00,+P9,open"] if month == "2026-02" else []
        bills = [f"invoice,I{month[-1]}{n},1,@Sum,Paper,1,{month}-07" for n in range(3)]
        place.put(
            {
                "tickets.csv": "\n".join(["ticket_id,opened_at,priority,status", *tickets, ""]),
                "purchases.csv": "\n".join(
                    ["document,document_id,line,vendor,item,quantity,dated_on", *bills, ""]
                ),
            },
            month,
        )
    return place


@pytest.fixture
def sample(msp, year):
    """Run the verb for the two months."""
    return lambda *more: msp(
        "sample", "--client", "acme", "--period", PERIOD, "--workspace", year.root, *more
    )


def kept(year, suffix: str = ".xlsx"):
    folder = year.root / "params" / "acme" / "audit"
    folder.mkdir(exist_ok=True)
    return folder / f"{PERIOD}{suffix}"


def analysed(year) -> competence.Analysis:
    case = open_year("acme", PERIOD, year.root)
    return competence.analyse(case, audit.read(case))


def test_a_workbook_is_filled_in_and_read_back(sample, year):
    said = sample("--into", year.root / "sheet.xlsx")
    assert said.code == 0 and said.out.strip() == str(year.root / "sheet.xlsx")
    assert "drew 29 tickets, 6 invoices, 0 restores" in said.err and str(kept(year)) in said.err
    book = openpyxl.load_workbook(year.root / "sheet.xlsx")
    sheet = book["Sample"]
    header, *rows = sheet.iter_rows()
    assert [cell.value for cell in header] == SHEET
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"} and not [c for c in cells if c.value[0] in "=+-@"]
    assert f"'{HOSTILE}" in {row[1].value for row in rows}
    (answers,) = sheet.data_validations.dataValidation
    assert answers.formula1 == '"pass,fail,not found"' and str(answers.sqref) == f"E2:E{len(rows) + 1}"
    for number, row in enumerate(rows):
        row[4].value = ("pass", "fail", "Not found", "")[min(number % 10, 3)]
        row[5].value = "seen"
    book.save(kept(year))
    found = analysed(year)
    assert found.refused.empty and len(found.answers) == len(rows) == 35
    by_id = dict(zip(found.answers["id"], found.answers["finding"], strict=True))
    assert [by_id[row[1].value.removeprefix("'")] for row in rows[:3]] == ["pass", "fail", "not found"]
    every = found.results.iloc[-1]
    counts = found.answers["finding"].fillna("").value_counts()
    assert (every["passed"], every["failed"], every["unknown"]) == (
        counts["pass"],
        counts["fail"],
        counts[""],
    )


def test_a_plain_file_may_come_back_from_a_spreadsheet_of_another_country(sample, year):
    assert sample("--into", year.root / "sheet.csv").code == 0
    with (year.root / "sheet.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == SHEET and not [c for row in rows for c in row if c[:1] in ("=", "+", "-", "@")]
    with kept(year, ".csv").open("w", encoding="cp1252", newline="") as file:
        write = csv.writer(file, delimiter=";")
        write.writerows([header, *([*row[:4], "PASS", "geprüft"] for row in rows)])
    found = analysed(year)
    assert found.refused.empty and found.answers["finding"].eq("pass").all()
    assert found.answers["note"].eq("geprüft").all()
    assert found.results["share"].iloc[-1] == 1


def test_the_same_sample_is_drawn_again(sample, year):
    for name in ("a.csv", "b.csv", "c.csv"):
        assert sample("--into", year.root / name, *(["--seed", 2] if name == "c.csv" else [])).code == 0
    a, b, c = ((year.root / name).read_text(encoding="utf-8") for name in ("a.csv", "b.csv", "c.csv"))
    assert a == b != c


def test_another_precision_is_told_how_to_be_read_back(sample, year):
    said = sample("--into", year.root / "sheet.csv", "--precision", "0.2", "--seed", 1)
    assert "add audit: {precision_ratio: 0.2} to it" in said.err
    assert (
        "drew 15 tickets" in said.err
    )  # 3.8415 x (6.25 - 1) = 20.2 of 41: 20.2 / (1 + 19.2 / 41) = 13.7, and 1 for +P9


def test_rows_of_another_sample_are_refused(sample, year):
    assert sample("--into", year.root / "sheet.csv", "--seed", 9).code == 0
    text = (year.root / "sheet.csv").read_text(encoding="utf-8")
    kept(year, ".csv").write_text(
        text + "ticket,NOBODY-1,P1,look,pass,\nticket,T100,P1,look,pass,x,y,z\n", encoding="utf-8"
    )
    found = analysed(year)
    told = dict(zip(found.refused["id"], found.refused["why"], strict=True))
    assert told["NOBODY-1"] == "it is not in the sample"
    assert set(found.refused["id"]) - set(found.sample["id"]) == set(found.refused["id"])
    assert len(found.refused) == len(told) and found.answers["finding"].isna().all()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--into", "x.pdf"], "written as .xlsx or .csv"),
        (["--into", "nowhere/x.csv"], "there is no folder"),
        (["--into", "there.csv"], "is there already and may be filled in"),
        (["--into", "x.csv", "--precision", "0.7"], "0.7 is not in the range"),
        ([], "--into"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(sample, year, monkeypatch, options, told):
    monkeypatch.chdir(year.root)
    (year.root / "there.csv").touch()
    said = sample(*options)
    assert said.code == 2 and len(said.problems) == 1 and told in said.problems[0]


def test_nothing_to_draw_from(msp, place):
    place.put({"vendors.csv": "vendor,relationship\nA,none\n", "surveys.csv": "survey_id\n"}, "2026-01")
    place.put({"outages.csv": "service,started_at,state\nmail,2026-01-05T00:00:00Z,down\n"}, "2026-01")
    into = place.root / "x.csv"
    said = msp("sample", "--client", "acme", "--year", "2026", "--workspace", place.root, "--into", into)
    assert said.code == 2 and "has no tickets, invoices or backups to draw from" in said.err
    assert not into.exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the file is empty"),
        (b"kind,id,note\nticket,T1,x\n", "there is no column 'finding'"),
    ],
)
def test_a_sheet_that_cannot_be_read_is_named(year, content, told):
    kept(year, ".csv").write_bytes(content)
    with pytest.raises(audit.SheetRefused, match=told) as raised:
        audit.read(open_year("acme", PERIOD, year.root))
    assert str(kept(year, ".csv")) in str(raised.value)


def test_of_two_sheets_none_is_chosen(year):
    kept(year).touch()
    kept(year, ".csv").touch()
    with pytest.raises(audit.SheetRefused, match="keep the one that is filled in"):
        audit.read(open_year("acme", PERIOD, year.root))


def test_a_workbook_has_the_same_bytes_each_time(sample, year):
    for name in ("a.xlsx", "b.xlsx"):
        sample("--into", year.root / name)
    first, second = ((year.root / name).read_bytes() for name in ("a.xlsx", "b.xlsx"))
    assert first == second
    made = openpyxl.load_workbook(year.root / "a.xlsx").properties.created
    assert made.replace(tzinfo=UTC) == datetime(2026, 3, 1, tzinfo=UTC)
