"""Make ``python -m extract`` the same as the console script ``census-extract``."""


def main() -> None:
    """Run the command line."""
    # Imported here: every worker imports this module again and does not need the command line.
    from quanta_census.entrance import enter

    enter(_run, extra="extract")


def _run() -> None:
    from .cli import app

    app(prog_name="census-extract")


if __name__ == "__main__":
    main()
