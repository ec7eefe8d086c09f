"""What can be seen of a file without knowing what it is: its columns, and what kind of thing stands in each.

Read in the child, within limits, so that no file can hurt whoever asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from msp_report.intake import formats, guarded
from msp_report.intake.chunk import PLACE, Chunk
from msp_report.intake.values import signs
from msp_report.params.layout import Layout
from msp_report.params.sources import Limits

#: So many rows are looked at.
ROWS = 20_000
#: What readers say of where a record stands, beside its columns.
PLACES = frozenset({"_root", PLACE})
#: So many of a column's commonest values are kept.
COMMONEST = 200
#: What a cell says that says nothing, folded.
NOTHING = frozenset(
    {"-", "--", "—", "–", "n/a", "na", "#n/a", "none", "null", "nil", "never", "nie", "jamais", "nunca", "mai", "nooit",
     "unset", "not set", "unknown date", "not assigned", "0000-00-00", "0000-00-00 00:00:00", "1900-01-01",
     "1900-01-01 00:00:00", "1900-01-01t00:00:00", "1900-01-01t00:00:00z", "0001-01-01t00:00:00",
     "0001-01-01t00:00:00z"}
)  # fmt: skip

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DAY = (
    r"(?:(?P<a>\d{1,4})(?P<s>[-/.])(?P<b>\d{1,2})(?P=s)(?P<c>\d{2,4})"
    rf"|(?P<d1>\d{{1,2}})(?P<s1>[- /.])(?P<m1>(?:{_MONTHS})[a-z]*)(?P=s1)(?P<y1>\d{{2,4}})"
    rf"|(?P<m2>(?:{_MONTHS})[a-z]*) (?P<d2>\d{{1,2}}), (?P<y2>\d{{4}}))"
)
_CLOCK = r"(?:(?P<between>, |T| )(?P<h>\d{1,2}):(?P<min>\d{2})(?P<sec>:\d{2})?(?P<part>\.\d{1,9})?(?P<half> ?[ap]m)?)?"
_ZONE = r"(?P<zone> ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
_WRITTEN = rf"(?i)^{_DAY}{_CLOCK}{_ZONE}$"
_ISO = (
    r"^\d{4}-\d{2}-\d{2}(?P<clock>[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?"
    r"(?P<zone> ?(?:Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?)?$"
)
_NET = r"^/Date\(-?\d+(?:[+-]\d{4})?\)/$"
_NUMBER = r"^[-+(]?[€£$¥]? ?\d[\d.,'\u00a0\u202f ]*[€£$¥]?\)?-?$|^[-+]?\.\d+$|^-?\d+(\.\d+)?[eE][+-]?\d+$"
_LENGTH = (
    r"(?i)^(?:-?\d+:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?"
    r"|-?P(?=.)(?:\d+[YMWD])*(?:T(?:\d+(?:\.\d+)?[HMS])+)?"
    r"|-?(?:\d+(?:[.,]\d+)? ?(?:w|d|h|m|s|weeks?|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|tage?|std\.?|stunden?"
    r"|minuten?|sekunden?|jours?|j|heures?|secondes?|d[ií]as?|horas?|minutos?|segundos?|giorni|giorno|ore|ora|minut[io]"
    r"|second[io]|dagen?|uur|uren|seconden?)[, ]*)+)$"
)
_EMAIL = r"^[^@\s<>]+@[^@\s<>]+\.[A-Za-z]{2,}$"
_BOOLEANS = frozenset(
    {"true", "false", "yes", "no", "y", "n", "t", "f", "1", "0", "ja", "nein", "oui", "non", "sí", "si", "sim", "não",
     "nao", "x", "nee", "tak", "nie", "wahr", "falsch", "vrai", "faux"}
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """One column of a file."""

    name: str
    filled: float
    """Share of the rows in which it says something."""
    distinct: int
    n: int
    """Rows that were looked at."""
    values: tuple[str, ...]
    """Its commonest values, at most COMMONEST."""
    kinds: Mapping[str, float]
    """Share of the filled cells that can be read so: instant, date, duration, number, integer, boolean, email."""
    formats: tuple[str, ...] = ()
    """strptime formats, or iso, epoch, epoch_ms, which all its times have; those of a doubtful order day first."""
    order: str = "none"
    """What its days show of their order: dmy, mdy, ymd, both (cannot be told), contradictory, none (no such dates)."""
    zoned: float = 0.0
    """Share of its times that say their offset."""
    signs: tuple[str, ...] = ()
    """The decimal signs that its numbers leave no doubt about."""

    def kind(self, *names: str) -> float:
        """The share of cells of one of several kinds, the greatest."""
        return max((self.kinds.get(name, 0.0) for name in names), default=0.0)

    @property
    def is_key(self) -> bool:
        """Whether each row has a value of its own."""
        return self.n > 0 and self.filled == 1.0 and self.distinct == self.n


@dataclass(frozen=True)
class Sketch:
    """One file, or one sheet or list of it."""

    path: Path
    format: str
    records: str | None
    """The path of the list that was read, of a document with several."""
    rows: int
    """Rows that were looked at, at most ROWS."""
    columns: tuple[Seen, ...]
    facts: Mapping[str, Any]
    lists: tuple[str, ...] = ()
    """Paths of all lists of a document, or the tables of a database, as far as they are told."""
    query: str | None = None
    """What was asked of a database."""
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    """The sheets of a workbook that can be seen."""
    remarks: tuple[str, ...] = ()
    broken: int = 0
    """Rows that cannot be put under the header."""
    cells: pa.Table = field(default_factory=lambda: pa.table({}), repr=False, compare=False)
    """The rows that were looked at, as text."""

    @cached_property
    def headers(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(seen.name for seen in self.columns)

    def column(self, name: str) -> Seen | None:
        """A column by its header."""
        return next((seen for seen in self.columns if seen.name == name), None)

    def texts(self, name: str) -> pd.Series:
        """The cells of a column, trimmed; missing where they say nothing."""
        return _told(self.cells.column(name))


def sketch(path: Path, limits: Limits | None = None, layout: Layout | None = None) -> Sketch:
    """What a file looks like, from its first ROWS rows; `layout` says how to open it where that has to be said.

    Raises Unreadable, as guarded.read does.
    """
    state = path.stat()
    said = layout or Layout()
    key = said.model_dump_json(include=set(_OPENING), exclude_defaults=True)
    return _sketch(path, state.st_size, state.st_mtime_ns, limits or Limits(), key, _Said(said))


#: What a column without a name is called.
_UNNAMED = re.compile(r"(#\d+)?")
#: No time is written with fewer digits, as `1 Jan 26`.
_DIGITS = r"(?s)(.*?\d){3}"
#: The keys that decide what the reader gives.
_OPENING = ("records", "query", "encoding", "delimiter", "sheet", "skip_rows")


class _Said:
    """A layout that does not count in a cache's key, where its opening keys stand beside it."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Said)

    def __hash__(self) -> int:
        return 0


