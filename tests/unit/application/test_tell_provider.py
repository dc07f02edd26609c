"""One try at telling a provider: what became of it is answered as it is."""

from datetime import timedelta
from typing import Any

import attrs
import pytest

from pip_hub.domain.errors import ProviderTrouble, ProviderUnreachable
from pip_hub.domain.provider_grant import ForgetOutcome, ForgetPlan
from tests.builders import a_revocation
from tests.support.core import CATALOGUE, Core, a_core

pytestmark = pytest.mark.anyio

REMOVE = ForgetPlan.REMOVE_ORGANISATION


async def tell(core: Core, **overrides: Any) -> ForgetOutcome:
    """Ask Xero to forget a connection that was made and is still to be revoked."""
    await core.connect(await core.sign_in(), "xero")
    (grant,) = core.tables.provider_grants.values()
    owed = a_revocation(grant_id=grant.id, sealed_tokens=grant.sealed_tokens)
    core.tables.revocations[grant.id] = owed
    spec = CATALOGUE.get("xero")
    assert spec is not None
    return await core.uses.tell_provider()(spec, attrs.evolve(owed, **overrides))


@pytest.mark.parametrize(
    ("overrides", "outcome"),
    [
        ({"plan": ForgetPlan.REVOKE}, ForgetOutcome.REVOKED),
        ({"plan": REMOVE, "connection_id": "connection-1"}, ForgetOutcome.REVOKED),
        ({"plan": REMOVE, "connection_id": None}, ForgetOutcome.KEPT),
        ({"created_at": a_revocation().created_at - timedelta(days=7)}, ForgetOutcome.GIVEN_UP),
        ({"sealed_tokens": a_revocation().sealed_tokens}, ForgetOutcome.GIVEN_UP),
    ],
    ids=["revoked", "organisation removed", "no handle for the organisation", "a week old", "tokens do not open"],
)
async def test_what_became_of_it_is_answered_and_the_debt_is_settled(
    overrides: dict[str, Any], outcome: ForgetOutcome
) -> None:
    core = a_core()

    assert await tell(core, **overrides) is outcome

    assert not core.tables.revocations


@pytest.mark.parametrize(("plan", "call"), [(ForgetPlan.REVOKE, "revoke"), (REMOVE, "remove_organisation")])
async def test_a_provider_that_is_down_is_still_owed(plan: ForgetPlan, call: Any) -> None:
    core = a_core()
    down: ProviderTrouble = ProviderUnreachable(reason="down")
    core.gateway.fail_next(call, down)

    assert await tell(core, plan=plan) is ForgetOutcome.TRYING

    (owed,) = core.tables.revocations.values()
    assert owed.tries == 1
