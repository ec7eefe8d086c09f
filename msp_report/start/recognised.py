"""Each of a client's files with what reads it: a shipped profile, a guess with its questions, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from msp_report.intake import profile
from msp_report.intake.chunk import Unreadable
from msp_report.intake.recognise.known import Match, claims, known
from msp_report.intake.recognise.sketch import Sketch, bare, of_sheet, sketch
from msp_report.intake.recognise.unknown import Guess, Question, unknown
from msp_report.model.tables import TABLES
from msp_report.params.layout import Layout, fold, quoted
from msp_report.start import trial
from msp_report.start.ask import Answers
from msp_report.start.trial import Trial


@dataclass
class Reading:
    """One file, or one sheet or list of it, and how it is to be read."""

    paths: list[Path]
    name: str
    """What the file of answers calls it."""
    table: str | None = None
    by: str = ""
    """What reads it, in words."""
    entry: dict[str, Any] = field(default_factory=dict)
    """The keys of sources.yaml, without `file`."""
    notes: dict[str, str] = field(default_factory=dict)
    """What is said beside an entry, by its path: `columns.ticket_id`."""
    questions: list[Question] = field(default_factory=list)
    trial: Trial | None = None
    remarks: list[str] = field(default_factory=list)
    """What is said above it."""
    unreadable: str | None = None
    months: dict[str, int] = field(default_factory=dict)
    """How many of its rows are of each month, as far as a guess tells."""
    beside: str | None = None
    """The name of the file which reads this one beside itself."""

    @property
    def is_blocked(self) -> bool:
        """Whether it is written as a comment only."""
        return (
            self.table is None or any(question.blocks for question in self.questions) or bool(self.problems)
        )

    @property
    def lacks(self) -> int:
        """How many columns have to be asked before it can be read."""
        return sum(one.blocks and bool({"columns", "constants"} & {*one.path[2:3]}) for one in self.questions)

    @property
    def problems(self) -> tuple[str, ...]:
        """Why it would be refused."""
        return self.trial.problems if self.trial else ()


def recognise(paths: Iterable[Path], answers: Answers, folder: Path | None) -> list[Reading]:
    """How each of some files is to be read; files of one kind are read as one source."""
    readings: list[Reading] = []
    claimed: dict[Path, str] = {}
    files = list(paths)
    names = _names(files)
    found = {path: _first_look(path, names[path], answers) for path in files}
    for path in files:
        for match in found[path].matches[:1]:
            for pattern in claims(match.profile, match.table, match.route) if match.is_sure else ():
                claimed |= {
                    other: path.name
                    for other in files
                    if other != path and other.parent == path.parent and fnmatch(other.name, pattern)
                }
    together = _of_one_kind([found[path] for path in files if path not in claimed], answers, folder)
    readings += together
    done = {path for reading in together for path in reading.paths}
    for path in files:
        if path in claimed:
            readings.append(Reading([path], names[path], beside=claimed[path]))
        elif path not in done:
            readings += _readings(found[path], answers, folder)
    return _apart(_joined(readings, answers, folder))


def _of_one_kind(looks: list[_Look], answers: Answers, folder: Path | None) -> list[Reading]:
    """Many files of one folder that one route knows, such as an invoice a file: read as one source, tried once."""
    groups: dict[tuple[str, ...], list[_Look]] = {}
    for look in looks:
        if look.matches and look.matches[0].is_sure and look.name not in answers.files:
            match = look.matches[0]
            key = (match.name, match.table, str(look.path.parent), look.path.suffix)
            groups.setdefault(key, []).append(look)
    found = []
    for group in groups.values():
        if len(group) > 2:
            first = group[0]
            reading = _of_profile(first, first.matches[0], answers, folder, [look.path for look in group])
            found += [] if reading.problems else [reading]
    return found


def _names(files: list[Path]) -> dict[Path, str]:
    """What the answers call each file: its name, with its folder's where several have one name."""
    names = [path.name for path in files]
    return {
        path: path.name if names.count(path.name) == 1 else f"{path.parent.name}/{path.name}"
        for path in files
    }


