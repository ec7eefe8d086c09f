"""The verb daily from outside: which exports, which instant, what is published, kept and refused."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pandas as pd
import papermill
import pytest
from workspaces import (
    HEADER,
    Place,
    declared_records,
    digests,
    records,
    tickets,
    write_notebook,
    written_records,
)

from msp_report.case import open_case, open_day
from msp_report.intake.ingest import DataRefused
from msp_report.metrics import payments
from msp_report.model.period import Month
from msp_report.packs import pack, scraps
from msp_report.system import revisions
from msp_report.words import sentences
from msp_report.workspace import PROJECT

NOTEBOOKS = sorted((PROJECT / "notebooks" / "daily").glob("*.ipynb"))
ZONE = "Europe/London"
BOUGHT = (
    "document,document_id,line,order_id,order_line,vendor,item,quantity,unit_price,currency,dated_on,due_on\n"
)


def this_month() -> Month:
    return Month.of(pd.Timestamp.now(ZONE).date())


def ticket(name: str, opened: pd.Timestamp, status: str = "open", resolved: str = "") -> str:
    return f"{name},{opened.tz_convert('UTC'):%Y-%m-%dT%H:%M:%SZ},amy@acme.example,Mail {name},P1,{status},{resolved}\n"


def put_today(place: Place, *rows: str) -> pd.Timestamp:
    """Exports of the running month: a ticket of five minutes ago and what is given; the ticket's instant."""
    start = pd.Timestamp(this_month().first_on, tz=ZONE)
    fresh = max(start, pd.Timestamp.now(ZONE).floor("s") - timedelta(minutes=5))
    place.put({"tickets.csv": HEADER + ticket("NEW", fresh) + "".join(rows)}, str(this_month()))
    return fresh


def long_ago(months: int) -> str:
    return str(this_month().shift(-months))


# ---------------------------------------------------------------- a whole run, once


@pytest.fixture(scope="module")
def daily(tmp_path_factory):
    """A client whose running month is exported, run as the verb runs it: its published folder and what was said."""
    made = Place(tmp_path_factory.mktemp("daily") / "ws")
    made.client()
    before = pd.Timestamp(this_month().shift(-2).first_on, tz=ZONE) + timedelta(days=3, hours=9)
    late = ticket("OLD", before)
    made.put({"tickets.csv": tickets(5, long_ago(2)) + late}, long_ago(2))
    fresh = put_today(made, late)
    today = f"{pd.Timestamp.now(ZONE):%Y-%m-%d}"
    made.put(
        {
            "purchases.csv": BOUGHT
            + f"order,P1,1,P1,1,Acme,disk,10,80,GBP,{today},\n"
            + f"packing_slip,S1,1,P1,1,Acme,disk,10,,GBP,{today},\n"
            + f"invoice,I1,1,P1,1,Acme,disk,10,95,GBP,{today},{today}\n"
        },
        str(this_month()),
    )
    said: list[str] = []
    published = pack.run_day("acme", made.root, say=said.append)
    return made, published, said, fresh


def figures(published: Path) -> dict:
    rows = json.loads((published / "figures.json").read_text(encoding="utf-8"))
    return {(row["measure"], row["subject"]): row for row in rows}


def test_it_is_published_beside_the_months(daily):
    made, published, _, _ = daily
    assert published == made.output / "acme" / "daily"
    assert published.is_symlink() and published.resolve().parent.name == "daily"
    assert {path.name for path in (published / "html").iterdir()} == {
        "index.html",
        "helpdesk.html",
        "payments.html",
        "rules.html",
    }
    assert not [
        path.name for path in (made.output / "acme").iterdir() if path.name[:1].isdigit()
    ]  # no month is run


def test_page_one_says_what_is_open_overdue_and_due_and_what_to_hold(daily):
    page = (daily[1] / "html" / "index.html").read_text(encoding="utf-8")
    (first,) = re.findall(r'<p class="opening *">(.*?)</p>', page)
    # OLD is months over its four hours; NEW, five minutes old, is due today; 150 too much on the invoice
    due = figures(daily[1])["today.due", ""]["value"]
    assert (
        first == f"2 tickets are open, 1 of them overdue and {due or 'none'} due before the working day ends."
    )
    assert "<p>Hold the one unpaid invoice (£950).</p>" in page


def test_the_two_lists_hold_each_bill_and_each_deadline_once(daily):
    bills, tasks = (
        pd.read_csv(daily[1] / "records" / "today" / f"{name}.csv") for name in ("bills", "tasks")
    )
    assert bills[["decision", "document_id", "amount", "at_stake"]].values.tolist() == [
        ["hold", "I1", 950, 150]
    ]
    assert tasks[["state", "ticket_id"]].values.tolist() == [["overdue", "OLD"], ["due next", "NEW"]]


def test_records_are_those_that_are_declared(daily):
    written = written_records(daily[1])
    assert "helpdesk/open_tickets" in written
    assert written == declared_records(*written)


