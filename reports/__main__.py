"""Run the command line as ``python -m reports``."""

from reports.cli import app

app(prog_name="census-report")
