"""The records of the report assessment."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "decisions",
        "one row per decision of the board that was carried out in the year or was still to be at its end",
        "action_id text owner state days_overdue due_on decided_on done_on about",
    ),
    Record(
        "exceptions",
        "one row per figure that this assessment found not in order",
        "report measure subject value unit n low high target better verdict robust coverage claimed clause rule why_missing headline",
    ),
    Record(
        "foremost",
        "one row per line that strategy.yaml puts on page one",
        "perspective objective measure subject unit better target result verdict why_missing missed judged",
    ),
    Record(
        "money", "one row per kind of money of the year", "kind amount hours included_hours n by_on lacks"
    ),
    Record("months", "one row per month of the year", "month published to_date why_missing"),
    Record(
        "restated",
        "one row per figure that the assessment replaced said otherwise",
        "measure subject unit value_from value_to verdict_from verdict_to",
    ),
    Record(
        "summary",
        "one row per figure of the year",
        "report measure subject value unit n low high target better verdict robust coverage claimed clause rule why_missing headline",
    ),
    Record(
        "worst",
        "one row per promised figure that was missed, the most often missed first",
        "measure subject missed judged",
    ),
)
