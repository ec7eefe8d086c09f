"""An answer that comes in parts: each is kept as it comes, and a run that broke off is gone on with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from msp_report.live import kept, web
from msp_report.live.asked import Asked, Failed, plain, without_secrets
from msp_report.params import Source


class Transfer:
    """The parts of one answer. Of a month that is over those of an earlier run count, if they came when it was."""

    def __init__(self, of: str, asked: Asked, source: Source, path: Path) -> None:
        self._of, self._asked, self._path = of, asked, path
        self._secrets = (asked.address, source.token or "")
        self._parts = kept.Parts(path)
        self._names: dict[str, None] = {}
        self._at = asked.at

    def part(self, name: str, ask: Callable[[], Any], told: str) -> Any:
        """A part that is there, or else what is answered now; `told` says what is asked for. Raises Failed."""
        found = self._parts.find(name, self._asked.end)
        if found is None:
            found = {"at": self._asked.at.isoformat(), "answer": self.now(ask, told)}
            self._parts.keep(name, self._asked.at, found)
        self._names[name] = None
        self._at = min(self._at, pd.Timestamp(found["at"]))
        return found["answer"]

    def now(self, ask: Callable[[], Any], told: str) -> Any:
        """What is answered now, and by the next run perhaps otherwise: it is not kept. Raises Failed."""
        self._asked.say(f"asking for {told}")
        try:
            return ask()
        except web.Unanswered as error:
            raise self.failed(without_secrets(str(error), *self._secrets)) from None

    def failed(self, text: str) -> Failed:
        """Why it ends here, and what is kept."""
        count = len(self._names)
        stay = "1 part has come and is kept" if count == 1 else f"{count} parts have come and are kept"
        goes_on = count and kept.is_settled(self._asked.at, self._asked.end)
        come = f"; {stay}: run it again, and it goes on from there" if goes_on else ""
        return Failed(f"{self._of} {plain(self._asked.address)}: {text}{come}")

    def put(
        self,
        head: str,
        foot: str,
        names: Iterable[str],
        rows: Callable[[Any], Iterable[Mapping[str, Any]]],
        **said: Any,
    ) -> None:
        """Write the rows of some parts, one a line between head and foot, as the file, and forget the parts.

        It speaks up to when the first of its parts was asked for.
        """
        fresh, count = kept.new(self._path), 0
        with fresh.open("w", encoding="utf-8") as file:
            file.write(head)
            for name in names:
                found = self._parts.find(name, pd.Timestamp.min.tz_localize("UTC"))
                if found is None:
                    fresh.unlink(missing_ok=True)
                    raise self.failed("a part of its answer is gone from the disk")
                for row in rows(found["answer"]):
                    file.write((",\n" if count else "\n") + json.dumps(row, ensure_ascii=False))
                    count += 1
            file.write(f"\n{foot}\n")
        about = {
            "exported_at": self._at.isoformat(),
            "from": plain(self._asked.address),
            "query": self._asked.query,
            "parts": len(self._names),
            "records": count,
            "warnings": [],
        }
        kept.put(fresh, self._path, about | said)
        self._parts.remove()
