"""Hashes of files, remembered: a change is never missed, and what did not change is not read again."""

import json
import os
import time
from pathlib import Path

import pytest

from msp_report.system import content
from msp_report.system.content import Contents


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "held" / "export.csv"
    path.parent.mkdir()
    path.write_text("a,b\n1,2\n")
    return path


def is_old(path: Path, monkeypatch) -> None:
    """As if the file had been written long before it is hashed."""
    monkeypatch.setattr(content, "GRAIN", -(10**12))


def test_what_did_not_change_is_not_read_again(file, tmp_path, monkeypatch):
    is_old(file, monkeypatch)
    memory = tmp_path / "memory.json"
    first = Contents(memory)
    found = first.of(file)
    first.keep()
    monkeypatch.setattr(content, "_hashed", lambda name: pytest.fail(f"{name} was read again"))
    assert Contents(memory).of(file) == found


def test_the_same_size_and_time_do_not_hide_a_change(file, tmp_path, monkeypatch):
    is_old(file, monkeypatch)
    memory, state = tmp_path / "memory.json", file.stat()
    first = Contents(memory)
    found = first.of(file)
    first.keep()
    time.sleep(0.02)  # the change time of most file systems counts in hundredths of a second
    file.write_text("a,b\n1,3\n")
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert Contents(memory).of(file) != found


def test_what_is_younger_than_the_clocks_grain_is_hashed_again(file, tmp_path, monkeypatch):
    """Nothing that the system says of a file tells two changes in one tick apart."""
    memory = tmp_path / "memory.json"
    monkeypatch.setattr(content, "_state", lambda told: [told.st_size])
    first = Contents(memory)
    found = first.of(file)
    first.keep()
    assert str(file) not in json.loads(memory.read_text())
    file.write_text("a,b\n1,3\n")
    assert Contents(memory).of(file) != found


def test_a_time_alone_is_no_change(file, tmp_path):
    found = Contents().of(file)
    os.utime(file, (1, 1))
    assert Contents().of(file) == found


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "export.csv").rename(folder / "other.csv"),
        lambda folder: (folder / "new").mkdir(),
        lambda folder: (folder / "new.csv").write_text(""),
        lambda folder: (folder / "export.csv").unlink(),
        lambda folder: (folder / "export.csv").write_text("a,b\n"),
    ],
)
def test_names_folders_and_contents_are_a_trees_hash(file, change):
    found = Contents().tree(file.parent)
    change(file.parent)
    assert Contents().tree(file.parent) != found


def test_a_tree_goes_by_its_own_names_and_not_by_its_place(file, tmp_path):
    found = Contents().tree(file.parent)
    assert Contents().tree(file.parent.rename(tmp_path / "elsewhere")) == found
    assert Contents().tree(tmp_path / "nowhere") == ""


def test_links_in_a_circle_end(file):
    (file.parent / "again").symlink_to(file.parent, target_is_directory=True)
    assert Contents().tree(file.parent)


@pytest.mark.parametrize("told", [b"", b"{", b"[1]", b'{"x": 1}'])
def test_a_memory_that_is_none_is_made_anew(file, tmp_path, told):
    memory = tmp_path / "memory.json"
    memory.write_bytes(told)
    assert Contents(memory).of(file) == Contents().of(file)
