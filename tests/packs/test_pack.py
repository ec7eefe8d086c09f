"""A pack from outside: what it holds, that it comes out the same again, that nothing half-made is published."""

import csv
import html
import json
import math
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import elsewhere
import pandas as pd
import pytest
import scrapbook
from workspaces import (
    CONTRACT,
    HEADER,
    SCORECARD,
    Place,
    declared_records,
    digests,
    records,
    tickets,
    write_notebook,
    written_records,
)

from msp_report.intake.ingest import DataRefused
from msp_report.model.tables import TABLES
from msp_report.packs import pack, scraps

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
NOTEBOOKS = sorted((ROOT / "notebooks" / "monthly").glob("*.ipynb"))
REPORTS = [path.stem.split("_", 1)[1] for path in NOTEBOOKS]
MONTH = "2026-03"

# ---------------------------------------------------------------- a client with something in every table

SCRIPT = "<script>alert('x')</script>"
FORMULA = "=cmd|' /C calc'!A0"
AGREED = """\
client: {name: "Acme & <b>Sons</b>", timezone: Europe/London, currency: GBP}
provider: {name: "Example <i>MSP</i>"}
services:
  - {name: email, availability_ratio: 0.99, max_outages: 2, outage_min: 5, users: 10, clause: "4.1"}
  - {name: "<u>web</u>", availability_ratio: 0.999}
  - {name: vpn}
tickets:
  priorities:
    P1: {response_min: 15, resolution_min: 240, attainment_ratio: 0.95, clause: "5.1"}
    "=P2": {resolution_min: 240, attainment_ratio: 0.5}
capacity:
  - {resource: san-01, metric: used, unit: TB, capacity: 40, every_s: 86400, warn_ratio: 0.7, limit_ratio: 0.9}
licences: {Papyrus Office: user}
"""
STRATEGY = f"""\
objectives: [{{id: online, title: "Sell {SCRIPT}", owner: Sales}}]
scorecard:
  - {{perspective: customer, objective: online, measure: availability.ratio, subject: email, target: 0.999}}
  - {{perspective: process, measure: tickets.backlog, target: 1, better: lower}}
  - {{perspective: finance, measure: nobody.knows}}
"""
EXPORTS = {
    "tickets.csv": HEADER.replace("resolved_at", "first_response_at,resolved_at,closed_at,assignee,category,hours")
    + f"""\
T1,2026-03-03T09:00,amy@acme.example,Mail is slow,P1,resolved,2026-03-03T09:05,2026-03-03T10:00,,olga@msp.example,mail,1
T2,2026-03-05T09:00,bob@acme.example,"{FORMULA}",P1,open,2026-03-05T09:30,,,"{SCRIPT}",mail,
T3,2026-03-06T09:00,bob@acme.example,"{SCRIPT}",P1,resolved,2026-03-06T09:01,2026-03-06T15:00,,olga@msp.example,web,2
@T4,2026-03-07T09:00,,"+1
over lines",=P2,closed,,2026-03-07T09:30,2026-03-08T09:00,,-web,0.5
T5,2026-02-07T09:00,amy@acme.example,Older,P1,open,,,,,,
T6,2026-03-29T01:30,amy@acme.example,In the gap,P1,open,,,,,,
T7,2026-03-09T09:00,amy@acme.example,Twice,P1,open,,,,,,
T7,2026-03-09T09:00,amy@acme.example,Twice,P1,open,,,,,,
T8,2026-03-10T09:00,amy@acme.example,Contradiction,P1,open,,,,,,
T8,2026-03-11T09:00,amy@acme.example,Contradiction,P1,open,,,,,,
T9,2026-03-12T09:00,amy@acme.example,"{FORMULA}",P1,{SCRIPT},,,,,,
""",
    "outages.csv": f"""\
service,started_at,ended_at,state,announced_at,announced_by,cause
email,2026-03-10T10:00,2026-03-10T22:00,down,,,"{SCRIPT}"
email,2026-03-17T22:00,2026-03-17T23:00,maintenance,2026-03-01T09:00,ops,"{FORMULA}"
email,2026-03-20T10:00,2026-03-19T10:00,down,,,reversed
""",
    "checks.csv": "service,at,state\n"
    + "".join(f"<u>web</u>,2026-03-{day:02d}T{hour:02d}:{minute:02d}:00Z,{'down' if day == 5 else 'up'}\n"
              for day in range(1, 11) for hour in range(24) for minute in (0, 15, 30, 45)),
    "samples.csv": "resource,metric,at,value\n"
    + "".join(f"san-01,used,2026-03-{day:02d}T12:00:00Z,{20 + day / 2}\n" for day in range(1, 32)),
    "entitlements.csv": "entitlement_id,product,metric,quantity\nL1,Papyrus Office,user,1\n",
    "installs.csv": "product,device,user\nPapyrus Office,pc-1,amy\n",
    "time_entries.csv": "entry_id,worked_on,hours,ticket_id,person\nE1,2026-03-03,1.5,T1,olga@msp.example\n",
}  # fmt: skip
NOTE = f"The board was told.\n\n{SCRIPT}\n"
#: rows read, accepted, by table, as written above
ROWS = {
    "tickets": (11, 6),
    "outages": (3, 2),
    "checks": (960, 960),
    "samples": (31, 31),
    "time_entries": (1, 1),
    "entitlements": (1, 1),
    "installs": (1, 1),
}


