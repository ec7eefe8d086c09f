"""Every text of a client's exports, params and notes is hostile: its pages run nothing, ask for nothing, stay whole."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from browsers import CHROMIUM, NEED_IT
from payloads import PAYLOADS
from test_pages import sync_api
from workspaces import Place

from msp_report.model.tables import TABLES
from msp_report.words import questions

pytestmark = NEED_IT
WIDTHS = (1280, 375)
YEAR = "2026-09..2026-10"
QUESTIONS = list(questions.listed()["question"])
#: What turns a line round or is not seen, and what drives a terminal: none of it stands on a page or in a record.
UNSEEN = re.compile(
    "[\u202a-\u202e\u2066\u2067\u200e\u200f\u061c\u200b\ufeff\u00ad\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
#: Columns by which rows are joined or told apart: a payload is put behind what stands there.
JOINED = {
    *(
        "service",
        "priority",
        "resource",
        "metric",
        "product",
        "asset",
        "duty",
        "vendor",
        "currency",
        "measure",
        "unit",
    ),
    *("project_id", "ticket_id", "document_id", "order_id", "line", "order_line", "field", "result", "item"),
    *(table.key[0] for table in TABLES.values() if table.key),
}


def hostile(name: str, frame: pd.DataFrame, begin: int) -> tuple[pd.DataFrame, int]:
    """A table whose free texts are payloads, one after another, and the number of the next one."""
    made = frame.head(60).copy()
    for column in TABLES[name].columns:
        if column.type != "text" or column.name in JOINED or made[column.name].isna().all():
            continue
        there = made[column.name].notna()
        texts = [PAYLOADS[(begin + place) % len(PAYLOADS)] for place in range(len(made))]
        made[column.name] = pd.Series(texts, made.index, dtype=object).where(there)
        begin += len(made)
    return made, begin


@pytest.fixture(scope="module")
def published(demo_case, tmp_path_factory):
    place = Place(tmp_path_factory.mktemp("hostile") / "ws")
    case = demo_case("2026-10")
    folder = place.client(sources="reject_limit_ratio: 1\n")
    agreed, wants = (
        model.model_dump(mode="json", exclude_unset=True) for model in (case.agreed, case.strategy)
    )
    agreed["client"]["name"], agreed["provider"]["name"] = PAYLOADS[0], PAYLOADS[2]
    agreed["privacy"] = {"people": "shown"}
    for number, service in enumerate(agreed["services"]):
        service["clause"] = PAYLOADS[number + 4]
    for number, objective in enumerate(wants["objectives"]):
        objective["title"] = PAYLOADS[number + 9]
    words = ("finding", "evidence", "recommendation", "management_response", "graded_by")
    findings = [
        {
            **{key: PAYLOADS[(7 * number + place) % len(PAYLOADS)] for place, key in enumerate(words)},
            "period": YEAR,
            "question": question,
            "severity": "high",
            "graded_on": "2026-11-16",
        }
        for number, question in enumerate(QUESTIONS)
    ]
    for name, told in (("contract", agreed), ("strategy", wants), ("findings", {"findings": findings})):
        (folder / f"{name}.yaml").write_text(json.dumps(told), encoding="utf-8")  # JSON is YAML too
    (folder / "notes").mkdir()
    (folder / "notes" / "2026-10.md").write_text("\n\n".join(PAYLOADS), encoding="utf-8")
    shutil.copy(case.workspace.client_params("demo") / "pseudonyms.key", folder)
    exports, number = place.put({}, "2026-10"), 0
    for name in TABLES:
        frame = case.own(name)
        if frame is not None:
            made, number = hostile(name, frame, number)
            made.to_csv(exports / f"{name}.csv", index=False, quoting=csv.QUOTE_ALL)
    (exports / "odd-<img src=x onerror=1>\u202e.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert number > 2 * len(PAYLOADS)
    of_acme = ["--client", "acme"]
    for verb in (
        ["monthly", "--month", "2026-10", *of_acme],
        ["daily", *of_acme],
        ["annual", "--period", YEAR, *of_acme],
        ["fork", "monthly", "--as", "own"],
        ["run", "own", "--month", "2026-10", *of_acme],
        ["compare", "--clients", "acme,zeta", "--month", "2026-10", "--show-names"],
    ):
        if verb[0] == "compare":  # with itself, under another name
            for kind in ("params", "output"):
                shutil.copytree(place.root / kind / "acme", place.root / kind / "zeta", symlinks=True)
        command = [sys.executable, "-m", "msp_report", *verb, "--workspace", str(place.root)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr
        assert not UNSEEN.search(done.stderr.replace("\n", "")), done.stderr
    return place.output


@pytest.fixture(scope="module")
def chromium() -> Iterator:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def pages_of(published: Path) -> list[Path]:
    places = ("acme/2026-10", "acme/daily", f"acme/{YEAR}", "acme/own/2026-10", "compare/*")
    found = [sorted(published.glob(f"{place}/html/*.html")) for place in places]
    assert all(found), "every kind of pack has its pages"
    return [path for pages in found for path in pages]


def test_there_are_enough_of_them():
    assert len(PAYLOADS) >= 300 and len(set(PAYLOADS)) == len(PAYLOADS)


@pytest.mark.thorough
def test_nothing_runs_nothing_is_asked_for_and_nothing_is_torn(published, chromium, tried):
    seen = 0
    for path in pages_of(published):
        for width in WIDTHS:
            context = chromium.new_context(viewport={"width": width, "height": 900})
            page = context.new_page()
            asked, told = [], []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.on("console", lambda message, told=told: told.append(message.text))
            page.on("pageerror", lambda error, told=told: told.append(str(error)))
            page.on("dialog", lambda dialog, told=told: (told.append(dialog.message), dialog.dismiss()))
            page.goto(path.as_uri())
            page.wait_for_load_state("networkidle")
            where = f"{path.name} at {width}"
            assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()], where
            assert told == [] and "owned" not in page.title().split("·")[0], where
            assert (
                page.locator(
                    "main script, main iframe, main object, main embed, main form, main style"
                ).count()
                == 0
            ), where
            assert page.locator("[onerror], [onload], [onfocus], [onclick], [ontoggle]").count() == 0, where
            assert page.locator("a[href^='javascript:'], a[href^='http'], img[src^='http']").count() == 0, (
                where
            )
            assert page.evaluate("document.documentElement.scrollWidth") <= width, where
            assert page.locator("main").count() == 1 and page.locator("footer").count() == 1, where
            rows = page.evaluate(
                "[...document.querySelectorAll('table')]"
                ".every(t => new Set([...t.rows].map(r => r.cells.length)).size == 1)"
            )
            assert rows, f"a torn table: {where}"
            text = page.locator("body").inner_text()
            assert not UNSEEN.search(text), f"{where}: {UNSEEN.search(text)}"
            assert "1337" not in text, where
            context.close()
            seen += 1
    assert seen >= 2 * 45
    tried(f"pages of {len(PAYLOADS)} hostile texts, by width", seen)


@pytest.mark.thorough
def test_records_run_nothing_and_hide_nothing(published, tried):
    cells = 0
    for path in sorted(published.glob("**/records/*/*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert len({len(row) for row in rows}) == 1, path
        for row in rows:
            for cell in row:
                cells += 1
                assert not cell.startswith(("=", "@", "\t", "\r", "＝")), (path.name, cell)
                assert not cell.startswith(("+", "-")) or re.fullmatch(r"[+-]?[\d.]+(e[+-]?\d+)?", cell), (
                    path.name,
                    cell,
                )
                assert not UNSEEN.search(cell.replace("\n", "")), (path.name, cell)
    assert cells > 10_000
    tried("cells of records with hostile texts", cells)
