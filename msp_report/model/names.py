"""When two names mean the same, and who is the provider: asked here and nowhere else (rule 44).

One normal form: Unicode's NFKC, without invisible characters, with one kind of hyphen and apostrophe, letters of
another script that look Latin in a word that is otherwise Latin taken for Latin, without case, and with one blank
for each run of white space. Devices are the same with and without their domain where only one domain has that
label; vendors are the same with and without their legal form. Ids (of tickets, projects, documents) are names too,
but one that is spelled exactly so goes before one that is the same in this form, for some tools tell ids apart by
case alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz.distance import OSA

from msp_report.model.tables import TABLES
from msp_report.model.texts import among, as_texts, lowered, matching

#: What an export may call the provider without naming it.
PROVIDER_WORDS = ("provider", "the provider")


#: What stands in a cell that somebody did not fill, in normal form: silence, and no statement (rule 47).
SILENT = frozenset(
    ("", "-", "--", "---", ".", "?", "n/a", "n.a.", "na", "#n/a", "null", "nil", "not applicable")
)
#: What says that there is none: a statement, and nobody's name.
NONE = frozenset((
    "none", "no", "false", "nobody", "no one", "no-one", "nothing", "not approved", "unapproved", "not acknowledged",
    "keine", "keiner", "niemand", "nein", "nicht genehmigt", "aucun", "non", "ninguno", "nadie", "nessuno", "geen",
))  # fmt: skip
#: What names nobody and nothing: either of these, what is yet to come, and a bare yes.
NOTHING = SILENT | NONE | frozenset((
    "none yet", "not yet", "not yet approved", "pending", "approval pending", "awaiting approval", "open", "tbd", "tba",
    "tbc", "waiting for approval", "to be decided", "to be confirmed", "unknown", "not known", "not stated", "yes",
    "not assigned", "unassigned", "offen", "ausstehend", "true",
))  # fmt: skip

#: What a log may tell of: the columns of tickets, and what was said.
_LOGGED = (*TABLES["tickets"].names, "comment")

#: Letters of other scripts that look Latin, from Unicode's confusables.txt (UTS 39, https://www.unicode.org/reports/tr39/):
#: Cyrillic and Greek, capitals as well as small ones.
_LOOK_LATIN = str.maketrans(
    "асԁеһіјӏорԛѕуѵԝхАВСЕНІЈКМОРԚЅТУԜХΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγινορυ",
    "acdehijlopqsyvwxABCEHIJKMOPQSTYWXABEZHIKMNOPTYXayivopu",
)
_SAME_MARKS = str.maketrans(dict.fromkeys("‐‑‒–—―−﹘﹣", "-") | dict.fromkeys("‘’ʼ´`", "'"))
#: What is not seen and is no format character: joiners, fillers and variation selectors.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(c) for c in range(0xFE00, 0xFE10)
}


def _form(name: str) -> str:
    """The normal form of one name."""
    if name.isascii():
        return " ".join(_seen(name).split()).casefold()
    plain = unicodedata.normalize("NFKC", _seen(name).translate(_SAME_MARKS)).translate(_SAME_MARKS)
    folded = " ".join(map(_latin, _seen(plain).split())).casefold()
    return unicodedata.normalize("NFKC", folded)


def _seen(name: str) -> str:
    """A name without its invisible characters; controls that part words stay."""
    if name.isprintable() and name.isascii():
        return name
    return "".join(
        c for c in name if c.isspace() or not (unicodedata.category(c) in ("Cf", "Cc") or c in _UNSEEN)
    )


def _latin(word: str) -> str:
    """A word in Latin letters, if it has some and all others look Latin; else as it is."""
    found = word.translate(_LOOK_LATIN)
    letters = [c for c in found if c.isalpha()]
    mixed = any(c.isascii() and c.isalpha() for c in word) and found != word
    return found if mixed and all("LATIN" in unicodedata.name(c, "") for c in letters) else word


def _over_unique(names: pd.Series, form: Callable[[str], str]) -> pd.Series:
    """A function of each different text; missing stays missing."""
    codes, found = pd.factorize(as_texts(names))
    return _written(names, codes, map(form, found))


def _written(names: pd.Series, codes: np.ndarray, forms: Iterable[str]) -> pd.Series:
    """Names of whose different texts others are written; missing, whose code is -1, stays missing."""
    return pd.Series(pd.array([*forms, None], dtype="str")[codes], index=names.index, name=names.name)


#: A name that its normal form changes in nothing but its capitals.
_PLAIN = r"^[\x21-\x7e]+( [\x21-\x7e]+)*$"


def _forms(names: pd.Index) -> Sequence[str]:
    """The normal form of many different names: of plain ones at once."""
    plain = matching(names, _PLAIN)
    quick = iter(lowered(names[plain]))
    return [next(quick) if is_plain else _form(name) for is_plain, name in zip(plain, names, strict=True)]


def normal(names: pd.Series) -> pd.Series:
    """The form in which names are compared, as the module says; missing stays missing.

    >>> list(normal(pd.Series(["  E-Mail ", "e\\u2011ma\\u200bil", "\\u0435-mail"])))
    ['e-mail', 'e-mail', 'e-mail']
    """
    codes, found = pd.factorize(as_texts(names))
    return _written(names, codes, _forms(found))


def normal_name(name: object) -> str:
    """The same of one name; a missing one is empty."""
    return "" if name is None or pd.isna(name) else _form(str(name))


def says_nothing(texts: pd.Series) -> pd.Series:
    """Whether each text names nothing: it is missing, empty, or one of NOTHING [bool]."""
    return (texts.isna() | normal(texts).isin(NOTHING)).astype(bool)


def is_silent(texts: pd.Series) -> pd.Series:
    """Whether each text says nothing at all, not even that there is nobody: missing, empty, or one of SILENT [bool]."""
    return (texts.isna() | normal(texts).isin(SILENT)).astype(bool)


def people(names: pd.Series) -> pd.Series:
    """Everybody whom texts name, several with `;`, one row each under the row's index; nobody is an empty one.

    >>> list(people(pd.Series(["Ann; Bob", None])))
    ['Ann', 'Bob', '']
    """
    return names.astype("str").fillna("").str.split(";").explode().str.strip()


def device_form(names: pd.Series) -> pd.Series:
    """The form in which devices are compared: normal, and without their domain where all that share the first label
    share the domain or have none; missing stays missing.

    >>> list(device_form(pd.Series(["PC-1", "pc-1.acme.example", "ns.a.example", "ns.b.example", "10.0.0.1"])))
    ['pc-1', 'pc-1', 'ns.a.example', 'ns.b.example', '10.0.0.1']
    """
    form = normal(names)
    label = form.str.replace(r"\..*$", "", regex=True)
    qualified = form.ne(label).to_numpy(bool) & form.notna().to_numpy(bool)
    domains = form[qualified].groupby(label[qualified].array).nunique()
    several = label.map(domains).fillna(0).gt(1)
    return label.mask(
        several | label.eq("") | form.str.fullmatch(r"[\d.:]+").fillna(False).astype(bool), form
    )


def device_label(names: pd.Series) -> pd.Series:
    """Devices in normal form without their domain (up to the first dot) and folder (after the last slash)."""
    return _over_unique(normal(names), _label)


def _label(device: str) -> str:
    return re.sub(r"\..*$", "", re.sub(r"^.*[\\/]", "", device))


def spelled(
    names: pd.Series, known: Iterable[str], form: Callable[[pd.Series], pd.Series] = normal
) -> pd.Series:
    """Each name as `known` spells it, where one of these is the same in a `form`.

    A name that stands so among the known is itself, and so is one that several of them may be. Strangers that are the
    same are spelled as the first of them. Missing stays missing.

    >>> list(spelled(pd.Series(["Mail", "mail", "ERP ", "erp"]), ["mail"]))
    ['mail', 'mail', 'ERP ', 'ERP ']
    """
    listed = known.unique() if isinstance(known, pd.Series) else list(dict.fromkeys(known))
    ours = pd.Series(listed, dtype="str")
    if (among(names, ours) | names.isna()).all():
        return names
    codes, found = pd.factorize(as_texts(names))
    asked = pd.Series(found, dtype="str")
    exact = among(asked, ours)
    keys = form(pd.concat([ours, asked], ignore_index=True))
    mine, theirs = keys[: len(ours)], keys[len(ours) :].set_axis(asked.index)
    only = ours[~mine.duplicated(keep=False)].set_axis(mine[~mine.duplicated(keep=False)])
    first = asked[~exact].groupby(theirs[~exact]).transform("first")
    strange = pd.Series(~among(theirs, mine), index=theirs.index)
    told = theirs.map(only).fillna(first.where(strange))
    return _written(names, codes, asked.where(exact, told.fillna(asked)))


def logged_fields(names: pd.Series) -> pd.Series:
    """The fields of a log as the table of tickets calls them, `comment` among them: `Resolved at` is resolved_at."""
    return spelled(names, _LOGGED, _field_form)


def _field_form(names: pd.Series) -> pd.Series:
    return normal(names).str.replace(r"[\s-]+", "_", regex=True)


def nearest(names: Iterable[str], known: Iterable[str]) -> list[str | None]:
    """The known name that each name is nearest to by letters; None where nothing is known."""
    ours = {normal_name(one): one for one in known}
    if not ours:
        return [None for _ in names]
    return [ours[min(ours, key=lambda key: (OSA.distance(key, one), key))] for one in map(normal_name, names)]


def may_mean(strange: str, name: str, *, silent: bool, devices: bool = False) -> bool:
    """Whether a strange name may mean a known one (rule 44).

    It does at two edits at most (a letter more, less, another, or two swapped), unless the numbers in both
    differ: db-01 and db-02 are two machines. Of a name that is `silent`, without rows of its own, it may also
    be where the words of one hold all words of the other; of one that has rows the edits must be fewer than a
    third of its letters. `devices` are compared without their domains and folders.
    """
    one, other = (_label(each) if devices else each for each in (normal_name(strange), normal_name(name)))
    if _numbers(one) == _numbers(other):
        edits = OSA.distance(one, other, score_cutoff=2)
        longest = max(len(one), len(other))
        if edits <= 2 and (edits < longest if silent else 3 * edits < longest):
            return True
    words = [{word for word in re.split(r"[\W_]+", each) if word} for each in (one, other)]
    return silent and all(words) and (words[0] <= words[1] or words[1] <= words[0])


def _numbers(name: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"[0-9]+", name)]


def mistaken(
    strange: Iterable[str], silent: Iterable[str], speaking: Iterable[str] = (), *, devices: bool = False
) -> dict[str, tuple[str, ...]]:
    """By known name, the strange ones that may mean it; names that none may mean are left out.

    Parameters: `strange` the names that the data have and nobody agreed; `silent` known names without rows of their
    own, `speaking` those with; `devices` as for `may_mean`.

    >>> mistaken(["Mial", "intranet"], ["mail"], ["web"])
    {'mail': ('Mial',)}
    """
    asked = sorted(set(strange))
    found = {
        name: tuple(one for one in asked if may_mean(one, name, silent=quiet, devices=devices))
        for names, quiet in ((silent, True), (speaking, False))
        for name in names
    }
    return {name: those for name, those in found.items() if those}


def unsure_whose(strange: Iterable[str]) -> str | None:
    """Why a verdict is open: strange names that may mean its subject, three of them at most; None without any."""
    names = list(strange)[:3]
    return f"it may be what the data call {' or '.join(names)}" if names else None


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
    return _over_unique(names, _of_vendor)


def _of_vendor(name: str) -> str:
    return re.sub(_LEGAL_FORM, "", re.sub(r"[.,]", "", _form(name)).strip())


def _provider_names(contract: Any) -> frozenset[str]:
    """What the provider may be called, in normal form: its name, its aliases, and the word itself."""
    given = (contract.provider.name, *contract.provider.aliases, *PROVIDER_WORDS)
    return frozenset(map(normal_name, given))


def is_provider(names: pd.Series, contract: Any) -> pd.Series:
    """Whether each name is the provider's, with or without its legal form [bool]; a missing name is nobody's."""
    return vendor_form(names).isin(list(map(_of_vendor, _provider_names(contract))))


def may_approve(names: pd.Series, contract: Any, approvers: Iterable[str] = ()) -> pd.Series:
    """Whether each is the name of somebody who may approve [bool]: not the provider, and, where approvers are named,
    one of them. Whether it is their own proposal or order is asked by whoever knows whose that is."""
    may = ~says_nothing(names) & ~is_provider(names, contract)
    named = list(map(normal_name, approvers))
    return may & normal(names).isin(named) if named else may
