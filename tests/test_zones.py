"""The rules of a time zone come from the locked package, whatever this machine has (rule 2).

In a process of its own, with zone files that say something else, or none: Python, pandas, Arrow and DuckDB alike.
"""

import json
import subprocess
import sys
from pathlib import Path
from shutil import copyfile

import pytest
import tzdata

PACKAGE = Path(tzdata.__file__).parent / "zoneinfo"
ROOT = Path(__file__).resolve().parents[1]

SAYS = """
import json, sys
from datetime import datetime
from pathlib import Path
import pandas as pd
from zoneinfo import ZoneInfo
{early}
from msp_report.intake import ingest
from msp_report.model.clock import Clock, localize
from msp_report.model.period import Month, Period
from msp_report.params import Sources

folder = Path(sys.argv[1])
folder.mkdir()
(folder / "outages.csv").write_text(
    "service,started_at,ended_at,state\\nweb,2026-07-01 00:30,2026-07-01 00:45,down\\n"
    "web,2026-07-01T12:00+01:00,,down\\n"
)
local = pd.to_datetime(["2026-07-01 00:30"]).tz_localize("Europe/London")
price = {{"item": ["a"], "vendor": "b", "seen_on": local, "unit_price": 1.0, "currency": "GBP"}}
pd.DataFrame(price).to_parquet(folder / "prices.parquet")
manifest = ingest.read_month(Sources(), folder, Month(2026, 7), "Europe/London", folder / "into")
table = pd.read_parquet(folder / "into/tables/outages.parquet")
summer = pd.Timestamp("2026-07-01T12:00Z")
print(json.dumps([
    [str(at) for at in Period.parse("2026-07").bounds("Europe/London")],
    [str(at) for at in table["started_at"].dt.tz_convert("UTC")],
    str(summer.tz_convert("Europe/London")),
    str(summer.to_pydatetime().astimezone(ZoneInfo("Europe/London"))),
    str(localize(pd.Series(pd.to_datetime(["2026-07-01 12:00"])), "Europe/London")[0][0]),
    Clock({{"hours": {{"wed": ["09:00-17:00"]}}}}, "Europe/London").elapsed(summer, summer + pd.Timedelta("1D")),
    str(pd.read_parquet(folder / "into/tables/prices.parquet")["seen_on"][0]),
    manifest.zone_data,
]))
"""


def says(tmp_path, name, early="", **env):
    """What a process with its own environment makes of some times."""
    done = subprocess.run(
        [sys.executable, "-c", SAYS.format(early=early), str(tmp_path / name)],
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def zones(tmp_path):
    """Zone files in which London is Tokyo and UTC is broken."""
    (tmp_path / "zones" / "Europe").mkdir(parents=True)
    copyfile(PACKAGE / "Asia" / "Tokyo", tmp_path / "zones" / "Europe" / "London")
    copyfile(PACKAGE / "Asia" / "Tokyo", tmp_path / "zones" / "UTC")
    (tmp_path / "zones" / "Europe" / "Paris").write_bytes(b"no zone")
    return str(tmp_path / "zones")


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    """What is said where nothing is set."""
    return says(tmp_path_factory.mktemp("right"), "right")


def test_zone_files_of_the_machine_decide_nothing(tmp_path, zones, right):
    assert right[0] == ["2026-06-30 23:00:00+00:00", "2026-07-31 23:00:00+00:00"]
    assert right[-1] == tzdata.IANA_VERSION
    assert says(tmp_path, "dir", PYTHONTZPATH=zones, TZDIR=zones, TZ="Europe/London") == right
    assert says(tmp_path, "none", PYTHONTZPATH="", TZDIR="/nowhere", TZ="America/New_York") == right


def test_what_was_read_of_them_before_is_forgotten(tmp_path, zones, right):
    early = 'assert ZoneInfo("Europe/London").utcoffset(datetime(2026, 7, 1)).seconds == 9 * 3600'
    assert says(tmp_path, "early", early, PYTHONTZPATH=zones) == right


def test_zones_come_from_one_place():
    """Nothing in the package asks for zones elsewhere, or before the machine's are forgotten."""
    asking = [
        path for path in (ROOT / "msp_report").rglob("*.py") if "zoneinfo import" in path.read_text("utf-8")
    ]
    assert [path.name for path in asking] == ["zones.py"]
