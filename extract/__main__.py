"""Make ``python -m extract`` the same as the console script ``census-extract``."""

from extract.cli import app

if __name__ == "__main__":
    app(prog_name="python -m extract")
