"""The server on the web: it translates between HTTP and the authorization server, and decides nothing."""
