"""The names that several modules of the protocol share."""

from typing import Literal

TokenEndpointAuthMethod = Literal["client_secret_basic", "client_secret_post", "none"]

ResponseMode = Literal["query", "fragment", "form_post"]

Endpoint = Literal["authorization", "token", "revocation", "resource", "metadata", "other"]

JWT_BEARER_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JWT_BEARER_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
