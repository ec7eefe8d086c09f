"""The environment that every verb runs in, built from requirements.lock when it is missing or stale.

It runs before anything is installed, so it needs the standard library alone and is written so that an old
python3 can read it as far as its own refusal:

    python3 -m msp_report.environment                    build .venv where it is missing or stale
    python3 -m msp_report.environment pytest -q          the same, then run a command in it

An activated environment (venv or conda) whose packages are those of the lock is used as it is, unchanged.
Otherwise `.venv` beside the lock is built, with uv where it is on the PATH, else with venv and pip. It is
stale when the content of the lock or of pyproject.toml changed, when the folder was moved, or when its Python
was replaced. What it was built from is written into it last, so a build cut short is started over.
"""

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
VENV = ROOT / ".venv"
BUILT_FROM = VENV / "built_from"
OLDEST = (3, 11)


def main(arguments: list) -> None:
    """Find or build the environment, then become the command given, run in it."""
    if sys.version_info < OLDEST:
        sys.exit(
            f"{sys.executable} is Python {dotted(sys.version_info[:2])}, and msp_report needs "
            f"{dotted(OLDEST)} or newer: install one and name it, as in `make env PYTHON=python3.12`."
        )
    if arguments == ["--lacking"]:
        sys.stdout.write(lacking())
        return
    prefix = activated() or built()
    if arguments:
        become(arguments, prefix)
    say(f"The environment is ready: {prefix}")


def dotted(version: tuple) -> str:
    """A version as people write it."""
    return ".".join(map(str, version))


def become(command: list, prefix: Path) -> None:
    """Replace this process by a command of the environment at prefix."""
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONHOME"}
    programs = interpreter(prefix).parent
    variables["PATH"] = os.pathsep.join([str(programs), variables.get("PATH", os.defpath)])
    if prefix == VENV:
        variables["VIRTUAL_ENV"] = str(VENV)
    else:  # an environment of somebody else's is only read: the project is found there, not installed
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), variables.get("PYTHONPATH")]))
    if os.name == "nt":
        sys.exit(subprocess.call(command, env=variables))
    os.execvpe(command[0], command, variables)


def interpreter(prefix: Path) -> Path:
    """The Python of an environment."""
    if os.name != "nt":
        return prefix / "bin" / "python"
    in_scripts = prefix / "Scripts" / "python.exe"
    return in_scripts if in_scripts.exists() or prefix == VENV else prefix / "python.exe"