@cache
def _sketch(path: Path, size: int, changed: int, limits: Limits, key: str, said: _Said) -> Sketch:
    opening = {
        name: getattr(said.layout, name) for name in _OPENING if getattr(said.layout, name) is not None
    }
    layout = Layout(**opening, columns={"known": _known_headers()})
    chunks = _chunks(path, layout, limits)
    if chunks and int(chunks[0].facts.get("header_line", 1)) > 1 and layout.skip_rows is None:
        first = _chunks(path, Layout(**opening), limits)
        if first and _is_header(first[0].header, chunks[0].header):
            chunks = first
    broken = sum(len(chunk.broken) for chunk in chunks)
    cells = _joined(chunks)
    facts = dict(chunks[-1].facts) if chunks else {}
    outline = _outline(path)
    return Sketch(
        path,
        formats.FORMATS.get(path.suffix.casefold(), path.suffix.lstrip(".")),
        layout.records,
        len(cells),
        tuple(seen(name, cells.column(name)) for name in cells.column_names if name),
        facts,
        tuple(getattr(outline, "lists", None) or getattr(outline, "tables", None) or ()),
        layout.query,
        facts.get("sheet"),
        tuple(getattr(outline, "sheets", None) or ()),
        tuple(dict.fromkeys(remark for chunk in chunks for remark in chunk.remarks)),
        broken,
        cells,
    )


