"""Whole columns of text looked at in one go, where pandas keeps them: the only place that asks Arrow to calculate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def matching(texts: pd.Series | pd.Index, pattern: str) -> np.ndarray:
    """Which texts an expression of RE2 is found in, a missing one never [bool].

    >>> matching(pd.Series(["ann@acme.example", "printer", None]), "@").tolist()
    [True, False, False]
    """
    found = pc.match_substring_regex(_array(texts), pattern)
    return np.asarray(pc.fill_null(found, False), bool)


def parts(texts: pd.Series, pattern: str) -> pd.DataFrame:
    """The named groups of an expression of RE2 in each text; missing where it does not match.

    >>> parts(pd.Series(["INC12", "x"]), "^(?P<form>.*?)(?P<digits>[0-9]+)$").to_numpy().tolist()
    [['INC', '12'], [nan, nan]]
    """
    found = pc.extract_regex(_array(texts), pattern)
    named = {field.name: pc.struct_field(found, field.name) for field in found.type}
    return pd.DataFrame({name: pd.Series(part, texts.index, dtype="str") for name, part in named.items()})


def words(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The words of texts, between two of which a blank stands: how many each text has, which they are, one text after
    the other, by their places among the different ones, and these.

    >>> [part.tolist() for part in words(np.array(["a b", "b"], dtype=object))]
    [[2, 1], [0, 1, 1], ['a', 'b']]
    """
    split = pc.split_pattern(pa.array(texts, pa.large_string()), " ")
    found = pc.list_flatten(split).dictionary_encode()
    counts, codes = pc.list_value_length(split), found.indices
    return counts.to_numpy(), codes.to_numpy(), found.dictionary.to_numpy(zero_copy_only=False)


def lowered(texts: pd.Series | pd.Index) -> Sequence[str]:
    """Texts of ASCII letters in small ones."""
    return pc.ascii_lower(_array(texts)).to_pylist()


def among(texts: pd.Series | pd.Index, others: pd.Series | pd.Index) -> np.ndarray:
    """Which texts stand among others, a missing one never [bool]: pandas' isin, which converts every one of the others
    by itself.

    >>> among(pd.Series(["b", None, "x"]), pd.Series(["b", "b", None])).tolist()
    [True, False, False]
    """
    if not len(texts):  # others may be many
        return np.zeros(0, bool)
    found = pc.is_in(_array(texts), value_set=_array(others), skip_nulls=True)
    return np.asarray(found, bool)


def places(texts: pd.Series, others: pd.Series) -> np.ndarray:
    """Where each text stands among others, of which no two are the same; -1 where it does not, or is missing.

    >>> places(pd.Series(["b", None, "x"]), pd.Series(["a", "b"])).tolist()
    [1, -1, -1]
    """
    found = pc.index_in(_array(texts), value_set=_array(others), skip_nulls=True)
    return np.asarray(pc.fill_null(found, -1)).astype(np.int64)


def as_texts(values: pd.Series | pd.Index) -> pd.Series | pd.Index:
    """Values as pandas keeps texts; those that are texts are taken as they are, for even then astype takes its time."""
    return values if values.dtype == "str" else values.astype("str")


def _array(texts: pd.Series | pd.Index) -> pa.Array:
    return pa.array(as_texts(texts).array, pa.large_string(), from_pandas=True)
