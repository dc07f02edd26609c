"""People who have an account here."""

from __future__ import annotations

import unicodedata
from datetime import datetime

import attrs

from pip_hub.domain.identifiers import UserId

MAX_EMAIL_LENGTH = 254  # RFC 5321 4.5.3.1.3: a path of 256 octets less its angle brackets

PASSWORD_LENGTH = range(8, 257)
"""Allowed password lengths in characters. NIST SP 800-63B 3.1.1: at least 8, no composition rules."""


@attrs.frozen
class Email:
    """An email address in the one spelling under which an account is found.

    The whole address is lower-cased: mailboxes that differ only in case exist in theory, confusion in practice.
    """

    value: str

    @classmethod
    def parse(cls, text: str) -> Email:
        """Normalise what a person typed.

        Raises:
            ValueError: it cannot be an email address.
        """
        # Lower case first: some letters are put together only in lower case (J with caron).
        address = unicodedata.normalize("NFC", text.strip().lower())
        local, at, domain = address.rpartition("@")
        acceptable = (
            at
            and local
            and domain
            and "@" not in local
            and len(address) <= MAX_EMAIL_LENGTH
            and address.isprintable()
            and not any(character.isspace() or character in '<>"(),:;\\[]' for character in address)
            and "." in domain.strip(".")
            and ".." not in address
            and not domain.startswith(("-", "."))
            and not domain.endswith(("-", "."))
        )
        if not acceptable:
            raise ValueError("not an email address")
        return cls(address)


@attrs.frozen(kw_only=True)
class User:
    """An account: an email and the Argon2id hash of its password."""

    id: UserId
    email: Email
    password_hash: str = attrs.field(repr=False)
    created_at: datetime
