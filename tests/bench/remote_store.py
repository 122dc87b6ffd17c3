"""Metadata files on a store with 20 ms of latency: many workers against one.

The store is a server of this machine, in a process of its own, that gives one
document for any name: as fast as can be, so that the latency is what counts.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

from extract.butler.registered import FileBatch
from extract.run import Settings
from extract.sources.metadata_files import read_metadata_files
from tests.bench.make_graph import usage_metadata
from tests.extract.stores.servers import Doorman, serve

LATENCY_S = 0.020
FILES_EACH = 60
"""Files that each worker reads."""

WORKERS = (1, 2, 8, 32)
_SPAWN = multiprocessing.get_context("spawn")


@dataclass
class Result:
    """One measurement and its peer, one worker, in the same run."""

    what: str
    workers: int
    processes: int
    threads: int
    files: int
    files_per_s: float
    ratio: float


def _serve(connection: Connection) -> None:
    """Serve until the other end of the connection says otherwise."""
    document = usage_metadata().model_dump_json().encode()

    def store(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = document if environ["REQUEST_METHOD"] == "GET" else b""
        start_response("200 OK", [("Content-Length", str(len(body))), ("DAV", "1")])
        return [body]

    with serve(Doorman(store, delay_s=LATENCY_S)) as address:
        connection.send(address)
        connection.recv()


@contextmanager
def _store() -> Iterator[str]:
    ours, theirs = _SPAWN.Pipe()
    server = _SPAWN.Process(target=_serve, args=(theirs,))
    server.start()
    try:
        yield ours.recv()
    finally:
        ours.send("stop")
        server.join()


def _read(uris: list[str], threads: int) -> int:
    """Read files as a job of an extraction does; give how many could be read."""
    count = len(uris)
    batch = FileBatch(
        run="run",
        task_label="isr",
        required=("instrument", "exposure"),
        coordinates={"instrument": ["LSSTCam"] * count, "exposure": list(range(count))},
        metadata_ids=uris,
        metadata_uris=uris,
        has_logs=[True] * count,
        log_uris=[],
        keeps_logs=True,
    )
    return count - len(read_metadata_files(batch, threads=threads).rejects)


def _measure(what: str, root: str, workers: int) -> Result:
    settings = Settings(Path("data"), workers=workers)
    processes, threads = settings.processes, settings.remote_threads(settings.processes)
    files = FILES_EACH * workers
    names = [f"{root}{number}.json" for number in range(files)]
    with ProcessPoolExecutor(processes, mp_context=_SPAWN) as executor:
        shares = [names[start::processes] for start in range(processes)]
        # Imports and first connections are start-up; slow ones, so that each process gets one.
        list(executor.map(_read, [share[: 4 * threads] for share in shares], [threads] * processes))
        begin = time.perf_counter()
        read = sum(executor.map(_read, shares, [threads] * processes))
        seconds = time.perf_counter() - begin
    if read != files:
        raise RuntimeError(f"{files - read} of {files} files could not be read")
    return Result(what, workers, processes, threads, files, files / seconds, 0.0)


def run() -> list[Result]:
    """Measure WebDAV and S3."""
    os.environ["LSST_RESOURCES_NUM_WORKERS"] = "32"
    results = []
    with _store() as address:
        os.environ["S3_ENDPOINT_URL"] = f"http://{address}"
        os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "nobody"
        for scheme, root in (("WebDAV", f"dav://{address}/"), ("S3", "s3://census/")):
            what = f"{scheme}, {LATENCY_S * 1000:.0f} ms of latency"
            measured = [_measure(what, root, workers) for workers in WORKERS]
            for result in measured:
                result.ratio = result.files_per_s / measured[0].files_per_s
            results += measured
    return results
