"""Every kind of registry and store gives the rows that it should, and is only read."""

from __future__ import annotations

import pytest
from lsst.daf.butler import Butler

from tests.extract.stores.repositories import Repository
from tests.extract.stores.small_repository import FILES_RUN


@pytest.mark.parametrize("which", ["local", "s3", "webdav", "postgres", "facility"])
def test_the_butler_itself_reads_the_store(
    which: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository: Repository = request.getfixturevalue(f"{which}_repository")
    for name, value in repository.environment.items():
        monkeypatch.setenv(name, value)
    with Butler.from_config(repository.name) as butler:
        ref = butler.query_datasets("isr_metadata", FILES_RUN)[0]
        assert butler.get(ref)["quantum"].getArray("outputs")
