"""Hand-written facts and the generator of the demo city."""
