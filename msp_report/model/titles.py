"""Near-identical titles (rule 18): which tickets say the same. Pure.

Two titles are near-identical when rapidfuzz's token_set_ratio of their casefolded text is at least 90. The score
looks at the set of a title's words, and reaches 90 in two ways only:

- nearly all words of one title are among those of the other, so that the words they share have many letters
  ("Printer jam", "printer jam on floor 3");
- the words that differ are spelt nearly alike, so that both titles are made of nearly the same letters
  ("password reset please", "pasword reset please").

Both are quick to see, so the slow score is taken only of pairs that pass one of the two. The newest `MOST` earlier
tickets are compared and no others; what is left out is counted.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process
from scipy import sparse

#: The score from which two titles are near-identical.
CUTOFF = 90
#: So many earlier tickets are compared with each group of new ones: those that began to stand last.
MOST = 12_000

#: Letters of a title that count: no help desk allows more, and a hostile one must not cost hours.
_LONGEST = 500
#: New tickets in one group, and earlier ones compared with it at a time, the newest first.
_GROUP, _PART = 500, 2_000
#: rapidfuzz takes no-break space and next line for blanks only where a text has letters beyond Latin-1.
_LATIN_WORD = re.compile(r"[^\t-\r\x1c-\x20]+")
_EVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Compared:
    """How far a search for near-identical titles looked.

    `titles`: how many earlier ones were compared with a new one, at most, the newest first; `left_out`: how many
    older ones were not, at most, because these were `MOST` already.
    """

    titles: int
    left_out: int

    @property
    def coverage(self) -> float | None:
        """The share of the earlier titles that were compared, at least; None where that is all."""
        return self.titles / (self.titles + self.left_out) if self.left_out else None


def earlier_match(
    titles: pd.Series, at: pd.Series, earlier: pd.Series, since: pd.Series, until: pd.Series
) -> tuple[pd.Series, Compared]:
    """For each ticket, the latest earlier one with a near-identical title that stands at its instant.

    Parameters: `titles` and their instants `at`, indexed by ticket; `earlier` titles, each standing from `since`
    up to, not including, `until`, indexed by ticket too (one may stand several times; without `since` it never
    does, without `until` for ever). Duplicates: `at` and `since` are when tickets were opened, `until` when
    they were solved. Repeats: `since` is a solve, `until` so many days later. Columns belong together by position,
    not by index.
    Returns: one value per row of `titles`, the label of the earlier ticket that began to stand last (of several
    at one instant, the last in `earlier`), None where there is none; and how far the search looked.
    Raises: ValueError when the columns differ in length.
    Edge cases decided: a ticket never matches itself; of two that begin at one instant the one that comes first in
    `earlier` is the earlier; a missing or blank title is like no other; the first 500 letters of a title count.
    New tickets are taken in groups of 500 in order of time, and each group is compared with the newest `MOST` of
    the earlier tickets that stand at some time between its first instant and its last.
    Source: rule 18.

    >>> opened = pd.Series(pd.to_datetime(["2026-10-01 08:00Z", "2026-10-01 09:00Z"]), index=["A", "B"])
    >>> said = pd.Series(["Printer jam", "printer JAM again"], index=["A", "B"])
    >>> match, compared = earlier_match(said, opened, said, opened, opened + pd.Timedelta(hours=4))
    >>> match.to_dict(), compared
    ({'A': None, 'B': 'A'}, Compared(titles=2, left_out=0))
    """
    if len(titles) != len(at) or not len(earlier) == len(since) == len(until):
        raise ValueError("titles and at, and earlier, since and until, must be of one length each")
    names = np.concatenate([earlier.index.to_numpy(object), titles.index.to_numpy(object)])
    texts = _Texts.of(pd.concat([earlier.astype(object), titles.astype(object)]))
    label, code, n = pd.factorize(names)[0], texts.code, len(earlier)
    begins, ends = _instants(since), _instants(until)
    standing = np.flatnonzero((code[:n] >= 0) & (begins < ends))
    standing = standing[np.argsort(begins[standing], kind="stable")]
    begins, ends, old, old_label = begins[standing], ends[standing], code[standing], label[standing]
    when, new, new_label = _instants(at), code[n:], label[n:]
    asked = np.flatnonzero((new >= 0) & (when < _EVER))
    asked = asked[np.argsort(when[asked], kind="stable")]

    match, compared, left_out = np.full(len(titles), -1), 0, 0
    for group in _groups(asked, _GROUP):
        begun = np.searchsorted(begins, when[group[-1]], "right")
        rows = np.flatnonzero(ends[:begun] > when[group[0]])
        left_out = max(left_out, len(rows) - MOST)
        rows = rows[-MOST:]
        compared = max(compared, len(rows))
        for part in _groups(rows[::-1], _PART):
            group = group[match[group] < 0]
            i, j = texts.candidates(new[group], old[part])
            i, j = group[i], part[j]
            first = (begins[j] < when[i]) | (begins[j] == when[i]) & (old_label[j] < new_label[i])
            stands = first & (when[i] < ends[j]) & (old_label[j] != new_label[i])
            i, j = i[stands], j[stands]
            near = texts.near(new[i], old[j])
            np.maximum.at(match, i[near], j[near])
    found = np.full(len(titles), None, dtype=object)
    found[match >= 0] = names[standing[match[match >= 0]]]
    return pd.Series(found, titles.index, dtype=object), Compared(compared, left_out)


def _groups(rows: np.ndarray, size: int) -> Iterator[np.ndarray]:
    for begin in range(0, len(rows), size):
        yield rows[begin : begin + size]


def _instants(times: pd.Series) -> np.ndarray:
    """Microseconds; a missing instant is the end of time."""
    instants = pd.DatetimeIndex(pd.to_datetime(pd.Series(times), utc=True)).as_unit("us")
    return np.where(instants.isna(), _EVER, instants.asi8)


@dataclass(frozen=True)
class _Texts:
    """The different texts of titles, and `code`: the text of each title (-1 for none).

    A text is its title's words as rapidfuzz tells them apart, each once, in order, with a blank between two.
    `letters`: its letters in order. `held`: which words it has, one row a text and one column a word; `weighed`: the
    same with the letters of each word and one blank; `size`: the sum of these.
    """

    code: np.ndarray
    texts: np.ndarray
    letters: np.ndarray
    held: sparse.csr_array
    weighed: sparse.csr_array
    size: np.ndarray

    @classmethod
    def of(cls, titles: pd.Series) -> _Texts:
        raw, unique = pd.factorize(titles.where(titles.notna(), None).to_numpy(object))
        named = np.array([*(_text(title) for title in unique), None], dtype=object)
        code, texts = pd.factorize(named[raw])
        words = [text.split(" ") for text in texts]
        row = np.repeat(np.arange(len(texts)), np.array([len(some) for some in words], dtype=np.int64))
        word, known = pd.factorize(np.array(list(itertools.chain.from_iterable(words)), dtype=object))
        held = sparse.csr_array((np.ones(len(word), np.int32), (row, word)), (len(texts), len(known)))
        weighed = held.multiply(np.array([[len(name) + 1 for name in known]], np.int32)).tocsr()
        letters = np.array(["".join(sorted(text)) for text in texts], dtype=object)
        return cls(code, np.asarray(texts, dtype=object), letters, held, weighed, weighed.sum(axis=1))

    def candidates(self, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of places in two lists of texts, among them all that are near-identical."""
        # Spelt nearly alike: a slip changes one letter wherever its word stands, so the letters in order score as
        # much as the words or more.
        alike = process.cdist(
            self.letters[a],
            self.letters[b],
            scorer=fuzz.ratio,
            score_cutoff=CUTOFF - 1,
            dtype=np.uint8,
            workers=1,
        )
        # Nearly all words shared: of a text of n letters, each word counted with a blank, s are in the other too. The
        # score 100 - 100 (n - s) / (n + s - 2) reaches 90 only where 11 s >= 9 n.
        shared = (self.weighed[a] @ self.held[b].T).toarray()
        shorter = np.minimum(self.size[a][:, None], self.size[b])
        return np.nonzero((alike > 0) | (11 * shared >= 9 * shorter))

    def near(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Whether the two texts of each pair are near-identical."""
        if not len(a):
            return np.empty(0, bool)
        ones, twos = list(self.texts[a]), list(self.texts[b])
        return process.cpdist(ones, twos, scorer=fuzz.token_set_ratio, score_cutoff=CUTOFF, workers=1) > 0


def _text(title: object) -> str | None:
    """A title's words as rapidfuzz tells them apart, each once, in order."""
    text = str(title)[:_LONGEST].casefold()
    odd = not text.isascii() and ("\xa0" in text or "\x85" in text) and max(text) < "\u0100"
    return " ".join(sorted(set(_LATIN_WORD.findall(text) if odd else text.split()))) or None
