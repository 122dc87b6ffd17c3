"""A report as a folder for a static web server: page, technote, tables, dictionary, dbt's docs."""