def test_figures_and_records(daily):
    _, published, _, fresh = daily
    found = figures(published)
    assert (found["helpdesk.open", ""]["value"], found["helpdesk.overdue", ""]["value"]) == (2, 1)
    assert (found["payments.hold", ""]["value"], found["payments.hold", ""]["n"]) == (950, 1)
    assert {row["verdict"] for row in found.values()} == {None}
    rows = pd.read_csv(published / "records" / "helpdesk" / "open_tickets.csv")
    assert rows["ticket_id"].tolist() == ["OLD", "NEW"]
    assert rows["late_with"].tolist()[0] == "resolution"
    opened = pd.Timestamp(rows["opened_at"][1])
    due = pd.read_csv(published / "records" / "payments" / "due.csv")
    assert due[["document_id", "decision", "amount", "at_stake"]].values.tolist() == [
        ["I1", "hold", 950, 150]
    ]
    assert opened == fresh
    # P1 has four hours round the clock
    assert pd.Timestamp(rows["next_due_at"][1]) == opened + timedelta(hours=4)


def test_it_stands_at_the_newest_instant_and_says_so(daily):
    made, published, _, fresh = daily
    case = open_day("acme", "", made.root)
    assert str(case.period) == str(this_month())
    today = pd.Timestamp(case.end.tz_convert(ZONE).date(), tz=ZONE)  # the invoice is of that day
    assert case.end == max(fresh, today).tz_convert("UTC").floor("min") + timedelta(minutes=1)
    words = f"{case.end.tz_convert(ZONE):%H:%M}"
    for page in {*(published / "html").iterdir()} - {published / "html" / "rules.html"}:
        text = page.read_text(encoding="utf-8")
        assert re.search(rf"<span>as of [^<]*{words}", text), page.name
        assert re.search(rf"As of [^<]*{words}\.", text), page.name
        assert "Nothing newer had come" not in text


def test_links_lead_somewhere(daily):
    for page in (daily[1] / "html").iterdir():
        for href in re.findall(r'href="([^"#]+)"', page.read_text(encoding="utf-8")):
            assert (page.parent / href).resolve().exists(), (page.name, href)


def test_names_are_hidden(daily):
    for path in [*(daily[1] / "html").iterdir(), *(daily[1] / "records").rglob("*.csv")]:
        assert "amy@" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize(
    "path",
    [NOTEBOOKS[0], *(pytest.param(path, marks=pytest.mark.thorough) for path in NOTEBOOKS[1:])],
    ids=lambda path: path.stem,
)
def test_a_notebook_alone_gives_the_same_figures(daily, tmp_path, path):
    made, published, _, _ = daily
    out = tmp_path / "alone.ipynb"
    given = {"client": "acme", "workspace": str(made.root)}  # the month is the newest one by default
    papermill.execute_notebook(
        str(path),
        str(out),
        given,
        kernel_name="python3",
        progress_bar=False,
        cwd=str(tmp_path),
        log_output=False,
    )
    theirs = scraps.read_notebook(published / "notebooks" / path.name)
    assert scraps.read_notebook(out) == theirs
    assert theirs["figures"]


def test_the_notebooks_take_the_same_parameters_and_default_to_the_demo():
    assert [path.stem for path in NOTEBOOKS] == ["00_today", "10_helpdesk", "20_payments"]
    for path in NOTEBOOKS:
        declared = papermill.inspect_notebook(str(path))
        assert {name: one["default"] for name, one in declared.items()} == {
            "client": '"demo"',
            "period": '""',
            "workspace": '""',
        }


# ---------------------------------------------------------------- which exports


def test_a_month_that_is_over_stands_at_its_end_and_the_page_warns(place):
    place.put({"tickets.csv": tickets(3)})
    case = open_day("acme", "", place.root)
    assert (str(case.period), case.end) == ("2026-03", pd.Timestamp("2026-03-31 23:00", tz="UTC"))
    assert case.age > timedelta(days=1)


def test_what_has_not_begun_is_not_today(place):
    put_today(place)
    place.put({"tickets.csv": tickets(3, str(this_month().shift(2)))}, str(this_month().shift(2)))
    assert str(open_day("acme", "", place.root).period) == str(this_month())


def test_a_row_of_today_without_a_time_is_known_today(place, monkeypatch):
    """Two minutes past midnight the newest ticket is yesterday's, and the invoice is of this day."""
    late = "N,2026-03-17T23:58:51Z,amy@acme.example,Mail,P1,open,\n"
    bought = "invoice,I1,1,,,Acme,disk,10,95,GBP,2026-03-18,2026-03-18\n"
    place.put({"tickets.csv": HEADER + late, "purchases.csv": BOUGHT + bought}, "2026-03")
    for hour, minute, end in ((23, 59, "2026-03-17T23:59Z"), (24, 2, "2026-03-18T00:01Z")):
        at = pd.Timestamp("2026-03-17T00:00Z") + timedelta(hours=hour, minutes=minute)
        monkeypatch.setenv("SOURCE_DATE_EPOCH", f"{at.timestamp():.0f}")
        case = open_day("acme", "", place.root)
        assert case.end == pd.Timestamp(end)
    assert payments.analyse(case).due["document_id"].tolist() == ["I1"]


