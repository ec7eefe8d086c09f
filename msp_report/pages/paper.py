"""Pages on paper: a published pack as PDF, printed by a Chromium on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from msp_report.model.errors import Failed

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
#: Nothing is fetched, nothing is asked, nothing is kept.
SWITCHES = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
)


class NoBrowser(Failed):
    """There is no Chromium to print with."""


def print_pack(pack: Path, into: Path, say: Callable[[str], None] = lambda text: None) -> list[Path]:
    """Print every page of a published pack to `into`, page one first; gives the files.

    Raises NoBrowser; FileNotFoundError where the pack is not published; RuntimeError naming the page that
    could not be printed.
    """
    pages = sorted((pack / "html").glob("*.html"), key=lambda page: (page.stem != "index", page.stem))
    if not pages:
        raise FileNotFoundError(2, "no such pack: publish it first", str(pack))
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise NoBrowser("no Chromium or Chrome was found to print with: install one")
    into.mkdir(parents=True, exist_ok=True)
    return [_print(browser, page, into / f"{page.stem}.pdf", say) for page in pages]


def _print(browser: str, page: Path, target: Path, say: Callable[[str], None]) -> Path:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        made = Path(profile) / "page.pdf"
        switches = [*SWITCHES, f"--user-data-dir={profile}", f"--print-to-pdf={made}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            switches.append("--no-sandbox")  # Chromium refuses to run as root with its sandbox
        done = subprocess.run([browser, *switches, page.resolve().as_uri()], capture_output=True, timeout=120)
        if not made.exists():
            reason = done.stderr.decode(errors="replace").strip().splitlines()
            raise RuntimeError(
                f"{page.name} could not be printed: {reason[-1] if reason else 'no reason given'}"
            )
        shutil.move(made, target)
    say(target.name)
    return target
