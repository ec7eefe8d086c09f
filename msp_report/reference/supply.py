"""What a report is made of: a bill of materials for whoever must know, and what each dependency costs.

    python -m msp_report.reference.supply bill     the bill on standard output (CycloneDX 1.6, JSON)
    python -m msp_report.reference.supply costs    docs/dependencies.md on standard output

The bill is of requirements.lock, as it applies to this machine, without what only the tests or JupyterLab need. The
same lock gives the same bytes. Format: https://cyclonedx.org/docs/1.6/json.
"""

from __future__ import annotations

import ast
import json
import re
import statistics
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from msp_report.environment import LOCK, PROJECT

_RUNS = 5
#: Where what is imported is not called as the package is.
_IMPORTED = {
    "beautifulsoup4": "bs4",
    "python-calamine": "python_calamine",
    "pyyaml": "yaml",
    "charset-normalizer": "charset_normalizer",
    "python-docx": "docx",
}

DOCUMENT = """\
# What each dependency costs

Made by `python -m msp_report.reference.supply costs > docs/dependencies.md`, on one machine. Sizes are those of the
installed files: of the package itself, of what would go if it alone were taken out (nothing else needs that), and of it
with everything that it brings. Times are those of importing what we import of it, in a process of its own, less the
{empty} ms that Python takes to begin: the median of {runs}.
[CONTRIBUTING.md](../CONTRIBUTING.md#dependencies-each-on-purpose) says what each spares us; `make bill` lists all
{count} packages (together {total} MB) and what installs the project, with version, licence and hashes.

| package | itself [MB] | would go with it [MB] | with all it brings [MB] | import [ms] |
|---|---:|---:|---:|---:|
{rows}
"""


@dataclass(frozen=True)
class Pin:
    """One line of a lock: a package in one version, and the hashes of the files that it may be installed from."""

    name: str
    version: str
    hashes: tuple[str, ...]
    applies: bool
    """Whether it does on this machine: its marker, where it has one."""


def pins(lock: Path = LOCK) -> list[Pin]:
    """The pins of a lock, in its order. Raises ValueError for one without a version or without a hash."""
    text = re.sub(r"\\\n", " ", lock.read_text(encoding="utf-8"))
    found = []
    for line in text.splitlines():
        if not line[:1].isalnum():
            continue
        said, *hashes = re.split(r"\s+--hash=sha256:", line.strip())
        wanted = Requirement(said)
        exact = [one.version for one in wanted.specifier if one.operator == "=="]
        if len(exact) != 1 or not hashes or not all(re.fullmatch("[0-9a-f]{64}", one) for one in hashes):
            raise ValueError(f"{lock.name}: {said}: a pin is one version with the SHA-256 of its files")
        applies = wanted.marker is None or wanted.marker.evaluate()
        found.append(Pin(canonicalize_name(wanted.name), exact[0], tuple(hashes), applies))
    return found


def wanted() -> list[str]:
    """The packages that pyproject.toml asks for by name, sorted."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    return sorted(canonicalize_name(Requirement(line).name) for line in project["dependencies"])


# ---------------------------------------------------------------- the bill


def bill() -> dict[str, Any]:
    """The bill of materials. Raises PackageNotFoundError where the environment lacks what the lock names."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    own = f"pkg:pypi/{project['name']}@{project['version']}"
    parts = [pin for pin in pins() if pin.applies]
    known = {pin.name: _address(pin) for pin in parts}
    needs = {own: wanted()} | {known[pin.name]: sorted(_asks(pin.name)) for pin in parts}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": project["name"],
                "version": project["version"],
                "purl": own,
                "licenses": [{"license": {"id": project["license"]}}],
            }
        },
        "components": [_component(pin) for pin in parts],
        "dependencies": [
            {"ref": ref, "dependsOn": [known[name] for name in names if name in known]}
            for ref, names in needs.items()
        ],
    }


def _address(pin: Pin) -> str:
    return f"pkg:pypi/{pin.name}@{pin.version}"


