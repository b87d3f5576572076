"""The mock as it is served, with its journal on, for the load."""

from __future__ import annotations

import threading

from mock_server.serving import serve

if __name__ == "__main__":
    with serve(auto_allow=True) as server:
        print(server.url, flush=True)
        threading.Event().wait()
