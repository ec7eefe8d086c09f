"""What another machine has of its own: nothing of it may change a byte of what is published."""

import shutil
from pathlib import Path
from shutil import copyfile, copytree

import tzdata

#: What a command begins with to have one core, where the system can give it one.
ONE_CORE = ("taskset", "-c", "0") if shutil.which("taskset") else ()


def variables(zones: Path) -> dict[str, str]:
    """Another time zone, locale, order of hashes and number of threads, and zone files in which London is Tokyo."""
    package = Path(tzdata.__file__).parent / "zoneinfo"
    copytree(package / "Asia", zones / "Asia", dirs_exist_ok=True)
    (zones / "Europe").mkdir()
    copyfile(package / "Asia" / "Tokyo", zones / "Europe" / "London")
    return {
        "TZ": "Asia/Kathmandu",
        "TZDIR": str(zones),
        "PYTHONTZPATH": str(zones),
        "LC_ALL": "C",
        "LANG": "tr_TR.UTF-8",
        "PYTHONHASHSEED": "4711",
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "40",
    }
