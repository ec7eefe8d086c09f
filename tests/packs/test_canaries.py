"""A person, a secret and an address in every column that may hold one: none of them stands in what may be forwarded.

Everything that a run publishes is searched, whatever it is, so that a page or a file that is added later is too.
"""

from __future__ import annotations

import email
import email.policy
import io
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from workspaces import Place

from msp_report.model.tables import TABLES
from msp_report.pages import paper
from msp_report.words.records import write_csv

PERSON, SECRET = "Canary Zoe", "KEYCANARY"
ADDRESS, NUMBER = "zoe.canary@people.example", "+44 20 7946 0123"
WORDS = f"ask {ADDRESS} or {NUMBER}"
#: What is no page and no record of it: rows as they were read, which stay with the analyst.
KEPT = ("tables", "rejects", "notebooks", "params")


def with_canaries(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A table whose people, secrets and words are all canaries; who is on which side of the contract stays."""
    for column in TABLES[name].columns:
        values = frame[column.name]
        there = values.notna()
        if column.holds == "person":
            told = f"{PERSON} {name} {column.name} " + pd.Series(range(len(frame)), frame.index).mod(
                7
            ).astype(str)
            frame = frame.assign(**{column.name: values.mask(there, told)})
        elif column.holds == "secret":
            told = f"{SECRET}-{name}-" + values.astype(str) + "-9Q8Z"
            frame = frame.assign(**{column.name: values.mask(there, told)})
        elif column.holds == "words" and name != "ticket_events":
            frame = frame.assign(**{column.name: values.mask(there, values.astype(str) + ", " + WORDS)})
    return frame


@pytest.fixture(scope="module")
def told(demo_case, tmp_path_factory):
    """The demo's October as one month of a client, with canaries; its contract and strategy are the demo's."""
    place = Place(tmp_path_factory.mktemp("canaries") / "ws")
    case = demo_case("2026-10")
    folder = place.client(sources="{}\n")
    for name in ("contract.yaml", "strategy.yaml"):
        shutil.copy(case.workspace.client_params("demo") / name, folder / name)
    exports = place.put({}, "2026-10")
    for name in TABLES:
        frame = case.own(name)
        if frame is not None:
            write_csv(with_canaries(name, frame), exports / f"{name}.csv")
    return place


def forwarded(place) -> Iterator[Path]:
    """Every file that may be forwarded."""
    base = place.output
    for folder, folders, files in os.walk(
        base, followlinks=True
    ):  # a published pack is a link to its revision
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in KEPT)
        yield from (Path(folder) / name for name in files if not name.startswith("."))


def found(place, texts) -> dict[str, set[str]]:
    """By file, which of some texts stand in what may be forwarded."""
    seen: dict[str, set[str]] = {}
    for path in forwarded(place):
        text = path.read_bytes().decode("utf-8", "replace")
        if hits := {match[0][:60] for one in texts for match in re.finditer(one, text)}:
            seen[path.relative_to(place.output).as_posix()] = hits
    return seen


CANARIES = (
    rf"{PERSON} \w+ \w+", rf"{SECRET}[\w-]*", re.escape(ADDRESS), r"people\.example", re.escape(NUMBER), "7946",
)  # fmt: skip


def test_nothing_that_may_be_forwarded_holds_a_person_a_secret_or_an_address(told, msp, tried):
    said = msp("monthly", "--month", "2026-10", "--client", "acme", "--workspace", told.root)
    assert said.code == 0, said.err
    assert not any(re.search(one, said.err + said.out) for one in CANARIES)
    leaks = found(told, CANARIES)
    assert not leaks, leaks
    tried("files searched for people, secrets and addresses", sum(1 for _ in forwarded(told)))
    pages = [path for path in (told.output / "acme" / "2026-10" / "html").glob("*.html")]
    assert len(pages) > 12 and any("person-" in path.read_text("utf-8") for path in pages)
    # the last letters of a key tell two apart
    assert "…9Q8Z" in (told.output / "acme" / "2026-10" / "html" / "licences.html").read_text("utf-8")


def test_nor_do_they_stand_in_what_is_mailed(told, msp, monkeypatch):
    where = ("--month", "2026-10", "--client", "acme", "--workspace", told.root)
    if not (told.output / "acme" / "2026-10").exists():
        assert msp("monthly", *where).code == 0
    monkeypatch.setattr(paper, "BROWSERS", ())
    said = msp("mail", "--single-file", *where)
    assert said.code == 0 and "no Chromium" in said.err and "page one has" in said.err
    folder = told.output / "acme" / "mail" / "2026-10"
    mailed = email.message_from_bytes((folder / "board.eml").read_bytes(), policy=email.policy.default)
    texts = {part.get_content_type(): part.get_content() for part in mailed.walk() if not part.is_multipart()}
    with zipfile.ZipFile(io.BytesIO(texts.pop("application/zip"))) as file:
        texts |= {name: file.read(name).decode() for name in file.namelist()}
    texts["single file"] = (folder / "acme-2026-10.html").read_text("utf-8")
    assert len(texts) > 15 and all(name.endswith(".html") for name in texts if "/html/" in name)
    for name, text in texts.items():
        assert not any(re.search(one, text) for one in (*CANARIES, re.escape(str(told.root)))), name
        assert not re.search(r'href="(?:\.\.|file:)', text), name


@pytest.mark.thorough
def test_nor_does_what_is_made_of_months_forks_and_several_clients(told, msp, tried):
    where = ["--workspace", told.root]
    for verb in (
        ["monthly", "--month", "2026-10", "--client", "acme"],
        ["issue", "--month", "2026-10", "--client", "acme"],
        ["daily", "--client", "acme"],
        ["annual", "--period", "2026-09..2026-10", "--client", "acme"],
        ["fork", "monthly", "--as", "own"],
        ["fork", "annual", "--as", "year"],
        ["run", "own", "--month", "2026-10", "--client", "acme"],
        ["run", "year", "--period", "2026-09..2026-10", "--client", "acme"],
        ["compare", "--clients", "acme,zeta", "--month", "2026-10"],
    ):
        if verb[0] == "compare":  # with itself, under another name
            for kind in ("params", "output"):
                shutil.copytree(told.root / kind / "acme", told.root / kind / "zeta", symlinks=True)
        said = msp(*verb, *where)
        assert said.code == 0, said.err
        assert not any(re.search(one, said.err + said.out) for one in CANARIES)
    leaks = found(told, CANARIES)
    assert not leaks, leaks
    tried("files searched for people, secrets and addresses", sum(1 for _ in forwarded(told)))
    for place in ("acme/2026-09..2026-10", "acme/own/2026-10", "acme/year/2026-09..2026-10", "compare/*"):
        assert list(told.output.glob(f"{place}/html/index.html")), place


def test_the_canaries_are_there_to_be_found(told):
    """What is searched for stands in every table that has such a column, and would be found on a page."""
    exports = {path.stem: path.read_text("utf-8") for path in (told.root / "exports").rglob("*.csv")}
    for name, text in exports.items():
        holds = {column.holds for column in TABLES[name].columns}
        filled = pd.read_csv(told.root / "exports" / "acme" / "2026-10" / f"{name}.csv", dtype=str)
        people = [
            c.name for c in TABLES[name].columns if c.holds == "person" and filled[c.name].notna().any()
        ]
        assert (PERSON in text) == bool(people), name
        assert (SECRET in text) <= ("secret" in holds)
    page = told.output / "acme" / "2026-10" / "planted.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(f"{PERSON} tickets requester 1 {WORDS}", encoding="utf-8")
    try:
        assert len(found(told, CANARIES)["acme/2026-10/planted.html"]) >= 4
    finally:
        page.unlink()
