"""The command line: verbs only, no work. Every error is one sentence on stderr and an exit code (docs/analyst.md)."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from msp_report.model.errors import Failed, Refused, Told, WrongUse
from msp_report.system import memory, slow

DONE, FAILED, WRONG_USE = 0, Failed.code, WrongUse.code

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def main() -> None:
    """The entry point `msp-report`; asked to end, it tidies up as after Ctrl-C."""
    # jsonschema compiles a grammar of web addresses for two seconds where JupyterLab brought this; nobody needs it
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    for name in ("SIGTERM", "SIGHUP"):  # of a terminal that was closed; Windows has none
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    slow.hear(_say)
    memory.look_seldom()
    sys.exit(_guarded(lambda: verbs.main(prog_name="msp-report", standalone_mode=False)))


def _guarded(call: Callable[[], Any]) -> int:
    """Run a verb; every error becomes one sentence and its exit code."""
    try:
        result = call()
        return result if isinstance(result, int) else DONE
    except click.exceptions.Abort:
        return _fail(FAILED, "stopped; what was published before stands")
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return WRONG_USE
    except click.ClickException as error:
        return _fail(WRONG_USE, _one_sentence(error))
    except KeyboardInterrupt:
        return _fail(FAILED, "stopped; what was published before stands")
    except Exception as error:
        if os.environ.get("MSP_REPORT_DEBUG"):
            raise
        return _fail(*_explain(error))


def _one_sentence(error: click.ClickException) -> str:
    told = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    return f"{told} (see {context.command_path if context else 'msp-report'} --help)"


def _explain(error: Exception) -> tuple[int, str]:
    name = type(error).__name__
    told = str(error) or name
    if isinstance(error, Told):
        return error.code, told
    if isinstance(error, ValueError):  # a month or a year that is none: it says what to write
        return WRONG_USE, told
    if isinstance(error, OSError):
        what = error.strerror or told
        if error.errno == errno.ENOSPC:
            what += ": make room and run it again; what was published before stands"
        return FAILED, f"{error.filename}: {what}" if error.filename else what
    return FAILED, f"{name}: {told} (set MSP_REPORT_DEBUG=1 to see where)"


def _fail(code: int, text: str) -> int:
    click.echo(f"msp-report: {_lines(text)}", err=True)
    return code


def _say(text: str) -> None:
    click.echo(_lines(text), err=True)


def _lines(text: str) -> str:
    """Words for a terminal, in which a name of a file or a cell does nothing."""
    from msp_report.model.hostile import line

    return "\n".join(map(line, text.split("\n")))


def _warm_up() -> None:
    """Begin the process that kernels are forked from: it imports while this one does."""
    from msp_report.packs import warming

    warming.warm_up()


def _place(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every verb on a client's data has; gives the verb a `place`."""
    return _placed(command, begins=False)


