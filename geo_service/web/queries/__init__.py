"""Statements of the pages, by page."""
