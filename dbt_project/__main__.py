"""Make ``python -m dbt_project`` the same as the console script ``census-transform``."""

from quanta_census.entrance import enter


def main() -> None:
    """Run the command line."""
    enter(_run, extra="warehouse")


def _run() -> None:
    from .runner.cli import app

    app(prog_name="census-transform")


if __name__ == "__main__":
    main()
