"""The SQL of `where` and `shape` before it is run: what it names, and that it only reads the rows it is given.

A query is one SELECT over the tables it is given. It may use every function of DuckDB whose result depends on its
arguments alone, so that the same exports give the same rows; none that tells the time, draws lots, reads a file or a
setting, or runs another query.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from msp_report.system import database

#: What a table of rows has beside the headers of its file.
OWN = ("_row", "_line", "_place")
#: The table of a file's rows.
ROWS = "rows"

_LOCKED = {"autoinstall_known_extensions": False, "autoload_known_extensions": False, "threads": 1}
#: Functions that give tables of what they are given.
_TABLES = frozenset({"generate_series", "json_each", "json_tree", "range", "repeat", "repeat_row", "unnest"})
#: The parts of a query that read; others, such as an INSERT in a WITH, write.
_READING = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
#: Macros that tell of the time, the system or the session.
_OF_SYSTEM = re.compile(
    r"ago|age|col_description|current_\w+|error|get_block_size|has_\w+|inet_\w+|local\w+|obj_description|pg_(?!typeof)\w+"
    r"|session_user|shobj_description|user|version"
)
#: What tells the time and is written like a column.
_WORDS = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})


class Unclear(ValueError):
    """A query that cannot be used; the text says what to do."""


@dataclass(frozen=True)
class Query:
    """What a query names."""

    text: str
    columns: tuple[tuple[str, str], ...]
    """(table, column) for each name that is none of the query's own."""
    around: tuple[int, int] = (0, 0)
    """How many columns its list names before its first `*` and after its last; all before, where it has none."""


def connect(path: str = ":memory:", **config: Any) -> duckdb.DuckDBPyConnection:
    """A database that loads nothing and uses one thread; `lock` it before a query of others is run."""
    opened = database.connect(path, **_LOCKED, **config)
    opened.execute("set python_enable_replacements = false")
    return opened


def lock(opened: duckdb.DuckDBPyConnection) -> None:
    """From now on no file, no network, and no change of settings."""
    opened.execute("set enable_external_access = false")
    opened.execute("set lock_configuration = true")


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    opened = connect()
    lock(opened)
    return opened


def of_shape(text: str, tables: Iterable[str] = ()) -> Query:
    """A `shape` over `rows` and these tables. Raises Unclear."""
    query = text.strip().rstrip(";").rstrip()
    node = _one_select(f"select * from (\n{query}\n) as shaped", "shape")
    inner = node["from_table"].get("subquery", {}).get("node")
    if inner is None:  # `from rows` alone is no subquery to the parser
        raise Unclear("shape: write one SELECT")
    _check(inner, {ROWS, *tables}, "shape")
    return Query(query, tuple(dict.fromkeys(_named(inner, [ROWS, *tables]))), _around(inner))


def _around(node: dict[str, Any]) -> tuple[int, int]:
    items = node.get("select_list", ())
    stars = [place for place, item in enumerate(items) if item["class"] == "STAR"]
    return (stars[0], len(items) - 1 - stars[-1]) if stars else (len(items), 0)


def of_where(text: str) -> Query:
    """A `where` over one row. Raises Unclear."""
    condition = text.strip().rstrip(";").rstrip()
    if not condition:
        raise Unclear("where: write a condition, such as \"Type\" = 'Incident'")
    node = _one_select(f"select (\n{condition}\n) from rows", "where")
    table = node["from_table"] or {}
    if len(node["select_list"]) != 1 or (table.get("type"), table.get("table_name")) != ("BASE_TABLE", ROWS):
        raise Unclear("where: write one condition, such as \"Type\" = 'Incident'")
    for part in _parts(node["select_list"]):
        kind = part.get("class")
        if kind in ("SUBQUERY", "WINDOW"):
            raise Unclear("where: it is asked of one row at a time; what needs other rows belongs into shape")
        if kind == "FUNCTION" and part["function_name"].casefold() in _functions()["aggregate"]:
            raise Unclear(
                f"where: {part['function_name']} adds rows up, and it is asked of one row at a time: use shape"
            )
        if (
            kind == "COLUMN_REF"
            and len(part["column_names"]) > 1
            and part["column_names"][0].casefold() != ROWS
        ):
            raise Unclear(f'where: write "{".".join(part["column_names"])}" in double quotes')
    _check(node, {ROWS}, "where")
    return Query(condition, tuple(dict.fromkeys(_named(node, [ROWS]))))


