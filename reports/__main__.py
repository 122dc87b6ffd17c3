"""Make ``python -m reports`` the same as the console script ``census-report``."""

from quanta_census.entrance import enter


def main() -> None:
    """Run the command line."""
    enter(_run, extra="report")


def _run() -> None:
    from .cli import app

    app(prog_name="census-report")


if __name__ == "__main__":
    main()
