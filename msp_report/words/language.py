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
        """A message with its places filled; one without places is said as it stands."""
        said = self._catalogue.gettext(message) if message else ""
        return said.format(**places) if places else said

    def plural(self, one: str, many: str, number: float, /, **places: object) -> str:
        """The message for one or for many, as the language counts; the number itself is a place like any other.

        Languages count whole numbers: a fraction is counted as two is.
        """
        whole = int(number) if number == int(number) else 2
        return self._catalogue.ngettext(one, many, whole).format(**places)


@cache
def _catalogue(name: str) -> gettext.NullTranslations:
    return gettext.translation("msp_report", CATALOGUES, [name.replace("-", "_")], fallback=True)
