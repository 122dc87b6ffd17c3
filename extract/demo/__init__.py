"""Build the demo: a real Butler repository with three simulated campaigns.

The extractor reads this repository like any other.  Only this package knows how the
data was simulated.
"""

from .assemble import STAMP, build

__all__ = ["STAMP", "build"]
