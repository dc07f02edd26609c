"""Signing out."""

import pytest

from pip_hub.application.accounts.sign_out import SignOutCommand
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.domain.errors import NotSignedIn
from tests.support.core import ANN, Core, a_core

pytestmark = pytest.mark.anyio


async def sign_out(core: Core, visitor: Visitor) -> None:
    await core.uses.sign_out()(SignOutCommand(visitor=visitor))


async def test_signing_out_ends_the_session_at_once() -> None:
    core = a_core()
    visitor = await core.sign_in()

    await sign_out(core, visitor)

    with pytest.raises(NotSignedIn):
        await core.see_hub(visitor)


async def test_signing_out_twice_or_without_a_session_is_harmless() -> None:
    core = a_core()
    visitor = await core.sign_in()

    await sign_out(core, visitor)
    await sign_out(core, visitor)
    await sign_out(core, core.a_browser())

    assert not core.tables.sessions


async def test_signing_out_here_leaves_other_browsers_signed_in() -> None:
    core = a_core()
    here, elsewhere = await core.sign_in(), await core.sign_in()

    await sign_out(core, here)

    assert (await core.see_hub(elsewhere)).email == ANN


async def test_connections_and_apps_keep_working_after_signing_out() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)
    tokens = await core.redeem(await core.complete(visitor, await core.start_flow(visitor)))

    await sign_out(core, visitor)

    active = await core.introspect(tokens.access_token)
    assert active is not None
    assert [state.status for state in active.connectors if state.key == "sheets"] == ["connected"]


async def test_a_flow_begun_before_signing_out_goes_on_after_signing_in_again_in_the_same_browser() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    await sign_out(core, visitor)

    again = await core.sign_in(visitor=visitor)

    assert (await core.see_hub(again, flow_id)).flow is not None
