"""The records of the report today."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "bills",
        "one row per unpaid invoice, those to hold first",
        "decision document_id vendor amount at_stake dated_on due_on why",
    ),
    Record(
        "lines",
        "one row per figure that page one says",
        "report measure subject value unit n low high target better verdict robust coverage claimed clause rule why_missing headline page",
    ),
    Record(
        "tasks",
        "one row per ticket that is overdue or due next, what is overdue first",
        "state ticket_id title priority_now assignee late_with due_at opened_at",
    ),
)
