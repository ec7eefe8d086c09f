"""Packs: a folder of notebooks run over one client's period and published together. The only import of papermill.

First-wave notebooks run side by side, those of one month while the month before is finished; those that have a cell
tagged `looks-back` wait until that is published. The second wave, the
notebooks that declare a `pack` parameter, may read what the first recorded and what earlier months published; those of
it that have a cell tagged `after-others` may read what the others recorded too. The page that opens the pack sums them
up; those tagged `after-first-page` may read what it recorded and are last.
Of a large month those with a cell tagged `holds-tickets` run one after another, beside the others.
Everything is built in a staging folder; only a whole pack is published.
"""

from __future__ import annotations

import ast
import json
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillException, PapermillExecutionError
from rapidfuzz import process

from msp_report import ledger
from msp_report.case import Case, open_case, open_day, open_year
from msp_report.intake import guarded
from msp_report.intake.accepted import SETTLED
from msp_report.metrics import scorecard
from msp_report.model.errors import Failed, Refused, WrongUse
from msp_report.model.figures import COLUMNS, Figure
from msp_report.model.period import Month, Period
from msp_report.model.restated import restated
from msp_report.packs import code, collected, history, kernels, reused, scraps, stale, unchanged, warming
from msp_report.params.sources import Limits
from msp_report.system import leftovers, locks, memory, revisions
from msp_report.system.limits import cores
from msp_report.words import records, sentences
from msp_report.workspace import PROJECT

if TYPE_CHECKING:
    from msp_report.pages import publish

NOTEBOOKS = PROJECT / "notebooks"
#: The parameters that a pack run gives to every notebook, all of them text.
PARAMETERS = ("client", "period", "workspace")
#: The one that marks a notebook of the second wave.
PACK = "pack"
#: The tag of a cell that marks a notebook of the second wave which waits for the others.
AFTER = "after-others"
#: The tag of a cell that marks a notebook of the first wave which looks back at the packs of earlier months.
LOOKS_BACK = "looks-back"
#: The tag of a cell that marks a notebook of the second wave which reads what the page that opens the pack recorded.
AFTER_FIRST_PAGE = "after-first-page"
#: The tag of a cell that marks a notebook of the first wave which holds every ticket: of many tickets one is enough.
HOLDS_TICKETS = "holds-tickets"
#: The folder of the notebooks of any day, and of what they publish; how many of its revisions are kept.
DAILY, DAYS_KEPT = "daily", 30
#: The folders of the notebooks that show several clients, side by side and all of them: no packs of a client's.
COMPARE, PORTFOLIO = "compare", "portfolio"

Say = Callable[[str], None]

logging.getLogger("papermill").setLevel(logging.CRITICAL)  # says nothing that its exceptions do not


class NotebookRefused(WrongUse):
    """A notebook's parameters are not those that a pack run gives; the text names the nearest one."""


class ReportFailed(Failed):
    """A cell of a notebook raised an error; nothing was published."""


@dataclass(frozen=True)
class Notebook:
    """One notebook of a pack; its file name is its place on the contents page and its report's noun."""

    path: Path
    second_wave: bool
    after_others: bool = False
    """Of the second wave, whether it reads what the others of it recorded."""
    after_first_page: bool = False
    """Of the second wave, whether it reads what the page that opens the pack recorded."""
    looks_back: bool = False
    """Of the first wave, whether it reads what earlier months published."""
    holds_tickets: bool = False
    """Of the first wave, whether it holds every ticket of the month."""

    @property
    def report(self) -> str:
        """`30_tickets.ipynb` is the report `tickets`."""
        return re.sub(r"^\d+_", "", self.path.stem)


def discover(folder: Path) -> list[Notebook]:
    """The notebooks of a pack in the order of their file names, their parameters checked.

    papermill itself only warns of an unknown parameter and runs on with the default, which would be a figure
    of another month. Raises NotebookRefused.
    """
    paths = sorted(folder.glob("*.ipynb"))
    if not paths:
        raise NotebookRefused(f"{folder} holds no notebooks")
    notebooks = [Notebook(path, PACK in _checked_parameters(path), *_waits(path)) for path in paths]
    nouns = [notebook.report for notebook in notebooks]
    for noun in nouns:
        if nouns.count(noun) > 1:
            raise NotebookRefused(f"{folder}: two notebooks are called {noun!r}: rename one")
    return notebooks


