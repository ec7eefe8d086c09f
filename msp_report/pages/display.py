"""Tables, lists and facts for a page: HTML that is escaped as it is made.

Nothing prints: the functions return objects that a notebook shows. Ticket titles, names and notes are hostile
text and are escaped here. How a number is written says words/numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any, NamedTuple, Self
from urllib.parse import quote, urlsplit

import pandas as pd

from msp_report.model.figures import SEVERITY, Figure, Verdict, anchor
from msp_report.model.period import Month
from msp_report.model.tables import KEPT, NUMBERED
from msp_report.words import labels
from msp_report.words.language import message
from msp_report.words.numbers import NUMBERS, Numbers, clean, decimal_of

#: Marks the outputs that were made, and escaped, here; publish shows no other HTML.
MARK = "application/vnd.msp-report+json"

#: The sign before the words of a verdict: never colour alone.
SIGNS: dict[str, str] = {"missed": "✗", "no_verdict": "?", "no_data": "–", "no_target": "○", "met": "✓"}

#: The sign before the words of a mark of signal or noise (rule 21): never colour alone, and none of a verdict's.
MARKS: dict[str, str] = {
    **{"worse than usual": "!", "not as usual": "±", "better than usual": "+", "as usual": "≈"},
    **{"usually met": "▲", "hit or miss": "◆", "usually missed": "▼"},
}

#: How a page is written that knows no client.
_PLAIN = Numbers()

#: What is said of an empty table by why nothing is known of it.
_UNKNOWN = {
    "not supplied": message("not known, for this was not supplied: {names}."),
    "withheld": message("not known, for this was due and did not come: {names}."),
    "never filled": message("not known, for this is never filled in: {names}."),
}

#: Columns that name a ticket.
_TICKETS = ("ticket_id", "earlier_id")

#: So many rows a table shows that shows all: more is no reading for a page, and is one click away.
MOST_ROWS = 60

#: A table's columns know these units too.
_OTHERS = ("at", "date", "verdict", "mark", "robust", "flag", "text")


class Html:
    """HTML that was escaped as it was made, with the same in plain text."""

    def __init__(self, html: str, plain: str = "") -> None:
        self._html, self._plain = html, plain

    def _repr_html_(self) -> str:
        return self._html

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self._html, "text/plain": self._plain, MARK: {"made_by": type(self).__name__}}

    def __str__(self) -> str:
        return self._plain

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._plain[:60]!r}>"


class Headlines(Html):
    """The first lines of a page."""


class Table(Html):
    """Rows of a frame."""


def together(*parts: Html) -> Html:
    """Several things to show, one below the other."""
    return Html("\n".join(part._repr_html_() for part in parts), "\n\n".join(map(str, parts)))


def verdict(name: Verdict | None, show: Numbers = _PLAIN) -> Html:
    """A verdict as sign and words."""
    if name is None:
        return Html("", "")
    sign, words = SIGNS[name], show.label(name)
    return Html(
        f'<span class="verdict {name}"><span aria-hidden="true">{sign}</span>\u00a0{safe(words)}</span>',
        f"{sign} {words}",
    )


def mark(name: str, show: Numbers = _PLAIN) -> Html:
    """A mark of signal or noise as sign and words."""
    sign, words = MARKS[name], show.label(name)
    kind = name.replace(" ", "_")
    return Html(
        f'<span class="mark {kind}"><span aria-hidden="true">{sign}</span>\u00a0{safe(words)}</span>',
        f"{sign} {words}",
    )


def link(text: str, href: str) -> Html:
    """A link to another file of the pack. Raises ValueError for an address elsewhere."""
    return Html(f'<a href="{inside(href)}">{safe(text)}</a>', text)


def _in_tool(ticket: str, url: str) -> Html:
    """A link from a ticket's number to the ticket in its tool, which a page never loads by itself."""
    address = url.replace("{ticket_id}", quote(ticket, safe=""))
    return Html(f'<a href="{escape(address)}" rel="noreferrer">{safe(ticket)}</a>', clean(ticket))


