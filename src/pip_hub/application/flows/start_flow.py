"""Start a flow: the first step of every connection from an MCP client."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.application.accounts.doorkeeper import Admission, Credentials, Doorkeeper
from pip_hub.application.accounts.visitor import SignedIn, Visitor, find_signed_in
from pip_hub.application.flows.authorization_request import ProvenRequest, RawAuthorizationRequest, prove
from pip_hub.application.flows.client_card import ClientCard
from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.errors import ForgedForm
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.mcp_flow import McpFlow
from pip_hub.domain.secret import Digest, Secret


@attrs.frozen(kw_only=True)
class StartFlowCommand:
    """An authorization request; with credentials when it comes from the sign-in page."""

    visitor: Visitor
    raw: RawAuthorizationRequest
    credentials: Credentials | None = None


@attrs.frozen(kw_only=True)
class FlowStarted:
    """Where to go on; `session` is the new session cookie when somebody has just signed in."""

    flow_id: FlowId
    session: Secret | None


@attrs.frozen(kw_only=True)
class SignInNeeded:
    """The request is fine, but nobody is signed in: show the sign-in page, naming the client."""

    client: ClientCard


@attrs.frozen(kw_only=True)
class StartFlow:
    """Check an authorization request, sign its user in if need be, and keep it as a flow bound to user and browser.

    Without a session and without credentials nothing is stored, so fetching the URL twice costs nothing.

    Raises:
        UntrustedRequest: client or redirect URI not proven; show a page.
        AuthorizationRefused: the request is wrong; answer at the redirect URI.
        SignInRefused: the credentials are not good.
        ForgedForm: the browser did not bring its own secret.
    """

    unit_of_work: OpenUnitOfWork
    doorkeeper: Doorkeeper
    clock: Clock
    secrets: SecretSource
    policy: Policy

    async def __call__(self, command: StartFlowCommand) -> FlowStarted | SignInNeeded:
        proven = await self._prove(command.raw)
        if command.credentials is not None:
            return await self._enter_and_start(command, command.credentials)
        now = self.clock.now()
        async with self.unit_of_work() as work:
            signed_in = await find_signed_in(work, command.visitor, now, self.policy)
            if signed_in is None or command.visitor.browser_digest is None:
                return SignInNeeded(client=ClientCard.of(proven.client, proven.request.redirect_uri))
            flow = self._flow(proven, signed_in, command.visitor.browser_digest, now)
            await work.flows.add(flow)
            await work.commit()
        return FlowStarted(flow_id=flow.id, session=None)

    async def _prove(self, raw: RawAuthorizationRequest) -> ProvenRequest:
        async with self.unit_of_work() as work:
            return await prove(work, raw, self.policy)

    async def _enter_and_start(self, command: StartFlowCommand, credentials: Credentials) -> FlowStarted:
        browser = command.visitor.browser_digest
        if browser is None:
            raise ForgedForm
        started = None
        while started is None:
            admission = await self.doorkeeper.admit(credentials)
            started = await self._enter(command, admission, browser)
        return started

    async def _enter(self, command: StartFlowCommand, admission: Admission, browser: Digest) -> FlowStarted | None:
        now = self.clock.now()
        async with self.unit_of_work() as work:
            # Proven again, since the password check took its time outside the unit.
            proven = await prove(work, command.raw, self.policy)
            entrance = await self.doorkeeper.enter(work, admission, command.visitor, now)
            if entrance is None:
                return None
            flow = self._flow(proven, entrance.signed_in, browser, now)
            await work.flows.add(flow)
            await work.commit()
        return FlowStarted(flow_id=flow.id, session=entrance.session)

    def _flow(self, proven: ProvenRequest, signed_in: SignedIn, browser: Digest, now: datetime) -> McpFlow:
        return McpFlow(
            id=FlowId(self.secrets.identifier()),
            user_id=signed_in.user.id,
            browser=browser,
            request=proven.request,
            created_at=now,
            expires_at=now + self.policy.flow_lifetime,
        )
