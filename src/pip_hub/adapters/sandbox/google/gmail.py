"""A little of Gmail's API: searching messages, and reading one."""

from __future__ import annotations

import re

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.google.access import allowed, insufficient, invalid, not_found
from pip_hub.adapters.sandbox.google.claims import account_of
from pip_hub.adapters.sandbox.google.mailbox import MESSAGES, search, shown, summary
from pip_hub.adapters.sandbox.google.scopes import PREFIX, covers
from pip_hub.adapters.sandbox.reading import query_of
from pip_hub.adapters.sandbox.records import GoogleAccessToken

_MOST = 500
_DIGITS = re.compile(r"[0-9]{1,4}")


@attrs.frozen(kw_only=True)
class GmailApi:
    """`/google/gmail/v1/users/me/messages`."""

    sandbox: Sandbox

    async def messages(self, http: Request) -> Response:
        """GET: the ids of the messages that `q` finds, newest first, at most `maxResults`."""
        token = allowed(self.sandbox, http, f"{PREFIX}gmail.metadata")
        query = query_of(http)
        words, most = query.one("q"), query.one("maxResults") or "100"
        if words is not None and not _may_read_text(token):
            raise insufficient("Metadata scope does not support 'q' parameter")
        if _DIGITS.fullmatch(most) is None or not 1 <= int(most) <= _MOST:
            raise invalid(f"maxResults must be a number from 1 to {_MOST}")
        rows = [summary(message) for message in search(words or "")]
        found = {"messages": rows[: int(most)]} if rows else {}
        return JSONResponse({**found, "resultSizeEstimate": len(rows)})

    async def message(self, http: Request) -> Response:
        """GET: one message: its headers, and its snippet for a scope that may read the text."""
        token = allowed(self.sandbox, http, f"{PREFIX}gmail.metadata")
        message = next((one for one in MESSAGES if one.id == http.path_params["message_id"]), None)
        if message is None:
            raise not_found()
        account = account_of(self.sandbox, token.subject)
        return JSONResponse(shown(message, account, with_text=_may_read_text(token)))


def _may_read_text(token: GoogleAccessToken) -> bool:
    return covers(token.scopes, f"{PREFIX}gmail.readonly")
