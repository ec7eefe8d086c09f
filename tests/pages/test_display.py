"""Every number in words, every hostile text harmless."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import math
import re
import subprocess
import sys
from decimal import Decimal
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from msp_report.model.columns import with_sum
from msp_report.model.figures import Figure
from msp_report.model.hostile import visible
from msp_report.model.period import Month, Period
from msp_report.pages import display
from msp_report.pages.display import Display
from msp_report.params import Sources, as_contract
from msp_report.words import labels, numbers, records
from msp_report.words.numbers import number

HOSTILE = '<img src=x onerror="alert(1)"><script>alert(1)</script>'


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.95, "95 %"),
        (0.875, "87.5 %"),
        (2 / 3, "66.7 %"),
        (0.999, "99.9 %"),
        (0.9995, "99.95 %"),
        (0.99851, "99.85 %"),  # more than 0.1 % from the bound: two decimals
        (0.999537, "99.954 %"),  # closer: three
        (0.0004, "0.04 %"),
        (1.2345, "123.5 %"),  # 123.45, half up
        (-0.031, "-3.1 %"),
        (0.29, "29 %"),  # 0.29 * 100 is 28.999999999999996 in binary
        # rule 6: rounding never reaches a bound that the value does not
        (1, "100 %"),
        (0, "0 %"),
        (0.9999999, "<100 %"),
        (1.0000001, ">100 %"),
        (1e-9, ">0 %"),
        (-1e-9, "<0 %"),
    ],
)
def test_ratio(value, text):
    assert number(value, "ratio") == text


@examples(200)
@given(st.floats(0, 1))
def test_a_ratio_says_a_bound_only_where_it_is_reached(value):
    text = number(value, "ratio")
    assert (text == "100 %") == (value == 1)
    assert (text == "0 %") == (value == 0)


@examples(100)
@given(st.floats(0.001, 0.999))
def test_a_ratio_in_words_is_near_the_ratio(value):
    assert math.isclose(float(number(value, "ratio").removesuffix(" %")) / 100, value, abs_tol=0.0005)


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "0 min"),
        (0.001, "<1 s"),
        (-0.001, ">-1 s"),
        (0.5, "30 s"),
        (1.5, "1 min 30 s"),
        (7.25, "7 min 15 s"),
        (12.4, "12 min"),  # from ten minutes on seconds do not matter
        (59.7, "1 h"),
        (200, "3 h 20 min"),
        (240, "4 h"),
        (2879, "47 h 59 min"),
        (2879.9, "2 d"),
        (3120, "2 d 4 h"),
        (3149, "2 d 4 h"),  # 4 h 29 min: from 48 hours on minutes do not matter
        (100_000, "69 d 11 h"),  # 69 d = 99,360; 640 min = 10 h 40 min
        (-12, "-12 min"),
    ],
)
def test_minutes(minutes, text):
    assert number(minutes, "min") == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1_000_000, "count", "1,000,000"),
        (12.44, "count", "12.4"),  # an estimate
        (3.25, "hours", "3.3 h"),
        (160, "hours", "160 h"),
        (0.02, "hours", "0.02 h"),
        (1, "days", "1 day"),
        (12, "days", "12 days"),
        (-3, "days", "-3 days"),
        (4.166, "score", "4.17"),
        (0.8333, "index", "0.83"),
        (0.000123, "index", "0.00012"),
        (3.14159, "", "3.14"),
        (np.int64(7), "count", "7"),
        (np.float64(0.5), "ratio", "50 %"),
        (Decimal("0.125"), "ratio", "12.5 %"),
    ],
)
def test_other_units(value, unit, text):
    assert number(value, unit) == text


@pytest.mark.parametrize(
    ("value", "locale", "currency", "text"),
    [
        (1234.5, "en-GB", "GBP", "£1,234.50"),
        (18000, "en-GB", "GBP", "£18,000"),
        (Decimal("18000.00"), "en-GB", "GBP", "£18,000"),
        (-2.5, "en-GB", "GBP", "-£2.50"),
        (1234.5, "de-DE", "EUR", "1.234,50\xa0€"),
        (1234.56, "en-GB", "JPY", "JP¥1,235"),
        (1234.5, "en-GB", None, "1,234.50"),
    ],
)
def test_cost(value, locale, currency, text):
    assert number(value, "cost", locale, currency) == text


def test_the_locale_sets_the_digits():
    assert number(0.9995, "ratio", "de-DE") == "99,95 %"
    assert number(1_234_567, "count", "fr-FR") == "1\u202f234\u202f567"


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT, Decimal("NaN")])
def test_missing_is_not_known_and_why(missing):
    assert number(missing, "ratio") == "not known"
    assert number(missing, "cost", why="No invoices were supplied.") == "not known: No invoices were supplied"


def test_a_value_beside_its_target_is_told_apart_from_it():
    assert number(0.94996, "ratio") == "95 %"
    assert number(0.94996, "ratio", apart_from=0.95) == "94.996 %"
    assert number(0.95, "ratio", apart_from=0.95) == "95 %"
    assert number(240.4, "min", apart_from=240) == "4 h 24 s"
    assert number(4.998, "score", apart_from=5) == "4.998"


@pytest.mark.parametrize(
    ("value", "unit", "error"),
    [(1, "furlong", ValueError), (math.inf, "count", ValueError), ("1", "count", TypeError)],
)
def test_what_is_no_number_is_refused(value, unit, error):
    with pytest.raises(error):
        number(value, unit)


def test_numbers_of_a_column_share_their_decimals():
    assert Display().numbers([0.5, 0.999, None, 1], "ratio") == ["50.0 %", "99.9 %", "not known", "100 %"]
    assert Display(currency="GBP").numbers([20, 1234.5], "cost") == ["£20.00", "£1,234.50"]
    assert Display().interval(0.621, 0.963, "ratio") == "62.1 % to 96.3 %"


# ---------------------------------------------------------------- time


def test_an_instant_is_shown_in_the_clients_zone():
    show = Display(timezone="Europe/London")
    assert show.instant("2026-07-03T13:05Z") == "3 Jul 2026, 14:05"
    # the hour that is there twice: 00:30 UTC is summer time, 01:30 UTC winter time
    assert show.instant("2026-10-25T00:30Z") == "25 Oct 2026, 01:30 BST"
    assert show.instant("2026-10-25T01:30Z") == "25 Oct 2026, 01:30 GMT"
    assert show.instant(pd.NaT) == "not known"
    with pytest.raises(ValueError, match="no zone"):
        show.instant("2026-10-03T13:05")


def test_dates_and_periods():
    assert Display().day(dt.date(2026, 10, 3)) == Display().day("2026-10-03") == "3 Oct 2026"
    assert Display().day(None) == "not known"
    assert numbers.period(Period.parse("2026-10")) == numbers.period(Month(2026, 10)) == "October 2026"
    assert numbers.period(Period.parse("2026-01..2026-12")) == "2026"
    assert numbers.period(Period.parse("2025-07..2026-06"), "de-DE") == "Juli 2025 to Juni 2026"


def test_an_axis_of_months_names_the_year_where_it_changes():
    assert Display().moments(["2025-11", "2025-12", "2026-01"]) == ["Nov\n2025", "Dec", "Jan\n2026"]
    assert Display().moments([dt.date(2026, 10, 3)]) == ["3 Oct\n2026"]


# ---------------------------------------------------------------- sentences


class _Parsed(HTMLParser):
    """Tags, attributes and text of a piece of HTML."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def parse(thing: display.Html) -> _Parsed:
    return _Parsed(thing._repr_html_())


