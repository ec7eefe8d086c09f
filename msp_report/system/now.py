"""What time it is: the machine's clock, or the instant that SOURCE_DATE_EPOCH names.

Pages of a period that still runs, and those of a day, say how things stand now. To make the same bytes again, set
SOURCE_DATE_EPOCH to the seconds since 1970 of the first time (https://reproducible-builds.org/specs/source-date-epoch).
"""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

from msp_report.model import reads
from msp_report.model.errors import WrongUse

if TYPE_CHECKING:
    import pandas as pd

NAME = "SOURCE_DATE_EPOCH"


def seconds() -> float:
    """The present instant in seconds since 1970. Raises WrongUse where SOURCE_DATE_EPOCH is no number of them."""
    reads.note(reads.DOUBT, "now")
    told = os.environ.get(NAME, "").strip()
    if not told:
        return time.time()
    if not re.fullmatch(r"\d{1,11}", told, re.ASCII):
        raise WrongUse(f"{NAME}: {told!r} is no number of seconds since 1970, such as 1793491200")
    return float(told)


def now() -> pd.Timestamp:
    """The present instant, UTC, in microseconds. Raises what `seconds` raises."""
    import pandas as pd  # who asks for seconds alone need not wait for it

    if not os.environ.get(NAME, "").strip():
        reads.note(reads.DOUBT, "now")
        return pd.Timestamp.now("UTC").as_unit("us")
    return pd.Timestamp(int(seconds()), unit="s", tz="UTC").as_unit("us")
