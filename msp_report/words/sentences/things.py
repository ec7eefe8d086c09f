"""What there is to decide, a line each, and why, in a few words: filled from facts only.

A function a kind of metrics.scorecard.things takes its facts and gives what to decide and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd

from msp_report.params import Contract
from msp_report.words import labels
from msp_report.words.language import message
from msp_report.words.numbers import Numbers, clean
from msp_report.words.sentences.said import Page, joined, paragraph

#: So many names are listed in a line; the others are counted.
NAMED = 3
#: So many vendors are named where several bills are held.
VENDORS = 2
#: The facts that say what the provider has to do with a vendor.
_TIES = {
    "owner": message("the provider is tied to it as owner"),
    "commission": message("the vendor pays the provider a commission"),
    "referral": message("the vendor pays the provider for referrals"),
}

Said = tuple[str, str]


class Facts:
    """The facts of one thing to decide, with the words of a client's language."""

    def __init__(self, rows: pd.DataFrame, contract: Contract) -> None:
        self.every, self.show = rows, Numbers.of(contract)
        about = rows[rows["kind"].ne("decision")]
        self.rows = about if len(about) else rows
        self.language, self._page = self.show.language, Page([], contract)

    def of(self, *facts: str) -> pd.DataFrame:
        """The rows of some facts."""
        return self.rows[self.rows["fact"].isin(facts)]

    def has(self, fact: str) -> bool:
        """Whether there is such a fact, or decision of the board."""
        return bool(self.every["fact"].eq(fact).any())

    def listed(self, names: Iterable[str], most: int = NAMED) -> str:
        """Names as one list in words, each once; of many the first ones and how many more there are."""
        return self._page.listed([clean(name) for name in dict.fromkeys(names)], most)

    def quoted(self, names: Iterable[str]) -> str:
        """Titles as one list in words, each in quotation marks."""
        return self.listed(self.language("“{name}”", name=clean(name)) for name in dict.fromkeys(names))

    def day(self, day: pd.Timestamp) -> str:
        """A day in words."""
        return self.show.day(day)

    def money(self, amount: float) -> str:
        """An amount in words."""
        return self.show.number(amount, "cost")

    def count(self, n: float) -> str:
        """A count in words."""
        return self.show.number(n, "count")


def protect(f: Facts) -> Said:
    """Assets without a backup."""
    never, stopped = f.of("not backed up in the month"), f.of("not backed up since")
    last = stopped.sort_values("on")
    return (
        f.language("Back up {names}.", names=f.listed(f.rows["thing"])),
        paragraph(
            f.language("None all month: {names}.", names=f.listed(never["thing"])) if len(never) else None,
            f.language(
                "The last on {day}: {names}.", names=f.listed(last["thing"]), day=f.day(last["on"].iloc[0])
            )
            if len(last)
            else None,
        ),
    )


def prove(f: Facts) -> Said:
    """Routine duties without proof."""
    names = f.rows["thing"]
    never, some = (names[f.rows["detail"].eq(detail)] for detail in ("never", "not every time"))
    return (
        f.language.plural(
            "Ask for proof of a routine duty.",
            "Ask for proof of {n} routine duties.",
            names.nunique(),
            n=f.count(names.nunique()),
        ),
        paragraph(
            f.language("No proof this month: {names}.", names=f.listed(never)) if len(never) else None,
            f.language("Not every time: {names}.", names=f.listed(some)) if len(some) else None,
        ),
    )


def license(f: Facts) -> Said:
    """Products of which more is in use than there are licences."""
    short = f.of("more in use than there are licences")
    lacking = [
        f.language("{name} lacks {n}", n=f.count(n), name=clean(name))
        for name, n in zip(short["thing"], short["n"], strict=True)
    ]
    used = f.of("key used too often")
    if short.empty:
        return (
            f.language(
                "Settle licence keys that are used too often: {names}.", names=f.listed(used["thing"])
            ),
            f.language("More devices use a key than it is good for."),
        )
    return (
        f.language("Settle licences: {lacking}.", lacking=f.listed(lacking)),
        f.language("More in use than bought with a receipt."),
    )


def hold(f: Facts) -> Said:
    """Bills to hold, of one vendor or of several."""
    bills = f.of("bill to hold")
    vendors, n = f.listed(bills["thing"], VENDORS), len(bills)
    what = f.language.plural(
        "Hold the bill of {vendors}.", "Hold {n} bills of {vendors}.", n, n=f.count(n), vendors=vendors
    )
    return what, _dealings(f) or _reasons(f, bills)


