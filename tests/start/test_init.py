"""`msp-report init`: what a new client's files tell, what is asked, and that nothing is written over."""

import json
import shutil
import sqlite3
import zipfile
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
import xlsxwriter
import yaml
from workspaces import REAL, digests

from msp_report import params
from msp_report.case import open_case
from msp_report.intake.recognise.unknown import Question
from msp_report.model.errors import WrongUse
from msp_report.params.yaml_text import read_yaml
from msp_report.start import ask
from msp_report.start import init as starting
from msp_report.workspace import Workspace

SAMPLES = REAL.parent / "vendor-samples"

TICKETS = """\
Vorgangsnummer;Betreff;Melder;Dringlichkeit;Bearbeitungsstand;Gemeldet am;Gelöst am;Geschlossen am;Aufwand
V-1;Drucker;erika@acme.example;hoch;Geschlossen;01.10.2026 09:05;01.10.2026 11:00;02.10.2026 08:00;1,5
V-2;VPN;max@acme.example;mittel;In Bearbeitung;13.10.2026 10:15;;;0,75
V-3;Konto;uwe@acme.example;niedrig;Wibble?;20.10.2026 16:15;;;0
"""
BACKUPS = """\
Serveur,Tâche,Début,Fin,Résultat
SRV01,Nuit,2026-10-01T22:00:00Z,2026-10-01T23:10:00Z,Réussi
SRV02,Nuit,2026-10-01T22:00:00Z,2026-10-01T23:40:00Z,Échec
"""
CHECKS = """\
Target,Checked At,Outcome,Latency ms
intranet,2026-10-01T00:00:00Z,OK,12
mail,2026-10-01T00:00:00Z,Timeout,
"""
ANSWERS = """\
client: {name: Acme GmbH, timezone: Europe/Berlin, currency: EUR}
timezone: Europe/Berlin
values: {status: {"Wibble?": waiting}}
files: {tickets.csv: {durations: {hours: hours}}}
approvers: [Erika Muster]
contract: {services: {mail: 99.9 %}, response: {hoch: 1 h}}
"""


@pytest.fixture
def sent(tmp_path):
    """A folder with what the provider sent."""
    folder = tmp_path / "sent"
    folder.mkdir()
    for name, text in {"tickets.csv": TICKETS, "nuit.csv": BACKUPS, "probe.csv": CHECKS}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def board(tmp_path) -> Workspace:
    (tmp_path / "ws").mkdir()
    return Workspace.find(tmp_path / "ws")


@pytest.fixture
def answers(tmp_path):
    def write(text: str = ANSWERS) -> Path:
        path = tmp_path / "answers.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_what_can_be_told_is_written_and_every_doubt_is_marked(sent, board):
    done = starting.init("acme", [sent], board)
    assert [path.name for path in done.written] == ["contract.yaml", "strategy.yaml", "sources.yaml"]
    text = (board.params / "acme" / "sources.yaml").read_text(encoding="utf-8")
    sources = params.load_sources(board.params / "acme")
    assert set(sources.tables) == {"backup_jobs", "checks"}  # the tickets wait for an answer
    assert "QUESTION: What does 'Wibble?' mean" in text and "# - file: tickets.csv" in " ".join(text.split())
    assert sources.tables["backup_jobs"][0].values == {
        "result": {"success": ("Réussi",), "failed": ("Échec",)}
    }
    asked = {question.id for question in done.questions}
    assert {"client.timezone", "client.currency", "approvers", "requesters"} <= asked
    assert str(done.month) == "2026-10"
    assert sorted(path.name for path in (board.root / "exports/acme/2026-10").iterdir()) == sorted(
        path.name for path in sent.iterdir()
    )
    case = open_case("acme", "2026-10", board)
    assert len(case.table("backup_jobs")) == 2 and case.table("checks")["state"].tolist() == ["up", "down"]
    contract = (board.params / "acme" / "contract.yaml").read_text(encoding="utf-8")
    assert "QUESTION: In which time zone" in contract and contract.count("NOT AGREED") >= 5


