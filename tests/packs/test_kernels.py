"""Warm kernels: real kernels of their own, each with its own state and environment, gone with their run."""

import os
import pkgutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from jupyter_client.utils import run_sync

from msp_report import metrics
from msp_report.packs import kernels, warming

pytestmark = pytest.mark.skipif(not warming.can_fork(), reason="kernels are forked only where processes are")


class Kernel:
    """A kernel as a pack run starts it."""

    def __init__(self, environment, cwd, config) -> None:
        self.manager = kernels.manager(environment)(kernel_name="python3", config=config)
        run_sync(self.manager.start_kernel)(cwd=str(cwd))
        self.client = self.manager.blocking_client()
        self.client.start_channels()

    def run(self, code: str) -> str:
        """What an expression or a statement gave."""
        reply = self.client.execute(code, reply=True, timeout=120, user_expressions={"it": "str(it)"})
        content = reply["content"]
        assert content["status"] == "ok", content
        return content["user_expressions"]["it"]["data"]["text/plain"].strip("'")

    def end(self) -> None:
        self.client.stop_channels()
        run_sync(self.manager.shutdown_kernel)(now=True)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two kernels at once, with settings and folders of their own."""
    folders = [tmp_path_factory.mktemp(name) for name in ("a", "b")]
    warming.warm_up()
    with kernels.private_sockets() as config:
        told = ({kernels.TEXTS: "python"}, {})
        started = [
            Kernel({"MSP_TEST": folder.name, **more}, folder, config)
            for folder, more in zip(folders, told, strict=True)
        ]
        yield started, folders
        for kernel in started:
            kernel.end()


def test_each_has_its_own_process_state_and_folder(two):
    (one, other), folders = two
    pids = {kernel.run("import os; it = os.getpid()") for kernel in (one, other)}
    assert len(pids) == 2 and str(os.getpid()) not in pids
    assert [kernel.run("it = os.getcwd()") for kernel in (one, other)] == [str(folder) for folder in folders]
    one.run("secret = 1; import pandas; pandas.options.display.max_rows = 7; it = 0")
    assert (
        other.run("import pandas; it = ('secret' in globals(), pandas.options.display.max_rows)")
        == "(False, 60)"
    )


def test_each_has_its_own_environment_beside_that_of_the_run(two):
    (one, other), folders = two
    for kernel, folder in zip((one, other), folders, strict=True):
        assert kernel.run("import os; it = os.environ['MSP_TEST']") == folder.name
        assert kernel.run("it = os.environ.get('PATH')") == os.environ["PATH"]
    assert "MSP_TEST" not in os.environ


def test_texts_are_kept_as_the_run_says(two):
    one, other = two[0]
    kept = "import pandas; it = pandas.Series(['a']).array.dtype.storage"
    assert [kernel.run(kept) for kernel in (one, other)] == ["python", "pyarrow"]


def test_nothing_that_somebody_runs_at_the_start_of_a_notebook_is_run(tmp_path, monkeypatch):
    """~/.ipython/profile_default/startup would change what a pack holds."""
    startup = tmp_path / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("planted = 1")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("IPYTHONDIR", raising=False)
    warming.warm_up()
    with kernels.private_sockets() as config:
        kernel = Kernel({}, tmp_path, config)
        assert kernel.run("it = 'planted' in globals()") == "False"
        kernel.end()


#: What a kernel's log would write: an interrupt while nothing runs, and another fault.
LOGGED = """\
import logging
written = []
log = logging.getLogger("IPKernelApp")
seen = logging.Handler()
seen.emit = lambda record: written.append(record.getMessage())
log.addHandler(seen)
log.error("KeyboardInterrupt caught in kernel.")
log.error("Exception in message handler:")
log.removeHandler(seen)
it = ";".join(written)
"""


def test_one_that_is_ended_between_two_cells_calls_it_no_error(two):
    (one, _), _ = two
    assert one.run(LOGGED) == "Exception in message handler:"


#: Each waits for the file that the other one writes.
MEET = """\
import pathlib, time
pathlib.Path({mine!r}).touch()
for _ in range(600):
    if it := pathlib.Path({theirs!r}).exists():
        break
    time.sleep(0.05)
"""


def test_they_work_at_the_same_time(two):
    kernels_, folders = two
    files = [str(folder / "here") for folder in folders]
    codes = [MEET.format(mine=mine, theirs=theirs) for mine, theirs in (files, files[::-1])]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(Kernel.run, kernels_, codes)) == ["True", "True"]


def test_libraries_are_there_before_they_are_imported(two):
    (one, _), _ = two
    every = [name.name for name in pkgutil.walk_packages(metrics.__path__, "msp_report.metrics.")]
    wanted = ["pandas", "seaborn", "scipy.stats", "msp_report.packs.scraps", *every]
    assert one.run(f"import sys; it = [name for name in {wanted} if name not in sys.modules]") == "[]"


def test_nothing_listens_on_a_port(two):
    (one, _), _ = two
    transport, address = one.manager.transport, Path(one.manager.ip)
    assert transport == "ipc" and address.parent.stat().st_mode & 0o077 == 0


def test_a_killed_run_takes_its_kernels_with_it(tmp_path):
    script = tmp_path / "run.py"
    script.write_text(
        "import time\n"
        "from jupyter_client.utils import run_sync\n"
        "from msp_report.packs import kernels, warming\n"
        "if __name__ != '__main__': raise SystemExit('the script was run again')\n"
        "warming.warm_up()\n"
        "with kernels.private_sockets() as config:\n"
        "    kernel = kernels.manager({})(kernel_name='python3', config=config)\n"
        "    run_sync(kernel.start_kernel)()\n"
        "    print(kernel.provisioner.pid, flush=True)\n"
        "    time.sleep(120)\n"
    )
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as run:
        pid = int(run.stdout.readline())
        parent = int(Path(f"/proc/{pid}/status").read_text().partition("PPid:")[2].split()[0])
        assert parent != run.pid
        run.kill()
    until = time.monotonic() + 60
    while {state(pid), state(parent)} - {"gone", "Z"} and time.monotonic() < until:
        time.sleep(0.1)
    assert {state(pid), state(parent)} <= {"gone", "Z"}


def state(pid: int) -> str:
    """A process's letter in /proc, or gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "gone"


def test_a_long_folder_for_temporary_files_is_no_obstacle(tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    assert not warming.can_fork()
    with kernels.private_sockets() as config:
        kernel = Kernel({"MSP_TEST": "deep"}, tmp_path, config)
        assert kernel.run("import os; it = os.environ['MSP_TEST']") == "deep"
        kernel.end()
