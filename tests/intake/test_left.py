"""What no name settles: where one column of a file alone can be it, it is; where two can, it is asked."""

import json
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from msp_report.intake.recognise.sketch import sketch
from msp_report.intake.recognise.unknown import Guess, unknown
from msp_report.start.ask import Answers
from msp_report.start.recognised import recognise

ROWS = 24
BEGIN = datetime(2026, 10, 1, 9, 5)
STARTS = [BEGIN + timedelta(hours=29 * row, minutes=7 * row) for row in range(ROWS)]
ENDS = [start + timedelta(minutes=15 + row) for row, start in enumerate(STARTS)]


def often(*texts: str) -> list[str]:
    """Texts that come again."""
    return [texts[row * 7 % 11 % len(texts)] for row in range(ROWS)]


def written(times: list[datetime], form: str = "%d.%m.%Y %H:%M") -> list[str]:
    return [time.strftime(form) for time in times]


CODES = [f"X{400 + 3 * row}" for row in range(ROWS)]
#: Table: what stands in a column, under names that no word of ours has, and which column of ours it is.
LAYOUTS = {
    "tickets": {
        "Zork": ("ticket_id", CODES),
        "Blim": ("opened_at", written(STARTS)),
        "Status": ("status", often("Geschlossen", "Offen")),
        "Quux": ("priority", often("hoch", "mittel", "niedrig")),
        "Frob": (None, [f"ein Text {row}" for row in range(ROWS)]),
    },
    "outages": {
        "Plim": ("service", often("Mail", "ERP", "Files")),
        "Fnord": ("state", often("Outage", "Maintenance")),
        "Xyz1": ("started_at", written(STARTS)),
        "Xyz2": ("ended_at", written(ENDS)),
    },
    "samples": {
        "Hostname": ("resource", often("db1", "web1")),
        "Counter": ("metric", often("cpu", "ram", "disk")),
        "Blim": ("at", written(STARTS)),
        "Frob": ("value", [f"{row}.5" for row in range(ROWS)]),
    },
    "backup_jobs": {
        "Job": ("job", often("night", "week")),
        "Plim": ("asset", often("FS1", "DB1", "AP1")),
        "Xyz1": ("started_at", written(STARTS)),
        "Xyz2": ("finished_at", written(ENDS)),
        "Quux": ("result", often("Success", "Failed")),
    },
}


