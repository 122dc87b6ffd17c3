"""Run dbt on a lake, check and publish the warehouse, and answer SQL on it.

The code here only runs the models; the models define the numbers.
"""
