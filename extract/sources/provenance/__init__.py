"""Source 2: RUNs whose provenance stands in one graph file, ``run_provenance``.

Streams the blocks of ``quanta.mb`` and ``metadata.mb`` instead of asking the
official reader for one node after the other, and checks what that reader takes
on trust.  An unknown format is left to the official reader (`official`), with
the same rows as a result.

`container` and `addresses` know bytes, `check` looks at a graph as a whole,
`slices` cuts it and reads its blocks, `rows` makes rows of the lake.
"""

from .check import GraphCheck, GraphInfo, TaskDimensions, check_graph, local_graph
from .official import describe_graph
from .rows import Sink, SliceResult
from .slices import GraphSlice, plan_slices, read_slice

__all__ = [
    "GraphCheck",
    "GraphInfo",
    "GraphSlice",
    "Sink",
    "SliceResult",
    "TaskDimensions",
    "check_graph",
    "describe_graph",
    "local_graph",
    "plan_slices",
    "read_slice",
]
