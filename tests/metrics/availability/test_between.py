"""Rule 21, T chart: the days from one outage of a service to the next. Cases worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from months import MonthOf

from msp_report.metrics import signals
from msp_report.metrics.availability import analyse
from msp_report.metrics.availability.between import FEW, UNWATCHED
from msp_report.model.period import Period

#: The year 2026 in months of UTC; the month under test is December.
YEAR = [str(month) for month in Period.parse("2026").months]
DECEMBER = (pd.Timestamp("2026-12-01", tz="UTC"), pd.Timestamp("2027-01-01", tz="UTC"))
AGREED = {"services": [{"name": "email", "outage_min": 5}]}


def outages(*begin: str, minutes: int = 60) -> pd.DataFrame:
    """Outages of email, each of so many minutes."""
    at = pd.to_datetime([f"2026-{text}" for text in begin], utc=True)
    ends = at + pd.Timedelta(minutes=minutes)
    return pd.DataFrame({"service": "email", "started_at": at, "ended_at": ends, "state": "down"})


def came(months=YEAR, tables=("outages",)) -> pd.DataFrame:
    """What was read for each month."""
    return pd.DataFrame([(month, table) for month in months for table in tables], columns=["month", "table"])


def between(log, checks=None, files=None, agreed=AGREED) -> pd.DataFrame:
    tables = {name: frame for name, frame in (("outages", log), ("checks", checks)) if frame is not None}
    told = came(tables=tuple(tables)) if files is None else files
    return analyse(MonthOf(*DECEMBER, agreed, tables=tables, files=told)).between


#: Gaps of 10, 30, 10, 30, 10, 30 and 20 days.
EIGHT = outages("05-01", "05-11", "06-10", "06-20", "07-20", "07-30", "08-29", "09-18")


def test_the_days_between_by_hand():
    """The roots of 10 and 30 days are 1.896 and 2.572: mean 2.234, ranges 0.676, limits 0.436 and 4.032."""
    (row,) = between(EIGHT).to_dict("records")
    assert (row["service"], row["since"], row["outages"], row["n"]) == ("email", "2026-01", 8, 7)
    assert (row["newest_days"], row["since_days"]) == (20, 105)
    assert row["mean_days"] == pytest.approx(18.06, abs=0.01)
    assert (row["usual_low_days"], row["usual_high_days"]) == pytest.approx((0.05, 151.5), abs=0.05)
    assert (row["trial"], row["variation"], row["quiet"]) == (True, signals.USUAL, False)
    assert pd.isna(row["why"])


@pytest.mark.parametrize(
    ("last", "variation"),
    [("12-29", signals.USUAL), ("08-29 02:00", signals.USUAL), ("08-29 01:05", signals.WORSE)],
)
def test_outages_close_on_each_other_are_worse_than_usual(last, variation):
    """The lower limit is 0.05 days, 72 minutes."""
    rows = pd.concat([EIGHT.iloc[:7], outages(last)], ignore_index=True)
    assert between(rows)["variation"].tolist() == [variation]


def test_outages_that_overlap_are_one():
    rows = pd.concat([EIGHT, outages("09-18 00:30")], ignore_index=True)
    assert between(rows)["outages"].tolist() == [8]


def test_a_quiet_time_counts_while_it_lasts():
    """With the twenty days the mean of the roots is 2.243, the upper limit 3.86 or 129 days."""
    earlier = EIGHT.assign(**{name: EIGHT[name] - pd.Timedelta("30D") for name in ("started_at", "ended_at")})
    found = between(earlier)
    assert found["since_days"].tolist() == [135] and found["quiet"].tolist() == [True]
    assert found["variation"].tolist() == [signals.USUAL]


def test_seven_times_are_needed():
    found = between(EIGHT.iloc[1:])
    assert (found["n"][0], found["why"][0], bool(found["trial"][0])) == (6, FEW, False)
    assert found[["variation", "mean_days", "usual_low_days"]].isna().all(axis=None)
    assert between(EIGHT.iloc[:0]).empty, "no outage, no row"


def test_what_is_too_short_to_count_is_no_outage():
    short = outages("09-20", minutes=4)
    assert between(pd.concat([EIGHT, short], ignore_index=True))["outages"].tolist() == [8]


def test_an_outage_over_the_end_of_a_month_is_one():
    long = outages("10-31 23:00", minutes=120)
    assert between(pd.concat([EIGHT, long], ignore_index=True))["outages"].tolist() == [9]


@pytest.mark.parametrize(
    ("files", "since", "count"),
    [
        (came(YEAR[7:]), "2026-08", 2),
        # June is missing: what lies before it is not looked at
        (came([month for month in YEAR if month != "2026-06"]), "2026-07", 4),
        (came([]), "2026-12", 0),
    ],
)
def test_it_is_looked_back_as_far_as_the_log_came_every_month(files, since, count):
    found = between(EIGHT, files=files)
    assert found["outages"].tolist() == [count][:count] and set(found["since"]) <= {since}


def test_a_month_that_lacks_one_of_two_tables_ends_the_look_back():
    checks = pd.DataFrame({"service": ["web"], "at": [DECEMBER[0]], "state": ["up"]})
    files = pd.concat([came(), came(YEAR[7:], ("checks",))], ignore_index=True)
    assert between(EIGHT, checks, files)["since"].tolist() == ["2026-08"]


def watched(*unseen: tuple[str, str], begin=EIGHT["started_at"]) -> pd.DataFrame:
    """Checks of email every hour from May on, down at each beginning, but for the days when nobody looked."""
    at = pd.date_range("2026-05-01", "2027-01-01", freq="h", inclusive="left", tz="UTC")
    state = pd.Series(at.isin(begin)).map({True: "down", False: "up"})
    rows = pd.DataFrame({"service": "email", "at": at, "state": state, "max_gap_s": 3600})
    seen = pd.Series(True, rows.index)
    for first, last in unseen:
        seen &= ~rows["at"].between(f"2026-{first}T00:30Z", f"2026-{last}T00:00Z")
    return rows[seen]


@pytest.mark.parametrize(
    ("unseen", "n", "why"),
    [
        ([], 8, None),
        # of the twenty days before 18 September two are a tenth, three are more
        ([("08-30", "09-01")], 8, None),
        ([("08-30", "09-02")], 7, None),
        # of the thirty days before 10 June too: then there are six
        ([("08-30", "09-02"), ("05-20", "05-25")], 6, FEW),
        # the newest are not judged
        ([("10-01", "11-01")], 7, UNWATCHED),
    ],
)
def test_days_in_which_an_outage_may_hide_are_left_out(unseen, n, why):
    begin = [*EIGHT["started_at"], pd.Timestamp("2026-12-20", tz="UTC")]
    found = between(None, watched(*unseen, begin=begin), came(YEAR[4:], ("checks",)))
    assert (found["outages"][0], found["n"][0]) == (9, n)
    assert (None if pd.isna(found["why"][0]) else found["why"][0]) == why
    assert pd.isna(found["variation"][0]) == bool(why)
