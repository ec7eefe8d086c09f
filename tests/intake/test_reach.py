"""How far a file speaks, and what that says of the month (rule 41), seen from outside and through a case."""

import json

import pandas as pd
import pytest
from workspaces import CONTRACT, tickets

from msp_report.case import open_case

HEADER = "service,started_at,ended_at,state\n"
ROW = "web,2026-{}T10:00:00Z,2026-{}T10:30:00Z,down\n"
SOURCES = 'tables:\n  outages: {{file: "outages*"{}}}\n'
CHECK = ("check", "--client", "acme", "--month", "2026-03", "--workspace")


def outages(*days):
    return HEADER + "".join(ROW.format(day, day) for day in days)


def reach(place, sources=None, table="outages", month="2026-03"):
    """How far a table reaches by its case, and what says so."""
    place.client(contract=CONTRACT, **({"sources": sources} if sources else {}))
    case = open_case("acme", month, place.root)
    entry = next(one for one in case.manifest["files"] if one["table"] == table)
    return str(case.reached(table)), entry["reach_by"]


END = "2026-03-31 23:00:00+00:00"  # the month's end in London


@pytest.mark.parametrize(
    ("source", "name", "expected"),
    [
        ("", "outages.csv", (END, "folder")),
        (", exported_at: 2026-03-10", "outages.csv", ("2026-03-10 00:00:00+00:00", "exported_at")),
        (", exported_at: 2026-03-10T08:00:00+02:00", "outages.csv", ("2026-03-10 06:00:00+00:00", "exported_at")),
        (", exported_at: 2026-04-02", "outages.csv", (END, "exported_at")),
        (", exported_at: 2026-02-10", "outages.csv", ("2026-03-01 00:00:00+00:00", "exported_at")),
        (', exported_at: "outages_%Y%m%dT%H%M.csv"', "outages_20260310T0815.csv",
         ("2026-03-10 08:15:00+00:00", "exported_at")),
        (', exported_at: "*_%d-%b-%Y.*"', "outages of the shop_10-Mar-2026.csv",
         ("2026-03-10 00:00:00+00:00", "exported_at")),
        (', exported_at: "outages_%Y%m%d.csv"', "outages.csv", (END, "folder")),
    ],
)  # fmt: skip
def test_a_source_or_its_name_says_when_it_was_exported(place, source, name, expected):
    place.put({name: outages("03-05")})
    assert reach(place, SOURCES.format(source)) == expected


def test_a_file_says_it_itself(place):
    stated = "exported on,2026-03-09\n" + HEADER.strip() + ",asked\n"
    rows = "web,2026-03-05 10:00,,down,2026-03-10T08:00Z\nweb,2026-03-06 10:00,,degraded,2026-03-11T08:00Z\n"
    place.put({"outages.csv": stated + rows})
    told = reach(place, SOURCES.format(', exported_at: {line: "^exported on,(.*)$"}'))
    assert told == ("2026-03-09 00:00:00+00:00", "exported_at")
    told = reach(place, SOURCES.format(", exported_at: {column: Asked}"))
    assert told == ("2026-03-11 08:00:00+00:00", "exported_at")


def test_of_several_sources_the_earliest_and_of_several_files_the_last(place):
    place.put({"outages_20260305.csv": outages("03-01"), "outages_20260310.csv": outages("03-06")})
    source = '{file: "outages_*", exported_at: "outages_%Y%m%d.csv"}'
    assert reach(place, f"tables:\n  outages: {source}\n")[0] == "2026-03-10 00:00:00+00:00"
    place.put({"more.csv": outages("03-02")})
    both = f"tables:\n  outages:\n    - {source}\n    - {{file: more.csv, exported_at: 2026-03-07}}\n"
    assert reach(place, both)[0] == "2026-03-07 00:00:00+00:00"


def test_a_file_of_no_month_speaks_to_its_last_instant(place):
    place.put({"outages.csv": outages("02-03", "03-05")}, ".")
    sources = "exports: exports/{client}\n" + SOURCES.format("")
    assert reach(place, sources) == ("2026-03-05 10:00:00+00:00", "last row")
    place.put({"outages.csv": outages("02-03", "04-05")}, ".")
    assert reach(place, sources) == (END, "last row")


def test_a_log_without_a_row_of_the_month_is_a_quiet_month(msp, place):
    place.put({"outages.csv": outages("01-15")})
    said = msp(*CHECK, place.root)
    assert said.code == 0 and "reach assumed from the folder" in said.out
    assert reach(place) == (END, "assumed from the folder")


