"""What reports find in a case, and which tables they ask for."""

from importlib import import_module
from typing import Any

#: The reports of a month that rest on exports alone, not on what other pages say.
REPORTS = (
    "availability", "backups", "capacity", "duties", "licences", "procurement", "projects", "requests",
    "satisfaction", "strategy", "tickets", "vendors",
)  # fmt: skip


class Watched:
    """A case that notes which tables are asked for."""

    def __init__(self, case: Any) -> None:
        self._case, self.asked = case, set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._case, name)

    def table(self, name: str) -> Any:
        self.asked.add(name)
        return self._case.table(name)

    def follow_up(self, name: str) -> Any:
        self.asked.add(name)
        return self._case.follow_up(name)

    def paths(self, name: str) -> Any:
        self.asked.add(name)
        return self._case.paths(name)


def analysed(case: Any, report: str) -> tuple[Any, set[str]]:
    """The analysis of a report, and the tables that it asked for."""
    seen = Watched(case)
    return import_module(f"msp_report.metrics.{report}").analyse(seen), seen.asked
