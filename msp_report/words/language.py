"""The language of a client's pages: English as it stands in the code, or what a catalogue says for it.

A message is a whole English sentence with named places. `language("{count} tickets were opened", count="12")` looks the
message up and fills the places; `language.plural(one, many, number, …)` chooses by the language's own plural forms.
"""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path

CATALOGUES = Path(__file__).parent / "catalogues"


class Language:
    """Messages in one language; one that its catalogue lacks is said in English."""

    def __init__(self, name: str = "en") -> None:
        self.name = name
        self._catalogue = _catalogue(name)

    def __call__(self, message: str, /, **places: object) -> str:
        """A message with its places filled."""
        return self._catalogue.gettext(message).format(**places) if message else ""

    def plural(self, one: str, many: str, number: int, /, **places: object) -> str:
        """The message for one or for many, as the language counts; the number itself is a place like any other."""
        return self._catalogue.ngettext(one, many, number).format(**places)


@cache
def _catalogue(name: str) -> gettext.NullTranslations:
    return gettext.translation("msp_report", CATALOGUES, [name.replace("-", "_")], fallback=True)
