"""A place in memory that is asked like any other, and fails when it is told to."""

from collections.abc import Iterator
from pathlib import Path

from msp_report.store.place import Gone, Stamp


class Stub:
    """Files by name; `faults` says what happens at the next calls, None for nothing."""

    name = "stub://place"

    def __init__(self, files=()):
        self.files: dict[str, tuple[bytes, int]] = {
            name: (content, 1) for name, content in dict(files).items()
        }
        self.faults = []
        self.block = 4
        self.asked: list[tuple] = []
        self.given = 0
        self.closed = False

    def write(self, name, content):
        """Another content of a file, or the first one."""
        self.files[name] = (content, self.files.get(name, (b"", 0))[1] + 1)

    def _fails(self, *call):
        self.asked.append(call)
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, BaseException):
            raise fault
        if callable(fault):
            fault()

    def listing(self, under=""):
        self._fails("listing", under)
        return {
            name: Stamp(len(content), str(mark))
            for name, (content, mark) in self.files.items()
            if not under or name.startswith(f"{under}/")
        }

    def stamp(self, file):
        self._fails("stamp", file)
        return Stamp(len(self.files[file][0]), str(self.files[file][1])) if file in self.files else None

    def blocks(self, file, start, size) -> Iterator[bytes]:
        for at in range(start, size, self.block):
            self._fails("block", file, at)
            if file not in self.files:
                raise Gone
            block = self.files[file][0][at : min(at + self.block, size)]
            self.given += len(block)
            yield block

    def put(self, path: Path, file):
        self._fails("put", file)
        self.write(file, path.read_bytes())

    def close(self):
        self.closed = True
