"""Forks from outside: copied, changed freely, run for clients apart from the code, and told what an upgrade changed."""

import json
import re
import shutil
from importlib import import_module
from inspect import ismodule
from pathlib import Path

import nbformat
import pytest
from workspaces import CONTRACT, SCORECARD, Place, digests, records, tickets, write_notebook

from msp_report.packs import forks, pack
from msp_report.pages import publish

MONTH = "2026-03"
#: As much of an annual pack as matters here: it sums up the monthly packs.
ANNUAL = """\
import pandas as pd
from msp_report.packs import history, scraps
from msp_report.pages.display import Display
from msp_report.model.figures import Figure
from msp_report.case import open_case
case = open_case(client, period, workspace)
show = Display.of(case.contract)
year = history.year(case)
solved = year.loc[year["measure"].eq("one.seen"), ["month", "value"]]
found = Figure(measure="assessment.months", value=len(solved), unit="count")
scraps.record(case, "assessment", [found], {"year": year})
"""
#: What a consultant adds: a figure (the last record counts), a chart of the house and a plain one, a frame as it is.
OWN_FIGURE = """\
from msp_report.pages import charts
scraps.record(case, "assessment", [
    found,
    Figure(measure="assessment.my_figure", value=float(solved["value"].sum()), unit="count"),
], {"year": year, "solved": solved})
"""
OWN_CHART = """\
charts.trend(solved, title="My chart", alt="Tickets seen in each month", unit="count", show=show)
"""
PLAIN_CHART = """\
import matplotlib.pyplot as plt
plt.plot(list(solved["value"]))
plt.show()
plt.gca()
"""
PLAIN_FRAME = """\
import warnings
warnings.warn("as of " + period)
print("<script>alert(1)</script>")
pd.DataFrame({"title": ["<script>alert(2)</script>"]})
"""


@pytest.fixture
def shipped(tmp_path, monkeypatch) -> Path:
    """Packs of small notebooks in the place of those that are shipped."""
    folder = tmp_path / "notebooks"
    write_notebook(folder / "monthly" / "00_scorecard.ipynb", SCORECARD)
    write_notebook(folder / "monthly" / "10_one.ipynb", records("one"))
    write_notebook(folder / "annual" / "00_assessment.ipynb", ANNUAL)
    write_notebook(folder / "annual" / "10_two.ipynb", records("two"))
    monkeypatch.setattr(pack, "NOTEBOOKS", folder)
    return folder


@pytest.fixture
def clients(tmp_path) -> Place:
    """Two clients with two months of exports each, in a workspace apart from the code."""
    made = Place(tmp_path / "ws")
    for client, name, count in (("acme", "Acme Ltd", 3), ("beta", "Beta GmbH", 5)):
        made.client(client, contract=CONTRACT.replace("Acme Ltd", name))
        for month in ("2026-02", "2026-03"):
            made.put({"tickets.csv": tickets(count, month, month)}, month, client)
    return made


def add_cells(path: Path, *sources: str) -> None:
    """Insert code cells at a notebook's end, as a consultant does in JupyterLab."""
    node = nbformat.read(path, 4)
    node.cells += map(nbformat.v4.new_code_cell, sources)
    nbformat.write(node, path)


def replace_code(path: Path, old: str, new: str) -> None:
    node = nbformat.read(path, 4)
    assert any(old in cell.source for cell in node.cells)
    for cell in node.cells:
        cell.source = cell.source.replace(old, new)
    nbformat.write(node, path)


def values(folder: Path) -> dict[str, float]:
    rows = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    return {row["measure"]: row["value"] for row in rows}


# ---------------------------------------------------------------- making one


def test_a_fork_is_a_copy_that_says_what_it_was_made_from(msp, place, shipped):
    said = msp("fork", "annual", "--as", "our-2026", "--workspace", place.root)
    folder = place.root / "forks" / "our-2026"
    assert (said.code, said.out, said.err) == (0, f"{folder}\n", "")
    copied = digests(shipped / "annual")
    assert digests(folder, "*.ipynb") == digests(folder / ".base") == copied
    told = json.loads((folder / "fork.json").read_text())
    assert told["pack"] == "annual" and told["notebooks"] == copied
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", told["msp_report"])
    assert told["surface"]["msp_report.packs.scraps.record"] == "case, report, figures, frames"
    assert {"msp_report.pages.display.Display.of", "msp_report.packs.history.year"} <= set(told["surface"])
    assert [path.name for path in (place.root / "forks").iterdir()] == ["our-2026"]