def test_headlines_open_large_and_list_the_worst_first():
    lines = [
        ("Two missed.", "missed"),
        ("412 were opened.", None),
        ("Webshop met it.", "met"),
        ("ERP unclear.", "no_verdict"),
        ("Email missed it.", "missed"),
        ("Backups unknown.", "no_data"),
    ]
    shown = parse(display.headlines(lines))
    order = [
        shown.text.index(text) for text, _ in (lines[0], lines[1], lines[4], lines[3], lines[5], lines[2])
    ]
    assert order == sorted(order)
    assert shown.of("p")[0]["class"] == "opening missed"
    assert len(shown.of("li")) == 4
    assert "✗\xa0missed Email" in shown.text  # words, not colour alone


def test_headlines_take_figures_and_pass_over_silent_ones():
    figures = [
        Figure(measure="a.b", value=1, verdict="met", headline="Fine."),
        Figure(measure="a.c", value=1, verdict="missed", headline="Bad."),
        Figure(measure="a.d", value=1),
    ]
    shown = parse(display.headlines(figures, opening=False))
    assert len(shown.of("li")) == 2 and not shown.of("p")
    assert shown.text.index("Bad.") < shown.text.index("Fine.")


def test_exceptions_lead_to_their_pages():
    figures = pd.DataFrame(
        {
            "report": ["tickets", "availability"],
            "measure": ["tickets.backlog", "availability.ratio"],
            "subject": [None, "web shop"],
            "verdict": ["missed", "no_data"],
            "headline": ["Late.", HOSTILE],
        }
    )
    shown = parse(display.exceptions(figures, empty="All was kept."))
    assert shown.of("a") == [
        {"href": "tickets.html#figure-backlog"},
        {"href": "availability.html#figure-ratio-web-shop"},
    ]
    assert [item["class"] for item in shown.of("li")] == ["missed", "no_data"]
    assert "Evidence: tickets" in shown.text and HOSTILE in shown.text and not shown.of("script")
    assert parse(display.exceptions(figures[:0], empty="All was kept.")).text == "All was kept."


