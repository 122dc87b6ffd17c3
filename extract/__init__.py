"""Dump the quantum metadata of campaigns from a Butler repository to Parquet.

This package records what the repository says, in fixed units, and decides
nothing: which attempt counts, what is a gap and what a statistic covers is
SQL's to say (``dbt_project``).  It is the only package that imports ``lsst``.
"""
