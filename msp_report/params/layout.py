"""How a vendor's export is to be read: the keys that profiles and sources.yaml share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from msp_report.params.fields import Seconds


def as_list(value: object) -> object:
    """One item where a list is expected is a list of one."""
    return [value] if isinstance(value, str) else value


def as_stated(value: object) -> object:
    """A date or a time of YAML as text."""
    return value.isoformat() if isinstance(value, date) else value


Stated = Annotated[str | dict[Literal["column", "line"], str], BeforeValidator(as_stated)]
Texts = Annotated[tuple[str, ...], BeforeValidator(as_list, json_schema_input_type=str | tuple[str, ...])]


def as_sibling(value: object) -> object:
    """A file, or several, where no more is said of them."""
    return {"file": value} if isinstance(value, str | list | tuple) else value


class Sibling(BaseModel):
    """Files beside one, and how they are read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Texts
    """Names or patterns, seen from the file beside which they lie."""
    records: str | None = None
    """Where in such a document its records lie."""
    sheet: str | None = None
    """Of such a workbook."""


class Layout(BaseModel):
    """One table in one vendor's words; every key may stand in a profile or inline in sources.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    records: str | None = None
    """Where in a JSON or XML document the records lie: `data.result.values`. Lists on the way are gone through, each
    record with what stands beside it on the way; `*` stands for the names of objects that are kept by name."""
    query: str | None = None
    """What to ask of a database: one SELECT, of a file of SQLite or of `sql`; there `:start` and `:end` are the month's
    first instant and the next month's."""
    split: dict[str, str] = {}
    """Vendor's header: what separates several values in one cell (`;`), or `lines`, or `list` of a list in JSON; each
    becomes a row of its own. An input row stays one row of the accounts."""
    where: str | None = None
    """Which rows count: a condition in SQL over one row's headers, all of them text: `"Type" = 'Incident'`. What it
    does not hold for is left out and counted, with the reason `where`."""
    beside: dict[
        str,
        Annotated[
            Sibling, BeforeValidator(as_sibling, json_schema_input_type=str | tuple[str, ...] | Sibling)
        ],
    ] = {}
    """Name: the file, or pattern of files, beside this one that `shape` may read under that name; or `{file, records,
    sheet}`, where its records lie deep in a document or on one of several sheets."""
    shape: str | None = None
    """For all that the other words cannot say: one SELECT in DuckDB's SQL over `rows`, the whole file, each header a
    column of text, and over what `beside` names. `_row` is a row's number; the result has `_rows`, the number or the
    list of numbers of the rows that each of its own came of. Rows that are in no result are left out and counted, with
    the reason `shape`. It reads no other file, no network and no settings."""
    columns: dict[str, Texts] = {}
    """Canonical column: the vendor's header, or several in order of preference; `[]` leaves it out. Case,
    spaces, punctuation and asterisks of headers do not count; the second header of a name is `name#2`. A
    column not listed goes by its own name."""
    values: dict[str, dict[str, str | tuple[str, ...]]] = {}
    """Canonical column: {vendor's value: canonical value}, or {canonical value: [vendor's values]}. A value
    that neither this list nor the table knows is rejected; `"*": "*"` lets others pass as they are, and `"*": ""` takes
    them for missing. For ticket_events also by field: `status`, `priority`, …"""
    constants: dict[str, str] = {}
    """Canonical column: the value of every row."""
    default: dict[str, str] = {}
    """Canonical column: its value, in our words, where a row has none."""
    dates: Texts | dict[str, Texts] = ()
    """strptime formats (`%d/%m/%Y %H:%M`); or `iso`, which takes `2026-10-01 10:09` too; `dmy`, `mdy` and `ymd`,
    numbers in that order, however they are parted and whatever clock stands behind them; `named`, with the name of the
    month in one of ten languages; `epoch`, `epoch_ms`, `excel`. They are tried in order, and each may carry its zone:
    `dmy @ Europe/Paris`. For all time columns, or by canonical column. Default `iso`: a day and month in doubt are
    never guessed. `/Date(1790956800000)/` is always understood."""
    timezone: str | None = None
    """IANA zone of times without an offset; default the client's."""
    durations: dict[str, str] = {}
    """Canonical column: encoding of a duration (hours, minutes, seconds, milliseconds, hms, epoch_date,
    text); it is converted to the column's unit. `hms` reads `03:39` as 3 hours and 39 minutes; `text` reads words
    (`1d 4h`, `2 heures 32 minutes`), `PT26H`, `1.02:00:00` and `1 day, 2:00:00`. A time may be so long after another
    one of its row: `first_response_at: minutes after opened_at`."""
    day_hours: Annotated[Decimal, Field(gt=0, le=24)] | None = None
    """How many hours a day of a duration in words has (`1d 4h`): 8 where a tool counts working days. A week has seven
    such days of 24 hours, else five."""
    factors: dict[str, Annotated[Decimal, Field(gt=0)]] = {}
    """Canonical column: what its numbers are multiplied by, 1000000 where a header says `$ M`, 0.01 of hundredths."""
    nulls: Texts | dict[str, Texts] = ()
    """Values that mean missing, beside the empty one: in all columns, or by canonical column (`"*"` for all others). Of
    times a day means all its instants, however they are written: `1900-01-01`."""
    decimal: Literal[".", ","] | None = None
    """Decimal sign; found by itself where the file leaves no doubt."""
    encoding: str | None = None
    """Of the bytes; found by itself."""
    delimiter: str | None = None
    """Between cells; comma, semicolon, tab and bar are found by themselves."""
    sheet: str | None = None
    """Of a workbook; default the one whose header fits best."""
    skip_rows: Annotated[int, Field(ge=0, le=100_000)] | None = None
    """Lines before the header; found by itself where not given. Of a head of two rows, a question over several columns
    and below it what each of them is, both are read, in a workbook and in CSV: `How was it? / Speed`."""
    totals: dict[str, str] = {}
    """Vendor's header: pattern of a row that sums others up and is no record."""
    path: str | None = None
    """Columns from the path: a template such as `{resource}.csv`."""
    record: Literal["each", "first", "last"] = "each"
    """`first`, `last`: that row of a key, in the order of the file, is the record."""
    first: Texts = ()
    """Canonical columns whose value is that of the first row of their key that has one; the record is the last row."""
    last: Texts = ()
    """Canonical columns whose value is that of the last row of their key that has one; the record is the last row."""
    unpivot: dict[str, Texts] = {}
    """Columns that become rows. samples: {metric: vendor's header}, one row a metric. ticket_events:
    {field: vendor's header} of a log with the whole ticket in each row, one row a change."""
    changes_only: bool | None = None
    """checks: the log holds changes only, a state holds until the next one (rule 7)."""
    max_gap_s: Seconds | None = None
    """checks: how long a state holds without a next check."""
    exported_at: Stated | None = None
    """When the export was made, up to which it speaks (rule 41): a time; or a pattern of the file's name with
    strptime's codes, `outages_%Y%m%dT%H%M.csv`, in which `*` stands for anything; or where the file says it itself:
    `{column: header}`, of which the latest counts, or `{line: pattern}` of a line of the text, with the time in round
    brackets, read by `dates`. A day alone is its beginning. Where nothing says it, and no time of making stands
    beside a document's records, a file in a month's folder, or
    with the month in its name, speaks to the end of that month, and any other to its last instant."""

    @property
    def makes_rows(self) -> bool:
        """Whether `split`, `where` or `shape` makes other rows of a file's than it has."""
        return bool(self.split or self.where or self.shape)

    @property
    def headers(self) -> frozenset[str]:
        """Every header that this reading knows, folded."""
        listed = [name for names in (*self.columns.values(), *self.unpivot.values()) for name in names]
        return frozenset(fold(name) for name in (*listed, *self.totals))

    def formats(self, column: str) -> tuple[str, ...]:
        """The date formats of a column, in the order in which they are tried."""
        if isinstance(self.dates, dict):
            return self.dates.get(column, self.dates.get("*", ("iso",)))
        return self.dates or ("iso",)

    def missing(self, column: str) -> tuple[str, ...]:
        """The values of a column that mean missing; `*` for cells of no canonical column."""
        if isinstance(self.nulls, dict):
            return self.nulls.get(column, self.nulls.get("*", ()))
        return self.nulls

    def under(self, inline: Layout) -> Layout:
        """This profile with the keys of sources.yaml laid over it: mappings join, all else is replaced."""
        said: dict[str, Any] = {name: getattr(inline, name) for name in Layout.model_fields}
        said = {name: value for name, value in said.items() if name in inline.model_fields_set}
        for name in (
            "beside",
            "columns",
            "constants",
            "default",
            "durations",
            "factors",
            "split",
            "totals",
            "unpivot",
        ):
            if name in said:
                said[name] = getattr(self, name) | said[name]
        if "values" in said:
            names = self.values.keys() | said["values"].keys()
            said["values"] = {
                name: self.values.get(name, {}) | said["values"].get(name, {}) for name in names
            }
        return self.model_copy(update=said)