def test_a_reply_stands_beside_the_figure_it_disputes():
    figures = pd.DataFrame(
        {
            "report": ["tickets", "tickets", "backups"],
            "measure": ["tickets.a", "tickets.a", "backups.b"],
            "subject": ["P1", "P2", None],
            "verdict": ["missed", "missed", None],
            "headline": ["P1 late.", "P2 late.", "Saved."],
        }
    )
    replies = pd.DataFrame(
        {
            "measure": ["tickets.a", "tickets.a", "backups.b", "other.c"],
            "subject": ["P1", "P1", "", "P1"],
            "said": [HOSTILE, "And again.", "Not so.", "Elsewhere."],
        }
    )
    shown = parse(display.exceptions(figures, empty="", replies=replies))
    order = ["P1 late.", HOSTILE, "And again.", "P2 late.", "Saved.", "Not so."]
    assert [shown.text.index(text) for text in order] == sorted(map(shown.text.index, order))
    assert len(shown.of("blockquote")) == 2 and not shown.of("script") and "Elsewhere." not in shown.text
    assert [item["class"] for item in shown.of("li")] == ["missed", "missed", ""]
    assert HOSTILE in str(display.exceptions(figures, empty="", replies=replies))


@pytest.mark.parametrize("opening", [True, False])
def test_a_line_carries_its_replies_wherever_it_stands(opening):
    lines = [
        ("First.", "missed", ["One."]),
        ("Plain.", None, [HOSTILE]),
        ("Judged.", "met", ()),
        ("Other.", "met"),
    ]
    shown = parse(display.headlines(lines, opening=opening))
    assert len(shown.of("blockquote")) == 2 and not shown.of("script")
    assert shown.text.index("First.") < shown.text.index("One.")
    assert shown.text.index("Plain.") < shown.text.index(HOSTILE) < shown.text.index("Judged.")


def test_nothing_to_attend_to_and_nothing_to_say_is_nothing():
    assert str(display.exceptions(pd.DataFrame(), empty="")) == ""
    assert display.exceptions(pd.DataFrame(), empty="")._repr_html_() == ""


