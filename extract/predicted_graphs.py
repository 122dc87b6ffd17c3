"""Predicted quantum graphs (``.qg``): which quanta a submission expected, by data ID.

Only the header, the pipeline graph and the thin graph are read: a small part
of the file, streamed, since the thin graph of a large stage takes gigabytes as
objects.  Provenance graphs are the business of `extract.provenance_graphs`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO

import msgspec
import pyarrow as pa
import zstandard
from lsst.pipe.base.pipeline_graph import TaskImportMode
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph
from lsst.resources import ResourcePath

from extract.quanta import canonical_data_id
from extract.schema import EXPECTATIONS

__all__ = ["PredictedGraphError", "PredictedHeader", "read_expectations", "read_predicted_header"]

_MEMBER = "thin_graph.json.zst"
_DICTIONARY = "compression_dict"
_READ_BYTES = 1 << 20
_BATCH_QUANTA = 5_000


class PredictedGraphError(RuntimeError):
    """A predicted graph that cannot be used; the message is one line."""


class PredictedHeader(msgspec.Struct, frozen=True):
    """What a predicted graph's header and pipeline graph say."""

    run: str
    """``output_run``: the RUN that was to be filled."""

    task_quanta: Mapping[str, int]
    """Quanta by task label (``n_task_quanta``)."""

    required: Mapping[str, tuple[str, ...]]
    """Required dimensions by task label."""

    full: Mapping[str, tuple[str, ...]]
    """All dimensions by task label, in the order of a data coordinate's values."""


class _ThinQuantum(msgspec.Struct):
    """A quantum of the thin graph; format 0 has ``quantum_index`` in place of the ID."""

    data_coordinate: list[int | str]
    quantum_id: str | None = None


def read_predicted_header(uri: str) -> PredictedHeader:
    """Read all but the quanta of a predicted graph.

    Parameters
    ----------
    uri : `str`
        Path or URI of a ``.qg`` file.

    Returns
    -------
    header : `PredictedHeader`
        RUN, counts and dimensions.

    Raises
    ------
    PredictedGraphError
        Raised if the file is absent, damaged or of another kind.
    """
    try:
        with PredictedQuantumGraph.open(uri, import_mode=TaskImportMode.DO_NOT_IMPORT) as reader:
            tasks = reader.pipeline_graph.tasks
            return PredictedHeader(
                run=reader.header.output_run,
                task_quanta=dict(reader.header.n_task_quanta),
                required={label: tuple(task.dimensions.required) for label, task in tasks.items()},
                full={
                    label: tuple(task.dimensions.data_coordinate_keys)
                    for label, task in tasks.items()
                },
            )
    except Exception as error:  # zip, zstd, pydantic, the store: all mean the same to the user.
        raise PredictedGraphError(
            f"{uri}: is no readable predicted graph (.qg): "
            f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        ) from error


def _pieces(archive: zipfile.ZipFile, stream: IO[bytes]) -> Iterator[bytes]:
    """Decompress a member of a graph piece by piece."""
    trained = None
    if _DICTIONARY in archive.namelist() and (content := archive.read(_DICTIONARY)):
        trained = zstandard.ZstdCompressionDict(content)
    decompressor = zstandard.ZstdDecompressor(dict_data=trained)
    with decompressor.stream_reader(stream, read_across_frames=True) as reader:
        while piece := reader.read(_READ_BYTES):
            yield piece


def _iter_thin(pieces: Iterator[bytes]) -> Iterator[tuple[str, list[_ThinQuantum]]]:
    """Parse ``{"quanta":{label:[{...},...],...},"edges":...}`` without holding it.

    The writer (pydantic) puts no spaces, and ``edges`` last, which is never
    read.  Separators inside of a text are told from real ones by whether what
    stands before them is JSON.
    """
    decoder = msgspec.json.Decoder(list[_ThinQuantum])
    buffer = bytearray()

    def fill() -> None:
        piece = next(pieces, b"")
        if not piece:
            raise ValueError("the thin graph ends too early")
        buffer.extend(piece)

    def expect(*choices: bytes) -> bytes:
        while len(buffer) < max(map(len, choices)):
            fill()
        for choice in choices:
            if buffer.startswith(choice):
                del buffer[: len(choice)]
                return choice
        raise ValueError(f"the thin graph has {bytes(buffer[:20])!r} for {choices!r}")

    expect(b'{"quanta":{')
    if expect(b"}", b'"') == b"}":
        return
    buffer[:0] = b'"'
    while True:
        while (end := buffer.find(b'":[')) < 0:
            fill()
        label = msgspec.json.decode(bytes(buffer[: end + 1]), type=str)
        del buffer[: end + 3]
        while True:
            quanta, is_last = _take_quanta(buffer, decoder, fill)
            if quanta:
                yield label, quanta
            if is_last:
                break
        if expect(b",", b"}") == b"}":
            return


