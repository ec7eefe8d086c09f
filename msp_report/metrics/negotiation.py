"""What to ask for when the contract is renewed: harms that no page catches or no clause pays for, clauses that never
bite, and promises on which no credit hangs (rule 35).

Decided here, where the rule leaves room:

- The harms are those of the newest month of the period that was tested (`msp-report selftest`).
- A clause bites in a month in which something is owed by it; it was judged in the months that have a figure for it.
- A promise without a credit is given the smallest credit of the contract for every month in which it was missed.
- Money is given its interval by drawing so many months out of the period's own, with repeats, two thousand times: what
  a year like this one would come to. The cap on a month's credits is left out: it is of no clause.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from msp_report.metrics import contract as agreement
from msp_report.model import promises
from msp_report.model.case import Case, Past
from msp_report.model.figures import Figure
from msp_report.model.measures import unit_of
from msp_report.model.period import Month
from msp_report.model.statistics import wilson
from msp_report.params import Contract, as_contract

# fmt: off
CLAUSES = [
    "clause", "measure", "subject", "unit", "threshold", "credit_ratio", "months", "bit", "bit_low", "bit_high", "owed",
    "owed_low", "owed_high",
]
PROMISED = [
    "measure", "subject", "clause", "credit_ratio", "months", "missed", "would_pay", "would_pay_low", "would_pay_high",
]
# fmt: on
_KEY = ["measure", "subject"]
_DRAWS, _ENDS = 2000, (2.5, 97.5)
NOT_TESTED = "no month of the period was tested with harms"
NO_MONTHS = "no month has a pack"
NO_CREDITS = "the contract names no service credits"


@dataclass(frozen=True)
class Analysis:
    """The negotiation sheet of a period: `harms` as selftest.summed with the `month` tested; `clauses` and `promised`
    as the functions of these names; `paid` and `would_pay`, what both come to together, with the ends."""

    harms: pd.DataFrame
    clauses: pd.DataFrame
    promised: pd.DataFrame
    paid: tuple[float, float, float] | None
    would_pay: tuple[float, float, float] | None
    published: int
    """How many months have a pack."""

    @property
    def uncaught(self) -> pd.DataFrame:
        """The harms of delivery that no page caught in any of their tries: the largest size, the tries of all sizes."""
        return self._of_harms("caught")

    @property
    def unpaid(self) -> pd.DataFrame:
        """Those that no clause paid for in any of their tries, told in the same way."""
        return self._of_harms("paid")

    @property
    def passed(self) -> pd.DataFrame:
        """The ways of leaving evidence out that some page said nothing of."""
        rows = self.harms[self.harms["hides"].astype(bool)]
        return rows[rows["caught"] < rows["tries"]]

    @property
    def idle(self) -> pd.DataFrame:
        """The clauses that were judged and never bit."""
        return self.clauses[self.clauses["bit"].eq(0) & self.clauses["months"].gt(0)]

    def _of_harms(self, name: str) -> pd.DataFrame:
        rows = self.harms[~self.harms["hides"].astype(bool)]
        of_each = rows.groupby("harm", sort=False)
        largest = rows["harm_size"].eq(of_each["harm_size"].transform("max"))
        counts = ["tries", "caught", "paid"]
        rows = rows.assign(**of_each[counts].transform("sum"))[largest]
        rows = rows[rows[name].eq(0)].reset_index(drop=True)
        shares = [wilson(*of) for of in zip(rows["caught"], rows["tries"], strict=True)]
        found = {"caught_ratio": "value", "caught_low": "low", "caught_high": "high"}
        return rows.assign(**{column: [getattr(s, end) for s in shares] for column, end in found.items()})

    def figures(self) -> list[Figure]:
        """negotiation.harms_uncaught and .harms_unpaid [count of harms, n = harms of delivery tried], .passed [count of
        tries in which evidence was left out and nothing said so, n = such tries]; .clauses_idle [count, n = clauses
        judged]; .clauses_paid and .would_pay [cost of the period, low and high; n = months]. Missing says why.
        """
        return [*self._tested(), *self._money()]

    def _tested(self) -> Iterator[Figure]:
        hides = self.harms["hides"].astype(bool)
        kinds = self.harms.loc[~hides, "harm"].nunique()
        tries = self.harms.loc[hides, ["tries", "caught"]].sum()
        for name, value, n in (
            ("harms_uncaught", len(self.uncaught), kinds),
            ("harms_unpaid", len(self.unpaid), kinds),
            ("passed", tries["tries"] - tries["caught"], int(tries["tries"])),
        ):
            known = value if len(self.harms) else None
            yield Figure.of(f"negotiation.{name}", known, NOT_TESTED, n=n if len(self.harms) else None)

    def _money(self) -> Iterator[Figure]:
        judged = int(self.clauses["months"].gt(0).sum())
        why = NO_MONTHS if not self.published else NO_CREDITS
        yield Figure.of("negotiation.clauses_idle", len(self.idle) if judged else None, why, n=judged)
        for name, money in (("clauses_paid", self.paid), ("would_pay", self.would_pay)):
            value, low, high = money or (None, None, None)
            yield Figure.of(f"negotiation.{name}", value, why, low=low, high=high, n=self.published)

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page."""
        return {"harms": self.harms, "clauses": self.clauses, "promised": self.promised}