def _checked_parameters(path: Path) -> set[str]:
    known = [*PARAMETERS, PACK]
    try:
        declared = papermill.inspect_notebook(str(path))
    except (ValueError, TypeError, AttributeError, KeyError) as error:  # not JSON, or no notebook
        text = " ".join(str(error).split())[:120]
        raise NotebookRefused(f"{path} is no notebook that can be read ({text}): save it again") from None
    for name, parameter in declared.items():
        near = process.extractOne(name, [k for k in known if k not in declared], score_cutoff=75)
        if name not in known and near:
            raise NotebookRefused(f"{path}: parameter {name!r} is not known: did you mean {near[0]!r}?")
        if name in known and (kind := _kind(parameter)) != "str":
            raise NotebookRefused(f"{path}: parameter {name!r} is declared as {kind}: it is a str")
    for name in PARAMETERS:
        if name not in declared:
            raise NotebookRefused(f"{path}: parameter {name!r} is missing from the cell tagged `parameters`")
    return set(declared)


def _waits(path: Path) -> tuple[bool, ...]:
    """Whether a notebook has a cell tagged AFTER, AFTER_FIRST_PAGE, LOOKS_BACK and HOLDS_TICKETS, of each one."""
    cells = papermill.iorw.load_notebook_node(str(path)).cells
    tags = {tag for cell in cells for tag in cell.metadata.get("tags", [])}
    return tuple(tag in tags for tag in (AFTER, AFTER_FIRST_PAGE, LOOKS_BACK, HOLDS_TICKETS))


def _kind(parameter: Mapping[str, str]) -> str:
    """The type that a parameter is annotated with, else that of its default."""
    if parameter["inferred_type_name"] != "None":
        return parameter["inferred_type_name"]
    try:
        return type(ast.literal_eval(parameter["default"])).__name__
    except (SyntaxError, ValueError):
        return "an expression"


def run_month(
    client: str,
    month: str = "",
    workspace: Any = "",
    notebooks: Path | None = None,
    say: Say = lambda text: None,
    complete: bool = False,
    issuing: Issuing | None = None,
    only: bool = False,
    again: bool = False,
) -> Path:
    """Run and publish the monthly pack of a client, and first those of earlier months that have none.

    `complete` refuses a month that lacks a table which was due; `issuing` issues the pack; with `only` earlier months
    stay without packs; with `again` no report of an earlier run is taken over (packs/reused). The month that is asked
    for is read first, so that its faults are told at once. Returns the published folder. An earlier month that cannot
    be run is named through `say` and does not stop the one asked for. Raises what `open_case` raises, ledger.Issued,
    NotebookRefused, ReportFailed.
    """
    warming.warm_up()
    found = discover(notebooks or NOTEBOOKS / "monthly")
    case = open_case(client, month, workspace)
    if complete:
        case.refuse_withheld()
    if issuing is None:
        ledger.refuse_issued(case.workspace, case.client, case.period)
    with _desk(case, say, issuing) as desk:
        watch = unchanged.Watch(case) if notebooks is None and issuing is None else None
        if watch and watch.inputs:
            desk.kept = reused.Kept(case, watch.inputs, watch.contents, again)
        _ = case.accepted  # refused now, not after the packs of earlier months
        if not only:
            desk.catch_up(case, [m for m in case.exported if m < case.period.last], found)
        published = desk.run(case, found)
        lines = [*desk.remarks, *_stale_lines(case)]
        for line in lines[len(desk.remarks) :]:
            say(line)
        if watch and watch.is_same():
            if desk.kept:
                desk.kept.end()
            if not desk.failed:
                watch.end({month, str(case.period)}, complete, only, lines)
        return published


def run_year(
    client: str,
    year: str = "",
    workspace: Any = "",
    say: Say = lambda text: None,
    issuing: Issuing | None = None,
    document: bool = False,
) -> Path:
    """Run and publish the annual pack of a client's year, and first the monthly packs that it lacks.

    `year` is any period of more than one month; empty: the one that case.latest_year names. Returns
    the published folder. With `document` the assessment lies in it as a document to edit, too (packs/document). Raises
    what `open_case` raises, NotebookRefused, ReportFailed, and ingest.DataRefused where no month of the year has
    exports.
    """
    annual = NOTEBOOKS / "annual"
    return run_folder(
        client, year, workspace, annual, "", say, over_months=True, issuing=issuing, document=document
    )


