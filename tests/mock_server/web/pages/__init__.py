"""The pages and the control API, over HTTP and without a browser."""
