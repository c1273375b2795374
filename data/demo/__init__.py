"""The demo city: hand-written facts and a deterministic generator of everything that is not public."""
