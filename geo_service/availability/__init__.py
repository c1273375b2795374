"""Availability of parcels: what is usable, from when, what blocks it."""
