"""Run the command line as ``python -m reports``."""

from .cli import app

app(prog_name="census-report")