def test_with_answers_all_is_read(sent, board, answers):
    done = starting.init("acme", [sent], board, answers=answers())
    assert {question.id for question in done.questions} == {"requesters"}
    case = open_case("acme", "2026-10", board)
    tickets = case.table("tickets").set_index("ticket_id")
    assert tickets["status"].to_dict() == {"V-1": "closed", "V-2": "open", "V-3": "waiting"}
    assert tickets["hours"].tolist() == [1.5, 0.75, 0.0]
    assert tickets.loc["V-1", "opened_at"].isoformat() == "2026-10-01T07:05:00+00:00"
    agreed = case.agreed
    assert agreed.client.name == "Acme GmbH" and agreed.services[0].availability_ratio == 0.999
    assert agreed.tickets.priorities["hoch"].response_min == 60 and "mittel" in agreed.tickets.priorities
    assert case.strategy.approval.approvers == ("Erika Muster",)


def test_nothing_is_written_over(msp, sent, tmp_path):
    place = tmp_path / "ws"
    place.mkdir()
    first = msp("init", "acme", sent, "--workspace", place)
    assert first.code == 0 and first.out.split("\n")[0].endswith("contract.yaml")
    folder = place / "params" / "acme"
    (folder / "sources.yaml").write_text("tables: {checks: {file: probe.csv}}\n")
    (folder / "strategy.yaml").unlink()
    before = digests(place, "params/acme/contract.yaml", "params/acme/sources.yaml", "exports/**/*.csv")
    (sent / "probe.csv").write_text(CHECKS + "mail,2026-10-01T00:05:00Z,OK,3\n")
    again = msp("init", "acme", sent, "--workspace", place)
    assert again.code == 0 and again.out.startswith(str(folder / "strategy.yaml"))
    assert "is left as it is" in again.out and "backup_jobs:" in again.out
    assert "another file of this name is there" in again.err
    assert (
        digests(place, "params/acme/contract.yaml", "params/acme/sources.yaml", "exports/**/*.csv") == before
    )
    third = msp("init", "acme", sent, "--workspace", place)
    assert third.code == 2 and third.problems[0].startswith("contract.yaml")


def test_a_new_workspace_is_the_current_folder(msp, sent, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    said = msp("init", "acme", sent)
    assert said.code == 0
    assert (tmp_path / "here/params/acme/contract.yaml").exists()
    assert (tmp_path / "here/.gitignore").read_text() == "exports/\noutput/\n"


def test_a_file_that_cannot_be_read_stops_no_other(msp, sent, tmp_path):
    (sent / "empty.csv").write_bytes(b"")
    (tmp_path / "ws").mkdir()
    said = msp("init", "acme", sent, "--workspace", tmp_path / "ws")
    assert said.code == 3 and said.problems[0].startswith("empty.csv: the file is empty")
    assert "probe.csv" in (tmp_path / "ws/params/acme/sources.yaml").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["acme"], "name the files"),
        (["acme", "nowhere.csv"], "there is no such file"),
        (["a/b", "{sent}"], "name it with"),
        (["acme", "{sent}", "--answers", "nowhere.yaml"], "there is no such file"),
        (["acme", "{sent}", "--month", "2026-13"], "2026-13"),
    ],
)
def test_wrong_use(msp, sent, tmp_path, arguments, said):
    (tmp_path / "ws").mkdir()
    told = msp("init", *(one.format(sent=sent) for one in arguments), "--workspace", tmp_path / "ws")
    assert told.code == 2 and said in told.err
    assert not (tmp_path / "ws" / "params").exists()


def test_questions_are_a_file_to_fill_in_and_write_nothing(msp, sent, tmp_path):
    (tmp_path / "ws").mkdir()
    said = msp("init", "acme", sent, "--questions", "--workspace", tmp_path / "ws")
    assert said.code == 0 and list((tmp_path / "ws").iterdir()) == []
    (tmp_path / "answers.yaml").write_text(said.out, encoding="utf-8")
    data, _ = read_yaml(tmp_path / "answers.yaml")
    assert data["files"]["tickets.csv"]["values"]["status"] == {"Wibble?": None}
    same = msp("init", "acme", sent, "--answers", tmp_path / "answers.yaml", "--workspace", tmp_path / "ws")
    assert same.code == 0  # what was left empty is still open


