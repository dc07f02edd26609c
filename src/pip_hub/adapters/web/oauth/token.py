"""`POST /oauth/token` (RFC 6749 3.2): one handler per grant type."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import attrs
from starlette.requests import Request
from starlette.responses import Response

from pip_hub.adapters.web.json_errors import never_stored
from pip_hub.adapters.web.oauth.client_authentication import read_credentials
from pip_hub.adapters.web.oauth.reading import Form, read_form
from pip_hub.application.clients.authenticate_client import ClientCredentials
from pip_hub.application.tokens.issue_tokens import TokensIssued
from pip_hub.application.tokens.redeem_code import RedeemCode, RedeemCodeCommand
from pip_hub.application.tokens.refresh_tokens import RefreshTokens, RefreshTokensCommand
from pip_hub.domain.errors import InvalidRequest, UnsupportedGrantType


@attrs.frozen(kw_only=True)
class TokenRequest:
    """A token request whose sender has been read, but not yet checked."""

    credentials: ClientCredentials
    form: Form


TokenAnswer = Mapping[str, object]
"""The members of a successful answer (RFC 6749 5.1)."""

GrantHandler = Callable[[TokenRequest], Awaitable[TokenAnswer]]
"""What a grant type does; raises `TokenRefused`."""


@attrs.frozen(kw_only=True)
class TokenEndpoint:
    """The token endpoint. A new grant type is one more entry in `grants`, and the metadata names it by itself."""

    grants: Mapping[str, GrantHandler]

    async def post(self, request: Request) -> Response:
        form = await read_form(request)
        grant_type = form.one("grant_type")
        if grant_type is None:
            raise InvalidRequest(reason="grant_type is required")
        handler = self.grants.get(grant_type)
        if handler is None:
            raise UnsupportedGrantType(reason=f"grant_type must be one of: {', '.join(self.grants)}")
        credentials = read_credentials(request, form)
        return never_stored(await handler(TokenRequest(credentials=credentials, form=form)))


@attrs.frozen(kw_only=True)
class AuthorizationCodeGrant:
    """`authorization_code` (RFC 6749 4.1.3, RFC 7636 4.5)."""

    redeem_code: RedeemCode

    async def __call__(self, request: TokenRequest) -> TokenAnswer:
        form = request.form
        issued = await self.redeem_code(
            RedeemCodeCommand(
                credentials=request.credentials,
                code=form.secret("code"),
                verifier=form.one("code_verifier"),
                redirect_uri=form.one("redirect_uri"),
                resources=form.many("resource"),
            )
        )
        return _answer(issued)


@attrs.frozen(kw_only=True)
class RefreshTokenGrant:
    """`refresh_token` (RFC 6749 section 6)."""

    refresh_tokens: RefreshTokens

    async def __call__(self, request: TokenRequest) -> TokenAnswer:
        form = request.form
        issued = await self.refresh_tokens(
            RefreshTokensCommand(
                credentials=request.credentials,
                refresh_token=form.secret("refresh_token"),
                scope=form.one("scope"),
                resources=form.many("resource"),
            )
        )
        return _answer(issued)


def _answer(issued: TokensIssued) -> TokenAnswer:
    return {
        "access_token": issued.access_token.reveal(),
        "token_type": "Bearer",
        "expires_in": int(issued.lifetime.total_seconds()),
        "refresh_token": issued.refresh_token.reveal(),
        "scope": issued.scopes.format(),
    }
