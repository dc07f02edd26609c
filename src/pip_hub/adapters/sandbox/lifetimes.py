"""How long each thing lives at each provider, in seconds, and what may be forgotten because its life is over."""

from __future__ import annotations

from pip_hub.adapters.sandbox.records import Code, RefreshToken
from pip_hub.adapters.sandbox.state import SandboxState, remove_where

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

AUTHORIZATION_REQUEST = HOUR
CODE = 5 * MINUTE
XERO_ACCESS_TOKEN = 30 * MINUTE
XERO_ID_TOKEN = 5 * MINUTE
XERO_REFRESH_IDLE = 60 * DAY
XERO_REFRESH_GRACE = 30 * MINUTE
GOOGLE_ACCESS_TOKEN = HOUR
GOOGLE_ID_TOKEN = HOUR
GOOGLE_REFRESH_IDLE = 180 * DAY
GOOGLE_REFRESH_IN_TESTING = 7 * DAY


def code_lives(code: Code, now: float) -> bool:
    """A code has five minutes."""
    return now < code.issued_at + CODE


def xero_refresh_token_lives(token: RefreshToken, now: float) -> bool:
    """Sixty days without use end a token. A replaced one has half an hour more, to ask again for a lost answer."""
    if token.replaced_at is not None and now >= token.replaced_at + XERO_REFRESH_GRACE:
        return False
    return now < token.last_used_at + XERO_REFRESH_IDLE


def google_refresh_token_lives(token: RefreshToken, now: float) -> bool:
    """Six months without use end a token; in Testing the seventh day after consent does."""
    if token.dies_at is not None and now >= token.dies_at:
        return False
    return now < token.last_used_at + GOOGLE_REFRESH_IDLE


def forget_what_is_over(state: SandboxState, now: float) -> None:
    """Drop what can never matter again: an unknown code or token gets the same answer as a dead one."""
    remove_where(state.requests, lambda request: now >= request.created_at + AUTHORIZATION_REQUEST)
    remove_where(state.xero.codes, lambda code: not code_lives(code, now))
    remove_where(state.xero.refresh_tokens, lambda token: not xero_refresh_token_lives(token, now))
    remove_where(state.google.codes, lambda code: not code_lives(code, now))
    remove_where(state.google.refresh_tokens, lambda token: not google_refresh_token_lives(token, now))
    remove_where(state.google.access_tokens, lambda token: now >= token.expires_at)
