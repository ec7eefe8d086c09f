"""The assessment of a year as a document, opened as its reader does: its words and numbers are those of the pack."""

from __future__ import annotations

import base64
import html
import json
import re
import zipfile
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import docx
import pandas as pd
import pytest
from docx.oxml.ns import qn

from msp_report.case import open_year
from msp_report.model.records import RECORDS
from msp_report.packs import document, issue, pack
from msp_report.pages import document as writing
from msp_report.words.numbers import Numbers

CLIENT, PERIOD = "demo-in-brackets", "2026-09..2026-10"
#: One pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def made(every_pack) -> SimpleNamespace:
    """The demo's document, and the pack that it is made from."""
    case = open_year(CLIENT, PERIOD, every_pack)
    folder = every_pack.pack(CLIENT, case.period)
    content = document.made(case, folder)
    return SimpleNamespace(case=case, pack=folder, content=content, file=docx.Document(BytesIO(content)))


def texts(file) -> list[str]:
    """Every paragraph and cell, in order."""
    found = []
    for part in file.iter_inner_content():
        cells = (
            [cell.text for row in part.rows for cell in row.cells] if hasattr(part, "rows") else [part.text]
        )
        found += cells
    return [" ".join(text.split()) for text in found if text.strip()]


def page(folder: Path, *names: str) -> str:
    """What some pages of a pack say."""
    shown = "".join((folder / "html" / f"{name}.html").read_text(encoding="utf-8") for name in names)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", shown)).split())


def numbers(text: str) -> set[str]:
    return {found.strip(".,") for found in re.findall(r"\d[\d.,]*", text)}


def again(made, monkeypatch, records=None, **changed):
    """The document of the same pack, with something else given."""
    whole = writing.assessment

    def other(case, figures, told, logo, has_findings):
        given = {"logo": logo, "has_findings": has_findings} | changed
        return whole(case, figures, told | (records or {}), **given)

    monkeypatch.setattr(writing, "assessment", other)
    return docx.Document(BytesIO(document.made(made.case, made.pack)))


def test_every_number_stands_on_a_page_of_the_pack(made):
    shown = numbers(page(made.pack, "index", "year", "questions"))
    listed = len(pd.read_csv(made.pack / "records" / "questions" / "open_findings.csv"))
    own = {str(number) for number in range(1, max(listed, 10) + 1)}  # findings and systems are numbered
    found = numbers(" ".join(texts(made.file)))
    assert len(found) > 40 and found - own <= shown


def test_its_figures_are_those_of_the_pack(made):
    rows = json.loads((made.pack / "figures.json").read_text(encoding="utf-8"))
    show = Numbers.of(made.case.contract)
    said = " ".join(texts(made.file)[:60])
    names = (
        "promised",
        "met",
        "missed",
        "own_missed",
        "year_cost",
        "fee",
        "credits_owed",
        "decisions",
        "at_stake",
    )
    for row in rows:
        if row["report"] == "assessment" and row["measure"].partition(".")[2] in names:
            assert row["value"], row["measure"]
            assert show.number(row["value"], row["unit"]) in said, row["measure"]


def test_its_sentences_and_evidence_are_those_of_the_pages(made):
    """But for what only a document says: its first page, and on which page an item of evidence stands."""
    shown = page(made.pack, "index", "questions")
    of = {
        style: [p.text for p in made.file.paragraphs if p.style.name == style]
        for style in ("Normal", "List Bullet")
    }
    graded, evidence = (
        pd.read_csv(made.pack / "records" / "questions" / f"{n}.csv") for n in ("graded", "evidence")
    )
    found = graded.loc[graded["severity"].isin(["low", "medium", "high", "critical"]), "question"]
    # once beside its finding, once in the appendix
    assert len(of["List Bullet"]) == len(evidence) + evidence["question"].isin(found).sum()
    for text in of["List Bullet"]:
        said, where, _ = text.partition("⟦ (Page ⟧")
        assert where and said in shown, text
    own = ("services by", "Graded by", "This copy can be changed", "The year's evidence:")
    sentences = [
        text for text in of["Normal"] if text.strip() and not text.startswith(tuple(f"⟦{t}" for t in own))
    ]
    assert len(sentences) > 40
    for text in sentences:
        assert " ".join(text.split()) in shown, text


def test_each_finding_has_what_was_found_what_to_do_and_what_was_answered(made):
    found = pd.read_csv(made.pack / "records" / "questions" / "open_findings.csv")
    said = "\n".join(texts(made.file))
    for name in ("finding", "recommendation", "management_response", "evidence", "graded_by"):
        for text in found[name].dropna():
            assert text.rstrip(".") in said, text
    followed = pd.read_csv(made.pack / "records" / "questions" / "follow_up.csv")
    assert len(followed) and all(text in said for text in followed["finding_before"])


