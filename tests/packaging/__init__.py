"""The built wheel, installed where it is not at home."""
