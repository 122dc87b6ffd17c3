"""Build the warehouse from the lake: dbt models on DuckDB, and their runner.

The models, tests and macros in this folder define the numbers.  The Python beside
them only runs dbt and publishes its result as a whole.
"""
