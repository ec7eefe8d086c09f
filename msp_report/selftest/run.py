"""A month tested with harms: which no page catches, and which no clause pays for (rule 35).

Each harm of `harms.HARMS` is injected into a copy of the month, some times in each of its sizes; the copy is read by
the intake as exports are (`changed`) and judged beside the untouched month (`judged`).

Decided here:

- A harm of delivery is caught where a figure is missed, or cannot be judged, that was not, where one that was missed
  already is worse, or where page one has a line that it had not.
- A hiding harm is caught where it buys nothing, or where page one names what stands behind it, or where the intake
  refuses it: then there is no pack.
- A clause pays where the credits of the month come to more, before the cap; what the cap swallows is counted beside.
- What a try costs is what the credits, the invoices held and the work lost come to more than in the untouched month.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd

from msp_report.case import Case
from msp_report.intake.ingest import DataRefused
from msp_report.model import promises
from msp_report.model.statistics import wilson
from msp_report.selftest.changed import Export, manipulated, texts
from msp_report.selftest.harms import HARMS, Given, Harm, Injected
from msp_report.selftest.judged import AT_STAKE, Month, Page
from msp_report.selftest.kept import SUMMED, typed

#: How often each harm is tried in each of its sizes.
TRIES = 5
# fmt: off
TRIED = [
    "harm", "report", "hides", "harm_size", "unit", "subject", "caught", "shown_by", "paid", "capped",
    "owed_more", "held_more", "lost_more",
]
# fmt: on
_LOST = "availability.user_cost"


@dataclass(frozen=True)
class Outcome:
    """What became of every try: `tried`, one row each with TRIED, and `idle`, the harms for which the month has
    nothing."""

    tried: pd.DataFrame
    idle: list[str]

    @property
    def passed(self) -> pd.DataFrame:
        """The tries in which evidence was left out and nothing said so."""
        return self.tried[self.tried["hides"] & ~self.tried["caught"]]


def run(case: Case, tries: int = TRIES, tick: Callable[[str], None] = lambda harm: None) -> Outcome:
    """Inject every harm into a copy of a month, so many times in each size; `tick` is told the harm of every try.

    The tries of a harm, size and number are the same whenever the month is: each is its own seed.
    Source: rule 35.
    """
    month = Month(case)
    probes = {one["table"] for one in case.manifest["files"] if one["evidence"] == "probe"}
    given = Given(case, month.untouched.by_key, frozenset(probes))
    rows, idle = [], []
    for harm in HARMS:
        found = list(_tried(harm, month, given, tries, tick))
        rows += found
        idle += [] if found else [harm.name]
    return Outcome(pd.DataFrame(rows, columns=TRIED).astype({"hides": bool, "caught": bool}), idle)


def _tried(harm: Harm, month: Month, given: Given, tries: int, tick: Callable[[str], None]) -> Iterator[dict]:
    for place, size in enumerate(harm.sizes):
        for number in range(tries):
            tick(harm.name)
            injected = harm.make(
                given, size, np.random.default_rng([crc32(harm.name.encode()), place, number])
            )
            if injected is not None:
                told = {"harm": harm.name, "report": harm.report, "hides": harm.hides}
                yield (
                    told
                    | {"harm_size": float(size), "unit": harm.unit}
                    | _outcome(harm, month, given.case, injected)
                )


def _outcome(harm: Harm, month: Month, case: Case, injected: Injected) -> dict:
    exports = {
        name: Export(None if rows is None else texts(name, rows)) for name, rows in injected.tables.items()
    }
    nothing = {"subject": injected.subject, "paid": False, "capped": False}
    nothing |= dict.fromkeys(("owed_more", "held_more", "lost_more"), 0.0)
    with tempfile.TemporaryDirectory() as place:
        try:
            changed = manipulated(case, exports, Path(place))
        except DataRefused:
            return nothing | {"caught": True, "shown_by": "the intake"}
        page = month.page(changed, set(exports))
        by = caught_by(month, page)
        if harm.hides:
            gains = month.gains(page)
            caught = all(month.named(gain, page, set(exports)) for gain in gains)
            by = by if caught else [gain.measure for gain in gains]
        else:
            caught = bool(by)
    was = month.untouched
    more = page.clauses_pay - was.clauses_pay
    told = {"caught": caught, "shown_by": " ".join(by[:3]), "paid": more > 0}
    told |= {"capped": more > 0 and page.owed <= was.owed, "owed_more": more}
    held, lost = (_sum(page, measure) - _sum(was, measure) for measure in (AT_STAKE, _LOST))
    return nothing | told | {"held_more": held, "lost_more": lost}


def _sum(page: Page, measure: str) -> float:
    """What a measure comes to over its subjects, those of which nothing is known left out."""
    return float(sum(figure.value or 0 for (name, _), figure in page.by_key.items() if name == measure))


def caught_by(month: Month, page: Page) -> list[str]:
    """The measures that show a harm: what is missed or unjudged and was not, what is missed by more, and what page one
    has a line of that it had not."""
    was = month.untouched.by_key
    worse = []
    for key, figure in page.by_key.items():
        before = was.get(key)
        turned = figure.verdict in ("missed", *promises.OPEN) and (
            before is None or before.verdict != figure.verdict
        )
        known = before is not None and before.value is not None and figure.value is not None
        side = {"higher": -1, "lower": 1}.get(figure.better or "", 0)
        more = figure.verdict == "missed" and known and side * (figure.value - before.value) > 0
        if turned or more:
            worse.append(figure.measure)
    return list(dict.fromkeys([*worse, *month.new_lines(page)["measure"]]))


def summed(tried: pd.DataFrame) -> pd.DataFrame:
    """The tries by harm and size.

    Parameters: rows with TRIED. Returns: one row per harm and size with SUMMED, in the order tried: tries, caught and
    paid [counts], capped [count of those paid of which the cap left nothing]; caught_ratio with its Wilson interval
    caught_low and caught_high; shown_by, the measures that show it most often; owed_more, held_more, lost_more, the
    median [client's currency] of what credits, invoices held and work lost came to more. Source: rule 35.
    """
    keys = ["harm", "report", "hides", "harm_size", "unit"]
    groups = tried.groupby(keys, sort=False)
    found = groups.agg(
        tries=("caught", "size"),
        caught=("caught", "sum"),
        paid=("paid", "sum"),
        capped=("capped", "sum"),
        owed_more=("owed_more", "median"),
        held_more=("held_more", "median"),
        lost_more=("lost_more", "median"),
    ).reset_index()
    shares = [wilson(caught, tries) for caught, tries in zip(found["caught"], found["tries"], strict=True)]
    found = found.assign(
        caught_ratio=[one.value for one in shares],
        caught_low=[one.low for one in shares],
        caught_high=[one.high for one in shares],
    )
    words = tried.assign(shown_by=tried["shown_by"].str.split()).explode("shown_by").dropna(subset="shown_by")
    often = words.groupby(keys, sort=False)["shown_by"].agg(lambda by: " ".join(by.value_counts().index[:2]))
    found = found.merge(often.reset_index(), on=keys, how="left")
    return typed(found[SUMMED])
