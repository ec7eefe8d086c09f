"""What time it is: the machine's clock, or the instant that SOURCE_DATE_EPOCH names.

Pages of a period that still runs, and those of a day, say how things stand now. To make the same bytes again, set
SOURCE_DATE_EPOCH to the seconds since 1970 of the first time (https://reproducible-builds.org/specs/source-date-epoch).
"""

from __future__ import annotations

import os
import re

import pandas as pd

from msp_report.model.errors import WrongUse

NAME = "SOURCE_DATE_EPOCH"


def now() -> pd.Timestamp:
    """The present instant, UTC, in microseconds. Raises WrongUse where SOURCE_DATE_EPOCH is no number of seconds."""
    told = os.environ.get(NAME, "").strip()
    if not told:
        return pd.Timestamp.now("UTC").as_unit("us")
    if not re.fullmatch(r"\d{1,11}", told, re.ASCII):
        raise WrongUse(f"{NAME}: {told!r} is no number of seconds since 1970, such as 1793491200")
    return pd.Timestamp(int(told), unit="s", tz="UTC").as_unit("us")
