"""A published folder is the old one or the new one, never half of either."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from msp_report.system import revisions


def stage(folder: Path, text: str) -> Path:
    """A finished pack whose two files must always agree."""
    staging = folder / ".staging" / "2026-10"
    (staging / "html").mkdir(parents=True)
    for name in ("figures.json", "html/index.html"):
        (staging / name).write_text(text)
    return staging


def content(target: Path) -> str | None:
    """What is published; None where nothing is. Fails on a half."""
    if not os.path.lexists(target):
        return None
    first, second = ((target / name).read_text() for name in ("figures.json", "html/index.html"))
    assert first == second
    return first


@pytest.fixture(params=["links", "no links"])
def links(request, monkeypatch):
    """A file system with links, and one without."""

    def refuse(*args, **options):
        raise OSError("no links here")

    if request.param == "no links":
        monkeypatch.setattr(os, "symlink", refuse)
    return request.param == "links"


def test_publishing_again_keeps_the_old_revisions(tmp_path, links):
    target = tmp_path / "2026-10"
    for text in ("first", "second", "third"):
        staging = stage(tmp_path, text)
        revisions.publish(staging, target)
        assert content(target) == text and not staging.exists()
    folder = tmp_path / ".revisions" / "2026-10"
    kept = {path.name: content(path) for path in folder.iterdir()}
    assert target.is_symlink() == links
    assert kept == {"0001": "first", "0002": "second"} | ({"0003": "third"} if links else {})
    if links:
        assert os.readlink(target) == os.path.join(".revisions", "2026-10", "0003")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".revisions", ".staging", "2026-10"]


def test_the_output_folder_may_be_moved(tmp_path):
    revisions.publish(stage(tmp_path / "a", "text"), tmp_path / "a" / "2026-10")
    (tmp_path / "a").rename(tmp_path / "b")
    assert content(tmp_path / "b" / "2026-10") == "text"


def test_an_ordinary_folder_in_the_way_becomes_a_revision(tmp_path, links):
    target = tmp_path / "2026-10"
    stage(tmp_path, "old").rename(target)
    revisions.publish(stage(tmp_path, "new"), target)
    assert content(target) == "new"
    assert content(tmp_path / ".revisions" / "2026-10" / "0001") == "old"


def die_at(step: int, staging: Path, target: Path) -> bool:
    """Publish in a process that is killed just before its n-th change on disk; whether it was."""
    child = os.fork()
    if child == 0:
        left = [step]

        def dying(real):
            def call(*args, **options):
                if left[0] == 0:
                    os._exit(9)
                left[0] -= 1
                return real(*args, **options)

            return call

        for name in ("symlink", "rename", "replace", "mkdir"):
            setattr(os, name, dying(getattr(os, name)))
        try:
            revisions.publish(staging, target)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is forked to be killed")
@pytest.mark.parametrize("before", ["nothing", "revision", "folder"])
def test_killed_at_any_moment_leaves_the_old_or_the_new(tmp_path, links, before):
    for step in range(20):
        place = tmp_path / f"step{step}"
        place.mkdir()
        target = place / "2026-10"
        if before == "folder":
            stage(place, "old").rename(target)
        elif before == "revision":
            revisions.publish(stage(place, "old"), target)
        killed = die_at(step, stage(place, "new"), target)
        if before == "revision" and links:  # the usual case needs nobody to come after
            assert content(target) in ("old", "new")
        revisions.recover(target)
        assert content(target) in ((None, "new") if before == "nothing" else ("old", "new"))
        if not killed:
            assert content(target) == "new" and step > 2
            break
        staging = place / ".staging" / "2026-10"
        revisions.publish(staging if staging.exists() else stage(place, "new"), target)
        assert content(target) == "new"
    else:
        pytest.fail("publishing never came to its end")


def test_a_failed_rename_leaves_the_old_folder(tmp_path, monkeypatch):
    target = tmp_path / "2026-10"
    revisions.publish(stage(tmp_path, "old"), target)
    with pytest.raises(FileNotFoundError):
        revisions.publish(tmp_path / "absent", target)
    assert content(target) == "old"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".2026-10")]
