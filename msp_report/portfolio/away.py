"""A client's month on a machine that does not see the workspace: in a workspace of its own, by way of a store.

Params and the ledger are sent along. Published packs come from the store, and what was published goes there: revisions
that are never written again, and one pointer for each pack, written last. So whatever ends a worker, a store has whole
packs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from msp_report import store
from msp_report.live import kept
from msp_report.model.errors import Failed, Told
from msp_report.packs import elsewhere
from msp_report.portfolio import processes
from msp_report.portfolio.processes import Outcome
from msp_report.store import revisions as copies
from msp_report.store.place import Place, patiently
from msp_report.system import locks, revisions
from msp_report.workspace import Workspace


@dataclass(frozen=True)
class Parcel:
    """What a worker needs that sees nothing of the workspace."""

    store: str
    """The place of published packs."""
    exports: str
    """The folder of exports where they are in a folder, which the worker has to see; empty: they are at an address."""
    files: Mapping[str, bytes]
    """The client's params and its part of the ledger, by their place in the workspace."""


def packed(workspace: Workspace, client: str, address: str) -> Parcel:
    """The parcel of a client, whose packs of before are then in the store. The secret of its pseudonyms goes along, so
    that they are everywhere the same. Raises Failed, WrongUse and OSError."""
    _exchanged(workspace, client, address)
    workspace.secret(client)
    own = workspace.client_params(client)
    files = {
        f"params/{client}/{path.relative_to(own).as_posix()}": path
        for path in own.rglob("*")
        if path.is_file()
    }
    lines = workspace.ledger / f"{client}.jsonl"
    sealed = workspace.ledger / client
    files |= {
        f"ledger/{path.relative_to(workspace.ledger).as_posix()}": path
        for path in (lines, *sealed.rglob("*"))
        if path.is_file()
    }
    exports = workspace.exports or workspace.root / "exports"
    return Parcel(
        address,
        "" if workspace.store else str(exports),
        {name: path.read_bytes() for name, path in sorted(files.items())},
    )


def fetched(workspace: Workspace, address: str, outcome: Outcome) -> Outcome:
    """How a client's month ended, when what a worker published of it is in the workspace too."""
    try:
        _exchanged(workspace, outcome.client, address)
    except (Told, OSError) as error:
        return replace(
            outcome, code=max(outcome.code, Failed.code), said=(*outcome.said, f"msp-report: {error}")
        )
    return outcome


def _exchanged(workspace: Workspace, client: str, address: str) -> None:
    place = store.opened(address)
    try:
        exchange(place, client, workspace.output)
    finally:
        place.close()


def run(
    client: str,
    arguments: tuple[str, ...],
    parcel: Parcel,
    home: Path,
    environment: Mapping[str, str],
    seconds: float,
    is_wanted: Callable[[], bool],
) -> Outcome:
    """Run a client's month in a workspace below `home`, which is kept: what is there already is not fetched again.

    Raises Failed where the store cannot be reached, and OSError.
    """
    root = home / kept.digest(parcel.store, parcel.exports)[:8] / client
    root.mkdir(parents=True, exist_ok=True)
    with locks.held(root / ".run.lock", f"{client}: waiting for another task to end", seconds):
        _unpack(parcel, root)
        place = store.opened(parcel.store)
        try:
            output = root / "output"
            mirror(place, client, output)
            outcome = processes.run(
                client, (*arguments, "--workspace", str(root)), environment, seconds, is_wanted
            )
            send(place, client, output)
            return replace(outcome, said=tuple(line.replace(f"{root}{os.sep}", "") for line in outcome.said))
        finally:
            place.close()


def _unpack(parcel: Parcel, root: Path) -> None:
    for name in ("params", "ledger"):
        shutil.rmtree(root / name, ignore_errors=True)
    for name, content in parcel.files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    with suppress(FileNotFoundError):
        (root / "exports").unlink()
    if parcel.exports:
        os.symlink(parcel.exports, root / "exports", target_is_directory=True)


