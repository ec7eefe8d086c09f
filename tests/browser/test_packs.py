"""The pages of a real pack in a real Chromium, at every size: light, silent, closed, and page one short enough to
decide on in ninety seconds and to print on two sheets.

The pack is the demo's, in brackets; that of a client of two tables is thorough.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from browsers import CHROMIUM, NEED_IT
from workspaces import CONTRACT, Place, tickets

from msp_report.packs import pack

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make env")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed: make env")

pytestmark = NEED_IT
#: So many words lead to the last decision on page one, and on so many sheets of A4 it is printed.
WORDS, SHEETS = 300, 2
#: So much weigh page one and every other page [bytes].
PAGE_ONE, PAGE = 60_000, 150_000
#: Makes every word of a page a third longer, as another language may.
LONGER = r"""() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode())
    node.data = node.data.replace(/[^\W\d_]{3,}/g, word => word + word.slice(0, Math.ceil(word.length / 3)));
}"""


@pytest.fixture(scope="module", params=["demo", pytest.param("two tables", marks=pytest.mark.thorough)])
def html(request, tmp_path_factory) -> Path:
    """The html/ of a pack."""
    if request.param == "demo":
        return request.getfixturevalue("demo_pack") / "html"
    place = Place(tmp_path_factory.mktemp("two"))
    place.client(contract=CONTRACT)
    outages = "service,started_at,ended_at,state\nemail,2026-03-02T09:00Z,2026-03-02T10:00Z,down\n"
    place.put({"tickets.csv": tickets(9, "2026-03"), "outages.csv": outages})
    return pack.run_month("acme", "2026-03", place.root) / "html"


@pytest.fixture(scope="module")
def chromium() -> Iterator:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, html):
    """Open a page of the pack in a window; what it asked for and complained of is kept."""
    contexts = []

    def open_page(name: str, width: int = 1280, scheme: str = "light"):
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
        )
        contexts.append(context)
        page = context.new_page()
        page.requests, page.complaints = [], []
        page.on("request", lambda request: page.requests.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.goto((html / name).as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


def words(text: str) -> list[str]:
    """The words of a piece of HTML."""
    plain = unescape(re.sub(r"<[^>]+>", " ", re.sub("[⟦⟧]", "", text)))
    return [word for word in plain.split() if re.search(r"\w", word)]


def to_the_last_decision(html: Path) -> str:
    page = (html / "index.html").read_text(encoding="utf-8")
    return page[page.index("<main") : page.index("</ol>")]


def test_page_one_is_decided_on_within_its_words(demo_pack):
    said = to_the_last_decision(demo_pack / "html")
    assert len(words(said)) <= WORDS
    assert 5 <= said.count("<li value=") <= 8


def test_every_page_is_light_and_runs_and_loads_nothing(html):
    for page in html.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert len(text.encode()) < (PAGE_ONE if page.stem == "index" else PAGE), page.name
        assert "<script" not in text and "http://" not in text.replace("http://www.w3.org", ""), page.name


def test_no_page_is_wider_than_its_window_nor_asks_for_anything(opened, html):
    for path in sorted(html.glob("*.html")):
        page = opened(path.name, 320)
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path.name, width)
        page.evaluate(LONGER)
        for width in (320, 390):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (
                path.name,
                width,
                "longer",
            )
        assert [url for url in page.requests if not url.startswith("data:")] == [path.as_uri()]
        assert page.complaints == []


@pytest.mark.parametrize(
    ("names", "width", "scheme"),
    [
        (("index", "promises"), 390, "light"),
        (("index", "tickets"), 1280, "dark"),
        *(
            pytest.param((), width, scheme, marks=pytest.mark.thorough)
            for width, scheme in ((320, "light"), (390, "light"), (1280, "light"), (1280, "dark"))
        ),
    ],
)
def test_axe_finds_nothing(opened, html, names, width, scheme):
    for name in names or sorted(path.stem for path in html.glob("*.html")):
        found = axe.Axe().run(opened(f"{name}.html", width, scheme))
        assert found.violations_count == 0, (name, found.generate_report())


def test_page_one_is_printed_on_two_sheets(html, tmp_path):
    made = tmp_path / "page.pdf"
    switches = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    page = (html / "index.html").as_uri()
    subprocess.run([CHROMIUM, *switches, f"--print-to-pdf={made}", page], capture_output=True, timeout=120)
    sheets = len(re.findall(rb"/Type\s*/Page\b", made.read_bytes()))
    assert 0 < sheets <= SHEETS
