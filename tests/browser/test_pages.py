"""The pages in a real Chromium: accessible, silent, closed, and readable on a phone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

import nbformat
import pandas as pd
import pytest
from browsers import CHROMIUM, NEED_IT
from matplotlib.image import imread

from msp_report.pages import charts, display, publish

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make env")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed: make env")

pytestmark = NEED_IT

HOSTILE = '<img src="http://127.0.0.1:9/x" onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
REPORTS = (
    "scorecard",
    "availability",
    "capacity",
    "tickets",
    "requests",
    "projects",
    "strategy",
    "procurement",
)
CONTEXT = publish.Context(
    client="Acme & Sons <Ltd>",
    period="October 2026",
    provider="Example MSP",
    made_from="Made from 12 files: 141,712 rows read, 141,700 accepted, 12 rejected.",
    pages=tuple(
        ("index.html" if report == "scorecard" else f"{report}.html", report.capitalize())
        for report in REPORTS
    ),
)
SHOW = display.Display(currency="GBP", timezone="Europe/London")
MONTHS = [f"2025-{month:02d}" for month in range(10, 13)] + [f"2026-{month:02d}" for month in range(1, 11)]
HISTORY = [
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
]
MEASURES = pd.DataFrame(
    {
        "measure": display.links(
            ["Availability of the webshop", "Tickets solved in time, P1", "Restore tests", "Credits owed"],
            ["availability.html", "tickets.html", "capacity.html", "projects.html"],
        ),
        "perspective": ["customer", "customer", "process", "money"],
        "result": [0.99851, 0.875, None, 2700],
        "unit": ["ratio", "ratio", "ratio", "cost"],
        "target": [0.999, 0.95, 1, None],
        "why": [None, None, "no restore was tested", None],
        "history": charts.sparklines([HISTORY] * 4, ["ratio", "ratio", "ratio", "cost"], [0.999] * 4, SHOW),
        "verdict": ["missed", "no_verdict", "no_data", "no_target"],
    }
)
TICKETS = pd.DataFrame(
    {
        "ticket_id": [f"INC{number}" for number in range(9)],
        "title": [HOSTILE, "w" * 400, "VPN drops every hour since the new firewall rules went live"] * 3,
        "priority": ["P1", "P2", "P3"] * 3,
        "took_min": [300.5, 60, 12000] * 3,
        "solved_at": pd.to_datetime(["2026-10-03T13:05Z", None, "2026-10-04T01:00Z"] * 3),
        "cost": [1234.5, 20, None] * 3,
        "verdict": ["missed", "met", "no_verdict"] * 3,
    }
)
SUBJECTS = pd.DataFrame(
    {
        "subject": ["email", "a service with a rather long name of its own", "erp"],
        "value": [0.9985, 0.9999, 0.9991],
        "target": [0.999, 0.999, 0.995],
        "verdict": ["missed", "met", "no_verdict"],
    }
)


def notebook(*cells: str | display.Html) -> nbformat.NotebookNode:
    made = [
        nbformat.v4.new_markdown_cell(cell)
        if isinstance(cell, str)
        else nbformat.v4.new_code_cell(
            "x", outputs=[nbformat.v4.new_output("display_data", cell._repr_mimebundle_())]
        )
        for cell in cells
    ]
    return nbformat.v4.new_notebook(cells=made)


def scorecard() -> nbformat.NotebookNode:
    lines = [
        ("Four of nineteen measures missed their target, and two cannot be judged.", "missed"),
        ("Everything else went as agreed.", None),
        ("Email was available 99.85 % of its agreed time; 99.9 % was agreed.", "missed"),
        ("Users: between 62.1 % and 96.3 % are content.", "no_verdict"),
        ("Backups: no restore was tested.", "no_data"),
        ("Nothing is agreed on vendors.", "no_target"),
        ("Webshop met its availability.", "met"),
    ]
    columns = {
        "measure": ("Measure", "text"),
        "perspective": ("Perspective", "text"),
        "result": ("Result", "unit", "why"),
        "target": ("Target", "unit", "none agreed"),
        "history": ("13 months", "text"),
        "verdict": ("Verdict", "verdict"),
    }
    return notebook(
        "# What must the board know about October?\n\nDoes the provider deliver?",
        display.headlines(lines),
        display.notes(f"Discussed with the provider.\n\n{HOSTILE}"),
        "## Scorecard\n\nWhat the strategy asks for, and what came of it.",
        SHOW.table(MEASURES, columns, caption="Objectives", rows=None, more="../records/scorecard/lines.csv"),
        "## How this was computed",
        SHOW.facts({"Rules": "5, 11 and 15", "Rows read": (141712, "count")}),
    )


def tickets() -> nbformat.NotebookNode:
    columns = {
        "ticket_id": ("Ticket", "text"),
        "title": ("What it was about", "text"),
        "priority": ("Priority", "text"),
        "took_min": ("Took", "min"),
        "solved_at": ("Solved", "at", "not solved"),
        "cost": ("Cost", "cost"),
        "verdict": ("Verdict", "verdict"),
    }
    history = pd.DataFrame({"month": MONTHS, "value": HISTORY})
    return notebook(
        "# Are tickets solved in time?\n\nWhat the help desk promised, and what it did.",
        display.headlines([("Too few P1 tickets were solved in time.", "missed")]),
        "## Against the agreement",
        charts.against_target(SUBJECTS, alt="Email missed its target.", title="By service", show=SHOW),
        charts.trend(history, unit="ratio", target=0.999, alt="It fell.", title="By month", show=SHOW),
        charts.ranked_bars(SUBJECTS, unit="ratio", alt="All alike.", title="Ranked", show=SHOW),
        "## Tickets that missed",
        SHOW.table(TICKETS, columns, caption="Tickets that missed", more="../records/tickets/clocks.csv"),
        SHOW.table(TICKETS[:0], columns, caption="Tickets reopened"),
        charts.trend(history[:0], alt="None.", title="Satisfaction", why="no survey was supplied"),
        "## Caveats\n\n- The clock stops while waiting.\n\n### How this was computed\n\nRule `13`.",
    )


@pytest.fixture(scope="module")
def pack(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pack") / "html"
    folder.mkdir()
    for name, node in (("index.html", scorecard()), ("tickets.html", tickets())):
        html = publish.page(node, replace(CONTEXT, current=name))
        (folder / name).write_text(html, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def chromium() -> Iterator:
    quiet = [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, pack):
    """Open a page of the pack in a window; what it asked for and complained of is kept."""
    contexts = []

    def open_page(name: str, width: int = 1280, scheme: str = "light", **options):
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.requests, page.complaints = [], []
        page.on("request", lambda request: page.requests.append(request.url))
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto((pack / name).as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


every_page = pytest.mark.parametrize("name", ["index.html", "tickets.html"])


@every_page
@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1280, "light"),
        (360, "dark"),
        *(pytest.param(*other, marks=pytest.mark.thorough) for other in ((1280, "dark"), (360, "light"))),
    ],
)
def test_axe_finds_nothing(opened, name, width, scheme):
    page = opened(name, width, scheme, bypass_csp=True)  # axe itself is a script
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@every_page
def test_only_the_file_itself_is_asked_for_and_nothing_is_complained_of(opened, pack, name):
    page = opened(name)
    page.wait_for_load_state("networkidle")
    assert [url for url in page.requests if not url.startswith("data:")] == [(pack / name).as_uri()]
    assert page.complaints == []
    assert page.title().endswith("· Acme & Sons <Ltd> · October 2026")


@every_page
def test_no_page_scrolls_sideways(opened, name):
    page = opened(name)
    for width in (320, 360, 768):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_wide_tables_scroll_inside_their_own_box(opened):
    box = opened("tickets.html", 660).locator(".wide").first
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    box.focus()
    assert box.evaluate("box => document.activeElement === box")


ROLES = ("table", "rowgroup", "row", "columnheader", "rowheader", "cell", "gridcell")
#: Of each cell of a table: its label, the title of its column, and whether it is seen in full.
CELLS = """() => [...document.querySelectorAll("table")].flatMap(table => {
    const titles = [...table.querySelectorAll("thead th")].map(title => title.textContent)
    return [...table.querySelectorAll("tbody tr")].flatMap(row => [...row.cells].map((cell, place) => {
        const box = cell.getBoundingClientRect()
        return {
            label: getComputedStyle(cell, "::before").content, title: titles[place], text: cell.textContent,
            seen: box.left >= 0 && box.right <= innerWidth && box.height > 8 && cell.scrollWidth <= cell.clientWidth,
        }
    }))
})"""


@every_page
@pytest.mark.parametrize("width", [320, 390, 640])
def test_on_a_phone_every_cell_is_seen_with_the_title_of_its_column(opened, name, width):
    page = opened(name, width)
    cells = page.evaluate(CELLS)
    assert len(cells) > 20
    assert [cell for cell in cells if not cell["seen"] and cell["text"]] == []
    assert [cell for cell in cells if cell["label"] != f'"{cell["title"]}" / ""'] == []
    assert page.evaluate(
        '[...document.querySelectorAll(".wide")].every(box => box.scrollWidth <= box.clientWidth)'
    )


def test_a_card_stays_the_row_of_a_table_to_whoever_hears_it(opened):
    """In the browser's own tree, which is what a screen reader is given: the style changes nothing of it."""
    trees = []
    for width in (1280, 390):
        page = opened("index.html", width)
        tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
        trees.append(Counter(node["role"]["value"] for node in tree))
    wide, narrow = ({role: tree[role] for role in ROLES} for tree in trees)
    assert narrow == wide
    assert wide["row"] == 1 + len(MEASURES) and wide["rowheader"] == len(MEASURES)
    assert wide["columnheader"] == 6 and wide["cell"] + wide["gridcell"] == 5 * len(MEASURES)


