"""Get label, RUN, data ID and quanta from the name and the command of a BPS job.

The plugins of ``lsst.ctrl.bps`` name jobs in these ways:

- PanDA: ``<workflow>_<step>_<label>_<chunk>_<request>_<transform>.<PanDA ID>``, where the
  workflow's name is the RUN with ``_`` in the place of ``/`` and ends in the time of submission;
- HTCondor and Parsl: ``<quantum ID>_<label>_<values>`` for a job of one quantum, and
  ``<label>_<values>`` for a cluster, where the values are those of the data ID
  (``templateDataId``: tract, patch, band, visit, exposure, detector).
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["JobIdentity", "from_command", "from_name"]

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_PANDA = re.compile(
    r"(?P<workflow>.+?_\d{8}T\d{6}Z)_(?P<step>\d+)_(?P<label>.+?)_\d+_\d+_\d+(?:\.\d+)?"
)
_PANDA_HELPER = re.compile(r"(?P<label>[A-Za-z]\w*?)_\d+_\d+\.\d+")
_BPS = re.compile(
    rf"(?:(?P<quantum>{_UUID})_)?(?P<label>[A-Za-z][A-Za-z0-9_:]*?)(?:_(?P<values>\d[\w+.-]*))?"
)
_QUANTA = re.compile(rf"(?:qgraphNodeId:|--qgraph-node-id[ =]\s*)(?P<ids>{_UUID}(?:,{_UUID})*)")
_OUTPUT_RUN = re.compile(r"--output-run[ =]\s*(?P<run>[^\s'\"]+)")


class JobIdentity(NamedTuple):
    """Values from a name or a command."""

    label: str | None = None
    run: str | None = None
    workflow_name: str | None = None
    quantum_ids: tuple[str, ...] | None = None
    data_id_values: str | None = None


def from_name(name: str) -> JobIdentity:
    """Split a job's name into its parts.

    Parameters
    ----------
    name : `str`
        Name of the job.

    Returns
    -------
    identity : `JobIdentity`
        Values of the name; all absent if the name follows no known rule.
    """
    if match := _PANDA.fullmatch(name):
        return JobIdentity(label=match["label"], workflow_name=match["workflow"])
    if match := _PANDA_HELPER.fullmatch(name):
        return JobIdentity(label=match["label"])
    if match := _BPS.fullmatch(name):
        quantum = match["quantum"]
        return JobIdentity(
            label=match["label"],
            quantum_ids=None if quantum is None else (quantum,),
            data_id_values=match["values"],
        )
    return JobIdentity()


def from_command(command: str | None) -> JobIdentity:
    """Find quanta and the RUN in a job's command line.

    Parameters
    ----------
    command : `str`, optional
        Command line, or PanDA's job parameters.

    Returns
    -------
    identity : `JobIdentity`
        Quanta and RUN that it names.
    """
    if not command:
        return JobIdentity()
    quanta = [quantum for match in _QUANTA.finditer(command) for quantum in match["ids"].split(",")]
    run = _OUTPUT_RUN.search(command)
    return JobIdentity(
        run=run["run"] if run else None,
        quantum_ids=tuple(dict.fromkeys(quanta)) or None,
    )
