"""Scopes in plain words, as a person who is asked for consent needs them."""

_VERBS = {"create": "Create", "read": "See", "update": "Change", "delete": "Delete"}
_THINGS = {
    "account": "account",
    "action": "custom actions",
    "asset": "files and folders",
    "auditlog": "audit log",
    "comment": "comments",
    "presentation": "presentations",
    "project": "projects",
    "reviewlink": "review links",
    "team": "teams",
    "webhook": "webhooks",
}
_WHOLE = {
    "offline": "Stay signed in while you are away (gives the app a refresh token)",
    "offline_access": "Stay signed in while you are away (gives the app a refresh token)",
    "openid": "Know who you are",
    "email": "See your e-mail address",
    "profile": "See your name",
}


def in_words(scope: str) -> str:
    """What a scope lets an app do; the scope itself where nobody has put it into words."""
    if scope in _WHOLE:
        return _WHOLE[scope]
    thing, _, verb = scope.partition(".")
    if thing in _THINGS and verb in _VERBS:
        return f"{_VERBS[verb]} your {_THINGS[thing]}"
    if thing in _THINGS and verb == "*":
        return f"Do everything with your {_THINGS[thing]}"
    return scope
