"""Read and validate the campaigns file, in which a user names campaigns, stages and collections.

No Butler is opened here and nothing is written, so every fault of the file is reported
before any work.
"""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import yaml

from .bps_configurations import check_values, has_includes, with_includes
from .bps_requests import default_requests, resolve_requests
from .errors import CampaignsError
from .words import one_line

__all__ = [
    "DEMO_STAMP",
    "DEMO_VERSION",
    "Campaign",
    "CampaignsFile",
    "Demo",
    "NodeType",
    "Prices",
    "Stage",
    "load_campaigns",
]

DEMO_STAMP = "census-demo.json"
"""File in the demo's folder that says with which seed and scale it was built."""

DEMO_VERSION = 3
"""Version of the demo; it increases when the same seed and scale give other data."""

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def _check_name(name: str) -> str:
    """Refuse a name that cannot be a folder of the lake and a part of a figure's name."""
    # "." and ".." have only allowed characters, but lead out of the lake. Two underscores begin the
    # names of folders for rows without a campaign, ours and Hive's.
    if not _NAME.fullmatch(name) or set(name) == {"."} or name.startswith("__"):
        raise ValueError(
            f"{name!r} is not a name: use letters, digits, '.', '_' and '-'; do not begin with '__'"
        )
    return name


def _check_text(text: str) -> str:
    """Refuse characters that no path can have."""
    if "\0" in text:
        raise ValueError("the text has a zero byte: remove it")
    return text


def _as_list(value: object) -> object:
    """Make a list of a single item that is written without a list."""
    return [value] if isinstance(value, str) else value


_Name = Annotated[str, pydantic.AfterValidator(_check_name)]
_Text = Annotated[
    str,
    pydantic.StringConstraints(min_length=1, strip_whitespace=True),
    pydantic.AfterValidator(_check_text),
]
_Texts = Annotated[tuple[_Text, ...], pydantic.BeforeValidator(_as_list)]
# Far larger than any real value. Larger numbers are mistakes, and overflow in the lake or in SQL.
_Gib = Annotated[float, pydantic.Field(gt=0, le=1e6, allow_inf_nan=False)]
_Price = Annotated[float, pydantic.Field(ge=0, le=1e12, allow_inf_nan=False)]


class _Section(pydantic.BaseModel):
    """A mapping of the file; an unknown key is an error."""

    # The text below a field is its description in docs/reference/campaigns-file.md.
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Demo(_Section):
    """How the simulated demo repository is built."""

    seed: Annotated[int, pydantic.Field(ge=-(2**62), le=2**62)] = 1
    """The same seed and scale give the same quanta."""

    scale: Annotated[float, pydantic.Field(gt=0, le=1e4, allow_inf_nan=False)] = 1
    """Multiplies the number of quanta; 1 is about 33,000."""


class NodeType(_Section):
    """A type of worker node, for sizing."""

    cores: Annotated[int, pydantic.Field(gt=0, le=1_000_000)]
    """Cores of the node."""

    memory_gib: _Gib
    """Memory of the whole node, in GiB."""


class Prices(_Section):
    """Prices for sizing, in any one currency."""

    per_core: _Price | None = None
    """Price of one core without memory."""

    per_gib: _Price | None = None
    """Price of one GiB of memory. Costs are known where both prices are given."""


class Stage(_Section):
    """One stage of a campaign: the collections that hold it, in order."""

    collections: Annotated[_Texts, pydantic.Field(min_length=1)]
    """A RUN, a chain or a glob, or a list of them in the order in which they count. A stage that is
    only a text or a list is its collections.
    """

    quantum_graphs: _Texts = ()
    """Predicted graphs of the submissions: paths, globs or URIs. They say which quanta were
    expected.
    """

    job_records: _Texts = ()
    """Records of the batch system for this stage: PanDA (JSON), Slurm (`sacct`) or HTCondor (event
    logs, history). Paths or globs.
    """

    incomplete: _Text | None = None
    """The reason of a gap that is known and will not be closed. The gap then is a warning."""

    @pydantic.model_validator(mode="before")
    @classmethod
    def _expand_short_form(cls, value: object) -> object:
        """Read a bare collection, or a list of them, as a stage with only collections."""
        return {"collections": value} if isinstance(value, str | list) else value


