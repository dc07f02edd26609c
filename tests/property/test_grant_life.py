"""The life of provider grants as a state machine, against providers that keep books.

Never are two refreshes of one generation accepted; never is a token lost that the provider still honours; never is
anything released above the level; and nobody's doing ever touches the link of another user.
"""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

import attrs
import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.provider_side import GRACE, AccountKey
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.connectors.disconnect import DisconnectCommand
from pip_hub.application.connectors.release_connector_token import ConnectorTokenReleased
from pip_hub.application.connectors.send_to_provider import LeaveForProvider
from pip_hub.domain.connector import RevokeRadius
from pip_hub.domain.connector_link import Attention, ConnectorLink, Organisation, ProviderAccount
from pip_hub.domain.errors import GrantIsShared, PipHubError
from pip_hub.domain.identifiers import ConnectorKey, ProviderKey, UserId
from pip_hub.domain.permission import Level
from pip_hub.domain.provider_grant import ProviderGrant, ProviderTokens
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from tests.builders import NOW
from tests.support.connected import change_level, choose, reconnect_narrower, release, spec_of
from tests.support.core import ANN, BOB, a_core
from tests.support.interruptions import Crash, all_at_once
from tests.support.machines import AsyncMachine
from tests.support.provider_model import ProviderModel

PEOPLE = st.sampled_from([ANN, BOB])
CONNECTORS = st.sampled_from(
    [ConnectorKey(key) for key in ("xero", "xero", "gmail", "sheets", "sheets", "notes", "ledger")]
)
SUBJECTS = st.sampled_from(["one", "one", "one", "two"])
LEVELS = st.sampled_from([Level.READ, Level.WRITE])
ORGANISATIONS = [Organisation(id=f"org-{n}", name=f"Company {n}", connection_id=f"connection-{n}") for n in (1, 2)]
A_LINK = st.integers(min_value=0, max_value=9)
"""One of the links that there are, counted round and round."""
MINUTES = st.sampled_from([0, 0, 26])
"""After 26 minutes tokens have to be renewed."""


@attrs.define
class Allowed:
    """What a user has allowed on one link, by the model's own account."""

    account: AccountKey
    level: Level
    granted: Scopes


def has_links(machine: GrantLife) -> bool:
    return bool(machine.allowed)


