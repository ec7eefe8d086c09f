"""The records of the report negotiation."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "clauses",
        "one row per credit of the contract",
        "clause measure subject unit threshold credit_ratio months bit bit_low bit_high owed owed_low owed_high",
    ),
    Record(
        "harms",
        "one row per harm and size that was injected into a copy of a month (rule 35)",
        "month harm report hides harm_size unit tries caught caught_ratio caught_low caught_high shown_by paid capped owed_more held_more lost_more",
    ),
    Record(
        "promised",
        "one row per promise without a credit that was missed in any month, the most often missed first",
        "measure subject clause credit_ratio months missed would_pay would_pay_low would_pay_high",
    ),
)
