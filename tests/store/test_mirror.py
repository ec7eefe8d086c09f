"""Exports elsewhere are here as they are there, whatever breaks off; what has not changed is not fetched again."""

from contextlib import contextmanager

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from store_stub import Stub

from msp_report.live.asked import Failed
from msp_report.store import mirror, place
from msp_report.store.place import Unanswered

BROKEN = Unanswered("it breaks off")


@pytest.fixture(autouse=True)
def no_waits(monkeypatch):
    monkeypatch.setattr(place, "WAITS", (0.0,))


def mirrored(stub, home, monkeypatch, address="s3://evidence/acme/{month}"):
    monkeypatch.setattr(mirror, "opened", lambda address: stub)
    return mirror.Mirror(address, home)


def here(copy):
    """What the copy holds, without what is hidden."""
    folder = copy._folder
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    }


def there(stub):
    return {name: content for name, (content, _) in stub.files.items()}


MONTHS = {
    "2026-09/tickets.csv": b"a,b\n1,2\n",
    "2026-10/tickets.csv": b"a,b\n3,4\n",
    "2026-10/x/deep.csv": b"",
}


def test_all_comes_once_and_then_what_changed(tmp_path, monkeypatch):
    stub = Stub(MONTHS)
    copy = mirrored(stub, tmp_path, monkeypatch)
    copy.bring()
    assert here(copy) == MONTHS and stub.closed
    before = stub.given
    copy.bring()
    assert stub.given == before
    stub.write("2026-10/tickets.csv", b"a,b\n5,6\n")
    del stub.files["2026-09/tickets.csv"]
    copy.bring()
    assert here(copy) == there(stub) and stub.given == before + 8
    assert not (copy._folder / "2026-09").exists()


@pytest.mark.parametrize(
    ("address", "template", "above"),
    [
        ("s3://evidence/acme/{month}", "{month}", "s3://evidence/acme"),
        ("s3://evidence/acme/{month}/final", "{month}/final", "s3://evidence/acme"),
        ("s3://evidence/of-{month}", "of-{month}", "s3://evidence"),
        ("s3://evidence/acme/", "", "s3://evidence/acme"),
        ("sftp://ann:${WORD}@files.example/x/{month}", "{month}", "sftp://files.example/x"),
    ],
)
def test_its_folder_begins_above_the_months(tmp_path, address, template, above):
    copy = mirror.Mirror(address, tmp_path)
    assert copy.template == str(copy._folder / template).rstrip("/")
    assert copy.told(f"nothing in {copy._folder}/2026-10") == f"nothing in {above}/2026-10"
    assert "WORD" not in copy.name and "ann" not in copy.name


def test_a_long_fetch_says_how_far_it_is(tmp_path, monkeypatch):
    """Every file and every block is told; how often a person hears of it is the business of system/slow."""
    said: list[str] = []

    @contextmanager
    def told(what):
        assert "WORD" not in what
        yield lambda text: said.append(f"{what}: {text}")

    monkeypatch.setattr(mirror.slow, "told", told)
    mirrored(Stub(MONTHS), tmp_path / "acme", monkeypatch, "s3://ann:${WORD}@evidence/acme/{month}").bring()
    begin = "acme: fetching s3://evidence/acme: file 1 of 3: 2026-09/tickets.csv"
    assert said[0] == begin and f"{begin}, 0.0 of 0.0 MB" in said
    assert any("file 3 of 3: 2026-10/x/deep.csv" in text for text in said)


def test_two_places_have_two_folders(tmp_path):
    folders = {
        mirror.Mirror(f"s3://{bucket}/{{month}}", tmp_path).template for bucket in ("one", "another", "one")
    }
    assert len(folders) == 2


def test_a_listing_that_breaks_off_is_no_missing_file(tmp_path, monkeypatch):
    stub = Stub(MONTHS)
    copy = mirrored(stub, tmp_path, monkeypatch)
    copy.bring()
    stub.faults = [BROKEN, BROKEN]
    with pytest.raises(Failed, match=r"exports: s3://evidence/acme: it breaks off"):
        copy.bring()
    assert here(copy) == MONTHS


def test_a_file_is_here_whole_or_not_at_all_and_the_next_run_goes_on(tmp_path, monkeypatch):
    long = bytes(range(200))
    stub = Stub({"2026-10/samples.csv": long, "2026-10/tickets.csv": b"short"})
    copy = mirrored(stub, tmp_path, monkeypatch)
    stub.faults = [None] * 31 + [BROKEN, BROKEN]  # the listing, 30 blocks, and the 31st twice
    with pytest.raises(Failed, match=r"samples.csv: it breaks off; 0 of 2 files have come and are kept"):
        copy.bring()
    assert here(copy) == {}
    copy.bring()
    assert here(copy) == there(stub)
    assert stub.given == len(long) + 5


def test_what_comes_slowly_but_comes_is_waited_for(tmp_path, monkeypatch):
    """Each block is a progress: a line that breaks off after every one is tried until all is there."""
    stub = Stub({"2026-10/samples.csv": bytes(range(100))})
    copy = mirrored(stub, tmp_path, monkeypatch)
    stub.faults = [None, *[None, BROKEN] * 24]
    copy.bring()
    assert here(copy) == there(stub)


