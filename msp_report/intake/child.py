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

import pyarrow as pa

from msp_report.intake.chunk import Chunk, Unreadable
from msp_report.intake.formats import read
from msp_report.system import limits

#: A frame: how many bytes of JSON, how many of Arrow.
FRAME = struct.Struct(">QQ")
#: No table of the model comes near it, and no spreadsheet has more.
MOST_COLUMNS = 16_384


def main() -> None:
    """Answer every request until nobody asks any more."""
    asked, told = sys.stdin.buffer, os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a library prints is no answer
    limited = False
    while header := asked.read(8):
        path, layout, memory_mb, seconds = pickle.loads(asked.read(int.from_bytes(header, "big")))
        if not limited:
            limits.memory(memory_mb)
            limited = True
        limits.processor(seconds)
        for message, table in _answers(Path(path), layout):
            _tell(told, message, table)
            limits.processor(seconds)


def _answers(path: Path, layout: object) -> Iterator[tuple[dict[str, object], pa.RecordBatch | None]]:
    """The chunks of a file and its end; or why it has none."""
    try:
        for chunk in read(path, layout):  # type: ignore[arg-type]
            if len(chunk.header) > MOST_COLUMNS:
                raise Unreadable(
                    f"it has {len(chunk.header):,} columns, and more than {MOST_COLUMNS:,} are not read: delete those "
                    "that are empty"
                )
            yield _packed(chunk)
    except Unreadable as error:
        yield {"unreadable": str(error)}, None
    except MemoryError:
        yield {"memory": True}, None
    except RecursionError:
        yield {"unreadable": "it is nested too deep to be read: export it as rows of plain cells"}, None
    except Exception as error:  # noqa: BLE001 - whatever a reader fails of is this file's problem, and no other's
        text = (str(error).splitlines() or [""])[0] or type(error).__name__
        yield {"unreadable": f"cannot be read ({text}): open and save or export it again"}, None
    else:
        yield {"end": True}, None


def _packed(chunk: Chunk) -> tuple[dict[str, object], pa.RecordBatch]:
    told = {
        "header": chunk.header,
        "broken": [(line, reason, list(cells)) for line, reason, cells in chunk.broken],
        "facts": chunk.facts,
        "typed": chunk.typed,
        "remarks": chunk.remarks,
    }
    arrays = [pa.array(chunk.lines), *chunk.columns]
    return told, pa.RecordBatch.from_arrays(arrays, names=[str(place) for place in range(len(arrays))])


def _tell(told: BinaryIO, message: dict[str, object], table: pa.RecordBatch | None) -> None:
    text = json.dumps(message).encode()
    sink = pa.BufferOutputStream()
    if table is not None:
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_batch(table)
    rows = sink.getvalue()
    for part in (FRAME.pack(len(text), rows.size), text, memoryview(rows)):
        while len(part):
            part = part[told.write(part) :]


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):
        main()
