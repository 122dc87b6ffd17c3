"""``census-extract check`` tells in one line what is amiss with a registry or a store."""

from __future__ import annotations

import shutil
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import yaml

from tests.extract.stores.commands import lake_table, run_command, run_process
from tests.extract.stores.repositories import Repository, configure_elsewhere
from tests.extract.stores.servers import Doorman, Postgres, dead_address, serve
from tests.extract.stores.small_repository import FILES_RUN, HAS_GRAPHS


def told(repository: Repository, folder: Path) -> str:
    """Run ``check``, which must fail, and give the one line that says why."""
    outcome = run_command("check", repository, folder)
    assert outcome.code == 1, outcome.text
    (line,) = outcome.failed_lines
    assert line.startswith("FAIL  ")
    return line


@pytest.mark.parametrize("which", ["local", "s3", "webdav", "postgres", "facility"])
def test_a_sound_repository_gets_one_line_for_each_stage(
    which: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    repository: Repository = request.getfixturevalue(f"{which}_repository")
    outcome = run_command("check", repository, tmp_path)
    assert outcome.code == 0, outcome.text
    assert not outcome.failed_lines
    assert f"repository {repository.name}: opened, read-only" in outcome.text
    assert outcome.text.count(": 1 RUN,") == 1 + HAS_GRAPHS
    assert not outcome.data.exists()


def test_a_label_that_is_not_registered(s3_repository: Repository, tmp_path: Path) -> None:
    line = told(Repository("dp3", s3_repository.environment), tmp_path)
    assert "dp3 is neither a path nor a registered label; known labels: dp2" in line


def test_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "not a Butler repository" in told(Repository(str(tmp_path / "empty")), tmp_path / "x")


def test_a_sqlite_file_that_is_gone_is_named(local_repository: Repository, tmp_path: Path) -> None:
    shutil.copy(Path(local_repository.name) / "butler.yaml", tmp_path)
    line = told(Repository(str(tmp_path)), tmp_path / "x")
    assert f"SQLite file {tmp_path}/gen3.sqlite3 is missing, or you may not" in line
    assert "ask its owner" in line


def _damage(raw: bytes, how: str) -> bytes:
    """Damage a SQLite file: its first page, all but that, its end, or everything."""
    match how:
        case "another kind of file":
            return b"no database at all" * 1000
        case "empty":
            return b""
        case "cut short":
            return raw[: len(raw) // 3]
        case _:
            # Every page but the first, which says where the tables are.
            return raw[:4096] + bytes(255 - byte for byte in raw[4096:])


@pytest.mark.parametrize("how", ["another kind of file", "empty", "cut short", "garbled"])
def test_a_sqlite_file_that_is_damaged_is_named_with_the_remedy(
    local_repository: Repository, tmp_path: Path, how: str
) -> None:
    shutil.copytree(local_repository.name, tmp_path / "repo")
    file = tmp_path / "repo" / "gen3.sqlite3"
    file.write_bytes(_damage(file.read_bytes(), how))
    line = told(Repository(str(tmp_path / "repo")), tmp_path / "x")
    assert f"SQLite file {file} is damaged" in line
    assert "restore it from a copy" in line


@pytest.mark.parametrize(
    ("forbidden", "meant"),
    [
        ("gen3.sqlite3", "SQLite file {path} is missing, or you may not read it"),
        ("butler.yaml", "you may not read it: ask its owner for permission"),
        (FILES_RUN, "you may not read it: ask its owner for permission"),
    ],
)
def test_what_this_user_may_not_read_is_told(
    forbidden: str, meant: str, local_repository: Repository, tmp_path: Path
) -> None:
    repository = Repository(str(tmp_path / "repo"))
    shutil.copytree(local_repository.name, repository.name)
    path = Path(repository.name) / forbidden
    path.chmod(0)
    outcome = run_process("check", repository, tmp_path / "x", is_obedient=True)
    path.chmod(0o700)
    assert outcome.code == 1, outcome.text
    (line,) = outcome.failed_lines
    assert meant.format(path=path) in line


def test_a_data_folder_that_this_user_may_not_write_is_told(
    local_repository: Repository, tmp_path: Path
) -> None:
    data = tmp_path / "x" / "data"
    data.mkdir(parents=True, mode=0o500)
    options = ("--workers", "1")
    outcome = run_process("run", local_repository, tmp_path / "x", *options, is_obedient=True)
    assert outcome.code == 1
    (line,) = outcome.text.splitlines()
    assert line.startswith(f"Error: {data}/lake: cannot be written: you may not")
    assert not list(data.iterdir())


def test_files_that_this_user_may_not_read_are_no_lost_quanta(
    local_repository: Repository, tmp_path: Path
) -> None:
    repository = Repository(str(tmp_path / "repo"))
    shutil.copytree(local_repository.name, repository.name)
    path = Path(repository.name) / FILES_RUN
    path.chmod(0)
    options = ("--workers", "1")
    outcome = run_process("run", repository, tmp_path / "x", *options, is_obedient=True)
    path.chmod(0o700)
    assert outcome.code == 1, outcome.text
    assert f"Error: DM-1 stage1: {FILES_RUN}: " in outcome.text
    assert "ask its owner for permission" in outcome.text
    assert FILES_RUN not in set(lake_table(outcome.data, "quanta")["run"].to_pylist())


@pytest.mark.parametrize(
    ("user", "password", "meant"),
    [
        ("reader", "wrong", "the database refuses the password of user reader"),
        ("stranger", None, "the database user may not read schema dp2"),
    ],
)
def test_a_database_that_refuses(
    user: str,
    password: str | None,
    meant: str,
    postgres: Postgres,
    postgres_repository: Repository,
    tmp_path: Path,
) -> None:
    environment = postgres.credentials(user, password)
    assert meant in told(Repository(postgres_repository.name, environment), tmp_path)


def test_a_password_that_nobody_gave(postgres_repository: Repository, tmp_path: Path) -> None:
    environment = {"LSST_DB_AUTH_CREDENTIALS": "[]", "PGPASSFILE": "/dev/null"}
    line = told(Repository(postgres_repository.name, environment), tmp_path)
    assert "the database needs a password, and none is set" in line


def test_a_grant_that_covers_only_some_tables(
    postgres: Postgres, postgres_repository: Repository, tmp_path: Path
) -> None:
    with postgres.connect("owner") as connection:
        connection.execute("REVOKE SELECT ON dp2.dataset FROM reader")
        try:
            line = told(postgres_repository, tmp_path)
        finally:
            connection.execute("GRANT SELECT ON dp2.dataset TO reader")
    assert "the database user may not read table dataset" in line


def test_a_database_server_that_is_down(postgres_repository: Repository, tmp_path: Path) -> None:
    config = yaml.safe_load((Path(postgres_repository.name) / "butler.yaml").read_text())
    config["registry"]["db"] = f"postgresql://{dead_address()}/census"
    (tmp_path / "butler.yaml").write_text(yaml.safe_dump(config))
    environment = {"LSST_DB_AUTH_CREDENTIALS": "[]"}
    line = told(Repository(str(tmp_path), environment), tmp_path / "x")
    assert "connection refused" in line


@pytest.mark.parametrize(
    ("status", "meant"),
    [
        ("401 Unauthorized", "the store refuses the credentials (401)"),
        ("403 Forbidden", "the store refuses access (403)"),
    ],
)
@pytest.mark.parametrize("store", ["s3", "webdav"])
def test_a_store_that_refuses(
    store: str, status: str, meant: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    repository: Repository = request.getfixturevalue(f"{store}_repository")
    assert repository.doorman is not None
    with repository.doorman.refuse(status, "_metadata/"):
        assert meant in told(repository, tmp_path)


def told_of_stages(repository: Repository, folder: Path) -> list[str]:
    """Run ``check``, which must fail for every stage, and give the lines that say why."""
    outcome = run_command("check", repository, folder)
    assert outcome.code == 1, outcome.text
    assert len(outcome.failed_lines) == 1 + HAS_GRAPHS
    return outcome.failed_lines


@pytest.mark.parametrize("store", ["s3", "webdav"])
def test_files_that_are_registered_but_gone(
    store: str, local_repository: Repository, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    there: Repository = request.getfixturevalue(f"{store}_repository")
    path = configure_elsewhere(local_repository, f"{there.store}elsewhere/", tmp_path)
    for line in told_of_stages(Repository(str(path), there.environment), tmp_path / "x"):
        assert "it is registered, but the file does not exist" in line
        assert f"{there.store}elsewhere/u/stores/stage" in line


def test_a_bucket_that_does_not_exist(
    local_repository: Repository, s3_repository: Repository, tmp_path: Path
) -> None:
    path = configure_elsewhere(local_repository, "s3://nowhere/repo/", tmp_path)
    for line in told_of_stages(Repository(str(path), s3_repository.environment), tmp_path / "x"):
        assert "the S3 store has no such bucket" in line


def website(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """Answer as a server that knows nothing of WebDAV."""
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]


def test_a_web_server_that_is_no_webdav_server(tmp_path: Path) -> None:
    with serve(Doorman(website)) as address:
        line = told(Repository(f"dav://{address}/butler.yaml"), tmp_path)
    assert "the server is not a WebDAV server" in line


def test_a_certificate_that_is_not_trusted_is_told_once_the_client_gives_up(
    davs_repository: Repository, tmp_path: Path
) -> None:
    # The client tries again unless it is told not to: that is not what is tested.
    settings = tmp_path / "webdav.yaml"
    settings.write_text(yaml.safe_dump([{"base_url": davs_repository.store, "retries": 0}]))
    untrusting = {"LSST_RESOURCES_WEBDAV_CONFIG": str(settings)}
    outcome = run_process("check", Repository(davs_repository.name, untrusting), tmp_path / "x")
    assert outcome.code == 1, outcome.text
    for line in outcome.failed_lines:
        assert line.startswith(f"FAIL  DM-1 stage{outcome.failed_lines.index(line) + 1}: davs://")
        assert "the server's certificate is not trusted: give the bundle" in line
    assert len(outcome.failed_lines) == 1 + HAS_GRAPHS


def test_a_store_that_kept_us_waiting_is_not_asked_again(
    local_repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Longer than a busy machine takes to open the repository, shorter than the store's delay.
    monkeypatch.setattr("extract.butler.store_errors.ANSWER_LIMIT_S", 4.0)
    monkeypatch.setattr("extract.butler.stores._PATIENCE_S", 3.0)
    doorman = Doorman(website, delay_s=8)
    with serve(doorman) as address:
        path = configure_elsewhere(local_repository, f"http://{address}/", tmp_path)
        lines = told_of_stages(Repository(str(path)), tmp_path / "x")
    assert all("no answer in time" in line for line in lines)
    assert sum(doorman.methods.values()) < 4


def test_a_server_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.butler.store_errors.ANSWER_LIMIT_S", 0.2)
    with serve(Doorman(website, delay_s=1)) as address:
        line = told(Repository(f"dav://{address}/butler.yaml"), tmp_path)
    assert "no answer in time" in line
