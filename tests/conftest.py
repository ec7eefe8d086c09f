"""What several tests share: a client in a workspace of its own, and the command line run as an outsider runs it."""

import gc
import json
import os
import pickle
import shutil
import sys
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock
from workspaces import Place, Said

from msp_report.model.period import Month
from msp_report.selftest.asked import analysed
from msp_report.workspace import PROJECT, Workspace, make_demo

#: The client of `bracketed`.
BRACKETED = "demo-in-brackets"
#: What makes packs or the demo company, drives a browser, builds an environment or has a thousand cases: not in
#: `make quick`. Of the metrics that runs the cases of the rules, tests/rules.
SLOW = (
    "abuse/",
    "benchmarks/",
    "browser/",
    "demo/",
    "metrics/",
    "model/test_titles.py",
    "packs/",
    "portfolio/",
    "real/",
    "test_guide.py",
)
#: What makes, manipulates, forks and kills whole months again and again: `make long`, not `make test`; CI runs both.
LONG = (
    "browser/test_packs.py",
    "demo/test_dropped_rows.py",
    "demo/test_withheld.py",
    "manipulations/",
    "metrics/test_doubted.py",
    "metrics/test_names_everywhere.py",
    "packs/test_annual.py",
    "packs/test_canaries.py",
    "packs/test_faults.py",
    "packs/test_forks.py",
    "packs/test_reused.py",
    "packs/test_silence.py",
    "packs/test_stale.py",
    "portfolio/test_portfolio.py",
    "selftest/test_run.py",
    "start/test_first_pack.py",
    "test_all_is_used.py",
    "test_new_vendor.py",
    "test_wheel.py",
    "test_zones.py",
    "words/test_pseudo.py",
)
#: The files that take longest begin, so that none of them is waited for at the end.
LONGEST = (
    "live/test_zabbix_server.py",
    "live/test_request_tracker_server.py",
    "manipulations/test_manipulations.py",
    "packs/test_pack.py",
    "rules/test_rules.py",
    "words/test_pseudo.py",
    "portfolio/test_portfolio.py",
    "selftest/test_run.py",
    "demo/test_planted_evidence.py",
    "packs/test_annual.py",
    "packs/test_faults.py",
    "packs/test_canaries.py",
    "test_wheel.py",
    "packs/test_stale.py",
    "packs/test_reused.py",
    "browser/test_pages.py",
    "browser/test_packs.py",
    "packs/test_forks.py",
    "demo/test_withheld.py",
    "test_all_is_used.py",
    "demo/test_page_one.py",
    "test_cli.py",
    "demo/test_demo.py",
    "demo/test_dropped_rows.py",
    "metrics/test_backups.py",
    "packs/test_missing_tables.py",
    "metrics/test_names_everywhere.py",
    "start/test_first_pack.py",
    "intake/test_samples.py",
    "intake/test_recognise.py",
    "intake/test_accounts.py",
)


def pytest_configure():
    """The stand-ins that lie beside the tests which share them can be imported by name."""
    shared = (
        file
        for file in Path(__file__).parent.rglob("*.py")
        if not file.name.startswith(("test_", "conftest"))
    )
    sys.path += sorted({str(file.parent) for file in shared})


def pytest_collection_finish():
    """What was imported and collected stays until the end: the collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_unconfigure():
    """What stayed is let go: libraries written in C++ call it a leak otherwise."""
    gc.unfreeze()


def pytest_collection_modifyitems(items):
    """Marks as `slow` what lies in one of the places above, asks for the demo company or invents its inputs, and as
    `long` what lies in those of `LONG`.

    The longest files go first.
    """
    here = Path(__file__).parent
    begin = {here / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: begin.get(item.path, len(begin)))
    placed_in = cache(lambda path, places: path.relative_to(here).as_posix().startswith(places))
    for item in items:
        placed = placed_in(item.path, SLOW)
        if placed_in(item.path, LONG):
            item.add_marker("long")
        invented = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if invented:
            tried = item.obj._hypothesis_internal_use_settings.max_examples
            item.user_properties.append(("tried", ["inputs invented for properties", tried]))
        if placed or invented or "demo_place" in item.fixturenames:
            item.add_marker("slow")


@pytest.fixture(autouse=True, scope="session")
def no_settings_from_outside():
    """The folders of whoever runs the tests are none of their business."""
    for name in [name for name in os.environ if name.startswith("MSP_REPORT_")]:
        del os.environ[name]


@pytest.fixture(autouse=True, scope="session")
def texts_as_in_a_pack():
    """Texts are Python's, as in the notebooks of a month that is not large (Case.texts); TEXTS=pyarrow: Arrow's, as in
    those of a large one, which `make abuse` takes."""
    import pandas as pd

    pd.options.mode.string_storage = os.environ.get("TEXTS", "python")


@pytest.fixture
def place(tmp_path) -> Place:
    """An empty workspace with the client acme."""
    made = Place(tmp_path / "ws")
    made.client()
    return made


@pytest.fixture(scope="session")
def demo_place(tmp_path_factory) -> Workspace:
    """The demo company: its exports and what was accepted of them, made once for all tests and all workers; another
    company of the same kind where DEMO_SEED is set."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo"
    made = Workspace.find(PROJECT, exports=folder / "exports", output=folder / "output")
    seed = os.environ.get("DEMO_SEED")
    make_demo(made, **({"seed": int(seed)} if seed else {}))
    return made


@pytest.fixture(scope="session")
def is_demo() -> bool:
    """Whether the demo company is the one that everybody makes: what chance made of it is asserted of no other."""
    return "DEMO_SEED" not in os.environ


