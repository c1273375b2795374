"""Routes of the pages, by page."""
