"""The measures of the report backups."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "within_rpo_ratio",
        "Backups made of those due",
        of="Backups of {} made of those due",
        unit="ratio",
        better="higher",
        rule="rule 31",
        meaning=(
            "The share of the backups due that were made, over every asset that needs one; one is due in "
            "each interval of the agreed length, and what has no backup at all has missed them all."
        ),
        no_data=(
            "No backup jobs were supplied, nothing needs a backup or has one, or every name in the jobs "
            "fits several assets."
        ),
        promise=True,
        rows="backups",
        shown="Backups of the month, asset by asset",
    ),
    Measure(
        "worst_gap_hours",
        "Longest time without a backup",
        of="Longest time without a backup of {}",
        unit="hours",
        better="lower",
        rule="rule 31",
        meaning=(
            "The longest time that an asset went without a good backup, from the last one before the month "
            "to the month's end."
        ),
        no_data="No backup jobs were supplied, or nothing needs a backup or has one.",
    ),
    Measure(
        "unprotected",
        "Assets that need a backup and have none",
        of="Unprotected assets of {}",
        unit="count",
        better="lower",
        rule="rule 31",
        meaning="The assets that need a backup and had no run at all before the cut-off.",
        no_data="No backup jobs were supplied, or no register of assets was.",
        rows="assets",
        shown="Backups of the month, asset by asset",
    ),
    Measure(
        "missed",
        "Assets saved too seldom",
        of="Assets of {} saved too seldom",
        unit="count",
        better="lower",
        rule="rule 31",
        meaning=(
            "The assets with backups of which at least one came too late; those without any are counted as "
            "unprotected."
        ),
        no_data="No backup jobs were supplied.",
    ),
    Measure(
        "never_proven",
        "Assets never proved restorable",
        of="Assets of {} never proved restorable",
        unit="count",
        better="lower",
        rule="rule 31",
        meaning=(
            "The assets that need a backup or have one, and of which no restore before the cut-off proved "
            "anything."
        ),
        no_data="No restore tests were supplied.",
    ),
    Measure(
        "failed_restores",
        "Assets whose last restore failed",
        of="Restores of {} that failed",
        unit="count",
        better="lower",
        rule="rule 31",
        meaning="The assets of which a restore failed before the cut-off and none has worked since.",
        no_data="No restore tests were supplied.",
    ),
)