def run_day(client: str, workspace: Any = "", say: Say = lambda text: None) -> Path:
    """Run and publish the pages of today, from the newest month with exports, as `output/<client>/daily`.

    Returns the published folder. The last DAYS_KEPT revisions are kept; each older one that is removed is named
    through `say`, and so is what to do where the exports are old. Raises what `open_day` raises, NotebookRefused,
    ReportFailed.
    """
    warming.warm_up()
    found = discover(NOTEBOOKS / DAILY)
    case = open_day(client, "", workspace)
    if case.age > sentences.STALE:
        where = case.workspace.exports_template(client, case.sources)
        say(
            f"{client}: the newest exports end on {case.end:%Y-%m-%d}: put newer ones into {where} and run it again"
        )
    with _desk(case, say) as desk:
        published = desk.run(case, found, case.workspace.output / client / DAILY)
        for old in revisions.prune(published, DAYS_KEPT):
            say(f"{client}: removed revision {old.name} of the daily pages: the last {DAYS_KEPT} are kept")
        return published


def run_folder(
    client: str,
    period: str,
    workspace: Any,
    notebooks: Path,
    name: str,
    say: Say = lambda text: None,
    *,
    over_months: bool = False,
    strict: bool = True,
    issuing: Issuing | None = None,
    document: bool = False,
) -> Path:
    """Run one folder of notebooks over one period, and publish it as `output/<client>/<name>/<period>`.

    Without a name it is published where the period's own pack lies.
    `over_months` says that they sum up monthly packs, as the annual ones do: those that are missing are published
    first. `strict` as in `publish.page`, `document` as in run_year. Returns the published folder. Raises what
    `open_case` raises (with `over_months`: `open_year`), NotebookRefused, ReportFailed.
    """
    warming.warm_up()
    found = discover(notebooks)
    monthly = discover(NOTEBOOKS / "monthly") if over_months else []
    case = (open_year if over_months else open_case)(client, period, workspace)
    with _desk(case, say, issuing) as desk:
        if over_months:
            desk.catch_up_year(case, monthly)
            for line in _stale_lines(case):
                say(line)
        return desk.run(case, found, case.workspace.pack(client, case.period, name), strict, document)


class Issuing(Protocol):
    """How a run issues the pack that it publishes (packs/issue)."""

    def standing(self, case: Case, staging: Path, changed: pd.DataFrame) -> publish.Issue:
        """As what it is issued, which its pages say; `changed`, what it gives otherwise than the pack it replaces."""

    def close(self, case: Case, staging: Path, issue: publish.Issue) -> None:
        """Seal the folder, which is whole but for the seal."""

    def enter(self, case: Case) -> None:
        """The pack is published: write it into the ledger."""


@contextmanager
def _desk(case: Case, say: Say, issuing: Issuing | None = None) -> Iterator[_Desk]:
    """Everything that runs of a client need: the lock, sockets, threads and what is known of the exports."""
    with (
        only_run(case, say) as output,
        kernels.private_sockets() as config,
        tempfile.TemporaryDirectory(prefix=".settled-", dir=output) as folder,
    ):
        settled = Path(folder) / "months.json"
        memory.give_back()
        case.settle(settled, lambda month: say(f"{case.client} {month}: reading exports"))
        guarded.end_idle()
        memory.trim()
        is_large = _is_large(case)
        # of one core two: a notebook often waits for its kernel
        first, second = (1, 1) if is_large else (max(2, cores()), 2)
        texts = pd.option_context("mode.string_storage", case.texts)
        with texts, _pool(first) as pool, _pool(second) as second_pool, _pool(1) as alone:
            yield _Desk(config, pool, second_pool, alone if is_large else pool, settled, say, issuing)


#: Of more rows than these a notebook that holds tickets holds a gigabyte, and one runs after another.
_LARGE = 1_000_000


def _is_large(case: Case) -> bool:
    """Whether the tables of the newest month are large; samples are aggregated where they lie and held by nobody."""
    try:
        files = case.at(case.newest).manifest["files"]
    except Refused:  # whoever runs it says so
        return False
    return sum(entry["rows"] for entry in files if entry["table"] != "samples") > _LARGE


#: What a run that was killed leaves in a client's output.
_LEFT = (
    ".settled-*",
    ".staging/*",
    "*/.staging/*",
    *(f".made/{place}.*" for place in ("", "reports/", "reports/*/")),
    *(f"{place}.*.{'[0-9a-f]' * 8}" for place in ("", "*/")),
)


