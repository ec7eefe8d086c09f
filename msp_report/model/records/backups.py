"""The records of the report backups."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record("ambiguous", "one row per name in the jobs that fits several assets", "name assets fits runs"),
    Record(
        "assets",
        "one row per asset that needs a backup or has jobs",
        "asset kind critical status expected good missed attained_rpo_hours rpo_hours last_good_at last_restore_test_on runs failed running verdict why agreed counted",
    ),
    Record(
        "stretches",
        "one row per time without a good point for which a slot was missed",
        "asset from_at to_at gap_hours rpo_hours missed failed",
    ),
)