@pytest.mark.parametrize("name", ["monthly", "annual"])
def test_every_shipped_pack_can_be_forked_and_holds_to_its_own_version(place, name):
    if name not in forks.packs():
        pytest.skip(f"there is no pack {name} yet")
    forks.make("mine", name, forks.Workspace.find(place.root))
    fork = forks.find("mine", forks.Workspace.find(place.root))
    assert forks.changes(fork) == [] and list(forks._missing(fork)) == []
    assert len(fork.surface) > 10 and fork.surface["msp_report.case.open_case"]


WRONG = {
    ("anual", "x"): "unknown pack 'anual': did you mean 'annual'?",
    ("zzz", "x"): "unknown pack 'zzz': msp_report ships annual, monthly",
    ("../annual", "x"): "unknown pack '../annual'",
    ("annual", "../x"): "'../x' is no name for a fork",
    ("annual", "a/b"): "'a/b' is no name for a fork",
    ("annual", "/etc/x"): "'/etc/x' is no name for a fork",
    ("annual", ".."): "'..' is no name for a fork",
    ("annual", ".hidden"): "'.hidden' is no name for a fork",
    ("annual", "a b"): "'a b' is no name for a fork",
    ("annual", "x\n"): "'x\\n' is no name for a fork",
    ("annual", "x" * 65): "is no name for a fork",
    ("annual", "CON"): "and no name of a device such as CON",
    ("annual", "lpt1.year"): "and no name of a device such as CON",
    ("annual", "annual"): "'annual' is a name that msp_report uses itself",
    ("annual", "Monthly"): "'Monthly' is a name that msp_report uses itself",
    ("annual", "pdf"): "'pdf' is a name that msp_report uses itself",
    ("annual", "compare"): "'compare' is a name that msp_report uses itself",
    ("annual", "2026-03"): "'2026-03' is a name that msp_report uses itself",
    ("annual", "2025-07..2026-06"): "'2025-07..2026-06' is a name that msp_report uses itself",
}


@pytest.mark.parametrize(("what", "name"), WRONG)
def test_wrong_names_are_refused_in_one_sentence(msp, place, shipped, what, name):
    said = msp("fork", what, f"--as={name}", "--workspace", place.root)
    assert said.code == 2 and said.out == "" and len(said.problems) == 1
    assert WRONG[what, name] in said.problems[0]
    assert not (place.root / "forks").exists() and not (place.root.parent / "x").exists()


def test_a_fork_is_never_overwritten(msp, place, shipped):
    folder = Path(msp("fork", "annual", "--as", "mine", "--workspace", place.root).out.strip())
    add_cells(folder / "00_assessment.ipynb", "1 + 1")
    before = digests(folder)
    said = msp("fork", "monthly", "--as", "mine", "--workspace", place.root)
    assert said.code == 2 and len(said.problems) == 1 and "is there already" in said.err
    assert digests(folder) == before


@pytest.mark.parametrize("given", [[], ["annual"], ["--as", "x"], ["annual", "--as", "x", "--diff", "y"]])
def test_how_to_fork_is_told(msp, given):
    said = msp("fork", *given)
    assert said.code == 2 and "write msp-report fork PACK --as NAME" in said.problems[0]


# ---------------------------------------------------------------- running one


