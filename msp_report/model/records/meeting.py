"""The records of the report meeting."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "asks",
        "one row per thing that was missed and that we ask the provider to put right, the gravest first",
        "number kind measure subject value unit target verdict clause whose missed_months report why_missing headline",
    ),
    Record(
        "claims",
        "one row per credit that can still be claimed, what lapses first standing first",
        "number month measure subject clause value target threshold unit credit_ratio fee factor owed left claim_by",
    ),
    Record(
        "held",
        "one row per unpaid invoice that must not be paid yet, the next due first",
        "decision document_id vendor amount currency due_on why releases",
    ),
    Record(
        "needed",
        "one row per piece of evidence that lacks and promise that waits for it",
        "number item table measure subject clause unknown_since",
    ),
    Record(
        "released",
        "one row per unpaid invoice that can be paid, the next due first",
        "decision document_id vendor amount currency due_on why releases",
    ),
    Record(
        "replied",
        "one row per reply of the provider to an earlier month, with how the figure stands now",
        "measure subject said_on by text value unit why_missing verdict",
    ),
)
