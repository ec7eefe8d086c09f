"""Text of others, made harmless: what a terminal, a page or a spreadsheet would obey is shown as the mark �.

Provider's words, file names and cells reach every page, record and message through here.
"""

from __future__ import annotations

import re

import pandas as pd

from msp_report.model.texts import matching

MARK = "\ufffd"
#: Control characters but for tab and line ends, halves of pairs, letters that nobody sees, and what turns a line round.
#: The joiners of Persian, Indian scripts and pictures stay between letters that are not ASCII.
_UNSEEN = (
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]"
    r"|[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164]"
    r"|[\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    r"|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)
_HOSTILE = re.compile(_UNSEEN)
#: The begin and end of words that keep their own direction: a page sets them around names, and nobody else.
OPEN, CLOSE = "\u2068", "\u2069"
_ISOLATED = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
#: Letters that are written from right to left.
_TURNING = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001eeff]")
#: How a spreadsheet's formula begins.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: What has anything but plain letters, or begins like a formula.
_MAY_BE = r"[^\x20-\x7e]|^[=+\-@]"
_NUMBER = re.compile(r"[+-]?[\d.,]+(?:[eE][+-]?\d+)?%?")
_RETURN = re.compile(r"\r\n?")


def visible(text: str) -> str:
    """Text in which all is seen that is there; a hidden letter, a control character or a turn of direction is a mark.

    >>> visible("met\\u202e dessim, e\\u200brp")
    'met� dessim, e�rp'
    """
    return _HOSTILE.sub(MARK, text)


def shown(text: str) -> str:
    """The same of a sentence of ours, in which names may be isolated (see `isolated`)."""
    if OPEN not in text:
        return visible(text)
    parts = _ISOLATED.split(text)  # every second one was isolated
    return "".join(
        f"{OPEN}{visible(part)}{CLOSE}" if place % 2 else visible(part) for place, part in enumerate(parts)
    )


def isolated(text: str) -> str:
    """A name for a sentence: where letters of it are written from right to left they turn nothing around them."""
    plain = visible(text)
    return f"{OPEN}{plain}{CLOSE}" if _TURNING.search(plain) else plain


def cell(text: str) -> str:
    """A text for a file that spreadsheets open: no formula, no control character, line feeds alone as line ends.

    The file's reader sees an apostrophe before what a spreadsheet would run.
    """
    lines = visible(_RETURN.sub("\n", text))
    return f"'{lines}" if text.startswith(FORMULA) else lines


def cells(texts: pd.Series, numbers: bool = False) -> pd.Series:
    """The same of a column of text, missing ones stay; with `numbers` what reads as a number is none of a formula."""
    if isinstance(texts.dtype, pd.StringDtype) and not matching(texts, _MAY_BE).any():
        return texts
    lines = texts.str.replace("\r\n", "\n", regex=False).str.replace("\r", "\n", regex=False)
    lines = lines.str.replace(_HOSTILE, MARK, regex=True)
    live = texts.str.startswith(FORMULA, na=False)
    if numbers:
        live &= ~texts.str.fullmatch(_NUMBER, na=False)
    return lines.mask(live, "'" + lines)


def line(text: str) -> str:
    """A text for one line of a terminal."""
    return visible(" ".join(text.splitlines()) if "\n" in text or "\r" in text else text).replace("\t", " ")
