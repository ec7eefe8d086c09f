"""A wheel works by itself: installed into an empty environment, in an empty folder, it makes the demo and its pack."""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from msp_report.workspace import PROJECT

MONTH = "2025-10"  # the first month of the demo: nothing has to be run before it


def run(*command: object, cwd: Path) -> str:
    """What a command said; of whoever runs the tests it sees the data of the libraries, no import path else."""
    hidden = ("PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX")
    clean = {key: value for key, value in os.environ.items() if key not in hidden}
    clean["JUPYTER_PATH"] = str(Path(sysconfig.get_path("data"), "share", "jupyter"))
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from a copy of the checkout, in which a client's params lie too."""
    copy = tmp_path_factory.mktemp("tree") / "project"
    shutil.copytree(PROJECT / "params" / "demo", copy / "params" / "acme")
    for name in ("msp_report", "notebooks", "params", "docs"):
        ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        shutil.copytree(PROJECT / name, copy / name, ignore=ignored, dirs_exist_ok=True)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, copy / name)
    build = "from setuptools.build_meta import build_wheel; print(build_wheel('dist'))"
    return copy / "dist" / run(sys.executable, "-c", build, cwd=copy).splitlines()[-1]


@pytest.fixture(scope="module")
def programs(wheel, tmp_path_factory) -> Path:
    """The folder of programs of a new environment with the wheel in it; it borrows the libraries of this one."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    if importlib.util.find_spec("pip"):
        install = [sys.executable, "-m", "pip", "--python", python, "install", "--no-index"]
    else:
        install = ["uv", "pip", "install", "--python", python, "--offline"]
    run(*install, "--no-deps", wheel, cwd=folder)
    (site,) = folder.rglob("site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return scripts


def test_what_travels_in_it(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for kept in [
        *PROJECT.glob("notebooks/*/*.ipynb"),
        *PROJECT.glob("params/*/*.*"),
        PROJECT / "docs/rules.md",
    ]:
        assert f"msp_report/shipped/{kept.relative_to(PROJECT).as_posix()}" in names
    assert not [name for name in names if "acme" in name or name.startswith(("tests", "notebooks"))]


@pytest.mark.parametrize(
    "pages", [pytest.param("*", marks=pytest.mark.thorough), "[01]0_*"], ids=["every page", "a few pages"]
)
def test_it_makes_the_demo_and_its_pack_in_an_empty_folder(programs, tmp_path, pages):
    (shipped,) = programs.parent.rglob("msp_report/shipped/notebooks/monthly")
    for path in (PROJECT / "notebooks" / "monthly").glob("*.ipynb"):
        if path.match(pages):
            shutil.copy(path, shipped)
        else:
            (shipped / path.name).unlink(missing_ok=True)
    where = run(programs / "python", "-c", "import msp_report; print(msp_report.__file__)", cwd=tmp_path)
    assert Path(where).is_relative_to(programs.parent)
    page = run(programs / "msp-report", "monthly", "--month", MONTH, cwd=tmp_path).splitlines()[-1]
    assert Path(page) == tmp_path / "output" / "demo" / MONTH / "html" / "index.html"
    assert {path.name for path in tmp_path.iterdir()} == {"exports", "output"}
    made = {path.stem for path in Path(page).parent.glob("*.html")}
    reports = {path.stem.split("_", 1)[1] for path in shipped.glob("*.ipynb")}
    assert {"index", "rules", *reports - {"scorecard"}} <= made


def test_it_says_its_version(programs, wheel, tmp_path):
    said = run(programs / "msp-report", "--version", cwd=tmp_path)
    assert said == f"msp-report {wheel.name.split('-')[1]}"
    assert run(programs / "python", "-m", "msp_report", "--version", cwd=tmp_path) == said