def _reasons(f: Facts, bills: pd.DataFrame) -> str:
    """Why bills are held, the most costly reason first."""
    every = bills.assign(detail=bills["detail"].str.split("; ")).explode("detail")
    why = every.groupby("detail")["cost"].sum().sort_values(ascending=False, kind="stable").index
    told, rest = [f.show.label(code) for code in why[:1]], len(why) - 1
    more = f.language.plural("{n} other reason", "{n} other reasons", rest, n=f.count(rest))
    told += [more] if rest else []
    return f.language("{reasons}.", reasons=labels.raised("; ".join(told)))


def _dealings(f: Facts) -> str:
    """What the provider has to do with a vendor, in one sentence; empty where nothing is known."""
    tie = f.of("tie that nobody was told of")
    ordered, advised = f.has("ordered by the provider"), f.has("recommended by the provider")
    did = (
        f.language("recommended and ordered by the provider")
        if ordered and advised
        else f.language("ordered by the provider")
        if ordered
        else f.language("recommended by the provider")
        if advised
        else None
    )
    parts = [
        did,
        f.language("split under the limit") if f.has("orders split under the limit") else None,
        _tied(f, tie.iloc[0]) if len(tie) else None,
        f.language("its project has not begun") if f.has("its project waits") else None,
    ]
    told = [part for part in parts if part]
    return f.language("{facts}.", facts=labels.raised("; ".join(told))) if told else ""


def _tied(f: Facts, tie: pd.Series) -> str:
    """A tie to the provider that nobody was told of."""
    if tie["detail"] == "commission" and pd.notna(tie["n"]):
        share = f.show.number(tie["n"], "ratio")
        return f.language("a {share} commission for the provider, undisclosed", share=share)
    how = _TIES.get(tie["detail"])
    known = f.language(how) if how else f.language("it is tied to the provider")
    return f.language("{tie}, undisclosed", tie=known)


def _credited(show: Numbers, measure: str, name: str) -> str:
    """What a credit is for: a service, tickets of a priority, or else what is measured."""
    if not name:
        return show.label(measure)
    called = show.subject(measure, name)
    return show.language("{subject} tickets", subject=called) if measure.startswith("tickets.") else called


def claim(f: Facts) -> Said:
    """Credits to claim, and what lapses when."""
    credits = f.of("credit to claim")
    subjects = f.listed(_credited(f.show, *row) for row in credits[["thing", "name"]].to_numpy())
    dated = credits[credits["on"].notna()]
    days = [
        f.language("{money} by {day}", money=f.money(cost), day=f.day(day))
        for day, cost in dated.groupby("on")["cost"].sum().items()
    ]
    what = f.language("Claim service credits for {subjects}.", subjects=subjects)
    return what, joined(f.listed(days)) if days else ""


def decide(f: Facts) -> Said:
    """Proposals that wait for a yes or no: one, or several together."""
    projects = f.rows[f.rows["kind"].eq("project")]
    waits = f.of("waits for a decision")
    names = projects["name"].drop_duplicates()
    against = projects[projects["detail"].ne("")]
    why = [f.show.label(code) for code in against["fact"].drop_duplicates()]
    since = f.day(waits["on"].min()) if waits["on"].notna().any() else None
    return (
        f.language("Decide on {names}.", names=f.quoted(names)),
        f.language("{reasons}.", reasons=labels.raised("; ".join(why[:2])))
        if why and len(names) == 1
        else f.language.plural(
            "Waiting since {day}.", "The first is waiting since {day}.", len(names), day=since
        )
        if since
        else "",
    )


def run(f: Facts) -> Said:
    """Projects that run and should not as they are."""
    projects = f.rows[f.rows["kind"].eq("project")]
    told = [
        f.language(
            "“{name}”: {reasons}.",
            name=clean(name),
            reasons="; ".join(f.show.label(code) for code in rows["fact"][:2]),
        )
        for name, rows in projects.groupby("name", sort=False)
    ]
    ties = [
        f.language("{vendor}: {facts}.", vendor=clean(vendor), facts=_tied(f, rows.iloc[0]))
        for vendor, rows in f.of("tie that nobody was told of").groupby("thing", sort=False)
    ]
    return (
        f.language.plural(
            "Put the project {names} in order, or stop it.",
            "Put the projects {names} in order, or stop them.",
            projects["name"].nunique(),
            names=f.quoted(projects["name"]),
        ),
        paragraph(*told[:NAMED], *ties),
    )


def disclose(f: Facts) -> Said:
    """Ties of vendors to the provider that nobody was told of."""
    ties = f.of("tie that nobody was told of")
    told = [
        f.language("{vendor}: {facts}.", vendor=clean(row["thing"]), facts=_tied(f, row))
        for row in ties.head(NAMED).to_dict("records")
    ]
    return f.language(
        "Ask the provider about its ties to {names}.", names=f.listed(ties["thing"])
    ), paragraph(*told)


