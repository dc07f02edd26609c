"""The step that tells a user what has just been done: a banner now, and a line in the activity log."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.application.accounts.visitor import SignedIn
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import UnitOfWork
from pip_hub.domain.activity import ActivityEntry, ActivityKind
from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.notice import Notice, NoticeKind


@attrs.frozen(kw_only=True)
class TellUser:
    """Both are kept in the caller's unit, so what is told has happened and what has happened is told.

    `at` is when the user did it, which may be a while ago when a provider had to be asked first: in the log, what
    somebody does comes before what it brings about.
    """

    secrets: SecretSource

    async def __call__(
        self,
        work: UnitOfWork,
        me: SignedIn,
        link: ConnectorLink,
        activity: ActivityKind,
        notice: NoticeKind,
        *,
        detail: str | None,
        at: datetime,
    ) -> None:
        await work.notices.add(
            Notice(
                session=me.session.digest,
                kind=notice,
                connector=link.connector,
                detail=detail,
                account=link.account.label,
                at=at,
            )
        )
        await work.activity.add(
            ActivityEntry(
                user_id=link.user_id,
                kind=activity,
                connector=link.connector,
                detail=detail,
                account=link.account.label,
                at=at,
                group=self.secrets.identifier(),
            )
        )
