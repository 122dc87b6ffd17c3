"""The lake on disk: what its tables hold, and how files come into it whole.

Nothing here opens a Butler or reads a source.  Nothing is imported here either:
who needs the schema alone imports `extract.lake.schema` alone.
"""