# ---------------------------------------------------------------- other formats of no known vendor


def _rows() -> list[dict]:
    return [
        {
            "ref": f"R{n}",
            "headline": "x",
            "severity": "P2",
            "state": ["Open", "Closed"][n % 2],
            "raised_at": f"2026-10-{n + 1:02d}T09:00:00Z",
            "closed_on": f"2026-10-{n + 1:02d}T19:00:00Z" if n % 2 else None,
            "sla": {"breach_at": f"2026-10-{n + 2:02d}T19:00:00Z"},
        }
        for n in range(20)
    ]


def _database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table probes (target text, checked_at text, outcome text)")
        database.execute("create table settings (name text)")
        rows = [("web", f"2026-10-{n + 1:02d}T10:00:00Z", "OK" if n % 3 else "Down") for n in range(20)]
        database.executemany("insert into probes values (?, ?, ?)", rows)
        database.commit()


def _workbook(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Backups")
        page.write_row(0, 0, ["Server", "Job", "Started", "Finished", "Result"])
        for n in range(1, 13):
            day = f"2026-10-{n:02d}T"
            page.write_row(
                n, 0, ["S1", "nightly", f"{day}22:00:00Z", f"{day}23:00:00Z", ["Success", "Failed"][n % 2]]
            )
        page = book.add_worksheet("Tickets")
        page.write_row(0, 0, ["Ticket ID", "Summary", "Priority", "Status", "Created"])
        for n in range(1, 13):
            page.write_row(n, 0, [f"T{n}", "x", "P1", "Open", f"2026-10-{n:02d}T08:00:00Z"])


FORMATS = {
    "cases.json": (
        lambda path: path.write_text(json.dumps({"meta": {"page": 1}, "items": _rows()})),
        {"tickets": 20},
    ),
    "two.json": (
        lambda path: path.write_text(
            json.dumps({"issues": _rows(), "people": [{"id": n} for n in range(3)]})
        ),
        {"tickets": 20},
    ),
    "feed.xml": (
        lambda path: path.write_text(
            "<export><made>x</made><cases>"
            + "".join(
                f"<case><number>N{n}</number><subject>x</subject><priority>P1</priority><status>Open</status>"
                f"<opened>2026-10-{n + 1:02d}T08:00:00Z</opened></case>"
                for n in range(12)
            )
            + "</cases></export>"
        ),
        {"tickets": 12},
    ),
    "monitor.db": (_database, {"checks": 20}),
    "book.xlsx": (_workbook, {"tickets": 12, "backup_jobs": 12}),
    "log.csv": (
        lambda path: path.write_text(
            "Ticket,Changed At,Field,Old Value,New Value\n"
            + "".join(f"T{n},2026-10-{n + 1:02d}T10:00:00Z,Zustand,Neu,Geschlossen\n" for n in range(12))
        ),
        {"ticket_events": 12},
    ),
}


@pytest.mark.parametrize("name", FORMATS)
def test_documents_databases_and_sheets_are_told_apart(tmp_path, board, name):
    write, tables = FORMATS[name]
    write(tmp_path / name)
    done = starting.init("acme", [tmp_path / name], board)
    assert {
        one.table: one.trial.accepted for one in done.readings if one.trial and not one.is_blocked
    } == tables
    case = open_case("acme", "2026-10", board)
    assert {table: len(case.table(table)) for table in tables} == tables
    if name == "log.csv":
        events = case.table("ticket_events")
        assert set(events["field"]) == {"status"} and set(events["to"]) == {"closed"}


def test_an_archive_of_several_files_is_unpacked(sent, board, tmp_path):
    with zipfile.ZipFile(tmp_path / "october.zip", "w") as archive:
        for path in sent.iterdir():
            archive.write(path, f"october/{path.name}")
    starting.init("acme", [tmp_path / "october.zip"], board)
    assert set(params.load_sources(board.params / "acme").tables) == {"backup_jobs", "checks"}
    assert sorted(path.name for path in (board.root / "exports/acme/2026-10").iterdir()) == sorted(
        path.name for path in sent.iterdir()
    )


# ---------------------------------------------------------------- answers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timezon: Europe/Berlin\n", "did you mean 'timezone'?"),
        ("client: {curency: EUR}\n", "did you mean 'currency'?"),
        ("date_order: dym\n", "date_order"),
        ("files: {ticket.csv: {table: tickets}}\n", "did you mean 'tickets.csv'?"),
        ("files: {tickets.csv: {profile: servicenaw}}\n", "did you mean 'servicenow'?"),
        ("contract: {hours: always open}\n", "write it like mon-fri"),
        ("contract: {response: {P1: soon}}\n", "write it like 15 min"),
        ("client: {timezone: Berlin}\n", "is not a time zone"),
    ],
)
def test_answers_that_cannot_be_used_are_refused_by_name(sent, board, answers, text, said):
    with pytest.raises(WrongUse, match=said.replace("?", r"\?")):
        starting.init("acme", [sent], board, answers=answers(text))
    assert not board.params.exists()


