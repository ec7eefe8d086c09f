"""Forks: a pack's notebooks copied into the workspace, to be changed freely without touching the monthly run.

A fork lies in `<workspace>/forks/NAME/`: its notebooks, `fork.json`, which says what they were copied from, and
`.base/`, the same notebooks as they were copied. Against these a later version of msp_report is held: what it
changed in its own pack is told, and a name that the fork uses and that is no more is refused before anything runs.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
from rapidfuzz import process

from msp_report.model.errors import WrongUse
from msp_report.model.period import Month, Period
from msp_report.packs import pack
from msp_report.pages import publish
from msp_report.workspace import Workspace

FOLDER, FILE, BASE = "forks", "fork.json", ".base"
SCHEMA = 1
PACKAGE = Path(__file__).parent.parent
#: Packs that sum up monthly packs, so that those are made first.
OVER_MONTHS = ("annual",)
#: Names that lie, or may lie, beside a client's months in its output.
RESERVED = (
    "monthly",
    "annual",
    "daily",
    "pdf",
    "compare",
    "portfolio",
    "output",
    "params",
    "exports",
    FOLDER,
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
#: What names devices there, whatever follows a dot.
_OF_WINDOWS = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_WHERE = re.compile(r"^(a warning: )\S+:\d+: (?:\w+: )?")  # its file, which is one of the kernel's, and kind
_MAGIC = re.compile(r"^\s*[%!?]|\?\s*$")


class ForkRefused(WrongUse):
    """A fork cannot be made, found or run as it is; the text says why and what to do."""


@dataclass(frozen=True)
class Use:
    """One name of msp_report that a notebook's code uses, and where first."""

    name: str
    """Dotted: `msp_report.pages.charts.trend`."""
    file: str
    cell: int


@dataclass(frozen=True)
class Fork:
    """A folder of notebooks and what it was copied from."""

    name: str
    folder: Path
    pack: str
    version: str
    """Of msp_report, when it was copied."""
    notebooks: Mapping[str, str]
    """File name and sha256 of each notebook as it was copied."""
    surface: Mapping[str, str]
    """Every name of msp_report that they used, and the arguments of those that are called."""

    @property
    def files(self) -> list[Path]:
        """The fork's notebooks as they are now."""
        return sorted(self.folder.glob("*.ipynb"))


# ---------------------------------------------------------------- making and finding one


def make(name: str, shipped: str, workspace: Workspace) -> Path:
    """Copy a shipped pack's notebooks into the workspace under a name of their own; gives the folder.

    Raises ForkRefused for a name that is taken, reserved or no name, and for an unknown pack.
    """
    source = _shipped(shipped)
    target = workspace.root / FOLDER / _checked(name)
    if os.path.lexists(target):
        raise ForkRefused(f"{target} is there already: choose another name, or remove it yourself")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=target.parent) as made:
        folder = Path(made) / target.name
        for into in (folder, folder / BASE):
            into.mkdir()
            for path in source:
                shutil.copyfile(path, into / path.name)
        uses = [use for path in source for use in names_used(path)]
        told = {
            "schema": SCHEMA,
            "pack": shipped,
            "msp_report": version("msp-report"),
            "notebooks": {path.name: _sha256(path) for path in source},
            "surface": {use.name: _arguments(use.name) for use in sorted(uses, key=lambda u: u.name)},
        }
        (folder / FILE).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        os.rename(folder, target)
    return target


def packs() -> list[str]:
    """The packs that msp_report ships."""
    return sorted(
        {path.parent.name for path in pack.NOTEBOOKS.glob("*/*.ipynb")} - {pack.COMPARE, pack.PORTFOLIO}
    )


def find(name: str, workspace: Workspace) -> Fork:
    """The fork of a name. Raises ForkRefused, naming the nearest one."""
    base = workspace.root / FOLDER
    known = sorted(path.parent.name for path in base.glob(f"*/{FILE}"))
    if name not in known:
        if _NAME.fullmatch(name) and (base / name).is_dir():
            raise ForkRefused(f"{base / name} has no {FILE}: make a fork with msp-report fork PACK --as NAME")
        hint = _nearest(name, [*known, *packs()])
        raise ForkRefused(
            f"unknown fork {name!r}: " + (hint or f"{base} has {', '.join(known) or 'no fork'}")
        )
    path = base / name / FILE
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["schema"] != SCHEMA:
            raise ForkRefused(f"{path} was written by another version of msp_report: fork anew")
        fields = {key: dict(told[key]) for key in ("notebooks", "surface")}
        return Fork(name, path.parent, str(told["pack"]), str(told["msp_report"]), **fields)
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, ForkRefused):
            raise
        raise ForkRefused(
            f"{path} cannot be read: put it back as it was, or fork anew and copy your notebooks over"
        ) from None


