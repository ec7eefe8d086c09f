"""Which code makes packs: one digest of the program's own files and notebooks, kept in every manifest."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from msp_report.workspace import PROJECT

_PACKAGE = Path(__file__).resolve().parents[1]
_KINDS = ("*.py", "*.yaml", "*.j2", "*.css", "*.json", "*.ipynb", "*.md")


@cache
def made_by() -> dict[str, str]:
    """The version of the package, and the SHA-256 of what `sha256sum` prints of its files, its notebooks and the rules,
    in the order of their names. The same code gives the same, wherever it lies."""
    found = {path.relative_to(_PACKAGE).as_posix(): path for kind in _KINDS for path in _PACKAGE.rglob(kind)}
    found = {name: path for name, path in found.items() if not name.startswith("shipped/")}
    found |= {
        f"notebooks/{path.parent.name}/{path.name}": path
        for path in (PROJECT / "notebooks").glob("*/*.ipynb")
    }
    found["rules.md"] = PROJECT / "docs" / "rules.md"
    lines = [
        f"{hashlib.sha256(found[name].read_bytes()).hexdigest()}  {name}\n"
        for name in sorted(found)
        if found[name].is_file()
    ]
    return {"version": version("msp-report"), "sha256": hashlib.sha256("".join(lines).encode()).hexdigest()}
