"""A language that is none: every message of the catalogue in brackets, so that what was forgotten stands out."""

from __future__ import annotations

import gettext
import re

from babel.messages import pofile

from msp_report.words.language import CATALOGUES, DOMAIN

_PLACE = re.compile(r"(\{\w*\})")


class Pseudo(gettext.NullTranslations):
    """Brackets around the words of every message that the template knows; what fills its places stays outside."""

    def __init__(self) -> None:
        super().__init__()
        with (CATALOGUES / f"{DOMAIN}.pot").open("rb") as file:
            messages = [message for message in pofile.read_po(file) if message.id]
        ids = [message.id if isinstance(message.id, tuple) else (message.id,) for message in messages]
        self._known = {text: bracketed(text) for texts in ids for text in texts}

    def gettext(self, message: str) -> str:
        """The message in brackets, or as it is where it was never extracted."""
        return self._known.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The form for one or for many, in brackets."""
        return self.gettext(msgid1 if n == 1 else msgid2)


def bracketed(message: str) -> str:
    """A message with its words in brackets, and its places as they are.

    >>> bracketed("{count} tickets were opened")
    '{count}⟦ tickets were opened⟧'
    """
    parts = _PLACE.split(message)
    return "".join(part if place % 2 or not part.strip() else f"⟦{part}⟧" for place, part in enumerate(parts))
