from __future__ import annotations

import pytest

from extract.releases import check_release, stack_version


@pytest.mark.parametrize(
    ("label", "version", "verdict"),
    [
        ("w_2025_48", "29.2025.4800", "agrees"),
        ("w_2025_48", "29.2025.4900", "contradicts"),
        ("w_2026_05", "30.2026.500", "agrees"),
        ("v30.0.0.rc3", "30.0.0rc3", "agrees"),
        ("v30_0_0_rc3", "30.0.0rc3", "agrees"),
        ("v30.0.0.rc3", "30.0.0rc2", "contradicts"),
        ("v30.0.0", "30.0.0rc3", "contradicts"),
        ("v30.0.4", "30.0.4", "agrees"),
        ("v30.0.0", "30.2026.500", "contradicts"),
        ("w_2025_48", "gd32b658ba2+4083830bf8", "not_checkable"),
        ("a label of our own", "30.0.0", "not_checkable"),
        ("w_2025_48", None, "not_checkable"),
    ],
)
def test_only_what_can_be_compared_contradicts(
    label: str, version: str | None, verdict: str
) -> None:
    assert check_release(label, version) == verdict


def test_the_whole_stack_speaks_before_one_package() -> None:
    assert stack_version({"lsst_pipe_base": "1.0.0", "lsst_distrib": "2.0.0"}) == "2.0.0"
    assert stack_version({"numpy": "2.0.0"}) is None
    assert stack_version(None) is None
