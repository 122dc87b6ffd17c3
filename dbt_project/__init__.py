"""Build the warehouse from the lake: dbt models on DuckDB, and their runner.

The models, tests and macros in this folder say what the numbers mean.  The
Python beside them only runs dbt and publishes its result as a whole.
"""
