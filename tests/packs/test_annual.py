"""The annual pack from outside: a client with three months of exports, a hole, and a month that is refused."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import docx
import pandas as pd
import papermill
import pytest
from workspaces import HEADER, Place, declared_records, digests, tickets, written_records

from msp_report.case import latest_year, open_case, open_year, stands_for
from msp_report.model.period import Month, Period
from msp_report.packs import document, history, pack, scraps
from msp_report.params import as_contract
from msp_report.words import sentences
from msp_report.words.numbers import Numbers
from msp_report.words.sentences.said import months_in_words
from msp_report.workspace import PROJECT

REPORTS = [path.stem.split("_", 1)[1] for path in sorted((PROJECT / "notebooks" / "annual").glob("*.ipynb"))]
CONTRACT = """\
client: {name: Acme Ltd, timezone: Europe/London, currency: GBP}
provider: {name: Example MSP}
term: {starts_on: 2024-01-01, ends_on: 2027-12-31, notice_days: 30, monthly_fee: 1000, exit_fee: 0}
services:
  - {name: email, availability_ratio: 0.99, users: 10, user_hourly_cost: 20, clause: "4.1"}
tickets:
  priorities:
    P1: {resolution_min: 240, attainment_ratio: 0.95}
credits: [{measure: availability.ratio, below: 0.99, credit_ratio: 0.05}]
credit_terms: {claim_days: 30}
amendments: [{effective_on: 2025-04-01, clause: "4.1a", set: {services.email.availability_ratio: 0.995}}]
"""
OUTAGES = "service,started_at,ended_at,state\n"
PROJECTS = "project_id,as_of,name,status,baseline_end,forecast_end,baseline_cost,forecast_cost\n"
#: Email is up all January, down for a day of February's 28, and for 5 of April's 720 hours: enough for the 99 % of old,
#: not for the 99.5 % that are agreed since April. Project A is expected ten days later in April than in January.
EXPORTS = {
    "2025-01": {
        "tickets.csv": tickets(20, "2025-01", "A"),
        "outages.csv": OUTAGES,
        "projects.csv": PROJECTS + "A,2025-01-31,Shop,in_progress,2025-06-30,2025-06-30,5000,5000\n",
    },
    "2025-02": {
        "tickets.csv": tickets(20, "2025-02", "B"),
        "outages.csv": OUTAGES + "email,2025-02-10T00:00,2025-02-11T00:00,down\n",
    },
    "2025-04": {
        "tickets.csv": tickets(20, "2025-04", "D"),
        "outages.csv": OUTAGES + "email,2025-04-10T00:00,2025-04-10T05:00,down\n",
        "projects.csv": PROJECTS + "A,2025-04-30,Shop,in_progress,2025-06-30,2025-07-10,5000,5600\n",
    },
    "2025-05": {"tickets.csv": ""},
}
HELD = ["2025-01", "2025-02", "2025-04"]
#: The pages of the months: those that these exports say something to, and page one.
MONTHLY = ("scorecard", "availability", "tickets", "projects", "contract")
#: The command, with another folder of notebooks.
COMMAND = """\
import sys
from pathlib import Path
from msp_report.packs import pack
pack.NOTEBOOKS = Path(sys.argv.pop(1))
from msp_report.cli import main
main()
"""
MONTHS = [str(month) for month in Period.parse("2025").months]


def annual(place: Place, *options: str) -> SimpleNamespace:
    """Run the verb as a process of its own, over months of a few pages."""
    notebooks = place.root.parent / "notebooks"
    if not notebooks.exists():
        shutil.copytree(PROJECT / "notebooks" / "annual", notebooks / "annual")
        (notebooks / "monthly").mkdir()
        for name in MONTHLY:
            (path,) = (PROJECT / "notebooks" / "monthly").glob(f"*_{name}.ipynb")
            shutil.copy(path, notebooks / "monthly")
    verb = ["annual", "--client", "acme", "--workspace", str(place.root), *options]
    command = [sys.executable, "-c", COMMAND, str(notebooks), *verb]
    environment = {**os.environ, "JUPYTER_PLATFORM_DIRS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500)
    return SimpleNamespace(code=done.returncode, out=done.stdout.strip(), err=done.stderr)


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Place:
    made = Place(tmp_path_factory.mktemp("annual") / "ws")
    made.client(contract=CONTRACT)
    for month, files in EXPORTS.items():
        made.put(files, month)
    return made


@pytest.fixture(scope="module")
def run(place) -> SimpleNamespace:
    """The pack of a civil year."""
    done = annual(place, "--year", "2025")
    assert done.code == 0, done.err
    return SimpleNamespace(**vars(done), pack=place.output / "acme" / "2025")


@pytest.fixture
def again(msp, monkeypatch):
    """The same verb in this process."""

    def run(place: Place, *options: str):
        monkeypatch.setattr(pack, "NOTEBOOKS", place.root.parent / "notebooks")
        return msp("annual", "--client", "acme", "--workspace", place.root, *options)

    return run


def figures(folder: Path) -> dict[tuple[str, str], dict]:
    rows = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    return {(row["measure"], row["subject"]): row for row in rows}


def record(run: SimpleNamespace, name: str) -> pd.DataFrame:
    return pd.read_csv(run.pack / "records" / f"{name}.csv", keep_default_na=False)


def page(run: SimpleNamespace, name: str) -> str:
    text = re.sub(r"<[^>]+>", " ", (run.pack / "html" / f"{name}.html").read_text(encoding="utf-8"))
    return " ".join(html.unescape(text).split())


# ---------------------------------------------------------------- what it holds


def test_a_year_is_made_from_the_packs_of_its_months(run, place):
    assert Path(run.out) == run.pack / "html" / "index.html"
    packs = {
        path.name for path in (place.output / "acme").iterdir() if re.fullmatch(r"\d{4}(-\d\d)?", path.name)
    }
    assert packs == {*HELD, "2025"}
    made = {path.name for path in run.pack.iterdir()}
    assert {"html", "notebooks", "records", "figures.json", "figures.csv", "manifest.json"} <= made
    pages = {"index.html" if report == "assessment" else f"{report}.html" for report in REPORTS}
    assert {path.name for path in (run.pack / "html").iterdir()} == pages | {"rules.html"}


def test_records_are_those_that_are_declared(run):
    written = written_records(run.pack)
    assert "year/verdicts" in written
    assert written == declared_records(*written)


def test_a_month_without_data_is_named_with_its_reason_never_skipped(run):
    found = figures(run.pack)
    lacking = {s: row["why_missing"] for (m, s), row in found.items() if m == "year.without_data"}
    assert list(lacking) == [month for month in MONTHS if month not in HELD]
    assert lacking["2025-05"] == "its exports were refused"
    assert {why for month, why in lacking.items() if month != "2025-05"} == {"no exports were supplied"}
    assert found["year.months_with_data", ""]["value"] == 3
    first = "no data for March 2025 and May 2025 to December 2025."
    for name in ("index", "year"):
        assert first in page(run, name)
    assert "May 2025: its exports were refused." in page(run, "year")
    assert "2025-05: not run: " in run.err
    months = record(run, "year/months").set_index("month")
    assert months.index[months["published"].astype(str).str.lower() == "true"].tolist() == HELD


def test_every_promise_of_the_months_is_counted_once(run, place):
    """Counted here from what the months published, without the package: what stands in contract.yaml, not our rules."""
    published = {month: figures(place.output / "acme" / month) for month in HELD}
    promised = {
        name
        for rows in published.values()
        for name, row in rows.items()
        if row["target"] is not None
        and row["verdict"] not in (None, "no_target")
        and (row["clause"] or name[0] in ("availability.ratio", "tickets.resolution_attainment"))
    }
    seen = {name: [rows[name]["verdict"] for rows in published.values() if name in rows] for name in promised}
    missed = {name for name, verdicts in seen.items() if "missed" in verdicts}
    met = {name for name, verdicts in seen.items() if set(verdicts) == {"met"}}
    found = figures(run.pack)
    values = [found[f"year.{name}", ""]["value"] for name in ("promised", "missed", "met", "unjudged")]
    assert values == [len(promised), len(missed), len(met), len(promised) - len(missed) - len(met)]
    assert values[0] >= 2 and all(found[f"year.{name}", ""]["verdict"] is None for name in ("met", "missed"))
    table = record(run, "year/verdicts").set_index(["measure", "subject"])
    assert set(table.index) == promised
    for name, verdicts in seen.items():
        assert table.loc[name, HELD].tolist() == verdicts
    assert set(table["2025-03"]) == {"absent"}
    opening = f"Of the provider's {len(promised)} promise"
    assert opening in page(run, "index") and opening in page(run, "year")


def test_every_figure_of_every_month_is_in_the_record(run, place):
    rows = record(run, "year/figures")
    for month in HELD:
        mine = rows[rows["month"] == month]
        published = figures(place.output / "acme" / month)
        assert list(zip(mine["measure"], mine["subject"], strict=True)) == list(published)
    limits = record(run, "year/limits")
    assert (limits["n"] <= 3).all() and set(limits["trial"].astype(str).str.lower()) == {"true"}


def test_the_verdicts_of_a_service_and_the_target_that_changed(run):
    found = figures(run.pack)
    email = found["year.missed_months", "availability.ratio email"]
    assert (email["value"], email["n"]) == (2, 3)
    changes = record(run, "year/changes")
    target = changes[(changes["kind"] == "target") & (changes["measure"] == "availability.ratio")].iloc[0]
    assert (target["month"], float(target["from_value"]), float(target["to_value"])) == (
        "2025-04",
        0.99,
        0.995,
    )
    amendment = changes[changes["kind"] == "amendment"].iloc[0]
    assert (amendment["on"], amendment["clause"]) == ("2025-04-01", "4.1a")
    verdicts = changes[(changes["kind"] == "verdict") & (changes["subject"] == "email")]
    assert verdicts[["month", "from", "to"]].to_numpy().tolist() == [["2025-02", "met", "missed"]]


def test_money_worked_by_hand(run):
    found = figures(run.pack)
    # February: 5 % of 1000, to be claimed by March 30th, and nobody did. April is over 99 %: no credit.
    assert found["contract.year_owed", ""]["value"] == 50 == found["contract.year_lost", ""]["value"]
    assert found["contract.year_open", ""]["value"] == 0 == found["contract.year_credited", ""]["value"]
    assert found["contract.year_credits", ""]["value"] == 1
    # 24 + 5 hours of 10 people at 20
    assert found["contract.year_user_hours", ""]["value"] == pytest.approx(290)
    assert found["contract.year_user_cost", ""]["value"] == pytest.approx(5800)
    assert found["contract.year_fee", ""]["value"] == 3000
    money = record(run, "contract/year_money").set_index("month")
    assert money.loc["2025-02", "owed"] == "50.00" and money.loc["2025-01", "owed"] == "0.00"
    assert (
        money.loc["2025-03", "owed"] == ""
        and money.loc["2025-03", "why_missing"] == "no exports were supplied"
    )
    assert "the provider owes £50 in service credits" in page(run, "contract")


def test_a_project_over_its_life(run):
    found = figures(run.pack)
    assert found["projects.year_slip", "A"]["value"] == 10
    assert found["projects.year_cost_variance", "A"]["value"] == -600
    life = record(run, "projects/year_lives").iloc[0]
    assert (life["first_slip_days"], life["slip_days"], life["moved_days"]) == (0, 10, 10)
    assert set(record(run, "projects/year_changes")["field"]) == {"forecast_end", "forecast_cost"}
    assert "In 2025, 1 of 1 projects was late, or ended late, against the first plan" in page(run, "projects")


def test_the_assessment_sums_up_what_the_other_pages_recorded(run):
    found = figures(run.pack)
    for name, measure in (
        ("met", "year.met"),
        ("missed", "year.missed"),
        ("credits_lost", "contract.year_lost"),
    ):
        assert found[f"assessment.{name}", ""]["value"] == found[measure, ""]["value"]
    assert found["assessment.without_data", "2025-05"]["why_missing"] == "its exports were refused"
    worst = record(run, "assessment/worst")
    assert worst.loc[worst["subject"] == "email", ["missed", "judged"]].to_numpy().tolist() == [[2, 3]]
    assert worst["missed"].is_monotonic_decreasing


# ---------------------------------------------------------------- that it can be relied on


def test_every_file_that_was_read_is_in_the_manifest_with_its_month(run):
    manifest = json.loads((run.pack / "manifest.json").read_text(encoding="utf-8"))
    read = {(entry["month"], entry["file"]) for entry in manifest["files"]}
    assert {(month, name) for month in HELD for name in EXPORTS[month]} >= read
    assert {month for month, _ in read} == set(HELD)
    # both of January's and of April's files of outages are told, though a header is a header
    assert manifest["month"] == "2025"
    rows = sum(entry["read"] for entry in manifest["files"] if entry["table"] == "tickets")
    assert rows == 60 and f"{sum(e['read'] for e in manifest['files'])} rows read" in page(run, "index")


def test_every_link_leads_into_the_pack_or_to_its_months_and_no_page_is_heavy(run):
    beside = set()
    for path in sorted((run.pack / "html").iterdir()):
        text = path.read_text(encoding="utf-8")
        assert len(text) < (60_000 if path.name == "index.html" else 150_000)
        for href in re.findall(r'href="([^"#]+)"', text):
            # as a browser reads it: `..` goes up in the address, whatever the folder is a link to
            found = Path(os.path.normpath(path.parent / html.unescape(href)))
            assert found.exists(), (path.name, href)
            if run.pack not in found.parents:
                beside.add(found)
    assert beside == {run.pack.parent / month / "html" / "index.html" for month in HELD}


def test_the_money_of_the_year_is_that_of_its_months(run, place):
    """Added up here from what page one of each month said."""
    money = record(run, "assessment/money").set_index("kind")["amount"].replace("", None).astype(float)
    months = pd.concat(
        pd.read_csv(place.output / "acme" / month / "records" / "scorecard" / "money.csv") for month in HELD
    )
    said = months.groupby("kind")["amount"].sum()
    for kind in ("fee", "work lost to outages", "less the credits owed"):
        assert money[kind] == said[kind], kind
    total, lapsed = money["what the year came to"], money["plus the credits never claimed in time"]
    # what a month counted off as owed and nobody claimed, the year has to pay after all
    assert total == said["what the month came to"] + lapsed == 3000 + 5800 - 50 + 50
    assert money["less the credits owed"] == money["credits granted"] + money["can still be claimed"] + lapsed
    found = figures(run.pack)
    assert found["assessment.year_cost", ""]["value"] == total
    assert "2025 came to £8,800, including £3,000 in fees and £5,800 of work lost to outages." in page(
        run, "index"
    )


def test_lists_have_as_many_rows_as_the_sentences_say(run):
    found = figures(run.pack)
    value = {
        name: found[f"assessment.{name}", ""]["value"] for name in ("promised", "met", "missed", "unjudged")
    }
    text = (run.pack / "html" / "index.html").read_text(encoding="utf-8")
    table = re.search(r'id="table-promises-not-always-kept.*?</table>', text, re.S)[0]
    assert table.count("<tr>") - 1 == value["missed"] + value["unjudged"] == value["promised"] - value["met"]
    own = record(run, "year/own_rules")
    assert [found[f"assessment.own_{name}", ""]["value"] for name in ("met", "missed", "unjudged")] == [
        own["year"].eq(name).sum() for name in ("met", "missed", "unjudged")
    ]


def test_the_same_again_makes_no_month_anew_and_gives_the_same_bytes(run, place, again):
    kinds = ("figures.*", "records/**/*", "html/*", "manifest.json")
    before = digests(run.pack, *kinds)
    assert not (run.pack / document.NAME).exists()
    done = again(place, "--year", "2025", "--docx")
    assert done.code == 0, done.err
    said = [paragraph.text for paragraph in docx.Document(run.pack / document.NAME).paragraphs]
    assert any("2025 came to £8,800" in text for text in said)
    assert any("There is no findings.yaml" in text for text in said)
    assert not re.search(r"2025-0[124]: [a-z]+$", done.err, re.M)
    assert digests(run.pack, *kinds) == before and len(before) > 12


def test_a_notebook_alone_gives_the_figures_of_the_pack(run, place, tmp_path):
    executed = tmp_path / "10_year.ipynb"
    papermill.execute_notebook(
        str(PROJECT / "notebooks" / "annual" / "10_year.ipynb"),
        str(executed),
        {"client": "acme", "period": "2025", "workspace": str(place.root)},
        kernel_name="python3",
        progress_bar=False,
        cwd=str(tmp_path),
        log_output=False,
    )
    alone = {(one.measure, one.subject): one.row() for one in scraps.read_notebook(executed)["figures"]}
    packed = {name: row for name, row in figures(run.pack).items() if row["report"] == "year"}
    assert alone == packed


def test_other_months_than_a_civil_year(run, place):
    case = open_year("acme", "2025-02..2025-04", place.root)
    months = history.months(case)
    assert months["month"].tolist() == ["2025-02", "2025-03", "2025-04"]
    assert months["published"].tolist() == [True, False, True] and not months["to_date"].any()
    assert history.year(case)["month"].unique().tolist() == ["2025-02", "2025-04"]
    assert history.year(case, before=1)["month"].unique().tolist() == ["2025-01", "2025-02", "2025-04"]
    assert str(case.period) == "2025-02..2025-04" and case.closing == Month(2025, 4)
    assert case.workspace.pack("acme", case.period).name == "2025-02..2025-04"


def test_links_to_other_packs_lead_from_where_a_pack_will_lie(run, place):
    case = open_year("acme", "2025", place.root)
    home = place.output / "acme"
    for pack_, up in (
        (home / "2025", "../.."),
        (home / ".staging" / "2025", "../.."),
        (home / "our-fork" / ".staging" / "2025", "../../.."),
    ):
        found = history.beside(case, pack_)
        assert found["name"].tolist() == HELD
        assert found["href"].tolist() == [f"{up}/{month}/html/index.html" for month in HELD]
    assert not history.leads_to_today(run.pack)


def test_a_pack_made_before_its_month_was_over_says_so(run, place):
    folder = place.output / "acme" / "2025-04" / "notebooks"
    made = folder.stat()
    try:
        os.utime(folder, (made.st_atime, pd.Timestamp("2025-04-20", tz="UTC").timestamp()))
        months = history.months(open_year("acme", "2025", place.root)).set_index("month")
        assert bool(months.loc["2025-04", "to_date"]) and not bool(months.loc["2025-02", "to_date"])
        later = open_year("acme", "2025-05..2025-12", place.root)
        assert [history.unfinished(later, before) for before in (4, 0)] == [["2025-04"], []]
    finally:
        os.utime(folder, (made.st_atime, made.st_mtime))


# ---------------------------------------------------------------- a longer period as a case


def test_files_of_one_name_are_added_up_over_the_months(place):
    case = open_year("acme", "2025", place.root)
    (row,) = case.reading("tickets").to_dict("records")
    assert (row["file"], row["read"], row["accepted"], row["rejected"]) == ("tickets.csv", 60, 60, 0)
    assert case.reading("surveys")["file"].isna().all()
    assert case.newest == Month(2025, 4) and case.closing == Month(2025, 12) and not case.to_date
    assert len(case.table("tickets")) == 60


def test_one_file_for_all_months_is_read_once(tmp_path):
    made = Place(tmp_path)
    made.client(sources="exports: exports\ntables: {tickets: {file: all.csv}}\n")
    (tmp_path / "exports").mkdir()
    rows = "".join(f"T{m},2025-0{m}-03T09:00:00,amy@acme.example,Mail,P1,open,\n" for m in (1, 2))
    (tmp_path / "exports" / "all.csv").write_text(HEADER + rows)
    case = open_year("acme", "2025", tmp_path)
    assert [(entry["month"], entry["read"]) for entry in case.manifest["files"]] == [("2025-01", 2)]
    assert case.reading("tickets")["read"].tolist() == [2]


def test_why_a_month_has_no_pack(place, tmp_path):
    made = Place(tmp_path)
    made.client(contract=CONTRACT.replace("2024-01-01", "2025-02-01"))
    made.put(EXPORTS["2025-04"], "2025-04")
    made.put(EXPORTS["2025-05"], "2025-05")
    case = open_case("acme", "2025", tmp_path)
    assert case.lacking(Month(2025, 1)) == "the contract had not begun"
    assert case.lacking(Month(2025, 2)) == "no exports were supplied"
    assert case.lacking(Month(2025, 4)) is None
    assert case.lacking(Month(2025, 5)) == "its exports were refused"
    assert case.lacking(Month.of(datetime.now(UTC).date()).shift(2)) == "it has not begun yet"
    months = history.months(case).set_index("month")
    assert months.loc["2025-04", "why_missing"] == "its pack was not published"


def test_a_running_year_ends_with_its_newest_month(tmp_path):
    today = Month.of(datetime.now(UTC).date())
    over = today.shift(-1)
    made = Place(tmp_path)
    made.client(contract="client: {name: Acme, timezone: UTC}\n")
    made.put({"tickets.csv": tickets(3, str(over))}, str(over))
    case = open_year("acme", f"{over}..{today.shift(3)}", tmp_path)
    assert case.to_date and case.newest == over == case.closing
    assert case.bounds[1] == Period(over, over).bounds("UTC")[1]


def test_a_year_of_refused_months_says_why(tmp_path, msp):
    made = Place(tmp_path)
    made.client()
    made.put({"tickets.csv": ""}, "2025-05")
    done = msp("annual", "--client", "acme", "--workspace", made.root, "--year", "2025")
    assert done.code == 3 and "tickets.csv" in done.err and "Traceback" not in done.err
    assert not (made.output / "acme" / "2025").exists()


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--year", "2025", "--period", "2025-01..2025-04"], 2, "give one of them"),
        (["--year", "25"], 2, "write it as YYYY"),
        (["--year", "2025-04"], 2, "write it as YYYY"),
        (["--period", "2025-04"], 2, "'2025-04' is a month"),
        (["--period", "2025-04..2025-01"], 2, "ends before it begins"),
        (["--year", "2031"], 3, "2031-01 has not begun"),
        (["--year", "2024"], 3, "no month of 2024 has exports"),
        (["--client", "acne"], 2, "did you mean 'acme'?"),
    ],
)
def test_wrong_use_is_a_sentence_and_a_code(place, msp, options, code, words):
    said = msp("annual", "--client", "acme", "--workspace", place.root, *options)
    assert said.code == code
    assert words in " ".join(said.problems), said.err


def test_without_a_complete_month_one_must_be_named(tmp_path, msp):
    made = Place(tmp_path)
    made.client()
    month = str(Month.of(datetime.now(UTC).date()))
    made.put({"tickets.csv": tickets(3, month)}, month)
    said = msp("annual", "--client", "acme", "--workspace", tmp_path)
    assert said.code == 3 and "no complete month of acme with exports" in said.problems[0]


@pytest.mark.parametrize(
    ("exports", "year", "instead"),
    [
        pytest.param("2025-01..2025-12", "2025", None, id="a whole civil year"),
        pytest.param("2024-06..2026-03", "2025", None, id="a whole one, and months since"),
        pytest.param("2025-10..2026-10", "2025-11..2026-10", ("2025", 3), id="three months of it"),
        pytest.param("2026-02..2026-10", "2025-11..2026-10", ("2025", 0), id="none of it"),
        pytest.param("2026-02..2026-11", "2025-11..2026-10", ("2025", 0), id="and one that is running"),
        pytest.param("2024-01..2025-06", "2024-07..2025-06", ("2025", 6), id="the exports ended within it"),
    ],
)
def test_a_year_that_nobody_names(tmp_path, monkeypatch, exports, year, instead):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(pd.Timestamp("2026-11-15", tz="UTC").timestamp())))
    made = Place(tmp_path)
    made.client()
    for month in Period.parse(exports).months:
        made.put({"tickets.csv": HEADER}, str(month))
    case = open_year("acme", "", tmp_path)
    assert str(case.period) == year and stands_for(case) == instead
    assert latest_year(open_year("acme", exports, tmp_path)) == case.period
    # what somebody named is not told to stand for a year
    assert stands_for(open_year("acme", "2025-01..2026-03", tmp_path)) is None


# ---------------------------------------------------------------- sentences


def test_months_in_a_row_are_told_as_one():
    agreed = as_contract({"client": {"name": "Acme", "timezone": "UTC"}})
    told = months_in_words(["2025-11", "2025-12", "2026-01", "2026-03", "P1"], Numbers("en-GB"))
    assert told == ["November 2025 to January 2026", "March 2026", "P1"]
    assert sentences.month_names(["2026-03"], agreed) == ["March\u00a02026"]
    assert months_in_words(["2025-03"], Numbers("de-DE")) == ["March 2025"], "a page has one language"


def test_a_report_of_both_packs_opens_with_its_years_sentences_over_several_months():
    agreed = as_contract({"client": {"name": "Acme", "timezone": "UTC"}})
    month, months = (sentences.opening("contract", [], agreed, Period.parse(p)) for p in ("2025-03", "2025"))
    assert month[0] != months[0] and "missed levels in 2025" in months[0][0]
