"""What a real authorization server said, replayed against the mock server over HTTP."""
