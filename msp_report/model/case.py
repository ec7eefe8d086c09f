"""What a metric may ask of a month: the narrow face of a case, so that metrics stay pure and tests stay short."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, NamedTuple, Protocol, TypeVar

import pandas as pd

from msp_report.model.period import Month, Period


class Case(Protocol):
    """One client's period as metrics see it.

    A notebook hands in what `open_case` gives; a test hands in five lines. `start` and `end` are instants in UTC,
    `end` is the cut-off of rule 0. `agreed` is the contract with its amendments, `strategy` what the board wants;
    both may be plain dicts like the YAML. `client` is the name of its folder, `period` the months that it is about.
    """

    client: str
    period: Period
    agreed: Any
    strategy: Any

    @property
    def start(self) -> pd.Timestamp: ...

    @property
    def end(self) -> pd.Timestamp: ...

    @property
    def closing(self) -> Month:
        """The last month that counts: the period's last one, or while that runs the newest one with data."""

    @property
    def to_date(self) -> bool:
        """Whether the period is still running."""

    def month_before(self) -> Case | None:
        """The case of the month before the period; None where nothing was accepted for it."""

    @property
    def withheld(self) -> Mapping[str, Month | None]:
        """The tables that were due for the month and did not come, each with the last month that had it (rule 41)."""

    def arrivals(self) -> pd.DataFrame:
        """What came of the tables, one row each: table, state (came, withheld, stands, ended), due, last_month, and
        files and rows read, accepted, rejected and outside the period."""

    def table(self, name: str, columns: Sequence[str] = ()) -> pd.DataFrame | None:
        """A canonical table with its look-back; None where no file of it was supplied, or this month's is withheld.
        `columns`: all that is asked of it; of a large table nothing else is read."""

    def follow_up(self, name: str) -> pd.DataFrame | None:
        """The same, as far as later exports reach (rule 18)."""

    def own(self, name: str, columns: Sequence[str] = ()) -> pd.DataFrame | None:
        """A canonical table as this period's newest exports have it, without look-back; None where they have none.
        `columns` as for `table`."""

    def has_before(self, name: str) -> bool:
        """Whether rows of a table were accepted for the month before the period: where none were, a series begins."""

    def paths(self, name: str) -> Sequence[Any]:
        """The Parquet files of a table, oldest month first, for a metric whose rows are too many to load; empty where
        there are none, as in a stand-in that has frames alone."""

    def named(self, table: str, column: str) -> pd.Series:
        """How many rows of the period each name of a column has in a table that `paths` has, by name."""

    @property
    def invited(self) -> int | None:
        """How many were asked to answer the surveys, as sources.yaml states it; None where it does not."""

    @property
    def other_question(self) -> str | None:
        """The words of the question that surveys ask beside the three, as sources.yaml states them (rule 20)."""

    def reach(self, name: str) -> pd.Timestamp:
        """The instant up to which later exports of a table reach, at least the cut-off."""

    def reached(self, name: str) -> pd.Timestamp:
        """The instant up to which what was supplied for the period speaks of a table, at most the cut-off: of several
        sources the earliest (rule 41)."""

    def doubts(self, *names: str) -> str | None:
        """Why some tables are doubted as a whole: their own files say that there is more than came, or sum up to
        something else (rules 43 and 46); None where nothing speaks against them."""

    def reached_before(self, name: str) -> pd.Timestamp | None:
        """The same of the month before the period; None where no rows of the table were accepted for it."""

    def known_before(self, name: str) -> pd.DataFrame | None:
        """A canonical table as the month before the period had it, with its look-back; None where it had none, and
        where the table is withheld now."""

    def own_word(self, *tables: str) -> bool:
        """Whether all that was supplied of some tables is the provider's own word (rule 50)."""

    def exported_at(self, name: str) -> pd.Timestamp | None:
        """When a table was exported for the period, as its sources state it; of several the latest, None where one
        does not say (rule 50)."""

    def spoken(self, name: str, months: int = 12) -> pd.DataFrame:
        """Of so many months up to the closing one, each whose exports had a table that is not doubted as a whole, with
        the stretch of which it speaks: start, end (rules 41 and 46)."""

    def rejected_over(self, name: str, months: int = 12) -> pd.DataFrame:
        """The same as `rejected` in the exports of so many months up to the closing one, oldest first."""

    def rejected(self, name: str) -> pd.DataFrame:
        """The rejected rows of a table in this period's exports, exact duplicates apart: file, line, reason, and the
        canonical columns as far as they could be read, missing where not (rule 42), a column called line as
        document_line; `whose`, where it is there, says whose word each is (raw, provider, probe); without rows where
        there are none."""

    def emptied(self) -> pd.DataFrame:
        """The columns that the months before filled and that came empty for this one: table, column (rule 41)."""

    def replaced(self) -> pd.DataFrame:
        """The rows of earlier months that this period's newest exports replace: table, month, key, reason."""

    def told_of_files(self, months: int = 13) -> pd.DataFrame:
        """What was read of every file of this month and of those before: month, table, file, evidence, read, accepted,
        rejected, outside, reach, reach_by, exported_at."""

    def rewritten(self) -> pd.DataFrame:
        """The fields of closed months that this period's newest exports give another value: table, month, key, field,
        from, to."""

    def restatements(self) -> pd.DataFrame:
        """Every figure that restatements of issued packs changed so far: period, restated_on, why, measure, subject,
        unit, value_from, value_to, verdict_from, verdict_to; without a figure where one changed none."""