def chase(f: Facts) -> Said:
    """Decisions of the board that are overdue."""
    first = f.rows.sort_values("on")
    what = f.language.plural(
        "Have an overdue decision carried out: {texts}.",
        "Have {n} overdue decisions carried out: {texts}.",
        len(first),
        n=f.count(len(first)),
        texts=f.quoted(first["text"]),
    )
    return what, f.language("Due on {day}.", day=f.day(first["on"].iloc[0]))


def opinion(f: Facts) -> Said:
    """Outside opinions that have run out, or come from somebody with an interest."""
    how = {
        "run out": message("the opinion on {name} has run out"),
        "not independent": message("the one who judged {name} is not independent"),
    }
    told = [
        f.language(how[detail], name=clean(name))
        for name, detail in f.rows[["thing", "detail"]].drop_duplicates().to_numpy()
    ]
    return (
        f.language("Ask somebody independent about {names}.", names=f.listed(f.rows["thing"])),
        f.language("{facts}.", facts=labels.raised("; ".join(told[:NAMED]))),
    )


def _resources(show: Numbers, rows: pd.DataFrame) -> list[str]:
    """Resources by their titles, else by their names."""
    named = rows[["measure", "subject", "thing"]].to_numpy()
    return [show.titled(str(measure), str(subject)) or thing for measure, subject, thing in named]


def grow(f: Facts) -> Said:
    """Resources that will be full soon."""
    first = f.rows.sort_values("on")
    return (
        f.language("Make room on {names}.", names=f.listed(_resources(f.show, first))),
        f.language.plural(
            "At this rate it reaches its limit about {day}.",
            "At this rate the first reaches its limit about {day}.",
            len(first),
            day=f.day(first["on"].iloc[0]),
        ),
    )


def notice(f: Facts) -> Said:
    """Whether the contract goes on."""
    return (
        f.language("Decide whether the contract goes on."),
        f.language(
            "To end it with its term, notice must be given by {day}.", day=f.day(f.rows["on"].iloc[0])
        ),
    )


def found_on(facts: pd.DataFrame, show: Numbers) -> list[str | None]:
    """What a fact says against a reply of the provider's; None of a fact that says nothing of its figure."""
    said = {
        "priority lowered by the provider": message(
            "the provider lowered {thing} from {subject} to {detail} on {day}"
        ),
        "maintenance that is not accepted": message("the maintenance of {day} is not accepted: {detail}"),
    }
    return [
        None
        if (text := said.get(row["fact"])) is None
        else show.language(
            text,
            thing=clean(row["thing"]),
            subject=show.subject(row["measure"], row["subject"]),
            detail=show.titled(str(row["measure"]), str(row["detail"])) or show.label(row["detail"]),
            day=show.day(row["on"]),
        )
        for row in facts.to_dict("records")  # a few rows
    ]


def sums(money: pd.DataFrame, show: Numbers) -> list[tuple[str, str, str, str]]:
    """The sums of a month, each with what it is, a line below it, and the report that shows it."""
    language = show.language

    def told(kind: str, what: str, page: str, *below: str | None) -> list[tuple[str, str, str, str]]:
        amount = money.loc[kind, "amount"]
        if pd.isna(amount):
            return []
        return [(show.number(amount, "cost"), language(what), "; ".join(filter(None, below)), page)]

    fee, lost, claim, hold = (
        money.loc[kind] for kind in ("fee", "work lost to outages", "can still be claimed", "bills to hold")
    )
    last = show.number(lost["last_amount"], "cost") if pd.notna(lost["last_amount"]) else None
    return [
        *told("fee", message("fee"), "contract", _hours(fee, show)),
        *told(
            "work lost to outages",
            message("work lost to outages, estimated"),
            "availability",
            language("the month before {money}", money=last) if last else None,
        ),
        *told(
            "can still be claimed",
            message("to claim back"),
            "contract",
            language("first by {day}", day=show.day(claim["by_on"])) if pd.notna(claim["by_on"]) else None,
        ),
        *told(
            "bills to hold",
            message("bills to hold"),
            "procurement",
            language.plural("{n} bill", "{n} bills", int(hold["n"]), n=show.number(hold["n"], "count"))
            if pd.notna(hold["n"])
            else None,
            language("some in another currency are left out") if pd.notna(hold["lacks"]) else None,
        ),
    ]


def _hours(fee: pd.Series, show: Numbers) -> str | None:
    if pd.isna(fee["hours"]):
        return None
    worked = show.number(fee["hours"], "hours")
    if pd.isna(fee["included_hours"]):
        return show.language("{hours} worked", hours=worked)
    return show.language(
        "{hours} worked, {included} included",
        hours=worked,
        included=show.number(fee["included_hours"], "hours"),
    )


KINDS: dict[str, Callable[[Facts], Said]] = {
    one.__name__: one
    for one in (protect, prove, license, hold, claim, decide, run, disclose, chase, opinion, grow, notice)
}
