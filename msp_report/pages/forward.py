"""What of a published pack may be forwarded as it is: its pages, as one file or as a zip.

No row goes with them: records hold each ticket with its words, and a pseudonym is a person still; who needs them copies
them on purpose (docs/analyst.md). Nor do letters, which are the client's to send, manifests, which name files, and
whatever else lies in a pack.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

from msp_report.pages import publish, whole

#: All files of a zip are of one moment, so that the same pages give the same bytes.
_MOMENT = (1980, 1, 1, 0, 0, 0)


def single_file(pack: Path, target: Path) -> Path:
    """Write a published pack as one HTML file. Raises FileNotFoundError where it is not published."""
    _check(pack)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(whole.whole(pack / "html"), encoding="utf-8", newline="\n")
    return target


def zipped(pack: Path, target: Path, beside: Sequence[Path] = ()) -> Path:
    """Write the pages of a published pack, and the files `beside` them, into a zip that unpacks into one folder.

    What a page links to outside the zip is left out there. Raises FileNotFoundError where the pack is not published.
    """
    _check(pack)
    pages = sorted((pack / "html").glob("*.html"))
    names = {page.name for page in pages}
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for page in pages:
            soup = whole.read(page)
            whole.closed(soup, names)
            html = publish.guarded(str(soup), page.name)
            file.writestr(_entry(f"{target.stem}/html/{page.name}"), html)
        for path in beside:
            file.writestr(_entry(f"{target.stem}/{path.name}"), path.read_bytes())
    return target


def _check(pack: Path) -> None:
    if not (pack / "html" / whole.FIRST).is_file():
        raise FileNotFoundError(2, "no such pack: publish it first", str(pack))


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
