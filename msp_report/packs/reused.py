"""Reports that need not be made anew: what they read is what it was, as seen when they were made.

Beside each executed notebook of a month lies what it read (model/reads) and a hash of what that was. A report is taken
over where its notebook, the code that it can reach, the libraries and every hash are the same; so a change remakes what
depends on it, and a run that was killed goes on with the reports that it had finished. In doubt a report is made.

What was made while something changed is not to be trusted: the results of a run count when it ends with the exports,
params and program that it began with, or where these are the same again.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import pandas as pd

from msp_report.case import Case
from msp_report.model import reads
from msp_report.model.period import Month, Period
from msp_report.model.tables import TABLES
from msp_report.packs import history, scraps, stale, unchanged
from msp_report.system.content import Contents, digest, put

if TYPE_CHECKING:
    from msp_report.packs.pack import Notebook

FOLDER, TRACE, SURE = "reports", "trace.json", "sure.json"
#: So many runs are remembered as having ended well, and of so many months reports are kept.
_RUNS, _MONTHS = 100, 26
_PACKAGE = Path(__file__).resolve().parents[1]
#: What of a pack no later one reads.
_NOT_READ = frozenset({"html", "notebooks", "lines", "manifest.json", "letters", "params"})
#: The tables that are joined by the numbers of tickets.
_OF_TICKETS = ("ticket_events", "time_entries")


class Kept:
    """The results of a client's reports, as one run takes them over and adds to them."""

    def __init__(
        self, case: Case, inputs: Mapping[str, str], contents: Contents, again: bool = False
    ) -> None:
        """`inputs` as unchanged.inputs when the run begins; with `again` nothing is taken over."""
        self._home = case.workspace.output / case.client / unchanged.FOLDER / FOLDER
        self._inputs, self._again, self._run = dict(inputs), again, secrets.token_hex(8)
        self._contents, self._lock = contents, RLock()
        self._sure = _read(self._home / SURE, [])

    def of(self, case: Case, staging: Path) -> Reports:
        """Those of one month."""
        return Reports(self, case, staging)

    def is_sure(self, trace: Mapping[str, Any]) -> bool:
        """Whether what a trace says was read can be trusted."""
        return trace["run"] in self._sure or trace["inputs"] == self._inputs

    def end(self) -> None:
        """The run ends with the inputs with which it began: its results count."""
        self._home.mkdir(parents=True, exist_ok=True)
        put(self._home / SURE, json.dumps([*self._sure, self._run][-_RUNS:]))
        months = sorted(
            path for path in self._home.iterdir() if path.is_dir() and not path.name.startswith(".")
        )
        for path in months[:-_MONTHS]:
            shutil.rmtree(path, ignore_errors=True)


