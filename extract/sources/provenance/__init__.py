"""Source 2: read RUNs whose provenance is in one graph file, ``run_provenance``.

This package streams the blocks of ``quanta.mb`` and ``metadata.mb``, and checks them.
The official reader gives one node after the other, and does not check.  It is used for
an unknown format (`official`), and gives the same rows.

`container` and `addresses` read bytes, `check` checks a graph as a whole, `slices`
divides it and reads its blocks, and `rows` makes rows of the lake.
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
