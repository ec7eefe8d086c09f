"""A page stands whatever table lacks: each notebook of the monthly pack without each of the tables it reads.

The cells run in this process, on the demo's first month, with one table at a time not supplied.
"""

import json
import re

import nbformat
import pytest

from msp_report.case import Case
from msp_report.packs import pack, scraps

MONTH = "2025-10"
NOTEBOOKS = {path.stem: path for path in sorted((pack.NOTEBOOKS / "monthly").glob("*.ipynb"))}
READS = re.compile(r'case\.(?:table|follow_up|paths)\("(\w+)"')


def code(name: str) -> list[str]:
    """The code cells of a notebook, without its parameters."""
    cells = nbformat.read(NOTEBOOKS[name], as_version=4).cells
    return [
        c.source for c in cells if c.cell_type == "code" and "parameters" not in c.metadata.get("tags", [])
    ]


CASES = [
    (name, table)
    for name in NOTEBOOKS
    if name
    != "00_scorecard"  # it reads what the others recorded, and lacks nothing where they lack something
    for table in sorted(set(READS.findall("\n".join(code(name)))))
]


@pytest.fixture
def figures(monkeypatch):
    """What the cells record, in place of gluing it into a notebook."""
    glued = []
    monkeypatch.setattr(scraps._scrapbook(), "glue", lambda name, data, encoder: glued.append(data))
    return glued


@pytest.mark.parametrize(("name", "lacking"), CASES, ids=lambda value: value)
def test_a_page_without_a_table(demo_place, monkeypatch, figures, name, lacking):
    whole = Case.paths
    monkeypatch.setattr(
        Case, "paths", lambda self, table, *rest: [] if table == lacking else whole(self, table, *rest)
    )
    for variable, folder in demo_place.environment.items():
        monkeypatch.setenv(variable, folder)
    here = {"client": "demo", "period": MONTH, "workspace": str(demo_place.root), "pack": ""}
    for cell in code(name):
        exec(compile(cell, name, "exec"), here)
    (recorded,) = figures
    json.dumps(recorded, allow_nan=False)
    assert recorded["figures"]
    for figure in recorded["figures"]:
        assert figure["value"] is not None or figure["why_missing"], figure
        assert figure["verdict"] not in ("met", "missed") or figure["value"] is not None, figure


def test_every_page_reads_something():
    assert {name for name, _ in CASES} == set(NOTEBOOKS) - {"00_scorecard"}
    assert len({table for _, table in CASES}) >= 20
