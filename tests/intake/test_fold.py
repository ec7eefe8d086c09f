"""The hour that comes twice in autumn, told by the file's own direction (rule 2). London's is 00:00Z to 02:00Z."""

import json
from itertools import permutations

import pandas as pd
import pytest

from msp_report.intake import ingest
from msp_report.model.period import Month
from msp_report.params import Sources

OCTOBER = Month(2026, 10)


@pytest.fixture
def read(tmp_path):
    """The accepted rows of one file of October and its account."""

    def run(table, text, **source):
        folder = tmp_path / "exports"
        folder.mkdir(exist_ok=True)
        (folder / f"{table}.csv").write_text(text)
        model = Sources.model_validate(
            {"reject_limit_ratio": 1, "tables": {table: {"file": f"{table}.csv", **source}}}
        )
        ingest.read_month(model, folder, OCTOBER, "Europe/London", tmp_path / "into")
        manifest = json.loads((tmp_path / "into" / "manifest.json").read_text())
        return pd.read_parquet(tmp_path / "into" / "tables" / f"{table}.parquet"), manifest["files"][0]

    return run


#: Every half hour of two probes over the change of clocks: what is written, and when it was.
LOCAL = ["00:00", "00:30", "01:00", "01:30", "01:00", "01:30", "02:00", "02:30"]
WAS = list(pd.date_range("2026-10-24T23:00Z", periods=8, freq="30min"))


def checks(times, services=("web", "mail"), probe="p"):
    lines = [f"{s},2026-10-25 {at},{probe},up\n" for at in times for s in services]
    return "service,at,probe,state\n" + "".join(lines)


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("services", [("web",), ("web", "mail")])
def test_a_time_that_steps_back_is_the_second(read, newest_first, services):
    times = LOCAL[::-1] if newest_first else LOCAL
    table, account = read("checks", checks(times, services))
    for _, rows in table.groupby("service"):
        assert sorted(rows["at"]) == WAS
    assert account["accepted"] == 8 * len(services) and account["rejected"] == 0
    assert (account["in_fold"], account["second"]) == (4 * len(services), 2 * len(services))


def test_services_one_after_the_other_are_told_apart(read):
    """The times of each service begin anew: that is no step across the fold."""
    text = checks(LOCAL, ("web",)) + checks(LOCAL, ("mail",)).partition("\n")[2]
    table, account = read("checks", text)
    assert account["second"] == 4 and sorted(table.loc[table["service"] == "mail", "at"]) == WAS


def test_an_hourly_series_has_the_hour_twice(read):
    lines = [f"lan,load,2026-10-25 {at},1\n" for at in ("00:00", "01:00", "01:00", "02:00", "03:00")]
    table, _ = read("samples", "resource,metric,at,value\n" + "".join(lines))
    assert table["at"].tolist() == list(pd.date_range("2026-10-24T23:00Z", periods=5, freq="h"))


def test_with_an_offset_nothing_is_moved(read):
    lines = "".join(f"web,2026-10-25T{at},p,up\n" for at in ("01:30+01:00", "01:10Z", "01:40Z", "03:00Z"))
    table, account = read("checks", "service,at,probe,state\n" + lines)
    assert account["in_fold"] == account["second"] == 0
    assert table["at"].iloc[0] == pd.Timestamp("2026-10-25T00:30Z")


def test_a_file_in_no_order_shows_nothing(read):
    for times in list(permutations(["00:10", "01:50", "01:10", "02:20"]))[1:]:
        table, account = read("checks", checks(times, ("web",)))
        if account["second"]:  # the order may be that of one direction by chance
            outside = [at for at in times if not at.startswith("01")]
            first, last = times.index(outside[0]), times.index(outside[1])
            assert {"01:50", "01:10"} == set(times[first + 1 : last])
        else:
            assert (
                table["at"]
                .between(pd.Timestamp("2026-10-25T00:00Z"), pd.Timestamp("2026-10-25T01:00Z"))
                .sum()
                == 2
            )


def test_an_end_before_its_start_is_the_second(read):
    text = "service,started_at,ended_at,state\nweb,2026-10-25 01:50,2026-10-25 01:10,down\n"
    table, account = read("outages", text)
    assert table["ended_at"].tolist() == [pd.Timestamp("2026-10-25T01:10Z")]
    assert (account["accepted"], account["in_fold"], account["second"]) == (1, 1, 1)


def test_an_end_goes_with_a_start_that_is_the_second(read):
    text = (
        "service,started_at,ended_at,state\n"
        "web,2026-10-25 00:05,2026-10-25 00:10,down\n"
        "web,2026-10-25 01:40,2026-10-25 01:45,down\n"
        "web,2026-10-25 01:05,2026-10-25 01:35,down\n"
        "web,2026-10-25 04:00,2026-10-25 04:01,down\n"
    )
    table, _ = read("outages", text)
    assert table["started_at"].tolist()[1:3] == [
        pd.Timestamp("2026-10-25T00:40Z"),
        pd.Timestamp("2026-10-25T01:05Z"),
    ]
    assert table["ended_at"].tolist()[1:3] == [
        pd.Timestamp("2026-10-25T00:45Z"),
        pd.Timestamp("2026-10-25T01:35Z"),
    ]


def test_events_of_a_ticket_step_back(read):
    text = (
        "ticket_id,at,field,from,to\n"
        "T,2026-10-25 01:50,status,new,open\n"
        "T,2026-10-25 01:10,status,open,resolved\n"
        "T,2026-10-25 03:00,status,resolved,closed\n"
    )
    table, _ = read("ticket_events", text)
    assert table["at"].tolist()[:2] == [pd.Timestamp("2026-10-25T00:50Z"), pd.Timestamp("2026-10-25T01:10Z")]
