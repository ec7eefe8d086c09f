"""What a code of the records is called on a page. Codes are data: CSV and figures.json keep them as they are."""

from __future__ import annotations

from msp_report.words.language import Language


def label(code: str, language: Language) -> str:
    """What a code is called in a language; what is no code stays as it is."""
    return language(code)
