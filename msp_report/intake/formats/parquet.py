"""Parquet: typed columns become the same unmistakable text as in every other format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from msp_report.intake.chunk import Chunk, Unreadable, sift
from msp_report.params.layout import Layout, distinct

CHUNK_ROWS = 50_000


def read(path: Path, layout: Layout) -> Iterator[Chunk]:
    """The rows of a Parquet file; nested columns get headers with points, a row's line is its number.

    Raises Unreadable for a file that is no Parquet.
    """
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise Unreadable(f"this is no Parquet file ({str(error).splitlines()[0]}): export it again") from None
    with file:
        done = 0
        schema = file.schema_arrow
        for batch in file.iter_batches(CHUNK_ROWS):
            yield _chunk(pa.Table.from_batches([batch]), done)
            done += len(batch)
        if not done:
            yield _chunk(schema.empty_table(), 0)


def _chunk(table: pa.Table, done: int) -> Chunk:
    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    columns = tuple(_text(column) for column in table.columns)
    lines = np.arange(done + 1, done + len(table) + 1, dtype=np.int64)
    return sift(Chunk(distinct(table.column_names), columns, lines, facts={"header_line": 0}, typed=True))


def _text(column: pa.ChunkedArray) -> pa.StringArray:
    array = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_timestamp(array.type):
        return _times(array)
    if pa.types.is_date(array.type):
        return pc.binary_join_element_wise(array.cast(pa.string()), "T00:00:00", "")
    try:
        return array.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([None if v is None else str(v) for v in array.to_pylist()], pa.string())


def _times(array: pa.TimestampArray) -> pa.StringArray:
    """Microseconds are the finest that is kept; times with a zone are written in UTC."""
    zoned = array.type.tz is not None
    naive = array.cast(pa.timestamp("us", tz=array.type.tz), safe=False).cast(pa.timestamp("us"))
    text = pc.strftime(naive, "%Y-%m-%dT%H:%M:%S")
    return pc.binary_join_element_wise(text, "Z", "") if zoned else text
