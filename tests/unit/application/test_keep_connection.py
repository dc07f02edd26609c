"""Which provider answers become a connection, and what becomes of tokens that are not kept or replaced."""

from datetime import timedelta

import attrs
import pytest

from pip_hub.domain.connector_link import Attention, LinkStatus, ProviderAccount
from pip_hub.domain.errors import StorageUnavailable
from pip_hub.domain.identifiers import ProviderGrantId
from pip_hub.domain.notice import FailureReason, NoticeKind
from pip_hub.domain.permission import Level
from pip_hub.domain.revocation import ForgetPlan
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from tests.builders import NOW, an_organisation
from tests.support.core import ANN, BOB, a_core
from tests.support.interruptions import InterruptedStorage

pytestmark = pytest.mark.anyio

GOOGLE = ProviderAccount(subject="google-subject-1", email="owner@example.com")
OTHER_GOOGLE = ProviderAccount(subject="google-subject-2", email="else@example.com")


async def test_connecting_the_same_account_again_replaces_the_link_and_its_tokens() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, level="read")
    core.wait(minutes=1)

    await core.connect(visitor, level="write")

    (link,) = core.tables.connector_links.values()
    assert (link.level, link.connected_at) == (Level.WRITE, NOW + timedelta(minutes=1))
    assert (await core.provider_tokens()).access.token == Secret("access-3")


async def test_the_replaced_tokens_are_not_revoked_where_that_would_end_the_new_ones() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "sheets")

    await core.connect(visitor, "sheets")

    assert not core.tables.revocations


async def test_the_replaced_tokens_are_owed_as_a_revocation_where_they_stand_alone() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "notes")
    (old,) = core.tables.provider_grants.values()

    await core.connect(visitor, "notes")

    (owed,) = core.tables.revocations.values()
    assert (owed.grant_id, owed.plan) == (old.id, ForgetPlan.REVOKE)
    assert (owed.sealed_tokens, owed.next_try_at) == (old.sealed_tokens, NOW)


async def test_another_organisation_of_the_same_account_replaces_the_first_which_stays_within_reach() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "xero")
    other = an_organisation(id="organisation-2", name="Other Ltd", connection_id="connection-2")
    core.gateway.hand_out(ProviderAccount(subject="xero-subject-1", email=None, organisation=other))

    await core.connect(visitor, "xero")

    (link,) = core.tables.connector_links.values()
    assert link.account.organisation == other
    assert link.organisations == (an_organisation(), other)
    assert not core.tables.revocations


async def test_a_link_whose_tokens_are_missing_is_replaced_all_the_same() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)
    core.tables.provider_grants.clear()

    assert (await core.connect(visitor)).connected

    assert not core.tables.revocations


async def test_another_account_than_the_connected_one_is_refused_and_its_tokens_are_owed_as_a_revocation() -> None:
    core = a_core()
    visitor = await core.sign_in()
    core.gateway.hand_out(GOOGLE)
    await core.connect(visitor)
    await core.notice(visitor)
    before = dict(core.tables.connector_links), dict(core.tables.provider_grants)
    core.gateway.hand_out(OTHER_GOOGLE)

    back = await core.connect(visitor)

    assert back.connected is False
    assert (core.tables.connector_links, core.tables.provider_grants) == before
    notice = await core.notice(visitor)
    assert (notice.kind, notice.detail) == (NoticeKind.CONNECTION_FAILED, FailureReason.WRONG_ACCOUNT)
    assert notice.account == "else@example.com"
    (owed,) = core.tables.revocations.values()
    assert (owed.subject, owed.plan, owed.next_try_at) == ("google-subject-2", ForgetPlan.REVOKE, NOW)


async def test_of_two_accounts_connected_at_the_very_same_time_the_later_stays_and_the_other_is_owed_a_revocation() -> (
    None
):
    storage = InterruptedStorage()
    core = a_core(storage=storage)
    visitor = await core.sign_in()
    core.gateway.hand_out(GOOGLE)
    await core.connect(visitor)
    storage.somebody_connects_meanwhile = True
    core.gateway.hand_out(OTHER_GOOGLE)

    assert (await core.connect(visitor)).connected

    (link,) = core.tables.connector_links.values()
    (grant,) = core.tables.provider_grants.values()
    assert (link.account, link.grant_id) == (OTHER_GOOGLE, grant.id)
    (owed,) = core.tables.revocations.values()
    assert (owed.subject, owed.plan) == ("google-subject-1", ForgetPlan.REVOKE)
    await core.uses.retry_revocations()()
    assert len(core.gateway.revoked) == 1


async def test_a_wrong_account_that_somebody_has_connected_on_purpose_is_left_alone() -> None:
    core = a_core()
    core.gateway.hand_out(OTHER_GOOGLE)
    await core.connect(await core.sign_in(BOB))
    ann = await core.sign_in(ANN)
    core.gateway.hand_out(GOOGLE)
    await core.connect(ann)
    core.gateway.hand_out(OTHER_GOOGLE)

    await core.connect(ann)

    assert not core.tables.revocations


