"""Near-identical titles (rule 18): which tickets say the same, at the scale of a month's help desk. Pure.

Two titles are near-identical when rapidfuzz's token_set_ratio of their casefolded text is at least 90. Comparing
all pairs of 100,000 titles that way takes hours, so pairs that cannot reach the score are left out first, by
two bounds that no near-identical pair breaks (a test holds them against comparing everything):

- one title all but contains the other's words: then it holds one of those few rarest words of the other whose
  loss alone would cost too much;
- they differ in few letters: then their letters, in whatever order, overlap by nine tenths.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process
from scipy import sparse

#: The score from which two titles are near-identical.
CUTOFF = 90

#: Letters of a title that count: no help desk allows more, and a hostile one must not cost hours.
_LONGEST = 500
#: Pairs held in memory at once, tickets asked about at once, latest look-alikes tried before searching, and
#: earlier tickets tried before all.
_BLOCK, _CHUNK, _GUESSES, _SAMPLE = 8_000_000, 4_000, 16, 4_000
#: Letter counts that fewer than one title in fifty reaches are not worth a column.
_RARE = 0.02
#: How many times what may be missing of a text its rarest words make up (more leaves fewer false candidates),
#: unless they are common: found in more than this share of the texts.
_PREFIX, _COMMON = 3, 0.005


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
    """For each ticket, an earlier one with a near-identical title that stands at its instant.

    Parameters: `titles` and their instants `at`, indexed by ticket; `earlier` titles, each standing from `since`
    up to, not including, `until`, indexed by ticket too (one may stand several times; without `since` it never
    does, without `until` for ever). Duplicates: `at` and `since` are when tickets were opened, `until` when
    they were solved. Repeats: `since` is a solve, `until` so many days later. A ticket never matches itself; of
    two that begin at one instant the one that comes first in `earlier` is the earlier. Columns belong together
    by position, not by index.
    Returns: one value per row of `titles`, the label of an earlier ticket, None where there is none. Where there
    are several it is one of them, the same on every run.
    Raises: ValueError when the columns differ in length.
    Source: rule 18.
    """
    if len(titles) != len(at) or not len(earlier) == len(since) == len(until):
        raise ValueError("titles and at, and earlier, since and until, must be of one length each")
    texts = _Texts.of(pd.concat([titles.astype(object), earlier.astype(object)]))
    label = pd.factorize(np.concatenate([earlier.index.to_numpy(object), titles.index.to_numpy(object)]))[0]
    asked = _Asked(texts.code[: len(titles)], label[len(earlier) :], _instants(at))
    standing = _Standing(texts.code[len(titles) :], label[: len(earlier)], _instants(since), _instants(until))
    match = np.full(len(titles), -1)
    _try_latest(match, texts, asked, standing)
    _search(match, texts, asked, standing)
    found = np.full(len(titles), None, dtype=object)
    found[match >= 0] = earlier.index.to_numpy(object)[match[match >= 0]]
    return pd.Series(found, titles.index, dtype=object)


_EVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class _Asked:
    """The tickets asked about: text, label and instant of each."""

    text: np.ndarray
    label: np.ndarray
    at: np.ndarray

    def usable(self) -> np.ndarray:
        """Those with a text and an instant."""
        return np.flatnonzero((self.text >= 0) & (self.at < _EVER))


@dataclass(frozen=True)
class _Standing:
    """The earlier tickets: text, label and half-open time of each."""

    text: np.ndarray
    label: np.ndarray
    since: np.ndarray
    until: np.ndarray

    def usable(self) -> np.ndarray:
        """Those with a text that stand at all."""
        return np.flatnonzero((self.text >= 0) & (self.since < _EVER))

    def holds(self, rows: np.ndarray, asked: _Asked, probes: np.ndarray) -> np.ndarray:
        """Whether each row stands at the instant of the ticket beside it, and is another and earlier one."""
        at, since = asked.at[probes], self.since[rows]
        first = (since < at) | (since == at) & (self.label[rows] < asked.label[probes])
        return first & (at < self.until[rows]) & (self.label[rows] != asked.label[probes])


def _try_latest(match: np.ndarray, texts: _Texts, asked: _Asked, standing: _Standing) -> None:
    """Match tickets with the latest few whose text differs in numbers only, if that.

    Most tickets made from a template are settled here, where searching would meet all that it ever made.
    """
    rows, probes = standing.usable(), asked.usable()
    key = texts.skeleton[standing.text[rows]]
    order = np.lexsort((standing.since[rows], key))
    rows, key = rows[order], key[order]
    times = np.unique(standing.since[rows])
    place = key * (len(times) + 1) + np.searchsorted(times, standing.since[rows], "right")
    wanted = texts.skeleton[asked.text[probes]]
    wanted_place = wanted * (len(times) + 1) + np.searchsorted(times, asked.at[probes], "right")
    last = np.searchsorted(place, wanted_place, "right")
    for back in range(1, _GUESSES + 1):
        near = np.flatnonzero((match[probes] < 0) & (last >= back))
        near = near[key[last[near] - back] == wanted[near]]
        i, j = probes[near], rows[last[near] - back]
        held = standing.holds(j, asked, i)
        i, j = i[held], j[held]
        good = texts.scores(asked.text[i], standing.text[j]) >= CUTOFF
        match[i[good]] = j[good]


def _search(match: np.ndarray, texts: _Texts, asked: _Asked, standing: _Standing) -> None:
    """Match the remaining tickets with any that stands at their instant."""
    rows, probes = standing.usable(), asked.usable()
    probes = probes[match[probes] < 0]
    probes = probes[np.argsort(asked.at[probes], kind="stable")]
    for begin in range(0, len(probes), _CHUNK):
        chunk = probes[begin : begin + _CHUNK]
        first, last = asked.at[chunk[0]], asked.at[chunk[-1]]
        window = rows[(standing.since[rows] <= last) & (standing.until[rows] > first)]
        # A sample first: what has many likes finds one there, and need not be compared with all of them.
        for part in (window[:: -(-len(window) // _SAMPLE)], window) if len(window) > _SAMPLE else (window,):
            open_ = chunk[match[chunk] < 0]
            for i, j in texts.candidates(asked.text[open_], standing.text[part]):
                _settle(match, texts, asked, standing, open_[i], part[j])


def _settle(
    match: np.ndarray, texts: _Texts, asked: _Asked, standing: _Standing, i: np.ndarray, j: np.ndarray
) -> None:
    """Score candidates a few a ticket at a time, so that what is matched is not scored again."""
    keep = np.flatnonzero((match[i] < 0) & standing.holds(j, asked, i))
    keep = keep[np.argsort(i[keep], kind="stable")]
    i, j = i[keep], j[keep]
    place = np.arange(len(i))
    starts = np.diff(i, prepend=-1) != 0
    rank = place - np.maximum.accumulate(np.where(starts, place, 0)) if len(i) else place
    done, size = 0, 4
    while (rank >= done).any():
        now = np.flatnonzero((rank >= done) & (rank < done + size) & (match[i] < 0))
        good = now[texts.scores(asked.text[i[now]], standing.text[j[now]]) >= CUTOFF]
        probes, first = np.unique(i[good], return_index=True)
        match[probes] = j[good[first]]
        done, size = done + size, size * 4


@dataclass(frozen=True)
class _Texts:
    """Different texts of titles: `code` of each title (-1 for none), and of each text what the bounds need."""

    code: np.ndarray
    keys: np.ndarray
    skeleton: np.ndarray
    length: np.ndarray
    words: sparse.csr_array
    rare_words: sparse.csr_array
    needed: np.ndarray
    letters: np.ndarray
    left_over: np.ndarray

    @classmethod
    def of(cls, titles: pd.Series) -> _Texts:
        """Read titles. A text is the set of a title's words in order, which is all that the score looks at."""
        raw, unique = pd.factorize(titles.where(titles.notna(), None).to_numpy(object))
        ordered = pd.Series([_key(title) for title in unique] + [None], dtype=object)
        code, keys = pd.factorize(ordered.to_numpy(object)[raw])
        keys = np.asarray(keys, dtype=object)
        length = np.array([len(key) for key in keys], dtype=np.int64)
        skeleton = pd.factorize(np.array([re.sub(r"\d+", "", key) for key in keys], dtype=object))[0]
        letters, left_over = _letters(keys, length)
        return cls(code, keys, skeleton, length, *_words(keys, length), letters, left_over)

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

    def candidates(self, a: np.ndarray, b: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Pairs of positions in two lists of texts, among them every near-identical pair at least once."""
        if len(a) and len(b):
            yield from _holding(self.rare_words[a], self.needed[a], self.words[b])
            for j, i in _holding(self.rare_words[b], self.needed[b], self.words[a]):
                yield i, j
            yield from self._alike_in_letters(a, b)

    def _alike_in_letters(self, a: np.ndarray, b: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        # At most a tenth of both texts' letters may be put in or taken out: so 9/20 of them are in common, and
        # the shorter text is at least 9/11 of the longer. One product counts common letters less that bound.
        by_length = np.argsort(self.length[b], kind="stable")
        b, of_b = b[by_length], by_length
        ones = np.ones((len(b), 1), np.float32)
        right = np.hstack([self.letters[b], -0.45 * self.length[b, None], ones]).astype(np.float32)
        order = np.argsort(self.length[a], kind="stable")
        begin = 0
        while begin < len(a):
            shortest = self.length[a[order[begin]]]
            first = np.searchsorted(self.length[b], np.ceil(shortest * 9 / 11 - 1e-9), "left")
            # Few rows where there are many columns, so that a block stays small.
            size = max(1, _BLOCK // max(len(b) - first, 1))
            rows = order[begin : begin + size]
            longest = self.length[a[rows[-1]]]
            last = np.searchsorted(self.length[b], np.floor(longest * 11 / 9 + 1e-9), "right")
            slack = self.left_over[a[rows]] - 0.45 * self.length[a[rows]] + 0.01
            left = np.hstack([self.letters[a[rows]], np.ones((len(rows), 1)), slack[:, None]])
            i, j = np.nonzero(left.astype(np.float32) @ right[first:last].T >= 0)
            yield rows[i], of_b[first + j]
            begin += size


def _key(title: object) -> str | None:
    return " ".join(sorted(set(str(title)[:_LONGEST].casefold().split()))) or None


def _words(keys: np.ndarray, length: np.ndarray) -> tuple[sparse.csr_array, sparse.csr_array, np.ndarray]:
    """Which text holds which word; the sizes of its rarest ones; how much of those a near-identical text holds."""
    split = [key.split(" ") for key in keys]
    text = np.repeat(np.arange(len(keys)), [len(words) for words in split])
    code, names = pd.factorize(np.array(list(chain.from_iterable(split)), dtype=object))
    size = np.array([len(name) + 1 for name in names], dtype=np.int64)[code]
    table = pd.DataFrame({"text": text, "word": code, "size": size})
    table["texts"] = table.groupby("word")["text"].transform("size")
    table = table.sort_values(["text", "texts", "word"])
    # rapidfuzz scores what two texts share against the whole of one: of a text of n letters at most n / 5.5 - 1
    # may then be missing from the other, and a blank before each word but the first.
    spared = np.maximum(length / 5.5, 1)
    before = table.groupby("text")["size"].cumsum() - table["size"]
    most = np.where(table["texts"] <= _COMMON * len(keys), _PREFIX, 1) * spared[table["text"]]
    rare = table[before <= most]
    shape = (len(keys), len(names))
    words = _incidence(table.assign(size=1), shape)
    rare_words = _incidence(rare, shape)
    return words, rare_words, rare_words.sum(axis=1) - spared - 1e-9


def _incidence(table: pd.DataFrame, shape: tuple[int, int]) -> sparse.csr_array:
    place = (table["text"].to_numpy(), table["word"].to_numpy())
    return sparse.csr_array((table["size"].to_numpy(np.int32), place), shape=shape)


def _holding(
    rare: sparse.csr_array, needed: np.ndarray, words: sparse.csr_array
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows of rare words beside rows of words that hold as much of them as needed, a bounded number at a time."""
    columns = words.T.tocsr()
    pairs = np.cumsum((rare > 0).astype(np.int64) @ np.diff(columns.indptr))
    for rows in np.split(
        np.arange(len(needed)), np.searchsorted(pairs, np.arange(_BLOCK, pairs[-1], _BLOCK))
    ):
        shared = (rare[rows] @ columns).tocoo()
        enough = shared.data >= needed[rows][shared.row]
        yield rows[shared.row[enough]], shared.col[enough]


def _letters(keys: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Letter counts as columns of 0 and 1 ("at least two e"), whose product counts letters in common.

    The second array counts the letters of each text that no column stands for.
    """
    points = np.frombuffer("".join(keys).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
    # a-z and 0-9 each, all else folded together: folding can only raise what seems to be in common.
    bucket = np.where((points >= 97) & (points <= 122), points - 97, 36 + points % 12)
    bucket = np.where((points >= 48) & (points <= 57), points - 22, bucket)
    text = np.repeat(np.arange(len(keys)), length)
    counts = np.bincount(text * 48 + bucket, minlength=48 * len(keys)).reshape(-1, 48)
    # Only the levels that enough texts reach, so that one long title does not widen the table for all.
    levels = np.sort(counts, axis=0)[-int(_RARE * len(keys)) - 1] if len(keys) else np.zeros(48, int)
    table = np.hstack([counts[:, [k]] >= np.arange(1, 1 + level) for k, level in enumerate(levels)])
    return table.astype(np.float32), length - table.sum(axis=1)


def _instants(times: pd.Series) -> np.ndarray:
    """Microseconds; a missing instant is the end of time."""
    instants = pd.DatetimeIndex(pd.to_datetime(pd.Series(times).to_numpy(), utc=True)).as_unit("us")
    return np.where(instants.isna(), _EVER, instants.asi8)
