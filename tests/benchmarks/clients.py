"""Many clients to run: companies of the demo's kind, each with exports of its own, by a seed of its own.

`python tests/benchmarks/clients.py FOLDER 100` writes params/ and exports/ of c001 to c100. Not all are alike: of ten
clients three have the few tables that a first pack is made of, and one has tickets that cannot be read.
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

#: The tables of a small client.
FEW = ("tickets", "ticket_events", "outages", "backup_jobs", "assets", "surveys")


def make(root: Path, count: int, first: str = "2026-09", last: str = "2026-10") -> list[str]:
    """Write the params and the exports of so many clients for some months; gives their names."""
    names = [f"c{number:03d}" for number in range(1, count + 1)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(partial(_client, root, first=first, last=last), names))
    return names


def is_small(name: str) -> bool:
    """Whether a client has few tables."""
    return int(name[1:]) % 10 in (2, 5, 8)


def is_bad(name: str) -> bool:
    """Whether a client's last month cannot be read."""
    return int(name[1:]) % 10 == 4


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
    (contract.parent / "pseudonyms.key").write_text(f"{int(name[1:]):064x}\n", encoding="ascii")
    if is_small(name):
        for path in (root / "exports" / name).glob("20*/*"):
            if not path.name.startswith(FEW):
                path.unlink()
    if is_bad(name):
        (root / "exports" / name / last / "tickets.csv").write_text("what\n1\n", encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
