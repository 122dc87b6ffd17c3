"""Everything that decodes bytes from outside, each with sound samples to begin from.

A decoder takes bytes and either reads them or raises an error that the program foresees.  Anything
else is a fault: another error, a hang, memory without bound.  `tests.reliability.fuzz` looks for
such bytes, and `test_corpus` reads again what it found.

Graphs come in three kinds: the bytes of the file, whose damage a checksum tells; its members with
checksums made right; and the documents in it, with blocks, addresses and checksums made right.
"""

from __future__ import annotations

import io
import itertools
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from extract.butler.registered import FileBatch, UsageTable
from extract.campaigns import load_campaigns
from extract.documents.logs import decode_failure_log
from extract.documents.task_metadata import decode_metadata, failure_type
from extract.errors import (
    CampaignsError,
    GraphError,
    HeaderOnlyError,
    MetadataError,
    PredictedGraphError,
    RecordsError,
)
from extract.sources.job_records.rows import record_batches
from extract.sources.metadata_files import read_metadata_files
from extract.sources.predicted_graphs import PredictedGraphs
from extract.sources.protocol import Place
from extract.sources.provenance import check_graph, describe_graph, plan_slices, read_slice
from extract.sources.usage_tables import TablePart, UsageTables
from tests.bench.make_graph import (
    RUN,
    TASKS,
    synthetic_quanta,
    usage_metadata,
    write_graph,
)

__all__ = ["DECODERS", "Decoder"]

ROOT = Path(__file__).parents[2]

FORESEEN = (
    CampaignsError,
    GraphError,
    HeaderOnlyError,
    MetadataError,
    PredictedGraphError,
    RecordsError,
)

_MARK = re.compile(rb"\n?#member ([\w.]+)\n")


@dataclass(frozen=True)
class Decoder:
    """One decoder."""

    decode: Callable[[bytes], object]
    """Reads bytes, or raises one of `FORESEEN`."""

    samples: Callable[[], Sequence[bytes]]
    """Sound inputs."""

    def read(self, content: bytes) -> bool:
        """Tell whether bytes can be read.

        Raises
        ------
        Exception
            Raised if the decoder fails with an error that the program does not foresee.
        """
        try:
            self.decode(content)
        except FORESEEN as error:
            if "\n" in str(error):  # What a user reads is one line.
                raise AssertionError(str(error)) from error
            return False
        return True


@cache
def folder() -> Path:
    """Make a folder for the files of this process, in memory where there is such a place."""
    memory = Path("/dev/shm")
    made = tempfile.mkdtemp(prefix="census-fuzz-", dir=memory if memory.is_dir() else None)
    return Path(made)


def _file(name: str, content: bytes) -> Path:
    path = folder() / name
    path.write_bytes(content)
    return path


def _metadata(content: bytes) -> None:
    decode_metadata(content)
    failure_type(content, "isr")


def _metadata_rows(content: bytes) -> None:
    path = str(_file("metadata.json", content))
    read_metadata_files(
        FileBatch(
            run="a/run",
            task_label="isr",
            required=("visit",),
            coordinates={"visit": [1, 2]},
            metadata_ids=["1", None],
            metadata_uris=[path, None],
            has_logs=[True, True],
            log_uris=[None, path],
            keeps_logs=True,
        )
    )


def _metadata_samples() -> list[bytes]:
    plain = usage_metadata().model_dump_json().encode()
    old = b"""{"scalars": {}, "arrays": {}, "metadata": {"quantum": {
      "scalars": {"nodeName": "old"}, "metadata": {}, "arrays": {"prepUtc": ["2023-01-01T00:00:00"],
      "endUtc": ["2023-01-01T01:00:00.5"], "endMaxResidentSetSize": [2000, 3000],
      "endCpuTime": [1.5, null]}}}}"""
    return [plain, old]


def _log_samples() -> list[bytes]:
    metadata = json.loads(usage_metadata().model_dump_json())
    extra = {
        "exception": {"type_name": "lsst.x.Error", "message": "m", "metadata": {}},
        "metadata": metadata,
        "previous_process_quanta": ["01a222b7-d3d5-7cb7-8210-af4ed787d490"],
        "previous_attempts": [{"exception": None, "metadata": metadata}],
    }
    return [
        b"[]",
        json.dumps({"records": [], **extra}).encode(),
        b'{"name": "a"}\n###EXTRA###\n' + json.dumps(extra).encode(),
    ]


def _provenance(content: bytes) -> None:
    path = str(_file("provenance.qg", content))
    for part in plan_slices(describe_graph(check_graph(path)), 2):
        read_slice(part, lambda *_: None)


def _predicted(content: bytes) -> None:
    place = Place(str(_file("predicted.qg", content)), folder())
    source = PredictedGraphs()
    description = source.describe(place)
    for part in source.slices(description, None, 1):
        source.read(part, lambda *_: None)


