"""The period of a service and what was agreed for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from msp_report.metrics.availability.frames import microseconds
from msp_report.metrics.availability.readings import Reading
from msp_report.metrics.availability.spans import Axis, Spans
from msp_report.model.case import Case
from msp_report.model.clock import Clock
from msp_report.model.columns import bounds
from msp_report.model.period import Month, midnight
from msp_report.params import Accounting, Calendar, Contract, as_contract, as_strategy


@dataclass(frozen=True)
class ServiceMonth:
    """The period and what was agreed for it (rule 10: in force on its first day)."""

    contract: Contract
    start: pd.Timestamp
    end: pd.Timestamp
    outside: tuple[str, ...] = ()
    """Services that are known and none of this contract's."""

    @classmethod
    def of(
        cls,
        contract: Contract | Mapping[str, Any],
        start: datetime,
        end: datetime,
        outside: tuple[str, ...] = (),
    ) -> ServiceMonth:
        first, last = bounds(start, end)
        return cls(as_contract(contract).on(first), first, last, outside)

    @classmethod
    def of_case(cls, case: Case) -> ServiceMonth:
        """The period of a case, with what its strategy knows to be outside."""
        return cls.of(case.agreed, case.start, case.end, as_strategy(case.strategy).outside.services)

    @property
    def accounting(self) -> Accounting:
        return self.contract.accounting

    @cached_property
    def own(self) -> Reading:
        return Reading.of(self.accounting)

    @property
    def first(self) -> int:
        """The first instant [us]."""
        return self.start.value // 1000

    @property
    def cutoff(self) -> int:
        """The instant at which facts end (rule 0) [us]."""
        return self.end.value // 1000

    @cached_property
    def month_starts(self) -> np.ndarray:
        """The first instants of the civil months that begin inside the period [us]."""
        zone = self.contract.client.timezone
        month = Month.of(self.start.tz_convert(zone).date())
        starts = []
        while (begin := midnight((month := month.shift(1)).first_on, zone)) < self.end:
            starts.append(begin)
        return microseconds(pd.Series(starts, dtype="datetime64[us, UTC]"))

    @cached_property
    def maintenance_windows(self) -> Spans | None:
        """The agreed maintenance windows as instants, None where none are agreed."""
        windows = self.accounting.maintenance_windows
        if windows is None or isinstance(windows, str):
            return None if windows is None else self.axis(windows).windows
        calendar = windows if isinstance(windows, Calendar) else Calendar(hours=windows)
        clock = Clock(calendar.model_dump(exclude_none=True), self.contract.client.timezone)
        return Axis.of(clock, self.start, self.end).windows

    def axis(self, calendar: str) -> Axis:
        """The service axis of a calendar, made once."""
        if calendar not in self._axes:
            self._axes[calendar] = Axis.of(self.contract.clock(calendar), self.start, self.end)
        return self._axes[calendar]

    @cached_property
    def _axes(self) -> dict[str, Axis]:
        return {}
