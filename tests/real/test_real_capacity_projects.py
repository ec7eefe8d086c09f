"""Real capacity samples and project reports, in their publishers' own shapes: the known facts found."""

from pathlib import Path

import pandas as pd
import pytest

from msp_report.case import open_case
from msp_report.intake import reasons
from msp_report.metrics import capacity, projects
from msp_report.workspace import PROJECT, Workspace

REAL = PROJECT.parent / "shared" / "real"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not REAL.is_dir(), reason="the public data sets lie beside the project of its developers only"
    ),
]
IT_FILE = REAL / "projects" / "US_IT_Dashboard_Projects_Data.csv"
NYC_FILE = REAL / "projects" / "NYC_capital_projects_20190901.csv"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    params = Path(__file__).parent / "params"
    return Workspace.find(PROJECT, params=params, exports=REAL, output=tmp_path_factory.mktemp("real"))


def cutoff(case):
    return case.period.last.end_on


def standing(case):
    """How each project stands at the end of the month, by its number."""
    return projects.variance(case.table("projects"), cutoff(case)).set_index("project_id")


def assert_accounted_for(case, files):
    accounts = case.manifest["files"]
    assert len(accounts) == files
    for account in accounts:
        assert account["read"] == account["accepted"] + account["rejected"]
        assert account["rejected"] == sum(account["by_reason"].values())


# ---------------------------------------------------------------- public-hosting


@pytest.fixture(scope="module")
def hosting(place):
    return open_case("public-hosting", "2016-04", place)


@pytest.fixture(scope="module")
def machines(hosting):
    found = capacity.resources(hosting.paths("samples"), hosting.agreed, hosting.start, hosting.end)
    return found.set_index(["resource", "metric"]).sort_index()


def test_april_has_no_duplicate_sample(hosting):
    assert_accounted_for(hosting, 13)
    assert sum(account["read"] for account in hosting.manifest["files"]) == 112_090
    assert sum(account["rejected"] for account in hosting.manifest["files"]) == 0
    assert hosting.manifest["tables"]["samples"]["rows"] == 2 * 112_090  # CPU and memory of each row


def test_may_has_1824_duplicates_of_one_machine_and_what_contradicts_itself(place):
    may = open_case("public-hosting", "2016-05", place)
    assert_accounted_for(may, 13)
    rejected = {a["file"]: a["by_reason"] for a in may.manifest["files"] if a["rejected"]}
    # Two rows of 14:42:52 on 23 May name other memory in use: nobody can say which is right. Two of five minutes
    # later agree on all that is read, and one of them is enough.
    assert rejected == {"80.csv": {reasons.DUPLICATE: 1_824, reasons.CONFLICT: 2, reasons.REPEATED: 1}}


def test_seconds_are_not_taken_for_the_milliseconds_of_the_header(hosting):
    at = hosting.table("samples")["at"]  # with March, for the look-back
    at = at[at >= "2016-03-30"]
    assert at.min() == pd.Timestamp("2016-03-30 22:02:56", tz="UTC")
    assert at.max() == pd.Timestamp("2016-04-29 21:58:21", tz="UTC")


def test_cpu_over_100_per_cent_is_not_clipped(machines):
    busy = machines.loc[("VM 80", "cpu")]
    assert busy["max"] == pytest.approx(104.475)
    assert busy["utilisation_ratio"] == pytest.approx(1.033, abs=0.001)
    assert busy["over_capacity"] > 1_000
    others = machines.xs("cpu", level="metric").drop("VM 80")
    assert others["over_capacity"].eq(0).all()
    assert len(others) == 12


def test_nothing_is_judged_where_no_limit_was_agreed(machines):
    assert len(machines) == 26
    assert set(machines["verdict"]) == {"no_target"}
    assert set(machines["forecast"]) == {"no_limit"}
    assert machines["days_to_limit"].isna().all()
    # Where the provisioned memory changed within the month there is none that a share could be taken of.
    assert machines["utilisation_ratio"].isna().sum() == 7


def test_the_month_ends_without_samples_and_the_coverage_says_so(machines):
    # The files end at 22:00 on 29 April: 26 of 720 hours are not in them.
    assert machines["coverage_ratio"].max() < 1 - 26 / 720 + 0.001


# ---------------------------------------------------------------- public-nyc


@pytest.mark.parametrize(("month", "reported"), [("2016-04", 75), ("2019-09", 378)])
def test_projects_reported_so_far(place, month, reported):
    case = open_case("public-nyc", month, place)
    assert_accounted_for(case, 1)
    assert case.manifest["files"][0]["read"] == case.manifest["files"][0]["accepted"] == 2_259
    assert len(standing(case)) == reported