@dataclass
class _Look:
    """What can be told of a file at a first look."""

    path: Path
    name: str
    sketches: list[Sketch]
    matches: list[Match]
    unreadable: str | None = None


def _first_look(path: Path, name: str, answers: Answers) -> _Look:
    own = answers.of(name)
    unreadable = None
    try:
        seen = sketch(path)
    except Unreadable as error:
        seen, unreadable = bare(path), str(error)
    except OSError as error:
        return _Look(path, name, [], [], error.strerror or str(error))
    matches = known(seen)
    if own.profile and own.profile != "none":
        forced, _, route = own.profile.partition("/")
        forced = profile.ALIASES.get(forced, forced)
        profile.load(forced)  # refused by name where there is none
        matches = [one for one in matches if one.profile == forced and route in ("", one.route)]
        matches = [replace(one, score=1.0, margin=1.0) for one in matches]
    if own.table:
        matches = [one for one in matches if one.table == own.table]
    sketches = [seen] if seen.columns else []
    sketches += _others(seen)
    if matches or sketches:
        unreadable = None
    return _Look(path, name, sketches, matches, unreadable)


def _others(seen: Sketch) -> list[Sketch]:
    """The other sheets of a workbook, the lists of a document, the tables of a database."""
    found = []
    for sheet in seen.sheets if len(seen.sheets) > 1 else ():
        if sheet != seen.sheet:
            found.append(lambda sheet=sheet: of_sheet(seen, sheet))
    for one in (
        seen.lists if seen.rows <= 1 else ()
    ):  # of a document that is one record its lists may be meant
        suffix = seen.path.suffix.lstrip(".").casefold()
        query = f"select * from {quoted(one)}"
        layout = Layout(query=query) if "db" in suffix or "sqlite" in suffix else Layout(records=one)
        found.append(lambda layout=layout: sketch(seen.path, None, layout))
    sketches = []
    for look in found[:20]:
        try:
            sketches.append(look())
        except (Unreadable, OSError, ValueError):
            continue
    return [one for one in sketches if one.rows]


# ---------------------------------------------------------------- one file


def _readings(look: _Look, answers: Answers, folder: Path | None) -> list[Reading]:
    if look.unreadable:
        return [Reading([look.path], look.name, unreadable=look.unreadable)]
    if answers.of(look.name).table == "none":
        return [Reading([look.path], look.name, remarks=["not to be read, as you said"])]
    suggested = []
    refused: list[Question] = []
    for match in look.matches[:3] if answers.of(look.name).profile != "none" else ():
        if match.is_sure:
            reading = _of_profile(look, match, answers, folder)
            told = reading.trial
            if told and (not told.problems or told.only_unknown_values or _is_asked(reading)):
                return [reading]
            why = "; ".join(told.problems) if told else ""
            suggested.append(f"{match.name} knows such files, but: {why}")
            text = f"Is {look.path.name} an export of {match.profile}?"
            why = f"it has its headers, and its profile refuses it: {why}; answer none to read it by its columns"
            refused.append(
                Question(("files", look.name, "profile"), text, why, (match.name, "none"), blocks=True)
            )
        elif match.score >= 0.6:
            suggested.append(f"it is like a file of the profile {match.name} ({match.score:.0%})")
    made = [reading for seen in look.sketches if (reading := _guessed(look, seen, answers, folder))]
    if len(look.sketches) > 1:
        made = [one for one in made if not one.is_blocked] or made[:1]
    elif made:
        made = [_deeper(look, made[0], answers, folder)]
    if not made:
        made = [Reading([look.path], look.name, remarks=["no table of ours fits its columns"])]
    made[0].remarks += suggested[:2]
    made[0].questions = [*refused[:1], *made[0].questions]
    return made


def _deeper(look: _Look, reading: Reading, answers: Answers, folder: Path | None) -> Reading:
    """The same document by a list within its list, such as the lines of invoices, where that leaves less to ask."""
    seen = look.sketches[0]
    inner = [one for one in seen.lists if any(one.startswith(f"{outer}.") for outer in seen.lists)]
    if not reading.lacks or seen.records or seen.query:
        return reading
    found = [reading]
    for one in inner[:20]:
        try:
            deeper = _guessed(look, sketch(seen.path, None, Layout(records=one)), answers, folder)
        except (Unreadable, OSError, ValueError):
            continue
        found += [deeper] if deeper and deeper.table == reading.table else []
    return min(found, key=lambda each: each.lacks)


