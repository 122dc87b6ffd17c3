"""What sqlfluff sees in place of dbt's adapter: each engine macro as a plain function call."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["dispatch"]


def dispatch(name: str) -> Callable[..., str]:
    """Stand in for `adapter.dispatch`: the linter needs SQL that parses, not SQL that runs.

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
