"""Jobs that read provenance graphs."""

from __future__ import annotations

from pathlib import Path

from lsst.resources import ResourcePath

from ..butler.stores import StoreError, explain
from ..sources.provenance import (
    GraphCheck,
    GraphInfo,
    GraphSlice,
    check_graph,
    plan_slices,
    read_slice,
)
from .harvest import Collector, Harvest

__all__ = ["GRAPH_SLICE_QUANTA", "check", "read_graph", "share"]

GRAPH_SLICE_QUANTA = 100_000
"""Quanta of a provenance graph that one job reads: two seconds of work."""


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


def share(info: GraphInfo, workers: int) -> list[GraphSlice]:
    """Cut a provenance graph into jobs for some workers.

    Parameters
    ----------
    info : `extract.sources.provenance.GraphInfo`
        The graph.
    workers : `int`
        Workers that may share it.

    Returns
    -------
    slices : `list` [ `extract.sources.provenance.GraphSlice` ]
        Together all its quanta.
    """
    # The same number for each worker: else some would wait while others read the last ones.
    rounds = max(-(-info.n_quanta // (GRAPH_SLICE_QUANTA * workers)), 1)
    return plan_slices(info, rounds * workers)


def read_graph(graph_slice: GraphSlice, stem: Path) -> Harvest:
    """Read a slice of a provenance graph.

    Parameters
    ----------
    graph_slice : `extract.sources.provenance.GraphSlice`
        Which quanta.
    stem : `pathlib.Path`
        Where parts go, without suffix.

    Returns
    -------
    harvest : `Harvest`
        Sorted parts and counts.
    """
    collector = Collector(stem)
    result = read_slice(graph_slice, collector.add)
    for batch in result.rejects.to_batches():
        collector.add("rejects", batch)
    return collector.finish()
