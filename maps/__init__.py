"""Interactive Folium maps of the service."""