class Run:
    """A run as a process of its own, and what it left behind."""

    def __init__(
        self,
        place: Place,
        output: Path,
        *options: str,
        cwd: Path,
        temporary: Path,
        umask: int = -1,
        **variables: str,
    ) -> None:
        self.mark = uuid.uuid4().hex
        self.pack = output / "acme" / MONTH
        temporary.mkdir()
        environment = {
            **os.environ,
            "MARK": self.mark,
            "TMPDIR": str(temporary),
            "JUPYTER_PLATFORM_DIRS": "1",
            **variables,
        }
        done = subprocess.run(
            [str(BIN / "msp-report"), "monthly", "--client", "acme", "--month", MONTH, *options],
            cwd=cwd,
            env=environment,
            umask=umask,
            capture_output=True,
            text=True,
            timeout=400,
        )
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.left = [str(path) for path in temporary.iterdir()]

    def figures(self) -> list[dict]:
        return json.loads((self.pack / "figures.json").read_text(encoding="utf-8"))

    def figure(self, measure: str, subject: str = "") -> dict:
        (found,) = [f for f in self.figures() if (f["measure"], f["subject"]) == (measure, subject)]
        return found

    def record(self, report: str, name: str) -> pd.DataFrame:
        return pd.read_csv(self.pack / "records" / report / f"{name}.csv")


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Place:
    made = Place(tmp_path_factory.mktemp("pack") / "ws")
    params = made.client(contract=AGREED, strategy=STRATEGY, sources="reject_limit_ratio: 0.6\n")
    (params / "notes").mkdir()
    (params / "notes" / f"{MONTH}.md").write_text(NOTE)
    made.put(EXPORTS, MONTH)
    return made


@pytest.fixture(scope="module")
def run(place, tmp_path_factory) -> Run:
    """The pack, its folders found from a workspace that is named from elsewhere."""
    base = place.root.parent
    made = Run(place, place.output, "--workspace", "ws", cwd=base, temporary=base / "tmp")
    assert made.code == 0, made.err
    return made


@pytest.fixture(scope="module")
def again(run, place) -> Run:
    """The same exports as another machine would read them: every folder apart, and all that a machine may have of its
    own in time zone, locale, order of hashes, zone files and rights; of cores in test_same_bytes."""
    base = place.root.parent
    apart = ("--params", "ws/params", "--exports", "ws/exports/acme", "--output", "elsewhere/out")
    made = Run(
        place,
        base / "elsewhere" / "out",
        *apart,
        cwd=base,
        temporary=base / "tmp2",
        umask=0o077,
        **elsewhere.variables(base / "zones"),
    )
    assert made.code == 0, made.err
    return made


def test_progress_on_stderr_and_the_page_on_stdout(run):
    assert Path(run.out.strip()) == run.pack / "html" / "index.html"
    takes_long = re.compile(rf"reading ({'|'.join(TABLES)})(: .*)?")  # on a machine that has much else to do
    told = [line for line in run.err.splitlines() if not takes_long.fullmatch(line)]
    assert all(line.startswith(f"acme {MONTH}: ") for line in told), run.err
    assert {f"acme {MONTH}: {report}" for report in REPORTS} <= set(run.err.splitlines())


def test_what_was_rejected_is_told_while_it_works(run):
    assert f"acme {MONTH}: tickets.csv: 5 of 11 rows rejected as tickets (" in run.err
    assert "outages.csv: 1 of 3 rows" in run.err


def test_a_run_leaves_no_process_and_no_temporary_file(run):
    def marked():
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                if run.mark.encode() in path.read_bytes():
                    yield path.parent.name
            except OSError:
                pass

    for _ in range(100):  # what forked the kernels needs a moment to take itself down
        if not (left := list(marked())):
            break
        time.sleep(0.1)
    assert left == [] and run.left == []


def test_a_pack_is_a_link_to_a_revision(run):
    assert run.pack.is_symlink()
    assert os.readlink(run.pack) == f".revisions/{MONTH}/0001"
    made = {path.name for path in run.pack.iterdir()}
    assert made == {
        "html", "notebooks", "tables", "lines", "rejects", "records", "manifest.json", "figures.json", "figures.csv"
    }  # fmt: skip
    assert {path.name for path in (run.pack / "notebooks").iterdir()} == {path.name for path in NOTEBOOKS}
    pages = {"index.html" if report == "scorecard" else f"{report}.html" for report in REPORTS}
    assert {path.name for path in (run.pack / "html").iterdir()} == pages | {"rules.html"}
    assert not list((run.pack.parent / ".staging").iterdir())


def test_a_letter_that_would_say_nothing_is_not_written(run):
    assert not (run.pack / "letters").exists()
    page = (run.pack / "html" / "meeting.html").read_text("utf-8")
    assert page.count("none: nothing is known that it could say") == 3


def test_the_same_exports_give_the_same_bytes(run, again):
    kinds = (
        "figures.*",
        "records/**/*",
        "letters/*",
        "html/*",
        "rejects/*",
        "tables/*",
        "lines/*",
        "manifest.json",
    )
    one, two = digests(run.pack, *kinds), digests(again.pack, *kinds)
    assert {name for name in one | two if one.get(name) != two.get(name)} == set()
    assert len(one) > 20


