"""The records of the report vendors."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "recommendations",
        "one row per recommendation",
        "recommendation_id made_on made_by vendor subject amount project_id project project_status relationship disclosed status invoiced_since in_month",
    ),
    Record(
        "vendors",
        "one row per vendor",
        "vendor relationship disclosed recommended invoiced status introduced_by commission_ratio disclosed_on disclosed_late recommendations recommended_in_month invoiced_in_month commission_cost not_priced tied undisclosed registered",
    ),
)