def test_a_verdict_that_is_gone_may_be_said_in_words():
    frame = pd.DataFrame({"what": ["a", "b"], "now": ["met", None]})
    columns = {"what": ("What", "text"), "now": ("Is", "verdict")}
    assert "not shown" not in str(Display().table(frame, columns, caption="All"))
    columns["now"] = ("Is", "verdict", "not shown")
    text = parse(Display().table(frame, columns, caption="All")).text
    assert "✓\xa0met" in text and "not shown" in text


def test_every_mark_has_a_sign_of_its_own_and_words():
    """None is that of a verdict, and each stands for something without its colour."""
    assert set(display.MARKS) == {*labels.CODES["variation"], *labels.CODES["assurance"]}
    signs = [*display.MARKS.values(), *display.SIGNS.values()]
    assert len(signs) == len(set(signs))
    assert str(display.mark("worse than usual")) == "! worse than usual"
    frame = pd.DataFrame({"what": ["a", "b"], "now": ["hit or miss", None], "why": [None, "no month"]})
    columns = {"what": ("What", "text"), "now": ("Is", "mark", "why")}
    text = str(Display().table(frame, columns, caption="c"))
    assert "◆ hit or miss" in text and "not known: no month" in text


def test_every_verdict_has_a_sign_and_words():
    texts = [str(display.verdict(name)) for name in display.SIGNS]
    assert texts == ["✗ missed", "? no verdict", "– no data", "○ no target agreed", "✓ met"]
    assert str(display.verdict(None)) == ""


def test_notes_keep_paragraphs_and_nothing_else():
    shown = parse(display.notes(f"First line\nsecond line\r\n\r\n{HOSTILE}\n\n\n"))
    assert len(shown.of("p")) == 2 and not shown.of("br") and "First line second line" in shown.text
    assert not shown.of("script") and not shown.of("img")
    assert HOSTILE in shown.text
    assert display.notes(" \n")._repr_html_() == ""


@pytest.mark.parametrize(
    "href", ["https://elsewhere.example", "//elsewhere", "/etc/passwd", "javascript:alert(1)"]
)
def test_links_stay_inside_the_pack(href):
    with pytest.raises(ValueError, match="out of the pack"):
        display.link("text", href)


def test_links_are_escaped():
    shown = parse(display.links(["<b>Tickets"], ['tickets.html#a"b'])[0])
    assert shown.of("a") == [{"href": 'tickets.html#a"b'}] and not shown.of("b")


# ---------------------------------------------------------------- tables

FRAME = pd.DataFrame(
    {
        "ticket_id": [f"INC{number}" for number in range(8)],
        "title": [HOSTILE, *["Printer jam"] * 7],
        "took_min": [300.0, 60, None, 10, 1, 2, 3, 4],
        "solved_at": pd.to_datetime(["2026-07-03T13:05Z", None, *["2026-07-04T13:05Z"] * 6]),
        "verdict": ["missed", "met", None, *["met"] * 5],
        "result": [0.5, 12, 3, 1, 1, 1, 1, 1],
        "unit": ["ratio", "count", "min", *["ratio"] * 5],
        "why_missing": [None, None, "still open", *[None] * 5],
    }
)
COLUMNS = {
    "ticket_id": ("Ticket", "text"),
    "title": ("What it was about", "text"),
    "took_min": ("Took", "min", "why_missing"),
    "solved_at": ("Solved", "at", "not solved"),
    "verdict": ("Verdict", "verdict"),
    "result": ("Result", "unit"),
}
LONDON = Display(timezone="Europe/London")


def test_a_table_shows_its_first_rows_and_links_the_rest():
    table = LONDON.table(FRAME, COLUMNS, caption="Tickets", more="../records/tickets/clocks.csv")
    shown = parse(table)
    assert len(shown.of("tr")) == 6
    assert [head["scope"] for head in shown.of("th")] == ["col"] * 6 + ["row"] * 5
    assert "3 more are not shown. All rows as CSV" in shown.text
    assert shown.of("a") == [{"class": "rows", "href": "../records/tickets/clocks.csv"}]
    assert shown.of("div")[0]["id"] == "table-tickets"
    assert "INC5" not in shown.text


