"""Starting a flow: who may, and what is kept."""

from datetime import timedelta

import attrs
import pytest

from pip_hub.application.accounts.doorkeeper import Credentials, EntryAction
from pip_hub.application.accounts.sign_in import SignInCommand
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.flows.start_flow import FlowStarted, SignInNeeded, StartFlowCommand
from pip_hub.domain.errors import EmailTaken, ForgedForm, NotSignedIn, UnknownClient, UnknownResource, WrongCredentials
from pip_hub.domain.identifiers import ClientId
from pip_hub.domain.secret import Secret
from tests.builders import NOW, a_client
from tests.support.core import ANN, PASSWORD, REDIRECT_URI, RESOURCE_URI, Core, a_core, a_raw_request
from tests.support.interruptions import Crash, InterruptedHasher, InterruptedStorage, crash

pytestmark = pytest.mark.anyio

REGISTERING = Credentials(action=EntryAction.REGISTER, email=ANN, password=PASSWORD)


async def start(
    core: Core, visitor: Visitor, credentials: Credentials | None = None, **overrides: object
) -> FlowStarted | SignInNeeded:
    raw = a_raw_request(**overrides)
    return await core.uses.start_flow()(StartFlowCommand(visitor=visitor, raw=raw, credentials=credentials))


async def test_a_signed_in_user_gets_a_flow_that_keeps_the_whole_request() -> None:
    core = a_core()
    visitor = await core.sign_in()

    started = await start(core, visitor)

    assert isinstance(started, FlowStarted)
    assert started.session is None
    flow = core.tables.flows[started.flow_id]
    (user,) = core.tables.users.values()
    assert flow.user_id == user.id
    assert flow.belongs_to(user.id, visitor.browser_digest)
    assert flow.request.client_id == "client-1"
    assert flow.request.redirect_uri.value == REDIRECT_URI
    assert flow.request.state == "state of the client"
    assert flow.request.challenge.value == a_raw_request().code_challenge
    assert flow.request.scopes.format() == "mcp:tools"
    assert flow.request.resource == RESOURCE_URI
    assert (flow.created_at, flow.expires_at) == (NOW, NOW + timedelta(minutes=30))
    assert flow.outcome is None


async def test_every_request_gets_a_flow_of_its_own() -> None:
    core = a_core()
    visitor = await core.sign_in()

    assert await core.start_flow(visitor) != await core.start_flow(visitor)


async def test_without_a_session_nothing_is_stored_however_often_the_url_is_fetched() -> None:
    core = a_core()
    before = core.storage.tables.copied()

    for visitor in (core.a_browser(), Visitor(session=None, browser=None), Visitor(session=Secret("x"), browser=None)):
        needed = await start(core, visitor)
        assert isinstance(needed, SignInNeeded)

    assert core.tables == before


async def test_the_sign_in_page_is_told_which_client_asks_and_where_its_answer_goes() -> None:
    core = a_core()
    core.tables.clients[ClientId("app")] = a_client(
        id=ClientId("app"), name="Some app", client_uri="https://app.example/about"
    )

    needed = await start(core, core.a_browser(), client_id="app", redirect_uri="http://127.0.0.1:51004/callback")

    assert isinstance(needed, SignInNeeded)
    assert needed.client.name == "Some app"
    assert needed.client.redirect_host == "127.0.0.1:51004"
    assert needed.client.redirect_uri.value == "http://127.0.0.1:51004/callback"
    assert needed.client.is_loopback
    assert needed.client.home == "https://app.example/about"


@pytest.mark.parametrize(
    ("client_uri", "redirect_uri", "home"),
    [
        (None, "https://client.example/callback", "https://client.example/"),
        (None, "http://127.0.0.1:1/callback", None),
        ("javascript:alert(1)", "https://client.example/callback", "https://client.example/"),
        ("http://client.example/", "http://127.0.0.1:1/callback", None),
    ],
)
async def test_a_client_is_linked_to_only_where_there_is_an_https_page(
    client_uri: str | None, redirect_uri: str, home: str | None
) -> None:
    core = a_core()
    core.tables.clients[ClientId("app")] = a_client(id=ClientId("app"), client_uri=client_uri)

    needed = await start(core, core.a_browser(), client_id="app", redirect_uri=redirect_uri)

    assert isinstance(needed, SignInNeeded)
    assert needed.client.home == home


