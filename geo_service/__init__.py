"""Land and premises service of a city's economic development agency."""
