"""Define provenance graphs as a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsst.resources import ResourcePath

from ...butler.registered import PROVENANCE_GRAPH
from ...butler.store_errors import explain
from ...errors import GraphError, StoreError
from ...uris import without_secrets
from ..header_counts import counted
from ..protocol import Description, Outcome, Place, Sink
from .check import GraphCheck, check_graph
from .official import describe_graph
from .slices import GraphSlice, plan_slices, read_slice

if TYPE_CHECKING:
    from ...butler.repository import Repository

__all__ = ["ProvenanceGraphs"]


class ProvenanceGraphs:
    """RUNs whose metadata is in one graph file."""

    name = PROVENANCE_GRAPH
    header_name = "provenance_header"

    def describe(self, place: Place) -> Description:
        """Check the graph as a whole; a remote one is copied once, for all slices."""
        assert place.contents is not None
        assert place.contents.graph_uri is not None
        path = uri = place.contents.graph_uri
        shown = without_secrets(uri)
        if "://" in uri:
            path = str(place.folder / "graph.qg")
            try:
                ResourcePath(path).transfer_from(ResourcePath(uri), transfer="copy")
            except Exception as error:  # Each store has its own errors.
                raise StoreError(f"{uri}: {explain(error, uri)}") from error
        check = check_graph(path, uri=shown)
        if check.run != place.name:
            raise GraphError(f"{uri} is the graph of {check.run}, not of this RUN")
        return Description(
            place,
            quanta_count=check.n_quanta,
            run=check.run,
            uri=shown,
            header_counts=counted(check.n_task_quanta),
            packages=check.packages or None,
            detail=check,
        )

    def slices(
        self, description: Description, repository: Repository | None, count: int
    ) -> list[GraphSlice]:
        """Divide the graph, not in a worker, because a worker would have to import the stack."""
        check: GraphCheck = description.detail
        return plan_slices(describe_graph(check), count)

    def read(self, part: GraphSlice, sink: Sink) -> Outcome:
        """Stream the blocks of a slice."""
        for batch in read_slice(part, sink).rejects.to_batches():
            sink("rejects", batch)
        return Outcome()
