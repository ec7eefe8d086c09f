"""What notebooks hand on: the same figures come back, as plain types, and long tables stay out of the notebook."""

import json
import math
from types import SimpleNamespace

import nbformat
import numpy as np
import pandas as pd
import papermill
import pytest
import scrapbook
from workspaces import tickets

from msp_report.case import open_case
from msp_report.metrics.scorecard.changes import read_again
from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.period import Month
from msp_report.packs import history, scraps
from msp_report.words.records import write_csv


@pytest.fixture
def case(place):
    place.put({"tickets.csv": tickets(3)})
    return open_case("acme", "2026-03", place.root)


@pytest.fixture
def glued(monkeypatch):
    """What would have been glued into the notebook."""
    found = {}

    def glue(name, data, encoder):
        assert encoder == "json"
        found[name] = data

    monkeypatch.setattr(scraps, "_scrapbook", lambda: SimpleNamespace(glue=glue))
    return found


def executed(path, *records, schema=scraps.SCHEMA):
    """An executed notebook in which records were glued."""
    outputs = [
        nbformat.v4.new_output(
            "display_data",
            {
                scraps.GLUED_AS: {
                    "name": scraps.SCRAP,
                    "data": {**record, "schema": schema},
                    "encoder": "json",
                    "version": 1,
                }
            },
            metadata={"scrapbook": {"name": scraps.SCRAP, "data": True, "display": False}},
        )
        for record in records
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=outputs)]), str(path)
    )
    return path


def test_a_record_is_plain_json_and_comes_back_as_it_was(case, glued, tmp_path):
    figures = [
        Figure(
            measure="mine.a", value=np.float64(0.1) + 0.2, unit="ratio", n=np.int64(3), low=math.nan, target=1
        ),
        Figure(
            measure="mine.a", subject="=x <b>", value=np.int32(7), unit="count", verdict="met", better="lower"
        ),
        Figure(measure="mine.b", value=None, why_missing="no samples", verdict="no_data"),
    ]
    scraps.record(case, "mine", figures, {"long": pd.DataFrame({"a": range(4)})})
    envelope = json.loads(json.dumps(glued[scraps.SCRAP], allow_nan=False))
    assert envelope["records"] == {"long": 4} and envelope["report"] == "mine"
    assert [list(row) for row in envelope["figures"]] == [COLUMNS] * 3
    assert envelope["figures"][0]["value"] == 0.1 + 0.2 and envelope["figures"][0]["low"] is None
    read = scraps.read_notebook(executed(tmp_path / "10_mine.ipynb", envelope))
    assert read["figures"] == figures


def test_records_are_written_where_a_pack_is_made_and_only_there(case, glued, tmp_path, monkeypatch):
    frame = pd.DataFrame({"requester": ["amy@acme.example"], "title": ["=1+1"], "n": [1]})
    scraps.record(case, "mine", [], {"asked": frame})
    assert list(tmp_path.rglob("asked.csv")) == []
    monkeypatch.setenv(scraps.DESK, str(tmp_path / "desk"))
    scraps.record(case, "mine", [], {"asked": frame})
    written = (tmp_path / "desk" / "records" / "mine" / "asked.csv").read_text(encoding="utf-8")
    header, row, end = written.split("\n")
    assert header == "requester,title,n" and end == ""
    assert row.startswith("person-") and row.endswith(",'=1+1,1")


def test_a_figure_of_another_report_or_given_twice_is_refused(case, glued):
    with pytest.raises(ValueError, match=r"two\.a is not a figure of the report 'one'"):
        scraps.record(case, "one", [Figure(measure="two.a", value=1)], {})
    with pytest.raises(ValueError, match=r"one\.a of mail is given twice"):
        scraps.record(case, "one", [Figure(measure="one.a", subject="mail", value=v) for v in (1, 2)], {})
    assert glued == {}


def test_figures_are_given_their_sentence(case, glued):
    one = Figure(
        measure="availability.ratio", subject="email", value=0.5, unit="ratio", target=0.9, verdict="missed"
    )
    scraps.record(case, "availability", [one], {})
    (row,) = glued[scraps.SCRAP]["figures"]
    assert row["headline"] == "The service email was up 50 % of its agreed time; 90 % was agreed."


def row(measure, value, **fields):
    return Figure(measure=measure, value=value, **fields).row()