def test_a_fork_with_a_figure_and_a_chart_of_its_own_for_two_clients(msp, clients, shipped):
    folder = Path(msp("fork", "annual", "--as", "mine", "--workspace", clients.root).out.strip())
    path = folder / "00_assessment.ipynb"
    add_cells(path, OWN_FIGURE, OWN_CHART, PLAIN_CHART, PLAIN_FRAME)
    code = digests(shipped)
    for client, total in (("acme", 9), ("beta", 15)):
        period = ("--period", "2026-01..2026-03")
        said = msp("run", "mine", "--client", client, *period, "--workspace", clients.root)
        assert said.code == 0, said.err
        target = clients.output / client / "mine" / "2026-01..2026-03"
        assert said.out == f"{target / 'html' / 'index.html'}\n"
        assert values(target) == {
            "assessment.months": 2,
            "assessment.my_figure": total,
            "two.seen": total * 2 / 3,
        }
        assert (
            (target / "records" / "assessment" / "solved.csv").read_text().startswith("month,value\n2026-02,")
        )
        # its months had no packs: they were made first, and the one without data is named
        assert f"{client} 2026-01: no pack: no exports were supplied" in said.err
        assert values(clients.output / client / MONTH)["one.seen"] == total * 2 / 3
        page = (target / "html" / "index.html").read_text(encoding="utf-8")
        assert 'alt="Tickets seen in each month' in page
        assert 'alt="Picture of 00_assessment.ipynb, cell 6"' in page and "data:image/png" in page
        assert "Axes" not in page
        # what it printed is there as text, hostile or not; a warning is told and stands on no page
        assert "&lt;script&gt;alert(1)" in page and "&lt;script&gt;alert(2)" in page and "<script" not in page
        assert "UserWarning" not in page and str(clients.root) not in page
        assert re.search(
            r"00_assessment\.ipynb, cell 7: its page leaves out a warning: as of 2026-01", said.err
        )
    assert digests(shipped) == code


def test_a_fork_of_the_monthly_pack_needs_no_other_months(msp, clients, shipped):
    msp("fork", "monthly", "--as", "mine", "--workspace", clients.root)
    said = msp("run", "mine", "--client", "acme", "--month", MONTH, "--workspace", clients.root)
    assert said.code == 0, said.err
    assert values(clients.output / "acme" / "mine" / MONTH)["one.seen"] == 6
    assert {p.name for p in (clients.output / "acme").iterdir() if not p.name.startswith(".")} == {"mine"}
    said = msp("run", "mine", "--client", "acme", "--workspace", clients.root)
    assert said.out.endswith(f"acme/mine/{MONTH}/html/index.html\n")  # the latest complete one


def test_the_name_of_a_shipped_pack_runs_it(msp, clients, shipped):
    said = msp("run", "monthly", "--client", "acme", "--month", "2026-02", "--workspace", clients.root)
    assert said.code == 0 and said.out == f"{clients.output}/acme/2026-02/html/index.html\n"
    said = msp("run", "annual", "--client", "acme", "--year", "2026", "--workspace", clients.root)
    assert said.code == 0 and said.out == f"{clients.output}/acme/2026/html/index.html\n"


def test_what_a_fork_does_wrong_is_told_with_notebook_and_cell(msp, clients, shipped):
    folder = Path(msp("fork", "monthly", "--as", "mine", "--workspace", clients.root).out.strip())
    add_cells(folder / "10_one.ipynb", "print('fine')", "seen['not there']")
    said = msp("run", "mine", "--client", "acme", "--month", MONTH, "--workspace", clients.root)
    assert said.code == 1 and len(said.problems) == 1
    assert "10_one.ipynb, cell 5 failed: KeyError: 'not there'; nothing was published" in said.problems[0]
    assert not (clients.output / "acme" / "mine" / MONTH).exists()


OF_ITS_OWN = {
    "HTML": "<script>alert(1)</script><b>bold</b>",
    "Markdown": "<script>alert(1)</script>",
    "SVG": "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "Javascript": "alert(1)",
}


def test_html_of_its_own_is_on_no_page_and_the_run_says_so(msp, clients, shipped):
    folder = Path(msp("fork", "monthly", "--as", "mine", "--workspace", clients.root).out.strip())
    cells = [f"from IPython.display import {kind}\n{kind}({text!r})" for kind, text in OF_ITS_OWN.items()]
    add_cells(folder / "10_one.ipynb", *cells)
    said = msp("run", "mine", "--client", "acme", "--month", MONTH, "--workspace", clients.root)
    assert said.code == 0, said.err
    left_out = re.findall(
        r"10_one\.ipynb, cell (\d): its page leaves out .*: show it with display or charts", said.err
    )
    assert left_out == ["4", "5", "6", "7"]
    page = (clients.output / "acme" / "mine" / MONTH / "html" / "one.html").read_text(encoding="utf-8")
    assert "alert" not in page and "<b>bold" not in page and "<svg" not in page