BINS_GIB = (1.0, 0.5, 0.25)
"""Widths of ranges of max RSS that a file may choose; each has the borders of the wider ones."""


class Campaign(_Section):
    """One campaign: a release, run over some fields in some stages."""

    release: _Text
    """Software release, such as `w_2025_48` or `v30.0.0.rc3`."""

    fields: _Texts = ()
    """Names of the fields that were observed, for the table of campaigns."""

    description: _Text | None = None
    """One sentence for the table of campaigns."""

    focus: _Name | None = None
    """Label of the campaign in the names of its figures, such as `v30`. Marks a campaign that
    figures of a single campaign show. The first of the file is the one that verdicts are about.
    """

    repository: _Text | None = None
    """A repository of its own; default: that of the file."""

    job_records: _Texts = ()
    """Records of the batch system for all stages of the campaign."""

    stages: Annotated[dict[_Name, Stage], pydantic.Field(min_length=1)]
    """Stages of the campaign, each with its collections. These stages are expected."""


class CampaignsFile(_Section):
    """The whole file (design: section 4.2).

    Fields have paths as they are written in the file; the methods give absolute paths.
    """

    campaigns: Annotated[dict[_Name, Campaign], pydantic.Field(min_length=1)]
    """Campaigns, the oldest first: each is compared with the one before it."""

    repository: _Text | None = None
    """Butler repository: a path from the folder of this file, a URI or a registered label."""

    threshold_gib: _Gib = 6.0
    """Memory per core that is counted against and drawn as a line, in GiB."""

    thresholds_gib: tuple[_Gib, ...] = ()
    """Further lines to count against, in GiB."""

    lines_gib: tuple[_Gib, ...] = ()
    """Memories per core that figures draw as lines, in GiB, beside `threshold_gib`."""

    bin_gib: float = 1.0
    """Width of the ranges of max RSS in figures: 1, 0.5 or 0.25 GiB."""

    nodes: dict[_Name, NodeType] = pydantic.Field(default_factory=dict)
    """Types of worker nodes that you have or could buy, for sizing."""

    prices: Prices = Prices()
    """Prices in any one currency, for sizing."""

    current_requests: _Text | None = None
    """BPS configuration in use, to compare its memory requests with what was observed. What it
    includes is read too.
    """

    wms: Literal["htcondor", "panda", "parsl", "slurm"] | None = None
    """What runs the jobs: it decides whether a killed job is tried again with more memory. Default:
    what the BPS configuration says, else `htcondor`.
    """

    demo: Demo | None = None
    """Builds a simulated repository under DATA/demo. Only for the demo."""

    _path: Path = pydantic.PrivateAttr()
    _demo_root: Path = pydantic.PrivateAttr()
    _current_requests_json: str | None = pydantic.PrivateAttr(default=None)

    @pydantic.model_validator(mode="after")
    def _check_whole(self) -> CampaignsFile:
        """Check conditions that involve several sections."""
        labels = [campaign.focus for campaign in self.campaigns.values() if campaign.focus]
        if not labels:
            raise ValueError(
                "at least one campaign needs 'focus', the label of the single-campaign figures: "
                "none has it"
            )
        for label, other in itertools.permutations(labels, 2):
            # In file names an underscore follows: `v30` and `v30_log` could give the same name.
            if label == other or other.startswith(f"{label}_"):
                raise ValueError(
                    f"the labels {label!r} and {other!r} of 'focus' would give two figures the "
                    "same file name: choose other labels"
                )
        if len(set(self.thresholds_gib)) != len(self.thresholds_gib):
            raise ValueError("thresholds_gib has the same value twice")
        if len(set(self.lines_gib)) != len(self.lines_gib):
            raise ValueError("lines_gib has the same value twice")
        if self.bin_gib not in BINS_GIB:
            raise ValueError(f"bin_gib is {self.bin_gib:g}: expected 1, 0.5 or 0.25")
        for name, campaign in self.campaigns.items():
            own = campaign.repository or self.repository
            if self.demo and own:
                raise ValueError("with 'demo' the repository is built: remove 'repository'")
            if not self.demo and not own:
                raise ValueError(
                    f"campaign {name} has no repository: add 'repository' to it or to the file"
                )
        return self

    @property
    def path(self) -> Path:
        """The file itself, absolute."""
        return self._path

    @property
    def demo_root(self) -> Path:
        """Folder in which the demo of this file is built, absolute."""
        return self._demo_root

    @property
    def focus(self) -> str:
        """Name of the first campaign of the single-campaign figures."""
        return next(name for name, campaign in self.campaigns.items() if campaign.focus)

    @property
    def current_requests_json(self) -> str | None:
        """Requests of the current BPS configuration, resolved, as JSON text.

        `None` if the file names neither a configuration nor a batch system (``wms``).
        """
        return self._current_requests_json

    @property
    def base(self) -> Path:
        """Folder to which relative paths of the file refer, absolute."""
        return self._demo_root.resolve() if self.demo else self._path.resolve().parent

    def repository_of(self, campaign: str) -> str:
        """Get the location of a campaign's Butler repository.

        Parameters
        ----------
        campaign : `str`
            Name of the campaign.

        Returns
        -------
        repository : `str`
            Absolute path, URI or registered label.
        """
        if self.demo:
            return str(self.base / "repo")
        uri = self.campaigns[campaign].repository or self.repository
        assert uri is not None, "validated"
        as_path = Path(uri).expanduser()
        # A label is a bare word that is not a folder here, such as `embargo` or `main`.
        if "://" in uri or not ("/" in uri or (self.base / as_path).exists()):
            return uri
        return str(self.base / as_path)

    def graphs_of(self, campaign: str, stage: str) -> list[str]:
        """List the predicted graphs of a stage as the file names them, made absolute.

        Parameters
        ----------
        campaign, stage : `str`
            Names in the file.

        Returns
        -------
        graphs : `list` [ `str` ]
            URIs, paths or globs of paths.
        """
        return [
            graph if "://" in graph else str(self.base / Path(graph).expanduser())
            for graph in self.campaigns[campaign].stages[stage].quantum_graphs
        ]

    def records_of(self, campaign: str, stage: str | None = None) -> list[str]:
        """List the files of job records as the file names them, made absolute.

        Parameters
        ----------
        campaign : `str`
            Name in the file.
        stage : `str`, optional
            Name in the file; `None` for the files that the campaign itself names.

        Returns
        -------
        files : `list` [ `str` ]
            Paths or globs of paths.
        """
        declared = self.campaigns[campaign]
        names = declared.job_records if stage is None else declared.stages[stage].job_records
        return [
            name if "://" in name else str(self.base / Path(name).expanduser()) for name in names
        ]


