"""The house as CONTRIBUTING describes it: who may import whom, one truth for the pins, nothing left lying about."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from msp_report import environment

ROOT = environment.ROOT
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = {file.stem: file.read_text(encoding="utf-8") for file in environment.locks(set(environment.EXTRAS))}
GROUPS = PROJECT["dependency-groups"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
VERBS = [
    "monthly",
    "daily",
    "annual",
    "check",
    "lab",
    "pdf",
    "mail",
    "test",
    "long",
    "quick",
    "live",
    "bench",
    "abuse",
    "bill",
    "env",
    "help",
]


# Who may import whom


def modules(folder: str) -> dict[str, Path]:
    """Dotted name → file, of every module under a folder of the project."""
    found = {}
    for file in sorted((ROOT / folder).rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


PACKAGE = modules("msp_report")


def imports(source: str) -> set[str]:
    """The dotted names that a piece of code imports, wherever in it; `from a import b` is a.b where b is a module."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= (whole & PACKAGE.keys()) or {node.module}
    return names


@cache
def imported(module: str) -> set[str]:
    """What a module of the package imports; looked up when a test asks, for every worker collects this file."""
    return imports(PACKAGE[module].read_text(encoding="utf-8"))


def of(room: str) -> set[str]:
    """The modules of a room of the package."""
    return {name for name in PACKAGE if f"{name}.".startswith(f"msp_report.{room}.")}


def own(names: set[str]) -> set[str]:
    """Which rooms of the package are among imported names."""
    return {name.split(".")[1] for name in names if name.startswith("msp_report.")}


def foreign(names: set[str]) -> set[str]:
    """Which libraries, ours and Python's own left out, are among imported names."""
    return {name.split(".")[0] for name in names} - sys.stdlib_module_names - {"msp_report"}


def reached(names: set[str]) -> set[str]:
    """Every module of the package that these modules import, however far down."""
    seen: set[str] = set()
    while names:
        seen |= names
        names = {found for name in names for found in imported(name) if found in PACKAGE} - seen
    return seen


#: The rooms in order, and which of the others each may import. What is not listed here sees all.
ROOMS = {
    "model": set(),
    "params": {"model"},
    "system": {"model"},
    "live": {"model", "params"},
    "store": {"model", "params", "system", "live"},
    "intake": {"model", "params", "system", "live"},
    "metrics": {"model", "params"},
    "words": {"model", "params"},
    "workspace": {"model", "params", "demo", "system"},
    "ledger": {"model", "workspace"},
    "case": {"model", "params", "intake", "workspace", "system", "ledger", "store"},
    "pages": {"model", "params", "words", "workspace", "case"},
    "demo": {"model"},
    "start": {"model", "params", "intake", "workspace", "system", "case", "live", "store"},
}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_sees_only_those_below_it(room):
    assert of(room)
    for module in sorted(of(room)):
        assert own(imported(module)) <= {room, *ROOMS[room]}, module


@pytest.mark.parametrize("module", sorted(of("metrics") | of("model")))
def test_metrics_are_pure(module):
    """They see numbers and rules: no file, no network, no page, no library but those that calculate."""
    doing = {
        "io",
        "os",
        "pathlib",
        "shutil",
        "subprocess",
        "socket",
        "sqlite3",
        "sys",
        "time",
        "urllib",
        "logging",
    }
    calculating = {"pandas", "numpy", "pyarrow", "scipy", "rapidfuzz", "statsmodels", "holidays"}
    if module == "msp_report.metrics.capacity":
        calculating.add("duckdb")  # samples are too many to load: they are aggregated where they lie
    if module == "msp_report.model.zones":
        calculating.add("tzdata")  # the rules of time zones, and their version
    assert foreign(imported(module)) <= calculating
    assert not {name.split(".")[0] for name in imported(module)} & doing


def test_no_database_draws_on_the_terminal_or_asks_where_the_machine_stands():
    """DuckDB draws a bar where a query takes long: on standard output, where only the path of a page may stand. It
    writes instants in the machine's zone."""
    for module, file in PACKAGE.items():
        lines = file.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if "duckdb.connect(" in line:
                after = "".join(lines[number : number + 5])
                assert "disable_progress_bar" in after and "SET TimeZone = 'UTC'" in after, module


def test_no_module_defines_a_name_twice():
    """The second function of a name takes the place of the first, also for whoever meant the first."""
    for module, file in PACKAGE.items():
        body = ast.parse(file.read_text(encoding="utf-8")).body
        names = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        assert len(names) == len({*names}), (
            module,
            sorted({name for name in names if names.count(name) > 1}),
        )


