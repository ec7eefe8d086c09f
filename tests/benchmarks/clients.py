"""Many clients to run: companies of the demo's kind, each with exports of its own, by a seed of its own.

`python tests/benchmarks/clients.py FOLDER 100` writes params/ and exports/ of c001 to c100.
"""

from __future__ import annotations

import os
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from msp_report import demo
from msp_report.workspace import PROJECT


def make(root: Path, count: int, first: str = "2026-09", last: str = "2026-10") -> list[str]:
    """Write the params and the exports of so many clients for some months; gives their names."""
    names = [f"c{number:03d}" for number in range(1, count + 1)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(partial(_client, root, first=first, last=last), names))
    return names


def _client(root: Path, name: str, first: str, last: str) -> None:
    made = demo.generate(root / ".made" / name, seed=int(name[1:]), first=first, last=last)
    (root / "exports").mkdir(exist_ok=True)
    shutil.move(made, root / "exports" / name)
    shutil.copytree(
        PROJECT / "params" / "demo",
        root / "params" / name,
        ignore=shutil.ignore_patterns("*.key", "selftest"),
    )
    contract = root / "params" / name / "contract.yaml"
    text = contract.read_text(encoding="utf-8").replace(
        "Harrow & Finch Ltd (invented)", f"Company {name[1:]}", 1
    )
    contract.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
