"""The same exports, params, version and instant give the same bytes, on whatever machine."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import elsewhere
import numpy as np
import pandas as pd
import pytest
from workspaces import HEADER, Place, digests, tickets

from msp_report.model.tables import TABLES
from msp_report.words.records import write_csv
from msp_report.workspace import PROJECT

#: Tables that come in two files.
SPLIT = ("tickets", "purchases", "installs", "outages", "duty_evidence")
KINDS = ("figures.*", "records/**/*", "html/*", "rejects/*", "tables/*", "lines/*", "manifest.json")


def run(root: Path, *arguments: str, begin: tuple[str, ...] = (), **variables: str) -> None:
    """A verb in a process of its own."""
    done = subprocess.run(
        [*begin, sys.executable, "-m", "msp_report", *arguments, "--workspace", str(root)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def differ(one: Path, two: Path, tried: Callable[..., None]) -> set[str]:
    """The files of two packs whose bytes are not the same."""
    first, second = digests(one, *KINDS), digests(two, *KINDS)
    assert len(first) > 5
    tried("files made again as on another machine", len(first))
    return {name for name in first | second if first.get(name) != second.get(name)}


def twice(place: Place, client: str, pack: str, folder: Path, at: str, *arguments: str) -> tuple[Path, Path]:
    """A pack made here, and again as another machine would make it, at one instant."""
    kept = folder / "first"
    instant = str(int(pd.Timestamp(at).timestamp()))
    run(place.root, *arguments, "--client", client, SOURCE_DATE_EPOCH=instant)
    made = place.output / client / pack
    shutil.copytree(made.resolve(), kept)
    shutil.rmtree(place.output / client)
    variables = elsewhere.variables(folder / "zones")
    run(
        place.root,
        *arguments,
        "--client",
        client,
        begin=elsewhere.ONE_CORE,
        SOURCE_DATE_EPOCH=instant,
        **variables,
    )
    return kept, made


@pytest.fixture
def running(tmp_path) -> Place:
    """A client in the middle of a month."""
    made = Place(tmp_path / "ws")
    made.client()
    made.put({"tickets.csv": tickets(5, "2026-02")}, "2026-02")
    made.put(
        {
            "tickets.csv": HEADER
            + "A1,2026-03-09T09:00:00,amy@acme.example,Mail,P1,open,\n"
            + "A2,2026-03-10T11:00:00,amy@acme.example,Mail,P1,resolved,2026-03-10T11:20:00\n"
        }
    )
    return made


@pytest.mark.thorough
def test_the_pages_of_a_day_are_the_same_at_the_same_instant(running, tmp_path, tried):
    one, two = twice(running, "acme", "daily", tmp_path, "2026-03-10T12:00Z", "daily")
    assert differ(one, two, tried) == set()
    assert "10 Mar 2026" in (one / "html" / "index.html").read_text(encoding="utf-8")


@pytest.mark.thorough
def test_the_pages_of_a_running_month_are_the_same_at_the_same_instant(running, tmp_path, tried):
    arguments = ("monthly", "--month", "2026-03")
    assert (
        differ(*twice(running, "acme", "2026-03", tmp_path, "2026-03-10T12:00Z", *arguments), tried) == set()
    )


@pytest.mark.thorough
def test_the_demos_month_is_the_same_on_another_machine(demo_place, tmp_path, tried):
    made = Place(tmp_path / "ws")
    shutil.copytree(PROJECT / "params" / "demo", made.root / "params" / "other")
    for month in ("2026-09", "2026-10"):
        shutil.copytree(demo_place.exports / "demo" / month, made.root / "exports" / "other" / month)
    arguments = ("monthly", "--month", "2026-10")
    assert differ(*twice(made, "other", "2026-10", tmp_path, "2026-12-01T12:00Z", *arguments), tried) == set()


@pytest.mark.thorough
@pytest.mark.parametrize("split", [(), SPLIT], ids=["rows", "rows and files"])
def test_the_order_of_rows_and_files_changes_no_figure_record_or_page(demo_case, tmp_path, split, tried):
    """But for events of one instant, which stand in the order of their file, and what pages say of each file."""
    made, rng = Place(tmp_path / "ws"), np.random.default_rng(len(split))
    for name in ("one", "two"):
        files = {table: {"file": f"{table}*.csv"} for table in split}
        folder = made.client(name, sources=json.dumps({"tables": files}))  # JSON is YAML too
        for file in ("contract.yaml", "strategy.yaml", "pseudonyms.key"):
            shutil.copy(PROJECT / "params" / "demo" / file, folder)
    for month in ("2026-09", "2026-10"):
        case = demo_case(month)
        for table in TABLES:
            if (frame := case.own(table)) is None:
                continue
            order = np.arange(len(frame)) if table == "ticket_events" else rng.permutation(len(frame))
            for name, rows in (("one", frame), ("two", frame.iloc[order])):
                exports = made.put({}, month, name)
                if table not in split:
                    write_csv(rows, exports / f"{table}.csv")
                    continue
                for number, half in enumerate(np.array_split(np.arange(len(rows)), 2)):
                    write_csv(rows.iloc[half], exports / f"{table}_{number}.csv")
    for name in ("one", "two"):
        run(made.root, "monthly", "--month", "2026-10", "--client", name)
    packs = [made.output / name / "2026-10" for name in ("one", "two")]
    kinds = ("figures.*", "records/**/*", *(() if split else ("html/*",)))
    one, two = (digests(pack, *kinds) for pack in packs)
    tried("files made again of shuffled rows and files", len(one))
    assert {name for name in one | two if one.get(name) != two.get(name)} == set()
