"""Packs on paper and in a mail, made by a real Chromium."""

import base64
import email
import email.policy
import os
import re
import shutil
from unicodedata import normalize

import pandas as pd
import pytest
import small_pack

from msp_report.model.figures import anchor
from msp_report.pages import forward, mail, paper

pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed: make env")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make env")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed: make env")

needs_chromium = pytest.mark.skipif(
    not any(map(shutil.which, paper.BROWSERS)), reason="no Chromium on this machine"
)
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, paper.BROWSERS)), None)
TITLES = ["What must we decide?", "Tickets", "Availability", "How every figure is computed"]


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return small_pack.publish_to(tmp_path_factory.mktemp("pack") / "2026-10")


@pytest.fixture(scope="module")
def printed(pack):
    return pypdf.PdfReader(paper.print_pack(pack, pack.parent / "pdf" / "acme-2026-10.pdf"))


@pytest.fixture(scope="module")
def sheets(printed):
    """The text of each sheet; a font may join letters."""
    return [" ".join(normalize("NFKC", sheet.extract_text()).split()) for sheet in printed.pages]


@pytest.fixture(scope="module")
def chromium():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def links(pdf):
    """The links of a PDF: web addresses as they are, places as names."""
    for page in pdf.pages:
        for note in page.get("/Annots") or []:
            note = note.get_object()
            action = note.get("/A", {})
            if note.get("/Subtype") == "/Link":
                yield action.get("/URI") or note.get("/Dest") or action.get("/D")


@needs_chromium
def test_a_pack_is_one_file_with_a_bookmark_a_page_and_only_page_one_has_its_sheets_alone(printed, sheets):
    marks = [mark for mark in printed.outline if not isinstance(mark, list)]
    assert [mark.title for mark in marks] == TITLES
    places = [printed.get_destination_page_number(mark) for mark in marks]
    assert places == sorted(places) and places[0] == 0 and min(places[1:]) > 0
    assert len(set(places)) < len(places), "short pages share a sheet"
    assert all(title in sheets[place] for place, title in zip(places, TITLES, strict=True))


@needs_chromium
def test_every_sheet_says_whose_it_is_and_its_number(sheets):
    for number, text in enumerate(sheets, 1):
        assert "Acme & Sons <Ltd> · October 2026 · Draft: not issued." in text
        assert f"{number} / {len(sheets)}" in text


@needs_chromium
def test_links_lead_on_inside_the_file_and_name_no_folder_of_this_machine(pack, printed):
    found = list(links(printed))
    assert [link for link in found if ":" in str(link)] == ["https://tool.example/1"]
    assert len(found) > 5
    assert str(pack.parent).encode() not in (pack.parent / "pdf" / "acme-2026-10.pdf").read_bytes()


@needs_chromium
def test_paper_has_neither_ways_elsewhere_nor_what_is_folded(sheets):
    text = " ".join(sheets)
    for gone in ("Skip to the report", "By rule 13", "as CSV", "All figures"):
        assert gone not in text
    assert "It follows from" in text


def rows(count):
    """A page whose table begins so far down its sheet that its head would stand alone at one of the counts."""
    frame = pd.DataFrame({"name": [f"row {number}" for number in range(20)], "value": range(20)})
    columns = {"name": ("Name of it", "text"), "value": ("Value", "count")}
    table = small_pack.SHOW.table(frame, columns, caption="The caption", rows=None)
    lines = "\n\n".join(["A line."] * count)
    return small_pack.notebook(f"# Page\n\n{lines}\n\n## The heading\n\nIt introduces.", table)


@needs_chromium
@pytest.mark.parametrize(
    "counts", [range(21, 27), pytest.param(range(10, 40), marks=pytest.mark.thorough)], ids=["some", "all"]
)
def test_no_heading_caption_or_head_of_a_table_stands_alone_at_the_foot_of_a_sheet(
    tmp_path, chromium, counts
):
    page = chromium.new_page()
    for count in counts:
        (tmp_path / "page.html").write_text(small_pack.publish.page(rows(count), small_pack.CONTEXT), "utf-8")
        page.goto((tmp_path / "page.html").as_uri())
        page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
        for sheet in pypdf.PdfReader(tmp_path / "page.pdf").pages:
            text = sheet.extract_text()
            for opening in ("The heading", "The caption", "Name of it"):
                if opening in text:
                    assert len(re.findall(r"row \d+", text)) >= 2, (count, opening)
    page.close()


