"""Define the lake on disk: its tables, and how complete files are published in it.

Nothing here opens a Butler or reads a source.  Nothing is imported here either, so that
a program can import only `extract.lake.schema`.
"""
