"""What a sandbox is set up with: where it lives, which apps are registered with it, and who its people are."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import attrs

from pip_hub.adapters.sandbox.people import DEMO_PEOPLE, People


class Pkce(StrEnum):
    """How a Xero app treats a code challenge; public reports about web apps disagree, so it is a setting."""

    OPTIONAL = "optional"
    REQUIRED = "required"
    REFUSED = "refused"


class Publishing(StrEnum):
    """The publishing status of a Google project's consent screen."""

    TESTING = "testing"
    PRODUCTION = "production"


@attrs.frozen(kw_only=True)
class XeroApp:
    """An app registered with Xero. One without a secret is of the "mobile or desktop" kind and has to use PKCE.

    `granular_only` is the life of an app created since March 2026: the old broad scopes do not exist for it.
    `one_token_set` is what people report who kept two of one user: the older one cannot be refreshed any more.
    """

    client_id: str
    client_secret: str | None = attrs.field(repr=False)
    name: str
    redirect_uris: tuple[str, ...]
    pkce: Pkce = Pkce.OPTIONAL
    granular_only: bool = True
    one_token_set: bool = False


@attrs.frozen(kw_only=True)
class GoogleClient:
    """One OAuth client of a Google project."""

    client_id: str
    client_secret: str = attrs.field(repr=False)
    redirect_uris: tuple[str, ...]


@attrs.frozen(kw_only=True)
class GoogleProject:
    """A Google Cloud project: its clients share one consent, and one revocation ends them all.

    `test_users` holds addresses and counts only while publishing is `TESTING`.
    """

    project_id: str
    name: str
    clients: tuple[GoogleClient, ...]
    publishing: Publishing = Publishing.PRODUCTION
    test_users: tuple[str, ...] = ()

    def client(self, client_id: str) -> GoogleClient | None:
        """The project's client of this id."""
        return next((one for one in self.clients if one.client_id == client_id), None)


@attrs.frozen(kw_only=True)
class SandboxConfig:
    """Everything a sandbox needs to know before it starts; `public_url` has no slash at its end."""

    public_url: str = attrs.field()
    xero_apps: tuple[XeroApp, ...]
    google_projects: tuple[GoogleProject, ...]
    people: People = DEMO_PEOPLE

    @public_url.validator
    def _has_no_slash_at_the_end(self, _attribute: object, value: str) -> None:
        if value.endswith("/"):
            raise ValueError("the sandbox's public URL must not end with a slash")

    def xero_app(self, client_id: str) -> XeroApp | None:
        """The Xero app of this client id."""
        return next((one for one in self.xero_apps if one.client_id == client_id), None)

    def google_project(self, client_id: str) -> GoogleProject | None:
        """The project that owns the Google client of this id."""
        return next((one for one in self.google_projects if one.client(client_id) is not None), None)


def callback_urls(hub_url: str, connectors: Sequence[str]) -> tuple[str, ...]:
    """The hub's callback of each connector key, as they would be registered with a provider."""
    return tuple(f"{hub_url}/integrations/{connector}/callback" for connector in connectors)


def demo_config(
    public_url: str,
    hub_url: str,
    *,
    xero_redirect_uris: Sequence[str] | None = None,
    google_redirect_uris: Sequence[str] | None = None,
) -> SandboxConfig:
    """The sandbox of the demo: one Xero app, and one Google client that Gmail and Sheets share.

    Without redirect URIs of its own it registers the callbacks of the built-in connectors below `hub_url`.
    """
    if xero_redirect_uris is None:
        xero_redirect_uris = callback_urls(hub_url, ["xero"])
    if google_redirect_uris is None:
        google_redirect_uris = callback_urls(hub_url, ["gmail", "google_sheets"])
    return SandboxConfig(
        public_url=public_url,
        xero_apps=(
            XeroApp(
                client_id="sandbox-xero-client",
                client_secret="sandbox-xero-secret",
                name="Pip",
                redirect_uris=tuple(xero_redirect_uris),
            ),
        ),
        google_projects=(
            GoogleProject(
                project_id="sandbox-project",
                name="Pip",
                clients=(
                    GoogleClient(
                        client_id="sandbox-google-client",
                        client_secret="sandbox-google-secret",
                        redirect_uris=tuple(google_redirect_uris),
                    ),
                ),
            ),
        ),
    )
