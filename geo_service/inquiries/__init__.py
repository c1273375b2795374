"""Inquiries: what companies look for, and ranked answers."""
