"""The only rooms that open a Butler, always read-only.

Nothing is imported here: `stores` is for workers that have no Butler, too.
"""