def _take_quanta(
    buffer: bytearray, decoder: msgspec.json.Decoder[list[_ThinQuantum]], fill: Callable[[], None]
) -> tuple[list[_ThinQuantum], bool]:
    """Take the next quanta of a task off the buffer, and tell whether they are its last."""
    while True:
        if buffer[:1] == b"]":
            del buffer[:1]
            return [], True
        last = buffer.find(b"}]")
        while last >= 0:
            try:
                quanta = decoder.decode(b"[" + buffer[: last + 1] + b"]")
            except msgspec.DecodeError:
                last = buffer.find(b"}]", last + 1)
                continue
            del buffer[: last + 2]
            return quanta, True
        cut = buffer.rfind(b"},{")
        while cut >= 0:
            try:
                quanta = decoder.decode(b"[" + buffer[: cut + 1] + b"]")
            except msgspec.DecodeError:
                cut = buffer.rfind(b"},{", 0, cut)
                continue
            del buffer[: cut + 2]
            return quanta, False
        fill()


def read_expectations(
    uri: str, header: PredictedHeader, sink: Callable[[pa.RecordBatch], None]
) -> int:
    """Stream what a predicted graph expected.

    Parameters
    ----------
    uri : `str`
        Path or URI of a ``.qg`` file.
    header : `PredictedHeader`
        From `read_predicted_header`.
    sink : `~collections.abc.Callable`
        Called with batches of rows of `extract.schema.EXPECTATIONS`: one for
        each quantum.

    Returns
    -------
    quanta_count : `int`
        Quanta read.

    Raises
    ------
    PredictedGraphError
        Raised if the thin graph cannot be read or contradicts the header: what
        the sink got is to be thrown away.
    """
    counts = dict.fromkeys(header.task_quanta, 0)
    try:
        with (
            ResourcePath(uri).open("rb") as file,
            zipfile.ZipFile(file) as archive,
            archive.open(_MEMBER) as member,
        ):
            for label, quanta in _iter_thin(_pieces(archive, member)):
                for start in range(0, len(quanta), _BATCH_QUANTA):
                    sink(_batch(uri, header, label, quanta[start : start + _BATCH_QUANTA]))
                counts[label] = counts.get(label, 0) + len(quanta)
    except Exception as error:
        raise PredictedGraphError(
            f"{uri}: the thin graph cannot be read: "
            f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        ) from error
    if counts != {label: header.task_quanta.get(label, 0) for label in counts}:
        raise PredictedGraphError(
            f"{uri}: the thin graph holds {sum(counts.values())} quanta, "
            f"the header {sum(header.task_quanta.values())}"
        )
    return sum(counts.values())


def _batch(
    uri: str, header: PredictedHeader, label: str, quanta: list[_ThinQuantum]
) -> pa.RecordBatch:
    """Make rows of `extract.schema.EXPECTATIONS` from the quanta of one task."""
    full, required = header.full[label], set(header.required[label])
    wanted = [(name, index) for index, name in enumerate(full) if name in required]
    data_ids = [
        canonical_data_id({name: quantum.data_coordinate[index] for name, index in wanted})
        for quantum in quanta
    ]
    count = len(quanta)
    return pa.record_batch(
        {
            "run": [header.run] * count,
            "task_label": [label] * count,
            "data_id": data_ids,
            "quantum_id": [quantum.quantum_id for quantum in quanta],
            "source": ["predicted_graph"] * count,
            "quanta_count": [1] * count,
            "graph_uri": [uri] * count,
        },
        schema=EXPECTATIONS,
    )
