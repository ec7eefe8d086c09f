"""Links of the pages: each leads to a file and a place that is there, and what it says is true of them.

The pages are those of the demo company: two months, the day, the two as a year and a comparison.
"""

import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest

from msp_report.model.measures import MEASURES
from msp_report.packs import pack
from msp_report.pages import counts
from msp_report.pages.publish import _anchored
from msp_report.words import markdown
from msp_report.words.numbers import Numbers

#: A line of page one, or of the page to which it leads: what is between its badge and its link, if it has one.
ITEM = re.compile(r'<li class="(?P<verdict>\w*)"(?: id="(?P<id>[^"]+)")?>(?P<said>.*?)</li>', re.S)
LINK = re.compile(r'<a(?: class="\w+")? href="([^"]+)"[^>]*>([^<]*)</a>')


@pytest.fixture(scope="module")
def folders(every_pack) -> list[Path]:
    """The html/ of every pack that was published."""
    found = [*every_pack.output.glob("*/*/html"), *every_pack.output.glob("*/*/*/html")]
    assert len(found) > 3
    return [folder for folder in found if ".revisions" not in folder.parts]


def read(page: Path) -> str:
    """A page without the marks of the language that brackets every message."""
    return re.sub("[⟦⟧]", "", page.read_text(encoding="utf-8"))


def ids(html: str) -> list[str]:
    return [unescape(name) for name in re.findall(r'\bid="([^"]*)"', html)]


def said(html: str) -> str:
    """The sentence of a line: without badge, link and replies."""
    line = re.sub(
        r'<span class="verdict.*?</span>\s*\S*?</span>|<a .*?</a>|<blockquote.*', "", html, flags=re.S
    )
    return " ".join(re.sub("<[^>]+>", "", line).split())


#: A row's head with the file and line below it, and the month of a file that is not the page's own.
FROM = re.compile(
    r'<th[^>]* scope="row"[^>]*>(?P<head>(?:(?!</th>).)*?)'
    r'<small class="from"><code>(?P<file>[^<]+)</code>, (?:(?P<month>\w+ \d{4}), )?line (?P<line>[\d,]+)',
    re.S,
)


def test_the_line_that_a_row_names_is_the_one_it_came_from(folders, every_pack):
    told: dict[str, int] = {}
    for folder in folders:
        if not re.fullmatch(r"\d{4}-\d\d", folder.parent.name) or folder.parent.parent.name == "compare":
            continue
        for page in folder.glob("*.html"):
            for found in FROM.finditer(read(page)):
                if not found["file"].endswith(".csv"):  # of a workbook the row
                    continue
                head = unescape(re.sub("<[^>]+>", "", found["head"])).strip()
                month = (
                    pd.Timestamp(found["month"]).strftime("%Y-%m") if found["month"] else folder.parent.name
                )
                export = next(every_pack.exports.rglob(f"{month}/{found['file']}"))
                line = export.read_text(encoding="latin-1").splitlines()[
                    int(found["line"].replace(",", "")) - 1
                ]
                number = re.fullmatch(r"[A-Z]{2,4}-[\w-]+|[\w-]+", head)
                assert not number or head.partition(" ")[0] in line, (page.name, head, line)
                told[found["file"]] = told.get(found["file"], 0) + bool(number)
    assert {"tickets.csv", "purchases.csv", "outages.csv"} <= {name for name, n in told.items() if n}


def test_no_id_stands_twice_on_a_page(folders):
    twice = {
        (page.name, name)
        for folder in folders
        for page in folder.glob("*.html")
        for names in [ids(read(page))]
        for name in names
        if names.count(name) > 1
    }
    assert not twice


def test_every_heading_and_table_has_an_id(folders):
    for folder in folders:
        for page in folder.glob("*.html"):
            html = read(page)
            assert not re.findall(r'<h[2-6]>|<div class="table">|<p class="empty">', html), page


def test_every_link_to_a_place_finds_it(folders):
    lost = []
    for folder in folders:
        places = {page.name: set(ids(read(page))) for page in folder.glob("*.html")}
        for page in places:
            for href, _ in LINK.findall(read(folder / page)):
                file, _, place = unescape(href).partition("#")
                if href.startswith(("http", "..")):
                    continue
                here = places.get(file or page)
                if here is None or (place and unquote(place) not in here):
                    lost.append((folder.parent.name, page, href))
    assert not lost


def test_where_an_exception_leads_its_verdict_and_target_stand(folders):
    followed = 0
    for folder in folders:
        lines = {
            page.name: {
                unescape(one["id"]): (one["verdict"], said(one["said"]))
                for one in ITEM.finditer(read(page))
                if one["id"]
            }
            for page in folder.glob("*.html")
        }
        first = "".join(read(folder / name) for name in ("index.html", "promises.html") if name in lines)
        for one in ITEM.finditer(first):
            for href, _ in LINK.findall(one["said"]):
                file, _, place = unescape(href).partition("#")
                if place.startswith("figure-"):
                    assert lines[file][unquote(place)] == (one["verdict"], said(one["said"])), href
                    followed += 1
    assert followed > 15


def test_the_table_of_a_measure_stands_on_its_page():
    """Each is found by its caption in the month's notebook of its report."""
    captions = {
        path.stem.partition("_")[2]: path.read_text(encoding="utf-8").replace("\\", "")
        for path in (pack.NOTEBOOKS / "monthly").glob("*.ipynb")
    }
    shown = {name: measure.shown for name, measure in MEASURES.items() if measure.shown}
    assert len(shown) > 20
    assert not [
        (name, caption)
        for name, caption in shown.items()
        if f'caption="{caption}"' not in captions[name.partition(".")[0]]
    ]


def test_a_link_to_a_record_counts_the_rows_that_it_opens(folders):
    counted = 0
    for folder in folders:
        for page in folder.glob("*.html"):
            for href, text in re.findall(r'<a class="rows" href="([^"]+)">([^<]*)</a>', read(page)):
                rows = len(pd.read_csv(folder / unescape(href)))
                number = 1 if text == "The one row as CSV" else int(re.sub(r"\D", "", text))
                assert number == rows, (page.name, href, text)
                counted += 1
    assert counted > 100


def test_what_a_record_holds_is_counted_where_lines_break_within_a_cell(tmp_path):
    (tmp_path / "a.csv").write_text('x,y\n"two\nlines",1\n,2\n', encoding="utf-8")
    link = '<a class="rows" href="{}">All rows as CSV</a>'
    assert "All 2 rows as CSV" in counts.counted(link.format("a.csv"), tmp_path, Numbers())
    assert counts.counted(link.format("b.csv"), tmp_path, Numbers()) == link.format("b.csv")
    (tmp_path / "a.csv").write_text("x\n1\n", encoding="utf-8")
    assert "The one row as CSV" in counts.counted(link.format("a.csv"), tmp_path, Numbers())


def test_headings_have_the_ids_of_their_english_words():
    assert markdown.headings("# Title\n\n## One, *two*\n\nText\n\n### Three\n") == ["One, *two*", "Three"]
    assert _anchored("<h1>A</h1><h2>Eins</h2><p>b</p><h3>Zwei</h3>", ["one", "two"]) == (
        '<h1>A</h1><h2 id="one">Eins</h2><p>b</p><h3 id="two">Zwei</h3>'
    )
