"""The records of the report alternatives."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "functions",
        "one row per function that has a quote",
        "function state quotes old newest_on share_low share_high fee fee_low fee_high cost cost_low cost_high leaving saving saving_low saving_high equal_cost_low equal_cost_high equal_share equal_share_low equal_share_high",
    ),
    Record(
        "months", "one row per month of the year", "month opened solved backlog hours users opened_per_user"
    ),
    Record("quotes", "one row per quote", "function fee_share yearly_cost source dated_on age_days old"),
    Record(
        "trends",
        "one row per series of the year",
        "measure unit months first last a_year a_year_low a_year_high direction change least most worse note why",
    ),
    Record(
        "unsupported",
        "one row per field of work in which the provider has no part or has shown nothing",
        "subject why role evidence projects names cost tickets",
    ),
)