def test_html_that_passes_itself_off_as_escaped_is_refused(msp, clients, shipped):
    folder = Path(msp("fork", "monthly", "--as", "mine", "--workspace", clients.root).out.strip())
    add_cells(
        folder / "10_one.ipynb", "from msp_report.pages import display\ndisplay.Html('<script>1</script>')"
    )
    said = msp("run", "mine", "--client", "acme", "--month", MONTH, "--workspace", clients.root)
    assert said.code == 1 and "10_one.ipynb holds <script>: a page runs and loads nothing" in said.err
    assert not (clients.output / "acme" / "mine" / MONTH).exists()


def test_a_module_beside_the_notebooks_is_found(msp, clients, shipped):
    folder = Path(msp("fork", "monthly", "--as", "mine", "--workspace", clients.root).out.strip())
    (folder / "ours.py").write_text("def double(n):\n    return 2 * n\n")
    replace_code(folder / "10_one.ipynb", "value=len(seen)", "value=__import__('ours').double(len(seen))")
    said = msp("run", "mine", "--client", "acme", "--month", MONTH, "--workspace", clients.root)
    assert said.code == 0, said.err
    assert values(clients.output / "acme" / "mine" / MONTH)["one.seen"] == 12


NOT_RUN = {
    ("mien", "--month=2026-03"): "unknown fork 'mien': did you mean 'mine'?",
    ("zzz", "--month=2026-03"): "has mine",
    ("../mine", "--month=2026-03"): "unknown fork '../mine'",
    ("mine", "--month=2026-03 --year=2026"): "give one of --period, --month and --year",
    ("mine", "--period=2026-04..2026-03"): "ends before it begins",
    ("mine", "--month=2026"): "is not a month",
    ("mine", "--month=2026-03 --client=acm"): "did you mean 'acme'?",
    ("yearly", "--month=2026-03 --client=acme"): "is a month: a year is written 2026",
}


@pytest.mark.parametrize(("name", "options"), NOT_RUN)
def test_what_cannot_be_run_is_told_in_one_sentence(msp, clients, shipped, name, options):
    msp("fork", "monthly", "--as", "mine", "--workspace", clients.root)
    if name == "yearly":
        msp("fork", "annual", "--as", "yearly", "--workspace", clients.root)
    said = msp("run", name, *options.split(), "--workspace", clients.root)
    assert said.code == 2 and len(said.problems) == 1 and NOT_RUN[name, options] in said.problems[0]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}', '{"schema": 2, "pack": "annual"}'])
def test_a_broken_fork_json_is_told(msp, place, shipped, text):
    folder = Path(msp("fork", "annual", "--as", "mine", "--workspace", place.root).out.strip())
    (folder / "fork.json").write_text(text)
    said = msp("run", "mine", "--client", "acme", "--workspace", place.root)
    assert said.code == 2 and len(said.problems) == 1 and "fork.json" in said.problems[0]


def test_a_folder_that_is_no_fork_is_told(msp, place, shipped):
    write_notebook(place.root / "forks" / "mine" / "10_one.ipynb")
    said = msp("run", "mine", "--client", "acme", "--workspace", place.root)
    assert said.code == 2 and "has no fork.json" in said.problems[0]


# ---------------------------------------------------------------- after an upgrade


@pytest.fixture
def fork(clients, shipped):
    """A fork of the monthly pack, looked at anew each time."""
    place = forks.Workspace.find(clients.root)
    forks.make("mine", "monthly", place)
    return lambda: forks.find("mine", place)


def test_nothing_is_told_where_nothing_changed(fork):
    add_cells(fork().folder / "10_one.ipynb", "import msp_report.pages.charts as c\nc.trend")
    assert forks.changes(fork()) == []


