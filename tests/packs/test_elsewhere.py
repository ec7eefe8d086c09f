"""Published packs are copied by the verb `publish`: which of them, to where, and what is said."""

import json

import pytest

from msp_report.model.errors import Failed, WrongUse
from msp_report.packs import elsewhere
from msp_report.system import revisions
from msp_report.workspace import UnknownClient, Workspace


@pytest.fixture
def made(place):
    """A client with a month in two revisions, a year, the day's pages and a fork's."""
    output = place.output / "acme"
    packs = ("2026-02", "2026-03", "2026-03", "2026", "daily", "mine/2026-03")
    for text, name in enumerate(packs, 1):
        staging = output / ".staging" / "made"
        (staging / "html").mkdir(parents=True)
        (staging / "figures.json").write_text(str(text), encoding="utf-8")
        (staging / "html" / "index.html").write_text(str(text), encoding="utf-8")
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        revisions.publish(staging, output / name)
    (output / "2026-04").mkdir()  # of which nothing was published
    return Workspace.find(place.root)


def there(folder):
    """By pack the figures that its pointer leads to."""
    found = {}
    for pointer in sorted(folder.rglob("current.json")):
        revision = json.loads(pointer.read_text(encoding="utf-8"))["revision"]
        text = (pointer.parent / revision / "figures.json").read_text(encoding="utf-8")
        found[pointer.parent.relative_to(folder).as_posix()] = text
    return found


def test_every_pack_of_a_month_or_year_is_copied_once(made, tmp_path):
    to, said = tmp_path / "share", []
    pointers = elsewhere.publish("acme", "", str(to), made, said.append)
    assert there(to) == {"acme/2026": "4", "acme/2026-02": "1", "acme/2026-03": "3"}
    assert pointers == [f"{to}/acme/{name}/current.json" for name in ("2026", "2026-02", "2026-03")]
    assert said[2].startswith("acme 2026-03: 0002-") and "2 of 2 files copied" in said[2]
    before = sorted((path, path.stat().st_mtime_ns) for path in to.rglob("*"))
    assert elsewhere.publish("acme", "", str(to), made) == pointers
    assert sorted((path, path.stat().st_mtime_ns) for path in to.rglob("*")) == before


def test_one_pack_is_copied_by_its_period(made, tmp_path):
    elsewhere.publish("acme", "2026-02", str(tmp_path / "share"), made)
    assert there(tmp_path / "share") == {"acme/2026-02": "1"}


@pytest.mark.parametrize(
    ("client", "period", "to", "error", "told"),
    [
        ("acmee", "", "share", UnknownClient, "did you mean 'acme'"),
        ("acme", "2026-04", "share", Failed, "acme 2026-04: there is no pack to copy"),
        ("acme", "", "ftp://host/x", WrongUse, "name a folder, s3://bucket"),
        ("acme", "", "s3://", WrongUse, "name a folder, s3://bucket"),
        ("acme", "", "sftp://ann:word@host/x", WrongUse, "a password stands in the address"),
    ],
)
def test_what_cannot_be_copied_is_told(made, tmp_path, client, period, to, error, told):
    where = to if "://" in to else str(tmp_path / to)
    with pytest.raises(error) as refused:
        elsewhere.publish(client, period, where, made)
    assert told in str(refused.value) and "word@" not in str(refused.value)


def test_a_place_that_cannot_be_written_leaves_what_is_published(made, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Failed, match=r"is no folder: name one; 0 of 3 packs are there whole; run it again"):
        elsewhere.publish("acme", "", str(tmp_path / "file"), made)


def test_the_verb_prints_where_the_pointers_are(made, place, tmp_path, msp):
    own = ("--client", "acme", "--workspace", place.root)
    said = msp("publish", *own, "--month", "2026-02", "--to", tmp_path / "share")
    assert (said.code, said.out) == (0, f"{tmp_path}/share/acme/2026-02/current.json\n")
    said = msp("publish", *own)
    assert said.code == 2 and "--to" in said.err
