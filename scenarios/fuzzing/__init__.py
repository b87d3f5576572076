"""Fuzzing: generated callbacks, token answers and sequences, an oracle that says why, and files that show it again."""
