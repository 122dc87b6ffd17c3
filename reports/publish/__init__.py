"""Publish a report as a folder for a static web server."""
