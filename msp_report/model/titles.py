"""Near-identical titles (rule 18): which tickets say the same. Pure.

Two titles are near-identical when rapidfuzz's token_set_ratio of their casefolded text is at least 90. The score
looks at the set of a title's words, and reaches 90 in two ways only:

- nearly all words of one title are among those of the other, so that the words they share have many letters
  ("Printer jam", "printer jam on floor 3");
- the words that differ are spelt nearly alike, so that both titles are made of nearly the same letters
  ("password reset please", "pasword reset please").

Both are quick to see by bits: 64 of its words and 128 of its letters are kept of each title, and whole blocks of pairs
are told apart by counting those that differ. The slow score is taken only of pairs that pass one of the two. The
newest `MOST` earlier tickets are compared. What is left out is counted, and some of the tickets without a match, drawn
by chance, are compared with all of it: so many more may have one.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.util import hash_array
from rapidfuzz import fuzz, process

from msp_report.model.beside import side_by_side
from msp_report.model.statistics import exact
from msp_report.model.texts import words

#: The score from which two titles are near-identical.
CUTOFF = 90
#: So many earlier tickets are compared with each group of new ones: those that began to stand last. Fewer where there
#: are so many new ones that this would be more pairs than `PAIRS`, but never fewer than `LEAST`.
MOST, LEAST, PAIRS = 12_000, 1_000, 1_200_000_000
#: So many of the tickets without a match are drawn by chance and compared with every earlier one where some were left
#: out; fewer where that would be more pairs than this.
DRAWN, DRAWN_PAIRS = 2_000, 500_000_000

#: Letters of a title that count: no help desk allows more, and a hostile one must not cost hours.
_LONGEST = 500
#: New tickets in one group, and earlier ones compared with it at a time, the newest first.
_GROUP, _PART = 500, 2_000
#: So many earlier ones, of nearly one length, at once: what is held of the pairs fits the processor's cache.
_BLOCK = 500
#: Of so many letters, the commonest, it is asked how often a text has them; so many texts are asked at a time.
_LETTERS, _ASKED = 48, 20_000
#: So many words, the commonest, have a bit of their own.
_OWN_BITS = 40
#: rapidfuzz takes no-break space and next line for blanks only where a text has letters beyond Latin-1.
_LATIN_WORD = re.compile(r"[^\t-\r\x1c-\x20]+")
_EVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Compared:
    """How far a search for near-identical titles looked.

    `titles`: how many earlier ones were compared with a new one, at most, the newest first; `left_out`: how many
    older ones were not, at most, because these were `MOST` already, or what `PAIRS` allows. Where some were, `drawn`
    tickets without a match were compared with all of them, and `matched` of these had one after all; `unsure` tickets
    have no match so far and were not drawn.
    """

    titles: int
    left_out: int
    drawn: int = 0
    matched: int = 0
    unsure: int = 0

    @property
    def coverage(self) -> float | None:
        """The share of the earlier titles that were compared, at least; None where that is all."""
        return self.titles / (self.titles + self.left_out) if self.unsure else None

    @property
    def more(self) -> int:
        """How many of the unsure have a match, at most: by the upper end of the exact 95 % interval of the drawn."""
        share = exact(self.matched, self.drawn).high
        return self.unsure if share is None else math.ceil(self.unsure * share)


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
    the earlier tickets that stand at some time between its first instant and its last; of more than 100,000 new ones
    each with fewer, so that a month costs no more than `PAIRS` pairs. Where some are left out by that, `DRAWN` tickets
    without a match are compared with all; which, chance says, the same each time.
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
    texts, label, n = Texts.of(pd.concat([earlier, titles])), pd.factorize(names)[0], len(earlier)
    code = texts.code
    match, compared = _searched(
        texts,
        _Told(code[n:], label[n:], _instants(at)),
        _Told(code[:n], label[:n], _instants(since)),
        _instants(until),
    )
    found = np.full(len(titles), None, dtype=object)
    found[match >= 0] = names[match[match >= 0]]
    return pd.Series(found, titles.index, dtype=object), compared


def matches(
    texts: Texts, at: pd.Series, since: pd.Series, until: pd.Series, settled: pd.Series | None = None
) -> tuple[pd.Series, Compared]:
    """The same among tickets whose titles are known already: `texts` of all of them, and each series by their places.

    `settled`: the tickets, in the order of `at`, of which it does not matter whether they have a match: none of them is
    drawn or unsure.
    Returns: the places of the earlier tickets, missing where there is none.
    """
    new, old = (series.index.to_numpy(np.int64) for series in (at, since))
    label, n = pd.factorize(np.concatenate([old, new]))[0], len(old)
    match, compared = _searched(
        texts,
        _Told(texts.code[new], label[n:], _instants(at)),
        _Told(texts.code[old], label[:n], _instants(since)),
        _instants(until),
        None if settled is None else settled.to_numpy(bool),
    )
    found = np.where(match >= 0, old[match] if len(old) else -1, np.nan)
    return pd.Series(found, at.index), compared


class _Told(NamedTuple):
    """Titles: each one's text, its ticket, and when it was said."""

    code: np.ndarray
    ticket: np.ndarray
    at: np.ndarray