def test_what_the_pack_changed_is_told_and_the_fork_still_runs(msp, clients, shipped, fork):
    replace_code(shipped / "monthly" / "10_one.ipynb", "len(seen)", "len(seen) + 100")
    add_cells(shipped / "monthly" / "10_one.ipynb", "2")
    (shipped / "monthly" / "00_scorecard.ipynb").unlink()
    write_notebook(shipped / "monthly" / "20_more.ipynb")
    assert forks.changes(fork())[:-1] == [
        "00_scorecard.ipynb is not in the pack monthly any more",
        "10_one.ipynb of the pack monthly changed (1 cell changed, 1 cell added)",
        "20_more.ipynb is new in the pack monthly",
    ]
    said = msp("run", "mine", "--client", "acme", "--month", MONTH, "--workspace", clients.root)
    assert said.code == 0, said.err
    assert "mine: 10_one.ipynb of the pack monthly changed" in said.err and "fork --diff mine" in said.err
    assert values(clients.output / "acme" / "mine" / MONTH)["one.seen"] == 6  # as forked, not as shipped now


def test_the_difference_shows_both_sides(msp, clients, shipped, fork):
    replace_code(shipped / "monthly" / "10_one.ipynb", "len(seen)", "len(seen) + 100")
    add_cells(fork().folder / "10_one.ipynb", "my_own = 1")
    said = msp("fork", "--diff", "mine", "--workspace", clients.root)
    assert said.code == 0
    mine, theirs = said.out.split("# Changed in the pack monthly")
    assert "+my_own = 1" in mine and "+ 100" not in mine
    assert "my_own" not in theirs and re.search(r"^\+.*len\(seen\) \+ 100", theirs, re.M)


def test_a_lost_copy_of_what_was_forked_is_no_hindrance(fork, shipped):
    shutil.rmtree(fork().folder / ".base")
    replace_code(shipped / "monthly" / "10_one.ipynb", "len(seen)", "len(seen) + 100")
    assert forks.changes(fork())[0] == "10_one.ipynb of the pack monthly changed"
    assert "+ 100" in forks.diff(fork())


def test_another_version_is_told(fork, monkeypatch):
    monkeypatch.setattr(forks, "version", lambda name: "9.9")
    first = forks.changes(fork())[0]
    assert re.match(r"made with msp_report \d\S+, running with 9.9, and nothing .* has changed", first)
    assert "CHANGELOG.md" in first


def test_a_pack_that_is_shipped_no_more_is_told(fork, shipped):
    shutil.rmtree(shipped / "monthly")
    assert "the pack monthly, from which it was made, is not shipped any more" in forks.changes(fork())
    assert "not shipped any more" in forks.diff(fork())


#: What a cell may use, and what is said of it where it is not there: of what, its name, what to do.
MISSING = {
    "from msp_report.pages.charts import trnd": "msp_report.pages.charts has no 'trnd': did you mean 'trend'?",
    "from msp_report.pages import chart": "msp_report.pages has no 'chart': did you mean 'charts'?",
    "from msp_report.metrics import avail": "msp_report.metrics has no 'avail': did you mean 'availability'?",
    "import msp_report.pages.chrts": "msp_report.pages has no 'chrts': did you mean 'charts'?",
    "import msp_report.pages.charts as c\nc.trnd(1)": "msp_report.pages.charts has no 'trnd'",
    "import msp_report.pages.charts\nmsp_report.pages.charts.trnd(1)": "msp_report.pages.charts has no 'trnd'",
    "from msp_report.pages import charts\nx = [charts.trnd]": "msp_report.pages.charts has no 'trnd'",
    "from msp_report.pages.display import Display\nDisplay.off(1)": "msp_report.pages.display.Display has no 'off'",
    "%matplotlib inline\nfrom msp_report import zzzzzz": "msp_report has no 'zzzzzz': msp-report fork --diff mine",
    "def f():\n    from msp_report import zzzzzz": "msp_report has no 'zzzzzz'",
}  # fmt: skip


