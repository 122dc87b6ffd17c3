"""Build the demo: a real Butler repository with three simulated campaigns.

Nothing outside this package knows how the data was made up; the extractor reads
the repository as it reads any other.
"""

from .assemble import STAMP, build

__all__ = ["STAMP", "build"]
