"""Page one: does the provider deliver, and what has to be decided?

It sums up what the other notebooks of the pack recorded. The parts: `lines` (the balanced scorecard and the
exceptions), `marks` (signal or noise), `decisions` (the board's until they are done, and what waits for one), `replies`
(the provider's), and `changes` (since the last pack). What is the board's own is no promise of the provider: it has no
target and no verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from msp_report.metrics import evidence, signals
from msp_report.metrics.competence.opinions import opinions
from msp_report.metrics.scorecard import changes, course, decisions, lines, marks, money, replies, things
from msp_report.metrics.scorecard.changes import OWN
from msp_report.model import promises
from msp_report.model.case import Case, Past
from msp_report.model.columns import by_month, last_day
from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.period import Month
from msp_report.model.records import RECORDS
from msp_report.params import as_contract, as_strategy

NO_PACK = "there is no pack of this month yet"
#: What a record leaves empty and is a text none the less.
_NEVER_MISSING = ("subject", "measure", "report", "leads_to", "who", "owner", "text", "detail")
#: So many things are decided on page one; the others stand on the page of all promises.
ON_PAGE_ONE = 8


@dataclass(frozen=True)
class Analysis:
    """Page one of a month: frames of the functions in the modules of this folder."""

    pack: pd.DataFrame
    """The figures of the pack that is summed up."""
    lines: pd.DataFrame
    """As lines.lines, with the marks of marks.of_lines, what course.course adds and whether the verdict is robust."""
    standing: pd.DataFrame
    """As lines.standing, what is agreed and what is our own rule, with STANDING of the module course."""
    exceptions: pd.DataFrame
    """As lines.exceptions: what is the board's own has no headline yet."""
    series: pd.DataFrame
    """As lines.series, of the pack and of those before it."""
    signals: pd.DataFrame
    """As marks.of_pack."""
    due: pd.DataFrame
    """As decisions.due."""
    actions: pd.DataFrame
    """As decisions.actions."""
    opinions: pd.DataFrame
    """As competence.opinions."""
    undecided: pd.DataFrame
    """As evidence.decidable, of the promises without a verdict, with the `cost` that may hang on each."""
    silent: list[str]
    """The reports for which no table was ever supplied."""
    replies: pd.DataFrame
    """As replies.replies."""
    changes: pd.DataFrame
    """As changes.changes."""
    month: Month
    """The month itself."""
    last_month: Month | None
    """The month of the pack that this one is compared with."""
    missed_before: pd.DataFrame
    """How many promises each pack before missed: the figures scorecard.missed over all, with their month."""
    last_on: pd.Timestamp
    """The last day of the month in the client's zone."""
    restated: pd.DataFrame
    """As Past.restated, of all figures of the pack."""
    money: pd.DataFrame
    """As money.money."""
    facts: pd.DataFrame
    """As things.facts, with the numbers of the items."""
    items: pd.DataFrame
    """As things.items."""
    last_judged: pd.DataFrame
    """The promises and rules of the pack that this one is compared with, as lines.standing."""
    has_actions: bool
    has_opinions: bool
    """Whether the tables actions and assessments came with the exports."""

    @property
    def page_one(self) -> pd.DataFrame:
        """The lines that stand on page one."""
        return lines.on_page_one(self.lines)[0]

    @property
    def others(self) -> pd.DataFrame:
        """The lines that strategy.yaml does not mark for page one."""
        return lines.on_page_one(self.lines)[1]

    @property
    def promised(self) -> bool:
        """Whether the pack judges any promise."""
        return bool(self.standing["whose"].eq(promises.AGREED).any())

    @property
    def past(self) -> list[list[float]]:
        """The values of each line on page one over the months, as model.columns.by_month."""
        return by_month(self.page_one, self.series)

    @property
    def unusual(self) -> pd.DataFrame:
        """The figures that have a signal this month, as marks.unusual."""
        return marks.unusual(self.signals)

    @property
    def compared(self) -> int:
        """How many figures are compared with enough months of their own, as marks.compared."""
        return len(marks.compared(self.signals))

    def figures(self) -> list[Figure]:
        """How the promises of the whole pack stand, and the board's own loop.

        scorecard.met, .missed and .unjudged [count of promises of which there was anything to judge, n = all of them],
        .judged [met or missed], .idle [count of those with nothing to judge, n = all promises]; .own_met, .own_missed,
        .own_unjudged, .own_judged [the same of our own rules, counted apart: rule 49]; .actions_open [count of
        decisions not carried out], .actions_overdue [count, n = open], .actions_done [count, in the month];
        .opinions_overdue [count of subjects whose opinion has run out or is not independent, n = subjects]; .claim_days
        [days until the first credit lapses, n = credits]; .worse, .better and .evidence_lost [count of verdicts that
        changed so], and of them .own_worse, .own_better and .own_evidence_lost on our own rules; .signals_worse and
        .signals_better [count of promised figures that are worse, or better, than usual, n = those with enough months
        before]; .evidence_cost [what the provider may owe beyond what it owes, n = promises without a verdict] and
        .unjudged_months [months in a row without one of them, subject the first such month, empty where never judged];
        .last_missed and .own_last_missed [count, n = judged, of the pack before]; .most_missed [count of months over
        which this one's missed promises are the most]; .month_cost, .month_hours, .work_beside and .to_hold as
        money.figures. Missing says why: where no report has recorded a figure there is no pack to sum up.
        """
        return [
            *_promises(self.pack, self.standing),
            *self._before(),
            *self._taken(),
            *self._decisions(),
            *self._turns(),
            *self._signals(),
            *money.figures(self.money),
        ]

    def _signals(self) -> list[Figure]:
        """How many promised figures left their usual course in the month."""
        known = marks.compared(self.signals)
        kept = known.loc[known["promised"], "variation"]
        why = None if len(kept) else "no promised figure has six months before this one"
        names = {"worse": signals.WORSE, "better": signals.BETTER}
        return [
            _own(f"signals_{name}", kept.eq(mark).sum(), why, n=None if why else len(kept))
            for name, mark in names.items()
        ]

    def _before(self) -> Iterator[Figure]:
        """How many were missed the month before, and whether this month is the worst of them all."""
        why = None if self.last_month else "there is no pack before this one"
        for whose, prefix in ((promises.AGREED, ""), (promises.OWN, "own_")):
            rows = self.last_judged[self.last_judged["whose"].eq(whose)]
            judged = rows["verdict"].isin(promises.DECIDED)
            n = None if why else int(judged.sum())
            yield _own(f"{prefix}last_missed", rows["verdict"].eq("missed").sum(), why, n=n)
        now = (self.standing["whose"].eq(promises.AGREED) & self.standing["verdict"].eq("missed")).sum()
        earlier = self.missed_before["value"]
        most = len(earlier) > 1 and now > earlier.max()
        alone = None if most else "it is not the worst month, or too few came before it"
        yield _own("most_missed", len(earlier) + 1, alone)

    def _taken(self) -> Iterator[Figure]:
        """What missing evidence took away: money, and the longest row of months without a verdict."""
        owed, at_risk = (
            money.of_pages(self.pack, f"contract.{name}", over_all=True)
            for name in ("credit_owed", "credit_at_risk")
        )
        cost = None if owed is None or at_risk is None else at_risk - owed
        yield Figure.of(
            "scorecard.evidence_cost", cost, "what the provider owes is not known", n=len(self.undecided)
        )
        if len(self.undecided):
            never = self.undecided["unknown_since"].isna().any()
            first = "" if never else self.undecided["unknown_since"].min()
            months = len(self.series["month"].unique()) if never else _months_since(first, self.month)
            yield Figure(
                measure="scorecard.unjudged_months", subject=first, value=months, n=len(self.undecided)
            )

    def _decisions(self) -> list[Figure]:
        open_ones = self.actions[self.actions["state"] != "done"]
        missing = "no register of the board's decisions was supplied"
        why = None if self.has_actions or len(self.actions) else missing
        unheard = None if self.has_opinions else "no register of outside opinions was supplied"
        stale = self.opinions["expired"] | ~self.opinions["independent"]
        left = (self.due.loc[self.due["kind"] == "credit", "by_on"].dropna() - self.last_on).dt.days
        lapses = None if len(left) else "no credit can be claimed"
        overdue, done = open_ones["days_overdue"].notna().sum(), self.actions["state"].eq("done").sum()
        return [
            _own("actions_open", len(open_ones), why),
            _own("actions_overdue", overdue, why, n=len(open_ones)),
            _own("actions_done", done, why),
            _own("opinions_overdue", stale.sum(), unheard, n=len(self.opinions)),
            _own("claim_days", left.min(), lapses, n=len(left)),
        ]

    def _turns(self) -> list[Figure]:
        alone = None if self.last_month else "there is no pack before this one"
        turns = self.changes[self.changes["kind"].eq("verdict")]
        names, found = {"worse": "worse", "better": "better", "evidence_lost": "lost"}, []
        for name, direction in names.items():
            rows = turns[turns["direction"].eq(direction)]
            own = rows["whose"].eq(promises.OWN).sum()
            found += [
                _own(name, len(rows), alone),
                _own(f"own_{name}", own, alone, n=None if alone else len(rows)),
            ]
        return found

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        names = (
            "lines",
            "exceptions",
            "undecided",
            "series",
            "signals",
            "due",
            "actions",
            "replies",
            "changes",
        )
        names += ("restated", "money", "standing", "facts", "items")
        return {name: getattr(self, name) for name in names}