@contextmanager
def only_run(case: Case, say: Say) -> Iterator[Path]:
    """One run a client at a time, which waits for another one and sweeps what killed ones left; gives its output."""
    folder = case.workspace.output / case.client
    folder.mkdir(parents=True, exist_ok=True)
    what = f"{case.client}: waiting for another run to end"
    with locks.held(folder / ".run.lock", what, case.sources.limits.wait_seconds, say):
        leftovers.sweep(folder, _LEFT)
        yield folder


@dataclass
class _Desk:
    """Where the packs of a client are made, one after another."""

    config: Any
    pool: ThreadPoolExecutor
    second_pool: ThreadPoolExecutor
    """Of its own: a month that is summed up does not queue behind the next one's first wave."""
    alone: ThreadPoolExecutor
    """Of a large month that of notebooks which hold every ticket, one at a time; else that of the first wave."""
    settled: Path
    say: Say
    issuing: Issuing | None = None
    """How the pack that was asked for is issued; those of earlier months are not."""
    remarks: list[str] = field(default_factory=list)
    """What was said of the exports of the pack that was asked for."""
    kept: reused.Kept | None = None
    """The results of earlier runs, where they may be taken over."""
    failed: bool = False
    """Whether an earlier month could not be run."""
    _ahead: _Run | None = None

    def catch_up(self, case: Case, months: list[Month], notebooks: list[Notebook]) -> None:
        """Publish those of some months that have no pack. The first wave of one goes on while the one before is
        finished; the last is left so, for the run that follows."""
        for month in months:
            if not _is_published(case, month):
                begun = self._told(month, lambda m=month: self._begin(case.at(m), notebooks))
                self._finish_ahead()
                self._ahead = begun

    def catch_up_year(self, case: Case, notebooks: list[Notebook]) -> None:
        """Publish the monthly packs up to a period's end that are missing; its months without data are named."""
        for month in case.period.months:
            if why := case.lacking(month):
                self.say(f"{case.client} {month}: no pack: {why}")
        self.catch_up(case, [month for month in case.exported if month <= case.period.last], notebooks)

    def run(
        self,
        case: Case,
        notebooks: list[Notebook],
        target: Path | None = None,
        strict: bool = True,
        document: bool = False,
    ) -> Path:
        """Run and publish one pack; gives its folder. What it reads of earlier packs is published before."""
        if case.period.first != case.period.last:
            self._finish_ahead()
        try:
            last = self._begin(case, notebooks, target, strict, self.issuing, document)
        except Exception:  # the month before is whole even where this one is refused
            self._finish_ahead()
            raise
        self._finish_ahead()
        self.remarks = last.remarks
        return last.finish()

    def _begin(
        self,
        case: Case,
        notebooks: list[Notebook],
        target: Path | None = None,
        strict: bool = True,
        issuing: Issuing | None = None,
        document: bool = False,
    ) -> _Run:
        own = case.workspace.pack(case.client, case.period)
        target = target or own
        if target == own and issuing is None:
            ledger.refuse_issued(case.workspace, case.client, case.period)
        return _Run(case, notebooks, target, self, strict, issuing, document)

    def _finish_ahead(self) -> None:
        if ahead := self._ahead:
            self._ahead = None
            self._told(ahead.case.period, ahead.finish)

    def _told(self, month: object, work: Callable[[], Any]) -> Any:
        """The result of work on an earlier month; its failure is told and stops nothing else."""
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - whatever an old month fails of, the one asked for goes on
            self.failed = True
            self.say(f"{month}: not run: {error}")
            return None


def _is_published(case: Case, month: Month) -> bool:
    """Whether a month has its pack; one that was made "to date" stands for its month while that runs."""
    figures = case.workspace.pack(case.client, month) / "figures.json"
    if not figures.exists():
        return False
    _, end = Period(month, month).bounds(case.timezone)
    return not figures.stat().st_mtime < end.timestamp() <= time.time()