def test_a_pack_is_read_in_the_order_of_its_notebooks(tmp_path):
    folder = tmp_path / "notebooks"
    executed(folder / "20_two.ipynb", {"report": "two", "figures": [row("two.a", 2)], "records": {"x": 1}})
    executed(folder / "10_one.ipynb", {"report": "one", "figures": [row("one.a", 1)], "records": {}})
    executed(folder / "30_none.ipynb")
    for place in (tmp_path, folder, str(folder)):
        read = scraps.read_pack(place)
        assert list(read.columns) == COLUMNS and read["measure"].tolist() == ["one.a", "two.a"]
    assert scraps.read_notebook(folder / "30_none.ipynb") is None
    listed = scraps.read_records(tmp_path, mine={"own": pd.DataFrame({"a": [1, 2]})})
    assert listed[["report", "name", "rows"]].to_numpy().tolist() == [["two", "x", 1], ["mine", "own", 2]]
    assert listed["href"].tolist() == ["../records/two/x.csv", "../records/mine/own.csv"]


def test_an_empty_pack_has_no_figures_and_all_columns(tmp_path):
    assert scraps.read_pack(tmp_path).empty and list(scraps.read_pack(tmp_path).columns) == COLUMNS


def test_a_record_of_another_version_is_refused_by_name(tmp_path):
    path = executed(tmp_path / "10_old.ipynb", {"report": "old", "figures": []}, schema=99)
    with pytest.raises(ValueError, match=r"10_old\.ipynb was recorded by another version"):
        scraps.read_notebook(path)


def test_history_is_the_packs_before_this_period_oldest_first(case):
    before = {"2025-01": 1, "2025-03": 3, "2026-02": 14, "2026-03": 15, "2026-04": 16}
    for month, value in before.items():
        record = {"report": "one", "figures": [row("one.a", value)], "records": {}}
        executed(
            case.workspace.pack("acme", case.period).with_name(month) / "notebooks" / "10_one.ipynb", record
        )
    found = history.before(case)
    assert found[["month", "value"]].to_numpy().tolist() == [["2025-03", 3], ["2026-02", 14]]
    assert list(found.columns) == ["month", *COLUMNS]
    assert history.before(case, months=1).empty


def test_a_published_pack_is_read_from_its_figures(case):
    """Not from its notebooks: figures.json says what they recorded."""
    folder = case.workspace.pack("acme", case.period).with_name("2026-02")
    record = {"report": "one", "figures": [row("one.a", 1)], "records": {}}
    executed(folder / "notebooks" / "10_one.ipynb", record)
    (folder / "figures.json").write_text(json.dumps([row("one.a", 2)]))
    found = history.before(case)
    assert found[["month", "value"]].to_numpy().tolist() == [["2026-02", 2]]
    assert list(found.columns) == ["month", *COLUMNS]


#: Glues every type that JSON has, twice under our name, with other scraps before, between and after.
GLUE = """
import pandas as pd
import scrapbook
from msp_report.packs.scraps import SCRAP

scrapbook.glue("other", {{"a": 1}}, encoder="json")
scrapbook.glue(SCRAP, {{"given": "first"}}, encoder="json")
print("said beside it")
scrapbook.glue("frame", pd.DataFrame({{"a": [1]}}), encoder="pandas")
scrapbook.glue("shown", {{"a": 2}}, encoder="json", display=True)
scrapbook.glue(SCRAP, {every!r}, encoder="json")
scrapbook.glue("text", "after it")
"""
EVERY = {
    "nothing": None,
    "truths": [True, False],
    "whole": [0, -1, 2**53 + 1, 10**30],
    "parts": [0.1 + 0.2, -0.0, 1e300, 5e-324, 1.0],
    "text": ["", "nan", "null", "Zoë \u202e \U0001f4c8", '"\\\n\t', "</script>", "\ufeff"],
    "nested": {"a": [{"b": [[], {}]}], "": "no name", "1": "a number's"},
}