def test_no_two_metrics_answer_one_question_privately():
    """What several metrics ask is answered once, in model: a private name stands in one metrics file only."""
    seen: dict[str, set[str]] = {}
    for module in of("metrics"):
        for node in ast.parse(PACKAGE[module].read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name.startswith("_"):
                seen.setdefault(node.name, set()).add(module)
    assert not {name: sorted(modules) for name, modules in seen.items() if len(modules) > 1}


@pytest.mark.parametrize(
    ("library", "module"),
    [
        ("seaborn", "pages.charts"),
        ("papermill", "packs.pack"),
        ("nbconvert", "pages.publish"),
        ("bs4", "pages.whole"),
        ("scrapbook", "packs.scraps"),
        ("docx", "pages.document"),
        ("sqlalchemy", "live.sql"),
        ("distributed", "portfolio.cluster"),
        ("s3fs", "store.s3"),
        ("paramiko", "store.sftp"),
    ],
)
def test_one_module_alone_imports(library, module):
    assert {name for name in PACKAGE if library in foreign(imported(name))} == {f"msp_report.{module}"}


def test_what_builds_the_environment_needs_nothing_installed():
    """Nor a new Python, to say that it is too old; `packaging` it imports only where a lock may be satisfied."""
    for module in ("msp_report", environment.__name__):
        ast.parse(PACKAGE[module].read_text(encoding="utf-8"), feature_version=(3, 7))
        assert not own(imported(module))
    bare = [sys.executable, "-S", "-c", f"import {environment.__name__}"]
    assert subprocess.run(bare, cwd=ROOT, capture_output=True, check=False).returncode == 0


def test_to_import_the_package_changes_nothing():
    """Whoever imports msp_report keeps their process as it was; only the fork server makes itself warm."""
    look = "import sys; before = set(sys.modules); import msp_report; print(*set(sys.modules) - before)"
    said = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["msp_report"]
    assert not {name for name in PACKAGE if "msp_report.packs.warm" in imported(name)}


def declared(*groups: str) -> dict[str, Requirement]:
    """Canonical name → requirement, of the dependencies and of the named groups."""
    lines = PROJECT["project"]["dependencies"] + [line for group in groups for line in GROUPS[group]]
    return {canonicalize_name(one.name): one for one in map(Requirement, lines)}


def undeclared(libraries: set[str], known: dict[str, Requirement]) -> set[str]:
    """Imported libraries that come from no declared distribution."""
    made_by = packages_distributions()
    return {x for x in libraries if not {canonicalize_name(d) for d in made_by.get(x, [])} & known.keys()}


def test_every_library_imported_is_declared():
    """What an extra brings may not be there: it is imported where it is asked for, and declared with the extra."""
    of_extras = dict.fromkeys(("botocore", "paramiko", "s3fs", "sqlalchemy"), "live") | {
        "distributed": "cluster"
    }
    assert not undeclared(
        set().union(*(foreign(imported(name)) for name in PACKAGE)) - of_extras.keys(), declared()
    )
    assert all(canonicalize_name(library) in declared(extra) for library, extra in of_extras.items())


def test_every_library_imported_by_the_tests_is_declared():
    here = {name for name in modules("tests") if "." in name}
    sources = (file.read_text(encoding="utf-8") for file in modules("tests").values())
    libraries = set().union(*(foreign(imports(source)) for source in sources))
    libraries -= {"tests", "conftest"} | {name.split(".")[-1] for name in here}
    at_will = {"atheris"}  # 62 MB, for Linux alone: tests/abuse/test_guided.py is skipped without it
    assert not undeclared(libraries - at_will, declared("test"))


# One truth for the pins


def pins(lock: str) -> dict[str, list[Requirement]]:
    """Canonical name → its pins in a lock; a package may have one for each range of Python versions."""
    found: dict[str, list[Requirement]] = {}
    for line in re.findall(r"^\w.*", LOCKS[lock], re.MULTILINE):
        pin = Requirement(line.rstrip(" \\"))
        found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found


@pytest.mark.parametrize(
    ("lock", "groups"),
    [
        ("requirements", ["build"]),
        *((f"requirements-{extra}", ["build", extra]) for extra in environment.EXTRAS),
    ],
)
def test_the_locks_pin_everything_within_its_range(lock, groups):
    """A lock of an extra holds what it adds, and only together with the first one all that is needed."""
    found = pins("requirements") | pins(lock)
    for name, wanted in declared(*groups).items():
        assert name in found, f"{name} is not in {lock}.lock: lock again (its first lines say how)"
        for pin in found[name]:
            version = str(pin.specifier).removeprefix("==")
            assert wanted.specifier.contains(version, prereleases=True), (
                f"{pin} is outside {wanted}: lock again"
            )


@pytest.mark.parametrize("extra", environment.EXTRAS)
def test_the_locks_agree(extra):
    first, added = pins("requirements"), pins(f"requirements-{extra}")
    both = first.keys() & added.keys()
    assert both
    assert {n: {str(p.specifier) for p in added[n]} for n in both} == {
        n: {str(p.specifier) for p in first[n]} for n in both
    }, (
        f"requirements-{extra}.lock pins other versions than requirements.lock: lock again, the first one first"
    )


def test_each_extra_is_a_group_with_a_lock():
    assert {"build", *environment.EXTRAS} == GROUPS.keys()
    assert {file.stem for file in ROOT.glob("requirements*.lock")} == LOCKS.keys()


def test_a_report_needs_nothing_of_the_tests_or_the_lab():
    """What only some verbs need is not in the lock that every run installs."""
    added = {
        canonicalize_name(Requirement(line).name) for extra in environment.EXTRAS for line in GROUPS[extra]
    }
    assert not added & pins("requirements").keys()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_address(lock):
    blocks = re.split(r"^(?=\w)", LOCKS[lock], flags=re.MULTILINE)[1:]
    assert blocks
    for block in blocks:
        assert re.match(r"\S+==\S+ ", block), block.splitlines()[0]
        assert "--hash=sha256:" in block, block.splitlines()[0]
    assert "://" not in LOCKS[lock]


def test_the_tool_that_installs_the_project_is_pinned():
    assert PROJECT["build-system"]["requires"] == GROUPS["build"]


def test_one_oldest_python():
    oldest = ".".join(map(str, environment.OLDEST))
    assert PROJECT["project"]["requires-python"] == f">={oldest}"
    assert all(f"--python-version {oldest} " in lock for lock in LOCKS.values())
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"


def test_conda_users_get_the_same_pins():
    """environment.yml names Python and reads everything else from the lock, so there is nothing to drift."""
    *conda, pip = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    assert pip == {"pip": ["-r requirements.lock"]}
    named = {Requirement(line).name: Requirement(line).specifier for line in conda}
    assert named == {"python": SpecifierSet(PROJECT["project"]["requires-python"]), "pip": SpecifierSet()}


# The verbs


def test_every_verb_says_what_it_does():
    rules = dict(re.findall(r"^([a-z]+):(.*)", MAKEFILE, re.MULTILINE))
    assert sorted(rules) == sorted(VERBS)
    assert all(re.search(r"## \w", rest) for rest in rules.values())
    (phony,) = re.findall(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE)
    assert phony.split() == VERBS


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make on this machine")
@pytest.mark.parametrize("arguments", [["help"], []])
def test_make_help_lists_every_verb(arguments):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    said = subprocess.run(
        ["make", "-C", ROOT, *arguments], env=clean, capture_output=True, text=True, check=True
    )
    assert re.findall(r"^make (\w+) +\S", said.stdout, re.MULTILINE) == VERBS


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make on this machine")
@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["monthly"], "monthly --client 'demo'"),
        (["monthly", "CLIENT=acme", "MONTH=2026-04"], "monthly --client 'acme' --month '2026-04'"),
        (["annual", "YEAR=2026"], "annual --client 'demo' --year '2026'"),
        (["check", "MONTH=2026-04"], "check --client 'demo' --month '2026-04'"),
        (["daily"], "daily --client 'demo'"),
        (["pdf", "MONTH=2026-04"], "pdf --client 'demo' --month '2026-04'"),
        (["daily", "PYTHON=python3.99"], "daily --client 'demo'"),
    ],
)
def test_make_passes_on_what_was_chosen(arguments, command):
    # The suite is itself started by make, whose variables would make this one speak as its child.
    clean = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("MAKE", "MFLAGS", "CLIENT", "MONTH", "YEAR", "PYTHON"))
    }
    said = subprocess.run(
        ["make", "-n", *arguments], cwd=ROOT, env=clean, capture_output=True, text=True, check=True
    )
    python = "python3.99 -m msp_report.environment"
    if "PYTHON=python3.99" not in arguments:
        python = "python3 -m msp_report.environment --fastest"
    assert said.stdout.split() == f"{python} python -m msp_report {command}".split()


