"""The same small repository in every kind of registry and store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import yaml
from lsst.daf.butler import Butler, Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from tests.extract.stores import small_repository
from tests.extract.stores.repositories import Repository, configure_elsewhere, webdav_app
from tests.extract.stores.servers import (
    Authority,
    Doorman,
    Postgres,
    postgres_programs,
    serve,
    serve_postgres,
)

BUCKET = "census"
S3_KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}


@pytest.fixture(scope="session")
def local_repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """SQLite and a file system: what the others are compared with."""
    folder = tmp_path_factory.mktemp("local")
    small_repository.build(Butler.makeRepo(str(folder / "repo")), folder)
    return Repository(str(folder / "repo"))


@pytest.fixture(scope="session")
def s3_repository(
    local_repository: Repository, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Repository]:
    """SQLite and an S3 bucket, known under a registered label."""
    folder = tmp_path_factory.mktemp("s3")
    doorman = Doorman(DomainDispatcherApplication(create_backend_app))
    with serve(doorman) as address:
        client = boto3.client(
            "s3", endpoint_url=f"http://{address}", region_name="us-east-1",
            aws_access_key_id=S3_KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=S3_KEYS["AWS_SECRET_ACCESS_KEY"],
        )  # fmt: skip
        client.create_bucket(Bucket=BUCKET)
        root = Path(local_repository.name)
        for path in root.rglob("*"):
            if path.is_file() and path.name not in {"gen3.sqlite3", "butler.yaml"}:
                client.upload_file(str(path), BUCKET, f"repo/{path.relative_to(root)}")
        doorman.methods.clear()
        store = f"s3://{BUCKET}/repo/"
        config = configure_elsewhere(local_repository, store, folder)
        index = folder / "index.yaml"
        index.write_text(yaml.safe_dump({"dp2": str(config)}))
        yield Repository(
            "dp2",
            {
                "S3_ENDPOINT_URL": f"http://{address}",
                "DAF_BUTLER_REPOSITORY_INDEX": str(index),
                **S3_KEYS,
            },
            store,
            doorman,
        )


@pytest.fixture(scope="session")
def webdav_repository(
    local_repository: Repository, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Repository]:
    """SQLite and a WebDAV server, known by the path of its configuration."""
    doorman = Doorman(webdav_app(Path(local_repository.name)))
    folder = tmp_path_factory.mktemp("webdav")
    with serve(doorman) as address:
        store = f"dav://{address}/"
        path = configure_elsewhere(local_repository, store, folder)
        yield Repository(str(path), {}, store, doorman)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signed the certificates of the servers that speak TLS."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def davs_repository(
    local_repository: Repository, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Repository]:
    """SQLite and a WebDAV server with TLS, whose authority the user's configuration names."""
    doorman = Doorman(webdav_app(Path(local_repository.name)))
    folder = tmp_path_factory.mktemp("davs")
    with serve(doorman, authority) as address:
        store = f"davs://{address}/"
        settings = folder / "webdav.yaml"
        trusted = {"base_url": store, "trusted_authorities": str(authority.bundle)}
        settings.write_text(yaml.safe_dump([trusted]))
        path = configure_elsewhere(local_repository, store, folder)
        yield Repository(str(path), {"LSST_RESOURCES_WEBDAV_CONFIG": str(settings)}, store, doorman)


@pytest.fixture(scope="session")
def http_repository(
    local_repository: Repository, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Repository]:
    """SQLite and a store that is read through plain ``http://``."""
    doorman = Doorman(webdav_app(Path(local_repository.name)))
    with serve(doorman) as address:
        store = f"http://{address}/"
        path = configure_elsewhere(local_repository, store, tmp_path_factory.mktemp("http"))
        yield Repository(str(path), {}, store, doorman)


@pytest.fixture(scope="session")
def https_repository(
    local_repository: Repository, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Repository]:
    """SQLite and a store that is read through ``https://``."""
    doorman = Doorman(webdav_app(Path(local_repository.name)))
    with serve(doorman, authority) as address:
        store = f"https://{address}/"
        path = configure_elsewhere(local_repository, store, tmp_path_factory.mktemp("https"))
        yield Repository(
            str(path), {"LSST_HTTP_CACERT_BUNDLE": str(authority.bundle)}, store, doorman
        )


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL server."""
    programs = postgres_programs()
    if programs is None:
        reason = "no PostgreSQL server on this machine: apt-get install postgresql"
        if os.environ.get("CENSUS_NO_SKIP"):
            pytest.fail(reason)
        pytest.skip(reason)
    with serve_postgres(programs) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_repository(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """PostgreSQL and a file system, for a user who may only read."""
    folder = tmp_path_factory.mktemp("postgres")
    config = Config()
    config["registry", "db"] = postgres.url()
    config["registry", "namespace"] = "dp2"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in postgres.credentials("owner").items():
            patch.setenv(name, value)
        small_repository.build(Butler.makeRepo(str(folder / "repo"), config), folder)
    with postgres.connect("owner") as connection:
        connection.execute("GRANT USAGE ON SCHEMA dp2 TO reader")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA dp2 TO reader")
    return Repository(str(folder / "repo"), postgres.credentials("reader"))


@pytest.fixture(scope="session")
def facility_repository(postgres_repository: Repository) -> Iterator[Repository]:
    """PostgreSQL and WebDAV, known by the URI of its configuration: as FrDF has it."""
    doorman = Doorman(webdav_app(Path(postgres_repository.name)))
    with serve(doorman) as address:
        store = f"dav://{address}/"
        environment = postgres_repository.environment
        yield Repository(f"{store}butler.yaml", environment, store, doorman)
