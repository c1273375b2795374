"""Shared import machinery: staging, mapping, rejects, report."""
