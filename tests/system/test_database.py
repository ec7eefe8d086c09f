"""What a database of ours writes is the same on every machine."""

import os
import subprocess
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from msp_report.system import database

SAYS = """
from msp_report.system.database import connect
with connect() as database:
    print(database.sql("select ('2026-03-29 00:30:00+00'::timestamptz)::varchar").fetchall()[0][0])
"""


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/New_York", "UTC"])
def test_instants_are_written_in_utc(zone):
    done = subprocess.run(
        [sys.executable, "-c", SAYS],
        env={**os.environ, "TZ": zone},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "2026-03-29 00:30:00+00\n"


def test_small_ones_are_in_utc_and_share_nothing_that_anybody_made():
    with database.connect_small() as one, database.connect_small() as other:
        one.execute("create temp view mine as select 1 as a")
        assert one.sql("select a from mine").fetchall() == [(1,)]
        with pytest.raises(duckdb.CatalogException):
            other.sql("select a from mine")
        assert (
            one.sql("select ('2026-03-29 00:30:00+00'::timestamptz)::varchar")
            .fetchall()[0][0]
            .endswith("+00")
        )
    with database.connect_small() as later:
        assert later.sql("select 1").fetchall() == [(1,)], "whoever closes theirs leaves the others open"


def test_a_file_that_was_written_anew_is_read_anew(tmp_path):
    path = tmp_path / "rows.parquet"
    for value in (1, 2):
        pq.write_table(pa.table({"a": [value]}), path)
        with database.connect_small() as small:
            assert small.sql(f"select a from read_parquet('{path}')").fetchall() == [(value,)]
