"""`python -m dbt_project`: the way from the lake to the warehouse, and SQL on it."""

from .runner.cli import app

if __name__ == "__main__":
    app(prog_name="python -m dbt_project")
