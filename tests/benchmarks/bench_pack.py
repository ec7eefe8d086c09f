"""What a pack of the demo costs, in pairs: plain papermill and nbconvert on the same notebooks, the same cells in one
process, a first run, everything again, one change, nothing changed; then thirteen months, `check` and `--help`.

`make bench`, or `pytest tests/benchmarks/bench_pack.py`. How often and how much: sizes.py.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import cost
import pytest
import sizes
from cost import Cost

from msp_report.workspace import PROJECT

MONTH = "2026-10"
NOTEBOOKS = sorted((PROJECT / "notebooks" / "monthly").glob("*.ipynb"))

#: Both plain ways get a folder of their own, the folder of the workspace, and the notebooks.
#: Each notebook by papermill in a kernel of its own, then nbconvert, one after the other.
PAPERMILL = """
import subprocess, sys
from pathlib import Path
into, workspace, *notebooks = sys.argv[1:]
for path in map(Path, notebooks):
    made = Path(into) / path.name
    given = ["-p", "client", "demo", "-p", "period", "2026-10", "-p", "workspace", workspace]
    run = [sys.executable, "-m", "papermill", str(path), str(made), "-k", "python3", "--no-progress-bar", *given]
    subprocess.run(run, check=True, cwd=path.parent)
    show = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", "--no-input", str(made)]
    subprocess.run(show, check=True)
"""
#: Each notebook by `quarto render`, which starts a kernel for it as well.
QUARTO = """
import os, shutil, subprocess, sys
from pathlib import Path
into, workspace, *notebooks = sys.argv[1:]
for path in map(Path, notebooks):
    made = shutil.copy(path, into)
    given = ["-P", "client:demo", "-P", "period:2026-10", "-P", f"workspace:{workspace}"]
    subprocess.run(["quarto", "render", made, "--execute", "--to", "html", *given], check=True,
                   env={**os.environ, "QUARTO_PYTHON": sys.executable})
"""
#: The floor: the same cells in one process, one after another, and no page made of them.
ONE_PROCESS = """
import contextlib, io, json, os, sys
from pathlib import Path
from IPython.core.interactiveshell import InteractiveShell
into, workspace, *notebooks = sys.argv[1:]
os.chdir(Path(notebooks[0]).parent)
shell = InteractiveShell.instance()
for path in map(Path, notebooks):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            if "parameters" in cell["metadata"].get("tags", []):
                source += f"\\nclient, period, workspace = 'demo', '2026-10', {workspace!r}"
            with contextlib.redirect_stdout(io.StringIO()):
                shell.run_cell(source).raise_error()
"""


class Demo:
    """The demo company in a folder, and what can be done with it."""

    def __init__(self, root: Path) -> None:
        self.exports, self.output, self.scratch = (root / name for name in ("exports", "output", "scratch"))
        self.exports.mkdir(parents=True)
        self.scratch.mkdir()
        self.verb("demo")

    def verb(self, name: str, *arguments: str) -> Cost:
        folders = ("--workspace", str(PROJECT), "--exports", str(self.exports), "--output", str(self.output))
        return cost.of("-m", "msp_report", name, *arguments, *folders)

    def month(self, *arguments: str) -> Cost:
        return self.verb("monthly", "--month", MONTH, "--only", *arguments)

    def first(self) -> Cost:
        self.forget()
        return self.month()

    def changed(self) -> Cost:
        """The month when the last row of a table of a few hundred is gone, after one that had it."""
        path = self.exports / "demo" / MONTH / "installs.csv"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(lines[:-1]), encoding="utf-8")
        return self.month()

    def forget(self) -> None:
        shutil.rmtree(self.output, ignore_errors=True)

    def plain(self, code: str) -> Cost:
        """The notebooks in a way that needs nothing of ours but the tables, which have been read before."""
        there = {"MSP_REPORT_EXPORTS": str(self.exports), "MSP_REPORT_OUTPUT": str(self.output)}
        return cost.of("-c", code, str(self.scratch), str(PROJECT), *map(str, NOTEBOOKS), env=there)


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Demo:
    return Demo(tmp_path_factory.mktemp("demo") / "demo")


def test_a_month(bench, demo):
    """The plain ways find the exports read; ours begin from nothing in each turn."""
    thing = f"a month of the demo, {len(NOTEBOOKS)} notebooks"
    demo.verb("check", "--month", MONTH)
    ways = {"papermill and nbconvert, one notebook after the other": lambda: demo.plain(PAPERMILL)}
    if quarto := shutil.which("quarto"):
        ways["quarto render, one notebook after the other"] = lambda: demo.plain(QUARTO)
    ways |= {
        "the same cells in one process, no page": lambda: demo.plain(ONE_PROCESS),
        "`monthly --only`, from nothing": demo.first,
        "`--again`: every notebook, exports read before": lambda: demo.month("--again"),
        "one table has changed": demo.changed,
        "nothing has changed": demo.month,
    }
    bench.pairs(thing, ways)
    if not quarto:
        bench.skip(thing, "quarto render", "not on this machine")
    assert (demo.output / "demo" / MONTH / "figures.json").exists()


def test_light_verbs(bench, demo):
    ways = {
        "`python -c pass`": lambda: cost.of("-c", "pass"),
        "`--help`": lambda: cost.of("-m", "msp_report", "--help"),
        "`check` of the demo's month": lambda: demo.verb("check", "--month", MONTH),
    }
    bench.pairs("to start", ways, times=max(3, sizes.TIMES))


@pytest.mark.parametrize("months", sizes.MONTHS)
def test_months_from_nothing(bench, demo, months):
    """So many months, of which the newest is asked for."""
    demo.forget()
    kept = sorted((demo.exports / "demo").glob("20*"))[-months:]
    for folder in (demo.exports / "demo").glob("20*"):
        if folder not in kept:
            shutil.rmtree(folder)

    def made() -> Cost:
        demo.forget()
        return demo.verb("monthly", "--month", MONTH)

    bench.pairs("months of the demo from nothing", {"`monthly`": made}, months, times=1)
