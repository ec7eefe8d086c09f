"""What is made once: by one, for all, and again where whoever made it failed."""

import multiprocessing

import pandas as pd
import pytest

from msp_report.system.once import Once


def test_it_is_made_once_for_each_name_and_period(tmp_path):
    made, once = [], Once(tmp_path / "once")
    for period, name in (("2026-03", "a"), ("2026-03", "a"), ("2026-03", "b"), ("2026-04", "a")):
        found = once.get(period, name, lambda p=period, n=name: made.append((p, n)) or (p, n))
        assert found == (period, name)
    assert made == [("2026-03", "a"), ("2026-03", "b"), ("2026-04", "a")]


def test_without_a_folder_nothing_is_kept():
    made = []
    for _ in range(2):
        Once().get("2026-03", "a", lambda: made.append(1))
    assert len(made) == 2


def test_a_frame_comes_back_as_it_was_and_nobody_changes_anothers(tmp_path):
    once = Once(tmp_path / "once")
    at = pd.to_datetime(["2026-03-01", None], utc=True).astype("datetime64[us, UTC]")
    frame = pd.DataFrame({"at": at, "name": pd.array(["a", None], "str"), "n": pd.array([1, None], "Int64")})
    found = once.get("2026-03", "a", lambda: frame)
    another = once.get("2026-03", "a", list)
    another["name"] = "changed"
    pd.testing.assert_frame_equal(once.get("2026-03", "a", list), found)
    assert once.get("2026-03", "none", lambda: None) is None


def test_who_fails_leaves_it_to_the_next(tmp_path):
    once = Once(tmp_path / "once")
    with pytest.raises(ZeroDivisionError):
        once.get("2026-03", "a", lambda: 1 / 0)
    assert once.get("2026-03", "a", lambda: 1) == 1


def test_a_period_is_forgotten(tmp_path):
    once = Once(tmp_path / "once")
    for period in ("2026-03", "2026-04"):
        once.get(period, "a", lambda: 1)
    once.drop("2026-03")
    assert [once.get(period, "a", lambda: 2) for period in ("2026-03", "2026-04")] == [2, 1]


def _ask(folder, log):
    def make():
        with log.open("a") as file:
            file.write("made\n")
        return 7

    assert Once(folder).get("2026-03", "a", make) == 7


def test_of_many_at_once_one_makes_it(tmp_path):
    log = tmp_path / "log"
    asked = [multiprocessing.Process(target=_ask, args=(tmp_path / "once", log)) for _ in range(5)]
    for one in asked:
        one.start()
    for one in asked:
        one.join()
    assert {one.exitcode for one in asked} == {0} and log.read_text() == "made\n"
