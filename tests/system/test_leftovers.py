"""What killed runs left goes, what others are at work on stays."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

from msp_report.system import leftovers


def test_what_is_old_goes_and_what_is_young_or_called_otherwise_stays(tmp_path):
    for name, age in ((".old", 100), (".young", 5), ("named", 100)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").write_text("1")
        os.utime(tmp_path / name, times=(time.time() - age,) * 2)
    leftovers.sweep_old(tmp_path, ".*", seconds=50)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".young", "named"]


def test_what_others_take_away_meanwhile_stops_nobody(tmp_path):
    """Several clients read at a time and keep what they read in one place: each looks there for what is old."""

    def work(number: int) -> int:
        for turn in range(200):
            made = tmp_path / f".{number}-{turn}"
            made.mkdir()
            leftovers.sweep_old(tmp_path, ".*", seconds=3600)
            made.rename(tmp_path / f"{number}-{turn}")
        return turn

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [199] * 4
    assert len(list(tmp_path.iterdir())) == 800
