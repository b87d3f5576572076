"""`python -m mock_server` is `oauthspec serve`."""

from mock_server.command import serve

if __name__ == "__main__":
    serve(prog_name="python -m mock_server")
