"""What reports find in a case, and which tables they ask for."""

from importlib import import_module
from typing import Any

#: The reports of a month that rest on exports alone, not on what other pages say.
REPORTS = (
    "availability", "backups", "capacity", "duties", "licences", "procurement", "projects", "requests",
    "satisfaction", "strategy", "tickets", "vendors",
)  # fmt: skip


#: What a case is asked about a table by its name.
_ASKS = ("table", "follow_up", "own", "paths", "rejected", "reached", "known_before", "doubts")


class Watched:
    """A case that notes which tables are asked for."""

    def __init__(self, case: Any) -> None:
        self._case, self.asked = case, set()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._case, name)
        if name not in _ASKS:
            return found

        def asking(*given: Any) -> Any:
            self.asked |= {table for table in given if isinstance(table, str)}
            return found(*given)

        return asking


def analysed(case: Any, report: str) -> tuple[Any, set[str]]:
    """The analysis of a report, and the tables that it asked for."""
    seen = Watched(case)
    return import_module(f"msp_report.metrics.{report}").analyse(seen), seen.asked
