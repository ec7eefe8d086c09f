"""The records of the report evidence."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "tables",
        "one row per table that was due or came",
        "table state due last_month files read accepted rejected outside",
    ),
    Record(
        "promises",
        "one row per withheld table and promise that nobody can judge without it",
        "table measure subject target clause",
    ),
)
