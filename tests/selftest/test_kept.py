"""What the tests of months came to, kept and read back."""

import pandas as pd
import pytest

from msp_report.model.errors import Failed
from msp_report.model.period import Period
from msp_report.selftest import kept
from msp_report.workspace import Workspace


@pytest.fixture
def at(place) -> Workspace:
    return Workspace.find(place.root)


PERIOD = Period.parse("2026-01..2026-12")


def summed(harm):
    row = {
        "harm": harm,
        "report": "availability",
        "hides": False,
        "harm_size": 0.1,
        "unit": "ratio",
        "tries": 5,
    }
    row |= {
        "caught": 2,
        "caught_ratio": 0.4,
        "caught_low": 0.1,
        "caught_high": 0.8,
        "shown_by": "",
        "paid": 0,
    }
    row |= {"capped": 0, "owed_more": 0.0, "held_more": 1 / 3, "lost_more": 1e-9}
    return kept.typed(pd.DataFrame([row])[kept.SUMMED])


def test_what_is_kept_comes_back_as_it_was(at):
    client = at.client_params("acme")
    kept.write(summed("down"), kept.place(at, "acme", "2026-03"))
    found = kept.newest(at, "acme", PERIOD)
    assert found.drop(columns="month").equals(summed("down")) and found["month"].tolist() == ["2026-03"]
    assert [path.name for path in (client / "selftest").iterdir()] == ["2026-03.csv"]


def test_the_newest_month_of_the_period_speaks(at):
    for month, harm in (
        ("2025-12", "before"),
        ("2026-02", "early"),
        ("2026-11", "late"),
        ("2027-01", "after"),
    ):
        kept.write(summed(harm), kept.place(at, "acme", month))
    assert kept.newest(at, "acme", PERIOD)["harm"].tolist() == ["late"]


def test_where_no_month_was_tested_there_are_no_rows(at):
    found = kept.newest(at, "acme", PERIOD)
    assert found.empty and list(found) == ["month", *kept.SUMMED]


@pytest.mark.parametrize("text", ["harm,size\ndown,1\n", "", "\x00"])
def test_a_file_that_is_not_as_it_was_written_is_named(at, text):
    path = kept.place(at, "acme", "2026-03")
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(Failed, match=r"2026-03.csv.*run msp-report selftest again"):
        kept.newest(at, "acme", PERIOD)
