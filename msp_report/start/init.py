"""`msp-report init`: a new client's params from a folder of exports, with every doubt as a marked question.

Nothing that is there is written over: what would have been written is given back as a block to paste.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msp_report import params
from msp_report.intake.chunk import Unreadable
from msp_report.intake.exports import listed
from msp_report.intake.formats import FORMATS, packed
from msp_report.intake.recognise.unknown import Question
from msp_report.live.asked import plain
from msp_report.model.errors import WrongUse
from msp_report.model.period import Month
from msp_report.params.yaml_text import nearest, validate
from msp_report.start import ask, contract, openslo, recognised
from msp_report.start.ask import Answers
from msp_report.start.contract import Names, flow
from msp_report.start.recognised import Reading
from msp_report.store import mirror
from msp_report.workspace import Workspace

_CLIENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TEMPLATE = "exports/{client}/{month}"
#: How often questions are asked that earlier answers bring up.
_ROUNDS = 5

Prompt = Callable[[str, str], str]


@dataclass(frozen=True)
class Elsewhere:
    """A month's folder on S3 or an SFTP server."""

    exports: str
    """What stands in sources.yaml, with {month} in it."""
    month: Month
    folder: Path
    """Where its files are while they are looked at."""


@dataclass
class Done:
    """What came of it."""

    month: Month
    written: list[Path] = field(default_factory=list)
    kept: dict[Path, str] = field(default_factory=dict)
    """What was there already, and what would have been written."""
    readings: list[Reading] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    """Those that are still open."""
    copied: list[Path] = field(default_factory=list)
    differs: list[Path] = field(default_factory=list)
    """Files of the exports' folder under whose name another file was given."""
    slos: openslo.Slos = field(default_factory=openslo.Slos)
    """What files of OpenSLO promise."""
    elsewhere: Elsewhere | None = None
    """Where the files lie, if not on this machine."""

    @property
    def unreadable(self) -> dict[str, str]:
        """Files that cannot be read, and why."""
        return {one.paths[0].name: one.unreadable for one in self.readings if one.unreadable}


def init(
    client: str,
    files: Iterable[str | Path],
    place: Workspace,
    month: str = "",
    answers: Path | None = None,
    prompt: Prompt | None = None,
    only_ask: bool = False,
) -> Done:
    """Write the params of a client as far as its files and answers tell; `prompt` asks a person, and with `only_ask`
    nothing is written.

    Raises WrongUse for a client's name that is none, a file that is absent, answers that cannot be used.
    """
    if not _CLIENT.fullmatch(client):
        raise WrongUse(f"client {client!r}: name it with a-z, 0-9, dots and dashes")
    given, raw = ask.load(answers)
    contract.contract(client, given, Names())  # what it would refuse is told before anything is read
    chosen = Month.parse(month) if month else Month.parse(given.month) if given.month else None
    with tempfile.TemporaryDirectory(prefix="msp-report-init-") as unpacked:
        base = answers.parent if answers else Path()
        beside = [base / Path(name).expanduser() for name in given.contract.openslo]
        return _begun(client, [*files, *beside], place, chosen, given, raw, prompt, only_ask, Path(unpacked))


def _begun(
    client: str,
    files: Iterable[str | Path],
    place: Workspace,
    chosen: Month | None,
    given: Answers,
    raw: dict[str, Any],
    prompt: Prompt | None,
    only_ask: bool,
    unpacked: Path,
) -> Done:
    addresses = [str(one).rstrip("/") for one in files if mirror.is_elsewhere(str(one))]
    here = [one for one in files if not mirror.is_elsewhere(str(one))]
    elsewhere = _fetched(addresses, here, unpacked)
    paths, slos = _files([*([elsewhere.folder] if elsewhere else ()), *here], unpacked)
    chosen = elsewhere.month if elsewhere else chosen
    _known_files(given, paths)
    folder = place.params / client
    readings = recognised.recognise(paths, given, folder if folder.is_dir() else None)
    for _ in range(_ROUNDS if prompt else 0):
        done = _made(client, given, readings, chosen, slos, elsewhere)
        said = ask.at_terminal([one for one in done.questions if one.path not in _asked(raw)], prompt)
        if not said:
            break
        given, raw = ask.with_answers(raw, said)
        readings = recognised.recognise(paths, given, folder if folder.is_dir() else None)
    done = _made(client, given, readings, chosen, slos, elsewhere)
    if only_ask:
        return done
    if elsewhere is None:
        _copy(done, client, place)
    _write(done, client, given, place)
    return done


