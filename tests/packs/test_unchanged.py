"""An unchanged month is told by content, before anything is imported; whatever is in doubt is run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from workspaces import digests, records, tickets, write_notebook

from msp_report import cli
from msp_report.case import open_case
from msp_report.packs import pack, unchanged
from msp_report.system.content import Contents
from msp_report.workspace import PROJECT, Workspace

MARCH = unchanged.Asked("acme", "2026-03")


@pytest.fixture
def client(place, monkeypatch):
    """A client of two months with a pack of the last, run with one small notebook."""
    write_notebook(place.root / "notebooks" / "monthly" / "10_seen.ipynb", records("seen"))
    monkeypatch.setattr(pack, "NOTEBOOKS", place.root / "notebooks")
    place.put({"tickets.csv": tickets(20, "2026-02", "F")}, "2026-02")
    place.put({"tickets.csv": tickets(20)})
    pack.run_month("acme", "2026-03", place.root)
    return place


def answered(place, asked=MARCH):
    return unchanged.answer(Workspace.find(place.root), asked)


def test_what_did_not_change_is_told_with_its_revision(client):
    found = answered(client)
    assert (found.month, found.revision) == ("2026-03", "0001")
    assert found.pack.resolve() == (client.output / "acme" / "2026-03").resolve()
    assert answered(client, unchanged.Asked("acme")) is None, "it was not asked for as the latest month"


def test_a_time_alone_is_no_change(client):
    for path in client.root.rglob("*"):
        if path.is_file() and "output" not in path.parts:
            os.utime(path)
    assert answered(client)


def write(path: str, text: str = "x"):
    def change(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        with (root / path).open("a", encoding="utf-8") as file:
            file.write(text)

    return change


CHANGES = {
    "an export": write(
        "exports/acme/2026-03/tickets.csv", "T99,2026-03-09T09:00:00,amy@acme.example,Mail,P1,open,\n"
    ),
    "an export of another month": write("exports/acme/2026-02/tickets.csv", "\n"),
    "a new export": write("exports/acme/2026-03/outages.csv"),
    "a new month": write("exports/acme/2026-04/tickets.csv"),
    "the contract": write("params/acme/contract.yaml", "# said again\n"),
    "a new file of params": write("params/acme/strategy.yaml", ""),
    "the notes": write("params/acme/notes/2026-03.md"),
    "the ledger": write("ledger/acme.jsonl"),
    "a record of the pack": write("output/acme/2026-03/records/seen/seen.csv"),
    "a page of the pack": write("output/acme/2026-03/html/index.html"),
    "a figure of the month before": write("output/acme/2026-02/figures.json", "\n"),
    "what was accepted": write("output/acme/.accepted/2026-02/manifest.json", "\n"),
    "today's pages": write("output/acme/daily/html/index.html"),
    "no pack": lambda root: (root / "output/acme/2026-03").unlink(),
    "no pack of the month before": lambda root: (root / "output/acme/2026-02").unlink(),
    "no export": lambda root: (root / "exports/acme/2026-02/tickets.csv").unlink(),
    "another secret": lambda root: (root / "params/acme/pseudonyms.key").write_text("0" * 64 + "\n"),
    "what was written down": write("output/acme/.made/2026-03.json", "x"),
}


@pytest.mark.slow
def test_every_change_is_seen(client):
    """One after another, each taken back before the next."""
    os.chdir(PROJECT)  # papermill may leave the process in the folder of a notebook
    kept = client.root.with_name("kept")
    shutil.copytree(client.root, kept, symlinks=True)
    for name, change in CHANGES.items():
        change(client.root)
        assert answered(client) is None, name
        shutil.rmtree(client.root)
        shutil.copytree(kept, client.root, symlinks=True)
        assert answered(client), f"after {name}"


def test_another_program_library_or_setting_is_a_change(client, monkeypatch):
    for name, changed in (("_program", lambda contents: "x"), ("_libraries", lambda: "x")):
        with monkeypatch.context() as other:
            other.setattr(unchanged, name, changed)
            assert answered(client) is None
    monkeypatch.setenv("MSP_REPORT_DEBUG", "1")
    assert answered(client) is None


def test_the_program_is_its_files_and_the_libraries_are_their_versions(tmp_path, monkeypatch):
    before = unchanged._program(Contents()), unchanged._libraries()
    copy = tmp_path / "msp_report"
    shutil.copytree(PROJECT / "msp_report", copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(unchanged, "_PACKAGE", copy)
    assert unchanged._program(Contents()) == before[0]
    with (copy / "pages" / "template" / "board" / "board.css").open("a") as file:
        file.write("/* */")
    assert unchanged._program(Contents()) != before[0]
    (tmp_path / "other-1.0.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    assert unchanged._libraries() != before[1]


@pytest.mark.parametrize("at", ["1767225600", "9999999999"])
def test_another_month_of_the_calendar_or_a_clock_set_back_is_a_change(client, monkeypatch, at):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", at)
    assert answered(client) is None


def test_a_month_that_runs_is_always_run(place, client, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1774000000")  # 20 March 2026
    pack.run_month("acme", "2026-03", place.root)
    assert answered(client) is None


def test_a_month_whose_earlier_one_failed_is_run_again(client):
    client.put({"tickets.csv": "nothing,that,is,known\n1,2,3,4\n"}, "2026-01")
    pack.run_month("acme", "2026-03", client.root)
    assert answered(client) is None


def test_what_is_asked_in_another_way_is_run(client):
    assert answered(client, unchanged.Asked("acme", "2026-03", complete=True)) is None
    assert answered(client, unchanged.Asked("acme", "2026-03", only=True)) is None
    assert answered(client, unchanged.Asked("acme", "../2026-03")) is None
    assert answered(client, unchanged.Asked("nobody", "2026-03")) is None


def test_what_servers_say_is_not_known_beforehand(client):
    asked = {
        "samples": {"prometheus": "http://127.0.0.1:9", "query": "up"},
        "tickets": {"file": "tickets.csv"},
    }
    client.client(sources=json.dumps({"tables": asked}))
    assert unchanged.Watch(open_case("acme", "2026-03", client.root)).inputs is None


def test_the_verb_says_so_and_says_again_what_is_to_be_known(client, capsys, monkeypatch):
    monkeypatch.setattr(pack, "run_month", lambda *_, **__: pytest.fail("it was run"))
    before = digests(client.output / "acme")
    arguments = ["monthly", "--client", "acme", "--month", "2026-03", "--workspace", str(client.root)]
    assert cli._guarded(lambda: cli.verbs.main(arguments, "msp-report", standalone_mode=False)) == 0
    said = capsys.readouterr()
    assert said.err.splitlines()[-1] == "acme 2026-03: unchanged, revision 1"
    assert said.out.strip().endswith("2026-03/html/index.html")
    after = digests(client.output / "acme")
    assert {k: v for k, v in after.items() if ".made" not in k} == {
        k: v for k, v in before.items() if ".made" not in k
    }


def test_a_stale_pack_is_named_again(client):
    client.put({"tickets.csv": tickets(21, "2026-02", "F")}, "2026-02")
    said: list[str] = []
    pack.run_month("acme", "2026-03", client.root, say=said.append)
    stale = [line for line in said if "out of date" in line]
    assert stale and set(stale) <= set(answered(client).lines)


def test_the_answer_needs_no_library_of_data():
    asked = "import sys; import msp_report.packs.unchanged; print({'pandas', 'numpy', 'pydantic'} & {*sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, cwd=PROJECT, check=True
    )
    assert done.stdout.strip() == "set()"
