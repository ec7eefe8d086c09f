"""The environment that every verb runs in, built from the lock when it is missing or stale.

It runs before anything is installed, so it needs the standard library alone and is written so that an old
python3 can read it as far as its own refusal:

    python3 -m msp_report.environment                      build .venv where it is missing or stale
    python3 -m msp_report.environment msp-report monthly   the same, then run a command in it
    python3 -m msp_report.environment --with test pytest   the same, with what the tests need in it too

requirements.lock holds what a report needs. What only some verbs need is an extra with a lock of its own,
requirements-test.lock, -lab.lock, -live.lock, -cluster.lock and -servers.lock, and is added to the environment by the
first verb that asks.

An activated environment (venv or conda) whose packages are those of the locks is used; only the project itself
is added to it. Otherwise `.venv` beside the lock is built, with uv where it is on the PATH, else with venv and
pip. It is stale when the content of a lock or of pyproject.toml changed, when the folder was moved, or when
its Python was replaced. What it was built from is written into it last: a build cut short is started over.

It is built with the Python that runs this. `--fastest`, which make gives where nobody names one, takes the fastest of
the same version on the PATH instead: with one that was compiled without optimisation, as pyenv does unless it is told
otherwise, every report takes a third longer than with the system's.
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
from collections import deque, namedtuple
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
EXTRAS = {  # and what each use of it imports
    "cluster": "distributed",
    "lab": "jupyterlab.labapp",
    "live": "paramiko, psycopg, pymysql, s3fs, sqlalchemy",
    "servers": "moto.server",
    "test": "pytest, xdist.plugin",
}
PROJECT = ROOT / "pyproject.toml"
VENV = ROOT / ".venv"
BUILT_FROM = "msp_report.built_from"
OLDEST = (3, 11)

#: What each Python found answers: itself, its version, and the seconds that it takes for the same work.
PROBE = """
import bz2, ctypes, ensurepip, lzma, sqlite3, ssl, sys, time, venv
def work():
    start = time.perf_counter()
    sum(len(str(i)) for i in range(40_000) if isinstance(i, int))
    return time.perf_counter() - start
print(getattr(sys, "_base_executable", None) or sys.executable)
print(*sys.version_info[:2], sep=".")
print(min(work() for _ in range(9)))
"""
#: By how much another Python has to be faster to be taken: more than a busy machine makes of two alike.
FASTER = 1.15

Way = namedtuple("Way", "name create packages project")


def main(arguments: list) -> None:
    """Find or build the environment, then become the command given, run in it."""
    if sys.version_info < OLDEST:
        sys.exit(
            f"{sys.executable} is Python {dotted(sys.version_info[:2])}, and msp_report needs "
            f"{dotted(OLDEST)} or newer: install one and name it, as in `make env PYTHON=python3.12`."
        )
    if arguments[:1] in (["-h"], ["--help"]):
        sys.stdout.write(__doc__)
        return
    extras = set()
    choose = base_python
    if arguments[:1] == ["--fastest"]:
        choose, arguments = fastest, arguments[1:]
    while arguments[:1] == ["--with"] and arguments[1:2] and arguments[1] in EXTRAS:
        extras.add(arguments[1])
        arguments = arguments[2:]
    if arguments == ["--lacking"]:
        sys.stdout.write(lacking(extras))
        return
    if arguments[:1] and arguments[0].startswith("-"):
        sys.exit(
            f"{' '.join(arguments[:2])} is no option: there are --fastest, --with {' or '.join(EXTRAS)}, and --help; "
            "those of a command stand behind it."
        )
    if not LOCK.exists():
        sys.exit(
            f"{ROOT} is no checkout of msp_report: there is no {LOCK.name} to build an environment from."
        )
    prefix = activated(extras) or built(extras, choose)
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
    try:
        if os.name == "nt":
            sys.exit(subprocess.call(command, env=variables))
        os.execvpe(command[0], command, variables)
    except FileNotFoundError:
        sys.exit(f"There is no command {command[0]} in {programs} or on the PATH.")


def interpreter(prefix: Path) -> Path:
    """The Python of an environment."""
    if os.name != "nt":
        return prefix / "bin" / "python"
    in_scripts = prefix / "Scripts" / "python.exe"
    return in_scripts if in_scripts.exists() or prefix == VENV else prefix / "python.exe"


def locks(extras: set) -> list:
    """The files that pin an environment with these extras."""
    return [LOCK, *(LOCK.with_name(f"{LOCK.stem}-{extra}.lock") for extra in sorted(extras))]


def activated(extras: set) -> Path:
    """The activated environment where it satisfies the locks, else None; `.venv` itself does not count."""
    prefix = Path(os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX") or VENV)
    if prefix.resolve() == VENV.resolve() or not interpreter(prefix).exists():
        return None
    question = [str(interpreter(prefix)), "-m", "msp_report.environment", *asked(extras), "--lacking"]
    answer = subprocess.run(question, cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode or answer.stdout:
        if not fresh(VENV, extras):
            missing = answer.stdout or f"a working Python {dotted(OLDEST)}"
            say(f"The activated environment {prefix} lacks {missing}: .venv is used instead.")
        return None
    if not fresh(prefix, extras):
        say(f"Adding msp_report to the activated environment {prefix}.")
        if not any(run(way.project) for way in ways(prefix, extras, base_python())):
            return None
        record(prefix, extras)
    return prefix


def asked(extras: set) -> list:
    """How this module is asked for extras."""
    return [word for extra in sorted(extras) for word in ("--with", extra)]


def lacking(extras: set) -> str:
    """The first pin of the locks that the running interpreter does not satisfy, or nothing."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        from packaging.requirements import Requirement
    except ImportError:
        return "packaging"
    for line in (line for lock in locks(extras) for line in lock.read_text(encoding="utf-8").splitlines()):
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


