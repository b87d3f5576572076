"""The server and clients that others wrote, unmodified, over real sockets: the foreign witness."""
