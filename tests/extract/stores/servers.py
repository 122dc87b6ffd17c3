"""Real servers on 127.0.0.1 for the tests: PostgreSQL, an S3 store and a WebDAV store.

Each is a context manager that ends what it started, and nothing else.  HTTP
stores stand behind a `Doorman` that counts, delays or refuses requests.
"""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import cheroot.wsgi
import psycopg
import trustme
from cheroot.ssl.builtin import BuiltinSSLAdapter

__all__ = [
    "Authority",
    "Doorman",
    "Postgres",
    "dead_address",
    "postgres_programs",
    "serve",
    "serve_postgres",
]

SERVER_THREADS = 64


def dead_address() -> str:
    """Find ``host:port`` on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@dataclass
class Doorman:
    """A WSGI layer that knows what went through it, and can be told to misbehave."""

    app: WSGIApplication
    delay_s: float = 0.0
    """Latency added to each request."""
    methods: Counter[str] = field(default_factory=Counter)
    """Requests by HTTP method."""
    most_at_once: int = 0
    """Highest number of held requests that were inside at the same time."""

    def __post_init__(self) -> None:
        self._refusal: tuple[str, str] | None = None
        self._held: str | None = None
        self._held_inside = 0
        self._enough = 0
        self._changed = threading.Condition()

    @contextmanager
    def refuse(self, status: str, path_part: str = "") -> Iterator[None]:
        """Answer a status, such as ``401 Unauthorized``, to requests with such a path."""
        self._refusal = (status, path_part)
        try:
            yield
        finally:
            self._refusal = None

    @contextmanager
    def hold(self, path_part: str, *, until_inside: int) -> Iterator[None]:
        """Keep reads of such a path waiting until so many of them are inside at once.

        A reader that sends fewer at a time gets no answer for half a minute.
        """
        self._held, self._enough, self.most_at_once = path_part, until_inside, 0
        try:
            yield
        finally:
            self._held = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        with self._changed:
            self.methods[environ["REQUEST_METHOD"]] += 1
        is_read = environ["REQUEST_METHOD"] == "GET"
        if is_read and self._held is not None and self._held in path:
            self._wait_for_others()
        time.sleep(self.delay_s)
        if self._refusal is not None and self._refusal[1] in path:
            start_response(self._refusal[0], [("Content-Length", "0")])
            return [b""]
        return self.app(environ, start_response)

    def _wait_for_others(self) -> None:
        """Hold a request until enough have come; those that come later go straight on."""
        with self._changed:
            self._held_inside += 1
            self.most_at_once = max(self.most_at_once, self._held_inside)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most_at_once >= self._enough, timeout=30)
            self._held_inside -= 1

    @property
    def writes(self) -> Counter[str]:
        """Requests that change something on a server."""
        reading = {"GET", "HEAD", "OPTIONS", "PROPFIND"}
        return Counter({name: n for name, n in self.methods.items() if name not in reading})


class Authority:
    """Signs the certificate of a TLS server; nobody trusts it who is not told to.

    Parameters
    ----------
    folder : `Path`
        Where certificates and keys are written.
    """

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1")
        self.bundle = folder / "authority.pem"
        """What a client must trust."""
        self.chain, self.key = folder / "chain.pem", folder / "key.pem"
        authority.cert_pem.write_to_path(self.bundle)
        for number, part in enumerate(certificate.cert_chain_pems):
            part.write_to_path(self.chain, append=number > 0)
        certificate.private_key_pem.write_to_path(self.key)


@contextmanager
def serve(app: WSGIApplication, authority: Authority | None = None) -> Iterator[str]:
    """Serve an application, with TLS if there is an authority, and yield its ``host:port``."""
    server = cheroot.wsgi.Server(
        ("127.0.0.1", 0),
        app,
        numthreads=SERVER_THREADS,
        request_queue_size=256,
        shutdown_timeout=1,
    )
    if authority is not None:
        server.ssl_adapter = BuiltinSSLAdapter(str(authority.chain), str(authority.key))
    server.prepare()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.bind_addr[1]}"
    finally:
        server.stop()
        thread.join()


@dataclass(frozen=True)
class Postgres:
    """A running PostgreSQL server with one database that belongs to ``owner``."""

    host: str
    port: int
    database: str
    passwords: dict[str, str]

    def url(self, driver: str = "postgresql") -> str:
        """Give the address for SQLAlchemy, without user and password."""
        return f"{driver}://{self.host}:{self.port}/{self.database}"

    def credentials(self, user: str, password: str | None = None) -> dict[str, str]:
        """Give the environment through which the Butler learns user and password."""
        entry = {
            "url": self.url(),
            "username": user,
            "password": self.passwords[user] if password is None else password,
        }
        return {"LSST_DB_AUTH_CREDENTIALS": json.dumps([entry])}

    def connect(self, user: str, database: str | None = None) -> psycopg.Connection[Any]:
        """Connect as one of the roles."""
        return psycopg.connect(
            host=self.host, port=self.port, dbname=database or self.database, user=user,
            password=self.passwords[user], autocommit=True,
        )  # fmt: skip


def postgres_programs() -> Path | None:
    """Find the folder with Debian's newest ``initdb``; `None` where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _as_server_user() -> tuple[list[str], int | None]:
    """Tell how to start the server: it refuses to run as root."""
    if os.geteuid() != 0:
        return [], None
    user = pwd.getpwnam("postgres")
    setpriv = shutil.which("setpriv") or "setpriv"
    return [setpriv, "--reuid", "postgres", "--regid", str(user.pw_gid), "--clear-groups"], (
        user.pw_uid
    )