def _searched(
    texts: Texts, new: _Told, old: _Told, ends: np.ndarray, settled: np.ndarray | None = None
) -> tuple[np.ndarray, Compared]:
    """For each new title the place of the old one that matches it and began last; -1 where there is none."""
    standing = np.flatnonzero((old.code >= 0) & (old.at < ends))
    standing = standing[np.argsort(old.at[standing], kind="stable")]
    old, ends = _Told(*(column[standing] for column in old)), ends[standing]
    asked = np.flatnonzero((new.code >= 0) & (new.at < _EVER))
    asked = asked[np.argsort(new.at[asked], kind="stable")]
    most = min(MOST, max(LEAST, PAIRS // max(1, len(asked))))
    match, titles, left_out = np.full(len(new.code), -1), 0, 0
    ended = np.sort(ends)

    def search(group: np.ndarray, newest: int | None = None) -> tuple[int, int]:
        """Look for matches of a group among those that stand then; how many were compared, and how many older not."""
        first, last = new.at[group[[0, -1]]]
        begun = np.searchsorted(old.at, last, "right")
        stand = int(begun - np.searchsorted(ended, first, "right"))  # what has ended had begun
        compared = _newest(ends[:begun], first, min(stand, newest or stand))
        for part in _groups(compared[::-1], _PART):
            group = group[match[group] < 0]
            i, j = texts.candidates(new.code[group], old.code[part])
            i, j = group[i], part[j]
            when = new.at[i]
            first = (old.at[j] < when) | (old.at[j] == when) & (old.ticket[j] < new.ticket[i])
            stands = first & (when < ends[j]) & (old.ticket[j] != new.ticket[i])
            i, j = i[stands], j[stands]
            near = texts.near(new.code[i], old.code[j])
            np.maximum.at(match, i[near], j[near])
        return len(compared), stand - len(compared)

    # groups have nothing to do with each other, and numpy counts in several threads
    for compared, older in side_by_side(lambda group: search(group, most), _groups(asked, _GROUP)):
        titles, left_out = max(titles, compared), max(left_out, older)
    looked = Compared(titles, left_out)
    alone = asked[match[asked] < 0] if settled is None else asked[(match[asked] < 0) & ~settled[asked]]
    if left_out and len(alone):
        number = min(len(alone), DRAWN, max(1, DRAWN_PAIRS // (titles + left_out)))
        drawn = np.sort(np.random.default_rng(len(asked)).choice(len(alone), number, replace=False))
        list(side_by_side(search, _groups(alone[drawn], _GROUP)))
        matched = int((match[alone[drawn]] >= 0).sum())
        looked = Compared(titles, left_out, number, matched, len(alone) - number)
    found = match >= 0
    match[found] = standing[match[found]]
    return match, looked


def _groups(rows: np.ndarray, size: int) -> list[np.ndarray]:
    return [rows[begin : begin + size] for begin in range(0, len(rows), size)]


def _newest(ends: np.ndarray, after: int, number: int) -> np.ndarray:
    """The places of the last `number` ends that lie after an instant, of which there are so many."""
    begin, found = len(ends), np.empty(0, np.int64)
    while len(found) < number:
        begin, end = max(0, begin - 4 * number), begin
        found = np.concatenate([begin + np.flatnonzero(ends[begin:end] > after), found])
    return found[len(found) - number :]


def _instants(times: pd.Series) -> np.ndarray:
    """Microseconds; a missing instant is the end of time."""
    instants = pd.DatetimeIndex(pd.to_datetime(pd.Series(times), utc=True)).as_unit("us")
    return np.where(instants.isna(), _EVER, instants.asi8)


@dataclass(frozen=True)
class Texts:
    """The different texts of titles, and `code`: the text of each title (-1 for none).

    A text is its title's words as rapidfuzz tells them apart, each once, in order, with a blank between two. Of each
    there is what tells quickly that two are not near-identical: its `length`; `letters` and `more_letters`, a bit for
    each of the 128 questions "has it this letter so many times?" that part the texts best; `words`, bits of which each
    word sets one, and `needed`, how many of them a text must share whose words are nearly all in another one.
    """

    code: np.ndarray
    texts: np.ndarray
    length: np.ndarray
    letters: np.ndarray
    more_letters: np.ndarray
    words: np.ndarray
    needed: np.ndarray

    @classmethod
    def of(cls, titles: pd.Series) -> Texts:
        """The texts of some titles, a missing or blank one has none."""
        raw, unique = pd.factorize(titles)
        named = np.array([*map(_text, np.asarray(unique, dtype=object)), None], dtype=object)
        code, texts = pd.factorize(named)
        length = np.fromiter(map(len, texts), np.int64, len(texts))
        return cls(code[raw], texts, length, *_letter_bits(texts), *_word_bits(texts))

    def candidates(self, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of places in two lists of texts, among them all that are near-identical."""
        # texts of nearly one length beside each other: they have nearly one bound
        a_order, b_order = (np.argsort(self.length[some], kind="stable") for some in (a, b))
        a = a[a_order]
        lengths = self.length[a]
        found = []
        for columns in _groups(b_order, _BLOCK):
            block = b[columns]
            least, most = self.length[block[[0, -1]]]
            rows = slice(*np.searchsorted(lengths, [-(-9 * least // 11), 11 * most // 9 + 1]))
            found += [(rows.start + i, columns[j]) for i, j in self._spelt_alike(a[rows], block, most)]
            found += [(i, columns[j]) for i, j in self._sharing_words(a, block)]
        if not found:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        i, j = (np.concatenate(places) for places in zip(*found, strict=True))
        both = np.unique(a_order[i] * len(b) + j)
        return np.divmod(both, max(1, len(b)))

    def _spelt_alike(
        self, a: np.ndarray, b: np.ndarray, most: int
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Spelt nearly alike: the letters that differ, wherever they stand, are no more than the slips that make one
        text of the other, and these are at most a tenth of both texts' letters."""
        if not len(a):
            return
        apart = np.bitwise_count(self.letters[a][:, None] ^ self.letters[b])
        bound = np.minimum((self.length[a] + most) // 10, 255).astype(np.uint8)
        i, j = _places(apart <= bound[:, None])
        one, two = a[i], b[j]
        more = np.bitwise_count(self.more_letters[one] ^ self.more_letters[two])
        near = 10 * (apart[i, j].astype(np.int64) + more) <= self.length[one] + self.length[two]
        yield i[near], j[near]

    def _sharing_words(self, a: np.ndarray, b: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Nearly all words of one among those of the other."""
        shared = np.bitwise_count(self.words[a][:, None] & self.words[b])
        i, j = _places((shared >= self.needed[a][:, None]) | (shared >= self.needed[b]))
        held = self._holds_letters(a[i], b[j]) | self._holds_letters(b[j], a[i])
        yield i[held], j[held]

    def _holds_letters(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Whether so many letters of each one are in the other as where nearly all of its words are."""
        lacking = np.bitwise_count(self.letters[a] & ~self.letters[b]).astype(np.int64)
        lacking += np.bitwise_count(self.more_letters[a] & ~self.more_letters[b])
        return 11 * lacking <= 2 * (self.length[a] + 1)

    def near(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Whether the two texts of each pair are near-identical."""
        found = a == b
        others = np.flatnonzero(~found)
        ones, twos = (list(self.texts[some[others]]) for some in (a, b))
        if ones:
            scores = process.cpdist(ones, twos, scorer=fuzz.token_set_ratio, score_cutoff=CUTOFF, workers=1)
            found[others] = scores > 0
        return found


def _places(flags: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of what is true, as np.nonzero, which is slow in two dimensions."""
    return np.divmod(np.flatnonzero(flags), flags.shape[1])


def _letter_bits(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two numbers a text, of 64 bits each: has it this letter so many times?

    Of two texts at most as many of these bits differ as there are letters that only one of them has.
    """
    if not len(texts):
        return np.empty(0, np.uint64), np.empty(0, np.uint64)
    some = _counts(texts[:: max(1, len(texts) // _ASKED)])
    known = sorted(some, key=lambda letter: -int(some[letter].sum()))[:_LETTERS]
    asked = []
    for letter in known:
        for times in range(1, 9):
            ratio = float((some[letter] >= times).mean())
            asked.append((-ratio * (1 - ratio), letter, times))
    asked = [(letter, times) for _, letter, times in sorted(asked)[:128]]
    bits = np.zeros((2, len(texts)), np.uint64)
    for begin in range(0, len(texts), _ASKED):
        here = slice(begin, begin + _ASKED)
        counts = _counts(texts[here])
        for place, (letter, times) in enumerate(asked):
            if letter in counts:
                has = (counts[letter] >= times).astype(np.uint64)
                bits[place % 2, here] |= has << np.uint64(place // 2)
    return bits[0], bits[1]


def _counts(texts: np.ndarray) -> dict[int, np.ndarray]:
    """How often each of some texts has each letter, by the letter's number."""
    lengths = np.array([*map(len, texts)], np.int64)
    letters = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    times = np.bincount(letters)
    known = np.flatnonzero(times)
    often = known[np.argsort(-times[known], kind="stable")][:_LETTERS]
    rank = np.full(len(times), len(often))
    rank[often] = np.arange(len(often))
    rows = np.repeat(np.arange(len(texts)), lengths) * (len(often) + 1)
    counts = np.bincount(rows + rank[letters], minlength=len(texts) * (len(often) + 1))
    counts = counts.reshape(len(texts), len(often) + 1)
    return {int(letter): counts[:, place] for place, letter in enumerate(often)}


def _word_bits(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One number of 64 bits a text: a bit for each of its words, the commonest words of all have one of their own. And
    how many of these a text must share if nearly all of its words are in another one.

    Of a text of n letters, each word counted with a blank, s are in the other too: the score 100 - 100 (n - s) /
    (n + s - 2) reaches 90 only where 11 s >= 9 n. So the words that are not have two elevenths of its letters at most.
    """
    some = texts[:: max(1, len(texts) // _ASKED)]
    common = Counter(itertools.chain.from_iterable(text.split(" ") for text in some)).most_common(_OWN_BITS)
    own = {word: place for place, (word, _) in enumerate(common)}
    bits, needed = np.zeros(len(texts), np.uint64), np.zeros(len(texts), np.uint8)
    for begin in range(0, len(texts), _ASKED):
        here = slice(begin, begin + _ASKED)
        bits[here], needed[here] = _words_of(texts[here], own)
    return bits, needed


def _words_of(texts: np.ndarray, own: Mapping[str, int]) -> tuple[np.ndarray, np.ndarray]:
    counts, word, known = words(texts)
    text, begins = np.repeat(np.arange(len(texts)), counts), np.cumsum(counts) - counts
    bit = np.fromiter(map(own.get, known, _spare_bits(known).tolist()), np.uint64, len(known))
    bits = np.bitwise_or.reduceat((np.uint64(1) << bit)[word], begins)
    size = np.fromiter(map(len, known), np.int64, len(known))[word] + 1
    lightest = size[np.lexsort((size, text))]
    summed = np.cumsum(lightest)
    before = np.repeat(summed[begins] - lightest[begins], counts)
    whole = np.add.reduceat(size, begins)
    away = np.add.reduceat(11 * (summed - before) <= 2 * whole[text], begins, dtype=np.int64)
    return bits, np.maximum(np.bitwise_count(bits).astype(np.int64) - away, 0).astype(np.uint8)


def _spare_bits(words: np.ndarray) -> np.ndarray:
    """Of each word one of the bits that rarer words share."""
    numbers = hash_array(words, categorize=False) % np.uint64(64 - _OWN_BITS)
    return np.uint64(_OWN_BITS) + numbers


def _text(title: object) -> str | None:
    """A title's words as rapidfuzz tells them apart, each once, in order; a broken letter is a question mark."""
    text = str(title)[:_LONGEST].casefold()
    if text.isascii():
        return " ".join(sorted(set(text.split()))) or None
    text = text.encode("utf-8", "replace").decode("utf-8")
    odd = ("\xa0" in text or "\x85" in text) and max(text) < "\u0100"
    return " ".join(sorted(set(_LATIN_WORD.findall(text) if odd else text.split()))) or None
