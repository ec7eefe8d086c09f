"""All figures of a client in one file, as DuckDB and others ask them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from msp_report.model.figures import COLUMNS
from msp_report.packs import collected
from msp_report.workspace import PROJECT

ANALYST = (PROJECT / "docs" / "analyst.md").read_text(encoding="utf-8")
(BLOCK,) = re.findall(r"```sql\n(.*?)```", ANALYST, re.S)
QUERIES = [query.strip() for query in BLOCK.split(";") if query.strip()]


@pytest.fixture(scope="module")
def door(demo_pack) -> Path:
    """The file beside the packs of the demo's September and October."""
    return demo_pack.parent / collected.NAME


def figures(pack: Path) -> pd.DataFrame:
    return pd.DataFrame(json.loads((pack / "figures.json").read_text(encoding="utf-8")), columns=COLUMNS)


def test_it_holds_every_figure_of_every_pack(door, demo_pack):
    table = pq.read_table(door)
    assert table.schema.equals(collected.schema(), check_metadata=False)
    assert all(field.metadata[b"meaning"] for field in table.schema)
    frame = table.to_pandas()
    frame = frame[frame["months"].eq(1)]  # another test may have made the pack of a longer period
    assert list(frame["period"].unique()) == ["2026-09", "2026-10"]
    for month in ("2026-09", "2026-10"):
        was, here = figures(demo_pack.parent / month), frame[frame["period"].eq(month)]
        assert len(was) == len(here) > 20
        for name in COLUMNS:
            one, other = was[name].astype(object), here[name].astype(object)
            assert one.where(one.notna(), None).tolist() == other.where(other.notna(), None).tolist(), name
    last = frame.iloc[-1]
    assert [str(last[name]) for name in ("from_on", "to_on", "months", "revision")] == [
        "2026-10-01", "2026-10-31", "1", "0001",
    ]  # fmt: skip
    assert frame["issued_on"].isna().all()


def test_the_queries_that_are_documented_give_what_they_say(door, monkeypatch):
    monkeypatch.chdir(door.parent)
    assert len(QUERIES) == 3
    course, missed, turned = (duckdb.sql(query).df() for query in QUERIES)
    assert course["from_on"].astype(str).tolist() == ["2026-09-01", "2026-10-01"]
    frame = pd.read_parquet(door)
    frame = frame[frame["months"].eq(1)]
    p1 = frame[frame["measure"].eq("tickets.resolution_attainment") & frame["subject"].eq("P1")]
    assert course["value"].tolist() == p1["value"].tolist()
    counted = (
        frame[frame["verdict"].eq("missed") & frame["clause"].notna()].groupby(["measure", "subject"]).size()
    )
    assert dict(
        zip(zip(missed["measure"], missed["subject"], strict=True), missed["missed"], strict=True)
    ) == dict(counted)
    wide = (
        frame[frame["verdict"].isin(["met", "missed"])]
        .pivot(index=["measure", "subject"], columns="period", values="verdict")
        .dropna()
    )
    assert len(turned) == wide["2026-09"].ne(wide["2026-10"]).sum() > 0


def test_it_tells_what_was_issued(tmp_path, monkeypatch):
    from workspaces import SCORECARD, Place, records, tickets, write_notebook

    from msp_report.packs import issue, pack
    from msp_report.workspace import Workspace

    made = Place(tmp_path / "ws")
    made.client()
    made.put({"tickets.csv": tickets(5)})
    write_notebook(tmp_path / "n" / "monthly" / "00_scorecard.ipynb", SCORECARD)
    write_notebook(tmp_path / "n" / "monthly" / "10_one.ipynb", records("one"))
    monkeypatch.setattr(pack, "NOTEBOOKS", tmp_path / "n")
    workspace = Workspace.find(made.root)
    pack.run_month("acme", "2026-03", workspace)
    path = made.output / "acme" / collected.NAME
    assert pd.read_parquet(path)["issued_on"].isna().all()
    issue.issue("acme", "2026-03", workspace)
    frame = pd.read_parquet(path)
    assert frame["issued_on"].notna().all() and set(frame["revision"]) == {"0002"}
    assert [one.name for one in path.parent.glob(".figures*")] == []
