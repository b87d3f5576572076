"""Listeners of a run: what people read, and what is stored to be judged again."""
