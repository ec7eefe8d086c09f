"""Every record, declared once by report: `RECORDS["tickets/clocks"]`, and what each column means."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from msp_report.model.records.columns import MEANINGS
from msp_report.model.records.declaration import Record
from msp_report.model.tables import TABLES


def _declared() -> dict[str, Record]:
    names = sorted(module.name for module in iter_modules(__path__))
    return {
        f"{report}/{record.name}": record
        for report in names
        if report not in ("columns", "declaration")
        for record in import_module(f"{__name__}.{report}").RECORDS
    }


RECORDS: dict[str, Record] = _declared()


def meaning(column: str) -> str:
    """What a column means: as declared for records, else as the canonical column of that name. KeyError for neither."""
    if column in MEANINGS:
        return MEANINGS[column]
    for table in TABLES.values():
        for found in table.columns:
            if found.name == column:
                return found.meaning
    raise KeyError(column)