def _shipped(name: str) -> list[Path]:
    if name not in packs():
        hint = _nearest(name, packs()) or f"msp_report ships {', '.join(packs())}"
        raise ForkRefused(f"unknown pack {name!r}: {hint}")
    return sorted((pack.NOTEBOOKS / name).glob("*.ipynb"))


def _checked(name: str) -> str:
    check_name(name)
    if name.casefold() in {*RESERVED, *packs()} or _is_period(name):
        raise ForkRefused(
            f"{name!r} is a name that msp_report uses itself: choose another, such as my-{name}"
        )
    return name


def check_name(name: str) -> None:
    """Raises ForkRefused for what can be no fork's name, such as a path."""
    if not _NAME.fullmatch(name) or _OF_WINDOWS.fullmatch(name):
        raise ForkRefused(
            f"{name!r} is no name for a fork: use up to 64 letters, digits, dots and dashes, a letter or digit first, "
            "and no name of a device such as CON"
        )


def _is_period(name: str) -> bool:
    try:
        Period.parse(name)
    except ValueError:
        return False
    return True


def _nearest(name: str, known: list[str]) -> str:
    match = process.extractOne(name, known, processor=str.casefold, score_cutoff=60)
    return f"did you mean {match[0]!r}?" if match else ""


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# ---------------------------------------------------------------- running one


def run(name: str, client: str, period: str, workspace: Workspace, say: pack.Say = lambda text: None) -> Path:
    """Run a fork over a client's period and publish it as `output/<client>/<name>/<period>`; gives the folder.

    What msp_report changed since the fork is told through `say`. A fork of the annual pack has the monthly packs
    made that its period lacks, and months without exports are named. The name of a shipped pack, monthly or
    annual, runs that pack as its own verb does. Raises ForkRefused, and what `pack.run_folder` raises.
    """
    if name == "monthly":
        return pack.run_month(client, str(Month.parse(period)) if period else "", workspace, say=say)
    if name == "annual":
        return pack.run_year(client, period, workspace, say)
    fork = find(name, workspace)
    if missing := list(_missing(fork)):
        raise ForkRefused("\n".join(missing))
    for line in changes(fork):
        say(f"{name}: {line}")
    over_months = fork.pack in OVER_MONTHS
    published = pack.run_folder(
        client, period, workspace, fork.folder, name, say, over_months=over_months, strict=False
    )
    for line in _left_out(published):
        say(f"{client} {published.name}: {line}")
    return published


def _left_out(published: Path) -> Iterator[str]:
    """What pages leave out though it stands in the executed notebooks, such as warnings."""
    for path in sorted((published / "notebooks").glob("*.ipynb")):
        own = [cell for cell in _cells(path) if publish.INJECTED not in cell.metadata.get("tags", [])]
        for number, cell in enumerate(own, start=1):
            for what in filter(None, map(publish.left_out, cell.get("outputs", []))):
                said = _WHERE.sub(r"\1", what.partition("\n")[0])[:200]
                yield f"{path.name}, cell {number}: its page leaves out {said}"


# ---------------------------------------------------------------- what changed since


def changes(fork: Fork) -> list[str]:
    """What the installed msp_report changed since a fork was made, one sentence each; empty: nothing at all.

    Which shipped notebooks came, went or changed, and which functions that the fork uses take other arguments, in a
    way that a call may not fit any more.
    """
    now = version("msp-report")
    told = [*_shipped_changes(fork), *_other_arguments(fork)]
    if fork.version != now:
        same = "" if told else ", and nothing that it was made from has changed"
        figures = "figures whose meaning changed stand at the top of its CHANGELOG.md"
        told.insert(0, f"made with msp_report {fork.version}, running with {now}{same}; {figures}")
    if told:
        told.append(f"your notebooks are run as they are; msp-report fork --diff {fork.name} shows all of it")
    return told


def _shipped_changes(fork: Fork) -> Iterator[str]:
    if fork.pack not in packs():
        yield f"the pack {fork.pack}, from which it was made, is not shipped any more"
        return
    shipped = {path.name: path for path in _shipped(fork.pack)}
    for file in sorted({*shipped, *fork.notebooks}):
        if file not in fork.notebooks:
            yield f"{file} is new in the pack {fork.pack}"
        elif file not in shipped:
            yield f"{file} is not in the pack {fork.pack} any more"
        elif _sha256(shipped[file]) != fork.notebooks[file]:
            yield f"{file} of the pack {fork.pack} changed{_cells_changed(fork.folder / BASE / file, shipped[file])}"


