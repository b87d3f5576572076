"""The catalogue: one module for each topic, read like a specification."""
