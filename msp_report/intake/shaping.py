"""`split`, `where` and `shape`: rows made of a file's rows before its columns are read.

All three keep the accounts: every input row is in a result, or is left out with its reason and its line. `split` and
`where` look at one row at a time and go along with the file; `shape` holds the whole file in a database on disk, so
that its windows and groups do not end where a chunk ends.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from msp_report.intake import query, reasons
from msp_report.intake.chunk import (
    PLACE,
    ROW_LIMIT,
    WIDER,
    Aside,
    Broken,
    Chunk,
    Origin,
    Unreadable,
    joined,
    take,
)
from msp_report.intake.query import Unclear
from msp_report.params.layout import Layout, another, fold, quoted

__all__ = ["Unclear", "check", "reading", "shaped"]

#: What the query of a file may hold in memory [MB], and what one may that cannot do with it; more goes to the disk.
_MEMORY = (48, 800)
#: How much more a table takes for each of its columns, and for each MB of long cells that it writes together [MB].
_MEMORY_COLUMN, _MEMORY_LONG = 0.4, 2
#: Cells of so many bytes are long: DuckDB holds them whole until their rows are written.
_LONG = 16_000
#: Rows that a table keeps together on disk: no more than fit into that memory while they are written.
_GROUP = 10_240
#: Rows of a result at once, and bytes of their cells, so that neither side holds much.
_ROWS, _TEXT = 10_000, 2_000_000
_BY_LINE, _BY_LIST = "lines", "list"
_NONE = np.array([], np.int64)


def check(layout: Layout) -> None:
    """Refuse a `where`, a `shape` or a `split` that cannot be used. Raises Unclear."""
    for header, sign in layout.split.items():
        if not sign:
            raise Unclear(f"split: {header}: name what stands between the values, or lines")
    for name in layout.beside:
        if not re.fullmatch(r"[A-Za-z]\w*", name) or name.casefold() == query.ROWS:
            raise Unclear(f"beside: {name!r} cannot be a table's name in shape: use letters, digits and _")
    if layout.beside and layout.shape is None:
        raise Unclear("beside: only shape reads what lies beside a file: write one, or take it out")
    if layout.where is not None:
        query.of_where(layout.where)
    if layout.shape is not None:
        query.of_shape(layout.shape, layout.beside)


def shaped(
    chunks: Iterator[Chunk],
    layout: Layout,
    beside: Mapping[str, Iterator[Chunk]],
    scratch: Path | None = None,
) -> Iterator[Chunk | None]:
    """The chunks of a file as `split`, `where` and `shape` make them; None now and then while there is none yet.

    `beside`: the rows of the files that `shape` may read by these names. `scratch`: a folder for what does not fit into
    memory. What is left out before the first row of a result is there comes in chunks without a header, and rows
    that fit no header come in chunks of their own, under the file's. `facts` tell under `shaped` the file's headers,
    which names split, where and shape use, and which of those no row had. Raises Unreadable.
    """
    if not layout.makes_rows:
        yield from chunks
        return
    told = _Told()
    rows = _numbered(chunks, told)
    try:
        rows = _split(rows, layout.split, told) if layout.split else rows
        rows = _where(rows, layout.where, told) if layout.where else rows
        if layout.shape is None:
            for chunk in map(told.stated, rows):
                yield from _without_broken(chunk) if layout.split else (replace(chunk, origin=None),)
            return
        with nullcontext(scratch) if scratch else tempfile.TemporaryDirectory(prefix="msp-shape-") as place:
            yield from _shape(rows, layout, beside, Path(place), told)
    except Unclear as error:
        raise Unreadable(str(error)) from None
    except duckdb.OutOfMemoryException:
        raise Unreadable(
            "shape holds more of the file at once than there is room for: do less of it in one step"
        ) from None


def reading(layout: Layout) -> Layout:
    """The same for who finds a file's header: what split, where and shape name is known to stand in it."""
    named = list(layout.split)
    if layout.where is not None:
        named += [name for _, name in query.of_where(layout.where).columns]
    if layout.shape is not None:
        asked = query.of_shape(layout.shape, layout.beside).columns
        named += [name for table, name in asked if table == query.ROWS]
    named = [name for name in named if name not in query.OWN]
    return (
        layout.model_copy(update={"columns": {**layout.columns, query.ROWS: tuple(named)}})
        if named
        else layout
    )