class _Loader(yaml.SafeLoader):
    """YAML loader that refuses a key that appears twice, instead of dropping one value."""

    def compose_mapping_node(self, anchor: dict[Any, yaml.Node]) -> yaml.MappingNode:
        """Check the keys as they are written: merges (``<<: *base``) may repeat them."""
        node = super().compose_mapping_node(anchor)
        seen: set[tuple[str, str]] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                continue
            key = (key_node.tag, key_node.value)
            if key in seen:
                line = key_node.start_mark.line + 1
                raise CampaignsError(
                    f"line {line}: {key_node.value!r} appears twice in one mapping"
                )
            seen.add(key)
        return node


def _read_yaml(path: Path) -> object:
    """Read a YAML file, or raise an error of one line."""
    try:
        with path.open(encoding="utf-8") as stream:
            return yaml.load(stream, Loader=_Loader)  # a SafeLoader
    except CampaignsError as error:
        raise CampaignsError(f"{path}: {error}") from None
    except FileNotFoundError:
        raise CampaignsError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CampaignsError(f"{path}: cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise CampaignsError(f"{path}: is not valid YAML: {one_line(error)}") from None
    except RecursionError:
        raise CampaignsError(f"{path}: {_TOO_DEEP}") from None
    except ValueError as error:  # Such as a number of thousands of digits, or a date of month 13.
        raise CampaignsError(f"{path}: has a value that cannot be read: {error}") from None


_TOO_DEEP = "mappings or lists are nested too deeply: a campaigns file needs at most ten levels"


def _read_requests(path: Path, wms: str | None) -> dict[str, Any]:
    """Read a BPS configuration and what it includes, checked, and resolve its requests."""
    content = _read_yaml(path)
    try:
        if has_includes(content):
            content = with_includes(path)
        if content is None:
            content = {}
        if not isinstance(content, dict):
            raise ValueError(f"expected a mapping, found {content!r:.60}")
        check_values(content)
        return resolve_requests(content, wms)
    except RecursionError:
        raise CampaignsError(f"{path}: {_TOO_DEEP}") from None
    except ValueError as error:
        raise CampaignsError(f"{path}: {error}") from None


def _kind(value: object) -> str:
    """Name the kind of a YAML value."""
    match value:
        case None:
            return "nothing"
        case list() | tuple():
            return "a list"
        case str() | int() | float():
            return f"{value!r:.60}"
    return f"a {type(value).__name__}"


def _first_fault(error: pydantic.ValidationError) -> str:
    """Describe the first fault of the validation in one line, with its place in the file."""
    fault = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in fault["loc"] if part != "[key]")
    match fault["type"]:
        case "extra_forbidden":
            message = f"unknown key {fault['loc'][-1]!r}"
            place = ".".join(str(part) for part in fault["loc"][:-1])
        case "missing":
            message = f"{fault['loc'][-1]!r} is missing"
            place = ".".join(str(part) for part in fault["loc"][:-1])
        case "dict_type" | "model_type" | "model_attributes_type":
            message = f"expected a mapping, found {_kind(fault['input'])}"
        case _:
            message = fault["msg"].removeprefix("Value error, ")
            if fault["type"] == "string_type":
                message += f" (not {fault['input']!r}: quote it)"
    return f"{place}: {message}" if place else message