def test_nothing_says_where_it_was_made(run, place):
    for path in run.pack.rglob("*"):
        if path.suffix in (".html", ".json", ".csv"):
            assert str(place.root.parent) not in path.read_text(encoding="utf-8"), path


# ---------------------------------------------------------------- figures.json

KEYS = (
    *(
        "report",
        "measure",
        "subject",
        "value",
        "unit",
        "n",
        "low",
        "high",
        "target",
        "better",
        "verdict",
        "robust",
    ),
    *("coverage", "claimed", "clause", "rule", "why_missing", "headline"),
)
NUMBERS = ("value", "n", "low", "high", "target", "coverage", "claimed")
UNITS = {"ratio", "min", "hours", "days", "count", "cost", "score", "index", ""}
PROMISED = {
    "availability": "ratio budget_left outages mttr mtbf user_hours_lost",
    "capacity": "utilisation days_to_limit",
    "tickets": "response_attainment resolution_attainment response_median resolution_median resolution_p90 opened "
    "solved backlog reopen_ratio repeat_ratio hours",
    "projects": "slip cost_variance cpi spi_t unapproved changes",
    "satisfaction": "responsiveness capability recommend response_ratio",
    "procurement": "at_stake exceptions",
    "licences": "position",
    "backups": "within_rpo_ratio worst_gap_hours unprotected",
    "vendors": "undisclosed",
    "contract": "credit_owed credit_at_risk exit_cost",
    "evidence": "withheld_tables decided_ratio unpromised_tables doubted_tables stale_packs claims_gap claims_money",
}


def test_every_figure_has_every_key_in_order(run):
    text = (run.pack / "figures.json").read_text(encoding="utf-8")
    assert not re.search(r"\b(NaN|Infinity|nan)\b", text)
    for figure in run.figures():
        assert tuple(figure) == KEYS, figure
        assert all(figure[key] is None or type(figure[key]) in (int, float) for key in NUMBERS), figure
        assert all(figure[key] is None or math.isfinite(figure[key]) for key in NUMBERS)
        texts = [figure[key] for key in KEYS if key not in NUMBERS]
        assert all(text is None or (isinstance(text, str) and text == text.strip()) for text in texts), figure


def test_the_words_of_a_figure_are_the_agreed_ones(run):
    for figure in run.figures():
        assert figure["report"] in REPORTS and re.fullmatch(rf"{figure['report']}\.\w+", figure["measure"])
        assert isinstance(figure["subject"], str) and figure["unit"] in UNITS
        assert figure["better"] in (None, "higher", "lower")
        assert figure["robust"] in (None, "pass", "fail", "fragile")
        assert figure["verdict"] in (None, "met", "missed", "no_verdict", "no_data", "no_target"), figure
        assert figure["n"] is None or (type(figure["n"]) is int and figure["n"] >= 0)


def test_missing_is_null_with_a_reason(run):
    for figure in run.figures():
        assert (figure["value"] is None) == bool(figure["why_missing"]), figure
        if figure["value"] is None:
            assert figure["verdict"] in (None, "no_data", "no_target"), figure


def test_no_figure_is_given_twice(run):
    names = [(figure["measure"], figure["subject"]) for figure in run.figures()]
    assert len(names) == len(set(names))


def test_figures_of_every_measure_that_was_promised(run):
    given = {figure["measure"] for figure in run.figures()}
    wanted = {
        f"{report}.{name}" for report in PROMISED if report in REPORTS for name in PROMISED[report].split()
    }
    assert wanted - given == set()


def test_tickets_are_given_by_priority_and_in_all(run):
    for name in PROMISED["tickets"].split():
        subjects = {f["subject"] for f in run.figures() if f["measure"] == f"tickets.{name}"}
        assert {"", "P1", "=P2"} <= subjects, name


