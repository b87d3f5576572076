"""The `.env` lines of Frame.io's guide, for an app that is to use the mock in the place of Frame.io."""

from mock_server.protocol.records import App

# What a newcomer's app asks for; the guide's own sample.
_FIRST_SCOPES = ("offline", "account.read", "asset.read")

# Where runtimes look for the authorities that they trust: OpenSSL (Python, Ruby, PHP, .NET on Linux) and Go, Python's
# requests, curl, Node. Node adds what it finds there to its own; for all others it is all that they trust.
_TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


def trusting(ca_file: str | None) -> dict[str, str]:
    """The variables that have a program trust the authorities of a file; none where there is no such file."""
    return dict.fromkeys(_TRUST, ca_file) if ca_file else {}


def environment(issuer: str, app: App, ca_file: str | None = None) -> dict[str, str]:
    """The variables for one app of the server at `issuer`; a PKCE app has no secret, so it has no such line."""
    asked = [scope for scope in _FIRST_SCOPES if scope in app.scopes] or list(app.scopes)
    variables = {
        "AUTHORIZE_URL": f"{issuer}/oauth2/auth",
        "TOKEN_URL": f"{issuer}/oauth2/token",
        "CLIENT_ID": app.client_id,
        "CLIENT_SECRET": app.client_secret or "",
        "REDIRECT_URI": app.redirect_uris[0],
        "SCOPE": " ".join(asked),
        "API_URL": f"{issuer}/v2",
    }
    if app.is_public:
        del variables["CLIENT_SECRET"]
    return variables | trusting(ca_file)


def env_lines(variables: dict[str, str]) -> str:
    """The variables as lines of a `.env` file."""
    return "".join(f"{name}={_quoted(value)}\n" for name, value in variables.items())


def _quoted(value: str) -> str:
    plain = value.isascii() and not any(character in " \"'#$\\`\n\r\t" for character in value)
    if plain:
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("\n", "\\n")
    return f'"{escaped}"'
