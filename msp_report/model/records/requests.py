"""The records of the report requests."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record("kinds", "one row per kind of ticket; kinds overlap", "kind tickets hours cost share why"),
    Record("requesters", "one row per requester", "requester kind tickets hours cost duplicate training"),
    Record(
        "tickets",
        "one row per ticket that was opened",
        "ticket_id opened_at requester title category kind duplicate_of training_by hours cost",
    ),
)