def test_a_tables_cells_are_words():
    text = parse(LONDON.table(FRAME, COLUMNS, caption="Tickets")).text
    for words in ("5 h", "3 Jul 2026, 14:05", "not solved", "not known: still open", "50 %", "12", "3 min"):
        assert words in text
    assert "✗\xa0missed" in text and "nan" not in text.lower() and "NaT" not in text


def test_a_hostile_title_stays_text():
    shown = parse(LONDON.table(FRAME, COLUMNS, caption=HOSTILE))
    assert not shown.of("script") and not shown.of("img")
    assert shown.text.count(HOSTILE) == 2  # the cell and the caption
    assert shown.of("div")[1]["aria-label"] == HOSTILE


def test_numbers_stand_to_the_right_and_long_words_have_room():
    table = LONDON.table(FRAME, COLUMNS, caption="Tickets", rows=1)
    heads = [head.get("class") for head in parse(table).of("th")]
    assert heads == [None, None, "n", "t", None, "n", "t"]
    assert [cell.get("class") for cell in parse(table).of("td")] == ["long", "n", "t", None, "n"]


def test_a_very_long_text_is_clipped_and_control_characters_go():
    frame = pd.DataFrame({"title": ["x" * 10_000_000, "a\x00b\x1b[31m"]})
    text = parse(Display().table(frame, {"title": ("Title", "text")}, caption="Texts")).text
    assert len(text) < 300 and "…" in text and "\x00" not in text and "\x1b" not in text


def test_cells_that_are_html_stay_as_they_are():
    frame = pd.DataFrame({"m": display.links(["Tickets & more"], ["tickets.html"]), "v": [1]})
    table = Display().table(frame, {"m": ("Measure", "text"), "v": ("Value", "count")}, caption="Links")
    assert '<a href="tickets.html">Tickets &amp; more</a>' in table._repr_html_()


def test_an_empty_frame_says_so():
    shown = parse(
        Display().table(FRAME[:0], COLUMNS, caption="Tickets", empty="No ticket missed its target.")
    )
    assert shown.text == "Tickets: No ticket missed its target." and not shown.of("table")


def test_all_rows_and_their_link():
    columns = {"ticket_id": ("Ticket", "text")}
    whole = parse(LONDON.table(FRAME, columns, caption="T", rows=None, more="a.csv")).text
    assert "All rows as CSV" in whole and "not shown" not in whole
    assert "3 more are not shown." in parse(LONDON.table(FRAME, columns, caption="T")).text


@pytest.mark.parametrize(
    ("columns", "caption", "message"),
    [
        ({"nope": ("A", "text")}, "T", "no column 'nope'"),
        ({"title": (" ", "text")}, "T", "no title"),
        ({"title": ("A", "furlong")}, "T", "'furlong' is neither a unit nor a column"),
        ({"title": ("A", "text")}, " ", "needs a caption"),
    ],
)
def test_a_wrong_table_is_refused(columns, caption, message):
    with pytest.raises(ValueError, match=message):
        Display().table(FRAME, columns, caption=caption)


def test_facts():
    shown = parse(
        LONDON.facts({"Rule": HOSTILE, "Rows": (141712, "count"), "By": display.link("here", "a.html")})
    )
    assert len(shown.of("dt")) == len(shown.of("dd")) == 3
    assert "141,712" in shown.text and HOSTILE in shown.text and not shown.of("img")


def test_data_used_names_what_was_not_supplied():
    reading = pd.DataFrame(
        {
            "table": ["tickets", "checks"],
            "file": ["tickets.csv", None],
            "read": [1200, None],
            "accepted": [1190, None],
            "rejected": [10, None],
            "outside": [0, None],
            "in_fold": [0, None],
            "second": [0, None],
            "reach": pd.to_datetime(["2026-10-10 08:00Z", None]),
            "reach_by": ["exported_at", None],
            "evidence": ["raw", None],
        }
    )
    text = parse(LONDON.data_used(reading)).text
    assert "1,200" in text and "not supplied" in text and "not known" not in text
    assert "its time of export" in text and "repeated hour" not in text
    twice = parse(LONDON.data_used(reading.assign(in_fold=[4, None], second=[2, None]))).text
    assert "In the repeated hour" in twice


