"""From executed notebooks to pages, and from a finished folder to the published one; the only import of nbconvert.

A page loads nothing and runs nothing: its policy forbids both, and a notebook that tries is refused here, by
name. The same executed notebook gives the same bytes. What a notebook says in Markdown is said in the client's
language, paragraph by paragraph.
"""

from __future__ import annotations

import base64
import mimetypes
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import nbformat
import pandas as pd
from nbconvert import HTMLExporter
from nbformat import NotebookNode

from msp_report.model.errors import Failed
from msp_report.pages import counts, rules
from msp_report.pages.display import MARK, Display, Html, slug
from msp_report.words import labels, markdown, numbers, sentences
from msp_report.words.language import ENGLISH, Language
from msp_report.words.numbers import Numbers

if TYPE_CHECKING:
    from msp_report.case import Case

TEMPLATES = Path(__file__).parent / "template"
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_OBJECT = re.compile(r"\[?<.*>\]?|", re.S)  # what a thing without words is called: `<Axes: >`
_KINDS = {
    "text/html": "HTML of its own",
    "text/markdown": "Markdown of its own",
    "image/png": "a bare picture",
    "image/svg+xml": "a bare picture",
}
#: A link to a figure's line on the page of its report, or from there to its table.
_EVIDENCE = re.compile(r' <a href="((?:[^"#]+(?=#figure-))|#table-[^"]*)[^"]*">[^<]*</a>')
#: A link to another page of the pack.
_TO_A_PAGE = re.compile(r'<a href="([\w-]+\.html)(?:#[^"]*)?">([^<]*)</a>')
#: The id of the heading from which on a page is folded: how its figures were computed.
FOLDED = "how-this-was-computed"
#: What of a page is no text.
_NO_TEXT = re.compile(r"(<style>.*?</style>|<[^>]*>)", re.S)
#: The tag of the cell that papermill puts in.
INJECTED = "injected-parameters"


class PublishError(Failed):
    """A notebook cannot become a page; the text names the notebook, the cell and what to do."""


@dataclass(frozen=True)
class Context:
    """What a page says around its notebook."""

    client: str
    period: str
    provider: str = ""
    made_from: str = ""
    pages: tuple[tuple[str, str], ...] = ()
    """Every page of the pack: file and label, in order."""
    current: str = "index.html"
    language: Language = ENGLISH
    logo: str = ""
    """A data: address."""
    rules: str = ""
    """The page of the rules, where the pack has one."""
    standing: tuple[str, ...] = ()
    """Whether it is a draft or was issued, in sentences."""
    restated: str = ""
    """The page of what a restatement changed, where the pack is one."""
    files: tuple[tuple[str, str], ...] = ()
    """What lies beside the page, file and label; none named: the figures and the manifest of a pack."""


@dataclass(frozen=True)
class Issue:
    """As what a pack was issued: it stands on every page."""

    revision: int
    at: pd.Timestamp
    evidence: str
    """The digest of all that the pages rest on."""
    previous: str = ""
    """The head of the pack issued before; empty: none was."""
    restates: int = 0
    """The revision that it restates; 0: none."""
    why: str = ""
    changed: pd.DataFrame | None = None
    """What the restatement changed, as model.restated."""


#: The page of what a restatement changed.
RESTATED = "restated.html"


# ---------------------------------------------------------------- pages


def pages(
    case: Case,
    staging: Path,
    notebooks: Sequence[tuple[str, Path]],
    strict: bool = True,
    first: str = "",
    issue: Issue | None = None,
    standing: Mapping[str, Html] | None = None,
) -> None:
    """Write html/ of a pack: a page for each (report, executed notebook), and the rules that they cite.

    index.html is that of the report `first`; where none is named, the first notebook's. `strict` as in `page`. Without
    an `issue` every page says that it is a draft, but for those of a day, which are never issued. `standing` is what a
    report's page shows below its first sentences. Raises PublishError.
    """
    reports = [report for report, _ in notebooks]
    first = first or next(iter(reports), "")
    files = {report: "index.html" if report == first else f"{report}.html" for report in reports}
    show = Numbers.of(case.contract)
    context = Context(
        client=case.contract.client.name,
        provider=case.contract.provider.name,
        period=_when(case, show),
        made_from=_made_from(case.manifest, show),
        pages=tuple((file, labels.page(report, show.language)) for report, file in files.items()),
        language=show.language,
        logo=_address(logo(case)),
        rules=rules.PAGE,
        standing=() if case.of_day else _standing(issue, show),
        restated=RESTATED if issue and issue.restates else "",
    )
    folder = staging / "html"
    folder.mkdir(parents=True, exist_ok=True)
    for report, notebook in notebooks:
        below = (standing or {}).get(report)
        html = rules.linked(page(notebook, replace(context, current=files[report]), strict, below))
        html = counts.counted(_followed(html, [*files.values(), rules.PAGE, RESTATED]), folder, show)
        (folder / files[report]).write_text(html, encoding="utf-8", newline="\n")
    html = rules.anchored(page(rules.notebook(), replace(context, current=rules.PAGE)))
    (folder / rules.PAGE).write_text(html, encoding="utf-8", newline="\n")
    if context.restated and issue:
        html = page(_restatement(case, issue), replace(context, current=RESTATED))
        (folder / RESTATED).write_text(html, encoding="utf-8", newline="\n")


