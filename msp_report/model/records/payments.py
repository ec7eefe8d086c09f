"""The records of the report payments."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "cannot_tell",
        "one row per invoice of which nobody can tell whether to pay it",
        "vendor document_id due_on days_to_due amount currency decision why at_stake lines dated_on",
    ),
    Record(
        "decisions", "one row per decision", "decision invoices amount not_known at_stake overdue next_due_on"
    ),
    Record(
        "due",
        "one row per unpaid invoice",
        "vendor document_id due_on days_to_due amount currency decision why at_stake lines dated_on",
    ),
    Record(
        "hold",
        "one row per invoice to hold",
        "vendor document_id due_on days_to_due amount currency decision why at_stake lines dated_on",
    ),
    Record(
        "release",
        "one row per invoice to release",
        "vendor document_id due_on days_to_due amount currency decision why at_stake lines dated_on",
    ),
)