def links(texts: Iterable[str], hrefs: Iterable[str]) -> list[Html]:
    """A column of links, for a table."""
    return [link(text, href) for text, href in zip(texts, hrefs, strict=True)]


def led_to(texts: Iterable[str], hrefs: Iterable[str], *, title: str, show: Numbers = _PLAIN) -> Html:
    """Links in one line after its title, as to other packs; none, no line."""
    found = links(texts, hrefs)
    if not found:
        return Html("", "")
    named = show.language(title)
    html = " · ".join(one._repr_html_() for one in found)
    return Html(f'<p class="more">{safe(named)}: {html}</p>', f"{named}: {', '.join(map(str, found))}")


def slug(text: str) -> str:
    """The id of a heading or a table: its English words in small letters.

    >>> slug("What went down?")
    'what-went-down'
    """
    return "-".join(re.findall(r"\w+", text.lower()))


class Line(NamedTuple):
    """A sentence, its verdict, what was replied to it, the id to which others link, and the caption of the table in
    which its evidence stands."""

    text: str
    verdict: Verdict | None = None
    replies: Sequence[str] = ()
    anchor: str = ""
    shown: str = ""


def headlines(
    lines: Iterable[tuple[Any, ...] | Figure], opening: bool = True, show: Numbers = _PLAIN
) -> Headlines:
    """The sentences at the top of a page: the first one large, then plain ones, then verdicts, worst first.

    `lines` are those of Line, or figures with a headline. Without `opening` no line is set apart.
    """
    parts = [
        Line(line.headline or "", line.verdict, (), anchor(line.measure, line.subject))
        if isinstance(line, Figure)
        else Line(*line)
        for line in lines
    ]
    said = [part for part in parts if part.text]
    first, rest = (said[:1], said[1:]) if opening else ([], said)
    lead = [
        f'<p class="opening {mark or ""}">{_badge(mark, show)}{safe(text, clip=False)}</p>{_replies(replies)}'
        for text, mark, replies, *_ in first
    ]
    plain = [
        f"<p{_id(place)}>{safe(text, clip=False)}</p>{_replies(replies)}"
        for text, mark, replies, place, _ in rest
        if mark is None
    ]
    judged = sorted((line for line in rest if line[1] is not None), key=lambda line: SEVERITY[line[1]])
    points = [
        f'<li class="{mark}"{_id(place)}>{_badge(mark, show)}{safe(text, clip=False)}{_table(table, show)}'
        f"{_replies(replies)}</li>"
        for text, mark, replies, place, table in judged
    ]
    listed = [f"<ul>{''.join(points)}</ul>"] if points else []
    html = f'<div class="headlines">{"".join([*lead, *plain, *listed])}</div>'
    words = [
        "\n".join([f"{verdict(mark, show)}: {text}" if mark else text, *replies])
        for text, mark, replies, *_ in said
    ]
    return Headlines(html, "\n".join(words))


def _table(caption: str, show: Numbers) -> str:
    """A link to the table with the evidence, further down the page."""
    return f' <a href="#table-{slug(caption)}">{safe(show.language(caption))}</a>' if caption else ""


def _id(name: str) -> str:
    return f' id="{escape(name)}"' if name else ""


def _badge(name: Verdict | None, show: Numbers) -> str:
    return f"{verdict(name, show)._repr_html_()} " if name else ""


def _replies(said: Sequence[str]) -> str:
    """What the provider replied, beside the figure that it disputes."""
    texts = "".join(f"<p>{safe(text, clip=False)}</p>" for text in said)
    return f'<blockquote class="notes">{texts}</blockquote>' if texts else ""