def test_figures_csv_says_the_same(run):
    with open(run.pack / "figures.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    figures = run.figures()
    assert tuple(rows[0]) == KEYS and len(rows) == len(figures)
    for row, figure in zip(rows, figures, strict=True):
        for key in KEYS:
            shown = "" if figure[key] is None else str(figure[key])
            assert row[key] in (shown, f"'{shown}"), (key, row, figure)


def test_figures_worked_by_hand(run):
    # March 2026 in London has 31 days less an hour; mail was down for 12 h and in accepted maintenance for 1 h
    mail = run.figure("availability.ratio", "email")
    assert mail["value"] == pytest.approx((743 - 1 - 12) / (743 - 1))
    assert (mail["verdict"], mail["robust"], mail["clause"]) == ("missed", "fail", "4.1")
    assert run.figure("availability.user_hours_lost", "email")["value"] == pytest.approx(12 * 10)
    # web was seen every 15 min on ten days, down on one of them; the last check holds for 15 min
    web = run.figure("availability.ratio", "<u>web</u>")
    assert web["value"] == pytest.approx(9 / 10)
    assert web["coverage"] == pytest.approx(240 / 743)
    # P1 in March: T1 and T3 answered in time, T2 late; T1 solved in 1 h of 4, T3 in 6 h, T2 and T7 still open
    assert run.figure("tickets.opened", "P1")["value"] == 4
    assert run.figure("tickets.solved", "P1")["value"] == 2
    assert run.figure("tickets.backlog", "")["value"] == 3
    resolution = run.figure("tickets.resolution_attainment", "P1")
    assert (resolution["value"], resolution["n"], resolution["verdict"]) == (
        pytest.approx(1 / 4),
        4,
        "missed",
    )
    assert run.figure("tickets.hours", "")["value"] == 1.5
    assert run.figure("capacity.utilisation", "san-01:used")["verdict"] == "met"


def test_the_scorecard_shows_the_boards_lines_in_their_order(run):
    lines = run.record("scorecard", "lines")
    assert lines["measure"].tolist() == ["availability.ratio", "tickets.backlog", "nobody.knows"]
    assert lines["verdict"].tolist() == ["missed", "missed", "no_data"]


# ---------------------------------------------------------------- rows in, rows out


def test_every_row_is_accepted_or_rejected(run):
    manifest = json.loads((run.pack / "manifest.json").read_text(encoding="utf-8"))
    entries = {entry["table"]: entry for entry in manifest["files"]}
    assert set(entries) == set(ROWS)
    for table, (read, accepted) in ROWS.items():
        entry = entries[table]
        assert (entry["read"], entry["accepted"]) == (read, accepted), entry
        assert entry["read"] == entry["accepted"] + entry["rejected"]
        assert sum(entry["by_reason"].values()) == entry["rejected"]
        assert len(entry["sha256"]) == 64 and entry["bytes"] == len(EXPORTS[entry["file"]].encode())
        assert len(pd.read_parquet(run.pack / "tables" / f"{table}.parquet")) == accepted
    assert entries["tickets"]["outside"] == 1


def test_rejects_name_file_line_column_value_reason_and_row(run):
    with open(run.pack / "rejects" / "tickets.csv", newline="", encoding="utf-8") as file:
        rejects = list(csv.DictReader(file))
    assert list(rejects[0]) == ["file", "line", "column", "value", "reason", "row"]
    lines = EXPORTS["tickets.csv"].split("\n")
    for reject in rejects:
        number = reject["row"].lstrip("'").split(",")[0]
        assert lines[int(reject["line"]) - 1].startswith(f"{number},"), reject
        assert reject["file"] == "tickets.csv" and reject["reason"]
    assert sorted(reject["row"][:2] for reject in rejects) == ["T6", "T7", "T8", "T8", "T9"]
    reasons = {reject["row"][:2]: (reject["column"], reject["reason"]) for reject in rejects}
    assert reasons["T6"] == ("opened_at", "a time that never was: the clock change skips it")
    assert reasons["T7"] == ("ticket_id", "duplicate")


RECORDS = {
    "availability/services": "service scheduled_min excluded_min unknown_min down_min up_min availability_ratio "
    "low_ratio high_ratio target_ratio outages longest_outage_min mttr_min mtbf_min budget_left_min coverage_ratio "
    "verdict",
    "availability/rules": "service rule availability_ratio verdict",
    "tickets/rules": "clock priority rule attainment_ratio verdict",
    "tickets/clocks": "ticket_id priority calendar response_min response_target_min response_met resolution_min "
    "resolution_target_min resolution_met paused_min resolution_without_pause_min decided_on",
    "tickets/attainment": "clock priority met breached undecided attainment_ratio target_ratio verdict",
    "tickets/durations": "priority n median_min p90_min km_median_min",
    "tickets/backlog": "day open_at_start created reopened solved removed open_at_end",
    "tickets/reopens": "ticket_id at",
    "tickets/repeats": "ticket_id earlier_id reason",
    "capacity/resources": "resource metric mean p95 max capacity utilisation_ratio status days_to_limit days_low "
    "days_high forecast coverage_ratio verdict",
    "projects/variance": "project_id baseline_end current_baseline_end forecast_end slip_days baseline_cost "
    "current_baseline_cost forecast_cost cost_variance pv ev ac cv spi cpi eac eac_typical eac_spi tcpi es spi_t "
    "ieac_t",
    "projects/changes": "project_id as_of field from to",
    "projects/proposals": "project_id score objective approved in_contract cost",
    "procurement/match": "order_id order_line item quoted ordered received invoiced receipted price_quoted "
    "price_ordered price_invoiced exception amount",
    "licences/position": "product metric entitled receipted installed position keys_reused verdict",
    "backups/assets": "asset expected good missed attained_rpo_hours rpo_hours last_restore_test_on verdict",
    "requests/kinds": "kind tickets hours cost",
    "satisfaction/scores": "question invited answered score low high worst best",
    "vendors/vendors": "vendor relationship disclosed recommended invoiced",
    "contract/credits": "measure subject owed claimed credited claim_by",
    "contract/exit": "item amount proved_on",
    "scorecard/lines": "perspective objective measure subject target result verdict",
    "evidence/claims": "measure subject claimed recomputed gap cause money",
    "evidence/tables": "table state due last_month files read accepted rejected outside",
}


@pytest.mark.parametrize("name", [name for name in RECORDS if name.split("/")[0] in REPORTS])
def test_records_have_at_least_the_agreed_columns(run, name):
    path = run.pack / "records" / f"{name}.csv"
    header = path.read_text(encoding="utf-8").split("\n")[0].split(",")
    assert set(RECORDS[name].split()) - set(header) == set()
    assert len(header) == len(set(header))


def test_records_are_those_that_are_declared(run):
    written = written_records(run.pack)
    assert {name.partition("/")[0] for name in written} <= set(REPORTS)
    assert written == declared_records(*written)


def test_both_identities_hold_in_the_records(run):
    services = run.record("availability", "services")
    parts = services[["up_min", "down_min", "excluded_min", "unknown_min"]].sum(axis=1)
    assert (parts - services["scheduled_min"]).abs().max() < 1e-6
    backlog = run.record("tickets", "backlog")
    moved = backlog["created"] + backlog["reopened"] - backlog["solved"] - backlog["removed"]
    assert (backlog["open_at_start"] + moved == backlog["open_at_end"]).all()
    assert (backlog["open_at_start"].iloc[1:].to_numpy() == backlog["open_at_end"].iloc[:-1].to_numpy()).all()
    assert len(backlog) == 31


def test_forty_eight_readings_of_every_service(run):
    rules = run.record("availability", "rules")
    assert (rules.groupby("service")["rule"].nunique() == 48).all()
    assert rules["rule"].str.fullmatch(r"maintenance=\w+,unknown=\w+,degraded=\w+,short=(0|150)").all()


# ---------------------------------------------------------------- hostile text, people


def pages(run):
    return {path.name: path.read_text(encoding="utf-8") for path in (run.pack / "html").glob("*.html")}


def test_pages_run_nothing_and_load_nothing(run):
    for name, text in pages(run).items():
        assert not re.search(r"<\s*(script|iframe|object|embed|form|base)\b", text, re.I), name
        assert not re.search(r"<[^>]*\son\w+\s*=", text), name
        assert "default-src 'none'" in text and "script-src" not in text
        addresses = re.findall(r"(?:href|src)=\"([^\"]*)\"", text)
        assert not [address for address in addresses if urlsplit(address).scheme not in ("", "data")], name


def test_hostile_words_stand_on_the_pages_as_words(run):
    told = html.unescape("".join(pages(run).values()))
    for text in (SCRIPT, FORMULA, "Acme & <b>Sons</b>", "Example <i>MSP</i>", "<u>web</u>"):
        assert text in told, text
    assert all("<u>web" not in text and "<b>Sons" not in text for text in pages(run).values())


def test_the_note_stands_on_page_one(run):
    assert html.escape(SCRIPT, quote=False) in pages(run)["index.html"].replace("&#x27;", "'").replace(
        "&#39;", "'"
    )
    assert "The board was told." in pages(run)["index.html"]


def test_spreadsheets_get_no_live_formulas(run):
    number = re.compile(r"[-+]?[\d.]+(e[-+]?\d+)?")
    for path in run.pack.rglob("*.csv"):
        with open(path, newline="", encoding="utf-8") as file:
            for row in csv.reader(file):
                live = [cell for cell in row if cell[:1] in tuple("=+-@\t") and not number.fullmatch(cell)]
                assert live == [], path


def test_people_bear_pseudonyms_on_pages_and_in_records(run):
    names = ("olga@msp.example", "bob@acme.example")
    for path in [*(run.pack / "html").iterdir(), *(run.pack / "records").rglob("*.csv")]:
        text = path.read_text(encoding="utf-8")
        assert not [name for name in names if name in text], path
    assert "person-" in (run.pack / "records" / "tickets" / "volumes.csv").read_text(encoding="utf-8")


def test_every_link_leads_to_a_file_of_the_pack(run):
    for name, text in pages(run).items():
        for address in re.findall(r"href=\"([^\"#:]+)\"", text):
            assert (run.pack / "html" / address).is_file(), (name, address)
            assert (run.pack / "html" / address).resolve().is_relative_to(run.pack.resolve())


# ---------------------------------------------------------------- a notebook alone


def test_a_notebook_run_by_plain_papermill_gives_the_same_figures(run, place, tmp_path):
    notebook = ROOT / "notebooks" / "monthly" / "30_tickets.ipynb"
    parameters = [("client", "acme"), ("period", MONTH), ("workspace", str(place.root))]
    command = [str(BIN / "papermill"), str(notebook), "alone.ipynb", "--log-level", "ERROR"]
    done = subprocess.run(
        [*command, *(word for name, value in parameters for word in ("-p", name, value))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    alone = [figure.row() for figure in scraps.read_notebook(tmp_path / "alone.ipynb")["figures"]]
    assert alone == [figure for figure in run.figures() if figure["report"] == "tickets"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alone.ipynb"]


def test_scrapbook_reads_the_same_from_every_notebook(run):
    """Ours is a short reader of what scrapbook glued; scrapbook is the judge."""
    for path in sorted((run.pack / "notebooks").iterdir()):
        judge = scrapbook.read_notebook(str(path)).scraps
        glued = judge[scraps.SCRAP].data if scraps.SCRAP in judge else None  # a page may hand on nothing
        assert repr(scraps._glued(path)) == repr(glued), path.name


def test_scraps_of_a_pack_are_its_figures(run):
    read = scraps.read_pack(run.pack)
    assert [(f["measure"], f["subject"]) for f in run.figures()] == list(
        zip(read["measure"], read["subject"], strict=True)
    )


# ---------------------------------------------------------------- what is refused, what fails, what is killed

GATE = """\
import os, pathlib, time
gate = pathlib.Path({gate!r})
if gate.exists() and period == "2026-03":
    (gate / "pid").write_text(str(os.getpid()))
    for _ in range(1200):
        if not gate.exists():
            break
        time.sleep(0.1)
"""
SUMS_UP = """\
from msp_report.packs.scraps import read_pack
assert list(read_pack(pack)["measure"]) == ["one.seen", "agenda.months", "past.months"]
"""
#: A notebook of the second wave that reads what earlier months published.
LOOKS_BACK = """\
from msp_report.model.figures import Figure
from msp_report.packs import history
from msp_report.packs.scraps import record
from msp_report.case import open_case
case = open_case(client, period, workspace)
record(case, "past", [Figure(measure="past.months", value=history.before(case)["month"].nunique())], {})
"""
#: One that waits for the others of its wave, and reads what they recorded.
READS_OTHERS = """\
from msp_report.model.figures import Figure
from msp_report.packs import history
from msp_report.packs.scraps import record
from msp_report.case import open_case
case = open_case(client, period, workspace)
seen = history.open(case, pack).figures.set_index("measure")["value"]
record(case, "agenda", [Figure(measure="agenda.months", value=seen["past.months"])], {})
"""
SECOND_WAVE = 'client = "demo"\nperiod = "2026-03"\nworkspace = ""\npack = ""'


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Place:
    """A workspace with two months of tickets and a folder of small notebooks, the second wave's among them."""
    made = Place(tmp_path_factory.mktemp("small") / "ws")
    made.client()
    made.put({"tickets.csv": tickets(5, "2026-01", "A")}, "2026-01")
    made.put({"tickets.csv": tickets(7, "2026-02", "B")}, "2026-02")
    made.notebooks = made.root.parent / "notebooks" / "monthly"
    write_notebook(made.notebooks / "00_scorecard.ipynb", SUMS_UP, SCORECARD, parameters=SECOND_WAVE)
    write_notebook(made.notebooks / "10_one.ipynb", records("one"))
    write_notebook(made.notebooks / "20_past.ipynb", LOOKS_BACK, parameters=SECOND_WAVE)
    write_notebook(
        made.notebooks / "15_agenda.ipynb", READS_OTHERS, parameters=SECOND_WAVE, tags=("after-others",)
    )
    return made


@pytest.fixture(scope="module")
def told(small) -> list[str]:
    """What was said when the later month was asked for and the earlier one had no pack."""
    said: list[str] = []
    pack.run_month("acme", "2026-02", small.root, notebooks=small.notebooks, say=said.append)
    return said


@pytest.fixture
def monthly(small, told, msp, monkeypatch):
    """Run a month with notebooks of one's own."""

    def use(folder: Path) -> None:
        monkeypatch.setattr(pack, "NOTEBOOKS", folder.parent)

    def run(folder: Path | None = None, month: str = "2026-02"):
        use(folder or small.notebooks)
        return msp("monthly", "--client", "acme", "--month", month, "--workspace", small.root)

    run.set = use
    return run


def values(folder: Path) -> dict[str, float]:
    return {
        f["measure"]: f["value"] for f in json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    }


def test_earlier_months_without_a_pack_are_run_first(small, told):
    assert [line for line in told if "reading" in line] == [
        "acme 2026-01: reading exports",
        "acme 2026-02: reading exports",
    ]
    assert told[-1] == "acme 2026-02: scorecard"  # the page that opens the pack is last
    one, two = (values(small.output / "acme" / month) for month in ("2026-01", "2026-02"))
    assert (one["past.months"], two["past.months"]) == (0, 1)  # published before the second wave looks back
    assert (one["agenda.months"], two["agenda.months"]) == (0, 1)  # it waits for the others
    assert (one["one.seen"], two["one.seen"]) == (5, 12)  # the look-back reads the earlier month's tickets


def test_a_month_alone_is_run_without_the_earlier_ones(small, tmp_path):
    shutil.copytree(small.root / "params", tmp_path / "params")
    shutil.copytree(small.root / "exports", tmp_path / "exports")
    pack.run_month("acme", "2026-02", tmp_path, notebooks=small.notebooks, only=True)
    assert (tmp_path / "output/acme/2026-02").exists() and not (tmp_path / "output/acme/2026-01").exists()


def test_a_month_that_is_refused_is_refused_before_earlier_ones_are_run(small, tmp_path):
    shutil.copytree(small.root / "params", tmp_path / "params")
    shutil.copytree(small.root / "exports", tmp_path / "exports")
    (tmp_path / "exports/acme/2026-02/tickets.csv").write_bytes(b"")
    with pytest.raises(DataRefused):
        pack.run_month("acme", "2026-02", tmp_path, notebooks=small.notebooks)
    assert not (tmp_path / "output/acme/2026-01").exists()


FAILING = {
    "a cell that raises": (
        {"10_one.ipynb": [records("one"), "x = 1", "1 / 0"]},
        1,
        "10_one.ipynb, cell 5 failed: ZeroDivisionError: division by zero; nothing was published",
    ),
    "a reason over several lines": (
        {"10_one.ipynb": ["raise ValueError('first\\n\\nsecond')"]},
        1,
        "10_one.ipynb, cell 3 failed: ValueError: first second; nothing was published",
    ),
    "a kernel that dies": ({"10_one.ipynb": ["import os; os._exit(9)"]}, 1, "10_one.ipynb failed: its kernel died"),
    "a cell that prints": ({"10_one.ipynb": [records("one"), "print('hi')"]}, 1, "10_one.ipynb, cell "),
    "a page that would run a script": (
        {"10_one.ipynb": [records("one"), "from IPython.display import HTML; HTML('<script>1</script>')"]},
        1,
        "10_one.ipynb",
    ),
    "one report recorded twice": (
        {"10_one.ipynb": [records("one")], "20_two.ipynb": [records("one")]},
        1,
        "10_one.ipynb and 20_two.ipynb both record the report 'one'",
    ),
    "a figure of another report": ({"10_one.ipynb": [records("one").replace('measure="one.', 'measure="two.')]}, 1,
                                   "two.seen is not a figure of the report 'one'"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILING)
def test_a_failed_report_leaves_the_last_good_pack_as_it_was(monthly, small, tmp_path, name):
    notebooks, code, words = FAILING[name]
    folder = tmp_path / "notebooks" / "monthly"
    for file, cells in notebooks.items():
        write_notebook(folder / file, *cells)
    before = digests(small.output / "acme", "2*/**/*", ".revisions/**/*")
    said = monthly(folder)
    assert said.code == code and said.out == ""
    assert len(said.problems) == 1 and words in said.problems[0], said.err
    assert digests(small.output / "acme", "2*/**/*", ".revisions/**/*") == before
    assert not [path for path in (small.output / "acme").iterdir() if path.name.startswith("2026-02.")]


WRONG = {
    "misspelt": (
        'client = "d"\nperid = "2026-03"\nworkspace = ""',
        "'perid' is not known: did you mean 'period'?",
    ),
    "misspelt second": ('clent = "d"\nperiod = "2026-03"\nworkspace = ""', "'clent'"),
    "misspelt pack": ('client = "d"\nperiod = "2026-03"\nworkspace = ""\npak = ""', "did you mean 'pack'?"),
    "missing": ('client = "d"\nworkspace = ""', "parameter 'period' is missing"),
    "of another type": (
        'client = "d"\nperiod = 2026\nworkspace = ""',
        "'period' is declared as int: it is a str",
    ),
    "said to be of another type": (
        'client = "d"\nperiod: int = 2026\nworkspace = ""',
        "'period' is declared as int: it is a str",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_parameters_are_refused_before_anything_runs(monthly, small, tmp_path, name):
    parameters, words = WRONG[name]
    path = write_notebook(tmp_path / "notebooks" / "monthly" / "10_one.ipynb", "1 / 0", parameters=parameters)
    said = monthly(path.parent)
    assert said.code == 2 and len(said.problems) == 1
    assert "10_one.ipynb: parameter" in said.problems[0] and words in said.problems[0]


@pytest.mark.parametrize("content", [b"", b"{not json", b"[1]", b'{"cells": 5}', b"\xff\xfe\x00"])
def test_a_file_that_is_no_notebook_is_named(monthly, tmp_path, content):
    path = write_notebook(tmp_path / "notebooks" / "monthly" / "10_one.ipynb")
    path.write_bytes(content)
    said = monthly(path.parent)
    assert said.code == 2 and len(said.problems) == 1
    assert f"{path} is no notebook that can be read" in said.problems[0]


def test_two_notebooks_of_one_name_are_refused(monthly, tmp_path):
    path = write_notebook(tmp_path / "notebooks" / "monthly" / "10_one.ipynb")
    shutil.copy(path, path.with_name("20_one.ipynb"))
    said = monthly(path.parent)
    assert said.code == 2 and "two notebooks are called 'one'" in said.problems[0]


def test_refused_data_leave_the_last_good_pack_as_it_was(monthly, small):
    export = small.root / "exports" / "acme" / "2026-02" / "tickets.csv"
    good = export.read_bytes()
    before = digests(small.output / "acme", "2*/**/*", ".revisions/**/*")
    try:
        export.write_bytes(b"")
        said = monthly()
    finally:
        export.write_bytes(good)
    assert said.code == 3 and "tickets.csv: the file is empty" in said.err
    assert digests(small.output / "acme", "2*/**/*", ".revisions/**/*") == before


def test_an_earlier_month_that_was_made_to_date_is_run_again_when_it_is_over(monthly, small):
    target = small.output / "acme" / "2026-01"
    figures, before = target / "figures.json", os.readlink(target)
    monthly()
    assert os.readlink(target) == before
    os.utime(figures, (pd.Timestamp("2026-01-20").timestamp(),) * 2)
    said = monthly()
    assert "acme 2026-01: one" in said.err
    assert os.readlink(target) != before and figures.stat().st_mtime > pd.Timestamp("2026-02-01").timestamp()


def test_a_month_that_is_refused_is_told_before_any_earlier_one_is_made(monthly, small, tmp_path, msp):
    place = Place(tmp_path / "ws")
    place.client()
    place.put({"tickets.csv": tickets(3, "2026-01")}, "2026-01")
    place.put({"tickets.csv": ""}, "2026-02")
    monthly.set(small.notebooks)
    run = ("monthly", "--client", "acme", "--workspace", place.root, "--month")
    said = msp(*run, "2026-02")
    assert said.code == 3 and "tickets.csv: the file is empty" in said.err
    assert not any((place.output / "acme" / month).exists() for month in ("2026-01", "2026-02"))
    assert msp(*run, "2026-01").code == 0
    assert values(place.output / "acme" / "2026-01")["one.seen"] == 3


def test_an_earlier_month_that_cannot_be_run_is_told_and_stops_nothing(monthly, small):
    small.put({"tickets.csv": ""}, "2025-12")
    try:
        said = monthly()
    finally:
        shutil.rmtree(small.root / "exports" / "acme" / "2025-12")
    assert said.code == 0
    assert "2025-12: not run: tickets.csv: the file is empty" in said.err
    assert not (small.output / "acme" / "2025-12").exists()


def test_a_running_month_is_run_by_name_only_and_says_so(monthly, small):
    now = pd.Timestamp.now("Europe/London")
    month = now.strftime("%Y-%m")
    opened = now.floor("min") - pd.Timedelta(minutes=2)
    if opened.strftime("%Y-%m") != month:
        pytest.skip("the month has only just begun")
    row = f"N1,{opened.tz_convert('UTC').isoformat()},amy@acme.example,Mail,P1,open,\n"
    later = (
        f"N2,{(now + pd.Timedelta(days=2)).tz_convert('UTC').isoformat()},amy@acme.example,Mail,P1,open,\n"
    )
    small.put({"tickets.csv": HEADER + row + later}, month)
    try:
        folder = small.root.parent / "running" / "monthly"
        ends = f"assert case.end == pd.Timestamp({opened.tz_convert('UTC').isoformat()!r}) + pd.Timedelta(minutes=1)"
        write_notebook(folder / "00_scorecard.ipynb", SCORECARD, ends)
        said = monthly(folder, month)
        assert said.code == 0, said.err
        page = (small.output / "acme" / month / "html" / "index.html").read_text(encoding="utf-8")
        assert ", to date" in page
        assert monthly(month="").out.strip().endswith("2026-02/html/index.html")
    finally:
        shutil.rmtree(small.root / "exports" / "acme" / month)


def test_a_second_run_waits_and_a_killed_one_is_taken_up_where_it_stopped(tmp_path):
    place = Place(tmp_path / "ws")
    place.client(contract=CONTRACT)
    for month in ("2026-01", "2026-02", "2026-03"):
        place.put({"tickets.csv": tickets(3, month, month)}, month)
    gate = tmp_path / "gate"
    gate.mkdir()
    folder = tmp_path / "notebooks" / "monthly"
    write_notebook(folder / "00_scorecard.ipynb", GATE.format(gate=str(gate)), SCORECARD)
    # a script without a guard, as a consultant would write it: kernels must not run it again
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\nfrom msp_report.packs import pack\n"
        f"open({str(tmp_path / 'started')!r}, 'a').write('x')\n"
        f"pack.run_month('acme', '2026-03', {str(place.root)!r}, notebooks=Path({str(folder)!r}))\n"
    )
    with subprocess.Popen([sys.executable, str(script)], stderr=subprocess.PIPE, cwd=tmp_path) as first:
        # February is finished while March's notebook begins
        last = place.output / "acme" / "2026-02" / "figures.json"
        reached = waited_for(lambda: last.exists() and (gate / "pid").exists() and (gate / "pid").read_text())
        try:
            assert reached, "the run did not get to its third month"
            packs = digests(place.output / "acme", "2*/**/*")
            assert {name[:7] for name in packs} == {"2026-01", "2026-02"}
            said: list[str] = []
            second = threading.Thread(
                target=pack.run_month, args=("acme", "2026-03", place.root, folder, said.append), daemon=True
            )
            second.start()
            assert waited_for(lambda: said)
            assert said[0].startswith(f"acme: waiting for another run to end (process {first.pid}, since 2")
            time.sleep(1)
            assert len(said) == 1 and not (place.output / "acme" / "2026-03").exists()
        finally:
            first.kill()
            kernel = Path("/proc") / (gate / "pid").read_text()
            shutil.rmtree(gate)
    assert waited_for(lambda: not kernel.exists() or "\nState:\tZ" in (kernel / "status").read_text())
    second.join(120)
    assert said[1:] == ["acme 2026-03: scorecard"]  # what was read is not read again
    after = digests(place.output / "acme", "2*/**/*")
    assert {name: after[name] for name in packs} == packs
    assert values(place.output / "acme" / "2026-03")["scorecard.met"] == 9
    assert (tmp_path / "started").read_text() == "x"


def waited_for(met, seconds: float = 120):
    """What `met` gives as soon as it is true; False where it never is."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := met():
            return found
        time.sleep(0.05)
    return False


def test_publishing_again_never_leaves_a_gap(monthly, small):
    target = small.output / "acme" / "2026-02"
    before, seen = os.readlink(target), set()
    stop = threading.Event()

    def watch():
        while not stop.is_set():
            seen.add((os.readlink(target), (target / "figures.json").is_file()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        said = monthly()
    finally:
        stop.set()
        watcher.join()
    assert said.code == 0
    after = os.readlink(target)
    assert after != before and (before, True) in seen and seen <= {(before, True), (after, True)}
    assert values(small.output / "acme" / before) == values(target)
