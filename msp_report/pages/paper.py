"""Pages on paper: a published pack as one PDF, printed by a Chromium on this machine."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from msp_report.model.errors import Failed
from msp_report.pages import whole

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
#: Nothing is fetched, nothing is asked, nothing is kept.
SWITCHES = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SECONDS = 300


class NoBrowser(Failed):
    """There is no Chromium to print with."""


def print_pack(pack: Path, target: Path) -> Path:
    """Print a published pack to one file: page one first, a bookmark a page, links that lead on inside it.

    Chromium numbers the sheets from its version 131 on. Raises NoBrowser; FileNotFoundError where the pack is not
    published; RuntimeError where it could not be printed.
    """
    if not (pack / "html" / whole.FIRST).is_file():
        raise FileNotFoundError(2, "no such pack: publish it first", str(pack))
    find()
    html = whole.whole(pack / "html")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        page, made = Path(folder) / "pack.html", Path(folder) / "pack.pdf"
        page.write_text(html, encoding="utf-8")
        run(page, made, "--no-pdf-header-footer", "--generate-pdf-document-outline", f"--print-to-pdf={made}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, target)
    return target


def paint(picture: bytes, width: int, height: int) -> bytes | None:
    """A drawn picture (SVG) as PNG, twice as large for sharp screens; None where there is no Chromium to draw it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        page, made = Path(folder) / "picture.html", Path(folder) / "picture.png"
        source = f"data:image/svg+xml;base64,{base64.b64encode(picture).decode()}"
        style = "display:block;width:100vw;height:100vh;object-fit:contain;object-position:left top"
        page.write_text(f'<body style="margin:0"><img src="{source}" style="{style}">', encoding="utf-8")
        switches = (
            "--hide-scrollbars",
            "--force-device-scale-factor=2",
            "--default-background-color=00000000",
        )
        try:
            run(page, made, *switches, f"--window-size={width},{height}", f"--screenshot={made}")
        except NoBrowser:
            return None
        return made.read_bytes()


def find() -> str:
    """A Chromium on this machine. Raises NoBrowser."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise NoBrowser("no Chromium or Chrome was found to print with: install one")
    return browser


def run(page: Path, made: Path, *switches: str) -> None:
    """Have a Chromium open a local page and make a file of it. Raises NoBrowser; RuntimeError where none was made."""
    browser = find()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        chosen = [*SWITCHES, *switches, f"--user-data-dir={profile}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            chosen.append("--no-sandbox")  # Chromium refuses to run as root with its sandbox
        done = subprocess.run(
            [browser, *chosen, page.resolve().as_uri()], capture_output=True, timeout=_SECONDS
        )
    if not made.exists():
        reason = done.stderr.decode(errors="replace").strip().splitlines()
        raise RuntimeError(f"{page.name} could not be printed: {reason[-1] if reason else 'no reason given'}")
