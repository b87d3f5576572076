"""Questions to what a client has sent, as pure functions: scenarios and rules ask them alike."""
