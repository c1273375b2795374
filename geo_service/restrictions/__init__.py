"""Restrictions on land and development plans."""
