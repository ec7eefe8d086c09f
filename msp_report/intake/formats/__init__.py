"""How bytes become rows, one file a format; each offers `read(path, layout)`, some also `outline(path, layout)`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

from msp_report.intake.chunk import Chunk, Irregular, Unreadable
from msp_report.intake.formats.outlines import Outline
from msp_report.params.layout import Layout

#: Suffix of a file name: the module that reads it.
FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xlsb": "xlsx",
    ".xls": "xlsx",
    ".ods": "xlsx",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".xml": "xml",
    ".db": "sqlite",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".parquet": "parquet",
    ".zip": "packed",
    ".gz": "packed",
}
#: How workbooks begin, packed and old.
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
#: A larger file is not gone through for what else it holds.
OUTLINED = 64_000_000


def read(path: Path, layout: Layout, after: int = 0) -> Iterator[Chunk]:
    """The rows of a file in chunks, in the file's order; the first chunk comes even without rows.

    A file inside an archive is called as if that were a folder: `export.zip/tickets.csv`. `after`: those chunks that
    `regular` has given are passed over. Raises Unreadable for an unknown format, no bytes at all, or what the format's
    reader cannot make out.
    """
    if _is_inside(path):
        yield from import_module(f"{__name__}.packed").read(path, layout)
    else:
        yield from rows_of(path, layout, after)


def regular(path: Path, layout: Layout) -> Iterator[Chunk]:
    """The chunks of a file of delimited text that is safe to read anywhere, as long as it is: they are those of `read`.

    Raises Irregular, which says how many there were, where the rest is a matter for `read`.
    """
    name = FORMATS.get(path.suffix.casefold())
    if name != "csv" or _is_inside(path) or layout.records is not None:
        raise Irregular(0)
    module, start = _reader(path)
    if not start or start == b"PK\x03\x04":
        raise Irregular(0)
    yield from module.regular(path, layout)


def rows_of(path: Path, layout: Layout, after: int = 0) -> Iterator[Chunk]:
    """The rows of a file on disk."""
    module, start = _reader(path)
    if not start:
        raise Unreadable(
            "the file is empty (zero bytes): export it again; nothing to report is a header alone"
        )
    if module.__name__.endswith(".csv") and start == b"PK\x03\x04":
        raise Unreadable(
            f"this is a workbook or an archive, not {path.suffix}: give it the suffix .xlsx or .zip"
        )
    if module.__name__.endswith(".xlsx") and start[:4] not in _WORKBOOKS:
        module = _called_workbook(path, module)
    if layout.records is not None and not hasattr(module, "DOCUMENT"):
        raise Unreadable(
            f"records names a place in a document of JSON or XML, and this is {path.suffix}: take it out"
        )
    yield from module.rest(path, layout, after) if after else module.read(path, layout)


def outline(path: Path, layout: Layout | None = None) -> Outline:
    """What a file holds among which `records`, `sheet` or `query` may choose; nothing of a large one.

    Raises Unreadable as read does.
    """
    if _is_inside(path):
        return import_module(f"{__name__}.packed").outline(path, layout or Layout())
    return outline_of(path, layout or Layout())


def outline_of(path: Path, layout: Layout) -> Outline:
    """What a file on disk holds."""
    module, start = _reader(path)
    if not start or not hasattr(module, "outline") or path.stat().st_size > OUTLINED:
        return Outline(FORMATS[path.suffix.casefold()])
    return module.outline(path, layout)


def _called_workbook(path: Path, module: ModuleType) -> ModuleType:
    """Who reads what is called a workbook and is none: many a tool gives a web page or text with tabs that name."""
    with path.open("rb") as file:
        head = file.read(4_000)
    text = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if text.startswith(
        (b"<html", b"<!doctype html", b"<table", b"<?xml", b"<meta", b"<head", b"<body", b"<style")
    ):
        raise Unreadable(
            f"this is a web page or XML that is called {path.suffix}: open it in a spreadsheet and save it as .xlsx"
        )
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    is_text = all(byte >= 32 or byte in b"\t\r\n" for byte in (text if wide else head))
    return import_module(f"{__name__}.csv") if is_text and path.suffix.casefold() == ".xls" else module


def _is_inside(path: Path) -> bool:
    """Whether a path leads into an archive."""
    return any(above.suffix.casefold() == ".zip" and above.is_file() for above in path.parents)


def _reader(path: Path) -> tuple[ModuleType, bytes]:
    """The module of a file, and how the file begins."""
    name = FORMATS.get(path.suffix.casefold())
    if name is None:
        raise Unreadable(f"{path.suffix or 'no suffix'} is not a known format: use {', '.join(FORMATS)}")
    with path.open("rb") as file:
        start = file.read(4)
    return import_module(f"{__name__}.{name}"), start