def test_questions_are_asked_one_by_one_until_none_is_new(sent, board):
    seen: list[str] = []

    def person(text: str, likely: str) -> str:
        seen.append(text)
        return (
            "Europe/Berlin" if "time zone does the client" in text else "waiting" if "Wibble" in text else ""
        )

    done = starting.init("acme", [sent], board, prompt=person)
    assert len(set(seen)) >= 5
    assert "client.timezone" not in {question.id for question in done.questions}
    assert params.load_contract(board.params / "acme").client.timezone == "Europe/Berlin"
    assert "tickets" in params.load_sources(board.params / "acme").tables


def test_a_template_of_answers_is_yaml_whatever_the_names():
    questions = [
        Question(("files", "a: b.csv", "values", "status", "#1 'x'"), "What?\nNow", "why"),
        Question(("files", "a: b.csv", "timezone"), "Where?", "", ("a", "b"), "a"),
    ]
    data = yaml.load(ask.template(questions), Loader=yaml.BaseLoader)
    assert data == {"files": {"a: b.csv": {"values": {"status": {"#1 'x'": ""}}, "timezone": ""}}}


# ---------------------------------------------------------------- samples of known vendors


@pytest.mark.thorough
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the vendors' samples are not on this machine")
def test_every_sample_is_read_by_its_vendors_profile(tmp_path):
    """Each export with its answers: read by the vendor's profile as one of the tables that it must become."""
    told: Counter[str] = Counter()
    wrong = []
    for path in sorted(SAMPLES.glob("*/expected.yaml")):
        expected = yaml.safe_load(path.read_text(encoding="utf-8"))
        for number, export in enumerate(expected["exports"]):
            place = tmp_path / f"{expected['vendor']}-{number}"
            (place / "in").mkdir(parents=True)
            for name in export["files"]:
                shutil.copy(path.parent / name, place / "in" / name)
            data = {"client": export.get("client", {}), **export.get("answers", {})}
            (place / "answers.yaml").write_text(yaml.safe_dump(data))
            done = starting.init("c", [place / "in"], Workspace.find(place), answers=place / "answers.yaml")
            tables = export.get("tables") or {
                key: one for way in export["either"] for key, one in way.items()
            }
            for reading in done.readings:
                if reading.beside:
                    continue
                wanted = [
                    table for table, one in tables.items() if _is_of(reading.paths[0].name, one["file"])
                ]
                used = str(reading.entry.get("profile", "")).partition("/")[0]
                right = reading.table in wanted and used == expected["vendor"] and not reading.is_blocked
                kind = "right" if right else "asked" if reading.is_blocked else "wrong"
                told[kind] += 1
                wrong += [] if right else [(expected["vendor"], export["name"], reading.table, used)]
    assert told["wrong"] == 0 and told["right"] >= 0.95 * sum(told.values()), (told, wrong)


def _is_of(name: str, pattern: str) -> bool:
    return Path(name).match(pattern)
