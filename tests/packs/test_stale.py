"""A pack and its inputs (rule 48): what makes a published pack stale, who says so, and what a rerun changes."""

import json
import os
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from workspaces import CONTRACT, tickets

from msp_report.case import open_case
from msp_report.model import version
from msp_report.model.figures import COLUMNS
from msp_report.model.period import Month
from msp_report.model.restated import RESTATED, restated
from msp_report.packs import pack, stale

FEBRUARY, MARCH = Month(2026, 2), Month(2026, 3)
CHANGELOG = Path(__file__).resolve().parents[2] / "CHANGELOG.md"


def published(place, month=MARCH):
    """A manifest as a published pack of a month has it."""
    case = open_case("acme", str(month), place.root)
    pack = place.output / "acme" / str(month)
    pack.mkdir(parents=True)
    told = {**case.manifest, "inputs": stale.inputs(case, month)}
    (pack / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    return pack


def why(place, month=MARCH, of=MARCH):
    return stale.why_stale(open_case("acme", str(of), place.root), month)


@pytest.fixture
def client(place):
    place.put({"tickets.csv": tickets(20, "2026-02", "F")}, "2026-02")
    place.put({"tickets.csv": tickets(20)})
    published(place, FEBRUARY)
    published(place)
    return place


def test_nothing_changed_is_not_stale(client):
    assert why(client) is None and why(client, FEBRUARY) is None


def test_times_and_order_are_no_change(client):
    path = client.root / "exports" / "acme" / "2026-03" / "tickets.csv"
    head, *lines = path.read_text().splitlines()
    path.write_text("\n".join([head, *lines[::-1]]) + "\n")
    os.utime(path, (1, 1))
    assert why(client) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "T99,2026-03-09T09:00:00,amy@acme.example,Mail,P1,resolved,2026-03-12T10:00:00\n",
        lambda text: text.replace("P1,resolved", "P1,open", 1),
        lambda text: "\n".join(text.splitlines()[:-1]) + "\n",
        lambda text: text + "T99,,amy@acme.example,Mail,P1,resolved,2026-03-12T10:00:00\n",
    ],
    ids=["a late row", "a changed one", "one taken away", "one that is rejected"],
)
def test_other_rows_make_it_stale(client, change):
    (client.root / "params" / "acme" / "sources.yaml").write_text("reject_limit_ratio: 0.5\n")
    shutil.rmtree(client.output)
    published(client, FEBRUARY), published(client)
    path = client.root / "exports" / "acme" / "2026-02" / "tickets.csv"
    path.write_text(change(path.read_text().replace("2026-03", "2026-02")))
    assert why(client, FEBRUARY) == "other rows came for it since: tickets"
    assert why(client) == "other rows came since for 2026-02, which it rests on"


def test_a_table_more_or_less_makes_it_stale(client):
    client.put({"outages.csv": "service,started_at,state\n"})
    assert why(client) == "other rows came for it since: outages"
    assert why(client, FEBRUARY) is None


def test_params_of_the_month_make_it_stale_and_later_ones_do_not(client):
    changed = "contract.yaml, strategy.yaml or sources.yaml changed for it since"
    later = "amendments: [{effective_on: 2026-04-01, set: {services.email.availability_ratio: 0.999}}]\n"
    client.client(contract=CONTRACT + later)
    assert why(client) is None, "it was not in force"
    client.client(contract=CONTRACT + later.replace("2026-04-01", "2026-03-10"))
    assert why(client) == changed and why(client, FEBRUARY) is None
    client.client(contract=CONTRACT.replace("0.95", "0.9"))
    assert why(client) == changed == why(client, FEBRUARY)
    client.client(strategy="author: {name: board}\n")
    assert why(client) == changed
    client.client(
        contract=CONTRACT.replace(
            "provider: {name: Example MSP}", "provider: {name: Example MSP, aliases: []}"
        )
    )
    (client.root / "params" / "acme" / "strategy.yaml").unlink()
    assert why(client) is None, "what a default says anyway"
    client.client(sources="tables: {tickets: {file: tickets.csv, evidence: raw}}\n")
    assert why(client) == changed


def test_other_rules_make_it_stale(client, monkeypatch):
    monkeypatch.setattr(stale, "RULES_VERSION", version.RULES_VERSION + 1)
    assert why(client) == "the rules changed since"


def test_a_pack_of_a_version_that_kept_nothing_is_stale(client):
    path = client.output / "acme" / "2026-03" / "manifest.json"
    told = json.loads(path.read_text())
    del told["inputs"]
    path.write_text(json.dumps(told))
    assert why(client) == "the version that published it did not keep what it was made from"


def test_a_month_without_a_pack_is_not_stale(client):
    shutil.rmtree(client.output / "acme" / "2026-02")
    assert why(client, FEBRUARY) is None


