"""Open and query a Butler, always read-only; no other package opens one.

Nothing is imported here, because workers without a Butler use `stores`, too.
"""
