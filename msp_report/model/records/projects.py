"""The records of the report projects."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "calibration",
        "one row per group of closed projects",
        "by who closed dated median_slip_days late_ratio late_low late_high priced cost_growth_ratio",
    ),
    Record(
        "changes",
        "one row per change to a schedule or an estimate",
        "project_id as_of field from to days cost name what",
    ),
    Record(
        "proposals",
        "one row per project that waits for a decision, by score",
        "project_id score objective approved in_contract cost name benefit risk best_resource proposed_by sponsor subject rank_business rank_provider rank_cio as_of why_missing",
    ),
    Record(
        "variance",
        "one row per project",
        "project_id baseline_end current_baseline_end forecast_end slip_days baseline_cost current_baseline_cost forecast_cost cost_variance pv ev ac cv spi cpi eac eac_typical eac_spi tcpi es spi_t ieac_t name status as_of status_since status_before schedule budget baseline_source baseline_cost_source changes last_change_on approved sponsor proposed_by objective in_contract actual_cost percent_complete periods_elapsed falls earned_month",
    ),
    Record(
        "year_changes",
        "one row per change to a schedule or an estimate in the year",
        "project_id as_of field from to days cost name what",
    ),
    Record(
        "year_lives",
        "one row per project that was reported in the year",
        "project_id name status baseline_end baseline_source first_on first_forecast_end first_slip_days last_on forecast_end slip_days moved_days baseline_cost first_forecast_cost forecast_cost cost_variance grown_cost actual_cost changes_in_year changes approved sponsor objective",
    ),
)
