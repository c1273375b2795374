"""Filters in CQL2: parsing, and an own translation to SQL with an allow list."""