def test_a_file_that_changes_while_it_is_fetched_is_fetched_again(tmp_path, monkeypatch):
    stub = Stub({"2026-10/tickets.csv": b"12345678"})
    copy = mirrored(stub, tmp_path, monkeypatch)
    stub.faults = [None, None, lambda: stub.write("2026-10/tickets.csv", b"abcdefgh")]
    copy.bring()
    assert here(copy) == {"2026-10/tickets.csv": b"abcdefgh"}


def test_a_file_that_goes_away_while_it_is_fetched_is_gone(tmp_path, monkeypatch):
    stub = Stub({"2026-10/tickets.csv": b"12345678", "2026-10/x.csv": b"1"})
    copy = mirrored(stub, tmp_path, monkeypatch)
    stub.faults = [None, None, lambda: stub.files.pop("2026-10/tickets.csv")]
    copy.bring()
    assert here(copy) == {"2026-10/x.csv": b"1"}


def test_a_part_of_another_state_is_not_gone_on_with(tmp_path, monkeypatch):
    stub = Stub({"2026-10/tickets.csv": b"12345678"})
    copy = mirrored(stub, tmp_path, monkeypatch)
    stub.faults = [None, None, BROKEN, BROKEN]
    with pytest.raises(Failed):
        copy.bring()
    stub.write("2026-10/tickets.csv", b"abcdefgh")
    copy.bring()
    assert here(copy) == {"2026-10/tickets.csv": b"abcdefgh"}


def test_a_file_that_never_stands_still_is_told(tmp_path, monkeypatch):
    stub = Stub({"2026-10/tickets.csv": b"1"})
    copy = mirrored(stub, tmp_path, monkeypatch)
    # listing, block, stamp: three rounds, and another content before each stamp
    stub.faults = [None, None, lambda: stub.write("2026-10/tickets.csv", b"2")] * 3
    with pytest.raises(Failed, match="change while they are fetched"):
        copy.bring()
    assert here(copy) == {}


def test_what_somebody_changed_here_is_fetched_again(tmp_path, monkeypatch):
    stub = Stub(MONTHS)
    copy = mirrored(stub, tmp_path, monkeypatch)
    copy.bring()
    (copy._folder / "2026-10" / "tickets.csv").write_bytes(b"a,b\n9,9\n")
    (copy._folder / "2026-09" / "tickets.csv").unlink()
    copy.bring()
    assert here(copy) == MONTHS


def test_what_a_server_answered_for_the_month_stays_beside(tmp_path, monkeypatch):
    """The answers of live sources are kept in the month's folder, and are in no listing."""
    stub = Stub(MONTHS)
    copy = mirrored(stub, tmp_path, monkeypatch)
    copy.bring()
    answer = copy._folder / "2026-10" / "samples-prometheus-1.json"
    answer.write_text("{}", encoding="utf-8")
    del stub.files["2026-10/tickets.csv"]
    copy.bring()
    assert answer.exists()


@pytest.mark.parametrize(
    "name", ["2026-10/../../up.csv", "/etc/x.csv", "2026-10//x.csv", "2026-10", "a\\b.csv", "x" * 300]
)
def test_a_name_that_no_file_here_can_have_is_refused(tmp_path, monkeypatch, name):
    stub = Stub({**MONTHS, name: b"1"})
    copy = mirrored(stub, tmp_path / "client", monkeypatch)
    with pytest.raises(Failed, match="no file can be called so here"):
        copy.bring()
    assert [path.name for path in tmp_path.iterdir()] == ["client"]


def test_hidden_files_are_no_exports(tmp_path, monkeypatch):
    stub = Stub({**MONTHS, "2026-10/.part": b"1", "2026-10/~$tickets.xlsx": b"1", ".trash/old.csv": b"1"})
    copy = mirrored(stub, tmp_path, monkeypatch)
    copy.bring()
    assert here(copy) == MONTHS


NAMES = st.sampled_from(
    [f"2026-{month:02d}/{name}" for month in (8, 9) for name in ("a.csv", "b/c.csv", "d.csv")]
)
CHANGES = st.lists(st.tuples(NAMES, st.none() | st.binary(max_size=20)), max_size=6)


@examples(150)
@given(st.lists(st.tuples(CHANGES, st.integers(0, 25), st.booleans()), min_size=1, max_size=4))
def test_after_any_changes_and_breaks_a_run_that_ends_well_has_what_is_there(tmp_path_factory, runs):
    """Each run: some files change, and the place breaks off for good or for once at one of its calls."""
    with pytest.MonkeyPatch.context() as patch:
        stub = Stub({})
        copy = mirrored(stub, tmp_path_factory.mktemp("home"), patch)
        for changes, at, for_good in runs:
            for name, content in changes:
                if content is None:
                    stub.files.pop(name, None)
                else:
                    stub.write(name, content)
            stub.faults = [None] * at + [BROKEN] * (50 if for_good else 1)
            before = set(here(copy).items())
            try:
                copy.bring()
            except Failed:
                # each file is as it was or as it is, never a part
                assert set(here(copy).items()) <= before | set(there(stub).items())
            else:
                assert here(copy) == there(stub)
        stub.faults = []
        copy.bring()
        assert here(copy) == there(stub)
