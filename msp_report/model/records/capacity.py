"""The records of the report capacity."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "below_zero",
        "one row per value of the month below zero that is no reading, at most 1,000 a resource",
        "resource metric at value below_zero",
    ),
    Record("daily", "one row per resource, metric and day", "resource metric on samples p95 max min"),
    Record(
        "resources",
        "one row per resource and metric",
        "resource metric mean p95 max capacity utilisation_ratio status days_to_limit days_low days_high forecast coverage_ratio verdict why_missing critical unit percentile warn_ratio limit_ratio samples interval_min over_capacity slope_day clause low_ratio high_ratio expected missing rejected below_zero least greatest every_s doubt why",
    ),
)
