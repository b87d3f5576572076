"""An OAuth 2 authorization server that is right unless told otherwise."""
