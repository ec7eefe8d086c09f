"""How much `make bench` measures: a quick form, some minutes, and a long one, MSP_REPORT_BENCH=long, more than an hour.

MSP_REPORT_BENCH_<NAME> sets one size alone, as MSP_REPORT_BENCH_TICKETS=10000,1000000.
"""

from __future__ import annotations

import os
from pathlib import Path

from cost import ROOT

_IS_LONG = os.environ.get("MSP_REPORT_BENCH") == "long"


def _size(name: str, quick: str, long: str) -> str:
    return os.environ.get(f"MSP_REPORT_BENCH_{name}") or (long if _IS_LONG else quick)


def _sizes(name: str, quick: str, long: str) -> list[int]:
    return [int(text) for text in _size(name, quick, long).split(",") if int(text)]


#: How often each pair is measured; the table has medians.
TIMES = int(_size("TIMES", "1", "3"))
#: The tickets of a large month, each with three events; 0: none.
TICKETS = _sizes("TICKETS", "10000,100000", "10000,100000,1000000")
#: The samples of a large month; 0: none.
SAMPLES = _sizes("SAMPLES", "1000000", "10000000")
#: The rows of a CSV file that is read in several ways, and the size of a JSON document [MB].
(ROWS,) = _sizes("ROWS", "100000", "1000000")
(MEGABYTES,) = _sizes("MB", "50", "500")
#: The tickets whose titles are compared.
(TITLES,) = _sizes("TITLES", "2000", "10000")
#: The clients of a portfolio; those on the page of all, where two sizes tell what one more costs; and how many are run
#: at a time, on a cluster too.
CLIENTS = _sizes("CLIENTS", "4", "100")
PAGES = _sizes("PAGES", "2,100", "10,1000")
(WORKERS,) = _sizes("WORKERS", "2", str(os.cpu_count() or 1))
#: How many months are made from nothing.
MONTHS = _sizes("MONTHS", "0", "13")
#: Where the table and the charts go.
INTO = Path(os.environ.get("MSP_REPORT_BENCH_INTO") or ROOT / "output" / "bench")
