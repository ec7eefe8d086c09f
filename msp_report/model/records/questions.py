"""The records of the report questions."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "evidence",
        "one row per question and figure of the year",
        "question measure unit months subjects met missed unjudged first last low high last_month worst_subject worst_month worst why",
    ),
    Record(
        "follow_up",
        "one row per finding of an earlier period, and what became of it",
        "question text period state finding_before severity_before evidence_before recommendation_before management_response_before severity",
    ),
    Record(
        "graded",
        "one row per question",
        "system question text finding severity evidence recommendation management_response graded_by graded_on before",
    ),
    Record(
        "open_findings",
        "one row per finding that is not in order",
        "system question text finding severity evidence recommendation management_response graded_by graded_on before",
    ),
)
