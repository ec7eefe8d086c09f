"""The records of the report contract."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "claims",
        "one row per credit of this or an earlier month, the newest first",
        "month measure subject owed at_risk claimed credited claim_by value threshold credit_ratio repeated claimed_on credited_on clause note state left",
    ),
    Record(
        "credits",
        "one row per level of the month for which a credit is agreed",
        "month measure subject owed at_risk claimed credited claim_by value threshold credit_ratio repeated claimed_on credited_on clause note",
    ),
    Record(
        "exit",
        "one row per cost of leaving, or thing that is not proved without the provider",
        "item amount proved_on kind proved held_by note",
    ),
    Record(
        "hours",
        "one row per month",
        "month hours included_hours used_ratio fee fee_per_hour agreed_per_hour over_hours over_cost why_missing",
    ),
    Record("shares", "one row per part of the hours booked, all of them first", "part hours share_ratio"),
    Record("unjudged", "one row per credit that no figure decides", "measure subject clause why"),
    Record(
        "year_credits",
        "one row per credit of the year",
        "month measure subject owed at_risk claimed credited claim_by value threshold credit_ratio repeated claimed_on credited_on clause note state left",
    ),
    Record(
        "year_hours",
        "one row per month of the year",
        "month hours included_hours used_ratio fee fee_per_hour agreed_per_hour over_hours over_cost why_missing",
    ),
    Record(
        "year_money",
        "one row per month of the year",
        "month fee owed claimed credited left lost at_stake user_hours_lost user_cost exit_cost why_missing",
    ),
)
