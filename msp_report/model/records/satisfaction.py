"""The records of the report satisfaction."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "assignees",
        "one row per person or team who was answered for",
        "assignee answers responsiveness capability recommend reopened repeated",
    ),
    Record(
        "put_aside",
        "one row per answer for which a later one by the same person about the same ticket stands",
        "survey_id ticket_id answered_at",
    ),
    Record(
        "scores",
        "one row per question",
        "question invited answered score low high worst best returned why unit rejected coverage_ratio words",
    ),
    Record(
        "voices",
        "one row per answer with words, or an unhappy one",
        "survey_id answered_at ticket_id assignee category responsiveness capability recommend other comment reopened repeats repeated_by",
    ),
)
