"""Other companies of the same kind: what was planted in them is found too, and nothing besides."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from msp_report.case import open_case
from msp_report.metrics import tickets
from msp_report.metrics.evidence.unlogged import unlogged
from msp_report.model.period import Month
from msp_report.workspace import PROJECT, Workspace, make_demo

#: How an edit that was planted moves a figure.
SIDES = {"priority_lowered": "provider", "priority_raised": "client", "resolution_time_edited": "provider"}


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_every_test_of_what_was_planted_holds_for_another_company(tmp_path, seed, tried):
    tests = sorted(map(str, Path(__file__).parent.glob("test_planted*.py")))
    told = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            f"--basetemp={tmp_path}",
            *tests,
        ],
        env=os.environ | {"DEMO_SEED": str(seed)},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    tried("tests of plants in other companies", len(tests))
    assert told.returncode == 0, told.stdout[-3000:]


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_what_was_planted_is_found_and_nothing_besides(tmp_path, seed, tried):
    place = Workspace.find(PROJECT, exports=tmp_path / "exports", output=tmp_path / "output")
    make_demo(place, seed=seed)
    truth = json.loads((tmp_path / "exports" / "demo" / "truth.json").read_text(encoding="utf-8"))
    case = open_case("demo", "2026-10", place)
    found, planted = tickets.analyse(case), [*truth["2026-10"]["evidence"], *truth["2026-10"]["tickets"]]
    tried("plants in other companies", len(planted))

    def ids(*faults: str) -> set[str]:
        return {one for fault in planted if fault["fault"] in faults for one in fault["ids"]}

    sides = {(one, side) for fault, side in SIDES.items() for one in ids(fault)}
    sides |= {(one, "provider") for one in ids("met_only_by_pause")}
    assert set(zip(found.edits["ticket_id"], found.edits["favours"], strict=True)) == sides
    assert set(found.close["ticket_id"]) == ids("bunched", "met_only_by_pause")
    assert set(found.flagged["ticket_id"]) == ids("flagged_in_time")
    assert set(found.vanished["ticket_id"]) == ids("vanished")
    assert found.numbers["missing"].sum() == len(ids("numbers_missing"))
    lacking = unlogged(case)
    outages = {
        one: [
            (row.service, row.seen_by.split("; "))
            for row in unlogged(case.at(Month.parse(one))).events.itertuples()
        ]
        for one in ("2026-02", "2026-08")
    }
    listed = {
        one: [(e["subject"], e["seen_by"]) for e in truth[one]["evidence"] if e["fault"] == "unlogged"]
        for one in outages
    }
    assert outages == listed and listed["2026-02"] and listed["2026-08"]
    assert lacking.events.empty
    [in_all] = [e["count"] for e in planted if e["fault"] == "outages_in_all"]
    assert lacking.months.total.low <= in_all <= lacking.months.total.high
    rewritten = case.rewritten()
    assert set(zip(rewritten["table"], rewritten["key"], strict=True)) == {
        ("tickets", one) for one in ids("rewritten")
    }
