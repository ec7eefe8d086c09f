"""Text to typed values: what each type takes, what it rejects and why. Expected values are worked by hand."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
from examples import examples
from hypothesis import example, given
from hypothesis import strategies as st

from msp_report.intake import reasons
from msp_report.intake.chunk import Unreadable
from msp_report.intake.values import Manner, convert, mapped, signs
from msp_report.model.clock import localize, repeated
from msp_report.model.tables import STATUSES, TABLES, Column


def manner(**options) -> Manner:
    return Manner(**{"timezone": "Europe/London", "localize": localize, "repeated": repeated} | options)


def values(texts, column, **options):
    """(value, reason) of each text."""
    found = convert(pa.array(texts, pa.string()), column, manner(**options))
    return list(zip(found.values.to_pylist(), found.why.tolist(), strict=True))


def one(text, column, **options):
    ((value, why),) = values([text], column, **options)
    return value if why is None else why


AT, ON, MONTH = (Column(kind, kind, "") for kind in ("instant", "date", "month"))
NUMBER, WHOLE, MONEY, FLAG = (Column(kind, kind, "") for kind in ("number", "integer", "decimal", "boolean"))


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-04-01T10:00:00Z", utc("2026-04-01 10:00")),
        ("2026-04-01 10:00", utc("2026-04-01 09:00")),  # London in summer is an hour ahead
        ("2026-01-01 10:00", utc("2026-01-01 10:00")),
        ("2026-04-01", utc("2026-03-31 23:00")),
        ("2026-04-01T10:00:00+02:00", utc("2026-04-01 08:00")),
        ("2026-04-01T10:00:00.000+0000", utc("2026-04-01 10:00")),
        ("2026-04-01T10:00:00-05", utc("2026-04-01 15:00")),
        ("2026-04-01 10:00:00,250 UTC", utc("2026-04-01 10:00:00.250")),
        ("2026-10-25 01:30", utc("2026-10-25 00:30")),  # twice: the first
        ("2026-03-29 01:30", reasons.GAP),
        ("2026-03-29T01:30Z", utc("2026-03-29 01:30")),
        ("2026-02-30", reasons.NOT_TIME),
        ("2026-04-01T25:00", reasons.NOT_TIME),
        ("03/04/2026", reasons.NOT_TIME),
        ("2026", reasons.NOT_TIME),
        ("20260401", reasons.NOT_TIME),
        ("yesterday", reasons.NOT_TIME),
        ("1899-12-31", reasons.RANGE),
        ("2200-01-01", reasons.RANGE),
    ],
)
def test_instants_are_iso_8601_and_nothing_is_guessed(text, expected):
    assert one(text, AT) == expected


def test_formats_in_order_each_with_its_zone():
    forms = ("%d/%m/%Y %H:%M", "%d/%b/%y %I:%M %p @ America/New_York", "epoch", "epoch_ms")
    found = values(
        ["1/4/2016 01:16", "11/May/24 03:26 PM", "1459375376", "1459375376000", "2016-04-01"],
        AT,
        formats=lambda column: forms,
    )
    assert found == [
        (utc("2016-04-01 00:16"), None),
        (utc("2024-05-11 19:26"), None),  # New York in summer is four hours behind
        (utc("2016-03-30 22:02:56"), None),
        (utc("2016-03-30 22:02:56"), None),
        (None, reasons.NOT_TIME),  # iso is not among the formats
    ]


def test_the_days_of_a_workbook_and_offsets_in_a_format():
    # day 42461 after 1899-12-30 is 1 April 2016; half a day is noon, in London 11:00 UTC
    assert one("42461.5", AT, formats=lambda column: ("excel",)) == utc("2016-04-01 11:00")
    assert one("01.04.2016 12:00 +0200", AT, formats=lambda column: ("%d.%m.%Y %H:%M %z",)) == utc(
        "2016-04-01 10:00"
    )


def test_typed_cells_are_iso_whatever_the_formats_say():
    form = lambda column: ("%d/%m/%Y",)  # noqa: E731
    assert one("2026-04-01T10:00:00", AT, formats=form, typed=True) == utc("2026-04-01 09:00")
    assert one("2026-04-01", AT, formats=form, typed=True) == reasons.NOT_TIME
    own = lambda column: ("iso @ Asia/Tokyo",)  # noqa: E731
    assert one("2026-04-01T10:00:00", AT, formats=own, typed=True) == utc("2026-04-01 01:00")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-04-01", dt.date(2026, 4, 1)),
        ("2026-04-01T00:00:00Z", dt.date(2026, 4, 1)),  # a midnight is the day it was written for
        ("2019-08-18T04:00:00.000Z", dt.date(2019, 8, 18)),  # midnight in New York
        ("2019-08-18T03:59:00.000Z", dt.date(2019, 8, 17)),
        ("2026-04-01 13:45", dt.date(2026, 4, 1)),
        ("9999-12-31", dt.date(9999, 12, 31)),
        ("1066-10-14", reasons.RANGE),
        ("soon", reasons.NOT_TIME),
    ],
)
def test_dates(text, expected):
    assert one(text, ON, timezone="America/New_York") == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("2026-04", "2026-04"), ("2026-04-17", "2026-04"), ("2026-13", reasons.NOT_MONTH)]
)
def test_months(text, expected):
    assert one(text, MONTH) == expected


@pytest.mark.parametrize(
    ("text", "sign", "expected"),
    [
        ("12.5", None, 12.5),
        ("1,200.00", None, 1200.0),
        ("1,234,567", None, 1234567.0),
        ("1,200", None, reasons.DOUBT),
        ("0,200", None, reasons.NOT_NUMBER),
        ("1,200", ".", 1200.0),
        ("1,200", ",", 1.2),
        ("1.200", ",", 1200.0),
        ("1.200,5", ",", 1200.5),
        ("12.5", ",", reasons.NOT_NUMBER),
        ("12,34.5", ".", reasons.NOT_NUMBER),
        ("(500.00)", None, -500.0),
        ("500.00-", None, -500.0),
        ("\u2212500", None, -500.0),
        ("+7", None, 7.0),
        ("£ 1 200.50", None, 1200.5),
        ("1'200", None, 1200.0),
        ("1e3", None, 1000.0),
        ("1e999", None, reasons.RANGE),
        (".5", None, 0.5),
        ("inf", None, reasons.NOT_NUMBER),
        ("NaN", None, reasons.NOT_NUMBER),
        ("0x10", None, reasons.NOT_NUMBER),
        ("1_000", None, reasons.NOT_NUMBER),
        ("12%", None, reasons.NOT_NUMBER),
    ],
)
def test_numbers(text, sign, expected):
    assert one(text, NUMBER, decimal=sign) == expected


@pytest.mark.parametrize("text", ["-", "--", "–", "—", "n/a", "N/A", "#N/A", "null"])
def test_a_number_that_is_not_stated_is_missing_and_one_that_must_be_there_is_rejected(text):
    for kind in ("number", "integer", "decimal"):
        assert one(text, Column(kind, kind, "", low=0)) is None
        assert one(text, Column(kind, kind, "", True)) == reasons.NOT_NUMBER


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["12,5", "1.234"], {","}),
        (["1.234,50"], {","}),
        (["1.234.567"], {","}),
        (["1,200.00"], {"."}),
        (["0.535"], {"."}),
        (["1,234,567"], {"."}),
        (["1,200", "1.200", "17"], set()),
        (["12,5", "12.5"], {",", "."}),
    ],
)
def test_signs_that_leave_no_doubt(texts, expected):
    assert signs(pa.array(texts)) == expected


def test_per_cent_of_a_whole_only():
    share = TABLES["projects"].column("percent_complete")
    assert one("45 %", share) == 45.0 and one("101", share) == reasons.RANGE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", 3),
        ("3.0", 3),
        ("-3", -3),
        ("007", 7),
        ("3.5", reasons.NOT_WHOLE),
        ("9" * 19, reasons.RANGE),
        ("x", reasons.NOT_NUMBER),
    ],
)
def test_whole_numbers(text, expected):
    assert one(text, WHOLE) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234,567.89", Decimal("1234567.89")),
        ("100.002", Decimal("100.002")),
        ("0.30000000000000004", Decimal("0.3")),
        ("2.9999999999999996", Decimal("3")),
        ("1e-05", Decimal("0.00001")),
        ("5.", Decimal(5)),
        ("-.5", Decimal("-0.5")),
        ("1" * 29, reasons.RANGE),
    ],
)
def test_money_keeps_nine_places(text, expected):
    assert one(text, MONEY) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TRUE", True),
        ("Yes", True),
        ("1", True),
        ("f", False),
        ("No", False),
        ("0", False),
        ("2", reasons.NOT_BOOLEAN),
    ],
)
def test_flags(text, expected):
    assert one(text, FLAG) == expected


def test_choices_do_not_count_case_and_spaces():
    status = TABLES["tickets"].column("status")
    assert one("Waiting on-Customer", status) == "waiting_on_customer"
    assert one("Pending", status) == reasons.UNKNOWN


@pytest.mark.parametrize(
    ("encoding", "text", "hours"),
    [
        ("hours", "38", 38),
        ("minutes", "90", 1.5),
        ("seconds", "-3600", reasons.RANGE),
        ("milliseconds", "1800000", 0.5),
        ("hms", "100:30", 100.5),
        ("hms", "0:00:36", 0.01),
        ("hms", "1:75", reasons.NOT_DURATION),
        ("epoch_date", "1970-01-02 12:00:00", 36),
        ("text", "38h", 38),
        ("text", "1h 30m", 1.5),
        ("text", "90 min", 1.5),
        ("text", "PT40H0M0S", 40),
        ("text", "2 days", reasons.DAY_HOURS),  # of eight hours or of twenty-four?
        ("text", "0 days 4 hours", 4),
        ("text", "2 heures 32 minutes 0 seconde", 2.5333333),
        ("text", "1 Std. 30 Min.", 1.5),
        ("text", "1,5 Stunden", 1.5),
        ("text", "1,200 minutes", reasons.NOT_DURATION),  # a thousand, or one and a bit?
        ("text", "2 godz. 15 min", 2.25),
        ("text", "1 hora y 15 minutos", 1.25),
        ("text", "2h30", 2.5),
        ("text", "2 months", reasons.NOT_DURATION),
        ("text", "P1DT2H", 26),
        ("text", "1.02:00:00", 26),
        ("text", "00:30:00", 0.5),
        ("text", "1 day, 2:00:00", 26),
        ("text", "02:30", reasons.NOT_DURATION),  # hours and minutes, or minutes and seconds?
        ("text", "", reasons.NOT_DURATION),
    ],
)
def test_durations_come_in_the_unit_of_the_column(encoding, text, hours):
    column = Column("hours", "number", "", unit="hours", low=0)
    found = one(text, column, durations={"hours": encoding})
    assert found == (pytest.approx(hours) if isinstance(hours, float | int) else hours)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15.297", Decimal("15297000")),
        ("-0.000001", Decimal("-1")),
        ("0.000000001", Decimal("0.001")),
        ("1,234.5", Decimal("1234500000")),
        ("9" * 22, Decimal("9" * 22 + "000000")),
        ("9" * 23, reasons.RANGE),  # 29 digits with its millions; the table holds 28
        ("none", reasons.NOT_NUMBER),
    ],
)
def test_money_in_millions_stays_exact(text, expected):
    column = Column("forecast_cost", "decimal", "", unit="cost")
    assert one(text, column, factors={"forecast_cost": 1_000_000}) == expected
    assert one("15.297", MONEY, factors={"forecast_cost": 1_000_000}) == Decimal("15.297")  # another column


def test_numbers_in_thousands():
    column = Column("value", "number", "", low=0)
    assert values(["1.5", "-1"], column, factors={"value": 1000}) == [(1500.0, None), (None, reasons.RANGE)]


def test_maps_of_values():
    pairs = {"Neu": "new", "in arbeit": "open"}
    found = mapped(pa.array(["NEU", "In Arbeit", "closed", "other"]), pairs, STATUSES)
    assert found.values.to_pylist() == ["new", "open", "closed", None]
    assert found.why.tolist() == [None, None, None, reasons.UNKNOWN]
    through = mapped(pa.array(["state", "Impact"]), {"state": "status", "*": "*"}, ())
    assert through.values.to_pylist() == ["status", "Impact"]
    rest = mapped(pa.array(["1", "9"]), {"1": "P1", "*": "P4"}, ())
    assert rest.values.to_pylist() == ["P1", "P4"]


ANY = st.lists(st.text(max_size=12).map(str.strip).filter(bool), min_size=1, max_size=8, unique=True)
UNSTATED = {"-", "--", "–", "—", "n/a", "na", "#n/a", "null"}
KINDS = [AT, ON, MONTH, NUMBER, WHOLE, MONEY, FLAG, TABLES["tickets"].column("status")]


@examples(150)
@given(texts=ANY, column=st.sampled_from(KINDS), sign=st.sampled_from([None, ".", ","]))
def test_every_text_has_a_value_or_a_reason(texts, column, sign):
    formats = ("iso", "epoch", "%d/%m/%Y", "excel")
    try:
        given_texts = pa.array(texts, pa.string())
    except UnicodeEncodeError:  # half a surrogate pair reaches no reader's cells
        return
    found = convert(given_texts, column, manner(decimal=sign, formats=lambda name: formats))
    unstated = column.type in (
        "number",
        "integer",
        "decimal",
    )  # a dash or n/a there is no number, and no fault
    for text, value, why in zip(texts, found.values.to_pylist(), found.why, strict=True):
        nothing = unstated and text.lower() in UNSTATED
        assert (value is None) == (nothing or why is not None) and not (nothing and why), text


@examples(100)
@given(amount=st.decimals(-(10**9), 10**9, places=4))
def test_money_reads_back_what_was_written(amount):
    text = f"{amount:,.4f}"
    assert one(text, MONEY, decimal=".") == amount
    swapped = text.translate(str.maketrans(",.", ".,"))
    assert one(swapped, MONEY, decimal=",") == amount


SIGNED = Column("hours", "number", "", unit="hours")


@pytest.mark.parametrize(
    ("text", "day", "hours"),
    [
        ("1d 4h", 8, 12),
        ("1d 4h", 24, 28),
        ("1w 1d", 8, 48),  # a week of five days of eight hours
        ("1w 1d", 24, 192),
        ("2 Tage, 3 Stunden", 7.5, 18),
        ("1 jour et 2 heures", 7, 9),
        ("P1DT2H", 8, 26),  # programs count days of 24 hours
        ("1.02:00:00", 8, 26),
        ("-1d 2h", 8, -10),
        ("\u22122h 30m", 8, -2.5),
        ("-P1D", 8, -24),
        ("-1 day, 22:00:00", 8, -2),  # as Python writes minus two hours
    ],
)
def test_days_have_the_hours_that_are_stated(text, day, hours):
    assert one(text, SIGNED, durations={"hours": "text"}, day_hours=day) == hours


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/Date(1790956800000)/", utc("2026-10-02 16:00")),
        ("/Date(1790956800000+0200)/", utc("2026-10-02 16:00")),
        (r"\/Date(1790956800000)\/", utc("2026-10-02 16:00")),
        ("/Date(-62135596800000)/", reasons.RANGE),
        ("/Date(soon)/", reasons.NOT_TIME),
    ],
)
def test_times_as_dot_net_writes_them(text, expected):
    assert one(text, AT) == expected
    assert one(text, AT, formats=lambda column: ("dmy",)) == expected


def test_a_day_of_dot_net_is_the_day_where_it_was_written():
    assert one("/Date(1790978400000+0200)/", ON, timezone="UTC") == dt.date(2026, 10, 3)
    assert one("/Date(1790978400000)/", ON, timezone="UTC") == dt.date(2026, 10, 2)


@pytest.mark.parametrize(
    ("order", "text", "expected"),
    [
        ("dmy", "03/04/2026", "2026-04-03 00:00"),
        ("mdy", "03/04/2026", "2026-03-04 00:00"),
        ("dmy", "3.4.26 9:05", "2026-04-03 09:05"),
        ("dmy", "03-04-2026 18:06:07", "2026-04-03 18:06:07"),
        ("mdy", "4/3/2026 12:06 AM", "2026-04-03 00:06"),
        ("mdy", "4/3/2026, 12:06:00\u202fPM", "2026-04-03 12:06"),
        ("mdy", "4/3/26 4:06 p.m.", "2026-04-03 16:06"),
        ("ymd", "2026/4/3 04:06:07.25", "2026-04-03 04:06:07.25"),
        ("dmy", "31/12/69", "2069-12-31 00:00"),
        ("dmy", "31/12/70", "1970-12-31 00:00"),
        ("dmy", "31/04/2026", None),
        ("dmy", "04/13/2026", None),
        ("mdy", "4/3/2026 13:06 PM", None),
        ("dmy", "2026-04-03", None),
        ("named", "11/May/24 03:26 PM", "2024-05-11 15:26"),
        ("named", "2. Okt. 2026, 16:06 Uhr", "2026-10-02 16:06"),
        ("named", "2 oct. 2026 16:06", "2026-10-02 16:06"),
        ("named", "Oct 2, 2026 4:06 PM", "2026-10-02 16:06"),
        ("named", "Sun Nov 22 22:51:46 2026", "2026-11-22 22:51:46"),
        ("named", "2 de octubre de 2026", "2026-10-02 00:00"),
        ("named", "Friday, 2nd October 2026", "2026-10-02 00:00"),
        ("named", "2 Smarch 2026", None),
    ],
)
def test_dates_by_the_order_of_their_parts(order, text, expected):
    found = one(text, AT, formats=lambda column: (order,), timezone="UTC")
    assert found == (utc(expected) if expected else reasons.NOT_TIME)


def test_two_orders_are_refused_where_they_are_in_doubt():
    both = lambda column: ("iso", "dmy", "mdy")  # noqa: E731
    assert one("2026-04-03", AT, formats=both, timezone="UTC") == utc("2026-04-03 00:00")
    assert one("4/13/2026", AT, formats=both, timezone="UTC") == utc("2026-04-13 00:00")
    with pytest.raises(Unreadable, match="day and month are in doubt"):
        one("4/3/2026", AT, formats=both)


def test_a_day_may_mean_that_no_time_is_set():
    unset = lambda column: ("1900-01-01",)  # noqa: E731
    texts = [
        "1900-01-01T00:00:00",
        "/Date(-2208988800000)/",
        "/Date(-2208992400000)/",
        "2026-10-02T10:00:00Z",
    ]
    assert values(texts, AT, unset=unset) == [(None, None)] * 3 + [(utc("2026-10-02 10:00"), None)]


def test_factors_below_one_are_exact():
    assert one("3", NUMBER, factors={"number": Decimal("0.1")}) == 0.3
    assert one("160050", MONEY, factors={"decimal": Decimal("0.01")}) == Decimal("1600.5")
    assert one("1.5", MONEY, factors={"decimal": Decimal(1_000_000)}) == Decimal(1_500_000)


@examples(100)
@example(["0000-01-01T00:00:00Z"])  # a year that Python has no date of
@example(["2000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"])
@given(
    st.lists(
        st.one_of(
            st.datetimes(dt.datetime(1890, 1, 1), dt.datetime(2210, 1, 1)).map(
                "{:%Y-%m-%dT%H:%M:%SZ}".format
            ),
            st.sampled_from(
                [
                    "2026-02-30T00:00:00Z",
                    "2026-10-01T24:00:00Z",
                    "2026-10-01T08:00:60Z",
                    "0000-01-01T00:00:00Z",
                ]
            ),
            st.sampled_from(["2026-10-01T08:00:00+01:00", "2026-10-01 08:00:00Z", "never"]),
        ),
        max_size=4,
        unique=True,
    )
)
def test_plain_instants_are_read_as_all_others(texts):
    column = TABLES["tickets"].column("opened_at")
    quick = convert(pa.array(texts, pa.string()), column, manner())
    slow = convert(pa.array([*texts, "2026-10-25T01:30"], pa.string()), column, manner())
    assert quick.values.equals(slow.values[:-1])
    assert quick.why.tolist() == slow.why.tolist()[:-1]
    assert quick.fold.tolist() == slow.fold.tolist()[:-1]
