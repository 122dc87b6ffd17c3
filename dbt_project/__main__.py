"""`python -m dbt_project`: the way from the lake to the warehouse, and SQL on it."""

from dbt_project.cli import app

app()
