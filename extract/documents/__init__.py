"""Decode documents: bytes in, values out.

Everything here is pure: no file is opened and nothing is written.  A metadata
document, a log and a block of a graph are decoded by one module each
(`task_metadata`, `logs`, `graph_blocks`); `usage_columns` and `quanta` make the
columns and rows of the lake from them.
"""