def analyse(case: Case, past: Past) -> Analysis:
    """The negotiation sheet of a period; reads what the months' packs said, and what the harms of a month's self-test
    came to. Source: rules 29 and 35."""
    figures, agreed = past.year(before=1), as_contract(case.agreed).on(case.closing.first_on)
    published = past.months.loc[past.months["published"].astype(bool), "month"].astype("str").tolist()
    inside = figures[figures["month"].isin(published)]
    tiers, by_tier = clauses(figures, agreed, case.closing, published)
    kept, by_promise = promised(inside, agreed, published)
    return Analysis(
        harms=past.selftest,
        clauses=tiers,
        promised=kept,
        paid=_with_ends(by_tier) if len(tiers) and published else None,
        would_pay=_with_ends(by_promise) if len(tiers) and published and by_promise is not None else None,
        published=len(published),
    )


def clauses(
    figures: pd.DataFrame, contract: Contract, closing: Month, published: list[str]
) -> tuple[pd.DataFrame, np.ndarray]:
    """How often each credit of the contract was owed in the months of a period, and what a year like it would pay.

    Parameters: `figures` like figures.json with a `month`, of the month before the period too; the contract in force;
    `published`, the months with a pack.
    Returns: one row per credit with CLAUSES: threshold, below or above which it is owed; months judged and bit
    [counts], the chance of a month with its Wilson interval bit_low and bit_high; owed with its ends [client's
    currency]; and the money by month and credit. Source: rules 29 and 35.
    """
    rows = agreement.credits_to_date(figures, None, contract, closing)
    rows = rows[rows["month"].isin(published) & rows["owed"].notna()]
    rows = rows[rows["owed"].astype(float).gt(0)]
    levels = agreement.tiers(contract)
    found, money = [], np.zeros((len(published), len(levels)))
    for place, level in enumerate(levels.to_dict("records")):
        threshold = level["below"] if pd.notna(level["below"]) else level["above"]
        mine = rows["measure"].eq(level["measure"]) & rows["threshold"].eq(threshold)
        of_it = figures["measure"].eq(level["measure"]) & figures["value"].notna()
        if pd.notna(level["subject"]):
            mine &= rows["subject"].eq(level["subject"])
            of_it &= figures["subject"].eq(level["subject"])
        by_month = rows[mine].groupby("month")["owed"].sum().reindex(published).astype("float64").fillna(0.0)
        money[:, place] = by_month
        bit = int(by_month.gt(0).sum())
        judged = max(figures.loc[of_it & figures["month"].isin(published), "month"].nunique(), bit)
        chance = wilson(bit, judged)
        found.append(
            {
                "clause": level["clause"],
                "measure": level["measure"],
                "subject": level["subject"] if pd.notna(level["subject"]) else "",
            }
            | {
                "unit": unit_of(level["measure"]),
                "threshold": threshold,
                "credit_ratio": level["credit_ratio"],
                "months": judged,
                "bit": bit,
            }
            | {"bit_low": chance.low, "bit_high": chance.high}
            | dict(zip(("owed", "owed_low", "owed_high"), _with_ends(money[:, [place]]), strict=True))
        )
    numbers = dict.fromkeys(("threshold", "credit_ratio", *CLAUSES[8:]), "float64")
    return pd.DataFrame(found, columns=CLAUSES).astype(numbers), money


