"""A small, strict OAuth 2 client: the ruler that the ruler is checked with."""