def _stale_lines(case: Case) -> list[str]:
    """A line for every published monthly pack that is stale (rule 48): boards have seen it, so none is made anew
    unasked."""
    accepted = [month for month in case.exported if case.lacking(month) is None]
    if not accepted:
        return []
    lines = []
    for month, why in stale.stale(case.at(max(accepted)), accepted).itertuples(index=False):
        again = f"run msp-report monthly --client {case.client} --month {month} again"
        if ledger.last(case.workspace, case.client, month):
            again = f"it was issued and stands: msp-report restate --client {case.client} --month {month} --why '…'"
        lines.append(f"{case.client} {month}: its published pack is out of date: {why}: {again}")
    return lines


@contextmanager
def _pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Threads for notebooks; those that have not begun when it is left never do."""
    pool = ThreadPoolExecutor(max_workers=threads)
    try:
        yield pool
    except BaseException:  # a run that ends does not wait for notebooks that may never do
        pool.shutdown(wait=False, cancel_futures=True)
        kernels.end_all()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


class _Run:
    """A pack in the making: begun, its first wave goes on while the month before is finished.

    Raises DataRefused when it begins, ReportFailed when it is finished.
    """

    def __init__(
        self,
        case: Case,
        notebooks: list[Notebook],
        target: Path,
        desk: _Desk,
        strict: bool = True,
        issuing: Issuing | None = None,
        document: bool = False,
    ) -> None:
        self.case, self._notebooks, self._target, self._desk = case, notebooks, target, desk
        self._strict, self._issuing, self._document = strict, issuing, document
        self._has_failed = False
        self._staging = target.parent / ".staging" / target.name
        accepted = case.accepted
        self.remarks: list[str] = []
        shutil.rmtree(self._staging, ignore_errors=True)
        is_month = case.period.first == case.period.last
        if is_month:
            ignored = shutil.ignore_patterns("stamp")
            shutil.copytree(accepted, self._staging, ignore=ignored, copy_function=_link)
        else:  # the tables and rejects of its months lie in their packs
            self._staging.mkdir(parents=True)
        self._write_manifest()
        (self._staging / "notebooks").mkdir(parents=True)
        self._reports = desk.kept.of(case, self._staging) if desk.kept and not case.to_date else None
        first = [n for n in notebooks if not n.second_wave]
        self._first_wave = self._submit_first([n for n in first if not n.looks_back])
        if is_month:
            remarks = case.at(case.period).remarks()  # the tables that it reads are not kept
            self.remarks = [f"{case.client} {case.period}: {remark}" for remark in remarks]
            for remark in self.remarks:
                desk.say(remark)

    def _write_manifest(self) -> None:
        """What was read, which tables were due and did not come, each with the last month that had it, and of a month
        what the pack is made from (packs/stale)."""
        period = self.case.period
        made_from = {"inputs": stale.inputs(self.case, period.last)} if period.first == period.last else {}
        withheld = {name: str(last) if last else None for name, last in self.case.withheld.items()}
        told = {**self.case.manifest, **({"withheld": withheld} if withheld else {}), **made_from}
        told["code"] = code.made_by()
        path = self._staging / "manifest.json"
        path.unlink(missing_ok=True)  # a link to what was accepted, which stays as it is
        text = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True)
        path.write_text(text + "\n", encoding="utf-8")

    def finish(self) -> Path:
        """Wait for the first wave, run the second, the page that opens the pack and those that read it, and publish."""
        from msp_report.pages import front, publish  # nbconvert is imported while kernels work

        back = [n for n in self._notebooks if n.looks_back and not n.second_wave]
        self._wait({**self._first_wave, **self._submit_first(back)})
        opening = first_page(self._notebooks)
        second = [n for n in self._notebooks if n.second_wave]
        last = [n for n in second if n.after_first_page and n.report != opening]
        others = [n for n in second if n not in last and n.report != opening]
        made = [n for n in self._notebooks if not n.second_wave]
        for wave in (
            [n for n in others if not n.after_others],
            [n for n in others if n.after_others],
            [n for n in second if n.report == opening],
            last,
        ):
            self._wait(self._submit(self._desk.second_pool, wave, made))
            made += wave
        _write_figures(self._staging, self._notebooks)
        if self._document:
            from msp_report.packs import document  # its library is imported where it is used

            document.write(self.case, self._staging)
        paths = [(n.report, self._staging / "notebooks" / n.path.name) for n in self._notebooks]
        changed = self._restated()
        issuing = self._issuing
        issue = issuing.standing(self.case, self._staging, changed) if issuing else None
        standing = front.of_pages(scorecard.recorded(history.open(self.case, self._staging)), self.case)
        publish.pages(self.case, self._staging, paths, self._strict, opening, issue, standing)
        if issuing and issue:
            issuing.close(self.case, self._staging, issue)
        revisions.publish(self._staging, self._target)
        if issuing:
            issuing.enter(self.case)
        if self._target == self.case.workspace.pack(self.case.client, self.case.period):
            collected.write(self.case.workspace, self.case.client)
        self.case.forget(self.case.period.first.shift(-1))  # the next month still looks at this one
        return self._target

    def _restated(self) -> pd.DataFrame:
        """Every figure and verdict that differs from the pack that is replaced, old and new (rule 48), as
        model.restated; each is told."""
        if self.case.of_day or (was := stale.published(self.case, self._target)) is None:
            was = pd.DataFrame(columns=COLUMNS)
        now = pd.DataFrame(json.loads((self._staging / "figures.json").read_text(encoding="utf-8")))
        changed = restated(was, now)
        for row in changed.astype(object).to_dict("records"):
            name = f"{row['measure']} {row['subject']}".rstrip()
            old, new = (_stated(row[f"value_{end}"], row[f"verdict_{end}"]) for end in ("from", "to"))
            self._tell(f"restated: {name}: was {old}, is {new}")
        return changed

    def _submit_first(self, wave: list[Notebook]) -> dict[Future[bool | None], Notebook]:
        """Begin some notebooks of the first wave; `_submit` says what it gives."""
        pools = [self._desk.alone if n.holds_tickets else self._desk.pool for n in wave]
        return {job: n for n, pool in zip(wave, pools, strict=True) for job in self._submit(pool, [n])}

    def _submit(
        self, pool: ThreadPoolExecutor, wave: list[Notebook], before: Sequence[Notebook] = ()
    ) -> dict[Future[bool | None], Notebook]:
        """Begin some notebooks, which may read what those `before` recorded; each gives what _made does."""
        return {pool.submit(self._made, n, list(before)): n for n in wave}

    def _made(self, notebook: Notebook, before: list[Notebook]) -> bool | None:
        """Take the report of an earlier run over, or run it; None after a failure, when nothing is begun any more."""
        if self._has_failed:
            return None
        try:
            return self._taken_or_run(notebook, before)
        except BaseException:
            self._has_failed = True  # before this thread takes the next notebook
            raise

    def _taken_or_run(self, notebook: Notebook, before: list[Notebook]) -> bool:
        if self._reports and self._reports.take(notebook, before):
            return False
        desk = self._desk
        told = (
            desk.settled.with_name(f"{self.case.period} {notebook.path.stem}.json") if self._reports else None
        )
        _execute_one(self.case, notebook, self._staging, desk.settled, desk.config, told)
        if self._reports and told:
            self._reports.keep(notebook, before, told)
        return True

    def _wait(self, jobs: dict[Future[bool | None], Notebook]) -> None:
        """Tell each notebook as it ends; the first failure stops those that have not begun."""
        try:
            for job in as_completed(jobs):
                if (was_run := job.result()) is None:
                    continue
                self._tell(jobs[job].report if was_run else f"{jobs[job].report}: unchanged")
        finally:
            for job in jobs:
                job.cancel()

    def _tell(self, text: str) -> None:
        self._desk.say(f"{self.case.client} {self.case.period}: {text}")


def _stated(value: Any, verdict: Any) -> str:
    """A figure on a line: its value, and its verdict where it has one."""
    shown = "not known" if pd.isna(value) else f"{value:.10g}"
    return f"{shown} ({verdict})" if isinstance(verdict, str) else shown


def first_page(notebooks: list[Notebook]) -> str:
    """The report whose page opens a pack: the first that sums up the others, else the first one."""
    return next((n.report for n in notebooks if n.second_wave), notebooks[0].report)


def _link(source: str, target: str) -> None:
    """The same file under a second name, or a copy where that cannot be had."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _execute_one(
    case: Case, notebook: Notebook, staging: Path, settled: Path, config: Any, told: Path | None = None
) -> None:
    """Run one notebook of a pack; what it has read is written into `told`."""
    parameters = {"client": case.client, "period": str(case.period), "workspace": str(case.workspace.root)}
    if notebook.second_wave:
        parameters[PACK] = str(staging)
    environment = {**case.workspace.environment, scraps.DESK: str(staging), SETTLED: str(settled)}
    environment[kernels.TEXTS] = pd.options.mode.string_storage
    if told:
        environment[kernels.READS] = str(told)
    into = staging / "notebooks" / notebook.path.name
    execute(notebook.path, into, parameters, environment, config, case.sources.limits)


