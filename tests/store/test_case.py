"""A client whose exports lie elsewhere is the same client: what is read, is gone, is refused, and what it is called."""

import json

import pytest
from store_stub import Stub
from workspaces import tickets

from msp_report import case as cases
from msp_report.case import open_case
from msp_report.intake import accepted, ingest
from msp_report.live.asked import Failed
from msp_report.model.errors import WrongUse
from msp_report.params import Sources
from msp_report.params.yaml_text import ParamsError, validate
from msp_report.reference import sources as reference
from msp_report.store import mirror
from msp_report.store import place as places
from msp_report.store.place import Unanswered
from msp_report.workspace import Workspace

BROKEN = Unanswered("it does not answer in time")


@pytest.fixture
def stub(monkeypatch):
    monkeypatch.setattr(places, "WAITS", ())
    made = Stub({f"{month}/tickets.csv": tickets(20, month).encode() for month in ("2026-02", "2026-03")})
    monkeypatch.setattr(mirror, "opened", lambda address: made)
    return made


@pytest.fixture
def opened(place, stub):
    place.client(sources="exports: s3://evidence/{client}/{month}\n")

    def opened(period="2026-03", **options):
        return open_case("acme", period, Workspace.find(place.root, **options))

    return opened


def listings(stub):
    return len([call for call in stub.asked if call[0] == "listing"])


def test_it_is_read_as_from_a_folder(place, stub, opened):
    for name, (content, _) in stub.files.items():
        place.put({"tickets.csv": content}, name[:7], "other")
    place.client("other", sources="exports: exports/{client}/{month}\n")
    own, other = opened(), open_case("other", "2026-03", place.root)
    assert own.table("tickets").equals(other.table("tickets"))
    assert own.manifest == other.manifest
    assert own.exported == other.exported
    assert own.lines_of("tickets", own.table("tickets").head(1)).equals(
        other.lines_of("tickets", other.table("tickets").head(1))
    )
    assert own.export(own.newest, "tickets.csv").read_bytes() == stub.files["2026-03/tickets.csv"][0]
    assert listings(stub) == 1


def test_the_latest_month_is_found_there_and_nothing_is_read_again(stub, opened, monkeypatch):
    assert str(opened("").period) == "2026-03" and len(opened("").table("tickets")) == 40
    read = []
    monkeypatch.setattr(ingest, "read_month", lambda *_, **__: read.append(1))
    assert len(opened("").table("tickets")) == 40 and not read


def test_what_is_gone_there_stands_for_the_look_back_only(stub, opened):
    assert len(opened().table("tickets")) == 40
    del stub.files["2026-02/tickets.csv"]
    assert len(opened().table("tickets")) == 40
    with pytest.raises(
        ingest.DataRefused, match=r"nothing to read for 2026-02 in s3://evidence/acme/2026-02"
    ):
        _ = opened("2026-02").accepted


def test_a_place_that_does_not_answer_refuses_whatever_is_here(stub, opened):
    _ = opened().accepted
    for ask in (lambda: opened().accepted, lambda: opened(""), lambda: opened().table("tickets")):
        stub.faults = [BROKEN]
        with pytest.raises(
            Failed, match="exports: s3://evidence/acme: it does not answer in time"
        ) as refused:
            ask()
        assert refused.value.code == 3
    assert len(opened().table("tickets")) == 40


def test_messages_say_the_place_and_not_its_copy(place, stub, opened):
    stub.write("2026-03/tickets.csv", b"ticket_id,opened_at\n1,x\n")
    with pytest.raises(ingest.DataRefused) as refused:
        _ = opened().accepted
    assert str(refused.value).startswith("tickets.csv: ")
    place.client(sources="exports: s3://evidence/{client}/{month}\ntables: {outages: {file: absent.csv}}\n")
    with pytest.raises(ingest.DataRefused, match=r"not in s3://evidence/acme/2026-03: absent.csv"):
        _ = opened().accepted


