"""Premises and the spells in which they stand empty."""
