"""A published pack as one page: what is printed, and what can be forwarded as a single file.

Only the pages are in it. A link from one to another leads on inside it; one to a file beside the pages is left out,
and its text stays.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

from msp_report.pages import publish, rules
from msp_report.pages.display import css_text

FIRST = "index.html"
#: Attributes that name ids of the same page.
_NAMING = ("aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "headers", "for")
#: Links that are nothing but the name of a file: without the file their text says nothing.
_FILES = frozenset({"rows", "file"})
_OTHER_PACK = "../../"


def whole(html: Path) -> str:
    """The pages in a pack's folder html/ as one page, page one first, each with its own ids.

    Raises FileNotFoundError where there is no page one.
    """
    frame = read(html / FIRST)
    pages = ordered(html, frame)
    main = frame.find(id="main")
    parts = [_section(read(page), page, pages) for page in pages]
    main.clear()
    main.extend(parts)
    for link in frame.select("nav a"):
        link.attrs.pop("aria-current", None)
    _lead_on(frame.select("header a, footer a"), FIRST, pages)
    closed(frame, ())
    running = " · ".join(said(frame))
    frame.title.string = running
    style = frame.new_tag("style")
    style.string = _css().replace("RUNNING", css_text(running))
    frame.head.append(style)
    return publish.guarded(str(frame), html.parent.name)


def ordered(html: Path, frame: BeautifulSoup) -> list[Path]:
    """The pages of a folder in the order of page one's navigation, page one first and the rules last."""
    named = [FIRST, *(link["href"] for link in frame.select("nav a"))]
    places = {name: place for place, name in reversed(list(enumerate(named)))}
    pages = html.glob("*.html")
    return sorted(
        pages,
        key=lambda page: (page.name == rules.PAGE, places.get(page.name, len(places) + 1), page.name),
    )


def read(page: Path) -> BeautifulSoup:
    """A published page, to be changed."""
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def said(frame: BeautifulSoup) -> list[str]:
    """What stands above every page: whose, of when, and as what it was issued."""
    found = frame.select(".whose strong, .whose span, .standing")
    return [" ".join(part.find(string=True).split()) for part in found]


def closed(soup: BeautifulSoup | Tag, there: Container[str]) -> None:
    """Take out the links to files that are not `there`, names beside the page; their text stays, but that of a link
    which only names a file or another pack. Links within the page and to web addresses stay."""
    for link in soup.select("a[href]"):
        parts = urlsplit(link["href"])
        if parts.scheme or parts.netloc or not parts.path or unquote(parts.path) in there:
            continue
        above = link.parent
        if _FILES.intersection(link.get("class", ())) or parts.path.startswith(_OTHER_PACK):
            before = link.previous_sibling
            if isinstance(before, str):  # what sets it apart from the one before
                before.replace_with(before.rstrip(" \u00b7"))
            link.decompose()
        else:
            link.unwrap()
        if above.name == "p" and not above.get_text(strip=True) and not above.find(True):
            above.decompose()


def _section(soup: BeautifulSoup, page: Path, pages: Iterable[Path]) -> Tag:
    """What a page says, as a part of the whole."""
    main = soup.find(id="main")
    for tag in main.find_all(True):
        if "id" in tag.attrs:
            tag["id"] = _within(page.name, tag["id"])
        for name in _NAMING:
            if name in tag.attrs:
                words = tag[name].split() if isinstance(tag[name], str) else tag[name]
                tag[name] = " ".join(_within(page.name, word) for word in words)
    for region in main.select("[role=region][aria-label]"):  # no two of one name
        region["aria-label"] = f"{region['aria-label']} ({main.h1.get_text(strip=True)})"
    _lead_on(main.select("a[href]"), page.name, pages)
    main.name = "section"
    main.attrs = {"id": _within(page.name), "class": "page"}
    return main


def _lead_on(links: Iterable[Tag], page: str, pages: Iterable[Path]) -> None:
    """Have links that lead to a page of the pack, or to a place on the same page, lead there inside the whole."""
    names = {path.name for path in pages}
    for link in links:
        parts = urlsplit(link["href"])
        target = unquote(parts.path) or page
        if not parts.scheme and not parts.netloc and target in names:
            link["href"] = f"#{_within(target, unquote(parts.fragment))}"


def _within(page: str, place: str = "") -> str:
    """The id, in the whole, of a place on a page, or of the page itself."""
    name = f"page-{page.removesuffix('.html')}"
    return f"{name}--{place}" if place else name


@cache
def _css() -> str:
    css = (publish.TEMPLATES / "board" / "whole.css").read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", css, flags=re.S)).strip()
