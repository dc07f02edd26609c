"""Talking to providers through Authlib's OAuth client."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

import attrs
from authlib.integrations.httpx_client import AsyncOAuth2Client

from pip_hub.adapters.providers.calls import Answer, Call
from pip_hub.adapters.providers.credentials import ConnectorCredentials
from pip_hub.adapters.providers.http import ProviderHttp, Timeouts, translated
from pip_hub.adapters.providers.id_token import Expected, IdTokens
from pip_hub.adapters.providers.organisations import Listed, just_chosen, read_organisations
from pip_hub.adapters.providers.token_answer import TokenAnswer, TokenAnswerReader
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.provider_gateway import OutboundTrip, ProviderAnswer, ProviderConnection
from pip_hub.domain.connector import ConnectorSpec, OrganisationsSpec
from pip_hub.domain.connector_link import Organisation, ProviderAccount
from pip_hub.domain.errors import NoOrganisation, ProviderMisbehaved, ProviderMisconfigured, ProviderRefused
from pip_hub.domain.provider_grant import ProviderAccess, ProviderTokens
from pip_hub.domain.revocation import ForgetOutcome
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret

_CODE = re.compile(r"[\x20-\x7e]{1,4096}")  # RFC 6749 A.11
_UNKNOWN_TOKEN = frozenset({"invalid_token", "invalid_grant"})
_BAD_REQUEST = 400
_NOT_FOUND = 404


class AuthlibGateway:
    """A `ProviderGateway` for providers that speak OAuth 2.0 and OpenID Connect as their connector files say.

    Every call has a client of its own, on one shared connection pool: `aclose` it at the end. No operation takes
    longer than `Timeouts.whole`, whatever the provider does.
    """

    def __init__(
        self,
        *,
        credentials: Mapping[str, ConnectorCredentials],
        clock: Clock,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._credentials = credentials
        self._clock = clock
        self._http = ProviderHttp(timeouts or Timeouts())
        self._id_tokens = IdTokens(self._http, clock)

    async def aclose(self) -> None:
        """Close the connections to all providers."""
        await self._http.aclose()

    def authorization_url(self, spec: ConnectorSpec, trip: OutboundTrip) -> str:
        hint = {} if trip.login_hint is None else {"login_hint": trip.login_hint}
        url, _ = self._client(Call(connector=spec.key, phase="authorize"), spec).create_authorization_url(
            spec.authorize_url,
            redirect_uri=trip.redirect_uri,
            scope=trip.scopes.format(),
            state=trip.state.reveal(),
            nonce=trip.nonce.reveal(),
            code_verifier=trip.verifier.reveal(),
            **hint,
            **spec.authorize_params,
        )
        return str(url)

    async def exchange(self, spec: ConnectorSpec, answer: ProviderAnswer) -> ProviderConnection:
        call = Call(connector=spec.key, phase="exchange")
        if _CODE.fullmatch(answer.code.reveal()) is None:
            raise call.failed(ProviderMisbehaved, "the code cannot be one")
        asked_at = self._clock.now()
        async with self._http.limited(call):
            told = await self._redeem(call, spec, answer)
            account = await self._account(spec, answer, told)
            listed: tuple[Listed, ...] = ()
            if spec.organisations is not None:
                listed = await self._listed(spec, spec.organisations, told.access)
                if not listed:
                    raise call.failed(NoOrganisation, "the account reaches no organisation")
                account = attrs.evolve(account, organisation=just_chosen(listed, spec.organisations, told.access))
        return ProviderConnection(
            tokens=told.tokens(asked_at, spec.scopes.needed(answer.level)),
            account=account,
            organisations=tuple(one.organisation for one in listed),
        )

    async def refresh(self, spec: ConnectorSpec, tokens: ProviderTokens, narrow_to: Scopes | None) -> ProviderTokens:
        call = Call(connector=spec.key, phase="refresh" if narrow_to is None else "narrow")
        if tokens.refresh is None:
            raise call.failed(ProviderRefused, "there is no refresh token")
        asked_at = self._clock.now()
        if narrow_to is None:
            async with self._http.limited(call):
                told = await self._renew(call, spec, tokens.refresh)
            return told.renewing(tokens, asked_at)
        # RFC 6749 section 6: more than was granted may not be asked for.
        asked = narrow_to & spec.scopes.effective(tokens.granted) or narrow_to
        async with self._http.limited(call):
            told = await self._renew(call, spec, tokens.refresh, scope=asked.format())
        if not spec.scopes.effective(told.granted or asked).is_within(spec.scopes.effective(narrow_to)):
            raise call.failed(ProviderMisbehaved, "the answer is wider than what was asked for")
        return told.narrowing(tokens, asked_at)

    async def organisations(self, spec: ConnectorSpec, access: ProviderAccess) -> tuple[Organisation, ...]:
        call = Call(connector=spec.key, phase="list organisations")
        if spec.organisations is None:
            raise call.failed(ProviderMisconfigured, "the connector does not say how")
        async with self._http.limited(call):
            listed = await self._listed(spec, spec.organisations, access.token)
        return tuple(one.organisation for one in listed)

    async def revoke(self, spec: ConnectorSpec, tokens: ProviderTokens) -> ForgetOutcome:
        call = Call(connector=spec.key, phase="revoke")
        if spec.revoke is None:
            raise call.failed(ProviderMisconfigured, "the connector no longer says how")
        token, hint = (tokens.refresh, "refresh_token") if tokens.refresh else (tokens.access.token, "access_token")
        async with self._http.limited(call):
            with translated(call):
                async with self._client(call, spec) as client:
                    response = await client.revoke_token(spec.revoke.url, token=token.reveal(), token_type_hint=hint)
        answer = Answer.of(response)
        if answer.succeeded:
            return ForgetOutcome.REVOKED
        if answer.status == _BAD_REQUEST and answer.error in _UNKNOWN_TOKEN:
            return ForgetOutcome.ALREADY_GONE
        raise call.refused(answer)

    async def remove_organisation(
        self, spec: ConnectorSpec, access: ProviderAccess, connection_id: str
    ) -> ForgetOutcome:
        call = Call(connector=spec.key, phase="remove organisation")
        if spec.organisations is None:
            raise call.failed(ProviderMisconfigured, "the connector no longer says how")
        url = spec.organisations.delete_url.replace("{id}", quote(connection_id, safe=""))
        async with self._http.limited(call):
            answer = await self._http.ask(call, "DELETE", url, bearer=access.token)
        if answer.succeeded:
            return ForgetOutcome.REVOKED
        if answer.status == _NOT_FOUND:
            return ForgetOutcome.ALREADY_GONE
        raise call.denied(answer)

    async def _redeem(self, call: Call, spec: ConnectorSpec, answer: ProviderAnswer) -> TokenAnswer:
        # Code and verifier are passed as they are: from a whole callback URL Authlib would guess a grant type.
        reader = TokenAnswerReader(call)
        with translated(call):
            async with self._client(call, spec) as client:
                client.register_compliance_hook("access_token_response", reader)
                await client.fetch_token(
                    spec.token_url,
                    grant_type="authorization_code",
                    code=answer.code.reveal(),
                    redirect_uri=answer.redirect_uri,
                    code_verifier=answer.verifier.reveal() if spec.pkce else None,
                )
        if spec.refresh is not None and reader.answer.refresh is None:
            raise call.failed(ProviderMisbehaved, "no refresh token")
        return reader.answer

    async def _renew(self, call: Call, spec: ConnectorSpec, refresh: Secret, **narrow: str) -> TokenAnswer:
        # The client has no scopes of its own: Authlib would send them along, and a partial grant would be refused.
        reader = TokenAnswerReader(call)
        with translated(call):
            async with self._client(call, spec) as client:
                client.register_compliance_hook("refresh_token_response", reader)
                await client.refresh_token(spec.token_url, refresh_token=refresh.reveal(), **narrow)
        return reader.answer

    async def _account(self, spec: ConnectorSpec, answer: ProviderAnswer, told: TokenAnswer) -> ProviderAccount:
        call = Call(connector=spec.key, phase="identify")
        if told.id_token is None:
            raise call.failed(ProviderMisbehaved, "no ID token")
        expected = Expected(client_id=self._registration(call, spec).client_id, nonce=answer.nonce, access=told.access)
        return await self._id_tokens.account(call, spec.openid, told.id_token, expected)

    async def _listed(self, spec: ConnectorSpec, how: OrganisationsSpec, access: Secret) -> tuple[Listed, ...]:
        call = Call(connector=spec.key, phase="list organisations")
        answer = await self._http.ask(call, "GET", how.list_url, bearer=access)
        if not answer.succeeded:
            raise call.denied(answer)
        return read_organisations(call, how, answer)

    def _client(self, call: Call, spec: ConnectorSpec) -> AsyncOAuth2Client:
        registration = self._registration(call, spec)
        secret = registration.client_secret
        return AsyncOAuth2Client(
            registration.client_id,
            secret.reveal() if secret is not None else None,
            token_endpoint_auth_method=spec.token_auth.value,
            revocation_endpoint_auth_method=spec.token_auth.value,
            code_challenge_method="S256" if spec.pkce else None,
            **self._http.client_settings,
        )

    def _registration(self, call: Call, spec: ConnectorSpec) -> ConnectorCredentials:
        registration = self._credentials.get(spec.key)
        if registration is None:
            raise call.failed(ProviderMisconfigured, "there are no credentials")
        return registration