def exceptions(
    figures: pd.DataFrame,
    empty: str,
    replies: pd.DataFrame | None = None,
    show: Numbers = _PLAIN,
    title: str = "",
) -> Html:
    """What needs attention, as rows of figures.json with a headline: each leads to its line on its own page.

    `replies` have measure, subject and what was `said`; each stands beside its figure. `title` heads a list that has
    rows; an empty one needs none.
    """
    if figures.empty:
        text = show.language(empty)
        return Html(f'<p class="empty">{safe(text)}</p>' if text else "", text)
    answers = said_of(figures, replies)
    verdicts = [name if isinstance(name, str) else None for name in figures["verdict"]]
    places = map(anchor, figures["measure"], figures["subject"].fillna(""))
    pages = [f"{report}.html#{quote(place)}" for report, place in zip(figures["report"], places, strict=True)]
    rows = list(zip(figures["report"], pages, figures["headline"], verdicts, answers, strict=True))
    points = [
        f'<li class="{mark or ""}">{_badge(mark, show)}{safe(headline, clip=False)} '
        f'<a href="{inside(page)}">{_evidence(report, show)}</a>{_replies(said)}</li>'
        for report, page, headline, mark, said in rows
    ]
    words = ["\n".join([f"{verdict(mark, show)}: {headline}", *said]) for _, _, headline, mark, said in rows]
    head = show.language(title)
    words = [head, *words] if head else words
    shown = f'<h3 id="{slug(title)}">{safe(head)}</h3>' if head else ""
    return Html(f'{shown}<div class="headlines"><ul>{"".join(points)}</ul></div>', "\n".join(words))


def _evidence(report: str, show: Numbers) -> str:
    return safe(show.language("Evidence: {page}", page=show.label(report)))


def said_of(figures: pd.DataFrame, replies: pd.DataFrame | None) -> list[tuple[str, ...]]:
    """What was `said` of each figure, in the order of `replies`; nothing of most."""
    if replies is None or replies.empty:
        return [()] * len(figures)
    said = replies.groupby(["measure", "subject"])["said"].agg(tuple).to_dict()
    keys = zip(figures["measure"], figures["subject"].fillna(""), strict=True)
    return [said.get(key, ()) for key in keys]


def apart(frame: pd.DataFrame, **columns: tuple[str, str]) -> pd.DataFrame:
    """Signed columns as two without a sign: `days=("later", "earlier")` has the size in the one that fits.

    A page says late or early, over or under, never a bare sign (rule 24). Zero stands in neither.
    """
    halves = {}
    for column, (more, less) in columns.items():
        values = pd.to_numeric(frame[column])
        halves |= {more: values.where(values > 0), less: (-values).where(values < 0)}
    return frame.assign(**halves)