def load_campaigns(path: Path, data: Path) -> CampaignsFile:
    """Read and validate a campaigns file.

    Parameters
    ----------
    path : `pathlib.Path`
        The file.
    data : `pathlib.Path`
        Folder of all outputs, which include the demo repository.

    Returns
    -------
    campaigns : `CampaignsFile`
        The content of the file, with ``current_requests`` already read.

    Raises
    ------
    CampaignsError
        Raised with one line that names the file, the place and the fault.
    """
    # Absolute from here on: workers find the same files, also after a change of the folder.
    path = path.absolute()
    content = _read_yaml(path)
    if not isinstance(content, dict):
        raise CampaignsError(f"{path}: expected a mapping with 'campaigns', found {_kind(content)}")
    try:
        file = CampaignsFile.model_validate(content)
    except pydantic.ValidationError as error:
        raise CampaignsError(f"{path}: {_first_fault(error)}") from None
    file._path = path
    file._demo_root = data.absolute() / "demo"
    requests: dict[str, Any] | None = None
    if file.current_requests:
        named = path.resolve().parent / Path(file.current_requests).expanduser()
        requests = _read_requests(named, file.wms)
    elif file.wms:
        requests = default_requests(file.wms)
    if requests is not None:
        # BPS configurations are YAML; SQL reads the requests from JSON.
        file._current_requests_json = json.dumps(requests)
    return file
