"""Define every expected error of this program; each message is one line, usually with a remedy.

::

    ExtractionError
    ├── CampaignsError            the campaigns file, or what it names
    ├── LakeError                 the lake: of another version, locked, its disk full
    ├── RepositoryError           a Butler repository
    ├── ExecutorError             the executor of the jobs
    ├── WorkerError               workers are gone
    └── ReadingError              something that cannot be read; other RUNs are read
        ├── GraphError            a provenance graph
        ├── PredictedGraphError   a predicted graph
        │   └── HeaderOnlyError   all of it but its header
        ├── RecordsError          a file of job records
        ├── MetadataError         one metadata document
        └── StoreError            a store as a whole
            └── UnreachableError  the server of a store

`NoAnswerError` is not in the tree, like the errors of other libraries:
`extract.butler.store_errors.explain` says what it means.
"""

from __future__ import annotations

from .uris import without_secrets

__all__ = [
    "CampaignsError",
    "ExecutorError",
    "ExtractionError",
    "GraphError",
    "HeaderOnlyError",
    "LakeError",
    "MetadataError",
    "NoAnswerError",
    "PredictedGraphError",
    "ReadingError",
    "RecordsError",
    "RepositoryError",
    "StoreError",
    "UnreachableError",
    "WorkerError",
]


class ExtractionError(Exception):
    """Base of the expected errors; the message is one line for users.

    Parameters
    ----------
    message : `str`, optional
        The line; credentials are removed from its URIs.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(without_secrets(message))


class CampaignsError(ExtractionError):
    """The campaigns file cannot be used; the message says where and why."""


class LakeError(ExtractionError):
    """The lake cannot be used."""


class RepositoryError(ExtractionError):
    """A repository cannot give what is asked."""


class ExecutorError(ExtractionError):
    """The executor that was asked for cannot be opened."""


class WorkerError(ExtractionError):
    """Workers are gone; what was finished is in the lake."""


class ReadingError(ExtractionError):
    """Something cannot be read; other RUNs are read."""


class GraphError(ReadingError):
    """A provenance graph cannot be trusted."""


class PredictedGraphError(ReadingError):
    """A predicted graph cannot be read, or not all of it."""


class HeaderOnlyError(PredictedGraphError):
    """The quanta of a predicted graph cannot be read, but the counts of its header can."""


class RecordsError(ReadingError):
    """A file of job records cannot be read as a whole."""


class MetadataError(ReadingError, ValueError):
    """A metadata document cannot be used."""


class NoAnswerError(TimeoutError):
    """A server did not answer within the limit."""


class StoreError(ReadingError):
    """A store as a whole cannot be read; this says nothing about the quanta of its files."""


class UnreachableError(StoreError):
    """The server of a store cannot be reached, so none of its other files is tried."""
