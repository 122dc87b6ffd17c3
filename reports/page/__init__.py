"""Make the interactive page: one HTML file with the answers for any memory per core, offline.

Python reads the marts and writes data and sources into the file.  The browser makes sums over a
selection, from exact integers.  Markup, style and scripts are in files of their own.
"""
