"""The records of the report year."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "changes",
        "one row per change of a target or a verdict within the year",
        "kind month on measure subject from to from_value to_value unit clause note",
    ),
    Record(
        "figures",
        "one row per figure of this page",
        "month report measure subject value unit n low high target better verdict robust coverage claimed clause rule why_missing headline",
    ),
    Record(
        "kept",
        "one row per month with a pack: how its tickets were kept (rules 33, 34 and 38)",
        "month edits for_provider close rewritten_fields numbers_missing",
    ),
    Record(
        "limits",
        "one row per series with a usual range",
        "measure subject unit since until n mean mean_range lower upper trial signals rebased_on why usual_low usual_high no_limits variation assurance unmarked",
    ),
    Record("months", "one row per month of the year", "month published to_date why_missing"),
    Record(
        "own_rules",
        "one row per rule of our own; a column a month",
        "measure subject unit target met missed unjudged year",
    ),
    Record(
        "restatements",
        "one row per figure that a restatement of an issued pack of these months changed",
        "period restated_on why measure subject unit value_from value_to verdict_from verdict_to",
    ),
    Record(
        "signals",
        "one row per month that left the usual range",
        "measure subject month until value unit what side mean lower upper trial rule usual_low usual_high promised",
    ),
    Record("stale", "one row per month whose pack is out of date", "month why"),
    Record(
        "verdicts",
        "one row per promised figure; a column a month",
        "measure subject unit target met missed unjudged year",
    ),
)
