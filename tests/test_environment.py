"""The environment is built once, again where it is stale, never taken as whole when it is not."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from msp_report import environment

fcntl = pytest.importorskip(
    "fcntl", reason="the stand-in for uv is a shell script, which Windows does not run"
)

# Stands in for uv: makes the environment's interpreter and notes each call; `broken` beside it makes it fail.
UV = """#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/calls"
case "$*" in *requirements*.lock*) [ ! -e "$here/broken" ] || { echo 'no route to the index'; exit 7; } ;; esac
if [ "$1" = venv ]; then
  for prefix; do :; done
  mkdir -p "$prefix/bin" && ln -sf "$PYTHON" "$prefix/bin/python"
else
  sleep "${SLOW:-0}"
fi
"""


class Checkout:
    """A copy of what the environment is built from, with the stand-in first on the PATH."""

    def __init__(self, folder: Path):
        self.root, self.tools = folder / "project", folder / "tools"
        (self.root / "msp_report").mkdir(parents=True)
        locks = environment.locks(set(environment.EXTRAS))
        for file in (*locks, environment.PROJECT, environment.ROOT / "msp_report" / "__init__.py"):
            shutil.copy(file, self.root / file.relative_to(environment.ROOT))
        shutil.copy(environment.__file__, self.root / "msp_report")
        self.tools.mkdir()
        (self.tools / "uv").write_text(UV)
        (self.tools / "uv").chmod(0o755)

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen:
        clean = {
            k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH")
        }
        path = os.pathsep.join([str(self.tools), clean["PATH"]])
        return subprocess.Popen(
            [sys.executable, "-m", "msp_report.environment", *arguments],
            cwd=self.root,
            env={**clean, "PATH": path, "PYTHON": sys.executable, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, **variables: str) -> tuple[int, str]:
        process = self.start(*arguments, **variables)
        output, _ = process.communicate(timeout=60)
        return process.returncode, output

    def calls(self) -> list[str]:
        """What the stand-in was asked for since last time: venv, packages with their extras, project."""
        noted = self.tools / "calls"
        lines = noted.read_text().splitlines() if noted.exists() else []
        noted.unlink(missing_ok=True)
        return [_asked(line) for line in lines]


def _asked(line: str) -> str:
    if line.startswith("venv"):
        return "venv"
    extras = re.findall(r"requirements-(\w+)\.lock", line)
    return " ".join(["packages", *extras]) if "requirements.lock" in line else "project"


@pytest.fixture
def checkout(tmp_path) -> Checkout:
    return Checkout(tmp_path)


@pytest.fixture
def built(checkout) -> Checkout:
    assert checkout.run()[0] == 0
    assert checkout.calls() == ["venv", "packages", "project"]
    return checkout


def test_packages_are_installed_by_their_hashes_alone(checkout):
    checkout.run()
    packages = next(
        x for x in (checkout.tools / "calls").read_text().splitlines() if "requirements.lock" in x
    )
    assert {"--require-hashes", "--no-deps", "--no-build"} <= set(packages.split())


def test_a_fresh_one_is_left_alone(built):
    for name in ("requirements.lock", "pyproject.toml"):
        (built.root / name).touch()
    assert built.run()[0] == 0
    assert built.calls() == []


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_changed_content_is_brought_up_to_date_in_place(built, name):
    kept = built.root / ".venv" / "kept"
    kept.touch()
    with (built.root / name).open("a") as file:
        file.write("# changed\n")
    code, output = built.run()
    assert (code, built.calls()) == (0, ["venv", "packages", "project"])
    assert "up to date" in output
    assert kept.exists()


def test_an_extra_is_added_when_first_asked_for_and_kept(built):
    kept = built.root / ".venv" / "kept"
    kept.touch()
    assert built.run("--with", "test", "python", "-c", "")[0] == 0
    assert built.calls() == ["venv", "packages test", "project"]
    for again in (["--with", "test"], []):
        assert built.run(*again)[0] == 0
        assert built.calls() == []
    assert built.run("--with", "lab")[0] == 0
    assert built.calls() == ["venv", "packages lab test", "project"]
    (built.root / "requirements.lock").write_text("# changed\n")
    assert built.run()[0] == 0
    assert built.calls() == ["venv", "packages lab test", "project"]
    assert kept.exists()


def test_a_changed_extra_matters_to_those_who_ask_for_it(built):
    built.run("--with", "test")
    built.calls()
    with (built.root / "requirements-test.lock").open("a") as file:
        file.write("# changed\n")
    assert built.run()[0] == 0
    assert built.calls() == []
    assert built.run("--with", "test")[0] == 0
    assert built.calls() == ["venv", "packages test", "project"]


def test_where_there_is_no_lock_it_says_that_this_is_no_checkout(checkout):
    (checkout.root / "requirements.lock").unlink()
    code, output = checkout.run()
    assert (code, checkout.calls()) == (1, [])
    assert "is no checkout of msp_report" in output and output.count("\n") == 1


@pytest.mark.parametrize("asked", ["-h", "--help"])
def test_it_tells_how_to_use_it(checkout, asked):
    code, said = checkout.run(asked)
    assert code == 0 and "--with test" in said and not checkout.calls()


@pytest.mark.parametrize(
    "asked, told",
    [
        ("--with tests pytest", "--with tests"),
        ("--with", "--with"),
        ("--witch test", "--witch test"),
        ("--with test --fast", "--fast"),
    ],
)
def test_an_option_that_it_does_not_know_is_refused_in_one_line(checkout, asked, told):
    code, said = checkout.run(*asked.split())
    assert code == 1 and len(said.splitlines()) == 1 and not checkout.calls()
    assert said.startswith(f"{told} is no option"), said


def test_a_command_that_is_not_there_is_refused_in_one_line(built):
    code, said = built.run("msp-reprot", "monthly")
    assert code == 1 and said.splitlines()[-1:] == [
        f"There is no command msp-reprot in {built.root / '.venv' / 'bin'} or on the PATH."
    ]


def test_one_cut_short_is_started_over(built):
    (built.root / ".venv" / environment.BUILT_FROM).unlink()
    left = built.root / ".venv" / "left"
    left.touch()
    assert built.run()[0] == 0
    assert built.calls() == ["venv", "packages", "project"]
    assert not left.exists()


def test_killed_in_the_middle_is_not_taken_as_whole(checkout):
    process = checkout.start(SLOW="5")
    while "packages" not in checkout.calls():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    process.kill()
    process.communicate()
    assert not (checkout.root / ".venv" / environment.BUILT_FROM).exists()


def test_one_that_was_moved_is_started_over(built):
    built.root = built.root.rename(built.root.with_name("moved"))
    assert built.run()[0] == 0
    assert "venv" in built.calls()


def test_one_whose_python_is_gone_is_started_over(built):
    (built.root / ".venv" / "bin" / "python").unlink()
    assert built.run()[0] == 0
    assert "venv" in built.calls()


def test_of_two_at_once_one_waits_for_the_other(checkout):
    with (checkout.root / "requirements.lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = checkout.start()
        assert "waiting" in process.stdout.readline()
        assert checkout.calls() == []
    process.communicate(timeout=60)
    assert (process.returncode, checkout.calls()) == (0, ["venv", "packages", "project"])


def test_two_at_once_build_one(checkout):
    both = [checkout.start(SLOW="0.5") for _ in range(2)]
    for process in both:
        process.communicate(timeout=60)
    assert [process.returncode for process in both] == [0, 0]
    assert checkout.calls() == ["venv", "packages", "project"]


def test_a_failure_says_why_and_is_not_taken_as_whole(checkout):
    (checkout.tools / "broken").touch()
    uv_alone = (
        "from msp_report import environment as e; e.importlib.util.find_spec = lambda name: None; e.main([])"
    )
    process = subprocess.run(
        [sys.executable, "-c", uv_alone],
        cwd=checkout.root,
        env={"PATH": f"{checkout.tools}:/usr/bin:/bin", "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert "no route to the index" in process.stderr
    assert "could not be built" in process.stderr
    assert "Traceback" not in process.stderr
    assert not (checkout.root / ".venv" / environment.BUILT_FROM).exists()


def test_the_command_runs_in_the_environment(built):
    code, output = built.run("python", "-c", "import os, sys; print(os.environ['VIRTUAL_ENV']); sys.exit(3)")
    assert (code, output.strip()) == (3, str(built.root / ".venv"))


def test_an_activated_environment_that_satisfies_the_lock_is_used(checkout, tmp_path):
    """The one that the tests run in, seen under another name, so that nothing is written into it."""
    if environment.lacking({"test"}):
        pytest.skip("the tests run outside an environment of the lock")
    prefix = tmp_path / "activated"
    (prefix / "bin").mkdir(parents=True)
    python = prefix / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    for _ in range(2):
        code, output = checkout.run("--with", "test", "python", "-c", "print('ran')", VIRTUAL_ENV=str(prefix))
        assert (code, output.splitlines()[-1]) == (0, "ran")
    assert checkout.calls() == ["project"]
    assert not (checkout.root / ".venv").exists()


@pytest.mark.parametrize(
    ("lock", "asked", "called"),
    [("requirements.lock", [], "packages"), ("requirements-test.lock", ["--with", "test"], "packages test")],
)
def test_an_activated_environment_that_lacks_a_pin_is_not_used(checkout, lock, asked, called):
    with (checkout.root / lock).open("a") as file:
        file.write("\nno-such-package==1.0 \\\n    --hash=sha256:0\n")
    code, output = checkout.run(*asked, CONDA_PREFIX=sys.prefix)
    assert code == 0
    assert "lacks " in output
    assert checkout.calls() == ["venv", called, "project"]


@pytest.mark.parametrize(
    ("pins", "lacks"),
    [
        ("pytest>=1 \\\n    --hash=sha256:0\n    # via x", ""),
        ("pytest==0.1", "pytest==0.1"),
        ("no-such-package==1.0", "no-such-package==1.0"),
        ("no-such-package==1.0 ; python_full_version < '3'", ""),
        ("# no-such-package==1.0", ""),
    ],
)
def test_lacking_reads_the_lock(tmp_path, monkeypatch, pins, lacks):
    (tmp_path / "lock").write_text(pins)
    monkeypatch.setattr(environment, "LOCK", tmp_path / "lock")
    assert environment.lacking(set()) == lacks


def test_an_old_python_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(environment.sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit) as refusal:
        environment.main([])
    assert "is Python 3.9, and msp_report needs 3.11 or newer" in refusal.value.code
    assert "\n" not in refusal.value.code


def test_a_python_without_venv_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(environment.shutil, "which", lambda name: None)
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit) as refusal:
        environment.ways(Path("anywhere"), set(), "python3")
    assert "install python3-venv" in refusal.value.code
    assert "\n" not in refusal.value.code


def stand_in(file: Path, *answer: str) -> str:
    """A program that answers as a Python would that is asked how fast it is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\n" + "".join(f"echo '{line}'\n" for line in answer))
    file.chmod(0o755)
    return str(file)


