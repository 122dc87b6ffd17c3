"""Run dbt on a lake, check and publish the warehouse, and answer SQL on it.

Everything here runs the models; what the numbers mean is said in the models alone.
"""
