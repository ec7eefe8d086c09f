"""The records of the report procurement."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "due",
        "one row per unpaid invoice",
        "vendor document_id due_on days_to_due amount currency decision why at_stake lines dated_on",
    ),
    Record("kinds", "one row per kind of exception", "exception exceptions amount"),
    Record(
        "lines",
        "one row per invoice line, with the documents behind it",
        "document_id line order_id order_line vendor item dated_on due_on paid_on currency quantity quoted ordered received invoiced receipted price_quoted price_ordered price_checked price_invoiced amount at_stake by_provider state exceptions",
    ),
    Record(
        "match",
        "one row per exception",
        "order_id order_line item quoted ordered received invoiced receipted price_quoted price_ordered price_invoiced exception amount at_stake vendor document_id line dated_on due_on paid_on currency price_checked by_provider why",
    ),
    Record(
        "unchecked",
        "one row per order line whose price nobody checked",
        "order_id order_line vendor item quantity price_ordered amount dated_on why",
    ),
)
