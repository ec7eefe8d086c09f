"""The records of the report tickets."""

from msp_report.model.records.declaration import Record

RECORDS = (
    Record(
        "numbers",
        "one row per gap in the numbers of tickets over the usual",
        "first_id last_id missing after_id before_id before_at",
    ),
    Record("ageing", "one row per priority and band of age", "priority band from_days open"),
    Record(
        "attainment",
        "one row per clock and priority",
        "clock priority met breached undecided attainment_ratio target_ratio verdict agreed clause ended_before low high why",
    ),
    Record(
        "backlog", "one row per local day", "day open_at_start created reopened solved removed open_at_end"
    ),
    Record(
        "clocks",
        "one row per ticket",
        "ticket_id priority calendar response_min response_target_min response_met resolution_min resolution_target_min resolution_met paused_min resolution_without_pause_min decided_on response_decided_on opened_at response_at solved_at response_due_at resolution_due_at response_decided_at resolution_decided_at response_used_min resolution_used_min status priority_now removed_at",
    ),
    Record(
        "contradictions",
        "one row per ticket and pair of statements that cannot both be true (rule 43)",
        "ticket_id priority what opened_at status own_status own_done_at logged_at",
    ),
    Record(
        "duplicates",
        "one row per ticket like one that was still open",
        "ticket_id earlier_id reason at priority",
    ),
    Record(
        "durations",
        "one row per clock and priority",
        "clock priority n median_min p90_min km_median_min km_n",
    ),
    Record(
        "ended_before",
        "one row per clock that ended before the month and that no month counts (rule 15)",
        "ticket_id priority clock opened_at due_at met solved_at",
    ),
    Record(
        "edits",
        "one row per edit that moves a figure towards a miss or away from one (rule 33)",
        "ticket_id at field from to favours actor actor_kind",
    ),
    Record(
        "close",
        "one row per ticket solved in the last tenth of its time (rule 34)",
        "ticket_id priority solved_at used_ratio",
    ),
    Record(
        "flagged",
        "one row per ticket that the provider's own tool calls in time and that was solved late (rule 32)",
        "ticket_id priority solved_at resolution_used_min resolution_target_min",
    ),
    Record("hours", "one row per priority", "priority hours n source"),
    Record(
        "open_tickets",
        "one row per ticket open at the cut-off",
        "ticket_id opened_at age_days status priority priority_now assignee category title reassignments touched_at quiet_days resolution_due_at overdue stuck bouncing listed",
    ),
    Record(
        "priority_changes", "one row per change of a priority", "ticket_id at from to change actor actor_kind"
    ),
    Record("reopens", "one row per reopening", "ticket_id at from to left_at priority actor actor_kind"),
    Record(
        "repeats", "one row per ticket that repeats an earlier one", "ticket_id earlier_id reason at priority"
    ),
    Record("robustness", "one row per clock and priority", "clock priority robust flipped_by"),
    Record(
        "rules",
        "one row per clock, priority and reading (rule 11)",
        "clock priority rule met breached undecided attainment_ratio target_ratio verdict own",
    ),
    Record(
        "undated", "one row per ticket that is called solved without a time", "ticket_id opened_at priority"
    ),
    Record(
        "volumes",
        "one row per group of tickets",
        "dimension value opened solved reopened removed open_at_end",
    ),
)
