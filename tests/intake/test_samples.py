"""Every export of samples/ and, where they lie beside the project, of ../shared/vendor-samples becomes what its
expected.yaml says, by the shipped profile and unchanged."""

import json
import sqlite3
from contextlib import closing

import pandas as pd
import pytest
from expected import OWN, SHARED, differences, exports, judged

from msp_report.intake import shaping
from msp_report.intake.formats import read
from msp_report.intake.profile import ALIASES, names
from msp_report.intake.recognise.known import known
from msp_report.intake.recognise.sketch import sketch
from msp_report.params.layout import Layout

SAMPLES = [(folder, *one) for folder in (OWN, SHARED) for one in exports(folder)]


def _named(folder, vendor, export) -> str:
    return f"{'own' if folder == OWN else 'shared'}-{vendor}-{export['name']}".replace(" ", "_")


@pytest.mark.parametrize(("folder", "vendor", "export"), SAMPLES, ids=[_named(*one) for one in SAMPLES])
def test_an_export_becomes_what_is_expected(folder, vendor, export, tmp_path):
    assert differences(vendor, export, folder, tmp_path / "workspace") == []


def test_a_database_of_uptime_kuma(tmp_path):
    file = tmp_path / "samples" / "uptimekuma" / "kuma.db"
    file.parent.mkdir(parents=True)
    with closing(sqlite3.connect(file)) as database:
        database.execute("create table monitor (id integer primary key, name text, upside_down boolean)")
        database.execute(
            "create table heartbeat (id integer, monitor_id integer, status smallint, time datetime)"
        )
        database.execute("insert into monitor values (7, 'Shop', 0), (8, 'Old', 1)")
        beats = [
            (1, 7, 1, "2026-10-04 08:15:30.001"),
            (2, 7, 2, "2026-10-04 08:16:30.5"),
            (3, 8, 0, "2026-10-04 08:17:00"),
        ]
        database.executemany("insert into heartbeat values (?, ?, ?, ?)", beats)
        database.commit()
    export = {
        "files": ["kuma.db"],
        "month": "2026-10",
        "client": {"timezone": "Asia/Tokyo"},
        "tables": {
            "checks": {
                "file": "kuma.db",
                "source_records": 3,
                "rows": 3,
                "counts": {"service": {"Shop": 2, "Old": 1}, "state": {"up": 1, "unknown": 1, "down": 1}},
                "first": {"at": "2026-10-04T08:15:30.001Z"},
            }
        },
    }
    assert differences("uptimekuma", export, tmp_path / "samples", tmp_path / "workspace") == []


def test_every_shipped_profile_has_a_sample():
    sampled = {
        wanted.get("profile", vendor)
        for _, vendor, one in SAMPLES
        for wanted in one.get("tables", {}).values()
    }
    elsewhere = {"bitbrains", "servicenow_audit", "uptime_checks", "veeam_one"}  # run against published data
    assert not set(names()) - {ALIASES.get(name, name).partition("/")[0] for name in sampled} - elsewhere


@pytest.mark.thorough
@pytest.mark.parametrize("vendor", sorted({vendor for folder, vendor, _ in SAMPLES if folder == OWN}))
def test_a_sample_is_known_by_the_file_alone(vendor):
    files = {
        (wanted["file"], wanted.get("profile", vendor))
        for folder, name, one in SAMPLES
        for wanted in one.get("tables", {}).values()
        if folder == OWN and name == vendor
    }
    for file, profile in sorted(files):
        if profile == "software/list":  # a plain list is no tool's
            continue
        best = known(sketch(sorted((OWN / vendor).glob(file))[0]))[0]
        assert (best.profile, best.is_sure) == (ALIASES.get(profile, profile).partition("/")[0], True), file


def test_what_is_expected_is_held_against_the_rows():
    """The harness finds fault where a count, a sum or a cell is another one."""
    rows = pd.DataFrame({"ticket_id": ["1", "2"], "hours": [1.0, 2.0], "status": ["new", None]})
    wanted = {"rows": 3, "sums": {"hours": 4}, "counts": {"status": {"open": 1}}, "distinct": {"status": 2}}
    assert len(judged(wanted, rows, [])) == 5
    wanted = {"rows": [1, 2], "sums": {"hours": 3}, "counts": {"status": {"new|open": 1}}}
    assert judged(wanted, rows, []) == []
    checks = [{"key": {"ticket_id": "1"}, "column": "hours", "value": 1.5}]
    assert judged({"rows": 2, "checks": checks}, rows, []) == ["hours of {'ticket_id': '1'}: [1.0], not 1.5"]


def test_the_shared_samples_are_read():
    if not SHARED.is_dir():
        pytest.skip("the vendors' samples are not here (../shared/vendor-samples)")
    assert len([one for one in SAMPLES if one[0] == SHARED]) >= 36


@pytest.mark.thorough
def test_a_shape_has_room_for_as_many_columns_as_any_tool_gives(tmp_path):
    (tmp_path / "wide.json").write_text(
        json.dumps([{f"field {n}": f"{n}" for n in range(700)}] * 2), encoding="utf-8"
    )
    query = "select *, row_number() over (order by _row) as place, _row as _rows from rows"
    layout = Layout(shape=query)
    chunks = list(shaping.shaped(read(tmp_path / "wide.json", layout), layout, {}))
    assert sum(len(chunk) for chunk in chunks if chunk is not None) == 2
