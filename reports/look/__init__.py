"""Define the look of all figures: colours and fonts, axes, lines, legends, the empty figure.

Nothing here reads the warehouse, and nothing here is for a single figure.
"""