def promised(
    figures: pd.DataFrame, contract: Contract, published: list[str]
) -> tuple[pd.DataFrame, np.ndarray | None]:
    """The promises on which no credit hangs, and what the contract's smallest credit on each would have paid.

    Parameters: `figures` like figures.json with a `month`, of the months `published`; the contract in force.
    Returns: one row per promise that was missed in any month with PROMISED, the most often missed first: months judged
    and missed [counts], would_pay with its ends [client's currency; missing without a fee or a credit]; and the money
    by month and promise, None where there is no fee or credit. Source: rules 35 and 49.
    """
    agreed = promises.agreed(figures)
    agreed = agreed[agreed["verdict"].isin(promises.DECIDED)]
    levels = agreement.tiers(contract)
    every = levels.loc[levels["subject"].isna(), "measure"]
    single = pd.MultiIndex.from_frame(levels[_KEY].astype(object).fillna(""))
    keys = pd.MultiIndex.from_frame(agreed[_KEY].astype(object).fillna(""))
    free = agreed[~agreed["measure"].isin(every) & ~keys.isin(single)]
    missed = free.assign(missed=free["verdict"].eq("missed"))
    wide = missed.pivot_table(index=_KEY, columns="month", values="missed", aggfunc="max", sort=False)
    wide = wide.reindex(columns=published).astype("float64")
    counts = pd.DataFrame({"months": wide.notna().sum(axis=1), "missed": wide.fillna(0).sum(axis=1)})
    counts["clause"] = free.groupby(_KEY, sort=False)["clause"].last().reindex(counts.index)
    order = counts[counts["missed"].gt(0)].sort_values("missed", ascending=False, kind="stable").index
    fee = contract.term.monthly_fee
    ratio = levels["credit_ratio"].min() if len(levels) else None
    rows = counts.loc[order].assign(credit_ratio=ratio)
    money = None
    if fee is not None and ratio is not None:
        money = wide.loc[order].fillna(0).to_numpy(float).T * float(fee) * float(ratio)
        ends = [_with_ends(money[:, [place]]) for place in range(money.shape[1])]
        rows[["would_pay", "would_pay_low", "would_pay_high"]] = np.array(ends).reshape(-1, 3)
    found = rows.reset_index().reindex(columns=PROMISED)
    numbers = dict.fromkeys(("credit_ratio", "would_pay", "would_pay_low", "would_pay_high"), "float64")
    return found.astype({"months": "int64", "missed": "int64"} | numbers), money


def _with_ends(by_month: np.ndarray) -> tuple[float, float, float]:
    """What months come to, and the ends of what as many of them, drawn with repeats, come to; a row a month."""
    months, total = len(by_month), float(by_month.sum())
    if not months:
        return 0.0, 0.0, 0.0
    drawn = np.random.default_rng(35).integers(0, months, (_DRAWS, months))
    low, high = np.percentile(by_month.sum(axis=1)[drawn].sum(axis=1), _ENDS)
    return total, float(low), float(high)