def test_the_first_report_is_the_baseline_and_is_called_so(place):
    case = open_case("public-nyc", "2016-04", place)
    found = standing(case)
    reports = pd.read_csv(NYC_FILE, dtype=str)
    reports["at"] = pd.to_datetime(reports["Date Reported As Of"], format="%m/%d/%Y %I:%M:%S %p")
    seen = reports[reports["at"] < "2016-05-01"].sort_values("at").groupby("PID")
    first, last = seen.first(), seen.nth(-1).set_index("PID")  # the first one given; the last report as it is
    ends = pd.to_datetime(first["Forecast Completion"], format="%m/%d/%Y")
    slips = pd.to_datetime(last["Forecast Completion"], format="%m/%d/%Y") - ends
    once = seen["Forecast Completion"].count().reindex(found.index) < 2  # nothing to be late against
    wanted = slips.dt.days.reindex(found.index).astype("float64").mask(once)
    assert found["slip_days"].astype("float64").equals(wanted)
    saved = first["Budget Forecast"].astype(float) - last["Budget Forecast"].astype(float)
    once = seen["Budget Forecast"].count().reindex(found.index) < 2
    pd.testing.assert_series_equal(
        found["cost_variance"], saved.reindex(found.index).mask(once), check_names=False, atol=1e-4
    )
    assert found["slip_days"].isna().sum() > 0  # a missing date stays missing
    assert set(found["baseline_source"].dropna()) == set(found["baseline_cost_source"].dropna())


def test_a_completion_in_2108_is_shown_as_what_it_is(place):
    case = open_case("public-nyc", "2018-03", place)
    project = standing(case).loc["649"]
    assert project["forecast_end"] == pd.Timestamp("2108-10-21")
    assert project["slip_days"] == 32_872  # 90 years: 65,744 / 2 = 90 * 365 + 22 leap days of 2020 to 2104
    assert project["schedule"] == "late"
    later = projects.changes(case.table("projects"), "2018-09-01")
    ends = later.query("project_id == '649' and field == 'forecast_end'")
    assert ends["to"].tolist() == ["2108-10-21", "2019-06-30"]  # and its correction, half a year later


# ---------------------------------------------------------------- public-it


@pytest.fixture(scope="module")
def federal(place):
    return open_case("public-it", "2012-08", place)


@pytest.fixture(scope="module")
def published():
    return pd.read_csv(IT_FILE, dtype=str).set_index("Project ID")


def test_the_published_cost_variance_is_ours(federal, published):
    assert_accounted_for(federal, 1)
    ours = standing(federal)["cost_variance"]
    assert len(ours) == len(published) == 2_468
    theirs = published["Cost Variance ($ M)"].astype(float).reindex(ours.index) * 1e6
    same = (ours - theirs).abs() < 1  # a dollar
    assert same.sum() == 2_451
    assert same.mean() == pytest.approx(0.993, abs=0.0005)
    # The other 17 have neither costs nor a variance: missing on both sides.
    assert ours[~same].isna().all()
    assert theirs[~same].isna().all()


def test_the_published_schedule_variance_bears_out_how_swapped_dates_are_read(federal, published):
    found = standing(federal)
    rows = published.reindex(found.index)
    planned, projected = (
        rows[f"{kind} Project Completion Date (B2)"] for kind in ("Planned", "Projected/Actual")
    )
    theirs = rows["Schedule Variance (in days)"].astype(float)
    changed = planned.notna() & (planned != projected)
    in_doubt = changed & ((planned.str[8:10].astype(float) <= 12) | (projected.str[8:10].astype(float) <= 12))
    same = -found["slip_days"].astype("float64") == theirs
    as_written = (pd.to_datetime(planned) - pd.to_datetime(projected)).dt.days == theirs
    assert (in_doubt.sum(), same[in_doubt].sum(), as_written[in_doubt].sum()) == (180, 147, 12)
    clear = changed & ~in_doubt
    assert (clear.sum(), same[clear].sum()) == (261, 217)


def test_no_update_lies_after_the_last_month(federal):
    reports = federal.table("projects")
    assert str(reports["as_of"].max())[:10] == "2012-08-31"
    assert found_missing(reports, "forecast_end") == 921
    assert found_missing(reports, "forecast_cost") == 17


def found_missing(table, column):
    return int(table[column].isna().sum())