def execute(
    path: Path,
    into: Path,
    parameters: Mapping[str, Any],
    environment: Mapping[str, str],
    config: Any,
    limits: Limits | None = None,
) -> None:
    """Run one notebook in a warm kernel of its own and write it executed.

    `environment` stands beside the process's own; `config` is that of kernels.private_sockets; `limits` of
    sources.yaml. Raises ReportFailed, also where the notebook takes more time or memory than these.
    It gets its place in one step: a notebook that runs beside it and sums up the pack never reads half of it.
    """
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=into.parent) as folder:
        made = Path(folder) / into.name
        try:
            _run(path, made, parameters, environment, config, limits or Limits())
        finally:
            if made.exists():
                os.replace(made, into)


def _run(
    path: Path,
    into: Path,
    parameters: Mapping[str, Any],
    environment: Mapping[str, str],
    config: Any,
    limits: Limits,
) -> None:
    told = f"{limits.notebook_memory_mb},{limits.notebook_seconds}"
    begun = time.monotonic()
    try:
        papermill.execute_notebook(
            str(path),
            str(into),
            parameters=dict(parameters),
            kernel_name="python3",
            progress_bar=False,
            request_save_on_cell_execute=False,  # written once, at its end or its first error
            cwd=str(path.parent),
            # a kernel of ours ends itself in time; another's cells are interrupted
            execution_timeout=None if warming.can_fork() else limits.notebook_seconds,
            kernel_manager_class=kernels.manager({**environment, kernels.LIMITS: told}),
            config=config,
        )
    except PapermillExecutionError as error:
        if error.ename == "KeyboardInterrupt":
            raise KeyboardInterrupt from None
        if error.ename == "MemoryError":
            raise ReportFailed(_too_large(path, limits)) from None
        number = _own_number(path, error.cell_index)
        reason = " ".join(f"{error.ename}: {error.evalue}".split())
        raise ReportFailed(f"{path.name}, cell {number} failed: {reason}; nothing was published") from None
    except (PapermillException, RuntimeError, CellTimeoutError) as error:
        if isinstance(error, CellTimeoutError) or time.monotonic() - begun >= limits.notebook_seconds:
            raise ReportFailed(
                f"{path.name} did not end in {limits.notebook_seconds:,} s; nothing was published: look for what "
                "hangs in it, or raise limits.notebook_seconds in sources.yaml"
            ) from None
        if isinstance(error, DeadKernelError):
            raise ReportFailed(_too_large(path, limits)) from None
        raise ReportFailed(f"{path.name} failed: {error}; nothing was published") from None


