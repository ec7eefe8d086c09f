"""Packs go to a store and come from it; whoever made a revision never loses it."""

import json
import os
from pathlib import Path

import pytest

from msp_report.portfolio import away
from msp_report.store.folder import Folder
from msp_report.system import revisions

MONTH = "2026-03"


def publish(output: Path, text: str, made_at: float) -> None:
    staging = output / "acme" / ".staging"
    (staging / "html").mkdir(parents=True)
    for name in ("figures.json", "html/index.html"):
        (staging / name).write_text(json.dumps(text))
        os.utime(staging / name, (made_at, made_at))
    revisions.publish(staging, output / "acme" / MONTH)


def published(output: Path) -> str:
    return json.loads((output / "acme" / MONTH / "figures.json").read_text())


def kept(output: Path) -> dict[str, str]:
    folder = revisions.revision(output / "acme" / MONTH, 0).parent
    return {one.name: json.loads((one / "figures.json").read_text()) for one in sorted(folder.glob("[0-9]*"))}


@pytest.fixture
def place(tmp_path):
    return Folder(str(tmp_path / "store"))


def test_what_only_one_has_goes_to_the_other(place, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    publish(one, "first", 1_000_000)
    away.exchange(place, "acme", one)
    away.exchange(place, "acme", two)
    assert published(two) == "first" and kept(two) == {"0001": "first"}
    assert (two / "acme" / MONTH / "figures.json").stat().st_mtime == 1_000_000
    publish(two, "second", 2_000_000)
    away.exchange(place, "acme", two)
    away.exchange(place, "acme", one)
    assert published(one) == "second" and kept(one) == {"0001": "first", "0002": "second"}


@pytest.mark.parametrize("ours, theirs", [(3_000_000, 4_000_000), (4_000_000, 3_000_000)])
def test_where_both_changed_the_later_counts_and_none_is_lost(place, tmp_path, ours, theirs):
    one, two = tmp_path / "one", tmp_path / "two"
    publish(one, "first", 1_000_000)
    away.exchange(place, "acme", one)
    away.exchange(place, "acme", two)
    for text, at in (("ours", ours - 1), ("ours again", ours)):
        publish(one, text, at)
    publish(two, "theirs", theirs)
    away.exchange(place, "acme", two)
    away.exchange(place, "acme", one)
    assert {"first", "ours", "ours again"} <= set(kept(one).values())
    assert published(one) == ("theirs" if theirs > ours else "ours again")
    away.exchange(place, "acme", two)
    assert published(two) == published(one)


def test_a_copy_is_what_the_store_has_and_nothing_else(place, tmp_path):
    one, copy = tmp_path / "one", tmp_path / "copy"
    publish(one, "first", 1_000_000)
    away.exchange(place, "acme", one)
    publish(copy, "of a killed run", 2_000_000)
    publish(copy, "another of it", 3_000_000)
    away.mirror(place, "acme", copy)
    assert published(copy) == "first" and kept(copy) == {"0001": "first"}
    publish(copy, "second", 4_000_000)
    away.send(place, "acme", copy)
    away.exchange(place, "acme", one)
    assert kept(one) == {"0001": "first", "0002": "second"} and published(one) == "second"
