"""The command ``butler census``, which the Butler's own command line finds by an entry point.

``butler --help`` loads this module, so it imports nothing heavy and never fails.
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
    # Typer brings a Click of its own: words cross between the two, and no object does.
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
