"""How several ways of one thing are measured, in turn, and what was measured is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import drawn
import measured
import pandas as pd
import shown
import sizes
from cost import Cost


class Bench:
    """What was measured, and how to measure more of it."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say, self._parts = say, {name: [] for name in shown.COLUMNS}
        for name in shown.COLUMNS:
            (sizes.INTO / name).unlink(missing_ok=True)

    def pairs(
        self, thing: str, ways: Mapping[str, Callable[[], Cost]], size: int = 0, times: int = sizes.TIMES
    ) -> None:
        """Do one thing in several ways, in turn, so that a busy machine slows all of them; the first is the measure."""
        costs: dict[str, list[Cost]] = {way: [] for way in ways}
        for turn in range(times):
            for way, once in ways.items():
                begun = time.monotonic()
                costs[way].append(cost := once())
                told = f"CPU {cost.cpu:.1f} s, clock {cost.wall:.1f} s, {cost.mb:,.0f} MB"
                took = time.monotonic() - begun
                name = f"{size:,} {thing}" if size else thing
                self.say(f"{name}, {turn + 1} of {times}: {way}: {told} ({took:.0f} s)")
        self.keep(shown.PAIRS, measured.turns(thing, size, costs))

    def skip(self, thing: str, way: str, why: str, size: int = 0) -> None:
        """Say why a way of something was not measured."""
        self.say(f"{thing}: {way}: {why}")
        self.keep(shown.PAIRS, measured.skipped(thing, size, way, why))

    def keep(self, name: str, rows: pd.DataFrame) -> None:
        """Keep rows and write all that there is so far."""
        self._parts[name].append(rows)
        measured.write(self.rows(name), sizes.INTO / name)

    def rows(self, name: str) -> pd.DataFrame:
        """All rows of one kind."""
        return pd.concat(self._parts[name], ignore_index=True) if self._parts[name] else pd.DataFrame()

    def end(self) -> str:
        """Write the table and the charts; gives the table."""
        pairs, runs = (self.rows(name) for name in (shown.PAIRS, shown.RUNS))
        made = [shown.table(pairs) if len(pairs) else "", shown.clients(runs) if len(runs) else ""]
        text = "\n".join(filter(None, made))
        (sizes.INTO / "bench.md").write_text(text, encoding="utf-8")
        if len(pairs):
            drawn.write(pairs, sizes.INTO)
        return text
