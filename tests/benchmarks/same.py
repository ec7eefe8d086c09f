"""Whether two packs hold the same figures, records and letters, byte by byte.

    python tests/benchmarks/same.py PACK PACK

lists what differs and ends with 1 where anything does. Pages are compared too where `--pages` is given; they bear
the time at which they were made in nothing, so that they differ only where what they show does.
"""

from __future__ import annotations

import sys
from pathlib import Path

PARTS = ("figures.json", "figures.csv", "records", "letters")


def differences(one: Path, two: Path, parts: tuple[str, ...] = PARTS) -> list[str]:
    """The files that differ or that only one of two packs has, relative to these."""
    names = {
        path.relative_to(pack).as_posix()
        for pack in (one, two)
        for part in parts
        for path in [pack / part, *(pack / part).rglob("*")]
        if path.is_file()
    }
    return sorted(name for name in names if _bytes(one / name) != _bytes(two / name))


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


if __name__ == "__main__":
    given = [Path(text) for text in sys.argv[1:] if text != "--pages"]
    found = differences(*given, (*PARTS, "html") if "--pages" in sys.argv else PARTS)
    sys.stdout.write("\n".join(found or ["the same"]) + "\n")
    sys.exit(bool(found))
