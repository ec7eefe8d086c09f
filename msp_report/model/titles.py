"""Near-identical titles (rule 18): which tickets say the same, at the scale of a month's help desk. Pure.

Two titles are near-identical when rapidfuzz's token_set_ratio of their casefolded text is at least 90. It looks at
the set of a title's words alone (its text, below: those words in order), and reaches 90 in two ways only:

- contained: one text holds the other's words, but for some that make up at most 1/5.5 of the other's letters;
- slips: the letters to be put in and taken out to turn one text into the other are at most a tenth of both's.

Comparing all pairs of 100,000 tickets takes hours. So the latest tickets are compared first, because most tickets
that have a match have one among these; and pairs that are neither contained nor slips are left out by signs that
are cheap to see, which no near-identical pair lacks (a test holds the result against comparing everything):

- a contained text shares one of its own rarest words, as many as make up more than may be missing. Where even
  these are common, the words are bits instead, and the missing ones are counted;
- a slip changes one letter, so letter counts differ by no more than the slips. Counts are bits too ("at least
  three e"); pairs of letters side by side, of which a slip changes three, sort out what letters alone do not.

rapidfuzz has the last word on every pair that is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process
from scipy import sparse

#: The score from which two titles are near-identical.
CUTOFF = 90

#: Letters of a title that count: no help desk allows more, and a hostile one must not cost hours.
_LONGEST = 500
#: How many of the latest tickets are searched, for how many tickets at a time; None is all of them.
_REACHES = ((1_000, 250), (12_000, 3_000), (None, 8_000))
#: Pairs of texts compared by bits at once, pairs looked up by words at once, and pairs handed on together.
_TILE, _BLOCK, _BATCH = 1 << 16, 8_000_000, 500_000
#: A text whose rarest words are found in this share of all titles is compared with all, by bits.
_COMMON = 1 / 32
#: Letters told apart, the most frequent ones; all others share some lots. Pairs of letters share lots too.
_LETTERS, _LOTS, _PAIRS = 48, 16, 512
#: Texts of one band of lengths share their bits; a band's longest is so many times as long as its shortest.
_BAND = 1.25
#: So many rows of 64 bits at most.
_ROWS = 12
#: For so many words a text there is one row of 64 bits.
_WORDS_SEEN = 8

#: rapidfuzz takes no-break space and next line for blanks only where a text has letters beyond Latin-1.
_LATIN_WORD = re.compile(r"[^\t-\r\x1c-\x20]+")


def near_identical(titles: Iterable[str | None], earlier: Iterable[str | None] | None = None) -> pd.DataFrame:
    """All pairs of near-identical titles.

    Parameters: `titles`, and `earlier` ones to compare them with (else with each other); a Series keeps its
    index as labels, anything else is labelled 0, 1, 2 and so on. A missing or blank title is like no other;
    the first 500 letters count.
    Returns: one row per pair, `left` (label of a title), `right` (label of the earlier one; without `earlier`
    each pair once, `right` being the one that comes first) and `score` (90 to 100), in the order of the titles.
    A template used n times makes n²/2 pairs: for tickets in time ask `earlier_match`.
    Source: rule 18.

    >>> near_identical(["Printer jam", "VPN down", "printer JAM again"])[["left", "right"]].values.tolist()
    [[2, 0]]
    """
    asked = pd.Series(titles, dtype=object)
    others = asked if earlier is None else pd.Series(earlier, dtype=object)
    texts = _Texts.of(asked if earlier is None else pd.concat([asked, others]))
    left, right = texts.code[: len(asked)], texts.code[len(texts.code) - len(others) :]
    ones, twos = np.unique(left[left >= 0]), np.unique(right[right >= 0])
    found = [pd.DataFrame({"one": ones[:0], "two": twos[:0], "score": np.empty(0)})]
    for i, j in texts.candidates(ones, twos):
        block = pd.DataFrame({"one": ones[i], "two": twos[j], "score": texts.scores(ones[i], twos[j])})
        found.append(block[block["score"] >= CUTOFF])
    pairs = (
        pd.concat(found)
        .drop_duplicates(["one", "two"])
        .merge(pd.DataFrame({"one": left, "left": np.arange(len(left))}), on="one")
        .merge(pd.DataFrame({"two": right, "right": np.arange(len(right))}), on="two")
    )
    if earlier is None:
        pairs = pairs[pairs["right"] < pairs["left"]]
    pairs = pairs.sort_values(["left", "right"], ignore_index=True)[["left", "right", "score"]]
    return pairs.assign(left=asked.index.take(pairs["left"]), right=others.index.take(pairs["right"]))


def earlier_match(
    titles: pd.Series, at: pd.Series, earlier: pd.Series, since: pd.Series, until: pd.Series
) -> pd.Series:
    """For each ticket, the latest earlier one with a near-identical title that stands at its instant.

    Parameters: `titles` and their instants `at`, indexed by ticket; `earlier` titles, each standing from `since`
    up to, not including, `until`, indexed by ticket too (one may stand several times; without `since` it never
    does, without `until` for ever). Duplicates: `at` and `since` are when tickets were opened, `until` when
    they were solved. Repeats: `since` is a solve, `until` so many days later. A ticket never matches itself; of
    two that begin at one instant the one that comes first in `earlier` is the earlier. Columns belong together
    by position, not by index.
    Returns: one value per row of `titles`, the label of the earlier ticket that began to stand last (of several
    at one instant, the last in `earlier`); None where there is none.
    Raises: ValueError when the columns differ in length.
    Source: rule 18.
    """
    if len(titles) != len(at) or not len(earlier) == len(since) == len(until):
        raise ValueError("titles and at, and earlier, since and until, must be of one length each")
    texts = _Texts.of(pd.concat([titles.astype(object), earlier.astype(object)]))
    names = np.concatenate([earlier.index.to_numpy(object), titles.index.to_numpy(object)])
    label = pd.factorize(names)[0]
    asked = _Asked(texts.code[: len(titles)], label[len(earlier) :], _instants(at))
    standing = _Standing(texts.code[len(titles) :], label[: len(earlier)], _instants(since), _instants(until))
    order = standing.in_order()
    match = _search(texts, asked, standing.take(order))
    found = np.full(len(titles), None, dtype=object)
    found[match >= 0] = names[order[match[match >= 0]]]
    return pd.Series(found, titles.index, dtype=object)


# ---------------------------------------------------------------- in time


_EVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class _Asked:
    """The tickets asked about: text, label and instant of each."""

    text: np.ndarray
    label: np.ndarray
    at: np.ndarray

    def in_order(self) -> np.ndarray:
        """The rows with a text and an instant, in order of time."""
        usable = np.flatnonzero((self.text >= 0) & (self.at < _EVER))
        return usable[np.argsort(self.at[usable], kind="stable")]


@dataclass(frozen=True)
class _Standing:
    """The earlier tickets: text, label and half-open time of each."""

    text: np.ndarray
    label: np.ndarray
    since: np.ndarray
    until: np.ndarray

    def in_order(self) -> np.ndarray:
        """The rows with a text that stand at all, in order of time."""
        usable = np.flatnonzero((self.text >= 0) & (self.since < self.until))
        return usable[np.argsort(self.since[usable], kind="stable")]

    def take(self, rows: np.ndarray) -> _Standing:
        return _Standing(self.text[rows], self.label[rows], self.since[rows], self.until[rows])

    def holds(self, rows: np.ndarray, asked: _Asked, probes: np.ndarray) -> np.ndarray:
        """Whether each row stands at the instant of the ticket beside it, and is another and earlier one."""
        at, since = asked.at[probes], self.since[rows]
        first = (since < at) | (since == at) & (self.label[rows] < asked.label[probes])
        return first & (at < self.until[rows]) & (self.label[rows] != asked.label[probes])


def _search(texts: _Texts, asked: _Asked, standing: _Standing) -> np.ndarray:
    """The row of `standing` (in order of time) that each ticket matches, -1 for none.

    The latest rows are searched for all tickets, then more rows for those still without a match: so what has
    many matches costs no more than what has few.
    """
    match = np.full(len(asked.text), -1)
    open_ = asked.in_order()
    for reach, size in _REACHES:
        unmatched = [open_[:0]]
        for part in np.split(open_, np.arange(size, len(open_), size)) if len(open_) else ():
            begun = np.searchsorted(standing.since, asked.at[part[-1]], "right")
            rows = np.flatnonzero(standing.until[:begun] > asked.at[part[0]])
            near = rows[-reach:] if reach else rows
            for i, j in texts.candidates(asked.text[part], standing.text[near]):
                _settle(match, texts, asked, standing, part[i], near[j])
            if len(near) < len(rows):
                unmatched.append(part[match[part] < 0])
        open_ = np.concatenate(unmatched)
    return match


def _settle(
    match: np.ndarray, texts: _Texts, asked: _Asked, standing: _Standing, i: np.ndarray, j: np.ndarray
) -> None:
    """Score the candidates of each ticket, the latest first and a few at a time, until one is later than all."""
    keep = np.flatnonzero((j > match[i]) & standing.holds(j, asked, i))
    keep = keep[np.lexsort((-j[keep], i[keep]))]
    i, j = i[keep], j[keep]
    place = np.arange(len(i))
    rank = place - np.maximum.accumulate(np.where(np.diff(i, prepend=-1) != 0, place, 0))
    done, size = 0, 4
    while len(i):
        now = rank < done + size
        near = texts.near(asked.text[i[now]], standing.text[j[now]])
        probes, first = np.unique(i[now][near], return_index=True)
        match[probes] = j[now][near][first]
        rest = ~now & (j > match[i])
        i, j, rank = i[rest], j[rest], rank[rest]
        done, size = done + size, size * 4


# ---------------------------------------------------------------- texts


@dataclass(frozen=True)
class _Texts:
    """Different texts of titles in order of length, `code` of each title (-1 for none), and what is cheap to see.

    Of each text: `length`, `letters` counted by lot, `words`. Of texts of similar length: `bands`.
    """

    code: np.ndarray
    keys: np.ndarray
    length: np.ndarray
    letters: np.ndarray
    words: _Words
    bands: list[_Band]

    @classmethod
    def of(cls, titles: pd.Series) -> _Texts:
        """Read titles."""
        raw, unique = pd.factorize(titles.where(titles.notna(), None).to_numpy(object))
        named = pd.Series([_key(title) for title in unique] + [None], dtype=object)
        code, keys = pd.factorize(named.to_numpy(object)[raw])
        length = np.array([len(key) for key in keys], dtype=np.int64)
        order = np.argsort(length, kind="stable")
        code = np.append(np.argsort(order), -1)[code]
        keys, length = np.asarray(keys, dtype=object)[order], length[order]
        letters, pairs = _counts(keys)
        words = _Words.of(keys, length, np.bincount(code[code >= 0], minlength=len(keys)))
        return cls(code, keys, length, letters, words, list(_bands(length, letters, pairs)))

    def scores(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The score of each pair of texts, 0 where it is under the cut-off."""
        if not len(a):
            return np.empty(0)
        return process.cpdist(
            list(self.keys[a]),
            list(self.keys[b]),
            scorer=fuzz.token_set_ratio,
            score_cutoff=CUTOFF,
            workers=-1,
        )

    def near(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Whether the texts of each pair are near-identical."""
        near = a == b
        other = np.flatnonzero(~near)
        near[other] = self.scores(a[other], b[other]) >= CUTOFF
        return near

    def candidates(self, a: np.ndarray, b: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Pairs of positions in two lists of texts, among them every near-identical pair at least once."""
        if len(a) and len(b):
            by_a, by_b = np.argsort(a, kind="stable"), np.argsort(b, kind="stable")
            for i, j in _batches(self._candidates(a[by_a], b[by_b])):
                yield by_a[i], by_b[j]

    def _candidates(self, a: np.ndarray, b: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The same for lists in order of length."""
        yield from self.words.contained(a, b)
        for j, i in self.words.contained(b, a):
            yield i, j
        for band in self.bands:
            yield from self._slips(a, b, band)

    def _slips(self, a: np.ndarray, b: np.ndarray, band: _Band) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        rows = np.arange(*np.searchsorted(a, band.own))
        others = np.arange(*np.searchsorted(b, band.near))
        if not len(rows) or not len(others):
            return
        # Where the bits of these texts stand, and a tenth of both lengths: each by itself, so one more than in sum.
        one, two = a[rows] - band.near[0], b[others] - band.near[0]
        most = self.length[a[rows]] // 10 + 1, self.length[b[others]] // 10
        for i, j in _few_bits(band.letters[:, one], band.letters[:, two], np.bitwise_xor, *most):
            both = self.length[a[rows[i]]] + self.length[b[others[j]]]
            changed = np.bitwise_count(band.pairs[:, one[i]] ^ band.pairs[:, two[j]]).sum(
                axis=0, dtype=np.int64
            )
            few = 10 * changed <= 3 * both
            i, j, both = rows[i[few]], others[j[few]], both[few]
            ours, theirs = self.letters[a[i]], self.letters[b[j]]
            changed = (np.maximum(ours, theirs) - np.minimum(ours, theirs)).sum(axis=1, dtype=np.int64)
            yield i[10 * changed <= both], j[10 * changed <= both]


def _key(title: object) -> str | None:
    """A title's words as rapidfuzz tells them apart, each once, in order."""
    text = str(title)[:_LONGEST].casefold()
    odd = not text.isascii() and ("\xa0" in text or "\x85" in text) and max(text) < "\u0100"
    return " ".join(sorted(set(_LATIN_WORD.findall(text) if odd else text.split()))) or None


def _instants(times: pd.Series) -> np.ndarray:
    """Microseconds; a missing instant is the end of time."""
    instants = pd.DatetimeIndex(pd.to_datetime(pd.Series(times), utc=True)).as_unit("us")
    return np.where(instants.isna(), _EVER, instants.asi8)


# ---------------------------------------------------------------- words: what is contained


@dataclass(frozen=True)
class _Words:
    """The words of each text: which ones (`held`), its rarest ones, as bits, and how many of them may be missing.

    `rare`: as few of the rarest as make up more letters than may be missing. `common`: even these are.
    """

    held: sparse.csr_array
    rare: sparse.csr_array
    common: np.ndarray
    bits: np.ndarray
    spared: np.ndarray

    @classmethod
    def of(cls, keys: np.ndarray, length: np.ndarray, titles: np.ndarray) -> _Words:
        """Read texts, each the text of so many titles."""
        number: dict[str, int] = {}
        size = np.array([key.count(" ") + 1 for key in keys], dtype=np.int64)
        numbers = (number.setdefault(word, len(number)) for key in keys for word in key.split(" "))
        word = np.fromiter(numbers, np.int64, size.sum())
        text = np.repeat(np.arange(len(keys)), size)
        share = np.bincount(word, titles[text], minlength=len(number)) / max(titles.sum(), 1)
        rarest = np.argsort(share, kind="stable")
        letters, share = np.array([len(name) + 1 for name in number], dtype=np.int64)[rarest], share[rarest]
        word = _sorted(text, np.argsort(rarest)[word])
        # The score counts a blank before each word but the first, and what is shared against the whole: of a text
        # of n letters at most n / 5.5 may be missing from the other, words and their blanks.
        spare = (length / 5.5 + 1e-9)[text]
        before = _sums(letters[word], text) - letters[word]
        chosen = before <= spare
        rare = _incidence(text[chosen], word[chosen], (len(keys), len(number)))
        common = np.bincount(text[chosen], share[word[chosen]], minlength=len(keys)) >= _COMMON
        smallest = _sorted(text, letters[word])
        spared = np.bincount(text[_sums(smallest, text) <= spare], minlength=len(keys))
        bits = np.zeros(
            (int(np.clip(-(-len(word) // max(len(keys), 1) // _WORDS_SEEN), 1, 4)), len(keys)), np.uint64
        )
        # The most common words have a bit of their own.
        place = (len(number) - 1 - word) % (64 * len(bits))
        np.bitwise_or.at(bits, (place // 64, text), np.uint64(1) << (place % 64).astype(np.uint64))
        return cls(_incidence(text, word, rare.shape), rare, common, bits, spared)

    def contained(self, a: np.ndarray, b: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Positions of texts beside those of texts that may contain them."""
        common = self.common[a]
        rows = np.flatnonzero(~common)
        for i, j in _sharing(self.rare[a[rows]], self.held[b]):
            i = rows[i]
            missing = np.bitwise_count(self.bits[:, a[i]] & ~self.bits[:, b[j]]).sum(axis=0)
            few = missing <= self.spared[a[i]]
            yield i[few], j[few]
        rows = np.flatnonzero(common)
        for i, j in _few_bits(self.bits[:, a[rows]], ~self.bits[:, b], np.bitwise_and, self.spared[a[rows]]):
            yield rows[i], j


def _sorted(text: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The values of each text in order; the texts are in order already."""
    width = values.max(initial=0) + 1
    return np.sort(text * width + values) % width


def _sums(values: np.ndarray, text: np.ndarray) -> np.ndarray:
    """Running sums within each text."""
    total = np.cumsum(values)
    first = np.flatnonzero(np.diff(text, prepend=-1))
    return total - np.repeat((total - values)[first], np.diff(np.append(first, len(text))))


def _incidence(text: np.ndarray, word: np.ndarray, shape: tuple[int, int]) -> sparse.csr_array:
    starts = np.append(0, np.cumsum(np.bincount(text, minlength=shape[0])))
    return sparse.csr_array((np.ones(len(word), np.int32), word, starts), shape=shape)


def _sharing(rare: sparse.csr_array, held: sparse.csr_array) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows beside rows that share a word, a bounded number at a time."""
    columns = held.T.tocsr()
    pairs = np.cumsum(rare @ np.diff(columns.indptr))
    ends = np.searchsorted(pairs, np.arange(_BLOCK, pairs[-1], _BLOCK)) if len(pairs) else []
    for rows in np.split(np.arange(len(pairs)), ends):
        if len(rows):
            shared = (rare[rows] @ columns).tocoo()
            yield rows[shared.row], shared.col


# ---------------------------------------------------------------- letters: slips


@dataclass(frozen=True)
class _Band:
    """Texts of similar length: the places of its own, of those `near` enough in length, and the counts of these.

    `letters` and `pairs` (of letters) are counted as bits.
    """

    own: tuple[int, int]
    near: tuple[int, int]
    letters: np.ndarray
    pairs: np.ndarray


def _bands(length: np.ndarray, letters: np.ndarray, pairs: np.ndarray) -> Iterator[_Band]:
    """Bands of texts, which are in order of length."""
    begin = 0
    while begin < len(length):
        longest = int(length[begin] * _BAND)
        end = int(np.searchsorted(length, longest, "right"))
        reach = np.ceil(length[begin] * 9 / 11 - 1e-9), np.floor(longest * 11 / 9 + 1e-9) + 1
        near = tuple(int(place) for place in np.searchsorted(length, reach))
        there = slice(*near)
        yield _Band(
            own=(begin, end),
            near=near,
            letters=_telling_bits(letters[there], length[there], changed=1, next_step=60),
            pairs=_telling_bits(pairs[there], length[there], changed=3, next_step=300),
        )
        begin = end


def _telling_bits(counts: np.ndarray, length: np.ndarray, changed: int, next_step: int) -> np.ndarray:
    """Counts of texts as bits ("at least three e"), those first that part the texts most evenly; 64 to a row.

    As many rows as cost least on a sample: each takes its time for all pairs of texts, and leaves fewer pairs to the
    next step, which takes so many rows' time for a pair. A slip changes so many counts.
    """
    sample = counts[:: len(counts) // 4_000 + 1]
    lots = np.arange(counts.shape[1]) * 256
    seen = np.bincount((lots + sample).ravel(), minlength=256 * len(lots)).reshape(-1, 256)
    reached = seen[:, ::-1].cumsum(axis=1)[:, ::-1] / len(sample)
    lot, level = np.divmod(np.argsort(-reached * (1 - reached), axis=None, kind="stable")[: 64 * _ROWS], 256)

    def packed(some: np.ndarray, rows: int) -> np.ndarray:
        reach = some[:, lot[: 64 * rows]] >= level[: 64 * rows].astype(np.uint8)
        return np.ascontiguousarray(np.ascontiguousarray(np.packbits(reach, axis=1)).view(np.uint64).T)

    some = np.linspace(0, len(counts) - 1, 200).astype(np.int64)
    bits = packed(counts[some], _ROWS)
    apart = np.bitwise_count(bits[:, :, None] ^ bits[:, None]).cumsum(axis=0, dtype=np.uint16)
    left = (10 * apart <= changed * (length[some][:, None] + length[some])).mean(axis=(1, 2))
    return packed(counts, int(np.argmin(np.arange(_ROWS) + next_step * left)) + 1)


def _counts(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How often (at most 255 times) each text holds the letters, and the pairs of letters, of each lot.

    A blank before the first word and after the last makes the pairs the same in whatever order the words stand.
    """
    seen = np.bincount(_points(keys[:: len(keys) // 10_000 + 1]), minlength=0x110000)
    lot = _LETTERS + np.arange(len(seen)) % _LOTS
    lot[np.argsort(-seen, kind="stable")[:_LETTERS]] = np.arange(_LETTERS)
    letters = np.zeros((len(keys), _LETTERS + _LOTS), np.uint8)
    pairs = np.zeros((len(keys), _PAIRS), np.uint8)
    for begin in range(0, len(keys), 10_000):
        some = slice(begin, begin + 10_000)
        text = np.repeat(np.arange(len(keys[some])), [len(key) + 2 for key in keys[some]])
        points = _points([f" {key} " for key in keys[some]])
        together = text[1:] == text[:-1]
        pair = (points[:-1] * 37 + points[1:])[together] % _PAIRS
        letters[some] = _tally(text, lot[points], letters.shape[1])
        pairs[some] = _tally(text[1:][together], pair, _PAIRS)
    return letters, pairs


def _points(keys: Iterable[str]) -> np.ndarray:
    return np.frombuffer("".join(keys).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)


def _tally(text: np.ndarray, lot: np.ndarray, lots: int) -> np.ndarray:
    """How often each lot comes up in each text; the texts are in order and each comes up."""
    counted = np.bincount(text * lots + lot, minlength=(text[-1] + 1) * lots)
    return np.minimum(counted, 255).astype(np.uint8).reshape(-1, lots)


# ---------------------------------------------------------------- bits and batches


def _few_bits(
    rows: np.ndarray, columns: np.ndarray, differ: np.ufunc, most: np.ndarray, more: np.ndarray | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions of rows and of columns where few of their bits `differ`: at most the row's and the column's sum."""
    width = columns.shape[1]
    more = np.zeros(1, np.int64) if more is None else more
    highest = max(64 * len(rows), most.max(initial=0) + more.max(initial=0))
    wide = np.uint8 if highest < 256 else np.uint16
    most, more = most.astype(wide), more.astype(wide)
    size = max(1, _TILE // max(width, 1))
    for begin in range(0, rows.shape[1], size):
        tile = rows[:, begin : begin + size, None]
        apart = np.bitwise_count(differ(tile[0], columns[0])).astype(wide, copy=False)
        for one, two in zip(tile[1:], columns[1:], strict=True):
            apart += np.bitwise_count(differ(one, two))
        i, j = np.divmod(np.flatnonzero(apart <= most[begin : begin + size, None] + more), max(width, 1))
        yield i + begin, j


def _batches(parts: Iterator[tuple[np.ndarray, np.ndarray]]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs as they come, many at a time."""
    kept: list[tuple[np.ndarray, np.ndarray]] = []
    held = 0
    for part in parts:
        if len(part[0]):
            kept.append(part)
            held += len(part[0])
        if held >= _BATCH:
            yield _joined(kept)
            kept, held = [], 0
    if kept:
        yield _joined(kept)


def _joined(parts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([i for i, _ in parts]), np.concatenate([j for _, j in parts])