def activated() -> Path:
    """The activated environment where it satisfies the lock, else None; `.venv` itself does not count."""
    prefix = Path(os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX") or VENV)
    if prefix.resolve() == VENV.resolve() or not interpreter(prefix).exists():
        return None
    question = [str(interpreter(prefix)), "-m", "msp_report.environment", "--lacking"]
    answer = subprocess.run(question, cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode == 0 and not answer.stdout:
        return prefix
    if not fresh():
        missing = answer.stdout or f"a working Python {dotted(OLDEST)}"
        say(f"The activated environment {prefix} lacks {missing}: .venv is used instead.")
    return None


def lacking() -> str:
    """The first pin of the lock that the running interpreter does not satisfy, or nothing."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        from packaging.requirements import Requirement
    except ImportError:
        return "packaging"
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if not line[:1].isalnum():
            continue
        pin = Requirement(line.rstrip(" \\"))
        if pin.marker and not pin.marker.evaluate():
            continue
        try:
            satisfied = version(pin.name) in pin.specifier
        except PackageNotFoundError:
            satisfied = False
        if not satisfied:
            return f"{pin.name}{pin.specifier}"
    return ""


def built() -> Path:
    """The project's own environment, made or brought up to date where it has to be."""
    if not fresh():
        with one_at_a_time():
            if not fresh():  # another make may have built it while this one waited
                build()
    return VENV


def fresh() -> bool:
    """Whether `.venv` is there, whole, and built from the files as they are now."""
    return interpreter(VENV).exists() and recorded() == wanted()


def recorded() -> list:
    """What `.venv` says that it was built from; nothing while a build is under way or was cut short."""
    return BUILT_FROM.read_text(encoding="utf-8").splitlines() if BUILT_FROM.exists() else []


def wanted() -> list:
    """What a fresh `.venv` was built from: the place and Python of it, then the content of both files."""
    content = [hashlib.sha256(file.read_bytes()).hexdigest() for file in (LOCK, PROJECT)]
    return [str(VENV), os.path.realpath(interpreter(VENV)), *content]


def build() -> None:
    """Make `.venv`, or bring it up to date in place, with the first tool that can."""
    started = time.monotonic()
    tools = [steps for steps in (with_uv(), with_pip()) if steps]
    if not tools:
        sys.exit(
            "python3 -m venv does not work here: install python3-venv (on Debian and Ubuntu: "
            "apt install python3-venv) or uv, then run the same command again."
        )
    in_place = interpreter(VENV).exists() and recorded()[:2] == wanted()[:2]
    BUILT_FROM.unlink(missing_ok=True)
    for name, *steps in tools:
        say(f"{'Bringing .venv up to date' if in_place else 'Building .venv'} with {name} from {LOCK.name}.")
        if not in_place and VENV.exists():
            shutil.rmtree(VENV)
        if all(run(step) for step in steps):
            BUILT_FROM.write_text("\n".join(wanted()), encoding="utf-8")
            say(f"Built in {time.monotonic() - started:.0f} s.")
            return
        in_place = False
    sys.exit("The environment could not be built, for the reason above; the same command starts over.")


def with_uv() -> list:
    """uv's name and steps: create, packages, project; nothing where it is not on the PATH."""
    uv = shutil.which("uv")
    if not uv:
        return []
    install = [uv, "pip", "install", "--python", str(interpreter(VENV)), "--no-deps"]
    return [
        "uv",
        [uv, "venv", "--allow-existing", "--python", base_python(), str(VENV)],
        [*install, "--require-hashes", "--no-build", "-r", str(LOCK)],
        [*install, "--no-build-isolation", "-e", str(ROOT)],
    ]


def with_pip() -> list:
    """venv's and pip's name and steps: create, packages, project; nothing where Python came without them."""
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        return []
    install = [str(interpreter(VENV)), "-m", "pip", "install", "--no-deps", "--no-compile"]
    install += ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    return [
        "pip",
        [base_python(), "-m", "venv", str(VENV)],
        [*install, "--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)],
        [*install, "--no-build-isolation", "-e", str(ROOT)],
    ]


def base_python() -> str:
    """The interpreter to build with: the one running, or the one under it where that is an environment's."""
    return getattr(sys, "_base_executable", None) or sys.executable


def run(command: list) -> bool:
    """Run one step of the build, telling how far it is; its last lines only where it failed."""
    tail, count = deque(maxlen=15), 0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip()
            tail.append(line)
            collected = re.match(r"Collecting (\S+)==", line)
            count += bool(collected)
            if collected and (count % 20 == 1 or sys.stderr.isatty()):
                say(f"  {count:>3} {collected[1]}", transient=True)
            elif re.match(r"(Installing collected|Resolved|Prepared|Installed) ", line):
                say(f"  {line.split(':')[0]}")
    if process.returncode:
        say("\n".join([*tail, f"`{' '.join(command)}` ended with {process.returncode}."]))
    return process.returncode == 0


def say(text: str, transient: bool = False) -> None:
    """Tell a person; a transient line is written over by the next one on a terminal."""
    clear, end = ("\r\033[K", "" if transient else "\n") if sys.stderr.isatty() else ("", "\n")
    sys.stderr.write(clear + text + end)
    sys.stderr.flush()


@contextlib.contextmanager
def one_at_a_time():
    """Hold the lock file, so that of two runs at once one builds and the other waits."""
    with LOCK.open("rb") as held:
        try:
            import fcntl

            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another run is building .venv: waiting for it.")
                fcntl.flock(held, fcntl.LOCK_EX)
        except (ImportError, OSError):  # Windows, and some network shares, have no such lock
            pass
        yield


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("\nInterrupted: what was half built is started over next time.")
