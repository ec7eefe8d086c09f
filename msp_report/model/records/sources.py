"""The records of the report sources."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "coverage",
        "one row per page with any rows, by whose word they are (rule 40)",
        "report accepted raw_ratio probe_ratio provider_ratio tables",
    ),
    Record(
        "files",
        "one row per file, table and month, of thirteen months",
        "month table file evidence read accepted rejected outside reach reach_by exported_at",
    ),
)
