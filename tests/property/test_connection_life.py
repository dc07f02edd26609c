"""The life of connections as a state machine: nobody is ever disconnected by somebody else's disconnecting, and in the
end no provider is left with an authorization that nobody here has any more.
"""

from __future__ import annotations

from datetime import timedelta

import attrs
import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.gateway import MemoryGateway
from pip_hub.application.ports.provider_gateway import ProviderAnswer, ProviderConnection
from pip_hub.domain.connector import ConnectorSpec, RevokeRadius
from pip_hub.domain.connector_link import Organisation, ProviderAccount
from pip_hub.domain.errors import ProviderUnreachable
from pip_hub.domain.identifiers import ProviderKey
from pip_hub.domain.provider_grant import ForgetOutcome, ProviderTokens
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from tests.builders import NOW
from tests.support.core import ANN, BOB, CATALOGUE, a_core
from tests.support.machines import AsyncMachine

USERS = st.sampled_from([ANN, BOB])
CONNECTORS = st.sampled_from(["xero", "gmail", "sheets", "notes", "ledger"])
ORGANISATIONS = [Organisation(id=f"org-{n}", name=f"Company {n}", connection_id=f"connection-{n}") for n in (1, 2)]


@attrs.frozen
class Authorization:
    """One consent at a provider, as the provider sees it."""

    provider: ProviderKey
    subject: str
    organisation: Organisation | None
    tokens: ProviderTokens
    radius: RevokeRadius | None


class RememberingGateway(MemoryGateway):
    """Providers that remember every consent until they are asked to end it."""

    def __init__(self, clock: FrozenClock) -> None:
        super().__init__(clock)
        self.alive: list[Authorization] = []
        self.is_down = False
        self._consents: dict[Secret, ProviderAccount] = {}

    async def exchange(self, spec: ConnectorSpec, answer: ProviderAnswer) -> ProviderConnection:
        connection = await super().exchange(spec, answer)
        account, tokens = connection.account, connection.tokens
        self._consents[tokens.access] = account
        radius = spec.revoke.radius if spec.revoke else None
        self.alive.append(Authorization(spec.provider, account.subject, account.organisation, tokens, radius))
        return connection

    async def revoke(self, spec: ConnectorSpec, tokens: ProviderTokens) -> ForgetOutcome:
        self._answer_only_when_up()
        assert spec.revoke is not None
        if spec.revoke.radius is RevokeRadius.TOKEN:
            self.alive = [each for each in self.alive if each.tokens != tokens]
        else:
            self.alive = [each for each in self.alive if not self._is_of_one_account(each, spec, tokens)]
        return await super().revoke(spec, tokens)

    async def remove_organisation(
        self, spec: ConnectorSpec, tokens: ProviderTokens, connection_id: str
    ) -> ForgetOutcome:
        self._answer_only_when_up()
        self.alive = [
            each
            for each in self.alive
            if not self._is_of_one_account(each, spec, tokens)
            or each.organisation is None
            or each.organisation.connection_id != connection_id
        ]
        return await super().remove_organisation(spec, tokens, connection_id)

    def _answer_only_when_up(self) -> None:
        if self.is_down:
            raise ProviderUnreachable(reason="down")

    def _is_of_one_account(self, each: Authorization, spec: ConnectorSpec, tokens: ProviderTokens) -> bool:
        return (each.provider, each.subject) == (spec.provider, self._consents[tokens.access].subject)


class ConnectionLife(AsyncMachine):
    """Two users connect and disconnect the same accounts through several connectors, while providers come and go."""

    @initialize()
    def people_sign_in(self) -> None:
        clock = FrozenClock(NOW)
        self.gateway = RememberingGateway(clock)
        self.core = a_core(clock=clock, gateway=self.gateway)
        self.visitors = {email: self.do(self.core.sign_in(email)) for email in (ANN, BOB)}

    @rule(
        email=USERS,
        connector=CONNECTORS,
        subject=st.sampled_from(["one", "two"]),
        organisation=st.sampled_from(ORGANISATIONS),
        grants=st.booleans(),
    )
    def connect(self, email: str, connector: str, subject: str, organisation: Organisation, grants: bool) -> None:  # noqa: FBT001
        spec = CATALOGUE.get(connector)
        assert spec is not None
        has_organisations = spec.organisations is not None
        account = ProviderAccount(subject=subject, email=None, organisation=organisation if has_organisations else None)
        self.gateway.hand_out(account, None if grants else Scopes.of("openid"))
        self.do(self.core.connect(self.visitors[email], connector))

    @rule(email=USERS, connector=CONNECTORS)
    def disconnect(self, email: str, connector: str) -> None:
        self.do(self.core.disconnect(self.visitors[email], connector))

    @rule(down=st.booleans())
    def providers_come_and_go(self, down: bool) -> None:  # noqa: FBT001
        self.gateway.is_down = down

    @rule(minutes=st.sampled_from([1, 2, 60]))
    def time_passes_and_what_is_owed_is_tried(self, minutes: int) -> None:
        self.core.wait(minutes=minutes)
        self.do(self.core.uses.retry_revocations()())

    @invariant()
    def every_link_has_its_tokens_and_all_tokens_have_their_link(self) -> None:
        tables = self.core.tables
        links = {link.grant_id: key for key, link in tables.connector_links.items()}
        grants = {grant.id: (grant.user_id, grant.connector) for grant in tables.provider_grants.values()}
        assert links == grants
        assert not grants.keys() & tables.revocations.keys()

    @invariant()
    def every_connection_is_alive_at_its_provider(self) -> None:
        assert self._kept_tokens() <= {each.tokens.access for each in self.gateway.alive}

    def teardown(self) -> None:
        if hasattr(self, "gateway"):
            self._providers_are_told_in_the_end()
        super().teardown()

    def _providers_are_told_in_the_end(self) -> None:
        self.gateway.is_down = False
        while self.core.tables.revocations:
            self.core.clock.advance(timedelta(hours=6))
            self.do(self.core.uses.retry_revocations()())
        used, kept = self._used_accounts(), self._kept_tokens()
        for each in self.gateway.alive:
            organisation_id = each.organisation.id if each.organisation is not None else None
            is_used = each.tokens.access in kept or (
                each.radius is RevokeRadius.GRANT and (each.provider, each.subject, organisation_id) in used
            )
            assert is_used or each.radius is None, f"{each} is left over"

    def _used_accounts(self) -> set[tuple[ProviderKey, str, str | None]]:
        grants = self.core.tables.provider_grants.values()
        return {(grant.provider, grant.subject, grant.organisation_id) for grant in grants}

    def _kept_tokens(self) -> set[Secret]:
        grants = self.core.tables.provider_grants.values()
        opened = [self.do(self.core.vault.open(grant.sealed_tokens, grant.vault_context)) for grant in grants]
        return {ProviderTokens.unpack(packed).access for packed in opened}


TestConnectionLife = ConnectionLife.TestCase
TestConnectionLife.settings = hypothesis.settings(max_examples=100, stateful_step_count=40)
