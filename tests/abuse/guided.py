"""A fuzzer that is led by coverage (atheris): what it reads in goes where no chance would.

    python tests/abuse/guided.py TARGET SECONDS FOLDER

It tries inputs for so long, keeps in FOLDER what led somewhere new, and ends with 1 and the input in a file of FOLDER
where something escaped: an error that is no sentence, a lost row, a hang, too much memory.
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import atheris
import pyarrow as pa

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]
with atheris.instrument_imports(include=["msp_report", "yaml"]):
    from msp_report.intake import child, ingest, inputs, profile
    from msp_report.intake.chunk import Chunk, Unreadable
    from msp_report.model.clock import Clock
    from msp_report.model.period import Month, Period
    from msp_report.model.tables import TABLES
    from msp_report.pages import serve
    from msp_report.params import (
        ParamsError,
        load_contract,
        load_findings,
        load_sources,
        load_strategy,
        schemas,
    )
    from msp_report.params.layout import Layout
    from msp_report.params.sources import Sources

PROJECT = Path(__file__).resolve().parents[2]
MARCH = Month.parse("2026-03")
PLACE = Path(tempfile.mkdtemp(prefix="guided-"))
SOURCES = Sources.model_validate({"reject_limit_ratio": 1})
KINDS = ("csv", "jsonl", "json", "xlsx", "xml", "db", "zip", "parquet")
SOME = (b"tickets", b"outages", b"checks", b"projects", b"purchases", b"surveys")


def answers(path: Path, layout: Layout, beside: dict | None = None) -> Iterator[dict | Chunk]:
    """What the process of a reader tells of a file: its chunks, and other messages."""
    for message, *tables in child._answers(path, layout, dict(beside or {}), None):
        rows, aside = (None if table is None else pa.Table.from_batches([table]) for table in tables)
        yield message if rows is None else child.unpacked(message, rows, aside)


def here(path: Path, layout: Layout, limits: object = None, beside: dict | None = None) -> Iterator[Chunk]:
    """What `guarded.read` gives, without a process: so that the fuzzer sees the way."""
    for told in answers(path, layout, beside):
        if isinstance(told, Chunk):
            yield told
        elif "unreadable" in told:
            raise Unreadable(told["unreadable"])
        elif "memory" in told:
            raise MemoryError


inputs.read = here


def exports(suffix: str) -> Callable[[bytes], None]:
    """A month of one file: every row of it is accounted for, or the file is refused in a sentence."""

    def one(data: bytes) -> None:
        if not data:
            return
        name = f"{SOME[data[0] % len(SOME)].decode()}.{suffix}"
        folder, into = PLACE / "exports", PLACE / "into"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / name).write_bytes(data[1:])
        try:
            ingest.read_month(SOURCES, folder, MARCH, "Europe/London", into)
        except ingest.DataRefused as error:
            assert str(error).strip() and "Traceback" not in str(error)
        told = json.loads((into / "manifest.json").read_text(encoding="utf-8"))
        assert all(file["read"] == file["accepted"] + file["rejected"] for file in told["files"]), told
        count = sum(file["rejected"] for file in told["files"])
        listed = into / "rejects" / f"{name.partition('.')[0]}.csv"
        rows = list(csv.reader(listed.open(encoding="utf-8", newline=""))) if listed.exists() else [[]]
        assert len(rows) - 1 == count, (len(rows) - 1, count)

    return one


def readers(data: bytes) -> None:
    """One file in one format: what comes of it are chunks whose columns are as long as their lines, or a sentence."""
    if not data:
        return
    suffix = KINDS[data[0] % len(KINDS)]
    path = PLACE / f"some.{suffix}"
    path.write_bytes(data[1:])
    for told in answers(path, Layout()):
        if isinstance(told, Chunk):
            assert {len(column) for column in told.columns} <= {len(told)}
            assert len(told.columns) == len(told.header)
        elif "unreadable" in told:
            assert told["unreadable"].strip()


def params(data: bytes) -> None:
    """The four files of a client, each of which may hold anything."""
    if not data:
        return
    name, load = (
        ("contract", load_contract),
        ("strategy", load_strategy),
        ("sources", load_sources),
        ("findings", load_findings),
    )[data[0] % 4]
    path = PLACE / f"{name}.yaml"
    path.write_bytes(data[1:])
    try:
        load(PLACE)
    except ParamsError as error:
        assert str(error).strip()


def profiles(data: bytes) -> None:
    """A profile of a client's own."""
    path = PLACE / "own.yaml"
    path.write_bytes(data)
    try:
        profile.load("./own.yaml", PLACE)
    except (ParamsError, profile.ProfileError) as error:
        assert str(error).strip()