@pytest.mark.parametrize("source", MISSING)
def test_a_name_that_is_not_there_is_told_with_its_file_and_cell_before_anything_runs(
    msp, clients, fork, source
):
    add_cells(fork().folder / "10_one.ipynb", "first = 1", source)
    said = msp("run", "mine", "--client", "acme", "--month", MONTH, "--workspace", clients.root)
    assert said.code == 2 and len(said.problems) == 1
    assert said.problems[0].startswith("10_one.ipynb, cell 5: ") and MISSING[source] in said.problems[0]
    assert not (clients.output / "acme").exists()


def test_a_name_that_was_there_before_is_told_so_and_every_one_is(msp, clients, fork):
    path = fork().folder / "fork.json"
    told = json.loads(path.read_text())
    told["surface"] |= {"msp_report.pages.charts.pie": "frame"}
    path.write_text(json.dumps(told))
    add_cells(fork().folder / "10_one.ipynb", "from msp_report.pages.charts import pie, pi3")
    said = msp("run", "mine", "--client", "acme", "--month", MONTH, "--workspace", clients.root)
    assert said.code == 2 and len(said.problems) == 2
    assert "msp_report.pages.charts has no 'pie' any more (it was there in 0." in said.problems[0]
    assert "msp_report.pages.charts has no 'pi3': " in said.problems[1]


@pytest.mark.parametrize(
    "source",
    [
        "from msp_report.pages.charts import *\nfrom msp_report.pages import charts\ncharts.trend\ncharts.np.array",
        "from msp_report.pages import charts as c\nc = None\nc.anything",
        "from msp_report.model.figures import Figure\nFigure.from_row, Figure.measure",
        "from msp_report.params import Contract\nContract.model_fields",
        "import msp_report\nmsp_report.metrics.tickets",
        "import pandas as pd\npd.nothing",
        "!ls\nthis is no Python",
        "case.anything",
    ],
)
def test_what_is_there_or_cannot_be_told_is_not_refused(fork, source):
    add_cells(fork().folder / "10_one.ipynb", source)
    assert list(forks._missing(fork())) == []


@pytest.mark.parametrize(
    ("before", "after", "fits"),
    [
        ("a, b=1", "a, b=1", True),
        ("a", "a, b=1", True),
        ("a", "a, *, b=1", True),
        ("a, *, b", "a, *, b=1", True),
        ("a, b", "a", False),
        ("a, b", "b, a", False),
        ("a", "a, b", False),
        ("a, *, b=1", "a, *, c=1", False),
        ("a, **b", "a", False),
        ("a=1", "a", False),
    ],
)
def test_arguments_that_still_fit_are_not_worth_a_word(before, after, fits):
    assert forks._still_fits(before, after) == fits


def test_other_arguments_of_what_it_uses_are_told(fork):
    path = fork().folder / "fork.json"
    told = json.loads(path.read_text())
    told["surface"]["msp_report.packs.scraps.record"] = "case, report, figures, frames, colour"
    path.write_text(json.dumps(told))
    (line,) = [line for line in forks.changes(fork()) if "takes (" in line]
    assert line.startswith(
        "msp_report.packs.scraps.record takes (case, report, figures, frames) now, it was (case, "
    )
    assert "00_scorecard.ipynb, cell 3" in line


def test_what_is_known_of_names_agrees_with_python(fork):
    """What was found by reading the code is what is there when it is imported."""
    for module in (
        "pages.charts",
        "pages.display",
        "packs.scraps",
        "case",
        "metrics.availability",
        "metrics.tickets",
    ):
        real = import_module(f"msp_report.{module}")
        there = {n for n, what in vars(real).items() if not (n.startswith("__") or ismodule(what))}
        assert there <= set(forks._defined(f"msp_report.{module}"))


def test_cells_are_counted_as_their_author_sees_them():
    node = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# T"),
            nbformat.v4.new_code_cell("", metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell("", metadata={"tags": [publish.INJECTED]}),
            nbformat.v4.new_code_cell(
                "", outputs=[nbformat.v4.new_output("stream", name="stdout", text="x")]
            ),
        ]
    )
    with pytest.raises(publish.PublishError, match="cell 3 wrote to stdout"):
        publish.page(node, publish.Context(client="a", period="b"))
