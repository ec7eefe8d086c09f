"""Reports that are taken over from an earlier run: what changed is made anew, and all else is as in a full run."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
import yaml
from workspaces import CONTRACT, digests, records, tickets, write_notebook

from msp_report.case import open_case
from msp_report.model.tables import TABLES
from msp_report.packs import kernels, pack, reused, unchanged, warming
from msp_report.pages import publish
from msp_report.system import revisions
from msp_report.workspace import PROJECT, Workspace

#: All of a pack but its executed notebooks, which hold times.
KINDS = (
    "figures.*",
    "records/**/*",
    "html/*",
    "letters/*",
    "rejects/*",
    "tables/*",
    "lines/*",
    "manifest.json",
)
#: Cells that record a figure of one table, of the contract, and of what the others recorded.
COUNTED = """\
from msp_report.case import open_case
from msp_report.model.figures import Figure
from msp_report.packs import history
from msp_report.packs.scraps import record
case = open_case(client, period, workspace)
record(case, "{report}", [Figure(measure="{report}." + name, value={value}) for name in {names}], {{}})
"""


def counts(report: str, value: str, *names: str) -> str:
    """A cell that records one value under some names."""
    return COUNTED.format(report=report, value=value, names=names or ("counted",))


OUTAGES = counts("outages", '0 if case.table("outages") is None else len(case.table("outages"))')
LEVEL = counts("level", "float(case.contract.term.monthly_fee)")
SUMMED = counts("scorecard", "len(history.open(case, pack).figures)", "met", "missed", "unjudged")
OUTAGE = "outage_id,service,started_at,ended_at,state\nO1,email,{day}T09:00:00,{day}T09:30:00,down\n"

pytestmark = pytest.mark.skipif(not warming.can_fork(), reason="only a forked kernel tells what it read")


@pytest.fixture
def client(place, monkeypatch):
    """A client with two tables, and a pack of four notebooks: one a table, one of the contract, and page one."""
    place.client(contract=f"{CONTRACT}term: {{monthly_fee: 1000}}\n")
    folder = place.root / "notebooks" / "monthly"
    second = 'client = "demo"\nperiod = "2026-03"\nworkspace = ""\npack = ""'
    write_notebook(folder / "00_scorecard.ipynb", SUMMED, parameters=second)
    write_notebook(folder / "10_seen.ipynb", records("seen"))
    write_notebook(folder / "20_outages.ipynb", OUTAGES)
    write_notebook(folder / "30_level.ipynb", LEVEL)
    monkeypatch.setattr(pack, "NOTEBOOKS", folder.parent)
    place.put({"tickets.csv": tickets(20), "outages.csv": OUTAGE.format(day="2026-03-04")})
    return place


def run(place, **options) -> tuple[set[str], dict[str, str]]:
    """The reports that a run makes, and the digests of what it publishes."""
    said: list[str] = []
    published = pack.run_month("acme", "2026-03", place.root, say=said.append, **options)
    reports = {line.removeprefix("acme 2026-03: ") for line in said}
    return {one for one in reports if one.isidentifier()}, digests(published, *KINDS)


def as_in_full(place) -> dict[str, str]:
    """What a run makes that takes over nothing."""
    made, found = run(place, again=True)
    assert made == {"scorecard", "seen", "outages", "level"}
    return found


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


CHANGES = {
    "a table": (
        lambda place: place.put({"outages.csv": OUTAGE.format(day="2026-03-05")}),
        {"outages"},
    ),
    "a table, with another number": (
        lambda place: place.put({"tickets.csv": tickets(21)}),
        {"seen", "scorecard"},
    ),
    "a key of the contract": (
        lambda place: edit(place.root / "params" / "acme" / "contract.yaml", "fee: 1000", "fee: 1001"),
        {"level", "scorecard"},
    ),
    "a notebook": (
        lambda place: edit(place.root / "notebooks" / "monthly" / "20_outages.ipynb", "A small", "Another"),
        {"outages"},
    ),
    "nothing": (lambda place: os.utime(place.root / "exports" / "acme" / "2026-03" / "tickets.csv"), set()),
}
#: Those that every run of the tests tries.
ALWAYS = ("a table, with another number", "a key of the contract")


@pytest.mark.parametrize(
    "change", [pytest.param(one, marks=() if one in ALWAYS else pytest.mark.thorough) for one in CHANGES]
)
def test_a_change_remakes_what_read_it_and_the_rest_is_as_a_full_run_makes_it(client, change):
    doing, expected = CHANGES[change]
    run(client)
    doing(client)
    made, found = run(client)
    assert expected <= made
    assert made - expected <= {"scorecard"}, "page one may read everything"
    assert {k: v for k, v in found.items() if k != "manifest.json"} == {
        k: v for k, v in as_in_full(client).items() if k != "manifest.json"
    }


def test_a_run_that_was_killed_goes_on_with_what_it_had_finished(client, monkeypatch):
    with monkeypatch.context() as killed:
        killed.setattr(publish, "pages", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(client)
    made, found = run(client)
    assert made == set()
    assert found == as_in_full(client)


def test_what_a_killed_run_made_is_not_trusted_where_anything_changed_since(client, monkeypatch):
    with monkeypatch.context() as killed:
        killed.setattr(publish, "pages", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(client)
    client.put({"outages.csv": OUTAGE.format(day="2026-03-05")})
    assert run(client)[0] == {"scorecard", "seen", "outages", "level"}


def test_what_a_run_made_while_something_changed_is_not_trusted(client):
    def changing(text: str) -> None:
        if text.endswith(": seen"):
            client.put({"outages.csv": OUTAGE.format(day="2026-03-05")})

    pack.run_month("acme", "2026-03", client.root, say=changing)
    assert unchanged.answer(Workspace.find(client.root), unchanged.Asked("acme", "2026-03")) is None
    client.put({"outages.csv": OUTAGE.format(day="2026-03-06")})
    assert run(client)[0] == {"scorecard", "seen", "outages", "level"}


#: Cells that read what no case tells of; {file} is a file of the consultant's own.
PAST_THE_CASE = {
    "library": 'import pandas as pd\nrows = pd.read_csv("{file}")',
    "path": 'from pathlib import Path\nrows = Path("{file}").read_text()',
    "open": 'rows = open("{file}").read()',
    "clock": "from msp_report.system.now import now\ntoday = now()",
    "folder": "from msp_report.case import open_case\nfound = open_case(client, period, workspace).accepted",
    "network": "import socket\ntry:\n    socket.create_connection(('127.0.0.1', 9), 0.1)\nexcept OSError:\n    pass",
    "imports": "import importlib",
}


def test_a_notebook_that_reads_past_the_case_is_always_run(client):
    file = client.root / "own.csv"
    file.write_text("a\n1\n")
    for number, (name, cell) in enumerate(PAST_THE_CASE.items(), 40):
        path = client.root / "notebooks" / "monthly" / f"{number}_{name}.ipynb"
        write_notebook(path, cell.replace("{file}", str(file)), records(name))
    run(client)
    assert run(client)[0] == {*PAST_THE_CASE}


@pytest.mark.parametrize(
    "event", [("open", ("/etc/hostname", "r", 0)), ("subprocess.Popen", ("ls", [], None, None))]
)
def test_a_kernel_sees_what_code_reads_behind_the_case(event, monkeypatch):
    noted = []
    monkeypatch.setattr(kernels.reads, "is_asked", lambda: True)
    monkeypatch.setattr(kernels.reads, "note", lambda *key: noted.append(key))
    kernels._doubted(*event)
    kernels._doubted("open", (kernels.__file__, "r", 0))
    kernels._doubted("open", ("/tmp/written", "w", os.O_WRONLY | os.O_CREAT))
    assert [kind for kind, _ in noted] == ["doubt"]


def test_a_running_month_takes_over_nothing(client, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1774000000")  # 20 March 2026
    for _ in range(2):
        assert run(client)[0] == {"scorecard", "seen", "outages", "level"}


def test_one_result_of_a_report_and_month_is_kept(client):
    for number in (20, 21, 22):
        client.put({"tickets.csv": tickets(number)})
        run(client)
    kept = client.output / "acme" / unchanged.FOLDER / reused.FOLDER
    assert sorted(path.name for path in (kept / "2026-03").iterdir()) == [
        "00_scorecard", "10_seen", "20_outages", "30_level",
    ]  # fmt: skip


# ---------------------------------------------------------------- the code that a notebook can reach


@pytest.mark.parametrize(
    "notebook", sorted((PROJECT / "notebooks" / "monthly").glob("*.ipynb")), ids=lambda path: path.stem
)
def test_every_notebook_of_the_month_can_be_seen_through(notebook):
    assert reused.code(notebook)


def test_a_module_counts_where_it_is_imported_however_far_down(tmp_path):
    files = frozenset(reused._sources())
    path = PROJECT / "notebooks" / "monthly"
    reached = {
        name: reused._reached(reused._imports("\n".join(reused._cells(path / name)), "", files), files)
        for name in ("65_licences.ipynb", "40_requests.ipynb")
    }
    assert "msp_report.metrics.licences" in reached["65_licences.ipynb"]
    assert "msp_report.metrics.licences" not in reached["40_requests.ipynb"]
    for found in reached.values():
        assert {
            "msp_report.intake.lookback",
            "msp_report.words.sentences.tickets",
            "msp_report.metrics",
        } <= found


def test_a_changed_module_is_another_code(monkeypatch):
    path = PROJECT / "notebooks" / "monthly"
    names = ("65_licences.ipynb", "40_requests.ipynb")
    before = [reused.code(path / name) for name in names]
    changed = {**reused._sources(), "msp_report.metrics.licences": "changed"}
    monkeypatch.setattr(reused, "_sources", lambda: changed)
    after = [reused.code(path / name) for name in names]
    assert before[0] != after[0] and before[1] == after[1]


# ---------------------------------------------------------------- the demo, one change after another


#: A change of every table: its last row is not there any more.
def _without_its_last_row(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")


def _without(path: Path, key: str) -> None:
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    del told[key]
    path.write_text(yaml.safe_dump(told, sort_keys=False), encoding="utf-8")


def _tables() -> list[str]:
    return sorted(TABLES)


def _keys(file: str) -> list[str]:
    text = (PROJECT / "params" / "demo" / file).read_text(encoding="utf-8")
    return re.findall(r"^(\w+):", text, re.M)


CHANGED = [
    *((f"table {name}", "table", name) for name in _tables()),
    *(
        (f"{file} {key}", file, key)
        for file in ("contract.yaml", "strategy.yaml", "sources.yaml")
        for key in _keys(file)
    ),
    *(
        (path.name, "notebook", path.name)
        for path in sorted((PROJECT / "notebooks" / "monthly").glob("*.ipynb"))
    ),
]


@pytest.fixture(scope="module")
def demo(demo_place, tmp_path_factory):
    """Two months of the demo company as a client of its own, with a pack of the last and notebooks to change."""
    root = tmp_path_factory.mktemp("reused")
    shutil.copytree(PROJECT / "params" / "demo", root / "params" / "other")
    shutil.copytree(PROJECT / "notebooks", root / "notebooks")
    for month in ("2026-09", "2026-10"):
        shutil.copytree(demo_place.exports / "demo" / month, root / "exports" / "other" / month)
    return root


@pytest.mark.thorough
@pytest.mark.parametrize(("kind", "name"), [pytest.param(*rest, id=label) for label, *rest in CHANGED])
def test_the_demo_with_one_change_is_as_a_full_run_makes_it(demo, kind, name, monkeypatch, tried):
    """And what is not made anew had not read what changed."""
    monkeypatch.setattr(pack, "NOTEBOOKS", demo / "notebooks")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1796122800")
    said: list[str] = []

    def made(**options) -> tuple[set[str], dict[str, str]]:
        said.clear()
        folder = pack.run_month("other", "2026-10", demo, say=said.append, only=True, **options)
        lines = {line.removeprefix("other 2026-10: ") for line in said}
        return {one for one in lines if one.isidentifier()}, digests(folder, *KINDS)

    made()
    if kind == "table":
        files = [
            one["file"]
            for one in open_case("other", "2026-10", demo).manifest["files"]
            if one["table"] == name
        ]
        if not files or not files[0].endswith(".csv"):
            pytest.skip(f"the demo has no CSV of {name}")
        target = demo / "exports" / "other" / "2026-10" / files[0]
    else:
        target = (
            demo
            / ("notebooks/monthly" if kind == "notebook" else "params/other")
            / (name if kind == "notebook" else kind)
        )
    before = target.read_bytes()
    try:
        if kind == "table":
            _without_its_last_row(target)
        elif kind == "notebook":
            edit(target, '"metadata": {', '"metadata": {"changed": true, ')
        else:
            _without(target, name)
        try:
            again, found = made()
        except Exception as error:  # noqa: BLE001 - what cannot be left out is refused, by either run alike
            with pytest.raises(type(error)):
                made(again=True)
            return
        kept = {path.name: json.loads((path / reused.TRACE).read_text()) for path in _kept(demo)}
        _take_back(demo / "output" / "other" / "2026-10")  # so that both replace the same one
        _, full = made(again=True)
        assert {one for one in {*found, *full} if found.get(one) != full.get(one)} == set()
        tried("changes after which the rest was taken over", 1)
        untouched = [stem for stem in kept if stem.partition("_")[2] not in again]
        key = ["table", name] if kind == "table" else [kind.removesuffix(".yaml").capitalize(), name]
        for stem in untouched if kind != "notebook" else ():
            assert key not in [read for read, _ in kept[stem]["read"]]
    finally:
        target.write_bytes(before)


def _take_back(pack: Path) -> None:
    """The revision before the last one is the published one."""
    last = pack.resolve()
    pack.unlink()
    pack.symlink_to(revisions.revision(pack, int(last.name) - 1))
    shutil.rmtree(last)


def _kept(root: Path) -> list[Path]:
    folder = root / "output" / "other" / unchanged.FOLDER / reused.FOLDER / "2026-10"
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
