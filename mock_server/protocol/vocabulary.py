"""The names that several modules of the protocol share."""

from typing import Literal

TokenEndpointAuthMethod = Literal["client_secret_basic", "client_secret_post", "none"]

ResponseMode = Literal["query", "fragment", "form_post"]

Endpoint = Literal["authorization", "token", "revocation", "resource", "metadata", "other"]

# What a server proves its name with: the first two are good ones, and no client may take the others.
Certificate = Literal["trusted", "renewed", "self_signed", "expired", "wrong_name", "unknown_authority"]

JWT_BEARER_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JWT_BEARER_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
