"""Every way things go wrong, as types that carry facts.

No HTTP status and no prose for users lives here: `adapters/web/errors.py` is the one table from these types to
answers. A `reason` is for the log and must never contain a secret.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import attrs

from pip_hub.domain.identifiers import ConnectorKey, FlowId
from pip_hub.domain.notice import FailureReason
from pip_hub.domain.release import Need


class PipHubError(Exception):
    """The root of everything this application raises on purpose."""

    def __str__(self) -> str:
        """What `repr` shows: `Exception` would print every field, those that `repr` leaves out on purpose too."""
        return repr(self)


# -- Requests that nobody vouches for: a page, never a redirect -------------------------------------------------------


@attrs.frozen(kw_only=True)
class UntrustedRequest(PipHubError):
    """The client or the redirect URI of an authorization request is not proven (RFC 6749 4.1.2.1)."""

    reason: str


class UnknownClient(UntrustedRequest):
    """No such client."""


class UnknownRedirectUri(UntrustedRequest):
    """The redirect URI is missing or not the client's."""


class AmbiguousRequest(UntrustedRequest):
    """A parameter that decides where to answer was sent more than once (RFC 6749 3.1)."""


# -- Authorization requests with a proven way back: a redirect with `error` -------------------------------------------


@attrs.frozen(kw_only=True)
class AuthorizationRefused(PipHubError):
    """A valid client's request that is wrong or was denied; `answer_url` is where the browser takes the answer."""

    error: ClassVar[str]
    reason: str
    answer_url: str = attrs.field(repr=False)


class InvalidAuthorizationRequest(AuthorizationRefused):
    """RFC 6749 4.1.2.1, RFC 7636 4.4.1."""

    error = "invalid_request"


class UnsupportedResponseType(AuthorizationRefused):
    """Only `code` is spoken here (OAuth 2.1 section 4)."""

    error = "unsupported_response_type"


class ScopeNotOffered(AuthorizationRefused):
    """None of the scopes asked for exists at the resource."""

    error = "invalid_scope"


class UnknownResource(AuthorizationRefused):
    """RFC 8707 section 2: no resource, or one this server does not issue tokens for."""

    error = "invalid_target"


# -- Token, revocation, introspection and registration endpoints: JSON ------------------------------------------------


@attrs.frozen(kw_only=True)
class TokenRefused(PipHubError):
    """RFC 6749 5.2, RFC 7009 2.2.1, RFC 7662 2.3, RFC 7591 3.2.2."""

    error: ClassVar[str]
    reason: str


class InvalidRequest(TokenRefused):
    """A parameter is missing, repeated or malformed."""

    error = "invalid_request"


class InvalidClient(TokenRefused):
    """Client (or resource) authentication failed."""

    error = "invalid_client"


class InvalidGrant(TokenRefused):
    """The code or refresh token is unknown, spent, expired, revoked or someone else's."""

    error = "invalid_grant"


class UnsupportedGrantType(TokenRefused):
    """RFC 6749 5.2."""

    error = "unsupported_grant_type"


class InvalidScope(TokenRefused):
    """More scope than was granted (RFC 6749 section 6)."""

    error = "invalid_scope"


class InvalidTarget(TokenRefused):
    """A resource other than the granted one (RFC 8707 2.2)."""

    error = "invalid_target"


class InvalidRedirectUri(TokenRefused):
    """RFC 7591 3.2.2."""

    error = "invalid_redirect_uri"


class InvalidClientMetadata(TokenRefused):
    """RFC 7591 3.2.2."""

    error = "invalid_client_metadata"


class InvalidSubjectToken(TokenRefused):
    """RFC 8693 2.2.2: the token to exchange is not acceptable, whatever the reason."""

    error = "invalid_request"


@attrs.frozen(kw_only=True)
class InteractionRequired(TokenRefused):
    """A connector token cannot be had until the user does something on the hub page."""

    error = "interaction_required"
    connector: ConnectorKey
    need: Need


@attrs.frozen(kw_only=True)
class TemporarilyUnavailable(TokenRefused):
    """The provider, or the worker that is asking it, needs time; nothing is lost."""

    error = "temporarily_unavailable"
    retry_after: timedelta


class ReleaseFailed(TokenRefused):
    """Something only the operator can mend: wrong credentials at the provider, or tokens that do not open."""

    error = "server_error"


# -- The hub's pages: HTML with a way forward -------------------------------------------------------------------------


class HubTrouble(PipHubError):
    """Something a person met on a page."""


class NotSignedIn(HubTrouble):
    """No live session: sign in, then come back."""


