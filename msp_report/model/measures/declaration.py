"""What is declared of a measure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Measure:
    """A measure, declared once: figures take their unit, direction and rule from here, pages their words.

    `name` is what follows the report's noun in figures.json. `title` is what it is called over all subjects, `of`
    what it is called of one, with `{}` where the subject goes; left out, the title and the subject. `unit` is ratio,
    min, hours, days, count, cost, score, index or empty; `better` says which way is good, left out where neither is.
    `rule` is where docs/rules.md or the params say how it is computed. `meaning` is one sentence; `no_data` says
    when there is no value. `promise`: its target stands in contract.yaml, so it is the provider's promise with or
    without a clause (rule 49); everything else that is judged is our own rule. `rows`: what it counts, where it is a
    plain count, a share of one or an outage's time, so that a verdict on it hangs on a number of rows (rule 36).
    `shown`: the caption of the table on its page in which its evidence stands, as the notebook has it.
    """

    name: str
    title: str
    of: str = ""
    unit: str = ""
    better: Literal["higher", "lower"] | None = None
    rule: str | None = None
    meaning: str = ""
    no_data: str = ""
    promise: bool = False
    rows: str = ""
    shown: str = ""

    def called(self, subject: str = "", language: Callable[[str], str] = str) -> str:
        """The measure in words, of one subject or over all; `language` says title and `of` in another one."""
        if not subject:
            return language(self.title)
        named = language(self.of) if self.of else f"{language(self.title)}: {{}}"
        return named.replace("{}", subject)