def _followed(html: str, files: Iterable[str]) -> str:
    """A page without its links to evidence that is not there: on a page that the pack does not have, or in a table that
    stands on a page of another period only. Of any other link to a page that is not there the words stay."""
    there = {*files, *(f"#{name}" for name in re.findall(r'\bid="([^"]+)"', html))}
    html = _EVIDENCE.sub(lambda link: link[0] if link[1] in there else "", html)
    return _TO_A_PAGE.sub(lambda link: link[0] if link[1] in there else link[2], html)


#: So many letters of a digest are shown; the seal has them all.
_SHOWN = 16


def _standing(issue: Issue | None, show: Numbers) -> tuple[str, ...]:
    """Whether a pack is a draft, or as what it was issued."""
    if issue is None:
        return (show.language("Draft: not issued."),)
    said = [
        show.language("Issued on {day} as revision {number}.", day=show.day(issue.at), number=issue.revision)
    ]
    if issue.restates:
        number = 0 if issue.changed is None else len(issue.changed)
        restates = show.language(
            "It restates revision {number}: {why}.",
            number=issue.restates,
            why=numbers.clean(issue.why.rstrip(" .")),
        )
        said += [
            restates,
            show.language.plural("{n} figure changed.", "{n} figures changed.", number, n=number),
        ]
    sealed = show.language("Sealed evidence {digest}", digest=issue.evidence[:_SHOWN])
    before = (
        show.language("the pack issued before: {digest}", digest=issue.previous[:_SHOWN])
        if issue.previous
        else show.language("no pack was issued before")
    )
    return (*said, f"{sealed}; {before}.")


def _restatement(case: Case, issue: Issue) -> NotebookNode:
    """What a restatement changed, as a notebook for `page`."""
    show, language = Display.of(case), Numbers.of(case.contract).language
    changed = pd.DataFrame() if issue.changed is None else issue.changed
    table = show.table(
        changed.assign(what=sentences.names(changed, case.contract)) if len(changed) else changed,
        {
            "what": ("Figure", "text"),
            "value_from": ("Was", "unit", "not known"),
            "value_to": ("Is", "unit", "not known"),
            "verdict_from": ("Verdict before", "verdict"),
            "verdict_to": ("Verdict now", "verdict"),
        },
        rows=None,
        caption="What this revision changed",
        empty="No figure changed.",
    )
    output = nbformat.v4.new_output("display_data", table._repr_mimebundle_())
    title = nbformat.v4.new_markdown_cell(f"# {language('What this revision changed')}")
    return nbformat.v4.new_notebook(cells=[title, nbformat.v4.new_code_cell("", outputs=[output])])


def _when(case: Case, show: Numbers) -> str:
    """What a pack is about, in words: its period, or the instant of a day's look."""
    if case.of_day:
        return show.language("as of {instant}", instant=show.instant(case.end))
    period = show.period(case.period)
    if not case.to_date:
        return period
    return show.language("{period}, to date ({instant})", period=period, instant=show.instant(case.end))


def page(
    notebook: str | Path | NotebookNode, context: Context, strict: bool = True, below: Html | None = None
) -> str:
    """One executed notebook as a page of its own.

    Inputs are left out. `strict` refuses what a cell printed and any HTML or picture that was not made by
    display or charts; otherwise what was printed and plain text are shown as they are, HTML of its own as the
    plain text beside it, and pictures without words are named after their cell; `left_out` says what is not shown.
    `below` is shown after the first sentences. From the heading FOLDED to the next one of its size is folded.
    Raises PublishError.
    """
    name = "the notebook" if isinstance(notebook, NotebookNode) else Path(notebook).name
    node = notebook if isinstance(notebook, NotebookNode) else nbformat.read(str(notebook), as_version=4)
    node = _folded(_presentable(_with(node, below), name, strict, context.language))
    found = _title(node)
    label = dict(context.pages).get(
        context.current, labels.page(Path(context.current).stem, context.language)
    )
    board = {
        **vars(context),
        "title": found or label,
        "has_title": bool(found),
        "policy": POLICY,
        "css": _css(),
    }
    html, _ = _exporter().from_notebook_node(node, resources={"board": board})
    html = _kept(re.sub(r"\n\s*\n+", "\n", html), context.language)
    return guarded(html, name)