def built(extras: set, choose: object) -> Path:
    """The project's own environment, made with the Python that `choose` finds or brought up to date where it has to
    be."""
    if not fresh(VENV, extras):
        with one_at_a_time():
            if not fresh(VENV, extras):  # another run may have built it while this one waited
                build(extras, choose)
    return VENV


def fresh(prefix: Path, extras: set) -> bool:
    """Whether an environment is there, whole, and built from the files as they are now; more extras do no harm."""
    return interpreter(prefix).exists() and set(wanted(prefix, extras)) <= set(recorded(prefix))


def recorded(prefix: Path) -> list:
    """What an environment was built from; nothing while that is under way or where it was cut short."""
    file = prefix / BUILT_FROM
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def record(prefix: Path, extras: set) -> None:
    """Note in an environment what it was built from, once it is whole."""
    (prefix / BUILT_FROM).write_text("\n".join(wanted(prefix, extras)), encoding="utf-8")


def wanted(prefix: Path, extras: set) -> list:
    """What a fresh environment was built from: its place and its Python, then the content of the files."""
    files = [PROJECT, *locks(extras)]
    content = [f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in files]
    return [str(prefix), os.path.realpath(interpreter(prefix)), *content]


def build(extras: set, choose: object) -> None:
    """Make `.venv`, or bring it up to date in place with the extras that it has, with the first tool that can."""
    started = time.monotonic()
    before = recorded(VENV)
    in_place = interpreter(VENV).exists() and before[:2] == wanted(VENV, set())[:2]
    if in_place:
        names = {line.split()[0] for line in before[2:]}
        extras = extras | {extra for extra in EXTRAS if locks({extra})[1].name in names}
    sources = " and ".join(lock.name for lock in locks(extras))
    # What is there was made for its own Python, whichever runs this; on Windows it holds a copy, which tells of none.
    keeps = in_place and os.name != "nt"
    python = os.path.realpath(interpreter(VENV)) if keeps else choose()
    for way in ways(VENV, extras, python):
        say(
            f"{'Bringing .venv up to date' if in_place else 'Building .venv'} with {way.name} from {sources}."
        )
        (VENV / BUILT_FROM).unlink(missing_ok=True)
        if not in_place and VENV.exists():
            shutil.rmtree(VENV)
        if run(way.create) and run(way.packages) and run(way.project):
            import_once(extras)
            record(VENV, extras)
            say(f"Built in {time.monotonic() - started:.0f} s.")
            return
    sys.exit("The environment could not be built, for the reason above; the same command starts over.")


def import_once(extras: set) -> None:
    """Have what every run imports compiled and kept, also where Python is told to keep no compiled code: without it
    each process would compile the libraries anew. What cannot be imported shows itself in the run."""
    say("  compiling")
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    modules = ["msp_report.packs.warm, msp_report.packs.pack, msp_report.cli", *map(EXTRAS.get, extras)]
    first = [str(interpreter(VENV)), "-c", f"import {', '.join(modules)}"]
    subprocess.run(first, cwd=ROOT, env=variables, capture_output=True, check=False)


def ways(prefix: Path, extras: set, base: str) -> list:
    """What can fill an environment made with the Python `base`, best first; refuses where nothing can."""
    python, project = str(interpreter(prefix)), ["-e", str(ROOT)]
    packages = [word for lock in locks(extras) for word in ("-r", str(lock))]
    found = []
    uv = shutil.which("uv")
    if uv:
        create = [uv, "venv", "--allow-existing", "--python", base, str(prefix)]
        install = [uv, "pip", "install", "--python", python, "--no-deps"]
        pinned = [*install, "--require-hashes", "--no-build", *packages]
        found.append(Way("uv", create, pinned, [*install, "--no-build-isolation", *project]))
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        create = [base, "-m", "venv", str(prefix)]
        install = [python, "-m", "pip", "install", "--no-deps", "--no-compile"]
        install += ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
        pinned = [*install, "--require-hashes", "--only-binary", ":all:", *packages]
        found.append(Way("pip", create, pinned, [*install, "--no-build-isolation", *project]))
    if not found:
        sys.exit(
            "python3 -m venv does not work here: install python3-venv (on Debian and Ubuntu: "
            "apt install python3-venv) or uv, then run the same command again."
        )
    return found


def base_python() -> str:
    """The interpreter to build with: the one running, or the one under it where that is an environment's."""
    return getattr(sys, "_base_executable", None) or sys.executable


def fastest() -> str:
    """The fastest Python of this version on the PATH that can make environments; the one running unless another is
    clearly faster. Elsewhere than on Linux the one running: a stand-in of the system's might answer with a window."""
    running = os.path.realpath(base_python())
    if sys.platform != "linux":
        return running
    version = dotted(sys.version_info[:2])
    names = ("python3", f"python{version}")
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    paths = [running, *(os.path.join(folder, name) for folder in folders if folder for name in names)]
    seconds = {}
    for path in dict.fromkeys(os.path.realpath(path) for path in paths if os.access(path, os.X_OK)):
        answer = []
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            question = [path, "-I", "-c", PROBE]
            said = subprocess.run(question, capture_output=True, text=True, check=False, timeout=30)
            answer = said.stdout.splitlines()
        if len(answer) == 3 and answer[1] == version:
            seconds.setdefault(os.path.realpath(answer[0]), float(answer[2]))
    best = min(seconds, key=seconds.get, default=running)
    ratio = seconds[running] / seconds[best] if running in seconds else 1
    if ratio < FASTER:
        return running
    say(
        f"{running} takes {ratio:.1f} times as long as {best}, which is used; PYTHON={running} would name it."
    )
    return best


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