THIS = environment.dotted(sys.version_info[:2])


@pytest.mark.parametrize(
    ("version", "seconds", "taken"),
    [
        (THIS, "0.10", True),
        (THIS, "0.19", False),  # the same on a busy machine
        (THIS, "0.30", False),
        ("3.99", "0.10", False),  # locks and figures were tried with this version
        ("3.99", None, False),
    ],
)
def test_the_fastest_python_of_the_same_version_is_taken(
    tmp_path, monkeypatch, capsys, version, seconds, taken
):
    running = tmp_path / "slow" / "python3"
    stand_in(running, str(running), THIS, "0.20")
    other = tmp_path / "other" / "python3"
    stand_in(other, *([str(other), version, seconds] if seconds else ["no such module"]))
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", os.pathsep.join(["", *(str(tmp_path / name) for name in ("empty", "other"))]))
    monkeypatch.setattr(environment, "base_python", lambda: str(running))
    monkeypatch.setattr(environment.sys, "platform", "linux")
    assert environment.fastest() == str(other if taken else running)
    said = f"{running} takes 2.0 times as long as {other}, which is used; PYTHON={running} would name it.\n"
    assert capsys.readouterr().err == (said if taken else "")
    monkeypatch.setattr(environment.sys, "platform", "darwin")
    assert environment.fastest() == str(running)


