"""Google's userinfo endpoint."""

from __future__ import annotations

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.google.claims import account_of, bearer, identity
from pip_hub.adapters.sandbox.reading import bearer_of
from pip_hub.adapters.sandbox.refusals import OAuthRefused

_UNAUTHORIZED = 401


@attrs.frozen(kw_only=True)
class GoogleUserinfo:
    """`/google/v1/userinfo`."""

    sandbox: Sandbox

    async def userinfo(self, http: Request) -> Response:
        """GET: who the token's account is (OpenID Connect Core 5.3)."""
        token = bearer(self.sandbox, bearer_of(http))
        if token is None:
            raise OAuthRefused("invalid_request", "Invalid Credentials", status=_UNAUTHORIZED)
        return JSONResponse(identity(account_of(self.sandbox, token.subject), token.scopes))
