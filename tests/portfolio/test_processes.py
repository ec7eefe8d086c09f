"""A client's month in a process of its own: what it says comes back, and it ends in time with all that it began."""

import os
import sys
import time

import pytest

from msp_report.portfolio import processes
from msp_report.workspace import PROJECT as ROOT


@pytest.fixture
def program(monkeypatch, tmp_path):
    """Stands where Python does: runs a script instead of the command line."""

    def make(script: str) -> None:
        file = tmp_path / "program"
        file.write_text(f"#!{sys.executable}\nimport os, signal, sys, time\n{script}\n", encoding="utf-8")
        file.chmod(0o755)
        monkeypatch.setattr(processes.sys, "executable", str(file))

    return make


def run(seconds=30.0, **options):
    return processes.run("acme", ("monthly", "--client", "acme"), {"TOLD": "so"}, seconds, **options)


def test_what_it_says_and_how_it_ends(program):
    program(
        "sys.stderr.write('acme: tickets\\n\\nmsp-report: a.csv: no\\n' + os.environ['TOLD'] + '\\n')\n"
        "print(sys.argv[1:], file=sys.stderr)\nraise SystemExit(3)"
    )
    outcome = run()
    assert outcome.code == 3
    assert outcome.said[0] == "acme: tickets"
    assert outcome.why == "a.csv: no; so; ['-m', 'msp_report.portfolio.tied', 'monthly', '--client', 'acme']"


def test_one_that_ends_well_has_no_reason(program):
    program("print('acme: tickets', file=sys.stderr)")
    outcome = run()
    assert (outcome.code, outcome.why) == (0, None)


def test_one_that_says_nothing(program):
    program("raise SystemExit(1)")
    assert run().why == "it ended without a word"


def test_a_signal_is_no_success(program):
    program("os.kill(os.getpid(), signal.SIGKILL)")
    outcome = run()
    assert (outcome.code, outcome.why) == (1, "it was ended by signal 9")


def _is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # one that nobody waited for is there by name alone
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("deaf", [False, True])
def test_the_deadline_ends_it_and_what_it_began(program, tmp_path, monkeypatch, deaf):
    monkeypatch.setattr(processes, "GRACE", 0.5)
    ignored = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" if deaf else ""
    program(
        f"{ignored}child = os.fork()\n"
        f"if child: open({str(tmp_path / 'child')!r}, 'w').write(str(child))\n"
        "time.sleep(60)"
    )
    begun = time.monotonic()
    outcome = run(2.0)
    assert time.monotonic() - begun < 30
    assert (outcome.code, outcome.why) == (1, "it did not end in 2 s and was stopped: see --deadline")
    child = int((tmp_path / "child").read_text())
    until = time.monotonic() + 5
    while _is_there(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _is_there(child)


def test_nobody_wants_it_any_more(program):
    program("time.sleep(60)")
    begun = time.monotonic()
    assert run(is_wanted=lambda: False).code == 1
    assert time.monotonic() - begun < 15


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is forked to be killed")
def test_it_ends_with_the_one_that_began_it(program, tmp_path):
    """Also where that is killed: its own end of the pipe is gone then."""
    program(
        f"open({str(tmp_path / 'child')!r}, 'w').write(str(os.getpid()))\n"
        "sys.path.insert(0, os.environ['ROOT'])\nfrom msp_report import cli\nfrom msp_report.portfolio import tied\n"
        "tied.cli.main = lambda: time.sleep(60)\ntied.main()"
    )
    parent = os.fork()
    if parent == 0:
        processes.run("acme", (), {"ROOT": str(ROOT)}, 60.0)
        os._exit(0)
    file, until = tmp_path / "child", time.monotonic() + 20
    while not (file.exists() and file.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    child = int(file.read_text())
    time.sleep(1)
    os.kill(parent, 9)
    os.waitpid(parent, 0)
    while _is_there(child) and time.monotonic() < until + 20:
        time.sleep(0.05)
    assert not _is_there(child)
