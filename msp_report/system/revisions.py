"""The published folder of a pack: numbered revisions, never written again, and a link to the one that counts."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

#: The folder, beside the published one, in which all revisions lie.
REVISIONS = ".revisions"


def publish(staging: Path, target: Path) -> None:
    """Make a finished folder the published one, in one step.

    `staging` becomes a numbered revision beside the target, `.revisions/<month>/<number>`, that is never
    written again, and `target` a relative link to it: at any moment the old revision or the new one. Where
    links are not to be had the folder itself is renamed and the old one kept as a revision. Both must lie on
    one file system, and one process at a time may publish to a target.
    """
    recover(target)
    _history(target).mkdir(parents=True, exist_ok=True)
    number, is_folder = next_revision(target), _is_folder(target)
    before, after = revision(target, number - is_folder), revision(target, number)
    link = _link(after, target)
    if link is None:
        _swap(staging, target, before)
        return
    try:
        os.rename(staging, after)
        if is_folder:
            os.rename(target, before)
        os.replace(link, target)
    finally:
        link.unlink(missing_ok=True)


def point(target: Path, number: int) -> None:
    """Make a revision that lies beside the others the published one, in one step; another machine made it."""
    made = revision(target, number)
    link = _link(made, target)
    if link is None:
        shutil.copytree(made, staging := target.with_name(f".{target.name}.{secrets.token_hex(4)}"))
        _swap(staging, target, revision(target, next_revision(target)))
        return
    if _is_folder(target):
        os.rename(target, revision(target, next_revision(target) - 1))
    os.replace(link, target)


def next_revision(target: Path) -> int:
    """The number of the revision that is published next."""
    return max((int(path.name) for path in _revisions(target)), default=0) + 1 + _is_folder(target)


def revision(target: Path, number: int) -> Path:
    """Where a numbered revision of a target lies."""
    return _history(target) / f"{number:04d}"


def _is_folder(target: Path) -> bool:
    return target.is_dir() and not target.is_symlink()


def prune(target: Path, keep: int) -> list[Path]:
    """Remove all but the last so many revisions of a target; gives those removed, for someone to say so.

    The published one always stays. One process at a time may publish to a target.
    """
    published = target.resolve()
    old = [path for path in _revisions(target)[: -keep or None] if path.resolve() != published]
    for path in old:
        shutil.rmtree(path)
    return old


def recover(target: Path) -> None:
    """Put the last revision back where a crash came between two renames and left no target at all."""
    revisions = _revisions(target)
    if not revisions or os.path.lexists(target):
        return
    link = _link(revisions[-1], target)
    os.replace(link or revisions[-1], target)


def _history(target: Path) -> Path:
    return target.parent / REVISIONS / target.name


def _revisions(target: Path) -> list[Path]:
    found = _history(target).glob("[0-9]*")
    return sorted((path for path in found if path.name.isdigit()), key=lambda path: int(path.name))


def _link(revision: Path, target: Path) -> Path | None:
    """A new relative link to a revision, beside the target; None where links are not to be had.

    Windows has links only for some users and does not replace them in one step.
    """
    link = target.parent / f".{target.name}.{secrets.token_hex(4)}"
    try:
        if os.name == "nt":
            return None
        os.symlink(os.path.relpath(revision, target.parent), link, target_is_directory=True)
    except (OSError, NotImplementedError):
        return None
    return link


def _swap(staging: Path, target: Path, before: Path) -> None:
    if not os.path.lexists(target):
        os.rename(staging, target)
        return
    os.rename(target, before)
    try:
        os.rename(staging, target)
    except OSError:
        os.rename(before, target)
        raise
