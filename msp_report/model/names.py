"""When two names mean the same, and who is the provider: asked here and nowhere else."""

from __future__ import annotations

from typing import Any

import pandas as pd

#: What an export may call the provider without naming it.
PROVIDER_WORDS = ("provider", "the provider")


#: What somebody writes who has nothing to name.
NOTHING = ("", "none", "no", "-")


def normal(names: pd.Series) -> pd.Series:
    """The form in which names are compared: without case, outer blanks and runs of blanks; missing stays missing."""
    return names.astype("str").str.replace(r"\s+", " ", regex=True).str.strip().str.casefold()


def normal_name(name: object) -> str:
    """The same of one name; a missing one is empty."""
    return "" if name is None or pd.isna(name) else " ".join(str(name).split()).casefold()


def says_nothing(texts: pd.Series) -> pd.Series:
    """Whether each text names nothing: it is missing, empty, or one of NOTHING [bool]."""
    return (texts.isna() | normal(texts).isin(NOTHING)).astype(bool)


#: Legal forms at the end of a company's name, without their dots.
_LEGAL_FORM = (
    r"(?:\s+(?:&\s*|and\s+)?(?:ltd|limited|plc|llp|llc|inc|incorporated|corp|corporation|co|company|gmbh|mbh|ag|kg|"
    r"ug|ohg|ek|se|sa|sas|sarl|srl|spa|bv|nv|ab|as|aps|oy|oyj|pty|pte|sro|kft|doo))+$"
)


def vendor_form(names: pd.Series) -> pd.Series:
    """The form in which vendors are compared: normal, without dots and commas and the legal form (rule 44).

    >>> list(vendor_form(pd.Series(["Acme Ltd.", "ACME", "Zeta GmbH & Co. KG", "Ltd"])))
    ['acme', 'acme', 'zeta', 'ltd']
    """
    plain = normal(names).str.replace(r"[.,]", "", regex=True).str.strip()
    return plain.str.replace(_LEGAL_FORM, "", regex=True)


def provider_names(contract: Any) -> frozenset[str]:
    """What the provider may be called, in normal form: its name, its aliases, and the word itself."""
    given = (contract.provider.name, *contract.provider.aliases, *PROVIDER_WORDS)
    return frozenset(map(normal_name, given))


def is_provider(names: pd.Series, contract: Any) -> pd.Series:
    """Whether each name is the provider's, with or without its legal form [bool]; a missing name is nobody's."""
    known = pd.Series(sorted(provider_names(contract)), dtype="str")
    return vendor_form(names).isin(vendor_form(known))
