"""What a code of the records is called on a page. Codes are data: CSV and figures.json keep them as they are."""

from __future__ import annotations

from msp_report.words.language import Language, message

COLUMNS: frozenset[str] = frozenset()
LABELS = {"no_verdict": "no verdict", "no_data": "no data", "no_target": "no target agreed"}
ROBUST = {"pass": message("robust pass"), "fail": message("robust fail"), "fragile": message("fragile")}


def label(code: str, language: Language) -> str:
    """What a code is called in a language; what is no code stays as it is."""
    return language(LABELS.get(code, code))


def page(report: str, language: Language) -> str:
    """What a report is called where its name stands alone: in the list of pages, as a title."""
    name = label(report, language)
    return name[:1].upper() + name[1:]
