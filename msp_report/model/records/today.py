"""The records of the report today."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "lines",
        "one row per figure that page one says",
        "report measure subject value unit n low high target better verdict robust coverage claimed clause rule why_missing headline page",
    ),
)
