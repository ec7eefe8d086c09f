"""The records of the report duties."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "duties",
        "one row per duty of the contract",
        "duty every_days expected good missed attained_days last_done_at last_by last_evidence proofs verdict why clause "
        "good_high",
    ),
    Record(
        "contradicted",
        "one row per proof of the month that backups were watched while an asset had no good point and nobody said so",
        "duty done_at asset last_good_at gap_hours rpo_hours sure",
    ),
    Record("empty", "one row per proof that names neither who did it nor what shows it", "duty done_at"),
    Record(
        "strays",
        "one row per duty that has proofs and that the contract does not name",
        "duty proofs last_done_at",
    ),
)
