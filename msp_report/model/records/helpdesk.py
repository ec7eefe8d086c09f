"""The records of the report helpdesk."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record("ages", "one row per priority and band of age", "priority band from_days open"),
    Record(
        "bouncing",
        "one row per open ticket that was handed on three times or more",
        "ticket_id title status paused priority priority_now opened_at age_days response_due_at response_at resolution_due_at used_min target_min used_ratio next_deadline next_due_at due overdue late_with late_since_at touched_at quiet_days stuck reassignments bouncing assignee category listed",
    ),
    Record(
        "deadlines",
        "one row per open ticket whose time ends next",
        "ticket_id title status paused priority priority_now opened_at age_days response_due_at response_at resolution_due_at used_min target_min used_ratio next_deadline next_due_at due overdue late_with late_since_at touched_at quiet_days stuck reassignments bouncing assignee category listed",
    ),
    Record(
        "open_tickets",
        "one row per open ticket",
        "ticket_id title status paused priority priority_now opened_at age_days response_due_at response_at resolution_due_at used_min target_min used_ratio next_deadline next_due_at due overdue late_with late_since_at touched_at quiet_days stuck reassignments bouncing assignee category listed",
    ),
    Record(
        "overdue",
        "one row per open ticket whose time has run out",
        "ticket_id title status paused priority priority_now opened_at age_days response_due_at response_at resolution_due_at used_min target_min used_ratio next_deadline next_due_at due overdue late_with late_since_at touched_at quiet_days stuck reassignments bouncing assignee category listed",
    ),
    Record(
        "solved",
        "one row per ticket solved in the week before",
        "ticket_id title priority opened_at solved_at resolution_min target_min in_time paused_min real_days",
    ),
    Record(
        "statuses", "one row per status and priority", "status open paused overdue stuck bouncing oldest_days"
    ),
    Record(
        "stuck",
        "one row per open ticket that nobody touched for seven days",
        "ticket_id title status paused priority priority_now opened_at age_days response_due_at response_at resolution_due_at used_min target_min used_ratio next_deadline next_due_at due overdue late_with late_since_at touched_at quiet_days stuck reassignments bouncing assignee category listed",
    ),
    Record(
        "undated", "one row per ticket that is called solved without a time", "ticket_id opened_at priority"
    ),
)