def mirror(place: Place, client: str, output: Path) -> None:
    """Have the packs of a client here that a store has, as they are there, and no others. Raises Failed."""
    said = _pointers(place, client)
    for target in elsewhere.published(output / client):
        if target.name not in said:
            _forget(target, 0)
    for pack, pointer in said.items():
        target = output / client / pack
        if _read(_mark(target)) != _marked(pointer["revision"], target):
            _bring(place, client, target, pointer, is_copy=True)


def exchange(place: Place, client: str, output: Path) -> None:
    """Have the same packs of a client here and in a store: of a pack that only one has changed since, that one's; where
    both have, the one that was made later. No revision of here is lost. Raises Failed."""
    said = _pointers(place, client)
    here = {target.name: target for target in elsewhere.published(output / client)}
    for pack in sorted({*said, *here}):
        target, pointer = output / client / pack, said.get(pack)
        if pointer is None:
            _send(place, client, target)
        elif pack not in here:
            _bring(place, client, target, pointer)
        elif (known := _read(_mark(target))) != _marked(pointer["revision"], target):
            made_at = (target / "figures.json").stat().st_mtime
            is_newer = known.partition(" ")[0] == pointer["revision"] or (
                not known.endswith(f" {target.resolve().name}") and made_at > pointer["made_at"]
            )
            (_send(place, client, target) if is_newer else _bring(place, client, target, pointer))


def send(place: Place, client: str, output: Path) -> None:
    """Have every pack of a client in a store that was published here since. Raises Failed; what came there stays."""
    for target in elsewhere.published(output / client):
        if not _read(_mark(target)).endswith(f" {target.resolve().name}"):
            _send(place, client, target)


def _send(place: Place, client: str, target: Path) -> None:
    sent = copies.send(target.resolve(), place, f"{client}/{target.name}")
    _mark(target).parent.mkdir(parents=True, exist_ok=True)
    _mark(target).write_text(_marked(sent.folder, target), encoding="utf-8")


def _bring(place: Place, client: str, target: Path, pointer: dict[str, Any], is_copy: bool = False) -> None:
    """Fetch what a pointer names and make it the published revision: in a copy of the store under its own number, over
    what lies there; elsewhere no revision is ever written over, and it is the next one where its number is taken."""
    told = str(pointer["revision"]).partition("-")[0]
    number = int(told) if told.isdecimal() else 1
    if not is_copy:
        number = max(number, revisions.next_revision(target))
    folder = revisions.revision(target, number)
    fresh = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    copies.bring(place, f"{client}/{target.name}", pointer, fresh)
    if is_copy:
        _forget(target, number)
    os.replace(fresh, folder)
    revisions.point(target, number)
    _mark(target).write_text(_marked(pointer["revision"], target), encoding="utf-8")


def _forget(target: Path, number: int) -> None:
    """Take away the revisions from a number on, which no store knows, and what points at them."""
    for folder in revisions.revision(target, 0).parent.glob("[0-9]*"):
        if folder.name.isdecimal() and int(folder.name) >= number:
            shutil.rmtree(folder)
    if target.is_symlink():
        if not target.exists():
            target.unlink()
    else:
        shutil.rmtree(target, ignore_errors=True)


def _pointers(place: Place, client: str) -> dict[str, dict[str, Any]]:
    """What a store says of each pack of a client, in order."""
    found = patiently(lambda: place.listing(client))
    names = {
        name.split("/")[1] for name in found if name.endswith(f"/{copies.POINTER}") and name.count("/") == 2
    }
    said = {
        name: copies.current(place, f"{client}/{name}") for name in sorted(names) if elsewhere.is_pack(name)
    }
    return {name: pointer for name, pointer in said.items() if pointer is not None}


def _marked(revision: str, target: Path) -> str:
    return f"{revision} {target.resolve().name}"


def _mark(target: Path) -> Path:
    """Where it stands as which revision of the store which one of here is known."""
    return target.parent / revisions.REVISIONS / target.name / ".store"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
