"""A page over many clients: one notebook run, published beside the clients' own folders, without the executed notebook,
whose parameters name clients and places."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from msp_report.packs import kernels, pack, scraps
from msp_report.pages import counts, publish
from msp_report.pages.display import Display
from msp_report.system import revisions
from msp_report.words import records
from msp_report.workspace import Workspace


def make(
    notebook: Path,
    parameters: Mapping[str, Any],
    workspace: Workspace,
    target: Path,
    context: publish.Context,
    show: Display,
    manifest: Mapping[str, Any],
) -> Path:
    """Run a notebook and publish its page as `target/html/index.html`, what it records and the manifest beside it.

    Raises ReportFailed where a cell of it fails; what was published before stands then.
    """
    staging = target.parent / ".staging" / target.name
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    executed = staging / notebook.name
    environment = {**workspace.environment, scraps.DESK: str(staging)}
    with kernels.private_sockets() as config:
        pack.execute(
            notebook, executed, {**parameters, "workspace": str(workspace.root)}, environment, config
        )
    page = publish.page(executed, context)
    executed.unlink()
    folder = staging / "html"
    folder.mkdir()
    (folder / "index.html").write_text(counts.counted(page, folder, show), encoding="utf-8", newline="\n")
    (staging / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    revisions.publish(staging, target)
    return target


def record(frames: Mapping[str, pd.DataFrame], **beside: pd.DataFrame) -> None:
    """While the page is being published, write frames as records/<name>.csv, and those `beside` as <name>.csv."""
    if not (folder := os.environ.get(scraps.DESK)):
        return
    (Path(folder) / "records").mkdir(exist_ok=True)
    for name, frame in frames.items():
        records.write_csv(frame, Path(folder) / "records" / f"{name}.csv")
    for name, frame in beside.items():
        records.write_csv(frame, Path(folder) / f"{name}.csv")