def test_a_running_month_alone_is_enough(place):
    put_today(place)
    with pytest.raises(DataRefused, match="no complete month"):
        open_case("acme", "", place.root)
    assert open_day("acme", "", place.root).to_date


# ---------------------------------------------------------------- the verb


@pytest.fixture
def small(place, monkeypatch, tmp_path):
    """The daily pack is one small notebook."""
    folder = tmp_path / "notebooks"
    write_notebook(folder / "daily" / "10_one.ipynb", records("one"))
    monkeypatch.setattr(pack, "NOTEBOOKS", folder)
    place.put({"tickets.csv": tickets(3)})
    return folder / "daily"


def run(msp, place, *arguments):
    return msp("daily", "--client", "acme", "--workspace", place.root, *arguments)


def test_it_prints_the_page_and_warns_of_nothing(msp, place, small):
    said = run(msp, place)
    assert said.code == 0, said.err
    assert said.out.strip() == str(place.output / "acme" / "daily" / "html" / "index.html")
    text = Path(said.out.strip()).read_text(encoding="utf-8")
    assert "as of 1 Apr 2026, 00:00" in text


def test_old_exports_are_the_operators_business(msp, place, small):
    said = run(msp, place)
    assert "acme: the newest exports end on 2026-03-31: put newer ones into" in said.err
    case = open_day("acme", "", place.root)
    told = sentences.as_of(case.end, case.age, case.contract)
    assert "when this page was made" in told and "folder" not in told


def test_folders_of_ones_own(msp, place, small, tmp_path):
    said = run(
        msp,
        place,
        "--output",
        tmp_path / "out",
        "--exports",
        place.root / "exports",
        "--params",
        place.root / "params",
    )
    assert said.code == 0, said.err
    assert (tmp_path / "out" / "acme" / "daily" / "html" / "index.html").exists()
    assert not place.output.exists()


def test_each_run_is_a_revision_and_old_ones_go_with_a_word(msp, place, small, monkeypatch):
    monkeypatch.setattr(pack, "DAYS_KEPT", 2)
    history = place.output / "acme" / revisions.REVISIONS / "daily"
    for count, kept in ((1, ["0001"]), (2, ["0001", "0002"]), (3, ["0002", "0003"])):
        said = run(msp, place)
        assert said.code == 0
        assert sorted(path.name for path in history.iterdir()) == kept
        assert (place.output / "acme" / "daily").resolve().name == f"{count:04d}"
        removed = "removed revision 0001 of the daily pages: the last 2 are kept"
        assert (removed in said.err) == (count == 3)
    assert pack.DAYS_KEPT == 2


def test_a_report_that_fails_leaves_what_was_published(msp, place, small):
    assert run(msp, place).code == 0
    before = digests(place.output / "acme" / "daily")
    write_notebook(small / "20_two.ipynb", "1 / 0")
    said = run(msp, place)
    assert said.code == 1 and "20_two.ipynb, cell 3 failed: ZeroDivisionError" in said.problems[0]
    assert digests(place.output / "acme" / "daily") == before


def test_unknown_client(msp, place, small):
    said = msp("daily", "--client", "acmee", "--workspace", place.root)
    assert said.code == 2 and "did you mean 'acme'" in said.problems[0]


def test_no_exports(msp, place):
    said = run(msp, place)
    assert said.code == 3 and "no month of acme with exports: put them into" in said.problems[0]


def test_refused_exports(msp, place, small):
    put_today(place)
    place.put({"tickets.csv": ""}, str(this_month()))
    said = run(msp, place)
    assert said.code == 3 and "tickets.csv" in said.problems[0]
    assert not (place.output / "acme" / "daily").exists()


def test_a_month_cannot_be_named(msp, place):
    assert run(msp, place, "--month", "2026-03").code == 2


# ---------------------------------------------------------------- revisions


def test_prune_never_takes_the_published_one(tmp_path):
    for name in ("a", "b", "c"):
        staging = tmp_path / "staging"
        staging.mkdir()
        (staging / "page").write_text(name)
        revisions.publish(staging, tmp_path / "daily")
    link = tmp_path / "daily"
    link.unlink()
    link.symlink_to(Path(revisions.REVISIONS) / "daily" / "0001")  # somebody went back to the first
    assert [path.name for path in revisions.prune(link, 1)] == ["0002"]
    assert (link / "page").read_text() == "a"
    assert revisions.prune(tmp_path / "nothing", 3) == []