def test_titles_of_columns_may_hold_whatever_quotes_and_ends(opened, pack):
    title = 'It\'s "50 %" \\ </style><b>&amp;'
    table = SHOW.table(SUBJECTS, {"subject": (title, "text")}, caption="Odd")
    (pack / "odd.html").write_text(publish.page(notebook("# Odd", table), CONTEXT), encoding="utf-8")
    page = opened("odd.html", 390)
    assert page.locator("thead th").text_content() == title.replace("50 %", "50\u00a0%")
    said = page.locator("tbody th").first.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert said.replace("\\", "") == f'"{title}" / ""'.replace("\\", "")


def test_thirty_columns_have_labels(opened, pack):
    """As where a group of companies compares itself."""
    frame = pd.DataFrame({f"c{number}": ["value"] for number in range(30)})
    columns = {name: (f"Title {name}", "text") for name in frame}
    html = publish.page(notebook("# Wide", SHOW.table(frame, columns, caption="Wide")), CONTEXT)
    (pack / "wide.html").write_text(html, encoding="utf-8")
    cells = opened("wide.html", 390).evaluate(CELLS)
    assert [cell["label"] for cell in cells] == [f'"Title c{number}" / ""' for number in range(30)]


def test_on_a_phone_the_tab_of_the_page_is_seen_wherever_it_stands(opened, pack):
    html = publish.page(scorecard(), replace(CONTEXT, current="procurement.html"))
    (pack / "procurement.html").write_text(html, encoding="utf-8")
    page = opened("procurement.html", 390)
    row = page.locator("nav ul")
    assert row.evaluate("row => row.scrollWidth > row.clientWidth")
    for moved in (0, 150, 10_000):
        row.evaluate("(row, moved) => { row.scrollLeft = moved }", moved)
        box = page.locator("nav [aria-current]").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390


