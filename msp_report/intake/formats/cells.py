"""Cells of a workbook that hold no value: errors, and formulas whose result was never stored.

A reader gives both as empty cells, which would make a missing date of a broken one.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

#: What stands in the place of a formula without a stored result.
FORMULA = "#FORMULA!"
#: Formats in which the cells cannot be looked at: an error there cannot be told from an empty cell.
OPAQUE = frozenset({".xls", ".xlsb", ".ods"})

_SIGN = re.compile(rb't="e"|<(?:\w+:)?f[\s/>]')
_BLOCK = 1 << 20
_REFERENCE = re.compile(rb'<(?:\w+:)?c [^>]*?r="([A-Z]{1,3})([0-9]{1,7})"')
_LOOKED = 64 << 20
#: So many cells in the rectangle that a cell spans are more than a sheet of data has.
_FAR = 100_000_000


def without_value(path: Path, sheet: str) -> dict[int, dict[int, str]]:
    """The cells of a sheet that have no value: by row and column, from 1, the error as it is written, or FORMULA.

    A formula whose stored result is an empty text has a value. Empty for a format of OPAQUE.
    """
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as book:
        name = _part(book, sheet)
        if name is None:
            return {}
        with book.open(name) as file:
            if not _may_have(file):
                return {}
        with book.open(name) as file:
            found: dict[int, dict[int, str]] = {}
            for row, column, text in _cells(file):
                found.setdefault(row, {})[column] = text
            return found


def farthest(path: Path) -> str | None:
    """The last cell of a workbook's sheets, such as XFD1048576, where it lies farther than any data goes; else None.

    Looks at no more than the first _LOOKED bytes of each sheet, and only where its own reader has given up.
    """
    if path.suffix.casefold() in OPAQUE or not zipfile.is_zipfile(path):
        return None
    last = (0, 0, "")
    with suppress(zipfile.BadZipFile, OSError, ValueError, EOFError), zipfile.ZipFile(path) as book:
        for name in (name for name in book.namelist() if name.startswith("xl/worksheets/")):
            with book.open(name) as file:
                for found in _REFERENCE.finditer(file.read(_LOOKED)):
                    letters, number = found[1].decode(), int(found[2])
                    last = max(last, (number * _column(letters), number, f"{letters}{number}"))
    return last[2] if last[0] > _FAR else None


def _part(book: zipfile.ZipFile, sheet: str) -> str | None:
    """Where a sheet lies in the archive; None where this is no workbook of that kind."""
    if "xl/workbook.xml" not in book.namelist():
        return None
    listed = ElementTree.fromstring(book.read("xl/workbook.xml"))
    links = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
    targets = {one.get("Id"): one.get("Target", "") for one in links}
    for one in listed.iter():
        if _local(one.tag) == "sheet" and one.get("name") == sheet:
            told = next((value for name, value in one.attrib.items() if _local(name) == "id"), None)
            target = targets.get(told, "")
            name = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return name if name in book.namelist() else None
    return None


def _may_have(file: IO[bytes]) -> bool:
    """Whether a formula or an error stands anywhere in it; quick to tell."""
    before = b""
    while block := file.read(_BLOCK):
        if _SIGN.search(before + block):
            return True
        before = block[-64:]
    return False


def _cells(file: IO[bytes]) -> Iterator[tuple[int, int, str]]:
    row = column = 0
    for event, element in ElementTree.iterparse(file, events=("start", "end")):
        kind = _local(element.tag)
        if event == "start":
            if kind == "row":
                row, column = int(element.get("r") or row + 1), 0
        elif kind == "c":
            column = _column(element.get("r")) or column + 1
            if text := _lacking(element):
                yield row, column, text
        elif kind == "row":
            element.clear()


def _lacking(cell: ElementTree.Element) -> str | None:
    """What a cell holds instead of a value; None where it has one or is empty."""
    parts = {_local(part.tag): part for part in cell}
    value = parts["v"].text if "v" in parts else None
    if cell.get("t") == "e":
        return value or "#ERROR!"
    is_text = cell.get("t") == "str" and "v" in parts
    return FORMULA if "f" in parts and not value and not is_text else None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _column(reference: str | None) -> int:
    """`AB12` is column 28; 0 for no reference."""
    number = 0
    for letter in (reference or "").rstrip("0123456789"):
        number = number * 26 + ord(letter) - 64
    return number
