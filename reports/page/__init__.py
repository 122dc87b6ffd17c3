"""The interactive page: one HTML file that answers at any memory per core, offline.

Python gathers what the marts hold and inlines sources; sums over a selection are made in the
browser, of exact integers.  Markup, style and behaviour stand in files of their own.
"""
