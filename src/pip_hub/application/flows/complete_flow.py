"""Complete a flow: Continue, or Skip."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.application.accounts.visitor import Visitor, require_signed_in
from pip_hub.application.flows.answered import AlreadyAnswered, AnswerAgain, AnsweredFlow, ReturnToClient
from pip_hub.application.flows.ownership import require_flow
from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.application.ports.vault import Vault
from pip_hub.domain.authorization_code import AuthorizationCode, code_context
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.errors import ConnectorsMissing
from pip_hub.domain.grant import Grant
from pip_hub.domain.identifiers import FlowId, GrantId
from pip_hub.domain.mcp_flow import FlowOutcome, McpFlow
from pip_hub.domain.secret import Sealed, Secret, digest_of


@attrs.frozen(kw_only=True)
class CompleteFlowCommand:
    """Who pressed Continue or Skip, in which flow."""

    visitor: Visitor
    flow_id: FlowId


@attrs.frozen(kw_only=True)
class CompleteFlow:
    """Finish a flow with whatever is connected, and issue its one authorization code.

    Raises:
        NotSignedIn: there is no live session.
        FlowNotOpen: unknown, expired, or not this user's in this browser.
        ConnectorsMissing: the operator requires connectors that are not connected.
    """

    unit_of_work: OpenUnitOfWork
    catalogue: ConnectorCatalogue
    answer_again: AnswerAgain
    vault: Vault
    clock: Clock
    secrets: SecretSource
    policy: Policy

    async def __call__(self, command: CompleteFlowCommand) -> ReturnToClient | AlreadyAnswered:
        now = self.clock.now()
        code = self.secrets.secret()
        # Sealed before the unit opens: inside, only the unit is awaited.
        sealed = await self.vault.seal(code, code_context(digest_of(code)))
        async with self.unit_of_work() as work:
            me = await require_signed_in(work, command.visitor, now, self.policy)
            flow = await require_flow(work, command.flow_id, me, command.visitor)
            if flow.is_open(now):
                await self._require_connectors(work, flow)
            closed = await work.flows.close(flow.id, FlowOutcome.COMPLETED, now)
            if closed is not None:
                await self._issue(work, closed, now, code, sealed)
                await work.commit()
                return ReturnToClient(url=closed.request.answer_url(self.policy.issuer, code=code.reveal()))
            answered = await AnsweredFlow.read(work, flow.id)
        return await self.answer_again(answered)

    async def _require_connectors(self, work: UnitOfWork, flow: McpFlow) -> None:
        links = await work.connector_links.of_user(flow.user_id)
        missing = set(self.policy.required_connectors) - {link.connector for link in links}
        if missing:
            names = tuple(spec.name for spec in self.catalogue if spec.key in missing)
            raise ConnectorsMissing(names=names, flow_id=flow.id)

    async def _issue(self, work: UnitOfWork, flow: McpFlow, now: datetime, code: Secret, sealed: Sealed) -> None:
        request = flow.request
        grant = Grant(
            id=GrantId(self.secrets.identifier()),
            user_id=flow.user_id,
            client_id=request.client_id,
            redirect_uri=request.redirect_uri,
            scopes=request.scopes,
            resource=request.resource,
            created_at=now,
        )
        await work.grants.add(grant)
        await work.authorization_codes.add(
            AuthorizationCode(
                digest=digest_of(code),
                flow_id=flow.id,
                grant_id=grant.id,
                client_id=request.client_id,
                user_id=flow.user_id,
                redirect_uri=request.redirect_uri,
                challenge=request.challenge,
                scopes=request.scopes,
                resource=request.resource,
                created_at=now,
                expires_at=now + self.policy.code_lifetime,
                sealed_code=sealed,
            )
        )
