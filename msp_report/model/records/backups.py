"""The records of the report backups."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record("ambiguous", "one row per name in the jobs that fits several assets", "name assets fits runs"),
    Record(
        "assets",
        "one row per asset that needs a backup or has jobs",
        "asset kind critical status expected good missed attained_rpo_hours rpo_hours last_good_at last_restore_test_on runs failed running verdict why agreed counted good_low doubted failed_ratio last_slot_hours last_copy_at",
    ),
    Record(
        "doubts",
        "one row per run of the month that ended well and may have saved nothing new",
        "asset job started_at bytes usual_bytes why",
    ),
    Record(
        "failed_restores",
        "one row per asset of which no restore has worked since one failed",
        "asset tested_on result last_restore_test_on",
    ),
    Record(
        "stretches",
        "one row per time without a good point for which a slot was missed",
        "asset from_at to_at gap_hours rpo_hours missed failed",
    ),
)
