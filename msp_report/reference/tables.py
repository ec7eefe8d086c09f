"""docs/tables.md: every canonical table with its columns."""

from __future__ import annotations

from msp_report.model.tables import KEPT, TABLES, Column, Table


def document() -> str:
    """The document."""
    head = (
        "# Canonical tables\n\n"
        "A file with these column names needs no profile. Made by `msp-report tables --docs docs`; do not edit.\n\n"
        "Times are ISO 8601: with an offset they are instants, without one they are in the zone of the source, "
        "else of the client. Empty means missing. Columns in **bold** are the key: rows that repeat one exactly "
        "are rejected as `duplicate`, rows that contradict each other are all rejected.\n"
    )
    return head + "".join(_table(table) for table in TABLES.values())


def _table(table: Table) -> str:
    rows = "".join(_column(column, table) for column in table.columns)
    holds = f"A row belongs to the month of `{table.period}`."
    notes = [holds if table.period else "A register: rows hold until changed."]
    notes += [f"`{end}` may not lie before `{start}`." for start, end in table.spans]
    return (
        f"\n## {table.name}\n\n{table.meaning}. {' '.join(notes)}\n\n"
        f"| column | type | must be filled | meaning |\n|---|---|---|---|\n{rows}"
    )


def _column(column: Column, table: Table) -> str:
    name = f"**{column.name}**" if column.name in table.key else column.name
    kind = " / ".join(f"`{value}`" for value in column.choices) or column.type
    unit = f" [{column.unit}]" if column.unit else ""
    filled = "yes" if column.required else ""
    kept = KEPT.get(table.name, {}).get(column.name)
    unused = f"; kept, not used: {kept}" if kept else ""
    return f"| {name} | {kind}{unit}{_span(column)} | {filled} | {column.meaning}{unused} |\n"


def _span(column: Column) -> str:
    if column.low is None:
        return ""
    return f", from {column.low:g}" if column.high is None else f", {column.low:g} to {column.high:g}"
