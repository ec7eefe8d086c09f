"""A page runs and loads nothing."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest

from msp_report.model.period import Period
from msp_report.pages import charts, publish
from msp_report.pages.display import Display, headlines
from msp_report.pages.publish import Context, PublishError

CONTEXT = Context(
    client="Acme <Ltd>",
    period="October 2026",
    provider="Example MSP",
    made_from="Made from 2 files: 12 rows read, 11 accepted, 1 rejected.",
    pages=(("index.html", "Scorecard"), ("tickets.html", "Tickets")),
    current="tickets.html",
)
TABLE = Display().table(
    pd.DataFrame({"title": ["<script>alert(1)</script>"], "n": [1]}),
    {"title": ("Title", "text"), "n": ("Tickets", "count")},
    caption="Tickets",
    more="../records/tickets/clocks.csv",
)


def shown(thing) -> nbformat.NotebookNode:
    """A code cell whose last line was a thing."""
    output = nbformat.v4.new_output("execute_result", thing._repr_mimebundle_(), execution_count=3)
    return nbformat.v4.new_code_cell("secret_input = 1", outputs=[output])


def gave(**data) -> nbformat.NotebookNode:
    """A code cell with one output of given kinds."""
    kinds = {kind.replace("__", "/"): value for kind, value in data.items()}
    return nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("display_data", kinds)])


def printed(name: str, text: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("stream", name=name, text=text)])


def says(text: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_markdown_cell(text)


def notebook(*cells) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=[says("# Are tickets *solved* in time?\n\nThe question."), *cells])


def page(*cells, strict: bool = True) -> str:
    return publish.page(notebook(*cells), CONTEXT, strict)


# ---------------------------------------------------------------- pages


def test_a_page_is_a_document_of_its_own():
    html = page(shown(headlines([("Two missed.", "missed")])), says("## Exceptions"), shown(TABLE))
    assert html.startswith("<!DOCTYPE html>") and '<html lang="en">' in html
    policy = f'<meta content="{publish.POLICY}" http-equiv="Content-Security-Policy"/>'
    assert policy in html and html.index(policy) < html.index("<style>")
    assert "<title>Are tickets solved in time? · Acme &lt;Ltd&gt; · October 2026</title>" in html
    assert html.count("<h1") == 1 and "<h2" in html and "Two missed." in html
    assert '<a aria-current="page" href="tickets.html">Tickets</a>' in html
    assert '<a href="index.html">Scorecard</a>' in html
    assert "12 rows read" in html and "Example MSP" in html
    assert "../records/tickets/clocks.csv" in html


def test_a_page_shows_no_input_and_no_live_text():
    html = page(shown(TABLE))
    assert "secret_input" not in html
    assert "<script" not in html and "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_style_is_small_and_inside():
    css = publish._css()
    assert len(css) < 12_000 and "@import" not in css and "url(" not in css
    assert css in page().replace("&gt;", ">")
    for part in ("prefers-color-scheme:dark", "prefers-color-scheme: dark", "@media print", "@page"):
        assert part in css or part.replace(" ", "") in css.replace(" ", "")


def test_a_notebook_without_a_title_gets_its_reports():
    html = publish.page(nbformat.v4.new_notebook(cells=[says("Only text.")]), CONTEXT)
    assert "<h1>Tickets</h1>" in html and "<title>Tickets ·" in html


def test_the_same_notebook_gives_the_same_bytes(tmp_path):
    path = tmp_path / "30_tickets.ipynb"
    node = notebook(shown(TABLE))
    nbformat.write(node, path)
    first = publish.page(path, CONTEXT)
    node.metadata["papermill"] = {"start_time": "2026-11-01T00:00:00", "duration": 1.5}
    for cell in node.cells:
        cell.id = cell.id[::-1]
        cell.metadata["execution"] = {"iopub.execute_input": "2026-11-01T00:00:00"}
        if "execution_count" in cell:
            cell.execution_count = 99
    nbformat.write(node, path)
    assert publish.page(path, CONTEXT) == first == publish.page(path, CONTEXT)


def test_a_page_does_not_change_the_notebook():
    node = notebook(shown(TABLE))
    before = json.dumps(node)
    publish.page(node, CONTEXT)
    assert json.dumps(node) == before


def test_scraps_are_left_out(recwarn):
    html = page(gave(**{"application__scrapbook.scrap.json+json": {"name": "x", "data": {"secret": 1}}}))
    assert "secret" not in html and not recwarn.list


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (printed("stdout", "hello\nthere"), "the notebook, cell 2 wrote to stdout: 'hello'"),
        (printed("stderr", "UserWarning: x"), "the notebook, cell 2 wrote to stderr"),
        (gave(text__html="<table></table>", text__plain="t"), "cell 2 shows HTML of its own"),
        (gave(image__png="AAAA", text__plain="<Figure>"), "cell 2 shows a bare picture"),
        (gave(text__plain="3.7"), "cell 2 shows a bare value"),
        (
            nbformat.v4.new_code_cell(
                "1/0",
                outputs=[
                    nbformat.v4.new_output(
                        "error", ename="ZeroDivisionError", evalue="by nought", traceback=[]
                    )
                ],
            ),
            "cell 2 failed: ZeroDivisionError: by nought",
        ),
    ],
)
def test_what_was_not_made_for_a_page_is_refused_by_name(cell, message):
    with pytest.raises(PublishError, match=message):
        page(cell)


def test_a_notebook_in_a_file_is_named(tmp_path):
    path = tmp_path / "30_tickets.ipynb"
    nbformat.write(notebook(printed("stdout", "hello")), path)
    with pytest.raises(PublishError, match=r"30_tickets\.ipynb, cell 2"):
        publish.page(path, CONTEXT)


def test_what_was_printed_is_shown_where_that_is_wanted():
    html = page(
        printed("stdout", "<b>3 rows</b>"),
        gave(text__html="<table onclick=x></table>", text__plain="a  b"),
        gave(image__png="iVBORw0KGgo=\n", text__plain="<Figure>"),
        strict=False,
    )
    assert "&lt;b&gt;3 rows&lt;/b&gt;" in html and "a  b" in html and "onclick" not in html
    assert '<img alt="Picture of the notebook, cell 4" src="data:image/png;base64,iVBORw0KGgo="' in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src='https://elsewhere.example/x.png' alt='x'>",
        "![x](picture.png)",
        "<p onclick='alert(1)'>x</p>",
        "[x](javascript:alert(1))",
        "<a href=' jAvascript:alert(1)'>x</a>",
        "<iframe src='data:text/html,x'></iframe>",
        "<link rel='stylesheet' href='a.css'>",
        "<form action='x'></form>",
        "<base href='https://elsewhere.example'>",
        "<meta http-equiv='refresh' content='0'>",
        "<svg><a xlink:href='javascript:alert(1)'>x</a></svg>",
        "<p style='background: url(https://elsewhere.example)'>x</p>",
    ],
)
def test_a_text_that_would_run_or_load_something_is_refused(text):
    with pytest.raises(PublishError, match="a page runs and loads nothing"):
        page(says(text))


def test_ordinary_text_and_links_are_kept():
    html = page(
        says(
            "See [the law](https://www.legislation.gov.uk), **rule 5**.\n\n- one\n- two\n\n`x < 1` & $5 to $6"
        )
    )
    assert 'href="https://www.legislation.gov.uk"' in html
    assert "<strong>rule 5</strong>" in html and "<li>one</li>" in html


def test_a_full_page_stays_light():
    months = [f"2026-{month:02d}" for month in range(1, 13)]
    trend = charts.trend(pd.DataFrame({"month": months, "value": range(12)}), alt="It rose.", title="Trend")
    html = page(*[shown(thing) for thing in [trend, TABLE] * 8])
    assert len(html.encode()) < 150_000


# ---------------------------------------------------------------- the pages of a pack


@pytest.fixture
def case(tmp_path):
    """As much of a case as a pack's pages need."""
    params = tmp_path / "params" / "acme"
    params.mkdir(parents=True)
    contract = SimpleNamespace(
        client=SimpleNamespace(
            name="Acme", locale="en-GB", language="en", currency=None, timezone="Europe/London"
        ),
        provider=SimpleNamespace(name="Example MSP"),
        brand=SimpleNamespace(logo=None),
        services=(),
        capacity=(),
        tickets=SimpleNamespace(priorities={}),
    )
    entries = [
        {"file": "a.csv", "table": "tickets", "read": 1200, "accepted": 1190, "rejected": 10},
        {"file": "a.csv", "table": "ticket_events", "read": 34, "accepted": 34, "rejected": 0},
    ]
    return SimpleNamespace(
        client="acme",
        contract=contract,
        period=Period.parse("2026-10"),
        timezone="Europe/London",
        end=pd.Timestamp("2026-10-21T13:05Z"),
        to_date=False,
        of_day=False,
        manifest={"files": entries},
        workspace=SimpleNamespace(client_params=lambda client: params),
    )


