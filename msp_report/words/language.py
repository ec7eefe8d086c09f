"""The language of a client's pages: English as it stands in the code, or what a catalogue says for it.

A message is English with named places. `language("{count} tickets were opened", count="12")` looks the message up and
fills the places; `language.plural(one, many, number, …)` chooses by the language's own plural forms. A language is a
gettext catalogue: `pybabel init -i msp_report/words/catalogues/msp_report.pot -d msp_report/words/catalogues
-D msp_report -l de`, translate, then `pybabel compile` with the same `-d` and `-D`.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal

from msp_report.model.hostile import isolated

CATALOGUES = Path(__file__).parent / "catalogues"
DOMAIN = "msp_report"
#: Every message in brackets, to see what was forgotten.
PSEUDO = "en-XA"


class Language:
    """Messages in one language; one that its catalogue lacks is said in English.

    `name` is a language tag, such as en, de or pt-BR; `numbers` the locale in which whole numbers in messages are
    written, from a thousand on in groups. Raises ValueError for a language that has no catalogue.
    """

    def __init__(self, name: str = "en", numbers: str = "en-GB") -> None:
        self.name = name
        self.numbers = numbers.replace("-", "_")
        self._catalogue = _catalogue(name)

    def __call__(self, message: str, /, **places: object) -> str:
        """A message with its places filled; without places its braces stay as they are."""
        text = self._catalogue.gettext(message) if message else ""  # gettext keeps its header under ""
        return text.format(**self._written(places)) if places else text

    def plural(self, one: str, many: str, number: float | Decimal, /, **places: object) -> str:
        """The message for one or for many, as the language counts; the number itself is a place like any other.

        Languages count whole numbers: a fraction is counted as two is.
        """
        whole = int(number) if number == int(number) else 2
        return self._catalogue.ngettext(one, many, whole).format(**self._written(places))

    def _written(self, places: Mapping[str, object]) -> dict[str, object]:
        """What fills the places of a message: names that do not turn the sentence around them, and grouped numbers."""
        return {name: self._place(value) for name, value in places.items()}

    def _place(self, value: object) -> object:
        if isinstance(value, str):
            return value if value.isascii() else isolated(value)
        if type(value) is int and abs(value) >= 1000:
            return format_decimal(value, locale=self.numbers)
        return value

    @cached_property
    def is_source(self) -> bool:
        """Whether it is the language that the code is written in, so that nothing has to be looked up."""
        return type(self._catalogue) is gettext.NullTranslations

    def locale(self, numbers: str) -> str:
        """The locale in which months and days are named beside numbers of another one: a page has one language.

        >>> Language().locale("en-GB"), Language().locale("de-AT")
        ('en-GB', 'en-AT')
        """
        own = self.name.split("-")[0]
        spoken, *territory = numbers.split("-")
        if own == spoken:
            return numbers
        there = "-".join([own, *territory[-1:]])
        try:
            Locale.parse(there.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            return own
        return there


@cache
def _catalogue(name: str) -> gettext.NullTranslations:
    if name == PSEUDO:
        from msp_report.words import pseudo  # reads the template, which no page in earnest needs

        return pseudo.Pseudo()
    if name.split("-")[0] == "en":
        return gettext.NullTranslations()
    try:
        return gettext.translation(DOMAIN, CATALOGUES, [name.replace("-", "_")])
    except FileNotFoundError:
        raise ValueError(
            f"client.language: there is no catalogue of {name!r} in {CATALOGUES}: use en, or make one"
        ) from None


def message(text: str) -> str:
    """A message that is said later, by what holds it: marks it for the catalogue, and is the text itself."""
    return text


#: What the code is written in.
ENGLISH = Language()