def _chunks(path: Path, layout: Layout, limits: Limits) -> list[Chunk]:
    """The first ROWS rows of a file."""
    chunks: list[Chunk] = []
    for chunk in guarded.read(path, layout, limits):
        chunks.append(chunk)
        if sum(map(len, chunks)) >= ROWS:
            break
    return chunks


def _is_header(first: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether the first row with anything in it is as good a header as another one, which knows more of our words: a
    row of data may hold such words, too."""
    named, others = ([name for name in row if not _UNNAMED.fullmatch(name)] for row in (first, other))
    texts = pd.Series(named, dtype="object")
    plain = (
        not (_matches(texts, _NUMBER) | _written(texts).is_time | _matches(texts, _EMAIL)).any()
        if named
        else False
    )
    return plain and len(named) >= 0.9 * len(others)


def _outline(path: Path) -> Any:
    """What a document or a workbook holds beside what was read; None where its reader does not tell."""
    tells = getattr(formats, "outline", None)
    try:
        return tells(path) if tells else None
    except Exception:  # noqa: BLE001 - only a help: what cannot be told is asked
        return None


@cache
def _known_headers() -> tuple[str, ...]:
    """Every header that a profile or a word of ours knows, by which the header's line is found."""
    from msp_report.intake.recognise import words

    return tuple(sorted(words.headers()))


def _joined(chunks: list[Chunk]) -> pa.Table:
    """The rows of some chunks under all their headers."""
    tables = []
    for chunk in chunks:
        named = {name: column for name, column in zip(chunk.header, chunk.columns, strict=True) if name != ""}
        tables.append(pa.table(named) if named else pa.table({}))
    if not tables:
        return pa.table({})
    return pa.concat_tables(tables, promote_options="default").slice(0, ROWS)


def _told(column: pa.ChunkedArray) -> pd.Series:
    texts = column.to_pandas().astype("object")
    texts = texts.where(texts.notna(), None)
    texts = texts.map(lambda text: text.strip() if isinstance(text, str) else None)
    return texts.where(texts != "", None)


# ---------------------------------------------------------------- one column


def seen(name: str, column: pa.ChunkedArray) -> Seen:
    """What a column of text holds."""
    texts = _told(column)
    filled = texts.dropna()
    says = filled[~filled.str.casefold().isin(NOTHING)] if len(filled) else filled
    counts = says.value_counts()
    share = counts / max(1, counts.sum())
    distinct = pd.Series(counts.index, dtype="object")
    written = _written(distinct)
    weight = share.to_numpy(dtype=float)
    lower = distinct.str.casefold()
    kinds = {
        "instant": float(weight[written.is_time & written.has_clock].sum()),
        "date": float(weight[written.is_time].sum()),
        "duration": float(weight[_matches(distinct, _LENGTH)].sum()),
        "number": float(weight[_matches(distinct, _NUMBER) & _matches(distinct, r".*\d")].sum()),
        "integer": float(weight[_matches(distinct, r"^-?\d+$")].sum()),
        "boolean": float(weight[lower.isin(_BOOLEANS).to_numpy(bool)].sum()),
        "email": float(weight[_matches(distinct, _EMAIL)].sum()),
    }
    times = written.is_time
    return Seen(
        name,
        float(len(filled) / len(texts)) if len(texts) else 0.0,
        int(filled.nunique()),
        len(texts),
        tuple(counts.index[:COMMONEST]),
        {kind: round(part, 4) for kind, part in kinds.items() if part > 0},
        written.formats,
        written.order,
        float(weight[times & written.has_offset].sum() / weight[times].sum()) if times.any() else 0.0,
        tuple(sorted(signs(pa.array(counts.index, pa.string())))) if kinds["number"] > 0.5 else (),
    )


def _matches(texts: pd.Series, pattern: str) -> np.ndarray:
    if not len(texts):
        return np.zeros(0, bool)
    return texts.str.match(pattern).to_numpy(bool)


@dataclass(frozen=True)
class _Times:
    """Which of some texts are times, and how they are written."""

    is_time: np.ndarray
    has_clock: np.ndarray
    has_offset: np.ndarray
    formats: tuple[str, ...]
    order: str


def _written(texts: pd.Series) -> _Times:
    nothing = np.zeros(len(texts), bool)
    if not _matches(texts, _DIGITS).any():
        return _Times(nothing, nothing, nothing, (), "none")
    iso = texts.str.extract(_ISO)
    is_iso, is_net = _matches(texts, _ISO), _matches(texts, _NET)
    amounts = pd.to_numeric(
        texts.where(_matches(texts, r"^\d{10}(\d{3})?(\.\d+)?$")), errors="coerce"
    ).to_numpy(float)
    epoch = (amounts > 9e8) & (amounts < 2.5e9)
    epoch_ms = (amounts > 9e11) & (amounts < 2.5e12)
    parts = texts.where(~is_iso).str.extract(_WRITTEN)
    named = parts["m1"].notna() | parts["m2"].notna()
    first, second, last = (pd.to_numeric(parts[part], errors="coerce") for part in "abc")
    year_first = parts["a"].str.len().eq(4) & second.between(1, 12) & last.between(1, 31)
    numeric = parts["a"].str.len().le(2).fillna(False) & parts["c"].str.len().isin([2, 4])
    day_first = numeric & first.between(1, 31) & second.between(1, 12)
    month_first = numeric & first.between(1, 12) & second.between(1, 31)
    numeric = day_first | month_first
    ordered = [
        int((numeric & day_first & ~month_first).sum()),
        int((numeric & month_first & ~day_first).sum()),
    ]
    if numeric.any():
        order = "contradictory" if all(ordered) else "dmy" if ordered[0] else "mdy" if ordered[1] else "both"
    else:
        order = "ymd" if is_iso.any() or year_first.any() else "none"
    usual = numeric | year_first | named
    is_time = is_iso | is_net | epoch | epoch_ms | usual.to_numpy(bool)
    forms = dict.fromkeys(_templates(parts[usual.to_numpy(bool)], "mdy" if order == "mdy" else "dmy"))
    forms = [*(["iso"] if (is_iso | is_net).any() else []), *forms]
    forms += ["epoch"] if epoch.any() else []
    forms += ["epoch_ms"] if epoch_ms.any() else []
    has_clock = (
        (is_iso & iso["clock"].notna().to_numpy()) | is_net | epoch | epoch_ms | parts["h"].notna().to_numpy()
    )
    offset = is_net | epoch | epoch_ms | iso["zone"].notna().to_numpy() | parts["zone"].notna().to_numpy()
    return _Times(is_time, has_clock, offset, tuple(forms), order)


def _templates(parts: pd.DataFrame, order: str) -> list[str]:
    """The strptime formats in which some dates are written, the commonest first."""
    if not len(parts):
        return []
    shapes = pd.DataFrame(
        {
            "kind": np.select(
                [parts["m1"].notna(), parts["m2"].notna(), parts["a"].str.len().eq(4)],
                ["named", "long", "year"],
                "plain",
            ),
            "between": parts["s"].fillna(parts["s1"]).fillna(""),
            "year": parts["c"].fillna(parts["y1"]).fillna(parts["y2"]).str.len(),
            "month": parts["m1"].fillna(parts["m2"]).fillna("").str.len().gt(3),
            "clock": parts["between"].fillna("").where(parts["h"].notna(), ""),
            "second": parts["sec"].notna(),
            "part": parts["part"].notna(),
            "half": parts["half"].fillna("").str.casefold().str.slice(0, 1).where(parts["half"].notna(), "")
            + parts["half"].notna().map({True: "%p", False: ""}),
            "zone": parts["zone"].fillna("").str.replace(r"\S+", "%z", regex=True),
        }
    )
    shapes["half"] = shapes["half"].str.replace(r"^[ap](?=%p)", "", regex=True)
    counted = shapes.value_counts().reset_index()
    return [_template(row, order) for row in counted.itertuples(index=False)]


def _template(shape: Any, order: str) -> str:
    s, year = shape.between, "%Y" if shape.year == 4 else "%y"
    month = "%B" if shape.month else "%b"
    day = {
        "named": f"%d{s}{month}{s}{year}",
        "long": f"{month} %d, {year}",
        "year": f"%Y{s}%m{s}%d",
        "plain": f"%d{s}%m{s}{year}" if order == "dmy" else f"%m{s}%d{s}{year}",
    }[shape.kind]
    if not shape.clock:
        return day
    clock = (
        ("%I" if shape.half else "%H")
        + ":%M"
        + (":%S" if shape.second else "")
        + (".%f" if shape.part else "")
    )
    return f"{day}{shape.clock}{clock}{shape.half}{shape.zone}"


def in_order(forms: tuple[str, ...], order: str) -> tuple[str, ...]:
    """Formats with their day and month in an order.

    >>> in_order(("%d/%m/%Y %H:%M", "iso"), "mdy")
    ('%m/%d/%Y %H:%M', 'iso')
    """
    pair = r"^(%d|%m)(.)(%d|%m)"
    new = ("%d", "%m") if order == "dmy" else ("%m", "%d")
    return tuple(re.sub(pair, lambda found: f"{new[0]}{found[2]}{new[1]}", form) for form in forms)


def read_times(texts: pd.Series, forms: Iterable[str]) -> pd.Series:
    """Cells as times by the first format that fits, wall times and instants alike without an offset."""
    found = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]")
    for form in forms:
        todo = texts[found.isna()].dropna()
        if not len(todo):
            break
        if form == "iso":
            bare = todo.str.replace(r"(?i) ?(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$", "", regex=True)
            times = pd.to_datetime(bare.where(todo.str.len() > 10, todo), format="ISO8601", errors="coerce")
        elif form in ("epoch", "epoch_ms"):
            times = pd.to_datetime(
                pd.to_numeric(todo, errors="coerce"), unit="s" if form == "epoch" else "ms"
            )
        else:
            times = pd.to_datetime(todo, format=form, errors="coerce", utc="%z" in form)
            times = times.dt.tz_localize(None) if times.dt.tz is not None else times
        found.loc[todo.index] = times.astype("datetime64[us]")
    return found


def bare(path: Path) -> Sketch:
    """A file that cannot be opened without being told how: a database, a document with several lists."""
    outline = _outline(path)
    listed = getattr(outline, "lists", None) or getattr(outline, "tables", None) or ()
    sheets = tuple(getattr(outline, "sheets", ()))
    return Sketch(path, path.suffix.lstrip(".").casefold(), None, 0, (), {}, tuple(listed), sheets=sheets)


def of_sheet(known: Sketch, sheet: str, limits: Limits | None = None) -> Sketch:
    """The same workbook by another of its sheets."""
    found = sketch(known.path, limits, Layout(sheet=sheet))
    return replace(found, sheets=known.sheets)
