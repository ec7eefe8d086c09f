"""Every word of a page is a message: in a language that brackets them all, what stands outside is the client's data.

Two months, the day, the two as a year, a comparison and the server's own page, of the demo company.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from io import BytesIO

import docx
import pandas as pd
import pytest
import yaml
from seen import pages, texts

from msp_report.case import open_year
from msp_report.model.tables import TABLES
from msp_report.packs import document
from msp_report.words import labels, questions
from msp_report.workspace import PROJECT


def scalars(value: object) -> Iterator[str]:
    """Every text in a YAML file, keys too: they are names of services and priorities."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from (str(key), *scalars(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from scalars(inner)
    elif value is not None:
        yield str(value)


class Data(frozenset[str]):
    """Texts that are not ours to translate, in order too: whether one begins or ends so is asked thousands of times."""

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self)

    @cached_property
    def _ends(self) -> set[str]:
        return {text[-4:] for text in self}

    def begins(self, piece: str) -> bool:
        """Whether one of them begins with a piece."""
        place = bisect_left(self._sorted, piece)
        return place < len(self._sorted) and self._sorted[place].startswith(piece)

    def ends(self, four: str) -> bool:
        """Whether one of them ends with these four letters."""
        return four in self._ends


@pytest.fixture(scope="module")
def data(every_pack) -> Data:
    """What is not ours to translate: texts of the accepted tables and of the params, names of files and records."""
    found = {"MSP_REPORT", "Markdown"}
    found |= {f"{table.name}.{column}" for table in TABLES.values() for column in table.names}
    for path in (every_pack.output / "demo-in-brackets").rglob("*.parquet"):
        frame = pd.read_parquet(path)
        for name in frame.columns[[pd.api.types.is_string_dtype(kind) for kind in frame.dtypes]]:
            found |= set(map(str, frame[name].dropna().unique()))
    for path in every_pack.client_params("demo-in-brackets").rglob("*.yaml"):
        found |= set(scalars(yaml.safe_load(path.read_text(encoding="utf-8"))))
    found |= {path.name for kind in ("*.csv", "letters/*.txt") for path in every_pack.output.rglob(kind)}
    for path in every_pack.output.rglob("records/tickets/numbers.csv"):  # numbers that no table has
        found |= set(pd.read_csv(path, dtype=str)[["first_id", "last_id"]].stack())
    found |= {path.name for path in every_pack.root.glob("exports/*/*/*")}
    notes = [path.read_text(encoding="utf-8") for path in every_pack.root.glob("params/*/notes/*.md")]
    paragraphs = [part for note in notes for part in note.split("\n\n")]
    found |= set(questions.listed()["question"])
    found |= {labels.raised(text) for text in found}  # a title that stands alone
    return Data(clean(text) for text in (*found, *paragraphs))


def clean(text: str) -> str:
    """A text without the marks around it."""
    return re.sub(r"\s+", " ", text).strip(" .,;:·()?!“”'\"-–×▲<>…✓✗○\u00a0")


#: Numbers, days, months, zones, pseudonyms and the word before the last of a list: written by the locale, or made.
_WRITTEN = re.compile(
    r"[\d.,:/%£$€+-]+|person-\w+|\d{4}-\d\d(-\d\d)?|BST|GMT|[A-Z]{3}|[A-Z]|and"
    r"|(\d+ )?(January|February|March|April|May|June|July|August|September|October|November|December)( \d+)?"
    r"|(\d+ )?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)( \d+)?"
)


#: The titles of several words that the demo's contract gives, wherever they stand in a sentence.
_TITLES = re.compile(
    "|".join(
        re.findall(r"title: (\w+[^,]* [^,]+)", (PROJECT / "params/demo/contract.yaml").read_text("utf-8"))
    ),
    re.I,
)


def left(text: str, data: Data) -> list[str]:
    """What of a text is neither in brackets nor data."""
    while (bare := re.sub(r"⟦[^⟦⟧]*(⟧|…$)", "\n", text)) != text:
        text = bare
    pieces = [clean(piece) for piece in bare.split("\n")]
    return [piece for piece in pieces if piece and not is_data(piece, data)]


def is_data(piece: str, data: Data) -> bool:
    """Whether a piece is a name, a number or a day, cut short, or several of them."""
    piece = clean(piece)
    if piece not in data:
        piece = clean(_TITLES.sub("", piece))
    if not piece or piece in data or _WRITTEN.fullmatch(piece):
        return True
    if len(piece) > 12 and data.begins(piece):
        return True
    if len(piece) == 4 and data.ends(piece):  # what is shown of a key
        return True
    for separator in ("; ", ", ", " and ", ": ", " · ", " (", " ", ":"):
        parts = piece.split(separator)
        if len(parts) > 1 and all(is_data(part, data) for part in parts):
            return True
    return False


def test_no_word_stands_outside_the_brackets(every_pack, data):
    forgotten = {
        name: found
        for name, html in pages(every_pack).items()
        if (found := sorted({piece for seen in texts(html) for piece in left(seen.text, data)}))
    }
    assert len(pages(every_pack)) > 30
    assert not forgotten


def test_no_word_of_the_document_stands_outside_the_brackets(every_pack, data):
    case = open_year("demo-in-brackets", "2026-09..2026-10", every_pack)
    file = docx.Document(BytesIO(document.made(case, every_pack.pack(case.client, case.period))))
    cells = [cell.text for table in file.tables for row in table.rows for cell in row.cells]
    said = [*(paragraph.text for paragraph in file.paragraphs), *cells]
    assert len(said) > 100
    assert not {piece for text in said for piece in left(text, data)}


def test_a_forgotten_word_is_found():
    assert left("⟦{count} of ⟧12 tickets", Data()) == ["12 tickets"]
    assert left("⟦as of ⟧1 May 2026, 09:30 BST⟦ for ⟧Acme and webshop", Data({"Acme", "webshop"})) == []


def test_codes_and_figures_are_kept_in_every_language(every_pack):
    written = [*every_pack.output.rglob("records/*/*.csv"), *every_pack.output.rglob("figures.csv")]
    assert written
    for path in written:
        if "⟦" not in path.read_text(encoding="utf-8"):
            continue
        table = pd.read_csv(path, dtype=str).drop(columns=["headline"], errors="ignore")
        assert not table.apply(lambda column: column.str.contains("⟦", na=False)).to_numpy().any(), path
