"""Where clients learn what this server can do (RFC 8414, and OpenID Connect Discovery for clients that look there)."""

from __future__ import annotations

from urllib.parse import urlsplit

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pip_hub.adapters.web.oauth import paths
from pip_hub.adapters.web.oauth.token import TokenEndpoint
from pip_hub.application.policy import Policy
from pip_hub.domain.client import ClientAuthMethod

_CACHED_BRIEFLY = {"Cache-Control": "public, max-age=300"}

_ALL_METHODS = [method.value for method in ClientAuthMethod]
_WITH_SECRET = [method.value for method in ClientAuthMethod if method is not ClientAuthMethod.NONE]


@attrs.frozen(kw_only=True)
class MetadataEndpoint:
    """The metadata documents.

    There is no `scopes_supported`: scopes belong to a resource, and each names its own (RFC 9728). Naming
    `offline_access` here would only make clients ask for a second consent, since every grant can refresh anyway.
    """

    policy: Policy
    token: TokenEndpoint

    async def oauth(self, _request: Request) -> Response:
        """RFC 8414 section 2."""
        return JSONResponse(self._document(), headers=_CACHED_BRIEFLY)

    async def openid(self, _request: Request) -> Response:
        """The same, for clients that look in OpenID Connect's place.

        Some refuse what they find there unless it has the three members that OpenID Connect Discovery requires
        (typescript-sdk issue 2733), so they are here and say the truth: nothing is signed.
        """
        signing = {
            "jwks_uri": self._url(paths.KEYS),
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [],
        }
        return JSONResponse(self._document() | signing, headers=_CACHED_BRIEFLY)

    async def keys(self, _request: Request) -> Response:
        """RFC 7517 section 5: the set of our signing keys, of which there are none, since our tokens are opaque."""
        return JSONResponse({"keys": []}, headers=_CACHED_BRIEFLY)

    def places(self, well_known: str) -> tuple[str, ...]:
        """Every path a client may look at: for an issuer with a path, both ways of putting the two together.

        RFC 8414 3.1 inserts the well-known part before the issuer's path, OpenID Connect Discovery 4.1 appends it.
        The bare one is what remains of the latter behind a proxy that takes the prefix away.
        """
        prefix = urlsplit(self.policy.issuer).path
        return (well_known, f"{well_known}{prefix}", f"{prefix}{well_known}") if prefix else (well_known,)

    def _document(self) -> dict[str, object]:
        return {
            "issuer": self.policy.issuer,
            "authorization_endpoint": self._url(paths.AUTHORIZE),
            "token_endpoint": self._url(paths.TOKEN),
            "registration_endpoint": self._url(paths.REGISTER),
            "revocation_endpoint": self._url(paths.REVOKE),
            "introspection_endpoint": self._url(paths.INTROSPECT),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": list(self.token.grants),
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": _ALL_METHODS,
            "revocation_endpoint_auth_methods_supported": _ALL_METHODS,
            "introspection_endpoint_auth_methods_supported": _WITH_SECRET,
            "authorization_response_iss_parameter_supported": True,  # RFC 9207 section 3
        }

    def _url(self, path: str) -> str:
        return f"{self.policy.issuer}{path}"
