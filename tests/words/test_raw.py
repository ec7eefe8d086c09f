"""No page shows a raw value: a code with an underscore, a subject with its key, or a date as records write it. Monthly
pages that are read closely (CLOSELY) show no number of a thing outside a column of such numbers, no sentence that
begins in lower case, and no money without its sign.

Looked for on the pages of two months, the day, the two as a year and a comparison, of the demo company. The page of the
rules is none of them: it speaks of columns and codes to those who compute a figure again.
"""

import re

import pytest
import yaml
from seen import Text, pages, texts

from msp_report.pages import rules

#: What no reader should have to read, by its kind.
RAW = {
    "a code": re.compile(r"\b[A-Za-z]+(?:_[A-Za-z0-9]+)+\b"),
    "a subject with its key": re.compile(r"(?<![\w:/])[A-Za-z][\w-]*:[A-Za-z][\w-]*"),
    "a date as records write it": re.compile(r"(?<![\w-])\d{4}-\d\d(?:-\d\d)?(?![\d-])"),
}
#: What no page that is read closely shows outside the columns where it may stand.
RAW_TOO = {
    "the number of a thing": re.compile(r"\b[A-Z]{2,5}(?:-\d+)+(?:-[A-Z])?\b"),
    "a sentence that begins in lower case": re.compile(r"^[a-z][^:]*[.!?]$"),
    "money without its sign": re.compile(
        r"(?<![\w.,£$€-])\d{5,}(?![\w-])|(?<![\d£$€,.])\d[\d,]{2,}\.\d\d\b(?! %)"
    ),
}
#: Columns of numbers by which tickets, documents and the like are found again.
NUMBERED = {
    *(
        "ID",
        "Licence ID",
        "Ticket",
        "Repeats ticket",
        "Came again as ticket",
        "Order",
        "Invoice",
        "Device",
        "Key",
    ),
    *("The nearest ones", "What to send"),
    *("Nearly the same, and open then", "First number", "Last number", "Next ticket"),
}
#: How our counter-fact to a reply begins: it names the ticket as both sides find it again.
COUNTER = "What we found:"
CLOSELY = {
    *("availability", "capacity", "tickets", "requests", "projects", "strategy"),
    *(
        "procurement",
        "licences",
        "backups",
        "duties",
        "satisfaction",
        "vendors",
        "contract",
        "evidence",
        "sources",
    ),
    "meeting",
}
#: What may stand on a page as it is, and why.
ALLOWED = {
    "the name of a file that came, as it lies in the folder": lambda text: text.column == "File",
    "the name of a record, as the link opens it": lambda text: text.text.strip().endswith(".csv"),
}


def raw(text: Text) -> list[str]:
    """What of a text is raw, each with its kind."""
    if any(allowed(text) for allowed in ALLOWED.values()):
        return []
    return [f"{found} is {kind}: {text}" for kind, like in RAW.items() for found in like.findall(text.text)]


def raw_too(text: Text) -> list[str]:
    """What of a text of a page that is read closely is raw, each with its kind."""
    said = text.text.strip()
    if text.column in NUMBERED or said.startswith(COUNTER):
        return []
    return [f"{found} is {kind}: {text}" for kind, like in RAW_TOO.items() for found in like.findall(said)]


def test_no_page_shows_a_raw_value(every_pack):
    read = {name: html for name, html in pages(every_pack).items() if not name.endswith(rules.PAGE)}
    assert len(read) > 30
    shown = {
        (name, found)
        for name, html in read.items()
        for text in texts(re.sub("[⟦⟧]", "", html))
        for found in raw(text)
    }
    assert not shown


def test_no_page_that_is_read_closely_shows_a_raw_value(every_pack):
    found = re.compile(r"/\d{4}-\d\d/html/(\w+)\.html$")
    read = {
        name: html
        for name, html in pages(every_pack).items()
        if (m := found.search(name)) and m[1] in CLOSELY
    }
    assert {found.search(name)[1] for name in read} == CLOSELY
    shown = {
        (name, told)
        for name, html in read.items()
        for text in texts(re.sub("[⟦⟧]", "", html))
        for told in raw_too(text)
    }
    assert not shown


def test_no_page_says_a_name_that_has_a_title(every_pack):
    """But for names that came in files and joined nothing, which are looked for there."""
    agreed = yaml.safe_load((every_pack.client_params("demo") / "contract.yaml").read_text(encoding="utf-8"))
    names = [one["name"] for one in agreed["services"] if one["title"].casefold() != one["name"]]
    names += [one["resource"] for one in agreed["capacity"]]
    named = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?![\w-])")
    priority = re.compile(rf"\b(?:{'|'.join(agreed['tickets']['priorities'])})\b(?!\))")
    shown = {
        (name, text)
        for name, html in pages(every_pack).items()
        if re.search(r"demo/\d{4}-\d\d/html/\w+\.html$", name) and not name.endswith(rules.PAGE)
        for text in texts(html)
        if text.column not in {"Name", "What for"} and (named.search(text.text) or priority.search(text.text))
    }
    assert len(names) > 10
    assert not shown


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (Text("the most project PRJ-01 by 150 days"), 1),
        (Text("AC-02", "ID"), 0),
        (Text("AC-02", "Decided"), 1),
        (Text("webshop was available 99 % of its agreed time."), 1),
        (Text("The webshop was available 99 % of its agreed time."), 0),
        (Text("worth 100000 in all"), 1),
        (Text("owes 1,800.00 for it"), 1),
        (Text("owes £1,800.00 for £100,000 and 99.664 %"), 0),
    ],
)
def test_a_raw_value_is_found_where_a_page_is_read_closely(text, kinds):
    assert len(raw_too(text)) == kinds


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("waiting_on_customer", 1),
        ("Share of wan-london:utilisation in use", 1),
        ("no rate of USD on or before 2026-10-14", 1),
        ("credit for webshop, 2026-09", 1),
        ("2026-10-07T07:15:49Z", 1),
        ("INV-2610-31, from 14:30 to 15:00: late", 0),
        ("figures.csv", 0),
    ],
)
def test_a_raw_value_is_found(text, kinds):
    assert len(raw(Text(text))) == kinds


def test_a_text_knows_the_heading_of_its_column():
    head = "<table><caption>Files</caption><thead><tr><th>Table</th><th>File</th></tr></thead>"
    html = f'{head}<tbody><tr><th>tickets</th><td class="long">a_b.csv <b>new</b></td></tr></tbody></table><p>end</p>'
    assert [(one.text.strip(), one.column) for one in texts(html)] == [
        ("Files", ""),
        ("Table", ""),
        ("File", ""),
        ("tickets", "Table"),
        ("a_b.csv new", "File"),
        ("end", ""),
    ]