class GrantLife(AsyncMachine):
    """Two users connect, step up, lower, use and disconnect services of shared accounts, while much goes wrong."""

    @initialize(connections=st.lists(st.tuples(PEOPLE, CONNECTORS, LEVELS, SUBJECTS), min_size=3, max_size=8))
    def people_sign_in_and_connect(self, connections: list[tuple[str, ConnectorKey, Level, str]]) -> None:
        self.clock = FrozenClock(NOW)
        self.gateway = ProviderModel(self.clock)
        self.core = a_core(clock=self.clock, gateway=self.gateway)
        self.browsers: dict[str, tuple[Visitor, datetime]] = {}
        self.mcp_tokens: dict[str, tuple[Secret, datetime]] = {}
        self.allowed: dict[tuple[UserId, ConnectorKey], Allowed] = {}
        self.known_to_have_ended: set[tuple[UserId, ConnectorKey]] = set()
        for email in (ANN, BOB):
            self._visitor(email)
        self.ids = {user.email.value: user.id for user in self.core.tables.users.values()}
        for number, (email, connector, level, subject) in enumerate(connections):
            self._connect(email, connector, level, subject, organisation=ORGANISATIONS[number % 2])

    # -- What users do ------------------------------------------------------------------------------------------------

    @rule(
        whose=st.tuples(PEOPLE, CONNECTORS),
        level=LEVELS,
        subject=SUBJECTS,
        organisation=st.sampled_from([*ORGANISATIONS, None]),
        unticks=st.booleans(),
    )
    def connect(
        self,
        whose: tuple[str, ConnectorKey],
        level: Level,
        subject: str,
        *,
        organisation: Organisation | None,
        unticks: bool,
    ) -> None:
        self._connect(*whose, level, subject, organisation=organisation, unticks=unticks)

    @precondition(has_links)
    @rule(which=A_LINK, subject=SUBJECTS, unticks=st.booleans())
    def step_up(self, *, which: int, subject: str, unticks: bool) -> None:
        email, connector = self._link(which)
        answer = self._act(email, change_level(self.core, self._visitor(email), "write", connector))
        if isinstance(answer, LeaveForProvider):
            state = self.gateway.trips[-1].state
            self._consent(email, connector, state, level=Level.WRITE, subject=subject, unticks=unticks)
        else:
            self.allowed[self.ids[email], connector].level = Level.WRITE

    @precondition(has_links)
    @rule(which=A_LINK)
    def lower(self, which: int) -> None:
        email, connector = self._link(which)
        self._act(email, change_level(self.core, self._visitor(email), "read", connector))
        self.allowed[self.ids[email], connector].level = Level.READ
        self._use_at_every_level(email, connector)

    @rule(email=PEOPLE, organisation=st.sampled_from(ORGANISATIONS))
    def choose_organisation(self, email: str, organisation: Organisation) -> None:
        self._act(email, choose(self.core, self._visitor(email), organisation.id))

    @precondition(has_links)
    @rule(which=A_LINK, whole_account=st.booleans(), is_down=st.booleans())
    def disconnect(self, *, which: int, whole_account: bool, is_down: bool) -> None:
        email, connector = self._link(which)
        self.gateway.is_down = is_down
        command = DisconnectCommand(visitor=self._visitor(email), connector=connector, whole_account=whole_account)
        assert self._act(email, self.core.uses.disconnect()(command)).outcome is not None
        gone = self.allowed.pop((self.ids[email], connector))
        for slot, other in list(self.allowed.items()):
            if whole_account and slot[0] == self.ids[email] and other.account == gone.account:
                del self.allowed[slot]

    @precondition(has_links)
    @rule(which=A_LINK)
    def reconnect_with_less(self, which: int) -> None:
        email, connector = self._link(which)
        answer = self._act(email, reconnect_narrower(self.core, self._visitor(email), connector))
        if isinstance(answer, GrantIsShared):
            return
        before = self.allowed.pop((self.ids[email], connector))
        if isinstance(answer, LeaveForProvider):
            self._consent(
                email,
                connector,
                self.gateway.trips[-1].state,
                level=before.level,
                subject=before.account.subject,
                organisation=ORGANISATIONS[0],
            )

    # -- What MCP servers do ------------------------------------------------------------------------------------------

    @precondition(has_links)
    @rule(which=A_LINK, level=LEVELS, minutes=MINUTES)
    def use(self, which: int, level: Level, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        email, connector = self._link(which)
        self._use(email, connector, level)

    @precondition(has_links)
    @rule(uses=st.lists(st.tuples(A_LINK, LEVELS), min_size=2, max_size=6), minutes=MINUTES)
    def use_many_at_once(self, uses: list[tuple[int, Level]], minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        wanted = [(*self._link(which), level) for which, level in uses]
        for email, _, _ in wanted:
            self._mcp_token(email)
        answers = self.do(all_at_once(self.core.storage, *[partial(self._release, *each) for each in wanted]))
        for each, answer in zip(wanted, answers, strict=True):
            self._check(*each, answer)

    @rule(email=PEOPLE, connector=CONNECTORS)
    def use_what_may_not_be_there(self, email: str, connector: ConnectorKey) -> None:
        answer = self._use(email, connector, Level.READ)
        assert isinstance(answer, PipHubError) or (self.ids[email], connector) in self.allowed

    # -- What goes wrong ----------------------------------------------------------------------------------------------

    @precondition(has_links)
    @rule(which=A_LINK, fate=st.sampled_from(["lost", "crash"]))
    def the_answer_to_a_refresh_never_arrives(self, which: int, fate: Literal["lost", "crash"]) -> None:
        self.clock.advance(timedelta(minutes=26))
        email, connector = self._link(which)
        self._mcp_token(email)
        self.gateway.fate_of_next_answer = fate
        try:
            self._use(email, connector, Level.READ)
        except Crash:
            assert fate == "crash"
        self.gateway.fate_of_next_answer = None

    @rule(down=st.sampled_from([True, False, False]))
    def providers_come_and_go(self, *, down: bool) -> None:
        self.gateway.is_down = down

    @precondition(has_links)
    @rule(which=A_LINK)
    def an_owner_removes_the_app(self, which: int) -> None:
        email, connector = self._link(which)
        self.gateway.remove_app(self.allowed[self.ids[email], connector].account)

    @rule(subject=SUBJECTS, organisation=st.sampled_from(ORGANISATIONS))
    def an_owner_disconnects_an_organisation(self, subject: str, organisation: Organisation) -> None:
        self.gateway.provider.disconnect(AccountKey(ProviderKey("xero"), subject), organisation.connection_id)

    # -- What happens by itself ---------------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 10, 31]))
    def time_passes_and_what_is_owed_is_tried(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        self.do(self.core.uses.retry_revocations()())

    @rule()
    def a_quiet_month_goes_by(self) -> None:
        self._settle_all_debts()
        self.clock.advance(timedelta(days=31))
        self.do(self.core.uses.keep_grants_alive()())

    @rule()
    def the_key_is_changed(self) -> None:
        self.core.vault.change_key()
        assert self.do(self.core.uses.reseal_secrets()()).unopenable == 0

    # -- What always holds --------------------------------------------------------------------------------------------

    @invariant()
    def never_are_two_refreshes_of_one_generation_accepted(self) -> None:
        assert all(times == 1 for times in self.gateway.accepted.values())

    @invariant()
    def every_link_has_its_tokens_and_all_tokens_have_a_link(self) -> None:
        tables = self.core.tables
        assert {link.grant_id for link in tables.connector_links.values()} == set(tables.provider_grants)
        assert set(self.allowed) == set(tables.connector_links)

    @invariant()
    def no_token_is_lost_that_the_provider_still_honours(self) -> None:
        for grant in self.core.tables.provider_grants.values():
            links = [link for link in self.core.tables.connector_links.values() if link.grant_id == grant.id]
            if any(link.attention is not Attention.GRANT_ENDED for link in links):
                assert self._honours(grant) or self._is_excused(grant)

    @invariant()
    def a_link_is_told_to_have_ended_only_when_its_tokens_are_dead(self) -> None:
        links = self.core.tables.connector_links.items()
        ended = {slot: link for slot, link in links if link.attention is Attention.GRANT_ENDED}
        for slot, link in ended.items():
            if slot not in self.known_to_have_ended:
                assert not self._honours(self.core.tables.provider_grants[link.grant_id])
        self.known_to_have_ended = set(ended)

    def teardown(self) -> None:
        if hasattr(self, "gateway"):
            self._settle_all_debts()
            self._no_provider_is_left_with_what_nobody_has_any_more()
        super().teardown()

    def _no_provider_is_left_with_what_nobody_has_any_more(self) -> None:
        links = self.core.tables.connector_links.values()
        accounts = {AccountKey(link.provider, link.account.subject) for link in links}
        kept = {self._open(grant).refresh for grant in self.core.tables.provider_grants.values()}
        for consent in self.gateway.consents:
            if consent.radius is None or not self.gateway.honours_refresh(consent.refresh):
                continue
            is_covered = consent.radius is RevokeRadius.GRANT and consent.account in accounts
            assert is_covered or consent.refresh in kept, f"{consent} is left over"

    # -- How the rules do it ------------------------------------------------------------------------------------------

    def _visitor(self, email: str) -> Visitor:
        """A browser whose session has not run out."""
        visitor, since = self.browsers.get(email, (None, NOW))
        if visitor is None or self.clock.now() - since > timedelta(days=20):
            visitor = self.do(self.core.sign_in(email, visitor))
            self.browsers[email] = visitor, self.clock.now()
        return visitor

    def _link(self, which: int) -> tuple[str, ConnectorKey]:
        """Whose link of those there are, and to what."""
        user_id, connector = sorted(self.allowed)[which % len(self.allowed)]
        (email,) = [email for email, known in self.ids.items() if known == user_id]
        return email, connector

    def _mcp_token(self, email: str) -> Secret:
        token, since = self.mcp_tokens.get(email, (None, NOW))
        if token is None or self.clock.now() - since >= timedelta(minutes=60):
            token = self.do(self.core.tokens(email)).access_token
            self.mcp_tokens[email] = token, self.clock.now()
        return token

    def _act(self, email: str, step: Coroutine[Any, Any, Any]) -> Any:
        """What came of something that a user does, be it a refusal. Nobody else's link is touched by it."""
        before = self._links_of_others(email)
        try:
            return self.do(step)
        except PipHubError as refused:
            return refused
        finally:
            assert self._links_of_others(email) == before

    def _links_of_others(self, email: str) -> list[ConnectorLink]:
        """All but what a provider's own doing may change."""
        others = [link for link in self.core.tables.connector_links.values() if link.user_id != self.ids[email]]
        return [
            attrs.evolve(link, attention=None, organisations=(), account=attrs.evolve(link.account, organisation=None))
            for link in others
        ]

    def _connect(
        self,
        email: str,
        connector: ConnectorKey,
        level: Level,
        subject: str,
        *,
        organisation: Organisation | None,
        unticks: bool = False,
    ) -> None:
        state = self.do(self.core.leave(self._visitor(email), connector, level=level))
        self._consent(email, connector, state, level=level, subject=subject, organisation=organisation, unticks=unticks)

    def _consent(
        self,
        email: str,
        connector: ConnectorKey,
        state: Secret,
        *,
        level: Level,
        subject: str,
        organisation: Organisation | None = None,
        unticks: bool = False,
    ) -> None:
        """Sit at the consent page as `subject`, and come back from it."""
        spec, slot = spec_of(self.core, connector), (self.ids[email], connector)
        account = ProviderAccount(
            subject=subject, email=None, organisation=organisation if spec.organisations is not None else None
        )
        levels = spec.scopes.levels
        self.gateway.sit_down(account, unticked=levels[Level.WRITE] - levels[Level.READ] if unticks else Scopes())
        before = self.core.tables.connector_links.get(slot)
        back = self._act(email, self.core.come_back(self._visitor(email), state, connector))
        if back.connected:
            assert before is None or before.account.subject == subject
            self.allowed[slot] = Allowed(AccountKey(spec.provider, subject), level, self.gateway.granted_last)
            self._use_at_every_level(email, connector)
        else:
            assert self.core.tables.connector_links.get(slot) == before

    def _use_at_every_level(self, email: str, connector: ConnectorKey) -> None:
        for level in Level:
            self._use(email, connector, level)

    def _use(self, email: str, connector: ConnectorKey, level: Level) -> object:
        self._mcp_token(email)
        answer = self._act(email, self._release(email, connector, level))
        self._check(email, connector, level, answer)
        return answer

    async def _release(self, email: str, connector: ConnectorKey, level: Level) -> ConnectorTokenReleased:
        return await release(self.core, connector, level, token=self.mcp_tokens[email][0])

    def _check(self, email: str, connector: ConnectorKey, level: Level, answer: object) -> None:
        """Whatever was released is the user's own, alive, and no wider than they allowed and the provider granted."""
        if not isinstance(answer, ConnectorTokenReleased):
            return
        spec, allowed = spec_of(self.core, connector), self.allowed[self.ids[email], connector]
        assert allowed.level.includes(level)
        assert not spec.scopes.missing(level, allowed.granted)
        assert self.gateway.opened_by_token(answer.access_token) == allowed.account
        held = self.gateway.granted_by(allowed.account) if spec.scopes_add_up else allowed.granted
        is_narrow = answer.access_token.reveal().startswith("narrow-")
        exceeds = spec.scopes.exceeds(level, held) and not is_narrow
        # Until its tokens expire nobody tells us that an owner has taken everything back.
        assert not held or answer.token_allows is (Level.WRITE if exceeds else level)
        assert not exceeds or spec.scopes_add_up

    def _settle_all_debts(self) -> None:
        self.gateway.is_down = False
        while self.core.tables.revocations:
            self.clock.advance(timedelta(hours=6))
            self.do(self.core.uses.retry_revocations()())

    def _open(self, grant: ProviderGrant) -> ProviderTokens:
        return ProviderTokens.unpack(self.do(self.core.vault.open(grant.sealed_tokens, grant.vault_context)))

    def _honours(self, grant: ProviderGrant) -> bool:
        return self.gateway.provider.honours(self._open(grant))

    def _is_excused(self, grant: ProviderGrant) -> bool:
        """Its owner ended it, or an answer was lost and nobody asked again in time."""
        refresh = self._open(grant).refresh
        assert refresh is not None
        lost_at = self.gateway.unheard.get(refresh)
        return refresh in self.gateway.ended or (lost_at is not None and self.clock.now() >= lost_at + GRACE)


TestGrantLife = GrantLife.TestCase
TestGrantLife.settings = hypothesis.settings(max_examples=150, stateful_step_count=40)