def _too_large(path: Path, limits: Limits) -> str:
    return (
        f"{path.name} failed: its kernel died; nothing was published: if it needs more than "
        f"{limits.notebook_memory_mb:,} MB of memory raise limits.notebook_memory_mb in sources.yaml"
    )


def _own_number(path: Path, index: int) -> int:
    """Which cell of the notebook it was, from 1: papermill put one in after the cell tagged `parameters`."""
    cells = papermill.iorw.load_notebook_node(str(path)).cells
    tagged = [place for place, cell in enumerate(cells) if "parameters" in cell.metadata.get("tags", [])]
    return index + (index <= tagged[0])


def _write_figures(staging: Path, notebooks: list[Notebook]) -> None:
    """figures.json and figures.csv, in the order of the notebooks and of what they recorded."""
    recorded: dict[str, str] = {}
    figures: list[Figure] = []
    for name in (notebook.path.name for notebook in notebooks):
        if (record := scraps.read_notebook(staging / "notebooks" / name)) is None:
            continue
        if (other := recorded.setdefault(record["report"], name)) != name:
            raise ReportFailed(
                f"{other} and {name} both record the report {record['report']!r}: take one of them out of the "
                "pack; nothing was published"
            )
        figures += record["figures"]
    rows = [figure.row() for figure in figures]
    text = json.dumps(rows, ensure_ascii=False, indent=1, allow_nan=False)
    (staging / "figures.json").write_text(text + "\n", encoding="utf-8")
    records.write_csv(pd.DataFrame(rows, columns=COLUMNS, dtype=object), staging / "figures.csv")
