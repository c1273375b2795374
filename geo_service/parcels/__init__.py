"""Parcels (Flurstücke) and what occupies them."""
