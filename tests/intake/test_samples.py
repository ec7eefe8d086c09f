"""Every export of samples/ and, where they lie beside the project, of ../shared/vendor-samples becomes what its
expected.yaml says, by the shipped profile and unchanged."""

import pytest
from expected import OWN, SHARED, differences, exports

SAMPLES = [(folder, *one) for folder in (OWN, SHARED) for one in exports(folder)]


def _named(folder, vendor, export) -> str:
    return f"{'own' if folder == OWN else 'shared'}-{vendor}-{export['name']}".replace(" ", "_")


@pytest.mark.parametrize(("folder", "vendor", "export"), SAMPLES, ids=[_named(*one) for one in SAMPLES])
def test_an_export_becomes_what_is_expected(folder, vendor, export, tmp_path):
    assert differences(vendor, export, folder, tmp_path / "workspace") == []


def test_the_shared_samples_are_read():
    if not SHARED.is_dir():
        pytest.skip("the vendors' samples are not here (../shared/vendor-samples)")
    assert len([one for one in SAMPLES if one[0] == SHARED]) >= 36
