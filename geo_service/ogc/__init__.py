"""OGC API interfaces."""