def fold(header: str) -> str:
    """A header without case, spaces and punctuation; `name#2` stays the second of its name.

    >>> fold(" *Invoice Number "), fold("invoice_number"), fold("category#2")
    ('invoicenumber', 'invoicenumber', 'category#2')
    """
    name, number = re.fullmatch(r"(.*?)(#\d+)?", header.strip(), re.DOTALL).groups()
    return re.sub(r"[\W_]+", "", name.casefold()) + (number or "")


def quoted(header: str) -> str:
    """A header as a name in a query, in quotes, those within it doubled."""
    return '"' + header.replace('"', '""') + '"'


def another(name: str, is_taken: Callable[[str], bool]) -> str:
    """What the second of a name is called: `name#2`, or by the next number that is free."""
    return next(other for number in count(2) if not is_taken(other := f"{name}#{number}"))


def distinct(headers: Iterable[object], exactly: bool = False) -> tuple[str, ...]:
    """Headers in which the second of a name is called `name#2`, the third `name#3`, or by the next number that is free.

    Names that differ in case or punctuation alone count as one, unless `exactly`.
    """
    given = [str("" if header is None else header) for header in headers]
    if not exactly:
        given = [name.replace("\ufeff", "").strip() for name in given]
    alike = str if exactly else fold
    taken = {alike(name) for name in given}
    last: dict[str, int] = {}
    names = []
    for name in given:
        number = last.get(alike(name), 0) + 1
        while number > 1 and alike(f"{name}#{number}") in taken:
            number += 1
        last[alike(name)] = number
        names.append(name if number == 1 else f"{name}#{number}")
        taken.add(alike(names[-1]))
    return tuple(names)
