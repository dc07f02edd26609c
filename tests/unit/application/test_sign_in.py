"""Signing in and registering."""

from datetime import timedelta

import pytest

from pip_hub.application.accounts.doorkeeper import Credentials, EntryAction
from pip_hub.application.accounts.sign_in import SessionBegun, SignInCommand
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.domain.errors import (
    EmailTaken,
    NotSignedIn,
    PasswordTooCommon,
    PasswordTooLong,
    PasswordTooShort,
    RegistrationClosed,
    SignInRefused,
    UnacceptableEmail,
    WrongCredentials,
)
from pip_hub.domain.secret import digest_of
from tests.builders import NOW
from tests.support.core import ANN, BOB, PASSWORD, Core, a_core
from tests.support.interruptions import Crash, InterruptedHasher, InterruptedStorage, all_at_once, crash

pytestmark = pytest.mark.anyio


async def enter(
    core: Core, action: EntryAction, email: str = ANN, password: str = PASSWORD, visitor: Visitor | None = None
) -> SessionBegun:
    credentials = Credentials(action=action, email=email, password=password)
    return await core.uses.sign_in()(SignInCommand(visitor=visitor or core.a_browser(), credentials=credentials))


async def register(core: Core, email: str = ANN, password: str = PASSWORD) -> SessionBegun:
    return await enter(core, EntryAction.REGISTER, email, password)


async def sign_in(core: Core, email: str = ANN, password: str = PASSWORD) -> SessionBegun:
    return await enter(core, EntryAction.SIGN_IN, email, password)


async def test_registering_makes_an_account_and_a_session() -> None:
    core = a_core()

    begun = await register(core, " Ann@Example.com ")

    (user,) = core.tables.users.values()
    assert user.email.value == ANN
    assert user.created_at == NOW
    session = core.tables.sessions[digest_of(begun.session)]
    assert session.user_id == user.id
    assert session.expires_at == NOW + timedelta(days=30)


async def test_the_password_is_kept_as_a_hash_only() -> None:
    core = a_core()

    await register(core)

    (user,) = core.tables.users.values()
    assert PASSWORD not in user.password_hash
    assert await core.hasher.verify(PASSWORD, user.password_hash)


async def test_the_session_cookie_itself_is_kept_nowhere() -> None:
    core = a_core()

    begun = await register(core)

    assert [session.digest for session in core.tables.sessions.values()] == [digest_of(begun.session)]
    assert begun.session.reveal() not in str(core.tables)


async def test_signing_in_takes_the_right_password_of_an_account() -> None:
    core = a_core()
    await register(core)

    begun = await sign_in(core, "ANN@example.com")

    assert (await core.see_hub(Visitor(session=begun.session, browser=None))).email == ANN


async def test_an_unknown_email_a_wrong_password_and_no_email_at_all_are_refused_alike() -> None:
    core = a_core()
    await register(core)
    refusals = []

    for email, password in ((BOB, PASSWORD), (ANN, PASSWORD + "!"), ("nobody", PASSWORD), (ANN, "")):
        with pytest.raises(WrongCredentials) as refused:
            await sign_in(core, email, password)
        refusals.append(str(refused.value))

    assert set(refusals) == {"WrongCredentials()"}
    assert len(core.tables.sessions) == 1


@pytest.mark.parametrize("email", [BOB, "nobody"])
async def test_an_unknown_account_costs_as_much_as_a_wrong_password(email: str) -> None:
    hasher = InterruptedHasher()
    core = a_core(hasher=hasher)
    asked = []

    async def asked_once() -> None:
        asked.append(email)

    hasher.meanwhile.then(asked_once)
    with pytest.raises(WrongCredentials):
        await sign_in(core, email)

    assert asked == [email]


async def test_signing_in_makes_no_account() -> None:
    core = a_core()

    with pytest.raises(WrongCredentials):
        await sign_in(core)

    assert not core.tables.users


async def test_registering_again_with_the_right_password_is_signing_in() -> None:
    core = a_core()
    await register(core)

    await register(core)

    assert len(core.tables.users) == 1
    assert len(core.tables.sessions) == 2


async def test_registering_an_email_that_is_taken_is_refused() -> None:
    core = a_core()
    await register(core)

    with pytest.raises(EmailTaken):
        await register(core, password="another sentence")

    assert len(core.tables.sessions) == 1


