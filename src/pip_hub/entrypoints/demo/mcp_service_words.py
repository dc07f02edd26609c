"""What the error answers of Xero and Google mean, in words for a person. Nothing of the answers is repeated."""

import re
from typing import Final

import httpx2

_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY, _TROUBLE = 401, 403, 429, 500
_SECONDS: Final = re.compile(r"[1-9][0-9]{0,4}")

# The misspelling is Xero's own.
_SCOPES: Final = re.compile(
    r"insufficient_scope|insufficent_scope|ACCESS_TOKEN_SCOPE_INSUFFICIENT|insufficientPermissions", re.IGNORECASE
)
_BUSY: Final = re.compile(r"rateLimitExceeded", re.IGNORECASE)


def is_about_scopes(response: httpx2.Response) -> bool:
    """Whether the token's permissions are the trouble, which no fresh token would mend."""
    return response.status_code in {_UNAUTHORIZED, _FORBIDDEN} and _tells(response, _SCOPES)


def refusal_in_words(response: httpx2.Response, name: str, manage_url: str) -> str:
    """A finished message: what the service named so refuses, and what a person can do about it."""
    status = response.status_code
    if is_about_scopes(response):
        return f"{name} does not allow this with the permissions it was given. Open {manage_url} to give more."
    if status == _TOO_MANY or (status == _FORBIDDEN and _tells(response, _BUSY)):
        return f"{name} is getting too many calls. Try again in {_wait(response)}."
    if status == _UNAUTHORIZED:
        return f"{name} no longer accepts the access it once gave. Open {manage_url} to connect it again."
    if status == _FORBIDDEN:
        return f"{name} refuses access; somebody may have taken it away there. Open {manage_url} to look after it."
    if status >= _TROUBLE:
        return f"{name} is in trouble at the moment. Try again in {_wait(response)}."
    return f"{name} can't do anything with this request."


def _tells(response: httpx2.Response, words: re.Pattern[str]) -> bool:
    return words.search(f"{response.headers.get('www-authenticate', '')} {response.text}") is not None


def _wait(response: httpx2.Response) -> str:
    header = response.headers.get("retry-after", "")
    return f"{header} seconds" if _SECONDS.fullmatch(header) else "a moment"
