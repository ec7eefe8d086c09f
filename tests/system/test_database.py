"""What a database of ours writes is the same on every machine."""

import os
import subprocess
import sys

import pytest

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
