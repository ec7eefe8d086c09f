"""A page stands whatever table lacks: each notebook of the monthly pack without each of the tables it reads.

The cells run in this process, on the demo's first month, with one table at a time not supplied.
"""

import json
import re
from collections import Counter

import nbformat
import pytest

from msp_report.case import Case
from msp_report.model.tables import TABLES
from msp_report.packs import pack, scraps

MONTH = "2025-10"
NOTEBOOKS = {path.stem: path for path in sorted((pack.NOTEBOOKS / "monthly").glob("*.ipynb"))}
#: What a page without tables of its own sums up, or lists: it lacks nothing where they lack something.
OVER_ALL = ("00_scorecard", "02_promises", "90_evidence", "95_sources", "97_meeting", "99_files")


def code(name: str) -> list[str]:
    """The code cells of a notebook, without its parameters."""
    cells = nbformat.read(NOTEBOOKS[name], as_version=4).cells
    return [
        c.source for c in cells if c.cell_type == "code" and "parameters" not in c.metadata.get("tags", [])
    ]


CASES = [
    (name, table)
    for name in NOTEBOOKS
    if name not in OVER_ALL
    for table in sorted(set(re.findall(r'"(\w+)"', code(name)[-1])) & TABLES.keys())  # the data that it used
]
READS = Counter(name for name, _ in CASES)


def first(name: str, table: str) -> bool:
    """Of the pages that read a table the one that reads fewest, and a page that is not the first of any table."""
    of_table = {t: min((n for n, other in CASES if other == t), key=READS.get) for _, t in CASES}
    left = {n: t for n, t in reversed(CASES) if n not in of_table.values()}
    return of_table[table] == name or left.get(name) == table


@pytest.fixture
def figures(monkeypatch):
    """What the cells record, in place of gluing it into a notebook."""
    glued = []
    monkeypatch.setattr(scraps._scrapbook(), "glue", lambda name, data, encoder: glued.append(data))
    return glued


@pytest.mark.parametrize(
    ("name", "lacking"),
    [pytest.param(*case, marks=() if first(*case) else pytest.mark.thorough) for case in CASES],
    ids=lambda value: value,
)
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
    assert {name for name, _ in CASES} == set(NOTEBOOKS) - set(OVER_ALL)
    assert len({table for _, table in CASES}) >= 20