def analyse(case: Case, past: Past) -> Analysis:
    """Page one of a month; reads actions, assessments and time_entries, and of the pack the records strategy/waiting,
    contract/claims, contract/hours and procurement/due. Raises ValueError for naive bounds."""
    zone = as_contract(case.agreed).client.timezone
    last_on = last_day(case.end, zone)
    decided, assessed = case.table("actions"), case.table("assessments")
    pack, asked = past.figures, lines.lines(past.figures, case.strategy)
    standing = lines.standing(pack, asked, past.before)
    exceptions, by_board = lines.exceptions(standing, pack), course.by_lines(past.before, case.strategy)
    last_month, last_figures = changes.last_pack(past.before)
    last_asked = lines.lines(last_figures, case.strategy)
    last_judged = lines.standing(last_figures, last_asked, past.before)
    boards = (lines.own_lines(asked, pack), lines.own_lines(last_asked, last_figures))
    judged = opinions(assessed, case.end, zone, case.agreed)
    month, points = str(case.period), marks.points(case, past)
    actions = decisions.actions(decided, case.start, case.end, zone, earlier=past.earlier("actions"))
    notice = money.of_pages(pack, "contract.days_to_notice", over_all=True)
    facts = things.facts(things.Records.of(past, zone), exceptions, judged, actions, notice, last_on)
    items, facts = things.items(facts, as_strategy(case.strategy))
    counted = past.before[past.before["measure"].eq("scorecard.missed") & past.before["subject"].eq("")]
    found = Analysis(
        pack=pack,
        lines=_with_course(
            _with_whose(marks.of_lines(asked, points, month), standing), past, case.period.last, by_board
        ),
        standing=_standing(standing, points, past, case.period.last, by_board),
        exceptions=exceptions,
        series=lines.series(pack, past.before, month),
        signals=marks.of_pack(pack, asked, points, month),
        undecided=_undecided(pack, past, case.arrivals()),
        silent=_silent(case),
        month=case.period.last,
        due=decisions.due(
            judged if assessed is not None else None,
            past.record("strategy", "waiting"),
            past.record("contract", "claims"),
        ),
        actions=actions,
        opinions=judged,
        replies=past.replies,
        changes=changes.changes(pack, last_figures, changes.read_again(past.again(last_month)), boards),
        last_month=last_month,
        last_judged=last_judged,
        missed_before=counted[counted["value"].notna()],
        last_on=last_on,
        restated=pd.DataFrame(),
        money=_month_money(case, past, last_figures),
        facts=facts,
        items=items,
        has_actions=decided is not None,
        has_opinions=assessed is not None,
    )
    own = pd.DataFrame([figure.row() for figure in found.figures()], columns=COLUMNS)
    every = pd.concat([frame.astype(object) for frame in (pack, own) if len(frame)], ignore_index=True)
    return replace(found, restated=past.restated(every))