def _asked(raw: dict[str, Any]) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()

    def go(value: Any, path: tuple[str, ...]) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                go(inner, (*path, key))
        else:
            found.add(path)

    go(raw, ())
    return found


def _fetched(addresses: list[str], here: Iterable[str | Path], into: Path) -> Elsewhere | None:
    """The folder of a month elsewhere, if its address was given, with its files fetched to be looked at.

    Raises WrongUse for one beside other files than those of OpenSLO, or of no month; live.Failed where it cannot be
    fetched.
    """
    if not addresses:
        return None
    above, _, name = addresses[0].rpartition("/")
    if len(addresses) > 1 or not all(openslo.is_openslo(Path(one).expanduser()) for one in here):
        raise WrongUse(f"{plain(addresses[0])}: name one folder elsewhere alone, or files of this machine")
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", name):
        raise WrongUse(f"{plain(addresses[0])}: name the folder of one month there, such as …/2026-10")
    template = f"{above}/{{month}}"
    validate(params.Sources, {"exports": template}, "init", {})
    copy = mirror.Mirror(addresses[0], into / "fetched")
    copy.bring()
    os.replace(copy.template, into / name)
    return Elsewhere(template, Month.parse(name), into / name)


def _files(given: Iterable[str | Path], unpacked: Path) -> tuple[list[Path], list[Path]]:
    """The files that were named, those of folders, and those of archives with several, unpacked; each once. Files of
    OpenSLO for themselves."""
    found: dict[Path, None] = {}
    slos: dict[Path, None] = {}
    for name in given:
        path = Path(name).expanduser()
        if path.is_dir():
            promised = [one for one in listed(path) if openslo.is_openslo(one)]
            slos |= dict.fromkeys(one.resolve() for one in promised)
            inside = [one for one in listed(path) if _may_be_read(one) and one not in promised]
            deeper = [one for one in sorted(path.iterdir()) if one.is_dir() and not one.name.startswith(".")]
            inside += [one for sub in deeper for one in listed(sub) if _may_be_read(one)]
            found |= dict.fromkeys(one.resolve() for one in inside)
        elif path.is_file():
            (slos if openslo.is_openslo(path) else found)[path.resolve()] = None
        else:
            raise WrongUse(f"{name}: there is no such file")
    if not found and not slos:
        raise WrongUse("there is nothing to read: name the files that the provider sent, or their folder")
    return [inner for path in found for inner in _members(path, unpacked)], list(slos)


def _members(path: Path, into: Path) -> list[Path]:
    """The files of an archive that holds several; else the file itself."""
    try:
        names = packed.inside(path) if path.suffix.casefold() == ".zip" else []
        if len(names) < 2:
            return [path]
        members = []
        for name in names:
            target = into / path.stem / Path(name).name
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                with packed.unpacked(path / name) as file:
                    shutil.copyfile(file, target)
                members.append(target)
        return members
    except Unreadable:
        return [path]


def _may_be_read(path: Path) -> bool:
    return path.suffix.casefold() in FORMATS and not path.name.casefold().startswith(("readme", "expected."))


def _known_files(answers: Answers, paths: list[Path]) -> None:
    """Refuse answers for a file that was not given."""
    names = {path.name for path in paths} | {f"{path.parent.name}/{path.name}" for path in paths}
    for name in answers.files:
        if name.split("#")[0] not in names:
            raise WrongUse(f"answers: files: {name!r} was not given{nearest(name, names)}")


# ---------------------------------------------------------------- which month


def _made(
    client: str,
    answers: Answers,
    readings: list[Reading],
    month: Month | None,
    slos: list[Path],
    elsewhere: Elsewhere | None,
) -> Done:
    """What would be written, and what is to be asked."""
    promised = openslo.read(slos, answers.said("timezone") or "UTC")
    done = Done(month or _month(readings), readings=readings, slos=promised, elsewhere=elsewhere)
    questions = [question for one in readings for question in one.questions]
    questions += contract.contract(client, answers, _names(done))[1] + contract.strategy(answers)[1]
    done.questions = _once(questions)
    return done


def _once(questions: list[Question]) -> list[Question]:
    return list({question.path: question for question in reversed(questions)}.values())[::-1]