class Past(Protocol):
    """What packs have said, for metrics that look back or sum up: `analyse(case, past)`.

    A notebook hands in what `packs.history.open` gives, which reads a thing when it is first asked for; a test hands
    in frames. Frames of figures have the columns of figures.json.
    """

    @property
    def figures(self) -> pd.DataFrame:
        """The figures of this period's own pack, of what its notebooks have recorded so far."""

    @property
    def before(self) -> pd.DataFrame:
        """The figures of the packs of the twelve months before this period, oldest first, with their `month`."""

    @property
    def months(self) -> pd.DataFrame:
        """Every month of the period in order, with a pack or not: month, published, to_date, why_missing."""

    @property
    def replies(self) -> pd.DataFrame:
        """The provider's replies to the draft of this month: measure, subject, said_on, by, text."""

    def year(self, before: int = 0) -> pd.DataFrame:
        """The figures of the packs of the period's months, and of so many months before it, oldest first, with
        their `month`."""

    def unfinished(self, before: int) -> list[str]:
        """Of so many months before the period those whose pack was published before they were over, as YYYY-MM."""

    def record(self, report: str, name: str) -> pd.DataFrame | None:
        """A record of this period's own pack as its CSV has it; None where the pack does not have it."""

    def monthly_record(self, report: str, name: str) -> pd.DataFrame:
        """A record of the packs of the period's months, oldest first, with their `month` and the columns of the record;
        without rows where none has it."""

    @property
    def selftest(self) -> pd.DataFrame:
        """What the newest test of a month of the period with harms came to, as selftest.kept.newest: month, harm,
        report, hides, harm_size, unit, tries, caught, caught_ratio, caught_low, caught_high, shown_by, paid, capped,
        owed_more, held_more, lost_more; without rows where no month was tested."""

    @property
    def stale(self) -> pd.DataFrame:
        """The published packs that are summed up or compared with and that their inputs have left behind (rule 48):
        month, why."""

    def restated(self, figures: pd.DataFrame) -> pd.DataFrame:
        """What figures say otherwise than the published pack of this period that they replace: measure, subject, unit,
        value_from, value_to, verdict_from, verdict_to; without rows where nothing is replaced or nothing changes."""

    def earlier(self, table: str) -> pd.DataFrame | None:
        """A canonical table as it came with each of the twelve packs before, oldest first; None where none had it."""

    def again(self, month: Month | None) -> list[Again]:
        """The tables of this period's exports that hold rows of earlier months, beside the pack of an earlier month;
        none where there was no such pack."""


class Again(NamedTuple):
    """A canonical table that came again: its rows now and those of an earlier pack (None: it had no such table), and
    where this month and the earlier one begin, of the type of the table's period column."""

    table: str
    now: pd.DataFrame
    last: pd.DataFrame | None
    first: Any
    last_first: Any


class Analysis(Protocol):
    """What `analyse` of every metric gives: its figures and its records, computed once."""

    def figures(self) -> list[Any]:
        """The figures of the report, in the order in which the page tells them."""

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page, by the name of their file."""


Found = TypeVar("Found")


def once(analyse: Callable[[Any], Found]) -> Callable[[Any], Found]:
    """An analysis that several notebooks need: made once where the case can keep things for a run (`Case.once`)."""

    @wraps(analyse)
    def kept(case: Any) -> Found:
        return made_once(case, analyse.__module__, lambda: analyse(case))

    return kept


def made_once(case: Any, name: str, make: Callable[[], Found]) -> Found:
    """What `make` gives, in a run by the first notebook that asks for that name; it hangs on nothing but the case."""
    keep = getattr(case, "once", None)
    return make() if keep is None else keep(name, make)
