"""Matching contest winners to vacant premises."""
