"""The look that all figures share: colours and fonts, axes, lines, legends, the empty figure.

Nothing here asks the warehouse, and nothing here belongs to one figure alone.
"""
