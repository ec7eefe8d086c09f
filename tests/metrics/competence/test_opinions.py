"""Third-party opinions: which stands at the cut-off, and since when it has run out."""

import pandas as pd
import pytest

from msp_report.metrics.competence.opinions import OPINION_COLUMNS, opinions, unassessed

COLUMNS = ["subject", "assessed_on", "assessor", "independent", "engaged_by", "result", "expires_on"]


def register(*rows):
    table = pd.DataFrame(
        [(subject, on, who, free, "client", "fit", until) for subject, on, who, free, until in rows],
        columns=COLUMNS,
    )
    return table.assign(**{name: pd.to_datetime(table[name]) for name in ("assessed_on", "expires_on")})


#: October 2026 in New York ends at 04:00 UTC on 1 November.
CUTOFF = pd.Timestamp("2026-11-01T04:00", tz="UTC")

CASES = [
    # opinions of one subject, who stands, expired, days overdue, why
    ([("2025-10-01", "Owl", True, "2026-10-30")], "Owl", True, 1, "held to the 30th; the last day is the 31st"),
    ([("2025-10-01", "Owl", True, "2026-10-31")], "Owl", False, None, "holds on its last day"),
    ([("2025-09-15", "Owl", True, None)], "Owl", True, 47, "a year: to 14 September; 16 days of September and 31"),
    ([("2026-11-01", "Owl", True, None)], None, None, None, "after the month: it does not exist yet"),
    (
        [("2024-01-01", "Owl", True, "2024-12-31"), ("2026-01-01", "Elk", True, "2026-12-31")],
        "Elk", False, None, "renewed",
    ),
    (
        [("2026-01-01", "Owl", True, "2026-06-30"), ("2026-08-01", "Provider", False, "2027-07-31")],
        "Owl", True, 123, "July 31, August 31, September 30, October 31; the provider's own renews nothing",
    ),
    ([("2026-08-01", "Provider", False, "2027-07-31")], "Provider", False, None, "all there is"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "who", "expired", "days", "why"), CASES)
def test_the_opinion_that_stands(rows, who, expired, days, why):
    found = opinions(register(*(("backups", *row) for row in rows)), CUTOFF, "America/New_York")
    assert list(found.columns) == OPINION_COLUMNS
    if who is None:
        assert found.empty, why
        return
    (row,) = found.to_dict("records")
    assert (row["assessor"], row["expired"]) == (who, expired), why
    assert pd.isna(row["days_overdue"]) if days is None else row["days_overdue"] == days, why


def test_the_zone_decides_the_last_day():
    known = register(("backups", "2026-11-01", "Owl", True, None))
    assert opinions(known, CUTOFF, "America/New_York").empty
    assert len(opinions(known, CUTOFF, "UTC")) == 1


def test_subjects_are_one_whatever_their_case_and_the_longest_overdue_comes_first():
    known = register(
        ("Backups", "2025-01-01", "Owl", True, None),
        ("backups", "2026-01-01", "Elk", True, None),
        ("security", "2023-01-01", "Owl", True, None),
        ("competence", "2025-01-01", "Owl", True, None),
    )
    found = opinions(known, pd.Timestamp("2026-10-31"))
    assert found["subject"].tolist() == ["security", "competence", "backups"]
    assert found["expired"].tolist() == [True, True, False]


@pytest.mark.parametrize("known", [None, register()])
def test_no_opinion_is_no_row(known):
    found = opinions(known, CUTOFF)
    assert found.empty and list(found.columns) == OPINION_COLUMNS


def test_functions_on_which_nobody_has_an_opinion():
    found = opinions(register(("Help Desk", "2026-01-01", "Owl", True, None)), CUTOFF)
    contract = {
        "scope": [
            {"subject": "help desk ", "role": "do", "evidence": "certificate"},
            {"subject": "backups", "role": "do"},
            {"subject": "security", "role": "advise", "evidence": "none"},
            {"subject": "acquisitions", "role": "none"},
        ]
    }
    missing = unassessed(found, contract, CUTOFF)
    assert missing["function"].tolist() == ["backups", "security"]
    assert missing["role"].tolist() == ["do", "advise"]
    assert unassessed(found, {}, CUTOFF).empty