# Nothing left lying about


def tracked() -> Iterator[Path]:
    """The files of the project, those not yet committed too, what is ignored left out."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("this is no git checkout, so there is no telling which files belong to it")
    listed = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout
    return (ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file())


def test_no_file_over_one_megabyte():
    assert not [str(file.relative_to(ROOT)) for file in tracked() if file.stat().st_size > 1_000_000]


def test_what_is_made_is_not_kept():
    made = re.compile(r"^(\.venv|exports|output)/|\.egg-info/|__pycache__/|\.ipynb_checkpoints/")
    files = {file.relative_to(ROOT).as_posix() for file in tracked()}
    assert "output/.gitkeep" in files
    assert not [name for name in files - {"output/.gitkeep"} if made.search(name)]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_notebooks_are_kept_without_outputs(file):
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    assert not [cell["source"] for cell in cells if cell.get("outputs") or cell.get("execution_count")]


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_notebooks_draw_and_record_through_the_package(file):
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    code = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    libraries = set().union(*(foreign(imports(source)) for source in code))
    assert libraries <= {"pandas", "numpy", "IPython"}


def test_which_tickets_stand_among_many_is_asked_of_arrow():
    """pandas' isin turns each of the others into a value by itself: of a million tickets ten seconds a time."""
    asking = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "msp_report").rglob("*.py")
        if re.search(r'\["ticket_id"\](, \w+\))?\.isin\(', path.read_text(encoding="utf-8"))
    ]
    assert not asking, "call model.texts.among"
