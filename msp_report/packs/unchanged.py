"""Whether a month's pack is what a run would make again: told by content, never by time, and before anything is run.

A run that published a month writes down what it was made from: hashes of the exports, the params, the program with
its notebooks and libraries, the ledger, and what was accepted and published. Where all of that is the same the pack is,
and the verb says so. Whatever is in doubt is run: a month that is not over, sources that are servers, an earlier month
that failed, a clock that stands in another month or before the run.

Only what Python itself brings is imported here: the answer takes less time than to import pandas.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msp_report.system.content import Contents, digest, put
from msp_report.system.limits import CORES
from msp_report.system.now import seconds
from msp_report.workspace import PROJECT, Workspace

if TYPE_CHECKING:
    from msp_report.case import Case

#: The folder of what is written down, in a client's output; it can be thrown away.
FOLDER, FILES = ".made", "files.json"
_PACKAGE = Path(__file__).resolve().parents[1]
_MONTH = re.compile(r"\d{4}-\d{2}")
#: What says nothing of what a file holds: Python's compiled code, and when a month was read.
_PASSED_OVER = frozenset({"__pycache__", "stamp"})


@dataclass(frozen=True)
class Asked:
    """What a verb was asked for, as it was written."""

    client: str
    month: str = ""
    complete: bool = False
    only: bool = False

    @property
    def file(self) -> str:
        """Under which name the answer is kept."""
        marks = f"{'-complete' if self.complete else ''}{'-only' if self.only else ''}"
        return f"{self.month or 'latest'}{marks}.json"


@dataclass(frozen=True)
class Answer:
    """A pack that a run would make again."""

    month: str
    revision: str
    pack: Path
    lines: tuple[str, ...]
    """What the run said that made it, and would say again."""


def answer(place: Workspace, asked: Asked) -> Answer | None:
    """The published pack that a run would make again; None where it would not, or where that is not known."""
    folder = place.output / asked.client / FOLDER
    if asked.month and not _MONTH.fullmatch(asked.month):
        return None
    try:
        told = json.loads((folder / asked.file).read_bytes())
        contents = Contents(folder / FILES)
        is_same = (
            told["from"] <= seconds() < told["until"]
            and told["inputs"] == inputs(place, asked.client, told["exports"], contents)
            and told["outputs"] == outputs(place, asked.client, contents)
        )
        contents.keep()
        if not is_same:
            return None
        pack = place.output / asked.client / told["month"]
        return Answer(told["month"], pack.resolve().name, pack, tuple(told["lines"]))
    except (OSError, ValueError, LookupError, TypeError):
        return None


def inputs(place: Workspace, client: str, exports: str, contents: Contents) -> dict[str, str]:
    """Hashes of all that a run reads and does not make itself; `exports` is the folder of all months' exports."""
    return {
        "places": digest(json.dumps([str(place), exports])),
        "settings": digest(json.dumps(sorted(one for one in os.environ.items() if _is_setting(one[0])))),
        "params": contents.tree(place.client_params(client)),
        "exports": contents.tree(exports),
        "program": _program(contents),
        "libraries": _libraries(),
    }


def _is_setting(variable: str) -> bool:
    """Whether a variable may change a page; how many cores make it does not."""
    return variable.startswith("MSP_REPORT_") and variable != CORES


def outputs(place: Workspace, client: str, contents: Contents) -> dict[str, str]:
    """Hashes of what was accepted, published and issued, which pages look back at and a run may write."""
    home = place.output / client
    found = {
        "accepted": contents.tree(home / ".accepted", _PASSED_OVER),
        "ledger": contents.tree(place.ledger / client),
        "lines": contents.of(line) if (line := place.ledger / f"{client}.jsonl").is_file() else "",
    }
    with os.scandir(home) as entries:
        names = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    for name in names:
        page, pack = home / name / "html" / "index.html", home / name
        if _MONTH.fullmatch(name):
            when = [str(int(path.stat().st_mtime)) for path in _timed(pack)]
            found[name] = f"{pack.resolve().name} {' '.join(when)} {contents.tree(pack)}"
        elif page.is_file():  # of a longer period and of the day pages say only whether they are there
            found[name] = "published"
    return found


def _timed(pack: Path) -> list[Path]:
    """What of a pack says by its time whether its month was over when it was made."""
    return [path for path in (pack / "figures.json", pack / "notebooks") if path.exists()]


def _program(contents: Contents) -> str:
    """A hash of the package with its notebooks, rules and locks."""
    places = (PROJECT / "docs" / "rules.md", *sorted(PROJECT.glob("requirements*.lock")))
    files = [contents.of(path) for path in places if path.is_file()]
    trees = [contents.tree(folder, _PASSED_OVER) for folder in (_PACKAGE, PROJECT / "notebooks")]
    return digest("\n".join([*files, *trees]))


def _libraries() -> str:
    """A hash of the Python that runs, and of the names and versions of all that is installed."""
    found = {sys.version}
    for folder in sys.path:
        with suppress(OSError):
            found |= {
                name for name in os.listdir(folder or ".") if name.endswith((".dist-info", ".egg-info"))
            }
    return digest("\n".join(sorted(found)))


# ---------------------------------------------------------------- after a run


class Watch:
    """What a run of a month is made from, looked at before anything of the exports is read, and written down when the
    month is published."""

    def __init__(self, case: Case) -> None:
        self._case, self._begun = case, seconds()
        self._place, self._home = case.workspace, case.workspace.output / case.client / FOLDER
        self.contents = Contents(self._home / FILES)
        if case.agreed.privacy.people != "shown":
            self._place.secret(
                case.client
            )  # made now where there is none: else the run would change its own params
        template = self._place.exports_template(case.client, case.sources)
        parts = Path(template).parts
        ends = next((at for at, part in enumerate(parts) if "{month}" in part), len(parts))
        self._exports = str(Path(*parts[:ends]))
        from msp_report import live

        asks = any(live.kind(one) for many in case.sources.tables.values() for one in many)
        self.inputs = None if asks or "://" in template else self._inputs()
        """As `inputs`; None where they cannot be told."""

    def _inputs(self) -> dict[str, str]:
        return inputs(self._place, self._case.client, self._exports, self.contents)

    def is_same(self) -> bool:
        """Whether the run ends with the inputs with which it began."""
        return self.inputs is not None and self._inputs() == self.inputs

    def end(self, months: Iterable[str], complete: bool, only: bool, lines: Iterable[str]) -> None:
        """Write it down for each way in which the month can be asked for; `lines` is what was said of it."""
        if self._case.to_date:
            return
        first, until = _this_month(self._case)
        told: dict[str, Any] = {
            "month": str(self._case.period.last),
            "from": max(first, self._begun),
            "until": until,
            "exports": self._exports,
            "inputs": self.inputs,
            "outputs": outputs(self._place, self._case.client, self.contents),
            "lines": list(lines),
        }
        for month in months:
            path = self._home / Asked(self._case.client, month, complete, only).file
            self._home.mkdir(parents=True, exist_ok=True)
            put(path, json.dumps(told, ensure_ascii=False, indent=1))
        self.contents.keep()


def _this_month(case: Case) -> tuple[float, float]:
    """The client's civil month that is running: what is over, and what has not begun, changes with it."""
    from msp_report.model.period import Month, Period
    from msp_report.system.now import now

    month = Month.of(now().tz_convert(case.timezone).date())
    first, until = Period(month, month).bounds(case.timezone)
    return first.timestamp(), until.timestamp()
