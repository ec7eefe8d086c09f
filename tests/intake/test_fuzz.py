"""Bytes that were changed at random, in every format: each file is accounted for row by row or refused in a sentence.

A number is a seed. `make test` tries some of each format, `make abuse` many more, and other ones each time.
"""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xlsxwriter

from msp_report.intake import ingest
from msp_report.model.period import Month
from msp_report.params import load_sources
from msp_report.params.sources import Sources

MARCH = Month.parse("2026-03")
#: What makes readers stumble.
PIECES = (
    b'"', b'""', b'",', b"\r", b"\n", b"\r\n\r\n", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xe9", b"\xed\xa0\x80",
    b"\t", b";", b"|", b"=", b"'", b"{", b"}", b"[", b"]", b"[[[[", b'{"a":', b"\\u0000", b"\\ud800", b"1e999", b"-",
    b"NaN", b"9" * 40, b"2026-13-45", b"2026-03-29T01:30", b"9999-12-31T23:59:59Z", b"<", b"&", b"\x1b[2J",
    b"\xe2\x80\xae", b"PK\x03\x04", b"PAR1", b"," * 300, b"a" * 5000, b"\x1a", b"#REF!",
)  # fmt: skip


def frame(count: int = 30) -> pd.DataFrame:
    """Tickets of March, with words that need quotes."""
    opened = pd.Timestamp("2026-03-02T09:00:00Z") + pd.to_timedelta(np.arange(count) * 7, unit="h")
    return pd.DataFrame(
        {
            "ticket_id": [f"T{n}" for n in range(count)],
            "opened_at": opened.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "requester": "amy@acme.example",
            "title": ["Mail, again", 'He said "no"', "two\nlines", "Größe", "plain"] * (count // 5),
            "priority": "P1",
            "status": "open",
            "hours": np.arange(count) / 4,
        }
    )


def as_xlsx(table: pd.DataFrame) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        page = book.add_worksheet("tickets")
        page.write_row(0, 0, table.columns)
        for number, row in enumerate(table.itertuples(index=False), 1):
            page.write_row(number, 0, row)
    return made.getvalue()


def seeds() -> dict[str, bytes]:
    """A good file of each format, by its name."""
    table, parquet = frame(), io.BytesIO()
    table.to_parquet(parquet)
    rows = table.to_dict("records")
    return {
        "tickets.csv": table.to_csv(index=False, quoting=csv.QUOTE_MINIMAL).encode(),
        "tickets.tsv": table.to_csv(index=False, sep="\t").encode("utf-16"),
        "tickets.xlsx": as_xlsx(table),
        "tickets.jsonl": "".join(json.dumps(row) + "\n" for row in rows).encode(),
        "tickets.json": json.dumps({"data": rows, "total": len(rows)}, indent=1).encode(),
        "tickets.xml": table.rename(columns=str.title).to_xml(index=False, parser="etree").encode(),
        "tickets.parquet": parquet.getvalue(),
    }


SEEDS = seeds()


def changed(data: bytes, rng: np.random.Generator) -> bytes:
    """The bytes with one to six changes: flipped, cut, doubled, moved, or with a piece put in."""
    made = bytearray(data)
    for _ in range(int(rng.integers(1, 7))):
        place = int(rng.integers(0, len(made) + 1)) if made else 0
        length = int(rng.integers(1, 64))
        match int(rng.integers(0, 6)):
            case 0 if made:
                made[place % len(made)] ^= 1 << int(rng.integers(0, 8))
            case 1:
                del made[place : place + length]
            case 2:
                made[place:place] = made[max(0, place - length) : place]
            case 3:
                made[place:place] = PIECES[int(rng.integers(0, len(PIECES)))] * int(rng.choice([1, 1, 3]))
            case 4 if rng.random() < 0.2:
                del made[place:]
            case _:
                made[place : place + length] = rng.integers(0, 256, length).astype(np.uint8).tobytes()
    return bytes(made)


def inside(data: bytes, rng: np.random.Generator) -> bytes:
    """A workbook of which one part was changed and all is packed well again."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as book, zipfile.ZipFile(made, "w") as other:
        chosen = rng.choice([name for name in book.namelist() if name.endswith(".xml")])
        for name in book.namelist():
            part = book.read(name)
            other.writestr(name, changed(part, rng) if name == chosen else part)
    return made.getvalue()


def read(name: str, number: int, folder: Path) -> str:
    """What became of a changed file: accepted, or why it was refused."""
    rng = np.random.default_rng([number, *name.encode()])
    data = (
        inside(SEEDS[name], rng)
        if name.endswith(".xlsx") and rng.random() < 0.7
        else changed(SEEDS[name], rng)
    )
    exports, into = folder / "exports", folder / f"accepted-{number}"
    exports.mkdir(exist_ok=True)
    (exports / name).write_bytes(data)
    sources = Sources.model_validate(
        {"reject_limit_ratio": 1, "limits": {"file_memory_mb": 512, "file_seconds": 60}}
    )
    try:
        ingest.read_month(sources, exports, MARCH, "Europe/London", into)
        said = ""
    except ingest.DataRefused as error:
        said = str(error)
        assert said and "Traceback" not in said, (name, number, said)
        assert name in said or "month" in said or "exports" in said, (name, number, said)
    told = json.loads((into / "manifest.json").read_text(encoding="utf-8"))
    for file in told["files"]:
        assert file["read"] == file["accepted"] + file["rejected"], (name, number, file)
    listed = into / "rejects" / "tickets.csv"
    if listed.exists():
        text = listed.read_text(encoding="utf-8")
        rows = list(csv.reader(io.StringIO(text)))
        assert len(rows) - 1 == sum(file["rejected"] for file in told["files"]), (name, number)
        assert not any(cell.startswith(("=", "@", "\t", "\r")) for row in rows for cell in row), (
            name,
            number,
        )
        assert "\x1b" not in text and "\u202e" not in text, (name, number)
    return said


#: How many of each format: few here, many in `make abuse`, and others each time.
FEW, MANY = 15, 400


@pytest.mark.parametrize("name", SEEDS)
def test_changed_bytes_are_accounted_for_or_refused(tmp_path, name, tried):
    tried("files with changed bytes", FEW)
    outcomes = [read(name, number, tmp_path) for number in range(FEW)]
    assert len(outcomes) == FEW


@pytest.mark.thorough
@pytest.mark.parametrize("name", SEEDS)
def test_many_changed_bytes_are_accounted_for_or_refused(tmp_path, name, tried):
    tried("files with changed bytes", MANY)
    first = int.from_bytes(os.urandom(3), "big")
    outcomes = [read(name, number, tmp_path) for number in range(first, first + MANY)]
    assert 0 < sum(map(bool, outcomes)) < MANY, first  # some are refused, some read


def test_the_good_files_are_read_whole(tmp_path):
    for name, data in SEEDS.items():
        exports = tmp_path / name / "exports"
        exports.mkdir(parents=True)
        (exports / name).write_bytes(data)
        manifest = ingest.read_month(
            load_sources(tmp_path), exports, MARCH, "Europe/London", tmp_path / name / "into"
        )
        assert [(file.read, file.accepted) for file in manifest.files] == [(30, 30)], name
