"""A vendor's laboratory of 2016: its backup sessions and its lists of VMs, in the vendor's own shape."""

from pathlib import Path

import pandas as pd
import pytest

from msp_report.case import open_case
from msp_report.metrics import backups
from msp_report.workspace import PROJECT, Workspace

REAL = PROJECT.parent / "shared" / "real"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not REAL.is_dir(), reason="the public data sets lie beside the project of its developers only"
    ),
]


@pytest.fixture(scope="module")
def april(tmp_path_factory):
    params = Path(__file__).parent / "params"
    place = Workspace.find(PROJECT, params=params, exports=REAL, output=tmp_path_factory.mktemp("real"))
    return open_case("public-backups", "2016-04", place)


@pytest.fixture(scope="module")
def saved(april):
    return backups.analyse(april)


def test_every_session_is_accounted_for(april):
    sessions, *lists = april.manifest["files"]
    assert (sessions["read"], sessions["accepted"]) == (29_775, 13_043)
    assert sessions["by_reason"] == {"duplicate": 16_732}
    assert [(entry["read"], entry["accepted"]) for entry in lists] == [(21, 21), (98, 98)]


def test_the_vms_missing_from_jobs_are_found(saved):
    """Of the 98 that the vendor's own list names, 94 have no session; 4 have a name that two VMs have."""
    missing = set(pd.read_csv(REAL / "backups" / "JobMissingVMs.csv")["Path"])
    status = saved.levels.set_index("asset")["status"]
    unprotected = set(status.index[status == "unprotected"])
    assert saved.levels["status"].iloc[: len(unprotected)].eq("unprotected").all()
    assert (len(unprotected), len(missing & unprotected)) == (104, 94)
    assert set(status[list(missing - unprotected)]) == {"cannot tell"}
    # beyond the list, ten in a job that had not run by the end of April
    assert len(unprotected - missing) == 10


def test_names_that_fit_two_vms_are_listed_and_prove_nothing(saved):
    names = ["ausdc01", "ausdev01", "ausjump01", "ausveeambem", "ausveeambr", "ausveeamone", "coredc01"]
    assert saved.ambiguous["name"].tolist() == names
    assert set(saved.ambiguous["assets"]) == {2}
    doubtful = saved.levels[saved.levels["status"] == "cannot tell"]
    assert len(doubtful) == 14
    assert set(doubtful["verdict"]) == {"no_verdict"}


def test_nothing_else_is_judged_where_nothing_was_agreed(saved):
    others = saved.levels[~saved.levels["status"].isin(["unprotected", "cannot tell"])]
    assert set(others["verdict"]) == {"no_target"}
    found = {figure.measure: figure for figure in saved.figures()}
    assert found["backups.within_rpo_ratio"].verdict == "no_target"
    assert (found["backups.unprotected"].value, found["backups.unprotected"].high) == (104, 118)
    # the one whose name is its own: a session each night, the longest gap 24 h 19 min
    sound = saved.levels.set_index("asset").loc[
        "ausvcenter.fsglab.local\\Austin\\VirtualEnvironment\\ausvcenter"
    ]
    assert (sound["expected"], sound["missed"], round(sound["attained_rpo_hours"], 2)) == (30, 0, 24.32)