def guesses(folder: Path, columns: dict[str, list[str]], name: str = "export.csv") -> list[Guess]:
    """The guesses for some columns as a file, the likeliest first."""
    path = folder / name
    lines = [";".join(columns), *(";".join(cells) for cells in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(lines), encoding="utf-8")
    return unknown(sketch(path), None, ("files", name))


def guess(folder: Path, columns: dict[str, list[str]], name: str = "export.csv") -> Guess:
    """The likeliest one."""
    return guesses(folder, columns, name)[0]


def asked(found: Guess) -> set[str]:
    """The columns that are asked."""
    return {question.path[3] for question in found.questions if len(question.path) > 3}


def found_in(found: Guess) -> dict[str, str]:
    return {name: one.header for name, one in found.columns.items()}


@pytest.mark.parametrize("table", LAYOUTS)
def test_what_one_column_alone_can_be_it_is(tmp_path, table):
    layout = LAYOUTS[table]
    made = guess(tmp_path, {header: cells for header, (_, cells) in layout.items()})
    assert made.table == table
    assert found_in(made) == {name: header for header, (name, _) in layout.items() if name}


@pytest.mark.parametrize("table", LAYOUTS)
def test_what_two_columns_can_be_is_asked_and_never_taken(tmp_path, table):
    """A twin of each column of strange name, whatever it holds, makes that one asked or leaves it as it was."""
    layout = {header: cells for header, (_, cells) in LAYOUTS[table].items()}
    known = {"Status", "Hostname", "Counter", "Job"}
    for header in layout.keys() - known:
        name = LAYOUTS[table][header][0]
        if name is None:
            continue
        cells = layout[header]
        twin = [f"{cell}0" for cell in cells] if name == "ticket_id" else [*cells[1:], cells[0]]
        for made in guesses(tmp_path, layout | {"Twin": twin}, f"{header}.csv")[:1]:
            if made.table != table:
                continue
            assert found_in(made).get(name) in (None, header), (table, header)
            assert "Twin" not in found_in(made).values(), (table, header)


@pytest.mark.parametrize("order", [(3, 2, 1, 0), (2, 0, 3, 1)])
def test_the_order_of_columns_changes_nothing(tmp_path, order):
    layout = [(header, cells) for header, (_, cells) in LAYOUTS["outages"].items()]
    made = guess(tmp_path, dict(layout[place] for place in order))
    assert found_in(made) == {name: header for header, (name, _) in LAYOUTS["outages"].items()}


@pytest.mark.parametrize(
    "header",
    [
        "Service Owner",
        "Verantwortlicher Dienst",
        "Responsable service",
        "Version Service",
        "Service Team",
    ],
)
def test_a_services_owner_is_no_service(tmp_path, header):
    columns = {"Start": written(STARTS), "End": written(ENDS), "State": often("Outage", "Maintenance")}
    made = guess(tmp_path, columns | {header: often("Smith", "Jones")})
    assert header not in found_in(made).values()


@pytest.mark.parametrize("header", ["Zork", "Machine saved", "Objet"])
def test_a_jobs_name_does_not_stand_for_what_another_column_may_say(tmp_path, header):
    columns = {"Job": often("night", "week"), "Start": written(STARTS), "Result": often("Success", "Failed")}
    alone = guess(tmp_path, columns)
    assert found_in(alone)["asset"] == "Job" and "asset" not in asked(alone)
    made = guess(tmp_path, columns | {header: often("FS1", "DB1", "AP1")}, "more.csv")
    assert found_in(made).get("asset") == header
    several = guess(
        tmp_path,
        columns | {"Zork": often("FS1", "DB1", "AP1"), "Blim": often("A", "B", "C", "D")},
        "several.csv",
    )
    assert "asset" in asked(several) and several.is_blocked


def test_numbers_times_and_texts_alone_are_in_any_table(tmp_path):
    columns = {"Zork": CODES, "Plim": often("a", "b"), "Blim": written(STARTS), "Frob": often("Ja", "Nein")}
    assert guesses(tmp_path, columns) == []


def test_a_decimal_number_is_no_name(tmp_path):
    sizes = [f"{row}.25" for row in range(ROWS)]
    columns = {"Server": often("db1", "web1"), "Zeit": written(STARTS), "Messgröße": sizes}
    assert found_in(guess(tmp_path, columns)).get("metric") is None


def test_an_order_has_the_number_of_the_order_and_an_invoice_has_not(tmp_path):
    columns = {
        "PO Number": [f"PO-{row // 2}" for row in range(ROWS)],
        "Zork": [str(row % 2 + 1) for row in range(ROWS)],
        "Supplier": often("Insight", "CDW"),
        "Item": often("Dock", "Cable", "Screen"),
        "Qty": often("1", "2"),
        "Order Date": written(STARTS, "%Y-%m-%d"),
    }
    made = guess(tmp_path, columns, "purchases.csv")
    assert made.constants == {"document": "order"} and not made.is_blocked
    assert found_in(made)["document_id"] == "PO Number" and found_in(made)["line"] == "Zork"
    billed = guess(tmp_path, columns | {"Invoice Date": written(ENDS, "%Y-%m-%d")}, "billed.csv")
    assert "document" not in billed.constants


@pytest.mark.parametrize("swap", list(permutations(range(3)))[:3])
def test_patches_are_proofs_of_a_day_each(tmp_path, swap):
    columns = [
        ("Rechner", often("PC1", "PC2", "PC3")),
        ("Patch", often("KB5044284", "KB5044033")),
        ("Ergebnis", often("erfolgreich", "fehlgeschlagen")),
    ]
    made = dict(columns[place] for place in swap) | {"Installiert am": written(STARTS)}
    path = tmp_path / "liste.csv"
    path.write_text(
        "\n".join([";".join(made), *map(";".join, zip(*made.values(), strict=True))]), encoding="utf-8"
    )
    (reading,) = recognise([path], Answers(timezone="Europe/Berlin"), None)
    assert reading.table == "duty_evidence" and not reading.is_blocked
    assert reading.entry["constants"] == {"duty": "patching"}
    assert reading.trial.accepted == sum(cell == "erfolgreich" for cell in made["Ergebnis"])
    assert reading.trial.read == ROWS


def test_the_lines_of_a_document_are_read_from_within_it(tmp_path):
    lines = [
        {"pos": place, "artikel": f"Ware {place}", "menge": place + 1, "einzelpreis": 9.5}
        for place in range(3)
    ]
    bills = [
        {
            "nummer": f"RE-{row}",
            "lieferant": {"name": "Bechtle"},
            "datum": f"2026-10-{row + 10}",
            "positionen": lines,
        }
        for row in range(9)
    ]
    path = tmp_path / "rechnungen.json"
    path.write_text(json.dumps({"rechnungen": bills}), encoding="utf-8")
    (reading,) = recognise([path], Answers(), None)
    assert reading.entry["records"] == "rechnungen.positionen"
    assert reading.entry["columns"]["line"] == "pos" and reading.entry["columns"]["document_id"] == "nummer"
