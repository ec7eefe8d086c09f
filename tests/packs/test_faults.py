"""A run that is killed at any moment, or finds no room: the last good pack stays whole, and the next run succeeds."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from workspaces import SCORECARD, Place, digests, records, tickets, write_notebook

from msp_report.packs import warming

pytestmark = pytest.mark.skipif(
    not warming.can_fork(), reason="runs are killed so only where processes are forked"
)

SCRIPT = """
import sys
from pathlib import Path
from msp_report import cli
from msp_report.packs import pack
pack.NOTEBOOKS = Path({notebooks!r})
sys.argv[1:] = ["monthly", "--client", "acme", "--workspace", {root!r}, *sys.argv[1:]]
cli.main()
"""
FEW, MANY = 8, 200


class Run:
    """A client of two months and two notebooks, whose exports change from run to run."""

    def __init__(self, folder: Path) -> None:
        self.place = Place(folder / "ws")
        self.place.client()
        self.folder, self.turn = folder, 0
        write_notebook(folder / "notebooks" / "monthly" / "00_scorecard.ipynb", SCORECARD)
        write_notebook(folder / "notebooks" / "monthly" / "10_one.ipynb", records("one"))
        self.script = folder / "script.py"
        self.script.write_text(
            SCRIPT.format(notebooks=str(folder / "notebooks"), root=str(self.place.root)), encoding="utf-8"
        )
        self.temporary = folder / "t"
        self.temporary.mkdir()
        self.place.put({"tickets.csv": tickets(3, "2026-01", "A")}, "2026-01")

    def start(self, *arguments: str, month: str = "2026-02") -> subprocess.Popen[str]:
        """Begin a run over exports that are other ones than before."""
        self.turn += 1
        self.place.put({"tickets.csv": tickets(3 + self.turn % 5, month, "B")}, month)
        return subprocess.Popen(
            [sys.executable, str(self.script), "--month", month, *arguments],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            env={**os.environ, "TMPDIR": str(self.temporary)},
        )

    def whole(self) -> None:
        """The published packs are all there, and what they say fits together."""
        for month in ("2026-01", "2026-02"):
            pack = self.place.output / "acme" / month
            told = json.loads((pack / "figures.json").read_text(encoding="utf-8"))
            assert told and json.loads((pack / "manifest.json").read_text(encoding="utf-8"))
            pages = {path.name for path in (pack / "html").glob("*.html")}
            assert {"index.html", "one.html", "rules.html"} <= pages, (month, pages)

    def processes(self) -> list[str]:
        """What of this run still lives."""
        mark = str(self.temporary).encode()
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if (
                    mark in (path / "environ").read_bytes()
                    and "\nState:\tZ" not in (path / "status").read_text()
                ):
                    found.append((path / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:80])
            except OSError:
                continue
        return found


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    with tempfile.TemporaryDirectory(prefix="t-") as folder:  # a short path, as sockets need
        run = Run(Path(folder))
        begun = time.monotonic()
        first = run.start()
        said = first.communicate()[1]
        assert first.returncode == 0, said
        run.seconds = time.monotonic() - begun
        yield run


def killed(run: Run, count: int, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(count):
        with run.start() as process:
            try:
                process.wait(chance.uniform(0, run.seconds * 0.9))
            except subprocess.TimeoutExpired:
                if chance.random() < 0.5:
                    process.kill()  # the run alone: its kernels and readers end by themselves
                else:
                    os.killpg(process.pid, 9)
        run.whole()
        until = time.monotonic() + 60  # one that still imports sees it when it has
        while (left := run.processes()) and time.monotonic() < until:
            time.sleep(0.05)
        assert not left, (seed, number, left)
    last = run.start()
    said = last.communicate()[1]
    assert last.returncode == 0, said
    run.whole()
    output = run.place.output / "acme"
    rubbish = [
        path.name for path in (*output.glob(".settled-*"), *output.glob(".staging/*"), *output.glob(".2*"))
    ]
    rubbish += [path.name for path in (output / ".accepted").glob(".*.new")]
    rubbish += os.listdir(run.temporary)
    assert not rubbish, (seed, rubbish)


def test_runs_that_are_killed_leave_the_last_good_pack_and_no_rubbish(ready, tried):
    tried("kill -9", FEW)
    killed(ready, FEW, 7)


@pytest.mark.thorough
def test_many_runs_that_are_killed_leave_the_last_good_pack_and_no_rubbish(ready, tried):
    tried("kill -9", MANY)
    seed = int.from_bytes(os.urandom(3), "big")
    killed(ready, MANY, seed)


@pytest.mark.thorough
def test_output_that_is_deleted_in_mid_run_is_made_again(ready, tried):
    tried("other faults of a run")
    with ready.start() as process:
        time.sleep(ready.seconds * 0.5)
        shutil.rmtree(ready.place.output / "acme", ignore_errors=True)
        said = process.stderr.read()
    assert process.returncode in (0, 1) and "Traceback" not in said, said
    again = ready.start()
    said = again.communicate()[1]
    assert again.returncode == 0, said
    ready.whole()


def test_two_runs_at_once_publish_one_after_the_other(ready, tried):
    tried("other faults of a run")
    first = ready.start()
    second = ready.start()
    said = [process.communicate()[1] for process in (first, second)]
    assert [process.returncode for process in (first, second)] == [0, 0], said
    ready.whole()


@pytest.mark.thorough
def test_two_months_at_once_are_both_published(ready, tried):
    tried("other faults of a run")
    both = [ready.start(month=month) for month in ("2026-01", "2026-02")]
    said = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    ready.whole()


class Disk:
    """A small disk of its own, which can be full or read-only."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder, self._filler = folder, folder / "filler"
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True)

    def fill(self, but: int) -> None:
        """Leave so many bytes free."""
        free = shutil.disk_usage(self.folder).free
        self._filler.write_bytes(bytes(max(free - but, 0)))

    def empty(self) -> None:
        """Free again what was filled."""
        self._filler.unlink()

    def only_read(self, yes: bool) -> None:
        """Forbid or allow writing."""
        subprocess.run(["mount", "-o", f"remount,{'ro' if yes else 'rw'}", str(self.folder)], check=True)

    def end(self) -> None:
        """Take it away."""
        subprocess.run(["umount", "-l", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path):
    try:
        made = Disk(tmp_path / "disk", 24)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a disk of its own can be had by root on Linux only")
    yield made
    made.end()


@pytest.mark.thorough
def test_a_disk_that_is_full_or_read_only_leaves_the_last_good_pack_whole(ready, disk, tried):
    """The accepted tables, the pages and the revision of a run are one after another what there is no room for."""
    output = ("--output", str(disk.folder / "out"))
    pack = disk.folder / "out" / "acme" / "2026-02"
    first = ready.start(*output)
    said = first.communicate()[1]
    assert first.returncode == 0, said
    good, failed = digests(pack.resolve()), 0
    for free in (0, 4096, *range(40_000, 2_000_000, 120_000)):
        before = pack.resolve()
        disk.fill(free)
        process = ready.start(*output)
        said = process.communicate()[1]
        if process.returncode:
            failed += 1
            assert process.returncode == 1 and "Traceback" not in said, (free, said)
            assert "no space" in said.lower() or "room" in said.lower(), (free, said)
            assert pack.resolve() == before and digests(before) == good, free
        else:
            good = digests(pack.resolve())
        disk.empty()
    assert failed >= 3
    tried("other faults of a run", failed + 1)
    disk.only_read(True)
    process = ready.start(*output)
    said = process.communicate()[1]
    disk.only_read(False)
    assert process.returncode == 1 and "Traceback" not in said and "read" in said.lower(), said
    assert digests(pack.resolve()) == good
    last = ready.start(*output)
    said = last.communicate()[1]
    assert last.returncode == 0, said
    assert sorted(path.name for path in (disk.folder / "out" / "acme" / ".staging").iterdir()) == []


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="whoever may do everything may write everywhere"
)
def test_a_place_that_cannot_be_written_is_named(ready):
    folder = ready.place.output / "acme"
    folder.chmod(0o500)
    try:
        process = ready.start()
        said = process.communicate()[1]
    finally:
        folder.chmod(0o700)
    assert process.returncode == 1 and "acme" in said and "Traceback" not in said
    ready.whole()
