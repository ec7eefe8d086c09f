"""The records of the report sources."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "files",
        "one row per file, table and month, of thirteen months",
        "month table file evidence read accepted rejected outside reach reach_by exported_at",
    ),
)
