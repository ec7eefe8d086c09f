"""What the program knows of itself, written down: documents, the params' schemas, the catalogue of messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from msp_report import params
from msp_report.reference import figures, keys, records, selftest, sources, tables
from msp_report.words import extraction

#: File → what makes its text.
DOCUMENTS: dict[str, Callable[[], str]] = {
    "tables.md": tables.document,
    "figures.md": figures.document,
    "params.md": keys.document,
    "sources.md": sources.document,
    "records.md": records.document,
    "selftest.md": selftest.document,
}


def write_documents(folder: Path) -> str:
    """Write every document; gives what was written, a line a file."""
    return _written(folder, {name: make() for name, make in DOCUMENTS.items()})


def schemas() -> dict[str, str]:
    """File → JSON schema of each of the params' files, with the meaning of every key, for editors."""
    return {
        f"{name}.json": json.dumps(keys.described(schema), indent=1, ensure_ascii=False) + "\n"
        for name, schema in params.schemas().items()
    }


def write_schemas(folder: Path) -> str:
    """Write the schema of each params file for editors; gives what was written, a line a file."""
    return _written(folder, schemas())


def write_words(folder: Path) -> str:
    """Write the catalogue of messages for translators; gives what was written. Raises WrongUse outside a checkout."""
    return _written(folder, {extraction.TEMPLATE.name: extraction.template()})


def _written(folder: Path, texts: dict[str, str]) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return "".join(f"{folder / name}\n" for name in texts)
