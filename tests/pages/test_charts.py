"""Every form says what it shows, is the same each time, and survives missing, hostile and single values."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from functools import cache
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from msp_report.pages import charts
from msp_report.pages.display import MARK, Display

HOSTILE = "</text><script>alert(1)</script> $\\frac{1}{2}$ \x00 日本 &"
MONTHS = [f"2025-{month:02d}" for month in range(10, 13)] + [f"2026-{month:02d}" for month in range(1, 11)]
WORDS = {"alt": "It fell.", "title": "What is drawn"}
LONDON = Display(currency="GBP", timezone="Europe/London")

TREND = pd.DataFrame(
    {
        "month": MONTHS,
        "value": [
            0.9992,
            0.9995,
            0.9991,
            0.9994,
            None,
            0.9996,
            0.9993,
            0.9999,
            0.9991,
            0.9987,
            0.9993,
            0.9995,
            0.9985,
        ],
        "verdict": [*["met"] * 9, "missed", "met", "met", "missed"],
    }
)
SUBJECTS = pd.DataFrame(
    {
        "subject": ["email", "webshop", HOSTILE],
        "value": [0.9985, 0.9999, 0.9991],
        "low": [0.998, None, 0.996],
        "high": [0.999, 1, 0.9999],
        "target": [0.999, 0.999, None],
        "verdict": ["missed", "met", "no_verdict"],
        "days": [40, -12, 0],
        "late": [True, False, None],
    }
)
AGES = pd.DataFrame(
    [(p, a, n) for p in ("P1", "P2") for a, n in (("under a day", 3), ("over 90 days", 5))],
    columns=["priority", "age", "value"],
)
DAYS = pd.DataFrame(
    {"day": pd.date_range("2026-10-01", periods=28), "value": [0.0, 30.5] * 14, "service": "email"}
)
COURSES = pd.DataFrame(
    [
        (subject, month, value, unit, *limits, value is not None and not limits[0] <= value <= limits[2])
        for subject, unit, values, limits in (
            (
                "Availability",
                "ratio",
                TREND["value"].where(TREND["value"].notna(), None),
                (0.998, 0.9992, 0.9998),
            ),
            (HOSTILE, "min", [None] * 11 + [30.0, 90.0], (20.0, 30.0, 40.0)),
            ("One month", "cost", [None] * 12 + [5.0], (float("nan"),) * 3),
        )
        for month, value in zip(MONTHS, values, strict=True)
    ],
    columns=["subject", "month", "value", "unit", "lower", "mean", "upper", "signal"],
)

PARTS = pd.DataFrame(
    {
        "part": ["all", "hold", HOSTILE],
        "money": [100.0, 70.0, 30.0],
        "verdict": [None, "missed", "met"],
    }
)
STRETCHES = pd.DataFrame(
    {
        "subject": ["db-03", "file-01", "file-01", HOSTILE],
        "begin_at": pd.to_datetime(
            ["2026-10-04 23:00Z", "2026-09-30 23:00Z", "2026-10-21 00:00Z", "2026-09-30 23:00Z"]
        ),
        "end_at": pd.to_datetime(
            ["2026-11-01 00:00Z", "2026-10-21 00:00Z", "2026-11-01 00:00Z", "2026-11-01 00:00Z"]
        ),
        "verdict": ["missed", "met", "missed", "no_verdict"],
        "text": ["0 of 27", "20 of 31", "20 of 31", "30 of 31"],
    }
)
LEVELS = COURSES[["subject", "month", "value"]].assign(
    target=0.999, verdict=lambda f: np.where(f["value"] < 0.999, "missed", "met")
)[lambda f: f["subject"] != HOSTILE]
PLANS = SUBJECTS.assign(
    first=pd.to_datetime(["2026-06-30", "2026-11-30", "2026-12-31"]),
    now=pd.to_datetime(["2026-08-09", "2026-11-18", "2026-12-31"]),
)
USE = pd.DataFrame({"on": pd.date_range("2026-01-01", periods=300), "value": np.linspace(0.5, 0.8, 300)})
FULL_ON = pd.Timestamp("2027-01-25")

Form = Callable[[pd.DataFrame], charts.Picture]
FORMS: dict[str, tuple[Form, pd.DataFrame]] = {
    "trend": (
        lambda f: charts.trend(f, unit="ratio", target=0.999, limits=(0.998, 0.9999), show=LONDON, **WORDS),
        TREND,
    ),
    "against_target": (lambda f: charts.against_target(f, show=LONDON, **WORDS), SUBJECTS),
    "ranked_bars": (lambda f: charts.ranked_bars(f, value="days", **WORDS), SUBJECTS),
    "variance_bars": (lambda f: charts.variance_bars(f, value="days", **WORDS), SUBJECTS),
    "waterfall": (lambda f: charts.waterfall(f, value="money", show=LONDON, **WORDS), PARTS),
    "strips": (lambda f: charts.strips(f, show=LONDON, **WORDS), STRETCHES),
    "stacked_bars": (lambda f: charts.stacked_bars(f, label="priority", by="age", **WORDS), AGES),
    "calendar": (lambda f: charts.calendar(f, by="service", **WORDS), DAYS),
    "months": (lambda f: charts.months(f, show=LONDON, **WORDS), LEVELS),
    "outlook": (
        lambda f: charts.outlook(f, limit=0.9, slope=0.001, full_on=FULL_ON, show=LONDON, **WORDS),
        USE,
    ),
    "spans": (
        lambda f: charts.spans(
            f, first="first", now="now", on=pd.Timestamp("2026-10-31"), show=LONDON, **WORDS
        ),
        PLANS,
    ),
    "control": (lambda f: charts.control(f, show=LONDON, **WORDS), COURSES),
}
each_form = pytest.mark.parametrize("name", FORMS)


@cache
def drawn(name: str) -> charts.Picture:
    form, frame = FORMS[name]
    return form(frame)


def svg_of(picture: charts.Picture) -> str:
    source = picture._repr_html_().partition("data:image/svg+xml;base64,")[2].partition('"')[0]
    return base64.b64decode(source).decode()


def words_in(picture: charts.Picture) -> str:
    """Every text of the drawing."""
    root = ElementTree.fromstring(svg_of(picture))
    return " | ".join(" ".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text"))


@each_form
def test_a_picture_is_an_image_with_words(name):
    html = drawn(name)._repr_html_()
    assert '<figcaption>What is drawn</figcaption><img alt="It fell.' in html
    assert MARK in drawn(name)._repr_mimebundle_()
    assert str(drawn(name)).startswith("What is drawn: It fell.")


@each_form
def test_the_same_frame_gives_the_same_bytes(name):
    form, frame = FORMS[name]
    assert drawn(name)._repr_html_() == form(frame)._repr_html_()


@each_form
def test_the_drawing_is_whole_small_and_fetches_nothing(name):
    svg = svg_of(drawn(name))
    root = ElementTree.fromstring(svg)
    assert len(svg) < 20_000
    assert "http" not in svg.replace("http://www.w3.org/", "")
    assert not root.findall(".//{http://www.w3.org/2000/svg}script")
    assert "/metadata" not in svg and "matplotlib" not in svg.lower()


@each_form
def test_drawing_is_silent_and_leaves_no_figure_open(name):
    import matplotlib.pyplot as plt

    before = dict(matplotlib.rcParams)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        form, frame = FORMS[name]
        form(frame)
    assert plt.get_fignums() == []
    assert dict(matplotlib.rcParams) == before


@each_form
def test_nothing_to_draw_says_why(name):
    form, frame = FORMS[name]
    html = form(frame[:0])._repr_html_()
    assert "Nothing to draw: " in html and "<img" not in html and "What is drawn" in html


@each_form
def test_one_row_is_enough(name):
    form, frame = FORMS[name]
    assert "<img" in form(frame[:1])._repr_html_()


@pytest.mark.parametrize("missing", ["alt", "title"])
def test_a_picture_without_words_is_refused(missing):
    with pytest.raises(ValueError, match=f"needs an? {missing}"):
        charts.trend(TREND, **{**WORDS, missing: " "})
    with pytest.raises(ValueError, match=f"needs an? {missing}"):
        charts.trend(TREND[:0], **{**WORDS, missing: " "})


def test_a_trend_labels_its_target_and_last_point_and_marks_what_was_missed():
    words = words_in(drawn("trend"))
    for text in ("agreed 99.9 %", "99.85 %", "usual range", "×: not known", "2026"):
        assert text in words
    calm = TREND.assign(verdict="met")
    assert charts.ACCENT in svg_of(drawn("trend"))
    assert charts.ACCENT not in svg_of(charts.trend(calm, unit="ratio", **WORDS))


def test_a_trend_keeps_a_gap_open():
    # a value between two gaps of its own: three runs, so three lines
    frame = pd.DataFrame({"month": MONTHS[:6], "value": [1.0, 2, None, 3, None, 4]})
    root = ElementTree.fromstring(svg_of(charts.trend(frame, **WORDS)))
    lines = [
        path.get("d")
        for path in root.iter("{http://www.w3.org/2000/svg}path")
        if "stroke: var(" in path.get("style", "") and "stroke-width: 1.8" in path.get("style", "")
    ]
    assert sum(line.count("L") for line in lines) == 1  # only 1 to 2 is joined


def test_a_trend_over_days_and_over_minutes():
    days = pd.DataFrame({"day": pd.date_range("2026-10-01", periods=31), "value": np.linspace(100, 400, 31)})
    words = words_in(charts.trend(days, x="day", unit="min", show=LONDON, **WORDS))
    assert "31 Oct" in words and "4 h" in words and "6 h 40 min" in words


def test_against_target_puts_the_worst_first_and_says_the_verdict():
    words = words_in(drawn("against_target"))
    order = [words.index(text) for text in ("email", "alert(1)", "webshop")]
    assert order == sorted(order)
    for text in ("✗ 99.85 %, agreed 99.9 %", "? 99.91 %", "✓ 99.99 %, agreed 99.9 %"):
        assert text in words


def test_against_target_tells_a_value_from_its_target():
    frame = pd.DataFrame({"subject": ["P1"], "value": [0.94996], "target": [0.95], "verdict": ["missed"]})
    assert "94.996 %" in words_in(charts.against_target(frame, **WORDS))


def test_bars_are_ranked_and_the_rest_is_counted():
    frame = pd.DataFrame({"subject": [f"c{n}" for n in range(1300)], "value": range(1300)})
    words = words_in(charts.ranked_bars(frame, **WORDS))
    assert words.index("c1299") < words.index("c1298")
    assert "1,288 more in the table" in words and "c1287" not in words


def test_bars_of_one_name_stay_apart():
    frame = pd.DataFrame({"subject": ["a", "a"], "value": [3, 1]})
    words = words_in(charts.ranked_bars(frame, **WORDS)).split(" | ")
    assert words.count("a") == 2 and {"3", "1"} <= set(words)


BARS = ["ranked_bars", "variance_bars", "waterfall"]


@pytest.mark.parametrize("name", BARS)
def test_a_bar_has_the_colour_and_the_sign_of_its_verdict_and_of_nothing_else(name):
    form, frame = FORMS[name]
    missed = frame["verdict"].eq("missed").sum()
    drawing = svg_of(drawn(name))
    accent = re.search(rf"(--\w):{charts.ACCENT}", drawing)[1]
    assert drawing.count(f"fill: var({accent})") == 2 * missed  # the bar, and its number
    assert words_in(drawn(name)).count("✗") == missed
    for calm in (frame.assign(verdict="met"), frame.drop(columns="verdict")):
        assert charts.ACCENT not in svg_of(form(calm)) and "✗" not in words_in(form(calm))


@pytest.mark.parametrize("name", [*BARS, "strips"])
def test_the_alternative_of_bars_has_every_number(name):
    picture, told = drawn(name), str(drawn(name))
    shown = [text for text in words_in(picture).split(" | ") if any(letter.isdigit() for letter in text)]
    texts = [text for text in shown if name != "strips" or " of " in text]
    assert texts and all(text in told for text in texts)


@pytest.mark.parametrize("name", BARS)
def test_a_long_name_is_neither_cut_nor_written_over(name):
    form, frame = FORMS[name]
    label = "part" if name == "waterfall" else "subject"
    long = "orders split under the approval limit by the provider"
    root = ElementTree.fromstring(svg_of(form(frame.assign(**{label: long}))))
    places = [
        (float(node.get("y") or node.get("transform").split()[-1].rstrip(")")), "".join(node.itertext()))
        for node in root.iter("{http://www.w3.org/2000/svg}text")
    ]
    names = [up for up, text in places if text.lower() == long]
    assert len(names) == len(frame)
    others = [up for up, text in places if text.lower() != long]
    assert min(abs(one - two) for one in names for two in others) > 10  # points: a line
    begins = [
        float(node.get("x") or re.search(r"translate\(([\d.]+)", node.get("transform"))[1])
        for node in root.iter("{http://www.w3.org/2000/svg}text")
        if "".join(node.itertext()).lower() == long
    ]
    assert max(begins) < 10  # at the left edge, so that there is room for a line of them


def test_the_line_that_bars_are_held_against_has_its_words():
    picture = charts.ranked_bars(SUBJECTS, value="days", line=30, line_words="agreed", **WORDS)
    assert "agreed" in words_in(picture) and "agreed" in str(picture)
    assert "agreed" not in words_in(drawn("ranked_bars"))


def test_parts_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match="do not add up"):
        charts.waterfall(PARTS.assign(money=[100.0, 70.0, 29.0]), value="money", **WORDS)


def test_strips_stand_on_the_days_of_the_client():
    picture = drawn("strips")
    assert words_in(picture).startswith("1 | 5 | 10 ")  # midnight of 1 October in London is 23:00 UTC
    for text in ("thin: as agreed", "thick: missed", "amber: not known", "0 of 27"):
        assert text in words_in(picture)
    assert "amber" not in words_in(charts.strips(STRETCHES[:3], show=LONDON, **WORDS))
    assert "1 more in the table" in words_in(charts.strips(STRETCHES, most=2, show=LONDON, **WORDS))


def test_variance_speaks_of_late_and_early():
    words = words_in(drawn("variance_bars"))
    assert (
        "40 days late" in words and "12 days early" in words and "as planned" in words and "-12" not in words
    )


def test_missing_days_are_crossed_and_noughts_are_not():
    words = words_in(drawn("calendar"))
    assert "×: not known" in words  # 29 to 31 October have no row
    whole = pd.DataFrame({"day": pd.date_range("2026-10-01", periods=31), "value": 0.0})
    assert "×" not in words_in(charts.calendar(whole, **WORDS))


def test_hostile_names_stay_text():
    words = words_in(drawn("ranked_bars"))
    assert "</text><script>" in words  # read back as text, so it was escaped
    assert "$" in words_in(charts.ranked_bars(SUBJECTS.assign(subject="$x$"), value="days", **WORDS))
    html = charts.ranked_bars(SUBJECTS, value="days", alt='"><script>', title="<b>")._repr_html_()
    assert "<script" not in html and "<b>" not in html


def test_those_who_cannot_see_it_are_told_its_numbers():
    told = str(charts.trend(TREND, unit="ratio", target=0.999, show=LONDON, **WORDS))
    for part in (
        "First 99.92 % (October 2025)",
        "last 99.85 % (October 2026)",
        "lowest 99.85 % (October 2026)",
        "highest 99.99 % (May 2026)",
        "target 99.9 %",
        "1 not known",
    ):
        assert part in told
    assert "email: ✗ 99.85 %, agreed 99.9 % (missed)" in str(drawn("against_target"))
    assert "P1: under a day 3, over 90 days 5; P2" in str(drawn("stacked_bars"))
    assert "planned first 30 Jun 2026, expected now 9 Aug 2026, 40 days late" in str(drawn("spans"))
    assert "It meets its limit about 25 Jan 2027." in str(drawn("outlook"))
    assert "email: 427" in str(drawn("calendar"))
    assert "Availability: first 99.92 % (October 2025)" in str(drawn("months"))


@each_form
def test_a_drawing_has_colours_for_both_lights(name):
    """None stands outside the two lists, so no mark is lost on the ground of the other; a text that is said in colour
    has at least 4.5 to 1 against either ground."""
    svg = svg_of(drawn(name))
    style = svg.partition("<style>")[2].partition("</style>")[0]
    light, dark = (re.findall(r"(--\w):(#\w{6})", part) for part in style.split("@media"))
    assert [key for key, _ in light] == [key for key, _ in dark]
    assert set(re.findall(r"var\((--\w)\)", svg)) <= dict(light).keys()
    assert not re.findall(r"#[0-9a-f]{6}", svg.replace(style, ""))
    for shown, ground in ((dict(light), charts.PLATE), (dict(dark), charts.DARK[charts.PLATE])):
        names = {key: colour for key, colour in light}
        for key, colour in shown.items():
            if names[key] in (charts.INK, charts.SOFT, charts.ACCENT, charts.OPEN):
                assert contrast(colour, ground) >= 4.5, (colour, ground)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 has it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize(
    ("unit", "values", "ends"),
    [
        ("count", [61, 91], ("0", "80")),
        ("ratio", [0.3, 0.7], ("0 %", "100 %")),
        ("ratio", [0.01, 0.04], ("0 %", "4 %")),
        ("ratio", [0.991, 0.997], ("99.25 %", "100 %")),
    ],
)
def test_an_axis_begins_at_nought_but_near_all_of_it(unit, values, ends):
    frame = pd.DataFrame({"month": MONTHS[:2], "value": values})
    words = words_in(charts.trend(frame, unit=unit, **WORDS)).split(" | ")
    for end in ends:
        assert end in words


def test_what_was_asked_for_is_not_called_agreed():
    words = words_in(charts.trend(TREND, unit="ratio", target=0.999, asked=True, **WORDS))
    assert "asked for 99.9 %" in words and "agreed" not in words


def test_a_long_name_goes_over_two_lines():
    name = "The office never stands still for want of IT"
    frame = pd.DataFrame({"subject": [name], "value": [3]})
    words = words_in(charts.ranked_bars(frame, **WORDS))
    assert words.replace(" | ", " ").startswith(name)


def test_the_parts_of_one_bar_say_their_numbers_and_the_missed_one_is_first():
    frame = pd.DataFrame({"all": "", "kind": ["on the list", "not on the list"], "value": [37, 395]})
    picture = charts.stacked_bars(frame, label="all", by="kind", missed="not on the list", **WORDS)
    words = words_in(picture).split(" | ")
    assert words.index("not on the list: 395") < words.index("on the list: 37")
    assert charts.ACCENT in svg_of(picture)


def test_each_row_of_dots_has_its_own_target():
    frame = LEVELS.assign(target=np.where(LEVELS["subject"].eq("Availability"), 0.9995, 0.99))
    words = words_in(charts.months(frame, show=LONDON, **WORDS))
    assert "agreed 99.95 %" in words and "agreed 99 %" in words


def test_many_marks_become_pixels():
    frame = pd.DataFrame({"day": pd.date_range("2020-01-01", periods=900), "value": np.arange(900.0)})
    html = charts.trend(frame, x="day", **WORDS)._repr_html_()
    assert "data:image/png;base64," in html and len(html) < 60_000
    assert html == charts.trend(frame, x="day", **WORDS)._repr_html_()


def test_a_sparkline_is_a_word_in_size():
    picture = charts.sparkline([0.9992, None, 0.9999, 0.9985], alt='It "fell"', target=0.999)
    html = picture._repr_html_()
    root = ElementTree.fromstring(html)
    assert len(html) < 700 and root.get("role") == "img" and root.get("aria-label") == 'It "fell"'
    line = root.findall("path")[-1].get("d")
    assert line.count("M") == 2 and line.count("L") == 1  # the gap is open
    # 0.9999 is the top (3 from above), 0.9985 the bottom (17)
    assert " 3.0L" in line and line.endswith(" 17.0")


def test_sparklines_of_a_table_say_their_range():
    pictures = charts.sparklines(
        [[0.9, None, 0.999], [None, np.nan], [5, 5, 5]],
        ["ratio", "count", "count"],
        targets=[0.95, None, None],
    )
    assert [str(picture) for picture in pictures] == [
        "3 months: lowest 90.0 %, highest 99.9 %, last 99.9 %",
        "no history",
        "3 months: lowest 5, highest 5, last 5",
    ]
    assert "no history" in pictures[1]._repr_html_()
    with pytest.raises(ValueError, match="alt text"):
        charts.sparkline([1, 2], alt="")


def test_a_first_font_cache_stays_unsaid(tmp_path):
    """On a new machine matplotlib logs to stderr that it builds its cache, which would reach the page."""
    code = (
        "import logging, msp_report.pages.charts;"
        "logging.getLogger('matplotlib.font_manager').warning('Matplotlib is building the font cache')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"MPLCONFIGDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == "" and done.stdout == ""


# ---------------------------------------------------------------- a year


def test_a_control_chart_names_each_series_and_its_last_value():
    words = words_in(drawn("control"))
    assert words.count("Oct") == 2 * 3 and "Availability" in words and "One month" in words
    for last in ("99.85 %", "1 h 30 min", "£5"):
        assert last in words
    assert "usual range" in words and "ring: outside its usual course" in words


def test_a_signal_is_ringed_and_a_series_without_one_is_not():
    def rings(frame):
        return svg_of(charts.control(frame, **WORDS)).count("stroke-width: 1.8")

    quiet = COURSES[COURSES["subject"].eq("Availability")].assign(signal=False)
    loud = quiet.assign(signal=quiet["month"].eq("2026-07"))
    assert rings(quiet) == 0 < rings(loud)


def test_a_series_without_any_value_is_left_out():
    silent = COURSES.assign(value=COURSES["value"].mask(COURSES["subject"].eq("One month")))
    assert "One month" not in words_in(charts.control(silent, show=LONDON, **WORDS))


def test_limits_that_move_are_drawn_as_a_step():
    frame = COURSES[COURSES["subject"].eq("Availability")]
    moved = frame.assign(lower=frame["lower"].where(frame["month"] < "2026-04", 0.99))
    assert svg_of(charts.control(moved, **WORDS)) != svg_of(charts.control(frame, **WORDS))


def test_verdicts_become_signs_with_words():
    frame = pd.DataFrame(
        {"2026-01": ["met", "missed", None], "2026-02": ["absent", "no_data", HOSTILE], "n": [1, 2, 3]}
    )
    drawn_frame = charts.marks(frame, ["2026-01", "2026-02"])
    words = drawn_frame[["2026-01", "2026-02"]].map(str).to_numpy().tolist()
    assert words == [["met", "no pack"], ["missed", "no data"], ["", "no pack"]]
    html = drawn_frame["2026-01"][1]._repr_html_()
    assert 'aria-label="missed"' in html and "✗" in html and 'role="img"' in html
    assert drawn_frame["n"].tolist() == [1, 2, 3] and frame["2026-01"][0] == "met"


def test_a_column_a_month_is_headed_by_it():
    heads = charts.month_headings(["2025-12", "2026-01", "2026-02"], LONDON)
    assert heads == {
        "2025-12": ("Dec\n2025", "text"),
        "2026-01": ("Jan\n2026", "text"),
        "2026-02": ("Feb", "text"),
    }


@examples(60)
@given(
    names=st.lists(st.text("abc", min_size=1, max_size=10), max_size=6, unique=True),
    start=st.text("ab.", max_size=40).map(lambda text: f"{text}/"),
)
def test_names_that_begin_alike_are_told_apart_by_their_ends(names, start):
    shown = charts.told_apart([start + name for name in names], 16)
    assert len(set(shown)) == len(names) and all(len(text) <= 16 for text in shown)
