"""A small published pack, made without a run: pages as `publish` makes them, and beside them what must stay here."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import nbformat
import pandas as pd

from msp_report.model.figures import anchor
from msp_report.pages import charts, display, publish, rules

#: Stands in every file of a pack that may not be forwarded.
HERE = "must-stay-here"
#: A ticket's title that would run, were it not escaped.
HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40"><rect width="80" height="40" fill="#c00"/></svg>'
#: The page of the rules, of which one is enough here.
RULES = (
    "# How every figure is computed\n\n## Tickets\n\n### 13. The clock\n\nIt stops while the client is asked."
)
#: A figure that page one leads to.
P1 = ("tickets.resolution_attainment", "P1")
SHOW = display.Display(currency="GBP", timezone="Europe/London")
PAGES = (("index.html", "Scorecard"), ("tickets.html", "Tickets"), ("availability.html", "Availability"))
CONTEXT = publish.Context(
    client="Acme & Sons <Ltd>",
    period="October 2026",
    provider="Example MSP",
    made_from="Made from 12 files.",
    pages=PAGES,
    rules=rules.PAGE,
    standing=("Draft: not issued.",),
    logo=f"data:image/svg+xml;base64,{base64.b64encode(SVG.encode()).decode()}",
)


def notebook(*cells: str | display.Html) -> nbformat.NotebookNode:
    """Cells of Markdown, and of what display and charts make."""
    made = [
        nbformat.v4.new_markdown_cell(cell)
        if isinstance(cell, str)
        else nbformat.v4.new_code_cell(
            "x", outputs=[nbformat.v4.new_output("display_data", cell._repr_mimebundle_())]
        )
        for cell in cells
    ]
    return nbformat.v4.new_notebook(cells=made)


def page_one() -> nbformat.NotebookNode:
    """Page one: sentences, links to the other pages and to files, a table with drawn cells, a chart, what is folded."""
    figures = pd.DataFrame(
        {
            "report": ["tickets", "availability"],
            "measure": ["tickets.resolution_attainment", "availability.ratio"],
            "subject": ["P1", "webshop"],
            "headline": [
                "7 of 10 P1 tickets (70 %) were solved in time.",
                "The webshop was up 99.7 % of its time.",
            ],
            "verdict": ["missed", "missed"],
        }
    )
    history = [0.999, 0.998, None, 0.997]
    lines = pd.DataFrame(
        {
            "measure": display.links(["P1 tickets", "The pile"], ["tickets.html", "tickets.html#the-pile"]),
            "result": [0.7, 0.9],
            "none": [None, None],
            "history": charts.sparklines([history] * 2, ["ratio"] * 2, [0.999] * 2, SHOW),
            "verdict": ["missed", "met"],
        }
    )
    columns = {
        "measure": ("Measure", "text"),
        "result": ("Result", "ratio"),
        "none": ("Nothing", "text", ""),
        "history": ("13 months", "text"),
        "verdict": ("Verdict", "verdict"),
    }
    trend = pd.DataFrame({"month": ["2026-08", "2026-09", "2026-10"], "value": [0.999, 0.998, 0.997]})
    return notebook(
        "# What must we decide?\n\nIt follows from [the tickets](tickets.html#the-pile) and "
        "[the web](https://tool.example/1).",
        display.Html(
            '<p class="bearings">As of 31 Oct · <a href="../../2026-09/html/index.html">September 2026</a> · '
            'Questions: retained CIO</p><dl class="sums"><div><dt><a href="tickets.html">to claim back</a></dt>'
            "<dd><b>£4,140</b><small>the first lapses on 29 Nov</small></dd></div></dl>"
            '<ol class="things"><li value="1"><div class="what"><a href="tickets.html">Claim them.</a> '
            '<small>Due now.</small></div><div class="cost"></div><div class="who">Finance</div></li></ol>',
            "As of 31 Oct",
        ),
        display.headlines([("2 promises were missed.", "missed"), ("Nothing else is known.", None)]),
        display.exceptions(figures, "Nothing."),
        display.notes(f"Said at the meeting: {HOSTILE}"),
        "## The same heading",
        SHOW.table(lines, columns, caption="Lines", more="../records/scorecard/lines.csv"),
        charts.trend(trend, unit="ratio", alt="It fell from 99.9 % to 99.7 %.", title="By month", show=SHOW),
        "[Tickets](tickets.html) · [Availability](availability.html)",
        display.Html("<details><summary>How</summary><p>By rule 13.</p></details>", "How"),
    )


def page(name: str) -> nbformat.NotebookNode:
    """Another page, with the same ids as the others."""
    tickets = pd.DataFrame({"ticket_id": ["HF-1", "HF-2"], "title": [HOSTILE, "VPN"], "took_min": [300, 60]})
    columns = {"ticket_id": ("Ticket", "text"), "title": ("Title", "text"), "took_min": ("Took", "min")}
    place = anchor("availability.ratio", "webshop") if name == "Availability" else anchor(*P1)
    line = display.Line("7 of 10 were in time.", "missed", (), place, "Late")
    return notebook(
        f"# {name}\n\nSee [page one](index.html) and [a letter](../letters/claim.txt).",
        display.headlines([("First.", None), line]),
        "## The same heading\n\n## The pile",
        SHOW.table(tickets, columns, caption="Late", more="../records/tickets/clocks.csv"),
        "Counted by rule 13.",
    )


def publish_to(pack: Path, **context: object) -> Path:
    """Write the pack into a folder; gives the folder."""
    given = replace(CONTEXT, **context)
    (pack / "html").mkdir(parents=True)
    made = {
        "index.html": page_one(),
        "tickets.html": page("Tickets"),
        "availability.html": page("Availability"),
    }
    for name, node in made.items():
        html = rules.linked(publish.page(node, replace(given, current=name)))
        (pack / "html" / name).write_text(html, encoding="utf-8")
    html = rules.anchored(publish.page(notebook(RULES), replace(given, current=rules.PAGE)))
    (pack / "html" / rules.PAGE).write_text(html, encoding="utf-8")
    others = ("tables/tickets.csv", "rejects/tickets.csv", "records/tickets/clocks.csv", "letters/claim.txt")
    for name in (
        *others,
        "notebooks/30_tickets.ipynb",
        "manifest.json",
        "figures.csv",
        "params/contract.yaml",
    ):
        (pack / name).parent.mkdir(parents=True, exist_ok=True)
        (pack / name).write_text(HERE, encoding="utf-8")
    return pack