def _kept(html: str, language: Language) -> str:
    """A page on which no line ends between a number and its unit."""
    parts = _NO_TEXT.split(html)
    parts[::2] = [numbers.kept(text, language) for text in parts[::2]]
    return "".join(parts)


@cache
def _exporter() -> HTMLExporter:
    made = HTMLExporter(
        template_name="board",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_anchor_links=True,
        optimistic_validation=True,  # at the end, not after each of its ten steps
    )
    made.register_filter("anchored", _anchored)
    return made


def _anchored(html: str, anchors: Sequence[str]) -> str:
    """The HTML of a Markdown cell whose headings below the title have their ids, in order."""
    rest = iter(anchors)
    return re.sub(r"<(h[2-6])>", lambda found: f'<{found[1]} id="{escape(next(rest))}">', html)


@cache
def _css() -> str:
    css = (TEMPLATES / "board" / "board.css").read_text(encoding="utf-8")
    for some, instead in ((r"/\*.*?\*/", ""), (r"\s*([{};,>])\s*", r"\1"), (r":\s+", ":"), (r";}", "}")):
        css = re.sub(some, instead, css, flags=re.S)
    return css.strip()


def _title(node: NotebookNode) -> str | None:
    for cell in node.cells:
        match = re.search(r"^# +(.+)$", cell.source, re.M) if cell.cell_type == "markdown" else None
        if match:
            return re.sub(r"[*_`]", "", match[1]).strip()
    return None


def _presentable(node: NotebookNode, name: str, strict: bool, language: Language) -> NotebookNode:
    """A copy whose outputs are HTML that can be shown, and whose Markdown is in the client's language."""
    cells, number = [], 0
    for cell in map(NotebookNode, node.cells):
        number += INJECTED not in cell.metadata.get("tags", [])  # papermill's cell is not one of the author's
        if cell.cell_type == "code":
            shown = [_html(output, f"{name}, cell {number}", strict) for output in cell.outputs]
            cell.outputs = [
                nbformat.v4.new_output("display_data", {"text/html": html}) for html in shown if html
            ]
        elif cell.cell_type == "markdown":
            anchors = [slug(text) for text in markdown.headings(cell.source)]
            cell.metadata = NotebookNode({**cell.metadata, "anchors": anchors})
            cell.source = markdown.said(cell.source, language)
        cells.append(cell)
    return nbformat.from_dict({**node, "cells": cells})


def _with(node: NotebookNode, below: Html | None) -> NotebookNode:
    """A notebook with something shown after the cell of its first sentences; without any such cell as it is."""
    if below is None:
        return node
    place = next((at for at, cell in enumerate(node.cells) if "Headlines" in _makers(cell)), None)
    if place is None:
        return node
    shown = nbformat.v4.new_code_cell(
        "", outputs=[nbformat.v4.new_output("display_data", below._repr_mimebundle_())]
    )
    shown.metadata["tags"] = [INJECTED]  # not one of the author's
    return nbformat.from_dict({**node, "cells": [*node.cells[: place + 1], shown, *node.cells[place + 1 :]]})


def _makers(cell: NotebookNode) -> list[str]:
    """What made each output of a cell that was made by display."""
    marked = [output.get("data", {}).get(MARK) for output in cell.get("outputs", [])]
    return [mark["made_by"] for mark in marked if mark]


def _folded(node: NotebookNode) -> NotebookNode:
    """A notebook whose cells from the heading FOLDED on, to the next one of its size, are marked: the first with its
    heading, the last as the end."""
    begins = [at for at, cell in enumerate(node.cells) if FOLDED in cell.metadata.get("anchors", [])[:1]]
    for at in begins:
        heads = (
            later
            for later in range(at + 1, len(node.cells))
            if node.cells[later].cell_type == "markdown" and re.match(r"##? ", node.cells[later].source)
        )
        end = next(heads, len(node.cells)) - 1
        head, _, rest = node.cells[at].source.partition("\n")
        if not head.startswith("## "):
            continue
        node.cells[at].metadata["folds"] = head[3:].strip()
        node.cells[at].metadata["anchors"] = node.cells[at].metadata["anchors"][1:]
        node.cells[at].source = rest
        node.cells[end].metadata["unfolds"] = True
    return node


