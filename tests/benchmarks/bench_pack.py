"""What a pack costs, in pairs: plain papermill and nbconvert on the same notebooks, the same cells in one process, and
the verbs: a first run, the same again, with one change, unchanged, `check` and `--help`.

`make bench`, or `pytest tests/benchmarks/bench_pack.py`. MSP_REPORT_BENCH_TIMES sets how often each is measured (3).
Seconds of the clock and of CPU are medians, of all processes that were begun; memory is the most that all of them had
at once, each page that several share counted once (the sum of PSS). It prints Markdown for docs/speed.md.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from msp_report.workspace import PROJECT

TIMES = int(os.environ.get("MSP_REPORT_BENCH_TIMES", "3"))
MONTH = "2026-10"
NOTEBOOKS = sorted((PROJECT / "notebooks" / "monthly").glob("*.ipynb"))

#: The plain way: each notebook by papermill in a kernel of its own, then nbconvert, one after the other.
PLAIN = """
import os, subprocess, sys
from pathlib import Path
into, notebooks, workspace, output = sys.argv[1], sys.argv[2:-2], *sys.argv[-2:]
for path in map(Path, notebooks):
    made = Path(into) / path.name
    given = ["-p", "client", "demo", "-p", "period", "2026-10", "-p", "workspace", workspace]
    run = [sys.executable, "-m", "papermill", str(path), str(made), "-k", "python3", "--no-progress-bar", *given]
    there = {"cwd": path.parent, "env": {**os.environ, "MSP_REPORT_OUTPUT": output}}
    subprocess.run(run, check=True, capture_output=True, **there)
    show = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", "--no-input", str(made)]
    subprocess.run(show, check=True, capture_output=True)
"""
CELLS = "the cells in one process, no pages"
#: The floor: the same cells in one process, one after another, no page made of them.
ONE_PROCESS = """
import contextlib, io, json, os, sys
from pathlib import Path
from IPython.core.interactiveshell import InteractiveShell
into, notebooks, workspace, output = sys.argv[1], sys.argv[2:-2], *sys.argv[-2:]
os.environ["MSP_REPORT_OUTPUT"] = output
os.chdir(Path(notebooks[0]).parent)
shell = InteractiveShell.instance()
for path in map(Path, notebooks):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            if "parameters" in cell["metadata"].get("tags", []):
                source += f"\\nperiod, workspace = '2026-10', {workspace!r}"
            with contextlib.redirect_stdout(io.StringIO()):
                shell.run_cell(source).raise_error()
"""
#: Runs a command and says what all processes that it began took; those that it left behind are waited for.
MEASURED = """
import ctypes, json, os, resource, subprocess, sys, threading, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # what is left behind comes to this process
most, ended = 0, threading.Event()
def below(pid):
    for task in os.listdir(f"/proc/{pid}/task"):
        for child in map(int, open(f"/proc/{pid}/task/{task}/children").read().split()):
            yield child
            yield from below(child)
def size(pid):
    try:
        lines = open(f"/proc/{pid}/smaps_rollup").read().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
def watch():
    global most
    while not ended.wait(0.25):
        try:
            most = max(most, sum(map(size, below(os.getpid()))))
        except OSError:
            pass
watching = sys.argv[1] == "memory"
if watching:
    threading.Thread(target=watch, daemon=True).start()