async def test_a_session_without_the_browsers_own_secret_has_to_sign_in_again() -> None:
    core = a_core()
    visitor = await core.sign_in()

    assert isinstance(await start(core, attrs.evolve(visitor, browser=None)), SignInNeeded)
    assert not core.tables.flows


async def test_an_expired_session_has_to_sign_in_again() -> None:
    core = a_core()
    visitor = await core.sign_in()
    core.wait(days=30)

    assert isinstance(await start(core, visitor), SignInNeeded)


async def test_a_wrong_request_is_refused_before_anybody_has_to_sign_in() -> None:
    core = a_core()

    with pytest.raises(UnknownClient):
        await start(core, core.a_browser(), client_id="nobody")
    with pytest.raises(UnknownClient):
        await start(core, core.a_browser(), REGISTERING, client_id="nobody")

    assert not core.tables.users


async def test_signing_in_from_the_request_begins_a_session_and_the_flow_together() -> None:
    core = a_core()
    browser = core.a_browser()

    started = await start(core, browser, REGISTERING)

    assert isinstance(started, FlowStarted)
    assert started.session is not None
    visitor = attrs.evolve(browser, session=started.session)
    assert (await core.see_hub(visitor, started.flow_id)).email == ANN


async def test_signing_in_from_the_request_ends_the_browsers_earlier_session() -> None:
    core = a_core()
    old = await core.sign_in()

    await start(core, old, REGISTERING)

    with pytest.raises(NotSignedIn):
        await core.see_hub(old)
    assert len(core.tables.sessions) == 1


async def test_a_wrong_password_starts_nothing() -> None:
    core = a_core()
    credentials = Credentials(action=EntryAction.SIGN_IN, email=ANN, password=PASSWORD)

    with pytest.raises(WrongCredentials):
        await start(core, core.a_browser(), credentials)

    assert not core.tables.flows
    assert not core.tables.sessions


async def test_a_sign_in_form_from_a_browser_without_its_secret_is_forged() -> None:
    core = a_core()

    with pytest.raises(ForgedForm):
        await start(core, Visitor(session=None, browser=None), REGISTERING)

    assert not core.tables.users


async def test_the_request_is_checked_again_after_the_password_was() -> None:
    hasher = InterruptedHasher()
    core = a_core(hasher=hasher)

    async def the_resource_is_removed() -> None:
        core.tables.resources.clear()

    hasher.meanwhile.then(the_resource_is_removed)
    with pytest.raises(UnknownResource):
        await start(core, core.a_browser(), REGISTERING)

    assert not core.tables.users
    assert not core.tables.sessions
    assert not core.tables.flows


async def test_somebody_who_registers_the_same_email_meanwhile_wins_and_no_flow_is_left() -> None:
    hasher = InterruptedHasher()
    core = a_core(hasher=hasher)

    async def somebody_registers() -> None:
        credentials = Credentials(action=EntryAction.REGISTER, email=ANN, password="the password of another")
        await core.uses.sign_in()(SignInCommand(visitor=core.a_browser(), credentials=credentials))

    hasher.meanwhile.then(somebody_registers)
    with pytest.raises(EmailTaken):
        await start(core, core.a_browser(), REGISTERING)

    assert not core.tables.flows
    assert len(core.tables.sessions) == 1


async def test_the_other_half_of_a_double_click_on_create_account_starts_its_flow_too() -> None:
    hasher = InterruptedHasher()
    core = a_core(hasher=hasher)

    async def the_first_click() -> None:
        await core.sign_in(ANN)

    hasher.meanwhile.then(the_first_click)
    started = await start(core, core.a_browser(), REGISTERING)

    assert isinstance(started, FlowStarted)
    assert len(core.tables.users) == 1
    assert len(core.tables.flows) == 1


async def test_a_crash_before_the_commit_leaves_nothing_and_the_form_can_be_sent_again() -> None:
    storage = InterruptedStorage()
    core = a_core(storage=storage)
    browser = core.a_browser()
    storage.before_commit.then(crash)

    with pytest.raises(Crash):
        await start(core, browser, REGISTERING)

    assert not core.tables.users
    assert isinstance(await start(core, browser, REGISTERING), FlowStarted)