def words(data: bytes) -> None:
    """Periods, windows of a calendar, addresses of the server."""
    text = data.decode("utf-8", "surrogateescape")
    for call in (
        Period.parse,
        Month.parse,
        lambda given: Clock({"hours": {"mon": [given]}}, "Europe/London"),
    ):
        try:
            call(text)
        except ValueError as error:
            assert str(error).strip()
    names, _ = serve._read(text)
    assert not names or not any(name.startswith(".") or "/" in name or "\\" in name for name in names)


TARGETS = {
    "readers": readers,
    "csv": exports("csv"),
    "jsonl": exports("jsonl"),
    "json": exports("json"),
    "xlsx": exports("xlsx"),
    "xml": exports("xml"),
    "params": params,
    "profiles": profiles,
    "words": words,
}


def seeds(target: str, folder: Path) -> None:
    """Good inputs to begin from."""
    found: list[bytes] = []
    if target == "params":
        for client in (PROJECT / "params").iterdir():
            names = ("contract", "strategy", "sources", "findings")
            files = [(n, client / f"{name}.yaml") for n, name in enumerate(names)]
            found += [bytes([n]) + file.read_bytes() for n, file in files if file.is_file()]
        found += [
            b'\0client: {name: "A", timezone: Europe/London}\nservices: [{name: web}]\n',
            b"\2tables: {}\n",
        ]
    elif target == "profiles":
        found += [file.read_bytes() for file in (PROJECT / "msp_report/intake/profiles").glob("*.yaml")]
    elif target == "words":
        found += [
            b"2026-03",
            b"2025-07..2026-06",
            b"08:00-18:00",
            b"/acme/2026-03/html/index.html",
            b"/%2e%2e/a",
        ]
    else:
        sys.path[:0] = [str(PROJECT / "tests" / "intake")]
        from test_fuzz import SEEDS

        for name, data in SEEDS.items():
            kind = name.rpartition(".")[2].replace("tsv", "csv")
            if target in ("readers", kind):
                found.append((bytes([KINDS.index(kind)]) if target == "readers" else b"\0") + data)
        found += [b"\1service,started_at,ended_at,state\nweb,2026-03-02 09:00,2026-03-02 10:00,down\n"]
    for number, data in enumerate(found):
        (folder / f"seed-{number}").write_bytes(data)


def dictionary(path: Path) -> None:
    """The words that the fuzzer may put in: the keys of the params and the names of columns."""
    words = {column.name for table in TABLES.values() for column in table.columns}
    open_ = [schemas()]
    while open_:
        one = open_.pop()
        if isinstance(one, dict):
            words |= set(one.get("properties") or ()) | {
                w for w in one.get("enum") or () if isinstance(w, str)
            }
            open_ += one.values()
        elif isinstance(one, list):
            open_ += one
    plain = sorted(word for word in words if word.isascii() and '"' not in word and "\\" not in word)
    path.write_text("".join(f'"{word}"\n' for word in plain), encoding="utf-8")


if __name__ == "__main__":
    name, seconds, kept = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    kept.mkdir(parents=True, exist_ok=True)
    seeds(name, kept)
    dictionary(PLACE / "words.dict")
    options = [
        f"-dict={PLACE}/words.dict",
        "-timeout=30",
        "-rss_limit_mb=3000",
        "-max_len=8192",
        f"-max_total_time={seconds}",
        "-print_final_stats=1",
        f"-artifact_prefix={kept}/found-",
    ]
    atheris.Setup([sys.argv[0], *options, str(kept)], TARGETS[name])
    try:
        atheris.Fuzz()
    finally:
        shutil.rmtree(PLACE, ignore_errors=True)
