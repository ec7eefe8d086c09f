"""Where things lie, and the opened case: which exports speak for a period, what is kept and what is read again."""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from workspaces import CONTRACT, HEADER, digests, tickets

from msp_report import params, workspace
from msp_report.case import open_case
from msp_report.intake import ingest
from msp_report.model.period import Month
from msp_report.model.tables import TABLES
from msp_report.workspace import PROJECT, UnknownClient, Workspace

ONE = "{},{}T09:00:00,amy@acme.example,Mail,P1,{},{}\n"


@pytest.fixture
def case(place):
    def opened(period="2026-03", client="acme"):
        return open_case(client, period, place.root)

    return opened


def ids(frame) -> list[str]:
    return frame["ticket_id"].tolist()


# ---------------------------------------------------------------- folders


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("exports/{client}/{month}", "given/acme/{month}"),
        ("exports/{client}", "given/acme"),
        ("exports/{month}/{client}", "given/{month}/acme"),
        ("exports", "given"),
    ],
)
def test_given_exports_stand_for_the_first_folder(tmp_path, template, expected):
    (tmp_path / "given" / "acme").mkdir(parents=True)
    given = Workspace.find(tmp_path, exports=tmp_path / "given")
    assert given.exports_template("acme", params.Sources(exports=template)) == str(tmp_path / expected)


def test_given_exports_without_a_level_of_clients(tmp_path):
    given = Workspace.find(tmp_path, exports=tmp_path)
    assert given.exports_template("acme", params.Sources()) == str(tmp_path / "{month}")


def test_exports_lie_in_the_workspace_unless_they_are_given(tmp_path):
    found = Workspace.find(tmp_path).exports_template("acme", params.Sources())
    assert found == str(tmp_path / "exports" / "acme" / "{month}")


def test_a_kernel_finds_the_same_folders(tmp_path, monkeypatch):
    apart = {name: tmp_path / name for name in ("params", "exports", "output")}
    here = Workspace.find(tmp_path / "ws", **apart)
    for name, value in here.environment.items():
        monkeypatch.setenv(name, value)
    assert Workspace.find(str(here.root)) == here


def test_without_params_above_the_project_is_the_workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Workspace.find().root == PROJECT


def test_the_demo_is_known_in_every_workspace(tmp_path):
    assert Workspace.find(tmp_path).client_params("demo") == PROJECT / "params" / "demo"
    with pytest.raises(UnknownClient, match="put its contract"):
        Workspace.find(tmp_path).client_params("other")


@pytest.mark.parametrize("name", ["..", "a/b", "a\\b", "", "~", "a\n", "/", "a\0b", "é", " a", ".."])
def test_a_name_that_is_no_folder_name_leads_nowhere(tmp_path, name):
    (tmp_path / "params").mkdir()
    (tmp_path / "contract.yaml").write_text("client: {name: x, timezone: UTC}\n")
    with pytest.raises(UnknownClient):
        Workspace.find(tmp_path).client_params(name)


# ---------------------------------------------------------------- what speaks for a period


def test_the_look_back_joins_months_and_the_newest_row_stands(place, case):
    place.put({"tickets.csv": HEADER + ONE.format("A", "2026-02-03", "open", "")}, "2026-02")
    closed = ONE.format("A", "2026-02-03", "resolved", "2026-03-01T09:00:00")
    place.put({"tickets.csv": HEADER + closed + ONE.format("B", "2026-03-03", "open", "")}, "2026-03")
    place.put({"tickets.csv": HEADER + ONE.format("C", "2026-04-03", "open", "")}, "2026-04")
    march = case()
    assert march.months == [Month(2026, 2), Month(2026, 3)] and march.later_months == [Month(2026, 4)]
    assert ids(march.table("tickets")) == ["A", "B"]
    assert march.table("tickets").set_index("ticket_id")["status"].to_dict() == {"A": "resolved", "B": "open"}
    assert ids(march.follow_up("tickets")) == ["A", "B", "C"]
    assert march.reach("tickets") == pd.Timestamp("2026-04-03T08:00Z")
    assert ids(case("2026-02").table("tickets")) == ["A"]
    assert case("2026-02").table("tickets")["status"].tolist() == ["open"]  # what was not known then


def test_one_file_for_all_months_is_one_table(place, case):
    place.client(sources="exports: exports\ntables: {tickets: {file: all.csv}}\n")
    (place.root / "exports").mkdir()
    text = HEADER + ONE.format("A", "2026-02-03", "open", "") + ONE.format("B", "2026-03-03", "open", "")
    (place.root / "exports" / "all.csv").write_text(text)
    assert case().months == [Month(2026, 2), Month(2026, 3)]
    assert ids(case().table("tickets")) == ["A", "B"]


