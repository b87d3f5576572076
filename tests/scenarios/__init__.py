"""The harness: its parts alone, and whole runs."""
