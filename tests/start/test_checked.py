"""What `check` says of each file: what read it, what nothing reads, which figures die, what to ask for next."""

import pytest
from workspaces import HEADER, tickets

from msp_report.case import open_case
from msp_report.model.measures import MEASURES
from msp_report.model.tables import TABLES
from msp_report.selftest import needed
from msp_report.start import checked


@pytest.fixture
def said(place):
    def look(files: dict, sources: str | None = None) -> list[str]:
        if sources:
            place.client(sources=sources)
        place.put(files)
        return checked.lines(open_case("acme", "2026-03", place.root))

    return look


def test_columns_that_nothing_reads_and_those_that_are_empty(said):
    lines = said(
        {"tickets.csv": tickets().replace("requester,", "requester,Colour,", 1).replace(",amy", ",red,amy")}
    )
    text = "\n".join(lines)
    assert "tickets.csv: read as tickets without a profile, 7 columns" in text, text
    assert "tickets.csv: not read: Colour" in text
    (empty,) = [line for line in lines if "empty: first_response_at" in line]
    assert "tickets.response_attainment" in empty


def test_all_values_that_nobody_knows_stand_in_one_block(said):
    odd = "".join(
        f"X{n},2026-03-04T09:00,amy,Mail,P1,{status},\n" for n, status in enumerate(["odd", "queer", "odd"])
    )
    lines = said({"tickets.csv": tickets(200) + odd})
    block = lines[lines.index("      values:") :]
    assert block[1].startswith("        status:  # one of new, open")
    assert block[2:4] == ["          odd:   # 2 rows", "          queer:   # 1 rows"]


def test_rows_that_are_no_records_are_told(said):
    sources = "tables: {tickets: {file: tickets.csv, where: \"priority = 'P1'\"}}\n"
    lines = said({"tickets.csv": tickets() + "X,2026-03-04T09:00,amy,Mail,P9,open,\n"}, sources)
    assert "tickets.csv: 1 rows left out, which are no records" in lines


def test_what_is_not_there_is_asked_for(said):
    (line,) = [line for line in said({"tickets.csv": HEADER}) if line.startswith("ask the provider for")]
    assert line.startswith("ask the provider for: outages") and "docs/sources.md" in line


def test_what_is_needed_names_columns_and_figures_that_there_are():
    for name, figures in checked.needs().items():
        table, _, column = name.partition(".")
        assert not column or column in TABLES[table].names, name
        assert figures and set(figures) <= set(MEASURES), name
    assert "tickets.response_attainment" in checked.needs()["tickets.first_response_at"]


@pytest.mark.thorough
def test_what_is_needed_is_as_the_demo_shows_it(demo_case, is_demo):
    if not is_demo:
        pytest.skip("of the demo company that everybody makes")
    tried = [("tickets", "first_response_at"), ("surveys", "recommend"), ("restore_tests", None)]
    found = needed.derive(demo_case("2026-10"), tried)
    assert found == {name: checked.needs()[name] for name in found} and len(found) == len(tried)


def test_a_table_that_is_gone_and_a_column_that_is_empty(place):
    place.put({"tickets.csv": tickets(), "surveys.csv": "survey_id,answered_at,recommend\nS1,2026-03-04,9\n"})
    case = open_case("acme", "2026-03", place.root)
    column = needed._Without(case, "surveys", "recommend")
    assert column.table("surveys")["recommend"].isna().all() and len(column.table("surveys")) == 1
    assert needed._Without(case, "surveys", None).table("surveys") is None
    assert len(needed._Without(case, "surveys", None).table("tickets"))
