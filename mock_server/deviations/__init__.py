"""Named ways to spoil a right answer: pure functions from message to message, or from answer to answer."""
