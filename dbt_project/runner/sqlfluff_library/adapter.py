"""Replace dbt's adapter for sqlfluff: each engine macro becomes a plain function call."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["dispatch"]


def dispatch(name: str) -> Callable[..., str]:
    """Replace `adapter.dispatch`: the linter needs SQL that parses, not SQL that runs.

    Parameters
    ----------
    name : `str`
        Name of the macro.

    Returns
    -------
    call : `~collections.abc.Callable`
        Writes a call of a function of that name.
    """

    def call(*arguments: object) -> str:
        flat = [
            str(value)
            for argument in arguments
            for value in (argument if isinstance(argument, list | tuple) else [argument])
        ]
        return f"{name}({', '.join(flat)})"

    return call