class Reports:
    """The reports of a month that is being made."""

    def __init__(self, kept: Kept, case: Case, staging: Path) -> None:
        self._kept, self._case, self._staging = kept, case, staging
        self._home = kept._home / str(case.period)
        self._known: dict[reads.Key, str] = {}

    def take(self, notebook: Notebook, before: Sequence[Notebook]) -> bool:
        """Put the report of an earlier run into the pack, where this one would make the same; `before` are the
        notebooks of the pack that it may read from. Whether it was there."""
        folder = self._home / notebook.path.stem
        trace = _read(folder / TRACE, None)
        if self._kept._again or trace is None:
            return False
        try:
            with self._kept._lock:
                is_same = (
                    self._kept.is_sure(trace)
                    and trace["made_by"] == self._made_by(notebook)
                    and all(self._value(tuple(key), before) == value for key, value in trace["read"])
                )
                if is_same:
                    self._keep_trace(folder, {**trace, "run": self._kept._run, "inputs": self._kept._inputs})
        except (OSError, ValueError, LookupError, TypeError):
            return False
        if is_same:
            for name in trace["folders"]:
                (self._staging / name).mkdir(parents=True, exist_ok=True)
            for name in trace["files"]:
                (self._staging / name).parent.mkdir(parents=True, exist_ok=True)
                _link(folder / name, self._staging / name)
        return is_same

    def keep(self, notebook: Notebook, before: Sequence[Notebook], told: Path) -> None:
        """Keep a report that was made, with what it read: `told` is what its kernel wrote when it ended."""
        read = _read(told, None)
        if read is None or any(key[0] == reads.DOUBT for key in read):
            return
        wrote = [key[1] for key in read if key[0] == reads.WROTE]
        paths = [self._staging / "notebooks" / notebook.path.name]
        paths += [
            path for name in wrote for path in sorted((self._staging / name).rglob("*")) if path.is_file()
        ]
        made = self._home / f".{notebook.path.stem}.{secrets.token_hex(4)}"
        try:
            with self._kept._lock:
                values = [(key, self._value(tuple(key), before)) for key in read if key[0] != reads.WROTE]
                names = [path.relative_to(self._staging).as_posix() for path in paths]
                trace = {
                    "run": self._kept._run,
                    "inputs": self._kept._inputs,
                    "made_by": self._made_by(notebook),
                }
                for name, path in zip(names, paths, strict=True):
                    (made / name).parent.mkdir(parents=True, exist_ok=True)
                    _link(path, made / name)
                self._keep_trace(made, {**trace, "read": values, "files": names, "folders": wrote})
                shutil.rmtree(self._home / notebook.path.stem, ignore_errors=True)
                os.replace(made, self._home / notebook.path.stem)
        except (OSError, LookupError, ValueError, TypeError):
            return
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def _keep_trace(self, folder: Path, trace: Mapping[str, Any]) -> None:
        put(folder / TRACE, json.dumps(trace))

    def _made_by(self, notebook: Notebook) -> list[str]:
        own = hashlib.sha256(notebook.path.read_bytes()).hexdigest()
        who = f"{self._case.client} {self._case.period} {self._case.agreed.client.model_dump_json()}"
        return [
            own,
            code(notebook.path),
            self._kept._inputs["libraries"],
            self._kept._inputs["settings"],
            digest(who),
        ]

    def _value(self, key: reads.Key, before: Sequence[Notebook]) -> str:
        """A hash of what a key stands for now. Raises LookupError for one that stands for nothing known."""
        if key == ("this pack",):
            return self._this_pack(before)
        if key not in self._known:
            self._known[key] = self._looked_up(key)
        return self._known[key]

    def _looked_up(self, key: reads.Key) -> str:
        case = self._case
        match key:
            case ("table", name):
                return self._table(name)
            case ("case", period, name):
                return _hash(getattr(case.at(Period.parse(period)), name))
            case ("answer", period, "month_before"):
                return _hash(case.at(Period.parse(period)).month_before() is None)
            case ("answer", period, "restatements"):
                return _hash(case.at(Period.parse(period)).restatements())
            case ("answer", period, "lacking", month):
                return _hash(case.at(Period.parse(period)).lacking(Month.parse(month)))
            case ("people",):
                return _hash([case._pseudonyms, case._roles, case.agreed.privacy.people])
            case ("Contract", name):
                return _hash([[str(on), _field(one, name)] for on, one in case.agreed.versions])
            case ("Strategy", name):
                return _hash(_field(case.strategy, name))
            case ("Sources", name):
                return _hash(_field(case.sources, name))
            case ("earlier packs",):
                return self._packs(lambda month: month < case.period.first)
            case ("published",):
                return _hash(stale.published(case, case.workspace.pack(case.client, case.period)))
            case reads.EVERYTHING:
                return self._everything()
        raise LookupError(key)

    def _table(self, name: str) -> str:
        """All that is known of a table and of those that it is read with: rows, lines, rejects and what files say."""
        case, parts = self._case, []
        together = {name, *TABLES[name].with_, *(("tickets",) if name in _OF_TICKETS else ())}
        months = [*case.months, *case.later_months]
        parts.append(
            [
                str(months),
                str(case.exported),
                str({one: case.withheld.get(one, "") for one in sorted(together)}),
            ]
        )
        for one in sorted(together):
            parts.append(
                [
                    one,
                    str(case.sources.due(one)),
                    [str(case.sources.ended(one, month.first_on)) for month in months],
                ]
            )
            parts.append([entry.model_dump(mode="json") for entry in case.sources.tables.get(one, ())])
            for month in months:
                told, folder = case._told(month), case._folder(month)
                if told is None or folder is None:
                    parts.append([str(month), None])
                    continue
                files = [entry for entry in told["files"] if entry["table"] == one]
                places = [folder / kind / f"{one}.parquet" for kind in ("tables", "lines", "rejects")]
                held = [self._kept._contents.of(path) if path.exists() else "" for path in places]
                parts.append([str(month), told["tables"].get(one), files, held])
        return _hash(parts)

    def _this_pack(self, before: Sequence[Notebook]) -> str:
        parts = []
        for notebook in before:
            record = scraps._glued(self._staging / "notebooks" / notebook.path.name)
            folder = self._staging / "records" / (record or {}).get("report", "")
            parts.append([notebook.path.name, record, self._kept._contents.tree(folder) if record else ""])
        return _hash(parts)

    def _packs(self, is_meant: Any) -> str:
        """What was published for some months."""
        case, parts = self._case, []
        for folder in sorted((case.workspace.output / case.client).glob("????-??")):
            with suppress(ValueError):
                month = Month.parse(folder.name)
                if is_meant(month):
                    parts.append(
                        [
                            str(month),
                            self._kept._contents.tree(folder, _NOT_READ),
                            *history._month(case, month),
                        ]
                    )
        return _hash(parts)

    def _everything(self) -> str:
        case, inputs = self._case, self._kept._inputs
        told = unchanged.outputs(case.workspace, case.client, self._kept._contents)
        told.pop(str(case.period), None)
        return _hash([told, {name: inputs[name] for name in ("params", "exports")}])


# ---------------------------------------------------------------- code


def code(notebook: Path) -> str:
    """A hash of all code of the package that a notebook can reach, and of what the package reads beside it.

    Raises ValueError where a notebook may read or import what nobody sees.
    """
    files = _sources()
    source = "\n".join(_cells(notebook))
    _refuse_unseen(source)
    names = _reached(_imports(source, "", frozenset(files)), frozenset(files))
    return digest("".join(f"{files[name]}  {name}\n" for name in sorted(names)) + _data())


