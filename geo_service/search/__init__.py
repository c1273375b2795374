"""Search by what people type: keys, notation, sites, streets, premises, stops, with typing errors."""