def _cells_changed(before: Path, after: Path) -> str:
    """How many cells, in brackets; empty where the copy as it was is not there any more."""
    if not before.exists():
        return ""
    old, new = ({cell.id: cell.source for cell in _cells(path)} for path in (before, after))
    counts = {
        "changed": sum(old[key] != new[key] for key in old.keys() & new.keys()),
        "added": len(new.keys() - old.keys()),
        "removed": len(old.keys() - new.keys()),
    }
    words = [f"{count} {'cell' if count == 1 else 'cells'} {what}" for what, count in counts.items() if count]
    return f" ({', '.join(words)})" if words else " (in no cell's text)"


def _other_arguments(fork: Fork) -> Iterator[str]:
    for use in _used(fork):
        before, after = fork.surface.get(use.name, ""), _arguments(use.name)
        if before and after and not _still_fits(before, after):
            yield (
                f"{use.name} takes ({after}) now, it was ({before}): "
                f"see whether {use.file}, cell {use.cell}, still gives what it needs"
            )


def _still_fits(before: str, after: str) -> bool:
    """Whether every call that fitted some arguments fits the others too."""
    old, new = (ast.parse(f"def f({text}): ...").body[0].args for text in (before, after))
    places = [[arg.arg for arg in (*side.posonlyargs, *side.args)] for side in (old, new)]
    named = [
        {*place, *(arg.arg for arg in side.kwonlyargs)}
        for place, side in zip(places, (old, new), strict=True)
    ]
    kept = named[0] <= named[1] and places[1][: len(places[0])] == places[0]
    return (
        kept
        and not _required(new) - _required(old)
        and all(getattr(new, star) or not getattr(old, star) for star in ("vararg", "kwarg"))
    )


def _required(arguments: ast.arguments) -> set[str]:
    placed = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args)]
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    bare = {arg.arg for arg, default in named if default is None}
    return {*placed[: len(placed) - len(arguments.defaults)], *bare}


def _missing(fork: Fork) -> Iterator[str]:
    """A sentence for each name that the fork's notebooks use and this msp_report has not."""
    for use in _used(fork):
        if lacking := _lacking(use.name):
            parent, name, known = lacking
            was = f" any more (it was there in {fork.version})" if use.name in fork.surface else ""
            hint = _nearest(name, sorted(known)) or f"msp-report fork --diff {fork.name} shows what changed"
            yield f"{use.file}, cell {use.cell}: {parent} has no {name!r}{was}: {hint}"


def _used(fork: Fork) -> list[Use]:
    return list({use.name: use for path in reversed(fork.files) for use in names_used(path)}.values())


def diff(fork: Fork) -> str:
    """What the consultant and what msp_report changed since a fork was made, cell by cell, in two parts."""
    base = {file: fork.folder / BASE / file for file in fork.notebooks}
    mine = {path.name: path for path in fork.files}
    gone = fork.pack not in packs()
    shipped = {} if gone else {path.name: path for path in _shipped(fork.pack)}
    parts = [f"# Changed in {FOLDER}/{fork.name} since it was made", *_differences(base, mine)]
    parts += [f"# Changed in the pack {fork.pack} of msp_report since then", *_differences(base, shipped)]
    parts += ["# What it means for this fork", *(list(_missing(fork)) + changes(fork) or ["Nothing."])]
    return "\n".join(parts) + "\n"


def _differences(before: Mapping[str, Path], after: Mapping[str, Path]) -> list[str]:
    found: list[str] = []
    for file in sorted({*before, *after}):
        old, new = (_as_text(side.get(file)) for side in (before, after))
        found += difflib.unified_diff(old, new, file, file, lineterm="", n=2)
    return found or ["Nothing."]


def _as_text(path: Path | None) -> list[str]:
    """A notebook as lines of text, each cell under a line with its kind and id."""
    if path is None or not path.exists():
        return []
    return [
        line
        for cell in _cells(path)
        for line in (f"%% {cell.cell_type} {cell.get('id', '')}", *cell.source.splitlines())
    ]


def _cells(path: Path) -> list[Any]:
    try:
        return nbformat.read(str(path), as_version=4).cells
    except (ValueError, KeyError, AttributeError, TypeError):  # pack.discover says what is wrong with it
        return []


# ---------------------------------------------------------------- names, by reading the code alone


