"""The records of the report strategy."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "found", "one row per fault of a project", "project_id name fault what detail proposed_by status cost"
    ),
    Record("objectives", "one row per objective of the business", "objective title owner projects cost"),
    Record(
        "oversight",
        "one row per question about who is in charge and whose strategy it is",
        "topic check verdict found on",
    ),
    Record(
        "projects",
        "one row per project",
        "project_id name status objective cost faults proposed_by sponsor approved approved_by approved_on rank_business rank_provider rank_cio in_contract best_resource subject scope_role scope_evidence unapproved no_objective own_profit out_of_scope no_background not_best_resource best_resource_unknown",
    ),
    Record(
        "waiting",
        "one row per proposal that waits",
        "project_id name cost score days_waiting waiting_since objective proposed_by rank_business rank_provider rank_cio in_contract best_resource deferred_on why_missing",
    ),
)
