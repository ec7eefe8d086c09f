"""No file ends the run that reads it, fills its memory, or keeps it waiting: each is refused in its own sentence."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from monsters import large_cell, ods, workbook
from workspaces import tickets

from msp_report.intake import formats, guarded
from msp_report.intake.chunk import Unreadable
from msp_report.intake.formats import csv
from msp_report.params.layout import Layout
from msp_report.params.sources import Limits

SMALL = Limits(file_memory_mb=256)
limited = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system has no such limits")


def rows(path: Path, limits: Limits | None = None) -> int:
    return sum(len(chunk) for chunk in guarded.read(path, Layout(), limits))


def refused(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(Unreadable) as told:
        rows(path, limits)
    return str(told.value)


#: A file of rows that the other process reads, since one of them has a line break in it.
BROKEN_LINE = 'a,b\n"1\n",2\n' + "1,2\n" * 3_000_000


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "tickets.csv"
    path.write_text(tickets(3).replace("Mail", '"Mail\n"', 1), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def nobody_is_left():
    yield
    assert len(guarded._waiting) <= 1


def test_it_gives_what_the_readers_give(good, tmp_path):
    book = workbook(tmp_path / "tickets.xlsx")
    for path in (good, book):
        here, there = list(formats.read(path, Layout())), list(guarded.read(path, Layout()))
        assert [chunk.header for chunk in here] == [chunk.header for chunk in there]
        for one, other in zip(here, there, strict=True):
            assert one.columns == other.columns and (one.lines == other.lines).all()
            assert (one.broken, one.facts, one.typed, one.remarks) == (
                other.broken,
                other.facts,
                other.typed,
                other.remarks,
            )


def test_no_process_is_started_for_regular_text_and_one_for_what_comes_after_it(tmp_path, monkeypatch):
    path, text = tmp_path / "tickets.csv", tickets(500)
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(csv, "BLOCK", 2_000)
    monkeypatch.setattr(guarded, "_idle", lambda: pytest.fail("it was started"))
    assert rows(path) == 500
    path.write_text(text + '"T\nbroken"' + "," * 6 + "\n", encoding="utf-8")
    chunks = guarded.read(path, Layout())
    assert len(next(chunks)) > 20
    with pytest.raises(pytest.fail.Exception, match="it was started"):
        list(chunks)


def test_rows_that_are_no_rows_come_with_their_text(tmp_path):
    path = tmp_path / "tickets.csv"
    path.write_text(
        'a,b\n1,2\n1,2,3\n"x\ty",\ud800\n'.encode("utf-8", "surrogatepass").decode("latin-1"), "utf-8"
    )
    (chunk,) = guarded.read(path, Layout())
    (expected,) = formats.read(path, Layout())
    assert [(one.line, one.reason, list(one.cells)) for one in chunk.broken] == [
        (one.line, one.reason, list(one.cells)) for one in expected.broken
    ]


@limited
@pytest.mark.parametrize("cell", ["XFD1048576", "XFD10000", "A1048576000"])
def test_a_far_cell_is_named(tmp_path, good, cell):
    said = refused(workbook(tmp_path / "far.xlsx", {cell: "x"}), SMALL)
    if cell != "A1048576000":  # no sheet has such a row: the reader itself says so
        assert f"its sheet reaches to cell {cell}: delete the empty rows and columns" in said
        assert "more than 256 MB of memory" in said
    assert rows(good) == 3


@limited
def test_an_archive_that_is_blown_up_is_refused(tmp_path, good):
    said = refused(large_cell(tmp_path / "cell.xlsx", 300), SMALL)
    assert "more than 256 MB of memory: export it in parts, or raise limits.file_memory_mb" in said
    assert rows(good) == 3


@limited
def test_a_sheet_that_repeats_its_last_row_for_ever_is_refused(tmp_path, good):
    rows_ = [["ticket_id", "status"], ["T1", "new"]]
    assert rows(ods(tmp_path / "small.ods", rows_, 3)) == 3
    said = refused(ods(tmp_path / "large.ods", rows_, 1_048_576, 16_000), SMALL)
    assert "its sheet has more cells than can be read: delete the empty rows and columns" in said
    large = ods(tmp_path / "less.ods", rows_, 1_000_000, 50)
    assert "more than 256 MB of memory" in refused(large, SMALL)
    assert rows(good) == 3


@limited
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "with recursive a(n) as (select 1 union all select n + 1 from a) select max(n) from a",
            "no row came",
        ),
        (
            "with recursive a(n) as (select 1 union all select n + 1 from a) select n from a where n < 0",
            "no row came",
        ),
        ("select hex(zeroblob(400000000))", "memory|too big"),
    ],
)
def test_a_query_without_end_is_this_file_s_problem(tmp_path, good, query, expected):
    path = tmp_path / "t.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("create table x (y)")
    with pytest.raises(Unreadable, match=expected):
        list(guarded.read(path, Layout(query=query), Limits(file_memory_mb=256, file_seconds=1)))
    assert rows(good) == 3


@limited
def test_white_space_before_the_rows_takes_no_memory_that_is_not_there(tmp_path):
    path = workbook(tmp_path / "blank.xlsx", blank=400_000_000)
    assert path.stat().st_size < 1_000_000
    try:
        assert rows(path, SMALL) == 1
    except Unreadable as told:
        assert "256 MB" in str(told)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.json", "[" * 2000, "nested too deep"),
        ("b.json", '{"data": [{"x": ' + "[" * 5000 + "]" * 5000 + "}]}", "nested too deep"),
        ("c.csv", ",".join(f"c{n}" for n in range(20_000)) + "\n" + "," * 19_999 + "\n", "20,000 columns"),
        ("a.xml", "<a>" * 5000, "nested too deep"),
        ("b.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "definitions of its own"),
        ("e.json", '{"a": ' * 5000, "nested too deep"),
        ("f.json", '{"' + "a" * 20_000_000, "Unterminated"),
        ("d.jsonl", "{" + ", ".join(f'"c{n}": 1' for n in range(20_000)) + "}\n", "20,000 columns"),
    ],
)
def test_what_no_reader_was_made_for_is_this_file_s_problem(tmp_path, good, name, text, expected):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert expected in refused(path)
    assert rows(good) == 3


def test_a_reader_that_says_nothing_is_given_up(tmp_path, good):
    large = tmp_path / "large.csv"
    large.write_text(BROKEN_LINE, encoding="utf-8")
    assert "no row came of it for 0.001 s" in refused(large, Limits(file_seconds=0.001))
    assert rows(good) == 3


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals on Windows")
@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("SIGKILL", "more than .* MB of memory"),
        ("SIGSEGV", r"ended by itself \(SIGSEGV: it said nothing\)"),
        ("SIGXCPU", "no row came"),
    ],
)
def test_a_reader_that_dies_is_the_problem_of_its_file_alone(good, number, said):
    chunks = guarded.read(good, Layout())
    next(chunks)
    reader = chunks.gi_frame.f_locals["reader"]
    os.kill(reader._process.pid, getattr(signal, number))
    reader._process.wait()
    reader.is_idle = False
    with pytest.raises(Unreadable, match=said):
        list(reader.chunks(good, Layout(), Limits(), {}))
    chunks.close()
    assert rows(good) == 3


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("child._packed = lambda chunk: 1 / 0", r"cannot be read \(division by zero\)"),
        (
            "child.json.dumps = lambda told: told.nothing",
            "ended by itself .*AttributeError: 'dict' object has no",
        ),
        (
            "child._tell = lambda *some: sys.exit('the disk is gone')",
            r"ended by itself \(code 1: the disk is gone\)",
        ),
        ("child._tell = lambda *some: bytearray(1 << 62)", "more than .* MB of memory"),
        ("child._packed = lambda chunk: bytearray(1 << 62)", "more than .* MB of memory"),
    ],
)
def test_whatever_fails_while_a_reader_answers_is_told_as_what_it_is(
    good, monkeypatch, tmp_path, wrong, said
):
    """A fault of the reader is no want of memory, and want of memory is no other fault."""
    module = tmp_path / "faulty_child.py"
    module.write_text(
        f"import sys\nfrom msp_report.intake import child\n{wrong}\nchild.main()\n", encoding="utf-8"
    )
    monkeypatch.setattr(guarded, "_CHILD", "faulty_child")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    reader = guarded._Reader()
    with pytest.raises(Unreadable, match=said):
        list(reader.chunks(good, Layout(), Limits(), {}))
    reader.end()


def test_a_file_that_is_left_in_the_middle_leaves_no_rows_for_the_next(good, tmp_path):
    large = tmp_path / "large.csv"
    large.write_text(BROKEN_LINE, encoding="utf-8")
    chunks = guarded.read(large, Layout())
    next(chunks)
    chunks.close()
    assert rows(good) == 3


def test_nothing_is_imported_from_where_the_run_was_started(good, tmp_path):
    for name in ("json", "pickle", "struct", "pyarrow", "msp_report"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w').close()", "utf-8")
    code = (
        "from pathlib import Path; from msp_report.intake import guarded; from msp_report.params.layout import Layout; "
        f"import os; os.chdir({str(tmp_path)!r}); print(sum(map(len, guarded.read(Path({str(good)!r}), Layout()))))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.returncode) == ("3", 0), done.stderr
    assert not (tmp_path / "imported").exists()


def test_the_process_that_reads_has_only_what_it_needs():
    """Neither pandas, which pyarrow would import by itself, nor what a contract stands on: half a second each time."""
    code = (
        "import io, os, pickle, sys; from types import SimpleNamespace; from msp_report.intake import child; "
        "sys.stdin = SimpleNamespace(buffer=io.BytesIO(b'')); child.main(); "
        "import pyarrow as pa; pa.array(['a']); print({'pandas', 'babel', 'scipy'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stderr.strip(), done.returncode) == ("set()", 0)


def test_a_case_that_was_read_before_is_opened_without_what_reads_files():
    """DuckDB parses `where` and `shape`, and takes three hundredths of a second to load."""
    code = (
        "import sys, msp_report.case, msp_report.start.checked; "
        "print({'duckdb', 'msp_report.intake.child'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.returncode) == ("set()", 0), done.stderr


@pytest.mark.skipif(not Path("/proc").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("end", ["returns", "is killed"])
def test_no_reader_outlives_its_run(good, end):
    code = (
        "import os, time; from pathlib import Path; from msp_report.intake import guarded; "
        "from msp_report.params.layout import Layout; "
        f"n = sum(map(len, guarded.read(Path({str(good)!r}), Layout()))); "
        "print(guarded._waiting[0]._process.pid, flush=True); time.sleep(0 if "
        + repr(end == "returns")
        + " else 600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as run:
        reader = Path("/proc") / run.stdout.readline().strip()
        if end != "returns":
            run.kill()
        run.wait(timeout=60)
    until = time.monotonic() + 20
    while (
        reader.exists() and "\nState:\tZ" not in (reader / "status").read_text() and time.monotonic() < until
    ):
        time.sleep(0.05)
    assert not reader.exists() or "\nState:\tZ" in (reader / "status").read_text()


@limited
def test_the_other_files_of_the_month_are_told_too(msp, place):
    place.client(sources="limits: {file_memory_mb: 256}\n")
    folder = place.put({"tickets.csv": tickets(3), "outages.csv": ""})
    workbook(folder / "checks.xlsx", {"XFD1048576": "x"})
    said = msp("check", "--client", "acme", "--month", "2026-03", "--workspace", place.root)
    assert said.code == 3 and len(said.problems) == 2, said.err
    assert any(line.startswith("checks.xlsx: reading it takes more than 256 MB") for line in said.problems)
    assert any(line.startswith("outages.csv: the file is empty") for line in said.problems)
    assert not list((place.output / "acme" / ".accepted").glob(".*"))


def test_an_encoding_that_is_none_of_text_is_refused_with_its_file(msp, place):
    place.client(sources="tables: {tickets: {file: tickets.csv, encoding: zip}}\n")
    place.put({"tickets.csv": tickets(3)})
    said = msp("check", "--client", "acme", "--month", "2026-03", "--workspace", place.root)
    assert said.code in (2, 3) and "zip" in said.err and "LookupError" not in said.err


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names of files are text there")
@pytest.mark.parametrize(
    "name", [b"vend\xff.csv", b"tickets\xff.csv", b"more/tickets-\xe9.csv", b"more\xff/tickets.csv"]
)
def test_a_file_whose_name_is_no_text_is_told(place, msp, name):
    folder = place.put({"tickets.csv": tickets(3)})
    path = os.path.join(os.fsencode(folder), name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(b"a,b\n1,2\n")
    said = msp("check", "--client", "acme", "--month", "2026-03", "--workspace", place.root)
    assert said.code == 3
    assert said.problems == [f"{name.decode('utf-8', 'replace')}: its name is not UTF-8 text: rename it"]