@dataclass
class _Told:
    """What is to be said of how the rows were made."""

    headers: dict[str, None] = field(default_factory=dict)
    """Of the file."""
    known: set[str] = field(default_factory=set)
    """What a query may call them, folded as SQL does."""
    named: dict[str, None] = field(default_factory=dict)
    """What split, where and shape name."""
    rows: int = 0
    """How many rows the file has, without those that fit no header."""

    @property
    def absent(self) -> list[str]:
        """What is named and no row so far had."""
        return [name for name in self.named if name.casefold() not in self.known]

    def asked(self, columns: Iterable[tuple[str, str]]) -> None:
        """The names of a query."""
        own = [name for table, name in columns if table == query.ROWS and name not in query.OWN]
        self.named |= dict.fromkeys(own)

    def stated(self, chunk: Chunk) -> Chunk:
        """The chunk, saying so."""
        there = [name for name in self.headers if name and name not in query.OWN]
        told = {"headers": there, "named": list(self.named), "absent": self.absent}
        return replace(chunk, facts={**chunk.facts, "shaped": told})

    def advice(self) -> str:
        """Of each name that is absent the nearest that is there."""
        from msp_report.intake.profile import nearest

        known = [name for name in self.headers if name and name not in query.OWN] or [""]
        return "; ".join(f"the file has no {name!r}{nearest(name, known)}" for name in self.absent)


# ---------------------------------------------------------------- one row at a time


def _numbered(chunks: Iterator[Chunk], told: _Told) -> Iterator[Chunk]:
    """The chunks of a file, each row with its number."""
    for chunk in chunks:
        told.headers |= dict.fromkeys(chunk.header)
        numbers = np.arange(told.rows, told.rows + len(chunk))
        told.rows += len(chunk)
        steps = pa.array(np.arange(len(chunk) + 1, dtype=np.int32))
        own = (pa.array(numbers, pa.int64()), pa.array(chunk.lines, pa.int64()))
        origin = Origin(*(pa.ListArray.from_arrays(steps, of) for of in own))
        yield replace(chunk, read=len(chunk) + len(chunk.broken), origin=origin)


def _split(chunks: Iterator[Chunk], spec: Mapping[str, str], told: _Told) -> Iterator[Chunk]:
    """One row for each part of a cell."""
    told.named |= dict.fromkeys(spec)
    for chunk in chunks:
        for header, sign in spec.items():
            if (name := chunk.header_of((header,))) is not None:
                told.known.add(header.casefold())
                told.named[name] = None
                chunk = _parted(chunk, name, sign)
        told.known |= {name.casefold() for name in chunk.header}
        yield chunk


def _parted(chunk: Chunk, header: str, sign: str) -> Chunk:
    """The rows of a chunk, each as often as its cell has parts; a row without any part stays as it is."""
    place = chunk.header.index(header)
    cells = chunk.columns[place].dictionary_encode()
    parts = [_parts(text, sign) for text in cells.dictionary.to_pylist()]
    lists = pa.array([*parts, [None]], pa.list_(pa.string())).take(cells.indices.fill_null(len(parts)))
    whole = take(chunk, np.asarray(pc.list_parent_indices(lists)))
    columns = [*whole.columns[:place], pc.list_flatten(lists), *whole.columns[place + 1 :]]
    return replace(whole, columns=tuple(columns))


def _parts(text: str, sign: str) -> list[str]:
    """The values of a cell; of one without any value an empty one."""
    if sign == _BY_LIST:
        try:
            listed = json.loads(text)
        except ValueError:
            return [text]
        if not isinstance(listed, list):
            return [text]
        found = [part if isinstance(part, str) else json.dumps(part, ensure_ascii=False) for part in listed]
    else:
        found = text.splitlines() if sign == _BY_LINE else text.split(sign)
    return [part.strip() for part in found if part.strip()] or [""]