@every_page
def test_no_line_ends_between_a_number_and_its_unit(opened, name):
    text = opened(name).locator("main").inner_text()
    assert "99.85\u00a0%" in text or "5\u00a0h" in text
    assert not re.search(r"\d (?:%|h\b|min\b|days?\b)", text.replace(HOSTILE, ""))


def test_a_picture_is_dark_at_night_and_as_it_is_on_paper(opened, pack):
    many = pd.DataFrame({"day": pd.date_range("2026-01-01", periods=700, freq="h"), "value": range(700)})
    chart = charts.trend(many, x="day", alt="It rises.", title="By the hour", show=SHOW)
    assert "data:image/png" in str(chart._repr_html_())
    (pack / "pixels.html").write_text(publish.page(notebook("# Pixels", chart), CONTEXT), encoding="utf-8")
    page = opened("pixels.html", scheme="dark")
    picture = page.locator("figure img")
    assert picture.evaluate("image => getComputedStyle(image).filter") == "invert(0.9) hue-rotate(180deg)"
    page.emulate_media(media="print", color_scheme="dark")
    assert picture.evaluate("image => getComputedStyle(image).filter") == "none"
    drawn = opened("tickets.html", scheme="dark").locator("figure img").first
    assert drawn.evaluate("image => getComputedStyle(image).filter") == "none", "it has colours of its own"


