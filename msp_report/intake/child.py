"""The process in which files are read: what a file makes it do ends it, and not the run.

It is asked for one file after another on its standard input and answers with frames on its standard output (see
intake/guarded). Its memory and the time between two answers are limited by the system where the system can: a library
that takes its sizes from the file cannot take more, and a reader whose run was killed ends by itself.
"""

from __future__ import annotations

import json
import os
import pickle
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from msp_report.intake import shaping
from msp_report.intake.chunk import MOST_COLUMNS, Aside, Broken, Chunk, Origin, Unreadable
from msp_report.intake.formats import read
from msp_report.params.layout import Layout
from msp_report.system import limits

#: A frame: how many bytes of JSON, how many of Arrow for the rows, how many for those that are left out.
FRAME = struct.Struct(">QQQ")


class _NoPandas:
    """Lets no library import pandas: pyarrow does wherever it is there, 40 MB and half a second for nothing."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Raises ImportError for pandas; anything else is found as it always is."""
        if name == "pandas":
            raise ImportError("what reads files does without pandas")


def main() -> None:
    """Answer every request until nobody asks any more."""
    sys.meta_path.insert(0, _NoPandas())
    asked, told = sys.stdin.buffer, os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a library prints is no answer
    limited = None
    while header := asked.read(8):
        given = pickle.loads(asked.read(int.from_bytes(header, "big")))
        path, layout, beside, scratch, after, memory_mb, seconds = given
        if limited != memory_mb:
            limits.memory(memory_mb)
            limited = memory_mb
        limits.processor(seconds)
        for frame in _answers(path, layout, beside, scratch, after):
            _tell(told, frame)
            limits.processor(seconds)


#: What is told, the rows, and those that are left out.
Answer = tuple[dict[str, object], pa.RecordBatch | None, pa.RecordBatch | None]
Bytes = bytes | memoryview


def _answers(
    path: Path, layout: Layout, beside: dict, scratch: Path | None, after: int
) -> Iterator[list[Bytes]]:
    """Frames of the chunks of a file, those behind the first `after`, and of its end; or of why it has none, whatever
    failed before one was whole."""
    others = {name: _rows_of(*given) for name, given in beside.items()}
    try:
        for chunk in shaping.shaped(read(path, shaping.reading(layout), after), layout, others, scratch):
            if chunk is None:  # nothing to tell yet, and still at work
                yield _frame({"busy": True})
                continue
            if len(chunk.header) > MOST_COLUMNS:
                raise Unreadable(
                    f"it has {len(chunk.header):,} columns, and more than {MOST_COLUMNS:,} are not read: delete those "
                    "that are empty"
                )
            yield _frame(*_packed(chunk))
    except (Unreadable, shaping.Unclear) as error:
        yield _frame({"unreadable": str(error)})
    except MemoryError:
        yield _frame({"memory": True})
    except RecursionError:
        yield _frame({"unreadable": "it is nested too deep to be read: export it as rows of plain cells"})
    except Exception as error:  # noqa: BLE001 - whatever a reader fails of is this file's problem, and no other's
        text = (str(error).splitlines() or [""])[0] or type(error).__name__
        yield _frame({"unreadable": f"cannot be read ({text}): open and save or export it again"})
    else:
        yield _frame({"end": True})


def _rows_of(paths: tuple[Path, ...], layout: Layout) -> Iterator[Chunk]:
    for path in paths:
        yield from read(path, layout)


def _packed(chunk: Chunk) -> Answer:
    told = {
        "header": chunk.header,
        "broken": [(line, reason, list(cells)) for line, reason, cells in chunk.broken],
        "facts": chunk.facts,
        "typed": chunk.typed,
        "remarks": chunk.remarks,
        "read": chunk.read,
        "origin": chunk.origin is not None,
    }
    arrays = [pa.array(chunk.lines), *(chunk.origin or ()), *chunk.columns]
    aside = [_packed_aside(one) for one in chunk.aside]
    left_out = pa.Table.from_batches(aside).combine_chunks().to_batches()[0] if aside else None
    return told, pa.RecordBatch.from_arrays(arrays, names=[str(n) for n in range(len(arrays))]), left_out


def _packed_aside(aside: Aside) -> pa.RecordBatch:
    reasons = pa.array([aside.reason] * len(aside.rows), pa.string())
    arrays = [reasons, pa.array(aside.rows, pa.int64()), pa.array(aside.lines, pa.int64()), aside.texts]
    return pa.RecordBatch.from_arrays(arrays, names=["reason", "row", "line", "text"])


def unpacked(message: dict, rows: pa.Table, aside: pa.Table | None) -> Chunk:
    """A chunk as it was before it was told."""
    lines, *arrays = (column.combine_chunks() for column in rows.columns)
    arrays = [one.chunk(0) if isinstance(one, pa.ChunkedArray) else one for one in arrays]
    made = 2 if message["origin"] else 0
    left_out = aside.to_pandas() if aside is not None else None
    return Chunk(
        tuple(message["header"]),
        tuple(arrays[made:]),
        np.asarray(lines, np.int64),
        tuple(Broken(*one) for one in message["broken"]),
        message["facts"],
        message["typed"],
        tuple(message["remarks"]),
        Origin(*arrays[:2]) if made else None,
        tuple(
            Aside(
                reason,
                *(some[name].to_numpy() for name in ("row", "line")),
                pa.array(some["text"], pa.string()),
            )
            for reason, some in (left_out.groupby("reason", sort=False) if left_out is not None else ())
        ),
        message["read"],
    )


def _frame(
    message: dict[str, object], rows: pa.RecordBatch | None = None, aside: pa.RecordBatch | None = None
) -> list[Bytes]:
    """The parts of one answer."""
    text = json.dumps(message).encode()
    streams = []
    for table in (rows, aside):
        sink = pa.BufferOutputStream()
        if table is not None:
            with pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_batch(table)
        streams.append(sink.getvalue())
    sizes = (len(text), *(stream.size for stream in streams))
    return [FRAME.pack(*sizes), text, *map(memoryview, streams)]


def _tell(told: BinaryIO, frame: list[Bytes]) -> None:
    for part in frame:
        while len(part):
            part = part[told.write(part) :]


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):
        main()