def _members(content: bytes) -> dict[str, bytes]:
    """Take members apart that `_joined` put together."""
    _, *parts = _MARK.split(content)
    return {name.decode(): body for name, body in zip(parts[::2], parts[1::2], strict=True)}


def _joined(members: dict[str, bytes]) -> bytes:
    return b"".join(b"\n#member %s\n%s" % (name.encode(), body) for name, body in members.items())


def _zipped(members: dict[str, bytes]) -> bytes:
    path = folder() / "made.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return path.read_bytes()


def _unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(_file("sample.zip", content)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def _compressed(documents: dict[str, bytes]) -> dict[str, bytes]:
    """Make members of documents: those of ``.mb`` are lines, each a block with its address."""
    compress = zstandard.ZstdCompressor(level=1).compress
    members = {
        name: compress(body) if name.endswith(".json.zst") else body
        for name, body in documents.items()
        if not name.endswith(".mb")
    }
    addresses = bytearray(documents.get("nodes.addr", b""))
    for number, name in enumerate(_BLOCKS):
        if name not in documents:
            continue
        frames = [compress(line) for line in documents[name].split(b"\n")]
        blocks = [len(frame).to_bytes(8, "big") + frame for frame in frames]
        members[name] = b"".join(blocks)
        starts = [0, *itertools.accumulate(map(len, blocks))]
        for place, offset, size in _addresses(addresses, number):
            # In `_documents`, the offset of a block is its number.
            if size and offset < len(blocks):
                addresses[place : place + 8] = starts[offset].to_bytes(8, "big")
                addresses[place + 8 : place + 16] = len(blocks[offset]).to_bytes(8, "big")
    if addresses:
        members["nodes.addr"] = bytes(addresses)
    return members


_BLOCKS = ("thin", "quanta.mb", "logs.mb", "metadata.mb")
"""Members that each row of the addresses points into; the first is not used here."""

_HEADER_SIZE = 17
_ROW_SIZE = 88


def _addresses(addresses: bytes | bytearray, member: int) -> Iterator[tuple[int, int, int]]:
    """Give where each address of a member stands, its offset and its size."""
    for row in range(_HEADER_SIZE, len(addresses) - _ROW_SIZE + 1, _ROW_SIZE):
        place = row + 24 + 16 * member
        offset, size = (int.from_bytes(addresses[at : at + 8], "big") for at in (place, place + 8))
        yield place, offset, size


def _documents(members: dict[str, bytes]) -> dict[str, bytes]:
    """Decompress what is in a graph without a dictionary; number blocks in its addresses."""
    decompress = zstandard.ZstdDecompressor().decompress
    addresses = bytearray(members.get("nodes.addr", b""))
    found = {}
    for name, body in members.items():
        if name.endswith(".json.zst"):
            found[name] = decompress(body)
        elif name in _BLOCKS:
            blocks: dict[int, bytes] = {}
            for place, offset, size in _addresses(addresses, _BLOCKS.index(name)):
                if size:
                    blocks.setdefault(offset, decompress(body[offset + 8 : offset + size]))
                    number = list(blocks).index(offset)
                    addresses[place : place + 8] = number.to_bytes(8, "big")
            found[name] = b"\n".join(blocks.values())
        elif name != "nodes.addr":
            found[name] = body
    return found | ({"nodes.addr": bytes(addresses)} if addresses else {})


@cache
def _provenance_sample() -> bytes:
    path = folder() / "sample.qg"
    write_graph(path, synthetic_quanta(3, failed_fraction=0.3), with_dictionary=False)
    # What is not read would only dilute what is tried.
    members = _unzipped(path.read_bytes())
    return _zipped({name: body for name, body in members.items() if name not in _UNREAD})


_UNREAD = {"datasets.mb", "datasets.addr"}


@cache
def _predicted_sample() -> bytes:
    """Write the members of a predicted graph that are read, two of them as pydantic writes them."""
    decompress = zstandard.ZstdDecompressor().decompress
    provenance = _unzipped(_provenance_sample())
    header = json.loads(decompress(provenance["header.json.zst"]))
    labels = list(TASKS)
    ids = [f"01a222b7-d3d5-7cb7-8210-{number:012d}" for number in range(len(labels))]
    header |= {"graph_type": "predicted", "output_run": RUN, "n_quanta": len(ids)}
    header["n_task_quanta"] = dict.fromkeys(labels, 1)
    coordinates = [["LSSTCam", 1, 2], ["LSSTCam", 1, 2], ["LSSTCam", 1], ["sky", 1, 2, "c", 1]]
    thin = {
        "quanta": {
            label: [{"quantum_id": each, "data_coordinate": values}]
            for label, each, values in zip(labels, ids, coordinates, strict=True)
        },
        "edges": [list(pair) for pair in itertools.pairwise(ids)],
    }
    compress = zstandard.ZstdCompressor().compress
    members = {
        "header.json.zst": compress(json.dumps(header).encode()),
        "pipeline_graph.json.zst": provenance["pipeline_graph.json.zst"],
        "quanta.addr": b"\x08" + bytes(8) + (1).to_bytes(8, "big"),
        "thin_graph.json.zst": compress(json.dumps(thin, separators=(",", ":")).encode()),
    }
    return _zipped(members)


def _job_records(name: str) -> Callable[[bytes], None]:
    def decode(content: bytes) -> None:
        for _ in record_batches(_file(name, content)):
            pass

    return decode


def _panda_samples() -> list[bytes]:
    from tests.extract.sources.job_records import test_panda as panda

    records = [panda.FINISHED, panda.FAILED]
    lines = b"\n".join(json.dumps(record).encode() for record in records)
    return [json.dumps({"jobs": records}).encode(), json.dumps(records).encode(), lines]


def _slurm_samples() -> list[bytes]:
    from tests.extract.sources.job_records import test_slurm as slurm

    text = "\n".join([slurm.HEADER, slurm.line("1"), slurm.line("1.0")])
    return [text.encode(), json.dumps({"jobs": [slurm.job()]}).encode()]


def _htcondor_samples() -> list[bytes]:
    from tests.extract.sources.job_records import test_htcondor as htcondor

    recorded = Path(htcondor.__file__).parent / "recorded"
    return [(recorded / "evicted.log").read_bytes(), json.dumps([htcondor.ad()]).encode()]


def _usage_table(content: bytes) -> None:
    path = str(_file("table.parq", content))
    part = TablePart("a/run", UsageTable("isr", ("detector",), path))
    UsageTables().read(part, lambda *_: None)


def _usage_table_samples() -> list[bytes]:
    rows = [
        {"detector": 1, "band": "r", "memory": 2.0**30, "wall_time": 4.0, "run_time": 3.0},
        {"detector": 2, "band": "", "memory": None, "wall_time": 0.0, "run_time": 0.0},
    ]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return [sink.getvalue()]


def _campaigns(content: bytes) -> None:
    load_campaigns(_file("campaigns.yaml", content), folder())


def _campaigns_samples() -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "campaigns").glob("*.yaml"))]


