"""The records of the report evidence."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "claims",
        "one row per figure of the provider's own, gaps first",
        "measure subject unit claimed recomputed gap cause money stated_in",
    ),
    Record("doubts", "one row per table that is doubted as a whole", "table why"),
    Record("emptied", "one row per column that came empty though earlier months filled it", "table column"),
    Record("stale", "one row per published pack that is out of date", "month why"),
    Record(
        "names",
        "one row per table and name that joins nothing",
        "named_by kind table name rows size unit nearest may_mean",
    ),
    Record(
        "dropped",
        "one row per rejected row that may be a record",
        "table file line reason",
    ),
    Record(
        "replaced",
        "one row per row of an earlier month that the month's exports give other values",
        "table month key reason",
    ),
    Record(
        "firmness",
        "one row per verdict that hangs on a number of rows, or on minutes (rule 36)",
        "measure subject verdict robust of parted_by spare_min nearest_ids clause",
    ),
    Record(
        "rewritten",
        "one row per field of a closed month that the month's exports give another value (rule 38)",
        "table month key field from to",
    ),
    Record(
        "restatements",
        "one row per figure that a restatement of an issued pack changed",
        "period restated_on why measure subject unit value_from value_to verdict_from verdict_to",
    ),
    Record(
        "deliveries",
        "one row per table that the contract promises",
        "table state due_on exported_at verdict why clause",
    ),
    Record(
        "decided",
        "one row per promise with anything to judge, the cheapest to settle first",
        "measure subject verdict clause why settles effort unknown_since last_decided",
    ),
    Record(
        "tables",
        "one row per table that was due or came",
        "table state due last_month files read accepted rejected outside",
    ),
    Record(
        "promises",
        "one row per withheld table and promise that nobody can judge without it",
        "table measure subject target clause",
    ),
    Record(
        "unlogged",
        "one row per outage of the month that others saw and the provider's log lacks, and per sign that names no service "
        "and that nothing else has",
        "service started_at ended_at seen_by",
    ),
    Record(
        "catches",
        "one row per list that can catch outages of services, over up to twelve months",
        "list covered found alone with_log with_probes with_tickets with_backups with_samples",
    ),
)
