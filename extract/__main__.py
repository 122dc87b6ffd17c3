"""Make ``python -m extract`` the same as the console script ``census-extract``."""


def main() -> None:
    """Run the command line."""
    # Here, because every worker imports this module again and needs nothing of it.
    from .cli import app

    app()


if __name__ == "__main__":
    main()
