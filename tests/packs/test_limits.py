"""A notebook that never ends or wants all memory ends its run; a run that is asked to end does; nothing remains."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from filelock import FileLock
from workspaces import digests, records, tickets, write_notebook

from msp_report import case
from msp_report.intake import lookback
from msp_report.model.errors import Failed, Refused
from msp_report.packs import kernels, pack, reused, unchanged, warming
from msp_report.system import leftovers, locks

forked = pytest.mark.skipif(
    not warming.can_fork(), reason="kernels are limited only where processes are forked"
)
HANGS = {
    "it sleeps": "import time; time.sleep(10**6)",
    "it counts": "while True: pass",
    "it is in a library": "import re; re.match('(a*)*b', 'a' * 60)",
}


@pytest.fixture
def run(msp, place, monkeypatch, tmp_path):
    """Run March of acme with one notebook, under these limits."""

    def with_cell(cell: str, limits: str = ""):
        place.client(sources=f"limits: {{{limits}}}\n")
        place.put({"tickets.csv": tickets(3)})
        write_notebook(tmp_path / "notebooks" / "monthly" / "10_one.ipynb", records("one"), cell)
        monkeypatch.setattr(pack, "NOTEBOOKS", tmp_path / "notebooks")
        return msp("monthly", "--client", "acme", "--month", "2026-03", "--workspace", place.root)

    return with_cell


@forked
@pytest.mark.parametrize(
    "hang", ["it is in a library", *(pytest.param(name, marks=pytest.mark.thorough) for name in [*HANGS][:2])]
)
def test_a_notebook_that_does_not_end_is_ended(run, place, hang):
    assert run("1;").code == 0
    before = digests(place.output / "acme", "2*/**/*")
    begun = time.monotonic()
    said = run(HANGS[hang], "notebook_seconds: 5")
    assert said.code == 1 and time.monotonic() - begun < 60
    assert said.problems[0].startswith("10_one.ipynb did not end in 5 s; nothing was published"), said.err
    assert digests(place.output / "acme", "2*/**/*") == before
    assert run("1;").code == 0


@forked
def test_a_notebook_that_wants_more_memory_than_there_is_says_so(run):
    said = run("x = bytearray(2 * 10**9)", "notebook_memory_mb: 1000")
    assert said.code == 1
    assert (
        "raise limits.notebook_memory_mb in sources.yaml" in said.problems[0]
        and "1,000 MB" in said.problems[0]
    )
    assert run("x = bytearray(2 * 10**8)", "notebook_memory_mb: 1000").code == 0


SCRIPT = """
import sys
from pathlib import Path
from msp_report import cli
from msp_report.packs import pack
pack.NOTEBOOKS = Path({notebooks!r})
sys.argv[1:] = ["monthly", "--client", "acme", "--month", "2026-03", "--workspace", {root!r}]
cli.main()
"""


@forked
@pytest.mark.parametrize(
    ("number", "hang"),
    [
        ("SIGTERM", "it counts"),
        pytest.param("SIGHUP", "it sleeps", marks=pytest.mark.thorough),
        pytest.param("SIGINT", "it counts", marks=pytest.mark.thorough),
        pytest.param("SIGTERM", "it is in a library", marks=pytest.mark.thorough),
    ],
)
def test_a_run_that_is_asked_to_end_does_so_while_a_notebook_hangs(place, tmp_path, number, hang):
    place.put({"tickets.csv": tickets(3)})
    here = tmp_path / "here"
    cell = f"import os, pathlib; pathlib.Path({str(here)!r}).write_text(str(os.getpid()))\n{HANGS[hang]}"
    write_notebook(tmp_path / "notebooks" / "monthly" / "10_one.ipynb", records("one"), cell)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(notebooks=str(tmp_path / "notebooks"), root=str(place.root)), "utf-8")
    with tempfile.TemporaryDirectory(prefix="t-") as temporary:
        with subprocess.Popen(
            [sys.executable, str(script)],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": temporary},
        ) as process:
            until = time.monotonic() + 60
            while not (here.exists() and here.read_text()) and time.monotonic() < until:
                time.sleep(0.05)
            kernel = Path("/proc") / here.read_text()
            begun = time.monotonic()
            process.send_signal(getattr(signal, number))
            said = process.stderr.read()
            assert process.wait(timeout=30) == 1
        assert time.monotonic() - begun < 10
        assert said.splitlines()[-1] == "msp-report: stopped; what was published before stands", said
        assert "Traceback" not in said
        assert not kernel.exists() or "\nState:\tZ" in (kernel / "status").read_text()
        assert not os.listdir(temporary)
    assert not [path.name for path in (place.output / "acme").glob(".settled-*")]


def test_a_lock_is_waited_for_so_long_and_names_its_holder(tmp_path):
    said: list[str] = []
    path = tmp_path / ".run.lock"
    with locks.held(path, "acme: waiting for another run to end"):
        told = json.loads((tmp_path / ".run.lock.json").read_text(encoding="utf-8"))
        assert told["process"] == os.getpid()
        with (
            pytest.raises(Failed, match=rf"\(process {os.getpid()}, since 2.*\): it did not end in 0 s"),
            locks.held(path, "acme: waiting for another run to end", 0.2, said.append),
        ):
            raise AssertionError("two hold it")
    assert said == [f"acme: waiting for another run to end (process {os.getpid()}, since {told['since']})"]
    assert [name for name in os.listdir(tmp_path) if name.endswith(".json")] == []
    with locks.held(path, "again"):
        pass
    # somebody else's lock, of which nothing is known
    with (
        FileLock(str(path)),
        pytest.raises(Failed, match="again: it did not end"),
        locks.held(path, "again", 0.1),
    ):
        raise AssertionError("two hold it")


def test_what_killed_runs_left_is_swept(run, place):
    left = [
        place.output / "acme" / name
        for name in (
            ".settled-abc",
            ".staging/2026-01",
            "daily/.staging/x",
            ".2026-01.0123abcd",
            ".accepted/.2026-03.new",
        )
    ]
    for path in left:
        path.mkdir(parents=True)
        (path / "file").write_text("x")
    mine = place.output / "acme" / ".keep"
    mine.mkdir()
    assert run("1;").code == 0
    assert [path.name for path in left if path.exists()] == [] and mine.exists()


@pytest.mark.skipif(os.name == "nt", reason="processes are asked after otherwise on Windows")
def test_folders_of_runs_that_are_no_more_are_swept(tmp_path):
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    dead, alive, other = (
        tmp_path / name for name in (f"msp-{ended.pid}-a1", f"msp-{os.getpid()}-b2", "msp-of-somebody")
    )
    for path in (dead, alive, other):
        path.mkdir()
    leftovers.sweep_dead(tmp_path)
    assert [path.exists() for path in (dead, alive, other)] == [False, True, True]


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be killed so there")
def test_the_folder_of_a_run_goes_with_it_or_with_the_next(tmp_path):
    code = (
        "import sys, time\nfrom msp_report.packs import warming\nwarming.warm_up()\n"
        "print('here', flush=True)\ntime.sleep(600 if sys.argv[1] == 'killed' else 0)"
    )
    with tempfile.TemporaryDirectory(prefix="t-") as temporary:
        for how in ("killed", "ends"):
            with subprocess.Popen(
                [sys.executable, "-c", code, how],
                env={**os.environ, "TMPDIR": temporary},
                stdout=subprocess.PIPE,
                text=True,
            ) as process:
                process.stdout.readline()
                if how == "killed":
                    process.kill()
            assert bool(os.listdir(temporary)) == (how == "killed")


@pytest.mark.parametrize(("table", "is_large"), [("tickets", True), ("samples", False)])
def test_a_month_is_large_by_the_rows_that_notebooks_hold(table, is_large):
    """Samples are aggregated where they lie."""
    files = [{"table": table, "rows": 600_000}, {"table": table, "rows": 600_000}]
    case = SimpleNamespace(newest="2026-10", at=lambda month: SimpleNamespace(manifest={"files": files}))
    assert pack._is_large(case) is is_large


#: A notebook that nobody else like it may run beside, and that ends when another one has run beside it.
HOLDS = """\
import time
from pathlib import Path
holding, beside = (Path(workspace) / name for name in ("holding", "beside"))
holding.mkdir()
for _ in range(600):
    if beside.exists():
        break
    time.sleep(0.1)