async def test_of_two_who_register_one_email_at_once_one_gets_it() -> None:
    core = a_core()

    async def one() -> SessionBegun:
        return await register(core, password="the password of one")

    async def other() -> SessionBegun:
        return await register(core, password="the password of another")

    first, second = await all_at_once(core.storage, one, other)

    assert {type(first), type(second)} == {SessionBegun, EmailTaken}
    assert len(core.tables.users) == len(core.tables.sessions) == 1


async def test_a_double_click_on_create_account_makes_one_account_and_signs_in_both_times() -> None:
    core = a_core()

    async def click() -> SessionBegun:
        return await register(core)

    answers = await all_at_once(core.storage, click, click)

    assert [type(answer) for answer in answers] == [SessionBegun, SessionBegun]
    assert len(core.tables.users) == 1


async def test_one_password_typed_on_two_keyboards_is_one_password() -> None:
    core = a_core()
    await register(core, password="cafe\u0301 au lait")
    assert isinstance(await sign_in(core, password="caf\u00e9 au lait"), SessionBegun)


async def test_a_common_password_is_refused_in_full_width_letters_too() -> None:
    full_width = "".join(chr(ord(letter) + 0xFEE0) for letter in "password")
    with pytest.raises(PasswordTooCommon):
        await register(a_core(), password=full_width)


@pytest.mark.parametrize("email", ["", "ann", "ann@localhost", "ann@example.com\nbcc: bob@example.com"])
async def test_registering_needs_an_email_address(email: str) -> None:
    with pytest.raises(UnacceptableEmail):
        await register(a_core(), email)


@pytest.mark.requirement("NIST SP 800-63B 3.1.1.2")
@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("x" * 7, PasswordTooShort),
        ("", PasswordTooShort),
        ("x" * 257, PasswordTooLong),
        ("QWERTYUI", PasswordTooCommon),
    ],
)
async def test_a_password_that_is_short_endless_or_everybodys_is_refused(
    password: str, refusal: type[SignInRefused]
) -> None:
    core = a_core()

    with pytest.raises(refusal):
        await register(core, password=password)

    assert not core.tables.users


@pytest.mark.parametrize("password", ["8 chars!", "x" * 256, "é" * 256])
async def test_any_other_password_is_accepted(password: str) -> None:
    core = a_core()
    await register(core, password=password)

    await sign_in(core, password=password)


async def test_where_registration_is_closed_nobody_new_comes_in() -> None:
    core = a_core(registration_open=False)

    with pytest.raises(RegistrationClosed):
        await register(core)

    assert not core.tables.users


async def test_where_registration_is_closed_those_who_have_an_account_sign_in() -> None:
    core = a_core()
    await register(core)

    await sign_in(core.restarted(registration_open=False))


async def test_the_session_is_renewed_at_sign_in_and_the_browsers_old_one_is_over() -> None:
    core = a_core()
    old = await core.sign_in()

    new = await core.sign_in(visitor=old)

    assert new.session != old.session
    assert new.browser == old.browser
    with pytest.raises(NotSignedIn):
        await core.see_hub(old)
    assert (await core.see_hub(new)).email == ANN


async def test_signing_in_as_somebody_else_ends_the_session_of_the_first() -> None:
    core = a_core()
    ann = await core.sign_in(ANN)

    bob = await core.sign_in(BOB, visitor=ann)

    assert (await core.see_hub(bob)).email == BOB
    with pytest.raises(NotSignedIn):
        await core.see_hub(ann)


async def test_signing_in_elsewhere_ends_no_other_browsers_session() -> None:
    core = a_core()
    here = await core.sign_in()

    await core.sign_in()

    assert (await core.see_hub(here)).email == ANN


async def test_a_session_cookie_that_means_nothing_is_no_obstacle() -> None:
    core = a_core()
    stranger = Visitor(session=core.secrets.secret(), browser=None)

    visitor = await core.sign_in(visitor=stranger)

    assert (await core.see_hub(visitor)).email == ANN


async def test_a_refused_sign_in_leaves_the_browsers_session_alone() -> None:
    core = a_core()
    ann = await core.sign_in()

    with pytest.raises(WrongCredentials):
        await enter(core, EntryAction.SIGN_IN, password="wrong password", visitor=ann)

    assert (await core.see_hub(ann)).email == ANN


async def test_a_crash_at_the_last_moment_leaves_neither_account_nor_session() -> None:
    storage = InterruptedStorage()
    core = a_core(storage=storage)
    storage.before_commit.then(crash)

    with pytest.raises(Crash):
        await register(core)

    assert not core.tables.users
    assert not core.tables.sessions
    await register(core)