def test_a_table_that_was_not_supplied_is_none_and_one_without_rows_is_empty(place, case):
    place.put({"tickets.csv": HEADER})
    here = case()
    assert here.table("outages") is None
    empty = here.table("tickets")
    assert list(empty.columns) == list(TABLES["tickets"].names) and empty.empty
    assert empty.dtypes.equals(TABLES["tickets"].empty().dtypes)
    assert here.reading("tickets", "outages")["table"].tolist() == ["tickets", "outages"]
    assert here.reading("outages")["file"].isna().all()


def test_columns_have_one_type_with_rows_and_without(place, case):
    place.put({"tickets.csv": tickets(3), "outages.csv": "service,started_at,ended_at,state\n"})
    for name in ("tickets", "outages"):
        assert case().table(name).dtypes.equals(TABLES[name].empty().dtypes)


def test_a_refused_earlier_month_is_left_out_of_the_look_back(place, case):
    place.put({"tickets.csv": ""}, "2026-02")
    place.put({"tickets.csv": tickets(3)}, "2026-03")
    assert len(case().table("tickets")) == 3


# ---------------------------------------------------------------- read again, kept, never written over


def test_exports_that_changed_are_read_again(place, case):
    folder = place.put({"tickets.csv": tickets(3)})
    assert len(case().table("tickets")) == 3
    (folder / "tickets.csv").write_text(tickets(4))
    assert len(case().table("tickets")) == 4
    place.client(sources="tables: {tickets: {file: tickets.csv, values: {priority: {P1: P9}}}}\n")
    assert set(case().table("tickets")["priority"]) == {"P9"}


def test_what_the_board_and_the_contract_say_does_not_have_them_read_again(place, case, monkeypatch):
    place.put({"tickets.csv": tickets(3)})
    assert case().accepted
    monkeypatch.setattr(ingest, "read_month", None)
    place.client(
        contract=CONTRACT + "term: {monthly_fee: 9}\n", strategy="author: {name: board}\n", findings="[]\n"
    )
    assert case().accepted


def test_exports_that_did_not_change_are_not(place, case, monkeypatch):
    place.put({"tickets.csv": tickets(3)})
    before = digests(case().accepted)
    monkeypatch.setattr(ingest, "read_month", None)
    assert digests(case().accepted) == before


def test_what_was_published_is_not_written_over(place, case):
    folder = place.put({"tickets.csv": tickets(3)})
    published = place.output / "published.parquet"
    os.link(case().accepted / "tables" / "tickets.parquet", published)
    (folder / "tickets.csv").write_text(tickets(4))
    assert len(case().table("tickets")) == 4 and len(pd.read_parquet(published)) == 3


def test_a_month_whose_exports_are_gone_stands_for_the_look_back_only(place, case):
    place.put({"tickets.csv": tickets(3, "2026-02", "A")}, "2026-02")
    place.put({"tickets.csv": tickets(2, "2026-03", "B")}, "2026-03")
    assert len(case().table("tickets")) == 5
    kept = digests(case("2026-02").accepted)
    shutil.rmtree(place.root / "exports" / "acme" / "2026-02")
    assert len(case().table("tickets")) == 5 and case().months == [Month(2026, 2), Month(2026, 3)]
    with pytest.raises(ingest.DataRefused, match="nothing to read for 2026-02"):
        assert case("2026-02").accepted
    assert digests(place.output / "acme" / ".accepted" / "2026-02") == kept
    assert len(case().table("tickets")) == 5
    # the workspace may be moved, and other exports do not look back on these
    moved = place.root.rename(place.root.with_name("moved"))
    assert len(open_case("acme", "2026-03", moved).table("tickets")) == 5
    shutil.copytree(moved / "exports", moved / "others")
    others = Workspace.find(moved, exports=moved / "others")
    assert len(open_case("acme", "2026-03", others).table("tickets")) == 2


def test_refused_exports_leave_their_rejects_and_no_tables(place, case):
    folder = place.put({"tickets.csv": tickets(3)})
    assert case().accepted
    (folder / "tickets.csv").write_text(tickets(3).replace("resolved,", "gone,"))
    with pytest.raises(ingest.DataRefused):
        assert case().accepted
    accepted = place.output / "acme" / ".accepted" / "2026-03"
    assert (accepted / "rejects" / "tickets.csv").read_text().count("\n") == 4
    assert not (accepted / "tables").exists()
    assert json.loads((accepted / "manifest.json").read_text())["problems"]
    (folder / "tickets.csv").write_text(tickets(3))
    assert len(case().table("tickets")) == 3


def test_many_may_open_a_month_at_once(place, case):
    place.put({"tickets.csv": tickets(50)})
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: len(case().table("tickets")), range(4)))
    assert found == [50] * 4


# ---------------------------------------------------------------- a running month


