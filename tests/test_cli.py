"""The command line as an outsider sees it: exit codes, one sentence for every fault, nothing lost."""

import csv
import errno
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import pytest
import small_pack
from workspaces import CONTRACT, HEADER, tickets

from msp_report.packs import pack

ROOT = Path(__file__).resolve().parent.parent
VERBS = ("check", "demo", "mail", "monthly", "pdf", "tables")


def check(msp, place, *arguments, client="acme"):
    return msp("check", "--client", client, "--workspace", place.root, "--month", "2026-03", *arguments)


def account(place, table="tickets", month="2026-03"):
    """The manifest's entry of a table, its identity held, and its rejects."""
    folder = place.output / "acme" / ".accepted" / month
    entries = json.loads((folder / "manifest.json").read_text())["files"]
    assert all(entry["read"] == entry["accepted"] + entry["rejected"] for entry in entries)
    with open(folder / "rejects" / f"{table}.csv", newline="", encoding="utf-8") as file:
        listed = list(csv.DictReader(file))
    assert len(listed) == sum(entry["rejected"] for entry in entries if entry["table"] == table)
    return next(entry for entry in entries if entry["table"] == table), listed


# ---------------------------------------------------------------- bad rows: listed, and the rest is used

ROWS = {
    "unknown status": ("X,2026-03-04T09:00,amy,Mail,P1,exploded,", "status", "exploded", "unknown value"),
    "empty status": ("X,2026-03-04T09:00,amy,Mail,P1,,", "status", "", "missing"),
    "no number": (",2026-03-04T09:00,amy,Mail,P1,open,", "ticket_id", "", "missing"),
    "no date": ("X,yesterday,amy,Mail,P1,open,", "opened_at", "yesterday", "not a time"),
    "a day that is none": (
        "X,2026-02-31T09:00,amy,Mail,P1,open,",
        "opened_at",
        "2026-02-31T09:00",
        "not a time",
    ),
    "reversed": (
        "X,2026-03-04T09:00,amy,Mail,P1,resolved,2026-03-03T09:00",
        "resolved_at",
        "2026-03-03T09:00",
        "ends before it begins",
    ),
    "in the gap of the clock change": (
        "X,2026-03-29T01:30,amy,Mail,P1,open,",
        "opened_at",
        "2026-03-29T01:30",
        "never was",
    ),
    "exact duplicate": (
        "T5,2026-03-06T09:00:00,amy@acme.example,Mail,P1,resolved,2026-03-06T10:00:00",
        "ticket_id",
        "T5",
        "duplicate",
    ),
    "too few cells": ("X,2026-03-04T09:00,amy,Mail,P1", "", "", "fewer cells"),
    "a comma moved the cells": (
        "X,2026-03-04T09:00,amy,Mail, and more,P1,open,",
        "status",
        "P1",
        "unknown value",
    ),
    "a NUL": ("X,2026-03-04T09:00,a\0my,Mail,P1,open,", "", "", "NUL"),
    "a total": ("Total,,,,,,", "opened_at", "", "total row"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_bad_row_is_listed_where_it_stands_and_the_others_are_used(msp, place, name):
    line, column, value, reason = ROWS[name]
    place.put({"tickets.csv": tickets() + line + "\n"})
    said = check(msp, place)
    assert said.code == 0 and said.err == ""
    entry, (reject,) = account(place)
    assert (entry["read"], entry["accepted"], entry["rejected"]) == (101, 100, 1)
    assert (reject["file"], reject["line"], reject["column"], reject["value"]) == (
        "tickets.csv",
        "102",
        column,
        value,
    )
    assert reason in reject["reason"] and reject["row"].replace("\0", "").startswith(line[:1])
    assert "1 of 101 rows rejected" in said.out and reject["reason"] in said.out
    named = re.search(r"see (\S+)$", said.out.strip().splitlines()[-1])[1]
    assert Path(named).read_text(encoding="utf-8").startswith("file,line,column,value,reason,row\n")


def test_rows_that_contradict_each_other_are_all_rejected(msp, place):
    place.put({"tickets.csv": tickets() + "T5,2026-03-07T09:00,bob,Other,P1,open,\n"})
    assert check(msp, place).code == 0
    entry, rejects = account(place)
    assert (entry["read"], entry["accepted"]) == (101, 99)
    assert [reject["line"] for reject in rejects] == ["7", "102"]
    assert all("conflicting" in reject["reason"] for reject in rejects)


def test_a_field_of_ten_megabytes_costs_its_row_only(msp, place):
    place.put({"tickets.csv": tickets() + "X,2026-03-04T09:00,amy," + "A" * 10_000_000 + ",P1,open,\n"})
    assert check(msp, place).code == 0
    entry, (reject,) = account(place)
    assert entry["accepted"] == 100 and "over 1 MB" in reject["reason"]
    assert len(reject["value"]) < 1000


def test_wrong_types_are_rejected_by_column(msp, place):
    place.client(sources="reject_limit_ratio: 1\n")
    place.put(
        {
            "tickets.csv": tickets(),
            "time_entries.csv": "entry_id,worked_on,hours,billable\nA,2026-03-04,lots,true\nB,2026-03-04,1,perhaps\n",
        }
    )
    assert check(msp, place).code == 0
    _, rejects = account(place, "time_entries")
    assert [(r["line"], r["column"], r["value"]) for r in rejects] == [
        ("2", "hours", "lots"),
        ("3", "billable", "perhaps"),
    ]


def test_rejects_hold_no_live_formulas(msp, place):
    place.put({"tickets.csv": tickets() + '=HYPERLINK("x"),2026-03-04T09:00,amy,@SUM(A1),P1,+1+1,\n'})
    check(msp, place)
    _, (reject,) = account(place)
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in reject.values())


# ---------------------------------------------------------------- data refused: exit 3

REFUSED = {
    "zero bytes": ({"tickets.csv": ""}, "tickets.csv", "empty"),
    "blank lines": ({"tickets.csv": "\n\n  \n"}, "tickets.csv", "missing"),
    "a delimiter nobody knows": ({"tickets.csv": tickets().replace(",", "~")}, "tickets.csv", "delimiter"),
    "a missing column": ({"tickets.csv": tickets().replace("priority", "prio")}, "tickets.csv", "'priority'"),
    "too many bad rows": (
        {"tickets.csv": tickets().replace("resolved,", "gone,")},
        "tickets.csv",
        "100 of 100",
    ),
    "no text": ({"tickets.csv": bytes(range(256)) * 50}, "tickets.csv", "encoding"),
    "a quote that never ends": (
        {"tickets.csv": tickets() + 'X,2026-03-04,"amy,M,P1,open,\n'},
        "102",
        "quote",
    ),
    "no workbook": ({"tickets.xlsx": b"PK nothing"}, "tickets.xlsx", "workbook"),
    "no Parquet": ({"tickets.parquet": b"PAR1 nothing"}, "tickets.parquet", "Parquet"),
    "no JSON": ({"tickets.jsonl": b"{nothing\n"}, "tickets.jsonl", "line 1"),
    "files of no table": ({"notes.csv": "a,b\n1,2\n"}, "notes.csv", "table"),
    "rows of another month only": ({"tickets.csv": tickets(month="2026-01")}, "2026-03", "no table has rows"),
    "nothing": ({}, "2026-03", "nothing to read"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_data_that_cannot_be_used_are_refused_in_one_sentence(msp, place, name):
    files, *words = REFUSED[name]
    place.put(files)
    said = check(msp, place)
    assert said.code == 3 and said.out == ""
    (problem,) = said.problems
    assert all(word in problem for word in words), problem
    assert ": " in problem and len(problem) < 500


def test_every_refused_file_is_named_at_once(msp, place):
    place.put({"tickets.csv": "", "outages.csv": "", "samples.csv": "a,b\n1,2\n"})
    said = check(msp, place)
    assert said.code == 3
    assert [problem.split(":")[0] for problem in said.problems] == [
        "outages.csv",
        "samples.csv",
        "tickets.csv",
    ]


def test_the_delimiter_that_sources_yaml_names_wrongly_is_refused(msp, place):
    place.client(sources='tables: {tickets: {file: tickets.csv, delimiter: ";"}}\n')
    place.put({"tickets.csv": tickets()})
    said = check(msp, place)
    assert said.code == 3 and "delimiter" in said.err


# ---------------------------------------------------------------- what is no fault: exit 0

FINE = {
    "header only": HEADER,
    "header without a line end": HEADER.strip(),
    "semicolons": tickets().replace(",", ";"),
    "pipes": tickets().replace(",", "|"),
    "tabs in UTF-16": tickets().replace(",", "\t").encode("utf-16"),
    "a mark at the start": b"\xef\xbb\xbf" + tickets().encode(),
    "a hint for spreadsheets": "sep=;\n" + tickets().replace(",", ";"),
    "western letters": tickets().replace("Mail", "Müll").encode("cp1252"),
    "line ends of another system": tickets().replace("\n", "\r\n"),
    "no last line end": tickets().rstrip("\n"),
}


@pytest.mark.parametrize("name", FINE)
def test_ordinary_files_are_read_without_a_word(msp, place, name):
    place.put({"tickets.csv": FINE[name]})
    said = check(msp, place)
    assert said.code == 0 and said.err == ""
    entry, _ = account(place)
    assert entry["read"] == entry["accepted"] == (0 if name.startswith("header") else 100)


def test_a_table_whose_file_is_absent_is_told_and_no_fault(msp, place):
    place.client(sources="tables: {tickets: {file: tickets.csv}, outages: {file: outages.csv}}\n")
    place.put({"tickets.csv": tickets()})
    said = check(msp, place)
    told = "outages: due and not supplied for 2026-03, sources.yaml names a file that is not there"
    assert said.code == 0 and told in said.out


def test_warnings_reach_the_analyst(msp, place):
    place.put({"tickets.csv": tickets(1000), "notes.csv": "a\n"})
    said = check(msp, place)
    assert said.code == 0
    assert "exactly 1,000 rows" in said.out and "notes.csv" in said.out


def test_a_file_that_sources_yaml_does_not_name_is_told(msp, place):
    place.client(sources="tables: {tickets: {file: tickets.csv}}\n")
    place.put({"tickets.csv": tickets(), "prices.csv": "item,vendor,seen_on,unit_price,currency\n"})
    said = check(msp, place)
    assert said.code == 0
    assert said.out.splitlines()[-1] == (
        "prices.csv: named after a table that sources.yaml does not name, so nothing is read from it"
    )


# ---------------------------------------------------------------- wrong use: exit 2

CLIENTS = {
    "acmee": "did you mean 'acme'?",
    "ACME": "did you mean 'acme'?",
    "zebra": "put its contract.yaml into",
    "": "named with a-z",
    ".": "named with a-z",
    "..": "named with a-z",
    "/etc": "named with a-z",
    "a/../acme": "'a/../acme'",
    "../params/acme": "'../params/acme'",
    "acme/": "did you mean 'acme'?",
    "acme\n": "'acme\\n'",
    ".hidden": "named with a-z",
    "-x": "named with a-z",
    "*": "named with a-z",
}


@pytest.mark.parametrize("name", CLIENTS)
def test_an_unknown_client_is_named_with_the_nearest(msp, place, name):
    said = msp("check", f"--client={name}", "--workspace", place.root)
    assert said.code == 2 and said.out == ""
    (problem,) = said.problems
    assert problem.startswith("unknown client ") and CLIENTS[name] in problem
    assert not place.output.exists()


PARAMS = {
    "a misspelt key": ("contract", CONTRACT.replace("response_min", "respons_min"), "line 7", "'response_min'"),
    "a misspelt key at the top": ("contract", CONTRACT + "servces: []\n", "line 8", "'services'"),
    "a misspelt key of the strategy": ("strategy", "\nscorecrd: []\n", "strategy.yaml, line 2", "'scorecard'"),
    "a misspelt key of the sources": ("sources", "tabels: {}\n", "sources.yaml, line 1", "'tables'"),
    "a misspelt table": ("sources", "tables: {tickts: {file: a.csv}}\n", "sources.yaml", "'tickets'"),
    "a misspelt profile": ("sources", "tables: {tickets: {file: a.csv, profile: servicnow}}\n", "'servicenow'"),
    "a misspelt column": ("sources", "tables: {tickets: {file: a.csv, columns: {priorty: p}}}\n", "'priority'"),
    "a misspelt zone": ("contract", CONTRACT.replace("London", "Lodnon"), "line 1", "Europe/London"),
    "no zone": ("contract", "client: {name: Acme}\n", "client.timezone", "missing"),
    "an empty file": ("contract", "", "contract.yaml", "'client' is missing"),
    "a key twice": ("contract", CONTRACT + "tickets: {}\n", "line 8", "'tickets' stands twice"),
    "no YAML": ("contract", "client: {name: [\n", "contract.yaml, line", "YAML"),
    "a tab": ("contract", "client:\n\tname: x\n", "line 2", "YAML"),
    "a list": ("contract", "- a\n", "contract.yaml", "keys"),
    "another encoding": ("contract", CONTRACT.replace("Acme", "Acmé").encode("latin-1"), "contract.yaml", "UTF-8"),
    "a negative fee": ("contract", CONTRACT + "term: {monthly_fee: -4}\n", "line 8: term.monthly_fee", "'-4'"),
    "an amendment of nothing": (
        "contract",
        CONTRACT + "amendments: [{effective_on: 2026-01-01, set: {services.emial.users: 5}}]\n",
        "services.emial.users",
        "'email'",
    ),
    "code": ("contract", "client: !!python/object/apply:os.system ['exit 1']\n", "line 1", "YAML"),
    "aliases without end": (
        "contract",
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{k}: &{k} [{', '.join([f'*{chr(ord(k) - 1)}'] * 9)}]\n" for k in "bcdefg"),
        "contract.yaml",
        "too many",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PARAMS)
def test_params_that_cannot_be_used_are_told_with_their_place(msp, place, name):
    file, text, *words = PARAMS[name]
    place.client(**{file: text})
    place.put({"tickets.csv": tickets()})
    said = check(msp, place)
    assert said.code == 2 and said.out == ""
    (problem,) = said.problems
    assert all(word in problem for word in words), problem


def test_a_client_without_a_contract_is_told_what_to_write(msp, place):
    (place.root / "params" / "empty").mkdir()
    said = check(msp, place, client="empty")
    assert said.code == 2 and "contract.yaml is missing: write at least" in said.err


@pytest.mark.parametrize(
    "month", ["2026-13", "2026-00", "april", "2026-4", "2026", "2026-03-01", "2026-03..2026-04"]
)
def test_a_month_that_is_none_is_refused(msp, place, month):
    said = msp("check", "--client", "acme", "--workspace", place.root, "--month", month)
    assert said.code == 2
    assert said.problems == [f"{month!r} is not a month: write it as YYYY-MM, for example 2026-10"]


USE = {
    "chek": "'check'",
    "check --moth 2026-03": "'--month'",
    "check extra": "extra",
    "check --client": "--client",
    "check --workspace nowhere": "nowhere",
    "check --params nowhere": "nowhere",
    "check --exports nowhere": "nowhere",
    "check --output {file}": "no folder",
    "demo --seed -1": "--seed",
    "demo --seed x": "--seed",
}


@pytest.mark.parametrize("line", USE)
def test_wrong_use_is_one_sentence_that_says_where_help_is(msp, tmp_path, line):
    (tmp_path / "file").touch()
    said = msp(*line.format(file=tmp_path / "file").split())
    assert said.code == 2 and said.out == ""
    (problem,) = said.problems
    assert USE[line] in problem and problem.endswith("--help)")


def test_no_verb_lists_them_all(msp):
    said = msp()
    assert said.code == 2 and all(f"  {verb} " in said.err for verb in VERBS)


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_every_verb_has_help(msp, verb):
    said = msp(*([verb] if verb else []), "--help")
    assert said.code == 0 and said.err == "" and "Usage: msp-report" in said.out
    if verb in ("check", "mail", "monthly", "pdf"):
        options = ("--client", "--month", "--workspace", "--params", "--exports", "--output")
        assert all(option in said.out for option in options)


# ---------------------------------------------------------------- folders apart from each other


def test_every_folder_may_lie_elsewhere_and_be_named_from_here(msp, place, tmp_path, monkeypatch):
    place.put({"tickets.csv": tickets()})
    for name in ("params", "exports"):
        (place.root / name).rename(tmp_path / f"my-{name}")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    apart = ("--params", "../my-params", "--exports", "../my-exports", "--output", "../my-output")
    said = msp("check", "--client", "acme", *apart)
    assert said.code == 0 and "100" in said.out
    assert (tmp_path / "my-output" / "acme" / ".accepted" / "2026-03" / "manifest.json").exists()
    assert list(here.iterdir()) == []
    # a folder that holds the client's months itself will do
    said = msp("check", "--client", "acme", *apart[:3], "../my-exports/acme", *apart[4:])
    assert said.code == 0 and "100" in said.out


def test_the_nearest_folder_with_params_is_the_workspace(msp, place, monkeypatch):
    deep = place.put({"tickets.csv": tickets()})
    monkeypatch.chdir(deep)
    assert msp("check", "--client", "acme").code == 0
    monkeypatch.chdir(place.root.parent)
    assert msp("check", "--client", "acme", "--workspace", "ws").code == 0
    assert msp("check", "--client", "acme", "--workspace", "./ws/../ws/").code == 0


def test_an_option_outranks_a_setting_and_a_setting_the_workspace(msp, place, tmp_path, monkeypatch):
    place.put({"tickets.csv": tickets()})
    monkeypatch.setenv("MSP_REPORT_OUTPUT", str(tmp_path / "set"))
    assert check(msp, place).code == 0
    assert (tmp_path / "set" / "acme").is_dir() and not place.output.exists()
    assert check(msp, place, "--output", tmp_path / "given").code == 0
    assert (tmp_path / "given" / "acme").is_dir()


def test_exports_of_a_folder_without_the_month_are_not_those_of_before(msp, place, tmp_path):
    place.put({"tickets.csv": tickets()})
    assert check(msp, place).code == 0
    (tmp_path / "other").mkdir()
    said = check(msp, place, "--exports", tmp_path / "other")
    assert said.code == 3 and "nothing to read for 2026-03" in said.err


def test_a_file_outside_the_exports_is_not_read(msp, place, tmp_path):
    (tmp_path / "secret.csv").write_text(tickets())
    place.client(sources="tables: {tickets: {file: ../../../../secret.csv}}\n")
    place.put({"x.csv": ""})
    said = check(msp, place)
    assert said.code == 3 and "leaves the folder of exports" in said.err


def test_the_default_is_the_latest_complete_month(msp, place):
    for month in ("2026-01", "2026-02"):
        place.put({"tickets.csv": tickets(month=month)}, month)
    place.put({"tickets.csv": HEADER}, date.today().strftime("%Y-%m"))
    place.put({"tickets.csv": HEADER}, "2999-01")
    said = msp("check", "--client", "acme", "--workspace", place.root)
    assert said.code == 0
    read = sorted(path.name for path in (place.output / "acme" / ".accepted").glob("2*"))
    assert read == ["2026-01", "2026-02"], "what earlier months had tells what was due"


def test_a_client_with_a_running_month_only_is_told_to_name_it(msp, place):
    place.put({"tickets.csv": HEADER}, "2999-01")
    said = msp("check", "--client", "acme", "--workspace", place.root)
    assert said.code == 3 and "name a running month" in said.err


@pytest.mark.parametrize("verb", ["pdf", "mail"])
def test_what_was_not_published_is_not_printed_and_not_mailed(msp, place, verb):
    place.put({"tickets.csv": tickets()})
    said = msp(verb, "--client", "acme", "--workspace", place.root)
    assert said.code == 1 and len(said.problems) == 1 and "publish it first" in said.err


def test_without_a_browser_a_pack_is_not_printed(msp, place, monkeypatch):
    place.put({"tickets.csv": tickets()})
    page = place.output / "acme" / "2026-03" / "html" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<p>page</p>")
    monkeypatch.setenv("PATH", str(place.root))
    said = msp("pdf", "--client", "acme", "--workspace", place.root)
    assert said.code == 1 and len(said.problems) == 1 and said.problems[0].startswith("no Chromium")


@pytest.mark.parametrize("span", [("--month", "2026-03"), ("--period", "2025-07..2026-03")])
def test_without_a_browser_a_pack_is_mailed_without_its_pdf(msp, place, monkeypatch, span):
    small_pack.publish_to(place.output / "acme" / span[1])
    monkeypatch.setenv("PATH", str(place.root))
    said = msp("mail", "--single-file", "--client", "acme", *span, "--workspace", place.root)
    assert said.code == 0 and "the mail goes without a PDF: no Chromium" in said.err
    folder = place.output / "acme" / "mail" / span[1]
    assert said.out.strip() == str(folder / "board.eml")
    assert {path.name for path in folder.iterdir()} == {
        "board.eml",
        f"acme-{span[1]}.zip",
        f"acme-{span[1]}.html",
    }


def test_check_publishes_nothing(msp, place):
    place.put({"tickets.csv": tickets()})
    check(msp, place)
    assert [path.name for path in (place.output / "acme").iterdir() if not path.name.startswith(".")] == []


# ---------------------------------------------------------------- as a process of its own


@pytest.mark.parametrize(
    "command", [[str(Path(sys.executable).parent / "msp-report")], [sys.executable, "-m", "msp_report"]]
)
def test_as_a_process_of_its_own(place, tmp_path, command):
    place.put({"tickets.csv": tickets() + "X,2026-03-04T09:00,amy,Mail,P1,exploded,\n", "outages.csv": ""})
    options = ["check", "--client", "acme", "--workspace", "ws", "--month", "2026-03"]
    done = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 3 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("msp-report: outages.csv: ")


def test_a_fault_of_the_program_is_one_sentence_too(msp, place, monkeypatch):
    monkeypatch.setattr(pack, "run_month", lambda *given, **named: {}["nothing"])
    said = msp("monthly", "--client", "acme", "--workspace", place.root)
    assert said.code == 1 and len(said.problems) == 1 and "MSP_REPORT_DEBUG=1" in said.err


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals on Windows")
def test_a_run_that_is_asked_to_end_tidies_up_and_says_so(place):
    place.put({"tickets.csv": tickets(20)})
    with tempfile.TemporaryDirectory(prefix="t-") as temporary:
        with subprocess.Popen(
            [sys.executable, "-m", "msp_report", "monthly", "--client", "acme", "--workspace", place.root],
            env={**os.environ, "TMPDIR": temporary},
            stderr=subprocess.PIPE,
            text=True,
        ) as run:
            said = run.stderr.readline()
            while not list(Path(temporary).glob("msp-*")):
                time.sleep(0.02)
                assert run.poll() is None, said
            run.send_signal(signal.SIGTERM)
            said += run.stderr.read()
        assert run.returncode == 1
        assert said.splitlines()[-1] == "msp-report: stopped; what was published before stands"
        assert "Traceback" not in said
        assert not list(Path(temporary).glob("msp-*"))
    assert not list((place.output / "acme").glob("2*"))


def test_a_month_that_has_not_begun_is_refused_by_whatever_verb(msp, place):
    """A machine whose clock was set back would publish it as if it were over."""
    place.put({"tickets.csv": tickets(3, "2191-03")}, "2191-03")
    for verb in ("check", "monthly"):
        said = msp(verb, "--client", "acme", "--month", "2191-03", "--workspace", place.root)
        assert said.code == 3 and "2191-03 has not begun: this machine's clock says 20" in said.problems[0]


def test_a_full_disk_says_what_to_do(msp, place, monkeypatch):
    def full(*given, **named):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pack, "run_month", full)
    said = msp("monthly", "--client", "acme", "--workspace", place.root)
    assert said.code == 1
    assert said.problems == [
        "No space left on device: make room and run it again; what was published before stands"
    ]
