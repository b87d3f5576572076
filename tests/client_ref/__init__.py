"""The reference client: its parts alone, facing a server, and each of its flawed twins."""