class ForgedForm(HubTrouble):
    """The form's `csrf` is missing or not this browser's."""


@attrs.frozen(kw_only=True)
class FlowNotOpen(HubTrouble):
    """The flow is unknown, expired, spent or somebody else's; all look the same from outside."""

    reason: str


@attrs.frozen(kw_only=True)
class ConnectionNotOpen(HubTrouble):
    """A provider's answer that belongs to no open attempt of this user, in this session, at this connector."""

    reason: str


@attrs.frozen(kw_only=True)
class UnknownConnector(HubTrouble):
    """No such connector."""

    flow_id: FlowId | None = None


@attrs.frozen(kw_only=True)
class ConnectorUnavailable(HubTrouble):
    """The connector exists but cannot be connected here (no credentials, or coming soon)."""

    name: str
    flow_id: FlowId | None = None


@attrs.frozen(kw_only=True)
class LevelNotOffered(HubTrouble):
    """The connector has no such permission level."""

    flow_id: FlowId | None = None


@attrs.frozen(kw_only=True)
class NotConnected(HubTrouble):
    """There is no link to change."""

    name: str
    flow_id: FlowId | None = None


@attrs.frozen(kw_only=True)
class GrantIsShared(HubTrouble):
    """Revoking at the provider would also disconnect others that hang on the same grant."""

    provider_name: str
    flow_id: FlowId | None = None


@attrs.frozen(kw_only=True)
class UnknownOrganisation(HubTrouble):
    """Not one of the organisations the account reaches."""

    flow_id: FlowId | None = None


@attrs.frozen(kw_only=True)
class ConnectorsMissing(HubTrouble):
    """The operator requires connectors that are not connected yet; `names` in catalogue order."""

    names: tuple[str, ...]
    flow_id: FlowId


@attrs.frozen(kw_only=True)
class SignInRefused(HubTrouble):
    """Signing in or registering did not work; the page is shown again with the reason."""


class WrongCredentials(SignInRefused):
    """Unknown email and wrong password look and cost the same."""


class UnacceptableEmail(SignInRefused):
    """Not an email address."""


class PasswordTooShort(SignInRefused):
    """Fewer characters than `PASSWORD_LENGTH` allows."""


class PasswordTooLong(SignInRefused):
    """More characters than `PASSWORD_LENGTH` allows."""


class PasswordTooCommon(SignInRefused):
    """Among the passwords everybody tries first (NIST SP 800-63B 3.1.1.2)."""


class EmailTaken(SignInRefused):
    """Somebody registered with this email before, with another password."""


class RegistrationClosed(SignInRefused):
    """The operator does not let new people register."""


class MalformedRequest(PipHubError):
    """A page's request that no form of ours sends: wrong type, too large, repeated or unreadable fields."""


# -- Providers: translated at the gateway's edge ----------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class ProviderTrouble(PipHubError):
    """A provider call that did not bring what was asked; use cases turn it into a notice."""

    failure: ClassVar[FailureReason]
    reason: str


@attrs.frozen(kw_only=True)
class ProviderUnreachable(ProviderTrouble):
    """No answer, a 5xx or a 429: may work later, not before `retry_after` where the provider said so."""

    failure = FailureReason.UNREACHABLE
    retry_after: timedelta | None = None


class ProviderRefused(ProviderTrouble):
    """The code or token is dead (`invalid_grant`)."""

    failure = FailureReason.REFUSED


class ProviderMisconfigured(ProviderTrouble):
    """Our registration with the provider is wrong (`invalid_client` and the like): the operator's to mend."""

    failure = FailureReason.MISCONFIGURED


class ProviderRefusedScope(ProviderMisconfigured):
    """The provider does not know, or does not give, a scope that was asked for (`invalid_scope`)."""


class ProviderMisbehaved(ProviderTrouble):
    """An answer that cannot be trusted or understood."""

    failure = FailureReason.MISBEHAVED


class NoOrganisation(ProviderTrouble):
    """The account reaches no organisation."""

    failure = FailureReason.NO_ORGANISATION


class GrantGone(PipHubError):
    """The tokens asked for were dropped meanwhile: the user disconnected."""


# -- The storage: translated at its edge ------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class StorageUnavailable(PipHubError):
    """The database cannot be reached, or a lock was not had in time: nothing was done, and later it may work."""

    reason: str


# -- The vault --------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class CannotOpen(PipHubError):
    """A sealed secret does not open: wrong key, or it was tampered with or moved to another row."""

    reason: str


# -- The operator's commands ------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class ResourceRefused(PipHubError):
    """A resource cannot be registered or removed; `reason` is one clear line for the operator."""

    reason: str