@contextmanager
def serve_postgres(programs: Path) -> Iterator[Postgres]:
    """Start a server, and end it and remove its data afterwards.

    Roles: ``admin`` (the superuser), ``owner`` of the database ``census``, ``reader`` and
    ``stranger``, who may log in and nothing else.
    """
    passwords = {name: secrets.token_hex(8) for name in ("admin", "owner", "reader", "stranger")}
    prefix, uid = _as_server_user()
    with ExitStack() as stack:
        # pytest's own folders are root's alone; the server's user must reach its data.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="census-postgres-")))
        folder.chmod(0o755)
        password_file = folder / "password"
        password_file.write_text(passwords["admin"])
        if uid is not None:
            os.chown(folder, uid, -1)
            os.chown(password_file, uid, -1)
        data = folder / "data"
        subprocess.run(
            [*prefix, str(programs / "initdb"), "--pgdata", str(data), "--username", "admin",
             "--auth", "scram-sha-256", "--pwfile", str(password_file), "--encoding", "UTF8",
             "--no-locale", "--no-sync"],
            check=True, capture_output=True, cwd=folder,
        )  # fmt: skip
        port = int(dead_address().rpartition(":")[2])
        settings = {"listen_addresses": "127.0.0.1", "port": port,
                    "unix_socket_directories": "", "fsync": "off"}  # fmt: skip
        log = stack.enter_context((folder / "server.log").open("w+b"))
        server = subprocess.Popen(
            [*prefix, str(programs / "postgres"), "-D", str(data),
             *(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))],
            stdout=log, stderr=subprocess.STDOUT, cwd=folder,
        )  # fmt: skip
        stack.callback(server.wait, timeout=30)
        stack.callback(server.send_signal, signal.SIGINT)  # "fast": ends sessions, then itself
        postgres = Postgres("127.0.0.1", port, "census", passwords)
        _wait_until_up(postgres, server, Path(log.name))
        _create_roles(postgres)
        yield postgres


def _wait_until_up(postgres: Postgres, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server takes connections."""
    end = time.monotonic() + 30
    while server.poll() is None and time.monotonic() < end:
        try:
            postgres.connect("admin", "postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")


def _create_roles(postgres: Postgres) -> None:
    """Make the database and its roles; a registry needs ``btree_gist``."""
    with postgres.connect("admin", "postgres") as admin:
        for name in ("owner", "reader", "stranger"):
            admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{postgres.passwords[name]}'")
        admin.execute(f"CREATE DATABASE {postgres.database} OWNER owner")
    with postgres.connect("admin") as admin:
        admin.execute("CREATE EXTENSION btree_gist")
