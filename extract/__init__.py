"""Dump the quantum metadata of campaigns from a Butler repository to Parquet.

This package records what the repository says, in fixed units.  It decides
nothing: SQL (``dbt_project``) says which attempt counts, what is a gap and what a
statistic covers.  This is the only package that imports ``lsst``.
"""
