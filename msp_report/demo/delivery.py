"""What went wrong on the way from the systems to us: each kind once, in a month of its own, and never in October 2026.

The company is simulated whole before; here its exports lose, repeat and misname what they hold.
"""

from __future__ import annotations

import pandas as pd

from msp_report.demo.truth import Truth

Tables = dict[str, dict[str, pd.DataFrame]]

#: The survey of a month that nobody sent.
NOT_SENT = ("2026-02", "surveys")
#: The month whose report is the one of the month before, word by word.
SENT_AGAIN = ("2026-04", "claims")
#: The last day in a month's bookings: the file does not say that it is cut, it only ends there.
CUT = ("2026-06", "time_entries", "worked_on", "2026-06-17")
#: Words above a month's register that tell of a page which never came.
ONE_PAGE = ("2026-08", "purchases", "page 1 of 2")

#: A column of a month's file that every other month fills.
EMPTIED = ("2026-07", "prices", "checked_by")
#: A ticket that counts a reopening of which its log shows nothing.
REOPENED_IN_SILENCE = ("2026-05", "HF-13005")

#: A ticket that stays open by its status though it was solved, and that the log of its month does not know.
OPEN_YET_SOLVED = ("2025-12", "HF-11142")
#: A run that failed, of a machine that no register has.
STRANGE_RUN = ("2025-11", "nas-old")
#: The day on which a month's proofs were exported, as the file itself says: before the month was over.
EXPORTED_EARLY = ("2026-01", "duty_evidence", "2026-01-26")

#: The month whose file of backup runs came after the fifth, and its day.
DELIVERED_LATE = ("2026-09", "19")
#: Names as a month's file writes them, and as everybody else does: (month, table, column, usual, written).
WRITTEN = (
    ("2026-05", "backup_jobs", "asset", "db-01", "db-01.harrow.example"),
    ("2026-06", "outages", "service", "telephony", "Telephony "),
)


def deliver(tables: Tables, truth: Truth) -> None:
    """Spoil the exports where it is told, and write down what the pages must say of it."""
    month, table = NOT_SENT
    if month in tables[table]:
        del tables[table][month]
        truth.withdraw(month, "satisfaction")
        truth.plant(month, "evidence", "not_sent", table=table, last_month="2026-01")
    month, table = SENT_AGAIN
    if {month, "2026-03"} <= set(tables[table]):
        tables[table][month] = tables[table]["2026-03"]
        truth.plant(month, "evidence", "sent_again", table=table, last_month="2026-03")
    month, table, column, last = CUT
    if month in tables[table]:
        frame = tables[table][month]
        tables[table][month] = frame[frame[column] <= last]
        truth.plant(month, "evidence", "ends_in_silence", table=table, last_on=last)
    for month, table, column, usual, written in WRITTEN:
        if month in tables[table]:
            names = tables[table][month][column]
            tables[table][month] = tables[table][month].assign(**{column: names.replace(usual, written)})
            truth.plant(month, "evidence", "misspelt", table=table, subject=usual, written=written)
    month, table, column = EMPTIED
    if month in tables[table]:
        tables[table][month] = tables[table][month].assign(**{column: ""})
        truth.plant(month, "evidence", "emptied", table=table, column=column)
    month, ticket = REOPENED_IN_SILENCE
    if month in tables["tickets"]:
        rows = tables["tickets"][month]
        mine = rows["ticket_id"].eq(ticket)
        tables["tickets"][month] = rows.assign(reopens=rows["reopens"].mask(mine, 1))
        truth.plant(month, "evidence", "reopened_in_silence", ids=[ticket])
    month, ticket = OPEN_YET_SOLVED
    if month in tables["tickets"]:
        rows, log = tables["tickets"][month], tables["ticket_events"][month]
        mine = rows["ticket_id"].eq(ticket)
        tables["tickets"][month] = rows.assign(status=rows["status"].mask(mine, "open"))
        tables["ticket_events"][month] = log[log["ticket_id"] != ticket]
        truth.plant(month, "evidence", "open_yet_solved", ids=[ticket])
    month, name = STRANGE_RUN
    if month in tables["backup_jobs"]:
        runs = tables["backup_jobs"][month]
        failed = {"asset": name, "job": f"{name}-nightly", "result": "failed", "bytes": "", "location": ""}
        tables["backup_jobs"][month] = pd.concat([runs, runs[:1].assign(**failed)], ignore_index=True)
        truth.plant(month, "evidence", "strange_run", table="backup_jobs", name=name)
    month, table, last = EXPORTED_EARLY
    if month in tables[table]:
        proofs, after = tables[table][month], str(pd.Period(month) + 1)
        late = proofs["done_at"] >= last
        tables[table][month] = proofs[~late]
        if after in tables[table]:  # the rest comes with the next file
            tables[table][after] = pd.concat([proofs[late], tables[table][after]], ignore_index=True)
        truth.plant(month, "evidence", "exported_early", table=table, on=last)
    month = DELIVERED_LATE[0]
    truth.plant(month, "evidence", "delivered_late", table="backup_jobs", on=exported_on(month))
    month, table, _ = ONE_PAGE
    truth.plant(month, "evidence", "says_more", table=table, pages=2, came=1)


def exported_on(month: str) -> str:
    """The day in the name of a month's file of backup runs: the third of the next month, but for one that came late."""
    after = pd.Period(month) + 1
    return f"{after}-{DELIVERED_LATE[1] if month == DELIVERED_LATE[0] else '03'}"


def heading(table: str, month: str) -> str:
    """What stands above the rows of a month's file; empty for most."""
    if table == EXPORTED_EARLY[1]:
        on = EXPORTED_EARLY[2] if month == EXPORTED_EARLY[0] else f"{pd.Period(month) + 1}-02"
        return f"Exported on {on}\n"
    if table != "purchases":
        return ""
    more = f"; {ONE_PAGE[2]}" if month == ONE_PAGE[0] else ""
    return f"Purchase register;{month}\nAll amounts without tax{more}\n"
