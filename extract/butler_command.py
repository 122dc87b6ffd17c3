"""Add the command ``census`` to the Butler's own command line, by an entry point.

``butler --help`` loads this module.  So it imports nothing large, and it never fails.
"""

from __future__ import annotations

import click

__all__ = ["commands"]


@click.command(
    "census",
    short_help="Dump quantum metadata of campaigns to Parquet (Quanta Census).",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def _census(words: tuple[str, ...]) -> None:
    """Copy the quantum metadata of campaigns from Butler repositories into Parquet files."""
    # Typer has its own copy of Click. Objects of one do not work in the other, so text is passed.
    from quanta_census.entrance import enter

    def run() -> None:
        from .cli import app

        app(list(words), prog_name="butler census")

    enter(run, extra="extract")


def commands() -> list[click.Command]:
    """Give the commands that this package adds to ``butler``.

    Returns
    -------
    commands : `list` [ `click.Command` ]
        The command ``census``, with the subcommands of ``census-extract``.
    """
    return [_census]