def _where(chunks: Iterator[Chunk], condition: str, told: _Told) -> Iterator[Chunk]:
    """The rows for which a condition holds; those for which it does not are aside, an input row once."""
    asked = query.of_where(condition)
    told.asked(asked.columns)
    names, kept = _Names(), 0
    with query.connect() as database:
        query.lock(database)
        for chunk in chunks:
            held = _holds(database, asked, chunk, names, told)
            kept += int(held.sum())
            yield chunk if held.all() else _without(chunk, held)
    if told.rows and not kept and told.absent:
        raise Unreadable(f"where leaves nothing: {told.advice()}")


def _holds(
    database: duckdb.DuckDBPyConnection, asked: query.Query, chunk: Chunk, names: _Names, told: _Told
) -> np.ndarray:
    """For which rows of a chunk a condition is true."""
    own = names.of(chunk)
    there = {name.casefold() for name in own}
    told.known |= there
    more = [name for _, name in asked.columns if name.casefold() not in {*there, "_row", "_line"}]
    nothing = pa.nulls(len(chunk), pa.string())
    columns = [_inputs(chunk), pa.array(chunk.lines, pa.int64()), *chunk.columns, *[nothing for _ in more]]
    database.register(query.ROWS, pa.table(columns, names=["_row", "_line", *own, *more]))
    try:
        asks = f"select coalesce((\n{asked.text}\n)::boolean, false) from {query.ROWS}"
        return np.asarray(database.sql(asks).to_arrow_table().column(0), dtype=bool)
    except duckdb.Error as error:
        raise Unreadable(f"where: {query.plain(error)}") from None
    finally:
        database.unregister(query.ROWS)


def _inputs(chunk: Chunk) -> pa.Array:
    """The number of each row's input row, where each has one."""
    return pc.list_flatten(chunk.origin.rows)


def _without(chunk: Chunk, held: np.ndarray) -> Chunk:
    """The rows that are kept; the input rows of which none is are left out."""
    rows = np.asarray(_inputs(chunk))
    gone = np.flatnonzero(~held & ~np.isin(rows, rows[held]))
    gone = gone[np.unique(rows[gone], return_index=True)[1]]
    aside = Aside(reasons.WHERE, rows[gone], chunk.lines[gone], texts(chunk, gone))
    return replace(take(chunk, np.flatnonzero(held)), aside=(aside,))


def texts(chunk: Chunk, rows: np.ndarray) -> pa.StringArray:
    """Rows as the rejects show them: first, where it is known, where in its document a record stood."""
    if PLACE not in chunk.header:
        return chunk.text(rows)
    own = [place for place, name in enumerate(chunk.header) if name != PLACE]
    cells = [chunk.columns[place].take(pa.array(rows)) for place in own]
    stood = pc.fill_null(chunk.columns[chunk.header.index(PLACE)].take(pa.array(rows)), "")
    whole = pc.binary_join_element_wise(stood, joined(cells, len(rows)), ": ")
    return pc.utf8_slice_codeunits(whole, 0, ROW_LIMIT)


def _left_out(like: Chunk, aside: Aside, read: int) -> Chunk:
    """Rows that are left out, without any that stay, and without a header."""
    return Chunk((), (), _NONE, (), like.facts, like.typed, like.remarks, None, (aside,), read)


def _apart(like: Chunk, broken: Sequence[Broken]) -> Iterator[Chunk]:
    """The rows that fit no header, under the file's own."""
    nothing = take(replace(like, broken=(), origin=None, aside=(), remarks=()), _NONE)
    for start in range(0, len(broken), _ROWS):
        some = tuple(broken[start : start + _ROWS])
        yield replace(nothing, broken=some, read=len(some))


def _without_broken(chunk: Chunk) -> Iterator[Chunk]:
    """A chunk, and the rows that fit no header, which came of no other, in one of their own."""
    yield replace(chunk, broken=(), read=chunk.read - len(chunk.broken))
    yield from _apart(chunk, chunk.broken)


# ---------------------------------------------------------------- the whole file


