"""What the provider's own tool says of each ticket, held against the contract's clock (rule 32).

Decided here: a tool's flag says that all of its levels were kept, of which the solve is one. So a ticket that it calls
in time and that was solved late is a claim that does not hold; one that it calls late may be late by another level, and
claims nothing of the solve. What the tool claims of a priority is our own figure with the former in time.
"""

from __future__ import annotations

import pandas as pd

from msp_report.model.columns import optional
from msp_report.model.texts import among

FLAGGED = ["ticket_id", "priority", "solved_at", "resolution_used_min", "resolution_target_min"]


def of_tool(late: pd.DataFrame, tickets: pd.DataFrame) -> pd.DataFrame:
    """The tickets that were solved late and that the provider's own tool calls in time, furthest over first.

    Parameters: `late` the resolution clocks decided as breached in the period, as Analysis.late; `tickets` the
    canonical table. Returns: rows of `late` with FLAGGED. Source: rule 32.
    """
    flags = tickets.loc[optional(tickets, "provider_met", "boolean").eq(True).fillna(False), "ticket_id"]
    mine = among(late["ticket_id"], flags) & late["solved_at"].notna()
    return late.loc[mine, FLAGGED].reset_index(drop=True)