def test_notebooks_of_a_run_list_nothing(tmp_path, place, stub, opened, monkeypatch):
    case = opened()
    settled = place.output / "acme" / ".settled-x" / "months.json"
    settled.parent.mkdir(parents=True)
    case.settle(settled, lambda month: None)
    assert json.loads(settled.read_text(encoding="utf-8")) == {"2026-02": True, "2026-03": True}
    before = listings(stub)
    monkeypatch.setenv(accepted.SETTLED, str(settled))
    assert len(opened().table("tickets")) == 40 and opened().exported == case.exported
    assert listings(stub) == before


def test_a_file_beside_the_months_is_read(place, stub, opened):
    stub.write("assets.csv", b"asset,kind\nweb,server\n")
    place.client(
        sources="exports: s3://evidence/{client}/{month}\n"
        "tables: {tickets: {file: '*.csv'}, assets: {file: ../assets.csv}}\n"
    )
    assert opened().table("assets")["asset"].tolist() == ["web"]


def test_months_may_stand_in_the_files(place, stub, opened):
    stub.files = {f"tickets-{month}.csv": (tickets(5, month).encode(), 1) for month in ("2026-02", "2026-03")}
    place.client(sources="exports: s3://evidence/all\ntables: {tickets: {file: 'tickets-{month}.csv'}}\n")
    assert [str(month) for month in opened().exported] == ["2026-02", "2026-03"]
    assert len(opened().table("tickets")) == 10


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("template", "given", "expected"),
    [
        ("exports/{client}/{month}", "s3://evidence", "s3://evidence/acme/{month}"),
        ("exports/{client}/{month}", "sftp://ann@host/a/b/", "sftp://ann@host/a/b/acme/{month}"),
        ("s3://one/{client}/{month}", "s3://two", "s3://two/acme/{month}"),
        ("s3://one/x/{client}/{month}", "", "s3://one/x/acme/{month}"),
        ("s3://of-{client}/{month}", "", "s3://of-acme/{month}"),
        ("s3://one", "s3://two/three", "s3://two/three"),
        ("s3://one/x/{month}", "folder", "folder/x/{month}"),
    ],
)
def test_an_address_that_is_given_stands_for_the_first_part(tmp_path, template, given, expected):
    options = {"exports": tmp_path / given if given and "://" not in given else given}
    place = Workspace.find(tmp_path, **options)
    template = place.exports_template("acme", Sources(exports=template))
    assert template == (f"{tmp_path}/{expected}" if "://" not in expected else expected)


def test_kernels_find_the_same_address(tmp_path, monkeypatch):
    made = Workspace.find(tmp_path, exports="s3://evidence/x")
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    assert Workspace.find(tmp_path) == made and made.exports is None


@pytest.mark.parametrize("text", reference.ELSEWHERE)
def test_what_the_reference_shows_is_read(text):
    exports = text.removeprefix("exports: ").strip()
    assert validate(Sources, {"exports": exports}, "sources.yaml", {}).exports == exports
    assert mirror.is_elsewhere(exports)


@pytest.mark.parametrize(
    ("exports", "told"),
    [
        ("ftp://host/{month}", "write a folder, s3://bucket/folder/{month} or sftp://"),
        ("s3:///{month}", "write a folder"),
        ("s3://of-{month}", "write a folder"),
        ("s3://bucket/x?y", "write a folder"),
        ("sftp://ann:word@host/{month}", "a password stands in the address"),
        ("sftp://ann:${WORD}@host/{moth}", "{moth} stands for nothing"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(exports, told):
    with pytest.raises(ParamsError) as refused:
        validate(Sources, {"exports": exports}, "sources.yaml", {})
    assert told in str(refused.value)


def test_a_password_of_the_environment_may_stand_there():
    exports = "sftp://ann:${WORD}@host/{client}/{month}"
    assert validate(Sources, {"exports": exports}, "sources.yaml", {}).exports == exports


def test_a_password_on_the_command_line_is_refused_and_not_repeated(opened):
    with pytest.raises(WrongUse, match="a password stands in the address") as refused:
        opened(exports="sftp://ann:s3cret@host/x")
    assert "s3cret" not in str(refused.value)


def test_the_case_imports_no_library_of_a_place():
    """What asks s3:// or sftp:// is imported when it is asked."""
    assert not {"s3fs", "paramiko"} & set(vars(cases))
