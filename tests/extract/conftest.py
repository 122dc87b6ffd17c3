"""What older stacks cannot make, their tests do not ask for.

Reading is tested on every stack; graphs are written and ingested by young ones
only, and what those wrote is read by the old ones in `tests.stacks`.
"""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore: list[str] = []
if find_spec("lsst.pipe.base.quantum_graph.ingest_graph") is None:  # before 30.2026.400
    collect_ignore += ["demo"]
if find_spec("lsst.pipe.base.quantum_graph.formatter") is None:  # before 29.2025.4900
    collect_ignore += ["test_provenance_graphs.py"]