async def test_two_connectors_of_one_provider_may_be_two_accounts() -> None:
    core = a_core()
    visitor = await core.sign_in()
    core.gateway.hand_out(GOOGLE)
    await core.connect(visitor, "sheets")
    core.gateway.hand_out(OTHER_GOOGLE)

    assert (await core.connect(visitor, "gmail")).connected


async def test_after_disconnecting_another_account_may_be_connected() -> None:
    core = a_core()
    visitor = await core.sign_in()
    core.gateway.hand_out(GOOGLE)
    await core.connect(visitor)
    await core.disconnect(visitor)
    core.gateway.hand_out(OTHER_GOOGLE)

    assert (await core.connect(visitor)).connected


async def test_two_users_may_connect_the_same_account_each() -> None:
    core = a_core()
    await core.connect(await core.sign_in(ANN))

    await core.connect(await core.sign_in(BOB))

    assert len(core.tables.connector_links) == len(core.tables.provider_grants) == 2


async def test_an_answer_that_grants_less_than_asked_is_a_limited_connection() -> None:
    core = a_core()
    visitor = await core.sign_in()
    core.gateway.hand_out(GOOGLE, granted=Scopes.of("notes.read"))

    assert (await core.connect(visitor, "notes", level="write")).connected

    hub = await core.see_hub(visitor)
    (card,) = [card for card in hub.connectors if card.key == "notes"]
    assert card.status is LinkStatus.LIMITED
    assert card.granted == Scopes.of("notes.read")


async def test_an_answer_that_grants_nothing_useful_is_no_connection_and_is_owed_as_a_revocation() -> None:
    core = a_core()
    visitor = await core.sign_in()
    core.gateway.hand_out(GOOGLE, granted=Scopes.of("openid", "email"))

    assert (await core.connect(visitor)).connected is False

    assert not core.tables.connector_links
    assert not core.tables.provider_grants
    notice = await core.notice(visitor)
    assert (notice.detail, notice.account) == (FailureReason.NOTHING_GRANTED, "owner@example.com")
    assert [owed.plan for owed in core.tables.revocations.values()] == [ForgetPlan.REVOKE]


async def test_unticking_everything_while_connected_leaves_the_connection_as_it_was() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)
    before = dict(core.tables.connector_links)
    core.gateway.hand_out(GOOGLE, granted=Scopes.of("openid"))

    assert (await core.connect(visitor)).connected is False

    assert core.tables.connector_links == before
    assert not core.tables.revocations


async def test_two_writers_in_each_others_way_do_not_cost_what_the_provider_gave() -> None:
    storage = InterruptedStorage()
    core = a_core(storage=storage)
    visitor = await core.sign_in()
    state = await core.leave(visitor)

    async def take_the_answer_first() -> None:
        storage.before_commit.then(fail)

    async def fail() -> None:
        raise StorageUnavailable(reason="DeadlockDetectedError")

    storage.before_commit.then(take_the_answer_first)

    assert (await core.come_back(visitor, state)).connected is True
    assert len(core.tables.connector_links) == len(core.tables.provider_grants) == 1


async def test_a_storage_that_stays_away_is_told_and_nothing_is_half_kept() -> None:
    storage = InterruptedStorage()
    core = a_core(storage=storage)
    visitor = await core.sign_in()
    state = await core.leave(visitor)

    async def fail() -> None:
        storage.before_commit.then(fail)
        raise StorageUnavailable(reason="ConnectionDoesNotExistError")

    async def take_the_answer_first() -> None:
        storage.before_commit.then(fail)

    storage.before_commit.then(take_the_answer_first)
    with pytest.raises(StorageUnavailable):
        await core.come_back(visitor, state)

    assert not core.tables.connector_links
    assert not core.tables.provider_grants


async def test_connecting_again_drops_tokens_kept_under_an_id_of_an_earlier_version() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "xero")
    (link,), (grant,) = core.tables.connector_links.values(), core.tables.provider_grants.values()
    old = ProviderGrantId("an id of an earlier version")
    core.tables.provider_grants.clear()
    core.tables.provider_grants[old] = attrs.evolve(grant, id=old)
    core.tables.connector_links[link.user_id, link.connector] = attrs.evolve(link, grant_id=old)

    await core.connect(visitor, "xero")

    assert list(core.tables.provider_grants) == [link.grant_id]
    assert not core.tables.revocations


async def test_connecting_again_at_the_same_level_asks_which_organisation_is_meant() -> None:
    core = a_core()
    visitor = await core.sign_in()
    one, other = an_organisation(), an_organisation(id="tenant-2", name="Other Ltd")
    core.gateway.hand_out(ProviderAccount(subject="s", email=None, organisation=one), organisations=(one, other))
    await core.connect(visitor, "xero")
    core.gateway.hand_out(ProviderAccount(subject="s", email=None), organisations=(one, other))

    await core.connect(visitor, "xero")

    (link,) = core.tables.connector_links.values()
    assert (link.account.organisation, link.attention) == (None, Attention.ORGANISATION_NOT_CHOSEN)
