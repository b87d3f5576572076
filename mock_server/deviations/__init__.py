"""Named ways to be wrong: pure functions from message to message, or from encoded answer to bytes."""
