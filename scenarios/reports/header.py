"""What a run was: enough to know it again, and to repeat one scenario of it."""

import re
import shlex

import msgspec

from scenarios.model.assignment import AppKind
from scenarios.summary import Terms

APP_KINDS: dict[AppKind, str] = {"basic": "Basic app", "pkce": "PKCE app"}

_SECRET_NAME = re.compile(r"secret|password|passwd|token|key|credential|auth", re.IGNORECASE)


class Header(msgspec.Struct, frozen=True):
    """A run before its first login; `flags` and `command` are what the client was given as, `limit` is in seconds."""

    version: str
    seat: str
    flags: tuple[str, ...]
    command: tuple[str, ...]
    provider: str
    lanes: int
    limit: float
    app_kinds: tuple[AppKind, ...]
    selectors: tuple[str, ...] = ()
    selected: int = 0
    terms: Terms = Terms()
    # The settings file that was read, for a person.
    settings: str = ""

    @property
    def client(self) -> str:
        """The client as it was written on the command line."""
        return as_typed(self.flags, self.command)

    def again(self, identifier: str, app_kind: AppKind) -> str:
        """The line that performs one scenario, or row, with one kind of app again."""
        before = shlex.join(["oauthspec", "run", "--select", identifier, "--app-kind", app_kind])
        return f"{before} {self.client}"


def as_typed(flags: tuple[str, ...], command: tuple[str, ...]) -> str:
    """A client as it is written on the command line."""
    return shlex.join([*flags, *(["--", *command] if command else [])])


def env_flag(name: str, template: str) -> tuple[str, str]:
    """The flag that sets a variable of the application, without a value that looks like a secret of the user's own."""
    secret = "{" not in template and _SECRET_NAME.search(name)
    return "--env", f"{name}={'[hidden]' if secret and template else template}"