def _is_asked(reading: Reading) -> bool:
    """Whether a trial fails for what is asked anyhow: the order of day and month, a decimal sign."""
    text = " ".join(reading.problems)
    return bool(reading.questions) and bool(re.search(r"in doubt|not a time|thousands or decimals", text))


def _zone_question(name: str, file: str) -> Question:
    return Question(
        ("files", name, "timezone"),
        f"In which time zone are the times of {file}?",
        "they have no offset; the client's zone is taken until then",
    )


def _of_profile(
    look: _Look, match: Match, answers: Answers, folder: Path | None, paths: list[Path] | None = None
) -> Reading:
    """A file, or several of its kind, as a shipped profile reads it."""
    paths = paths or [look.path]
    own, name = answers.of(look.name), look.name
    route = next(one for one in profile.load(match.profile)[match.table] if one.route == match.route)
    several = len(profile.load(match.profile)[match.table]) > 1
    entry: dict[str, Any] = {"profile": match.name if several else match.profile}
    reading = Reading(paths, name, match.table, f"the profile {match.name}", entry)
    lacking = f"; it lacks {', '.join(match.missing[:5])}" if match.missing else ""
    reading.remarks.append(f"read as {match.name} (sure: {match.score:.0%} of what it is known by{lacking})")
    asks = set(route.asks)
    zone, order = answers.zone(name), own.date_order or answers.date_order
    if "date_order" in asks and not order and (shown := _shown_order(match.sketch)):
        order, reading.notes["dates"] = shown, "sure: its own days show it"
    decimal = own.decimal or answers.decimal
    if "timezone" in asks:
        if zone:
            entry["timezone"] = zone
        else:
            reading.questions.append(_zone_question(name, look.path.name))
    if "date_order" in asks and order:
        entry["dates"] = _dates(route, order)
    if "decimal" in asks and decimal:
        entry["decimal"] = decimal
    if "invited" in asks:
        invited = own.invited or answers.invited
        if invited:
            entry["invited"] = invited
        else:
            text = f"How many people were asked to answer the survey in {look.path.name}?"
            reading.questions.append(
                Question(("files", name, "invited"), text, "the answers alone are in it")
            )
    hints = answers.hints(name)
    table = TABLES[match.table]
    own_values = {column: pairs for column, pairs in hints.values.items() if profile.meaning(table, column)}
    if own_values:
        entry["values"] = own_values
    for key in ("columns", "constants", "durations"):
        if getattr(own, key):
            entry[key] = dict(getattr(own, key))
    for key in ("record", "day_hours", "exported_at"):
        if getattr(own, key):
            entry[key] = getattr(own, key)
    if own.where and own.where.casefold() != "all":
        entry["where"] = own.where
    reading.trial = trial.run(paths, match.table, entry, _zone(answers), None, folder)
    text = " ".join(reading.trial.problems)
    if "date_order" in asks and not order and "in doubt" in text:
        why = "its days and months may be read either way"
        which = f"In which order does {look.path.name} write day, month and year?"
        reading.questions.append(
            Question(("files", name, "date_order"), which, why, ("dmy", "mdy"), None, blocks=True)
        )
    _ask_values(reading, match.table)
    if match.also and not own.table:
        which = f"What does {look.path.name} hold?"
        why = f"the profile {match.profile} reads it as either"
        choices = (match.table, *match.also)
        question = Question(("files", name, "table"), which, why, choices, match.table, blocks=True)
        reading.questions.insert(0, question)
    return reading


def _shown_order(seen: Sketch | None) -> str | None:
    """The order of day and month that a file's own dates show, where none shows the other one."""
    orders = {one.order for one in seen.columns if one.kind("date") >= 0.99} if seen else set()
    shown = orders & {"dmy", "mdy", "contradictory"}
    return shown.pop() if len(shown) == 1 and "contradictory" not in shown else None


