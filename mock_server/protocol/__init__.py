"""The protocol core: pure decisions, standard library only, no clock and no randomness of its own."""
