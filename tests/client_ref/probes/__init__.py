"""One small probe for each scenario row that a flaw names: true if the client did what the row asks.

These are not the catalogue: they know the client from inside, and are there to show that a flaw is the flaw it says.
"""
