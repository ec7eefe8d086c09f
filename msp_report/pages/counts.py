"""Links from a page to records: each says how many rows the file has that it opens."""

from __future__ import annotations

import re
from html import escape, unescape
from pathlib import Path

import pandas as pd

from msp_report.words.numbers import Numbers

_LINK = re.compile(r'(<a class="rows" href="([^"]+)">)[^<]*(?=</a>)')


def counted(html: str, folder: Path, show: Numbers) -> str:
    """A page whose links to records say their number of rows; one whose file is not there stays as it is.

    `folder` is where the page will lie. A table may show a part of what its record holds, and records are whole only
    when every notebook has ended, so the page is counted when it is published.
    """

    def said(link: re.Match[str]) -> str:
        file = folder / unescape(link[2])
        return link[1] + escape(_rows(file, show)) if file.exists() else link[0]

    return _LINK.sub(said, html)


def _rows(file: Path, show: Numbers) -> str:
    rows = len(pd.read_csv(file, usecols=[0], dtype="str", keep_default_na=False, skip_blank_lines=False))
    return show.language.plural(
        "The one row as CSV", "All {number} rows as CSV", rows, number=show.number(rows, "count")
    )
