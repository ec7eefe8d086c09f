"""How much an honest client can decide who hands in tickets, checks and purchases alone (rule 51)."""

import shutil

import pytest
import yaml
from months import PastOf, figures_of

from msp_report.case import open_case
from msp_report.metrics import evidence
from msp_report.model import promises
from msp_report.selftest.asked import REPORTS, analysed
from msp_report.workspace import Workspace

TABLES = ("tickets", "checks", "purchases")


@pytest.fixture(scope="module")
def found(demo_place, tmp_path_factory):
    """What October and the September before it decide of the demo's contract, by three tables alone."""
    root = tmp_path_factory.mktemp("lean")
    params = root / "params" / "lean"
    shutil.copytree(demo_place.params / "demo", params)
    sources = yaml.safe_load((params / "sources.yaml").read_text(encoding="utf-8"))
    sources["tables"] = {name: sources["tables"][name] for name in TABLES}
    (params / "sources.yaml").write_text(yaml.safe_dump(sources), encoding="utf-8")
    for month in ("2026-09", "2026-10"):
        folder = root / "exports" / "lean" / month
        folder.mkdir(parents=True)
        for pattern in ("tickets.csv", "checks_*.csv", "purchases.csv"):
            for path in (demo_place.exports / "demo" / month).glob(pattern):
                shutil.copy2(path, folder)
    case = open_case("lean", "2026-10", Workspace.find(root))
    figures = [figure for report in REPORTS for figure in analysed(case, report)[0].figures()]
    return evidence.analyse(case, PastOf(figures=figures_of(*figures)))


def test_nearly_all_that_these_tables_speak_of_is_decided(found):
    """Availability by the checks, clocks by the tickets: 70 % at least have a firm verdict."""
    spoken = found.decided[found.decided["measure"].str.startswith(("availability.", "tickets."))]
    firm = spoken["verdict"].isin(promises.DECIDED)
    assert firm.mean() >= 0.7, spoken[~firm]


def test_the_rest_is_named_with_what_would_decide_it(found):
    rest = found.undecided
    silent = rest[~rest["measure"].str.startswith(("availability.", "tickets."))]
    assert silent["settles"].value_counts().to_dict() == {
        "a file of samples": 8,
        "a file of duty_evidence": 5,
        "a file of backup_jobs": 1,
    }
    (ratio,) = [one for one in found.figures() if one.measure == "evidence.decided_ratio"]
    assert ratio.n == len(found.decided) and ratio.value == (ratio.n - len(rest)) / ratio.n
    assert rest["effort"].is_monotonic_increasing and rest["settles"].notna().all()
