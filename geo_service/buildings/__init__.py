"""Buildings (Gebäude) of the cadastre."""
