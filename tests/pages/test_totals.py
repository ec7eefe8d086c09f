"""Every sum that a page shows is the sum of what stands above it, on the pages of two months, the day and a year.

A sum is a row whose name says so (SUMS). What stands above it counts with its sign, and a row that begins with "less" is
taken off. Numbers are read as a reader sees them, so what was rounded may differ by what rounding hides.
"""

from __future__ import annotations

import re
from decimal import Decimal
from html.parser import HTMLParser
from typing import NamedTuple

import pytest
from seen import pages

#: How a row begins that is the sum of those above it.
SUMS = ("total", "what the month came to", "what the year came to", "open at the end")
#: A number with what stands before and behind it: £1,234.50, 302 h, 76.6 %.
NUMBER = re.compile(r"(?P<sign>[-−]?)(?P<before>[£€$]?)(?P<digits>\d[\d,]*(?:\.\d+)?)(?P<after>\s?(?:h|%|days?|min)?)")


class Rows(NamedTuple):
    """A table: its caption and what its rows say, the heading row first."""

    caption: str
    rows: list[list[str]]


class Number(NamedTuple):
    value: Decimal
    places: int
    unit: str


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Rows] = []
        self._into: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.found.append(Rows("", []))
        elif tag == "tr":
            self.found[-1].rows.append([])
        elif tag in ("td", "th", "caption"):
            self._into = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "caption") and self._into is not None:
            text = "".join(self._into).strip()
            if tag == "caption":
                self.found[-1] = self.found[-1]._replace(caption=text)
            else:
                self.found[-1].rows[-1].append(text)
            self._into = None

    def handle_data(self, data: str) -> None:
        if self._into is not None:
            self._into.append(data)


def tables(html: str) -> list[Rows]:
    """The tables of a page."""
    parser = _Tables()
    parser.feed(re.sub("[⟦⟧]", "", html))
    return parser.found


def number(text: str) -> Number | None:
    """The number that a cell is, if it is one."""
    found = NUMBER.fullmatch(text.replace("\u00a0", " "))
    if found is None:
        return None
    digits = found["digits"].replace(",", "")
    value = Decimal(digits) * (-1 if found["sign"] else 1)
    unit = found["before"] + found["after"].strip().removesuffix("s")
    return Number(value, len(digits.partition(".")[2]), unit)


def wrong(table: Rows) -> list[str]:
    """What of the sums of a table is not the sum of what stands above it; one that sums up nothing is wrong too."""
    told = []
    for place, row in enumerate(table.rows):
        if not row or not row[0].lower().startswith(SUMS):
            continue
        checked = 0
        for column, text in enumerate(row[1:], 1):
            shown = number(text)
            above = [
                (found, -1 if one[0].lower().startswith("less ") else 1)
                for one in table.rows[1:place]
                if len(one) > column and (found := number(one[column])) is not None
            ]
            if shown is None or not above:
                continue
            checked += 1
            parts = sum(found.value * sign for found, sign in above)
            hidden = sum(Decimal(1).scaleb(-one.places) for one in (shown, *(found for found, _ in above))) / 2
            if abs(parts - shown.value) > (hidden if any(one.places or one.unit for one, _ in above) else 0):
                told.append(f"{table.caption}: {table.rows[0][column]}: {parts} is shown as {text}")
        if not checked:
            told.append(f"{table.caption}: {row[0]} sums up nothing")
    return told


def sums(table: Rows) -> int:
    return sum(bool(row) and row[0].lower().startswith(SUMS) for row in table.rows)


def test_every_sum_on_a_page_adds_up(every_pack):
    read = {name: tables(html) for name, html in pages(every_pack).items()}
    found = {name: sum(map(sums, held)) for name, held in read.items()}
    month = [name for name, count in found.items() if "2026-10/" in name and ".." not in name and count]
    assert {name.rpartition("/")[2] for name in month} >= {"contract.html", "meeting.html", "index.html"}
    assert sum(found.values()) >= 12
    assert not [f"{name}: {text}" for name, held in read.items() for table in held for text in wrong(table)]


HEAD = ["Part", "Money", "Share"]


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([["a", "£1,200", "60 %"], ["b", "£800", "40 %"], ["Total", "£2,000", "100 %"]], 0),
        ([["a", "£1,200", "60 %"], ["b", "£800", "41 %"], ["Total", "£2,100", "100 %"]], 1),
        ([["a", "£5.50", ""], ["less b", "£2.50", ""], ["What the month came to", "£3", ""], ["c", "£9", ""]], 0),
        ([["a", "£3", ""], ["b", "-£1", ""], ["Total", "£2", ""]], 0),
        ([["a", "£3", ""], ["b", "£1", ""], ["Total", "£2", ""]], 1),
        ([["a", "3", ""], ["b", "1", ""], ["Total", "5", ""]], 1),  # counts are never rounded
        ([["a", "none", ""], ["Total", "£2", ""]], 1),
        ([["a", "33.3 %", ""], ["b", "33.3 %", ""], ["c", "33.3 %", ""], ["Total", "100 %", ""]], 0),
    ],
)
def test_a_sum_that_does_not_add_up_is_found(rows, count):
    assert len(wrong(Rows("Caption", [HEAD, *rows]))) == count


def test_a_table_is_read_as_it_is_shown():
    html = (
        "<table><caption>Credits</caption><thead><tr><th>Month</th><th>Owed</th></tr></thead><tbody>"
        '<tr><th scope="row">June</th><td class="n">£1,800</td></tr>'
        '<tr><th><span class="gap">Total</span></th><td>£1,800</td></tr></tbody></table>'
    )
    assert tables(html) == [Rows("Credits", [["Month", "Owed"], ["June", "£1,800"], ["Total", "£1,800"]])]
    assert number("£1,800") == Number(Decimal(1800), 0, "£") and number("302.5\u00a0h").unit == "h"
    assert number("not known") is None
