"""A copied revision is there whole before anybody is told of it, and is copied again only where something lacks."""

import hashlib
import json

import pytest
from store_stub import Stub

from msp_report.live.asked import Failed
from msp_report.store import opened, place, revisions
from msp_report.store.place import Unanswered


@pytest.fixture(autouse=True)
def no_waits(monkeypatch):
    monkeypatch.setattr(place, "WAITS", (0.0,))


@pytest.fixture
def home(tmp_path):
    """A revision with files in folders."""
    home = tmp_path / ".revisions" / "2026-10" / "0003"
    for name, text in {"html/index.html": "<p>", "figures.json": "[]", "records/a/b.csv": ""}.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    return home


def read(stub, pack="acme/2026-10"):
    """What a reader gets who goes by the pointer; None where there is none yet."""
    if f"{pack}/current.json" not in stub.files:
        return None
    told = json.loads(stub.files[f"{pack}/current.json"][0])
    found = {}
    for name, sha256 in told["files"].items():
        content, _ = stub.files[f"{pack}/{told['revision']}/{name}"]
        assert hashlib.sha256(content).hexdigest() == sha256
        found[name] = content
    assert told["opens"].removeprefix(f"{told['revision']}/") in found
    return found


def test_the_pointer_is_written_last(home):
    stub = Stub()
    sent = revisions.send(home, stub, "acme/2026-10")
    puts = [call[1] for call in stub.asked if call[0] == "put"]
    assert puts[-1] == "acme/2026-10/current.json" and len(puts) == 4
    assert (sent.files, sent.copied) == (3, 3) and sent.folder.startswith("0003-")
    assert read(stub) == {"html/index.html": b"<p>", "figures.json": b"[]", "records/a/b.csv": b""}


def test_once_more_copies_nothing(home):
    stub = Stub()
    revisions.send(home, stub, "acme/2026-10")
    before = dict(stub.files)
    assert revisions.send(home, stub, "acme/2026-10").copied == 0
    assert stub.files == before


@pytest.mark.parametrize("at", range(10))
def test_a_run_that_ends_anywhere_loses_nothing(home, at):
    """Whoever reads sees the revision before until this one is whole; the next run copies what lacks."""
    stub = Stub()
    revisions.send(home, stub, "acme/2026-10")
    old = read(stub)
    new = home.with_name("0004")
    home.rename(new)
    (new / "figures.json").write_text("[1]", encoding="utf-8")
    stub.faults = [None] * at + [KeyboardInterrupt()]
    try:
        revisions.send(new, stub, "acme/2026-10")
    except KeyboardInterrupt:
        assert read(stub) in (old, {**old, "figures.json": b"[1]"})
    stub.faults, stub.asked = [], []
    revisions.send(new, stub, "acme/2026-10")
    assert read(stub) == {**old, "figures.json": b"[1]"}
    assert len([call for call in stub.asked if call[0] == "put"]) <= 4


def test_a_break_is_waited_out_and_one_for_good_is_told(home):
    stub = Stub()
    stub.faults = [Unanswered("broken"), None, None, Unanswered("broken")]
    revisions.send(home, stub, "acme/2026-10")
    assert read(stub)
    stub.faults = [Unanswered("it is gone")] * 2
    with pytest.raises(Failed, match="it is gone"):
        revisions.send(home, stub, "acme/2026-10")


def test_a_file_that_went_away_there_is_put_there_again(home):
    stub = Stub()
    sent = revisions.send(home, stub, "acme/2026-10")
    del stub.files[f"acme/2026-10/{sent.folder}/figures.json"]
    assert revisions.send(home, stub, "acme/2026-10").copied == 1
    assert read(stub)


def test_a_place_that_keeps_nothing_gets_no_pointer(home):
    stub = Stub()
    stub.put = lambda path, file: None
    with pytest.raises(Failed, match="was put there and is not there"):
        revisions.send(home, stub, "acme/2026-10")
    assert not stub.files


def test_two_workspaces_with_one_number_do_not_meet(home, tmp_path):
    stub = Stub()
    revisions.send(home, stub, "acme/2026-10")
    other = tmp_path / "other" / "0003"
    (other / "html").mkdir(parents=True)
    (other / "html" / "index.html").write_text("<b>", encoding="utf-8")
    revisions.send(other, stub, "acme/2026-10")
    assert read(stub) == {"html/index.html": b"<b>"}
    assert len({name.split("/")[2] for name in stub.files}) == 3


def test_a_folder_is_a_place(home, tmp_path):
    shared = tmp_path / "share"
    sent = revisions.send(home, opened(str(shared)), "acme/2026-10")
    told = json.loads((shared / "acme" / "2026-10" / "current.json").read_text(encoding="utf-8"))
    assert told["revision"] == sent.folder and sent.pointer == f"{shared}/acme/2026-10/current.json"
    assert (shared / "acme" / "2026-10" / told["opens"]).read_text(encoding="utf-8") == "<p>"
    assert revisions.current(opened(str(shared)), "acme/2026-10") == told
    assert not list(shared.rglob(".*"))


def test_what_is_no_pointer_is_replaced(home, tmp_path):
    shared = tmp_path / "share"
    (shared / "acme" / "2026-10").mkdir(parents=True)
    pointer = shared / "acme" / "2026-10" / "current.json"
    pointer.write_text('{"revis', encoding="utf-8")
    revisions.send(home, opened(str(shared)), "acme/2026-10")
    assert "revision" in json.loads(pointer.read_text(encoding="utf-8"))


@pytest.mark.parametrize("address", ["ftp://evidence", "https://evidence/x"])
def test_an_address_of_another_kind_is_refused(address):
    with pytest.raises(Failed, match="is not known"):
        opened(address)


def test_what_was_sent_is_brought_back(home, tmp_path):
    stub = Stub()
    revisions.send(home, stub, "acme/2026-10")
    into = tmp_path / "here"
    revisions.bring(stub, "acme/2026-10", revisions.current(stub, "acme/2026-10"), into)
    files = [path for path in home.rglob("*") if path.is_file()]
    assert {path.relative_to(home): path.read_bytes() for path in files} == {
        path.relative_to(into): path.read_bytes() for path in into.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("harm", ["gone", "changed", "gone meanwhile", "outside"])
def test_what_is_not_as_the_pointer_says_is_not_brought(home, tmp_path, harm):
    stub = Stub()
    sent = revisions.send(home, stub, "acme/2026-10")
    name = f"acme/2026-10/{sent.folder}/html/index.html"
    told = revisions.current(stub, "acme/2026-10")
    if harm == "gone":
        del stub.files[name]
    elif harm == "changed":
        stub.write(name, b"<b>")
    elif harm == "gone meanwhile":
        stub.faults = [None, None, lambda: stub.files.pop(name)]
    else:
        told["files"]["../../up.csv"] = told["files"]["figures.json"]
    with pytest.raises(Failed, match=r"index.html is n|is named by|outside of its folder"):
        revisions.bring(stub, "acme/2026-10", told, tmp_path / "here")
    assert not (tmp_path / "up.csv").exists()


def test_a_pointer_that_goes_away_while_it_is_read_is_none(home):
    stub = Stub()
    revisions.send(home, stub, "acme/2026-10")
    stub.faults = [None, lambda: stub.files.pop("acme/2026-10/current.json")]
    assert revisions.current(stub, "acme/2026-10") is None
