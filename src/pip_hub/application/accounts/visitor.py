"""Who is at the other end of a page request."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.application.policy import Policy
from pip_hub.application.ports.unit_of_work import UnitOfWork
from pip_hub.domain.errors import NotSignedIn
from pip_hub.domain.secret import Digest, Secret, digest_of
from pip_hub.domain.session import Session
from pip_hub.domain.user import User


@attrs.frozen(kw_only=True)
class Visitor:
    """The two secrets a browser brings: its session, and the one that ties flows to this very browser."""

    session: Secret | None
    browser: Secret | None

    @property
    def browser_digest(self) -> Digest | None:
        return digest_of(self.browser) if self.browser is not None else None


@attrs.frozen(kw_only=True)
class SignedIn:
    """A visitor with a live session."""

    user: User
    session: Session


async def find_signed_in(work: UnitOfWork, visitor: Visitor, now: datetime, policy: Policy) -> SignedIn | None:
    """The signed-in user, or None. Extends the session now and then, kept if the unit is committed."""
    if visitor.session is None:
        return None
    session = await work.sessions.get(digest_of(visitor.session))
    if session is None or not session.is_live(now):
        return None
    user = await work.users.get(session.user_id)
    if user is None:
        return None
    if session.is_worth_extending(now, policy.session_lifetime):
        session = session.seen(now, policy.session_lifetime)
        await work.sessions.extend(session)
    return SignedIn(user=user, session=session)


async def require_signed_in(work: UnitOfWork, visitor: Visitor, now: datetime, policy: Policy) -> SignedIn:
    """The signed-in user.

    Raises:
        NotSignedIn: there is no live session.
    """
    signed_in = await find_signed_in(work, visitor, now, policy)
    if signed_in is None:
        raise NotSignedIn
    return signed_in