def _html(output: NotebookNode, where: str, strict: bool) -> str:
    if output.output_type == "error":
        raise PublishError(f"{where} failed: {output.ename}: {output.evalue}")
    if output.output_type == "stream":
        if strict:
            first = output.text.strip().partition("\n")[0][:120]
            raise PublishError(
                f"{where} wrote to {output.name}: {first!r}: a page shows nothing that is printed"
            )
        return "" if left_out(output) else f"<pre>{_escaped(output.text)}</pre>"
    data: Mapping[str, Any] = output.data
    if MARK in data:
        return data["text/html"]
    if all(kind.startswith("application/scrapbook") for kind in data):
        return ""
    if strict:
        raise PublishError(
            f"{where} shows {_kind(data)}: show it with display (a table, facts, notes) or charts, "
            "which escape it and say it in words"
        )
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            source = f"data:{kind};base64,{''.join(data[kind].split())}"
            return f'<figure class="chart"><img src="{source}" alt="Picture of {_escaped(where)}"></figure>'
    plain = data.get("text/plain", "")
    return "" if _OBJECT.fullmatch(plain) else f"<pre>{_escaped(plain)}</pre>"


def left_out(output: NotebookNode) -> str:
    """What a page that is not strict leaves out of an output and its author should know; empty: nothing.

    Warnings, and things that are nothing but their HTML.
    """
    if output.output_type == "stream":
        return f"a warning: {output.text.strip()}" if output.name == "stderr" else ""
    data = output.get("data", {})
    others = [kind for kind in data if kind.startswith(("text/", "image/svg", "application/java"))]
    shown = MARK in data or "image/png" in data or "image/jpeg" in data
    bare = _OBJECT.fullmatch(data.get("text/plain", "")) and len(others) > 1
    return f"{_kind(data)}: show it with display or charts" if bare and not shown else ""


def _escaped(text: str) -> str:
    return escape(numbers.clean(text, None))


def _kind(data: Mapping[str, Any]) -> str:
    return next((words for kind, words in _KINDS.items() if kind in data), "a bare value")


class _Guard(HTMLParser):
    """Refuses a page that would run or load anything."""

    _FORBIDDEN = frozenset(
        "script iframe frame object embed applet link base form input button video audio source".split()  # noqa: SIM905
    )

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for key, value in attrs:
            address = (value or "").strip()
            scheme = urlsplit(address).scheme.lower() if key in ("href", "src", "xlink:href") else ""
            if (
                key.startswith("on")
                or key in ("srcset", "background", "ping", "formaction")
                or (key == "src" and not address.startswith("data:image/"))
                or (key in ("href", "xlink:href") and scheme not in ("", "http", "https", "mailto"))
                or (key == "style" and "url(" in address)
                or (tag == "meta" and address.lower() == "refresh")
            ):
                raise self._refused(f"<{tag} {key}={address[:80]!r}>")
        if tag in self._FORBIDDEN:
            raise self._refused(f"<{tag}>")

    def _refused(self, what: str) -> PublishError:
        return PublishError(
            f"{self._name} holds {what}: a page runs and loads nothing; take it out of the notebook"
        )


def guarded(html: str, name: str) -> str:
    """A page as it is. Raises PublishError, naming it, where it would run or load anything."""
    _Guard(name).feed(html)
    return html


def _made_from(manifest: Mapping[str, Any], show: Numbers) -> str:
    entries = manifest["files"]
    files = len({(entry["file"], entry.get("month")) for entry in entries})
    counts = {
        key: show.number(sum(entry[key] for entry in entries), "count")
        for key in ("read", "accepted", "rejected")
    }
    return show.language.plural(
        "Made from {files} file: {read} rows read, {accepted} accepted, {rejected} rejected.",
        "Made from {files} files: {read} rows read, {accepted} accepted, {rejected} rejected.",
        files,
        files=files,
        **counts,
    )


def logo(case: Case) -> Path | None:
    """The picture of the client's logo, beside contract.yaml; None where it has none. Raises PublishError."""
    name = case.contract.brand.logo
    if not name:
        return None
    folder = case.workspace.client_params(case.client).resolve()
    path = (folder / name).resolve()
    kind = mimetypes.guess_type(path.name)[0] or ""
    if not path.is_relative_to(folder) or not path.is_file() or not kind.startswith("image/"):
        raise PublishError(
            f"contract.yaml: brand.logo: {name!r} is not a picture beside contract.yaml in {folder}"
        )
    return path


def _address(picture: Path | None) -> str:
    """A picture as a data: address."""
    if picture is None:
        return ""
    kind = mimetypes.guess_type(picture.name)[0]
    return f"data:{kind};base64,{base64.b64encode(picture.read_bytes()).decode()}"
