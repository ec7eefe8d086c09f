"""A pack that was issued stands: whatever is changed in it, its seal or the ledger is named, down to the figure."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from workspaces import SCORECARD, Place, digests, records, tickets, write_notebook

from msp_report import ledger
from msp_report.model.errors import Failed, WrongUse
from msp_report.packs import issue, pack, seal
from msp_report.system import revisions
from msp_report.workspace import Workspace

MONTH = "2026-02"


class Client:
    """A client of two months whose packs have two notebooks."""

    def __init__(self, folder: Path) -> None:
        self.place = Place(folder / "ws")
        self.place.client()
        write_notebook(folder / "notebooks" / "monthly" / "00_scorecard.ipynb", SCORECARD)
        write_notebook(folder / "notebooks" / "monthly" / "10_one.ipynb", records("one"))
        self.notebooks = folder / "notebooks"
        self.workspace = Workspace.find(self.place.root)
        for month in ("2026-01", MONTH):
            self.put(5, month)

    def put(self, count: int, month: str = MONTH) -> None:
        """Export so many tickets for a month."""
        self.place.put({"tickets.csv": tickets(count, month, "T" + month[-2:])}, month)

    def run(self, month: str = MONTH) -> Path:
        return pack.run_month("acme", month, self.workspace)

    def issue(self, month: str = MONTH, key: Path | None = None) -> Path:
        return issue.issue("acme", month, self.workspace, key)

    def restate(self, why: str = "a late export", month: str = MONTH) -> Path:
        return issue.restate("acme", month, why, self.workspace)

    def verify(self, **options) -> issue.Verified:
        return issue.verify("acme", self.workspace, **options)

    def found(self, **options) -> list[str]:
        return self.verify(**options).found

    @property
    def ledger(self) -> Path:
        return self.workspace.ledger / "acme.jsonl"


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    """A client whose January is issued, and February too, with a key; nobody changes it."""
    made = Client(tmp_path_factory.mktemp("issued"))
    patch = pytest.MonkeyPatch()
    patch.setattr(pack, "NOTEBOOKS", made.notebooks)
    made.run()
    made.issue("2026-01")
    made.key, made.public = key_files(made.place.root.parent, "own")
    made.issue(key=made.key)
    yield made
    patch.undo()


@pytest.fixture
def client(issued, tmp_path):
    """A copy of it that may be changed."""
    shutil.copytree(issued.place.root, tmp_path / "ws", symlinks=True)
    made = Client.__new__(Client)
    made.place, made.notebooks = Place(tmp_path / "ws"), issued.notebooks
    made.workspace = Workspace.find(tmp_path / "ws")
    made.key, made.public = issued.key, issued.public
    return made


def key_files(folder: Path, name: str) -> tuple[Path, Path]:
    """A new private key and its public one, as PEM files."""
    key = Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    pem, none = serialization.Encoding.PEM, serialization.NoEncryption()
    private.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, none))
    public.write_bytes(key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))
    return private, public


def home(client: Client, month: str = MONTH) -> Path:
    return (client.place.output / "acme" / month).resolve()


# ---------------------------------------------------------------- what is issued


def test_a_pack_is_a_draft_until_it_is_issued(issued):
    drafts = issued.place.output / "acme" / ".revisions" / MONTH
    assert sorted(path.name for path in drafts.iterdir()) == ["0001", "0002"]
    for path in (drafts / "0001" / "html").iterdir():
        assert '<p class="standing">Draft: not issued.</p>' in path.read_text(encoding="utf-8")
    for path in (drafts / "0002" / "html").iterdir():
        page = path.read_text(encoding="utf-8")
        assert "as revision 2. Sealed evidence " in page and "Draft" not in page
    assert not (drafts / "0001" / seal.NAME).exists()


def test_a_seal_is_an_in_toto_statement_of_every_file(issued):
    told = json.loads((home(issued) / seal.NAME).read_text(encoding="utf-8"))
    assert told["_type"] == "https://in-toto.io/Statement/v1"
    named = {one["name"]: one["digest"]["sha256"] for one in told["subject"]}
    there = digests(home(issued))
    assert named == {name: value for name, value in there.items() if not name.startswith(seal.NAME)}
    assert {
        "params/contract.yaml",
        "figures.json",
        "html/index.html",
        "tables/tickets.parquet",
    } <= named.keys()
    assert "params/pseudonyms.key" not in named
    said = told["predicate"]
    export = issued.place.root / "exports" / "acme" / MONTH / "tickets.csv"
    assert [(one["file"], one["sha256"]) for one in said["inputs"]] == [
        ("tickets.csv", hashlib.sha256(export.read_bytes()).hexdigest())
    ]
    assert said["earlier"].keys() == {"2026-01"} and len(said["code"]["sha256"]) == 64


def test_the_ledger_lies_outside_the_output_and_is_a_chain(issued):
    lines = ledger.lines(issued.workspace, "acme")
    assert [line.period for line in lines] == ["2026-01", MONTH]
    assert [line.previous for line in lines] == ["", lines[0].head]
    assert [line.head for line in lines] == [
        seal.head((home(issued, m) / seal.NAME).read_bytes()) for m in ("2026-01", MONTH)
    ]
    assert not issued.ledger.is_relative_to(issued.place.output)


def test_page_one_shows_the_evidence_as_sha256sum_gives_it(issued):
    """Whoever has the pack can make the digest on its pages again with a shell."""
    shown = home(issued)
    command = (
        "find . -type f ! -name 'seal.json*' ! -path './html/*' ! -path './notebooks/*' | sed 's|^./||' "
        "| LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum"
    )
    if not shutil.which("sha256sum"):
        pytest.skip("there is no sha256sum on this machine")
    said = subprocess.run(command, shell=True, cwd=shown, capture_output=True, text=True, check=True).stdout
    page = (shown / "html" / "index.html").read_text(encoding="utf-8")
    assert f"Sealed evidence {said[:16]};" in page
    before = ledger.lines(issued.workspace, "acme")[0].head
    assert f"the pack issued before: {before[:16]}." in page


# ---------------------------------------------------------------- what is changed is named


def test_what_is_whole_is_said_so(issued):
    told = issued.verify()
    assert told.found == [] and told.remarks == []
    assert [line.partition(" (head")[0].partition(": as issued")[0] for line in told.whole] == [
        "acme 2026-01, revision 2",
        f"acme {MONTH}, revision 2",
    ]


def test_one_changed_byte_is_named_in_every_file_in_turn(client, tried):
    names = [name for name in digests(home(client)) if not name.startswith(seal.NAME)]
    tried("bytes of issued packs", len(names))
    assert len(names) > 12
    for name in names:
        path = home(client) / name
        good = path.read_bytes()
        path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]) if good else b"x")
        (said,) = client.found()
        assert said.startswith(f"acme {MONTH}, revision 2: {name} was changed"), (name, said)
        path.write_bytes(good)
    assert client.found() == []


def test_a_changed_figure_is_named_with_what_it_was(client):
    path = home(client) / "figures.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    (figure,) = [one for one in told if one["measure"] == "one.seen"]
    was = figure["value"]
    figure["value"] = was + 3
    path.write_text(json.dumps(told), encoding="utf-8")
    (said,) = client.found()
    assert said.endswith(f"figures.json was changed: one.seen was {was}, is {was + 3}")
    path.write_text("[]", encoding="utf-8")
    assert "one.seen was 10, is not there" in client.found()[0]
    path.write_text("nothing", encoding="utf-8")
    assert "it is no list of figures any more" in client.found()[0]


def test_files_that_are_added_or_gone_are_named(client):
    (home(client) / "records" / "one" / "more.csv").write_text("a\n")
    (home(client) / "html" / "one.html").unlink()
    assert client.found() == [
        f"acme {MONTH}, revision 2: html/one.html is not there",
        f"acme {MONTH}, revision 2: records/one/more.csv was added",
    ]


def test_whoever_seals_anew_does_not_get_past_the_ledger(client):
    """A figure is changed, and the seal is made to fit."""
    figures, sealed = home(client) / "figures.json", home(client) / seal.NAME
    figures.write_text(figures.read_text(encoding="utf-8").replace("10", "11"), encoding="utf-8")
    told = seal.Seal.read(sealed)
    forged = seal.statement(seal.files_of(home(client)), told.of)
    sealed.write_bytes(forged.bytes())
    said = "\n".join(client.found())
    assert "seal.json was changed: it is not the one in the ledger" in said
    assert "figures.json was changed: " in said and "one.seen was 10, is 11" in said


@pytest.mark.parametrize("line", [0, 1])
def test_a_line_of_the_ledger_that_is_changed_or_taken_out_is_named(client, line):
    good = client.ledger.read_text(encoding="utf-8").splitlines(keepends=True)
    told = json.loads(good[line])
    told["head"] = "0" * 64
    client.ledger.write_text(
        "".join([*good[:line], json.dumps(told) + "\n", *good[line + 1 :]]), encoding="utf-8"
    )
    assert any("ledger, line" in said for said in client.found())
    client.ledger.write_text("".join([*good[:line], "{}\n", *good[line + 1 :]]), encoding="utf-8")
    with pytest.raises(Failed, match=rf"acme.jsonl, line {line + 1}: this is no line of a ledger"):
        client.verify()
    client.ledger.write_text("".join([*good[:line], *good[line + 1 :]]), encoding="utf-8")
    if line == 0:
        assert "ledger, line 1 (2026-02): it follows another head" in client.found()[0]
    else:  # nothing here tells that there was a last line, but for whoever kept its head
        head = json.loads(good[1])["head"]
        assert client.found() == []
        assert client.found(head=head[:12]) == [
            f"acme: the head {head[:12]} is in no line of the ledger: it was rewritten"
        ]


def test_another_revision_in_its_place_is_named(client):
    target = client.place.output / "acme" / MONTH
    target.unlink()
    target.symlink_to(f".revisions/{MONTH}/0001", target_is_directory=True)
    assert client.found() == [
        f"acme {MONTH}, revision 2: {MONTH} shows another revision than the one that was issued"
    ]
    target.unlink()
    assert client.found() == [f"acme {MONTH}, revision 2: {MONTH} is not published any more"]


def test_exports_that_were_changed_are_named_and_absent_ones_are_a_remark(client):
    export = client.place.root / "exports" / "acme" / MONTH / "tickets.csv"
    client.put(6)
    assert client.found() == [f"acme {MONTH}, revision 2: the export tickets.csv of {MONTH} was changed"]
    export.unlink()
    told = client.verify()
    assert told.found == []
    assert told.remarks == [
        f"acme {MONTH}, revision 2: the export tickets.csv of {MONTH} is not there to be compared"
    ]


# ---------------------------------------------------------------- what is issued stands


def test_what_was_issued_is_not_run_over_and_not_issued_twice(client, msp):
    for verb in ("monthly", "issue"):
        said = msp(verb, "--client", "acme", "--month", MONTH, "--workspace", client.place.root)
        assert said.code == 2
        assert "its pack was issued on" in said.problems[0] and "msp-report restate" in said.problems[0]
    assert client.found() == []


def test_a_pack_that_its_inputs_left_behind_is_not_issued(tmp_path, issued):
    other = Client(tmp_path)
    with pytest.raises(Failed, match="there is no pack to issue: run msp-report monthly or annual first"):
        other.issue()
    other.run()
    other.put(7)
    with pytest.raises(Failed, match="out of date: other rows came for it since: tickets"):
        other.issue()
    with pytest.raises(WrongUse, match="it was not issued, so there is nothing to restate"):
        other.restate()
    with pytest.raises(WrongUse, match="no pack was issued: there is nothing to verify"):
        other.verify()


def test_a_restatement_lists_exactly_what_changed(client):
    with pytest.raises(WrongUse, match="--why: say why it is restated"):
        client.restate("  ")
    client.put(8)
    published = client.restate("three tickets came late.")
    *_, line = ledger.lines(client.workspace, "acme")
    assert (line.period, line.revision, line.why) == (MONTH, "0003", "three tickets came late.")
    was = {one["measure"]: one["value"] for one in figures(revisions.revision(published, 2))}
    now = {one["measure"]: one["value"] for one in figures(published)}
    differ = {name: (was[name], now[name]) for name in was if was[name] != now[name]}
    assert {one["measure"]: (one["value_from"], one["value_to"]) for one in line.changed} == differ
    assert differ == {
        name: (10, 13) for name in ("one.seen", "scorecard.met", "scorecard.missed", "scorecard.unjudged")
    }
    page = (published / "html" / "index.html").read_text(encoding="utf-8")
    assert "as revision 3. It restates revision 2: three tickets came late. 4 figures changed." in page
    assert 'href="restated.html"' in page and (published / "html" / "restated.html").is_file()
    assert client.found() == []  # the revision that was issued first is whole, too
    told = ledger.restatements(client.workspace, "acme", pd.Timestamp.now("UTC"))
    assert set(told["measure"]) == differ.keys() and set(told["period"]) == {MONTH}
    assert ledger.restatements(client.workspace, "acme", pd.Timestamp("2026-01-01T00:00Z")).empty


def figures(folder: Path) -> list[dict]:
    return json.loads((folder / "figures.json").read_text(encoding="utf-8"))


# ---------------------------------------------------------------- signatures


def test_a_seal_that_is_signed_says_by_whom(client, tmp_path):
    other, public = key_files(tmp_path, "other")
    assert client.found(period=MONTH, keys=(client.public,)) == []
    assert client.found(period=MONTH, keys=(public,)) == [
        f"acme {MONTH}, revision 2: other.pub did not sign it"
    ]
    written = issue.countersign("acme", MONTH, other, client.workspace)
    assert client.found(period=MONTH, keys=(client.public, public)) == []
    written.write_bytes(bytes(64))
    assert f"the signature {written.name} is not one of its seal" in client.found(period=MONTH)[0]


@pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl on this machine")
def test_openssl_says_the_same_of_a_signature(issued):
    check = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(issued.public), "-rawin"]
    files = ["-in", str(home(issued) / "seal.json"), "-sigfile", str(home(issued) / "seal.json.sig")]
    said = subprocess.run([*check, *files], capture_output=True, text=True)
    assert said.returncode == 0 and "Verified Successfully" in said.stdout, said.stderr


@pytest.mark.parametrize("content", [b"", b"nothing", None])
def test_what_is_no_key_is_refused_before_anything_is_done(client, tmp_path, content):
    path = tmp_path / "key.pem"
    if content is not None:
        path.write_bytes(content)
    before = client.ledger.read_bytes()
    with pytest.raises(WrongUse, match=r"key.pem: (this is no Ed25519 private key|No such file)"):
        issue.countersign("acme", MONTH, path, client.workspace)
    with pytest.raises(WrongUse, match=r"key.pem"):
        issue.restate("acme", MONTH, "why", client.workspace, path)
    assert client.ledger.read_bytes() == before


# ---------------------------------------------------------------- made again


def test_what_was_sealed_comes_out_the_same_again(client, msp, monkeypatch):
    """Also when the params are other ones today."""
    contract = client.place.root / "params" / "acme" / "contract.yaml"
    contract.write_text(contract.read_text(encoding="utf-8").replace("0.95", "0.5"), encoding="utf-8")
    told = client.verify(period=MONTH, rebuild=True)
    assert told.found == [] and "and comes out the same again" in told.whole[0]
    client.put(9)
    client.restate()
    told = client.verify(period=MONTH, rebuild=True)
    assert told.found == [] and "and comes out the same again" in told.whole[-1]
    assert "SOURCE_DATE_EPOCH" not in os.environ


def test_a_rebuild_names_what_stands_in_its_way(client):
    secret = client.place.root / "params" / "acme" / seal.SECRET
    good = secret.read_text(encoding="utf-8")
    secret.write_text("1" * 64, encoding="utf-8")
    assert "the secret of its pseudonyms is another one now" in client.found(period=MONTH, rebuild=True)[0]
    secret.write_text(good, encoding="utf-8")
    january = client.place.output / "acme" / "2026-01"
    january.unlink()
    january.symlink_to(".revisions/2026-01/0001", target_is_directory=True)
    assert (
        client.found(period=MONTH, rebuild=True) == []
    )  # a draft of the same figures is what it was made from
    january.unlink()
    assert (
        "the pack of 2026-01, on which it rests, is another one now"
        in client.found(period=MONTH, rebuild=True)[0]
    )


# ---------------------------------------------------------------- the verbs


def test_verify_ends_with_1_where_anything_was_changed(client, msp):
    where = ("--client", "acme", "--workspace", client.place.root)
    said = msp("verify", *where)
    assert said.code == 0 and len(said.out.splitlines()) == 2
    (home(client) / "html" / "index.html").write_text("x")
    said = msp("verify", *where, "--month", MONTH)
    assert said.code == 1 and said.problems == [f"acme {MONTH}, revision 2: html/index.html was changed"]
    said = msp("verify", *where, "--month", "2026-07")
    assert said.code == 2 and "no pack was issued" in said.problems[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["issue", "--countersign"], "--countersign: name the key that signs with --key"),
        (["restate"], "--why"),
        (["verify", "--key", "nowhere.pub"], "nowhere.pub"),
    ],
)
def test_wrong_use(client, msp, arguments, words):
    said = msp(*arguments, "--client", "acme", "--month", MONTH, "--workspace", client.place.root)
    assert said.code == 2 and len(said.problems) == 1 and words in said.problems[0]
