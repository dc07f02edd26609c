"""Users, their sessions and the banners that wait for them, in memory."""

from __future__ import annotations

import attrs

from pip_hub.adapters.memory.tables import Tables, insert
from pip_hub.domain.identifiers import UserId
from pip_hub.domain.notice import Notice
from pip_hub.domain.secret import Digest
from pip_hub.domain.session import Session
from pip_hub.domain.user import Email, User


@attrs.frozen
class MemoryUsers:
    """Accounts."""

    _tables: Tables

    async def add(self, user: User) -> bool:
        if await self.by_email(user.email) is not None:
            return False
        insert(self._tables.users, user.id, user)
        return True

    async def get(self, user_id: UserId) -> User | None:
        return self._tables.users.get(user_id)

    async def by_email(self, email: Email) -> User | None:
        return next((user for user in self._tables.users.values() if user.email == email), None)


@attrs.frozen
class MemorySessions:
    """Browsers that have signed in."""

    _tables: Tables

    async def add(self, session: Session) -> None:
        insert(self._tables.sessions, session.digest, session)

    async def get(self, digest: Digest) -> Session | None:
        return self._tables.sessions.get(digest)

    async def extend(self, session: Session) -> None:
        stored = self._tables.sessions.get(session.digest)
        if stored is not None:
            self._tables.sessions[session.digest] = attrs.evolve(
                stored, seen_at=session.seen_at, expires_at=session.expires_at
            )

    async def end(self, digest: Digest) -> None:
        self._tables.sessions.pop(digest, None)
        self._tables.notices.pop(digest, None)


@attrs.frozen
class MemoryNotices:
    """Banners waiting for the next page."""

    _tables: Tables

    async def add(self, notice: Notice) -> None:
        waiting = self._tables.notices.get(notice.session, ())
        self._tables.notices[notice.session] = (*waiting, notice)

    async def take(self, session: Digest) -> tuple[Notice, ...]:
        return tuple(sorted(self._tables.notices.pop(session, ()), key=lambda notice: notice.at))
