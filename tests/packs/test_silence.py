"""Silence is not a statement (rule 47): no page calls anything good where nothing is known.

The cells of every monthly page run in this process for three clients: one of whom nothing that a page needs was
supplied, one all of whose tables have a header and no row; of the demo company its pack is read.
"""

import ast
import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from workspaces import Place

from msp_report.case import Case, open_case
from msp_report.model.tables import TABLES
from msp_report.packs import pack, scraps
from msp_report.pages.display import Display, Headlines, Html

MONTH = "2025-10"
NOTEBOOKS = {path.stem: path for path in sorted((pack.NOTEBOOKS / "monthly").glob("*.ipynb"))}
SILENT = """\
client: {name: Acme Ltd, timezone: Europe/London, currency: GBP}
provider: {name: Example MSP}
"""
AGREED = (
    SILENT
    + """\
services: [{name: email, availability_ratio: 0.99, max_outages: 2, outage_min: 5}]
tickets: {priorities: {P1: {response_min: 15, resolution_min: 240, attainment_ratio: 0.95}}}
duties: [{name: patching, every_days: 30}]
backups: {rpo_hours: 24}
"""
)
#: What an empty table may say where nothing was supplied: that nothing is known, or what params leave out.
NEUTRAL = re.compile(
    "was not supplied|is agreed or stated|There is no pack of this month|Nothing to (list|draw)"
    "|No resource has a limit|No standard duties are agreed|nothing is chosen for this page"
    "|there is none before this one|What the month cost is not known"
    "|figures were not supplied|published for this month|pack before this one|more is due than came"
    "|none stands apart|the contract names none|needs a table that did not come"
    "|[Nn]one of the rows that came|The contract names none|No notebook recorded anything"
    "|Every table that was due came|can be called usual or not"
)
#: What an empty table says where it rests on something that nobody supplied.
UNKNOWN = re.compile("for this was (not supplied|due and did not come)")
#: An empty table or chart of a page.
EMPTY = re.compile('<p class="empty"[^>]*>.*?</p>')
#: How a sentence begins that says something good of everything, and what in it says that it does not.
PRAISE = re.compile(r"^(✓|All |Every |No |None |Nothing |The one agreed target was met)")
QUALIFIED = re.compile(
    "not known|can be said|supplied|agreed|stated|was due|could be judged|no pack|No verdict changed"
)


def shown(name: str, place, client: str, month: str) -> list:
    """What the cells of a page show, run one after the other."""
    here = {"client": client, "period": month, "workspace": str(place.root), "pack": ""}
    found = []
    for cell in nbformat.read(NOTEBOOKS[name], as_version=4).cells:
        if cell.cell_type != "code" or "parameters" in cell.metadata.get("tags", []):
            continue
        body = ast.parse(cell.source)
        last = body.body.pop() if isinstance(body.body[-1], ast.Expr) else None
        exec(compile(body, name, "exec"), here)
        if last is not None:
            found.append(eval(compile(ast.Expression(last.value), name, "eval"), here))
    return found


def empty_texts(outputs: list) -> list[str]:
    """What the empty tables and charts say."""
    html = "".join(one._repr_html_() for one in outputs if isinstance(one, Html))
    return [re.sub("<[^>]+>", "", text) for text in EMPTY.findall(html)]


def test_what_an_empty_table_says_is_found():
    table = Display().table(pd.DataFrame({"a": []}), {"a": ("A", "count")}, caption="B", empty="none came.")
    assert empty_texts([table]) == ["B: none came."]


@pytest.fixture
def quiet(monkeypatch):
    """No notebook is written: what cells record is left aside."""
    monkeypatch.setattr(scraps._scrapbook(), "glue", lambda name, data, encoder: None)


@pytest.fixture(scope="module")
def nothing(tmp_path_factory) -> Place:
    """A client of whom only exchange rates came."""
    place = Place(tmp_path_factory.mktemp("nothing"))
    place.client(contract=SILENT)
    place.put({"rates.csv": "currency,on,per_client_currency\nEUR,2025-10-01,1.15\n"}, MONTH)
    return place