@pytest.mark.parametrize(
    ("files", "sources", "code"),
    [
        ({"outages.csv": outages("02-15", "04-15")}, None, 0),
        ({"outages.csv": outages("04-15")}, None, 3),
        ({"outages.csv": outages("02-15")}, SOURCES.format(", exported_at: 2026-02-20"), 3),
        ({"outages.csv": outages("02-15")}, SOURCES.format(", exported_at: 2026-03-20"), 0),
        ({"tickets.csv": tickets(month="2026-01")}, None, 3),
        ({"outages.csv": HEADER}, None, 0),
    ],
)
def test_only_what_reaches_into_the_month_says_that_nothing_happened(msp, place, files, sources, code):
    place.put(files)
    place.client(contract=CONTRACT, **({"sources": sources} if sources else {}))
    said = msp(*CHECK, place.root)
    assert said.code == code and (code == 0 or said.problems[0].startswith("no table has rows in 2026-03"))


def test_the_same_rows_again_in_another_order_and_format_are_no_file(msp, place):
    place.put({"tickets.csv": tickets(5, "2026-02"), "outages.csv": outages("02-03", "02-05")}, "2026-02")
    again = json.loads(pd.DataFrame([row.split(",") for row in outages("02-05", "02-03").split()[1:]],
        columns=HEADER.strip().split(",")).to_json(orient="records"))  # fmt: skip
    place.put({"tickets.csv": tickets(5), "outages.jsonl": "\n".join(map(json.dumps, again))})
    said = msp(*CHECK, place.root, "--complete")
    assert said.code == 3 and "it last came for 2026-02" in said.problems[0]


def test_a_file_that_does_not_reach_into_the_month_did_not_come(msp, place):
    sources = SOURCES.format(", exported_at: 2026-02-28") + "  tickets: {file: tickets.csv}\n"
    place.client(contract=CONTRACT, sources=sources)
    for month in ("2026-02", "2026-03"):
        place.put({"tickets.csv": tickets(5, month), "outages.csv": outages(f"{month[5:]}-03")}, month)
    said = msp(*CHECK, place.root, "--complete")
    assert said.code == 3 and "it last came for 2026-02" in said.problems[0]


def test_the_same_rows_made_anew_are_a_file(msp, place):
    sources = SOURCES.format(', exported_at: "outages_%Y%m%d.csv"') + "  tickets: {file: tickets.csv}\n"
    place.client(contract=CONTRACT, sources=sources)
    place.put({"tickets.csv": tickets(5, "2026-02"), "outages_20260301.csv": outages("02-03")}, "2026-02")
    place.put({"tickets.csv": tickets(5), "outages_20260401.csv": outages("02-03")})
    assert msp(*CHECK, place.root, "--complete").code == 0


@pytest.mark.parametrize(
    "stated", ["yesterday", '"log_%H.csv"', '{line: "no brackets"}', '{line: "("}', "{column: a, line: (b)}"]
)
def test_an_exported_at_that_says_nothing_is_refused(msp, place, stated):
    place.put({"outages.csv": HEADER})
    place.client(contract=CONTRACT, sources=SOURCES.format(f", exported_at: {stated}"))
    said = msp(*CHECK, place.root)
    assert said.code == 2 and "exported_at" in said.problems[0]


def daily(month, until=28, step=1):
    """Outages of a month, one every so many days."""
    return HEADER + "".join(
        f"web,{month}-{day:02}T10:00:00Z,{month}-{day:02}T10:30:00Z,down\n"
        for day in range(1, until + 1, step)
    )


BEFORE = ("2025-12", "2026-01", "2026-02")


@pytest.mark.parametrize(
    ("before", "step", "until", "expected"),
    [
        ({}, 1, 22, "2026-03-22 10:00:00+00:00"),
        ({}, 1, 28, END),  # three days, as the month before was silent from its 28th to the 1st
        ({"2026-01": 20}, 1, 22, END),  # that month paused for twelve days: so may this one
        ({}, 2, 22, END),  # every second day makes 42 rows: too few
        ({}, 1, 9, END),
    ],
    ids=["in silence", "as it always was", "paused before", "too few before", "too few now"],
)
def test_a_file_that_ends_in_a_silence_it_never_knew_speaks_no_further(place, before, step, until, expected):
    place.client(contract=CONTRACT, sources=SOURCES.format(""))
    for month in BEFORE:
        place.put({"outages.csv": daily(month, before.get(month, 28), step)}, month=month)
    place.put({"outages.csv": daily("2026-03", until)})
    case = open_case("acme", "2026-03", place.root)
    assert str(case.reached("outages")) == expected
    told = case.reading("outages").iloc[0]
    silent = expected != END
    assert (str(told["reach"]), told["reach_by"]) == (expected, "silence" if silent else "folder")
    assert any("no earlier month was silent for so long" in text for text in case.remarks()) == silent


def test_who_says_when_a_file_was_made_is_believed(place):
    place.client(contract=CONTRACT, sources=SOURCES.format(", exported_at: 2026-04-02"))
    for month in BEFORE:
        place.put({"outages.csv": daily(month)}, month=month)
    place.put({"outages.csv": daily("2026-03", 22)})
    assert str(open_case("acme", "2026-03", place.root).reached("outages")) == END
