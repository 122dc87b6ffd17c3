"""What a metadata document means: from JSON to the columns of the lake's ``quanta``.

Pure: bytes and values in, Arrow out.  Where bytes come from is the business of
`extract.metadata_files` and `extract.provenance_graphs`.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

__all__ = ["UnreadableMetadata", "canonical_data_id"]


class UnreadableMetadata(ValueError):
    """A document that gives no row of numbers; the message is the reason for ``rejects``."""


def canonical_data_id(required: Mapping[str, int | str]) -> str:
    """Write the required dimensions of a data ID as the lake's JSON text.

    Parameters
    ----------
    required : `~collections.abc.Mapping`
        Dimension name to value, the required dimensions alone.

    Returns
    -------
    data_id : `str`
        JSON, keys sorted, no spaces: equal for equal data IDs of any source.
    """
    return msgspec.json.encode(dict(sorted(required.items()))).decode()
