"""A month as metrics see it, made of nothing but its tables: the stand-in for a case."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd


@dataclass
class MonthOf:
    """`MonthOf(start, end, agreed, tables={"tickets": frame})`; a table that is not given was not supplied."""

    start: pd.Timestamp
    end: pd.Timestamp
    agreed: Any
    strategy: Any = None
    tables: dict[str, pd.DataFrame | None] = field(default_factory=dict)
    later: dict[str, pd.DataFrame | None] = field(default_factory=dict)

    def table(self, name: str) -> pd.DataFrame | None:
        return self.tables.get(name)

    def follow_up(self, name: str) -> pd.DataFrame | None:
        return self.later.get(name, self.tables.get(name))

    def reach(self, name: str) -> pd.Timestamp:
        return self.end