def _dates(route: profile.Route, order: str) -> Any:
    """The formats of a route with the order that was answered; those by column that leave no doubt stay."""
    if isinstance(route.dates, dict):
        plain = {"iso", "dmy", "mdy", "ymd", "named"}
        return {
            column: (order if {"dmy", "mdy"} & set(forms) and set(forms) <= plain else list(forms))
            for column, forms in route.dates.items()
        }
    kept = [form for form in route.dates if form not in ("dmy", "mdy", "ymd")]
    return [*kept, order] if kept else order


def _ask_values(reading: Reading, table: str) -> None:
    """A question for each value that neither the profile nor the answers know."""
    for column, counts in (reading.trial.unknown if reading.trial else {}).items():
        declared = profile.meaning(TABLES[table], column)
        choices = (declared.choices or ("true", "false")) if declared else ()
        for value, count in counts.items():
            reading.questions.append(
                Question(
                    ("files", reading.name, "values", column, value),
                    f"What does {value!r} mean as {column}?",
                    f"{count} rows of {reading.paths[0].name} have it and are rejected until then",
                    choices,
                )
            )


def _zone(answers: Answers) -> str:
    return answers.said("timezone") or "UTC"


# ---------------------------------------------------------------- a guess


def _guessed(look: _Look, seen: Sketch, answers: Answers, folder: Path | None) -> Reading | None:
    """A file, or a sheet or list of it, as its columns let guess; None where nothing fits."""
    part = seen.sheet if len(seen.sheets) > 1 else seen.records
    if seen.query:
        part = seen.query.rpartition(" from ")[2].strip('"')
    name = f"{look.name}#{part}" if part else look.name
    own = name if name in answers.files else look.name
    hints = answers.hints(own)
    guesses = unknown(seen, hints, ("files", name))
    if not guesses or guesses[0].score < 0.45:
        return None
    guess = guesses[0]
    reading = Reading([look.path], name, guess.table, "no known vendor", questions=list(guess.questions))
    reading.remarks.append(f"no known vendor; read as {guess.table} by its columns")
    reading.entry, reading.notes = _entry(guess, seen)
    reading.months = {str(month): int(count) for month, count in guess.months.value_counts().items()}
    zone = answers.zone(own)
    if guess.needs_zone:
        if zone:
            reading.entry["timezone"] = zone
        else:
            reading.questions.append(_zone_question(name, look.path.name))
    if answers.of(own).exported_at:
        reading.entry["exported_at"] = answers.of(own).exported_at
    for key, text in guess.notes.items():
        if key.startswith("left out "):
            reading.remarks.append(f"not read as {key.removeprefix('left out ')}: {text}")
    if guess.unread:
        reading.remarks.append(f"not read: {', '.join(guess.unread)}")
    if not reading.is_blocked:
        reading.trial = trial.run([look.path], guess.table, reading.entry, _zone(answers), None, folder)
    return reading


