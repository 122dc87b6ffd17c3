"""Draw and write the content of the marts: figures, technote, page, summary.

Nothing here computes a number that a mart could have.  The only connection to the other
packages is the warehouse file, which is opened read-only.
"""
