"""What was planted: the answers that the pages must find, by month and page.

An entry names its fault and whom or what it is about, with the figures expected. The fault `none` marks a subject
that must not be flagged, with its exact figures.
"""

from __future__ import annotations

from typing import Any

import numpy as np


class Truth:
    """Collects planted faults; `found` is what goes to truth.json."""

    def __init__(self, labels: list[str]) -> None:
        self.found: dict[str, dict[str, list[dict[str, Any]]]] = {label: {} for label in labels}

    def plant(self, month: str, page: str, fault: str, **expected: Any) -> None:
        """Write one fault down; months outside the simulated range are ignored."""
        if month in self.found:
            entry = {"fault": fault} | {name: plain(value) for name, value in expected.items()}
            self.found[month].setdefault(page, []).append(entry)

    def withdraw(self, month: str, page: str) -> None:
        """Take back what a month's page would say: what it rests on never came."""
        self.found.get(month, {}).pop(page, None)


def plain(value: Any) -> Any:
    """A value as JSON knows it."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | np.ndarray):
        return [plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value