def test_the_short_reader_and_scrapbook_agree_on_every_type(tmp_path):
    """In a notebook that was really executed, of which scrapbook is the judge."""
    path = tmp_path / "10_every.ipynb"
    for code, expected in ((GLUE.format(every=EVERY), EVERY), ("1 + 1", None)):
        cells = [nbformat.v4.new_markdown_cell("# Any"), nbformat.v4.new_code_cell(code)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        papermill.execute_notebook(str(path), str(path), kernel_name="python3", progress_bar=False)
        judge = scrapbook.read_notebook(str(path)).scraps
        read = scraps._glued(path)
        assert read == expected
        assert repr(read) == repr(judge[scraps.SCRAP].data if expected else judge.get(scraps.SCRAP))


def test_a_record_of_a_pack_is_read_or_none(tmp_path):
    assert scraps.read_record(tmp_path, "contract", "claims") is None
    (tmp_path / "records" / "contract").mkdir(parents=True)
    (tmp_path / "records" / "contract" / "claims.csv").write_text("month,left\n2026-09,900.0\n")
    assert scraps.read_record(tmp_path, "contract", "claims")["left"].tolist() == [900]


def test_what_names_something_is_read_as_it_was_written(tmp_path):
    folder = tmp_path / "records" / "contract"
    folder.mkdir(parents=True)
    written = pd.DataFrame(
        {
            "clause": ["8.10", None],
            "document_id": ["0012", "7"],
            "vendor": ["NA", "null"],
            "left": [900.5, None],
        }
    )
    write_csv(written, folder / "claims.csv")
    read = scraps.read_record(tmp_path, "contract", "claims")
    assert read.astype(object).where(read.notna(), None).to_dict("list") == written.astype(object).where(
        written.notna(), None
    ).to_dict("list")


def test_a_long_record_whose_column_is_empty_for_long_is_read_without_a_word(tmp_path, recwarn):
    folder = tmp_path / "records" / "tickets"
    folder.mkdir(parents=True)
    met = pd.Series([None] * 400_000 + [True, False], dtype="boolean")
    write_csv(pd.DataFrame({"ticket_id": "T" * 10, "response_met": met}), folder / "clocks.csv")
    read = scraps.read_record(tmp_path, "tickets", "clocks")
    assert read["response_met"].dropna().tolist() == [True, False]
    assert not recwarn.list


# ---------------------------------------------------------------- replies

REPLY = "measure,subject,said_on,by,text\n"


def answered(place, *lines, month="2026-03"):
    """The exports of a month with replies."""
    place.put({"tickets.csv": tickets(3, month), "replies.csv": REPLY + "".join(lines)}, month)
    return open_case("acme", month, place.root)


def late(subject="P1"):
    return Figure(
        measure="tickets.resolution_attainment", subject=subject, value=0.5, unit="ratio", n=2, target=0.95,
        better="higher", verdict="missed",
    )  # fmt: skip


def test_a_reply_stands_beside_the_figure_on_its_own_page(place, glued):
    case = answered(
        place,
        'tickets.resolution_attainment,P1,2026-03-30,Amy Ant,"<script>alert(1)</script> It was announced."\n',
        "tickets.backlog,,2026-03-30,Example MSP,We count otherwise.\n",
        "availability.ratio,mail,2026-03-30,Example MSP,Elsewhere.\n",
    )
    shown = scraps.record(case, "tickets", [late()], {})
    html, text = shown._repr_html_(), str(shown)
    assert "&lt;script&gt;" in html and "<script>" not in html
    assert "Amy Ant" not in html and "person-" in html  # who said it is a person
    assert text.index("solved in time; 95 %") < text.index("It was announced.")
    assert (
        "Example MSP replied on 30 Mar 2026: “We count otherwise.”" in text
    )  # of a figure that is not there
    assert "Tickets open at month end: not known: no page gives this figure." in text
    assert "Elsewhere." not in text
    elsewhere = scraps.record(case, "availability", [], {})
    assert "Elsewhere." in str(elsewhere) and "It was announced." not in str(elsewhere)


def test_a_reply_to_a_figure_that_the_page_passes_over_is_told_with_its_figure(place, glued):
    case = answered(place, "tickets.resolution_attainment,P2,2026-03-30,provider,Too kind.\n")
    met = late("P2").with_(value=0.97, verdict="met")
    text = str(scraps.record(case, "tickets", [met], {}))
    assert "2 P2 tickets (97 %) were solved in time" in text and "provider replied on" in text


def test_a_reply_answers_the_month_with_whose_exports_it_first_came(place):
    first = "tickets.backlog,,2026-04-05,provider,To March.\n"
    march = answered(place, first)
    april = answered(place, first, "tickets.backlog,,2026-04-30,provider,To April.\n", month="2026-04")
    assert scraps.replies(march)["text"].tolist() == ["To March."]
    assert scraps.replies(april)["text"].tolist() == ["To April."]
    assert scraps.replies(april)["said"].tolist() == ["provider replied on 30 Apr 2026: “To April.”"]
    assert scraps.replies(open_case("acme", "2026-03..2026-04", place.root)).empty


def test_the_same_file_in_every_month_leaves_it_to_the_day(place):
    lines = [
        "tickets.backlog,,2026-03-30,provider,To March.\n",
        "tickets.backlog,,2026-04-30,provider,To April.\n",
    ]
    march, april = answered(place, *lines), answered(place, *lines, month="2026-04")
    assert scraps.replies(march)["text"].tolist() == ["To March."]
    assert scraps.replies(april)["text"].tolist() == ["To April."]


def test_without_replies_there_are_none(case):
    assert scraps.replies(case).empty and "said" in scraps.replies(case)


def test_a_long_reply_is_cut_on_the_page(place):
    case = answered(place, f"tickets.backlog,,2026-03-30,provider,{'long ' * 400}\n")
    (said,) = scraps.replies(case)["said"]
    assert len(said) < 700 and said.endswith("…”")
    assert len(scraps.replies(case)["text"][0]) > 1900


# ---------------------------------------------------------------- earlier packs


def packed(case, month, tables=()):
    """A published pack of a month with accepted tables of the case."""
    folder = case.workspace.pack("acme", case.period).with_name(month)
    executed(
        folder / "notebooks" / "10_one.ipynb", {"report": "one", "figures": [row("one.a", 1)], "records": {}}
    )
    (folder / "tables").mkdir()
    for table in tables:
        case.table(table).to_parquet(folder / "tables" / f"{table}.parquet")
    return folder


def test_a_table_of_earlier_packs_comes_typed_and_oldest_first(place):
    actions = "action_id,decided_on,text,owner,due_on,done_on\nA1,2026-02-01,Ask,Finance,{due},\n"
    for month, due in (("2026-01", "2026-03-01"), ("2026-02", "2026-04-01"), ("2026-03", "2026-05-01")):
        place.put({"tickets.csv": tickets(1, month), "actions.csv": actions.format(due=due)}, month)
    for month in ("2026-01", "2026-02"):
        packed(open_case("acme", month, place.root), month, ["actions"])
    case = open_case("acme", "2026-03", place.root)
    found = history.earlier(case, "actions")
    assert found["due_on"].dt.month.tolist() == [3, 4]  # March's own is in no earlier pack
    assert history.earlier(case, "replies") is None


def test_rows_of_earlier_months_are_compared_with_the_last_pack(place):
    february = tickets(2, "2026-02")
    place.put({"tickets.csv": february}, "2026-02")
    packed(open_case("acme", "2026-02", place.root), "2026-02", ["tickets"])
    again = february.replace("T10:00:00", "T11:00:00", 1)  # T0 was solved an hour later than it was
    place.put({"tickets.csv": again + tickets(1, name="M").partition("\n")[2]})
    case = open_case("acme", "2026-03", place.root)
    found = read_again(history.again(case, case.accepted, Month(2026, 2)))
    assert found[["kind", "measure", "to"]].to_numpy().tolist() == [
        ["rows read again", "tickets", 2],
        ["rows that say something else", "tickets", 1],
    ]
    assert not history.again(case, case.accepted, None)
    assert not history.again(case, "nowhere", Month(2026, 2))
    assert read_again([]).empty


def test_metrics_are_given_what_packs_said(place):
    for month in ("2026-02", "2026-03"):
        place.put({"tickets.csv": tickets(1, month)}, month)
    packed(open_case("acme", "2026-02", place.root), "2026-02")
    case = open_case("acme", "2026-03", place.root)
    past = history.open(case)
    assert past.before["month"].tolist() == ["2026-02"] and past.figures.empty
    assert past.months["why_missing"].tolist() == ["its pack was not published"]
    assert past.year().empty and past.year(before=1)["month"].tolist() == ["2026-02"]
    assert past.record("one", "rows") is None and past.earlier("actions") is None
    assert past.replies.empty and not past.again(None)
    earlier = history.open(case, case.workspace.pack("acme", case.period).with_name("2026-02"))
    assert earlier.figures["measure"].tolist() == ["one.a"]
