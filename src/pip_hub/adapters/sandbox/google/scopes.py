"""The scopes Google knows, in words, how it spells them, and which one includes which."""

from __future__ import annotations

from collections.abc import Iterable

PREFIX = "https://www.googleapis.com/auth/"
EMAIL, PROFILE = f"{PREFIX}userinfo.email", f"{PREFIX}userinfo.profile"

_SIGN_IN = {
    "openid": "Know which Google account this is",
    EMAIL: "See your email address",
    PROFILE: "See your name and picture",
}

_DATA = {
    f"{PREFIX}gmail.readonly": "Read your email messages and settings",
    f"{PREFIX}gmail.metadata": "See labels and headers of your messages, but not their text",
    f"{PREFIX}gmail.compose": "Manage drafts and send emails",
    f"{PREFIX}gmail.modify": "Read, compose, send and label your emails",
    f"{PREFIX}gmail.send": "Send email on your behalf",
    f"{PREFIX}gmail.labels": "See and edit your email labels",
    "https://mail.google.com/": "Read, compose, send and permanently delete all your email",
    f"{PREFIX}spreadsheets.readonly": "See all your Google Sheets spreadsheets",
    f"{PREFIX}spreadsheets": "See, edit, create and delete all your Google Sheets spreadsheets",
    f"{PREFIX}drive.file": "See, edit, create and delete only the Drive files you use with this app",
    f"{PREFIX}drive.readonly": "See and download all your Google Drive files",
    f"{PREFIX}drive.metadata.readonly": "See information about your Google Drive files",
    f"{PREFIX}drive": "See, edit, create and delete all of your Google Drive files",
}

SCOPES = {**_SIGN_IN, **_DATA}
"""Every scope in the spelling Google answers with, and what it means to a person."""

_ALIASES = {"email": EMAIL, "profile": PROFILE}

_INCLUDES = {
    "https://mail.google.com/": ("gmail.modify", "gmail.readonly", "gmail.compose", "gmail.send", "gmail.labels"),
    f"{PREFIX}gmail.modify": ("gmail.readonly", "gmail.metadata", "gmail.compose", "gmail.send", "gmail.labels"),
    f"{PREFIX}gmail.readonly": ("gmail.metadata",),
    f"{PREFIX}gmail.compose": ("gmail.send",),
    f"{PREFIX}spreadsheets": ("spreadsheets.readonly",),
    f"{PREFIX}drive": ("drive.readonly", "drive.file", "drive.metadata.readonly"),
    f"{PREFIX}drive.readonly": ("drive.metadata.readonly",),
}


def normalised(asked: Iterable[str]) -> tuple[str, ...]:
    """The scopes in Google's own spelling, once each; unknown ones are left as they are."""
    return tuple(dict.fromkeys(_ALIASES.get(scope, scope) for scope in asked))


def is_for_sign_in(scope: str) -> bool:
    """Whether the scope only says who somebody is. Such scopes have no tick box and end no grant after seven days."""
    return scope in _SIGN_IN


def tick_boxes(asked: Iterable[str]) -> tuple[str, ...]:
    """The scopes a person may tick or untick one by one; none when only a single thing is asked for."""
    asked = tuple(asked)
    return tuple(scope for scope in asked if not is_for_sign_in(scope)) if len(asked) > 1 else ()


def covers(granted: Iterable[str], wanted: str) -> bool:
    """Whether a grant contains this scope, itself or inside a wider one."""
    return any(wanted == scope or wanted in _included(scope) for scope in granted)


def _included(scope: str) -> set[str]:
    return {f"{PREFIX}{name}" for name in _INCLUDES.get(scope, ())}
