"""Skip tests of what older stacks cannot make.

Reading is tested on every stack; graphs are written and ingested by young ones
only, and what those wrote is read by the old ones in `tests.stacks`.
"""

from __future__ import annotations

from importlib.util import find_spec

# Before 30.2026.400 nothing ingests a graph. The official reader of that time, with which ours is
# compared value by value, says LOGS_MISSING for ABORTED_SUCCESS and gives no IDs of metadata.
_IS_OLD = find_spec("lsst.pipe.base.quantum_graph.ingest_graph") is None
collect_ignore = ["demo", "sources/provenance"] if _IS_OLD else []