class _Names:
    """What headers are called in SQL, where case does not tell names apart and each column has one."""

    def __init__(self) -> None:
        self.by_header: dict[str, str] = {}
        self._taken = {name.casefold() for name in (*query.OWN, "_rows")}

    def of(self, chunk: Chunk) -> list[str]:
        """The names of a chunk's columns."""
        unnamed = "" in chunk.header
        for place, header in enumerate(chunk.header):
            if header not in self.by_header:
                bare = header == "" or (unnamed and re.fullmatch(r"#\d+", header))
                self.by_header[header] = self._free(f"_{place + 1}" if bare else header)
        return [self.by_header[header] for header in chunk.header]

    def _free(self, name: str) -> str:
        """A name that no other column has; one that a reader gives is its own."""
        found = name
        if name != PLACE and name.casefold() in self._taken:
            found = another(name, lambda other: other.casefold() in self._taken)
        self._taken.add(found.casefold())
        return found


class _Table:
    """A table of rows in a database, which gets a column when one comes."""

    def __init__(self, database: duckdb.DuckDBPyConnection, name: str) -> None:
        self.names = _Names()
        self.columns: list[str] = []
        """In the order in which they came, without our own."""
        self._known = {name.casefold() for name in query.OWN}
        self._length = 0
        self._name = quoted(name)
        self._database = database
        self._made()

    def append(self, chunk: Chunk) -> None:
        """Rows at its end."""
        if WIDER in chunk.header:
            chunk = _parted_from(chunk, WIDER)
        own = self.names.of(chunk)
        self.have(own)
        numbers = np.arange(self._length, self._length + len(chunk))
        self._length += len(chunk)
        if len(chunk):
            columns = [pa.array(numbers), pa.array(chunk.lines, pa.int64()), *chunk.columns]
            self._database.register("_more", pa.table(columns, names=["_row", "_line", *own]))
            self._database.execute(f"insert into {self._name} by name select * from _more").fetchall()
            self._database.unregister("_more")

    def have(self, names: Iterable[str]) -> None:
        """Make a column for each of these names that has none."""
        new = list({name.casefold(): name for name in names if name.casefold() not in self._known}.values())
        self._known |= {name.casefold() for name in new}
        self.columns += new
        if new and not self._length:
            self._made()
            return
        for name in new:
            self._database.execute(f"alter table {self._name} add column {quoted(name)} varchar")

    def _made(self) -> None:
        """The table with its columns and without rows: thousands are made at once, and not one by one."""
        columns = "".join(f", {quoted(name)} varchar" for name in self.columns)
        self._database.execute(
            f"create or replace table {self._name} (_row bigint, _line bigint, _place varchar{columns})"
        )


def _parted_from(chunk: Chunk, header: str) -> Chunk:
    """A chunk without one of its columns."""
    kept = [place for place, name in enumerate(chunk.header) if name != header]
    names, columns = ([of[place] for place in kept] for of in (chunk.header, chunk.columns))
    return replace(chunk, header=tuple(names), columns=tuple(columns))


