"""When a file was exported (rule 41), as sources.yaml, its name or the file itself says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from msp_report.intake.chunk import Chunk
from msp_report.intake.values import Manner, convert
from msp_report.model.tables import Column

#: A time as a column of any table holds it.
_AT = Column("exported_at", "instant", "")
#: How much of a text's beginning and end may hold the line that says when it was made, in bytes.
_ENDS = 20_000
#: What each code of strptime stands for in a name.
_CODES = {
    "Y": r"\d{4}",
    "y": r"\d{2}",
    "b": "[A-Za-z]+",
    "B": "[A-Za-z]+",
    "p": "[AaPp][Mm]",
    "f": r"\d{1,6}",
    "j": r"\d{3}",
    "z": r"Z|[+-]\d{2}:?\d{2}",
}


class Unclear(ValueError):
    """`exported_at` cannot be read; the text says what to do."""


def check(stated: str | dict[str, str] | None) -> None:
    """Refuse an `exported_at` that is neither a time, a pattern with a whole date in it, nor where a file says it."""
    if isinstance(stated, dict):
        if len(stated) != 1:
            raise Unclear("exported_at: write either column or line")
        pattern = stated.get("line", "()")
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise Unclear(f"exported_at: {pattern!r} is no pattern ({error})") from None
        if groups != 1:
            raise Unclear(f"exported_at: {pattern!r} needs brackets around the time, and only there")
    elif stated is not None and "%" not in stated:
        try:
            datetime.fromisoformat(stated)
        except ValueError:
            raise Unclear(
                f"exported_at: {stated!r} is no time: write one like 2026-11-01T08:00, a pattern of the file's name "
                "like log_%Y-%m-%d.csv, or where the file says it"
            ) from None
    elif stated is not None:
        codes = set(re.findall("%(.)", stated))
        if not ("j" in codes or ("d" in codes and codes & set("mbB"))) or not codes & set("Yy"):
            raise Unclear(
                f"exported_at: {stated!r} needs a year, a month and a day: write it like log_%Y-%m-%d.csv"
            )


def of_name(stated: str, name: str, manner: Manner) -> pd.Timestamp | None:
    """The instant that `exported_at` gives by itself, or by a file's name; None where the name does not fit."""
    if "%" not in stated:
        return _instants([stated], manner, ("iso",))
    parts = re.split(r"(%.|\*)", stated)
    texts = [re.escape(part) if not place % 2 else _code(part) for place, part in enumerate(parts)]
    found = re.search("(?:^|/)" + "".join(texts) + "$", name)
    if found is None:
        return None
    codes = [part[1] for part in parts[1::2] if part != "*"]
    return _instants([" ".join(found.groups())], manner, (" ".join(f"%{code}" for code in codes),))


def _code(part: str) -> str:
    if part == "*":
        return "[^/]*"
    return f"({_CODES.get(part[1], r'[0-9]{1,2}')})"


def of_column(header: str, chunk: Chunk, manner: Manner) -> pd.Timestamp | None:
    """The latest instant under a header of the file."""
    found = chunk.header_of((header,))
    if found is None:
        return None
    texts = pc.unique(pc.utf8_trim_whitespace(chunk.column(found)).drop_null()).to_pylist()
    return _instants([text for text in texts if text], manner, manner.formats("exported_at"))


def of_line(pattern: str, path: Path, encoding: str, manner: Manner) -> pd.Timestamp | None:
    """The instant that a line at a text's beginning or end tells."""
    with path.open("rb") as file:
        head = file.read(_ENDS)
        file.seek(max(len(head), path.stat().st_size - _ENDS))
        text = (head + b"\n" + file.read()).decode(encoding, errors="replace")
    found = re.search(pattern, text, re.MULTILINE)
    return _instants([found[1].strip()], manner, manner.formats("exported_at")) if found else None


def _instants(texts: Iterable[str], manner: Manner, formats: tuple[str, ...]) -> pd.Timestamp | None:
    """The latest of some times; None where none can be read."""
    given = Manner(manner.timezone, manner.localize, manner.repeated, formats=lambda column: formats)
    last = pc.max(convert(pa.array(list(texts), pa.string()), _AT, given).values).as_py()
    return pd.Timestamp(last) if last is not None else None
