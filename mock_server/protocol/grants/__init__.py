"""One module for each grant type of the token endpoint."""
