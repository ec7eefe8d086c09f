"""The canonical tables: one declaration each, from which checks, types and the reference are made.

Everything that comes from a vendor becomes one of these tables; everything that is computed starts from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import pyarrow as pa

Due = Literal["monthly", "quarterly", "yearly", "once"]
#: What a column may tell that is nobody else's business: names of people, secrets, words that anybody wrote.
Holds = Literal["plain", "person", "secret", "words"]
Type = Literal["text", "choice", "instant", "date", "month", "number", "decimal", "integer", "boolean"]

#: How a column of each type lies in Parquet. Decimals keep nine places: money, quantities, unit prices.
ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "choice": pa.string(),
    "instant": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
    "month": pa.string(),
    "number": pa.float64(),
    "decimal": pa.decimal128(38, 9),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
}

#: The same column in pandas; dates are midnights without a zone so that they sort and subtract.
PANDAS: dict[str, str] = {
    "text": "str",
    "choice": "str",
    "instant": "datetime64[us, UTC]",
    "date": "datetime64[us]",
    "month": "str",
    "number": "float64",
    "decimal": "object",
    "integer": "Int64",
    "boolean": "boolean",
}


@dataclass(frozen=True)
class Column:
    """One column: its type, whether it must be filled, its unit, what it means, what it may hold.

    `holds` says what is published of it: `person` under a pseudonym unless people are shown, of a `secret` its last
    four letters, of `words` all but addresses and telephone numbers (model/privacy).
    """

    name: str
    type: Type
    meaning: str
    required: bool = False
    unit: str = ""
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    holds: Holds = "plain"


@dataclass(frozen=True)
class Table:
    """One canonical table. `key` empty: only exact duplicates are rejected.

    `period` is the column that says to which month a row belongs; None for registers, whose rows hold
    until they change. `spans` are pairs of columns that may not be reversed. `due` says how often it has to come where
    sources.yaml does not (rule 41): one that comes once stands, dated, until it is replaced. `with_` names tables that
    say half the truth alone: where one of these is withheld, so is this one. `list_of_all`: the export lists how all
    things stand, so that nothing new gives the same file again; any other table's file sent again is no file.
    `told_apart_by`: the column that differs where two files use one number (the key's first column) for two things.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    period: str | None = None
    spans: tuple[tuple[str, str], ...] = ()
    due: Due = "monthly"
    with_: tuple[str, ...] = ()
    list_of_all: bool = False
    told_apart_by: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns without which a row is not accepted."""
        return tuple(column.name for column in self.columns if column.required)

    def column(self, name: str) -> Column:
        """A column by name; KeyError where there is none."""
        return next((c for c in self.columns if c.name == name), None) or _no_column(self.name, name)

    @property
    def schema(self) -> pa.Schema:
        """How accepted rows lie in Parquet."""
        return pa.schema([(column.name, ARROW[column.type]) for column in self.columns])

    def empty(self) -> pd.DataFrame:
        """The table with no rows, every column typed."""
        return pd.DataFrame({c.name: pd.Series(dtype=PANDAS[c.type]) for c in self.columns})


def _no_column(table: str, name: str) -> Column:
    raise KeyError(f"{table} has no column {name!r}")


STATUSES = (
    "new",
    "open",
    "waiting_on_customer",
    "waiting_on_supplier",
    "waiting",
    "resolved",
    "closed",
    "cancelled",
    "merged",
)
STATES = ("up", "down", "degraded", "maintenance", "unknown")


def text(name: str, meaning: str, required: bool = False) -> Column:
    return Column(name, "text", meaning, required)


def person(name: str, meaning: str, required: bool = False) -> Column:
    return Column(name, "text", meaning, required, holds="person")


def secret(name: str, meaning: str) -> Column:
    return Column(name, "text", meaning, holds="secret")


def words(name: str, meaning: str, required: bool = False) -> Column:
    return Column(name, "text", meaning, required, holds="words")


def choice(name: str, meaning: str, choices: tuple[str, ...], required: bool = False) -> Column:
    return Column(name, "choice", meaning, required, choices=choices)


def instant(name: str, meaning: str, required: bool = False) -> Column:
    return Column(name, "instant", meaning, required, unit="UTC")


def day(name: str, meaning: str, required: bool = False) -> Column:
    return Column(name, "date", meaning, required)


def number(
    name: str,
    meaning: str,
    unit: str = "",
    required: bool = False,
    low: float | None = None,
    high: float | None = None,
) -> Column:
    return Column(name, "number", meaning, required, unit=unit, low=low, high=high)


def decimal(name: str, meaning: str, unit: str = "", required: bool = False) -> Column:
    return Column(name, "decimal", meaning, required, unit=unit)


def integer(name: str, meaning: str, low: float | None = 0, high: float | None = None) -> Column:
    return Column(name, "integer", meaning, low=low, high=high)


def boolean(name: str, meaning: str) -> Column:
    return Column(name, "boolean", meaning)


_DECLARED = (
    Table(
        "tickets",
        "Incidents, requests, questions and changes at the help desk, one row a ticket",
        (
            text("ticket_id", "The tool's own number", True),
            instant("opened_at", "Created", True),
            person("requester", "Who asked"),
            words("title", "Short text"),
            choice("kind", "What it is", ("incident", "request", "question", "change")),
            text("category", "The tool's category"),
            text("asset", "What it is about"),
            text("service", "The service of the contract"),
            text("priority", "As the contract names it", True),
            choice("status", "State at the export (rule 12)", STATUSES, True),
            instant("first_response_at", "First answer of a human at the provider"),
            instant("resolved_at", "Last solve"),
            instant("closed_at", "Closed"),
            person("assignee", "Who works on it"),
            number("hours", "Work booked on it", "hours", low=0),
            words("resolution", "What was done"),
            boolean("in_contract", "Covered by the fee"),
            integer("reassignments", "Times handed on"),
            integer("reopens", "Times reopened, as the tool counts"),
            boolean("provider_met", "The tool's own service level flag"),
        ),
        key=("ticket_id",),
        told_apart_by="opened_at",
        period="opened_at",
        spans=(("opened_at", "first_response_at"), ("opened_at", "resolved_at"), ("opened_at", "closed_at")),
        with_=("ticket_events",),
    ),
    Table(
        "ticket_events",
        "Every change of a ticket, in the order in which it was made",
        (
            text("ticket_id", "The ticket", True),
            instant("at", "When", True),
            text("field", "What changed: status, priority, assignee, resolved_at, comment, …", True),
            words("from", "Value before"),
            words("to", "Value after"),
            person("actor", "Who did it"),
            choice("actor_kind", "On whose side", ("provider", "client", "system")),
            boolean("public", "Visible to the requester"),
        ),
        period="at",
        with_=("tickets",),
    ),
    Table(
        "time_entries",
        "Hours worked, one row a booking",
        (
            text("entry_id", "The booking's number", True),
            day("worked_on", "Day of the work", True),
            number("hours", "Length; negative for a correction", "hours", True),
            text("ticket_id", "Ticket worked on"),
            text("project_id", "Project worked on"),
            person("person", "Who worked"),
            boolean("billable", "Charged beside the fee"),
            boolean("in_contract", "Covered by the fee"),
            instant("entered_at", "When it was booked"),
        ),
        key=("entry_id",),
        told_apart_by="worked_on",
        period="worked_on",
    ),
    Table(
        "outages",
        "Times in which a service was not simply up, as logged",
        (
            text("service", "As the contract names it", True),
            instant("started_at", "Begin", True),
            instant("ended_at", "End; empty while it lasts"),
            choice("state", "What it was", ("down", "maintenance", "unknown", "degraded"), True),
            instant("announced_at", "Maintenance: when it was announced; empty = not announced"),
            person("announced_by", "Who announced or declared it"),
            words("cause", "Cause as given"),
            text("ticket_id", "Its ticket"),
        ),
        key=("service", "started_at", "state"),
        period="started_at",
        spans=(("started_at", "ended_at"),),
        with_=("checks",),
    ),
    Table(
        "checks",
        "What a probe saw at one instant",
        (
            text("service", "As the contract names it", True),
            instant("at", "When", True),
            text("probe", "Which probe looked; several of one service are held each on its own (rule 4)"),
            choice("state", "What it saw", STATES, True),
            number("max_gap_s", "How long the state holds without a next check", "s", low=0),
            boolean("changes_only", "The log holds changes only: a state holds until the next one (rule 7)"),
        ),
        key=("service", "at", "probe"),
        period="at",
        with_=("outages",),
    ),
    Table(
        "samples",
        "Readings of capacity: hardware and telecom",
        (
            text("resource", "Server, volume, line", True),
            text("metric", "What was measured", True),
            instant("at", "When", True),
            number("value", "Reading in the unit of the contract's capacity", "", True),
        ),
        key=("resource", "metric", "at"),
        period="at",
    ),
    Table(
        "projects",
        "State of each project at a reporting date",
        (
            text("project_id", "The project", True),
            day("as_of", "Reporting date", True),
            text("name", "Title", True),
            text("objective", "Business objective that it serves, as strategy.yaml names it"),
            choice(
                "status",
                "Where it stands",
                ("proposed", "approved", "waiting", "in_progress", "done", "cancelled"),
                True,
            ),
            person("proposed_by", "Who proposed it"),
            person("sponsor", "Business owner"),
            person("approved_by", "Who approved it; several with ;"),
            day("approved_on", "When it was approved"),
            boolean("in_contract", "Covered by the contract"),
            boolean("best_resource", "Whether the provider is the best resource for it"),
            number("benefit", "1 to 5", low=1, high=5),
            number("risk", "1 to 5, higher is worse", low=1, high=5),
            day("baseline_start", "Start as first or currently agreed"),
            day("baseline_end", "End as currently agreed"),
            decimal("baseline_cost", "Cost as currently agreed", "cost"),
            day("forecast_end", "End as now expected"),
            decimal("forecast_cost", "Cost as now expected", "cost"),
            decimal("actual_cost", "Spent so far", "cost"),
            number("percent_complete", "0 to 100", low=0, high=100),
            text("subject", "Field of knowledge it needs"),
        ),
        key=("project_id", "as_of"),
        period="as_of",
        list_of_all=True,
    ),
    Table(
        "decisions",
        "Who decided what on a project",
        (
            text("project_id", "The project", True),
            day("decided_on", "When", True),
            choice("decision", "What", ("approved", "rejected", "deferred", "ranked"), True),
            person("by", "Who", True),
            choice("role", "For whom", ("business", "provider", "cio"), True),
            integer("rank", "Place in that ranking", low=1),
        ),
        key=("project_id", "decided_on", "decision", "by"),
        period="decided_on",
        due="once",
    ),
    Table(
        "project_periods",
        "Earned value by month, cumulative",
        (
            text("project_id", "The project", True),
            Column("period", "month", "Month, YYYY-MM", True),
            decimal("planned_value", "Planned so far", "cost", True),
            decimal("earned_value", "Earned so far", "cost"),
            decimal("actual_cost", "Spent so far", "cost"),
        ),
        key=("project_id", "period"),
        period="period",
        list_of_all=True,
    ),
    Table(
        "purchases",
        "Lines of quotes, orders, packing slips, invoices, licence receipts, credit notes and returns",
        (
            choice(
                "document",
                "Kind of document",
                ("quote", "order", "packing_slip", "invoice", "licence_receipt", "credit_note", "return"),
                True,
            ),
            text("document_id", "Its number", True),
            text("line", "Line in it", True),
            text("order_id", "The order it belongs to"),
            text("order_line", "Line of that order"),
            text("vendor", "Seller", True),
            text("item", "What", True),
            decimal("quantity", "How many", "", True),
            choice(
                "line_kind",
                "What the line is; empty = goods, or a service where the contract says that it is never received",
                ("goods", "service", "freight", "discount", "rounding"),
            ),
            text("unit", "Counted in"),
            decimal("units_per_pack", "Single units in one of these"),
            decimal("unit_price", "Price of one, without tax", "cost"),
            text("currency", "ISO 4217 code; empty = the client's"),
            boolean("is_licence", "A licence, which needs a receipt"),
            day("dated_on", "Date of the document", True),
            day("due_on", "Invoice: when to pay"),
            day("paid_on", "Invoice: when paid"),
            person("ordered_by", "Who ordered; several with ;"),
            person(
                "approved_by", "Who approved; on an invoice, who accepted what does not agree; several with ;"
            ),
        ),
        key=("document", "vendor", "document_id", "line", "dated_on"),
        period="dated_on",
    ),
    Table(
        "prices",
        "Independent price checks",
        (
            text("item", "What", True),
            text("vendor", "Whose offer", True),
            day("seen_on", "When", True),
            decimal("unit_price", "Price of one, without tax", "cost", True),
            text("currency", "ISO 4217 code", True),
            person("checked_by", "Who looked"),
        ),
        key=("item", "vendor", "seen_on"),
        period="seen_on",
        due="once",
    ),
    Table(
        "rates",
        "Exchange rates",
        (
            text("currency", "ISO 4217 code", True),
            day("on", "Day", True),
            decimal("per_client_currency", "Units of it for one of the client's currency", "", True),
        ),
        key=("currency", "on"),
        period="on",
        due="once",
    ),
    Table(
        "credits",
        "Service credits claimed and granted",
        (
            Column("month", "month", "Month in which the level was missed", True),
            text("measure", "Measure of the contract", True),
            text("subject", "Its subject", True),
            day("claimed_on", "When claimed"),
            day("credited_on", "When granted"),
            decimal("amount", "Granted", "cost"),
        ),
        key=("month", "measure", "subject"),
        period="month",
        due="once",
    ),
    Table(
        "entitlements",
        "Licences owned",
        (
            text("entitlement_id", "Its number", True),
            text("product", "Product", True),
            choice("metric", "Counted by", ("device", "user", "core"), True),
            decimal("quantity", "How many", "", True),
            text("receipt_id", "The vendor's receipt"),
            secret("licence_key", "Key"),
            day("starts_on", "Valid from"),
            day("ends_on", "Valid to"),
        ),
        key=("entitlement_id", "product"),
        spans=(("starts_on", "ends_on"),),
        due="once",
    ),
    Table(
        "installs",
        "Copies found",
        (
            text("product", "Product", True),
            text("device", "Where", True),
            person("user", "Whose"),
            integer("cores", "Cores of the device"),
            secret("licence_key", "Key in use"),
            day("installed_on", "When"),
            person("installed_by", "By whom"),
        ),
        key=("product", "device", "user"),
        list_of_all=True,
    ),
    Table(
        "assets",
        "Everything that is owned and looked after",
        (
            text("asset", "Its name", True),
            text("kind", "What it is", True),
            boolean("critical", "The business stops without it"),
            boolean("backup_required", "Must be backed up"),
            number("rpo_hours", "Most data that may be lost", "hours", low=0),
            day("in_service_on", "From when"),
            day("retired_on", "Until when"),
            day("access_proved_on", "Last proof of access without the provider"),
            person("held_by", "Who holds the keys"),
        ),
        key=("asset",),
        spans=(("in_service_on", "retired_on"),),
        due="once",
    ),
    Table(
        "backup_jobs",
        "Runs of backup jobs",
        (
            text("asset", "What was to be saved", True),
            text("job", "Job", True),
            instant("started_at", "Begin", True),
            choice(
                "kind",
                "What it does: only a backup saves anything new; empty = backup, if the job's name speaks of no copy",
                ("backup", "copy", "offload", "replica"),
            ),
            instant("finished_at", "End; empty while it runs"),
            choice("result", "Outcome", ("success", "warning", "failed", "none"), True),
            number("bytes", "Saved", "bytes", low=0),
            text("location", "Where to"),
        ),
        key=("asset", "job", "started_at"),
        period="started_at",
        spans=(("started_at", "finished_at"),),
    ),
    Table(
        "restore_tests",
        "Proofs that a backup can be read back",
        (
            text("asset", "What was restored", True),
            day("tested_on", "When", True),
            words("result", "Outcome", True),
            number("minutes", "How long it took", "min", low=0),
        ),
        key=("asset", "tested_on", "result"),
        period="tested_on",
        list_of_all=True,
    ),
    Table(
        "duty_evidence",
        "Proofs of standard duties",
        (
            text("duty", "As the contract names it", True),
            instant("done_at", "When", True),
            person("by", "By whom"),
            words("evidence", "What shows it"),
        ),
        key=("duty", "done_at", "by"),
        period="done_at",
    ),
    Table(
        "surveys",
        "Answers of users",
        (
            text("survey_id", "Its number", True),
            text("ticket_id", "Ticket it speaks of"),
            instant("invited_at", "Asked"),
            instant("answered_at", "Answered; empty = not"),
            integer("responsiveness", "1 to 5", 1, 5),
            integer("capability", "1 to 5", 1, 5),
            integer("recommend", "0 to 10", 0, 10),
            integer("other", "1 to 5 to another question, whose words `other:` of the source has", 1, 5),
            person("respondent", "Who answers"),
            words("comment", "Words"),
        ),
        key=("survey_id",),
        told_apart_by="ticket_id",
        period="answered_at",
        spans=(("invited_at", "answered_at"),),
    ),
    Table(
        "vendors",
        "Other vendors and the provider itself",
        (
            text("vendor", "Name", True),
            person("introduced_by", "Who brought it in"),
            choice(
                "relationship",
                "Between it and the provider",
                ("none", "referral", "commission", "owner"),
                True,
            ),
            number("commission_ratio", "Share that flows back", "ratio", low=0, high=1),
            day("disclosed_on", "When the client was told"),
        ),
        key=("vendor",),
        due="once",
    ),
    Table(
        "recommendations",
        "What the provider recommended",
        (
            text("recommendation_id", "Its number", True),
            day("made_on", "When", True),
            person("made_by", "By whom", True),
            text("vendor", "Whose product", True),
            text("subject", "What", True),
            text("project_id", "Project it belongs to"),
            decimal("amount", "Its price", "cost"),
        ),
        key=("recommendation_id",),
        told_apart_by="made_on",
        period="made_on",
        due="once",
    ),
    Table(
        "assessments",
        "Opinions of third parties",
        (
            text("subject", "Of what", True),
            day("assessed_on", "When", True),
            person("assessor", "By whom", True),
            Column("independent", "boolean", "No interest in the outcome", True),
            person("engaged_by", "Who pays"),
            words("result", "What they found"),
            day("expires_on", "Until when it holds"),
        ),
        key=("subject", "assessed_on", "assessor"),
        period="assessed_on",
        due="once",
    ),
    Table(
        "claims",
        "The provider's own figures",
        (
            text("measure", "Measure, report.name", True),
            text("subject", "Its subject; empty = over all"),
            Column("month", "month", "Month; empty = the export's"),
            number("value", "As stated", "", True),
            text("unit", "As stated", True),
            integer("decimals", "Decimals stated"),
            text("stated_in", "Where"),
        ),
        key=("measure", "subject", "month"),
        period="month",
    ),
    Table(
        "actions",
        "The board's decisions, carried until done",
        (
            text("action_id", "Its number", True),
            day("decided_on", "When", True),
            words("text", "What", True),
            person("owner", "By whom", True),
            day("due_on", "Until when", True),
            day("done_on", "Done"),
            text(
                "about",
                "What it is about: a project, vendor, asset, product, duty or measure; empty = what its text names",
            ),
        ),
        key=("action_id",),
        told_apart_by="decided_on",
        due="once",
    ),
    Table(
        "replies",
        "The provider's answers to a draft",
        (
            text("measure", "Measure, report.name", True),
            text("subject", "Its subject; empty = over all"),
            day("said_on", "When", True),
            person("by", "Who", True),
            words("text", "Words", True),
        ),
        key=("measure", "subject", "said_on"),
        period="said_on",
        due="once",
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _DECLARED}

#: The table of which a column of numbers is the key, or the first of its key's numbers.
NUMBERED: dict[str, str] = {
    name: table.name
    for table in reversed(TABLES.values())
    for name in reversed(table.key)
    if name.endswith("_id")
}

#: Columns that are accepted and kept, and that no figure uses: by table and column, why. Pages say so under
#: "Data used".
KEPT: dict[str, dict[str, str]] = {
    "tickets": {
        "resolution": "what was done is for the reader of the table",
        "in_contract": "hours in and out of the fee are those of time_entries",
    },
    "time_entries": {
        "person": "no page judges single people by their hours",
        "entered_at": "hours count on the day that they were worked, whenever they were booked",
    },
    "purchases": {
        "unit": "quantities are compared by units_per_pack; the name of a unit is for the reader of the table"
    },
    "backup_jobs": {"location": "a second place is what a job's kind says: copy, offload or replica"},
    "restore_tests": {"minutes": "no time to restore is agreed in contract.yaml"},
}
