"""The records of the report scorecard."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "actions",
        "one row per decision of the board",
        "action_id text owner state days_overdue due_on decided_on done_on about",
    ),
    Record(
        "changes",
        "one row per change since the last pack",
        "kind measure subject from to direction unit whose",
    ),
    Record(
        "due",
        "one row per thing that waits for a decision or a claim",
        "kind id what who cost by_on days_overdue state report",
    ),
    Record(
        "exceptions",
        "one row per figure that is not as agreed",
        "report measure subject value unit n low high target better verdict robust coverage claimed clause rule why_missing headline whose",
    ),
    Record(
        "lines",
        "one row per line of the scorecard in strategy.yaml",
        "perspective objective measure subject target result unit verdict why_missing page_one better usual_low usual_high variation assurance unmarked whose last_value missed_months robust",
    ),
    Record(
        "money",
        "one row per kind of money of the month: what it came to, and what is to be claimed and held",
        "kind amount last_amount hours included_hours n by_on lacks",
    ),
    Record(
        "facts",
        "one row per fact of a thing that pages found; those with a number lead to the decision of that number",
        "kind thing name fact detail cost n on owner text report measure subject leads_to number",
    ),
    Record(
        "items",
        "one row per thing to decide, the gravest first",
        "number gravity leads_to things cost who by_on since_on facts report measure subject",
    ),
    Record("replies", "one row per reply of the provider", "measure subject said_on by text"),
    Record(
        "restated",
        "one row per figure that the pack replaced said otherwise",
        "measure subject unit value_from value_to verdict_from verdict_to",
    ),
    Record("series", "one row per line of the scorecard and month", "measure subject month value"),
    Record(
        "signals",
        "one row per figure that an earlier pack has too, those with a signal first (rule 21)",
        "measure subject promised value unit usual_low usual_high n trial variation what better target assurance why rebased_on rebase_why",
    ),
    Record(
        "standing",
        "one row per promise of the provider and per rule of our own, the worst first (rule 49)",
        "whose report measure subject verdict value unit better target clause why_missing existed last_value missed_months robust claimed usual_low usual_high variation assurance headline",
    ),
    Record(
        "undecided",
        "one row per promise without a verdict, the cheapest to settle first",
        "measure subject verdict clause why settles effort unknown_since last_decided cost",
    ),
)