def test_it_has_real_headings_a_table_of_contents_and_heads_that_repeat(made):
    styles = [p.style.name for p in made.file.paragraphs]
    assert styles[0] == "Title" and styles.count("Heading 1") == 7 and "Heading 2" in styles
    headings = [p.text for p in made.file.paragraphs if p.style.name.startswith("Heading")]
    contents = [p.text for p in made.file.paragraphs if p.style.name.startswith("toc")]
    assert contents == headings
    body = made.file.element.body
    codes = [one.text for one in body.iter(qn("w:instrText"))]
    assert codes == ['TOC \\o "1-2" \\h \\z \\u']
    kinds = [one.get(qn("w:fldCharType")) for one in body.iter(qn("w:fldChar"))]
    assert kinds == ["begin", "separate", "end"]
    assert len(made.file.tables) == 4
    for table in made.file.tables:
        first, *others = table.rows
        assert first._tr.trPr.find(qn("w:tblHeader")) is not None
        assert all(row._tr.trPr.find(qn("w:tblHeader")) is None for row in others) and others
        assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val"))


def test_it_is_in_the_clients_language_and_names_things(made):
    language = made.file.styles.element.find(f".//{qn('w:rPrDefault')}//{qn('w:lang')}").get(qn("w:val"))
    assert language == made.file.core_properties.language == "en-GB"
    assert not re.findall(r"\b[a-z]+_[a-z_]+\b|\b\d{4}-\d\d(?:-\d\d)?\b", " ".join(texts(made.file)))


def test_the_same_pack_gives_the_same_bytes(made):
    assert document.made(made.case, made.pack) == made.content
    with zipfile.ZipFile(BytesIO(made.content)) as file:
        assert {one.date_time for one in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    end = made.case.end.to_pydatetime().replace(tzinfo=None)
    assert made.file.core_properties.created.replace(tzinfo=None) == end


def test_a_logo_has_words_and_one_that_word_cannot_show_is_left_out(made, monkeypatch, tmp_path):
    for name, content, count in (
        ("logo.png", PNG, 1),
        ("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", 0),
    ):
        (tmp_path / name).write_bytes(content)
        with monkeypatch.context() as patch:
            file = again(made, patch, logo=tmp_path / name)
        pictures = list(file.element.body.iter(qn("wp:docPr")))
        assert len(pictures) == len(file.inline_shapes) == count
        assert all("Harrow & Finch" in one.get("descr") for one in pictures)
        assert file.paragraphs[count].style.name == "Title"


def test_where_nobody_wrote_findings_it_says_so(made, monkeypatch):
    with monkeypatch.context() as patch:
        said = texts(again(made, patch, has_findings=False))
    assert any("There is no findings.yaml" in text for text in said)
    none = pd.DataFrame(columns=RECORDS["questions/open_findings"].names)
    with monkeypatch.context() as patch:
        said = texts(again(made, patch, records={"questions/open_findings": none}))
    assert any("What was graded is in order." in text for text in said)


def test_hostile_words_are_text(made, monkeypatch):
    """Control characters, halves of pairs and markup, as a findings.yaml or a register may hold them."""
    evil = "<w:p/>&amp;\x07\x00\ud800 {evil}\u202e"
    found = pd.read_csv(made.pack / "records" / "questions" / "open_findings.csv").astype(object)
    found.loc[0, ["finding", "recommendation"]] = evil
    decided = pd.read_csv(made.pack / "records" / "assessment" / "decisions.csv").astype(object)
    decided.loc[0, "text"] = evil
    said = texts(
        again(made, monkeypatch, records={"questions/open_findings": found, "assessment/decisions": decided})
    )
    assert sum("<w:p/>&amp;" in text for text in said) == 3


@pytest.mark.parametrize("sealed", [True, False])
def test_what_was_sealed_with_it_is_run_again_with_it(monkeypatch, tmp_path, sealed):
    """Of a rebuild the seal says whether there was one, of a restatement the pack that is restated."""
    ran = []
    monkeypatch.setattr(pack, "run_year", lambda *given: ran.append(given[-1]))
    period = SimpleNamespace(first=1, last=2)
    case = SimpleNamespace(client="acme", period=period)
    for there in (True, False):
        folder = tmp_path / str(there)
        if there:
            (folder / "letters").mkdir(parents=True)
            (folder / document.NAME).touch()
        files = {document.NAME: "0"} if there else {}
        issuing = SimpleNamespace(sealed=SimpleNamespace(files=files) if sealed else None)
        issue._run(case, SimpleNamespace(pack=lambda *_, at=folder: at), issuing, print)
    assert ran == [True, False]
