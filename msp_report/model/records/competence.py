"""The records of the report competence."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "answers",
        "one row per record of the audit sample that was looked at",
        "kind id stratum what_to_check finding note",
    ),
    Record(
        "opinions",
        "one row per outside opinion",
        "subject assessed_on assessor independent engaged_by result expires_on expired days_overdue",
    ),
    Record("refused", "one row per line of the sheet that does not count", "line kind id why"),
    Record(
        "results",
        "one row per kind of record",
        "kind population sample filled passed failed not_found unknown share low high worst best why",
    ),
    Record("sample", "one row per record drawn", "kind id stratum what_to_check finding note"),
    Record(
        "strata", "one row per kind of record and part of its population", "kind stratum population sample"
    ),
    Record(
        "unassessed", "one row per function on which nobody outside gave an opinion", "function role evidence"
    ),
)
