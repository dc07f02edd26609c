"""`POST /oauth/revoke` (RFC 7009)."""

from __future__ import annotations

import attrs
from starlette.requests import Request
from starlette.responses import Response

from pip_hub.adapters.web.json_errors import NEVER_STORED
from pip_hub.adapters.web.oauth.client_authentication import read_credentials
from pip_hub.adapters.web.oauth.reading import read_form
from pip_hub.application.tokens.revoke_token import RevokeToken, RevokeTokenCommand


@attrs.frozen(kw_only=True)
class RevokeEndpoint:
    """Ends a token; the answer is the same for a token that was never there (RFC 7009 2.2)."""

    revoke_token: RevokeToken

    async def post(self, request: Request) -> Response:
        form = await read_form(request)
        credentials = read_credentials(request, form)
        await self.revoke_token(RevokeTokenCommand(credentials=credentials, token=form.secret("token")))
        return Response(headers=NEVER_STORED)