def _one_select(text: str, key: str) -> dict[str, Any]:
    """The tree of one SELECT."""
    try:
        found = _parser().extract_statements(text)
    except duckdb.Error as error:
        raise Unclear(f"{key}: {plain(error)}") from None
    if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
        hint = "" if len(found) != 1 else "; a pivot needs its values: in ('a', 'b')"
        raise Unclear(f"{key}: write one SELECT, which reads and changes nothing{hint}")
    told = json.loads(_parser().execute("select json_serialize_sql(?)", [text]).fetchone()[0])
    if told["error"]:
        raise Unclear(f"{key}: {told['error_message']}; a pivot needs its values: in ('a', 'b')")
    return told["statements"][0]["node"]


def plain(error: Exception) -> str:
    """The first line of what DuckDB says, without its kind and without where in a wrapped text it was."""
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return re.sub(r"^(\w+ )+Error: ", "", first)


def _parts(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a tree."""
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _parts(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _parts(value)


@cache
def _functions() -> dict[str, frozenset[str]]:
    """The functions that may be used, and those that add rows up, folded."""
    rows = (
        _parser().execute("select function_name, function_type, stability from duckdb_functions()").fetchall()
    )
    steady, unsteady, adding = set(), set(), set()
    for name, kind, stability in rows:
        name = name.casefold()
        if kind == "aggregate":
            adding.add(name)
        if kind in ("scalar", "aggregate", "window"):
            (steady if stability == "CONSISTENT" else unsteady).add(name)
        elif kind in ("macro", "table_macro") and not _OF_SYSTEM.fullmatch(name):
            steady.add(name)
    free = {name for name in steady - unsteady if not _OF_SYSTEM.fullmatch(name)}
    return {"free": frozenset(free | _TABLES), "aggregate": frozenset(adding)}


def _ctes(tree: Any) -> set[str]:
    return {
        one["key"].casefold() for part in _parts(tree) for one in (part.get("cte_map") or {}).get("map", ())
    }


def _check(tree: Any, tables: set[str], key: str) -> None:
    """Refuse tables that are not given and functions whose result does not hang on their arguments alone."""
    own = {name.casefold() for name in tables} | _ctes(tree)
    known = ", ".join(sorted(tables))
    for part in _parts(tree):
        kind, of = str(part.get("type")), part.get("class")
        if kind.endswith("_NODE") and of is None and kind not in _READING:
            raise Unclear(f"{key}: write one SELECT, which reads and changes nothing")
        if kind == "BASE_TABLE":
            path = (part.get("qualified_name") or {}).get("path") or [part["table_name"]]
            if len(path) != 1 or path[0].casefold() not in own:
                raise Unclear(
                    f"{key}: {'.'.join(path)!r} is no table here: it reads {known} and nothing else"
                )
        elif kind == "SHOW_REF":
            raise Unclear(f"{key}: it describes tables, and reads no rows: write a SELECT")
        if of == "PARAMETER":
            raise Unclear(f"{key}: there are no parameters here: write the value")
        if part.get("sample"):
            raise Unclear(f"{key}: a sample is another one each time: say which rows in where")
        if of in ("FUNCTION", "WINDOW"):
            name = part["function_name"].casefold()
            if of == "FUNCTION" and not part.get("is_operator") and name not in _functions()["free"]:
                raise Unclear(
                    f"{key}: {name} may not be used: the same exports have to give the same rows, and nothing else is "
                    "read or run"
                )
        if of == "COLUMN_REF" and len(part["column_names"]) == 1:
            word = part["column_names"][0]
            if word.casefold() in _WORDS:
                raise Unclear(
                    f'{key}: {word} tells of the run and not of the rows; of a header of that name write rows."{word}"'
                )


def _named(tree: Any, tables: list[str]) -> Iterator[tuple[str, str]]:
    """(table, column) of each column that the query names and does not make itself.

    A name without its table is of the first table of its SELECT, `rows` before all; where that reads only what the
    query makes, of `rows`.
    """
    given = {name.casefold(): name for name in tables}
    ctes = _ctes(tree)
    reads = [part for part in _parts(tree) if part.get("type") == "BASE_TABLE"]
    reads = [part for part in reads if part["table_name"].casefold() in given.keys() - ctes]
    of_alias = {
        (part["alias"] or part["table_name"]).casefold(): given[part["table_name"].casefold()]
        for part in reads
    }
    made = {name.casefold() for part in _parts(tree) for name in _makes(part)}
    yield from _Names(of_alias, frozenset(made)).of(tree, ROWS, frozenset())


def _makes(part: dict[str, Any]) -> Iterator[str]:
    """The names that a part of a query gives to columns."""
    if part.get("class") and part.get("alias"):
        yield part["alias"]
    yield from part.get("column_name_alias") or ()
    yield from part.get("unpivot_names") or ()
    for one in (part.get("cte_map") or {}).get("map", ()):
        yield from one["value"].get("aliases") or ()


@dataclass(frozen=True)
class _Names:
    """Finds which names of a query are columns of the tables that it is given."""

    of_alias: dict[str, str]
    """What a given table is called in the query: its own name."""
    made: frozenset[str]
    """Every name that the query gives to a column anywhere."""

    def of(self, tree: Any, table: str, known: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Those in a part of it. `table`: whose a bare name is; `known`: names that are made where the part stands."""
        if isinstance(tree, list):
            for one in tree:
                yield from self.of(one, table, known)
        elif not isinstance(tree, dict):
            return
        elif tree.get("class") == "COLUMN_REF":
            first, *more = tree["column_names"]
            if not more and first.casefold() not in known:
                yield table, first
            elif more and (of := self.of_alias.get(first.casefold())) is not None:
                yield of, more[0]
        elif tree.get("class") == "LAMBDA":
            own = {n.casefold() for part in _parts(tree["lhs"]) for n in part.get("column_names") or ()}
            yield from self.of(tree["expr"], table, known | own)
        elif "select_list" in tree:
            yield from self._of_select(tree, table, known)
        else:
            for value in tree.values():
                yield from self.of(value, table, known)

    def _of_select(self, tree: dict, table: str, known: frozenset[str]) -> Iterator[tuple[str, str]]:
        """A name stands for what was made before it: in FROM, in an earlier item of the list; else for a table's."""
        source = tree.get("from_table")
        here = list(self._tables(source))
        bare = bool(here) and all(here)
        table = ROWS if ROWS in here else next(filter(None, here), table)
        known = known if bare else known | self.made
        yield from self.of(tree.get("cte_map"), ROWS, frozenset())
        yield from self.of(source, table, known)
        said = known
        for item in tree["select_list"]:
            yield from self.of(item, table, said)
            said |= {item["alias"].casefold()} if item.get("alias") else frozenset()
        rest = {
            name: part for name, part in tree.items() if name not in ("from_table", "cte_map", "select_list")
        }
        yield from self.of(rest, table, said)

    def _tables(self, source: Any) -> Iterator[str | None]:
        """The given tables that a FROM reads; None for whatever else it reads."""
        if not isinstance(source, dict) or source.get("type") == "EMPTY":
            return
        if source.get("type") == "JOIN":
            yield from self._tables(source["left"])
            yield from self._tables(source["right"])
        elif source.get("type") == "BASE_TABLE":
            yield self.of_alias.get((source["alias"] or source["table_name"]).casefold())
        else:
            yield None
