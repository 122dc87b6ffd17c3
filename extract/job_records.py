"""Find the files of job records that stages and campaigns name, and which of them are new.

Each file is a unit of the lake, which is read again only if it changed.  A file of a campaign,
not of one of its stages, has the stage `WHOLE_CAMPAIGN`.  SQL finds the stage of each of its
jobs from the RUN.
"""

from __future__ import annotations

import glob
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .campaigns import CampaignsFile
from .errors import CampaignsError, RecordsError
from .lake.store import Manifest
from .sources import JOB_RECORDS
from .sources.job_records import detect_kind

__all__ = ["RECORDS_KIND", "WHOLE_CAMPAIGN", "RecordsPlan", "plan_records"]

RECORDS_KIND = JOB_RECORDS
"""Kind of the units in the manifest."""

WHOLE_CAMPAIGN = "__campaign__"
"""Stage of the files that a campaign names."""


@dataclass(frozen=True)
class RecordsPlan:
    """One file of job records."""

    campaign: str
    stage: str
    path: str
    kind: str
    """Description of its content."""

    fingerprint: str
    action: str
    """``read``, ``reread``, ``repair`` or ``keep``."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Key of the unit in the manifest."""
        return (RECORDS_KIND, self.campaign, self.stage, self.path)

    @property
    def place(self) -> str:
        """Campaign and stage as messages name them."""
        is_whole = self.stage == WHOLE_CAMPAIGN
        return self.campaign if is_whole else f"{self.campaign} {self.stage}"


def plan_records(
    file: CampaignsFile,
    manifest: Manifest,
    stages: Iterable[tuple[str, str]],
    *,
    refresh: bool = False,
) -> list[RecordsPlan]:
    """Find the files of job records, and what to do with each.

    Parameters
    ----------
    file : `extract.campaigns.CampaignsFile`
        The campaigns file.
    manifest : `extract.lake.store.Manifest`
        What the lake holds.
    stages : `~collections.abc.Iterable` [ `tuple` [ `str`, `str` ] ]
        Campaign and stage of those that are selected.
    refresh : `bool`, optional
        Whether to read unchanged files, too.

    Returns
    -------
    plans : `list` [ `RecordsPlan` ]
        In the order of the file, each campaign's own files before those of its stages.

    Raises
    ------
    CampaignsError
        Raised if a file does not exist, or is not a file of job records.
    """
    chosen: dict[tuple[str, str], None] = {}
    for campaign, stage in stages:
        chosen[campaign, WHOLE_CAMPAIGN] = None
        chosen[campaign, stage] = None
    plans = []
    for campaign, stage in chosen:
        own = None if stage == WHOLE_CAMPAIGN else stage
        place = f"{file.path}: campaign {campaign}" + (f", {own}" if own else "")
        for path in _files(place, file.records_of(campaign, own)):
            try:
                kind = detect_kind(Path(path))
                status = Path(path).stat()
            except (RecordsError, OSError) as error:
                raise CampaignsError(f"{place}: {error}") from None
            fingerprint = f"{status.st_size} bytes, {status.st_mtime_ns}"
            unit = manifest.find(RECORDS_KIND, campaign, stage, path)
            if unit is None:
                action = "read"
            elif refresh or unit.fingerprint != fingerprint:
                action = "reread"
            else:
                action = "repair" if unit.key in manifest.damages else "keep"
            plans.append(RecordsPlan(campaign, stage, path, str(kind), fingerprint, action))
    return plans


def _files(place: str, patterns: Iterable[str]) -> list[str]:
    """List the files that match patterns, each once."""
    found: dict[str, None] = {}
    for pattern in patterns:
        if "://" in pattern:
            raise CampaignsError(
                f"{place}: {pattern}: job records must be files on a file system: copy them to one"
            )
        # A name may have brackets: a file of exactly that name comes first.
        is_there = Path(pattern).exists()
        matches = [pattern] if is_there else sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207
        if not matches:
            raise CampaignsError(
                f"{place}: there is no file {pattern}; correct 'job_records', or remove it"
            )
        for match in matches:
            if Path(match).is_dir():
                raise CampaignsError(
                    f"{place}: {match} is a folder: name the files of job records in it, such as "
                    f"{match.rstrip('/')}/*.json"
                )
            found[match] = None
    return list(found)
