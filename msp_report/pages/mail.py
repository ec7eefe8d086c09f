"""Page one as a mail: `board.eml`, which a mail program opens as a draft; sending is the mail program's.

Mail programs run no script, load nothing, and know old HTML alone: no properties of a style sheet, no drawn pictures.
So each element carries its own style, from mail.css; a drawn picture goes along as PNG, or is left out and its words
stand for it. Page one is the pack's, word for word, but for what is folded, and for links into the pack.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pandas as pd

from msp_report.pages import publish, whole
from msp_report.words.language import Language
from msp_report.words.numbers import clean

NAME = "board.eml"
#: What makes a PNG of a drawn picture: its bytes, its width and its height; None where nothing does.
Painter = Callable[[bytes, int, int], bytes | None]
_HEADINGS = ("h1", "h2", "h3", "h4")
_LINES = ("p", "caption", "figcaption", "summary", "pre", "dt", *_HEADINGS)
#: Elements that begin a line of their own within another one.
_LINES_WITHIN = ("blockquote", "p", "div", "dd")
#: Attributes that a mail program needs; the others name what is not there.
_KEPT = ("style", "href", "src", "alt", "width", "height", "scope", "lang", "dir", "colspan", "rowspan")
#: What is said once of a table, and not of each of its cells: a mail is cut off by some programs after 102 kB.
_OF_TABLES = {
    "table": {"cellpadding": "5", "cellspacing": "0"},
    "thead": {"valign": "bottom", "align": "left"},
    "tbody": {"valign": "top", "align": "left"},
}
#: The largest logo [pixels], as board.css has it.
_LOGO = (144, 35)


def message(
    pack: Path, attached: Sequence[Path], at: pd.Timestamp, paint: Painter = lambda *picture: None
) -> EmailMessage:
    """A mail with page one of a published pack in it and files attached, to nobody yet.

    `at` is its date. Raises FileNotFoundError where the pack is not published.
    """
    page = whole.read(pack / "html" / whole.FIRST)
    language = Language(page.html["lang"])
    whose, *standing = map(str, whole.said(page))
    period = standing[0] if standing else ""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = clean(language("{client}: IT services, {period}", client=whose, period=period))
    mail["Date"] = at.to_pydatetime()
    mail["X-Unsent"] = "1"  # Outlook then opens it to be written on and sent
    body = _body(page, language, attached)
    mail.set_content(_plain(body))
    pictures = _pictures(body, paint)
    mail.add_alternative(_framed(body, page), subtype="html")
    html = mail.get_payload()[1]
    for number, (kind, data) in enumerate(pictures, 1):
        html.add_related(data, "image", kind, cid=f"<picture-{number}>", filename=f"picture-{number}.{kind}")
    for path in attached:
        kind = "pdf" if path.suffix == ".pdf" else "zip" if path.suffix == ".zip" else "octet-stream"
        mail.add_attachment(path.read_bytes(), "application", kind, filename=path.name)
    return mail


def _body(page: Any, language: Language, attached: Sequence[Path]) -> Any:
    """What the mail says: the head of page one, all of it that is not folded, and what is attached."""
    body = page.new_tag("div")
    logo = page.select_one("img.logo")
    head = page.select(".whose, .standing")
    body.extend([*([logo] if logo else []), *head, *list(page.find(id="main").children)])
    for tag in body.select("details:not([open]), nav, svg"):
        tag.decompose()
    _without_empty_columns(body)
    for paragraph in body.select("p:has(a)"):
        said = "".join(text for text in paragraph.find_all(string=True) if text.find_parent("a") is None)
        if len(paragraph.select("a")) > 1 and not re.search(
            r"\w", said
        ):  # ways to other pages, and nothing else
            paragraph.decompose()
    whole.closed(body, ())
    for link in body.select('a[href^="#"]'):
        link.unwrap()
    names = ", ".join(path.name for path in attached)
    told = (
        language("This is page one. The other pages, with all evidence, are attached: {files}.", files=names)
        if names
        else language("This is page one of the report.")
    )
    note = page.new_tag("p", attrs={"class": "note"})
    note.string = told
    body.append(note)
    for tag in body.select("small"):
        tag.insert_before(page.new_tag("br"))  # board.css shows them as lines
    for tag in body.select("li > div:empty"):
        tag.decompose()
    publish.guarded(str(body), NAME)
    return body


def _without_empty_columns(body: Any) -> None:
    """Take out columns in which nothing is said."""
    for table in body.select("table"):
        rows = [row.find_all(["th", "td"], recursive=False) for row in table.select("tr")]
        width = len(rows[0]) if rows else 0
        rows = [row for row in rows if len(row) == width]  # the others are headings of groups
        for place in reversed(range(width)):
            cells = [row[place] for row in rows]
            if not any(cell.get_text(strip=True) or cell.img for cell in cells[1:]):
                width -= 1
                for cell in cells:
                    cell.decompose()
        for cell in table.select("[colspan]"):
            cell["colspan"] = str(min(int(cell["colspan"]), width))


def _pictures(body: Any, paint: Painter) -> list[tuple[str, bytes]]:
    """The pictures of a body, as kind and bytes, each of which it now names by its number; what cannot be shown is left
    out, and its words stand there."""
    found = []
    for image in body.select("img"):
        kind, data = _decoded(image["src"])
        logo = "logo" in image.get("class", ())
        width, height = _LOGO if logo else (int(image.get(side, 0) or 0) for side in ("width", "height"))
        if kind not in ("png", "jpeg", "gif"):
            kind, data = "png", paint(data, width, height) if width and height else None
        if data is None:
            _in_words(image)
            continue
        found.append((kind, data))
        image["src"] = f"cid:picture-{len(found)}"
        if logo:
            image.attrs |= {"height": str(height), "alt": ""}
    return found


def _in_words(image: Any) -> None:
    words = image.get("alt", "")
    if words:
        image.name, image.attrs = "p", {}
        image.string = words
    else:
        image.decompose()


def _decoded(address: str) -> tuple[str, bytes]:
    """Kind and bytes of a picture in a data: address."""
    head, _, data = address.removeprefix("data:image/").partition(",")
    kind, *options = head.split(";")
    return kind, base64.b64decode(data) if "base64" in options else unquote_to_bytes(data)


def _framed(body: Any, page: Any) -> str:
    """The body as a document whose elements carry their style."""
    for tag in body.select("[style]"):
        del tag["style"]
    for selector, style in _styles():
        for tag in [*body.select(selector), *([body] if selector == "body" else [])]:
            tag["style"] = f"{tag['style']};{style}" if tag.has_attr("style") else style
    for tag in body.find_all(True):
        tag.attrs = {name: value for name, value in tag.attrs.items() if name in _KEPT}
        tag.attrs |= _OF_TABLES.get(tag.name, {})
    html = re.sub(r"\n\s*\n+", "\n", str(body))
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(page.html["lang"])}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(page.title.get_text())}</title></head>\n<body>{html}</body></html>\n"
    )


@cache
def _styles() -> list[tuple[str, str]]:
    """What mail.css says: selectors and declarations, in order."""
    css = re.sub(r"/\*.*?\*/", "", (publish.TEMPLATES / "board" / "mail.css").read_text("utf-8"), flags=re.S)
    rules = re.findall(r"([^{}]+)\{([^{}]+)\}", css)
    return [
        (selector.strip(), re.sub(r"\s*([:;])\s*", r"\1", style).strip(" \n;")) for selector, style in rules
    ]


def _plain(body: Any) -> str:
    """The same in plain text."""
    text = "\n".join(line.rstrip() for line in _told(body))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _told(tag: Any) -> Iterator[str]:
    for part in tag.find_all(True, recursive=False):
        text = _words(part)
        if part.name in _HEADINGS:
            yield from ("", text, ("=" if part.name == "h1" else "-") * len(text))
        elif part.name in _LINES:
            yield from ("", text) if part.name != "dt" else (f"{text}:",)
        elif part.name == "li":
            first, *rest = [_words(line) for line in part.find_all("div", recursive=False)] or [text]
            yield f"{part['value']}. {first}" if part.get("value") else f"- {first}"
            yield from (f"  {' · '.join(rest)}",) if rest else ()
        elif part.name == "dd":
            yield f"  {text}"
        elif part.name == "table":
            yield from _rows(part)
        elif part.name == "img":
            yield from ("", part["alt"]) if part.get("alt") else ()
        elif part.find((*_LINES, "li", "table", "dd", "img")):
            yield from _told(part)
        elif text:
            yield text


def _rows(table: Any) -> Iterator[str]:
    """A table, a line a row: what heads it, and each cell with the title of its column."""
    yield from ("", _words(table.caption)) if table.caption else ()
    titles = [_words(title) for title in table.select("thead th")]
    for row in table.select("tbody tr"):
        cells = [_words(cell) for cell in row.find_all(["th", "td"], recursive=False)]
        rest = [f"{title}: {cell}" for title, cell in zip(titles[1:], cells[1:], strict=False) if cell]
        yield f"- {'; '.join([cells[0], *rest])}" if len(cells) > 1 else f"{cells[0]}:"


def _words(tag: Any) -> str:
    return " ".join("".join(map(_part, tag.find_all(string=True))).split())


def _part(text: Any) -> str:
    """A text apart from the one before where a page shows it on a line of its own."""
    within = text.parent.name
    return f" ({text})" if within == "small" else f" {text}" if within in _LINES_WITHIN else text
