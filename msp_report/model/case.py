"""What a metric may ask of a month: the narrow face of a case, so that metrics stay pure and tests stay short."""

from __future__ import annotations

from typing import Any, Protocol

import pandas as pd


class Case(Protocol):
    """One client's period as metrics see it.

    A notebook hands in what `open_case` gives; a test hands in five lines. `start` and `end` are instants in UTC,
    `end` is the cut-off of rule 0. `agreed` is the contract with its amendments, `strategy` what the board wants;
    both may be plain dicts like the YAML.
    """

    agreed: Any
    strategy: Any

    @property
    def start(self) -> pd.Timestamp: ...

    @property
    def end(self) -> pd.Timestamp: ...

    def table(self, name: str) -> pd.DataFrame | None:
        """A canonical table with its look-back; None where no file of it was supplied."""

    def follow_up(self, name: str) -> pd.DataFrame | None:
        """The same, as far as later exports reach (rule 18)."""

    def reach(self, name: str) -> pd.Timestamp:
        """The instant up to which later exports of a table reach, at least the cut-off."""


class Analysis(Protocol):
    """What `analyse` of every metric gives: its figures and its records, computed once."""

    def figures(self) -> list[Any]:
        """The figures of the report, in the order in which the page tells them."""

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page, by the name of their file."""
