"""Draw and write what the marts hold: figures, technote, page, summary.

Nothing here computes a number that a mart could hold.  This package meets the
others only at the warehouse file, which it opens read-only.
"""
