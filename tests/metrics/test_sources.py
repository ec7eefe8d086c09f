"""What came, month by month: counted by hand."""

import pandas as pd
import pytest
from months import MonthOf

from msp_report.metrics import sources

START, END = pd.Timestamp("2026-10-01T00:00Z"), pd.Timestamp("2026-11-01T00:00Z")


def case(*rows: tuple) -> MonthOf:
    """A month of files: month, table, file, evidence, read, accepted."""
    frame = pd.DataFrame(rows, columns=["month", "table", "file", "evidence", "read", "accepted"])
    frame = frame.assign(rejected=frame["read"] - frame["accepted"], outside=0, reach=END, reach_by="folder")
    terms = {"client": {"name": "x", "timezone": "UTC"}}
    return MonthOf(START, END, terms, files=frame.assign(exported_at=pd.NaT))


def figures(found: sources.Analysis) -> dict:
    return {(figure.measure.partition(".")[2], figure.subject): figure for figure in found.figures()}


def test_rows_are_counted_by_whose_word_they_are():
    found = sources.analyse(
        case(
            ("2026-09", "tickets", "tickets.csv", "provider", 5, 5),
            ("2026-10", "tickets", "tickets.csv", "provider", 8, 6),
            ("2026-10", "checks", "checks.csv", "probe", 3, 3),
            ("2026-10", "outages", "checks.csv", "raw", 1, 1),
            ("2026-10", "vendors", "vendors.csv", None, 10, 10),
        )
    )
    by = figures(found)
    assert (by["accepted", ""].value, by["accepted", ""].n) == (20, 3)
    assert (by["rejected_ratio", ""].value, by["rejected_ratio", ""].n) == (2 / 22, 22)
    assert [by["share", kind].value for kind in ("raw", "probe", "provider")] == [1 / 20, 3 / 20, 16 / 20]
    months = found.months
    assert list(months) == ["table", "2026-09", "2026-10"]
    assert months.set_index("table").loc["tickets"].tolist() == [5, 6]
    assert pd.isna(months.set_index("table").loc["checks", "2026-09"])


def test_a_page_rests_on_the_rows_of_its_tables_by_whose_word_they_are():
    found = sources.analyse(
        case(
            ("2026-10", "outages", "outages.csv", "provider", 1, 1),
            ("2026-10", "checks", "checks.csv", "probe", 3, 3),
            ("2026-10", "samples", "samples.csv", "raw", 9, 0),
            ("2026-09", "tickets", "tickets.csv", "raw", 5, 5),
        )
    ).coverage
    assert found.values.tolist() == [["availability", 4, 0.0, 0.75, 0.25, "outages checks"]], (
        "nothing else came"
    )


@pytest.mark.parametrize("report", sources.RESTS_ON)
def test_the_tables_that_a_page_rests_on_are_those_that_it_reads(demo_report, report):
    """Beside them an outage is joined to its ticket, a vendor to what procurement found, and what licences, duties and
    backups need of others."""
    _, asked = demo_report(report)
    assert set(sources.RESTS_ON[report]) <= asked
    assert asked - set(sources.RESTS_ON[report]) <= {"tickets", "prices"}


def test_without_files_nothing_is_known():
    found = sources.analyse(case())
    assert all(figure.value is None and figure.why_missing == "no file came" for figure in found.figures())
    assert found.months.empty and found.own.empty


def test_the_files_of_the_demo_are_those_of_its_manifests(demo_case):
    last = demo_case("2026-10")
    found = sources.analyse(last)
    assert found.files["month"].nunique() == 13
    told = last.manifest["files"]
    assert len(found.own) == len(told)
    assert found.own["accepted"].sum() == sum(entry["accepted"] for entry in told)
    assert found.own["read"].sum() == (found.own["accepted"] + found.own["rejected"]).sum()
    shares = [figure.value for figure in found.figures() if figure.measure == "sources.share"]
    assert sum(shares) == pytest.approx(1) and all(0 < share < 1 for share in shares)
