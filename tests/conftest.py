"""What several tests share: a client in a workspace of its own, and the command line run as an outsider runs it."""

import json
import os
import sys
from pathlib import Path

import pytest
from workspaces import Place, Said

from msp_report.workspace import PROJECT, Workspace, make_demo

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
    "real/",
    "test_guide.py",
    "test_wheel.py",
)


def pytest_configure():
    """The stand-ins that lie beside the tests which share them can be imported by name."""
    shared = (
        file
        for file in Path(__file__).parent.rglob("*.py")
        if not file.name.startswith(("test_", "conftest"))
    )
    sys.path += sorted({str(file.parent) for file in shared})


def pytest_collection_modifyitems(items):
    """Marks as `slow` what lies in one of the places above, asks for the demo company or invents its inputs."""
    here = Path(__file__).parent
    for item in items:
        placed = item.path.relative_to(here).as_posix().startswith(SLOW)
        invented = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if placed or invented or "demo_place" in item.fixturenames:
            item.add_marker("slow")


@pytest.fixture(autouse=True, scope="session")
def no_settings_from_outside():
    """The folders of whoever runs the tests are none of their business."""
    for name in [name for name in os.environ if name.startswith("MSP_REPORT_")]:
        del os.environ[name]


@pytest.fixture
def place(tmp_path) -> Place:
    """An empty workspace with the client acme."""
    made = Place(tmp_path / "ws")
    made.client()
    return made


@pytest.fixture(scope="session")
def demo_place(tmp_path_factory) -> Workspace:
    """The demo company: its exports and what was accepted of them, made once for all tests and all workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo"
    made = Workspace.find(PROJECT, exports=folder / "exports", output=folder / "output")
    make_demo(made)
    return made


@pytest.fixture(scope="session")
def truth(demo_place) -> dict:
    """What was planted in the demo company's exports, by month and page."""
    return json.loads((demo_place.exports / "demo" / "truth.json").read_text(encoding="utf-8"))


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