def test_a_real_python_tells_how_fast_it_is(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert environment.fastest() == os.path.realpath(environment.base_python())
    answer = subprocess.run(
        [environment.base_python(), "-I", "-c", environment.PROBE], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert os.path.realpath(answer[0]) == os.path.realpath(environment.base_python())
    assert (answer[1], 0 < float(answer[2]) < 60) == (THIS, True)


@pytest.mark.parametrize("choose", [[], ["--fastest"]])
def test_one_that_is_there_keeps_its_python(checkout, tmp_path, choose):
    """An extra is added to it with the Python that it was made with, whichever runs this or is faster."""
    its = tmp_path / "its" / "python3"
    its.parent.mkdir()
    shutil.copy(os.path.realpath(sys.executable), its)
    assert checkout.run(*choose, PYTHON=str(its))[0] == 0
    assert checkout.calls() == ["venv", "packages", "project"]
    before = (checkout.root / ".venv" / environment.BUILT_FROM).read_text()
    assert f"\n{its}\n" in before
    assert checkout.run(*choose, "--with", "test", PYTHON=str(its))[0] == 0
    called = (checkout.tools / "calls").read_text()
    assert f"--python {its} " in called.splitlines()[0]
    assert checkout.calls() == ["venv", "packages test", "project"]
    assert (checkout.root / ".venv" / environment.BUILT_FROM).read_text().startswith(before)
