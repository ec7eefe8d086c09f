"""The generated reference: complete, in order, and the same as what is kept."""

import json
import re
from pathlib import Path

import pytest
import yaml

from msp_report import params
from msp_report.model.records import MEANINGS, RECORDS, meaning
from msp_report.model.tables import TABLES
from msp_report.params.layout import Layout
from msp_report.reference import keys, sources

ROOT = Path(__file__).resolve().parent.parent
NAMES = [
    *("tickets", "ticket_events", "time_entries", "outages", "checks", "samples", "projects", "decisions"),
    *("project_periods", "purchases", "prices", "rates", "credits", "entitlements", "installs", "assets"),
    *(
        "backup_jobs",
        "restore_tests",
        "duty_evidence",
        "surveys",
        "vendors",
        "recommendations",
        "assessments",
    ),
    *("claims", "actions", "replies"),
]


@pytest.fixture
def printed(msp) -> str:
    said = msp("tables")
    assert said.code == 0 and said.err == ""
    return said.out


def test_every_canonical_table_is_printed_in_order(printed):
    assert re.findall(r"^## (\w+)$", printed, re.M) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_column_is_printed_with_its_key_and_type(printed, name):
    section = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", printed, re.M | re.S)[1]
    rows = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("| ")][1:]
    assert all(len(row) == 4 for row in rows), rows
    assert tuple(row[0].strip(" *") for row in rows) == TABLES[name].names
    assert tuple(row[0].strip(" *") for row in rows if "**" in row[0]) == tuple(
        column for column in TABLES[name].names if column in TABLES[name].key
    )
    for column, row in zip(TABLES[name].columns, rows, strict=True):
        assert (row[2] == "yes") == column.required
        assert all(f"`{choice}`" in row[1] for choice in column.choices)
        assert row[3].strip() and (column.high is None or f"to {column.high:g}" in row[1])


def test_the_kept_documents_are_the_written_ones(msp, printed, tmp_path):
    said = msp("tables", "--docs", tmp_path)
    assert said.code == 0 and len(said.out.splitlines()) == len(list(tmp_path.iterdir())) == 6
    for path in tmp_path.iterdir():
        new = path.read_text(encoding="utf-8")
        assert (ROOT / "docs" / path.name).read_text(encoding="utf-8") == new, (
            "run: msp-report tables --docs docs"
        )
    assert (ROOT / "docs" / "tables.md").read_text(encoding="utf-8") == printed


def test_every_key_says_what_it_means():
    for model in (params.Contract, params.Strategy, params.Sources, params.Findings, Layout):
        assert not [path for path, _, _, meaning in keys.listed(model) if not meaning], model.__name__


def test_every_word_of_the_mapping_language_has_an_example_that_fits():
    assert set(sources.EXAMPLES) == set(Layout.model_fields)
    for word, example in sources.EXAMPLES.items():
        given = yaml.load(example, Loader=yaml.BaseLoader)
        assert list(given) == [word] and Layout.model_validate(given)


def test_every_column_of_a_record_has_a_meaning():
    names = {name for record in RECORDS.values() for name in record.names}
    assert all(meaning(name) for name in names)
    assert not set(MEANINGS) - names, "no record has these columns any more"
    assert all(record.rows.startswith("one row per ") for record in RECORDS.values())


def test_a_column_that_nothing_declares_has_no_meaning():
    with pytest.raises(KeyError, match="no_such_column"):
        meaning("no_such_column")


def test_the_kept_schemas_are_the_written_ones(msp, tmp_path):
    said = msp("tables", "--schemas", tmp_path / "new" / "schema")
    assert said.code == 0
    kept = ROOT / "params" / "schema"
    written = sorted(path.name for path in (tmp_path / "new" / "schema").iterdir())
    assert (
        written
        == sorted(path.name for path in kept.iterdir())
        == ["contract.json", "findings.json", "sources.json", "strategy.json"]
    )
    for name in written:
        new = (tmp_path / "new" / "schema" / name).read_text(encoding="utf-8")
        assert (kept / name).read_text(encoding="utf-8") == new, (
            "run: msp-report tables --schemas params/schema"
        )


def test_schemas_refuse_unknown_keys_as_the_models_do():
    for name, schema in params.schemas().items():
        assert schema["additionalProperties"] is False, name
        for part in schema.get("$defs", {}).values():
            assert part.get("additionalProperties") is False or "properties" not in part, part["title"]
    contract = json.loads((ROOT / "params" / "schema" / "contract.json").read_text(encoding="utf-8"))
    assert contract["required"] == ["client"]
    assert contract["$defs"]["Client"]["required"] == ["name", "timezone"]


def test_a_folder_that_cannot_be_written_is_one_sentence(msp, tmp_path):
    (tmp_path / "file").touch()
    said = msp("tables", "--schemas", tmp_path / "file" / "schema")
    assert said.code == 1 and len(said.problems) == 1 and str(tmp_path) in said.err
