"""The meeting with the provider: what to ask, to claim, to hold and to get, and what was promised last time.

It sums up what the pack's pages have said and judges nothing anew: verdicts are those of page one, money is that of
the pages on the contract and on procurement.

Decided here:

- What is missed is asked for, whoever set the target, but for what only we can put right (OURS). Gravest first: data
  that can be lost, routine duties on which security rests, money that leaves us, promises missed, targets of our own.
  Of one kind what was agreed stands first, then what has been missed longest.
- A credit is claimed here while its state is open: what is left of it after the month's cap.
- Each reason to hold an invoice has what releases it (RELEASES): an approval by name where rule 27 lets one accept it.
- What is missing is asked for once, however many promises wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from msp_report.metrics import evidence, procurement
from msp_report.metrics.contract import NO_FEE, promises_credits
from msp_report.metrics.scorecard import NO_PACK, decisions, lines
from msp_report.metrics.scorecard.course import by_lines, missed_months
from msp_report.model import promises
from msp_report.model.case import Case, Past
from msp_report.model.columns import cents, last_day, total, with_sum
from msp_report.model.figures import Figure
from msp_report.model.measures import unit_of
from msp_report.model.period import Month
from msp_report.params import Contract, as_contract

#: What a row asks about, the gravest first.
DATA, DUTIES, MONEY = "data that can be lost", "security and routine duties", "money that leaves us"
PROMISE, TARGET = "promise missed", "target of our own missed"
KINDS = (DATA, DUTIES, MONEY, PROMISE, TARGET)
_KIND_OF = {"backups": DATA, "duties": DUTIES, **dict.fromkeys(("procurement", "licences", "vendors"), MONEY)}
#: What we ask of nobody but ourselves.
OURS = ("strategy.exceptions", "projects.unapproved")
#: What ends each reason to hold an invoice.
RELEASES = {
    procurement.DUPLICATE: "a credit note, or proof that it is for something else",
    procurement.NO_ORDER: "the order",
    procurement.VENDOR: "an invoice of the vendor that was ordered from",
    procurement.ITEM: "an approval by name, or an invoice for what was ordered",
    procurement.NO_QUOTE: "an approval by name",
    procurement.NOT_APPROVED: "an approval by name",
    procurement.OWN_ORDER: "an independent look at the price, or an approval by name",
    procurement.NO_CHECK: "an independent look at the price, or an approval by name",
    procurement.LATE_ORDER: "an approval by name",
    procurement.NO_RECEIPT: "the vendor's licence receipt",
    procurement.OVER_ORDER: "a credit note for what is over",
    procurement.QUANTITY: "the packing slip for the rest, or a credit note for it",
    procurement.EARLY: "the packing slip, and an approval by name",
    procurement.OVER_ORDERED: "a credit note for the difference",
    procurement.OVER_QUOTED: "a credit note for the difference",
    procurement.OVER_CHECK: "a credit note for the difference",
    procurement.SPLIT: "an approval by name of the orders together",
}
#: What ends any other one.
DOCUMENT = "what is said to be missing"
#: What settles a promise, as the page on evidence says it to us, and as we ask it of the provider.
_TO_SEND = {
    "evidence for the time of which nobody knows": "rows for the times that no file covers",
    "the rows that its page calls in doubt": "the rows that are in doubt, put right",
}

# fmt: off
ASKS = [
    "number", "kind", "measure", "subject", "value", "unit", "target", "verdict", "clause", "whose", "missed_months",
    "report", "why_missing", "headline",
]
CLAIMS = [
    "number", "month", "measure", "subject", "clause", "value", "target", "threshold", "unit", "credit_ratio", "fee",
    "factor", "owed", "left", "claim_by",
]
PAYMENTS = ["decision", "document_id", "vendor", "amount", "currency", "due_on", "why", "releases"]
NEEDED = ["number", "item", "table", "measure", "subject", "clause", "unknown_since"]
REPLIED = ["measure", "subject", "said_on", "by", "text", "value", "unit", "why_missing", "verdict"]
# fmt: on
_KEY = ["measure", "subject"]
NO_PAGE = "no page gives this figure"
NO_PURCHASES = "no purchases were supplied"
NO_ACTIONS = "no register of the board's decisions was supplied"


@dataclass(frozen=True)
class Analysis:
    """What the meeting is about.

    `asks`, `claims`, `payments`, `needed` and `replied` as the functions of these names; `actions` as
    decisions.actions; `last_on`, the last day of the month in the client's zone; `why_claim`, `why_payments` and
    `why_actions` why nothing is known of them (None: it is); `summed`, whether there is a pack to sum up.
    """

    asks: pd.DataFrame
    claims: pd.DataFrame
    payments: pd.DataFrame
    needed: pd.DataFrame
    replied: pd.DataFrame
    actions: pd.DataFrame
    last_on: pd.Timestamp
    summed: bool
    why_claim: str | None
    why_payments: str | None
    why_actions: str | None

    def of(self, *decision: str) -> pd.DataFrame:
        """The unpaid invoices of some decisions, the next due first."""
        return self.payments[self.payments["decision"].isin(decision)].reset_index(drop=True)

    @property
    def claimed(self) -> pd.DataFrame:
        """The credits to claim and, in a last row without a month, what is left of them in all."""
        return with_sum(self.claims, "left")

    @property
    def waiting(self) -> pd.DataFrame:
        """The invoices to hold or not to judge yet and, in a last row without a number, the sum of what is known."""
        return with_sum(self.of("hold", "cannot tell"), "amount", known=True)

    def figures(self) -> list[Figure]:
        """meeting.asks [count, n = of them agreed]; .claim [cost of what is left, n = credits]; .hold, .cannot_tell
        and .release [cost, n = invoices; where one has no amount in our currency the value is missing and `low` is the
        sum of the others]; .needed [count of things, n = promises that wait for one]; .kept [count of the board's
        decisions done in the month] and .late [overdue or listed no more; n of both = decisions]. None has a target:
        they count what other pages judge. Missing says why."""
        agreed = int(self.asks["whose"].eq(promises.AGREED).sum())
        why = None if self.summed else NO_PACK
        waiting = int(self.needed["measure"].ne("").sum())
        things = int(self.needed["number"].nunique())
        return [
            _figure("asks", len(self.asks), why, agreed),
            _figure("claim", total(self.claims["left"]), why or self.why_claim, len(self.claims)),
            *self._payments(why),
            _figure("needed", things, why, waiting),
            *self._decisions(),
        ]

    def _payments(self, why: str | None) -> Iterator[Figure]:
        for name in ("hold", "cannot tell", "release"):
            amounts = self.of(name)["amount"]
            known, lacking = amounts.dropna(), int(amounts.isna().sum())
            unknown = why or self.why_payments
            no_amount = (
                f"{lacking} invoice has no amount in our currency"
                if lacking == 1
                else f"{lacking} invoices have no amount in our currency"
            )
            yield Figure.of(
                f"meeting.{name.replace(' ', '_')}",
                None if unknown or lacking else total(known),
                unknown or no_amount,
                n=None if unknown else len(amounts),
                low=total(known) if lacking and len(known) and not unknown else None,
            )

    def _decisions(self) -> Iterator[Figure]:
        state = self.actions["state"]
        for name, of in (("kept", ["done"]), ("late", ["overdue", "no longer listed"])):
            yield _figure(name, int(state.isin(of).sum()), self.why_actions, len(state))

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        names = ("asks", "claims", "needed", "replied")
        bills = {"held": self.of("hold", "cannot tell"), "released": self.of("release")}
        return {name: getattr(self, name) for name in names} | bills


def analyse(case: Case, past: Past) -> Analysis:
    """What the meeting on a month is about.

    Reads actions and purchases (whether they came), and of the pack its figures and the records contract/claims,
    procurement/due and tickets/numbers, so it runs when the pages that record them have. Raises ValueError for naive
    bounds. Source: rules 27, 29, 49 and 51.
    """
    agreed, pack = as_contract(case.agreed), past.figures
    zone, month = agreed.client.timezone, case.period.last
    asked = lines.lines(pack, case.strategy)
    decided, earlier = case.table("actions"), past.earlier("actions")
    owed = past.record("contract", "claims")
    unpriced = promises_credits(agreed) and agreed.on(month.first_on).term.monthly_fee is None
    due = past.record("procurement", "due")
    return Analysis(
        asks=asks(
            lines.standing(pack, asked, past.before), past.before, month, by_lines(past.before, case.strategy)
        ),
        claims=claims(owed, agreed, pd.concat([past.before, pack.assign(month=str(month))])),
        payments=payments(due),
        needed=needed(
            evidence.decidable(pack, past.before, case.arrivals()), pack, past.record("tickets", "numbers")
        ),
        replied=replied(past.earlier("replies"), past.replies, pack),
        actions=decisions.actions(decided, case.start, case.end, zone, earlier=earlier),
        last_on=last_day(case.end, zone),
        summed=len(pack) > 0,
        why_claim=NO_PAGE if owed is None else NO_FEE if unpriced else None,
        why_payments=NO_PURCHASES if case.table("purchases") is None else NO_PAGE if due is None else None,
        why_actions=NO_ACTIONS if decided is None and earlier is None else None,
    )


def asks(
    standing: pd.DataFrame, before: pd.DataFrame, month: Month, by_board: pd.DataFrame | None = None
) -> pd.DataFrame:
    """What was missed and somebody else than we must put right, the gravest first.

    Parameters: `standing` as scorecard.lines.standing; the figures of the packs `before`, with their month, and as
    `course.by_lines` judges them.
    Returns: one row each with ASKS: its `number` on the agenda, its `kind` (KINDS), `missed_months`, for how many
    months in a row with this one it was missed, as far as the twelve packs before show; missing where no pack of the
    month before judges it, so that nobody knows whether it is new. Source: rule 49.

    >>> row = {"measure": "backups.unprotected", "subject": "", "verdict": "missed", "whose": "own", "existed": True}
    >>> row |= {"target": 0.0, "better": "lower"}
    >>> never = pd.DataFrame(columns=["month", "measure", "subject", "value", "target", "verdict"])
    >>> found = asks(pd.DataFrame([row]), never, Month(2026, 10))
    >>> found[["number", "kind"]].values.tolist()
    [[1, 'data that can be lost']]
    """
    missed = standing["verdict"].eq("missed") & standing["existed"].astype(bool)
    rows = standing[missed & ~standing["measure"].isin(OURS)].reset_index(drop=True)
    own = pd.Series(np.where(rows["whose"].eq(promises.AGREED), PROMISE, TARGET), rows.index, dtype=object)
    kind = rows["measure"].astype("str").str.split(".").str[0].map(_KIND_OF).astype(object)
    rows = rows.assign(
        kind=kind.where(kind.notna(), own), missed_months=missed_months(rows, before, month, by_board)
    )
    order = pd.DataFrame(
        {
            "kind": rows["kind"].map({name: place for place, name in enumerate(KINDS)}),
            "whose": rows["whose"].ne(promises.AGREED),
            "months": -rows["missed_months"].astype("float64").fillna(0),
        }
    )
    rows = rows.loc[order.sort_values(list(order), kind="stable").index].reset_index(drop=True)
    return rows.assign(number=rows.index + 1).reindex(columns=ASKS)


def claims(record: pd.DataFrame | None, contract: Contract, figures: pd.DataFrame) -> pd.DataFrame:
    """The credits that can still be claimed and were not, what lapses first standing first.

    Parameters: the record contract/claims, None where the pack has none; the contract; `figures` of the pack and those
    before, with their month.
    Returns: one row each with CLAIMS: the `value` reached, the `target` agreed for it (missing where its month has no
    such figure) and the `threshold` beyond which the credit is owed, in the measure's `unit`;
    `fee` of that month, `credit_ratio` and `factor` (more than 1 where the month before missed too), whose product is
    `owed`; what is `left` of it after the month's cap [client's currency]. Source: rule 29.
    """
    rows = pd.DataFrame(columns=[*CLAIMS, "state", "repeated"]) if record is None else record
    rows = rows[rows["state"].eq("open")].reset_index(drop=True)
    months = rows["month"].map(lambda name: contract.on(Month.parse(name).first_on))
    factor = months.map(lambda agreed: agreed.credit_terms.repeat_factor).where(rows["repeated"].eq(True), 1)
    rows = rows.assign(
        subject=rows["subject"].fillna(""),
        unit=rows["measure"].map(unit_of),
        fee=months.map(lambda agreed: agreed.term.monthly_fee),
        factor=factor,
        owed=_money(rows["owed"]),
        left=_money(rows["left"]),
        claim_by=pd.to_datetime(rows["claim_by"]).astype("datetime64[us]"),
    )
    stated = figures.drop_duplicates(["month", *_KEY], keep="last").set_index(["month", *_KEY])["target"]
    asked = pd.MultiIndex.from_frame(rows[["month", *_KEY]].astype(object))
    rows = rows.assign(target=stated.reindex(asked).to_numpy(object))
    order = rows.assign(size=-rows["left"].astype(float))
    place = order.sort_values(["claim_by", "size", *_KEY], kind="stable").index
    rows = rows.loc[place].reset_index(drop=True)
    return rows.assign(number=rows.index + 1)[CLAIMS]


def payments(due: pd.DataFrame | None) -> pd.DataFrame:
    """The unpaid invoices, what to do with each and what releases those that are held.

    Parameters: the record procurement/due, None where the pack has none.
    Returns: one row each with PAYMENTS in the record's order: `why` it is held or cannot be told, and what `releases`
    what is held, one for each reason (RELEASES). Source: rule 27.

    >>> rows = pd.DataFrame({"decision": ["hold"], "document_id": "I1", "why": "no quote; duplicate invoice"})
    >>> payments(rows)["releases"].tolist()
    ['an approval by name; a credit note, or proof that it is for something else']
    """
    rows = pd.DataFrame(columns=PAYMENTS) if due is None else due.reindex(columns=PAYMENTS)
    why = rows["why"].astype(object)
    releases = why.map(_released_by, na_action="ignore").fillna(DOCUMENT)
    return rows.assign(
        amount=_money(rows["amount"]),
        due_on=pd.to_datetime(rows["due_on"]).astype("datetime64[us]"),
        why=why.where(rows["decision"].ne("release")),
        releases=releases.where(rows["decision"].eq("hold")),
    ).reset_index(drop=True)


def _released_by(why: str) -> str:
    return "; ".join(dict.fromkeys(RELEASES.get(reason, DOCUMENT) for reason in why.split("; ")))


def needed(decided: pd.DataFrame, figures: pd.DataFrame, numbers: pd.DataFrame | None) -> pd.DataFrame:
    """What to ask the provider for, so that more can be judged.

    Parameters: `decided` as evidence.decidable; `figures` of the pack; the record tickets/numbers, the gaps in the
    numbers of tickets, None where the pack has none.
    Returns: one row per thing and promise that waits for it with NEEDED: `item`, what to send; the `table` that it
    belongs to; `unknown_since`, the month (YYYY-MM) from which the promise has had no verdict, missing where it never
    had one. What no promise waits for has neither measure nor month: withheld tables, empty columns, tables in doubt,
    numbers that no file has. Cheapest first, the same thing once, with one `number`. Source: rules 38, 41, 46 and 51.
    """
    waiting = decided[~decided["verdict"].isin(promises.DECIDED)]
    report = waiting["measure"].astype("str").str.split(".").str[0]
    tables = report.map(lambda name: ", ".join(evidence.JUDGED_BY.get(name, ())))
    undated = waiting["why"].eq(evidence.NO_DAY)
    item = (
        waiting["settles"]
        .astype(object)
        .replace(_TO_SEND)
        .mask(undated, "the day on which the file was exported")
    )
    parts = [
        waiting.assign(item=item, table=tables.mask(undated, waiting["subject"])),
        _of_tables(figures, "withheld_tables", "the file of {}, which was due and did not come"),
        _of_tables(figures, "emptied_columns", "the columns that came empty: {}", named="why_missing"),
        _of_tables(figures, "doubted_tables", "a file of {} whose rows are what it says of itself"),
        _of_numbers(numbers),
    ]
    every = pd.concat([part.reindex(columns=NEEDED).astype(object) for part in parts], ignore_index=True)
    alone = every["measure"].isna() & every["item"].isin(every.loc[every["measure"].notna(), "item"])
    every = every[~alone].fillna({"measure": "", "subject": "", "table": ""})
    place = every.groupby(["item", "table"], sort=False).ngroup()
    every = every.assign(number=(place + 1).astype("int64"))
    return every.sort_values("number", kind="stable", ignore_index=True)[NEEDED]


def _of_tables(figures: pd.DataFrame, name: str, item: str, named: str = "subject") -> pd.DataFrame:
    """What page one says that its tables lack: the figures of a measure with a subject."""
    rows = figures[figures["measure"].eq(f"evidence.{name}") & figures["subject"].fillna("").ne("")]
    texts = rows[named].astype("str").map(lambda text: item.replace("{}", text))
    return pd.DataFrame({"item": texts, "table": rows["subject"]})


def _of_numbers(numbers: pd.DataFrame | None) -> pd.DataFrame:
    if numbers is None or numbers.empty:
        return pd.DataFrame()
    first, last = numbers["first_id"].astype("str"), numbers["last_id"].astype("str")
    several = "the tickets " + first + " to " + last + ", which no file has"
    one = "the ticket " + first + ", which no file has"
    return pd.DataFrame({"item": several.mask(first.eq(last), one), "table": "tickets"})


def replied(earlier: pd.DataFrame | None, now: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """What the provider replied to earlier months, and how the figure stands now.

    Parameters: `earlier`, the table replies as it came with earlier packs, oldest first, None where none had it; `now`,
    the replies to this month, which stand beside what they dispute; `figures` of the pack.
    Returns: one row per reply with REPLIED, the newest first; a figure that the pack does not give is missing and says
    so.
    """
    key = ["measure", "subject", "said_on", "by", "text"]
    rows = pd.DataFrame(columns=key) if earlier is None else earlier.reindex(columns=key)
    said = pd.to_datetime(rows["said_on"]).astype("datetime64[us]")
    rows = rows.assign(said_on=said, subject=rows["subject"].fillna("").astype("str")).drop_duplicates()
    again = now.assign(said_on=pd.to_datetime(now["said_on"]).astype("datetime64[us]"))
    rows = rows[~pd.MultiIndex.from_frame(rows[key]).isin(pd.MultiIndex.from_frame(again[key]))]
    stands = figures[[*_KEY, "value", "unit", "why_missing", "verdict"]]
    found = rows.merge(stands, on=_KEY, how="left", indicator=True)
    absent = found.pop("_merge").eq("left_only")
    why = found["why_missing"].astype(object).mask(absent, NO_PAGE)
    found = found.assign(why_missing=why, unit=found["unit"].astype(object).mask(absent, ""))
    return found.sort_values(["said_on", *_KEY], ascending=[False, True, True], ignore_index=True)[REPLIED]


def _money(values: pd.Series) -> pd.Series:
    """Money as a record's CSV has it, as exact decimals; what is missing is None."""
    known = [None if pd.isna(value) else cents(Decimal(str(value))) for value in values]
    return pd.Series(known, values.index, dtype=object)


def _figure(name: str, value: object, why: str | None, n: int) -> Figure:
    return Figure.of(f"meeting.{name}", None if why else value, why, n=None if why else n)
