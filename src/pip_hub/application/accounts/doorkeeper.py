"""The step that signing in and starting a flow share: from an email and a password to a session."""

from __future__ import annotations

import enum
import unicodedata
from datetime import datetime

import attrs

from pip_hub.application.accounts.visitor import SignedIn, Visitor
from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.password_hasher import CommonPasswords, PasswordHasher
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.domain.errors import (
    EmailTaken,
    PasswordTooCommon,
    PasswordTooLong,
    PasswordTooShort,
    RegistrationClosed,
    UnacceptableEmail,
    WrongCredentials,
)
from pip_hub.domain.identifiers import UserId
from pip_hub.domain.secret import Secret, digest_of
from pip_hub.domain.session import Session
from pip_hub.domain.user import PASSWORD_LENGTH, Email, User


class EntryAction(enum.StrEnum):
    """Which of the two buttons was pressed."""

    SIGN_IN = "sign_in"
    REGISTER = "register"


@attrs.frozen(kw_only=True)
class Credentials:
    """What a person typed."""

    action: EntryAction
    email: str
    password: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Admission:
    """A person who may come in; `is_new` while the account is not stored yet."""

    user: User
    is_new: bool


@attrs.frozen(kw_only=True)
class Entrance:
    """A session that has begun, and the cookie value that proves it."""

    signed_in: SignedIn
    session: Secret


@attrs.frozen(kw_only=True)
class Doorkeeper:
    """Checks credentials outside any unit of work, then begins the session inside the caller's."""

    unit_of_work: OpenUnitOfWork
    hasher: PasswordHasher
    common_passwords: CommonPasswords
    clock: Clock
    secrets: SecretSource
    policy: Policy

    async def admit(self, credentials: Credentials) -> Admission:
        """Check the credentials. Registering with the right password of an existing account is signing in.

        Raises:
            WrongCredentials: unknown email or wrong password, after equal work.
            UnacceptableEmail, PasswordTooShort, PasswordTooLong, PasswordTooCommon, EmailTaken,
            RegistrationClosed: the account cannot be made.
        """
        # One spelling for a password typed on different keyboards (NIST SP 800-63B 3.1.1.2), before it is judged.
        password = unicodedata.normalize("NFKC", credentials.password)
        if credentials.action is EntryAction.SIGN_IN:
            return await self._sign_in(credentials.email, password)
        return await self._register(credentials.email, password)

    async def enter(self, work: UnitOfWork, admission: Admission, visitor: Visitor, now: datetime) -> Entrance | None:
        """Store the account if it is new, end the browser's earlier session and begin one under a new id.

        None when somebody registered the same email meanwhile, perhaps the other half of a double click: `admit`
        again, which now compares with that account.
        """
        if admission.is_new and not await work.users.add(admission.user):
            return None
        if visitor.session is not None:
            await work.sessions.end(digest_of(visitor.session))
        secret = self.secrets.secret()
        session = Session.begin(digest_of(secret), admission.user.id, now, self.policy.session_lifetime)
        await work.sessions.add(session)
        return Entrance(signed_in=SignedIn(user=admission.user, session=session), session=secret)

    async def _sign_in(self, typed_email: str, password: str) -> Admission:
        user = await self._find(typed_email)
        matches = await self.hasher.verify(password, user.password_hash if user else None)
        if user is None or not matches:
            raise WrongCredentials
        return Admission(user=user, is_new=False)

    async def _register(self, typed_email: str, password: str) -> Admission:
        if not self.policy.registration_open:
            raise RegistrationClosed
        try:
            email = Email.parse(typed_email)
        except ValueError:
            raise UnacceptableEmail from None
        if len(password) < PASSWORD_LENGTH.start:
            raise PasswordTooShort
        if len(password) >= PASSWORD_LENGTH.stop:
            raise PasswordTooLong
        if self.common_passwords.contains(password):
            raise PasswordTooCommon
        existing = await self._find(typed_email)
        if existing is not None:
            if await self.hasher.verify(password, existing.password_hash):
                return Admission(user=existing, is_new=False)
            raise EmailTaken
        user = User(
            id=UserId(self.secrets.identifier()),
            email=email,
            password_hash=await self.hasher.hash(password),
            created_at=self.clock.now(),
        )
        return Admission(user=user, is_new=True)

    async def _find(self, typed_email: str) -> User | None:
        try:
            email = Email.parse(typed_email)
        except ValueError:
            return None
        async with self.unit_of_work() as work:
            return await work.users.by_email(email)
