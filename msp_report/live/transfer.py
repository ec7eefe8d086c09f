"""An answer that comes in parts: each is kept as it comes, and a run that broke off is gone on with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from msp_report.live import kept, web
from msp_report.live.asked import Asked, Failed, plain, without_secrets
from msp_report.params import Source


class Transfer:
    """The parts of one answer. Those of an earlier run count, if they came when all that they hold had happened: the
    month, or the time that a part has to itself."""

    def __init__(self, of: str, asked: Asked, source: Source, path: Path, count: int | None = None) -> None:
        """`count`: how many parts there are, where that is known."""
        self._of, self._asked, self._path, self._count = of, asked, path, count
        self._secrets = (asked.address, source.token or "")
        self._parts = kept.Parts(path)
        self._names: dict[str, None] = {}
        self._at = asked.at
        self._stays = kept.is_settled(asked.at, asked.end)

    def part(self, name: str, ask: Callable[[], Any], told: str, until: pd.Timestamp | None = None) -> Any:
        """A part that is there, or else what is answered now; `told` says what is asked for. Raises Failed.

        `until`: up to when it holds anything, where that is not the month's end.
        """
        end = self._asked.end if until is None else until
        found = self._parts.find(name, end)
        self._stays |= kept.is_settled(self._asked.at, end)
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
        count, of = len(self._names), f" of {self._count}" if self._count else ""
        stay = (
            "1 part has come and is kept"
            if (count, of) == (1, "")
            else f"{count}{of} parts have come and are kept"
        )
        come = f"; {stay}: run it again, and it goes on from there" if count and self._stays else ""
        return Failed(f"{self._of} {plain(self._asked.address)}: {text}{come}")

    def put(
        self,
        head: str,
        foot: str,
        names: Iterable[str],
        rows: Callable[[Any], Iterable[Mapping[str, Any]]],
        said: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Write the rows of some parts, one a line between head and foot, as the file, and forget the parts.

        It speaks up to when the first of its parts was asked for, unless `said` has another `exported_at`. `said` is
        read when all rows are written.
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
        kept.put(fresh, self._path, {**about, **said})
        self._parts.remove()