@pytest.fixture(scope="session")
def demo_case(demo_place):
    """The demo company's case of a month, each opened once; nobody changes it."""
    from msp_report.case import open_case

    return cache(lambda month: open_case("demo", month, demo_place))


@pytest.fixture(scope="session")
def demo_report(demo_case, demo_place):
    """What a report finds in a month of the demo, and the tables that it asked for, each computed once for all tests
    and all workers."""
    folder = demo_place.output.with_name("analysed")
    folder.mkdir(exist_ok=True)

    def found(report: str, month: str = "2026-10"):
        kept = folder / f"{month}-{report}"
        with FileLock(f"{kept}.lock"):
            if not kept.exists():
                made = pickle.dumps(analysed(demo_case(month), report))
                kept.with_suffix(".new").write_bytes(made)
                kept.with_suffix(".new").replace(kept)
        return pickle.loads(kept.read_bytes())

    return cache(found)


@pytest.fixture(scope="session")
def truth(demo_place) -> dict:
    """What was planted in the demo company's exports, by month and page."""
    return json.loads((demo_place.exports / "demo" / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def bracketed(demo_place) -> Workspace:
    """The demo company as another client, whose pages are in brackets, with packs of its last two months.

    They are made once for all tests and all workers; the earlier one has the pages alone that others look back at.
    """
    from msp_report.packs import pack
    from msp_report.words.language import PSEUDO

    root = demo_place.output.parent.with_name("bracketed")
    made = Workspace.find(root, params=root / "params", exports=root / "exports", output=root / "output")
    root.mkdir(exist_ok=True)
    with FileLock(str(root / ".made.lock")):
        if made.pack(BRACKETED, Month(2026, 10)).exists():
            return made
        shutil.copytree(PROJECT / "params" / "demo", root / "params" / BRACKETED)
        agreed = root / "params" / BRACKETED / "contract.yaml"
        text = agreed.read_text(encoding="utf-8")
        assert "locale: en-GB" in text
        agreed.write_text(
            text.replace("locale: en-GB", f"locale: en-GB, language: {PSEUDO}"), encoding="utf-8"
        )
        few = root / "notebooks" / "monthly"
        few.mkdir(parents=True)
        for name in ("00_scorecard", "10_availability", "30_tickets", "50_projects", "87_contract"):
            shutil.copy(pack.NOTEBOOKS / "monthly" / f"{name}.ipynb", few)
        for month, notebooks in (("2026-09", few), ("2026-10", None)):
            shutil.copytree(demo_place.exports / "demo" / month, root / "exports" / BRACKETED / month)
            pack.run_month(BRACKETED, month, made, notebooks)
    return made


@pytest.fixture(scope="session")
def demo_pack(bracketed) -> Path:
    """The pack of the demo company's last month: pages in brackets, figures and records as in any language."""
    return bracketed.pack(BRACKETED, Month(2026, 10))


@pytest.fixture(scope="session")
def every_pack(bracketed) -> Workspace:
    """The workspace of `bracketed` with all kinds of packs: two months, the day, the two as a year, and a comparison
    with a twin."""
    from msp_report.packs import compare, pack

    months = "2026-09..2026-10"
    with FileLock(str(bracketed.root / ".every_pack.lock")):
        params, packs = (folder / BRACKETED for folder in (bracketed.params, bracketed.output))
        if (packs.parent / compare.FOLDER / "2026-10").exists():
            return bracketed
        text = (params / "findings.yaml").read_text(encoding="utf-8")
        year = 'period: "2025-11..2026-10"'
        assert year in text
        (params / "findings.yaml").write_text(text.replace(year, f'period: "{months}"'), encoding="utf-8")
        shutil.copytree(params, params.with_name("twin"))
        shutil.copytree(packs / "2026-10", packs.with_name("twin") / "2026-10")
        pack.run_year(BRACKETED, months, bracketed)
        pack.run_day(BRACKETED, bracketed)
        compare.run([BRACKETED, "twin"], "2026-10", bracketed)
    return bracketed


@pytest.fixture
def msp(monkeypatch, capfd):
    """Run the command line in this process, as `.venv/bin/msp-report` would; only sentences may reach stderr."""

    def run(*arguments: object) -> Said:
        from msp_report import cli

        monkeypatch.setattr(sys, "argv", ["msp-report", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = Said(ended.value.code or 0, *capfd.readouterr())
        for noise in ("Traceback", "Warning", 'File "', "WARNING"):
            assert noise not in said.err, said.err
        return said

    return run


@pytest.fixture
def tried(record_property):
    """Note of what kind a test tries to break things, and how often: `make abuse` ends with the table of them."""
    return lambda kind, count=1: record_property("tried", [kind, count])


def pytest_terminal_summary(terminalreporter):
    """What was tried of each kind, how often, and how many tests of it failed."""
    table: dict[str, list[int]] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", []):
                if name == "tried" and report.when == "call":
                    row = table.setdefault(value[0], [0, 0, 0])
                    row[0] += 1
                    row[1] += value[1]
                    row[2] += outcome == "failed"
    if not table:
        return
    width = max(map(len, table))
    terminalreporter.write_sep("=", "what was tried")
    terminalreporter.write_line(f"{'':{width}}  {'tests':>6}  {'tried':>9}  {'failed':>6}")
    for kind, (tests, count, failed) in sorted(table.items()):
        terminalreporter.write_line(f"{kind:{width}}  {tests:>6,}  {count:>9,}  {failed:>6,}")
