"""Read a BPS configuration with the files that it includes, combined as in BPS, and check it.

`lsst.ctrl.bps.BpsConfig` loads a file through `lsst.daf.butler.Config`, which resolves
``includeConfigs`` at any depth: environment variables are expanded, a relative name is looked for
in the working folder and then beside the file that names it, later files win over earlier ones,
and the including file wins over all.  The same class is used here, so BPS is not needed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .bps_requests import SECTIONS
from .words import one_line

__all__ = ["check_values", "has_includes", "with_includes"]

_KEY = "includeConfigs"

_NUMBERS = {
    "requestMemory": "MiB, such as 4096",
    "requestMemoryMax": "MiB, such as 65536",
    "memoryLimit": "MiB, such as 491520",
    "requestCpus": "cores, such as 1",
    "memoryMultiplier": "times the request of the try before, such as 2",
    "numberOfRetries": "tries, such as 3",
}
"""Keys whose values SQL reads as numbers, and what a value means."""

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
"""An environment variable in a path."""


def has_includes(content: object) -> bool:
    """Tell whether a configuration includes others, at any depth.

    Parameters
    ----------
    content : `object`
        What a YAML file holds.
    """
    if not isinstance(content, Mapping):
        return False
    return _KEY in content or any(has_includes(value) for value in content.values())


def with_includes(path: Path) -> dict[str, Any]:
    """Read a configuration and the files that it includes.

    Parameters
    ----------
    path : `pathlib.Path`
        The file.

    Returns
    -------
    content : `dict`
        All of it as one mapping, without ``includeConfigs``.

    Raises
    ------
    ValueError
        Raised with one line that says why a file cannot be included.
    """
    # The Butler's package takes a second to import, and few files include others.
    import yaml
    from lsst.daf.butler import Config

    try:
        content: dict[str, Any] = Config(path).toDict()
    except RecursionError:
        raise ValueError(f"{_KEY}: a file includes itself, or one that includes it") from None
    except FileNotFoundError as error:
        raise ValueError(f"{_KEY}: {_said(error)}") from None
    except RuntimeError as error:
        # The message shows the variables that are set with their values.
        unset = sorted({first or second for first, second in _VARIABLE.findall(str(error))})
        if unset:
            raise ValueError(
                f"{_KEY}: {_said(error)}: set the environment variable {', '.join(unset)}"
            ) from None
        raise ValueError(
            f"{_KEY}: {_said(error)} (looked for in the working folder and beside the file "
            "that names it)"
        ) from None
    except (OSError, TypeError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"{_KEY}: {_said(error)}") from None
    return content


def check_values(content: Mapping[str, Any]) -> None:
    """Refuse values that SQL would read as NULL; BPS accepts them until it makes jobs.

    Parameters
    ----------
    content : `~collections.abc.Mapping`
        The whole configuration.

    Raises
    ------
    ValueError
        Raised with one line that names key and value and says what to write.
    """
    bands = content.get("memoryBands")
    # In Python a bool is an int, but it is not a number here.
    if bands is not None and not (
        isinstance(bands, list) and all(type(band) is int and band > 0 for band in bands)
    ):
        raise ValueError(
            f"memoryBands: holds {bands!r:.60}: write the upper ends of the bands as a list of "
            "positive whole numbers in MiB, such as [2048, 4096, 8192]"
        )
    _check_numbers("", content)
    for name in SECTIONS:
        section = content.get(name)
        if section is None:
            continue
        if not isinstance(section, Mapping):
            raise ValueError(
                f"{name}: expected a mapping, found {section!r:.60}: write names with values"
            )
        # A section may have values of its own. They apply to tasks that it does not name.
        _check_numbers(f"{name}.", section)
        for label, entry in section.items():
            if isinstance(entry, Mapping):
                _check_numbers(f"{name}.{label}.", entry)


def _check_numbers(place: str, values: Mapping[str, Any]) -> None:
    """Refuse values that are not numbers; a number may be written as text."""
    for key, meaning in _NUMBERS.items():
        value = values.get(key)
        if value is None:
            continue
        try:
            is_number = not isinstance(value, bool) and 0 <= float(value) < math.inf
        except (TypeError, ValueError, OverflowError):
            is_number = False
        if not is_number:
            raise ValueError(f"{place}{key}: holds {value!r:.60}: write a number ({meaning})")


def _said(error: Exception) -> str:
    """Write the message of a library on one line, without its full stop."""
    return one_line(error).rstrip(".")
