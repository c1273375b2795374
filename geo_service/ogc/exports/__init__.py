"""Exports of collections as files: every format from one stream of rows."""
