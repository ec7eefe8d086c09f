"""The bill of materials is the lock's, and what the document says of each dependency is so."""

import json
import re
from importlib import metadata
from pathlib import Path

import pytest

from msp_report.environment import EXTRAS, locks
from msp_report.reference import supply

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "dependencies.md"


@pytest.mark.parametrize("lock", locks(set(EXTRAS)), ids=lambda path: path.name)
def test_every_pin_is_one_version_with_its_hashes(lock):
    assert len(supply.pins(lock)) > 5


@pytest.mark.parametrize(
    "line",
    [
        "six==1.17.0",
        "six>=1.17.0 --hash=sha256:" + "0" * 64,
        "six==1.17.0 --hash=sha256:0",
        "six==1.17.0 --hash=md5:" + "0" * 32,
        "six --hash=sha256:" + "0" * 64,
    ],
)
def test_a_pin_without_version_or_hash_is_refused(tmp_path, line):
    lock = tmp_path / "some.lock"
    lock.write_text(f"# made by hand\n{line}\n")
    with pytest.raises(ValueError, match="six"):
        supply.pins(lock)


def test_the_bill_is_what_the_lock_names_and_nothing_of_the_tests():
    bill = json.loads(json.dumps(supply.bill()))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    told = {part["name"]: part for part in bill["components"]}
    pinned = {pin.name: pin for pin in supply.pins() if pin.applies}
    assert told.keys() == pinned.keys() and "pytest" not in told and "jupyterlab" not in told
    for name, part in told.items():
        assert part["purl"] == part["bom-ref"] == f"pkg:pypi/{name}@{pinned[name].version}"
        assert metadata.version(name) == part["version"]
        hashes = [one["content"] for one in part["externalReferences"][0]["hashes"]]
        assert tuple(hashes) == pinned[name].hashes
        assert part["licenses"], name


def test_what_a_report_needs_is_reached_from_it():
    """Each package of the lock is wanted by pyproject.toml, or by another one that is: none is carried for nothing."""
    bill = supply.bill()
    needs = {entry["ref"]: entry["dependsOn"] for entry in bill["dependencies"]}
    own = bill["metadata"]["component"]["bom-ref"]
    seen, open_ = set(), [own]
    while open_:
        one = open_.pop()
        if one not in seen:
            seen.add(one)
            open_ += needs[one]
    build = {"pkg:pypi/setuptools"}  # what installs the project itself
    unreached = {part["bom-ref"] for part in bill["components"]} - seen
    assert {ref.partition("@")[0] for ref in unreached} <= build
    names = {ref.partition("@")[0].rpartition("/")[2] for ref in needs[own]}
    assert names == set(supply.wanted())


def test_the_document_names_every_dependency_with_its_size():
    rows = re.findall(
        r"^\| (\S+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| (\d+) \|$", DOCUMENT.read_text("utf-8"), re.M
    )
    told = {name: tuple(map(float, sizes)) for name, *sizes in rows}
    assert sorted(told) == supply.wanted(), "make docs/dependencies.md anew, as its head says"
    for name, (itself, with_it, whole, _) in told.items():
        assert itself <= whole + 0.1 and with_it <= whole + 0.1, name
        found = supply._size_mb({name})
        assert found == pytest.approx(itself, rel=0.3, abs=0.5), f"{name} is {found:.1f} MB now"