def _new_place(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a verb that may begin a workspace: the current folder, never the checkout from elsewhere."""
    return _placed(command, begins=True)


def _placed(command: Callable[..., Any], begins: bool) -> Callable[..., Any]:

    @click.option("--workspace", default="", metavar="DIR", help="Folder with params/, exports/ and output/.")
    @click.option("--params", metavar="DIR", help="Folder of params, instead of the workspace's.")
    @click.option(
        "--exports", metavar="DIR", help="Folder of exports, instead of the workspace's; or s3://, sftp://."
    )
    @click.option("--output", metavar="DIR", help="Folder of output, instead of the workspace's.")
    @wraps(command)
    def with_place(*, workspace: str, params: str, exports: str, output: str, **options: Any) -> Any:
        from msp_report.workspace import Workspace

        for name, folder in (("workspace", workspace), ("params", params), ("exports", exports)):
            if folder and "://" not in folder and not Path(folder).expanduser().is_dir() and not begins:
                raise click.UsageError(f"--{name} {folder}: there is no such folder")
        if output and Path(output).expanduser().exists() and not Path(output).expanduser().is_dir():
            raise click.UsageError(f"--output {output}: this is no folder")
        root = workspace or (Workspace.begun() if begins else "")
        return command(place=Workspace.find(root, params, exports, output), **options)

    return with_place


_complete = click.option(
    "--complete", is_flag=True, help="Refuse (3) a month that lacks a table which was due."
)
_client = click.option("--client", default="demo", show_default=True, help="Folder name under params/.")
_month = click.option("--month", default="", help="YYYY-MM; default: the latest complete month with data.")


def _span(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that name a period of any length, in one of three ways; gives the verb a `period`."""

    @click.option("--period", default="", metavar="A..B", help="YYYY-MM..YYYY-MM, a month or a year.")
    @click.option("--month", default="", metavar="YYYY-MM", help="The same for one month.")
    @click.option("--year", default="", metavar="YYYY", help="The same for one year.")
    @wraps(command)
    def with_span(*, period: str, month: str, year: str, **options: Any) -> Any:
        from msp_report.model.period import Period

        given = [text for text in (period, _one_month(month), year) if text]
        if len(given) > 1:
            raise click.UsageError("give one of --period, --month and --year")
        return command(period=str(Period.parse(given[0])) if given else "", **options)

    return with_span


@click.group(context_settings=CONTEXT)
@click.version_option(package_name="msp-report", message="%(prog)s %(version)s")
def verbs() -> None:
    """See every month, from evidence, whether your managed services provider delivers."""


@verbs.command()
@_client
@_month
@_complete
@click.option(
    "--only", is_flag=True, help="This month alone, without packs of earlier months that have none."
)
@click.option("--again", is_flag=True, help="Run everything, also where nothing has changed.")
@_place
def monthly(place: Any, client: str, month: str, complete: bool, only: bool, again: bool) -> None:
    """Publish the board pack of a month, and first those of earlier months that have none."""
    from msp_report.packs import unchanged

    asked = unchanged.Asked(client, month, complete, only)
    if not again and (found := unchanged.answer(place, asked)):
        for line in (*found.lines, f"{client} {found.month}: unchanged, revision {int(found.revision)}"):
            _say(line)
        click.echo(found.pack / "html" / "index.html")
        return

    _warm_up()
    from msp_report.packs import pack

    published = pack.run_month(
        client, _one_month(month), place, say=_say, complete=complete, only=only, again=again
    )
    click.echo(published / "html" / "index.html")


@verbs.command()
@_client
@click.option("--year", default="", help="YYYY; default: the latest whole civil year, else twelve months.")
@click.option("--period", default="", metavar="A..B", help="Other months instead, such as 2025-07..2026-06.")
@click.option(
    "--docx", is_flag=True, help="The assessment as a document to edit, too: letters/assessment.docx."
)
@_place
def annual(place: Any, client: str, year: str, period: str, docx: bool) -> None:
    """Publish the annual assessment of a year, and first the board packs that it lacks."""
    _warm_up()
    from msp_report.packs import pack

    published = pack.run_year(client, _one_period(year, period), place, say=_say, document=docx)
    click.echo(published / "html" / "index.html")


@verbs.command()
@click.argument("pack", required=False)
@click.option("--as", "name", metavar="NAME", help="What the copy is called: its folder under forks/.")
@click.option(
    "--diff", metavar="NAME", help="Show what changed in a fork, and in its pack, since it was made."
)
@_place
def fork(place: Any, pack: str | None, name: str | None, diff: str | None) -> None:
    """Copy a PACK of notebooks (annual, monthly) into the workspace, to be changed freely."""
    from msp_report.packs import forks

    if diff and not pack and not name:
        click.echo(forks.diff(forks.find(diff, place)), nl=False)
    elif pack and name and not diff:
        click.echo(forks.make(name, pack, place))
    else:
        raise click.UsageError("write msp-report fork PACK --as NAME, or msp-report fork --diff NAME")


@verbs.command()
@click.argument("name")
@_client
@_span
@_place
def run(place: Any, name: str, client: str, period: str) -> None:
    """Run the fork NAME over a client's period and publish it beside the client's packs."""
    from msp_report.packs import forks

    click.echo(forks.run(name, client, period, place, _say) / "html" / "index.html")


@verbs.command()
@_client
@click.option("--year", default="", help="YYYY; default: the latest whole civil year, else twelve months.")
@click.option("--period", default="", metavar="A..B", help="Other months instead, such as 2025-07..2026-06.")
@click.option("--into", required=True, metavar="FILE", help="Where the sheet goes: a new .xlsx or .csv.")
@click.option(
    "--precision",
    type=click.FloatRange(0, 0.5, min_open=True, max_open=True),
    help="Half the width of the interval, a ratio; default: strategy.yaml's.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Another sample; default: strategy.yaml's.")
@_place
def sample(
    place: Any, client: str, year: str, period: str, into: str, precision: float | None, seed: int | None
) -> None:
    """Draw a year's audit sample into a sheet to fill in."""
    from msp_report.case import open_year
    from msp_report.packs import audit

    case = open_year(client, _one_period(year, period), place)
    told = audit.draw(case, Path(into).expanduser(), precision, seed)
    for line in told:
        _say(line)
    click.echo(into)


@verbs.command()
@_client
@_place
def daily(place: Any, client: str) -> None:
    """Publish what is open and what is due today, from the newest month with exports."""
    _warm_up()
    from msp_report.packs import pack

    click.echo(pack.run_day(client, place, say=_say) / "html" / "index.html")


@verbs.command()
@click.option("--client", default="", help="Show this client alone; default: every client.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port on 127.0.0.1; 0: any free one.",
)
@_place
def serve(place: Any, client: str, port: int) -> None:
    """Show what is published to a browser on this machine, read-only, until Ctrl-C."""
    from msp_report.pages import serve

    serve.serve(place, port, client, say=click.echo)


@verbs.command()
@click.option(
    "--clients", default="", metavar="A,B,…", help="Folder names under params/; default: all of them."
)
@_span
@click.option(
    "--pack", default="", metavar="NAME", help="Compare what the fork NAME published, not the packs."
)
@click.option("--show-names", is_flag=True, help="Show who is who; otherwise clients are letters.")
@_place
def compare(place: Any, clients: str, period: str, pack: str, show_names: bool) -> None:
    """Show clients side by side, from their published packs; default: the latest month that any has."""
    from msp_report.packs import compare as comparison

    chosen = [name.strip() for name in clients.split(",") if name.strip()]
    click.echo(comparison.run(chosen, period, place, show_names, pack) / "html" / "index.html")


@verbs.command()
@click.option(
    "--clients", default="", metavar="A,B,…", help="Folder names under params/; default: all of them."
)
@click.option("--month", default="", help="YYYY-MM; default: the latest month that is over.")
@click.option("--jobs", type=click.IntRange(min=1), help="How many clients at a time; default: one a core.")
@click.option(
    "--deadline",
    type=click.FloatRange(0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="MIN",
    help="How long one client may take.",
)
@click.option("--only", is_flag=True, help="That month alone, without packs of earlier months.")
@click.option("--scheduler", default="", metavar="tcp://…", help="Run on the workers of this Dask scheduler.")
@click.option(
    "--store",
    default="",
    metavar="PLACE",
    help="Where workers that do not see the workspace put packs: a folder, s3:// or sftp://.",
)
@_place
def portfolio(
    place: Any,
    clients: str,
    month: str,
    jobs: int | None,
    deadline: float,
    only: bool,
    scheduler: str,
    store: str,
) -> int:
    """Publish the board packs of many clients, each by itself, and one page of what needs whom."""
    from msp_report.portfolio import every

    chosen = [name.strip() for name in clients.split(",") if name.strip()]
    folder, code = every.run(
        place,
        chosen,
        _one_month(month),
        _say,
        jobs=jobs or 0,
        deadline=deadline,
        only=only,
        scheduler=scheduler,
        store=store,
    )
    click.echo(folder / "html" / "index.html")
    return code


@verbs.command()
@_client
@_month
@_complete
@_place
def check(place: Any, client: str, month: str, complete: bool) -> None:
    """Read and validate a month's exports and params, and publish nothing."""
    from msp_report.case import open_case
    from msp_report.start import checked

    case = open_case(client, _one_month(month), place)
    if complete:
        case.refuse_withheld()
    click.echo(_lines(case.reading().to_string(index=False, na_rep="")))
    for remark in (*checked.lines(case), *case.remarks()):
        click.echo(_lines(remark))


@verbs.command()
@click.argument("names", nargs=-1, metavar="[CLIENT] FILE...")
@click.option("--client", default="", help="The client, where it does not stand first.")
@click.option("--month", default="", help="YYYY-MM of the files; default: as their folder or their rows say.")
@click.option("--answers", metavar="FILE", help="YAML with answers to what init asks; nothing is asked then.")
@click.option(
    "--questions", is_flag=True, help="Print what would be asked as a file to fill in, and write nothing."
)
@_new_place
def init(
    place: Any, names: tuple[str, ...], client: str, month: str, answers: str | None, questions: bool
) -> int:
    """Write a new client's params from the files that the provider sent, as far as they tell.

    FILE is an export, a folder of exports, a file of OpenSLO, or the address of a month's folder on S3 or SFTP. What
    only a person can say is asked at a terminal, read from --answers, or stands as a marked QUESTION. Nothing that is
    there is written over.
    """
    from msp_report.start import ask
    from msp_report.start import init as starting

    files = list(names)
    if not client:
        if not files:
            raise click.UsageError("write msp-report init CLIENT FILE…")
        client = files.pop(0)
    if not files:
        raise click.UsageError("name the files that the provider sent, or their folder")
    if answers and not Path(answers).expanduser().is_file():
        raise click.UsageError(f"--answers {answers}: there is no such file")
    asks = not answers and not questions and sys.stdin.isatty() and sys.stderr.isatty()
    done = starting.init(
        client,
        files,
        place,
        _one_month(month),
        Path(answers).expanduser() if answers else None,
        _prompt if asks else None,
        questions,
    )
    if questions:
        click.echo(_lines(ask.template(done.questions).rstrip("\n")))
        return DONE
    for path in done.written:
        click.echo(path)
    for path, text in done.kept.items():
        click.echo(_lines(f"# {path} exists and is left as it is; init would have written:\n{text.rstrip()}"))
    for line in starting.told(done, client, place):
        _say(line)
    if done.unreadable:
        return _fail(Refused.code, "\n".join(f"{name}: {why}" for name, why in done.unreadable.items()))
    if not done.written:
        names_ = ", ".join(path.name for path in done.kept)
        return _fail(WRONG_USE, f"{names_} exist already and are not written over: paste what you need")
    return DONE


def _prompt(text: str, likely: str) -> str:
    return click.prompt(_lines(text), default="", show_default=False, err=True)


@verbs.command()
@click.argument("client", required=False)
@click.option("--client", "named", default="", help="The same.")
@click.option(
    "--into", default="", metavar="FILE", help="Where it goes; default: exports/CLIENT/register.xlsx."
)
@_new_place
def register(place: Any, client: str | None, named: str, into: str) -> None:
    """Write a workbook for what no tool exports: quotes, packing slips, receipts, approvals, proofs, actions."""
    from msp_report.start import register as registers

    client = client or named
    if not client:
        raise click.UsageError("write msp-report register CLIENT")
    told = registers.make(client, place, Path(into).expanduser() if into else None)
    click.echo(told.path)
    for line in told.lines:
        _say(line)


_key = click.option("--key", metavar="FILE", help="Ed25519 private key (PEM) that signs the seal.")


@verbs.command()
@_client
@_span
@_key
@click.option("--countersign", is_flag=True, help="Sign the seal of an issued pack with one more --key.")
@_place
def issue(place: Any, client: str, period: str, key: str | None, countersign: bool) -> None:
    """Issue a published pack: seal it, and write its head into the ledger. What is issued stands."""
    from msp_report.packs import issue as issuing

    if countersign and not key:
        raise click.UsageError("--countersign: name the key that signs with --key")
    signed_by = Path(key).expanduser() if key else None
    if countersign and signed_by:
        click.echo(issuing.countersign(client, period, signed_by, place))
    else:
        click.echo(issuing.issue(client, period, place, signed_by, _say) / "html" / "index.html")


@verbs.command()
@_client
@_span
@click.option("--why", default="", metavar="TEXT", help="The reason; it stands on every page of the pack.")
@_key
@_place
def restate(place: Any, client: str, period: str, why: str, key: str | None) -> None:
    """Run an issued pack again and issue what comes of it, with every figure that it changes."""
    from msp_report.packs import issue as issuing

    signed_by = Path(key).expanduser() if key else None
    published = issuing.restate(client, period, why, place, signed_by, _say)
    click.echo(published / "html" / "index.html")


@verbs.command()
@_client
@_span
@click.option(
    "--key", "keys", multiple=True, metavar="FILE", help="Public key (PEM) that must have signed; any number."
)
@click.option("--head", default="", metavar="HEX", help="A head that you kept, which the ledger must have.")
@click.option("--rebuild", is_flag=True, help="Run it again from what was sealed and compare byte by byte.")
@_place
def verify(place: Any, client: str, period: str, keys: tuple[str, ...], head: str, rebuild: bool) -> int:
    """Compare issued packs with their seals and the ledger; 1 where anything was changed."""
    from msp_report.packs import issue as issuing

    files = tuple(Path(key).expanduser() for key in keys)
    told = issuing.verify(client, place, period, files, head, rebuild, _say)
    for line in told.whole:
        click.echo(_lines(line))
    for line in told.remarks:
        _say(line)
    return _fail(FAILED, "\n".join(told.found)) if told.found else DONE


@verbs.command()
@_client
@_month
@click.option(
    "--tries",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="How often each harm is tried in each of its sizes.",
)
@_place
def selftest(place: Any, client: str, month: str, tries: int) -> int:
    """Inject harms into a copy of a month: which does no page catch, for which does no clause pay?"""
    from msp_report.case import open_case
    from msp_report.selftest import report

    told = report.test(open_case(client, _one_month(month), place), tries)
    click.echo(_lines(told.table))
    for line in told.findings:
        click.echo(_lines(line))
    return _fail(FAILED, "\n".join(told.passed)) if told.passed else DONE


@verbs.command()
@_client
@_span
@_place
def pdf(place: Any, client: str, period: str) -> None:
    """Print a published pack to one PDF, through a Chromium on this machine."""
    from msp_report.pages import paper

    pack, name = _published(client, period, place)
    click.echo(paper.print_pack(pack, _leaving(place, client, "pdf", name, ".pdf")))


@verbs.command()
@_client
@_span
@click.option("--single-file", is_flag=True, help="Write the pack as one HTML file too, beside the mail.")
@_place
def mail(place: Any, client: str, period: str, single_file: bool) -> None:
    """Write board.eml, a mail with page one in it and the pack attached as PDF and zip: what may be forwarded."""
    from msp_report.pages import forward, mail, paper
    from msp_report.system.now import now

    pack, name = _published(client, period, place)
    printed = []
    try:
        printed = [paper.print_pack(pack, _leaving(place, client, "pdf", name, ".pdf"))]
    except paper.NoBrowser as error:
        _say(f"the mail goes without a PDF: {error}")
    if single_file:
        _say(str(forward.single_file(pack, _leaving(place, client, "mail", name, ".html"))))
    pages = forward.zipped(pack, _leaving(place, client, "mail", name, ".zip"), printed)
    written = pages.parent / mail.NAME
    made = mail.message(pack, [*printed, pages], now(), paper.paint)
    written.write_bytes(bytes(made))
    page_one = len(made.get_body(("html",)).get_content().encode())
    _say(f"page one has {page_one / 1e3:.0f} kB, the mail {written.stat().st_size / 1e6:.1f} MB")
    click.echo(written)


def _published(client: str, period: str, place: Any) -> tuple[Path, str]:
    """Where the published pack of a period lies, and the period's name; default: the latest complete month."""
    from msp_report.case import open_case
    from msp_report.model.period import Period

    place.client_params(client)  # of an unknown client the nearest one is named
    chosen = Period.parse(period) if period else open_case(client, "", place).period
    return place.pack(client, chosen), str(chosen)


def _leaving(place: Any, client: str, folder: str, name: str, kind: str) -> Path:
    """Where a file that may leave the house is written: beside the packs, because an issued one is never changed."""
    return place.output / client / folder / name / f"{client}-{name}{kind}"


@verbs.command()
@_client
@_span
@click.option("--to", required=True, metavar="PLACE", help="A folder, s3://bucket/… or sftp://user@host/…")
@_place
def publish(place: Any, client: str, period: str, to: str) -> None:
    """Copy published packs to a place where others read them; default: every monthly and annual one of the client.

    Each revision goes into a folder of its own, and current.json beside it names the one that counts when all of it is
    there. What is there already is not copied again. All of a revision is copied, rows with real names too.
    """
    from msp_report.packs import elsewhere

    for pointer in elsewhere.publish(client, period, to, place, _say):
        click.echo(_lines(pointer))


@verbs.command()
@_place
@click.option("--seed", type=click.IntRange(min=0), help="Another company of the same kind.")
def demo(place: Any, seed: int | None) -> None:
    """Make the demo company's exports anew, with planted faults and their truth beside them."""
    from msp_report.workspace import make_demo

    click.echo(make_demo(place, anew=True, **({} if seed is None else {"seed": seed})))


@verbs.command()
@click.option("--docs", metavar="DIR", help="Write the documents that are made by command here instead.")
@click.option("--schemas", metavar="DIR", help="Write the JSON schemas of the params files here instead.")
@click.option("--words", metavar="DIR", help="Write the catalogue of messages for translators here instead.")
def tables(docs: str | None, schemas: str | None, words: str | None) -> None:
    """Print the reference of canonical tables, as Markdown; or write all that is made from declarations."""
    from msp_report import reference

    if docs or schemas or words:
        click.echo(reference.write_documents(Path(docs)) if docs else "", nl=False)
        click.echo(reference.write_schemas(Path(schemas)) if schemas else "", nl=False)
        click.echo(reference.write_words(Path(words)) if words else "", nl=False)
    else:
        click.echo(reference.DOCUMENTS["tables.md"](), nl=False)


def _one_period(year: str, period: str) -> str:
    from msp_report.model.period import Period

    if year and period:
        raise click.UsageError("--year and --period both say which months: give one of them")
    if year and not (len(year) == 4 and year.isdigit()):
        raise click.UsageError(
            f"--year {year}: write it as YYYY, for example 2026; other months with --period"
        )
    return str(Period.parse(year or period)) if year or period else ""


def _one_month(text: str) -> str:
    from msp_report.model.period import Month

    return str(Month.parse(text)) if text else ""
