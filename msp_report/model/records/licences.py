"""The records of the report licences."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "added",
        "one row per month and product in which copies were added",
        "product device licence_key installed_on person position months_added",
    ),
    Record(
        "history",
        "one row per month, product and metric",
        "product metric month added installed receipted position",
    ),
    Record("installers", "one row per person and product", "product person copies last_installed_on"),
    Record(
        "keys",
        "one row per licence key",
        "product licence_key quantity devices over reused person last_installed_on",
    ),
    Record(
        "position",
        "one row per product and metric",
        "product metric entitled receipted installed position keys_reused verdict short unreceipted low high why_missing",
    ),
    Record(
        "unreceipted",
        "one row per entitlement that no receipt covers in full; quantity is what is not covered",
        "entitlement_id product metric quantity receipt_id starts_on ends_on why",
    ),
)
