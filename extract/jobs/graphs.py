"""Jobs that read provenance graphs."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from lsst.resources import ResourcePath

from ..butler.store_errors import StoreError, explain
from ..sources.provenance import (
    GraphCheck,
    GraphSlice,
    check_graph,
    read_slice,
)
from .slices import SliceWriter, WrittenSlice

__all__ = ["check", "read_graph"]


def check(uri: str, folder: Path) -> GraphCheck:
    """Check a provenance graph as a whole.

    Parameters
    ----------
    uri : `str`
        Path or URI.
    folder : `pathlib.Path`
        Where a remote graph is copied to, once, for all slices.

    Returns
    -------
    check : `extract.sources.provenance.GraphCheck`
        Counts and addresses.

    Raises
    ------
    GraphError
        Raised if the file cannot be trusted.
    StoreError
        Raised if a remote graph cannot be copied.
    """
    path = uri
    if "://" in uri:
        path = str(folder / "graph.qg")
        try:
            ResourcePath(path).transfer_from(ResourcePath(uri), transfer="copy")
        except Exception as error:  # Each store has its own.
            raise StoreError(f"{uri}: {explain(error, uri)}") from error
    return check_graph(path, uri=uri)


def read_graph(graph_slice: GraphSlice, counts: pa.RecordBatch | None, stem: Path) -> WrittenSlice:
    """Read a slice of a provenance graph.

    Parameters
    ----------
    graph_slice : `extract.sources.provenance.GraphSlice`
        Which quanta.
    counts : `pyarrow.RecordBatch` or `None`
        Rows of expectations from the graph's header, for one of its slices.
    stem : `pathlib.Path`
        Where files go, without suffix.

    Returns
    -------
    written : `WrittenSlice`
        Its files and counts.
    """
    writer = SliceWriter(stem)
    if counts is not None:
        writer.add("expectations", counts)
    result = read_slice(graph_slice, writer.add)
    for batch in result.rejects.to_batches():
        writer.add("rejects", batch)
    return writer.finish()