def test_a_file_of_all_months_grows_without_making_earlier_packs_stale(place):
    place.client(sources="exports: exports/{client}\n")
    whole = tickets(20, "2026-02", "F") + "".join(tickets(20).splitlines(keepends=True)[1:])
    path = place.root / "exports" / "acme" / "tickets.csv"
    path.parent.mkdir(parents=True)
    path.write_text(whole)
    published(place)
    path.write_text(whole + "A1,2026-04-02T09:00:00,amy@acme.example,Mail,P1,new,\n")
    assert why(place) is None
    path.write_text(whole + "T99,2026-03-30T09:00:00,amy@acme.example,Mail,P1,new,\n")
    assert why(place) == "other rows came for it since: tickets"


def test_the_rules_have_their_version_in_the_changelog():
    """RULES_VERSION is raised with a line under the heading alone, and that line with it."""
    section = (
        CHANGELOG.read_text(encoding="utf-8")
        .partition("## Figures whose meaning changed")[2]
        .partition("\n## ")[0]
    )
    assert max(map(int, re.findall(r"rules version (\d+)", section))) == version.RULES_VERSION


# What a rerun changes


def figures(*rows):
    frame = pd.DataFrame(rows, columns=["measure", "subject", "value", "verdict"]).assign(unit="ratio")
    return frame.reindex(columns=COLUMNS)


def test_what_is_restated():
    was = figures(
        ("a.x", "", 1.0, "met"),
        ("a.y", "s", 0.5, None),
        ("a.z", "", None, "no_data"),
        ("a.gone", "", 2, None),
    )
    now = figures(
        ("a.x", "", 0.5, "missed"),
        ("a.y", "s", 0.5, None),
        ("a.z", "", 3.0, "no_data"),
        ("a.new", "", 0, None),
    )
    found = restated(was, now).astype(object)
    rows = found.where(found.notna(), None).values.tolist()
    assert rows == [
        ["a.x", "", "ratio", 1.0, 0.5, "met", "missed"],
        ["a.gone", "", "ratio", 2.0, None, None, None],
        ["a.new", "", "ratio", None, 0.0, None, None],
        ["a.z", "", "ratio", None, 3.0, "no_data", "no_data"],
    ]
    assert restated(was, was).empty and list(restated(was, was)) == RESTATED
    assert restated(was.iloc[:0], now).empty, "nothing is replaced"


def test_a_late_row_is_named_and_a_rerun_lists_what_it_changes(place, msp, monkeypatch, tmp_path):
    """From outside: two months are published, a late ticket comes, and everybody says so; in packs of three pages."""
    for name in ("00_scorecard", "30_tickets", "90_evidence"):
        (tmp_path / "notebooks" / "monthly").mkdir(parents=True, exist_ok=True)
        shutil.copy(pack.NOTEBOOKS / "monthly" / f"{name}.ipynb", tmp_path / "notebooks" / "monthly")
    monkeypatch.setattr(pack, "NOTEBOOKS", tmp_path / "notebooks")

    def monthly(month):
        said = msp("monthly", "--client", "acme", "--month", month, "--workspace", place.root)
        assert said.code == 0, said.err
        return said.err

    def page(month):
        text = (place.output / "acme" / month / "html" / "index.html").read_text(encoding="utf-8")
        return " ".join(re.sub(r"<[^>]+>", " ", text).split())

    place.put({"tickets.csv": tickets(1, "2026-02", "F")}, "2026-02")
    place.put({"tickets.csv": tickets(20)})
    first = monthly("2026-03")
    again = monthly("2026-03")
    assert "restated" not in first + again and "out of date" not in first + again, (
        "nothing changed, nothing is said"
    )
    late = "F9,2026-02-09T09:00:00,amy@acme.example,Mail,P1,resolved,2026-02-19T10:00:00\n"
    place.put({"tickets.csv": tickets(1, "2026-02", "F") + late}, "2026-02")
    named = monthly("2026-03")
    assert "acme 2026-02: its published pack is out of date: other rows came for it since: tickets" in named
    assert "The pack of February 2026 is out of date" in page(
        "2026-03"
    ) or "The pack of 2026-02 is out of date" in page("2026-03")
    redone = monthly("2026-02")
    assert "acme 2026-02: restated: tickets.resolution_attainment P1: was 1 (met), is 0.5 (missed)" in redone
    record = pd.read_csv(place.output / "acme" / "2026-02" / "records" / "scorecard" / "restated.csv")
    row = record[record["measure"].eq("tickets.resolution_attainment") & record["subject"].eq("P1")].iloc[0]
    assert row[["value_from", "value_to", "verdict_from", "verdict_to"]].tolist() == [
        1.0,
        0.5,
        "met",
        "missed",
    ]
    assert "1 figure differs from the pack" in page("2026-02") or "figures differ from the pack" in page(
        "2026-02"
    )
    assert "out of date" not in monthly("2026-03"), "all is made of what is there"