def names_used(path: Path) -> list[Use]:
    """Every name of msp_report that a notebook's code uses: what it imports, and attributes of what it imports.

    A name that the notebook also sets itself is not followed. Lines for IPython alone and cells that are no
    Python are passed over. Cells are counted from 1, those with text too, as JupyterLab shows them.
    """
    trees = [
        (number, tree)
        for number, cell in enumerate(_cells(path), start=1)
        if cell.cell_type == "code" and (tree := _parsed(cell.source))
    ]
    bound: dict[str, str] = {}
    for _, tree in trees:
        bound |= {local: name for local, name, _ in _imports(tree)}
    for _, tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                bound.pop(node.id, None)
    found: dict[str, Use] = {}
    for number, tree in trees:
        names = [whole for _, _, whole in _imports(tree)] + list(_attributes(tree, bound))
        for name in names:
            found.setdefault(name, Use(name, path.name, number))
    return list(found.values())


def _parsed(source: str) -> ast.Module | None:
    lines = ["" if _MAGIC.search(line) else line for line in source.splitlines()]
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError):
        return None


def _imports(tree: ast.AST) -> Iterator[tuple[str, str, str]]:
    """What is imported from msp_report: the local name, what it stands for, and the whole name that must be there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "msp_report":
                    yield (
                        alias.asname or "msp_report",
                        alias.name if alias.asname else "msp_report",
                        alias.name,
                    )
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "msp_report":
            for alias in node.names:
                whole = node.module if alias.name == "*" else f"{node.module}.{alias.name}"
                yield alias.asname or alias.name, whole, whole


def _attributes(tree: ast.AST, bound: Mapping[str, str]) -> Iterator[str]:
    for node in ast.walk(tree):
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if parts and isinstance(node, ast.Name) and node.id in bound:
            yield ".".join([bound[node.id], *parts])


def _lacking(name: str) -> tuple[str, str, set[str]] | None:
    """The part of a name that is not there: of what, its own name, and what there is; None where all is there."""
    found = _look_up(name)
    return found if isinstance(found, tuple) else None


def _arguments(name: str) -> str:
    """The arguments of a function, without their types; empty for all that is none."""
    found = _look_up(name)
    if not isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
        return ""
    arguments = ast.parse(ast.unparse(found)).body[0].args
    for node in ast.walk(arguments):
        if isinstance(node, ast.arg):
            node.annotation = None
    return ast.unparse(arguments)


def _look_up(name: str) -> ast.AST | tuple[str, str, set[str]] | None:
    """Where a dotted name is defined; None where that cannot be told by reading alone; a tuple if it is nowhere."""
    parts = name.split(".")
    module, rest = parts[0], parts[1:]
    while rest and _module_file(f"{module}.{rest[0]}"):
        module, rest = f"{module}.{rest[0]}", rest[1:]
    if not rest:
        return None
    defined = _defined(module)
    submodules = {path.stem for path in _folder(module).glob("*") if _module_file(f"{module}.{path.stem}")}
    if "*" not in defined and rest[0] not in defined:
        return module, rest[0], {*defined, *submodules}
    found = defined.get(rest[0])
    if len(rest) == 1:
        return found
    inside = _inside(module, found) if isinstance(found, ast.ClassDef) else None
    if inside is None or rest[1] in inside:
        return inside and inside[rest[1]]
    return f"{module}.{rest[0]}", rest[1], set(inside)


def _inside(module: str, found: ast.ClassDef) -> dict[str, ast.AST | None] | None:
    """What a class has, of its own and of the classes here that it is made from; None where it stands on others."""
    names = _names(found.body)
    for base in map(ast.unparse, found.bases):
        origin = _origins(module).get(base, f"{module}.{base}")
        defined = _look_up(origin)
        inherited = _inside(origin.rpartition(".")[0], defined) if isinstance(defined, ast.ClassDef) else None
        if inherited is None:
            return None
        names = inherited | names
    return names


def _folder(module: str) -> Path:
    return PACKAGE.joinpath(*module.split(".")[1:])


def _module_file(module: str) -> Path | None:
    base = _folder(module)
    return next((p for p in (base.with_name(f"{base.name}.py"), base / "__init__.py") if p.is_file()), None)


@cache
def _defined(module: str) -> dict[str, ast.AST | None]:
    path = _module_file(module)
    return _names(ast.parse(path.read_text(encoding="utf-8")).body) if path else {}


@cache
def _origins(module: str) -> dict[str, str]:
    """Name → where it is from, of what a module imports by name."""
    path = _module_file(module)
    nodes = ast.parse(path.read_text(encoding="utf-8")).body if path else []
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _names(body: list[ast.stmt]) -> dict[str, ast.AST | None]:
    """What some statements define, by name, without running them."""
    found: dict[str, ast.AST | None] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).split(".")[0]: None for alias in node.names}
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.For):
            found |= _names([*node.body, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])])
        else:
            stored = (n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
            found |= {n.id: None for n in stored}
    return found