assert beside.exists()
time.sleep(0.3)
holding.rmdir()
"""
BESIDE = "from pathlib import Path; (Path(workspace) / 'beside').touch()"


def test_of_a_large_month_one_notebook_holds_the_tickets_and_the_others_run_beside_it(
    run, msp, place, monkeypatch, tmp_path
):
    folder = tmp_path / "notebooks" / "monthly"
    for name in ("20_two", "30_three"):
        write_notebook(folder / f"{name}.ipynb", records(name[3:]), HOLDS, tags=(pack.HOLDS_TICKETS,))
    write_notebook(folder / "40_four.ipynb", records("four"), BESIDE)
    monkeypatch.setattr(pack, "_LARGE", 0)
    assert run("1;").code == 0
    assert len(list((place.output / "acme" / "2026-03" / "notebooks").glob("*.ipynb"))) == 4


def test_after_a_failure_no_notebook_is_begun(run, msp, place, monkeypatch, tmp_path):
    folder = tmp_path / "notebooks" / "monthly"
    for name, cell in (("20_two", "raise ValueError('of two')"), ("30_three", BESIDE), ("40_four", BESIDE)):
        write_notebook(folder / f"{name}.ipynb", records(name[3:]), cell, tags=(pack.HOLDS_TICKETS,))
    monkeypatch.setattr(pack, "_LARGE", 0)  # those that hold tickets one after another, in one thread
    done = run("1;")
    assert done.code == 1 and "of two" in done.err
    assert not (place.root / "beside").exists()
    assert not {"three", "four"} & {*done.err.replace(":", " ").split()}, done.err  # nothing is said of them


@forked
def test_a_kernel_that_is_told_to_end_while_it_begins_ends(run, msp, place, monkeypatch, tmp_path):
    launched = kernels.WarmProvisioner.launch_kernel

    async def told_to_end(self, cmd, **given):
        kernels.end_all()
        return await launched(self, cmd, **given)

    monkeypatch.setattr(kernels.WarmProvisioner, "launch_kernel", told_to_end)
    done = run("import time; time.sleep(600)")
    assert done.code == 1 and "10_one.ipynb failed: " in done.err


def test_notebooks_of_the_first_wave_that_hold_tickets_say_so(bracketed, demo_pack, monkeypatch):
    """Of those that read tickets, as seen in the runs that made the demo's month, each analysis is made again as of a
    large table: what is read whole and not said would be held twice at once."""
    first = [n for n in pack.discover(pack.NOTEBOOKS / "monthly") if not n.second_wave]
    traces = demo_pack.parent / unchanged.FOLDER / reused.FOLDER / demo_pack.name
    monkeypatch.setattr(case, "_KEPT", 0)
    held: list[str] = []
    join = lookback.join

    def joined(name: str, paths: Any, reused: Any = None, columns: Any = None) -> Any:
        if columns is None:
            held.append(name)
        return join(name, paths, reused, columns)

    monkeypatch.setattr(lookback, "join", joined)

    def holds_tickets(notebook: pack.Notebook) -> bool:
        trace = json.loads((traces / notebook.path.stem / reused.TRACE).read_text(encoding="utf-8"))
        if all(key != ["table", "tickets"] for key, _ in trace["read"]):
            return False
        held.clear()
        analysis = import_module(f"msp_report.metrics.{notebook.report}")
        opened = case.open_case(demo_pack.parent.name, demo_pack.name, bracketed)
        list(analysis.analyse(opened).figures())
        return "tickets" in held

    assert {n.report for n in first if holds_tickets(n)} == {n.report for n in first if n.holds_tickets}


def test_a_month_that_is_refused_is_not_called_large():
    class Refusing:
        newest, at = "2026-10", lambda self, month: self

        @property
        def manifest(self):
            raise Refused("it cannot be used")

    assert not pack._is_large(Refusing())
