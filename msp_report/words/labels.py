"""What a code of the records is called on a page. Codes are data: CSV and figures.json keep them as they are.

Most codes read well and are their own label; NAMED has the others. REASONS are the sentences with places by which
metrics say why a value is missing. To rename what a page shows is to change NAMED; to translate it, the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from msp_report.model.measures import MEASURES
from msp_report.model.tables import TABLES
from msp_report.words.language import Language

#: Fields of which a page tells when they were changed.
_TIMES = ("opened_at", "first_response_at", "resolved_at", "closed_at", "started_at", "ended_at")

#: Codes by the column of a record or of a page's table that holds them, besides the choices of the canonical tables.
CODES: dict[str, tuple[str, ...]] = {
    "verdict": ("met", "missed"),
    "state": (
        *("agrees", "cannot tell", "exception", "credited", "credited in part", "claimed", "unclaimed"),
        *("nothing owed", "open", "done", "expired", "overdue", "missing", "run out", "not independent"),
        *("no longer listed", "waits for a decision", "depends", "cheaper elsewhere", "dearer elsewhere"),
        *("published", "the pack of before stands", "no pack"),
        *("came", "withheld", "stands", "ended", "due next", "done in time", "done late"),
        *("in order now", "less grave now", "as grave as before", "graver now", "not graded again"),
        *("nobody has asked", "the fee is not known", "known", "not known", "not in the pack", "no pack"),
    ),
    "harm": (
        *("service down", "service slow", "down without notice", "solved late", "answered late", "reopened"),
        *("never solved", "called less urgent", "users less happy", "more hours charged", "backups fail"),
        *(
            "backups stop in silence",
            "restore fails",
            "resource over its limit",
            "duty not done",
            "project late",
        ),
        *("project dearer", "plan moved with the delay", "project without approval", "dearer than ordered"),
        *("invoiced twice", "invoiced and not delivered", "copies without a licence", "commission not told"),
        *("file withheld", "file ends early", "column emptied", "bad rows left out"),
    ),
    "of": ("tickets", "outages", "copies", "assets", "projects", "vendors", "backups", "times"),
    "reach_by": (
        *("exported_at", "folder", "last row", "assumed from the folder", "silence"),
        "says that more follows",
    ),
    "status": (
        *(
            "unprotected",
            "missed",
            "in time",
            "cannot tell",
            "in doubt",
            "not stated",
            "no data",
            "not registered",
        ),
        *("not required", "ok", "over", "warn", "the provider", "undisclosed", "disclosed", "disclosed late"),
        *("no tie", "outside service time", "counted", "refused", "partly", "in progress"),
    ),
    "kind": (
        *("opinion", "proposal", "credit", "verdict", "target", "rule", "clause", "amendment", "rebase"),
        *("rows read again", "rows that say something else", "rows that came late"),
        *("authorised", "unauthorised", "unknown", "duplicate", "training"),
        *("fee", "access", "restore", "ticket", "invoice"),
        *(
            "work charged beside the fee",
            "work lost to outages",
            "less the credits owed",
            "what the month came to",
        ),
        *("can still be claimed", "bills to hold"),
        *(
            "plus the credits never claimed in time",
            "what the year came to",
            "credits granted",
            "purchases in dispute",
        ),
        *("services", "priorities", "resources", "assets", "duties", "products"),
        *("data that can be lost", "security and routine duties", "money that leaves us", "promise missed"),
        "target of our own missed",
    ),
    "named_by": ("data", "contract"),
    "unit": ("minutes down", "looks that found it down", "failed runs", "copies", "tickets"),
    "what": (
        *("open with a time of its solve", "solved without a time", "cancelled or merged without a time"),
        *("solved by its own time but open by its log", "logged before it was opened"),
        *(
            "solved later by its own time than by its log",
            "its log does not say what became of it after its solve",
        ),
        "reopened more often than its log shows",
        *("without an end, and the newest log does not list it any more",),
        *("without an end, and a later one of the same service",),
        *("without an end, and a probe saw the service up later", "a probe saw the service up meanwhile"),
        *("services change together within a second, with nothing beside them",),
        *("a service changes more than 20 times a day, with nothing beside it",),
        *("it no longer changes at all, unlike in the months before",),
        *("nobody approved it", "serves no objective of the board", "outside the agreed scope"),
        *("proposed by the provider, paid beside the fee", "the provider has shown nothing in this field"),
        *("the provider is not the best resource", "nobody says who is the best resource"),
        *("agreed start", "agreed end", "agreed cost", "expected end", "expected cost"),
        *("outside its usual range", "moved after standing still", "rising for 7 months in a row"),
        *("falling for 7 months in a row", "near a limit in 2 of 3 months"),
        *("7 months in a row on one side of its mean", "an outside opinion on the provider"),
    ),
    "check": (
        *("objectives, each with an owner", "written by somebody other than the provider", "reviewed"),
        *(
            "its author has no interest in the outcome",
            "given to the provider",
            "acknowledged by the provider",
        ),
        *("in charge by name", "not the provider", "has IT experience", "has hours for it"),
        "holds no interest in the outcome",
    ),
    "found": ("yes",),
    "by": ("proposed_by", "sponsor"),
    "detail": ("never", "not every time"),
    "direction": ("better", "worse", "lost", "looser", "stricter", "rising", "falling", "no trend"),
    "side": ("better", "worse"),
    "variation": ("worse than usual", "not as usual", "better than usual", "as usual"),
    "assurance": ("usually met", "hit or miss", "usually missed"),
    "due": ("monthly", "quarterly", "yearly", "once"),
    "change": ("raised", "lowered"),
    "schedule": ("late", "on time", "early"),
    "budget": ("over", "as planned", "under"),
    "plan": ("given", "first report"),
    "clock": ("response", "resolution"),
    "late_with": ("response; resolution",),
    "next_deadline": ("response", "resolution"),
    "priority": ("not given", "unknown ticket"),
    "priority_now": ("not given",),
    "from": ("not given",),
    "to": ("not given",),
    "reason": (
        "replaced by this month's exports",
        "another ticket of the same number",
        "same asset and category",
        "same requester and category",
        "near-identical title",
    ),
    "unlogged": ("status", "priority", "category", "assignee"),
    "table": tuple(TABLES),
    "tables": (),
    "was": (),
    "now": (),
    "field": ("in_contract", *_TIMES),
    "part": (
        *("all hours booked", "under the contract", "declared outside the contract"),
        *("on tickets", "on tickets opened in the period", "on projects", "on neither"),
        *("unpaid", "to hold", "cannot be judged yet", "to pay"),
        *("owed for missed levels", "over the cap", "granted", "lost", "still to come"),
        *(
            "serves no objective of the board",
            "open at the beginning",
            "opened",
            "opened again",
            "less solved",
            "less cancelled or merged",
            "open at the end",
        ),
        *("of these in the provider's newest list", "of these no longer in it"),
    ),
    "source": ("time_entries", "tickets", "outages"),
    "evidence": ("both", "raw", "provider", "probe"),
    "flipped_by": (
        *("maintenance", "unknown", "degraded", "short", "own"),
        *("pause", "hours", "solve", "priority"),
    ),
    "percentile": ("linear", "nearest_rank"),
    "exception": (
        *("duplicate invoice", "no order", "vendor differs from the order's", "item differs", "no quote"),
        *("not approved", "ordered by the provider and unchecked", "price not checked"),
        *(
            "order dated after the invoice or the delivery",
            "paid before matched",
            "licence without a receipt",
        ),
        "quantity over ordered",
        *("invoiced before received", "quantity over received", "price over ordered", "price over quoted"),
        *("price over the independent check", "orders split under the approval limit"),
        *("no exchange rate", "no price", "not stated", "a rejected row", "no orders supplied"),
        "no packing slips supplied",
        *("no licence receipts supplied", "no quotes supplied", "no price checks supplied"),
    ),
    "decision": ("hold", "release"),
    "question": ("responsiveness", "capability", "recommend", "other"),
    "held_by": ("provider", "client"),
    "engaged_by": ("provider", "client"),
    "role": ("do", "advise", "none"),
    "name": ("Tickets", "Invoices", "Restores", "All together"),
    "stratum": ("not given", "not stated", "other vendors"),
    "finding": ("pass", "fail", "not found"),
    "what_to_check": (
        "Do the tool's own log and the person who asked confirm when it was opened, answered and solved, and how "
        "urgent it was?",
        "Was it ordered by somebody who may, at the price that was quoted, and is what it bills there?",
        "What shows this restore test: what was read back, by whom, and was it whole?",
        "Read this backup back now: is it there, whole and readable?",
    ),
    "severity": ("ungraded", "none", "low", "medium", "high", "critical"),
    "before": ("none", "low", "medium", "high", "critical"),
    "severity_before": ("low", "medium", "high", "critical"),
    "item": ("exit fee", "fee until the end"),
    "report": (
        *dict.fromkeys(measure.partition(".")[0] for measure in MEASURES),
        *("compare", "portfolio", "promises", "files"),
    ),
    "fact": (
        *("not backed up in the month", "not backed up since", "not proved when it was due"),
        *("more in use than there are licences", "key used too often", "bill to hold", "overdue"),
        *("tie that nobody was told of", "recommended by the provider", "ordered by the provider"),
        *("orders split under the limit", "its project waits", "credit to claim", "waits for a decision"),
        *("the board decided", "no independent opinion", "full within the quarter", "notice of the contract"),
        *("priority lowered by the provider", "edits that help the provider", "missed or unknown"),
        "maintenance that is not accepted",
    ),
    "gravity": (*("data that can be lost", "security", "law", "money that leaves us", "everything else"),),
    "pays_by": ("hour", "ticket", "nothing", "not stated"),
    "whose": ("agreed", "own", "evidence"),
    "settles": (),
    "releases": (),
    "list": ("provider's log", "probes", "ticket bursts", "failed backups", "gaps in samples"),
    "seen_by": (),
    "over": ("the month", "up to twelve months"),
    "why": (
        *(
            "clocks that ended before the month and that no month counts",
            "tickets that contradict themselves",
        ),
        *(
            "more than one ticket in twenty is logged before it was opened",
            "half of the tickets took no time at all",
            "more than one ticket number in twenty is in none of the files",
        ),
    ),
    "cause": ("rule", "data", "error"),
    "why_missing": (),
    "forecast_words": (),
    "no_limits": (),
    "unmarked": (),
    "note": (),
    "text": (),
}

#: Codes that do not read as a page should.
NAMED: dict[str, str] = {
    "no_verdict": "no verdict",
    "no_data": "no data",
    "no_target": "no target agreed",
    "waiting_on_customer": "waiting for the client",
    "waiting_on_supplier": "waiting for a supplier",
    "in_progress": "in progress",
    "credit_note": "credit note",
    "packing_slip": "packing slip",
    "licence_receipt": "licence receipt",
    "exported_at": "its time of export",
    "evidence for the time of which nobody knows": "records for the time that no file covers",
    "the rows that its page calls in doubt": "the doubtful rows, put right",
    "nearest_rank": "nearest rank",
    "own": "ours",
    "responsiveness": "how fast we are helped",
    "capability": "how well we are helped",
    "recommend": "would recommend the help desk",
    "authorised": "people on the board's list",
    "unauthorised": "people who are not on it",
    "duplicate": "like one that was still open",
    "training": "asking how something is done",
    "proposed_by": "proposer",
    "in_contract": "in the contract",
    **{field: field.removesuffix("_at").replace("_", " ") for field in _TIMES},
    **{table: table.replace("_", " ") for table in TABLES if "_" in table},
}

#: What a page calls how firm a verdict is.
ROBUST: dict[str, str] = {"pass": "robust pass", "fail": "robust fail", "fragile": "fragile"}

#: Reports whose figures have codes for subjects: kinds of exception, grades of a finding, tables.
BY_CODES = frozenset({"procurement", "questions", "sources", "evidence"})

#: Why something is missing, or not as it should be, as metrics say it.
REASONS: tuple[str, ...] = (
    # names
    "it may be what the data call {name}",
    "{name}: {number} minutes down",
    "{name}: {number} looks that found it down",
    "{name}: {number} failed runs",
    "{name}: {number} tickets",
    # tables that did not come
    "it last came for {month}",
    "it last came for {month}; without it nobody can judge {promises}",
    "sources.yaml names a file that is not there; without it nobody can judge {promises}",
    "no {table} came for the period",
    "{table} came for a part of the period only",
    "sources.yaml names a file that is not there",
    # tables in doubt, and packs that are out of date
    "{file}: says that there are {number} rows, and has {least}",
    "{file}: says that there are {number} pages, and {least} came",
    "{file}: says that more rows follow, and they did not come",
    "{file}: came for each of the three months before, and not for this one",
    "{file}: line {number} says a total of {amount}, its rows have {least} rows",
    "{file}: line {number} says a total of {amount}, its rows have {sum} of {column}",
    "the version that published it did not keep what it was made from",
    "other rows came for it since: {tables}",
    "other rows came since for {months}, which it rests on",
    "contract.yaml, strategy.yaml or sources.yaml changed for it since",
    "the rules changed since",
    "the provider's own figures were not supplied",
    "the source does not say when it was exported",
    "no promise had anything to judge",
    "what the provider owes is not known",
    "the contract names no scope",
    "exported_at of {table} in sources.yaml",
    "the file of {table}, which was due and did not come",
    "a file of {table}",
    "evidence for the time of which nobody knows",
    "the rows that its page calls in doubt",
    "it is not the worst month, or too few came before it",
    # what the meeting asks for
    "the day on which the file was exported",
    "the columns that came empty: {names}",
    "a file of {table} whose rows are what it says of itself",
    "the tickets {first} to {last}, which no file has",
    "the ticket {first}, which no file has",
    "a credit note, or proof that it is for something else",
    "the order",
    "rows for the times that no file covers",
    "the rows that are in doubt, put right",
    "an invoice of the vendor that was ordered from",
    "an approval by name, or an invoice for what was ordered",
    "an approval by name",
    "an independent look at the price, or an approval by name",
    "the vendor's licence receipt",
    "a credit note for what is over",
    "the packing slip for the rest, or a credit note for it",
    "the packing slip, and an approval by name",
    "a credit note for the difference",
    "an approval by name of the orders together",
    "what is said to be missing",
    # outages that nobody logged
    "nothing but the provider's own log tells of outages",
    "no service has a second list beside the provider's log",
    "lists share {number} of them where {least} are needed",
    "lists share {number} of them where {least} are needed; up to twelve months together have enough",
    "lists share {number} of them where {least} are needed; up to twelve months together have too few as well",
    # of any report
    "not stated",
    "no tickets were supplied",
    "no projects were supplied",
    "no purchases were supplied",
    "none observed",
    # packs and months
    "it has not begun yet",
    "no exports were supplied",
    "the contract had not begun",
    "its exports were refused",
    "its pack was not published",
    "no month has a pack",
    "no earlier packs",
    "no month",
    "there is no pack of this month yet",
    "there is no pack before this one",
    "no report of this pack gives this measure",
    "no notebook of this pack gives {measure}",
    "no page gives this figure",
    "no pack of the period gives it",
    "the page does not give it",
    "no figure of this name has a value",
    "no part of it is stated",
    "bills in another currency",
    "the contract does not say which hours cost money",
    "more than half of the months are equal",
    "one month makes no range",
    "no month of the period was tested with harms",
    "fewer than 6 months came before it",
    "it moved in single steps only",
    "its month is not over",
    "it has no value in the newest month",
    "no promised figure has six months before this one",
    "it could not be judged in any month",
    "nothing could be judged",
    "none judged",
    "{number} of {total}",
    "Client {letter}",
    # availability
    "no service time in the period",
    "no outage log was supplied and no check watches the service",
    "all service time was excluded as maintenance",
    "no source says anything of its service time",
    "an outage without an end is contradicted",
    "services change together within a second, with nothing beside them",
    "a service changes more than 20 times a day, with nothing beside it",
    "it no longer changes at all, unlike in the months before",
    "fewer than 7 times between its outages are known",
    "too little is known of the time since the outage before",
    "more than half of the times between its outages are equal",
    "not announced",
    "announced less than {number} hours before",
    "outside the agreed windows",
    "outside the agreed windows and over the monthly cap",
    "over the monthly cap",
    "no availability is agreed",
    "the contract names no users",
    "the contract names no cost of a user's hour",
    # capacity
    "no samples in the period",
    "no capacity and limit are agreed",
    "the samples are in doubt",
    "{number} of {total} samples that were due are missing",
    "nothing bounds how high they may have been",
    "{number} readings are below zero",
    "{number} rows were rejected",
    "every value is over 1.5 times the capacity",
    "no value is over 1.5 of 100 per cent",
    "the values differ from earlier ones by the factor of another unit",
    "the amounts of invoices differ from earlier ones by the factor of another unit",
    "the prices looked up differ from those invoiced by the factor of another unit",
    "every value is the same while earlier ones varied",
    "fewer than {number} days with samples",
    "already over the limit",
    "no rising trend",
    "the limit is more than {number} days away",
    "not in the contract",
    "the contract names no capacity",
    "the contract's capacity is 0",
    # tickets, help desk, requests, satisfaction
    "no time for the {clock} is agreed",
    "the source has no times of first responses",
    "no {clock} was decided in the period",
    "no ticket was answered in the period",
    "no ticket was solved in the period",
    "nothing was solved in the period",
    "the source has no log of status changes",
    "immature: no solve of the period has been followed long enough yet",
    "nothing was opened in the period",
    "the tickets have neither titles nor categories with requesters or assets",
    "neither time entries nor tickets tell hours of the period",
    "no time is agreed for what is open",
    "the source has no log of changes",
    "fewer than ten edits move a figure",
    "the source does not say when anything was solved",
    "the tool's own flag on each ticket",
    "the source does not say what the provider's own tool calls in time",
    "no file came",
    "fewer than ten tickets were solved around their deadline",
    "the source does not say who a ticket was handed to",
    "nothing is open",
    "nothing was solved in the last {number} days",
    "strategy.yaml names no requesters",
    "the contract does not say what training is",
    "no hours are recorded",
    "no survey was supplied",
    "how many were asked is not known",
    "nobody was asked",
    "{number} answered, and fewer than {least} make no figure",
    # projects, strategy, alternatives
    "planned value falls",
    "earned value falls",
    "cost falls",
    "no benefit",
    "no risk",
    "no cost",
    "no project is under way or was closed in the period",
    "no project was reported in the period",
    "no project has a baseline and a forecast end",
    "no project has a baseline and a forecast cost",
    "no project has a planned and an expected end",
    "no project has a planned and an expected cost",
    "no project has an earned value and an actual cost",
    "no project has planned and earned values",
    "no source names any approval",
    "strategy.yaml does not say",
    "no baseline or no forecast is reported",
    "no plan was given",
    "no plan or no expectation is reported",
    "no actual cost is reported",
    "no planned value is reported",
    "{number} objectives",
    "{number} a month",
    "not in the agreed scope",
    "not the provider's to do",
    "the provider has shown nothing here",
    "no projects and no tickets were supplied",
    "nothing was asked in the first month",
    "{number} month has a figure: a trend needs {least}",
    "{number} months have a figure: a trend needs {least}",
    "the fee share or the fee is not stated",
    # procurement, payments, licences
    "no rate of {currency} on or before {day}",
    "the invoice names no usable price",
    "neither order nor quote has a price",
    "its price is in another unit than the one looked up",
    "a price to compare with has no rate",
    "no orders supplied",
    "no packing slips supplied",
    "no licence receipts supplied",
    "no quotes supplied",
    "no price checks supplied",
    "what the whole order is worth is not known",
    "only the invoice says that it is not shipped",
    "it may be a licence, and has no receipt",
    "nobody ordered this charge",
    "accepted by an approver: {exceptions}",
    "nothing was invoiced in the month",
    "not every invoice line could be compared",
    "its price in the client's currency is not known",
    "{number} invoice has no amount in our currency",
    "{number} invoices have no amount in our currency",
    "not computable: no purchase register was supplied",
    "not computable: no list of licences owned was supplied",
    "not computable: no list of installed copies was supplied",
    "no licences and no installed copies are listed",
    "its receipt is not in the purchase register",
    "its receipt is for another product",
    "its receipt is of another vendor than the order",
    "its receipt names a product that may be another one",
    "its receipt is for fewer or used up by other entitlements",
    "no receipt is named",
    "the cores of {number} devices are not known",
    # backups, duties
    "no backup jobs were supplied",
    "not in the register of assets",
    "the register says that it needs none",
    "a name in the jobs fits several assets",
    "the register does not say whether it needs a backup",
    "no RPO is agreed",
    "a run ended well and saved no byte",
    "a run saved under a tenth of what it usually does",
    "a job may only copy older backups",
    "no asset needs a backup or has one",
    "every name in the jobs fits several assets",
    "no register of assets was supplied",
    "no restore tests were supplied",
    "no duties are agreed",
    "no proofs of duties were supplied",
    "no proof was ever seen",
    "backups contradict its proofs, and not all of their runs are known",
    # vendors, contract
    "no register of vendors was supplied",
    "the contract states no monthly fee",
    "the contract names no service credits",
    "the contract states no exit fee",
    "the contract states neither notice nor end",
    "the contract states no end or no notice",
    "fee for {number} days",
    "counted once a service, with its worst level",
    "what is not known may reach a level of the contract",
    "no level of the contract was missed that far",
    "the sum of a month's credits is capped",
    "no hours were booked in the month",
    "no hours were supplied",
    "no hours were delivered",
    "nothing is listed",
    "no month's purchases could be compared",
    "no service states its users",
    "no service states what an hour costs",
    # the board's decisions, opinions, questions
    "outside opinion on {subject}",
    "credit for {subject}, {month}",
    "no register of the board's decisions was supplied",
    "no register of outside opinions was supplied",
    "no register of third-party opinions was supplied",
    "no credit can be claimed",
    "there is no opinion",
    "nobody has filled in the sheet of the audit sample",
    "no row of the sheet is filled in",
    "there is nothing to draw",
    "the finding {finding} is none of {findings}",
    "rows of this id contradict each other",
    "1 rejected row may belong to it ({rows})",
    "{number} rejected rows may belong to it ({rows})",
    "1 asset needed a backup in the register of the month before, needs none in this one, and had none",
    "{number} assets needed a backup in the register of the month before, need none in this one, and had none",
    "the register of the month before had a tie that it has no more: {names}",
    "{number} of the copies listed before are not listed now, and their devices still are",
    "it is not in the sample",
    "it is not in the sample, which has {id} in its place: was the id changed?",
    "nobody has graded a question",
)

#: What even the language of the code does not say as it stands: a code with an underscore, a month or a day.
_RAW = re.compile(r"[a-z]_[a-z]|\b\d{4}-\d\d")

#: What may stand in a place of REASONS, besides anything at all.
_PLACES = {"number": r"[\d.,]+", "least": r"\d+", "total": r"\d+", "letter": "[A-Z]+"}


def _labels() -> dict[str, str]:
    choices = [choice for table in TABLES.values() for column in table.columns for choice in column.choices]
    rules = [measure.rule for measure in MEASURES.values() if measure.rule]
    codes = [code for codes in CODES.values() for code in codes]
    plain = [reason for reason in REASONS if "{" not in reason]
    return {code: code for code in (*choices, *rules, *codes, *plain)} | NAMED


#: Every code, and every reason without places, with its label in English.
LABELS: dict[str, str] = _labels()

#: Columns that hold codes or reasons: their text is looked up here, all other text is shown as it is.
COLUMNS: frozenset[str] = frozenset(CODES) | {
    column.name for table in TABLES.values() for column in table.columns if column.choices
}


def label(code: str, language: Language, say: Callable[[str], str] = str) -> str:
    """What a code or a reason is called in a language; a list of them, by semicolons, commas or an "and", one by one.

    Any other text stays as it is: names, titles and what people wrote are not ours to translate. `say` writes what
    fills a reason's places and is no code, such as a date, as the client does.

    >>> label("no_verdict", Language()), label("Acme Ltd", Language())
    ('no verdict', 'Acme Ltd')
    """
    return _known(code, language, say) or _listed(code, language, say) or code


def page(report: str, language: Language) -> str:
    """What a report is called where its name stands alone: in the list of pages, as a title."""
    return raised(label(report, language))


def subject(measure: str, name: str, language: Language) -> str:
    """What the subject of a figure is called: a code where its report counts by codes, else a name as it stands.

    Of a resource several things are measured, so both are named, in a form that any name of either fits.

    >>> subject("capacity.utilisation", "wan-london:utilisation", Language())
    'wan-london (utilisation)'
    """
    report = measure.partition(".")[0]
    resource, both, metric = name.rpartition(":")
    if report == "capacity" and both:
        return language("{resource} ({metric})", resource=resource, metric=metric)
    return label(name, language) if report in BY_CODES else name


def raised(text: str) -> str:
    """A text with its first letter raised, the others as they are: nouns of other languages keep theirs."""
    return text[:1].upper() + text[1:]


def _known(code: str, language: Language, say: Callable[[str], str]) -> str | None:
    if code in LABELS:
        return language(LABELS[code])
    if language.is_source and not _RAW.search(code):
        return None
    if code in _questions():
        return language(code)
    for reason, pattern in _patterns():
        if found := pattern.fullmatch(code):
            places = {name: say(label(text, language, say)) for name, text in found.groupdict().items()}
            return language(reason, **places)
    return None


def _listed(code: str, language: Language, say: Callable[[str], str]) -> str | None:
    for separator in ("; ", ", "):
        told = [_known(part, language, say) for part in code.split(separator)]
        if len(told) > 1 and all(told):
            return separator.join(filter(None, told))
    one, both, other = code.partition(" and ")
    if both and (told := (_known(one, language, say), _known(other, language, say))) and all(told):
        return language("{one} and {other}", one=told[0], other=told[1])
    return None


@cache
def _questions() -> frozenset[str]:
    from msp_report.words import questions  # which says its evidence through this module

    return frozenset(questions.listed()["text"])


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The reasons with places, each as what finds it in a text."""
    return tuple((reason, _pattern(reason)) for reason in REASONS if "{" in reason)


def _pattern(reason: str) -> re.Pattern[str]:
    words = re.split(r"\{(\w+)\}", reason)
    parts = (
        f"(?P<{word}>{_PLACES.get(word, '.+')})" if place % 2 else re.escape(word)
        for place, word in enumerate(words)
    )
    return re.compile("".join(parts))