def test_a_chart_is_dark_at_night_and_white_on_paper(opened):
    page = opened("tickets.html", scheme="dark")
    chart = page.locator("figure img").first

    def ground() -> list[int]:
        """The colour of a corner, as the reader sees it."""
        return (imread(BytesIO(chart.screenshot()))[4, 4, :3] * 255).round().astype(int).tolist()

    assert ground() == [0x14, 0x19, 0x1F]
    page.emulate_media(media="print", color_scheme="dark")
    assert ground() == [255, 255, 255]
    page.emulate_media(media="screen", color_scheme="light")
    assert ground() == [255, 255, 255]


@every_page
def test_a_page_is_light(pack, name):
    assert (pack / name).stat().st_size < (60_000 if name == "index.html" else 150_000)


def test_hostile_text_is_read_not_run(opened):
    page = opened("index.html")
    assert page.locator("main script, main img[src^=http]").count() == 0
    assert HOSTILE in page.locator(".notes").inner_text()
    assert HOSTILE[:60] in opened("tickets.html").locator("td").first.inner_text()


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A server of our own, and the paths that it was asked for."""
    asked: list[str] = []

    class Listening(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listening)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_the_policy_stops_what_escaping_would_miss(opened, pack, listener):
    """Were a script to reach a page all the same, it would neither run nor load."""
    address, asked = listener
    hostile = (
        f'<img src="{address}/image" onerror="document.title=\'owned\'"><script>document.title="owned"</script>'
        f'<script src="{address}/script"></script><iframe src="{address}/frame"></iframe>'
        f'<link rel="stylesheet" href="{address}/style"><p style="background: url({address}/background)">x</p>'
    )
    html = (pack / "index.html").read_text(encoding="utf-8")
    for name, policy in (
        ("open.html", "default-src * data: 'unsafe-inline'"),
        ("closed.html", publish.POLICY),
    ):
        text = html.replace(publish.POLICY, policy).replace("</main>", f"{hostile}</main>")
        (pack / name).write_text(text, encoding="utf-8")
    page = opened("open.html")
    page.wait_for_load_state("networkidle")
    assert page.title() == "owned" and len(asked) >= 5  # without the policy all of it works
    asked.clear()
    page = opened("closed.html")
    page.wait_for_load_state("networkidle")
    assert page.title() != "owned" and asked == []
    assert any("Content Security Policy" in text for text in page.complaints)


def test_pictures_are_drawn_and_described(opened):
    page = opened("tickets.html", 360)
    pictures = page.locator("figure img")
    assert pictures.count() == 3
    for picture in pictures.all():
        assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
        assert picture.get_attribute("alt")


def test_the_keyboard_reaches_the_report_first(opened):
    page = opened("tickets.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_way_to_the_other_pages(opened):
    page = opened("index.html")
    assert page.locator("nav [aria-current=page]").inner_text() == "Scorecard"
    page.locator("nav").get_by_role("link", name="Tickets").click()
    assert page.locator("h1").inner_text() == "Are tickets solved in time?"


def test_paper_has_no_navigation_and_dark_stays_on_the_screen(opened):
    page = opened("tickets.html", scheme="dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.locator("nav").is_visible() and page.locator("footer").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)" != dark
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
