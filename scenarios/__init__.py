"""The harness: scenarios, what drives a client through them, and what judges the evidence."""