@pytest.fixture(scope="module")
def headers(tmp_path_factory) -> Place:
    """A client all of whose tables came, and none has a row."""
    place = Place(tmp_path_factory.mktemp("headers"))
    place.client(contract=AGREED)
    place.put({f"{name}.csv": ",".join(table.names) + "\n" for name, table in TABLES.items()}, MONTH)
    return place


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_where_nothing_was_supplied_nothing_is_called_good(nothing, quiet, name):
    outputs = shown(name, nothing, "acme", MONTH)
    assert [text for text in empty_texts(outputs) if not NEUTRAL.search(text)] == []
    said = [line for one in outputs if isinstance(one, Headlines) for line in str(one).splitlines()]
    assert [line for line in said if PRAISE.search(line) and not QUALIFIED.search(line)] == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_table_that_came_without_rows_is_known_to_be_empty(headers, quiet, name):
    outputs = shown(name, headers, "acme", MONTH)
    assert [text for text in empty_texts(outputs) if UNKNOWN.search(text)] == []
    said = [line for one in outputs if isinstance(one, Headlines) for line in str(one).splitlines()]
    assert [line for line in said if re.search(r"^(All|Every one of) (0|no)\\b", line)] == []


def test_of_a_normal_client_every_table_is_known(demo_pack):
    pages = {
        path.stem: re.sub("[⟦⟧]", "", path.read_text(encoding="utf-8"))
        for path in (demo_pack / "html").glob("*.html")
    }
    assert len(pages) > len(NOTEBOOKS)
    unknown = {
        name: text for name, html in pages.items() for text in EMPTY.findall(html) if UNKNOWN.search(text)
    }
    assert unknown == {}


def test_every_empty_text_that_claims_something_knows_what_it_rests_on():
    """A table's own words for being empty name what they rest on, unless they speak of params or of packs alone."""
    alone = re.compile(
        "Nothing to list|agreed|names no|is chosen|recorded anything|none stands apart|names none|was due came"
        "|not supplied|rows that came|published for this month|[Pp]ack before this one|more is due than came"
    )
    for path in sorted(Path(pack.NOTEBOOKS).glob("[md]*/*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            calls = ast.walk(ast.parse(cell.source)) if cell.cell_type == "code" else ()
            words = [
                k.value
                for call in calls
                if isinstance(call, ast.Call)
                for k in call.keywords
                if k.arg == "empty"
            ]
            bare = [word.value for word in words if isinstance(word, ast.Constant) and word.value]
            assert [text for text in bare if not alone.search(text) and "limit" not in text] == [], path.name


def test_a_table_is_not_supplied_or_empty_or_never_filled(tmp_path):
    place = Place(tmp_path)
    place.client(contract=SILENT)
    row = "ticket_id,opened_at,priority,status,title\nT1,2025-10-02T09:00,P1,open,\n"
    place.put({"tickets.csv": row, "projects.csv": ",".join(TABLES["projects"].names) + "\n"}, MONTH)
    case = open_case("acme", MONTH, place.root)
    assert case.unknown("tickets", "projects", "projects.name", "tickets.status") == []
    assert case.unknown("outages|checks") == [("outages, checks", "not supplied")]
    assert case.unknown("outages|tickets") == []
    assert case.unknown("tickets.title") == [("tickets.title", "never filled")]
    assert case.unknown("tickets.title|tickets.category") == [
        ("tickets.title, tickets.category", "never filled")
    ]
    less = case.at(case.period)
    less.__dict__["withheld"] = {"tickets": case.period.last.shift(-1)}
    assert Case.unknown(less, "tickets") == [("tickets", "withheld")]
    show = Display.of(case.contract)
    assert show.nothing("No ticket.", []) == "No ticket."
    assert show.nothing("No ticket.", [], stated=False) == "nothing is agreed or stated to judge it by."
    for why, said in (
        ("not supplied", "not supplied"),
        ("withheld", "did not come"),
        ("never filled", "never filled"),
    ):
        text = show.nothing("No ticket.", [("tickets", why)])
        assert said in text and "No ticket" not in text
