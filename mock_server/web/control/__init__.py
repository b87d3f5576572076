"""The control API: everything that Python can tell the mock, over HTTP."""
