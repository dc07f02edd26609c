"""What people are told when something does not work: a title, what happened, and what to do now."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import attrs

from pip_hub.domain import errors
from pip_hub.domain.user import PASSWORD_LENGTH


@attrs.frozen
class Explanation:
    """A page's title and its text."""

    title: str
    text: str


_START_AGAIN = "Go back to the app you came from and connect again."

_EXPLANATIONS: Mapping[type[Exception], Explanation] = {
    errors.UnknownClient: Explanation(
        "We don’t know this app",
        "The app that sent you here is not registered, or its registration was removed. "
        "Go back to it, remove the connection there, and add it again.",
    ),
    errors.UnknownRedirectUri: Explanation(
        "This request can’t be trusted",
        "The app that sent you here wants its answer at an address it never registered. To keep your data safe we stop "
        "here. " + _START_AGAIN,
    ),
    errors.AmbiguousRequest: Explanation(
        "This request can’t be trusted",
        "The app that sent you here said more than once who it is or where to answer. To keep your data safe we stop "
        "here. " + _START_AGAIN,
    ),
    errors.NotSignedIn: Explanation(
        "Please sign in again",
        "You are not signed in any more, so nothing was changed. Sign in, then try again.",
    ),
    errors.ForgedForm: Explanation(
        "This form is out of date",
        "It was not made for the account that is signed in here, or it came from another site, so nothing was changed. "
        "Open the page again and repeat what you did. Cookies have to be allowed.",
    ),
    errors.FlowNotOpen: Explanation(
        "Invalid or expired flow",
        "This connection request has ended, took longer than half an hour, or belongs to another account or browser. "
        "Nothing is lost: services you have connected stay connected. " + _START_AGAIN,
    ),
    errors.ConnectionNotOpen: Explanation(
        "This answer doesn’t belong here",
        "The service sent you back to us, but this browser has no connection attempt that fits. It may have begun in "
        "another browser, or with somebody else. Nothing was connected. Please press Connect once more.",
    ),
    errors.StorageUnavailable: Explanation(
        "We can’t answer right now",
        "Our storage does not answer, so nothing was changed. Wait a moment, then try again.",
    ),
    errors.UnknownConnector: Explanation("No such service", "There is no service with this name to connect."),
    errors.ConnectorUnavailable: Explanation(
        "Not available yet", "{name} can’t be connected here yet. Everything else works as usual."
    ),
    errors.LevelNotOffered: Explanation(
        "No such access", "This service doesn’t offer that kind of access. Choose one of those on its card."
    ),
    errors.NotConnected: Explanation(
        "That is not connected", "{name} is not connected any more, so there was nothing to change. Connect it first."
    ),
    errors.GrantIsShared: Explanation(
        "That would disconnect others too",
        "Another connection uses the same {name} account, and {name} can only take permissions back for all of them. "
        "Nothing was changed. To end up with less, disconnect every one of them first.",
    ),
    errors.UnknownOrganisation: Explanation(
        "No such organisation", "Your account doesn’t reach that organisation. Choose one of those on the card."
    ),
    errors.ConnectorsMissing: Explanation("Something is still missing", "Connect {names} first, then continue."),
    errors.MalformedRequest: Explanation(
        "We couldn’t read that", "Your browser sent something that none of our pages sends. Nothing was changed."
    ),
    errors.SignInRefused: Explanation("That didn’t work", "{refusal}"),
    errors.ProviderTrouble: Explanation(
        "The service didn’t answer", "Nothing was changed. Please try again in a few minutes."
    ),
    errors.PipHubError: Explanation(
        "Something went wrong", "That is our mistake, not yours. Nothing was changed. Please try again in a moment."
    ),
}

_REFUSALS: Mapping[type[errors.PipHubError], str] = {
    errors.WrongCredentials: "That email and password don’t match an account.",
    errors.UnacceptableEmail: "That doesn’t look like an email address.",
    errors.PasswordTooShort: f"Please choose a password of at least {PASSWORD_LENGTH.start} characters.",
    errors.PasswordTooLong: f"Please choose a password of at most {PASSWORD_LENGTH.stop - 1} characters.",
    errors.PasswordTooCommon: "That password is among the first anybody would guess. Please choose another one.",
    errors.EmailTaken: "There is an account with this email already, with another password. Sign in instead.",
    errors.RegistrationClosed: "New accounts can’t be created here at the moment.",
    errors.ForgedForm: "This page was out of date, or your browser doesn’t keep our cookies. Please try again.",
}

_STATUSES: Mapping[int, Explanation] = {
    HTTPStatus.NOT_FOUND: Explanation("Page not found", "There is nothing at this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: Explanation(
        "This address is for forms", "It can’t be opened like a page. Nothing was changed."
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Explanation(
        "That was too much", "What your browser sent is larger than anything we take. Nothing was changed."
    ),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: _EXPLANATIONS[errors.MalformedRequest],
}


def explain(error: Exception) -> Explanation:
    """What to tell the person who met this error."""
    status = getattr(error, "status_code", None)
    if status is not None:
        return _STATUSES.get(status, Explanation("That didn’t work", "Nothing was changed."))
    found = next((_EXPLANATIONS[kind] for kind in type(error).__mro__ if kind in _EXPLANATIONS), None)
    explanation = found or _EXPLANATIONS[errors.PipHubError]
    if isinstance(error, (errors.ConnectorUnavailable, errors.NotConnected)):
        return attrs.evolve(explanation, text=explanation.text.format(name=error.name))
    if isinstance(error, errors.GrantIsShared):
        return attrs.evolve(explanation, text=explanation.text.format(name=error.provider_name))
    if isinstance(error, errors.ConnectorsMissing):
        return attrs.evolve(explanation, text=explanation.text.format(names=listed(error.names)))
    if isinstance(error, errors.SignInRefused):
        return attrs.evolve(explanation, text=refusal(error))
    return explanation


def refusal(error: errors.PipHubError) -> str:
    """Why the sign-in page is shown again."""
    return next(_REFUSALS[kind] for kind in type(error).__mro__ if kind in _REFUSALS)


def listed(names: tuple[str, ...]) -> str:
    """One, two and three."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
