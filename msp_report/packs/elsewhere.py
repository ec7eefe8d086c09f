"""Published packs, copied to where others read them: a folder, S3 or SFTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from msp_report import live, store
from msp_report.live.asked import plain
from msp_report.model.errors import Failed, WrongUse
from msp_report.model.period import Period
from msp_report.params.sources import OPENLY, has_password
from msp_report.store import revisions
from msp_report.system import slow
from msp_report.workspace import Workspace


def publish(
    client: str, period: str, to: str, workspace: Workspace, say: Callable[[str], None] = lambda text: None
) -> list[str]:
    """Copy the pack of a period, or every monthly and annual pack of a client, to `<to>/<client>/<period>`; gives the
    addresses of their pointers.

    What is there already is not copied again. Raises WrongUse for a place that is none, Failed where there is no pack
    and where the place cannot be reached; what was copied stays and the next run goes on.
    """
    workspace.client_params(client)  # of an unknown client the nearest one is named
    if "://" in to and not re.match(r"(s3|sftp)://[^\s/?#]", to):
        raise WrongUse(f"--to {plain(to)}: name a folder, s3://bucket/… or sftp://user@host/…")
    if has_password(to):
        raise WrongUse(f"--to: {OPENLY}")
    packs = [pack for pack in published(workspace.output / client) if period in ("", pack.name)]
    if not packs:
        raise Failed(
            f"{client} {period}".rstrip()
            + ": there is no pack to copy: run msp-report monthly or annual first"
        )
    copied = []
    try:
        place = store.opened(to)
        try:
            for pack in packs:
                with slow.told(f"{client} {pack.name}: copying to {plain(to)}"):
                    sent = revisions.send(pack.resolve(), place, f"{client}/{pack.name}")
                copying = f"{sent.copied} of {sent.files} files copied ({sent.size / 1e6:.1f} MB)"
                say(f"{client} {pack.name}: {sent.folder}: {copying if sent.copied else 'is there already'}")
                copied.append(sent.pointer)
        finally:
            place.close()
    except live.Failed as error:
        raise Failed(
            f"{plain(to)}: {error}; {len(copied)} of {len(packs)} packs are there whole; run it again, it goes on"
        ) from None
    return copied


def published(output: Path) -> list[Path]:
    """The published monthly and annual packs in a client's output."""
    return [
        path
        for path in sorted(output.glob("[0-9]*"))
        if is_pack(path.name) and (path / "figures.json").is_file()
    ]


def is_pack(name: str) -> bool:
    """Whether a folder's name is that of a monthly or annual pack."""
    try:
        return str(Period.parse(name)) == name
    except ValueError:
        return False
