"""docs/records.md: every file beside the pages, and every column."""

from __future__ import annotations

from itertools import groupby

from msp_report.model.records import RECORDS, meaning


def document() -> str:
    """The document."""
    head = (
        "# Records\n\n"
        "Every CSV beside the pages of a pack, `records/<report>/<name>.csv`, and what each column means; a name means "
        "one thing in every file. Made by `msp-report tables --docs docs`; do not edit: records are declared in "
        "`msp_report/model/records/`.\n\n"
        "Instants are UTC in ISO 8601 (`_at`), dates are local days (`_on`), `_min` and `_hours` are durations, "
        "`_ratio` is 0 to 1. Empty is missing.\n"
    )
    by_report = groupby(RECORDS.items(), key=lambda item: item[0].partition("/")[0])
    return head + "".join(_report(report, dict(items)) for report, items in by_report) + _columns()


def _report(report: str, records: dict) -> str:
    rows = "".join(
        f"| `{name}.csv` | {record.rows} | {', '.join(record.names)} |\n" for name, record in records.items()
    )
    return f"\n## {report}\n\n| file | rows | columns |\n|---|---|---|\n{rows}"


def _columns() -> str:
    names = sorted({name for record in RECORDS.values() for name in record.names})
    rows = "".join(f"| {name} | {meaning(name)} |\n" for name in names)
    return f"\n## Columns\n\n| column | meaning |\n|---|---|\n{rows}"
