"""What is asked of a server for a month, and the secrets in an address: they come from the environment alone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from msp_report.model.errors import Refused

_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}")
_USER = re.compile(r"(?<=://)[^/@]*@")


class Failed(Refused):
    """A server could not be asked; the text says why and what to do, and has no secret in it."""


@dataclass(frozen=True)
class Asked:
    """One question for one month."""

    address: str
    """As sources.yaml has it, `${NAME}` not yet replaced."""
    query: str
    start: pd.Timestamp
    end: pd.Timestamp
    """The month's first instant and the next month's."""
    at: pd.Timestamp
    """When it is asked."""
    timezone: str
    """Zone of the times without an offset."""
    table: str = ""
    """The table that it is asked for."""
    params: Path | None = None
    """The folder of the client's params."""
    say: Callable[[str], None] = field(default=lambda text: None)


def filled(text: str, quoted: bool = True) -> str:
    """A text with the variables of the environment in it; in an address their values are quoted.

    Raises Failed, naming the variable, where the environment has none.
    """

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if not found:
            raise Failed(
                f"the environment has no {match[1]}: set it before the run, it is written in no file"
            )
        return quote(found, safe="") if quoted else found

    return _VARIABLE.sub(value, text)


def plain(address: str) -> str:
    """An address without user and password, as it may be shown.

    >>> plain("https://ann:${PASSWORD}@metrics.example/prom")
    'https://metrics.example/prom'
    """
    return _USER.sub("", address)


def without_secrets(text: str, *given: str) -> str:
    """What a server or a driver said, without the values of the variables that some texts name."""
    for name in {name for one in given for name in _VARIABLE.findall(one)}:
        value = os.environ.get(name)
        for shown in {value, quote(value, safe="")} if value else ():
            text = text.replace(shown, "…")
    return text
