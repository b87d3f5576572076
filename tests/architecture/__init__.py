"""The shape of the code: floors, imports, names, sizes."""