class _Given:
    """The rows that a query reads, by their number in its table."""

    def __init__(self, table: _Table) -> None:
        self.table = table
        self.like = Chunk((), (), _NONE)
        """A chunk of them, for its header, its facts, and whether its cells are typed."""
        self._size = 0
        self._long: list[tuple[int, int]] = []
        self._inputs: list[np.ndarray] = []
        self._lines: list[np.ndarray] = []
        self._beside: dict[str, list[pa.StringArray]] = {PLACE: [], WIDER: []}

    def add(self, chunk: Chunk) -> None:
        """Some more."""
        self.table.append(chunk)
        said = self.like.remarks or chunk.remarks
        self.like = replace(take(chunk, _NONE), origin=None, aside=(), broken=(), remarks=said)
        self._inputs.append(np.asarray(_inputs(chunk)))
        self._lines.append(chunk.lines)
        self._size += sum(column.nbytes for column in chunk.columns)
        for name, found in self._beside.items():
            there = name in chunk.header
            found.append(
                chunk.columns[chunk.header.index(name)] if there else pa.nulls(len(chunk), pa.string())
            )

    def room(self, chunk: Chunk) -> int:
        """How much memory the database needs for some more, beside what any takes [MB]."""
        lengths = [pc.fill_null(pc.binary_length(column), 0) for column in chunk.columns]
        long = sum(pc.sum(pc.if_else(pc.greater(one, _LONG), one, 0)).as_py() or 0 for one in lengths)
        self._long.append((len(chunk), long))
        while sum(rows for rows, _ in self._long[1:]) >= _GROUP:
            self._long.pop(0)
        width = max(len(chunk.header), len(self.table.columns))
        return round(_MEMORY_COLUMN * width + _MEMORY_LONG * sum(size for _, size in self._long) / 1_000_000)

    @property
    def at_once(self) -> int:
        """How many of them are no more than is held at once."""
        return max(1, min(_ROWS, _TEXT * len(self.inputs) // max(1, self._size)))

    @cached_property
    def inputs(self) -> np.ndarray:
        """The number of each row's input row in the file; they rise."""
        return _whole(self._inputs, np.concatenate)

    @cached_property
    def lines(self) -> np.ndarray:
        """The line of each."""
        return _whole(self._lines, np.concatenate)

    @cached_property
    def beside(self) -> dict[str, pa.StringArray]:
        """What readers tell of each beside its cells: where in its document it stood, and cells beyond the header."""
        told = [name for name, texts in self._beside.items() if any(t.null_count < len(t) for t in texts)]
        return {name: _whole(self._beside[name], pa.concat_arrays) for name in told}


def _whole(parts: list[Any], join: Callable[[list[Any]], Any]) -> Any:
    """Parts as one, which alone is held from then on."""
    found = join(parts)
    parts.clear()
    return found


def _shape(
    chunks: Iterator[Chunk],
    layout: Layout,
    beside: Mapping[str, Iterator[Chunk]],
    scratch: Path,
    told: _Told,
) -> Iterator[Chunk | None]:
    """What `shape` makes of all rows together."""
    asked = query.of_shape(layout.shape, layout.beside)
    with _stored(scratch, _MEMORY[0]) as database:
        tables = {name: _Table(database, name) for name in (query.ROWS, *layout.beside)}
        given, broken = _Given(tables[query.ROWS]), []
        room = 0
        for chunk in chunks:
            if (more := given.room(chunk)) > room:
                room = more
                database.execute(f"set memory_limit = '{_MEMORY[0] + room}MB'")
            given.add(chunk)
            broken += chunk.broken
            for aside in chunk.aside:
                yield _left_out(chunk, aside, len(aside.rows))
            yield None
        told.known |= {name.casefold() for name in given.table.columns}
        for name in layout.beside:
            for chunk in beside.get(name, ()):
                tables[name].append(chunk)
                yield None
        told.asked(asked.columns)
        for table, column in asked.columns:
            tables[table].have([column])
    for memory in _MEMORY:
        with _stored(scratch, memory + room) as database:
            query.lock(database)
            try:
                made = _made(database, asked, given, layout)
            except duckdb.OutOfMemoryException:
                if memory == _MEMORY[-1]:
                    raise
                continue
            yield from _results(database, made, given, told)
        break
    yield from _apart(given.like, broken)


def _stored(scratch: Path, megabytes: int) -> duckdb.DuckDBPyConnection:
    """The database of a file's rows in a folder, made where it is not there."""
    limits = {"memory_limit": f"{megabytes}MB", "max_temp_directory_size": "20GB"}
    opened = query.connect(temp_directory=str(scratch), **limits)
    path = str(scratch / "rows.db").replace("'", "''")
    opened.execute(f"attach '{path}' as kept (row_group_size {_GROUP})")
    opened.execute("use kept")
    return opened


def _results(
    database: duckdb.DuckDBPyConnection, made: tuple[tuple[str, ...], list[str]], given: _Given, say: _Told
) -> Iterator[Chunk]:
    """What a query made of the rows, and those of which it made nothing. `made`: as `_made` gives it."""
    header, select = made
    firsts = np.asarray(database.sql("select _first from _shaped").to_arrow_table().column(0))
    order_by = ""
    if (np.diff(firsts) <= 0).any():  # unnest does not keep the order of a list
        is_one_each = len(np.unique(firsts)) == len(firsts)
        order_by = f"order by {', '.join(['_first', *(() if is_one_each else select)])}"
    used = np.zeros(len(given.inputs), bool)
    result = database.sql(f"select {', '.join([*select, '_rows'])} from _shaped {order_by}")
    counted = int(np.count_nonzero(np.diff(given.inputs, prepend=-1)))
    like = replace(given.like, header=(*header, *given.beside))
    for batch in _batches(result, header, given.at_once):
        listed = batch.columns[-1]
        flat = np.asarray(pc.list_flatten(listed))
        used[flat] = True
        steps = np.concatenate([[0], np.cumsum(pc.list_value_length(listed))]).astype(np.int32)
        first = flat[steps[:-1]]
        of = (pa.array(numbers[flat], pa.int64()) for numbers in (given.inputs, given.lines))
        origin = Origin(*(pa.ListArray.from_arrays(pa.array(steps), numbers) for numbers in of))
        told = (_told_of(texts, flat, steps) for texts in given.beside.values())
        columns = (*batch.columns[:-1], *told)
        whole = replace(like, columns=columns, lines=given.lines[first], origin=origin, read=counted)
        yield say.stated(whole)
        counted, like = 0, replace(like, remarks=())
    if not len(firsts) and len(given.inputs) and say.absent and "header_line" in given.like.facts:
        raise Unreadable(f"shape gives no row: {say.advice()}")
    yield from _unused(database, given, used)


def _told_of(texts: pa.StringArray, rows: np.ndarray, steps: np.ndarray) -> pa.StringArray:
    """Of each list of rows what is told of the first of which anything is."""
    there = np.where(np.asarray(pc.is_valid(texts))[rows], np.arange(len(rows)), len(rows))
    if not len(rows):
        return pa.array([], pa.string())
    first = np.minimum.reduceat(there, steps[:-1])
    return texts.take(pa.array(rows[np.where(first < len(rows), first, steps[:-1])]))


def _batches(
    result: duckdb.DuckDBPyRelation, header: tuple[str, ...], at_once: int
) -> Iterator[pa.RecordBatch]:
    """The rows of a result; a batch without rows where there are none."""
    some = False
    for batch in result.to_arrow_reader(at_once):
        some = True
        yield batch
    if not some:
        columns = [*[pa.array([], pa.string()) for _ in header], pa.array([], pa.list_(pa.int64()))]
        yield pa.RecordBatch.from_arrays(columns, names=[str(place) for place in range(len(columns))])


def _made(
    database: duckdb.DuckDBPyConnection, asked: query.Query, given: _Given, layout: Layout
) -> tuple[tuple[str, ...], list[str]]:
    """Run a query into the table `_shaped`; its headers, and the columns under which their cells stand there."""
    try:
        relation = database.sql(asked.text)
        names, types = relation.columns, [str(kind) for kind in relation.types]
        folded = [name.casefold() for name in names]
        if "_rows" not in folded:
            raise Unreadable(
                "shape returns no _rows, which row of the file each result came of: add `_row as _rows`, or "
                "`list(_row) as _rows` where rows are added up"
            )
        place = len(folded) - 1 - folded[::-1].index("_rows")
        first, whole = _row_numbers(f"c{place}", types[place])
        cells = [f"{_as_text(f'c{k}', kind, layout)} as c{k}" for k, kind in enumerate(types)]
        listed = ", ".join(f"c{k}" for k in range(len(names)))
        database.execute(
            f"create table _shaped as select {', '.join([*cells, f'{first} as _first', f'{whole} as _rows'])} "
            f"from (\n{asked.text}\n) as shaped({listed})"
        ).fetchall()
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise Unreadable(f"shape: {_said(error, given)}") from None
    none_of_ours = "_first is null or _first < 0 or list_max(_rows) >= ?"
    counts = f"select count(*) from _shaped where {none_of_ours}"
    if wrong := database.execute(counts, [len(given.inputs)]).fetchall()[0][0]:
        raise Unreadable(
            f"shape: in {wrong:,} of its results _rows names no row of the file: it takes the `_row` of rows, and of "
            "each result one at least"
        )
    chosen = _chosen(names, given.table, asked.around, _empty(database, names))
    return tuple(name for name, _ in chosen), [f"c{k}" for _, k in chosen]


def _empty(database: duckdb.DuckDBPyConnection, names: Sequence[str]) -> frozenset[int]:
    """The columns of a result in which no row says anything, where there are rows."""
    asks = f"select count(*), {', '.join(f'count(c{k})' for k in range(len(names)))} from _shaped"
    [(rows, *counts)] = database.sql(asks).fetchall()
    return frozenset(k for k, count in enumerate(counts) if rows and not count)


def _chosen(
    names: Sequence[str], table: _Table, around: tuple[int, int], empty: frozenset[int]
) -> list[tuple[str, int]]:
    """The columns of a result that are read, by header and place: those that the query makes, then those of the file.

    Of several with one name the last counts, but for what `*` brings, before which goes what the query names itself;
    and a column that it makes goes before one that the file calls alike. `*` brings those that no row has, too: they
    are none.
    """
    known = {name: header or name for header, name in table.names.by_header.items()}
    absent = set(table.columns) - known.keys()
    after = len(names) - around[1]
    own = [place for place in range(len(names)) if place < around[0] or place >= after]
    brought = [place for place in range(len(names)) if place not in own]
    brought = [place for place in brought if names[place] not in absent or place not in empty]
    last = {names[place]: place for place in (*brought, *own)}
    last = {name: place for name, place in last.items() if name.casefold() not in ("_rows", *query.OWN)}
    made = {fold(name) for name in last if name not in known} - {""}
    ours = [
        (name, place) for name, place in sorted(last.items(), key=lambda one: one[1]) if name not in known
    ]
    theirs = [(known[name], place) for name, place in last.items() if name in known]
    return ours + [(name, place) for name, place in theirs if fold(name) not in made]


def _row_numbers(column: str, kind: str) -> tuple[str, str]:
    """In SQL: the first of a result's rows, and all of them in order."""
    whole = r"U?(HUGE|BIG|SMALL|TINY)?INT(EGER)?"
    if re.fullmatch(whole, kind):
        return f"{column}::bigint", f"[{column}::bigint]"
    if re.fullmatch(rf"{whole}\[\d*\]", kind):
        listed = f"list_sort(list_distinct({column}::bigint[]))"
        return f"list_min({listed})", listed
    raise Unreadable(f"shape: _rows is {kind}: it takes the number of a row, `_row`, or a list of them")


def _as_text(column: str, kind: str, layout: Layout) -> str:
    """In SQL: a value as a reader would give it."""
    if kind == "VARCHAR":
        return column
    if kind.startswith("TIMESTAMP"):
        zone = "Z" if "TIME ZONE" in kind else ""
        return f"strftime({column}::timestamp, '%Y-%m-%dT%H:%M:%S.%f{zone}')"
    if re.match(r"DECIMAL|DOUBLE|FLOAT", kind) and layout.decimal == ",":
        return f"replace({column}::varchar, '.', ',')"
    if kind == "JSON" or re.match(r"STRUCT|MAP|UNION|.*\[", kind):
        return f"to_json({column})::varchar"
    return f"{column}::varchar"


def _said(error: duckdb.Error, given: _Given) -> str:
    """What DuckDB says of a query, and what to do about the commonest slip."""
    said = query.plain(error)
    table = re.search(r'Referenced table "(.*?)" not found', said)
    if table and any(name.startswith(f"{table[1]}.") for name in given.table.columns):
        return f'{said}: write a header with a point in it in double quotes, as in "{table[1]}.name"'
    return said


def _unused(database: duckdb.DuckDBPyConnection, given: _Given, used: np.ndarray) -> Iterator[Chunk]:
    """The input rows of which no row is in any result, with their text as the file has them."""
    gone = np.flatnonzero(~used)
    gone = gone[~np.isin(given.inputs[gone], given.inputs[used])]
    gone = gone[np.unique(given.inputs[gone], return_index=True)[1]]
    if not len(gone):
        return
    header = (*given.table.columns, *([PLACE] if PLACE in given.beside else []))
    listed = ", ".join(["_row", *map(quoted, header)])
    database.register("_gone", pa.table({"_row": pa.array(gone, pa.int64())}))
    found = database.sql(f"select {listed} from rows semi join _gone using (_row) order by _row")
    for batch in found.to_arrow_reader(given.at_once):
        rows = np.asarray(batch.column(0))
        whole = Chunk(header, tuple(batch.columns[1:]), given.lines[rows])
        text = texts(whole, np.arange(len(rows)))
        yield _left_out(given.like, Aside(reasons.SHAPE, given.inputs[rows], whole.lines, text), 0)
