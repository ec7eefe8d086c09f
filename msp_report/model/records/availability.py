"""The records of the report availability."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "between",
        "one row per service that had an outage as far back as its tables came every month (rule 21)",
        "service since outages n newest_days mean_days usual_low_days usual_high_days trial variation why since_days quiet",
    ),
    Record(
        "contradictions",
        "one row per outage and statement that contradicts it (rule 43)",
        "service what started_at ended_at seen_at probe cause ticket_id",
    ),
    Record(
        "doubts",
        "one row per probe and what speaks against it as a whole (rule 46)",
        "probe what services times started_at ended_at",
    ),
    Record(
        "dropped",
        "one row per service and rejected row that may belong to it (rule 42)",
        "service table file line reason state started_at ended_at probe",
    ),
    Record(
        "maintenance",
        "one row per maintenance that was declared",
        "service started_at ended_at announced_at announced_by notice_hours scheduled_min counted_min refused_min down_min status why source",
    ),
    Record(
        "outages",
        "one row per outage in service time",
        "service started_at ended_at down_min counted still_on evidence cause ticket_id user_hours_lost user_cost",
    ),
    Record(
        "restated",
        "one row per service and closed month that is another by what came with this month's exports (rules 0, 38)",
        "service month down_then_min down_min then_ratio availability_ratio then_verdict verdict",
    ),
    Record(
        "robustness",
        "one row per service",
        "service robust readings met missed flipped_by rule availability_ratio verdict",
    ),
    Record(
        "rules",
        "one row per service and reading of the contract (rule 11)",
        "service rule availability_ratio verdict own maintenance unknown degraded short probes outages",
    ),
    Record(
        "services",
        "one row per service",
        "service calendar scheduled_min excluded_min unknown_min down_min up_min availability_ratio low_ratio high_ratio target_ratio outages low_outages high_outages max_outages outages_verdict longest_outage_min mttr_min mtbf_min budget_left_min coverage_ratio verdict missed_by why_missing reading unsmoothed_ratio maintenance_min refused_min degraded_min probed_min checks evidence users user_hourly_cost user_hours_lost user_cost in_contract clause",
    ),
)