def recorded(past: Past) -> dict[str, pd.DataFrame]:
    """What page one recorded in the period's own pack, by name; without rows where there is no such pack."""
    declared = {one.name: one for name, one in RECORDS.items() if name.startswith(f"{OWN}/")}
    found = {name: past.record(OWN, name) for name in declared}
    if (turned := found["changes"]) is not None:
        found["changes"] = turned.assign(
            **{end: _with_numbers(turned[end], turned["unit"]) for end in ("from", "to")}
        )
    return {
        name: pd.DataFrame(columns=list(declared[name].names))
        if frame is None
        else frame.fillna({column: "" for column in _NEVER_MISSING if column in frame})
        for name, frame in found.items()
    }


def _with_numbers(texts: pd.Series, units: pd.Series) -> pd.Series:
    """A column of a record in which some rows are numbers and others words, by their units."""
    numbers = pd.to_numeric(texts, errors="coerce").astype(object)
    return numbers.where(~units.isin(["text", "verdict"]) & numbers.notna(), texts.astype(object))


def _with_whose(lines: pd.DataFrame, standing: pd.DataFrame) -> pd.DataFrame:
    """The scorecard's lines with `whose` target each has: agreed where the contract asks the same, none without one."""
    key = ["measure", "subject"]
    agreed = standing[standing["whose"].eq(promises.AGREED)].assign(subject=standing["subject"].fillna(""))
    known = lines[key].merge(agreed.drop_duplicates(key)[[*key, "target"]], on=key, how="left")["target"]
    same = known.astype("float64").eq(lines["target"].astype("float64"))
    whose = pd.Series(promises.OWN, lines.index, dtype=object).mask(same, promises.AGREED)
    return lines.assign(whose=whose.where(lines["target"].notna(), None))


