"""What notebooks hand on: the same figures come back, as plain types, and long tables stay out of the notebook."""

import json
import math
from types import SimpleNamespace

import nbformat
import numpy as np
import pandas as pd
import pytest
from workspaces import tickets

from msp_report import scraps
from msp_report.figures import COLUMNS, Figure
from msp_report.workspace import open_case

MIME = "application/scrapbook.scrap.json+json"


@pytest.fixture
def case(place):
    place.put({"tickets.csv": tickets(3)})
    return open_case("acme", "2026-03", place.root)


@pytest.fixture
def glued(monkeypatch):
    """What would have been glued into the notebook."""
    found = {}

    def glue(name, data, encoder):
        assert encoder == "json"
        found[name] = data

    real = scraps._scrapbook()
    fake = SimpleNamespace(glue=glue, read_notebook=real.read_notebook)
    monkeypatch.setattr(scraps, "_scrapbook", lambda: fake)
    return found


def executed(path, *records, schema=scraps.SCHEMA):
    """An executed notebook in which records were glued."""
    outputs = [
        nbformat.v4.new_output(
            "display_data",
            {
                MIME: {
                    "name": scraps.SCRAP,
                    "data": {**record, "schema": schema},
                    "encoder": "json",
                    "version": 1,
                }
            },
            metadata={"scrapbook": {"name": scraps.SCRAP, "data": True, "display": False}},
        )
        for record in records
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=outputs)]), str(path)
    )
    return path


def test_a_record_is_plain_json_and_comes_back_as_it_was(case, glued, tmp_path):
    figures = [
        Figure(
            measure="mine.a", value=np.float64(0.1) + 0.2, unit="ratio", n=np.int64(3), low=math.nan, target=1
        ),
        Figure(
            measure="mine.a", subject="=x <b>", value=np.int32(7), unit="count", verdict="met", better="lower"
        ),
        Figure(measure="mine.b", value=None, why_missing="no samples", verdict="no_data"),
    ]
    scraps.record(case, "mine", figures, {"long": pd.DataFrame({"a": range(4)})})
    envelope = json.loads(json.dumps(glued[scraps.SCRAP], allow_nan=False))
    assert envelope["records"] == {"long": 4} and envelope["report"] == "mine"
    assert [list(row) for row in envelope["figures"]] == [COLUMNS] * 3
    assert envelope["figures"][0]["value"] == 0.1 + 0.2 and envelope["figures"][0]["low"] is None
    read = scraps.read_notebook(executed(tmp_path / "10_mine.ipynb", envelope))
    assert read["figures"] == figures


def test_records_are_written_where_a_pack_is_made_and_only_there(case, glued, tmp_path, monkeypatch):
    frame = pd.DataFrame({"requester": ["amy@acme.example"], "title": ["=1+1"], "n": [1]})
    scraps.record(case, "mine", [], {"asked": frame})
    assert list(tmp_path.rglob("asked.csv")) == []
    monkeypatch.setenv(scraps.DESK, str(tmp_path / "desk"))
    scraps.record(case, "mine", [], {"asked": frame})
    written = (tmp_path / "desk" / "records" / "mine" / "asked.csv").read_text(encoding="utf-8")
    header, row, end = written.split("\n")
    assert header == "requester,title,n" and end == ""
    assert row.startswith("person-") and row.endswith(",'=1+1,1")


def test_a_figure_of_another_report_or_given_twice_is_refused(case, glued):
    with pytest.raises(ValueError, match=r"two\.a is not a figure of the report 'one'"):
        scraps.record(case, "one", [Figure(measure="two.a", value=1)], {})
    with pytest.raises(ValueError, match=r"one\.a of mail is given twice"):
        scraps.record(case, "one", [Figure(measure="one.a", subject="mail", value=v) for v in (1, 2)], {})
    assert glued == {}


def test_figures_are_given_their_sentence(case, glued):
    one = Figure(
        measure="availability.ratio", subject="email", value=0.5, unit="ratio", target=0.9, verdict="missed"
    )
    scraps.record(case, "availability", [one], {})
    (row,) = glued[scraps.SCRAP]["figures"]
    assert row["headline"] == "email was available 50 % of its agreed time; 90 % was agreed."


def row(measure, value, **fields):
    return Figure(measure=measure, value=value, **fields).row()


def test_a_pack_is_read_in_the_order_of_its_notebooks(tmp_path):
    folder = tmp_path / "notebooks"
    executed(folder / "20_two.ipynb", {"report": "two", "figures": [row("two.a", 2)], "records": {"x": 1}})
    executed(folder / "10_one.ipynb", {"report": "one", "figures": [row("one.a", 1)], "records": {}})
    executed(folder / "30_none.ipynb")
    for place in (tmp_path, folder, str(folder)):
        read = scraps.read_pack(place)
        assert list(read.columns) == COLUMNS and read["measure"].tolist() == ["one.a", "two.a"]
    assert scraps.read_notebook(folder / "30_none.ipynb") is None
    listed = scraps.read_records(tmp_path, mine={"own": pd.DataFrame({"a": [1, 2]})})
    assert listed[["report", "name", "rows"]].to_numpy().tolist() == [["two", "x", 1], ["mine", "own", 2]]
    assert listed["href"].tolist() == ["../records/two/x.csv", "../records/mine/own.csv"]


def test_an_empty_pack_has_no_figures_and_all_columns(tmp_path):
    assert scraps.read_pack(tmp_path).empty and list(scraps.read_pack(tmp_path).columns) == COLUMNS


def test_a_record_of_another_version_is_refused_by_name(tmp_path):
    path = executed(tmp_path / "10_old.ipynb", {"report": "old", "figures": []}, schema=99)
    with pytest.raises(ValueError, match=r"10_old\.ipynb was recorded by another version"):
        scraps.read_notebook(path)


def test_history_is_the_packs_before_this_period_oldest_first(case):
    before = {"2025-01": 1, "2025-03": 3, "2026-02": 14, "2026-03": 15, "2026-04": 16}
    for month, value in before.items():
        record = {"report": "one", "figures": [row("one.a", value)], "records": {}}
        executed(
            case.workspace.pack("acme", case.period).with_name(month) / "notebooks" / "10_one.ipynb", record
        )
    found = scraps.history(case)
    assert found[["month", "value"]].to_numpy().tolist() == [["2025-03", 3], ["2026-02", 14]]
    assert list(found.columns) == ["month", *COLUMNS]
    assert scraps.history(case, months=1).empty