def test_what_is_shown_carries_the_mark_and_plain_text():
    bundle = LONDON.table(FRAME, COLUMNS, caption="Tickets")._repr_mimebundle_()
    assert display.MARK in bundle and bundle["text/plain"].startswith("Tickets\n")
    both = display.together(display.notes("one"), display.notes("two"))
    assert both._repr_html_().count("<p>") == 2 and str(both) == "one\n\ntwo"


def test_display_does_not_load_the_drawing_libraries():
    heavy = "any(m in sys.modules for m in ('matplotlib', 'seaborn', 'scipy'))"
    code = f"import sys, msp_report.pages.display; sys.exit({heavy})"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ---------------------------------------------------------------- records


def written(frame: pd.DataFrame, tmp_path) -> str:
    path = tmp_path / "record.csv"
    records.write_csv(frame, path)
    return path.read_bytes().decode()


def test_a_record_is_plain(tmp_path):
    frame = pd.DataFrame(
        {
            "ticket_id": ["INC1", None],
            "at": pd.to_datetime(["2026-07-03T14:05+01:00", None], utc=True),
            "precise_at": pd.to_datetime(["2026-07-03T13:05:00.25Z", "2026-07-03T13:05:00.00Z"]).as_unit(
                "us"
            ),
            "on": pd.to_datetime(["2026-07-03", None]),
            "day": [dt.date(2026, 7, 3), None],
            "ratio": [0.1, np.nan],
            "zero": [-0.0, 0.0],
            "count": pd.array([1, None], dtype="Int64"),
            "met": pd.array([True, None], dtype="boolean"),
            "flag": [True, False],
            "amount": [Decimal("1.50"), None],
            "kind": pd.Categorical(["a", None]),
        }
    )
    assert written(frame, tmp_path).splitlines() == [
        "ticket_id,at,precise_at,on,day,ratio,zero,count,met,flag,amount,kind",
        "INC1,2026-07-03T13:05:00Z,2026-07-03T13:05:00.250000Z,2026-07-03,2026-07-03,0.1,0.0,1,true,true,1.50,a",
        ",,2026-07-03T13:05:00.000000Z,,,,0.0,,,false,,",
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_a_record_holds_no_live_formula(tmp_path, start, dtype):
    frame = pd.DataFrame(
        {"title": pd.Series([f"{start}cmd|'/c calc'!A1", "fine"], dtype=dtype), "value": [-1.5, 2]}
    )
    _, with_formula, fine = csv.reader(io.StringIO(written(frame, tmp_path), newline=""))
    assert with_formula == [f"'{start}cmd|'/c calc'!A1".replace("\r", "\n"), "-1.5"]
    assert fine == ["fine", "2.0"]


@pytest.mark.parametrize("dtype", ["str", "object"])
def test_a_line_end_inside_a_text_begins_no_row(tmp_path, dtype):
    frame = pd.DataFrame({"title": pd.Series(["a\r=cmd()", "b\r\n@c", "d\n+e"], dtype=dtype), "n": [1, 2, 3]})
    text = written(frame, tmp_path)
    assert "\r" not in text
    assert list(csv.reader(io.StringIO(text, newline="")))[1:] == [
        ["a\n=cmd()", "1"],
        ["b\n@c", "2"],
        ["d\n+e", "3"],
    ]


def test_a_formula_in_a_column_name_is_inert_too(tmp_path):
    assert written(pd.DataFrame({"=1+1": [1]}), tmp_path) == "'=1+1\n1\n"


def test_a_record_refuses_what_has_no_text(tmp_path):
    with pytest.raises(ValueError, match="'gap' holds durations"):
        written(pd.DataFrame({"gap": pd.to_timedelta([1], unit="s")}), tmp_path)
    with pytest.raises(ValueError, match="'value' holds an infinite"):
        written(pd.DataFrame({"value": [math.inf]}), tmp_path)


def test_a_record_without_rows_or_columns(tmp_path):
    assert (
        written(FRAME[:0][["ticket_id", "took_min", "solved_at"]], tmp_path)
        == "ticket_id,took_min,solved_at\n"
    )
    assert written(pd.DataFrame(), tmp_path).strip() == ""


def test_two_columns_of_one_name_stay_two(tmp_path):
    assert written(pd.DataFrame([[1, 2]], columns=["a", "a"]), tmp_path) == "a,a\n1,2\n"


@examples(40)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20),
            st.floats(allow_nan=False, allow_infinity=False),
            st.integers(-(2**53), 2**53),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_a_record_reads_back_as_it_was(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("records") / "record.csv"
    records.write_csv(pd.DataFrame(rows, columns=["text", "value", "count"]), path)
    first = path.read_bytes()
    with open(path, encoding="utf-8", newline="") as file:
        back = list(csv.reader(file))[1:]
    texts = [visible(row[0]).removeprefix("'") for row in rows]
    assert [row[0].removeprefix("'") for row in back] == texts
    assert [float(row[1]) for row in back] == [row[1] for row in rows]
    assert [int(row[2]) for row in back] == [row[2] for row in rows]
    records.write_csv(pd.DataFrame(rows, columns=["text", "value", "count"]), path)
    assert path.read_bytes() == first and b"\r\n" not in first


def test_half_of_a_letter_is_marked(tmp_path):
    assert written(pd.DataFrame({"a": pd.Series(["x\ud800"], dtype=object)}), tmp_path) == "a\nx\ufffd\n"


def test_escaping_is_what_a_browser_reads_back():
    assert (
        html.unescape(display.link(HOSTILE, "a.html")._repr_html_().split(">", 1)[1].rsplit("<", 1)[0])
        == HOSTILE
    )


def test_signs_become_words_by_standing_apart():
    frame = pd.DataFrame({"days": [5.0, -3.0, 0.0, None]})
    found = display.apart(frame, days=("later", "earlier"))
    assert found["later"].dropna().tolist() == [5.0]
    assert found["earlier"].dropna().tolist() == [3.0]


def test_what_the_contract_gives_a_title_is_called_by_it():
    agreed = as_contract(
        {
            "client": {"name": "Acme", "timezone": "Europe/London"},
            "services": [{"name": "email", "title": "the mail"}, {"name": "erp"}],
            "tickets": {"priorities": {"P1": {"title": "urgent"}, "P2": {}}},
            "capacity": [{"resource": "wan", "metric": "use", "title": "the London line"}],
        }
    )
    show = Display.of(agreed)
    assert show.subject("availability.ratio", "email") == "the mail"
    assert show.subject("capacity.utilisation", "wan:use") == "the London line"
    assert show.subject("tickets.backlog", "P1") == "urgent (P1)"
    assert show.subject("availability.ratio", "erp") == "erp"
    rows = {
        "service": ["email", "erp"],
        "priority": ["P1", "P2"],
        "resource": ["wan", "wan"],
        "metric": ["use", "cpu"],
    }
    table = str(show.table(pd.DataFrame(rows), {name: (name, "text") for name in rows}, caption="c"))
    shown = [line.split() for line in table.splitlines()[2:]]
    assert shown == [
        ["The", "mail", "Urgent", "(P1)", "The", "London", "line", "use"],
        ["erp", "P2", "wan", "cpu"],
    ]


def test_a_ticket_leads_to_its_tool_where_the_source_says_where_that_is():
    frame = pd.DataFrame({"ticket_id": ["INC 7&<", None], "place": ["one", ""]})
    plain = Display().table(frame, {"ticket_id": ("Ticket", "text", "none")}, caption="c", ids="place")
    assert "<a " not in plain._repr_html_() and '<tr id="one">' in plain._repr_html_()
    show = Display(ticket_url="https://desk.example/t/{ticket_id}?a=1&b=2")
    found = show.table(frame, {"ticket_id": ("Ticket", "text", "none")}, caption="c")._repr_html_()
    assert (
        '<a href="https://desk.example/t/INC%207%26%3C?a=1&amp;b=2" rel="noreferrer">INC 7&amp;&lt;</a>'
        in found
    )
    assert found.count("<a ") == 1 and "none" in found


@pytest.mark.parametrize(
    "address",
    [
        "ftp://desk.example/{ticket_id}",
        "https://desk.example/",
        "javascript:alert({ticket_id})",
        "https://{a}",
    ],
)
def test_an_address_that_leads_to_no_ticket_is_refused(address):
    with pytest.raises(ValueError, match="url"):
        Sources.model_validate({"tables": {"tickets": {"file": "t.csv", "url": address}}})


# ---------------------------------------------------------------- where rows come from


def _of_lines(table, rows):
    """Two rows of three that are known, one of an earlier month and on several lines."""
    assert table == "tickets" and list(rows["ticket_id"]) == ["T1", "T2", "T3"]
    told = {"month": [None, "2026-03", None], "file": ["tickets_<b>.csv", "t.csv", None]}
    return pd.DataFrame({**told, "line": [1214, 2, None], "lines": [1, 3, None]})


def test_a_row_says_the_file_and_line_it_comes_from():
    show = Display(lines_of=_of_lines)
    rows = pd.DataFrame({"ticket_id": ["T1", "T2", "T3"], "priority": ["P1", "P1", "P2"]})
    page = show.table(rows, {"ticket_id": ("Ticket", "text")}, caption="Late")._repr_html_()
    below = [re.sub("<[^>]+>", "", text) for text in re.findall(r'<small class="from">(.*?)</small>', page)]
    assert below == ["tickets_&lt;b&gt;.csv, line 1,214", "t.csv, March 2026, line 2 and 2 more"]
    # in the order of its groups each row keeps its own
    mixed = rows.assign(priority=["P1", "P2", "P1"])
    page = show.table(
        mixed, {"ticket_id": ("Ticket", "text")}, caption="Late", group="priority"
    )._repr_html_()
    heads = [re.sub("<[^>]+>", " ", text).split() for text in re.findall(r'<th scope="row".*?</th>', page)]
    assert [head[0] for head in heads] == ["T1", "T3", "T2"] and heads[1] == ["T3"]
    # rows that are named by what is no number of an accepted table come from many lines
    page = show.table(rows, {"priority": ("Priority", "text")}, caption="Late")._repr_html_()
    assert "from" not in page


def test_a_table_that_shows_all_ends_somewhere_and_its_sum_still_adds_up():
    rows = pd.DataFrame(
        {"name": [f"P{n}" for n in range(1_500)], "cost": range(1_500), "spent": [1.5, None] * 750}
    )
    columns = {
        "name": ("Project", "text", "all together"),
        "cost": ("Cost", "cost"),
        "spent": ("Spent", "cost", ""),
    }
    show = Display(currency="GBP")
    page = show.table(
        with_sum(rows, "cost", "spent", known=True), columns, rows=None, caption="Cost"
    )._repr_html_()
    cells = [
        re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.S)
        for row in re.findall(r"<tr.*?</tr>", page, re.S)[1:]
    ]
    plain = [[re.sub("<[^>]+>|[£,]", "", cell) for cell in row] for row in cells]
    assert len(plain) == display.MOST_ROWS + 2
    assert plain[-2][0] == "1440 others" and plain[-1][0] == "all together"
    for place in (1, 2):
        *each, whole = (float(row[place] or 0) for row in plain)
        assert sum(each) == whole and whole > 0
    # without a sum what is not shown is counted
    page = show.table(rows, {"name": ("Project", "text")}, rows=None, caption="Names")._repr_html_()
    assert page.count("<tr>") == display.MOST_ROWS + 1 and "1,440 more are not shown." in page
