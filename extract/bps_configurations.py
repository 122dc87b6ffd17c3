"""A BPS configuration with all that it includes, put together as BPS does it.

`lsst.ctrl.bps.BpsConfig` loads a file through `lsst.daf.butler.Config`, which resolves
``includeConfigs`` at any depth: environment variables are expanded, a relative name is looked for
in the working folder and then beside the file that names it, later files win over earlier ones,
and the including file wins over all.  That class does the same here; nothing of BPS is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["has_includes", "with_includes"]

_KEY = "includeConfigs"


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
    """Read a configuration and what it includes.

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
        raise ValueError(f"{_KEY}: {_one_line(error)}") from None
    except RuntimeError as error:
        raise ValueError(
            f"{_KEY}: {_one_line(error)} (looked for in the working folder and beside the file "
            "that names it)"
        ) from None
    except (OSError, TypeError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"{_KEY}: {_one_line(error)}") from None
    return content


def _one_line(error: Exception) -> str:
    """Fold the message of a library."""
    return " ".join(str(error).split()).rstrip(".")