def _month(readings: list[Reading]) -> Month:
    """The month of the files: as their folder is called, else the one of most of their rows."""
    for one in readings:
        for path in one.paths:
            if re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", path.parent.name):
                return Month.parse(path.parent.name)
    counted: dict[Month, int] = {}
    for one in readings:
        if one.trial and one.trial.month:
            counted[one.trial.month] = counted.get(one.trial.month, 0) + one.trial.accepted
        else:
            for text, count in one.months.items():
                counted[Month.parse(text)] = counted.get(Month.parse(text), 0) + count
    if counted:
        return max(counted, key=lambda month: (counted[month], month))
    from msp_report.system.now import now

    return Month.of(now().date()).shift(-1)


def _names(done: Done) -> Names:
    readings = done.readings
    services = {
        name: None
        for one in readings
        if one.trial and one.table in ("outages", "checks") and not one.is_blocked
        for name in one.trial.names.get("service", ())
    }
    priorities = {
        name: None
        for one in readings
        if one.trial and one.table == "tickets" and not one.is_blocked
        for name in one.trial.names.get("priority", ())
        if name != "none"
    }
    return Names(tuple(services), tuple(priorities), done.slos)


# ---------------------------------------------------------------- where the files go


def _copy(done: Done, client: str, place: Workspace) -> None:
    """Files that lie elsewhere are copied into the folder of the month; none there is written over."""
    base = (place.exports or place.root / "exports") / client
    target = base / str(done.month)
    for one in done.readings:
        moved = []
        for path in one.paths:
            if path.is_relative_to(base.resolve()):
                moved.append(path)
                continue
            there = target / path.name
            if there.exists() and _hash(there) != _hash(path):
                done.differs.append(there)
            elif not there.exists():
                target.mkdir(parents=True, exist_ok=True)
                part = there.with_name(f".{there.name}.part")
                shutil.copyfile(path, part)
                os.replace(part, there)
                done.copied.append(there)
            moved.append(there)
        one.paths = moved


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ---------------------------------------------------------------- what is written


def _write(done: Done, client: str, answers: Answers, place: Workspace) -> None:
    folder = place.params / client
    is_new = not place.params.exists()
    texts = {
        "contract.yaml": contract.contract(client, answers, _names(done))[0],
        "strategy.yaml": contract.strategy(answers)[0],
        "sources.yaml": sources_text(done, client, place),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        path = folder / name
        if path.exists():
            done.kept[path] = text
            continue
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=folder, prefix=f".{name}.", delete=False
        ) as file:
            file.write(text)
        os.chmod(file.name, 0o644)
        try:
            os.link(file.name, path)  # never over a file that came meanwhile
            done.written.append(path)
        except FileExistsError:
            done.kept[path] = text
        except OSError:  # a file system without hard links
            os.replace(file.name, path)
            done.written.append(path)
        finally:
            Path(file.name).unlink(missing_ok=True)
    ignore = place.root / ".gitignore"
    if is_new and not ignore.exists() and place.params.parent == place.root:
        ignore.write_text("exports/\noutput/\n", encoding="utf-8")


def sources_text(done: Done, client: str, place: Workspace) -> str:
    """sources.yaml: an entry for each file that can be read, and each that cannot yet as a comment."""
    month_folder = (place.exports or place.root / "exports") / client / str(done.month)
    if done.elsewhere:
        month_folder = done.elsewhere.folder.resolve()
    lines = [
        f"# How the exports of {client} are read: found by msp-report init in the files of {done.month}.",
        "# sure, likely: how sure that is. QUESTION: what only a person can say; what is behind # is not read.",
        f"exports: {flow(done.elsewhere.exports) if done.elsewhere else _TEMPLATE}",
    ]
    register = {} if done.elsewhere else register_entries(place, client)
    by_table: dict[str, list[Reading]] = {}
    for one in done.readings:
        if one.table:
            by_table.setdefault(one.table, []).append(one)
    good = {table for table, some in by_table.items() if any(not one.is_blocked for one in some)} | set(
        register
    )
    lines.append("tables:" if good else "# tables:")
    for table in sorted({*by_table, *register}):
        mark = "" if table in good else "# "
        lines.append(f"{mark}  {table}:")
        for one in by_table.get(table, ()):
            lines += _entry_lines(one, done.month, month_folder)
        lines += register.get(table, [])
    rest = [one for one in done.readings if not one.table]
    for one in rest:
        name = one.paths[0].name
        why = one.unreadable or (f"read beside {one.beside}" if one.beside else "; ".join(one.remarks))
        lines.append(f"# {name}: {_one_line(why)}")
        if not one.beside and not one.unreadable and "as you said" not in why:
            lines.append(
                f"# QUESTION: which table is it? Answer files.{name}.table, or write the entry by hand."
            )
    return "\n".join(lines) + "\n"