def write_pages(case, staging: Path, *reports: str) -> Path:
    notebooks = []
    for place, report in enumerate(reports):
        path = staging / "notebooks" / f"{place}0_{report}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook(shown(TABLE)), path)
        notebooks.append((report, path))
    publish.pages(case, staging, notebooks)
    return staging / "html"


def test_the_scorecard_is_page_one(case, tmp_path):
    html = write_pages(case, tmp_path / "staging", "scorecard", "tickets", "availability")
    pages = ["availability.html", "index.html", "rules.html", "tickets.html"]
    assert sorted(path.name for path in html.iterdir()) == pages
    text = (html / "tickets.html").read_text(encoding="utf-8")
    order = [text.index(f'href="{name}.html"') for name in ("index", "tickets", "availability")]
    assert order == sorted(order)
    assert "Made from 1 file: 1,234 rows read, 1,224 accepted, 10 rejected." in text
    assert "October 2026" in text and "to date" not in text


def test_a_running_month_says_so(case, tmp_path):
    case.to_date = True
    assert "October 2026, to date (21 Oct 2026, 14:05)" in (
        write_pages(case, tmp_path, "scorecard") / "index.html"
    ).read_text("utf-8")


def test_the_logo_is_inside_the_page(case, tmp_path):
    folder = case.workspace.client_params("acme")
    (folder / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    case.contract.brand.logo = "logo.svg"
    text = (write_pages(case, tmp_path, "scorecard") / "index.html").read_text("utf-8")
    assert 'src="data:image/svg+xml;base64,' in text
    for wrong in ("none.svg", "../secret.svg", "contract.yaml"):
        case.contract.brand.logo = wrong
        with pytest.raises(PublishError, match=r"brand\.logo"):
            publish.pages(case, tmp_path, [])
