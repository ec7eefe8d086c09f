"""What a user's words come to in contract.yaml: never silently a thousandth, a week for a day, or no hours."""

import pytest

from msp_report.model.errors import WrongUse
from msp_report.start import contract


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("monthly", 31),
        ("30", 30),
        ("every 2 weeks", 14),
        ("3 months", 93),
        ("1 day", 1),
        ("1.5 days", 1.5),
        ("every year", None),
        ("31st of the month", None),
        ("twice in 7 days", None),
    ],
)
def test_how_often_a_duty_is_due(said, days):
    assert contract._every(said) == days


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri 8:00-18:00", "mon tue wed thu fri"),
        ("sun-thu 8:00-17:00", "sun mon tue wed thu"),
        ("fri-mon 8:00-17:00", "fri sat sun mon"),
        ("sat 9:00-12:00", "sat"),
    ],
)
def test_a_week_begins_on_any_day(text, days):
    assert set(contract._hours(text)) == set(days.split())


@pytest.mark.parametrize(
    ("text", "number"), [("18,000", 18000), ("18 000", 18000), ("18000.50", 18000.5), ("90", 90)]
)
def test_numbers_as_people_write_them(text, number):
    assert contract._plain(text) == number


@pytest.mark.parametrize("text", ["18.000", "1.200.000"])
def test_a_point_that_may_part_thousands_is_refused(text):
    with pytest.raises(WrongUse, match="may be thousands or a decimal"):
        contract._plain(text)