def _entry(guess: Guess, seen: Sketch) -> tuple[dict[str, Any], dict[str, str]]:
    """The keys of sources.yaml for a guess, and what is said beside each."""
    table = TABLES[guess.table]
    entry: dict[str, Any] = {}
    notes: dict[str, str] = {}
    for key in ("records", "query"):
        if getattr(seen, key):
            entry[key] = getattr(seen, key)
    if seen.sheet and len(seen.sheets) > 1:
        entry["sheet"] = seen.sheet
    columns: dict[str, Any] = {}
    used = {fold(found.header) for found in guess.columns.values()}
    for name in table.names:
        if name in guess.columns:
            found = guess.columns[name]
            columns[name] = found.header
            said = guess.notes.get(name)
            notes[f"columns.{name}"] = f"likely: {said}" if said else f"{found.sureness}: {found.why}"
        elif (
            any(fold(header) == fold(name) and fold(header) not in used for header in seen.headers)
            and not (guess.shape and name == "line")
            and name not in guess.constants
        ):
            columns[name] = []  # its name is ours, and what stands in it is not read
            notes[f"columns.{name}"] = "not read: in doubt"
    entry["columns"] = columns
    if guess.values:
        entry["values"] = {
            column: dict(listed)
            for column, listed in guess.values.items()
            if column in guess.columns or (guess.table == "ticket_events" and column == "status")
        }
        entry["values"] = {column: pairs for column, pairs in entry["values"].items() if pairs} or None
    for key in ("constants", "default", "durations", "nulls", "unpivot"):
        if getattr(guess, key):
            entry[key] = dict(getattr(guess, key))
    for column in guess.constants:
        notes[f"constants.{column}"] = f"likely: {guess.notes[column]}" if column in guess.notes else "likely"
    dates = {name: list(forms) for name, forms in guess.dates.items() if name in guess.columns}
    if any(forms != ["iso"] for forms in dates.values()):
        same = len({tuple(forms) for forms in dates.values()}) == 1
        entry["dates"] = next(iter(dates.values())) if same else dates
        if "dates" in guess.notes:
            notes["dates"] = f"likely: {guess.notes['dates']}"
    for key in ("decimal", "day_hours", "record", "where", "shape"):
        if getattr(guess, key):
            entry[key] = getattr(guess, key)
            if key in guess.notes:
                notes[key] = f"likely: {guess.notes[key]}"
    return {key: value for key, value in entry.items() if value is not None}, notes


# ---------------------------------------------------------------- several files


def _joined(readings: list[Reading], answers: Answers, folder: Path | None) -> list[Reading]:
    """Files that are read in the same way as one source."""
    groups: dict[str, list[Reading]] = {}
    alone: list[Reading] = []
    for one in readings:
        if one.table is None or one.beside or one.unreadable:
            alone.append(one)
        else:
            key = f"{one.table} {one.entry} {one.paths[0].parent} {one.paths[0].suffix}"
            groups.setdefault(key, []).append(one)
    joined = []
    for group in groups.values():
        first = group[0]
        if len(group) > 2:
            first.paths = [path for one in group for path in one.paths]
            asked = {question.path[2:]: question for one in reversed(group) for question in one.questions}
            first.questions = [
                replace(question, path=("files", first.name, *path)) for path, question in asked.items()
            ]
            if first.trial and not first.is_blocked:
                first.trial = trial.run(first.paths, first.table, first.entry, _zone(answers), None, folder)
            joined.append(first)
        else:
            joined += group
    return [*joined, *alone]


def _apart(readings: list[Reading]) -> list[Reading]:
    """Of two sources that hold the same rows the one that says more is read."""
    for one in readings:
        for other in readings:
            if one is other or one.table != other.table or not (one.trial and other.trial):
                continue
            if other.is_blocked or one.is_blocked or _rank(one) > _rank(other):
                continue
            routes = {str(each.entry.get("profile", "")).partition("/")[::2] for each in (one, other)}
            of_one_tool = len({name for name, _ in routes}) == 1 and len(routes) == 2
            same = _overlap(one.trial.keys, other.trial.keys) > 0.5
            as_many = one.trial.accepted == other.trial.accepted  # their zones may still be unknown
            if same or (of_one_tool and (as_many or _overlap(one.trial.times, other.trial.times) > 0.5)):
                text = (
                    f"{one.paths[0].name} and {other.paths[0].name} hold the same rows. Which is to be read?"
                )
                one.questions.append(
                    Question(
                        ("files", other.name, "table"),
                        text,
                        f"{other.paths[0].name} says more, so it is read; answer none to read {one.paths[0].name}",
                        ("none",),
                        blocks=True,
                    )
                )
    return readings


def _overlap(mine: frozenset, theirs: frozenset) -> float:
    """The share of the smaller of two sets that is in the other one."""
    return len(mine & theirs) / max(1, min(len(mine), len(theirs)))


def _rank(one: Reading) -> tuple[bool, int, int, str]:
    """How much a source says: whether it asks nothing, its columns, its rows; of equals by name."""
    told = one.trial
    return (not one.questions, told.filled if told else 0, told.accepted if told else 0, one.name)