def _standing(
    standing: pd.DataFrame, points: pd.DataFrame, past: Past, month: Month, by_board: pd.DataFrame
) -> pd.DataFrame:
    """The promises and rules with how each has gone, its usual range and how firm its verdict is."""
    marked = signals.marks(standing, points, str(month))
    usual = {name: marked[name].to_numpy() for name in ("usual_low", "usual_high", "variation", "assurance")}
    rows = standing.drop(columns="robust").assign(**usual)
    return _with_course(rows, past, month, by_board)[[*course.STANDING, "headline"]]


def _with_course(rows: pd.DataFrame, past: Past, month: Month, by_board: pd.DataFrame) -> pd.DataFrame:
    """Rows with what course.course adds, and `robust` of the verdicts that are those of their own pages."""
    key, firm, pack = ["measure", "subject"], past.record("evidence", "firmness"), past.figures
    told = course.course(rows, past.before, month, by_board)
    added = {name: told[name] for name in ("last_value", "missed_months")}
    if firm is None:
        return rows.assign(**added, robust=None)
    known = firm.assign(subject=firm["subject"].fillna("")).drop_duplicates(key)[[*key, "robust"]]
    known = known.merge(pack[[*key, "target"]].rename(columns={"target": "agreed"}), on=key)
    found = rows[[*key, "target"]].merge(known, on=key, how="left")
    same = found["target"].isna() | found["agreed"].eq(found["target"])
    return rows.assign(**added, robust=found["robust"].where(same, None).to_numpy(object))


def _month_money(case: Case, past: Past, last_figures: pd.DataFrame) -> pd.DataFrame:
    """The month's money, from the records of its own pages and what was booked beside the fee."""
    agreed = as_contract(case.agreed).on(case.period.last.first_on)
    hours = past.record("contract", "hours")
    beside = money.charged_beside(case.table("time_entries"), agreed, case.start, case.end, hours)
    due = None if case.table("purchases") is None else past.record("procurement", "due")
    return money.money(
        past.figures, last_figures, agreed, hours, beside, past.record("contract", "claims"), due
    )


def disputed(past: Past, exceptions: pd.DataFrame) -> pd.DataFrame:
    """The figures that the provider's replies speak of and that are no exceptions, as replies.disputed."""
    return replies.disputed(past.figures, past.replies, but=exceptions)


def claims(past: Past) -> pd.DataFrame:
    """The record evidence/claims of the pack, the provider's own figures beside ours; without rows if it has none."""
    record = past.record("evidence", "claims")
    columns = ["measure", "subject", "unit", "claimed", "recomputed", "cause", "money"]
    told = pd.DataFrame(columns=columns) if record is None else record[columns]
    return told.assign(subject=told["subject"].fillna("").astype("str"), cause=told["cause"].astype("str"))


def _silent(case: Case) -> list[str]:
    """The reports of which no table was ever supplied, nor withheld."""
    known = set(case.arrivals()["table"])
    return [report for report, tables in lines.TABLES_OF.items() if known.isdisjoint(tables)]


def _undecided(pack: pd.DataFrame, past: Past, arrivals: pd.DataFrame) -> pd.DataFrame:
    """The promises without a verdict, what would settle each, and what may hang on it."""
    every = evidence.decidable(pack, past.before, arrivals)
    rows = every[~every["verdict"].isin(promises.DECIDED)].reset_index(drop=True)
    credits = past.record("contract", "credits")
    if credits is None or "at_risk" not in credits:
        return rows.assign(cost=float("nan"))
    extra = credits.assign(subject=credits["subject"].fillna(""), cost=credits["at_risk"] - credits["owed"])
    return rows.merge(extra[["measure", "subject", "cost"]], on=["measure", "subject"], how="left")


def _months_since(first: str, last: Month) -> int:
    """How many months there are from one to another, both included."""
    month = Month.parse(first)
    return (last.year - month.year) * 12 + last.month - month.month + 1


def _promises(pack: pd.DataFrame, standing: pd.DataFrame) -> list[Figure]:
    """How the promises stand, and apart from them our own rules."""
    kinds = {
        "met": ["met"],
        "missed": ["missed"],
        "unjudged": list(promises.OPEN),
        "judged": list(promises.DECIDED),
    }
    why, found = None if len(pack) else NO_PACK, []
    for whose, prefix in ((promises.AGREED, ""), (promises.OWN, "own_")):
        rows = standing[standing["whose"].eq(whose)]
        verdicts = rows.loc[rows["existed"].astype(bool), "verdict"]
        n = None if why else len(verdicts)
        found += [_own(f"{prefix}{name}", verdicts.isin(of).sum(), why, n=n) for name, of in kinds.items()]
        if whose == promises.AGREED:
            found.append(_own("idle", len(rows) - len(verdicts), why, n=None if why else len(rows)))
    return found


def _own(name: str, value: float, why: str | None, n: int | None = None) -> Figure:
    return Figure(measure=f"scorecard.{name}", value=None if why else value, n=n, why_missing=why)