begun = time.monotonic()
done = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
wall = time.monotonic() - begun
ended.set()
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, wall, used.ru_utime + used.ru_stime, most / 1024, done.stderr[-800:]]))
"""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(), reason="it reads what Linux tells"
)


class Bench:
    """A workspace of the demo, measured, and the rows of the table."""

    def __init__(self, root: Path) -> None:
        self.root, self.output, self.rows = root, root / "output", []
        (root / "exports").mkdir(parents=True)
        self.verb("demo")

    def place(self) -> list[str]:
        return [
            "--workspace",
            str(PROJECT),
            "--exports",
            str(self.root / "exports"),
            "--output",
            str(self.output),
        ]

    def verb(self, name: str, *arguments: str, memory: bool = False) -> list[float]:
        return self.command(
            sys.executable, "-m", "msp_report", name, *arguments, *self.place(), memory=memory
        )

    def command(self, *command: str, memory: bool = False) -> list[float]:
        """Seconds of the clock and of CPU, and megabytes, of one run."""
        asked = [sys.executable, "-c", MEASURED, "memory" if memory else "time", *command]
        told = subprocess.run(asked, capture_output=True, text=True, cwd=PROJECT, check=True).stdout
        code, *cost, said = json.loads(told)
        assert code == 0, said
        return cost

    def measured(
        self, name: str, once: Callable[[], list[float]], before: Callable[[], None] = lambda: None
    ) -> float:
        """The median seconds of the clock of some runs, as a row of the table."""
        costs = []
        for _ in range(TIMES):
            before()
            costs.append(once())
        wall, cpu = (statistics.median(one) for one in list(zip(*costs, strict=True))[:2])
        self.rows.append((name, wall, cpu, max(cost[2] for cost in costs)))
        return wall


@pytest.fixture(scope="module")
def bench(tmp_path_factory, pytestconfig) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("bench"))
    yield made
    capture, terminal = (
        pytestconfig.pluginmanager.getplugin(n) for n in ("capturemanager", "terminalreporter")
    )
    with capture.global_and_fixture_disabled():
        terminal.write_line("\n" + table(made.rows))


def table(rows: list[tuple[str, float, float, float]]) -> str:
    """The rows as Markdown, with the machine and the versions below."""
    lines = ["| what | clock [s] | CPU [s] | memory [MB] |", "|---|---:|---:|---:|"]
    lines += [
        f"| {name} | {wall:.2f} | {cpu:.2f} | {f'{mb:.0f}' if mb else ''} |" for name, wall, cpu, mb in rows
    ]
    names = ("papermill", "nbconvert", "pandas", "duckdb")
    with_versions = ", ".join(f"{name} {version(name)}" for name in names)
    return "\n".join(
        [*lines, "", f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, "
         f"{with_versions}; medians of {TIMES}."]
    )  # fmt: skip


def everything(bench: Bench) -> None:
    shutil.rmtree(bench.output, ignore_errors=True)


def test_the_pack_beside_the_plain_way(bench, tmp_path):
    bench.measured(
        "`monthly --only`, a first run", lambda: bench.verb("monthly", "--month", MONTH, "--only", memory=True),
        lambda: everything(bench),
    )  # fmt: skip
    again = bench.measured(
        "`monthly --again`: every notebook run, exports read before",
        lambda: bench.verb("monthly", "--month", MONTH, "--only", "--again"),
    )
    last = (*map(str, NOTEBOOKS), str(PROJECT), str(bench.output))
    ways = {}
    os.environ["MSP_REPORT_EXPORTS"] = str(bench.root / "exports")
    try:
        for name, code in (("papermill and nbconvert, one after the other", PLAIN), (CELLS, ONE_PROCESS)):
            ran = (sys.executable, "-c", code, str(tmp_path), *last)
            ways[name] = bench.measured(name, lambda ran=ran: bench.command(*ran))
    finally:
        del os.environ["MSP_REPORT_EXPORTS"]
    plain = ways["papermill and nbconvert, one after the other"]
    bench.rows.append((f"ratio of the pack to the plain way: 1/{plain / again:.1f}", 0, 0, 0))


def test_what_is_not_done_twice(bench):
    month = ("monthly", "--month", MONTH, "--only")
    bench.verb(*month)
    assert bench.measured("`monthly`, nothing changed", lambda: bench.verb(*month)) < 2
    path = bench.root / "exports" / "demo" / MONTH / "surveys.csv"

    def change() -> None:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(lines[:-1]), encoding="utf-8")

    bench.measured("`monthly`, one table changed", lambda: bench.verb(*month), change)


def test_light_verbs(bench):
    bench.measured("`check`", lambda: bench.verb("check", "--month", MONTH, memory=True))
    bench.measured("`--help`", lambda: bench.command(sys.executable, "-m", "msp_report", "--help"))


def test_thirteen_months(bench):
    name = "`monthly`, thirteen months from nothing"
    bench.measured(name, lambda: bench.verb("monthly", "--month", MONTH), lambda: everything(bench))