def _entry_lines(one: Reading, month: Month, folder: Path) -> list[str]:
    """The lines of one entry."""
    lines = []
    for remark in one.remarks:
        lines.append(f"    # {one.paths[0].name}: {_one_line(remark)}")
    if one.trial and (one.trial.read or one.trial.problems):
        lines.append(f"    # {_one_line(one.trial.counts)}")
    for problem in one.problems:
        lines.append(f"    # PROBLEM: {_one_line(problem)}")
    for question in one.questions:
        lines.append(f"    # QUESTION: {_one_line(ask.told(question))}")
        lines.append(f"    #   its answer: {_one_line(question.id)}")
    files = _patterns(one.paths, month, folder)
    for file in files:
        body = [f"    - file: {flow(file)}"]
        for key, value in one.entry.items():
            body += _key_lines(key, value, one.notes)
        lines += [f"# {line}" for line in body] if one.is_blocked else body
    return lines


def _key_lines(key: str, value: Any, notes: dict[str, str]) -> list[str]:
    note = f"  # {_one_line(notes[key])}" if key in notes else ""
    if isinstance(value, dict) and key in ("columns", "values", "constants", "dates", "default"):
        lines = [f"      {key}:{note}"]
        for name, inner in value.items():
            said = notes.get(f"{key}.{name}")
            lines.append(f"        {flow(name)}: {flow(inner)}" + (f"  # {_one_line(said)}" if said else ""))
        return lines
    return [f"      {key}: {flow(value)}{note}"]


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _patterns(paths: list[Path], month: Month, folder: Path) -> list[str]:
    """What stands in `file`: names below the month's folder, one pattern for many of a kind."""
    names = [os.path.relpath(path, folder).replace(os.sep, "/") for path in paths]
    names = [_escaped(name).replace(str(month), "{month}") for name in names]
    if len(names) <= 2:
        return names
    shapes = {re.sub(r"\d+", "*", name) for name in names}
    if len(shapes) == 1:
        return [shapes.pop()]
    suffix = paths[0].suffix
    same = [path for path in listed(paths[0].parent) if path.suffix == suffix]
    inside = len({path.parent for path in paths}) == 1 and paths[0].parent == folder
    return [f"*{suffix}"] if inside and len(same) == len(paths) else names


def _escaped(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)


def register_entries(place: Workspace, client: str) -> dict[str, list[str]]:
    """The entries for the filled sheets of the client's register, by table."""
    from msp_report.start import register

    return register.entries((place.exports or place.root / "exports") / client)


def told(done: Done, client: str, place: Workspace) -> list[str]:
    """What an analyst is told: what reads each file, what is open, what to do next."""
    said = []
    if done.slos.files:
        promises = done.slos.promises.values()
        taken = sum(one.ratio is not None for one in promises)
        said.append(
            f"{', '.join(done.slos.files)}: OpenSLO: {len(promises)} services, {taken} with their availability in "
            f"contract.yaml; {len(done.slos.listed)} things not taken over, listed there"
        )
    for one in done.readings:
        names = ", ".join(path.name for path in one.paths[:3]) + (", …" if len(one.paths) > 3 else "")
        if one.unreadable:
            continue
        if one.beside:
            said.append(f"{names}: read beside {one.beside}")
        elif one.table is None:
            said.append(f"{names}: not read: {'; '.join(one.remarks)}")
        else:
            counts = f": {one.trial.counts}" if one.trial and one.trial.read else ""
            open_ = sum(question.blocks for question in one.questions)
            state = f", not read before {open_} questions are answered" if open_ else ""
            state = ", not read: " + "; ".join(one.problems) if one.problems and not open_ else state
            said.append(f"{names}: {one.table}, by {one.by}{counts}{state}")
    said += [
        f"{path}: another file of this name is there and stays: rename the new one" for path in done.differs
    ]
    if done.questions:
        said.append(f"{len(done.questions)} questions are open, marked QUESTION in {place.params / client}:")
        said += [f"  {question.id}: {ask.told(question)}" for question in done.questions]
    said.append(f"next: msp-report check --client {client} --month {done.month}")
    return said
