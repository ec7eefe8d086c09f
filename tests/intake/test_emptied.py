"""Columns that came empty though earlier months filled them (rule 41)."""

import pandas as pd
import pytest

from msp_report.case import open_case
from msp_report.intake.emptied import emptied

ROWS = 40


def made(folder, month, share):
    """A month's accepted purchases of which a share is paid."""
    paid = [f"2026-{month:02}-20" if row < share * ROWS else None for row in range(ROWS)]
    path = folder / f"{month}.parquet"
    frame = pd.DataFrame({"document": ["invoice"] * ROWS, "paid_on": pd.to_datetime(paid), "unit": None})
    frame.to_parquet(path)
    return path


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        pytest.param([0.5, 0.5, 0.5], 0, ["paid_on"], id="half of every month, none of this one"),
        pytest.param([0.5, 0.5, 0.5], 0.1, [], id="a few are there"),
        pytest.param([0.5, 0.5], 0, [], id="two months are no habit"),
        pytest.param([0.5, 0, 0.5], 0, [], id="a month was empty before"),
        pytest.param([0, 0.5, 0.5, 0.5], 0, ["paid_on"], id="only the last three months count"),
        pytest.param(
            [0.5, 0.1, 0.5], 0, [], id="at one in ten forty rows may be empty by chance: 0.9 ** 40 is 0.015"
        ),
    ],
)
def test_a_column_is_missed_where_chance_would_not_leave_it_empty(tmp_path, before, now, expected):
    months = [made(tmp_path, month, share) for month, share in enumerate(before, start=1)]
    assert emptied("purchases", made(tmp_path, 9, now), months) == expected


def test_it_is_told_by_table_and_column(place):
    """A client whose tickets had requesters for three months, and then none."""
    head = "ticket_id,opened_at,priority,status,requester\n"
    place.client(sources="tables: {tickets: {file: tickets.csv}}\n")
    for month in (1, 2, 3, 4):
        rows = "".join(
            f"{month}-{n},2026-0{month}-05 09:00,P1,open,{'' if month == 4 else 'ann'}\n" for n in range(20)
        )
        place.put({"tickets.csv": head + rows}, f"2026-0{month}")
    case = open_case("acme", "2026-04", place.root)
    assert case.emptied().values.tolist() == [["tickets", "requester"]]
    assert open_case("acme", "2026-03", place.root).emptied().empty