@needs_chromium
@pytest.mark.parametrize("count", [8, 14])
def test_no_table_is_wider_than_its_sheet(tmp_path, chromium, count):
    """Chromium would print every sheet of the pack smaller."""
    kinds = [
        ("text", "a service with a name"),
        ("verdict", "no_verdict"),
        ("at", pd.Timestamp("2026-10-31T22:00Z")),
        ("cost", 12345.5),
        ("min", None),
        ("text", "announced by telephone, said the provider"),
        ("ratio", 0.99955),
    ]
    named = {f"c{number}": kinds[number % len(kinds)] for number in range(count)}
    frame = pd.DataFrame(
        {name: [value] * 3 for name, (_, value) in named.items()} | {"why": ["no samples in the period"] * 3}
    )
    columns = {
        name: ("Its title of words", unit, "why") if unit == "min" else ("Its title of words", unit)
        for name, (unit, _) in named.items()
    }
    table = small_pack.SHOW.table(frame, columns, caption="Wide")
    html = small_pack.publish.page(small_pack.notebook("# Page", table), small_pack.CONTEXT)
    (tmp_path / "page.html").write_text(html, "utf-8")
    page = chromium.new_page(viewport={"width": 672, "height": 900})  # A4 less its margins
    page.emulate_media(media="print")
    page.goto((tmp_path / "page.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 672
    page.close()


@needs_chromium
@pytest.mark.parametrize("width", [390, pytest.param(1280, marks=pytest.mark.thorough)])
def test_the_single_file_is_accessible_and_asks_for_nothing(pack, chromium, width):
    made = forward.single_file(pack, pack.parent / "mail" / "acme.html")
    context = chromium.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(made.as_uri())
    assert [url for url in asked if not url.startswith("data:")] == [made.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("link", name="P1 tickets").click()
    assert page.url.endswith("#page-tickets")
    box = page.locator(f'[id="page-tickets--{anchor(*small_pack.P1)}"]').bounding_box()
    assert 0 <= box["y"] < 800
    context.close()


@needs_chromium
def test_the_mail_is_shown_as_page_one_with_its_pictures_and_the_logo(pack, chromium):
    made = bytes(mail.message(pack, [], pd.Timestamp("2026-11-02T09:00Z"), paper.paint))
    read = email.message_from_bytes(made, policy=email.policy.default)
    html = read.get_body(("html",)).get_content()
    for part in read.walk():
        if part["Content-ID"]:
            data = base64.b64encode(part.get_content()).decode()
            html = html.replace(f"cid:{part['Content-ID'].strip('<>')}", f"data:image/png;base64,{data}")
    page, asked = chromium.new_page(viewport={"width": 800, "height": 800}), []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(html)
    assert [url for url in asked if not url.startswith("data:")] == []
    assert page.evaluate("[...document.images].map(image => image.complete && image.naturalWidth > 0)") == [
        True,
        True,
    ]
    assert page.locator("h1").inner_text() == "What must we decide?"
    assert page.evaluate("document.documentElement.scrollWidth") <= 800
    red = page.locator("text=missed").first.evaluate("words => getComputedStyle(words).color")
    assert red == "rgb(164, 32, 26)"
    page.close()


def test_what_is_missing_is_said(tmp_path, monkeypatch):
    target = tmp_path / "pdf" / "a.pdf"
    with pytest.raises(FileNotFoundError, match="publish it first"):
        paper.print_pack(tmp_path, target)
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").write_text("<p>page</p>")
    monkeypatch.setattr(paper, "BROWSERS", ("no-such-browser",))
    with pytest.raises(paper.NoBrowser, match="install one"):
        paper.print_pack(tmp_path, target)
    assert paper.paint(b"<svg/>", 1, 1) is None
