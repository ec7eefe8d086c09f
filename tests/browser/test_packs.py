"""The pages of real packs in a real Chromium, at every size: the demo's, and those of a client of two tables, whose
words are a third longer (the pseudo-language): light, silent, closed, and page one short enough to decide on."""

from __future__ import annotations

import os
import shutil

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: make env")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed: make env")
pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed: make env")

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM, reason="no Chromium on this machine: install it or set CHROMIUM to its path"
    ),
]
#: So many words lead to the last decision on page one, in English, and so many sheets of A4 hold it.
WORDS, SHEETS = 300, 2
#: So much weigh page one and every other page [bytes].
PAGE_ONE, PAGE = 60_000, 150_000
