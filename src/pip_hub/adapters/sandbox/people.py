"""The people and organisations that live in the sandbox.

Nobody here is real: addresses use the domains reserved for examples (RFC 2606), numbers and ids are made up and stable,
so a connection made yesterday still belongs to the same person today.
"""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class GoogleAccount:
    """One Google account; `subject` is the stable `sub` a client must key by, the address may change."""

    subject: str
    email: str
    given_name: str
    family_name: str
    hosted_domain: str | None = None

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


@attrs.frozen(kw_only=True)
class Organisation:
    """One Xero organisation; `tenant_id` is its first id, which resetting a demo company replaces."""

    name: str
    tenant_id: str
    country_code: str
    base_currency: str


@attrs.frozen(kw_only=True)
class XeroUser:
    """One Xero sign-in and the names of the organisations this person may connect.

    `subject` is the `sub` claim, `user_id` the separate `xero_userid` claim, as in Xero's own tokens.
    """

    subject: str
    user_id: str
    email: str
    given_name: str
    family_name: str
    organisations: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


@attrs.frozen(kw_only=True)
class People:
    """Everybody the sandbox knows."""

    google_accounts: tuple[GoogleAccount, ...]
    xero_users: tuple[XeroUser, ...]
    organisations: tuple[Organisation, ...]

    def google_account(self, *, email: str | None = None, subject: str | None = None) -> GoogleAccount | None:
        """The account with this address, or with this subject."""
        return next((one for one in self.google_accounts if email == one.email or subject == one.subject), None)

    def xero_user(self, *, email: str | None = None, subject: str | None = None) -> XeroUser | None:
        """The user with this address, or with this subject."""
        return next((one for one in self.xero_users if email == one.email or subject == one.subject), None)

    def organisation(self, name: str) -> Organisation | None:
        """The organisation of this name."""
        return next((one for one in self.organisations if one.name == name), None)


DEMO_PEOPLE = People(
    google_accounts=(
        GoogleAccount(
            subject="104600000000000000001", email="alex@example.com", given_name="Alex", family_name="Rivera"
        ),
        GoogleAccount(
            subject="104600000000000000002",
            email="sam@example.org",
            given_name="Sam",
            family_name="Okafor",
            hosted_domain="example.org",
        ),
    ),
    xero_users=(
        XeroUser(
            subject="5a3df0000000000000000000000a1e01",
            user_id="0f2d7a10-0000-4000-8000-00000000a1e1",
            email="alex@example.com",
            given_name="Alex",
            family_name="Rivera",
            organisations=("Demo Company (AU)", "Harbour Street Bakery"),
        ),
        XeroUser(
            subject="5a3df000000000000000000000005a02",
            user_id="0f2d7a10-0000-4000-8000-000000005a02",
            email="sam@example.org",
            given_name="Sam",
            family_name="Okafor",
            organisations=("Harbour Street Bakery",),
        ),
    ),
    organisations=(
        Organisation(
            name="Demo Company (AU)",
            tenant_id="7b1c9d20-0000-4000-8000-0000000000a1",
            country_code="AU",
            base_currency="AUD",
        ),
        Organisation(
            name="Harbour Street Bakery",
            tenant_id="7b1c9d20-0000-4000-8000-0000000000b2",
            country_code="NZ",
            base_currency="NZD",
        ),
    ),
)