#: The libraries that a notebook may import and still be seen through: they read nothing unless they are asked to.
_SEEN_THROUGH = frozenset(("datetime", "math", "numpy", "pandas", "re", "msp_report"))

#: What reads a file past Python's own `open`, or what nobody can follow.
_READING = re.compile(r"read_.*|load.*|from_?file|genfromtxt|memmap|open|query|eval|_.*")
_BUILT_IN = frozenset(("open", "exec", "eval", "compile", "getattr", "vars", "globals", "locals", "input"))


def _refuse_unseen(source: str) -> None:
    """Raises ValueError where code may read something past the case; SyntaxError, which is one, where it is none."""
    tree, ours = ast.parse(source), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            roots = (
                [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or "."]
            )
            if not {root.split(".")[0] for root in roots} <= _SEEN_THROUGH:
                raise ValueError(f"it imports {', '.join(roots)}")
            if roots[0].startswith("msp_report"):
                ours |= {alias.asname or alias.name for alias in node.names}
    for node in ast.walk(tree):
        is_ours = (
            isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ours
        )
        if isinstance(node, ast.Attribute) and not is_ours and _READING.fullmatch(node.attr):
            raise ValueError(f"it uses {node.attr}")
        if isinstance(node, ast.Name) and (node.id in _BUILT_IN or node.id.startswith("__")):
            raise ValueError(f"it uses {node.id}")


def _cells(notebook: Path) -> Iterable[str]:
    told = json.loads(notebook.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in told["cells"] if cell["cell_type"] == "code"]


@cache
def _sources() -> dict[str, str]:
    """The hash of every module, by its dotted name."""
    return {_dotted(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in _PACKAGE.rglob("*.py")}


def _dotted(path: Path) -> str:
    parts = path.relative_to(_PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _data() -> str:
    """A hash of the package's files that are no code, but for what pages alone are made with."""
    paths = (path for path in _PACKAGE.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc"))
    named = {path.relative_to(_PACKAGE).as_posix(): path for path in paths}
    held = {
        name: path for name, path in named.items() if not name.startswith(("pages/template/", "shipped/"))
    }
    return digest(
        "".join(f"{hashlib.sha256(held[name].read_bytes()).hexdigest()}  {name}\n" for name in sorted(held))
    )


def _reached(names: set[str], known: frozenset[str]) -> set[str]:
    """Every module that some modules import, however far down, with the packages that hold them."""
    # every kernel is begun by these, and reads what they say of it
    begun_by = {f"msp_report.packs.{name}" for name in ("warm", "warming", "kernels")}
    seen, names = begun_by, set(names)
    while names:
        seen |= names
        names = {found for name in names for found in _imported(name, known)} - seen
    return seen


@cache
def _imported(name: str, known: frozenset[str]) -> frozenset[str]:
    path = _PACKAGE.parent.joinpath(*name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return frozenset(_imports(path.read_text(encoding="utf-8"), name, known))


#: How the package imports: absolutely, a line each, or names in brackets. What stands so in a text counts too.
_FROM = re.compile(r"^[ \t]*from[ \t]+(msp_report[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]*)", re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*import[ \t]+(msp_report[\w.]*)", re.MULTILINE)
#: What imports by a name that is made; `importlib.metadata` and `.util` tell of libraries.
_BY_NAME = re.compile(
    r"^[ \t]*(?:import|from)[ \t]+(?:importlib|pkgutil)\b(?!\.metadata|\.util)", re.MULTILINE
)


def _imports(source: str, own: str, known: Collection[str]) -> set[str]:
    """The modules of the package that a piece of code imports, wherever in it. One that imports by a name which it
    makes imports all that its package holds; where that says nothing, raises ValueError."""
    names = set(_IMPORT.findall(source))
    for module, given in _FROM.findall(source):
        names |= {module, *(f"{module}.{name}" for name in re.findall(r"\w+", given))}
    if _BY_NAME.search(source):
        if not own or not (_PACKAGE.parent.joinpath(*own.split(".")) / "__init__.py").is_file():
            raise ValueError(f"{own} imports what nobody can tell")
        names |= {name for name in known if name.startswith(f"{own}.")}
    whole = {".".join(name.split(".")[:end]) for name in names for end in range(1, name.count(".") + 2)}
    return whole & set(known)


# ---------------------------------------------------------------- what things hold


def _field(model: Any, name: str) -> Any:
    told = model.model_dump(mode="json")
    return told if name == "*" else told[name]


def _hash(told: Any) -> str:
    """A hash of plain values, of a frame by all that it holds."""
    if isinstance(told, pd.DataFrame):
        told = [told.dtypes.astype(str).to_dict(), told.to_csv()]
    return digest(repr(told))


def _read(path: Path, otherwise: Any) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return otherwise


def _link(source: Path, target: Path) -> None:
    """The same file under a second name, or a copy where that cannot be had."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
