"""The records of the report evidence."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "dropped",
        "one row per rejected row that may be a record",
        "table file line reason",
    ),
    Record(
        "replaced",
        "one row per row of an earlier month that the month's exports give other values",
        "table month key reason",
    ),
    Record(
        "tables",
        "one row per table that was due or came",
        "table state due last_month files read accepted rejected outside",
    ),
)