def test_a_complete_month_ends_with_the_month(place, case):
    place.put({"tickets.csv": tickets(3)})
    assert case().bounds == (pd.Timestamp("2026-03-01", tz="UTC"), pd.Timestamp("2026-03-31T23:00Z"))
    assert not case().to_date


def test_a_running_month_ends_a_minute_after_what_is_known(place, case):
    now = datetime.now(UTC).replace(second=30, microsecond=0)
    start = now.replace(day=1, hour=0, minute=0, second=0)
    if now - start < timedelta(hours=3):
        pytest.skip("the month has only just begun")
    place.client(contract="client: {name: Acme, timezone: UTC}\n")
    known = now - timedelta(hours=1)
    lines = [
        f"A,{known - timedelta(minutes=30):%Y-%m-%dT%H:%M:%S},,,P1,resolved,{known:%Y-%m-%dT%H:%M:%S}\n",
        f"B,{now + timedelta(days=3):%Y-%m-%dT%H:%M:%S},,,P1,open,\n",
        f"C,{start - timedelta(days=9):%Y-%m-%dT%H:%M:%S},,,P1,open,\n",
    ]
    month = f"{now:%Y-%m}"
    place.put({"tickets.csv": HEADER + "".join(lines)}, month)
    running = case(month)
    assert running.to_date and running.start == pd.Timestamp(start)
    assert running.end == pd.Timestamp(known.replace(second=0)) + pd.Timedelta(minutes=1)
    place.put({"tickets.csv": HEADER}, month)
    assert abs(case(month).end - pd.Timestamp(now)) < pd.Timedelta(minutes=5)


# ---------------------------------------------------------------- words for people


def test_what_an_analyst_should_look_at(place, case):
    place.client(sources="tables: {tickets: {file: tickets.csv}, samples: {file: none.csv}}\n")
    place.put({"tickets.csv": tickets(100) + ONE.format("X", "2026-03-04", "exploded", "")})
    rejected, absent = case().remarks()
    assert rejected.startswith("tickets.csv: 1 of 101 rows rejected as tickets (1 unknown value")
    assert absent.startswith("samples: due and not supplied") and "names a file that is not there" in absent


@pytest.mark.parametrize(
    ("term", "asked"),
    [("monthly_fee: 100", True), ("monthly_fee: 100, billed: entries", False), ("notice_days: 30", False)],
)
def test_what_is_billed_beside_the_fee_is_asked_for(place, case, term, asked):
    place.client(contract=CONTRACT + f"  hourly_rate: 80\nterm: {{{term}}}\n")
    place.put({"tickets.csv": tickets(100)})
    assert any("term.billed" in remark for remark in case().remarks()) == asked


def test_people_are_hidden_unless_the_contract_shows_them(place, case):
    place.put({"tickets.csv": tickets(2)})
    frame = pd.DataFrame({"requester": ["amy@acme.example"]})
    (hidden,) = case().people(frame)["requester"]
    assert hidden.startswith("person-")
    place.client(contract="client: {name: Acme, timezone: UTC}\nprivacy: {people: shown}\n")
    assert case().people(frame)["requester"].tolist() == ["amy@acme.example"]


def test_the_note_of_a_month(place, case):
    place.put({"tickets.csv": tickets(2)})
    assert case().notes == ""
    notes = place.root / "params" / "acme" / "notes"
    notes.mkdir()
    (notes / "2026-03.md").write_text("Seen.", encoding="utf-8")
    assert case().notes == "Seen."
    (notes / "2026-03.md").write_bytes(b"caf\xe9")
    with pytest.raises(params.ParamsError, match=r"2026-03.md: not UTF-8 text: save it as UTF-8"):
        _ = case().notes


def test_the_demo_is_made_anew_where_another_version_made_it_and_nobody_changed_it(tmp_path, monkeypatch):
    made = []

    def generate(base, **options):
        made.append(options)
        (base / "demo" / "2026-10").mkdir(parents=True, exist_ok=True)
        for name in ("2026-10/tickets.csv", "truth.json"):
            (base / "demo" / name).write_text("{}", encoding="utf-8")

    monkeypatch.setattr("msp_report.demo.generate", generate)
    place = Workspace.find(PROJECT, exports=tmp_path / "exports", output=tmp_path / "output")
    for _ in range(2):
        folder = workspace.make_demo(place, seed=7) if not made else workspace.make_demo(place)
    assert made == [{"seed": 7}]
    monkeypatch.setattr(workspace, "_demo_version", lambda: "the next one")
    workspace.make_demo(place)
    assert made == [{"seed": 7}] * 2
    # somebody's own changes are never written over
    truth = (folder / "truth.json").stat().st_mtime_ns
    os.utime(folder / "2026-10" / "tickets.csv", ns=(truth + 1, truth + 1))
    monkeypatch.setattr(workspace, "_demo_version", lambda: "one more")
    workspace.make_demo(place)
    assert len(made) == 2
