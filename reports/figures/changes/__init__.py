"""From release to release."""
