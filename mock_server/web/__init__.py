"""The rim in HTTP: translates requests into questions to the core, and its answers into responses."""