def _bps(content: bytes) -> None:
    _file("bps.yaml", content)
    _file("included.yaml", b"requestMemory: 1024\npipetask: {isr: {requestMemory: 512}}\n")
    text = (
        "repository: r\ncurrent_requests: bps.yaml\nwms: htcondor\n"
        "campaigns: {a: {release: w_2026_01, focus: a, stages: {stage1: a}}}\n"
    )
    load_campaigns(_file("with_bps.yaml", text.encode()), folder())


_BPS = b"""\
includeConfigs:
- included.yaml
requestMemory: 2048
memoryMultiplier: 2.0
numberOfRetries: 3
memoryLimit: 491520
computeSite: usdf
site: {usdf: {requestMemory: 4096, profile: {condor: {+Walltime: 7200}}}}
cluster:
  visit: {pipetasks: 'isr,calibrateImage', dimensions: visit, requestMemory: 8192}
pipetask:
  isr: {requestMemory: 2048, requestCpus: 2}
memoryBands: [2048, 4096]
"""


def _bps_samples() -> list[bytes]:
    return [_BPS, _BPS.removeprefix(b"includeConfigs:\n- included.yaml\n")]


DECODERS = {
    "metadata": Decoder(_metadata, _metadata_samples),
    "metadata_rows": Decoder(_metadata_rows, lambda: [*_metadata_samples(), *_log_samples()]),
    "failure_logs": Decoder(lambda raw: decode_failure_log(raw), _log_samples),
    "provenance_bytes": Decoder(_provenance, lambda: [_provenance_sample()]),
    "provenance_members": Decoder(
        lambda raw: _provenance(_zipped(_members(raw))),
        lambda: [_joined(_unzipped(_provenance_sample()))],
    ),
    "provenance_documents": Decoder(
        lambda raw: _provenance(_zipped(_compressed(_members(raw)))),
        lambda: [_joined(_documents(_unzipped(_provenance_sample())))],
    ),
    "predicted_bytes": Decoder(_predicted, lambda: [_predicted_sample()]),
    "predicted_members": Decoder(
        lambda raw: _predicted(_zipped(_members(raw))),
        lambda: [_joined(_unzipped(_predicted_sample()))],
    ),
    "predicted_documents": Decoder(
        lambda raw: _predicted(_zipped(_compressed(_members(raw)))),
        lambda: [_joined(_documents(_unzipped(_predicted_sample())))],
    ),
    "usage_tables": Decoder(_usage_table, _usage_table_samples),
    "panda": Decoder(_job_records("panda.json"), _panda_samples),
    "slurm": Decoder(_job_records("slurm.txt"), _slurm_samples),
    "htcondor": Decoder(_job_records("htcondor.log"), _htcondor_samples),
    "campaigns": Decoder(_campaigns, _campaigns_samples),
    "bps": Decoder(_bps, _bps_samples),
}
"""Name to decoder."""
