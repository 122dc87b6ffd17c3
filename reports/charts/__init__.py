"""The charts: one module each, ``chart(frame, ...)`` from Arrow tables to an Altair chart.

No chart reads a file, asks SQL or computes what a mart could hold.  A chart refuses an empty
frame (`~reports.charts.parts.EmptyFrameError`); what stands in its place then, is decided by
`reports.export`.
"""