def _component(pin: Pin) -> dict[str, Any]:
    address = _address(pin)
    files = {"type": "distribution", "url": f"https://pypi.org/project/{pin.name}/{pin.version}/#files"}
    licence = _licence(metadata.metadata(pin.name))
    return {
        "type": "library",
        "bom-ref": address,
        "name": pin.name,
        "version": pin.version,
        "purl": address,
        **({"licenses": [licence]} if licence else {}),
        "externalReferences": [
            {**files, "hashes": [{"alg": "SHA-256", "content": one} for one in pin.hashes]},
        ],
    }


def _licence(told: metadata.PackageMetadata) -> dict[str, Any] | None:
    """What a package says of its licence: an expression, else a name of one line, else what it is classed under."""
    if expression := told.get("License-Expression"):
        return {"expression": expression}
    classed = [
        name.split(" :: ")[-1] for name in told.get_all("Classifier") or [] if name.startswith("License ::")
    ]
    named = (told.get("License") or "").strip()
    short = named if named != "UNKNOWN" and "\n" not in named and len(named) < 80 else ""
    name = short or ", ".join(classed)
    return {"license": {"name": name}} if name else None


# ---------------------------------------------------------------- what each costs


def costs() -> str:
    """The document of what each dependency costs, measured now."""
    direct, used = wanted(), _used()
    brought = {name: _brings(name) for name in direct}
    empty = _import_ms("sys")
    rows = []
    for name in direct:
        others = set().union(*(brought[other] for other in direct if other != name))
        sizes = [_size_mb(names) for names in ({name}, brought[name] - others, brought[name])]
        top = _IMPORTED.get(name, name.replace("-", "_"))
        took = max(_import_ms(", ".join(sorted(used.get(top, {top})))) - empty, 0)
        rows.append((sizes[-1], f"| {name} | {' | '.join(f'{size:.1f}' for size in sizes)} | {took:.0f} |"))
    everything = set().union(*brought.values())
    rows.sort(key=lambda row: -row[0])
    return DOCUMENT.format(
        runs=_RUNS,
        empty=f"{empty:.0f}",
        count=len(everything),
        total=f"{_size_mb(everything):.0f}",
        rows="\n".join(text for _, text in rows),
    )


def _used() -> dict[str, set[str]]:
    """The modules that the package imports, by the first part of their names."""
    found: dict[str, set[str]] = {}
    for path in (PROJECT.parent / "msp_report").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names = [node.module]
            for name in names:
                found.setdefault(name.partition(".")[0], set()).add(name)
    return found


@cache
def _asks(name: str, extra: str = "") -> frozenset[str]:
    """The packages that one, or an extra of it, asks for on this machine; with those of the extras that it asks for."""
    found: set[str] = set()
    for line in map(Requirement, metadata.requires(name) or []):
        if line.marker and not line.marker.evaluate({"extra": extra}):
            continue
        asked = canonicalize_name(line.name)
        found |= {asked}.union(*(_asks(asked, one) for one in line.extras))
    return frozenset(found)


def _brings(name: str) -> set[str]:
    """A package and all that it needs."""
    found, open_ = set(), [name]
    while open_:
        one = open_.pop()
        if one not in found:
            found.add(one)
            open_ += _asks(one)
    return found


def _size_mb(names: Iterable[str]) -> float:
    return sum(sum(_sizes(name)) for name in names) / 1e6


def _sizes(name: str) -> Iterator[int]:
    for file in metadata.files(name) or []:
        path = Path(str(file.locate()))
        if path.suffix != ".pyc" and path.is_file():
            yield path.stat().st_size


def _import_ms(module: str) -> float:
    times = []
    for _ in range(_RUNS):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True, capture_output=True)
        times.append(1000 * (time.perf_counter() - begun))
    return statistics.median(times)


if __name__ == "__main__":
    chosen = {"bill": lambda: json.dumps(bill(), indent=1) + "\n", "costs": costs}
    if sys.argv[1:] not in ([name] for name in chosen):
        sys.exit("one of: bill, costs")
    sys.stdout.write(chosen[sys.argv[1]]())
