"""The records of the report evidence."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "names",
        "one row per table and name that joins nothing",
        "named_by kind table name rows size unit nearest may_mean",
    ),
    Record(
        "tables",
        "one row per table that was due or came",
        "table state due last_month files read accepted rejected outside",
    ),
)