def notes(text: str) -> Html:
    """A human's words: paragraphs at blank lines, each in one run, however its lines were broken."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip()]
    html = "".join(f"<p>{safe(' '.join(part.split()), clip=False)}</p>" for part in paragraphs)
    return Html(f'<div class="notes">{html}</div>' if html else "", text)


def safe(text: Any, clip: bool = True) -> str:
    """Text as HTML shows it, cleaned and, if it is long and no sentence of ours, clipped."""
    return escape(clean(text) if clip else clean(text, None))


def inside(href: str) -> str:
    """An address as an attribute. Raises ValueError for one that leads elsewhere than to a file beside the page."""
    parts = urlsplit(href)
    if parts.scheme or parts.netloc or href.startswith(("/", "\\")):
        raise ValueError(f"{href!r} leads out of the pack: link to a file beside the page")
    return escape(href)


#: A column of a table: its title, its unit, and what stands for a missing value.
Heading = tuple[str, str] | tuple[str, str, str]


@dataclass(frozen=True)
class Display(Numbers):
    """Everything of a page that depends on the client's locale, currency, zone and language.

    Words are given in English, as they stand in a notebook, and are shown in the client's language.

    A notebook makes one: `show = Display.of(case)`. Its tables show people, secrets and words as the client publishes
    them (see Case.people); one that is made of a contract alone knows no secret and shows them as they are.
    """

    people: Callable[[pd.DataFrame], pd.DataFrame] | None = field(default=None, compare=False, repr=False)
    ticket_url: str = field(default="", compare=False, repr=False)
    """The address of a ticket in the tool it came from, with {ticket_id}; empty: none is stated."""
    lines_of: Callable[[str, pd.DataFrame], pd.DataFrame] | None = field(
        default=None, compare=False, repr=False
    )
    """Where rows of a table come from, as Case.lines_of."""

    @classmethod
    def of(cls, case: Any) -> Self:
        """Those of a case's client, or of a contract's."""
        contract = getattr(case, "contract", None)
        if contract is None:
            return super().of(case)
        return replace(
            super().of(contract), people=case.people, ticket_url=case.ticket_url, lines_of=case.lines_of
        )

    def table(
        self,
        frame: pd.DataFrame,
        columns: Mapping[str, Heading],
        *,
        caption: str,
        rows: int | None = 5,
        more: str | None = None,
        empty: str = "Nothing to list.",
        anchor: str = "",
        group: str = "",
        ids: str = "",
        of: str = "",
    ) -> Table:
        """The first `rows` rows of a frame, the rest one click away; None: all, up to MOST_ROWS. Where the last row
        holds sums (model.columns.with_sum) it stays, and what is not shown is summed up before it.

        `columns` maps a column to (title, unit) or (title, unit, text for a missing value). A unit is one of NUMBERS,
        `at`, `date`, `verdict`, `mark`, `robust`, `flag`, `text`, or the name of the frame's column that holds the unit
        of each row; the text for a missing value may likewise name the column that says why. `more` is the record that
        holds every row, as a link relative to the page. `anchor` is the id of a table whose caption is no fixed text;
        any other's is `table-` and its caption. Rows that are alike in the column `group` stand together below it, in
        the order of their first. The column `ids` has the id of each row. The first column heads its row; another that
        says nothing in any row shown, not even why, is left out. Below the first stands the file and line that the row
        comes from, where that column is a number by which the rows of an accepted table are told apart, or where `of`
        names the table, of whose key the frame has a part. Cells that are Html (links, sparklines) stay as they are,
        all else is escaped; codes, in the columns that hold them (see `labels`), are shown by their labels. Raises
        ValueError for an unknown column or unit, an empty title or caption.
        """
        _check_columns(frame, columns, caption)
        place = _id(anchor or f"table-{slug(caption)}")
        caption = self.language(caption)
        shown = self._first(frame, columns) if rows is None else frame.head(rows)
        origins = self._origins(shown, of or NUMBERED.get(next(iter(columns)), ""))
        if self.people is not None and len(shown):
            shown = self.people(shown)
        groups = [str(name) for name in shown[group]] if group and len(shown) else []
        if groups:
            order = sorted(range(len(groups)), key=lambda row: groups.index(groups[row]))
            shown, groups = shown.iloc[order], [groups[row] for row in order]
            origins = [origins[row] for row in order]
        if frame.empty:
            nothing = f"{caption}: {self.language(empty)}"
            return Table(f'<p class="empty"{place}>{safe(nothing, clip=False)}</p>', nothing)
        columns = _telling(shown, columns)
        titles = {name: self.language(heading[0]) for name, heading in columns.items()}
        cells = {name: self._cells(shown, name, heading) for name, heading in columns.items()}
        kinds = {
            name: "t" if at and name.endswith("_id") else _kind(shown, heading[1])
            for at, (name, heading) in enumerate(columns.items())
        }
        head = next(iter(columns))
        cells[head] = [_below(cell, origin) for cell, origin in zip(cells[head], origins, strict=True)]
        html = _table_html(
            caption,
            place,
            titles,
            cells,
            kinds,
            len(shown),
            _more(max(0, len(frame) - len(shown)), more, self),
            groups,
            [str(name) for name in shown[ids]] if ids and len(shown) else [""] * len(shown),
        )
        plain = pd.DataFrame({titles[name]: list(map(str, cells[name])) for name in columns})
        return Table(html, f"{caption}\n{plain.to_string(index=False)}")

    def nothing(self, empty: str, unknown: Sequence[tuple[str, str]], stated: bool = True) -> str:
        """What to say where a table is empty, which is good news only where something is known (rule 47).

        `empty` is said where all that the table rests on was supplied; `unknown` are the names of what nobody knows,
        each with why, as Case.unknown gives them: not supplied, withheld, or a column that is never filled. `stated`:
        whether there is anything to judge by.
        """
        for why, text in _UNKNOWN.items():
            if names := [name for name, found in unknown if found == why]:
                return self.language(text, names=", ".join(map(self.label, names)))
        return (
            self.language(empty) if stated else self.language("nothing is agreed or stated to judge it by.")
        )

    def _first(self, frame: pd.DataFrame, columns: Mapping[str, Heading]) -> pd.DataFrame:
        """The first rows of a table that shows all, and where its last row holds sums what the others come to."""
        head = next(iter(columns))
        if len(frame) <= MOST_ROWS + 2:
            return frame
        if not pd.isna(frame[head].iloc[-1]):
            return frame.head(MOST_ROWS)
        first, sums = frame.head(MOST_ROWS), frame.iloc[-1]
        rest = self.number(len(frame) - 1 - MOST_ROWS, "count")
        text = self.language.plural(
            "{number} other", "{number} others", len(frame) - 1 - MOST_ROWS, number=rest
        )
        others: dict[str, Any] = {head: _cell(text)}
        for name, (_, unit, *_) in columns.items():
            if unit in NUMBERS and name != head and decimal_of(sums[name]) is not None:
                others[name] = decimal_of(sums[name]) - sum(filter(None, map(decimal_of, first[name])))
        made = pd.DataFrame([others]).reindex(columns=frame.columns).astype(object)
        return pd.concat([first.astype(object), made, frame.tail(1).astype(object)], ignore_index=True)

    def _origins(self, rows: pd.DataFrame, table: str) -> list[Html | None]:
        """The file and line that each row comes from; None where no table is meant, or nothing is known of a row."""
        if self.lines_of is None or not table or rows.empty:
            return [None] * len(rows)
        told = self.lines_of(table, rows)
        return [
            self._origin(*row) if isinstance(row[1], str) else None
            for row in told[["month", "file", "line", "lines"]].itertuples(index=False)
        ]

    def _origin(self, month: Any, file: str, line: float, lines: float) -> Html:
        first, more = self.number(int(line), "count"), int(lines) - 1
        where = self.language("line {line}", line=first)
        if more:
            rest = self.number(more, "count")
            where = self.language.plural(
                "line {line} and {number} more",
                "line {line} and {number} more",
                more,
                line=first,
                number=rest,
            )
        if isinstance(month, str):
            where = self.language("{month}, {line}", month=self.period(Month.parse(month)), line=where)
        return Html(f"<code>{safe(file)}</code>, {safe(where)}", f"{clean(file)}, {where}")

    def _cells(self, frame: pd.DataFrame, name: str, heading: Heading) -> list[Html]:
        values = (
            self.headed(name, frame[name], frame.get("metric")) if heading[1] == "text" else list(frame[name])
        )
        if self.ticket_url and name in _TICKETS:
            values = [
                _in_tool(value, self.ticket_url) if isinstance(value, str) else value for value in values
            ]
        elif heading[1] == "text" and name in labels.COLUMNS:
            values = [self.label(value) if isinstance(value, str) else value for value in values]
        missing = heading[2] if len(heading) == 3 else None
        units = list(frame[heading[1]]) if _by_row(frame, heading[1]) else [heading[1]] * len(values)
        whys = list(frame[missing]) if missing in frame.columns else [None] * len(values)
        stead = None if missing is None or missing in frame.columns else self.language(missing)
        if len(set(units)) == 1 and units[0] in NUMBERS and not any(isinstance(v, Html) for v in values):
            texts = self.numbers(values, units[0], whys)
            return [
                self._gap(why, stead) if decimal_of(value) is None else _cell(text)
                for value, text, why in zip(values, texts, whys, strict=True)
            ]
        return [self._cell(*row, stead) for row in zip(values, units, whys, strict=True)]

    def _cell(self, value: Any, unit: str, why: Any, stead: str | None) -> Html:
        if isinstance(value, Html):
            return value
        if not isinstance(unit, str):
            unit = ""
        if unit == "verdict" and (isinstance(value, str) or stead is None):
            return verdict(value if isinstance(value, str) else None, self)
        if pd.isna(value) or value == "":
            return self._gap(why, stead)
        if unit in NUMBERS:
            return _cell(self.number(value, unit))
        if unit == "at":
            return _cell(self.instant(value))
        if unit == "date":
            return _cell(self.day(value))
        if unit == "mark":
            return mark(value, self)
        if unit == "robust":
            return _cell(self.language(labels.ROBUST[value]))
        if unit == "flag":
            return _cell(self.language("yes") if value else self.language("no"))
        return _cell(str(value))

    def _gap(self, why: str | None, stead: str | None = None) -> Html:
        """A missing cell: nothing known, why, or what stands for it."""
        text = stead if stead is not None else self.missing(why)
        if not text:
            return Html("")
        return Html(f'<span class="gap">{safe(text)}</span>', text)

    def data_used(self, reading: pd.DataFrame) -> Html:
        """What a page was made from: `reading` has table, file, read, accepted, rejected, outside, evidence. Columns of
        these tables that no figure uses are named below it."""
        came = set(reading.loc[reading["file"].notna(), "table"])
        kept = [f"{table}.{column}" for table, columns in KEPT.items() if table in came for column in columns]
        told = self.language("Kept, and used by no figure: {columns}.", columns=", ".join(kept))
        # these are the names under which docs/tables.md has them
        coded = re.sub(r"\b\w+\.\w+\b", r"<code>\g<0></code>", safe(told, clip=False))
        below = [Html(f'<p class="more">{coded}</p>', told)] if kept else []
        return together(self._files_used(reading), *below)

    def _files_used(self, reading: pd.DataFrame) -> Table:
        """The files, their rows and how far they speak."""
        twice = {
            "in_fold": ("In the repeated hour", "count", ""),
            "second": ("Of these the second", "count", ""),
        }
        return self.table(
            reading,
            {
                "table": ("Table", "text"),
                "file": ("File", "text", "not supplied"),
                "read": ("Rows read", "count", ""),
                "accepted": ("Accepted", "count", ""),
                "rejected": ("Rejected", "count", ""),
                "outside": ("Outside this month", "count", ""),
                **(twice if reading["in_fold"].gt(0).any() else {}),
                "reach": ("Speaks up to", "at", ""),
                "reach_by": ("As shown by", "text", ""),
                "evidence": ("Evidence from", "text", ""),
            },
            rows=None,
            caption="Data used",
        )

    def facts(self, facts: Mapping[str, Any]) -> Html:
        """How something was computed, the data used: terms with a text, an Html, or (value, unit)."""
        shown = {
            self.language(term): value
            if isinstance(value, Html)
            else self._cell(*value, None, None)
            if isinstance(value, tuple)
            else _cell(self.language(str(value)), clip=False)
            for term, value in facts.items()
        }
        html = "".join(
            f"<div><dt>{safe(term)}</dt><dd>{value._repr_html_()}</dd></div>" for term, value in shown.items()
        )
        return Html(
            f'<dl class="facts">{html}</dl>', "\n".join(f"{term}: {value}" for term, value in shown.items())
        )


def _check_columns(frame: pd.DataFrame, columns: Mapping[str, Heading], caption: str) -> None:
    if not caption.strip():
        raise ValueError("a table needs a caption: say what its rows are")
    for name, (title, unit, *_) in columns.items():
        if name not in frame.columns:
            raise ValueError(f"the table has no column {name!r}: it has {', '.join(map(str, frame.columns))}")
        if not title.strip():
            raise ValueError(f"column {name!r} has no title")
        if unit not in NUMBERS and unit not in _OTHERS and unit not in frame.columns:
            raise ValueError(
                f"column {name!r}: {unit!r} is neither a unit nor a column: "
                f"use one of {', '.join(filter(None, (*NUMBERS, *_OTHERS)))}"
            )


def _telling(shown: pd.DataFrame, columns: Mapping[str, Heading]) -> dict[str, Heading]:
    """The columns that say something in some row, the first one whatever it says."""
    return {
        name: heading
        for place, (name, heading) in enumerate(columns.items())
        if not place or heading[2:] != ("",) or not (shown[name].isna() | shown[name].eq("")).all()
    }


def _by_row(frame: pd.DataFrame, unit: str) -> bool:
    return unit not in NUMBERS and unit not in _OTHERS and unit in frame.columns


def _kind(frame: pd.DataFrame, unit: str) -> str:
    """How a column is set: numbers to the right, instants in one line."""
    if unit in NUMBERS or _by_row(frame, unit):
        return "n"
    return "t" if unit in ("at", "date") else ""


def _td(tag: str, cell: Html, kind: str) -> str:
    """One cell; long text gets room, and may be broken anywhere, so that no word widens the page.

    What heads a row, an id or a name, stays in one line where it is short.
    """
    length = len(str(cell))
    size = ("long" if length > 24 else "") if tag == "td" else ("t" if length <= 16 and kind != "t" else "")
    kinds = " ".join(filter(None, (kind, size)))
    return f"<{tag}{_class(kinds)}>{cell._repr_html_()}</{tag.split()[0]}>"


def _class(kinds: str) -> str:
    return f' class="{kinds}"' if kinds else ""


def _cell(text: str, clip: bool = True) -> Html:
    return Html(safe(text, clip), text)


def _below(cell: Html, origin: Html | None) -> Html:
    """A cell with the place that its row comes from below it; in plain text the cell alone."""
    if origin is None:
        return cell
    return Html(f'{cell._repr_html_()}<small class="from">{origin._repr_html_()}</small>', str(cell))


def _more(rest: int, href: str | None, display: Display) -> str:
    """How many rows are not shown, and the record, whose own rows `counts.counted` counts."""
    hidden = display.language.plural(
        "{number} more is not shown.",
        "{number} more are not shown.",
        rest,
        number=display.number(rest, "count"),
    )
    parts = [safe(hidden)] if rest else []
    if href is not None:
        parts.append(f'<a class="rows" href="{inside(href)}">{safe(display.language("All rows as CSV"))}</a>')
    return f'<p class="more">{" ".join(parts)}</p>' if parts else ""


def _group(groups: Sequence[str], row: int, columns: int) -> str:
    """What heads the rows of a group, before its first one."""
    if not groups or (row and groups[row] == groups[row - 1]) or not groups[row]:
        return ""
    return f'<tr class="group"><th colspan="{columns}" scope="rowgroup">{safe(groups[row])}</th></tr>'


def _table_html(
    caption: str,
    place: str,
    titles: Mapping[str, str],
    cells: Mapping[str, list[Html]],
    kinds: Mapping[str, str],
    count: int,
    more: str,
    groups: Sequence[str] = (),
    ids: Sequence[str] = (),
) -> str:
    """A table that board.css makes cards of on a phone: each title stands once, in a property of the table, and labels
    the cells of its column."""
    head = "".join(
        f'<th scope="col"{_class(kinds[name])}>{safe(title)}</th>' for name, title in titles.items()
    )
    body = "".join(
        _group(groups, row, len(titles))
        + f"<tr{_id(ids[row] if ids else '')}>"
        + "".join(
            _td("td" if place else 'th scope="row"', cells[name][row], kinds[name])
            for place, name in enumerate(titles)
        )
        + "</tr>"
        for row in range(count)
    )
    title = safe(caption)
    labels = ";".join(f"--c{number}:{css_text(text)}" for number, text in enumerate(titles.values(), 1))
    return (
        f'<div class="table"{place}><div class="wide" role="region" aria-label="{title}" tabindex="0">'
        f'<table style="{labels}"><caption>{title}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"{more}</div>"
    )


def css_text(text: str) -> str:
    """A text as a style sheet says it, which ends no attribute and no element.

    >>> css_text("It's <50 %")
    "'It\\27 s \\3c 50 %'"
    """
    plain = re.sub(r"[\\'\"<>&\n\f\r]", lambda found: f"\\{ord(found[0]):x} ", clean(text))
    return f"'{plain}'"
