"""Real public exports, in the vendors' own shapes: every row accounted for, the known facts found."""

from pathlib import Path

import pandas as pd
import pytest

from msp_report.case import open_case
from msp_report.metrics import availability, tickets
from msp_report.workspace import PROJECT, Workspace

REAL = PROJECT.parent / "shared" / "real"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not REAL.is_dir(), reason="the public data sets lie beside the project of its developers only"
    ),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    params = Path(__file__).parent / "params"
    return Workspace.find(PROJECT, params=params, exports=REAL, output=tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="module")
def april(place):
    return open_case("public-tickets", "2016-04", place)


@pytest.fixture(scope="module")
def desk(april):
    return tickets.analyse(april)


def test_every_row_of_the_event_log_is_accounted_for(april):
    for entry in april.manifest["files"]:
        assert (entry["read"], entry["accepted"], entry["rejected"]) == (141_712, 141_707, 5)
        assert entry["rejected"] == sum(entry["by_reason"].values())
    assert len(april.table("tickets")) == 24_918
    rejects = pd.read_csv(april.accepted / "rejects" / "tickets.csv")
    assert rejects["value"].astype(str).tolist() == ["-100"] * 5


@pytest.mark.parametrize(("month", "opened"), [("2016-03", 8_995), ("2016-04", 7_934), ("2016-05", 7_508)])
def test_tickets_opened(april, month, opened):
    assert april.table("tickets")["opened_at"].dt.strftime("%Y-%m").eq(month).sum() == opened


def test_what_is_still_open_depends_on_whom_one_asks(april, desk):
    found = april.table("tickets")
    of_april = found[(found["opened_at"] >= april.start) & (found["opened_at"] < april.end)]
    assert (of_april["resolved_at"].isna() | (of_april["resolved_at"] >= april.end)).sum() == 1_318
    assert desk.open_tickets["ticket_id"].isin(of_april["ticket_id"]).sum() == 868


def test_the_backlog_adds_up_and_closed_medians_mislead(desk):
    day = desk.backlog
    moved = day["open_at_start"] + day["created"] + day["reopened"] - day["solved"] - day["removed"]
    assert moved.tolist() == day["open_at_end"].tolist()
    assert day["open_at_start"].tolist()[1:] == day["open_at_end"].tolist()[:-1]
    everything = desk.durations.query("clock == 'resolution' and priority == ''").iloc[0]
    assert everything["km_median_min"] > 4 * everything["median_min"]


def test_nothing_is_judged_where_nothing_was_agreed(desk):
    assert set(desk.attainment["verdict"]) == {"no_target"}


def test_silence_is_not_being_up(place):
    case = open_case("public-uptime", "2016-04", place)
    levels = availability.service_levels(None, case.table("checks"), case.agreed, case.start, case.end)
    assert len(levels) == 5
    total = levels[["up_min", "down_min", "excluded_min", "unknown_min"]].sum(axis=1)
    assert total.tolist() == levels["scheduled_min"].tolist() == [43_200.0] * 5
    assert levels["coverage_ratio"].max() < 0.03
    assert (levels["low_ratio"] < levels["availability_ratio"]).all()
    assert (levels["availability_ratio"] < levels["high_ratio"]).all()
    entry = case.manifest["files"][0]
    assert entry["read"] == entry["accepted"] + entry["rejected"] == 3_238


def test_in_a_first_month_late_clocks_that_ended_before_are_counted_apart(tmp_path):
    """The log in the folder of March alone: its first day is 29 February. Eight hours for each priority are ours."""
    own, folder = Path(__file__).parent / "params" / "public-tickets", tmp_path / "params" / "first"
    folder.mkdir(parents=True)
    agreed = (own / "contract.yaml").read_text(encoding="utf-8")
    agreed = agreed.replace('": {}', '": {resolution_min: 480, attainment_ratio: 0.9}')
    (folder / "contract.yaml").write_text(agreed, encoding="utf-8")
    sources = (
        (own / "sources.yaml")
        .read_text(encoding="utf-8")
        .replace("exports: exports", "exports: exports/{month}")
    )
    (folder / "sources.yaml").write_text(sources.replace("tickets/", ""), encoding="utf-8")
    log = tmp_path / "exports" / "2016-03" / "incident_event_log.csv"
    log.parent.mkdir(parents=True)
    log.symlink_to(REAL / "tickets" / log.name)
    first = open_case("first", "2016-03", Workspace.find(tmp_path, output=tmp_path / "output"))
    before = tickets.analyse(first).ended_before
    assert (len(before), before["met"].eq(False).sum()) == (108, 108)
