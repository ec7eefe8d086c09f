"""When a contract ends, and by when notice must be given for that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from msp_report.model.columns import last_day
from msp_report.params import Contract, as_contract


@dataclass(frozen=True)
class Dates:
    """The dates of a contract as seen from a day."""

    ends_on: date | None
    notice_by: date | None
    days_to_notice: int | None
    days_to_end: int | None


def dates(contract: Contract | Mapping[str, Any], at: date | datetime) -> Dates:
    """When the contract ends, and by when notice must be given for that (negative days: it is past)."""
    agreed = as_contract(contract)
    day = last_day(at, agreed.client.timezone)
    term = agreed.on(day.date()).term
    if term.ends_on is None:
        return Dates(None, None, None, None)
    left = (pd.Timestamp(term.ends_on) - day).days
    if term.notice_days is None:
        return Dates(term.ends_on, None, None, left)
    return Dates(term.ends_on, term.ends_on - timedelta(days=term.notice_days), left - term.notice_days, left)
